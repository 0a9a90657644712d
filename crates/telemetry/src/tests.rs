//! What arrives at a collector, decoded with the protocol's own types.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use evidence::{History, RunView};
use journal::RunId;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

use super::{Address, Journal, Telemetry};

/// A collector on this machine that takes what comes, after it was busy so many times.
#[derive(Clone, Default)]
struct Collector {
    taken: Arc<Mutex<Vec<ExportTraceServiceRequest>>>,
    busy: Arc<Mutex<u32>>,
}

impl Collector {
    async fn listen(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = format!("http://{}/", listener.local_addr().unwrap());
        let app = axum::Router::new()
            .route("/v1/traces", axum::routing::post(take))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        at
    }

    fn spans(&self) -> Vec<Span> {
        let taken = self.taken.lock().unwrap();
        let scopes = taken.iter().flat_map(|all| &all.resource_spans).flat_map(|r| &r.scope_spans);
        scopes.flat_map(|scope| scope.spans.clone()).collect()
    }
}

async fn take(State(collector): State<Collector>, body: Bytes) -> StatusCode {
    let mut busy = collector.busy.lock().unwrap();
    if *busy > 0 {
        *busy -= 1;
        return StatusCode::BAD_REQUEST;
    }
    let request = ExportTraceServiceRequest::decode(body).expect("a request of the protocol");
    collector.taken.lock().unwrap().push(request);
    StatusCode::OK
}

/// Runs that ended, one after each place.
struct Ended(Vec<RunView>);

impl Journal for Ended {
    fn ended(&mut self, after: u64) -> Result<(u64, Vec<RunView>), String> {
        let from = usize::try_from(after).unwrap().min(self.0.len());
        Ok((self.0.len() as u64, self.0[from..].to_vec()))
    }
}

fn run(n: u8) -> RunView {
    let run = RunId::new(journal::Millis(1_795_420_800_000), [n; 10]);
    RunView::of(&History::read(run, &[]).unwrap(), None)
}

fn telemetry(endpoint: &str) -> Telemetry {
    let set = BTreeMap::from([("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.to_owned())]);
    Telemetry::from_environment(|name| set.get(name).cloned()).unwrap().expect("an endpoint")
}

#[tokio::test]
async fn a_run_that_ended_arrives_as_spans() {
    let collector = Collector::default();
    let telemetry = telemetry(&collector.listen().await);
    let following = telemetry.follow(Ended(vec![run(1), run(2)]), 1, |why| panic!("{why}"));
    following.close().await;
    let spans = collector.spans();
    assert_eq!(spans.len(), 1, "what ended before is not sent");
    assert_eq!(spans[0].trace_id, run(2).run.to_bytes());
    assert_eq!(spans[0].name, "invoke_workflow");
    let taken = collector.taken.lock().unwrap();
    let resource = taken[0].resource_spans[0].resource.clone().unwrap();
    let name = resource.attributes.iter().find(|pair| pair.key == "service.name").unwrap();
    assert!(format!("{:?}", name.value).contains("\"flightdeck\""), "{name:?}");
}

#[tokio::test]
async fn what_was_not_taken_is_sent_again() {
    let collector = Collector::default();
    *collector.busy.lock().unwrap() = 1;
    let telemetry = telemetry(&collector.listen().await);
    let said = Arc::new(Mutex::new(Vec::new()));
    let say = {
        let said = said.clone();
        move |why| said.lock().unwrap().push(why)
    };
    let following = telemetry.follow(Ended(vec![run(1)]), 0, say);
    while collector.spans().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    following.close().await;
    assert_eq!(collector.spans().len(), 1);
    assert_eq!(said.lock().unwrap().len(), 1, "one word for each silence: {said:?}");
}

#[test]
fn what_the_environment_says_is_followed_or_refused() {
    let of = |pairs: &[(&str, &str)]| {
        let pairs: BTreeMap<_, _> = pairs.iter().map(|(k, v)| (*k, (*v).to_owned())).collect();
        let made = Telemetry::from_environment(|name| pairs.get(name).cloned());
        made.map(|made| made.is_some()).map_err(|why| why.to_string())
    };
    let at = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
    assert_eq!(of(&[]), Ok(false));
    assert_eq!(of(&[at]), Ok(true));
    assert_eq!(of(&[at, ("OTEL_SDK_DISABLED", "True")]), Ok(false));
    assert_eq!(of(&[at, ("OTEL_TRACES_EXPORTER", "none")]), Ok(false));
    assert!(of(&[at, ("OTEL_TRACES_EXPORTER", "zipkin")]).unwrap_err().contains("only `otlp`"));
    let grpc = of(&[at, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]);
    assert!(grpc.unwrap_err().contains("only `http/protobuf`"));
    // What cannot be read is named by its variables, and a password in it is not repeated.
    let name = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    let why = of(&[(name, "https://me:pa55w@collector example/v1?key=t0ken")]).unwrap_err();
    assert!(why.contains("`OTEL_*`") && why.contains("[the collector's address]"), "{why}");
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
