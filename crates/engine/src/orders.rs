//! What people and other runs tell a run, checked against who may say it and when. A command that
//! cannot be followed is declined in the records; it is never half done.

use journal::{
    About, Answer, At, BodyRef, Code, Command, Decline, End, Label, Labels, Order, Part, Record,
    Reply, ReviewNo, Role, Rule, Source, What, Why,
};
use plan::ids::{PersonId, RoleId};
use plan::workflow::{Does, EndOutcome, Late, LateEnd, NeverBy, Next, Recover};
use serde_json::Value;

use crate::control::{Line, Review};
use crate::hours;
use crate::work::Work;

mod edits;

impl Work<'_> {
    pub(crate) fn order(&mut self, command: &Command) {
        self.consumes.push(command.id);
        if let Some((who, because)) = self.declined.and_then(|all| all.get(&command.id)) {
            let (command, who, because) = (command.id, who.clone(), *because);
            return self.note(Record::Declined { command, who, because });
        }
        let before = (self.records.len(), self.bodies_added());
        let outcome = match &command.order {
            Order::Review { who, review, reply } => self.reply(who, *review, reply),
            Order::Pause { who } => self.pause(who),
            Order::Resume { who } => self.resume(who),
            Order::Retry { who } => self.retry(who),
            Order::Skip { who, reason } => self.skip(who, reason),
            Order::Cancel { who, reason } => self.cancel(who, reason),
            Order::ChildEnded { at, item, end, output } => {
                if self.control.live.contains_key(at) {
                    // What nobody collects is not kept: a million items leave a count.
                    let kept = match self.plan.step(&at.step).map(|s| &s.does) {
                        Some(Does::Each(each)) => each.collect,
                        _ => true,
                    };
                    let output = output.as_ref().filter(|_| kept).map(|o| {
                        let body = o.body();
                        self.add(body.bytes.to_vec(), body.labels)
                    });
                    let (at, ended) = (at.clone(), end.clone());
                    self.note(Record::ItemEnded { at, item: *item, ended, output });
                }
                return;
            }
            Order::ParentEnded => return self.end_as(End::Cancelled),
        };
        if let Err(because) = outcome
            && let Some(who) = who(&command.order)
        {
            // What a declined command brought along is not kept.
            if self.records.len() == before.0 {
                self.drop_bodies(before.1);
            }
            self.note(Record::Declined { command: command.id, who, because });
        }
    }

    fn holds(&self, who: &PersonId, role: &RoleId) -> bool {
        self.plan.workflow().roles.get(role).is_some_and(|people| people.contains(who))
    }

    /// Those who answer for the workflow may steer its runs.
    fn may_steer(&self, who: &PersonId) -> Result<(), Decline> {
        let workflow = self.plan.workflow();
        if *who == workflow.accountable || self.holds(who, &workflow.override_by) {
            return Ok(());
        }
        let asked = self.control.reviews.values().any(|r| self.holds(who, &r.by));
        if asked { Ok(()) } else { Err(Decline::NotPermitted) }
    }

    fn live(&self) -> Result<(), Decline> {
        let over = self.control.ended.is_some() || self.control.ending.is_some();
        if over { Err(Decline::NotNow) } else { Ok(()) }
    }

    fn pause(&mut self, who: &PersonId) -> Result<(), Decline> {
        self.live()?;
        self.may_steer(who)?;
        if self.control.paused {
            return Err(Decline::NotNow);
        }
        self.note(Record::Paused { who: who.clone() });
        Ok(())
    }

    fn resume(&mut self, who: &PersonId) -> Result<(), Decline> {
        self.live()?;
        self.may_steer(who)?;
        if !self.control.paused {
            return Err(Decline::NotNow);
        }
        self.note(Record::Resumed { who: who.clone() });
        Ok(())
    }

    fn failed_step(&self) -> Result<(At, ReviewNo), Decline> {
        let failed = self.control.reviews.iter().find(|(_, r)| match r.about {
            About::Failure { .. } => true,
            About::Step { .. }
            | About::Act { .. }
            | About::InDoubt { .. }
            | About::Question { .. } => false,
        });
        failed.map(|(no, r)| (r.at.clone(), *no)).ok_or(Decline::NotNow)
    }

    fn retry(&mut self, who: &PersonId) -> Result<(), Decline> {
        self.live()?;
        self.may_steer(who)?;
        let (at, _) = self.failed_step()?;
        let keeps = self.talk_acted(&at);
        self.note(Record::Retried { at: at.clone(), who: who.clone(), keeps });
        if keeps && self.talk_is_over(&at) {
            let text = "A person asks you to answer again, with the whole corrected answer. What \
                        your calls did is done: do not repeat them.";
            let label = Label::from(Source::Plan);
            self.say(&at, Role::User, text, None, label).map_err(|_| Decline::NotNow)?;
        }
        Ok(())
    }

    /// Whether calls of a step's conversation have had effects, as far as is known.
    fn talk_acted(&self, at: &At) -> bool {
        let agent = matches!(self.plan.step(&at.step).map(|s| &s.does), Some(Does::Agent(_)));
        let mut effects = self.control.effects.iter();
        agent && effects.any(|e| e.at == *at && self.has_effect(&e.tool))
    }

    /// Whether the last thing said in it is an answer that calls nothing.
    fn talk_is_over(&self, at: &At) -> bool {
        let last = self.control.live.get(at).and_then(|visit| visit.lines.last());
        let Some(Line::Answer(body)) = last else { return false };
        let message = self.loaded(*body).ok().and_then(|loaded| loaded.message().cloned());
        message.is_none_or(|message| message.calls.is_empty())
    }

    fn skip(&mut self, who: &PersonId, reason: &str) -> Result<(), Decline> {
        self.live()?;
        self.may_steer(who)?;
        let (at, _) = self.failed_step()?;
        let step = self.step(&at.step).map_err(|_| Decline::NotNow)?;
        let reason = self.add_text(reason, Label::from(Source::Person));
        self.note(Record::Skipped { at: at.clone(), who: who.clone(), reason });
        self.go(&at, &step.next, Why::Skipped, &Label::default());
        Ok(())
    }

    fn cancel(&mut self, who: &PersonId, reason: &str) -> Result<(), Decline> {
        self.live()?;
        self.may_steer(who)?;
        let reason = self.add_text(reason, Label::from(Source::Person));
        self.note(Record::CancelAsked { who: who.clone(), reason });
        self.end_as(End::Cancelled);
        Ok(())
    }

    fn reply(&mut self, who: &PersonId, no: ReviewNo, reply: &Reply) -> Result<(), Decline> {
        // A case that is ending still asks whether an effect may be undone.
        if self.control.ended.is_some() {
            return Err(Decline::NotNow);
        }
        let review = self.control.reviews.get(&no).cloned().ok_or(Decline::NotOpen)?;
        self.may_answer(who, &review)?;
        match reply {
            Reply::Reject { reason } => self.rejected(who, no, &review, reason),
            Reply::Escalate { to, reason } => self.escalated(who, no, &review, to, reason),
            Reply::Approve => self.approved(who, no, &review, Vec::new()),
            Reply::Edit { values } => self.approved(who, no, &review, values.clone()),
            Reply::Happened { yes } => self.happened(who, no, &review, *yes),
        }
    }

    /// A reviewer holds the role and is none of those who may never decide this one.
    fn may_answer(&self, who: &PersonId, review: &Review) -> Result<(), Decline> {
        if !self.holds(who, &review.by) {
            return Err(Decline::NotPermitted);
        }
        let never = match (self.plan.step(&review.at.step).map(|s| &s.does), &review.about) {
            (Some(Does::Review(step)), _) => step.never_by.as_slice(),
            // What guard holds back takes a second person: nobody approves what they set going.
            (_, About::Act { .. }) => &[NeverBy::Starter],
            _ => &[],
        };
        let starter = self.control.opening.as_ref().and_then(|o| o.starter.person());
        let barred = never.iter().any(|never| match never {
            // Where nobody knows who it was, it may have been this person.
            NeverBy::Starter => starter.is_none_or(|starter| starter == who),
            NeverBy::Owner => *who == self.plan.workflow().accountable,
        });
        if barred { Err(Decline::NotPermitted) } else { Ok(()) }
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
    fn may_pass_to(&self, review: &Review, to: &RoleId) -> bool {
        let Some(step) = self.plan.step(&review.at.step) else { return false };
        let late = match &step.does {
            Does::Review(asks) => match &asks.late {
                Late::Ask { role, .. } => Some(role),
                Late::Go(_) | Late::Stop => None,
            },
            _ => None,
        };
        let failure = match &step.on_failure {
            Recover::Ask(role) => Some(role),
            Recover::Go(_) | Recover::Stop => None,
        };
        let named = [late, failure, Some(&self.plan.workflow().override_by)];
        named.into_iter().flatten().any(|role| role == to)
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

fn who(order: &Order) -> Option<PersonId> {
    match order {
        Order::Review { who, .. }
        | Order::Pause { who }
        | Order::Resume { who }
        | Order::Retry { who }
        | Order::Skip { who, .. }
        | Order::Cancel { who, .. } => Some(who.clone()),
        Order::ChildEnded { .. } | Order::ParentEnded => None,
    }
}
