//! What a frame was told, read back from its cause list and records. Every cause that had an effect
//! left a record with all that matters; one that left none is told again as one without effect.

use journal::{
    About, ActNo, Answer, At, BodyRef, Cause, Command, CommandId, Failure, Finish, Frame, Label,
    Message, ModelAnswer, Order, Outcome, Output, Record, Reply, ReviewNo, RunId, Shown, StopScope,
    Usage, What,
};
use plan::Plan;
use plan::ids::StepId;
use plan::workflow::Does;

use super::DeclinedCommands;
use crate::advance::Event;
use crate::control::Control;
use crate::env::Env;
use crate::kinds::{ended_id, parent_ended_id};
use crate::question::ANSWER;

pub(super) struct Told<'a> {
    plan: &'a Plan,
    run: RunId,
    control: &'a Control,
    env: &'a Env,
    frame: &'a Frame,
    /// How many of the frame's records have been traced to a cause.
    at: usize,
    events: Vec<Event>,
    declined: DeclinedCommands,
}

impl<'a> Told<'a> {
    pub(super) fn read(
        plan: &'a Plan,
        control: &'a Control,
        env: &'a Env,
        frame: &'a Frame,
    ) -> Option<Self> {
        let events = Vec::with_capacity(frame.cause.len());
        let declined = DeclinedCommands::new();
        let run = control.run;
        let mut told = Self { plan, run, control, env, frame, at: 0, events, declined };
        for (n, cause) in frame.cause.iter().enumerate() {
            let event = match cause {
                Cause::Open => return None,
                Cause::Refusal => continue,
                Cause::Claim => Event::Claim,
                Cause::Timer => Event::Timer,
                Cause::Unstop => told.unstop(),
                Cause::Act(act) => told.act(*act)?,
                Cause::Command(id) => Event::Command(told.command(*id, n)?),
            };
            told.events.push(event);
        }
        Some(told)
    }

    pub(super) fn into_parts(self) -> (Vec<Event>, DeclinedCommands) {
        (self.events, self.declined)
    }

    fn rest(&self) -> impl Iterator<Item = (usize, &'a Record)> + use<'a> {
        let frame: &'a Frame = self.frame;
        frame.records.iter().enumerate().skip(self.at)
    }

    fn bytes(&self, body: BodyRef) -> Option<&'a [u8]> {
        Some(self.env.get(body)?.bytes())
    }

    fn text(&self, body: BodyRef) -> Option<String> {
        self.env.get(body)?.value()?.as_str().map(str::to_owned)
    }

    fn unstop(&mut self) -> Event {
        let found = self.rest().find_map(|(n, record)| match record {
            Record::Unhalted { scope } => Some((n, scope.clone())),
            _ => None,
        });
        match found {
            Some((n, scope)) => {
                self.at = n + 1;
                Event::Unstop(scope)
            }
            // A stop that did not hold this run back.
            None => Event::Unstop(StopScope::Run(RunId::DESK)),
        }
    }

    fn act(&mut self, act: ActNo) -> Option<Event> {
        let found = self.rest().find_map(|(n, record)| match record {
            Record::Finished { act: no, outcome, usage } if *no == act => {
                Some((n, outcome, *usage))
            }
            _ => None,
        });
        let Some((n, finish, usage)) = found else {
            // It came too late, or twice.
            let failure = Failure {
                code: journal::Code::TimedOut,
                text: String::new(),
                retry_after_ms: None,
            };
            let result = Err(failure);
            let outcome = Outcome { result, usage: Usage::default(), reported: None };
            return Some(Event::Act { act, outcome, certain: false, held: Label::default() });
        };
        self.at = n + 1;
        let failed = |code, detail, retry_after_ms| {
            Some(Err(Failure { code, text: self.text(detail)?, retry_after_ms }))
        };
        // What the store had been handed is in the answer's own label, which only ever grew by it.
        let held = match finish {
            Finish::Ok { body } => self.env.get(*body)?.labels().base.clone(),
            _ => Label::default(),
        };
        let (result, certain) = match finish {
            Finish::Ok { body } => (Ok(self.answer(act, *body)?.into()), true),
            Finish::Error { code, detail, retry_after_ms } => {
                (failed(*code, *detail, *retry_after_ms)?, true)
            }
            Finish::Asked { question } => {
                let question = self.env.get(*question)?.value()?.clone();
                (Err(Failure::asking(&serde_json::from_value(question).ok()?)), true)
            }
            Finish::Unknown { code, detail } => (failed(*code, *detail, None)?, false),
        };
        let outcome = Outcome { result, usage, reported: None };
        Some(Event::Act { act, outcome, certain, held })
    }

    fn answer(&self, act: ActNo, body: BodyRef) -> Option<Vec<u8>> {
        let bytes = self.bytes(body)?;
        match &self.control.acts.get(&act)?.what {
            What::Model { .. } => {
                let Message { text, calls, least, .. } = serde_json::from_slice(bytes).ok()?;
                serde_json::to_vec(&ModelAnswer { text, calls, least }).ok()
            }
            What::Tool { .. } | What::Notify { .. } => Some(bytes.to_vec()),
        }
    }

    /// Where the records of the causes after the `n`-th begin at the latest.
    fn until(&self, n: usize) -> usize {
        let later = self.frame.cause.get(n + 1..).unwrap_or_default();
        let marks = |record: &Record| match record {
            Record::Finished { act, .. } => later.contains(&Cause::Act(*act)),
            Record::Unhalted { .. } => later.contains(&Cause::Unstop),
            Record::Declined { command, .. } => later.contains(&Cause::Command(*command)),
            _ => false,
        };
        let found = self.rest().find(|(_, record)| marks(record));
        found.map_or(self.frame.records.len(), |(at, _)| at)
    }

    fn command(&mut self, id: CommandId, n: usize) -> Option<Command> {
        if id == parent_ended_id(self.run) {
            let (run, at, order) = (self.run, self.frame.at, Order::ParentEnded);
            let (stands_for, on_call) = (Vec::new(), Vec::new());
            return Some(Command { id, run, at, order, stands_for, on_call });
        }
        let until = self.until(n);
        let (mut order, mut stands_for, mut on_call) = (None, Vec::new(), Vec::new());
        for (at, record) in self.rest().take_while(|(at, _)| *at < until) {
            let found = match record {
                Record::Declined { command, who, because } if *command == id => {
                    self.declined.insert(id, (who.clone(), *because));
                    Some(Order::Pause { who: who.clone() })
                }
                Record::ItemEnded { at, item, .. } if ended_id(self.child(at, *item)) == id => {
                    Some(self.child_ended(record)?)
                }
                Record::ActsFor { of, .. } => {
                    stands_for.clone_from(of);
                    None
                }
                Record::OnCall { roles, .. } => {
                    on_call.clone_from(roles);
                    None
                }
                _ => self.said(record, at),
            };
            if found.is_some() {
                order = found;
                self.at = at + 1;
                break;
            }
        }
        let order = match order {
            Some(order) => order,
            // The end of a child that nobody waits for any more leaves no record. No visit of any
            // step has this number, so nobody waits for this one either.
            None => Order::ChildEnded {
                at: journal::At { step: self.control.entered.keys().next()?.clone(), visit: 0 },
                item: 0,
                end: journal::End::Cancelled,
                output: None,
            },
        };
        Some(Command { id, run: self.run, at: self.frame.at, order, stands_for, on_call })
    }

    /// The child run that is out for an item.
    fn child(&self, at: &At, item: u32) -> RunId {
        let open = self.control.live.get(at).and_then(|visit| visit.children.open.get(&item));
        self.run.child(at, item, open.copied().unwrap_or(0))
    }

    fn child_ended(&self, record: &Record) -> Option<Order> {
        let Record::ItemEnded { at, item, ended, output } = record else { return None };
        let output = match output {
            Some(body) => {
                let loaded = self.env.get(*body)?;
                let json = String::from_utf8(loaded.bytes().to_vec()).ok()?;
                Some(Output { json, labels: loaded.labels().clone() })
            }
            None => None,
        };
        Some(Order::ChildEnded { at: at.clone(), item: *item, end: ended.clone(), output })
    }

    /// The order behind a record that only a person's order writes.
    fn said(&self, record: &Record, at: usize) -> Option<Order> {
        Some(match record {
            Record::Paused { who } => Order::Pause { who: who.clone() },
            Record::Resumed { who } => Order::Resume { who: who.clone() },
            Record::Retried { who, .. } => Order::Retry { who: who.clone() },
            Record::Skipped { who, reason, .. } => {
                Order::Skip { who: who.clone(), reason: self.text(*reason)? }
            }
            Record::CancelAsked { who, reason } => {
                Order::Cancel { who: who.clone(), reason: self.text(*reason)? }
            }
            Record::ReviewClaimed { review, who, .. } => {
                Order::Review { who: who.clone(), review: *review, reply: Reply::Claim }
            }
            Record::ReviewReleased { review, who } => {
                Order::Review { who: who.clone(), review: *review, reply: Reply::Release }
            }
            Record::ReviewAgreed { review, who, edits } => {
                let reply = match edits.is_empty() {
                    true => Reply::Approve,
                    false => {
                        let at = self.control.reviews.get(review)?.at.clone();
                        Reply::Edit { values: self.edits(edits, &at)? }
                    }
                };
                Order::Review { who: who.clone(), review: *review, reply }
            }
            Record::ReviewAnswered { review, who, answer } => {
                let asked = self.control.reviews.get(review).map(|r| &r.about);
                let reply = match (answer, asked) {
                    (Answer::Approved, Some(About::InDoubt { act })) => {
                        Reply::Happened { yes: self.happened(*act) }
                    }
                    (Answer::Approved, _) => Reply::Approve,
                    (Answer::Edited { edits }, Some(About::Question { .. })) => {
                        let answer = self.env.get(edits.first()?.body)?.value()?.as_object()?;
                        let fields = answer.iter();
                        let fields = fields
                            .map(|(name, value)| (format!("{ANSWER}.{name}"), value.to_string()));
                        Reply::Edit { values: fields.collect() }
                    }
                    // Changes that somebody else had made were agreed to as they are.
                    (Answer::Edited { edits }, _) if self.proposed(*review, edits, at) => {
                        Reply::Approve
                    }
                    (Answer::Edited { edits }, _) => {
                        let at = self.control.reviews.get(review)?.at.clone();
                        Reply::Edit { values: self.edits(edits, &at)? }
                    }
                    (Answer::Rejected { reason }, _) => {
                        Reply::Reject { reason: self.text(*reason)? }
                    }
                    (Answer::Escalated { to, reason, .. }, _) => {
                        Reply::Escalate { to: to.clone(), reason: self.text(*reason)? }
                    }
                };
                Order::Review { who: who.clone(), review: *review, reply }
            }
            _ => return None,
        })
    }

    /// Whether changes stood there before the record at a place, for others to agree to.
    fn proposed(&self, review: ReviewNo, edits: &[Shown], at: usize) -> bool {
        let before = self.frame.records.iter().take(at).rev().find_map(|record| match record {
            Record::ReviewAgreed { review: no, edits, .. } if *no == review => {
                Some(edits.as_slice()).filter(|edits| !edits.is_empty())
            }
            _ => None,
        });
        match (before, self.control.reviews.get(&review)) {
            (Some(before), _) => before == edits,
            (None, Some(open)) => open.proposed.iter().map(|(edit, _)| edit).eq(edits),
            (None, None) => false,
        }
    }

    fn happened(&self, no: ActNo) -> bool {
        self.frame.records.iter().any(
            |record| matches!(record, Record::Settled { act, happened: Some(_), .. } if *act == no),
        )
    }

    /// The values of an edit: the leaves that a person wrote and that were others before. Where
    /// somebody wrote what stood there already, any leaf that may be edited says the same.
    fn edits(&self, edits: &[journal::Shown], by: &At) -> Option<Vec<(String, String)>> {
        let mut values = Vec::new();
        for edit in edits {
            let new = self.env.get(edit.body)?;
            let old = match self.control.live.get(by).filter(|_| edit.step == by.step) {
                Some(visit) => visit.bound,
                None => self.control.root(edit.step.as_str()),
            };
            let old = old.and_then(|body| self.env.get(body));
            let before = values.len();
            let mut same = None;
            for (pointer, label) in &new.labels().leaves {
                let was = old.and_then(|o| o.labels().leaves.get(pointer));
                let value = new.value()?.pointer(pointer)?;
                let path = format!("{}{}", edit.step, pointer.replace('/', "."));
                let stood = old.and_then(|o| o.value()?.pointer(pointer));
                if was != Some(label) || stood != Some(value) {
                    values.push((path, value.to_string()));
                } else if same.is_none() && self.may_edit(&by.step, &path) {
                    same = Some((path, value.to_string()));
                }
            }
            if values.len() == before {
                values.extend(same);
            }
        }
        Some(values)
    }

    fn may_edit(&self, by: &StepId, path: &str) -> bool {
        match self.plan.step(by).map(|step| &step.does) {
            Some(Does::Review(review)) => review.may_edit.iter().any(|allowed| {
                let rest = path.strip_prefix(allowed.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            }),
            _ => true,
        }
    }
}
