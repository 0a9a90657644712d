//! One act and what goes wrong with it.

use journal::{Code, Failure, Form, Outcome, Part, Payload, Permit, Question, RunId, What};
use serde_json::json;

use super::matrix::{CRASHES, Crash, FAULTS, Fault, Matrix, possible};
use super::plans::Dice;
use crate::Event;
use crate::faults::{ERRORS, GARBAGE, RETRY_AFTER_MS};
use crate::rig::{Rig, world};

/// The kind of step, by the beginning of its id.
pub(crate) fn kind_of(step: &str) -> &'static str {
    let kind = step.split('_').next().unwrap_or_default();
    match kind {
        "copy" => "copy",
        "answer" => "answer",
        "tools" => "tools",
        "read" => "read",
        "create" => "create",
        "put" => "put",
        "post" => "post",
        "lookup" | "match" => "lookup",
        "decide" | "route" => "decide",
        "review" => "review",
        "each" => "each",
        "parallel" | "both" => "parallel",
        "wait" | "until" => "wait",
        "workflow" => "workflow",
        "last" | "odd" | "bad" => "end",
        other => panic!("a step of no kind: {other}"),
    }
}

/// The kind of an act: that of its step, or its part where that is no main one.
pub(crate) fn act_kind(rig: &Rig, permit: &Permit) -> &'static str {
    let allowed = &rig.truth.acts[&(permit.run(), permit.act())];
    match &allowed.what {
        What::Tool { part: Part::Confirm, .. } => "confirm",
        What::Tool { part: Part::Undo, .. } => "undo",
        What::Tool { part: Part::ReadBack, .. } => "readback",
        What::Tool { part: Part::Turn(_), .. } => "turn",
        What::Tool { .. } | What::Model { .. } | What::Notify { .. } => {
            kind_of(allowed.at.step.as_str())
        }
    }
}

fn failed(code: Code, retry_after_ms: Option<u64>) -> Result<std::sync::Arc<[u8]>, Failure> {
    Err(Failure { code, text: "a fault of the test".into(), retry_after_ms })
}

/// What a tool may ask of a person; now and then nothing, with a state to come back with.
fn question(dice: &mut Dice) -> Question {
    let wants = json!({
        "type": "object",
        "properties": {
            "colour": { "type": "string", "enum": ["red", "blue"] },
            "copies": { "type": "integer", "default": 1 },
        },
        "required": ["colour"],
    });
    let form = Form { name: "first".into(), says: "Which colour?".into(), wants };
    let forms = if dice.chance(100) { Vec::new() } else { vec![form] };
    Question { forms, state: dice.chance(500).then(|| "sealed".to_owned()) }
}

/// What an act comes to under a fault. The world is really changed where the fault says so.
fn suffer(rig: &mut Rig, dice: &mut Dice, permit: Permit, fault: Fault) -> (RunId, Event) {
    let (run, act) = (permit.run(), permit.act());
    let is_model = matches!(permit.payload(), Payload::Model(_));
    let held = rig.held(&permit);
    let mut usage = world::usage(permit.payload());
    let (result, certain) = match fault {
        Fault::None | Fault::Duplicate | Fault::Late => return rig.perform(permit),
        Fault::Error => {
            rig.truth.perform(run, act);
            usage = journal::Usage::default();
            let code = ERRORS[dice.below(if is_model { 4 } else { 5 })];
            let code = if is_model && dice.chance(100) { Code::VendorRefused } else { code };
            (failed(code, dice.chance(300).then_some(RETRY_AFTER_MS)), true)
        }
        Fault::Asks => {
            rig.truth.perform(run, act);
            usage = journal::Usage::default();
            (Err(Failure::asking(&question(dice))), dice.chance(500))
        }
        Fault::LostAnswer => {
            let (_, _) = rig.perform(permit);
            (failed(Code::TimedOut, None), false)
        }
        Fault::LostCall => {
            rig.truth.perform(run, act);
            (failed(Code::TimedOut, None), false)
        }
        Fault::Garbage => {
            let (_, _) = rig.perform(permit);
            (Ok(GARBAGE[dice.below(GARBAGE.len())].into()), true)
        }
    };
    let outcome = Outcome { result, usage, reported: None };
    (run, Event::Act { act, outcome, certain, held })
}

/// The fault and the death of one act. Each seed has a pair that it tries most, so that a few
/// thousand seeds reach every pair in every kind of step.
fn draw(dice: &mut Dice, focus: u64, kind: &str) -> (Fault, Crash) {
    let rare =
        matches!(kind, "confirm" | "readback" | "undo" | "create" | "review" | "end" | "post");
    let pair = if dice.chance(if rare { 550 } else { 180 }) {
        let focus = focus as usize;
        (FAULTS[focus % FAULTS.len()], CRASHES[focus / FAULTS.len() % CRASHES.len()])
    } else {
        let fault = if dice.chance(120) { FAULTS[dice.below(FAULTS.len())] } else { Fault::None };
        let crash = if dice.chance(40) { CRASHES[dice.below(CRASHES.len())] } else { Crash::Never };
        (fault, crash)
    };
    let drawn = possible(kind, pair.0, pair.1) && pair.1 != Crash::AfterCommit;
    if drawn { pair } else { (Fault::None, Crash::Never) }
}

/// Takes one permit and does what it permits, under a fault and perhaps with a death around it.
/// What arrives later goes into `out`.
pub(crate) fn act(
    rig: &mut Rig,
    dice: &mut Dice,
    matrix: &mut Matrix,
    out: &mut Vec<(RunId, Event, u32)>,
    faulty: bool,
    focus: u64,
) {
    let permit = rig.permits.remove(dice.below(rig.permits.len()));
    let kind = act_kind(rig, &permit);
    let (fault, crash) = if faulty { draw(dice, focus, kind) } else { (Fault::None, Crash::Never) };
    matrix.act(kind, fault, crash);
    if crash == Crash::BeforeAct {
        return rig.crash();
    }
    let (run, event) = suffer(rig, dice, permit, fault);
    match crash {
        Crash::Never | Crash::AfterCommit | Crash::BeforeAct => {
            let delay = if fault == Fault::Late { 5 + dice.below(40) as u32 } else { 0 };
            if fault == Fault::Duplicate {
                out.push((run, event.clone(), dice.below(10) as u32));
            }
            out.push((run, event, delay));
        }
        Crash::AfterAct => {
            if fault == Fault::Late {
                // The next driver gets an answer to a question of its predecessor.
                out.push((run, event, 1));
            }
            rig.crash();
        }
        Crash::BeforeAck => {
            rig.decide_and_forget(run, vec![event]);
            rig.crash();
        }
        Crash::AfterAck => {
            rig.wake(run, vec![event]);
            rig.crash();
        }
    }
}
