//! What passes between somebody else's server and an outside agent besides results: how far a call
//! has come, and what the server says of itself. The server is written by hand.

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::gateway::{self, Agent, run};

const SERVER: &str = r#"
import json, sys

def say(message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)

def work(args, meta):
    if args.get("do") == "far":
        for done, words in [(1, "half way"), (2, "all the way"), (1, "again")]:
            params = {"progressToken": meta["progressToken"], "progress": done, "total": 2,
                      "message": words}
            say({"method": "notifications/progress", "params": params})
    if args.get("do") == "refuse":
        return {"error": {"code": -32602, "message": "no such account", "data": {"at": "do"}}}
    if args.get("do") == "elsewhere":
        return {"error": {"code": -32042, "message": "open a page", "data": {}}}
    return {"result": {"content": [{"type": "text", "text": "worked"}],
                       "structuredContent": {"text": "worked"}}}

text = {"type": "string"}
given = {"type": "object", "properties": {"text": text}, "required": ["text"]}
tools = [{"name": "work", "description": "Works.", "outputSchema": given,
          "inputSchema": {"type": "object", "properties": {"do": text}}}]
for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    params = message.get("params", {})
    answer = {"error": {"code": -32601, "message": "no such method"}}
    if message["method"] == "initialize":
        who = {"name": "other", "version": "1"}
        answer = {"result": {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
                             "serverInfo": who}}
    if message["method"] == "tools/list":
        answer = {"result": {"tools": tools}}
    if message["method"] == "tools/call":
        answer = work(params["arguments"], params["_meta"])
    say({"id": message["id"], **answer})
"#;

/// A desk where an outside agent may use that server.
fn desk() -> Desk {
    let desk = gateway::desk();
    std::fs::write(desk.root().join("other.py"), SERVER).unwrap();
    let other = json!({ "command": "python3", "args": ["other.py"] });
    let declared = std::fs::read_to_string(desk.root().join(".mcp.json"));
    let mut declared: Value =
        declared.map_or(json!({}), |text| serde_json::from_str(&text).unwrap());
    declared["mcpServers"]["other"] = other;
    std::fs::write(desk.root().join(".mcp.json"), declared.to_string()).unwrap();
    let said = desk.say(&[
        "mcp",
        "pin",
        "other.work",
        "--effect",
        "read",
        "--trusted",
        "--as",
        "lead@example.com",
    ]);
    assert_eq!(said.code, 0, "{}", said.err);
    for file in ["workflows/errand.md", "agents/helper.md"] {
        desk.change(file, "outbox.write_file ]", "outbox.write_file, other.work ]");
    }
    let said = desk.say(&["check", "errand"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    desk
}

fn call(agent: &mut Agent, what: &str, meta: Value) -> Value {
    let args = json!({ "do": what });
    agent.ask("tools/call", json!({ "name": "other__work", "arguments": args, "_meta": meta }))
}

#[test]
fn how_far_a_call_comes_is_told_to_the_agent_that_asks_for_it() {
    let desk = desk();
    let mut agent = Agent::new(&desk);
    agent.greet();
    let token = json!({ "progressToken": "mine" });
    let result = call(&mut agent, "far", token);
    assert_eq!(result["content"][0]["text"], "worked", "{result}");
    let told = |agent: &mut Agent| {
        let all = std::mem::take(&mut agent.heard).into_iter();
        let all = all.filter(|said| said["method"] == "notifications/progress");
        all.map(|said| said["params"].clone()).collect::<Vec<Value>>()
    };
    let far = |done: f64, words: &str| json!({ "progressToken": "mine", "progress": done, "total": 2.0, "message": words });
    // It only ever comes further.
    assert_eq!(told(&mut agent), [far(1.0, "half way"), far(2.0, "all the way")]);
    // Who does not ask is told nothing.
    let result = call(&mut agent, "far", json!({}));
    assert_eq!(result["content"][0]["text"], "worked", "{result}");
    assert_eq!(told(&mut agent), Vec::<Value>::new());
    // It stands in no entry.
    let (run, _) = run(&desk);
    let logs = desk.say(&["logs", &run, "--json"]).out;
    assert!(logs.contains("other.work") && !logs.contains("half way"), "{logs}");
}

/// A second step for the agent, which has fewer tools and another answer.
const MORE: &str = "    turns: 9
    then: more
  - step: more
    agent: helper
    given: [ case.name ]
    answer: { done: text }
    tools: [ files.read_text_file ]
    turns: 9
    then: finish
";

/// The number of the request that is answered when a subscription ends.
const LISTENING: u64 = 2;

/// Another agent of the protocol of July 2026 asks to be told of changes.
fn subscribed(agent: &mut Agent) -> Value {
    let who = json!({ "name": "other", "version": "1" });
    agent.meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": who,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let told = agent.ask("server/discover", json!({}));
    let wanted = json!({ "notifications": { "toolsListChanged": true } });
    assert_eq!(agent.begin("subscriptions/listen", wanted), LISTENING);
    while !agent.was_told("notifications/subscriptions/acknowledged") {
        agent.listen();
    }
    told
}

#[test]
fn another_step_with_other_tools_is_told_of() {
    let desk = gateway::desk();
    desk.change("workflows/errand.md", "    turns: 9\n    then: finish\n", MORE);
    desk.change(
        "workflows/errand.md",
        "note its total.\n",
        "note its total.\n\n## more\n\nAgain.\n",
    );
    let said = desk.say(&["check", "errand"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    for greet in [Agent::greet, subscribed] {
        let mut agent = Agent::new(&desk);
        let told = greet(&mut agent);
        assert_eq!(told["capabilities"]["tools"]["listChanged"], true, "{told}");
        let changed = "notifications/tools/list_changed";
        agent.call("task", json!({}));
        agent.call("files__read_text_file", json!({ "path": "001-ada.txt" }));
        agent.ask("tools/list", json!({}));
        assert!(!agent.was_told(changed), "it is the same step");
        agent.call("answer", json!({ "note": "42.50 EUR" }));
        let tools = agent.ask("tools/list", json!({})).to_string();
        assert!(tools.contains("done") && !tools.contains("outbox__write_file"), "{tools}");
        while !agent.was_told(changed) {
            agent.listen();
        }
        agent.cancel(LISTENING);
        agent.leave();
    }
}

#[test]
fn what_a_tool_gives_is_described_as_it_was_approved() {
    let desk = desk();
    let described = |desk: &Desk| {
        let mut agent = Agent::new(desk);
        agent.greet();
        let tools = agent.ask("tools/list", json!({}));
        let result = call(&mut agent, "", json!({}));
        agent.leave();
        let mut all = tools["tools"].as_array().unwrap().iter();
        let tool = all.find(|tool| tool["name"] == "other__work").unwrap();
        (tool["outputSchema"].clone(), result)
    };
    let (schema, result) = described(&desk);
    let text = json!({ "type": "string" });
    let given = json!({ "type": "object", "properties": { "text": text }, "required": ["text"] });
    assert_eq!(schema, given);
    assert!(jsonschema::is_valid(&schema, &result["structuredContent"]), "{result}");
}

#[test]
fn an_error_of_the_protocol_passes_if_it_is_about_the_call() {
    let desk = desk();
    let mut agent = Agent::new(&desk);
    agent.greet();
    let mut answer = |what: &str| {
        let params = json!({ "name": "other__work", "arguments": { "do": what } });
        agent.answer("tools/call", params)
    };
    let error = json!({ "code": -32602, "message": "no such account", "data": { "at": "do" } });
    assert_eq!(answer("refuse")["error"], error);
    // That a person is to open a page is no agent's to do.
    let said = answer("elsewhere");
    assert_eq!(said["result"]["isError"], true, "{said}");
    assert_eq!(said["result"]["content"][0]["text"], "open a page");
    assert_eq!(answer("")["result"]["content"][0]["text"], "worked");
    agent.leave();
    let (run, _) = run(&desk);
    let logs = desk.say(&["logs", &run]).out;
    assert!(logs.contains("no such account") && logs.contains("open a page"), "{logs}");
}
