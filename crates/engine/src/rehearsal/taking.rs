//! A choice becomes what it stands for: an answer that comes in, an order of a person, time that
//! passes, a death of the program. What does not fit is refused with its place. It must not decide
//! what follows.

use std::sync::Arc;

use journal::{
    ActNo, Code, Command, CommandId, Decline, Failure, Label, Millis, Order, Outcome, Payload,
    Reply, ReviewNo, Usage,
};
use plan::ids::RoleId;
use plan::workflow::Does;
use serde_json::Value;

use super::choosing::{Choice, DEFAULT};
use super::points::{Of, Offer, Point, PointKind, steering};
use super::saying::tool;
use super::{BYTES_MAX, Broken, Play, Taken, figures};
use crate::control::Slot;
use crate::{Event, hours};

/// Things that go on by themselves between two choices.
const MOVES_MAX: usize = 2_000;

/// What is wrong with a choice, and what would fit.
pub(super) type Wrong = (String, String);

pub(super) fn wrong(what: impl Into<String>, fix: impl Into<String>) -> Wrong {
    (what.into(), fix.into())
}

impl Play<'_> {
    /// Everything goes on that needs nothing from outside.
    pub(super) fn go(&mut self) -> Result<(), Broken> {
        for _ in 0..MOVES_MAX {
            if self.at_hand.enough() {
                return Err(Broken::OutOfTime);
            }
            if !(self.stage.mail()? || self.by_itself()? || self.retries()?) {
                return Ok(());
            }
        }
        Err(Broken::TooLong)
    }

    /// People are told, and tables of the workspace are looked into.
    fn by_itself(&mut self) -> Result<bool, Broken> {
        let answer = |permit: &journal::Permit| {
            let held = self.stage.runs.get(&permit.run())?;
            // What is out of a run that went on without it is nobody's any more.
            let Some(act) = held.control.acts.get(&permit.act()) else { return Some(None) };
            match (permit.payload(), act.slot) {
                (Payload::Notify(_), _) => Some(Some(Ok(b"{}".to_vec()))),
                (Payload::Tool(ask), Slot::Lookup(_)) => Some(Some(self.at_hand.answer(ask)?)),
                (Payload::Tool(_) | Payload::Model(_), _) => None,
            }
        };
        let permits = self.stage.permits.iter().enumerate();
        let Some((n, answer)) =
            permits.map(|(n, permit)| (n, answer(permit))).find(|(_, answer)| answer.is_some())
        else {
            return Ok(false);
        };
        let permit = self.stage.permits.remove(n);
        let (run, act) = (permit.run(), permit.act());
        drop(permit.consume());
        if let Some(answer) = answer.flatten() {
            let result = match answer {
                Ok(bytes) => Ok(Arc::from(bytes)),
                Err(text) => Err(Failure { code: Code::ToolError, text, retry_after_ms: None }),
            };
            let outcome = Outcome { result, usage: Usage::default(), reported: None };
            let event = Event::Act { act, outcome, certain: true, held: Label::default() };
            self.stage.wake(run, vec![event])?;
        }
        Ok(true)
    }

    /// Where nothing is out and nobody is asked, a retry comes when it is due.
    fn retries(&mut self) -> Result<bool, Broken> {
        let mut open = self.stage.runs.values().filter(|held| held.control.ended().is_none());
        let waits = |held: &super::stage::Held| {
            held.control.live.iter().any(|(at, visit)| {
                let later = visit.until.is_some_and(|until| until > self.stage.now);
                let step = held.engine.plan().step(&at.step);
                later && step.is_none_or(|step| matches!(step.does, Does::Wait(_)))
            })
        };
        let asked = !self.stage.permits.is_empty()
            || open.any(|held| !held.control.reviews.is_empty() || waits(held));
        let mut open = self.stage.runs.values().filter(|held| held.control.ended().is_none());
        let retries = open.any(|held| {
            let mut visits = held.control.live.values();
            visits.any(|visit| visit.until.is_some_and(|until| until > self.stage.now))
        });
        match self.stage.next_wake().filter(|_| retries && !asked) {
            Some(due) => self.stage.pass(due).map(|()| true),
            None => Ok(false),
        }
    }

    /// Takes one choice, and goes on to where the next is needed.
    pub(super) fn take(&mut self, n: usize, choice: &Choice, assumed: bool) -> Result<(), Broken> {
        let at = self.stage.now;
        let placed = |(what, fix): Wrong| Broken::Choice { n, what, fix };
        let points = self.points();
        let point = match &choice.at {
            None => points.into_iter().next(),
            Some(step) => points.into_iter().find(|point| point.step == *step),
        };
        let point = point.ok_or_else(|| {
            let open = self.points().iter().map(|p| format!("`{}`", p.step)).collect::<Vec<_>>();
            let where_to = choice.at.as_ref().map_or("here".to_owned(), |at| format!("at `{at}`"));
            let fix = match open.is_empty() {
                true => "leave it out".to_owned(),
                false => format!("something is to be chosen at {}", open.join(", ")),
            };
            placed(wrong(format!("nothing is to be chosen {where_to}"), fix))
        })?;
        let (offer, value) = offered(&point, choice).map_err(placed)?;
        match &point.of {
            Of::Acts(acts) => self.acts(&point, acts, &offer, value.as_ref()),
            Of::Review(no) => self.person(&point, *no, &offer, choice, value.as_ref()),
            Of::Time => self.time(&point, &offer),
        }
        .and_then(|done| done.map_err(placed))?;
        let choice = Choice {
            take: offer.take.clone(),
            value,
            who: choice.who.clone(),
            at: Some(point.step.clone()),
        };
        let (step, says, took) = (point.step.clone(), point.says.clone(), offer.says);
        self.taken.push(Taken { step, says, took, choice, assumed, at, point });
        self.go()
    }

    fn time(&mut self, point: &Point, offer: &Offer) -> Result<Result<(), Wrong>, Broken> {
        match offer.take.as_str() {
            "crash" => self.stage.crash()?,
            _ => self.stage.pass(point.until.unwrap_or(self.stage.now))?,
        }
        Ok(Ok(()))
    }

    fn acts(
        &mut self,
        point: &Point,
        acts: &[ActNo],
        offer: &Offer,
        value: Option<&Value>,
    ) -> Result<Result<(), Wrong>, Broken> {
        if offer.take == "crash" {
            return self.stage.crash().map(Ok);
        }
        let mut events = Vec::new();
        let mut longest = 0;
        for permit in self.stage.permits.iter().filter(|p| p.run() == point.run) {
            if !acts.contains(&permit.act()) {
                continue;
            }
            let came = match permit.payload() {
                Payload::Model(ask) => self.model(point, permit.act(), ask, offer, value),
                Payload::Tool(ask) => Ok(tool(offer, value, ask.time_out_ms)),
                Payload::Notify(_) => continue,
            };
            let (outcome, certain) = match came {
                Ok(came) => came,
                Err(wrong) => return Ok(Err(wrong)),
            };
            longest = longest.max(outcome.usage.active_ms);
            let (act, held) = (permit.act(), Label::default());
            events.push(Event::Act { act, outcome, certain, held });
        }
        self.stage.permits.retain(|p| p.run() != point.run || !acts.contains(&p.act()));
        self.stage.pass(Millis(self.stage.now.0.saturating_add(longest)))?;
        self.stage.wake(point.run, events).map(Ok)
    }

    fn person(
        &mut self,
        point: &Point,
        no: ReviewNo,
        offer: &Offer,
        choice: &Choice,
        value: Option<&Value>,
    ) -> Result<Result<(), Wrong>, Broken> {
        let due = point.until.unwrap_or(self.stage.now);
        if offer.take == "late" {
            return self.stage.pass(due).map(Ok);
        }
        let Some(who) = choice.who.clone().or_else(|| point.may.first().cloned()) else {
            return Ok(Err(wrong("nobody may answer it", "choose `late`")));
        };
        let reason = value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let order = match steering(&offer.take, who.clone(), reason.clone()) {
            Some(order) => order,
            None => match reply(&offer.take, reason, value) {
                Ok(reply) => Order::Review { who: who.clone(), review: no, reply },
                Err(wrong) => return Ok(Err(wrong)),
            },
        };
        let Some(held) = self.stage.runs.get(&point.run) else { return Ok(Ok(())) };
        let hours = &held.engine.plan().workflow().hours;
        let then = hours::add_working(hours, self.stage.now, figures::PERSON_MS);
        self.stage.pass(then.min(due))?;
        self.people_ms = self.people_ms.saturating_add(figures::PERSON_MS);
        let mut id = [0; 16];
        for (to, from) in id.iter_mut().zip(self.stage.random()) {
            *to = from;
        }
        let (id, run, at) = (CommandId(id), point.run, self.stage.now);
        let (stands_for, on_call) = (Vec::new(), Vec::new());
        self.stage.post(&Command { id, run, at, order, stands_for, on_call })?;
        self.stage.wake(run, Vec::new())?;
        let Some((_, because)) = self.stage.declined.take().filter(|(of, _)| *of == id) else {
            return Ok(Ok(()));
        };
        let may: Vec<String> = point.may.iter().map(|who| format!("`{who}`")).collect();
        Ok(Err(match because {
            Decline::NotPermitted => wrong(
                format!("`{who}` may not answer this"),
                format!("those who may: {}", may.join(", ")),
            ),
            Decline::BadEdit => wrong(
                "the answer does not fit the request",
                "give each value by its path and of its kind, as the point offers them",
            ),
            other => wrong(
                format!("the answer is declined: {}", decline(other)),
                "choose another person or another answer",
            ),
        }))
    }
}

fn decline(because: Decline) -> &'static str {
    match because {
        Decline::NotOpen => "the request is not open",
        Decline::NotPermitted => "the person may not",
        Decline::BadEdit => "the values do not fit",
        Decline::Taken => "somebody else has taken it up",
        Decline::Agreed => "the person has agreed already",
        Decline::Enough => "the person has answered enough today",
        Decline::NotNow => "the case is not where that fits",
    }
}

/// What of the point is taken, with its value.
fn offered(point: &Point, choice: &Choice) -> Result<(Offer, Option<Value>), Wrong> {
    let first = |take: &str| take == DEFAULT;
    let offer = match first(&choice.take) {
        true => point.offers.first(),
        false => point.offers.iter().find(|offer| offer.take == choice.take),
    };
    let offer = offer.cloned().ok_or_else(|| {
        let all: Vec<String> = point.offers.iter().map(|o| format!("`{}`", o.take)).collect();
        let shown: String = choice.take.chars().take(60).collect();
        let what = format!("`{shown}` cannot be chosen at `{}`", point.step);
        wrong(what, format!("what can: {}", all.join(", ")))
    })?;
    if choice.who.is_some() && point.kind != PointKind::Person {
        return Err(wrong("nobody is asked here", "leave `who` out"));
    }
    if choice.value.is_some() && offer.value.is_none() {
        return Err(wrong(format!("`{}` takes no value", offer.take), "leave the value out"));
    }
    if choice.value.as_ref().is_some_and(|value| value.to_string().len() > BYTES_MAX) {
        return Err(wrong(
            format!("the value is larger than {BYTES_MAX} bytes"),
            "give a smaller one",
        ));
    }
    let value = choice.value.clone().or_else(|| offer.value.clone());
    Ok((offer, value))
}

fn reply(take: &str, reason: String, value: Option<&Value>) -> Result<Reply, Wrong> {
    if let Some(role) = take.strip_prefix("escalate:") {
        let to = RoleId::new(role).map_err(|error| wrong(error.to_string(), "name a role"))?;
        return Ok(Reply::Escalate { to, reason });
    }
    Ok(match take {
        "reject" => Reply::Reject { reason },
        "happened" => Reply::Happened { yes: true },
        "did_not_happen" => Reply::Happened { yes: false },
        "edit" => {
            let fields = value.and_then(Value::as_object).ok_or_else(|| {
                wrong(
                    "the corrections are no values by their paths",
                    "give `{\"step.field\": value}`",
                )
            })?;
            // What has no value is left as it is.
            let given = fields.iter().filter(|(_, value)| !value.is_null());
            Reply::Edit { values: given.map(|(path, v)| (path.clone(), v.to_string())).collect() }
        }
        _ => Reply::Approve,
    })
}
