//! Where a browser is sent back to after a sign-in: one port of this machine, for one answer. It
//! must not take an answer that belongs to another sign-in, nor say anything of what it got.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use reqwest::Url;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{Sender, channel};
use tokio::sync::watch;

const PATH: &str = "/callback";
/// How long a browser may take to read the page it was answered with.
const FAREWELL: Duration = Duration::from_secs(2);

/// A port that waits for a browser.
pub struct Callback {
    listener: TcpListener,
    address: SocketAddr,
}

struct Expected {
    redirect: String,
    state: String,
    came: Sender<String>,
}

impl Callback {
    /// Takes a port, any that is free where none is named.
    pub async fn bind(port: Option<u16>) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or(0))).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// The address that a browser is to be sent back to.
    #[must_use]
    pub fn redirect(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    /// Waits for the browser that brings this state, and gives the whole address it came by.
    /// Others are told that they are wrong.
    pub async fn came_back(self, state: &str) -> std::io::Result<String> {
        let (came, mut coming) = channel(1);
        let redirect = self.redirect();
        let expected = Arc::new(Expected { redirect, state: state.to_owned(), came });
        let app = Router::new().route(PATH, get(answer)).with_state(expected);
        let (done, mut ended) = watch::channel(false);
        let served = axum::serve(self.listener, app).with_graceful_shutdown(async move {
            // The other end lives as long as this wait.
            let _ = ended.wait_for(|ended| *ended).await;
        });
        let mut served = tokio::spawn(served.into_future());
        let address = tokio::select! {
            Some(address) = coming.recv() => address,
            _ = &mut served => return Err(std::io::Error::other("the port was closed")),
        };
        done.send_replace(true);
        if tokio::time::timeout(FAREWELL, &mut served).await.is_err() {
            served.abort();
        }
        Ok(address)
    }
}

async fn answer(State(expected): State<Arc<Expected>>, RawQuery(query): RawQuery) -> Response {
    let address = format!("{}?{}", expected.redirect, query.unwrap_or_default());
    let url = Url::parse(&address).ok();
    let state = url.as_ref().and_then(|url| {
        let mut pairs = url.query_pairs();
        pairs.find(|(name, _)| name == "state").map(|(_, value)| value.into_owned())
    });
    let right = state.as_ref() == Some(&expected.state);
    let (status, text) = match right && expected.came.try_send(address).is_ok() {
        true => (StatusCode::OK, "Flightdeck goes on in the terminal. You can close this page.\n"),
        false => (StatusCode::BAD_REQUEST, "This is not the sign-in that is waited for.\n"),
    };
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers, text).into_response()
}
