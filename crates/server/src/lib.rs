//! The HTTP interface of an installation: cases, requests to people, stops, records and events, by
//! OpenAPI 3.1. It asks an [`Installation`] for everything and decides nothing: who may do what is
//! said by whoever drives the runs. It must not answer anybody who has not shown the token.

mod cases;
mod door;
mod events;
mod installation;
mod metrics;
mod problem;
mod reviews;
mod shapes;
mod stops;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use door::Scheme;
pub use door::Token;
pub use installation::{
    Answer, Decide, Decided, Installation, No, Query, Reply, Row, Start, Started, Why,
};
pub use shapes::{Case, CaseLine, Request};

/// What every handler is given.
#[derive(Clone)]
struct Desk {
    installation: Arc<dyn Installation>,
    /// True from the moment on when the server ends.
    ending: watch::Receiver<bool>,
}

/// The head of the document; paths and shapes come from the handlers themselves.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Flightdeck",
        description = "Start cases, see where they stand, decide requests, stop and resume. Every \
                       answer that is no success is problem details (RFC 9457).",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    security(("token" = [])),
    modifiers(&Scheme),
    tags(
        (name = "cases", description = "Cases of the workspace's workflows"),
        (name = "reviews", description = "Requests that wait for a person"),
        (name = "stops", description = "The kill switch, by scope"),
        (name = "installation", description = "This installation as a whole")
    )
)]
struct Head;

fn routes() -> OpenApiRouter<Desk> {
    OpenApiRouter::with_openapi(Head::openapi())
        .routes(routes!(cases::list, cases::start))
        .routes(routes!(cases::show))
        .routes(routes!(cases::records))
        .routes(routes!(reviews::list))
        .routes(routes!(reviews::decide))
        .routes(routes!(stops::list, stops::set))
        .routes(routes!(stops::lift))
        .routes(routes!(events::stream))
        .routes(routes!(cases::health))
        .routes(routes!(metrics::live))
        .routes(routes!(metrics::ready))
        .routes(routes!(metrics::metrics))
}

/// The interface's description as OpenAPI 3.1, as it is served and checked in.
#[must_use]
pub fn openapi() -> String {
    let (_, document) = routes().split_for_parts();
    document.to_pretty_json().unwrap_or_default() + "\n"
}

/// A server that listens.
pub struct Serving {
    pub address: SocketAddr,
    ending: watch::Sender<bool>,
    task: JoinHandle<std::io::Result<()>>,
}

/// Why no server could begin.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` cannot be listened on: {1}")]
pub struct ServeError(SocketAddr, std::io::Error);

/// Listens and answers whoever shows the token.
pub async fn serve(
    installation: Arc<dyn Installation>,
    address: SocketAddr,
    token: Token,
) -> Result<Serving, ServeError> {
    let failed = |error| ServeError(address, error);
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let (ending, ended) = watch::channel(false);
    let app = app(Desk { installation, ending: ended.clone() }, token);
    let task = tokio::spawn(async move {
        let over = async move {
            let mut ended = ended;
            // The sender lives as long as the server is wanted.
            let _ = ended.wait_for(|over| *over).await;
        };
        axum::serve(listener, app).with_graceful_shutdown(over).await
    });
    Ok(Serving { address: bound, ending, task })
}

fn app(desk: Desk, token: Token) -> Router {
    let (router, _) = routes().split_for_parts();
    let document: Arc<str> = openapi().into();
    let described = move || {
        let document = document.to_string();
        async move { ([("content-type", "application/json")], document).into_response() }
    };
    router
        .route("/openapi.json", get(described))
        .fallback(problem::no_such_path)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(axum::middleware::from_fn_with_state(token, door::ask))
        .with_state(desk)
}

impl Serving {
    /// Takes no new questions, and waits until those that are out have their answers.
    pub async fn close(self) {
        self.ending.send_replace(true);
        // An error here is one of a connection that is gone.
        let _ = self.task.await;
    }
}

#[cfg(test)]
mod tests;
