//! Whose call it is that an agent follows.

use journal::{Hash, Millis};
use plan::ids::ToolName;
use tokio::sync::mpsc;

use super::*;

#[test]
fn an_agent_follows_its_own_call_and_no_other() {
    let run = |n: u8| RunId::new(Millis(1), [n; 10]);
    let ask = |tool: &str, args: &str| ToolAsk {
        tool: ToolName::new(tool).unwrap(),
        digest: "".into(),
        args: args.as_bytes().into(),
        key: Hash([7; 32]),
        time_out_ms: 1,
        bytes_max: 1,
        answers: Vec::new(),
    };
    let call = |tool: &str| ToolCall {
        id: "call-1".to_owned(),
        tool: tool.to_owned(),
        args: r#"{ "a": 1, "b": 2 }"#.to_owned(),
    };
    let heard = Heard::default();
    let follows = |n, tool, args| heard.follower(run(n), &ask(tool, args)).is_some();
    for tool in ["bank__pay", "bank.pay"] {
        heard.follow(run(1), &call(tool), Some(mpsc::channel(1).0));
        assert!(follows(1, "bank.pay", r#"{"b":2,"a":1}"#));
        assert!(!follows(2, "bank.pay", r#"{"b":2,"a":1}"#), "of another run");
        assert!(!follows(1, "bank.ask", r#"{"b":2,"a":1}"#), "of another tool");
        assert!(!follows(1, "bank.pay", r#"{"b":2,"a":2}"#), "with other arguments");
    }
    heard.follow(run(1), &call("bank__ask"), None);
    assert!(!follows(1, "bank.pay", r#"{"b":2,"a":1}"#), "of an earlier one");
}
