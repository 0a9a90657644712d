//! What arrives at a collector, decoded with the protocol's own types.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use evidence::events::{Event, events};
use evidence::metrics::{Meters, Now, Reading};
use evidence::{History, RunView};
use flate2::read::GzDecoder;
use journal::{ActNo, Caller, Cause, Epoch, Frame, Hash, Millis, RunId, Seq};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

use super::settings::Address;
use super::{Journal, Signal, Telemetry};

/// What came: the signal, the headers, and the body as it is after it is unpacked.
type Came = (String, HeaderMap, Vec<u8>);

/// A collector on this machine that takes what comes, after it answered so many times with a status.
#[derive(Clone, Default)]
struct Collector {
    taken: Arc<Mutex<Vec<Came>>>,
    answers: Arc<Mutex<Vec<StatusCode>>>,
    /// What it says of the spans that it took, if it did not take all.
    rejects: Arc<Mutex<i64>>,
    tried: Arc<Mutex<u32>>,
}

impl Collector {
    async fn listen(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = format!("http://{}/", listener.local_addr().unwrap());
        let app = axum::Router::new()
            .route("/v1/{signal}", axum::routing::post(take))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        at
    }

    fn of(&self, signal: &str) -> Vec<Came> {
        let taken = self.taken.lock().unwrap();
        taken.iter().filter(|(of, _, body)| of == signal && !body.is_empty()).cloned().collect()
    }

    fn spans(&self) -> Vec<Span> {
        let all = self.of("traces");
        let requests = all.iter().map(|(_, _, body)| {
            ExportTraceServiceRequest::decode(&**body).expect("a request of the protocol")
        });
        let scopes = requests.flat_map(|all| all.resource_spans).flat_map(|r| r.scope_spans);
        scopes.flat_map(|scope| scope.spans).collect()
    }
}

async fn take(
    State(collector): State<Collector>,
    Path(signal): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Vec<u8>) {
    *collector.tried.lock().unwrap() += 1;
    if let Some(status) = collector.answers.lock().unwrap().pop() {
        return (status, Vec::new());
    }
    let body = match headers.get("content-encoding") {
        None => body.to_vec(),
        Some(_) => {
            let mut unpacked = Vec::new();
            GzDecoder::new(&*body).read_to_end(&mut unpacked).unwrap();
            unpacked
        }
    };
    collector.taken.lock().unwrap().push((signal, headers, body));
    let rejected_spans = *collector.rejects.lock().unwrap();
    let partial_success = (rejected_spans > 0)
        .then(|| ExportTracePartialSuccess { rejected_spans, ..Default::default() });
    (StatusCode::OK, ExportTraceServiceResponse { partial_success }.encode_to_vec())
}

/// Runs that ended, one after each place, with a line for each, and what was measured of them.
struct Stored(Vec<RunView>);

impl Journal for Stored {
    fn ended(&mut self, after: u64) -> Result<(u64, Vec<RunView>), String> {
        let from = usize::try_from(after).unwrap().min(self.0.len());
        Ok((self.0.len() as u64, self.0[from..].to_vec()))
    }

    fn events(&mut self, after: u64) -> Result<(u64, Vec<Event>), String> {
        let (place, runs) = self.ended(after)?;
        let lines = |run: &RunView| events(&doubtful(run.run), Some(run));
        Ok((place, runs.iter().flat_map(lines).collect()))
    }

    fn readings(&mut self) -> Result<Vec<Reading>, String> {
        let meters = Meters::default();
        Ok(meters.readings(&Now { waiting_ms: 1_500, stops: 3, ..Now::default() }))
    }
}

/// An entry by which nobody knows whether an act happened.
fn doubtful(run: RunId) -> Frame {
    Frame {
        run,
        seq: Seq(3),
        epoch: Epoch(1),
        v: 1,
        draws: Vec::new(),
        engine: Arc::from(""),
        at: Millis(1_795_420_800_123),
        cause: vec![Cause::Open],
        records: vec![journal::Record::InDoubt { act: ActNo(7) }],
        bodies: Vec::new(),
        prev: Hash([0; 32]),
    }
}

fn run(n: u8) -> RunView {
    let run = RunId::new(Millis(1_795_420_800_000), [n; 10]);
    RunView::of(&History::read(run, &[]).unwrap(), None)
}

fn made(pairs: &[(&str, &str)]) -> Telemetry {
    let set: BTreeMap<&str, &str> = pairs.iter().copied().collect();
    let made = Telemetry::from_environment(|name| set.get(name).map(|value| (*value).to_owned()));
    made.unwrap().expect("an endpoint")
}

fn telemetry(endpoint: &str) -> Telemetry {
    made(&[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)])
}

fn stored(runs: &[u8]) -> impl FnMut() -> Option<Stored> {
    let runs = runs.to_vec();
    move || Some(Stored(runs.iter().map(|n| run(*n)).collect()))
}

async fn until(mut done: impl FnMut() -> bool) {
    let looked = async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), looked).await.expect("it comes");
}

#[tokio::test]
async fn every_signal_arrives() {
    let collector = Collector::default();
    let telemetry = telemetry(&collector.listen().await);
    telemetry.follow(stored(&[1, 2]), 1, |why| panic!("{why}")).close().await;
    let spans = collector.spans();
    assert_eq!(spans.len(), 1, "what ended before is not sent");
    assert_eq!(spans[0].trace_id, run(2).run.to_bytes());
    assert_eq!(spans[0].name, "invoke_workflow");

    let [(_, _, logs)] = &collector.of("logs")[..] else { panic!("one request of lines") };
    let logs = ExportLogsServiceRequest::decode(&**logs).unwrap();
    let line = &logs.resource_logs[0].scope_logs[0].log_records[0];
    assert_eq!((&*line.event_name, &*line.severity_text), ("flightdeck.act.in_doubt", "ERROR"));
    assert_eq!(line.trace_id, run(2).run.to_bytes(), "it belongs to the case's trace");
    assert_eq!((line.span_id.len(), line.time_unix_nano), (8, 1_795_420_800_123_000_000));
    let resource = logs.resource_logs[0].resource.clone().unwrap();
    let name = resource.attributes.iter().find(|pair| pair.key == "service.name").unwrap();
    assert!(format!("{:?}", name.value).contains("\"flightdeck\""), "{name:?}");

    let metrics = collector.of("metrics");
    let metrics = ExportMetricsServiceRequest::decode(&*metrics.last().unwrap().2).unwrap();
    let metrics = &metrics.resource_metrics[0].scope_metrics[0].metrics;
    let stops = metrics.iter().find(|one| one.name == "flightdeck.stops.in_force").unwrap();
    let Some(Data::Gauge(gauge)) = &stops.data else { panic!("{stops:?}") };
    assert_eq!(format!("{:?}", gauge.data_points[0].value), "Some(AsInt(3))");
    let waits = metrics.iter().find(|one| one.name == "flightdeck.cases.waiting.age").unwrap();
    assert!(format!("{:?}", waits.data).contains("AsDouble(1.5)") && waits.unit == "s");
}

#[tokio::test]
async fn what_was_not_taken_is_sent_again_unless_it_never_would_be() {
    let collector = Collector::default();
    *collector.answers.lock().unwrap() = vec![StatusCode::SERVICE_UNAVAILABLE];
    let at = collector.listen().await;
    let only = [("OTEL_LOGS_EXPORTER", "none"), ("OTEL_METRICS_EXPORTER", "none")];
    let of = |at: &str| made(&[&[("OTEL_EXPORTER_OTLP_ENDPOINT", at)][..], &only].concat());
    let said = Arc::new(Mutex::new(Vec::new()));
    let say = || {
        let said = said.clone();
        move |why| said.lock().unwrap().push(why)
    };
    let following = of(&at).follow(stored(&[1]), 0, say());
    until(|| !collector.spans().is_empty()).await;
    following.close().await;
    assert_eq!(collector.spans().len(), 1);
    assert_eq!(said.lock().unwrap().len(), 1, "one word for each silence: {said:?}");

    // What a collector will never take is not sent for ever, and it is said.
    *collector.answers.lock().unwrap() = vec![StatusCode::BAD_REQUEST];
    of(&at).follow(stored(&[1]), 0, say()).close().await;
    assert_eq!(collector.spans().len(), 1);
    assert!(said.lock().unwrap()[1].contains("not sent again"), "{said:?}");
    *collector.rejects.lock().unwrap() = 2;
    of(&at).follow(stored(&[1]), 0, say()).close().await;
    assert!(said.lock().unwrap()[2].contains("did not take 2"), "{said:?}");
}

/// A collector that takes connections and never answers holds nothing up.
#[tokio::test]
async fn a_collector_that_never_answers_is_left() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}", listener.local_addr().unwrap());
    let telemetry =
        made(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &at), ("OTEL_EXPORTER_OTLP_TIMEOUT", "50")]);
    let said = Arc::new(Mutex::new(Vec::new()));
    let heard = said.clone();
    let following =
        telemetry.follow(stored(&[1]), 0, move |why: String| heard.lock().unwrap().push(why));
    until(|| said.lock().unwrap().len() == Signal::ALL.len()).await;
    following.close().await;
    let said = said.lock().unwrap();
    assert!(said.iter().all(|why| why.contains("tried again")), "{said:?}");
}

#[tokio::test]
async fn headers_go_along_and_bodies_are_packed_where_that_is_wanted() {
    let collector = Collector::default();
    let at = collector.listen().await;
    let telemetry = made(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &at),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20b, x-other=c"),
        ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "x-key=logs"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test"),
        ("OTEL_SERVICE_NAME", "desk"),
    ]);
    telemetry.follow(stored(&[1]), 0, |why| panic!("{why}")).close().await;
    let traces = &collector.of("traces")[0];
    assert_eq!(
        (&traces.1["x-key"], &traces.1["x-other"]),
        (&"a b".parse().unwrap(), &"c".parse().unwrap())
    );
    assert_eq!(collector.of("logs")[0].1["x-key"], "logs");
    assert_eq!(collector.spans().len(), 1);
    let request = format!("{:?}", ExportTraceServiceRequest::decode(&*traces.2).unwrap());
    assert!(request.contains("\"desk\"") && request.contains("deployment.environment.name"));
}

#[test]
fn who_brought_a_case_about_is_a_link() {
    let (trace, span) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    let called = Some(Caller { trace: trace.to_owned(), span: span.to_owned() });
    let view = RunView { called, ..run(1) };
    let sender = super::wire::Sender::new(BTreeMap::new());
    let body = sender.traces(evidence::trace::spans(&view));
    let request = ExportTraceServiceRequest::decode(&*body).unwrap();
    let sent = &request.resource_spans[0].scope_spans[0].spans[0];
    assert_eq!(sent.links.len(), 1);
    assert_eq!(sent.links[0].trace_id[..2], [0x0a, 0xf7]);
    assert_eq!(sent.links[0].span_id[6..], [0x33, 0x31]);
}

#[test]
fn what_the_environment_says_is_followed_or_refused() {
    let of = |pairs: &[(&str, &str)]| {
        let pairs: BTreeMap<_, _> = pairs.iter().map(|(k, v)| (*k, (*v).to_owned())).collect();
        let made = Telemetry::from_environment(|name| pairs.get(name).cloned());
        made.map(|made| made.map_or(0, |made| made.routes.len())).map_err(|why| why.to_string())
    };
    let at = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
    assert_eq!(of(&[]), Ok(0));
    assert_eq!(of(&[at]), Ok(3));
    assert_eq!(of(&[at, ("OTEL_SDK_DISABLED", "True")]), Ok(0));
    assert_eq!(of(&[at, ("OTEL_TRACES_EXPORTER", "none")]), Ok(2));
    let logs = ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://127.0.0.1:4318/logs");
    assert_eq!(of(&[logs]), Ok(1));
    let refused = |name: &str, value: &str, why: &str| {
        let said = of(&[at, (name, value)]).unwrap_err();
        assert!(said.contains(why) && said.contains(name), "{said}");
    };
    refused("OTEL_TRACES_EXPORTER", "zipkin", "only `otlp`");
    refused("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "only `http/protobuf`");
    refused("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", "zstd", "only `gzip`");
    refused("OTEL_EXPORTER_OTLP_HEADERS", "secret", "key=value");
    refused("OTEL_EXPORTER_OTLP_TIMEOUT", "soon", "milliseconds");
    refused("OTEL_METRIC_EXPORT_INTERVAL", "0", "milliseconds");
    let said = of(&[at, ("OTEL_EXPORTER_OTLP_HEADERS", "k=s3cret\u{7}")]).unwrap_err();
    assert!(said.contains("`OTEL_*`") && !said.contains("s3cret"), "{said}");
    // What cannot be read is named by its variables, and a password in it is not repeated.
    let name = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    let why = of(&[(name, "https://me:pa55w@collector example/v1?key=t0ken")]).unwrap_err();
    assert!(why.contains("`OTEL_*`"), "{why}");
    assert!(
        !["pa55w", "t0ken", "collector example"].iter().any(|part| why.contains(part)),
        "{why}"
    );
}

#[test]
fn nothing_of_an_address_is_repeated() {
    let check = |address: &str, said: &str, expected: &str| {
        assert_eq!(Address(address.to_owned()).blotted(said), expected, "{address}");
    };
    let (to, mark) = ("http://me:pw1@c.example/v1/traces?k=t1", "[the collector's address]");
    check(to, &format!("no answer from `{to}`"), &format!("no answer from `{mark}`"));
    check(to, "me:pw1 was refused", &format!("{mark} was refused"));
    check(to, "the password pw1", &format!("the password {mark}"));
    check(to, "k=t1 is old", &format!("{mark} is old"));
    check("http://c.example/v1/traces", "status 400", "status 400");
}

#[test]
fn a_header_of_trace_context_is_read_by_its_rules() {
    let (trace, span) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    let of = |header: &str| evidence::trace::sent_by(header);
    let caller = Some(Caller { trace: trace.to_owned(), span: span.to_owned() });
    assert_eq!(of(&format!("00-{trace}-{span}-01")), caller);
    assert_eq!(of(&format!("cc-{trace}-{span}-01-later")), caller, "a later version");
    for wrong in [
        format!("00-{trace}-{span}-01-more"),
        format!("ff-{trace}-{span}-01"),
        format!("00-{}-{span}-01", "0".repeat(32)),
        format!("00-{trace}-{}-01", "0".repeat(16)),
        format!("00-{}-{span}-01", trace.to_uppercase()),
        format!("00-{trace}-{span}"),
        format!("00-{trace}g-{span}-01"),
        String::new(),
    ] {
        assert_eq!(of(&wrong), None, "{wrong}");
    }
    // What goes out is read by the same rules, and names the act.
    let run = run(1).run;
    let sent = evidence::trace::parent_of(run, run, ActNo(7));
    let read = of(&sent).unwrap();
    assert_eq!(read.trace.len(), 32);
    assert_ne!(
        Some(read.span),
        of(&evidence::trace::parent_of(run, run, ActNo(8))).map(|c| c.span)
    );
}
