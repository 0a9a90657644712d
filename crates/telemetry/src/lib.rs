//! Telemetry for whoever watches many systems in one place: traces, metrics and logs over OTLP on
//! HTTP, where the usual `OTEL_*` variables say so. It follows what is stored and stands in the way
//! of no run: a collector that does not answer is tried again later, and what it missed stays in
//! the journal. It must not make spans, readings or lines; `evidence` does.

mod settings;
mod wire;

#[cfg(test)]
mod tests;

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use evidence::RunView;
use evidence::events::Event;
use evidence::metrics::Reading;
use flate2::Compression;
use flate2::write::GzEncoder;
use journal::Millis;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceResponse;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message as _;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use settings::{Environment, Settings};
pub use settings::{Signal, TelemetryError};
use wire::Sender;

/// How often the journal is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// The longest pause after a failure; it doubles up to this.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// How long the last telemetry may take while the program leaves.
const LEAVE: Duration = Duration::from_secs(5);
/// How many spans or lines go out at once, unless one run has more.
const AT_ONCE: usize = 512;

/// What is stored, as this room needs it.
pub trait Journal: Send + 'static {
    /// Runs whose end is stored after a place, and the place that was read up to.
    fn ended(&mut self, after: u64) -> Result<(u64, Vec<RunView>), String>;
    /// Lines for the log of what is stored after a place, and the place that was read up to.
    fn events(&mut self, after: u64) -> Result<(u64, Vec<Event>), String>;
    /// Everything that is measured, counted from when it was looked at first.
    fn readings(&mut self) -> Result<Vec<Reading>, String>;
}

/// Where telemetry goes.
pub struct Telemetry {
    routes: Vec<Route>,
    sender: Sender,
    every: Duration,
}

/// Where one signal goes.
struct Route {
    settings: Settings,
    client: reqwest::Client,
}

/// Whether a signal is taken, or why not.
pub type Taken = (Signal, Result<(), String>);

/// Why a collector did not take what it was sent.
enum Untaken {
    /// It may be sent again, at the earliest after so long.
    Later(String, Option<Duration>),
    /// It would never be taken, or a part of it was not.
    Never(String),
}

impl Telemetry {
    /// As the environment says; nothing where it names no endpoint or turns everything off.
    /// `variable` looks one up.
    pub fn from_environment(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, TelemetryError> {
        let environment = Environment(variable);
        if environment.off() {
            return Ok(None);
        }
        let mut routes = Vec::new();
        for signal in Signal::ALL {
            if let Some(settings) = environment.settings(signal)? {
                routes.push(Route::new(settings)?);
            }
        }
        if routes.is_empty() {
            return Ok(None);
        }
        let (every, sender) = (environment.every()?, Sender::new(environment.resource()?));
        Ok(Some(Self { routes, sender, every }))
    }

    /// The same, said to be this installation: two that share a collector are told apart by it.
    #[must_use]
    pub fn of(mut self, installation: &str) -> Self {
        self.sender.say("service.instance.id", installation);
        self
    }

    /// Whether traces are sent somewhere.
    #[must_use]
    pub fn traces(&self) -> bool {
        self.routes.iter().any(|route| route.settings.signal == Signal::Traces)
    }

    /// Whether the collector takes each signal: nothing is sent, in the form of the protocol.
    pub async fn answers(&self) -> Vec<Taken> {
        let mut all = Vec::new();
        for route in &self.routes {
            let sent = tokio::time::timeout(LEAVE, route.send(Vec::new())).await;
            let answer = match sent {
                Ok(Ok(())) => Ok(()),
                Ok(Err(Untaken::Later(why, _) | Untaken::Never(why))) => Err(why),
                Err(_) => Err("it does not answer".to_owned()),
            };
            all.push((route.settings.signal, answer));
        }
        all
    }

    /// Sends what is stored after a place, each signal by itself. `say` is told, once for each
    /// silence, that the collector takes nothing. Each signal that is sent takes a journal.
    #[must_use]
    pub fn follow<J: Journal>(
        self,
        mut journal: impl FnMut() -> Option<J>,
        after: u64,
        say: impl Fn(String) + Send + Sync + 'static,
    ) -> Following {
        let (end, ending) = watch::channel(false);
        let (say, began) = (Arc::new(say), now());
        let follow = |route: Route| {
            let journal = journal()?;
            let (sender, every) = (self.sender.clone(), self.every);
            let way = Way { route, sender, every, began, place: after };
            let (ending, say) = (ending.clone(), Arc::clone(&say));
            Some(tokio::spawn(way.sending(journal, ending, move |why| say(why))))
        };
        let tasks = self.routes.into_iter().filter_map(follow).collect();
        Following { tasks, end }
    }
}

impl Route {
    fn new(settings: Settings) -> Result<Self, TelemetryError> {
        let signal = settings.signal.as_str();
        let unusable =
            |why: String| TelemetryError::Unusable { signal, why: settings.address.blotted(&why) };
        // The first provider stays; a second installation is no failure.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(settings.time_out)
            .build()
            .map_err(|error| unusable(error.to_string()))?;
        let request = settings
            .headers
            .iter()
            .fold(client.post(&settings.address.0), |request, (name, value)| {
                request.header(name, value)
            });
        // An address or a header that cannot be sent is said now.
        request.build().map_err(|error| unusable(error.without_url().to_string()))?;
        Ok(Self { settings, client })
    }

    async fn send(&self, body: Vec<u8>) -> Result<(), Untaken> {
        let Settings { address, headers, zipped, signal, .. } = &self.settings;
        let blotted = |why: String| address.blotted(&why);
        let mut request =
            self.client.post(&address.0).header(CONTENT_TYPE, "application/x-protobuf");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if *zipped {
            let zip = zip(&body).map_err(|error| Untaken::Never(error.to_string()))?;
            request = request.header(CONTENT_ENCODING, "gzip").body(zip);
        } else {
            request = request.body(body);
        }
        let response = request.send().await;
        let response = response
            .map_err(|error| Untaken::Later(blotted(error.without_url().to_string()), None))?;
        let (status, after) = (response.status(), response.headers().get(RETRY_AFTER));
        let after = after.and_then(|value| value.to_str().ok()?.parse().ok());
        let after = after.map(Duration::from_secs);
        if !status.is_success() {
            let why = format!("it answers with status {}", status.as_u16());
            let again = matches!(
                status,
                StatusCode::TOO_MANY_REQUESTS
                    | StatusCode::BAD_GATEWAY
                    | StatusCode::SERVICE_UNAVAILABLE
                    | StatusCode::GATEWAY_TIMEOUT
            );
            return Err(if again { Untaken::Later(why, after) } else { Untaken::Never(why) });
        }
        let bytes = response.bytes().await.unwrap_or_default();
        match refused(*signal, &bytes) {
            0 => Ok(()),
            count => Err(Untaken::Never(format!("it did not take {count} of what was sent"))),
        }
    }
}

/// How much of what was sent a collector did not take. What cannot be read says nothing.
fn refused(signal: Signal, answer: &[u8]) -> i64 {
    match signal {
        Signal::Traces => ExportTraceServiceResponse::decode(answer)
            .ok()
            .and_then(|answer| Some(answer.partial_success?.rejected_spans)),
        Signal::Metrics => ExportMetricsServiceResponse::decode(answer)
            .ok()
            .and_then(|answer| Some(answer.partial_success?.rejected_data_points)),
        Signal::Logs => ExportLogsServiceResponse::decode(answer)
            .ok()
            .and_then(|answer| Some(answer.partial_success?.rejected_log_records)),
    }
    .unwrap_or_default()
}

fn zip(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut zip = GzEncoder::new(Vec::new(), Compression::default());
    zip.write_all(body)?;
    zip.finish()
}

fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// One signal on its way.
struct Way {
    route: Route,
    sender: Sender,
    every: Duration,
    /// From when on it is measured.
    began: Millis,
    /// The last entry that was sent.
    place: u64,
}

/// What a look found: the bodies to send, and the place that they reach.
struct Found {
    bodies: Vec<Vec<u8>>,
    place: u64,
}

impl Way {
    async fn sending<J: Journal>(
        mut self,
        mut journal: J,
        mut ending: watch::Receiver<bool>,
        say: impl Fn(String),
    ) {
        let what = self.route.settings.signal.as_str();
        let between = match self.route.settings.signal {
            Signal::Metrics => self.every,
            Signal::Traces | Signal::Logs => LOOK,
        };
        let (mut failing, mut pause) = (false, between);
        loop {
            let last = *ending.borrow();
            let look = self.look(journal).await;
            // The look itself broke; without a journal there is nothing to send.
            let (back, found) = match look {
                Ok(looked) => looked,
                Err(why) => return say(why),
            };
            journal = back;
            let sent = match found {
                Ok(found) => self.send(found).await,
                Err(why) => Err(Untaken::Later(why, None)),
            };
            let more = match sent {
                Ok(more) => {
                    (failing, pause) = (false, between);
                    more
                }
                Err(Untaken::Never(why)) => {
                    say(format!("{what} are not taken, and are not sent again: {why}"));
                    false
                }
                Err(Untaken::Later(why, after)) => {
                    if !std::mem::replace(&mut failing, true) {
                        say(format!("{what} are not taken, and are tried again: {why}"));
                        pause = LOOK;
                    }
                    pause = (pause * 2).min(PAUSE_MAX).max(after.unwrap_or_default());
                    false
                }
            };
            if last {
                return;
            }
            if more {
                continue;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = ending.changed() => {}
            }
        }
    }

    /// Looks once, off the threads that drive runs. Gives the journal back.
    async fn look<J: Journal>(&self, mut journal: J) -> Result<(J, Result<Found, String>), String> {
        let (signal, sender) = (self.route.settings.signal, self.sender.clone());
        let (from, began) = (self.place, self.began);
        let look = tokio::task::spawn_blocking(move || {
            let found = match signal {
                Signal::Traces => journal.ended(from).map(|(place, runs)| {
                    let spans = runs.iter().map(evidence::trace::spans);
                    Found { bodies: batched(spans, |all| sender.traces(all)), place }
                }),
                Signal::Logs => journal.events(from).map(|(place, events)| {
                    let each = events.into_iter().map(|event| vec![event]);
                    Found { bodies: batched(each, |all| sender.logs(all)), place }
                }),
                Signal::Metrics => journal.readings().map(|all| {
                    let bodies = vec![sender.metrics(all, began, now())];
                    Found { bodies, place: from }
                }),
            };
            (journal, found)
        });
        look.await.map_err(|why| why.to_string())
    }

    /// Sends what was found. Gives whether there may be more than one look gives. Only what was
    /// taken, or will never be, counts as seen; a collector that took a part gets it again, with
    /// the same ids.
    async fn send(&mut self, found: Found) -> Result<bool, Untaken> {
        let mut never = None;
        for body in found.bodies {
            match self.route.send(body).await {
                Ok(()) => {}
                Err(Untaken::Never(why)) => never = Some(Untaken::Never(why)),
                Err(later) => return Err(later),
            }
        }
        let more = found.place != self.place;
        self.place = found.place;
        never.map_or(Ok(more), Err)
    }
}

/// Groups that are each sent at once.
fn batched<T>(
    groups: impl Iterator<Item = Vec<T>>,
    body: impl Fn(Vec<T>) -> Vec<u8>,
) -> Vec<Vec<u8>> {
    let (mut bodies, mut batch) = (Vec::new(), Vec::new());
    for group in groups {
        batch.extend(group);
        if batch.len() >= AT_ONCE {
            bodies.push(body(std::mem::take(&mut batch)));
        }
    }
    if !batch.is_empty() {
        bodies.push(body(batch));
    }
    bodies
}

/// Telemetry on its way.
#[derive(Debug)]
pub struct Following {
    tasks: Vec<JoinHandle<()>>,
    end: watch::Sender<bool>,
}

impl Following {
    /// Looks once more and ends; a collector that does not answer is not waited for long.
    pub async fn close(self) {
        let _ = self.end.send(true);
        let until = tokio::time::Instant::now() + LEAVE;
        for mut task in self.tasks {
            if tokio::time::timeout_at(until, &mut task).await.is_err() {
                task.abort();
            }
        }
    }
}
