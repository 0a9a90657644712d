//! Where telemetry goes, as the usual `OTEL_*` variables say, signal by signal. It must not repeat
//! anything of an address or a header: each may hold a password.

use std::collections::BTreeMap;
use std::time::Duration;

use percent_encoding::percent_decode_str;

/// What can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    Traces,
    Metrics,
    Logs,
}

/// How long a collector may take, and how often metrics are sent, where nobody says otherwise.
const TIME_OUT: Duration = Duration::from_secs(10);
const EVERY: Duration = Duration::from_secs(60);

impl Signal {
    pub const ALL: [Self; 3] = [Self::Traces, Self::Metrics, Self::Logs];

    /// Its name, as people and the last part of an address call it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }
}

/// What the environment says, where it says something that cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("`{name}` is `{value}`, and only {known} is known")]
    Unknown { name: String, value: String, known: &'static str },
    #[error("`{0}` cannot be read: it is a list of `key=value`")]
    Pairs(String),
    #[error("`{0}` is no count of milliseconds")]
    Milliseconds(String),
    #[error("{signal} cannot be sent as the `OTEL_*` variables say: {why}")]
    Unusable { signal: &'static str, why: String },
}

/// Where one signal goes, and how.
pub struct Settings {
    pub signal: Signal,
    pub address: Address,
    pub headers: Vec<(String, String)>,
    pub time_out: Duration,
    pub zipped: bool,
}

/// A collector's address. It may hold a password or a token, so nothing of it is repeated.
pub struct Address(pub String);

impl Address {
    /// A text without what the address holds.
    pub fn blotted(&self, text: &str) -> String {
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

/// The variables, as somebody looks them up.
pub struct Environment<F>(pub F);

impl<F: Fn(&str) -> Option<String>> Environment<F> {
    fn set(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.trim().is_empty())
    }

    /// What is said of a signal, or of all of them.
    fn of(&self, signal: Signal, what: &str) -> Option<(String, String)> {
        let own = format!("OTEL_EXPORTER_OTLP_{}_{what}", signal.as_str().to_uppercase());
        let names = [own, format!("OTEL_EXPORTER_OTLP_{what}")];
        names.into_iter().find_map(|name| {
            let value = self.set(&name)?;
            Some((name, value))
        })
    }

    /// Whether telemetry is off as a whole.
    pub fn off(&self) -> bool {
        self.set("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Where a signal goes; nothing where no endpoint is named for it, or it is turned off.
    pub fn settings(&self, signal: Signal) -> Result<Option<Settings>, TelemetryError> {
        let upper = signal.as_str().to_uppercase();
        let whole = self.set(&format!("OTEL_EXPORTER_OTLP_{upper}_ENDPOINT"));
        let base = self.set("OTEL_EXPORTER_OTLP_ENDPOINT");
        let below = |base: String| format!("{}/v1/{}", base.trim_end_matches('/'), signal.as_str());
        let Some(address) = whole.or(base.map(below)) else { return Ok(None) };
        let exporter = format!("OTEL_{upper}_EXPORTER");
        match self.set(&exporter).as_deref() {
            Some("none") => return Ok(None),
            None | Some("otlp") => {}
            Some(value) => return Err(unknown(&exporter, value, "`otlp` or `none`")),
        }
        if let Some((name, value)) = self.of(signal, "PROTOCOL")
            && value != "http/protobuf"
        {
            return Err(unknown(&name, &value, "`http/protobuf`"));
        }
        let zipped = match self.of(signal, "COMPRESSION") {
            None => false,
            Some((_, value)) if value == "gzip" => true,
            Some((_, value)) if value == "none" => false,
            Some((name, value)) => return Err(unknown(&name, &value, "`gzip` or `none`")),
        };
        let headers = match self.of(signal, "HEADERS") {
            None => Vec::new(),
            Some((name, value)) => pairs(&value).ok_or(TelemetryError::Pairs(name))?,
        };
        let time_out = match self.of(signal, "TIMEOUT") {
            None => TIME_OUT,
            Some((name, value)) => milliseconds(name, &value)?,
        };
        Ok(Some(Settings { signal, address: Address(address), headers, time_out, zipped }))
    }

    /// How often metrics are sent.
    pub fn every(&self) -> Result<Duration, TelemetryError> {
        let name = "OTEL_METRIC_EXPORT_INTERVAL";
        match self.set(name) {
            None => Ok(EVERY),
            Some(value) => milliseconds(name.to_owned(), &value),
        }
    }

    /// What is said of this program itself.
    pub fn resource(&self) -> Result<BTreeMap<String, String>, TelemetryError> {
        let name = "OTEL_RESOURCE_ATTRIBUTES";
        let said = match self.set(name) {
            None => Vec::new(),
            Some(value) => pairs(&value).ok_or_else(|| TelemetryError::Pairs(name.to_owned()))?,
        };
        let own = [
            ("service.name", "flightdeck"),
            ("service.version", env!("CARGO_PKG_VERSION")),
            ("telemetry.sdk.name", "flightdeck"),
            ("telemetry.sdk.language", "rust"),
            ("telemetry.sdk.version", env!("CARGO_PKG_VERSION")),
        ];
        let own = own.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let mut all: BTreeMap<String, String> = own.into_iter().chain(said).collect();
        all.extend(self.set("OTEL_SERVICE_NAME").map(|name| ("service.name".to_owned(), name)));
        Ok(all)
    }
}

fn unknown(name: &str, value: &str, known: &'static str) -> TelemetryError {
    TelemetryError::Unknown { name: name.to_owned(), value: value.to_owned(), known }
}

fn milliseconds(name: String, value: &str) -> Result<Duration, TelemetryError> {
    let count = value.trim().parse().ok().filter(|count| *count > 0);
    count.map(Duration::from_millis).ok_or(TelemetryError::Milliseconds(name))
}

/// `key=value,key=value`, with `%` for what could not stand there.
fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let one = |pair: &str| {
        let (key, value) = pair.split_once('=')?;
        let read = |part: &str| {
            let part = percent_decode_str(part.trim()).decode_utf8().ok()?;
            Some(part.into_owned())
        };
        let key = read(key).filter(|key| !key.is_empty())?;
        Some((key, read(value)?))
    };
    text.split(',').filter(|pair| !pair.trim().is_empty()).map(one).collect()
}
