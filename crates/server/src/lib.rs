//! The HTTP interface of an installation: cases, requests to people, stops, records and events, by
//! OpenAPI 3.1. It asks an [`Installation`] for everything and decides nothing: who may do what is
//! said by whoever drives the runs. It must not answer anybody who is not signed in, except how one
//! signs in, whether all is well, and what a credential is worth.

mod assurance;
mod beside;
mod cases;
mod credentials;
mod described;
mod door;
mod events;
mod exams;
mod fleet;
mod fresh;
mod hooks;
mod installation;
mod instructions;
mod interview;
mod metrics;
mod pages;
mod policies;
mod problem;
mod rehearse;
mod releases;
mod reviews;
mod session;
mod shapes;
mod stops;
mod tokens;
mod tools;
mod vendors;
mod workshop;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use access::Right;
use axum::Router;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tower_http::compression::CompressionLayer;
use utoipa::OpenApi;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::Operation;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use assurance::{
    AdviceShown, Answering, Assurance, AuditLine, BlockShown, ColumnShown, ControlLevel,
    CriterionFound, DecorShown, DomainLine, DrillLine, GateQuestion, IncidentLine, PlaceShown,
    RungShown, ScoreLine, SpreadShown, StatementLine, SystemLine, WorkflowJudged, WorthShown,
};
pub use beside::{MapFile, MapLine};
pub use credentials::{Examined, PublicCredential};
pub use door::Door;
use door::Scheme;
pub use fleet::Figures;
pub use hooks::{HookKey, NotTaken, Sent, Taken};
pub use installation::{
    Answer, Decide, Decided, Installation, No, Query, Reply, Row, Start, Started, Taking, Why,
};
pub use instructions::{
    FileChange, FileChanges, FindingKind, InstructionFile, InstructionFinding, InstructionKind,
    Instructions, ReadPart, Reading,
};
pub use interview::{Described, Said};
pub use policies::{
    Policies, PoliciesCompared, PoliciesTried, PolicyAct, PolicyCase, PolicyLine, PolicyTried,
};
pub use rehearse::{
    Chosen, Field, GoneAgain, Offer, Parting, PartingBy, Point, PointAbout, Rehearsed, Rehearsing,
    Took,
};
pub use releases::{Turn, Turned, Wish};
pub use reviews::Alike;
pub use shapes::{Case, CaseLine, Explained, Glance, Open, Request, Seen, time};
pub use stops::{InForce, Reach};
pub use tools::{
    Approved, Argument, GoneTool, Part, Pinning, Probed, SecretLine, ServerTool, ToolChange,
    ToolDeclared, ToolEffect, ToolOffer, ToolServer, ToolServers, ToolStanding, ToolUse,
};
pub use vendors::{Registered, VendorLine, VendorModel, Vendors, Without};
pub use workshop::{CaseField, Draft, FileLine, FileText, Names, Saving, Sheet, Workflow};

/// What every handler is given.
#[derive(Clone)]
struct Desk {
    workspaces: Arc<BTreeMap<String, Arc<dyn Installation>>>,
    door: Arc<Door>,
    /// True from the moment on when the server ends.
    ending: watch::Receiver<bool>,
}

/// The head of the document; paths and shapes come from the handlers themselves.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Flightdeck",
        description = "Start cases, see where they stand, decide requests, stop and resume. Every \
                       answer that is no success is problem details (RFC 9457). `x-right` of an \
                       operation is the right that it takes in the workspace.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    security(("token" = []), ("session" = [])),
    modifiers(&Scheme),
    tags(
        (name = "session", description = "Signing in and out"),
        (name = "access", description = "Who has access, and tokens"),
        (name = "cases", description = "Cases of a workspace's workflows"),
        (name = "reviews", description = "Requests that wait for a person"),
        (name = "files", description = "Maps and what belongs to them, as they are written"),
        (name = "tools", description = "Tool servers, what is approved of them, and vendors"),
        (name = "assurance", description = "Scores, controls, incidents, and who answers for what"),
        (name = "releases", description = "What is live, what is tried beside it"),
        (name = "credentials", description = "What anybody may verify"),
        (name = "stops", description = "The kill switch, by scope"),
        (name = "exams", description = "Exams that people sit, and how their questions do"),
        (name = "installation", description = "This installation as a whole")
    )
)]
struct Head;

/// What is answered to anybody: how people sign in, whether all is well, what is signed itself, and
/// credentials.
fn open() -> OpenApiRouter<Desk> {
    let mut router = OpenApiRouter::new()
        .routes(routes!(cases::health))
        .routes(routes!(credentials::show))
        .routes(routes!(credentials::page))
        .routes(routes!(credentials::list))
        .routes(routes!(credentials::issuer))
        .routes(routes!(hooks::take))
        .routes(routes!(metrics::live))
        .routes(routes!(metrics::ready))
        .routes(routes!(session::ways, session::sign_in))
        .routes(routes!(session::by_link))
        .routes(routes!(session::go))
        .routes(routes!(session::come_back));
    each(&mut router, |operation| operation.security = Some(Vec::new()));
    router
}

/// What is answered to whoever is known.
fn closed() -> OpenApiRouter<Desk> {
    OpenApiRouter::with_openapi(Head::openapi())
        .routes(routes!(session::show, session::sign_out))
        .merge(taking(
            Right::Read,
            OpenApiRouter::new()
                .routes(routes!(cases::list))
                .routes(routes!(cases::show))
                .routes(routes!(reviews::list))
                .routes(routes!(reviews::alike))
                .routes(routes!(reviews::became))
                .routes(routes!(stops::list))
                .routes(routes!(stops::reach))
                .routes(routes!(fleet::show))
                .routes(routes!(releases::list))
                .routes(routes!(workshop::workflows))
                .routes(routes!(workshop::names))
                .routes(routes!(workshop::files))
                .routes(routes!(workshop::read))
                .routes(routes!(workshop::draw))
                .routes(routes!(beside::export))
                .routes(routes!(beside::look))
                .routes(routes!(interview::interview))
                .routes(routes!(rehearse::rehearse))
                .routes(routes!(rehearse::again))
                .routes(routes!(tools::list))
                .routes(routes!(vendors::list))
                .routes(routes!(assurance::show))
                .routes(routes!(assurance::judge))
                .routes(routes!(instructions::list))
                .routes(routes!(instructions::changes))
                .routes(routes!(policies::list))
                .routes(routes!(policies::test))
                .routes(routes!(events::stream))
                .routes(routes!(metrics::metrics))
                .routes(routes!(tokens::list, tokens::make))
                .routes(routes!(tokens::end)),
        ))
        .merge(taking(Right::Read, exams()))
        .merge(taking(Right::Records, OpenApiRouter::new().routes(routes!(cases::records))))
        .merge(taking(Right::Start, OpenApiRouter::new().routes(routes!(cases::start))))
        .merge(taking(
            Right::Change,
            OpenApiRouter::new()
                .routes(routes!(workshop::save))
                .routes(routes!(assurance::answer))
                .routes(routes!(rehearse::keep)),
        ))
        .merge(taking(Right::Decide, OpenApiRouter::new().routes(routes!(reviews::decide))))
        .merge(taking(
            Right::Stop,
            OpenApiRouter::new().routes(routes!(stops::set)).routes(routes!(stops::lift)),
        ))
        .merge(taking(
            Right::Release,
            OpenApiRouter::new()
                .routes(routes!(releases::deploy))
                .routes(routes!(releases::promote))
                .routes(routes!(releases::roll_back)),
        ))
        .merge(taking(
            Right::Access,
            OpenApiRouter::new()
                .routes(routes!(tokens::people))
                .routes(routes!(exams::statistics))
                .routes(routes!(exams::retire))
                .routes(routes!(tools::probe))
                .routes(routes!(tools::pin)),
        ))
}

/// Exams: whoever is known may sit them.
fn exams() -> OpenApiRouter<Desk> {
    OpenApiRouter::new()
        .routes(routes!(exams::list))
        .routes(routes!(exams::begin))
        .routes(routes!(exams::show))
        .routes(routes!(exams::answer))
        .routes(routes!(exams::submit))
        .routes(routes!(exams::result))
}

/// Operations that take a right. The description says so, and nobody gets to them without it: both
/// come from here.
fn taking(right: Right, mut router: OpenApiRouter<Desk>) -> OpenApiRouter<Desk> {
    each(&mut router, |operation| {
        let said = Extensions::builder().add("x-right", right.as_str()).build();
        operation.extensions.get_or_insert_default().merge(said);
    });
    let may = move |request: axum::extract::Request, next: Next| door::may(right, request, next);
    router.route_layer(axum::middleware::from_fn(may))
}

/// Every operation that a router describes.
fn each(router: &mut OpenApiRouter<Desk>, mut change: impl FnMut(&mut Operation)) {
    for item in router.get_openapi_mut().paths.paths.values_mut() {
        let all = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        all.into_iter().flatten().for_each(&mut change);
    }
}

/// The interface's description as OpenAPI 3.1, as it is served and checked in.
#[must_use]
pub fn openapi() -> String {
    let (_, document) = closed().merge(open()).split_for_parts();
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

/// An address that is listened on; nobody is answered yet.
pub struct Listening {
    pub address: SocketAddr,
    listener: TcpListener,
}

/// Listens.
pub async fn listen(address: SocketAddr) -> Result<Listening, ServeError> {
    let failed = |error| ServeError(address, error);
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok(Listening { address, listener })
}

impl Listening {
    /// Answers for these workspaces, each by its name.
    #[must_use]
    pub fn serve(self, workspaces: BTreeMap<String, Arc<dyn Installation>>, door: Door) -> Serving {
        let Self { address, listener } = self;
        let (ending, ended) = watch::channel(false);
        let (workspaces, door) = (Arc::new(workspaces), Arc::new(door));
        let app = app(Desk { workspaces, door, ending: ended.clone() });
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        let task = tokio::spawn(async move {
            let over = async move {
                let mut ended = ended;
                // The sender lives as long as the server is wanted.
                let _ = ended.wait_for(|over| *over).await;
            };
            axum::serve(listener, app).with_graceful_shutdown(over).await
        });
        Serving { address, ending, task }
    }
}

fn app(desk: Desk) -> Router {
    let document: Arc<str> = openapi().into();
    let described = move || {
        let document = document.to_string();
        async move { ([("content-type", "application/json")], document).into_response() }
    };
    let (open, _) = open().split_for_parts();
    let (closed, _) = closed().split_for_parts();
    // What is behind the door is so by its place here: nothing has to remember to ask.
    let closed = closed
        .route("/openapi.json", get(described))
        .fallback(problem::no_such_path)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(axum::middleware::from_fn(fresh::tagged))
        .layer(axum::middleware::from_fn_with_state(desk.clone(), door::let_in));
    closed
        .merge(open.method_not_allowed_fallback(problem::no_such_method))
        .merge(pages::routes())
        .layer(axum::middleware::from_fn(pages::guarded))
        .layer(CompressionLayer::new())
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
