//! One pool of servers for all runs: started when first needed, shared by everyone, rested after
//! a failure, stopped as a whole. A call consumes a permit and reads its tool and its arguments
//! from nowhere else. The pool repeats no call by itself that its server may have looked at.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use journal::{Code, Payload, Permit, ToolAsk};
use plan::ids::ToolName;
use plan::lock::Lock;
use plan::workflow::{Effect, Trust};
use rmcp::ServiceError;
use serde_json::{Map, Value};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::Fault;
use crate::connection::{Connection, Unfit};
use crate::ears::Answers;
use crate::lane::{Hearer, Lane};
use crate::offered::Offered;
use crate::outcome::{self, Called};
use crate::process::{Launcher, Spawner};
use crate::progress::{Follower, Telling};
use crate::spec::ServerSpec;

/// The servers of a workspace.
pub struct Tools {
    servers: BTreeMap<String, Server>,
    /// How tools are to be called, as a person approved it.
    ways: BTreeMap<ToolName, Way>,
    spawner: Spawner,
    answers: Option<Arc<dyn Answers>>,
    hearer: Hearer,
    closed: watch::Sender<bool>,
}

/// What the pool must know of an approved tool beyond its digest, which the permit carries.
struct Way {
    key_arg: Option<String>,
    reads: bool,
    trusted: bool,
}

struct Server {
    spec: Arc<ServerSpec>,
    lane: Arc<Lane>,
    more: Vec<Arc<Lane>>,
    next: AtomicUsize,
}

impl Tools {
    /// A pool that has started nothing yet.
    #[must_use]
    pub fn new(specs: Vec<ServerSpec>, lock: &Lock, launcher: Launcher) -> Self {
        let ways = lock.tools.iter().map(|(name, pinned)| {
            let way = Way {
                key_arg: pinned.key_arg.clone(),
                reads: pinned.effect == Some(Effect::Read),
                trusted: pinned.trust == Trust::Trusted,
            };
            (name.clone(), way)
        });
        let hearer = Hearer::default();
        let servers = specs.into_iter().map(|spec| {
            let spec = Arc::new(spec);
            let lane = |spec| Arc::new(Lane::new(spec, &hearer));
            let server = Server {
                lane: lane(&spec),
                more: (1..spec.limits.processes).map(|_| lane(&spec)).collect(),
                next: AtomicUsize::new(0),
                spec,
            };
            (server.spec.name.clone(), server)
        });
        let servers = servers.collect();
        Self {
            servers,
            hearer,
            ways: ways.collect(),
            spawner: Spawner::new(launcher),
            answers: None,
            closed: watch::Sender::new(false),
        }
    }

    /// The same pool with somebody who answers what servers ask of people.
    #[must_use]
    pub fn answered_by(mut self, answers: Arc<dyn Answers>) -> Self {
        self.answers = Some(answers);
        self
    }

    /// The same pool with somebody who hears what no outcome can say. The first one stays.
    #[must_use]
    pub fn heard_by(self, hear: impl Fn(String) + Send + Sync + 'static) -> Self {
        let _ = self.hearer.set(Box::new(hear));
        self
    }

    /// Performs the tool call of a permit. The time-out runs from the moment the call is sent.
    pub async fn call(&self, permit: Permit) -> Called {
        self.followed(permit, None, None).await
    }

    /// The same, with somebody who is told how far it has come. What is told is the server's own
    /// words, and nobody's but the follower's. `parent` says to the server what the call is a part
    /// of, as W3C's Trace Context writes it.
    pub async fn followed(
        &self,
        permit: Permit,
        follower: Option<Follower>,
        parent: Option<&str>,
    ) -> Called {
        let Payload::Tool(ask) = permit.consume() else {
            return Called::failed(Code::Defect, "the permit is for no tool");
        };
        let Some(server) = self.servers.get(ask.tool.server()) else {
            let fault = Fault::Unknown(ask.tool.server().to_owned());
            return Called::failed(Code::Unavailable, fault.to_string());
        };
        let way = self.ways.get(&ask.tool);
        let args = match arguments(&ask, way.and_then(|w| w.key_arg.as_deref())) {
            Ok(args) => args,
            Err(why) => return Called::failed(Code::Defect, why),
        };
        let follower = follower.map(|to| (to, way.is_some_and(|w| w.trusted)));
        let mut called = self.perform(server, &ask, args, follower, parent).await;
        // What only reads leaves nothing in doubt.
        called.certain |= self.reads(&ask.tool);
        called
    }

    /// What a server offers now.
    pub async fn offered(&self, server: &str) -> Result<Vec<Offered>, Fault> {
        let server = self.server(server)?;
        let lane = server.lane();
        let live = self.live(server, lane).await?;
        let listing = live.offered(Duration::ZERO).await;
        let tools = listing.map_err(|why| Fault::Listing {
            server: server.spec.name.clone(),
            why: live.held().redact(why),
        })?;
        Ok(tools.to_vec())
    }

    /// The version of the protocol that a server speaks with us.
    pub async fn version(&self, server: &str) -> Result<String, Fault> {
        let server = self.server(server)?;
        Ok(self.live(server, server.lane()).await?.version())
    }

    /// Kills a server at once. Calls that are under way end with an unknown outcome; a later call
    /// starts it again.
    pub async fn kill(&self, server: &str) -> Result<(), Fault> {
        for lane in self.server(server)?.lanes() {
            if let Some(live) = lane.state.lock().await.live.take() {
                live.kill();
            }
        }
        Ok(())
    }

    /// Kills every server at once.
    pub async fn kill_all(&self) {
        for name in self.servers.keys() {
            // The name is one of ours.
            let _ = self.kill(name).await;
        }
    }

    /// Stops every server, each with a moment to end by itself, and starts none again.
    pub async fn close(&self) {
        self.closed.send_replace(true);
        let mut ending = JoinSet::new();
        for lane in self.servers.values().flat_map(Server::lanes) {
            match lane.state.lock().await.live.take().map(Arc::try_unwrap) {
                Some(Ok(live)) => {
                    let lane = Arc::clone(lane);
                    ending.spawn(async move { lane.ended(live).await });
                }
                // Somebody waits for an answer that must not come any more.
                Some(Err(live)) => live.kill(),
                None => {}
            }
        }
        while ending.join_next().await.is_some() {}
    }

    fn server(&self, name: &str) -> Result<&Server, Fault> {
        let unknown = || Fault::Unknown(name.to_owned());
        self.servers.get(name).ok_or_else(unknown)
    }

    fn reads(&self, tool: &ToolName) -> bool {
        self.ways.get(tool).is_some_and(|way| way.reads)
    }

    async fn perform(
        &self,
        server: &Server,
        ask: &ToolAsk,
        args: Map<String, Value>,
        follower: Option<(Follower, bool)>,
        parent: Option<&str>,
    ) -> Called {
        let lane = server.lane();
        // Only of a call that is out by itself is it known that it is the one that asks.
        let alone = !ask.answers.is_empty() || lane.asks.load(Ordering::Relaxed);
        let share = if alone { lane.places } else { 1 };
        let Ok(_room) = lane.room.acquire_many(share).await else {
            return Called::failed(Code::Unavailable, Fault::Closed.to_string());
        };
        let mut afresh = true;
        loop {
            let live = match self.live(server, lane).await {
                Ok(live) => live,
                Err(fault @ Fault::Resting { wait_ms, .. }) => {
                    return Called::later(Code::Unavailable, fault.to_string(), wait_ms);
                }
                Err(fault) => return Called::failed(Code::Unavailable, fault.to_string()),
            };
            let telling = follower.clone().map(|(to, trusted)| {
                let spec = Arc::clone(live.held());
                Telling { spec, trusted, to }
            });
            let sent = (args.clone(), parent);
            let called = self.attempt(lane, &live, ask, sent, telling).await;
            lane.state.lock().await.used();
            // Its key may have been changed since. The server turned the old one away before it
            // looked at the call, which is made once more with the key of today.
            let stale = lane.spec.lookup.is_some() && live.turned_away() && called.unsent();
            if std::mem::take(&mut afresh) && stale {
                continue;
            }
            return outcome::redacted(live.held(), called);
        }
    }

    /// One call over a connection, if the tool is still the approved one.
    async fn attempt(
        &self,
        lane: &Lane,
        live: &Arc<Connection>,
        ask: &ToolAsk,
        args: (Map<String, Value>, Option<&str>),
        telling: Option<Telling>,
    ) -> Called {
        // What reads may rest on a listing some seconds old; what acts may not.
        let age = if self.reads(&ask.tool) { lane.spec.limits.listing } else { Duration::ZERO };
        match live.fit(ask.tool.tool(), &ask.digest, age).await {
            Ok(()) => {}
            Err(Unfit::Changed(why)) => {
                let text = format!("`{}` was not called: {why}", ask.tool);
                return Called::failed(Code::ToolChanged, text);
            }
            Err(Unfit::Silent(why)) => {
                lane.failed(live, &why).await;
                let fault = Fault::Listing { server: lane.spec.name.clone(), why };
                return Called::failed(Code::Unavailable, fault.to_string());
            }
        }
        self.send(lane, live, ask, args, telling).await
    }

    async fn send(
        &self,
        lane: &Lane,
        live: &Arc<Connection>,
        ask: &ToolAsk,
        args: (Map<String, Value>, Option<&str>),
        telling: Option<Telling>,
    ) -> Called {
        let limit = Duration::from_millis(ask.time_out_ms);
        let key = ask.key.to_string();
        let (out, refusals) = (live.out(&ask.answers), live.refusals());
        let answer = live.call(ask.tool.tool(), args, &key, &ask.answers, telling);
        let called = match tokio::time::timeout(limit, answer).await {
            Ok(Ok(result)) => {
                lane.state.lock().await.failures = 0;
                outcome::answered(result, ask.bytes_max)
            }
            Ok(Err(error)) => {
                let answered =
                    matches!(error, ServiceError::McpError(_) | ServiceError::UnexpectedResponse);
                let words = if answered { String::new() } else { live.last_words().await };
                let called = outcome::broken(error, live.cut(), &words);
                if let (false, Err(failure)) = (answered, &called.outcome.result) {
                    lane.failed(live, &failure.text).await;
                }
                called
            }
            Err(_) => {
                lane.examine(live).await;
                let text = format!("no answer within {} ms", ask.time_out_ms);
                Called::unknown(Code::TimedOut, text)
            }
        };
        match out.asked() {
            None => called.explained(live.kept_from(refusals), ask.bytes_max),
            Some(asked) => {
                lane.asks.store(true, Ordering::Relaxed);
                outcome::interrupted(asked)
            }
        }
    }

    /// The lane's connection, started when there is none and it has rested after a failure.
    async fn live(&self, server: &Server, lane: &Arc<Lane>) -> Result<Arc<Connection>, Fault> {
        let mut state = lane.state.lock().await;
        state.used();
        if let Some(live) = state.live.take_if(|live| live.closed()) {
            let why = outcome::with_last_words("it went away".to_owned(), &live.last_words().await);
            state.lost(&server.spec, live.held().redact(why));
        }
        let mut closed = self.closed.subscribe();
        if *closed.borrow() {
            return Err(Fault::Closed);
        }
        if let Some(live) = &state.live {
            return Ok(Arc::clone(live));
        }
        if let Some((until, why)) = &state.rest {
            let wait = until.saturating_duration_since(Instant::now());
            if !wait.is_zero() {
                return Err(Fault::Resting {
                    server: server.spec.name.clone(),
                    wait_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1),
                    why: why.clone(),
                });
            }
        }
        let opened = tokio::select! {
            opened = Connection::open(&self.spawner, &server.spec, self.answers.clone()) => opened,
            // Dropping the attempt kills what it started.
            _ = closed.wait_for(|closed| *closed) => return Err(Fault::Closed),
        };
        match opened {
            Ok(live) => {
                let live = Arc::new(live);
                lane.watch(&live);
                state.live = Some(Arc::clone(&live));
                state.rest = None;
                Ok(live)
            }
            Err(why) => {
                state.rest(&server.spec, why.clone());
                Err(Fault::Start { server: server.spec.name.clone(), why })
            }
        }
    }
}

impl Server {
    fn lanes(&self) -> impl Iterator<Item = &Arc<Lane>> {
        std::iter::once(&self.lane).chain(&self.more)
    }

    /// Lanes in turn.
    fn lane(&self) -> &Arc<Lane> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % (self.more.len() + 1);
        self.lanes().nth(turn).unwrap_or(&self.lane)
    }
}

/// The arguments of a call as an object, with the idempotency key where the tool takes one.
fn arguments(ask: &ToolAsk, key_arg: Option<&str>) -> Result<Map<String, Value>, String> {
    let mut args: Map<String, Value> = serde_json::from_slice(&ask.args)
        .map_err(|why| format!("the arguments are no JSON object: {why}"))?;
    if let Some(name) = key_arg {
        args.insert(name.to_owned(), Value::String(ask.key.to_string()));
    }
    Ok(args)
}
