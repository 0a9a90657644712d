//! Traces at a collector that other people wrote: Arize Phoenix takes OTLP over HTTP, keeps what it
//! is sent, and gives it back. Names are held against those of the pinned conventions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::office::project;
use crate::research;
use crate::vendor::Vendor;

/// A Python with the collector, which `cargo xtask collector` installs.
fn python() -> PathBuf {
    let python = project().join("target/collector/bin/python");
    assert!(python.is_file(), "install it first: `cargo xtask collector`");
    python
}

/// The collector at work, in a folder that goes away with it.
struct Phoenix {
    child: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Drop for Phoenix {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Phoenix {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Ports that were free a moment ago: it takes none of its own.
        let port = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (web, grpc) = (port().port().to_string(), port().port().to_string());
        let child = Command::new(python())
            .args(["-m", "phoenix.server.main", "serve"])
            .env("PHOENIX_HOST", "127.0.0.1")
            .env("PHOENIX_PORT", &web)
            .env("PHOENIX_GRPC_PORT", &grpc)
            .env("PHOENIX_WORKING_DIR", folder.path())
            .env("PHOENIX_TELEMETRY_ENABLED", "false")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let phoenix = Self { child, url: format!("http://127.0.0.1:{web}"), _folder: folder };
        phoenix.until("it listens", |phoenix| phoenix.get("/healthz").map(drop));
        phoenix
    }

    fn get(&self, path: &str) -> Option<Value> {
        let code = "import json,sys,urllib.request as u; \
                    t=u.urlopen(sys.argv[1],timeout=5).read().decode()\n\
                    try: json.loads(t)\n\
                    except ValueError: t='null'\n\
                    print(t)";
        let args = ["-c", code, &format!("{}{path}", self.url)];
        let said = Command::new(python()).args(args).output().unwrap();
        said.status.success().then(|| serde_json::from_slice(&said.stdout).unwrap())
    }

    #[allow(clippy::disallowed_methods, reason = "the collector is another process")]
    fn until<T>(&self, what: &str, look: impl Fn(&Self) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            assert!(begun.elapsed() < Duration::from_secs(180), "{what}: nothing yet");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// All that it keeps, once so many acts are among it: it puts a batch away span by span.
    fn spans(&self, acts: usize) -> Vec<Value> {
        self.until("spans", |phoenix| {
            let said = phoenix.get("/v1/projects/default/spans?limit=1000")?;
            let spans = said["data"].as_array()?.clone();
            let is_act = |span: &&Value| ["chat", "execute_tool"].contains(&operation(span));
            (spans.iter().filter(is_act).count() >= acts).then_some(spans)
        })
    }
}

fn operation(span: &Value) -> &str {
    span["attributes"]["gen_ai.operation.name"].as_str().unwrap_or_default()
}

/// The names that the pinned version of OpenTelemetry's conventions has.
fn conventions() -> BTreeSet<&'static str> {
    let names = include_str!("../../../evidence/conventions/1.41.1.txt");
    names.lines().filter(|line| !line.starts_with('#')).collect()
}

#[test]
fn a_collector_of_other_people_takes_a_run_with_its_names_and_its_parents() {
    // The collector is 850 MB, so only `cargo xtask collector` asks for it. Otherwise the test of
    // traces sends the same to a receiver of ours.
    if std::env::var_os("FLIGHTDECK_COLLECTOR").is_none() {
        return;
    }
    let phoenix = Phoenix::start();
    let desk = research::desk(&Vendor::new(research::hubs));
    let environment = [
        ("FLIGHTDECK_PERSON", "marta@larkfield.example"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", phoenix.url.as_str()),
    ];
    let case = r#"{"question":"How long does an order of hubs take now?"}"#;
    let said = desk.say_with(&["run", "research", case, "--json"], &environment);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let spans = phoenix.spans(9);
    let word = |span: &Value, at: &str| span.pointer(at).and_then(Value::as_str).map(str::to_owned);
    let ids: BTreeMap<String, &Value> =
        spans.iter().map(|s| (word(s, "/context/span_id").unwrap(), s)).collect();
    assert_eq!(ids.len(), spans.len(), "each has an id of its own");
    let of = |name: &str| spans.iter().filter(|span| operation(span) == name).collect::<Vec<_>>();
    let parent = |span: &Value| ids.get(&word(span, "/parent_id")?).copied();
    // A run has no parent; below it are its steps; below an agent its calls of a model.
    for root in of("invoke_workflow") {
        assert_eq!(word(root, "/parent_id"), None);
        assert_eq!(root["name"], "invoke_workflow research");
        assert_eq!(root["attributes"]["gen_ai.workflow.name"], "research");
    }
    for agent in of("invoke_agent") {
        assert_eq!(parent(agent).map(operation), Some("invoke_workflow"));
        assert_eq!(agent["span_kind"], "AGENT", "as the collector understands it");
    }
    let (calls, tools) = (of("chat"), of("execute_tool"));
    assert_eq!((calls.len(), tools.len()), (5, 4), "{spans:?}");
    for call in calls {
        assert_eq!(parent(call).map(operation), Some("invoke_agent"));
        assert_eq!(call["attributes"]["gen_ai.provider.name"], "openai", "{call}");
        let model = call["attributes"]["gen_ai.request.model"].as_str().unwrap();
        assert_eq!(call["name"], format!("chat {model}"));
        assert_eq!(call["span_kind"], "LLM", "as the collector understands it");
    }
    for tool in tools {
        let name = tool["attributes"]["gen_ai.tool.name"].as_str().unwrap();
        assert_eq!(tool["name"], format!("execute_tool {name}"));
        assert_eq!(parent(tool).and_then(parent).map(operation), Some("invoke_workflow"));
    }
    // Every name is one of the conventions, or ours, or what the collector understood of it.
    let known = conventions();
    for span in &spans {
        let root = parent(span).map(|above| parent(above).unwrap_or(above)).unwrap_or(span);
        assert_eq!(word(span, "/context/trace_id"), word(root, "/context/trace_id"));
        for name in span["attributes"].as_object().unwrap().keys() {
            let ours = name.starts_with("flightdeck.") || name == "error.type";
            let theirs = ["tool.", "llm.", "agent.", "input.", "output.", "openinference."]
                .iter()
                .any(|start| name.starts_with(start));
            assert!(
                ours || theirs || known.contains(name.as_str()),
                "`{name}` is in no convention"
            );
        }
    }
}
