//! What people answer to what they are asked: who may, what each answer brings about, and what a
//! request becomes when others are asked or several must agree.

use journal::{
    About, Account, Answer, At, BodyRef, Code, Decline, End, Label, Labels, Millis, Part, Record,
    Reply, ReviewNo, Rule, Shown, Source, What, Why,
};
use plan::ids::{PersonId, RoleId};
use plan::workflow::{Does, EndOutcome, LateEnd, NeverBy, Next, Recover};
use serde_json::Value;

use crate::control::Review;
use crate::hours;
use crate::work::Work;

/// How long a request stays with whoever took it up.
const CLAIMED_FOR_MS: u64 = 30 * 60_000;

impl Work<'_> {
    pub(super) fn reply(
        &mut self,
        who: &PersonId,
        no: ReviewNo,
        reply: &Reply,
    ) -> Result<(), Decline> {
        // A case that is ending still asks whether an effect may be undone.
        if self.control.ended.is_some() {
            return Err(Decline::NotNow);
        }
        let review = self.control.reviews.get(&no).cloned().ok_or(Decline::NotOpen)?;
        let claim = review.claim.as_ref().filter(|(_, until)| *until > self.now);
        let others = claim.is_some_and(|(holder, _)| holder != who);
        if let Reply::Release = reply {
            return self.released(who, no, claim.is_some(), others);
        }
        self.may_answer(who, &review)?;
        if others {
            return Err(Decline::Taken);
        }
        // Looking at it, giving it back and passing it on take nobody's attention for the day.
        let day = match reply {
            Reply::Claim | Reply::Release | Reply::Escalate { .. } => None,
            _ => self.attention(who, &review.by),
        };
        if day.as_ref().is_some_and(|(account, _)| self.exhausted(account)) {
            return Err(Decline::Enough);
        }
        self.followed(who, no, &review, reply)?;
        if let Some((account, most)) = day {
            self.take(account, 1, most);
        }
        Ok(())
    }

    /// What a person's answers of the day are counted in, and the most that there may be.
    fn attention(&self, who: &PersonId, role: &RoleId) -> Option<(Account, u64)> {
        let workflow = self.plan.workflow();
        let most = workflow.attention.get(role)?.a_day?;
        let day = hours::day(&workflow.hours, self.now);
        Some((Account(format!("attention/{day}/{who}").into()), u64::from(most)))
    }

    fn followed(
        &mut self,
        who: &PersonId,
        no: ReviewNo,
        review: &Review,
        reply: &Reply,
    ) -> Result<(), Decline> {
        match reply {
            Reply::Claim => {
                let until = Millis(self.now.0.saturating_add(CLAIMED_FOR_MS));
                self.note(Record::ReviewClaimed { review: no, who: who.clone(), until });
                Ok(())
            }
            Reply::Release => Err(Decline::NotNow),
            Reply::Reject { reason } => self.rejected(who, no, review, reason),
            Reply::Escalate { to, reason } => self.escalated(who, no, review, to, reason),
            Reply::Approve => self.approved(who, no, review, Vec::new()),
            Reply::Edit { values } => self.approved(who, no, review, values.clone()),
            Reply::Happened { yes } => self.happened(who, no, review, *yes),
        }
    }

    /// Whoever took a request up gives it back; so may whoever answers for the workflow, where
    /// somebody took it up and went away.
    fn released(
        &mut self,
        who: &PersonId,
        no: ReviewNo,
        claimed: bool,
        others: bool,
    ) -> Result<(), Decline> {
        if !claimed {
            return Err(Decline::NotNow);
        }
        if others && !self.voices(who).any(|voice| self.answers_for_it(voice)) {
            return Err(Decline::NotPermitted);
        }
        self.note(Record::ReviewReleased { review: no, who: who.clone() });
        Ok(())
    }

    /// A reviewer holds the role, or stands in for somebody who does, and neither of them is one
    /// of those who may never decide this one.
    pub(crate) fn may_answer(&self, who: &PersonId, review: &Review) -> Result<(), Decline> {
        let never = match (self.plan.step(&review.at.step).map(|s| &s.does), &review.about) {
            (Some(Does::Review(step)), _) => step.never_by.as_slice(),
            // What guard holds back takes a second person: nobody approves what they set going.
            (_, About::Act { .. }) => &[NeverBy::Starter],
            _ => &[],
        };
        let opening = self.control.opening.as_ref();
        let accountable = &self.plan.workflow().accountable;
        // A start of the map begins cases for whoever answers for it.
        let starter = match opening.is_some_and(|opening| opening.starter.is_trigger()) {
            true => Some(accountable),
            false => opening.and_then(|opening| opening.starter.person()),
        };
        let barred = |who: &PersonId| {
            never.iter().any(|never| match never {
                // Where nobody knows who it was, it may have been this person.
                NeverBy::Starter => starter.is_none_or(|starter| starter == who),
                NeverBy::Owner => who == accountable,
            })
        };
        let may = |voice: &PersonId| self.holds(voice, &review.by) && !barred(voice);
        // Nobody passes what they must not because somebody else is away.
        if barred(who) || !self.voices(who).any(may) {
            return Err(Decline::NotPermitted);
        }
        Ok(())
    }

    /// How many people must agree.
    fn approvals(&self, review: &Review) -> usize {
        match (self.plan.step(&review.at.step).map(|s| &s.does), &review.about) {
            (Some(Does::Review(step)), About::Step { .. }) => usize::from(step.approvals),
            _ => 1,
        }
    }

    /// What this very visit is bound to; an output of an earlier one was not asked about.
    pub(crate) fn bound_here(&self, at: &At) -> Option<BodyRef> {
        let body = self.control.live.get(at)?.bound?;
        (self.control.bound.get(&at.step) == Some(&body)).then_some(body)
    }

    fn rejected(
        &mut self,
        who: &PersonId,
        no: ReviewNo,
        review: &Review,
        reason: &str,
    ) -> Result<(), Decline> {
        // Whether an effect happened is a question of fact: a no to the question settles nothing.
        if let About::InDoubt { .. } = review.about {
            return Err(Decline::BadEdit);
        }
        let reason = self.add_text(reason, Label::from(Source::Person));
        let answer = Answer::Rejected { reason };
        self.note(Record::ReviewAnswered { review: no, who: who.clone(), answer });
        let at = review.at.clone();
        match &review.about {
            About::Step { .. } => {
                let Some(Does::Review(step)) = self.plan.step(&at.step).map(|s| &s.does) else {
                    return Err(Decline::NotNow);
                };
                if let Some(role) = &step.if_rejected.tell {
                    let text = format!("rejected at `{}` by {who}", at.step);
                    // A message that cannot be sent does not turn a rejection into anything else.
                    if let Err(stuck) = self.tell(&at, role, &text) {
                        let detail = self.add_text(&stuck.text, self.outside_words());
                        self.note(Record::Caught { code: stuck.code, detail });
                    }
                }
                match &step.if_rejected.then {
                    LateEnd::Go(id) => {
                        self.go(&at, &Next::Step(id.clone()), Why::Rejected, &Label::default());
                    }
                    LateEnd::Stop => self.end_as(End::Reached(EndOutcome::Rejected)),
                }
            }
            About::Failure { .. } => self.end_as(End::Reached(EndOutcome::Rejected)),
            About::InDoubt { .. } => {}
            About::Act { what, rule } => self.not_allowed(&at, what, rule.clone())?,
            About::Question { what, .. } => {
                self.not_allowed(&at, what, Rule("question".into()))?;
            }
        }
        Ok(())
    }

    /// A person says no to a call. An agent hears it as the call's result.
    fn not_allowed(&mut self, at: &At, what: &What, rule: Rule) -> Result<(), Decline> {
        let turn = match what {
            What::Tool { part: Part::Turn(n), .. } => Some(*n),
            What::Tool { .. } | What::Model { .. } | What::Notify { .. } => None,
        };
        let (what, code) = (what.clone(), Code::Rejected);
        self.note(Record::Refused { at: at.clone(), what, rule, code });
        match turn {
            Some(n) => {
                let text = "a person did not allow this call";
                self.answer_call(at, n, text).map_err(|_| Decline::NotNow)
            }
            None => Ok(()),
        }
    }

    fn escalated(
        &mut self,
        who: &PersonId,
        no: ReviewNo,
        review: &Review,
        to: &RoleId,
        reason: &str,
    ) -> Result<(), Decline> {
        if !self.plan.workflow().roles.contains_key(to) {
            return Err(Decline::BadEdit);
        }
        if !self.may_pass_to(review, to) {
            return Err(Decline::NotPermitted);
        }
        let due = hours::add_working(&self.plan.workflow().hours, self.now, 8 * 3_600_000);
        let reason = self.add_text(reason, Label::from(Source::Person));
        let answer = Answer::Escalated { to: to.clone(), reason, due };
        self.note(Record::ReviewAnswered { review: no, who: who.clone(), answer });
        Ok(())
    }

    /// A question goes to those whom the plan names for it, and to nobody else.
    pub(crate) fn may_pass_to(&self, review: &Review, to: &RoleId) -> bool {
        let Some(step) = self.plan.step(&review.at.step) else { return false };
        let late = match &step.does {
            Does::Review(asks) => asks.late.chain().any(|(role, _)| role == to),
            _ => false,
        };
        let failure = match &step.on_failure {
            Recover::Ask(role) => Some(role),
            Recover::Go(_) | Recover::Stop => None,
        };
        let named = [failure, Some(&self.plan.workflow().override_by)];
        late || named.into_iter().flatten().any(|role| role == to)
    }

    fn happened(
        &mut self,
        who: &PersonId,
        no: ReviewNo,
        review: &Review,
        yes: bool,
    ) -> Result<(), Decline> {
        let About::InDoubt { act } = review.about else { return Err(Decline::BadEdit) };
        let happened =
            yes.then(|| self.add_value(&Value::Null, Labels::all(Label::from(Source::Person))));
        self.note(Record::ReviewAnswered {
            review: no,
            who: who.clone(),
            answer: Answer::Approved,
        });
        self.note(Record::Settled { at: review.at.clone(), act, happened });
        Ok(())
    }

    fn approved(
        &mut self,
        who: &PersonId,
        no: ReviewNo,
        review: &Review,
        values: Vec<(String, String)>,
    ) -> Result<(), Decline> {
        let at = review.at.clone();
        match &review.about {
            About::Question { .. } => return self.answered(who, no, review, &values),
            // Whether an effect happened is a question of fact, not of approval.
            About::InDoubt { .. } => return Err(Decline::BadEdit),
            About::Act { .. } if !values.is_empty() => return Err(Decline::BadEdit),
            About::Act { .. } | About::Step { .. } | About::Failure { .. } => {}
        }
        if values.is_empty() && review.agreed.contains(who) {
            return Err(Decline::Agreed);
        }
        let edits = self.edited(review, &values)?;
        if let About::Failure { .. } = review.about {
            let complete = match edits.first() {
                Some(edit) => self.value(edit.body).cloned(),
                None => match self.bound_here(&at) {
                    Some(body) => self.value(body).cloned(),
                    None => return Err(Decline::BadEdit),
                },
            };
            let value = complete.map_err(|_| Decline::BadEdit)?;
            self.complete_output(&at, &value).map_err(|_| Decline::BadEdit)?;
        }
        // Whoever changes something asks the others anew; whoever does not agrees to the changes
        // that are there, as long as they are changes of what is there.
        let (agreed, edits) = if edits.is_empty() {
            let moved = |(edit, from): &(Shown, _)| self.root_ref(edit.step.as_str()) != *from;
            if review.proposed.iter().any(moved) {
                return Err(Decline::BadEdit);
            }
            let proposed = review.proposed.iter().map(|(edit, _)| edit.clone()).collect();
            (review.agreed.len(), proposed)
        } else {
            (0, edits)
        };
        if agreed + 1 < self.approvals(review) {
            let new = if values.is_empty() { Vec::new() } else { edits };
            self.note(Record::ReviewAgreed { review: no, who: who.clone(), edits: new });
            return Ok(());
        }
        let answer = if edits.is_empty() {
            Answer::Approved
        } else {
            Answer::Edited { edits: edits.clone() }
        };
        self.note(Record::ReviewAnswered { review: no, who: who.clone(), answer });
        if let About::Failure { .. } = review.about {
            // A person gave the failed step its output, or vouches for the one it has: that body is
            // endorsed as it was shown, and its values stay what they are.
            self.pass(&at);
        }
        Ok(())
    }
}
