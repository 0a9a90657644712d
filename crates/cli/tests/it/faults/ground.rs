//! Workspaces to break: a tool server that does as it is told, models of vendors that the tests are,
//! and maps with one step each. And the faults of the ground itself: files, disk, entries.

use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Night, commands};
use crate::desk::{Desk, Said};

pub const LEAD: [&str; 2] = ["--as", "lead@example.com"];
pub const CLERK: [&str; 2] = ["--as", "clerk@example.com"];

/// What `why` said of a fault, and how long its first answer took.
pub struct Seen {
    pub said: Vec<Told>,
    pub text: String,
    pub took: Duration,
    /// Words of what is expected, and the runs that they stand for.
    pub runs: Vec<(&'static str, String)>,
}

/// One thing that `why` said.
pub struct Told {
    pub code: Option<String>,
    /// What a person reads before the story begins.
    pub names: String,
    pub next: Vec<String>,
}

impl Seen {
    /// What is said in an answer in JSON, beside the same for people.
    pub fn told(text: &str, json: &str) -> Self {
        let objects = json.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let said = objects.map(|object| {
            let cause = &object["cause"];
            let word = |of: &Value, key: &str| of[key].as_str().map(str::to_owned);
            let parts = [
                word(&object, "headline"),
                word(&object, "erased"),
                word(cause, "what"),
                word(cause, "title"),
                word(cause, "why"),
                word(cause, "detail"),
                word(cause, "rule"),
                word(cause, "rule_says"),
                word(cause, "step").map(|step| format!("`{step}`")),
                word(&object, "run"),
                word(&object, "what"),
            ];
            let code = word(&object, "code").or_else(|| word(cause, "code"));
            let names: Vec<String> = parts.into_iter().flatten().collect();
            // An error says in one line what to do.
            let help = word(&object, "help").unwrap_or_default();
            let typed = help.split('`').filter(|part| part.starts_with("flightdeck "));
            let next = commands(&object).into_iter().chain(typed.map(str::to_owned)).collect();
            Told { code, names: names.join("\n"), next }
        });
        Self { said: said.collect(), text: text.to_owned(), took: Duration::ZERO, runs: Vec::new() }
    }

    /// With a run that words of what is expected stand for.
    pub fn with(mut self, word: &'static str, run: &str) -> Self {
        self.runs.push((word, run.to_owned()));
        self
    }
}

/// A server that does what its argument says, spoken to in plain lines of JSON-RPC.
const SERVER: &str = r#"
import json, os, sys, time
def tool(name):
    return {"name": name, "description": "Does what it is told, " + sys.argv[1],
        "inputSchema": {"type": "object", "properties": {"what": {"type": "string"}}, "required": ["what"]}}
def say(answer):
    print(json.dumps(answer), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    answer = {"jsonrpc": "2.0", "id": asked["id"]}
    method, params = asked["method"], asked.get("params", {})
    if method == "initialize":
        answer["result"] = {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}},
            "serverInfo": {"name": "desk", "version": "1"}}
    elif method == "tools/list":
        answer["result"] = {"tools": [tool("ask"), tool("put")]}
    elif method == "tools/call":
        what = params["arguments"]["what"]
        came = {"came": what}
        if what == "die":
            os._exit(1)
        if what == "hang":
            time.sleep(600)
        while what == "flood":
            os.write(1, b"x" * 65536)
        if what == "odd":
            came = {"other": 1}
        content = [{"type": "text", "text": json.dumps(came)}]
        if what == "no":
            content = [{"type": "text", "text": "the order 4711 is locked by Marta"}]
            answer["result"] = {"isError": True, "content": content}
        else:
            answer["result"] = {"content": content, "structuredContent": came}
    else:
        answer["error"] = {"code": -32601, "message": "no such method"}
    say(answer)
"#;

/// Limits that nothing here uses up.
pub const LIMITS: &str = "{ case: { cost: 9 EUR, tokens: 90000, acts: 40, days: 10 }, \
                          day: { cost: 900 EUR, cases: 99 } }";

/// A map with these steps, and a last one that ends it.
pub fn map<'n>(name: &'n str, steps: &str) -> (&'n str, String) {
    let text = format!(
        "---\nworkflow: {name}\npurpose: Sort what people write to us. It answers nobody.\n\
         accountable: owner@example.com\noverride: lead\nrisk: low\nautonomy: act\n\
         case: {{ one: message, from: inside, fields: {{ id: text, text: text }} }}\n\
         limits: {LIMITS}\nbaseline: {{ minutes: 1, cases_per_week: 1 }}\n\
         on_failure: {{ ask: clerk }}\nsteps:\n{steps}  - step: over\n    end: done\n\
         exceptions:\n  - {{ what: an empty message, when: \"case.text == ''\", go: over }}\n---\n\
         # Night\n"
    );
    (name, text)
}

/// The same with a part of it otherwise.
pub fn map_with<'n>(name: &'n str, steps: &str, from: &str, to: &str) -> (&'n str, String) {
    let (name, text) = map(name, steps);
    assert!(text.contains(from), "no `{from}` in {text}");
    (name, text.replace(from, to))
}

/// A step that calls a tool of the server and gets back what it said.
pub fn call(tool: &str, what: &str) -> String {
    format!(
        "  - step: call\n    tool: {tool}\n    with: {{ what: {{ literal: {what} }} }}\n    \
         gives: {{ came: text }}\n    time_out: 2 seconds\n"
    )
}

/// A step in which a person decides.
pub const LOOK: &str = "  - step: look
    review:
      by: clerk
      never_by: [ starter ]
      question: Is this ours?
      show: [ case ]
      within: 8 working hours
      late: { then: stop }
      if_rejected: { then: stop }
";

/// A workspace to break.
pub struct Ground(Desk);

impl std::ops::Deref for Ground {
    type Target = Desk;
    fn deref(&self) -> &Desk {
        &self.0
    }
}

impl Ground {
    /// A workspace with these maps, and the tools of one server approved under several names.
    pub fn new(maps: &[(&str, String)]) -> Self {
        let desk = Desk::new();
        let root = desk.root();
        fs::remove_file(root.join("workflows/expenses.md")).unwrap();
        fs::write(root.join("desk.py"), SERVER).unwrap();
        let server =
            |as_what: &str| json!({ "command": "/usr/bin/python3", "args": ["desk.py", as_what] });
        let ground = Self(desk);
        ground.servers(&json!({ "desk": server("once") }));
        for (tool, effect) in [("desk.ask", "read"), ("desk.put", "write")] {
            let pin = ["mcp", "pin", tool, "--effect", effect, "--trusted", "--as"];
            ground.good(&[&pin[..], &["owner@example.com"]].concat());
        }
        let lock = root.join("mcp.lock");
        let mut approved: Value = serde_json::from_slice(&fs::read(&lock).unwrap()).unwrap();
        for name in ["gone.ask", "moved.ask", "far.ask", "keyed.ask"] {
            approved["tools"][name] = approved["tools"]["desk.ask"].clone();
        }
        fs::write(&lock, approved.to_string()).unwrap();
        ground.servers(&json!({
            "desk": server("once"), "moved": server("otherwise"),
            "gone": { "command": "no-such-program" },
        }));
        for (name, text) in maps {
            fs::write(root.join(format!("workflows/{name}.md")), text).unwrap();
        }
        ground
    }

    pub fn servers(&self, servers: &Value) {
        let text = json!({ "mcpServers": servers }).to_string();
        fs::write(self.root().join(".mcp.json"), text).unwrap();
    }

    /// A command that has to go well.
    pub fn good(&self, args: &[&str]) {
        let said = self.say(args);
        assert_eq!(said.code, 0, "{args:?}: {}{}", said.out, said.err);
    }

    /// A command that goes on with a case, however that comes out.
    pub fn told(&self, args: &[&str], who: [&str; 2]) {
        let said = self.say(&[args, &who].concat());
        assert!(matches!(said.code, 0 | 1 | 3 | 5), "{args:?}: {}{}", said.out, said.err);
    }

    /// Runs one case of a map as far as it goes.
    pub fn run(&self, workflow: &str) -> String {
        self.run_with(workflow, "hello", &[])
    }

    pub fn run_with(&self, workflow: &str, text: &str, environment: &[(&str, &str)]) -> String {
        let said = self.start(workflow, text, environment);
        let lines = said.json();
        let run = lines.iter().find_map(|line| line["run"].as_str());
        run.unwrap_or_else(|| panic!("{workflow}: {}{}", said.out, said.err)).to_owned()
    }

    pub fn start(&self, workflow: &str, text: &str, environment: &[(&str, &str)]) -> Said {
        let case = json!({ "id": "1", "text": text }).to_string();
        let who = [("FLIGHTDECK_PERSON", "owner@example.com")];
        self.say_with(&["run", workflow, &case, "--json"], &[&who[..], environment].concat())
    }

    /// What `why` says of a run.
    pub fn why(&self, run: &str) -> Seen {
        asked(self, &["why", run]).with("RUN", run)
    }

    /// What `why` says without one.
    pub fn why_at_all(&self) -> Seen {
        asked(self, &["why"])
    }
}

/// Both answers of `why`: for people, which is timed, and in JSON.
pub fn asked(desk: &Desk, args: &[&str]) -> Seen {
    let began = Instant::now();
    let people = desk.say(args);
    let took = began.elapsed();
    let machine = desk.say(&[args, &["--json"]].concat());
    let text = format!("{}{}", people.out, people.err);
    Seen { took, ..Seen::told(&text, &format!("{}{}", machine.out, machine.err)) }
}

/// Waits until something is there.
#[allow(clippy::disallowed_methods, reason = "what is waited for is another process")]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{what} never came");
        std::thread::sleep(Duration::from_millis(25));
    }
}

/// A process that is killed as `kill -9` does.
pub fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Starts a case whose call is out, kills the process that made it, and gives the run.
pub fn killed_during_a_call(ground: &Ground, workflow: &str) -> String {
    let case = json!({ "id": "1", "text": "hello" }).to_string();
    let mut command = ground.command();
    command.args(["run", workflow, &case]).stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().unwrap();
    let run = until("a call", || {
        let lines = ground.say(&["runs", "--json"]).json();
        let line = lines.iter().find(|line| line["workflow"] == workflow)?;
        let run = line["run"].as_str()?.to_owned();
        ground.say(&["logs", &run]).out.contains("the call of").then_some(run)
    });
    kill(child);
    run
}

/// Files, disk and entries.
pub fn footing(night: &mut Night) {
    let read = map("driver_killed", &call("desk.ask", "hang").replace("2 seconds", "10 minutes"));
    let ground = Ground::new(&[read]);
    let run = killed_during_a_call(&ground, "driver_killed");
    night.saw("driver_killed", ground.why_at_all().with("RUN", &run));

    night.saw("disk_full", full(&ground));

    // What stands in the journal's file is overwritten, once its log was taken into it.
    let damage = |ground: &Ground, from: &str, to: &str| {
        drop(store::SqliteStore::open(&ground.root().join(".flightdeck")).unwrap());
        let file = ground.root().join(".flightdeck/journal.db");
        let mut bytes = fs::read(&file).unwrap();
        let places: Vec<usize> = bytes
            .windows(from.len())
            .enumerate()
            .filter_map(|(at, part)| (part == from.as_bytes()).then_some(at))
            .collect();
        assert!(!places.is_empty(), "no `{from}` in the journal");
        places.iter().for_each(|at| bytes[*at..*at + to.len()].copy_from_slice(to.as_bytes()));
        fs::write(&file, bytes).unwrap();
    };
    let waits = map("waits", LOOK);
    let ground = Ground::new(&[waits]);
    let run = ground.run("waits");
    let (from, to) =
        (format!("\"run\":\"{run}\",\"seq\":0"), format!("\"run\":\"{run}\",\"seq\":7"));
    damage(&ground, &from, &to);
    night.saw("entry_damaged", ground.why_at_all().with("RUN", &run));

    let ground = Ground::new(&[map_with("waits", LOOK, "Sort what people", "Sort what folks ")]);
    let run = ground.run("waits");
    damage(&ground, "Sort what folks ", "Sort what people");
    night.saw("release_damaged", ground.why(&run));

    let ground = Ground::new(&[map("map_broken", LOOK)]);
    ground.change("workflows/map_broken.md", "risk: low", "risk: hihg");
    night.saw("map_broken", ground.why_at_all());
    ground.change("workflows/map_broken.md", "risk: hihg", "risk: low");
    ground.change("flightdeck.yaml", "people:", "people: [");
    night.saw("settings_broken", ground.why_at_all());
    ground.change("flightdeck.yaml", "people: [", "people:");

    let keyed = json!({ "command": "/usr/bin/python3", "args": ["desk.py", "once"],
        "env": { "KEY": "${DESK_KEY}" } });
    ground.servers(&json!({ "keyed": keyed }));
    let (name, text) = map("server_secret_missing", &call("keyed.ask", "yes"));
    fs::write(ground.root().join(format!("workflows/{name}.md")), text).unwrap();
    night.saw("server_secret_missing", ground.why_at_all());

    #[cfg(debug_assertions)]
    {
        let office = crate::holder::with_a_closed_guard();
        night.saw("guard_closed", asked(&office, &["why"]));
    }
}

/// Asked where nothing can be written any more.
fn full(ground: &Ground) -> Seen {
    let asked = |more: &str| {
        let mut command = std::process::Command::new("sh");
        let binary = ground.command();
        let line = format!("trap '' XFSZ; ulimit -f 0; exec \"$0\" why {more}");
        command
            .args(["-c", &line])
            .arg(binary.get_program())
            .current_dir(ground.root())
            .env_clear()
            .envs(binary.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let said = command.output().unwrap();
        format!(
            "{}{}",
            String::from_utf8_lossy(&said.stdout),
            String::from_utf8_lossy(&said.stderr)
        )
    };
    let began = Instant::now();
    let people = asked("");
    let took = began.elapsed();
    Seen { took, ..Seen::told(&people, &asked("--json")) }
}
