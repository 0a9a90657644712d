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
        for done, words in [(1, "half way"), (2, "all the way")]:
            params = {"progressToken": meta["progressToken"], "progress": done, "total": 2,
                      "message": words}
            say({"method": "notifications/progress", "params": params})
    return {"result": {"content": [{"type": "text", "text": "worked"}]}}

text = {"type": "string"}
tools = [{"name": "work", "description": "Works.",
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
