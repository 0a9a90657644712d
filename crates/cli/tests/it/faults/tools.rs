//! Tool servers that are not there, die, are slow, say no, or are not what was approved.

use serde_json::json;

use super::Night;
use super::ground::{Ground, LEAD, call, killed_during_a_call, map};
use crate::vendor::Vendor;

pub fn all(night: &mut Night) {
    let folder = tempfile::tempdir().unwrap();
    let encrypted = Vendor::encrypted(&folder.path().join("certificate.pem"));
    let confirm = "  - step: put
    tool: desk.put
    with: { what: { literal: yes } }
    confirm: { tool: desk.ask, with: { what: { literal: lost } }, gives: { came: text }, \
                   holds: \"result.came == 'kept'\" }
";
    let calls = [
        ("server_gone", "gone.ask", "yes"),
        ("tool_says_no", "desk.ask", "no"),
        ("server_dies", "desk.ask", "die"),
        ("tool_slow", "desk.ask", "hang"),
        ("tool_floods", "desk.ask", "flood"),
        ("tool_changed", "moved.ask", "yes"),
        ("certificate", "far.ask", "yes"),
    ];
    let mut maps: Vec<_> =
        calls.iter().map(|(name, tool, what)| map(name, &call(tool, what))).collect();
    let hangs = call("desk.put", "hang").replace("2 seconds", "10 minutes");
    let again = call("desk.ask", "yes").replace("step: call", "step: again");
    let again = again.replace("{ literal: yes }", "call.came");
    let lacking = format!("{}{again}", call("desk.ask", "odd"));
    maps.push(map("result_lacks_a_field", &lacking));
    maps.extend([map("not_confirmed", confirm), map("in_doubt", &hangs)]);
    let ground = Ground::new(&maps);
    ground.servers(&json!({
        "desk": { "command": "/usr/bin/python3", "args": ["desk.py", "once"] },
        "moved": { "command": "/usr/bin/python3", "args": ["desk.py", "otherwise"] },
        "gone": { "command": "no-such-program" },
        "far": { "type": "http", "url": encrypted.url().replace("/v1", "/mcp"),
            "allowPrivate": true },
    }));
    for (name, ..) in &calls {
        let run = ground.run(name);
        night.saw(name, ground.why(&run));
    }
    for name in ["result_lacks_a_field", "not_confirmed"] {
        let run = ground.run(name);
        night.saw(name, ground.why(&run));
    }
    let run = killed_during_a_call(&ground, "in_doubt");
    ground.told(&["run", "--open"], LEAD);
    night.saw("in_doubt", ground.why(&run));
}
