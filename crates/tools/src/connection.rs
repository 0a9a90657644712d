//! One running server: the handshake, what it offers, and calls. Every call is preceded by the
//! check that the tool is still the approved one. It must not decide when to start a server again.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use journal::Answered;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, InputResponses, ProtocolVersion, RequestMetaObject,
    SubscriptionFilter,
};
use rmcp::service::{ClientInitializeError, Peer, RoleClient, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::{ClientLifecycleMode, ClientServiceExt, ServiceError, ServiceExt};
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use crate::caller::{Caller, Refused};
use crate::ears::{Answers, Changes, Ears, Out};
use crate::egress::Egress;
use crate::oauth;
use crate::offered::{Offered, list};
use crate::outcome::with_last_words;
use crate::process::{Process, Spawner};
use crate::progress::{self, Overheard, Telling};
use crate::remote;
use crate::spec::{Limits, Remote, ServerSpec, Way};
use crate::task;
use crate::wire::{Cut, Wire};

/// How long giving a token back may take.
const GIVING_BACK: Duration = Duration::from_secs(5);

/// What a server offers, and since when we know.
struct Listing {
    asked: Instant,
    /// How many changes the server had told of when it was asked.
    changes: u64,
    tools: Arc<[Offered]>,
}

/// A server that shook hands.
pub(crate) struct Connection {
    /// What it was opened with. It is gone with the connection.
    held: Arc<ServerSpec>,
    refused: Refused,
    service: RunningService<RoleClient, Ears>,
    listing: Mutex<Listing>,
    ears: Ears,
    cut: Cut,
    /// None where the server runs elsewhere.
    process: Option<Process>,
    limits: Limits,
}

/// The parts of a connection that was just opened.
type Opened = (RunningService<RoleClient, Ears>, Mutex<Listing>, Ears, Cut, Option<Process>);

/// Why a tool may not be called now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// It is not what was approved.
    Changed(String),
    /// The server does not say what it offers.
    Silent(String),
}

impl Connection {
    /// Reaches a server, shakes hands in the current or an earlier version of the protocol, and
    /// asks for its tools.
    pub(crate) async fn open(
        spawner: &Spawner,
        spec: &ServerSpec,
        answers: Option<Arc<dyn Answers>>,
    ) -> Result<Self, String> {
        let (mut held, refused) = (spec.leased().await?, Refused::default());
        let opened = Self::opened(spawner, &mut held, answers, &refused).await;
        let (service, listing, ears, cut, process) = opened.map_err(|why| held.redact(why))?;
        let limits = held.limits.clone();
        Ok(Self { held: Arc::new(held), refused, service, listing, ears, cut, process, limits })
    }

    async fn opened(
        spawner: &Spawner,
        held: &mut ServerSpec,
        answers: Option<Arc<dyn Answers>>,
        refused: &Refused,
    ) -> Result<Opened, String> {
        let limits = held.limits.clone();
        let (cut, ears) = (Cut::default(), Ears::new(answers));
        let process;
        let hands = match &held.way {
            Way::Program(program) => {
                let started = spawner.start(program, &limits.process).await;
                let (running, (stdout, stdin)) = started.map_err(|why| why.to_string())?;
                let password = running.egress().map(|egress| egress.password().clone());
                held.secrets.extend(password.map(|password| ("a proxy".to_owned(), password)));
                process = Some(running);
                let (longest, unasked) = (limits.message_bytes, limits.unasked_bytes);
                let wire = Wire::new(stdout, stdin, longest, unasked, cut.clone());
                let wire = Overheard::new(wire, ears.followed.clone());
                let hands = ears.clone().serve_with_lifecycle(wire, mode());
                tokio::time::timeout(limits.start, hands).await
            }
            Way::Remote(remote) => {
                process = None;
                let hands = async {
                    let first = far(held, remote, &ears, refused)?;
                    let first = ears.clone().serve_with_lifecycle(first, mode()).await;
                    // An old server may answer anything to a question that it does not know.
                    let Err(ClientInitializeError::ExpectedInitResult(_)) = first else {
                        return Ok(first);
                    };
                    let again = far(held, remote, &ears, refused)?;
                    Ok::<_, String>(ears.clone().serve(again).await)
                };
                match tokio::time::timeout(limits.start, hands).await {
                    Ok(hands) => Ok(hands?),
                    Err(late) => Err(late),
                }
            }
        };
        let explain = async |why: String| {
            let why = cut.why().unwrap_or(why);
            match &process {
                Some(process) => {
                    let why = with_last_words(why, &process.last_words().await);
                    let kept = process.egress().and_then(|egress| egress.kept_from(0));
                    kept.map_or_else(|| why.clone(), |kept| format!("{why} ({kept})"))
                }
                None => why,
            }
        };
        let service = match hands {
            Ok(Ok(service)) => service,
            Ok(Err(why)) => return Err(explain(reason(&why)).await),
            Err(_) => return Err(explain("it took too long".to_owned()).await),
        };
        follow(service.peer().clone(), ears.changes.clone());
        let (asked, heard) = (Instant::now(), ears.changes.now());
        let tools = match tokio::time::timeout(limits.start, list(service.peer())).await {
            Ok(Ok(tools)) => tools,
            Ok(Err(why)) => return Err(explain(why).await),
            Err(_) => return Err(explain("it took too long".to_owned()).await),
        };
        let listing = Mutex::new(Listing { asked, changes: heard, tools });
        Ok((service, listing, ears, cut, process))
    }

    /// What it was opened with.
    pub(crate) fn held(&self) -> &Arc<ServerSpec> {
        &self.held
    }

    /// Whether the server turned away what this connection holds.
    pub(crate) fn turned_away(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    /// Whether the server is gone.
    pub(crate) fn closed(&self) -> bool {
        self.service.is_closed() || self.service.peer().is_transport_closed()
    }

    /// Why this side cut the connection, if it did.
    pub(crate) fn cut(&self) -> Option<String> {
        self.cut.why()
    }

    /// What the server said last, once it is gone.
    pub(crate) async fn last_words(&self) -> String {
        match &self.process {
            Some(process) => process.last_words().await,
            None => String::new(),
        }
    }

    /// How often the server was kept from a place outside until now.
    pub(crate) fn refusals(&self) -> u64 {
        self.process.as_ref().and_then(Process::egress).map_or(0, Egress::refusals)
    }

    /// What it was kept from after so many times, in words.
    pub(crate) fn kept_from(&self, before: u64) -> Option<String> {
        self.process.as_ref()?.egress()?.kept_from(before)
    }

    /// The version of the protocol that was agreed on.
    pub(crate) fn version(&self) -> String {
        let info = self.service.peer().peer_info();
        info.map_or_else(String::new, |i| i.protocol_version.to_string())
    }

    /// What the server offers. A listing older than `age` is asked for again; those who wait for
    /// the same answer share it.
    pub(crate) async fn offered(&self, age: Duration) -> Result<Arc<[Offered]>, String> {
        let now = Instant::now();
        let mut listing = self.listing.lock().await;
        let known_since = listing.asked + age;
        if known_since >= now && listing.changes == self.ears.changes.now() {
            return Ok(Arc::clone(&listing.tools));
        }
        let (asked, changes) = (Instant::now(), self.ears.changes.now());
        let answer = tokio::time::timeout(self.limits.start, list(self.service.peer())).await;
        match answer {
            Ok(Ok(tools)) => {
                *listing = Listing { asked, changes, tools };
                Ok(Arc::clone(&listing.tools))
            }
            Ok(Err(why)) => Err(self.cut.why().unwrap_or(why)),
            Err(_) => Err("it took too long".to_owned()),
        }
    }

    /// Whether a tool is still the approved one, by a listing not older than `age`.
    pub(crate) async fn fit(&self, tool: &str, digest: &str, age: Duration) -> Result<(), Unfit> {
        let offered = self.offered(age).await.map_err(Unfit::Silent)?;
        let mut found = offered.iter().filter(|o| o.name == tool);
        let Some(only) = found.next() else {
            return Err(Unfit::Changed("the server does not offer it any more".to_owned()));
        };
        if found.next().is_some() {
            return Err(Unfit::Changed("the server offers it twice".to_owned()));
        }
        if let Some(what) = &only.hidden {
            return Err(Unfit::Changed(what.clone()));
        }
        if only.digest.is_empty() || only.digest != digest {
            return Err(Unfit::Changed(
                "its name, description or arguments changed since it was approved".to_owned(),
            ));
        }
        Ok(())
    }

    /// Calls a tool. From the first poll on it may happen; a caller who stops waiting has the
    /// server told so. What the server says meanwhile of how far it has come goes to a follower.
    pub(crate) async fn call(
        &self,
        tool: &str,
        (args, parent): (Map<String, Value>, Option<&str>),
        key: &str,
        answers: &[Answered],
        telling: Option<Telling>,
    ) -> Result<CallToolResponse, ServiceError> {
        let mut meta = RequestMetaObject::new();
        meta.insert(progress::KEY.to_owned(), key.into());
        if let Some(parent) = parent {
            meta.insert("traceparent".to_owned(), parent.into());
        }
        let mut params = CallToolRequestParams::new(tool.to_owned()).with_arguments(args);
        params.meta = Some(meta);
        let _following = telling.map(|telling| self.ears.followed.follow(key, telling));
        if self.ears.answered() {
            // What the tool asks in between is answered, and the call goes on with the answers.
            return self.service.call_tool(params).await.map(CallToolResponse::Complete);
        }
        // Earlier answers are in the state, if the server keeps them there.
        if let Some(last) = answers.last() {
            params.request_state.clone_from(&last.question.state);
            params.input_responses = responses(last);
        }
        let server = self.service.peer();
        match server.call_tool_once(params).await? {
            CallToolResponse::Task(begun) if task::declared(server) => {
                task::result(server, begun.task).await
            }
            answer => Ok(answer),
        }
    }

    /// A call goes out, with what people answered to it.
    pub(crate) fn out(&self, answers: &[Answered]) -> Out {
        self.ears.out(answers)
    }

    /// Kills the server at once. Whoever waits for an answer is told that none comes.
    pub(crate) fn kill(&self) {
        match &self.process {
            Some(process) => process.kill(),
            None => self.service.cancellation_token().cancel(),
        }
    }

    /// Closes the server's input, gives it a moment to end, and kills it. What it was given for
    /// itself is given back; why it could not be is no failure of anything.
    pub(crate) async fn end(self, grace: Duration) -> Option<String> {
        let closed = self.service.cancel();
        // It only fails when the task that read from the server is gone already.
        let _ = tokio::time::timeout(grace, closed).await;
        if let Some(process) = self.process {
            process.end(grace).await;
        }
        let Way::Remote(remote) = &self.held.way else { return None };
        let given_back = tokio::time::timeout(GIVING_BACK, oauth::given_back(remote)).await;
        let why = given_back.unwrap_or_else(|_| Err("it took too long".to_owned())).err()?;
        let why = self.held.redact(why);
        Some(format!(
            "the token of `{}` was not given back and ends by itself: {why}",
            self.held.name
        ))
    }
}

/// A person's answer in the words of the protocol, form by form. A form without a name was asked
/// while the call was out, and is answered when it is asked again.
fn responses(answered: &Answered) -> Option<InputResponses> {
    let named = answered.question.forms.iter().filter(|form| !form.name.is_empty());
    let all: InputResponses = named
        .map(|form| {
            let content = form.part(&answered.answer);
            (form.name.clone(), json!({ "action": "accept", "content": content }))
        })
        .collect();
    (!all.is_empty()).then_some(all)
}

/// The current version of the protocol first, and an earlier one where a server knows no better.
fn mode() -> ClientLifecycleMode {
    ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::LATEST],
        legacy_version: None,
    }
}

/// The connection to a server elsewhere.
fn far(
    spec: &ServerSpec,
    remote: &Remote,
    ears: &Ears,
    refused: &Refused,
) -> Result<Overheard<StreamableHttpClientTransport<Caller>>, String> {
    let transport = remote::transport(&spec.name, remote, &spec.limits, Arc::clone(refused))?;
    Ok(Overheard::new(transport, ears.followed.clone()))
}

/// Why hands were not shaken.
fn reason(error: &ClientInitializeError) -> String {
    match error {
        // The earlier way was the last one, and what stopped it stopped the other.
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => reason(fallback),
        ClientInitializeError::TransportError { error: inner, .. } => {
            let broke = remote::broke(inner.error.as_ref());
            broke.map_or_else(|| error.to_string(), |broke| broke.to_string())
        }
        _ => error.to_string(),
    }
}

/// Why a question was not answered.
pub(crate) fn unanswered(error: &ServiceError) -> String {
    match error {
        ServiceError::TransportSend(inner) => match remote::broke(inner.error.as_ref()) {
            Some(broke) => broke.to_string(),
            None => error.to_string(),
        },
        _ => error.to_string(),
    }
}

/// Since the version of July 2026 a server only tells of changes to those who asked to be told.
fn follow(peer: Peer<RoleClient>, to: Changes) {
    let modern = peer.peer_info().is_some_and(|info| !info.protocol_version.has_initialize());
    if !modern {
        return;
    }
    tokio::spawn(async move {
        let filter = SubscriptionFilter::builder().tools_list_changed().build();
        // A server that does not take subscriptions is asked for its listing anyway, by age.
        let Ok(mut changes) = peer.listen(filter).await else {
            return;
        };
        while let Ok(Some(_)) = changes.next().await {
            to.another();
        }
        to.another();
    });
}
