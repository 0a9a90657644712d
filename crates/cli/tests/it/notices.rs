//! Who is told what without asking, by receivers that other people wrote: they check the signature,
//! take the mail, and say what came.

mod missed;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use crate::desk::Desk;
use crate::driving::Driving;
use crate::ladder::{note, noting, run_of};
use crate::office::project;

/// As `cargo xtask test` installs them, in the same place.
const PACKAGES: &[&str] = &["aiosmtpd==1.4.6", "standardwebhooks==1.0.0"];
const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A Python with both libraries.
fn python() -> PathBuf {
    let folder = project().join("target/receivers");
    let python = folder.join("bin/python");
    if !folder.join("whole").exists() {
        let run = |program: &Path, args: &[&str]| {
            let said = Command::new(program).args(args).output().unwrap();
            assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        };
        run(Path::new("python3"), &["-m", "venv", folder.to_str().unwrap()]);
        let quiet = ["install", "--quiet", "--disable-pip-version-check"];
        run(&folder.join("bin/pip"), &[&quiet[..], PACKAGES].concat());
        std::fs::write(folder.join("whole"), "").unwrap();
    }
    python
}

struct Receivers {
    child: Child,
    lines: Receiver<Value>,
    down: PathBuf,
    web: u64,
    mail: u64,
}

impl Drop for Receivers {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Receivers {
    fn start(desk: &Desk) -> Self {
        let down = desk.root().join("down");
        let script = project().join("crates/cli/tests/it/receivers.py");
        // A port that was free a moment ago: the mail library takes none of its own.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut child = Command::new(python())
            .arg(script)
            .arg(&down)
            .args([KEY, &port.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (tell, lines) = channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let _ = tell.send(serde_json::from_str(&line).unwrap());
            }
        });
        let first: Value = lines.recv_timeout(Duration::from_secs(60)).unwrap();
        let (web, mail) = (first["web"].as_u64().unwrap(), first["mail"].as_u64().unwrap());
        Self { child, lines, down, web, mail }
    }

    fn next(&self) -> Value {
        self.lines.recv_timeout(Duration::from_secs(30)).expect("nothing came")
    }

    fn silent(&self) -> bool {
        self.lines.recv_timeout(Duration::from_millis(700)).is_err()
    }
}

fn with_notices(desk: &Desk, notices: &str) {
    let file = desk.root().join("flightdeck.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}notices:\n{notices}")).unwrap();
}

const ENVIRONMENT: &[(&str, &str)] =
    &[("FLIGHTDECK_PERSON", "owner@example.com"), ("HOOK_KEY", KEY), ("CHAT_TOKEN", "t0ken")];

#[test]
fn whoever_is_wanted_hears_of_it_and_nothing_of_the_case() {
    let desk = Desk::new();
    let receivers = Receivers::start(&desk);
    let (web, mail) = (receivers.web, receivers.mail);
    with_notices(
        &desk,
        &format!(
            "  hook: {{ webhook: \"http://127.0.0.1:{web}/in\", key: HOOK_KEY, tell: [ request, stop ] }}\n  \
             room: {{ chat: \"http://127.0.0.1:{web}/chat/${{CHAT_TOKEN}}\", tell: [ request ] }}\n  \
             post: {{ mail: lead@example.com, from: flightdeck@example.com, server: \
             \"127.0.0.1:{mail}\", tell: [ request ] }}\n"
        ),
    );
    // Whoever is new is told nothing of what was before.
    let settled = desk.say_with(&["run", "--open"], ENVIRONMENT);
    assert_eq!(settled.code, 0, "{}{}", settled.out, settled.err);
    assert!(receivers.silent());

    let case = r#"{"text":"sushi for four, 88.00 EUR"}"#;
    let said = desk.say_with(&["run", "expenses", case], ENVIRONMENT);
    assert_eq!(said.code, 3, "{}{}", said.out, said.err);
    let mut got: Vec<Value> = (0..3).map(|_| receivers.next()).collect();
    got.sort_by_key(|one| one.as_object().unwrap().keys().next().unwrap().clone());
    let [chat, mail, hook] = got.as_slice() else { panic!("{got:?}") };
    assert_eq!(chat["path"], "/chat/t0ken");
    assert!(chat["chat"]["text"].as_str().unwrap().contains("flightdeck review show"), "{chat}");
    let text = mail["mail"].as_str().unwrap();
    assert!(text.contains("Subject: ") && text.contains("expenses"), "{text}");
    assert_eq!(mail["to"][0], "lead@example.com");
    assert_eq!(hook["webhook"]["type"], "flightdeck.request", "{hook}");
    assert_eq!(hook["webhook"]["data"]["workflow"], "expenses");
    let all = format!("{got:?}");
    assert!(!all.contains("sushi"), "what a case says stays here: {all}");

    // Those who cannot be reached hear it later, once, under the same id.
    std::fs::write(&receivers.down, "").unwrap();
    let stopped = desk.say_with(&["stop", "--reason", "a test"], ENVIRONMENT);
    assert_eq!(stopped.code, 0, "{}", stopped.err);
    let open = desk.say_with(&["run", "--open"], ENVIRONMENT);
    assert!(open.err.contains("`hook` cannot be told"), "{}{}", open.out, open.err);
    assert!(!open.err.contains("127.0.0.1"), "an address may hold a secret: {}", open.err);
    assert!(receivers.silent());
    std::fs::remove_file(&receivers.down).unwrap();
    desk.say_with(&["run", "--open"], ENVIRONMENT);
    let late = receivers.next();
    assert_eq!(late["webhook"]["type"], "flightdeck.stop", "{late}");
    assert!(receivers.silent(), "once");
}

#[test]
fn a_notice_that_cannot_work_is_said_before_anything_runs() {
    let desk = Desk::new();
    with_notices(&desk, "  hook: { webhook: \"http://elsewhere.example/in\", key: HOOK_KEY }\n");
    let said = desk.say(&["check"]);
    assert!(
        said.err.contains("FD-P313") || said.out.contains("FD-P313"),
        "{}{}",
        said.out,
        said.err
    );
    let desk = Desk::new();
    with_notices(&desk, "  hook: { webhook: \"https://elsewhere.example/in\", key: HOOK_KEY }\n");
    assert_eq!(desk.say(&["check"]).code, 0);
    let said = desk.say(&["run", "expenses", r#"{"text":"x"}"#]);
    assert_eq!(said.code, 3, "nobody waits because somebody cannot be told: {}", said.err);
    assert!(said.err.contains("`hook` is told nothing: `HOOK_KEY` is not in"), "{}", said.err);
    let doctor = desk.say(&["doctor"]);
    assert!(doctor.out.contains("problem notices: `hook`"), "{}", doctor.out);
}

#[test]
fn that_somebody_approves_without_looking_is_told_once() {
    let desk = noting();
    let receivers = Receivers::start(&desk);
    let web = receivers.web;
    let hook = format!(
        "  hook: {{ webhook: \"http://127.0.0.1:{web}/in\", key: HOOK_KEY, tell: [ attention ] }}\n"
    );
    let cases: Vec<String> = (1..=12).map(|n| run_of(&note(&desk, n))).collect();
    with_notices(&desk, &hook);
    assert_eq!(desk.say_with(&["run", "--open"], ENVIRONMENT).code, 0);
    for run in &cases {
        let yes = ["review", "approve", run, "--as", "clerk@example.com"];
        assert_eq!(desk.say_with(&yes, ENVIRONMENT).code, 0);
    }
    // It is looked at as soon as somebody drives.
    let up = || Driving::with(&desk, &[], ENVIRONMENT);
    let driving = up();
    let told = receivers.next();
    assert_eq!(told["webhook"]["type"], "flightdeck.attention", "{told}");
    let data = &told["webhook"]["data"];
    let text = data["text"].as_str().unwrap();
    assert!(text.starts_with("clerk@example.com approves nearly everything"), "{told}");
    assert_eq!(
        (&data["urgent"], &data["command"]),
        (&false.into(), &"flightdeck attention".into())
    );
    assert!(!told.to_string().contains("lunch"), "what a case says stays here: {told}");
    driving.leave();
    // Whoever drives next knows that it was told, and tells only what comes to it.
    let seed = ["attention", "seed", "notes", r#"{"text":"a yacht"}"#, "--json"];
    let seeded = run_of(&desk.say_with(&seed, ENVIRONMENT));
    let yes = ["review", "approve", &seeded, "--as", "clerk@example.com"];
    assert_eq!(desk.say_with(&yes, ENVIRONMENT).code, 1);
    let driving = up();
    let told = receivers.next();
    let text = told["webhook"]["data"]["text"].as_str().unwrap();
    assert!(text.contains("approved a case that was known to be wrong"), "{told}");
    assert!(!told.to_string().contains(&seeded), "nobody is told which one: {told}");
    driving.leave();
    let logs = desk.say(&["logs", "00000000000000000000000000"]).out;
    assert_eq!(logs.matches("faster than it can be read (since ").count(), 1, "{logs}");
    assert_eq!(logs.matches("known to be wrong (since ").count(), 1, "{logs}");
    assert!(receivers.silent());
}

#[test]
fn that_too_many_cases_fail_is_told_once_and_so_is_that_it_is_over() {
    let desk = noting();
    let receivers = Receivers::start(&desk);
    let web = receivers.web;
    let hook = format!(
        "  hook: {{ webhook: \"http://127.0.0.1:{web}/in\", key: HOOK_KEY, tell: [ alert ], \
         roles: [ lead ] }}\nalerts:\n  - {{ name: rejects, watch: error_rate, of: notes, over: \
         40 %, within: 1 day, at_least: 2, owner: owner@example.com, tell: lead, quiet: 1 hour }}\n\
         \u{20} - {{ name: queue, watch: queue_age, of: notes, over: 2 days, owner: \
         owner@example.com, tell: lead, quiet: 1 hour }}\n"
    );
    with_notices(&desk, &hook);
    assert_eq!(desk.say_with(&["run", "--open"], ENVIRONMENT).code, 0);
    let answer = |run: &str, how: &[&str]| {
        let how = [&["review"][..], how, &[run, "--as", "clerk@example.com"]].concat();
        desk.say_with(&how, ENVIRONMENT)
    };
    let cases: Vec<String> = (1..=2).map(|n| run_of(&note(&desk, n))).collect();
    desk.change("workflows/notes.md", "on_failure: { ask: lead }", "on_failure: { then: stop }");
    desk.change("workflows/notes.md", "kept.txt", "../kept.txt");
    let failing: Vec<String> = (3..=4).map(|n| run_of(&note(&desk, n))).collect();
    for run in &failing {
        assert_eq!(answer(run, &["approve"]).code, 1, "it fails");
    }
    let told = desk.say(&["alerts", "--json"]);
    assert_eq!(told.code, 8, "{}{}", told.out, told.err);
    let told = told.json();
    assert_eq!((&told[0]["state"], &told[0]["value"]), (&"beyond".into(), &1_000_000.into()));
    assert_eq!(told[1]["state"], "within", "{told:?}");
    let up = || Driving::with(&desk, &[], ENVIRONMENT);
    let driving = up();
    let told = receivers.next();
    assert_eq!(told["webhook"]["type"], "flightdeck.alert", "{told}");
    let data = &told["webhook"]["data"];
    let text = data["text"].as_str().unwrap();
    assert!(text.starts_with("alert `rejects` of `notes`: 100 % of the cases failed"), "{told}");
    assert!(text.ends_with("owner@example.com answers for it"), "{told}");
    assert_eq!(data["command"], "flightdeck alerts");
    assert!(!told.to_string().contains("lunch"), "what a case says stays here: {told}");
    driving.leave();
    let status = desk.say(&["status"]);
    assert!(status.out.contains("alert `rejects`"), "{}", status.out);
    assert!(desk.say(&["why"]).out.contains("flightdeck alerts"));
    // Those that were opened before keep to what was deployed then, and come to a good end.
    for run in &cases {
        assert_eq!(answer(run, &["approve"]).code, 0);
    }
    desk.change("workflows/notes.md", "../kept.txt", "kept.txt");
    let good = run_of(&note(&desk, 6));
    assert_eq!(answer(&good, &["approve"]).code, 0);
    let driving = up();
    let told = receivers.next();
    let text = told["webhook"]["data"]["text"].as_str().unwrap();
    assert!(text.starts_with("alert `rejects` of `notes` is over: 40 %"), "{told}");
    driving.leave();
    assert!(receivers.silent());
    let told = desk.say(&["alerts", "--json"]);
    assert_eq!(told.code, 0, "{}{}", told.out, told.err);
    let told = told.json();
    let fired = |n: usize| told[0]["history"][n]["fired"].clone();
    assert_eq!((fired(0), fired(1)), (true.into(), false.into()), "{told:?}");
    assert!(told[0]["firing"] == false && told[0]["history"].as_array().unwrap().len() == 2);
    let quality = desk.say(&["quality", "notes", "--json"]);
    let quality = quality.json();
    assert_eq!((&quality[0]["cases"], &quality[0]["score"]), (&5.into(), &60.into()));
    assert_eq!(quality[0]["parts"]["finished"], serde_json::json!([3, 5]));
    assert_eq!(quality[0]["weeks"][0]["score"], 60);
    // What is given away to whoever helps names neither people nor what cases say.
    let bundle = desk.say_with(&["support-bundle", "--json"], ENVIRONMENT);
    assert_eq!(bundle.code, 0, "{}{}", bundle.out, bundle.err);
    bundle.json();
    let code = "import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); \
                print(*[n+z.read(n).decode() for n in z.namelist()])";
    let file = desk.root().join("flightdeck-support.zip");
    let said = Command::new(python()).args(["-c", code]).arg(file).output().unwrap();
    let text = String::from_utf8(said.stdout).unwrap();
    assert!(text.contains("manifest.json") && text.contains("alert_fired"), "{text}");
    assert!(text.contains("FLIGHTDECK_PERSON") && text.contains("\"failed\": 2"), "{text}");
    for secret in ["lunch", "example.com", "t0ken", "MfKQ9r8", desk.root().to_str().unwrap()] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let again = desk.say(&["support-bundle"]);
    assert!(again.code == 2 && again.err.contains("`--out`"), "{}", again.err);
}
