//! A tool that asks a person something before it goes on: a server made with the protocol's own SDK
//! for Python, which asks while it works, as its users write such tools.

use crate::desk::Desk;
use crate::other_servers::servers;

const SERVER: &str = r#"
from mcp.server.fastmcp import Context, FastMCP
from pydantic import BaseModel, Field

class Centre(BaseModel):
    centre: str = Field(description="Cost centre, such as K-12", min_length=4)
    copies: int = 1

server = FastMCP("book")

@server.tool()
async def book(claim: str, ctx: Context) -> str:
    """Books a claim to the cost centre that a person names."""
    said = await ctx.elicit(message=f"Which cost centre pays {claim}?", schema=Centre)
    if said.action != "accept":
        return "nothing was booked"
    with open("booked.txt", "a") as file:
        file.write(f"{claim} {said.data.centre} {said.data.copies}\n")
    return f"booked to {said.data.centre}"

server.run()
"#;

const WORKFLOW: &str = r#"---
workflow: booking
purpose: Book claims. It never pays.
accountable: owner@example.com
override: lead
risk: low
autonomy: act
case: { one: row of our own list, from: inside, fields: { id: text } }
limits:
  case: { cost: 0.10 EUR, days: 10 }
  day: { cost: 5 EUR, cases: 200 }
on_failure: { ask: clerk }
steps:
  - step: book
    tool: book.book
    with: { claim: case.id }
    gives: { result: text }
    then: end
  - step: by_hand
    end: failed
exceptions:
  - { what: nothing was booked, when: "book.result == 'nothing was booked'", go: by_hand }
---
# Booking
"#;

fn desk() -> Desk {
    let (_, table) = servers();
    let python = table.with_file_name("python");
    let desk = Desk::new();
    let root = desk.root();
    let path = root.join(".mcp.json");
    let mut mcp: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    mcp["mcpServers"]["book"] = serde_json::json!({ "command": python.to_str().unwrap(), "args": ["book.py"],
            "sandbox": { "write": ["booked.txt"] } });
    std::fs::write(root.join("booked.txt"), "").unwrap();
    std::fs::write(&path, mcp.to_string()).unwrap();
    std::fs::write(root.join("book.py"), SERVER).unwrap();
    std::fs::write(root.join("workflows/booking.md"), WORKFLOW).unwrap();
    let pin = ["mcp", "pin", "book.book", "--effect", "write", "--repeatable"];
    let said = desk.say(&[&pin[..], &["--as", "owner@example.com"]].concat());
    assert_eq!(said.code, 0, "{}", said.err);
    let said = desk.say(&["check", "booking"]);
    assert_eq!(said.code, 0, "{}", said.err);
    desk
}

#[test]
fn a_question_of_a_tool_waits_for_a_person_and_the_call_goes_on_once() {
    let desk = desk();
    let booked = || std::fs::read_to_string(desk.root().join("booked.txt")).unwrap_or_default();
    let said = desk.say(&["run", "booking", r#"{ "id": "c1" }"#]);
    assert_eq!(said.code, 3, "it waits: {}{}", said.out, said.err);
    assert_eq!(booked(), "");
    let said = desk.say(&["review", "list", "--json"]);
    let request = said.json().remove(0);
    let (run, form) = (request["run"].as_str().unwrap(), &request["request"]["form"]);
    assert_eq!(form["required"], serde_json::json!(["centre"]), "{request}");
    let shown = desk.say(&["review", "show", run]);
    for word in ["book.book", "Which cost centre pays c1?", "such as K-12", "answer.centre"] {
        assert!(shown.out.contains(word), "no `{word}` in {}", shown.out);
    }
    let clerk = |args: &[&str]| desk.say(&[args, &["--as", "clerk@example.com"]].concat());
    for (args, code) in [
        (&["review", "approve", run][..], 2),
        (&["review", "edit", run, "--set", "answer.copies=2"], 2),
        (&["review", "edit", run, "--set", "answer.centre=12"], 2),
        (&["review", "edit", run, "--set", "book.result=x"], 2),
        (&["review", "happened", run, "--yes"], 2),
    ] {
        let said = clerk(args);
        assert_eq!(said.code, code, "{args:?}: {}{}", said.out, said.err);
    }
    let owner = ["--as", "owner@example.com"];
    let answer = ["review", "edit", run, "--set", "answer.centre=K-12"];
    let said = desk.say(&[&answer[..], &owner].concat());
    assert_eq!(said.code, 4, "it is the clerk who is asked: {}", said.err);
    assert_eq!(booked(), "");
    let said = clerk(&answer);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(booked(), "c1 K-12 1\n", "once, and with what was proposed for the rest");
    let logs = desk.say(&["logs", run]);
    assert!(logs.out.contains("clerk@example.com answered"), "{}", logs.out);
}

#[test]
fn whoever_says_no_to_a_question_ends_the_case() {
    let desk = desk();
    desk.say(&["run", "booking", r#"{ "id": "c1" }"#]);
    let run = desk.say(&["review", "list", "--json"]).json().remove(0);
    let run = run["run"].as_str().unwrap();
    let no = ["review", "reject", run, "--reason", "not ours", "--as", "clerk@example.com"];
    let said = desk.say(&no);
    assert!(said.out.contains("rejected"), "{}{}", said.out, said.err);
    assert_eq!(std::fs::read_to_string(desk.root().join("booked.txt")).unwrap(), "");
}
