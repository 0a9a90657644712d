//! The workflows whose requests are played: one for each thing that people are asked about.

use std::rc::Rc;

use serde_json::json;

use super::super::{engine, tampered};
use crate::Engine;

/// What the one request of a workflow is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Step,
    Act,
    Question,
    Failure,
    InDoubt,
}

/// A workflow whose one effect waits for one request.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) about: About,
    pub(super) engine: Rc<Engine>,
    /// Who may answer first, beside them, second and never.
    pub(super) first: &'static str,
    pub(super) mate: Option<&'static str>,
    pub(super) barred: &'static str,
    /// Whether those of the first role answer for the workflow too.
    pub(super) steers: bool,
    pub(super) needs: usize,
    /// Whether others are asked when these pass it on or do not answer.
    pub(super) passes: bool,
    pub(super) effect: &'static str,
    /// The argument that is looked at, as it is asked about and as it is edited to.
    pub(super) argument: &'static str,
    pub(super) values: [&'static str; 2],
}

const BOSS: &str = "{ ask: boss, within: 2 working hours, then: stop }";
const TWO: &str = "      approvals: 2\n";
pub(super) const SECOND: &str = "bo@x.example";

pub(super) fn kinds() -> Vec<Kind> {
    let step = |more: &str, late: &str| {
        let steps = "  - step: look
    review:
      by: lead
      never_by: [ starter, owner ]
      MORE
      question: Right?
      show: [ case ]
      may_edit: [ case.code ]
      within: 8 working hours
      late: LATE
      if_rejected: { then: stop }
  - step: pay
    tool: erp.create
    with: { supplier: case.code, amount: case.amount, currency: { literal: EUR } }
";
        steps.replace("      MORE\n", more).replace("LATE", late)
    };
    let act = engine(
        "",
        "  - step: match
    lookup:
      supplier: { in: suppliers, where: { name: case.name, code: case.code } }
      order: { in: orders, where: { order: case.order } }
  - step: pay
    tool: erp.create
    with: { supplier: match.supplier.payee, amount: match.order.amount, currency: { literal: EUR } }
",
    );
    let agent = engine(
        "",
        "  - step: work
    agent: clerk
    given: [ case.text ]
    answer: { note: text }
    tools: [ web.query, erp.send ]
    turns: 6
",
    );
    // Where it is in doubt it is sent again under its key, so that nobody is asked about that.
    let repeats = |engine: &Engine, tool: &str| {
        tampered(engine, |workflow| workflow["tools"][tool]["repeatable"] = json!(true))
    };
    let agent = repeats(&agent, "erp.send");
    let failing = engine(
        "",
        "  - { step: ask, tool: web.query, with: { q: case.name }, gives: { text: text }, \
         on_failure: { ask: clerk } }
  - { step: post, tool: erp.post, with: { name: case.name }, gives: { id: text } }
",
    );
    let posting = engine(
        "",
        "  - { step: post, tool: erp.post, with: { name: case.name }, gives: { id: text }, \
         on_failure: { ask: clerk } }
",
    );
    let (failing, asking) = (repeats(&failing, "erp.post"), repeats(&posting, "erp.post"));
    let lead = |name, engine, needs| Kind {
        name,
        about: About::Step,
        engine,
        first: "lea@x.example",
        mate: Some("leo@x.example"),
        barred: "olga@x.example",
        steers: true,
        needs,
        passes: needs == 1,
        effect: "erp.create",
        argument: "supplier",
        values: ["A1", "B2"],
    };
    let clerk = |name, about, engine, effect, argument, value| Kind {
        name,
        about,
        engine,
        first: "cem@x.example",
        mate: (about != About::Act).then_some("cia@x.example"),
        barred: if about == About::Act { "cia@x.example" } else { "nobody@x.example" },
        steers: false,
        needs: 1,
        passes: false,
        effect,
        argument,
        values: [value, ""],
    };
    vec![
        lead("a step of the map", engine("", &step("", BOSS)), 1),
        lead("a step where two must agree", engine("", &step(TWO, "{ then: stop }")), 2),
        clerk("an act that guard holds back", About::Act, act, "erp.create", "supplier", "S1"),
        clerk("one call of an agent", About::Act, agent, "erp.send", "to", "a@b.c"),
        clerk("a question of a tool", About::Question, asking, "erp.post", "name", "Acme"),
        clerk("a step that failed", About::Failure, failing, "erp.post", "name", "Acme"),
        clerk("an act in doubt", About::InDoubt, posting, "erp.post", "name", "Acme"),
    ]
}
