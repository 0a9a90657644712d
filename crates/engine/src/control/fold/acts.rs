//! What the records of acts mean: allowed, refused, over, in doubt, settled.

use journal::{ActNo, At, BodyRef, Code, Finish, Hash, Millis, Part, Usage, What};

use super::super::{
    Act, Asking, Control, Doubt, EffectDone, FoldError, Line, Slot, Trouble, Visit,
};

impl Control {
    pub(super) fn allow(
        &mut self,
        act: ActNo,
        place: &At,
        what: &What,
        key: Hash,
        reserve: Usage,
        since: Millis,
    ) -> Result<(), FoldError> {
        let epoch = self.epoch;
        let visit = self.visit(place)?;
        let slot = slot(what, visit);
        visit.in_doubt.remove(&slot);
        let held = visit.held.remove(&slot);
        if let (Slot::Turn(..), What::Tool { tool, args, .. }) = (slot, what) {
            visit.calls.push((tool.clone(), *args));
        }
        self.acts.insert(
            act,
            Act { at: place.clone(), slot, what: what.clone(), key, reserve, epoch, since, held },
        );
        self.acts_started = self.acts_started.max(act.0);
        self.reserved = self.reserved.plus(reserve);
        Ok(())
    }

    pub(super) fn refuse(&mut self, at: &At, code: Code, what: &What) -> Result<(), FoldError> {
        let visit = self.visit(at)?;
        match what {
            // An agent's own call that is refused is a result that the agent sees.
            // A question that may not be asked leaves the step as it is: a person finds out.
            What::Tool { part: Part::Turn(_) | Part::ReadBack, .. } => {}
            What::Tool { .. } | What::Model { .. } | What::Notify { .. } => {
                visit.refused = Some(code);
            }
        }
        Ok(())
    }

    pub(super) fn finish(
        &mut self,
        no: ActNo,
        outcome: &Finish,
        usage: Usage,
    ) -> Result<(), FoldError> {
        let act = self.acts.remove(&no).ok_or(FoldError::UnknownAct(no))?;
        self.reserved = less(self.reserved, act.reserve);
        self.used = self.used.plus(usage);
        match outcome {
            Finish::Ok { body } => {
                // A repeat under the same key is the call that was in doubt.
                let (at, key) = (&act.at, act.key);
                self.doubts.retain(|_, d| d.at != *at || d.slot != act.slot || d.key != key);
                self.happened(&act.at, &act.what, *body);
            }
            Finish::Unknown { .. } => self.doubt(no, &act),
            Finish::Error { .. } | Finish::Asked { .. } => {}
        }
        let Some(visit) = self.live.get_mut(&act.at) else { return Ok(()) };
        match outcome {
            Finish::Ok { body } => {
                visit.trouble = None;
                visit.unsure.remove(&act.slot);
                visit.asked.remove(&act.slot);
                match act.slot {
                    Slot::Model => visit.lines.push(Line::Answer(*body)),
                    Slot::Question(field, wording) => {
                        visit.answers.insert((field, wording), *body);
                    }
                    Slot::Turn(_, n) => visit.lines.push(Line::Result { n, body: *body }),
                    Slot::Main
                    | Slot::Confirm
                    | Slot::Undo
                    | Slot::ReadBack
                    | Slot::Lookup(_)
                    | Slot::Notify => {
                        visit.results.insert(act.slot, *body);
                    }
                }
            }
            Finish::Error { code: Code::Stopped, .. } => not_begun(visit, &act),
            Finish::Error { code, detail, retry_after_ms } => {
                let (detail, retry_after_ms) = (Some(*detail), *retry_after_ms);
                failed(visit, &act, Trouble { code: *code, detail, retry_after_ms });
            }
            Finish::Asked { question } => asks(visit, &act, *question),
            Finish::Unknown { .. } => {
                unused(visit, &act);
                visit.unsure.insert(act.slot);
                visit.in_doubt.insert(act.slot, (no, act.what));
            }
        }
        Ok(())
    }

    pub(super) fn in_doubt(&mut self, no: ActNo) -> Result<(), FoldError> {
        let act = self.acts.remove(&no).ok_or(FoldError::UnknownAct(no))?;
        self.reserved = less(self.reserved, act.reserve);
        // Nobody knows what it cost, so it counts as its worst case.
        self.used = self.used.plus(act.reserve);
        self.doubt(no, &act);
        if let Some(visit) = self.live.get_mut(&act.at) {
            unused(visit, &act);
            visit.unsure.insert(act.slot);
            visit.in_doubt.insert(act.slot, (no, act.what));
        }
        Ok(())
    }

    fn doubt(&mut self, no: ActNo, act: &Act) {
        if let What::Tool { part: Part::Main | Part::Turn(_), .. } = &act.what {
            let (at, slot, what, key) = (act.at.clone(), act.slot, act.what.clone(), act.key);
            self.doubts.insert(no, Doubt { at, slot, what, key });
        }
    }

    fn happened(&mut self, at: &At, what: &What, result: BodyRef) {
        if let What::Tool { tool, args, part: Part::Main | Part::Turn(_) } = what {
            let (at, tool, args) = (at.clone(), tool.clone(), *args);
            self.effects.push(EffectDone { at, tool, args, result, undone: None });
        }
    }

    pub(super) fn settled(
        &mut self,
        at: &At,
        no: ActNo,
        happened: Option<BodyRef>,
    ) -> Result<(), FoldError> {
        let known = self.doubts.remove(&no);
        if let Some(doubt) = &known {
            // Others under the same key are the same call.
            self.doubts.retain(|_, d| d.at != doubt.at || d.key != doubt.key);
        }
        let known = known.map(|doubt| (doubt.slot, doubt.what));
        let visit = self.visit(at)?;
        let found = visit.in_doubt.iter().find(|(_, (act, _))| *act == no);
        let found = found.map(|(slot, (_, what))| (*slot, what.clone()));
        let Some((slot, what)) = known.or(found) else {
            return Err(FoldError::UnknownAct(no));
        };
        visit.unsure.remove(&slot);
        visit.in_doubt.remove(&slot);
        visit.in_doubt.remove(&Slot::ReadBack);
        visit.results.remove(&Slot::ReadBack);
        visit.trouble = None;
        if let Some(no) = visit.review.take() {
            self.reviews.remove(&no);
        }
        if let Some(body) = happened {
            self.happened(at, &what, body);
        }
        if self.ending.is_some() && slot != Slot::Undo {
            // The visit was there for the question only.
            self.live.remove(at);
            return Ok(());
        }
        let Some(body) = happened else { return Ok(()) };
        let visit = self.visit(at)?;
        match slot {
            Slot::Turn(_, n) => visit.lines.push(Line::Result { n, body }),
            _ => {
                visit.results.insert(slot, body);
            }
        }
        Ok(())
    }
}

/// A person said yes to exactly this act, and it is not known to have happened: should the plan try
/// it again, that is what was approved, and nobody is asked twice.
fn unused(visit: &mut Visit, act: &Act) {
    if let Some(review) = act.held {
        visit.held.insert(act.slot, review);
    }
}

/// It is as if this had not been called: a stop came first, or a question has to be answered
/// before; the same is called once more.
fn not_begun(visit: &mut Visit, act: &Act) {
    unused(visit, act);
    if let (Slot::Turn(..), What::Tool { tool, args, .. }) = (act.slot, &act.what) {
        let last = visit.calls.iter().rposition(|(t, a)| t == tool && a == args);
        last.map(|n| visit.calls.remove(n));
    }
}

/// What was called failed, and certainly had no effect.
fn failed(visit: &mut Visit, act: &Act, trouble: Trouble) {
    let slot = act.slot;
    match (slot, trouble.detail) {
        (Slot::Turn(_, n), Some(body)) => visit.lines.push(Line::Result { n, body }),
        (Slot::Notify, Some(body)) => {
            visit.results.insert(slot, body);
        }
        _ => {
            // Asking back is no attempt at the act that is asked about, and that a repeat of a call
            // in doubt failed says nothing about the first one: the key stays.
            if slot != Slot::ReadBack && !visit.unsure.contains(&slot) {
                visit.sure_failures += 1;
            }
            unused(visit, act);
            visit.trouble = Some(trouble);
        }
    }
}

/// What was called asks back. When it goes on it is the same call: allowed by the same person, and
/// no repeat of itself.
fn asks(visit: &mut Visit, act: &Act, question: BodyRef) {
    visit.trouble = None;
    visit.asked.entry(act.slot).or_default().push(Asking { question, answer: None });
    not_begun(visit, act);
}

/// What an act is for, from the record and the conversation so far.
pub(crate) fn slot(what: &What, visit: &Visit) -> Slot {
    match what {
        What::Model { question: None, .. } => Slot::Model,
        What::Model { question: Some((field, wording)), .. } => Slot::Question(*field, *wording),
        What::Notify { .. } => Slot::Notify,
        What::Tool { part, .. } => match part {
            Part::Main => Slot::Main,
            Part::Confirm => Slot::Confirm,
            Part::Undo => Slot::Undo,
            Part::ReadBack => Slot::ReadBack,
            Part::Lookup(n) => Slot::Lookup(*n),
            Part::Turn(n) => Slot::Turn(turn(visit), *n),
        },
    }
}

/// The turn of a conversation: the answers so far.
pub(crate) fn turn(visit: &Visit) -> u32 {
    let answers = visit.lines.iter().filter(|l| matches!(l, Line::Answer(_))).count();
    u32::try_from(answers).unwrap_or(u32::MAX)
}

fn less(from: Usage, what: Usage) -> Usage {
    Usage {
        input_tokens: from.input_tokens.saturating_sub(what.input_tokens),
        cached_tokens: from.cached_tokens.saturating_sub(what.cached_tokens),
        output_tokens: from.output_tokens.saturating_sub(what.output_tokens),
        cost_nanos: from.cost_nanos.saturating_sub(what.cost_nanos),
        active_ms: from.active_ms.saturating_sub(what.active_ms),
    }
}
