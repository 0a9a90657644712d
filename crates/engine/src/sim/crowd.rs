//! The people of the simulation: they answer what they are asked, rightly or not, or not at all.
//! Whether an effect in doubt happened they find out truly.

use journal::{About, Order, Reply, ReviewNo, RunId};
use plan::ids::{PersonId, RoleId};
use serde_json::json;

use super::matrix::Matrix;
use super::plans::Dice;
use crate::rig::Rig;

fn person(name: &str) -> PersonId {
    PersonId::new(name).unwrap()
}

/// Somebody who holds a role and did not start the case.
fn holder(role: &RoleId, dice: &mut Dice) -> PersonId {
    let names: &[&str] = match role.as_str() {
        "lead" => &["lea@x.example", "leo@x.example"],
        "clerk" => &["cia@x.example", "cem@x.example"],
        _ => &["bo@x.example"],
    };
    person(names[dice.below(names.len())])
}

/// One open question, if there is any.
fn question(rig: &Rig, dice: &mut Dice) -> Option<(RunId, ReviewNo, About, RoleId)> {
    let mut all = Vec::new();
    for (run, held) in &rig.runs {
        for (no, review) in &held.control.reviews {
            all.push((*run, *no, review.about.clone(), review.by.clone()));
        }
    }
    if all.is_empty() { None } else { Some(all.swap_remove(dice.below(all.len()))) }
}

/// A person answers one question. With `kind`, in the way that lets the case go on.
pub(crate) fn answer(rig: &mut Rig, dice: &mut Dice, matrix: &mut Matrix, kind: bool) -> bool {
    let Some((run, review, about, role)) = question(rig, dice) else { return false };
    let mut who = holder(&role, dice);
    // Whoever took it up is the one who answers, sooner or later.
    if kind && let Some((holder, _)) = &rig.runs[&run].control.reviews[&review].claim {
        who = holder.clone();
    }
    if !kind && dice.chance(60) {
        matrix.reply("claim");
        let reply = if dice.chance(700) { Reply::Claim } else { Reply::Release };
        rig.post(run, Order::Review { who, review, reply });
        return true;
    }
    if !kind && dice.chance(60) {
        matrix.reply("stands_in");
        rig.stands_for = vec![who];
        who = person(["bo@x.example", "nobody@x.example", "cia@x.example"][dice.below(3)]);
    }
    if !kind && dice.chance(120) {
        who = person(["bo@x.example", "nobody@x.example", "cia@x.example"][dice.below(3)]);
        matrix.reply("wrong_person");
    }
    if !kind && dice.chance(80) {
        matrix.reply("escalate");
        let to = RoleId::new(["boss", "lead", "no_such_role"][dice.below(3)]).unwrap();
        let reply = Reply::Escalate { to, reason: "not mine".into() };
        rig.post(run, Order::Review { who, review, reply });
        return true;
    }
    let reply = match &about {
        About::InDoubt { act } => {
            let key = rig.truth.acts[&(run, *act)].key;
            let yes = rig.world.happened(key);
            matrix.reply(if yes { "happened" } else { "not_happened" });
            Reply::Happened { yes }
        }
        About::Question { .. } if kind || dice.chance(700) => {
            let right = kind || dice.chance(700);
            matrix.reply(if right { "answered" } else { "bad_answer" });
            let colour = if right { "\"red\"" } else { "\"green\"" };
            Reply::Edit { values: vec![("answer.colour".to_owned(), colour.to_owned())] }
        }
        About::Act { .. } if kind || dice.chance(700) => {
            matrix.reply("act_approved");
            Reply::Approve
        }
        About::Step { .. } if kind || dice.chance(500) => {
            matrix.reply("approve");
            Reply::Approve
        }
        About::Step { .. } if dice.chance(600) => {
            matrix.reply("edit");
            let money = json!({ "currency": "EUR", "minor": 9_000 });
            let values =
                [("case.name", json!("Bolt")), ("case.amount", money), ("case.text", json!(1))];
            let (path, value) = &values[dice.below(3)];
            Reply::Edit { values: vec![((*path).to_owned(), value.to_string())] }
        }
        About::Failure { .. } => return failure(rig, dice, matrix, run, review, who, kind),
        About::Step { .. } | About::Act { .. } | About::Question { .. } => {
            matrix.reply("reject");
            Reply::Reject { reason: "no".into() }
        }
    };
    let order = Order::Review { who, review, reply };
    rig.post(run, order.clone());
    if !kind && dice.chance(200) {
        matrix.reply("duplicate");
        rig.post(run, order);
    }
    true
}

fn failure(
    rig: &mut Rig,
    dice: &mut Dice,
    matrix: &mut Matrix,
    run: RunId,
    review: ReviewNo,
    who: PersonId,
    kind: bool,
) -> bool {
    let order = match dice.below(if kind { 3 } else { 4 }) {
        0 if !kind => {
            let held = &rig.runs[&run].control;
            let items = &held.live[&held.reviews[&review].at].children;
            matrix.reply(if items.failed.is_empty() { "retry" } else { "retry_items" });
            Order::Retry { who }
        }
        1 if !kind => {
            let step = rig.runs[&run].control.reviews[&review].at.step.clone();
            let values = [
                (format!("{step}.note"), "\"by hand\"".to_owned()),
                (format!("{step}.topic"), "\"a\"".to_owned()),
            ];
            Order::Review { who, review, reply: Reply::Edit { values: values.to_vec() } }
        }
        2 if !kind => {
            let reply = Reply::Reject { reason: "hopeless".into() };
            Order::Review { who, review, reply }
        }
        _ => {
            matrix.reply("skip");
            Order::Skip { who, reason: "not needed".into() }
        }
    };
    rig.post(run, order);
    true
}
