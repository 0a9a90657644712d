//! The example workspace of the repository is a plan without problems.

use std::collections::BTreeMap;
use std::path::Path;

use plan::Files;
use plan::ids::{PersonId, ToolName};
use plan::lock::{Approval, Definition, Lock, Pinned};
use plan::workflow::{ArgRole, Effect, Trust};
use serde_json::json;

use crate::folder;

fn example() -> Files {
    folder::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/back-office"))
}

#[test]
fn the_example_has_no_problems() {
    let mut files = example();
    if files.get("mcp.lock").is_none() {
        files.insert("mcp.lock", &pins().render().unwrap());
    }
    let checked = plan::check_all(&files);
    assert!(checked.problems.is_empty(), "\n{}", checked.problems.render(&files, false));
    for plan in checked.plans.values() {
        let opened = plan::Plan::open(plan.release(), plan.canonical()).unwrap();
        assert_eq!(opened.workflow(), plan.workflow());
        assert_eq!(opened.canonical(), plan.canonical());
    }
}

#[test]
fn every_example_is_in_its_form() {
    for name in ["back-office", "inbox", "research-desk"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name);
        let files = folder::read(&root);
        for path in plan::formed(&files) {
            let new = plan::fmt(&files, path).unwrap_or_else(|problems| panic!("{problems}"));
            let old = files.get(path).unwrap();
            assert_eq!(new.as_deref(), Some(&**old), "`flightdeck fmt` changes {name}/{path}");
        }
    }
}

/// With the amount's fact taken out, and with the account taken from the document, the check
/// says so: nothing of this kind is left to the reviewer of a workflow.
#[test]
fn the_example_without_its_facts_is_refused() {
    let mut files = example();
    if files.get("mcp.lock").is_none() {
        files.insert("mcp.lock", &pins().render().unwrap());
    }
    let name = "workflows/invoice_intake.md";
    let text = files.get(name).unwrap().to_string();
    for (old, new) in [
        ("iban: match.supplier.iban", "iban: read.iban"),
        ("fact: match.order.amount", "fact: read.total"),
    ] {
        let mut changed = files.clone();
        assert!(text.contains(old), "{old}");
        changed.insert(name, &text.replacen(old, new, 1));
        let problems = plan::check(&changed, "invoice_intake").unwrap_err();
        let found: Vec<&str> = problems.iter().map(|problem| problem.code.id).collect();
        assert_eq!(found, ["FD-P407"], "{problems}");
    }
}

/// What the tools of the example may do, while the workspace has no pins of its own.
fn pins() -> Lock {
    let text = json!({ "type": "string" });
    let one =
        |name: &str| json!({ "type": "object", "properties": { name: text }, "required": [name] });
    let draft = json!({
        "type": "object",
        "properties": {
            "status": text, "supplier": text, "iban": text, "amount": text, "currency": text, "number": text
        },
        "required": ["supplier", "iban", "amount", "currency", "number"]
    });
    let drafted = BTreeMap::from([
        ("iban".to_owned(), ArgRole::Destination),
        ("amount".to_owned(), ArgRole::Amount),
    ]);
    let none = BTreeMap::new;
    let tools = [
        ("documents.read_document", one("path"), Effect::Read, Trust::Untrusted, none()),
        ("table.read_query", one("query"), Effect::Read, Trust::Trusted, none()),
        ("erp.create_draft", draft.clone(), Effect::Write, Trust::Trusted, drafted),
        ("erp.get_draft", one("id"), Effect::Read, Trust::Trusted, none()),
        ("erp.delete_draft", one("id"), Effect::Delete, Trust::Trusted, none()),
    ];
    let mut lock = Lock::default();
    for (name, input, effect, trust, args) in tools {
        let name = ToolName::new(name).unwrap();
        let output = (name.tool() == "get_draft").then(|| draft.clone());
        let definition = Definition { title: None, description: name.to_string(), input, output };
        let pinned = Pinned {
            digest: definition.digest(name.tool()).unwrap(),
            definition,
            effect: Some(effect),
            reversible: effect == Effect::Write,
            repeatable: effect == Effect::Read,
            key_arg: None,
            read_back: None,
            trust,
            args,
            tags: Vec::new(),
            takes: Default::default(),
            approved: Approval {
                by: PersonId::new("ada@larkfield.example").unwrap(),
                on: "2026-11-02".to_owned(),
                reason: None,
            },
        };
        lock.tools.insert(name, pinned);
    }
    lock
}
