//! The plan that guard's tests judge: the example's shape, with tools of every kind.

use plan::Plan;
use plan::ids::ReleaseId;
use plan::policy::Vocabulary;
use plan::workflow::Workflow;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What a test changes in the plan.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    None,
    /// Risk and autonomy.
    Risk(&'static str, &'static str),
    /// So many steps that pay back, each to an account of its own.
    Accounts(usize),
    NoPolicies,
    BrokenPolicy,
    BrokenContract,
    RemoteContract,
}

fn step(id: &str, does: &Value, on_failure: &Value) -> Value {
    json!({
        "id": id, "does": does, "next": "end", "text": "", "time_out_ms": 1000,
        "retry": {"times": 0, "first_ms": 0, "longest_ms": 0}, "on_failure": on_failure,
        "visits_max": 1, "inside": null,
    })
}

fn tool(effect: &str, reversible: bool, args: &[&str], roles: &Value) -> Value {
    let properties: serde_json::Map<_, _> =
        args.iter().map(|arg| ((*arg).to_owned(), json!({"type": "string"}))).collect();
    let required: Vec<_> = args.iter().filter(|arg| **arg != "note").collect();
    json!({
        "digest": "d", "description": "", "effect": effect, "reversible": reversible,
        "input": {"type": "object", "properties": properties, "required": required},
        "repeatable": false, "key_arg": null, "read_back": null, "trust": "trusted",
        "args": roles, "tags": [],
    })
}

fn field(name: &str, find: &str, optional: bool) -> Value {
    json!({"name": name, "find": find, "optional": optional, "called": []})
}

fn steps() -> Value {
    let stop = json!("stop");
    let clerk = json!({"ask": "finance_clerk"});
    let find = |columns: &Value| json!({"table": "suppliers", "by": columns});
    json!([
        step(
            "read",
            &json!({"agent": {
            "agent": "clerk", "given": [], "must_hold": [], "instructions": [], "repairs_max": 1,
            "work": {"copy": {"from": "case.text", "fields": [
                field("total", "money", false), field("date", "date", false),
                field("iban", "iban", false), field("order", "id", true)]}}}}),
            &clerk
        ),
        step(
            "match",
            &json!({"lookup": {"finds": {
                "order": find(&json!({"number": "read.order"})),
                "supplier": find(&json!({"iban": "read.iban", "name": "read.supplier"})),
            }}}),
            &stop
        ),
        step(
            "draft",
            &json!({"tool": {
            "tool": "erp.create_draft",
            "with": {"iban": {"path": "match.supplier.iban"}, "amount": {"path": "read.total"}},
            "backed_by": {
                "amount": {"fact": "match.order.amount", "within_minor": 2, "when": "match.order.received"},
                "supplier": {"fact": "match.order.supplier", "within_minor": 0, "when": "read.sure"},
            },
            "undo": "erp.delete_draft",
            "confirm": {"tool": "erp.get_draft", "with": {}, "holds": "result.status == 'draft'"},
            "gives": "unknown"}}),
            &clerk
        ),
        step(
            "answer",
            &json!({"agent": {
            "agent": "clerk", "given": [], "must_hold": [], "instructions": [], "repairs_max": 1,
            "work": {"answer": {
                "schema": {"type": "object", "properties": {"topic": {"enum": ["a", "b"]},
                    "iban": {"type": "string", "format": "iban"}, "n": {"type": "integer"}},
                    "required": ["topic"], "additionalProperties": false},
                "turns_max": 3,
                "shape": {"record": {"ok": "bool", "list": {"list": "int"},
                    "rate": {"optional": "decimal"}, "topic": {"optional": {"one_of": ["a", "b"]}}}},
                "tools": ["files.read", "files.unpinned", "mail.send", "mail.raw",
                    "mail.plain"]}}}}),
            &stop
        ),
    ])
}

fn workflow() -> Value {
    let mut unpinned = tool("read", true, &["path"], &json!({}));
    unpinned["digest"] = json!("");
    json!({
        "format": 1, "name": "invoice_intake", "purpose": "p", "accountable": "mara@acme.example",
        "override_by": "finance_lead", "risk": "high", "autonomy": "act_with_undo",
        "case": {"one": "file", "from": "outside", "fields": {}, "tags": []},
        "once_per": [], "steps": steps(), "first": "read", "exceptions": [],
        "limits": {"currency": "EUR",
            "case": {"cost_nanos": 1000, "tokens": 1000, "active_ms": 1000, "days": 1, "acts": 60},
            "day": {"cost_nanos": 1, "cases": 1, "amount": null}},
        "output": null, "people": {},
        "tables": {"suppliers": {"tool": "table.read_query", "name": "suppliers", "columns": {}, "tags": []}},
        "roles": {"finance_lead": [], "finance_clerk": []},
        "agents": {"clerk": {"description": "", "models": ["small"], "tools": []}},
        "models": {"small": {"vendor": "local", "model": "m", "can": [], "context_tokens": 1,
            "answer_tokens": 1, "price": {"input_nanos": 0, "cached_nanos": 0, "output_nanos": 0}}},
        "tools": {
            "erp.create_draft": tool("write", true, &["iban", "supplier", "amount", "note"],
                &json!({"amount": "amount", "iban": "destination", "supplier": "recipient"})),
            "erp.delete_draft": tool("delete", true, &["id"], &json!({"id": "selector"})),
            "erp.get_draft": tool("read", true, &["id"], &json!({})),
            "erp.pay": tool("pay", false, &["iban"], &json!({"iban": "destination"})),
            "erp.refund": tool("write", true, &["iban", "note"], &json!({"iban": "destination"})),
            "table.read_query": tool("read", true, &["query"], &json!({})),
            "files.read": tool("read", true, &["path"], &json!({})),
            "files.unpinned": unpinned,
            "mail.send": tool("send", false, &["to"], &json!({"to": "recipient"})),
            "mail.raw": tool("send", false, &["text"], &json!({})),
            "mail.plain": tool("write", false, &["text"], &json!({})),
        },
        "hours": {"days": [1], "from_minute": 0, "to_minute": 1, "zone": "UTC", "holidays": []},
        "policies": [], "children": {}, "baseline": null, "secrets": [],
    })
}

pub(super) fn sealed(workflow: &Workflow) -> Plan {
    let bytes = serde_json::to_vec(workflow).unwrap();
    Plan::open(ReleaseId(Sha256::digest(&bytes).into()), &bytes).unwrap()
}

pub(super) fn plan() -> Plan {
    with(Change::None)
}

/// The plan with further policy files.
pub(super) fn policies(plan: &Plan, files: &[&str]) -> Plan {
    let mut workflow = plan.workflow().clone();
    let files: Vec<_> = files.iter().map(|text| ("policies/a.cedar", *text)).collect();
    let (policies, problems) = plan::policy::read(&files, &Vocabulary::of([&workflow]));
    assert_eq!(problems, []);
    workflow.policies = policies;
    sealed(&workflow)
}

pub(super) fn with(change: Change) -> Plan {
    let mut json = workflow();
    if let Change::Risk(risk, autonomy) = change {
        json["risk"] = json!(risk);
        json["autonomy"] = json!(autonomy);
    }
    if let Change::Accounts(many) = change {
        let pay = |n: usize| {
            let with =
                json!({"iban": {"literal": format!("account {n}")}, "note": {"path": "read.note"}});
            let does = json!({"tool": {"tool": "erp.refund", "with": with, "backed_by": {},
                "undo": null, "confirm": null, "gives": "unknown"}});
            step(&format!("pay{n}"), &does, &json!("stop"))
        };
        let steps = json["steps"].as_array_mut().unwrap();
        steps.extend((0..many).map(pay));
    }
    let schema = match change {
        Change::BrokenContract => Some(json!({"type": "nothing"})),
        Change::RemoteContract => Some(json!({"$ref": "https://example.com/schema.json"})),
        _ => None,
    };
    if let Some(schema) = schema {
        json["steps"][3]["does"]["agent"]["work"]["answer"]["schema"] = schema;
    }
    let mut workflow: Workflow = serde_json::from_value(json).unwrap();
    let (policies, problems) = plan::policy::read(&[], &Vocabulary::of([&workflow]));
    assert_eq!(problems, []);
    workflow.policies = policies;
    match change {
        Change::NoPolicies => workflow.policies.clear(),
        Change::BrokenPolicy => workflow.policies[0].text.truncate(20),
        _ => {}
    }
    sealed(&workflow)
}
