//! Policies: the schema, what is said of wrong files, and slices.

use serde_json::json;

use super::{Act, Fact, Mention, Policies, Ruling, Slice, Target, Vocabulary, read};
use crate::ids::{AgentName, ModelName, StepId, ToolName};
use crate::value::Money;
use crate::workflow::Workflow;

fn step(id: &str, does: &serde_json::Value) -> serde_json::Value {
    json!({
        "id": id, "does": does, "next": "end", "text": "", "time_out_ms": 1000,
        "retry": {"times": 0, "first_ms": 0, "longest_ms": 0}, "on_failure": "stop",
        "visits_max": 1, "inside": null,
    })
}

fn workflow(files: &[(&str, &str)]) -> Workflow {
    let draft = step(
        "draft",
        &json!({"tool": {
        "tool": "erp.create_draft", "with": {}, "backed_by": {}, "undo": null, "confirm": null,
        "gives": "unknown"}}),
    );
    let read_step = step(
        "read",
        &json!({"agent": {
        "agent": "clerk", "given": [], "must_hold": [], "instructions": [], "repairs_max": 1,
        "work": {"answer": {"schema": {}, "shape": "unknown", "tools": ["files.read"], "turns_max": 3}}}}),
    );
    let tool = |effect: &str, args: serde_json::Value, roles: serde_json::Value| {
        json!({"digest": "d", "description": "", "effect": effect, "reversible": true,
            "input": {"type": "object", "properties": args, "required": ["iban", "amount"]},
            "repeatable": false, "key_arg": null, "read_back": null, "trust": "trusted",
            "args": roles, "tags": []})
    };
    let mut workflow: Workflow = serde_json::from_value(json!({
        "format": 1, "name": "invoice_intake", "purpose": "p", "accountable": "mara@acme.example",
        "override_by": "finance_lead", "risk": "high", "autonomy": "act_with_undo",
        "case": {"one": "file", "from": "outside", "fields": {}, "tags": []},
        "once_per": [], "steps": [read_step, draft], "first": "read", "exceptions": [],
        "limits": {"currency": "EUR",
            "case": {"cost_nanos": 1, "tokens": 1, "active_ms": 1, "days": 1, "acts": 1},
            "day": {"cost_nanos": 1, "cases": 1, "amount": null}},
        "output": null, "tables": {}, "people": {}, "roles": {"finance_lead": []},
        "agents": {"clerk": {"description": "", "models": ["small"], "tools": []}},
        "models": {"small": {"vendor": "local", "model": "m", "can": [], "context_tokens": 1,
            "answer_tokens": 1, "price": {"input_nanos": 0, "cached_nanos": 0, "output_nanos": 0}}},
        "tools": {
            "erp.create_draft": tool("write", json!({"iban": {"type": "string"},
                "amount": {"type": "string"}, "note": {"type": "string"}, "lines": {"type": "object"}}),
                json!({"amount": "amount", "iban": "destination"})),
            "files.read": tool("read", json!({"path": {"type": "string"}}), json!({})),
        },
        "hours": {"days": [1], "from_minute": 0, "to_minute": 1, "zone": "UTC", "holidays": []},
        "policies": [], "children": {}, "baseline": null, "secrets": [],
    }))
    .unwrap();
    let (policies, problems) = read(files, &Vocabulary::of([&workflow]));
    assert_eq!(problems, []);
    workflow.policies = policies;
    workflow
}

const LARGE: &str = r#"
@id("large")
@ask("finance_lead")
forbid (principal, action == Action::"erp.create_draft", resource)
when { context.args.amount.minor > 500000 && context.args.amount.currency == "EUR" };
"#;

fn slice(workflow: &Workflow, step: &str, agent: Option<&str>, tool: Option<&str>) -> Slice {
    let step = StepId::new(step).unwrap();
    let agent = agent.map(|agent| AgentName::new(agent).unwrap());
    let (tool, model) = (tool.map(|t| ToolName::new(t).unwrap()), ModelName::new("small").unwrap());
    let target = tool.as_ref().map_or(Target::Model(&model), Target::Tool);
    let policies = Policies::parse(&workflow.policies).unwrap();
    Slice::of(workflow, &policies, Act { step: &step, agent: agent.as_ref(), target }).unwrap()
}

fn named(name: &str) -> std::sync::Arc<str> {
    name.into()
}

#[test]
fn the_schema_offers_what_the_tools_take() {
    let words = Vocabulary::of([&workflow(&[])]);
    assert!(words.schema().is_ok());
    insta::assert_snapshot!(words.schema_text());
}

#[test]
fn slices_decide_what_no_fact_can_change() {
    let plain = workflow(&[]);
    let model = slice(&plain, "read", Some("clerk"), None);
    assert_eq!(model.fixed(), Some(&Ruling::Permit(named("standard.declared_models"))));
    let declared = slice(&plain, "read", Some("clerk"), Some("files.read"));
    assert_eq!(declared.fixed(), Some(&Ruling::Permit(named("standard.declared_tools"))));
    let undeclared = slice(&plain, "draft", None, Some("files.read"));
    assert_eq!(undeclared.fixed(), Some(&Ruling::Silent));

    let effect = slice(&plain, "draft", None, Some("erp.create_draft"));
    assert_eq!(effect.fixed(), None);
    assert_eq!(effect.mentions(), [Mention::Untrusted]);
    let permit = Ruling::Permit(named("standard.declared_tools"));
    assert_eq!(effect.rule(&[Fact::Bool(false)]), permit);
    assert_eq!(effect.rule(&[Fact::Bool(true)]), Ruling::Forbid(named("standard.flow")));
    assert!(matches!(effect.rule(&[]), Ruling::Broken(_)));
    assert!(matches!(effect.rule(&[Fact::Text("no".into())]), Ruling::Broken(_)));
    assert!(matches!(effect.rule(&[Fact::Absent]), Ruling::Broken(_)));
}

#[test]
fn a_forbid_with_ask_asks_unless_a_harder_one_forbids() {
    let asking = workflow(&[("policies/a.cedar", LARGE)]);
    let draft = slice(&asking, "draft", None, Some("erp.create_draft"));
    assert_eq!(draft.mentions(), [Mention::Arg("amount".into()), Mention::Untrusted]);
    let amount = |text| Fact::Amount(Money::parse(text).unwrap());
    let lead = crate::ids::RoleId::new("finance_lead").unwrap();
    for (facts, expected) in [
        ([amount("5000 EUR"), Fact::Bool(false)], Ruling::Permit(named("standard.declared_tools"))),
        ([amount("5000.01 EUR"), Fact::Bool(false)], Ruling::Ask(named("large"), lead)),
        ([amount("5000.01 EUR"), Fact::Bool(true)], Ruling::Forbid(named("standard.flow"))),
    ] {
        assert_eq!(draft.rule(&facts), expected);
    }
    // A policy on another act or step is not looked at.
    assert_eq!(slice(&asking, "read", Some("clerk"), Some("files.read")).mentions(), []);

    let risk = r#"
        forbid (principal in Workflow::"invoice_intake", action == Action::"files.read",
                resource in Server::"files") when { context.risk_level >= 3 };"#;
    let risky = workflow(&[("p.cedar", risk)]);
    let read = slice(&risky, "read", Some("clerk"), Some("files.read"));
    assert_eq!(read.fixed(), Some(&Ruling::Forbid(named("p.1"))));
}

#[test]
fn says_what_is_wrong_in_a_file() {
    let words = Vocabulary::of([&workflow(&[])]);
    let cases = [
        "permit (principal, action, resource)",
        "forbid (principal, action == Action::\"erp.create_daft\", resource);",
        "forbid (principal, action == Action::\"erp.create_draft\", resource) when { context.args.amuont.minor > 5 };",
        "forbid (principal, action == Action::\"erp.create_draft\", resource) when { context.args.amount > 5 };",
        "forbid (principal, action == Action::\"erp.create_draft\", resource) when { context.args.note == \"x\" };",
        "forbid (principal == Agnt::\"a\", action, resource);",
        "// who\n@ask(\"nobody\")\nforbid (principal, action, resource);",
        "@ask(\"finance_lead\")\npermit (principal, action, resource);",
        "@owner(\"me\")\nforbid (principal, action, resource);",
        "forbid (principal == ?principal, action, resource);",
        "forbid (principal, action, resource) when { context == {} };",
        "@id(\"standard.flow\")\nforbid (principal, action, resource);",
        "permit (principal, action, resource) when { 1 == 2 };",
    ];
    let said: Vec<_> = cases
        .iter()
        .map(|text| {
            let (_, problems) = read(&[("policies/a.cedar", text)], &words);
            assert!(!problems.is_empty(), "{text}");
            let lines = problems
                .iter()
                .map(|p| format!("  {} {}: {}\n    {}", p.file, p.offset, p.what, p.fix));
            format!("{text}\n{}", lines.collect::<Vec<_>>().join("\n"))
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn a_policy_that_cannot_be_read_makes_no_slice() {
    let mut broken = workflow(&[("policies/a.cedar", LARGE)]);
    broken.policies[3].text.truncate(40);
    assert!(Policies::parse(&broken.policies).is_err());
}

/// Many policies that look at the same things are first tried as one: it must never hide one that
/// holds or errs.
#[test]
fn many_policies_at_once_say_what_each_says_alone() {
    let one = |n: u32, condition: &str| {
        format!(
            "@id(\"p{n}\") forbid (principal, action == Action::\"erp.create_draft\", resource) {condition};"
        )
    };
    let files = [
        one(
            1,
            "when { context.args.amount.minor > 100 } unless { context.args.amount.minor > 200 }",
        ),
        one(2, "when { context.args.amount.minor * 4611686018427387904 == 1 }"),
        one(3, "unless { context.args.amount.currency == \"EUR\" }"),
        one(
            4,
            "when { context.args.amount.minor > 1000 } when { context.args.amount.minor > 2000 }",
        ),
    ];
    let all = workflow(&[("a.cedar", &files.concat())]);
    let draft = slice(&all, "draft", None, Some("erp.create_draft"));
    for (amount, expected) in [
        ("0.01 EUR", "Permit"),
        ("0 EUR", "Permit"),
        ("0 USD", "p3"),
        ("1.50 EUR", "Broken"),
        ("-0.01 EUR", "Permit"),
        ("25 EUR", "Broken"),
    ] {
        let facts = [Fact::Amount(Money::parse(amount).unwrap()), Fact::Bool(false)];
        let said = format!("{:?}", draft.rule(&facts));
        assert!(said.contains(expected), "{amount}: {said}");
    }
    let without: String = [0, 2, 3].map(|n: usize| files[n].clone()).concat();
    let all = workflow(&[("a.cedar", &without)]);
    let draft = slice(&all, "draft", None, Some("erp.create_draft"));
    for (amount, expected) in
        [("1 EUR", "Permit"), ("1.50 EUR", "p1"), ("3 EUR", "Permit"), ("25 EUR", "p4")]
    {
        let facts = [Fact::Amount(Money::parse(amount).unwrap()), Fact::Bool(false)];
        let said = format!("{:?}", draft.rule(&facts));
        assert!(said.contains(expected), "{amount}: {said}");
    }
}

#[test]
fn a_thousand_policies_about_one_act_need_no_more_stack_than_one() {
    let many = || {
        let one = |n: u32| {
            format!(
                "@id(\"p{n}\") forbid (principal, action == Action::\"erp.create_draft\", resource) \
                 when {{ context.args.amount.minor == {} }};",
                n + 1_000
            )
        };
        let text: String = (0..1_000).map(one).collect();
        let all = workflow(&[("a.cedar", &text)]);
        let draft = slice(&all, "draft", None, Some("erp.create_draft"));
        let said = |amount: &str| {
            let facts = [Fact::Amount(Money::parse(amount).unwrap()), Fact::Bool(false)];
            format!("{:?}", draft.rule(&facts))
        };
        assert!(said("10.00 EUR").contains("p0") && said("19.99 EUR").contains("p999"));
        assert!(said("20.00 EUR").contains("Permit"));
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(many).unwrap().join().unwrap();
}
