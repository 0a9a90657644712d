//! Limits that are used up, policies that refuse, and agents that come no further.

use std::fs;

use serde_json::json;

use super::Night;
use super::ground::{Ground, LIMITS, LOOK, call, map, map_with};
use super::models::{model, sort};
use crate::vendor::{Vendor, calls, said};

/// An agent that may use a tool.
fn working(agent: &str, turns: usize) -> String {
    format!("{}    tools: [ desk.ask ]\n    turns: {turns}\n", sort(agent))
        .replace("2 seconds", "1 minute")
}

pub fn all(night: &mut Night) {
    let fine = Vendor::new(|_| said(&json!({ "topic": "billing" }).to_string()));
    let same = Vendor::new(|_| calls("desk__ask", &json!({ "what": "yes" })));
    let others = Vendor::new(|asked| {
        calls("desk__ask", &json!({ "what": format!("what {}", asked.results.len()) }))
    });
    let limited = |name: &'static str, steps: &str, to: &str| map_with(name, steps, LIMITS, to);
    let maps = [
        limited(
            "cost_of_a_case",
            &sort("dear"),
            &LIMITS.replace("cost: 9 EUR, t", "cost: 0.01 EUR, t"),
        ),
        limited("tokens_of_a_case", &sort("fine"), &LIMITS.replace("90000", "10")),
        limited(
            "acts_of_a_case",
            &format!(
                "{}{}",
                call("desk.ask", "yes"),
                call("desk.ask", "yes").replace("call\n", "again\n")
            ),
            &LIMITS.replace("acts: 40", "acts: 1"),
        ),
        limited("cost_of_the_day", &sort("dear"), &LIMITS.replace("900 EUR", "0.01 EUR")),
        limited("cases_of_the_day", LOOK, &LIMITS.replace("cases: 99", "cases: 1")),
        limited("cases_of_the_hour", LOOK, &LIMITS.replace("} }", "}, hour: { cases: 1 } }")),
        limited("too_many_wait", LOOK, &LIMITS.replace("} }", "}, waiting: 1 }")),
        map("same_call_again", &working("same", 8)),
        map("turns", &working("others", 3)),
        map("policy_refuses", &call("desk.put", "yes")),
    ];
    let ground = Ground::new(&maps);
    model(&ground, "fine", "fine", &fine.url(), "");
    model(&ground, "same", "same", &same.url(), "");
    model(&ground, "others", "others", &others.url(), "");
    let price = "    price: { input: 9000 EUR, output: 9000 EUR }\n";
    model(&ground, "dear", "dear", &fine.url(), price);
    let policies = ground.root().join("policies");
    fs::create_dir_all(&policies).unwrap();
    let policy = "permit (principal, action, resource);\n@id(\"no_put\")\nforbid (principal in \
                  Workflow::\"policy_refuses\", action == Action::\"desk.put\", resource);\n";
    fs::write(policies.join("night.cedar"), policy).unwrap();
    for name in [
        "cost_of_a_case",
        "tokens_of_a_case",
        "acts_of_a_case",
        "cost_of_the_day",
        "same_call_again",
        "turns",
        "policy_refuses",
    ] {
        let run = ground.run(name);
        night.saw(name, ground.why(&run));
    }
    for name in ["cases_of_the_day", "cases_of_the_hour", "too_many_wait"] {
        ground.run(name);
        let said = ground.start(name, "another", &[]);
        assert_ne!(said.code, 0, "{name}: {}{}", said.out, said.err);
        let mut seen = ground.why_at_all();
        seen.said.retain(|said| said.names.contains(&format!("`{name}`")));
        night.saw(name, seen);
    }
}
