//! What each record means for a run's state. It must not decide anything: an arm may only write
//! down what its record says.

use journal::{
    About, ActNo, Answer, At, Code, End, Finish, Millis, Part, Record, ReviewNo, Usage, What, Why,
};

use super::{
    Act, Children, Control, EffectDone, Endorsed, FoldError, Line, Opening, Review, Slot, Trouble, Visit,
};

impl Control {
    pub(crate) fn apply(&mut self, record: &Record, at: Millis) -> Result<(), FoldError> {
        if self.opening.is_none() && !matches!(record, Record::Opened { .. }) && !desk(record) {
            return Err(FoldError::NotOpened);
        }
        if self.ended.is_some()
            && !matches!(record, Record::Declined { .. } | Record::Caught { .. })
        {
            return Err(FoldError::AfterEnd);
        }
        match record {
            Record::Opened { release, workflow, case, starter, mode } => {
                self.opening = Some(Opening {
                    release: *release,
                    workflow: workflow.clone(),
                    case: *case,
                    starter: starter.clone(),
                    mode: *mode,
                    at,
                });
            }
            Record::Entered { at, influences } => self.enter(at, influences),
            Record::Said { at, body } => self.visit(at)?.lines.push(Line::Said(*body)),
            Record::Allowed { act, at: place, what, reserve, .. } => {
                self.allow(*act, place, what, *reserve, at)?;
            }
            Record::Refused { at, code, what, .. } => self.refuse(at, *code, what)?,
            Record::Finished { act, outcome, usage } => self.finish(*act, outcome, *usage)?,
            Record::InDoubt { act } => self.in_doubt(*act)?,
            Record::Bound { at, body } => {
                self.bound.insert(at.step.clone(), *body);
            }
            Record::Moved { from, why, .. } => self.moved(from, why),
            Record::Failed { at, code, detail } => {
                let visit = self.visit(at)?;
                visit.failure = Some((*code, *detail));
                visit.trouble = None;
            }
            Record::RetryAt { at, attempt, until } => self.retry(at, *attempt, Some(*until))?,
            Record::WaitingUntil { at, until } => self.visit(at)?.until = Some(*until),
            Record::Branched { at } => self.visit(at)?.branched = true,
            Record::ReviewOpened { review, at, about, by, due } => {
                self.open_review(*review, at, about, by, *due)?;
            }
            Record::ReviewAnswered { review, answer, .. } => self.answered(*review, answer),
            Record::ReviewLate { review, to, due } => self.late(*review, to.as_ref(), *due),
            Record::Declined { .. } | Record::Caught { .. } | Record::CancelAsked { .. } => {}
            Record::ItemsStarted { at, from, to } => {
                let children = &mut self.visit(at)?.children;
                children.started = *to;
                children.open.extend(*from..*to);
            }
            Record::ItemEnded { at, item, ended, output } => {
                self.item_ended(at, *item, ended, *output)?;
            }
            Record::Claimed { set, claim } => {
                self.claims.insert(*set, *claim);
            }
            Record::Duplicate { of, .. } => self.duplicate = Some(*of),
            Record::Halted { scope } => {
                self.halted.insert(scope.clone());
            }
            Record::Unhalted { scope } => {
                self.halted.remove(scope);
            }
            Record::Paused { .. } => self.paused = true,
            Record::Resumed { .. } => self.paused = false,
            Record::Retried { at, .. } => self.retry(at, 0, None)?,
            Record::Skipped { at, .. } => {
                if let Some(no) = self.visit(at)?.review.take() {
                    self.reviews.remove(&no);
                }
            }
            Record::Settled { at, act, happened } => self.settled(at, *act, *happened)?,
            Record::Ending { end } => {
                self.ending = Some(end.clone());
                self.live.clear();
                self.reviews.clear();
            }
            Record::Undone { at, .. } => {
                for effect in self.effects.iter_mut().filter(|e| e.at == *at) {
                    effect.undone = true;
                }
                self.live.remove(at);
            }
            Record::Ended { end, .. } => {
                self.ended = Some(end.clone());
                self.live.clear();
                self.reviews.clear();
            }
            Record::StopSet { .. } | Record::StopLifted { .. } => {}
        }
        Ok(())
    }

    fn visit(&mut self, at: &At) -> Result<&mut Visit, FoldError> {
        self.live.get_mut(at).ok_or_else(|| FoldError::UnknownStep(at.clone()))
    }

    fn enter(&mut self, at: &At, influences: &journal::Label) {
        self.entered.insert(at.step.clone(), at.visit);
        let visit = Visit {
            influences: influences.clone(),
            attempt: 1,
            sure_failures: 0,
            tries: 0,
            lines: Vec::new(),
            answers: Default::default(),
            results: Default::default(),
            calls: Vec::new(),
            refused: None,
            failure: None,
            trouble: None,
            until: None,
            branched: false,
            review: None,
            approved: None,
            held: Default::default(),
            in_doubt: Default::default(),
            unsure: Default::default(),
            children: Children::default(),
        };
        self.live.insert(at.clone(), visit);
    }

    fn allow(
        &mut self,
        act: ActNo,
        place: &At,
        what: &What,
        reserve: Usage,
        since: Millis,
    ) -> Result<(), FoldError> {
        let epoch = self.epoch;
        let visit = self.visit(place)?;
        let slot = slot(what, visit);
        visit.in_doubt.remove(&slot);
        visit.held.remove(&slot);
        if let (Slot::Turn(..), What::Tool { tool, args, .. }) = (slot, what) {
            visit.calls.push((tool.clone(), *args));
        }
        self.acts.insert(
            act,
            Act { at: place.clone(), slot, what: what.clone(), reserve, epoch, since },
        );
        self.acts_started = self.acts_started.max(act.0);
        self.reserved = self.reserved.plus(reserve);
        Ok(())
    }

    fn refuse(&mut self, at: &At, code: Code, what: &What) -> Result<(), FoldError> {
        let visit = self.visit(at)?;
        match what {
            // An agent's own call that is refused is a result that the agent sees.
            What::Tool { part: Part::Turn(_), .. } => {}
            What::Tool { .. } | What::Model { .. } | What::Notify { .. } => {
                visit.refused = Some(code);
            }
        }
        Ok(())
    }

    fn finish(&mut self, no: ActNo, outcome: &Finish, usage: Usage) -> Result<(), FoldError> {
        let act = self.acts.remove(&no).ok_or(FoldError::UnknownAct(no))?;
        self.reserved = less(self.reserved, act.reserve);
        self.used = self.used.plus(usage);
        if let (Finish::Ok { body }, What::Tool { args, part: Part::Main, .. }) =
            (outcome, &act.what)
        {
            let effect =
                EffectDone { at: act.at.clone(), args: *args, result: *body, undone: false };
            self.effects.push(effect);
        }
        let Some(visit) = self.live.get_mut(&act.at) else { return Ok(()) };
        match outcome {
            Finish::Ok { body } => {
                visit.trouble = None;
                visit.unsure.remove(&act.slot);
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
            Finish::Error { code, detail, retry_after_ms } => match act.slot {
                Slot::Turn(_, n) => visit.lines.push(Line::Result { n, body: *detail }),
                Slot::Notify => {
                    visit.results.insert(act.slot, *detail);
                }
                Slot::Model
                | Slot::Question(..)
                | Slot::Main
                | Slot::Confirm
                | Slot::Undo
                | Slot::ReadBack
                | Slot::Lookup(_) => {
                    // Asking back is no attempt at the act that is asked about, and that a repeat
                    // of a call in doubt failed says nothing about the first one: the key stays.
                    if act.slot != Slot::ReadBack && !visit.unsure.contains(&act.slot) {
                        visit.sure_failures += 1;
                    }
                    let trouble = Trouble {
                        code: *code,
                        detail: Some(*detail),
                        retry_after_ms: *retry_after_ms,
                    };
                    visit.trouble = Some(trouble);
                }
            },
            Finish::Unknown { .. } => {
                visit.unsure.insert(act.slot);
                visit.in_doubt.insert(act.slot, (no, act.what));
            }
        }
        Ok(())
    }

    fn in_doubt(&mut self, no: ActNo) -> Result<(), FoldError> {
        let act = self.acts.remove(&no).ok_or(FoldError::UnknownAct(no))?;
        self.reserved = less(self.reserved, act.reserve);
        // Nobody knows what it cost, so it counts as its worst case.
        self.used = self.used.plus(act.reserve);
        if let Some(visit) = self.live.get_mut(&act.at) {
            visit.unsure.insert(act.slot);
            visit.in_doubt.insert(act.slot, (no, act.what));
        }
        Ok(())
    }

    fn settled(
        &mut self,
        at: &At,
        no: ActNo,
        happened: Option<journal::BodyRef>,
    ) -> Result<(), FoldError> {
        let visit = self.visit(at)?;
        let found = visit.in_doubt.iter().find(|(_, (act, _))| *act == no);
        let Some((slot, what)) = found.map(|(slot, (_, what))| (*slot, what.clone())) else {
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
        let Some(body) = happened else { return Ok(()) };
        let visit = self.visit(at)?;
        match slot {
            Slot::Turn(_, n) => visit.lines.push(Line::Result { n, body }),
            _ => {
                visit.results.insert(slot, body);
            }
        }
        if let What::Tool { args, part: Part::Main, .. } = what {
            let effect = EffectDone { at: at.clone(), args, result: body, undone: false };
            self.effects.push(effect);
        }
        Ok(())
    }

    fn moved(&mut self, from: &At, why: &Why) {
        if let Some(visit) = self.live.remove(from)
            && let Some(no) = visit.review
        {
            self.reviews.remove(&no);
        }
        if let Why::Exception(n) = why {
            self.raised.insert(*n);
        }
    }

    fn retry(&mut self, at: &At, attempt: u32, until: Option<Millis>) -> Result<(), FoldError> {
        let visit = self.visit(at)?;
        visit.attempt = if attempt == 0 { 1 } else { attempt };
        visit.until = until;
        visit.trouble = None;
        visit.failure = None;
        visit.refused = None;
        // The engine settles acts that may not be repeated before it retries.
        visit.in_doubt.clear();
        if attempt == 0 {
            // A person's retry starts the step's work afresh, but an effect that happened stays
            // happened: only its read-back is done again.
            visit.lines.clear();
            visit.answers.clear();
            visit.results.retain(|slot, _| *slot == Slot::Main);
            visit.calls.clear();
            visit.tries += 1;
            if let Some(no) = visit.review.take() {
                self.reviews.remove(&no);
            }
        }
        Ok(())
    }

    fn open_review(
        &mut self,
        no: ReviewNo,
        at: &At,
        about: &About,
        by: &plan::ids::RoleId,
        due: Millis,
    ) -> Result<(), FoldError> {
        let visit = self.visit(at)?;
        if let About::Act { what, .. } = about {
            let slot = slot(what, visit);
            visit.held.insert(slot, no);
            if let What::Tool { args, .. } = what {
                self.held.insert(no, *args);
            }
        }
        let visit = self.visit(at)?;
        visit.review = Some(no);
        let review =
            Review { at: at.clone(), about: about.clone(), by: by.clone(), due, late: false };
        self.reviews.insert(no, review);
        self.reviews_opened = self.reviews_opened.max(no.0);
        Ok(())
    }

    fn answered(&mut self, no: ReviewNo, answer: &Answer) {
        if let Answer::Escalated { to, due, .. } = answer {
            if let Some(review) = self.reviews.get_mut(&no) {
                review.by = to.clone();
                review.due = *due;
                review.late = true;
            }
            return;
        }
        let Some(review) = self.reviews.remove(&no) else { return };
        let approved = !matches!(answer, Answer::Rejected { .. });
        if let Some(visit) = self.live.get_mut(&review.at) {
            visit.review = None;
            if approved {
                visit.approved = Some(no);
            }
        }
        let is_step = matches!(review.about, About::Step { .. });
        if let (true, About::Step { shown }) = (approved, review.about) {
            let by = &review.at.step;
            let new = shown.into_iter().map(|shown| Endorsed { shown, review: no, by: by.clone() });
            self.endorsed.extend(new);
        }
        if let Answer::Edited { edits } = answer {
            for edit in edits {
                self.bound.insert(edit.step.clone(), edit.body);
                if is_step {
                    let by = review.at.step.clone();
                    self.endorsed.push(Endorsed { shown: edit.clone(), review: no, by });
                }
            }
        }
    }

    fn late(&mut self, no: ReviewNo, to: Option<&plan::ids::RoleId>, due: Millis) {
        match to {
            Some(role) => {
                if let Some(review) = self.reviews.get_mut(&no) {
                    review.by = role.clone();
                    review.due = due;
                    review.late = true;
                }
            }
            None => {
                if let Some(review) = self.reviews.remove(&no)
                    && let Some(visit) = self.live.get_mut(&review.at)
                {
                    visit.review = None;
                }
            }
        }
    }

    fn item_ended(
        &mut self,
        at: &At,
        item: u32,
        ended: &End,
        output: Option<journal::BodyRef>,
    ) -> Result<(), FoldError> {
        let children = &mut self.visit(at)?.children;
        if !children.open.remove(&item) {
            return Ok(());
        }
        if matches!(ended, End::Reached(plan::workflow::EndOutcome::Done)) {
            children.done += 1;
        } else {
            children.failed += 1;
        }
        if let Some(body) = output {
            children.outputs.push(item, body);
        }
        Ok(())
    }
}

fn desk(record: &Record) -> bool {
    matches!(record, Record::StopSet { .. } | Record::StopLifted { .. })
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
