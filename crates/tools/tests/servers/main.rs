//! The pool against real processes: the built-in servers, and one that says exactly what a script
//! says. The processes are this test binary itself, started in another role.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::zombie_processes,
    reason = "a test that panics has failed, which is what it is for"
)]

mod api;
mod certificate;
mod egress;
mod far;
mod leases;
mod oauth;
mod permit;
mod progress;
mod questions;
mod remote;
mod roles;
mod sandbox;
mod tasks;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use journal::{Answered, Code, Hash, NotifyAsk, Payload, Question};
use plan::ids::{PersonId, RoleId, ToolName};
use plan::lock::Lock;
use plan::workflow::Effect;
use rustix::process::{Pid, test_kill_process};
use serde_json::{Value, json};
use tools::pin::{Declared, pin};
use tools::{Called, Fault, Launcher, Program, Secret, ServerSpec, Tools, Way};

use crate::permit::{allowed, answering, permit};

/// The entry of every role, the launcher's included: what follows `--` is what the pool added. As
/// a test of its own it does nothing.
#[test]
fn as_server() {
    let mut args = std::env::args_os().skip_while(|arg| arg != "--");
    if args.next().is_some() {
        let Err(why) = tools::launch::exec(args);
        panic!("{why}");
    }
    roles::play();
}

fn launcher() -> Launcher {
    let exe = std::env::current_exe().unwrap();
    let args = ["--exact", "as_server", "--nocapture", "--quiet", "--"];
    Launcher::Through(
        std::iter::once(exe.into_os_string()).chain(args.map(OsString::from)).collect(),
    )
}

fn spec(name: &str, role: &str) -> ServerSpec {
    let exe = std::env::current_exe().unwrap();
    let mut program = Program::new(exe.to_str().unwrap(), std::env::temp_dir());
    let args = ["--exact", "as_server", "--nocapture", "--quiet"];
    program.args = args.map(str::to_owned).to_vec();
    let mut spec = ServerSpec::new(name, Way::Program(program));
    set(&mut spec, "ROLE", role);
    spec
}

fn set(spec: &mut ServerSpec, name: &str, value: &str) {
    let Way::Program(program) = &mut spec.way else { panic!("it is no program") };
    program.env.insert(name.to_owned(), Secret::new(value.to_owned()));
}

/// A pool with every tool of its servers approved as it is, with that effect.
async fn pool(specs: Vec<ServerSpec>, effect: Effect) -> (Tools, Lock) {
    let names: Vec<String> = specs.iter().map(|s| s.name.clone()).collect();
    let first = Tools::new(specs.clone(), &Lock::default(), launcher());
    let mut lock = Lock::default();
    for server in &names {
        for offered in first.offered(server).await.unwrap() {
            let name = ToolName::new(&format!("{server}.{}", offered.name)).unwrap();
            let takes_key = offered.definition.input["properties"].get("key").is_some();
            let declared = Declared {
                effect: Some(effect),
                key_arg: takes_key.then(|| "key".to_owned()),
                ..Declared::default()
            };
            let by = PersonId::new("mara").unwrap();
            lock = pin(lock, &name, &offered, &declared, by, "2026-11-23", None).unwrap();
        }
    }
    first.close().await;
    (Tools::new(specs, &lock, launcher()), lock)
}

async fn call(pool: &(Tools, Lock), tool: &str, args: Value, time_out_ms: u64) -> Called {
    let digest = &pool.1.tools[&ToolName::new(tool).unwrap()].digest;
    pool.0.call(permit(tool, digest, &args.to_string(), time_out_ms)).await
}

async fn work(pool: &(Tools, Lock), what: &str) -> Called {
    call(pool, "script.work", json!({ "do": what }), 20_000).await
}

/// The same call again, with what people answered to it.
async fn answered(pool: &(Tools, Lock), tool: &str, args: Value, answers: Vec<Answered>) -> Called {
    let digest = &pool.1.tools[&ToolName::new(tool).unwrap()].digest;
    pool.0.call(answering(tool, digest, &args.to_string(), 20_000, answers)).await
}

/// What a call asks of a person.
fn question(called: &Called) -> Question {
    let failure = called.outcome.result.as_ref().expect_err("a question");
    failure.question().unwrap_or_else(|| panic!("{failure:?}"))
}

fn value(called: &Called) -> Value {
    match &called.outcome.result {
        Ok(bytes) => serde_json::from_slice(bytes).unwrap(),
        Err(failure) => panic!("{failure:?}"),
    }
}

fn failure(called: &Called) -> (Code, bool, &str) {
    let failure = called.outcome.result.as_ref().unwrap_err();
    (failure.code, called.certain, &failure.text)
}

fn alive(pid: &Value) -> bool {
    let pid = Pid::from_raw(i32::try_from(pid.as_i64().unwrap()).unwrap()).unwrap();
    // A zombie has ended; it waits for its parent, which may be the test itself.
    let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    test_kill_process(pid).is_ok()
        && state.is_ok_and(|s| !s.rsplit_once(") ").unwrap().1.starts_with('Z'))
}

/// Waits until a process has ended; a process that never ends fails the test.
async fn ended(pid: &Value) {
    let start = Instant::now();
    while alive(pid) {
        assert!(start.elapsed() < Duration::from_secs(30), "process {pid} lives on");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn speaks_the_current_and_the_previous_versions() {
    for version in ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] {
        let mut spec = spec("script", "script");
        set(&mut spec, "VERSION", version);
        let pool = pool(vec![spec], Effect::Write).await;
        assert_eq!(pool.0.version("script").await.unwrap(), version);
        assert_eq!(value(&work(&pool, "text").await), json!({ "text": "plain" }), "{version}");
        // A change is heard of in every version.
        value(&work(&pool, "change").await);
        assert_eq!(failure(&work(&pool, "text").await).0, Code::ToolChanged, "{version}");
    }
}

#[tokio::test]
async fn an_answer_becomes_an_outcome() {
    let mut spec = spec("script", "script");
    spec.limits.unasked_bytes = 1 << 20;
    let pool = pool(vec![spec], Effect::Write).await;
    let good = [
        ("text", json!({ "text": "plain" })),
        ("json", json!({ "a": 1 })),
        ("structured", json!({ "b": 2 })),
        ("nothing", json!({ "text": "" })),
        ("twice", json!({ "text": "first" })),
        ("meta", json!([Hash([7; 32]).to_string(), Hash([7; 32]).to_string()])),
    ];
    for (what, expected) in good {
        assert_eq!(value(&work(&pool, what).await), expected, "{what}");
    }
    let bad = [
        ("error", Code::ToolError, true, "no such account"),
        ("refuse", Code::ToolError, true, "so it is"),
        ("long", Code::TooLarge, false, "65536 allowed"),
        ("huge", Code::TooLarge, false, "longer than"),
        ("garbage", Code::BadAnswer, false, ""),
        ("list", Code::BadAnswer, false, "none to a tool's call"),
        ("die", Code::Unavailable, false, "went away"),
        ("talk", Code::TooLarge, false, "without answering"),
    ];
    for (what, code, certain, text) in bad {
        let called = work(&pool, what).await;
        let (was, sure, said) = failure(&called);
        assert_eq!((was, sure), (code, certain), "{what}: {said}");
        assert!(said.contains(text), "{what}: {said}");
        settle(&pool).await;
    }
    let called = call(&pool, "script.work", json!({ "do": "hang" }), 200).await;
    assert_eq!(failure(&called).0, Code::TimedOut);
    assert!(!called.certain);
    // The server that let one call hang still answers others, and was not started again.
    value(&work(&pool, "text").await);
    pool.0.close().await;
    assert_eq!(
        failure(&work(&pool, "text").await),
        (Code::Unavailable, true, "the servers are being stopped")
    );
}

/// Waits until a server that failed has rested.
async fn settle(pool: &(Tools, Lock)) {
    loop {
        let called = work(pool, "text").await;
        match &called.outcome.result {
            Ok(_) => return,
            Err(failure) => {
                // What rests says for how long, and that nothing was sent.
                assert!(called.certain, "{failure:?}");
                let ms = failure.retry_after_ms.unwrap();
                tokio::time::sleep(Duration::from_millis(ms)).await;
            }
        }
    }
}

#[tokio::test]
async fn a_tool_that_only_reads_leaves_nothing_in_doubt() {
    let pool = pool(vec![spec("script", "script")], Effect::Read).await;
    let called = call(&pool, "script.work", json!({ "do": "hang" }), 200).await;
    assert_eq!(failure(&called).0, Code::TimedOut);
    assert!(called.certain);
    assert!(work(&pool, "long").await.certain);
}

#[tokio::test]
async fn a_changed_tool_is_not_called() {
    for change in ["change", "change in silence"] {
        let pool = pool(vec![spec("script", "script")], Effect::Pay).await;
        value(&work(&pool, change).await);
        let called = work(&pool, "calls").await;
        let (code, certain, text) = failure(&called);
        assert_eq!((code, certain), (Code::ToolChanged, true), "{change}: {text}");
        // Its other tool is still the approved one, and it has seen no other call.
        let called = call(&pool, "script.other", json!({ "do": "calls" }), 20_000).await;
        assert_eq!(value(&called), json!({ "calls": 2 }));
        let live = pool.0.offered("script").await.unwrap();
        let text = tools::pin::diff("script", &pool.1, &live);
        assert!(text.contains("`script.work` changed:\n  - description: Works.\n"), "{text}");
    }
    let pool = pool(vec![spec("script", "script")], Effect::Read).await;
    for (tool, digest) in
        [("script.gone", "sha256:00"), ("script.work", ""), ("script.work", "sha256:00")]
    {
        let called = pool.0.call(permit(tool, digest, "{}", 1000)).await;
        assert_eq!(failure(&called).0, Code::ToolChanged, "{tool}");
    }
}

#[tokio::test]
async fn only_a_tools_permit_calls_a_tool() {
    let pool = pool(vec![spec("script", "script")], Effect::Read).await;
    let notify =
        NotifyAsk { to: RoleId::new("clerk").unwrap(), text: Arc::from("x"), key: Hash([7; 32]) };
    let called = pool.0.call(allowed(Payload::Notify(notify), "script.work")).await;
    assert_eq!(failure(&called).0, Code::Defect);
    let called = pool.0.call(permit("nobody.work", "", "{}", 1000)).await;
    assert_eq!(failure(&called), (Code::Unavailable, true, "no server is called `nobody`"));
    let called = pool.0.call(permit("script.work", "", "[1]", 1000)).await;
    assert_eq!(failure(&called).0, Code::Defect);
}

#[tokio::test]
async fn a_server_gets_what_it_is_given_and_no_more() {
    let mut spec = spec("script", "script");
    set(&mut spec, "TOKEN", "s3cret-value");
    spec.secrets.insert("TOKEN".to_owned(), Secret::new("s3cret-value".to_owned()));
    spec.limits.process.open_files = Some(123);
    spec.limits.process.memory_bytes = Some(777_777_777);
    spec.limits.process.file_bytes = Some(66_666_666);
    let pool = pool(vec![spec.clone()], Effect::Write).await;
    let env = value(&work(&pool, "env").await);
    let mut expected = vec!["PATH", "ROLE", "TOKEN"];
    // The coverage of tests, where it is measured, and glibc may add to these.
    expected.retain(|name| std::env::var_os(name).is_some() || *name != "PATH");
    assert_eq!(env, json!({ "names": expected }));
    let limits = value(&work(&pool, "limits").await);
    let limits = limits["text"].as_str().unwrap();
    let line = |name: &str| limits.lines().find(|l| l.starts_with(name)).unwrap().to_owned();
    assert!(line("Max open files").contains("123  "), "{limits}");
    assert!(line("Max data size").contains("777777777"), "{limits}");
    assert!(line("Max file size").contains("66666666"), "{limits}");
    assert!(line("Max core file size").contains("0  "), "{limits}");
    // A secret does not come back, neither as an answer nor as a reason.
    assert_eq!(value(&work(&pool, "secret").await), json!({ "text": "[TOKEN]" }));
    set(&mut spec, "START", "die");
    let broken = Tools::new(vec![spec], &Lock::default(), launcher());
    let why = broken.offered("script").await.unwrap_err().to_string();
    assert!(why.contains("the licence of this server has run out (token [TOKEN])"), "{why}");
    assert!(matches!(broken.offered("script").await, Err(Fault::Resting { .. })));
}

#[tokio::test]
async fn a_server_is_killed_with_all_it_started() {
    let pool = pool(vec![spec("script", "script")], Effect::Write).await;
    let server = value(&work(&pool, "pid").await)["pid"].clone();
    let child = value(&work(&pool, "child").await)["pid"].clone();
    assert!(alive(&server) && alive(&child));
    let waiting =
        tokio::join!(call(&pool, "script.work", json!({ "do": "hang" }), 60_000), async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            pool.0.kill("script").await.unwrap();
        });
    assert_eq!((failure(&waiting.0).0, waiting.0.certain), (Code::Unavailable, false));
    ended(&server).await;
    ended(&child).await;
    let again = value(&work(&pool, "pid").await)["pid"].clone();
    assert_ne!(server, again);
    drop(pool);
    ended(&again).await;
}

/// The role of a program that uses a pool and is then killed.
pub async fn parent() {
    let pool = pool(vec![spec("script", "script")], Effect::Write).await;
    println!("pid {}", value(&work(&pool, "pid").await)["pid"]);
    std::future::pending().await
}

#[tokio::test]
async fn a_server_dies_with_its_parent() {
    let mut parent = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "as_server", "--nocapture", "--quiet"])
        .env("ROLE", "parent")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = std::io::BufReader::new(parent.stdout.take().unwrap()).lines();
    let found =
        lines.map_while(Result::ok).find_map(|line| line.strip_prefix("pid ").map(str::to_owned));
    let server: Value = serde_json::from_str(&found.unwrap()).unwrap();
    assert!(alive(&server));
    parent.kill().unwrap();
    parent.wait().unwrap();
    ended(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_serves_everyone() {
    let pool = Arc::new(pool(vec![spec("script", "script")], Effect::Write).await);
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..400 {
        let pool = Arc::clone(&pool);
        all.spawn(async move { value(&work(&pool, "pid").await)["pid"].clone() });
    }
    let pids: BTreeMap<String, ()> =
        all.join_all().await.into_iter().map(|pid| (pid.to_string(), ())).collect();
    assert_eq!(pids.len(), 1);
}

#[tokio::test]
async fn the_built_in_servers_answer_over_the_protocol() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("note.txt"), "hello").unwrap();
    std::fs::write(folder.path().join("orders.csv"), "order:id\nPO-1\n").unwrap();
    let rooted = |name: &str| {
        let mut spec = spec(name, name);
        let root: &Path = folder.path();
        set(&mut spec, "ROOT", root.to_str().unwrap());
        spec
    };
    let pool = pool(vec![rooted("files"), rooted("table")], Effect::Read).await;
    let called = call(&pool, "files.read_text_file", json!({ "path": "note.txt" }), 20_000).await;
    assert_eq!(value(&called), json!({ "content": "hello" }));
    let called = call(&pool, "files.read_text_file", json!({ "path": "../x" }), 20_000).await;
    assert_eq!(failure(&called).0, Code::ToolError);
    let args = json!({ "path": "new.txt", "content": "new" });
    value(&call(&pool, "files.write_file", args, 20_000).await);
    assert_eq!(std::fs::read_to_string(folder.path().join("new.txt")).unwrap(), "new");
    let query = json!({ "query": "SELECT hex(\"order\") AS rows FROM orders" });
    let called = call(&pool, "table.read_query", query, 20_000).await;
    assert_eq!(value(&called), json!([{ "rows": "504F2D31" }]));
}
