//! An MCP server over Streamable HTTP on this machine, for whoever shows the token. It must not
//! know what is served, keep a token, or answer a page that a browser was lured into.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use rmcp::ServerHandler;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::serve::ServeError;

/// Where on the address the server is.
pub const PATH: &str = "/mcp";

/// How long an answer that is on its way may still take when the server ends.
const GRACE: Duration = Duration::from_secs(2);

/// Says whether a token opens the door now.
pub type Opens = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// A server that listens.
pub struct Listening {
    pub address: SocketAddr,
    ending: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// Listens on this machine alone and answers whoever shows a token that opens. Port 0 is any that
/// is free. `server` makes one server for each client.
pub async fn listen<S: ServerHandler>(
    port: u16,
    opens: Opens,
    server: impl Fn() -> S + Send + Sync + 'static,
) -> Result<Listening, ServeError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let failed = |why: std::io::Error| ServeError::Listen { address, why: why.to_string() };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let (ending, ended) = watch::channel(false);
    // A page that a browser shows may only be one of this machine, whatever name led here.
    let origins = ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"];
    let config = StreamableHttpServerConfig::default()
        .with_allowed_hosts(["localhost", "127.0.0.1", "::1"])
        .with_allowed_origins(origins)
        .enforce_origin_validation();
    let sessions = config.cancellation_token.clone();
    let manager = Arc::new(LocalSessionManager::default());
    let service = StreamableHttpService::new(move || Ok(server()), manager, config);
    let app = Router::new()
        .route_service(PATH, service)
        .layer(axum::middleware::from_fn_with_state(opens, door));
    let task = tokio::spawn(async move {
        let mut over = ended.clone();
        let told = async move {
            // The sender lives as long as the server is wanted.
            let _ = over.wait_for(|over| *over).await;
        };
        let serving = axum::serve(listener, app).with_graceful_shutdown(told).into_future();
        let late = async move {
            let mut ended = ended;
            let _ = ended.wait_for(|over| *over).await;
            // Streams that only wait for news end at once; answers that are on their way do not.
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            _ = serving => {}
            () = late => {}
        }
        sessions.cancel();
    });
    Ok(Listening { address, ending, task })
}

impl Listening {
    /// The address that a client is given.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    /// Takes no new questions, and gives those that are out a moment for their answers.
    pub async fn close(self) {
        self.ending.send_replace(true);
        // An error here is one of a connection that is gone.
        let _ = self.task.await;
    }
}

/// Lets a request in that shows the token.
async fn door(State(opens): State<Opens>, request: Request, next: Next) -> Response {
    if bearer(request.headers()).is_some_and(|shown| opens(shown)) {
        return next.run(request).await;
    }
    let why = "this takes `Authorization: Bearer TOKEN`, with the token that was printed\n";
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")], why).into_response()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, rest) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| rest.trim())
}
