//! Tagged data on its way to a model, in a policy's eyes, and links that nobody gave.

use journal::{Label, Source, Usage};
use plan::ids::{FieldName, ModelName, PersonId};
use plan::workflow::Leave;
use serde_json::json;

use super::{draft, judged, knowing, plans, tagged};
use crate::ask::Act;
use crate::links;

fn leave(until: &str) -> Leave {
    let by = PersonId::new("mara@acme.example").unwrap();
    Leave { by, until: until.to_owned(), reason: "agreed".to_owned() }
}

/// A conversation with personal data, to a model that runs here or elsewhere, with leave or not.
pub(super) fn models() {
    let mut personal = Label::from(Source::Outside);
    personal.tags.insert(FieldName::new("personal").unwrap());
    let allowed = "allow cedar:standard.declared_models";
    let asked = "ask finance_clerk tags:personal";
    for (here, until, expected) in [
        (true, None, allowed),
        (false, None, asked),
        (false, Some("2026-11-27"), allowed),
        (false, Some("2026-11-26"), asked),
        // What is no day never comes to hold.
        (false, Some("9999"), asked),
        (false, Some(""), asked),
    ] {
        let mut workflow = plans::plan().workflow().clone();
        let small = ModelName::new("small").unwrap();
        let model = workflow.models.get_mut(&small).unwrap();
        model.here = here;
        let tag = FieldName::new("personal").unwrap();
        model.takes = until.map(|until| (tag, leave(until))).into_iter().collect();
        let plan = plans::sealed(&workflow);
        let texts = &["a"];
        let reserve = Usage::default();
        let act = Act::Model { model: &small, label: &personal, texts, reserve };
        assert_eq!(judged(&knowing(&plan), &plan, "read", act), expected, "{here} {until:?}");
    }
}

/// A policy sees a tag beside the sources, under a name that no source has.
pub(super) fn policies() {
    let forbid = "@id(\"no_personal\") forbid (principal, action == Action::\"erp.create_draft\", \
                  resource) when { context.labels has note && context.labels.note.contains(\"tag:personal\") };";
    let mut workflow = plans::plan().workflow().clone();
    let create = plan::ids::ToolName::new("erp.create_draft").unwrap();
    let tool = workflow.tools.get_mut(&create).unwrap();
    tool.takes.insert(FieldName::new("personal").unwrap(), leave("2999-12-31"));
    let plan = plans::policies(&plans::sealed(&workflow), &[forbid]);
    let guard = knowing(&plan);
    let call = draft();
    let n = call.args.iter().position(|arg| arg.name == "note").unwrap();
    let allowed = call.judged(&guard, &plan);
    assert!(allowed.starts_with("allow"), "{allowed}");
    assert_eq!(tagged(call, n).judged(&guard, &plan), "refuse cedar:no_personal Refused");
}

pub(super) fn strangers() {
    assert_eq!(links::strange(&json!("https://evil.example"), &["x"]), ["https://evil.example"]);
}
