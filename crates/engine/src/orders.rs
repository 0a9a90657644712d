//! What people and other runs tell a run, checked against who may say it and when. A command that
//! cannot be followed is declined in the records; it is never half done.

use journal::{
    About, At, Command, Decline, End, Label, Order, Record, ReviewNo, Role, Source, Why,
};
use plan::ids::{PersonId, RoleId};
use plan::workflow::Does;

use crate::control::Line;
use crate::work::Work;

mod edits;
mod replies;

impl Work<'_> {
    pub(crate) fn order(&mut self, command: &Command) {
        self.consumes.push(command.id);
        if let Some((who, because)) = self.declined.and_then(|all| all.get(&command.id)) {
            let (command, who, because) = (command.id, who.clone(), *because);
            return self.note(Record::Declined { command, who, because });
        }
        let before = (self.records.len(), self.bodies_added());
        self.stands_for.clone_from(&command.stands_for);
        self.on_call = command.order.who().map(|who| (who.clone(), command.on_call.clone()));
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
        let Some(who) = who(&command.order) else { return };
        if outcome.is_ok() && !command.on_call.is_empty() {
            let roles = command.on_call.clone();
            self.records.insert(before.0, Record::OnCall { who: who.clone(), roles });
        }
        if outcome.is_ok() && !command.stands_for.is_empty() {
            let of = command.stands_for.clone();
            self.records.insert(before.0, Record::ActsFor { who: who.clone(), of });
        }
        if let Err(because) = outcome {
            // What a declined command brought along is not kept.
            if self.records.len() == before.0 {
                self.drop_bodies(before.1);
            }
            self.note(Record::Declined { command: command.id, who, because });
        }
    }

    fn holds(&self, who: &PersonId, role: &RoleId) -> bool {
        let roles = &self.plan.workflow().roles;
        let on_call = self.on_call.as_ref().is_some_and(|(now, held)| {
            // A role that the release does not know is nobody's.
            now == who && held.contains(role) && roles.contains_key(role)
        });
        on_call || roles.get(role).is_some_and(|people| people.contains(who))
    }

    /// A person, and those for whom this person stands in.
    fn voices<'p>(&'p self, who: &'p PersonId) -> impl Iterator<Item = &'p PersonId> {
        std::iter::once(who).chain(&self.stands_for)
    }

    /// Those who answer for the workflow may steer its runs, and so may whoever is asked.
    fn may_steer(&self, who: &PersonId) -> Result<(), Decline> {
        let asked = |voice| self.control.reviews.values().any(|r| self.holds(voice, &r.by));
        let may = self.voices(who).any(|voice| self.answers_for_it(voice) || asked(voice));
        if may { Ok(()) } else { Err(Decline::NotPermitted) }
    }

    fn answers_for_it(&self, who: &PersonId) -> bool {
        let workflow = self.plan.workflow();
        *who == workflow.accountable || self.holds(who, &workflow.override_by)
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
