//! An outside agent behind the guard: what it may see and do, what it is told, and what is
//! recorded of it. The agent is written by hand and speaks MCP over the pipes of `mcp gateway`.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::desk::Desk;

const FLOW: &str = "---
workflow: errand
purpose: Note what a claim says.
accountable: owner@example.com
override: lead
risk: low
autonomy: act
case: { one: file in inbox/, from: outside, fields: { name: text } }
limits:
  case: { cost: 0.10 EUR, active: 10 minutes, days: 10 }
  day: { cost: 5 EUR, cases: 200 }
baseline: { minutes: 6, cases_per_week: 40 }
on_failure: { ask: clerk }
steps:
  - step: work
    agent: helper
    given: [ case.name ]
    answer: { note: text }
    tools: [ files.read_text_file, outbox.write_file ]
    turns: 9
    then: finish
  - step: look
    review:
      by: lead
      never_by: [ starter ]
      question: Is this right?
      show: [ case.name, work ]
      within: 8 working hours
      late: { then: stop }
      if_rejected: { then: stop }
  - step: finish
    end: done
exceptions:
  - { what: another currency, when: \"work.note == ''\", go: look }
---

# Errand

## work

Read the claim and note its total.
";

const AGENT: &str = "---
name: helper
description: Somebody else's agent.
model: outside
tools: [ files.read_text_file, outbox.write_file ]
---
Be exact.
";

const MODEL: &str = "models:
  outside:
    vendor: outside
    model: any
    can: [ json, tools ]
    context: 200000
    answer: 4096
    price: { input: 0 EUR, output: 0 EUR }
";

/// A desk where an outside agent can run an errand.
pub fn desk() -> Desk {
    let desk = Desk::new();
    desk.change("flightdeck.yaml", "models:\n", MODEL);
    std::fs::write(desk.root().join("agents/helper.md"), AGENT).unwrap();
    std::fs::write(desk.root().join("workflows/errand.md"), FLOW).unwrap();
    // Who says that a path is a destination has a person look where words from outside name it.
    let pin = ["mcp", "pin", "outbox.write_file", "--effect", "write", "--arg", "path=destination"];
    let said = desk.say(&[&pin[..], &["--as", "lead@example.com"]].concat());
    assert_eq!(said.code, 0, "{}", said.err);
    let said = desk.say(&["check", "errand"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    desk
}

/// An agent at the gateway of one case, or an assistant.
pub struct Agent {
    gateway: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    asked: u64,
    /// What it was told unasked.
    pub heard: Vec<Value>,
    /// What goes with every request.
    pub meta: Value,
}

impl Agent {
    pub fn new(desk: &Desk) -> Self {
        Self::of(desk, &["mcp", "gateway", "errand", "001-ada.txt"])
    }

    /// A client of a command that speaks MCP over its pipes.
    pub fn of(desk: &Desk, args: &[&str]) -> Self {
        Self::with(desk.command(), args)
    }

    /// The same of a command that was made ready.
    pub fn with(mut command: Command, args: &[&str]) -> Self {
        let piped = command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut gateway = piped.stderr(Stdio::inherit()).spawn().unwrap();
        let to = gateway.stdin.take();
        let from = BufReader::new(gateway.stdout.take().unwrap());
        Self { gateway, to, from, asked: 0, heard: Vec::new(), meta: json!({}) }
    }

    fn say(&mut self, message: &Value) {
        writeln!(self.to.as_mut().unwrap(), "{message}").unwrap();
    }

    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let answer = self.answer(method, params);
        answer["result"].clone()
    }

    /// Asks. Gives the whole answer, which may be an error.
    pub fn answer(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params);
        loop {
            self.listen();
            if let Some(place) = self.heard.iter().position(|message| message["id"] == id) {
                return self.heard.remove(place);
            }
        }
    }

    /// Asks, and does not wait for an answer.
    pub fn begin(&mut self, method: &str, mut params: Value) -> u64 {
        self.asked += 1;
        let id = self.asked;
        for (name, value) in self.meta.as_object().into_iter().flatten() {
            params["_meta"][name] = value.clone();
        }
        self.say(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// Waits for no answer any more.
    pub fn cancel(&mut self, id: u64) {
        let params = json!({ "requestId": id, "_meta": self.meta });
        let method = "notifications/cancelled";
        self.say(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Waits for the next message, whatever it is.
    pub fn listen(&mut self) {
        let mut line = String::new();
        assert!(self.from.read_line(&mut line).unwrap() > 0, "the gateway has ended");
        self.heard.push(serde_json::from_str(&line).unwrap());
    }

    /// Whether it was told this, unasked.
    pub fn was_told(&self, method: &str) -> bool {
        self.heard.iter().any(|message| message["method"] == method)
    }

    /// Shakes hands. Gives what the agent is told about itself.
    pub fn greet(&mut self) -> Value {
        let who = json!({ "name": "other", "version": "1" });
        let hands =
            json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": who });
        let told = self.ask("initialize", hands);
        self.say(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        told
    }

    /// Calls a tool: whether it was an error, and the text.
    pub fn call(&mut self, tool: &str, args: Value) -> (bool, String) {
        let result = self.ask("tools/call", json!({ "name": tool, "arguments": args }));
        let text = result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{result}"));
        (result["isError"] == true, text.to_owned())
    }

    /// Hangs up. Gives the exit code of the command.
    pub fn leave(mut self) -> i32 {
        self.to = None;
        self.gateway.wait().unwrap().code().unwrap()
    }
}

/// The only run, and where it stands.
pub fn run(desk: &Desk) -> (String, String) {
    let said = desk.say(&["runs", "--json"]);
    let line = said.json().remove(0);
    (line["run"].as_str().unwrap().to_owned(), line["status"].as_str().unwrap().to_owned())
}

#[test]
fn t4_an_outside_agent_works_under_the_same_rules() {
    let desk = desk();
    let mut agent = Agent::new(&desk);
    let told = agent.greet();
    let about = told["instructions"].as_str().unwrap();
    assert!(about.contains("Be exact.") && about.contains("note its total"), "{about}");
    assert!(!about.contains("001-ada"), "what comes from outside gives no orders");
    let tools = agent.ask("tools/list", json!({}));
    let names = tools["tools"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap());
    let names: Vec<&str> = names.collect();
    let all = ["task", "outcome", "answer", "files__read_text_file", "outbox__write_file"];
    assert_eq!(names, all);
    let (_, task) = agent.call("task", json!({}));
    assert!(task.contains("001-ada.txt"), "{task}");

    // A result is the tool's own.
    let claim = std::fs::read_to_string(desk.root().join("inbox/001-ada.txt")).unwrap();
    let read = json!({ "name": "files__read_text_file", "arguments": { "path": "001-ada.txt" } });
    let result = agent.ask("tools/call", read);
    assert_eq!(result["structuredContent"]["content"], claim, "{result}");
    assert_eq!(result["content"], json!([{ "type": "text", "text": claim }]), "as it was given");
    // By the server's own name for it too, where only one tool has it.
    let read = json!({ "name": "read_text_file", "arguments": { "path": "001-ada.txt" } });
    assert_eq!(agent.ask("tools/call", read), result);

    // What the step does not declare is refused, and what fails says why.
    let (error, text) = agent.call("files__delete", json!({ "path": "001-ada.txt" }));
    assert!(error && text.starts_with("refused"), "{text}");
    let (error, text) = agent.call("files__read_text_file", json!({ "path": "../x" }));
    assert!(error && text.starts_with("`../x` is outside the folder"), "{text}");

    // An act on words from outside waits for a person, and the agent is told how to ask again.
    let note = json!({ "path": "ada.txt", "content": "42.50 EUR" });
    let (error, text) = agent.call("outbox__write_file", note.clone());
    assert!(error && text.contains("waits for a person") && text.contains("`outcome`"), "{text}");
    assert!(!desk.root().join("outbox/ada.txt").exists());
    let (error, text) = agent.call("outbox__write_file", note);
    assert!(error && text.contains("ask with `outcome` first"), "{text}");
    let (run, _) = run(&desk);
    // Whoever approves waits for where the case rests next, which is the agent's to say.
    let approve = ["review", "approve", &run, "--as", "lead@example.com"];
    let mut approving = desk.command().args(approve).stdout(Stdio::null()).spawn().unwrap();
    let mut outcome = agent.call("outcome", json!({}));
    while outcome.1.contains("waits for a person") {
        outcome = agent.call("outcome", json!({}));
    }
    assert!(!outcome.0, "{}", outcome.1);
    let noted = std::fs::read_to_string(desk.root().join("outbox/ada.txt")).unwrap();
    assert_eq!(noted, "42.50 EUR");

    // A result that does not fit the step's contract is to be mended.
    let (error, text) = agent.call("answer", json!({ "wrong": 1 }));
    assert!(error && text.contains("does not fit"), "{text}");
    let (error, text) = agent.call("answer", json!({ "note": "42.50 EUR" }));
    assert!(!error && text.contains("the case is done"), "{text}");
    assert_eq!(approving.wait().unwrap().code(), Some(0));

    // After the end there is nothing left to call.
    let (error, text) = agent.call("files__read_text_file", json!({ "path": "001-ada.txt" }));
    assert!(error && text.contains("the case is over (done)"), "{text}");
    assert_eq!(agent.leave(), 0);

    // All of it stands in the run's own entries, which fit together.
    let said = desk.say(&["logs", &run, "--verify"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let refused = "the agent was told about `files__delete`: refused: no such tool";
    let logs = desk.say(&["logs", &run]).out;
    assert!(logs.contains(refused), "{logs}");
    let why = desk.say(&["why", &run]);
    assert!(why.out.contains("outbox.write_file"), "{}", why.out);
}

#[test]
fn an_agent_that_leaves_leaves_the_case_to_people() {
    let desk = desk();
    let mut agent = Agent::new(&desk);
    agent.greet();
    agent.call("files__read_text_file", json!({ "path": "001-ada.txt" }));
    assert_eq!(agent.leave(), 3);
    assert_eq!(run(&desk).1, "waiting");
}

#[test]
fn a_stop_reaches_an_outside_agent() {
    let desk = desk();
    let mut agent = Agent::new(&desk);
    agent.greet();
    let (run, _) = run(&desk);
    let said =
        desk.say(&["stop", "--run", &run, "--reason", "enough", "--as", "owner@example.com"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let (error, _) = agent.call("outbox__write_file", json!({ "path": "x.txt", "content": "x" }));
    assert!(error && !desk.root().join("outbox/x.txt").exists());
    assert_ne!(agent.leave(), 0);
}

#[test]
fn without_an_outside_model_there_is_no_gateway() {
    let desk = Desk::new();
    let args = ["mcp", "gateway", "expenses", "001-ada.txt", "--as", "owner@example.com"];
    let said = desk.say(&args);
    assert!(said.code == 2 && said.err.contains("vendor: outside"), "{}", said.err);
}
