//! What an agent's answer may raise, and what it may not.

use plan::ids::StepId;
use plan::workflow::{Does, Exception, Work};
use serde_json::{Value, json};

use super::knowing;
use super::plans::{plan, sealed};
use crate::judge::{Guard, Said};

pub(super) fn exceptions() {
    let mut workflow = plan().workflow().clone();
    let go = StepId::new("read").unwrap();
    let when = Some(plan::expr::Expr::parse("true").unwrap());
    for (what, when) in [("strange", when), ("credit note", None), ("a reminder", None)] {
        workflow.exceptions.push(Exception { what: what.to_owned(), when, go: go.clone() });
    }
    let silent = sealed(&workflow);
    for step in &mut workflow.steps {
        if let Does::Agent(agent) = &mut step.does
            && let Work::Answer { may_raise, .. } = &mut agent.work
        {
            *may_raise = true;
        }
    }
    let plan = sealed(&workflow);
    let (guard, step) = (knowing(&plan), StepId::new("answer").unwrap());
    let check = |said: Value, expected: Option<Said>| {
        assert_eq!(guard.said(&plan, &step, &said.to_string()).ok(), expected, "{said}");
    };
    let answer = json!({ "topic": "a" });
    let raised = |exception, answer| Some(Said::Exception { exception, answer });
    check(json!({ "topic": "a" }), Some(Said::Answer(answer.clone())));
    check(json!({ "topic": "a", "exception": null }), Some(Said::Answer(answer.clone())));
    check(json!({ "topic": "a", "exception": "credit note" }), raised(1, Some(answer)));
    check(json!({ "exception": "a reminder" }), raised(2, None));
    check(json!({ "topic": "none", "exception": "a reminder" }), raised(2, None));
    // One that has a condition, one that nobody declared, a step, and what is no name at all.
    for name in ["strange", "Credit note", "read", ""] {
        check(json!({ "topic": "a", "exception": name }), None);
    }
    for wrong in [json!(1), json!(true), json!(["credit note"]), json!({ "credit note": 1 })] {
        check(json!({ "topic": "a", "exception": wrong }), None);
    }
    check(json!({}), None);
    check(json!(["credit note"]), None);
    check(json!("credit note"), None);
    let list = ["credit*".to_owned()];
    assert_eq!(crate::lists::held(&json!({ "a": "a CREDIT note" }), &list), ["credit*"]);
    assert!(crate::lists::held(&json!({ "a": "an invoice" }), &list).is_empty());
    let fenced = "```json\n{ \"exception\": \"credit note\" }\n```";
    assert_eq!(guard.said(&plan, &step, fenced).ok(), raised(1, None));
    // A step that may raise nothing, another release, and a guard that is closed.
    let named = json!({ "topic": "a", "exception": "credit note" }).to_string();
    assert!(knowing(&silent).said(&silent, &step, &named).is_err());
    assert!(guard.said(&silent, &step, &named).is_err());
    assert!(Guard::closed("broken").said(&plan, &step, &named).is_err());
}
