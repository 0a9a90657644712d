//! Traces for whoever watches many systems in one place: runs that are over, as spans, over OTLP
//! on HTTP, where the usual `OTEL_*` variables say so. It follows what is stored and stands in the
//! way of no run: a collector that does not answer is tried again later, and what it missed stays
//! in the journal. It must not make spans; `evidence` does.

#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use evidence::RunView;
use evidence::trace::{Attribute, SCHEMA, Span};
use journal::Millis;
use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Array, InstrumentationScope, KeyValue, StringValue, Value};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How often the journal is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// The longest pause after a failure; it doubles up to this.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// How long the last traces may take while the program leaves.
const LEAVE: Duration = Duration::from_secs(5);
/// How many spans go out at once, unless one run has more.
const SPANS: usize = 512;

/// What the environment says, where it says something that cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("`{name}` is `{value}`, and only `{known}` is known")]
    Unknown { name: String, value: String, known: &'static str },
    #[error("traces cannot be sent as the `OTEL_*` variables say: {0}")]
    Unusable(String),
}

/// What is stored, as this room needs it.
pub trait Journal: Send + 'static {
    /// Runs whose end is stored after a place, and the place that was read up to.
    fn ended(&mut self, after: u64) -> Result<(u64, Vec<RunView>), String>;
}

/// Where traces go.
pub struct Telemetry {
    exporter: SpanExporter,
    scope: InstrumentationScope,
    address: Address,
}

/// A collector's address. It may hold a password or a token, so nothing of it is repeated.
struct Address(String);

impl Address {
    /// A text without what the address holds.
    fn blotted(&self, text: &str) -> String {
        let whole = self.0.as_str();
        let (rest, query) = whole.split_once('?').unwrap_or((whole, ""));
        let place = rest.split_once("://").map_or(rest, |(_, place)| place);
        let who = place.rsplit_once('@').map_or("", |(who, _)| who);
        let password = who.split_once(':').map_or("", |(_, password)| password);
        let parts = [whole, rest, place, who, query, password];
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        parts.fold(text.to_owned(), |text, part| text.replace(part, "[the collector's address]"))
    }
}

impl Telemetry {
    /// As the environment says; nothing where it names no endpoint or turns traces off. `variable`
    /// looks one up.
    pub fn from_environment(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, TelemetryError> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let off = set("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let whole = set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        let base = set("OTEL_EXPORTER_OTLP_ENDPOINT");
        let endpoint =
            whole.or(base.map(|base| format!("{}/v1/traces", base.trim_end_matches('/'))));
        let Some(endpoint) = endpoint.filter(|_| !off) else { return Ok(None) };
        match set("OTEL_TRACES_EXPORTER").as_deref() {
            Some("none") => return Ok(None),
            None | Some("otlp") => {}
            Some(value) => return Err(unknown("OTEL_TRACES_EXPORTER", value, "otlp")),
        }
        let ways = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
        if let Some((name, value)) = ways.iter().find_map(|name| Some((*name, set(name)?)))
            && value != "http/protobuf"
        {
            return Err(unknown(name, &value, "http/protobuf"));
        }
        let address = Address(endpoint.clone());
        let unusable = |why: String| TelemetryError::Unusable(address.blotted(&why));
        // The first provider stays; a second installation is no failure.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| unusable(error.to_string()))?;
        let exporter = SpanExporter::builder().with_http().with_http_client(client);
        // Headers and time limits are read from the environment by the exporter itself.
        let exporter = exporter.with_endpoint(endpoint).build();
        let mut exporter = exporter.map_err(|error| unusable(error.to_string()))?;
        let mut resource = Resource::builder();
        if set("OTEL_SERVICE_NAME").is_none() {
            resource = resource.with_service_name("flightdeck");
        }
        exporter.set_resource(&resource.build());
        let scope = InstrumentationScope::builder("flightdeck")
            .with_version(env!("CARGO_PKG_VERSION"))
            .with_schema_url(SCHEMA)
            .build();
        Ok(Some(Self { exporter, scope, address }))
    }

    /// Whether the collector takes what it is sent: nothing, in the form of the protocol.
    pub async fn answers(&self) -> Result<(), String> {
        let sent = tokio::time::timeout(LEAVE, self.exporter.export(Vec::new())).await;
        match sent {
            Ok(taken) => taken.map_err(|why| self.address.blotted(&why.to_string())),
            Err(_) => Err("it does not answer".to_owned()),
        }
    }

    /// Sends every run whose end is stored after a place. `say` is told, once for each silence,
    /// that the collector takes nothing.
    #[must_use]
    pub fn follow(
        self,
        journal: impl Journal,
        after: u64,
        say: impl Fn(String) + Send + 'static,
    ) -> Following {
        let (end, ending) = watch::channel(false);
        Following { task: tokio::spawn(self.sending(journal, after, ending, say)), end }
    }

    async fn sending(
        self,
        mut journal: impl Journal,
        mut place: u64,
        mut ending: watch::Receiver<bool>,
        say: impl Fn(String),
    ) {
        let mut pause = LOOK;
        loop {
            let last = *ending.borrow();
            let sent = match self.round(journal, &mut place).await {
                Ok((back, sent)) => {
                    journal = back;
                    sent
                }
                // The look itself broke; without a journal there is nothing to send.
                Err(why) => return say(why),
            };
            match sent {
                // There may be more than one look gives.
                Ok(true) => continue,
                Ok(false) => pause = LOOK,
                Err(why) => {
                    if pause == LOOK {
                        say(format!("traces are not taken, and are tried again: {why}"));
                    }
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
            if last {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = ending.changed() => {}
            }
        }
    }

    /// Looks once and sends what it finds. Gives the journal back, and whether something was sent.
    async fn round<J: Journal>(
        &self,
        mut journal: J,
        place: &mut u64,
    ) -> Result<(J, Result<bool, String>), String> {
        let from = *place;
        let look = tokio::task::spawn_blocking(move || {
            let found = journal.ended(from);
            (journal, found)
        });
        let (journal, found) = look.await.map_err(|why| why.to_string())?;
        let (to, runs) = match found {
            Ok(found) => found,
            Err(why) => return Ok((journal, Err(why))),
        };
        let mut batch = Vec::new();
        for (n, run) in runs.iter().enumerate() {
            batch.extend(evidence::trace::spans(run).into_iter().map(|span| self.data(span)));
            if batch.len() >= SPANS || n + 1 == runs.len() {
                let sent = self.exporter.export(std::mem::take(&mut batch)).await;
                if let Err(why) = sent {
                    return Ok((journal, Err(self.address.blotted(&why.to_string()))));
                }
            }
        }
        // Only what was taken counts as seen. A collector that took a part gets it again, with
        // the same ids.
        *place = to;
        Ok((journal, Ok(from != to)))
    }

    fn data(&self, span: Span) -> SpanData {
        let context = SpanContext::new(
            TraceId::from_bytes(span.trace),
            SpanId::from_bytes(span.id),
            TraceFlags::SAMPLED,
            false,
            TraceState::NONE,
        );
        let mut attributes: Vec<KeyValue> = span.attributes.into_iter().map(attribute).collect();
        if let Some(code) = span.error {
            attributes.push(KeyValue::new("error.type", code));
        }
        SpanData {
            span_context: context,
            parent_span_id: span.parent.map_or(SpanId::INVALID, SpanId::from_bytes),
            parent_span_is_remote: false,
            span_kind: if span.outside { SpanKind::Client } else { SpanKind::Internal },
            name: span.name.into(),
            start_time: time(span.began),
            end_time: time(span.ended),
            attributes,
            dropped_attributes_count: 0,
            events: Default::default(),
            links: Default::default(),
            status: span.error.map_or(Status::Unset, Status::error),
            instrumentation_scope: self.scope.clone(),
        }
    }
}

fn unknown(name: &str, value: &str, known: &'static str) -> TelemetryError {
    TelemetryError::Unknown { name: name.to_owned(), value: value.to_owned(), known }
}

fn time(at: Millis) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(at.0)
}

fn attribute((name, value): (&'static str, Attribute)) -> KeyValue {
    let value = match value {
        Attribute::Text(text) => Value::from(text),
        Attribute::Texts(all) => {
            Value::Array(Array::String(all.into_iter().map(StringValue::from).collect()))
        }
        Attribute::Whole(count) => Value::I64(i64::try_from(count).unwrap_or(i64::MAX)),
        Attribute::Flag(flag) => Value::Bool(flag),
    };
    KeyValue::new(name, value)
}

/// Traces on their way.
#[derive(Debug)]
pub struct Following {
    task: JoinHandle<()>,
    end: watch::Sender<bool>,
}

impl Following {
    /// Looks once more and ends; a collector that does not answer is not waited for long.
    pub async fn close(mut self) {
        let _ = self.end.send(true);
        if tokio::time::timeout(LEAVE, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}
