//! MCP over HTTP, and the operations that an assistant may read: who is let in, what is told, and
//! that nothing can be done from there.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::desk::{Desk, published};
use crate::gateway::{Agent, desk, run};

/// A command that serves MCP over HTTP.
struct Served {
    child: Child,
    object: Value,
    session: Option<String>,
}

impl Served {
    fn start(desk: &Desk, args: &[&str]) -> Self {
        let mut command = desk.command();
        command.args(args).args(["--http", "--json"]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, object: published(&line).remove(0), session: None }
    }

    fn address(&self) -> String {
        let url = self.object["url"].as_str().unwrap();
        url.strip_prefix("http://").unwrap().strip_suffix("/mcp").unwrap().to_owned()
    }

    fn token(&self) -> &str {
        self.object["token"].as_str().unwrap()
    }

    /// Posts a message with these headers. Nothing where nobody listens any more.
    fn post(&self, more: &str, message: &Value) -> Option<String> {
        let mut stream = TcpStream::connect(self.address()).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let body = message.to_string();
        let head = "POST /mcp HTTP/1.1\r\nConnection: close\r\nContent-Type: application/json\r\n\
                    Accept: application/json, text/event-stream";
        write!(stream, "{head}\r\n{more}Content-Length: {}\r\n\r\n{body}", body.len()).ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        Some(text).filter(|text| !text.is_empty())
    }

    /// The status of a greeting with these headers.
    fn status(&self, more: &str) -> Option<u16> {
        let text = self.post(more, &greeting())?;
        Some(text.split(' ').nth(1).unwrap().parse().unwrap())
    }

    fn shown(&self) -> String {
        let session = self.session.as_ref().map_or(String::new(), |session| {
            format!("Mcp-Session-Id: {session}\r\nMCP-Protocol-Version: 2025-11-25\r\n")
        });
        let (address, token) = (self.address(), self.token());
        format!("Host: {address}\r\nAuthorization: Bearer {token}\r\n{session}")
    }

    fn greet(&mut self) -> Value {
        let text = self.post(&self.shown(), &greeting()).unwrap();
        let session = text.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("mcp-session-id").then(|| value.trim().to_owned())
        });
        self.session = Some(session.expect("a session"));
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        self.post(&self.shown(), &ready).unwrap();
        message(&text)
    }

    fn call(&self, tool: &str, args: Value) -> Value {
        let params = json!({ "name": tool, "arguments": args });
        let call = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params });
        message(&self.post(&self.shown(), &call).unwrap())["result"].clone()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn greeting() -> Value {
    let who = json!({ "name": "other", "version": "1" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": who });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params })
}

/// The last message of an answer.
fn message(text: &str) -> Value {
    let mut data = text.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim);
    let found = data.rfind(|line| line.starts_with('{'));
    serde_json::from_str(found.unwrap_or_else(|| panic!("no message: {text}"))).unwrap()
}

#[test]
fn only_a_token_opens_and_it_ends_with_the_case() {
    let desk = desk();
    let args = ["mcp", "gateway", "errand", "001-ada.txt"];
    let mut served = Served::start(&desk, &args);
    assert!(served.object["task"].as_str().unwrap().contains("note its total"));
    let entry = &served.object["mcp"]["mcpServers"]["flightdeck"];
    assert_eq!(entry["url"], served.object["url"]);
    assert_eq!(entry["headers"]["Authorization"], format!("Bearer {}", served.token()));

    let (address, token) = (served.address(), served.token().to_owned());
    let host = format!("Host: {address}\r\n");
    let shown = format!("Authorization: Bearer {token}\r\n");
    assert_eq!(served.status(&host), Some(401));
    assert_eq!(served.status(&format!("{host}Authorization: Bearer {token}0\r\n")), Some(401));
    assert_eq!(served.status(&format!("{host}Authorization: Basic {token}\r\n")), Some(401));
    // A page of elsewhere that a browser was lured into, by its own name or by this machine's.
    let page = "Origin: http://evil.example\r\n";
    assert_eq!(served.status(&format!("Host: evil.example\r\n{shown}")), Some(403));
    assert_eq!(served.status(&format!("{host}{shown}{page}")), Some(403));
    assert_eq!(served.status(&format!("{host}{shown}")), Some(200));

    served.greet();
    let read = served.call("files__read_text_file", json!({ "path": "001-ada.txt" }));
    let claim = std::fs::read_to_string(desk.root().join("inbox/001-ada.txt")).unwrap();
    assert_eq!(read["content"][0]["text"], claim, "{read}");
    let taken = served.call("answer", json!({ "note": "42.50 EUR" }));
    assert!(taken["content"][0]["text"].as_str().unwrap().contains("the case is done"), "{taken}");

    // From the end on the token is nobody's, and the command ends by itself.
    let late = served.status(&format!("{host}{shown}"));
    assert!(matches!(late, Some(401) | None), "{late:?}");
    assert_eq!(served.child.wait().unwrap().code(), Some(0));
    let mut folders = vec![desk.root()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.is_file() {
                let bytes = std::fs::read(&path).unwrap();
                let found = bytes.windows(token.len()).any(|part| part == token.as_bytes());
                assert!(!found, "the token is in {}", path.display());
            }
        }
    }
}

/// A desk where one case waits for a person: its agent went away.
fn waiting() -> (Desk, String) {
    let desk = desk();
    let mut agent = Agent::of(&desk, &["mcp", "gateway", "errand", "001-ada.txt"]);
    agent.greet();
    agent.call("task", json!({}));
    assert_eq!(agent.leave(), 3);
    let (case, status) = run(&desk);
    assert_eq!(status, "waiting");
    (desk, case)
}

#[test]
fn an_assistant_reads_what_people_read_and_can_do_nothing() {
    let (desk, case) = waiting();
    let before = desk.say(&["logs", &case, "--json"]).out;
    let mut assistant = Agent::of(&desk, &["mcp", "serve"]);
    assistant.greet();
    let tools = assistant.ask("tools/list", json!({}));
    let tools = tools["tools"].as_array().unwrap();
    let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["list_cases", "show_case", "why", "list_reviews", "prepare_review"]);
    assert!(tools.iter().all(|tool| tool["annotations"]["readOnlyHint"] == true));

    let (error, text) = assistant.call("list_cases", json!({ "status": "waiting" }));
    assert!(!error && text.contains(&case), "{text}");
    let (error, text) = assistant.call("show_case", json!({ "case": &case[..9] }));
    assert!(!error && text.contains("001-ada.txt") && text.contains("data, never"), "{text}");
    // What a case says stands between marks that it cannot know.
    let mark = text.lines().find_map(|line| line.strip_prefix("<<")).unwrap().to_owned();
    let (start, end) = (text.find(&format!("<<{mark}")), text.find(&format!("{mark}>>")));
    let place = text.find("001-ada.txt");
    assert!(start < place && place < end && mark.len() == 12, "{text}");
    for args in [json!({ "case": case }), json!({})] {
        let (error, text) = assistant.call("why", args);
        assert!(!error && text.contains("flightdeck review show"), "{text}");
    }
    let (error, text) = assistant.call("list_reviews", json!({}));
    assert!(!error && text.contains(&case) && text.contains("clerk"), "{text}");
    let (error, text) = assistant.call("prepare_review", json!({ "case": case }));
    assert!(!error && text.contains("a_person_may_answer") && text.contains("clerk"), "{text}");

    // Words of the command line that would do something are no tools here.
    for tool in ["approve", "stop", "run", "retry"] {
        let (error, text) = assistant.call(tool, json!({ "case": case }));
        assert!(error && text.contains("no tool"), "{text}");
    }
    let (error, text) = assistant.call("show_case", json!({ "case": "zzzz" }));
    assert!(error && text.contains("no run begins with `zzzz`"), "{text}");
    assert_eq!(assistant.leave(), 0);
    assert_eq!(desk.say(&["logs", &case, "--json"]).out, before, "nothing was done");
}

#[test]
fn no_secret_is_read_by_an_assistant() {
    let (desk, case) = waiting();
    let add = ["mcp", "add", "keyed", "--env", "KEY=${DESK_KEY}", "--", "true"];
    assert_eq!(desk.say(&add).code, 0);
    let mut command = desk.command();
    // What the case says happens to be a key of this installation.
    command.env("DESK_KEY", "001-ada.txt");
    let mut assistant = Agent::with(command, &["mcp", "serve"]);
    assistant.greet();
    let (error, text) = assistant.call("show_case", json!({ "case": case }));
    assert!(!error && !text.contains("001-ada.txt") && text.contains("[secret DESK_KEY"), "{text}");
    assert_eq!(assistant.leave(), 0);
}

#[test]
fn an_assistant_reads_workflows_and_stops_and_picks_prompts() {
    let (desk, case) = waiting();
    let reason = ["--reason", "month's end", "--as", "owner@example.com"];
    let said = desk.say(&[&["stop", "--workflow", "errand"][..], &reason].concat());
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let mut assistant = Agent::of(&desk, &["mcp", "serve"]);
    assistant.greet();
    let listed = assistant.ask("resources/list", json!({}));
    let uris: Vec<&str> =
        listed["resources"].as_array().unwrap().iter().filter_map(|r| r["uri"].as_str()).collect();
    assert!(
        uris.contains(&"flightdeck://workflows/errand") && uris.contains(&"flightdeck://stops")
    );
    let mut read = |uri: &str| {
        let found = assistant.ask("resources/read", json!({ "uri": uri }));
        found["contents"][0]["text"].as_str().unwrap_or_default().to_owned()
    };
    assert!(read("flightdeck://workflows/errand").contains("Note what a claim says"));
    assert!(read("flightdeck://stops").contains("flightdeck resume --workflow errand"));
    assert!(read(&format!("flightdeck://cases/{case}")).contains("001-ada.txt"));
    assert!(read("flightdeck://cases/../../etc/passwd").is_empty());
    let wanted = json!({ "name": "review", "arguments": { "case": case } });
    let prompt = assistant.ask("prompts/get", wanted);
    let text = prompt["messages"][0]["content"]["text"].as_str().unwrap();
    assert!(text.contains("Do not decide") && text.contains("a_person_may_answer"), "{text}");
    let reference = json!({ "type": "ref/prompt", "name": "why" });
    let argument = json!({ "name": "case", "value": &case[..4] });
    let wanted = json!({ "ref": reference, "argument": argument });
    let found = assistant.ask("completion/complete", wanted);
    assert_eq!(found["completion"]["values"], json!([case]));
    assert_eq!(assistant.leave(), 0);
}

/// A file with a token of somebody.
fn token_of(desk: &Desk, who: &str, rights: &[&str]) -> String {
    let mut args = vec!["token", "new", "--as", who, "--label", "assistant", "--json"];
    args.extend(rights.iter().flat_map(|right| ["--right", right]));
    let said = desk.say(&args);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let token = said.json()[0]["token"].as_str().unwrap().to_owned();
    std::fs::write(desk.root().join("token"), &token).unwrap();
    token
}

#[test]
fn the_operations_over_http_take_a_persons_token_while_it_opens() {
    let desk = Desk::new();
    let token = token_of(&desk, "lead@example.com", &["read"]);
    let mut served = Served::start(&desk, &["mcp", "serve", "--token-file", "token"]);
    assert!(served.object["token"].is_null(), "a token that somebody has is not printed");
    let host = format!("Host: {}\r\n", served.address());
    assert_eq!(served.status(&host), Some(401));
    served.object["token"] = json!(token);
    let told = served.greet();
    assert_eq!(told["result"]["serverInfo"]["name"], "flightdeck");
    let cases = served.call("list_cases", json!({}));
    assert!(cases["content"][0]["text"].as_str().unwrap().contains("\"cases\": []"), "{cases}");
    let id = desk.say(&["token", "list", "--json"]).json()[0]["tokens"][0]["id"].clone();
    assert_eq!(desk.say(&["token", "end", id.as_str().unwrap()]).code, 0);
    assert_eq!(served.status(&served.shown()), Some(401));
    let said = desk.say(&["mcp", "serve", "--token-file", "token"]);
    assert_eq!(said.code, 4, "{}{}", said.out, said.err);
}

#[test]
fn an_assistant_hands_on_a_decision_only_where_a_token_lets_it() {
    let (desk, case) = waiting();
    let by = |who: &str, rights: &[&str]| {
        token_of(&desk, who, rights);
        let mut assistant = Agent::of(&desk, &["mcp", "serve", "--token-file", "token"]);
        assistant.greet();
        assistant
    };
    let reject = json!({ "case": case, "decision": "reject", "reason": "not ours" });
    let mut reader = by("clerk@example.com", &["read"]);
    let (error, text) = reader.call("decide_review", reject.clone());
    assert!(error && text.contains("no tool"), "{text}");
    assert_eq!(reader.leave(), 0);
    // A right at the door is no say in the matter: the map names who decides.
    let mut other = by("owner@example.com", &[]);
    let (error, text) = other.call("decide_review", reject.clone());
    assert!(error && text.contains("may not answer"), "{text}");
    assert_eq!(other.leave(), 0);
    let mut clerk = by("clerk@example.com", &["read", "decide"]);
    let tools = clerk.ask("tools/list", json!({}));
    let decides = tools["tools"].as_array().unwrap().last().unwrap();
    assert_eq!(decides["name"], "decide_review");
    assert_ne!(decides["annotations"]["readOnlyHint"], true);
    let (error, text) = clerk.call("decide_review", json!({ "case": case, "decision": "maybe" }));
    assert!(error && text.contains("no decision"), "{text}");
    let (error, text) = clerk.call("decide_review", reject);
    assert!(!error && text.contains("is now"), "{text}");
    assert_eq!(clerk.leave(), 0);
    let log = desk.say(&["logs", &case]).out;
    assert!(log.contains("clerk@example.com") && log.contains("not ours"), "{log}");
}
