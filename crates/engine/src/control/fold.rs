//! What each record means for a run's state. It must not decide anything: an arm may only write
//! down what its record says.

use journal::{About, Answer, At, End, Millis, Record, ReviewNo, Shown, Starter, What, Why};
use plan::ids::PersonId;

use super::{Children, Control, Endorsed, FoldError, Line, Opening, Review, Slot, Visit};

mod acts;

pub(crate) use acts::{slot, turn};

impl Control {
    pub(crate) fn apply(&mut self, record: &Record, at: Millis) -> Result<(), FoldError> {
        if self.opening.is_none()
            && !matches!(record, Record::Opened { .. })
            && !record.is_the_desks()
        {
            return Err(FoldError::NotOpened);
        }
        if self.ended.is_some()
            && !matches!(record, Record::Declined { .. } | Record::Caught { .. })
        {
            return Err(FoldError::AfterEnd);
        }
        match record {
            Record::Suspected { .. } => self.suspected = true,
            Record::Opened { release, workflow, case, starter, mode, .. } => {
                self.suspected = matches!(starter, Starter::Parent { suspected: true, .. });
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
            Record::Allowed { act, at: place, what, key, reserve, .. } => {
                self.allow(*act, place, what, *key, *reserve, at)?;
            }
            Record::Refused { at, code, what, .. } => self.refuse(at, *code, what)?,
            Record::Finished { act, outcome, usage } => self.finish(*act, outcome, *usage)?,
            Record::InDoubt { act } => self.in_doubt(*act)?,
            Record::Bound { at, body } => {
                self.bound.insert(at.step.clone(), *body);
                if let Some(visit) = self.live.get_mut(at) {
                    visit.bound = Some(*body);
                }
            }
            Record::Moved { from, why, .. } => self.moved(from, why),
            Record::Failed { at, code, detail } => {
                let visit = self.visit(at)?;
                visit.failure = Some((*code, *detail));
                visit.trouble = None;
            }
            Record::RetryAt { at, attempt, until } => self.retry(at, *attempt, *until)?,
            Record::WaitingUntil { at, until } => self.visit(at)?.until = Some(*until),
            Record::Branched { at } => self.visit(at)?.branched = true,
            Record::ReviewOpened { review, at, about, by, due } => {
                self.open_review(*review, at, about, by, *due)?;
            }
            Record::ReviewAnswered { review, answer, .. } => self.answered(*review, answer),
            Record::ReviewAgreed { review, who, edits } => self.agreed(*review, who, edits),
            Record::ReviewClaimed { review, who, until } => {
                if let Some(review) = self.reviews.get_mut(review) {
                    review.claim = Some((who.clone(), *until));
                }
            }
            Record::ReviewReleased { review, .. } => {
                if let Some(review) = self.reviews.get_mut(review) {
                    review.claim = None;
                }
            }
            Record::ReviewLate { review, to, due } => self.late(*review, to.as_ref(), *due),
            Record::Declined { .. }
            | Record::Caught { .. }
            | Record::CancelAsked { .. }
            | Record::OnCall { .. }
            | Record::ActsFor { .. } => {}
            Record::ItemsStarted { at, from, to } => {
                self.has_children = true;
                let children = &mut self.visit(at)?.children;
                children.started = *to;
                children.open.extend((*from..*to).map(|item| (item, 0)));
            }
            Record::ItemsAgain { at, items, again } => {
                let children = &mut self.visit(at)?.children;
                for item in items {
                    children.again.remove(item);
                    children.open.insert(*item, *again);
                }
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
            Record::Retried { at, keeps, .. } => self.afresh(at, *keeps)?,
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
            Record::Undone { at, ok } => {
                for effect in self.effects.iter_mut().filter(|e| e.at == *at) {
                    effect.undone = Some(*ok);
                }
                self.live.remove(at);
            }
            Record::Ended { end, .. } => {
                self.ended = Some(end.clone());
                self.live.clear();
                self.reviews.clear();
            }
            Record::StopSet { .. }
            | Record::StopLifted { .. }
            | Record::LimitReached { .. }
            | Record::GuardClosed { .. }
            | Record::GuardProven { .. }
            | Record::Erased { .. }
            | Record::Drilled { .. }
            | Record::Alerted(_)
            | Record::Access(_)
            | Record::Assured(_)
            | Record::Exam(_)
            | Record::Credential(_)
            | Record::FileSaved { .. }
            | Record::StartWatched { .. }
            | Record::StartMissed { .. }
            | Record::StartHeld { .. }
            | Record::AlertFired(_)
            | Record::AlertEnded(_)
            | Record::StartIdle { .. }
            | Record::Deployed { .. }
            | Record::Promoted { .. }
            | Record::RolledBack { .. }
            | Record::Proof(_) => {}
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
            bound: None,
            branched: false,
            review: None,
            approved: None,
            held: Default::default(),
            asked: Default::default(),
            in_doubt: Default::default(),
            unsure: Default::default(),
            children: Children::default(),
        };
        self.live.insert(at.clone(), visit);
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

    fn retry(&mut self, at: &At, attempt: u32, until: Millis) -> Result<(), FoldError> {
        self.again(at, attempt, Some(until)).map(|_| ())
    }

    fn again(
        &mut self,
        at: &At,
        attempt: u32,
        until: Option<Millis>,
    ) -> Result<&mut Visit, FoldError> {
        let visit = self.visit(at)?;
        visit.attempt = attempt;
        visit.until = until;
        visit.trouble = None;
        visit.failure = None;
        visit.refused = None;
        // The engine settles acts that may not be repeated before it retries.
        visit.in_doubt.clear();
        Ok(visit)
    }

    /// A person's retry starts the step's work afresh, but an effect that happened stays happened:
    /// only its read-back is done again, and a conversation with effects goes on as it is.
    fn afresh(&mut self, at: &At, keeps: bool) -> Result<(), FoldError> {
        let visit = self.again(at, 1, None)?;
        if !keeps {
            visit.lines.clear();
            visit.answers.clear();
            visit.calls.clear();
        }
        visit.results.retain(|slot, _| *slot == Slot::Main);
        visit.held.clear();
        visit.asked.clear();
        visit.approved = None;
        // Items that are done stay done.
        visit.children.again.append(&mut visit.children.failed);
        visit.tries += 1;
        if let Some(no) = visit.review.take() {
            self.reviews.remove(&no);
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
        let review = Review {
            at: at.clone(),
            about: about.clone(),
            by: by.clone(),
            due,
            passed: 0,
            claim: None,
            agreed: Vec::new(),
            proposed: Vec::new(),
        };
        self.reviews.insert(no, review);
        self.reviews_opened = self.reviews_opened.max(no.0);
        Ok(())
    }

    fn answered(&mut self, no: ReviewNo, answer: &Answer) {
        if let Answer::Escalated { to, due, .. } = answer {
            if let Some(review) = self.reviews.get_mut(&no) {
                review.pass_to(to, *due);
                // A person passed it on: nobody but the plan's end comes after.
                review.passed = usize::MAX;
            }
            return;
        }
        let Some(review) = self.reviews.remove(&no) else { return };
        if let About::Question { what, .. } = &review.about {
            return self.told(&review.at, what, answer);
        }
        let approved = !matches!(answer, Answer::Rejected { .. });
        if let Some(visit) = self.live.get_mut(&review.at) {
            visit.review = None;
            if approved {
                visit.approved = Some(no);
            } else {
                visit.held.retain(|_, held| *held != no);
            }
        }
        let is_step = matches!(review.about, About::Step { .. });
        let shown = match review.about {
            About::Step { shown } | About::Failure { shown, .. } if approved => shown,
            _ => Vec::new(),
        };
        if let Answer::Edited { edits } = answer {
            for edit in edits {
                // The rest of an edited body is what was shown only if that was its source.
                let from = self.root(edit.step.as_str());
                let seen = shown.iter().any(|s| s.step == edit.step && Some(s.body) == from);
                self.bound.insert(edit.step.clone(), edit.body);
                if is_step && seen {
                    let by = review.at.step.clone();
                    self.endorsed.push(Endorsed { shown: edit.clone(), review: no, by });
                }
            }
            if !is_step {
                return;
            }
        }
        let by = &review.at.step;
        let new = shown.into_iter().map(|shown| Endorsed { shown, review: no, by: by.clone() });
        self.endorsed.extend(new);
    }

    fn agreed(&mut self, no: ReviewNo, who: &PersonId, edits: &[Shown]) {
        let based: Vec<_> = edits.iter().map(|e| (e.clone(), self.root(e.step.as_str()))).collect();
        let Some(review) = self.reviews.get_mut(&no) else { return };
        if !based.is_empty() {
            review.agreed.clear();
            review.proposed = based;
        }
        review.agreed.push(who.clone());
        review.claim = None;
    }

    /// A question of a call is answered, or it never will be. It approves nothing else.
    fn told(&mut self, at: &At, what: &What, answer: &Answer) {
        let Some(visit) = self.live.get_mut(at) else { return };
        visit.review = None;
        let edit = match answer {
            Answer::Edited { edits } => edits.first(),
            Answer::Approved | Answer::Rejected { .. } | Answer::Escalated { .. } => None,
        };
        let slot = slot(what, visit);
        let asking = visit.asked.get_mut(&slot).and_then(|all| all.last_mut());
        if let Some(asking) = asking {
            asking.answer = edit.map(|edit| edit.body);
        }
    }

    fn late(&mut self, no: ReviewNo, to: Option<&plan::ids::RoleId>, due: Millis) {
        match to {
            Some(role) => {
                if let Some(review) = self.reviews.get_mut(&no) {
                    review.pass_to(role, due);
                    review.passed = review.passed.saturating_add(1);
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
        if children.open.remove(&item).is_none() {
            return Ok(());
        }
        if matches!(ended, End::Reached(plan::workflow::EndOutcome::Done)) {
            children.done += 1;
        } else {
            children.failed.insert(item);
        }
        if let Some(body) = output {
            children.outputs.push(item, body);
        }
        Ok(())
    }
}
