//! A stored case gone through again on another map: what was said from outside then is chosen now,
//! as far as it fits. It must not choose anything that was not said.

use std::collections::BTreeMap;

use engine::rehearsal::{Broken, Choice, Offer, Point, PointKind, Rehearsed, Then};
use engine::wire_name;
use evidence::RunView;
use evidence::again::{Apart, Heard, Said, Word, apart};
use journal::{At, Code, RunId};
use plan::ids::{PersonId, ToolName};
use serde_json::{Map, Value};

use super::{Rehearsing, view};
use crate::exit::Stop;
use crate::stored::Runs;

/// A case that was gone through again.
pub struct Again {
    pub rehearsed: Rehearsed,
    /// Where it is not as it was.
    pub apart: Vec<Apart>,
    /// Why it went no further by what was said then, where it is not over.
    pub ends: Option<String>,
}

/// Takes a stored case through what was said then.
pub fn again(runs: &Runs, ready: &Rehearsing, was: &RunView) -> Result<Again, Stop> {
    let case = was.case.as_ref().filter(|_| !was.erased).ok_or_else(|| {
        Stop::usage("the contents of this case were erased, so it cannot be gone through again")
    })?;
    let mut memory = Memory { runs, root: was.run, heard: BTreeMap::new(), last: None };
    let followed = ready.follow(case, &mut |point, place| memory.say(point, place));
    let (rehearsed, ends) = match followed {
        Ok(rehearsed) => (rehearsed, memory.last.take()),
        // What was said then does not fit any more: it is left where it still did.
        Err(Broken::Choice { n, what, .. }) => {
            let mut memory = Memory { runs, root: was.run, heard: BTreeMap::new(), last: None };
            let mut left = n;
            let rehearsed = ready.follow(case, &mut |point, place| {
                left = left.checked_sub(1)?;
                memory.say(point, place)
            });
            (rehearsed.map_err(super::stop)?, Some(what))
        }
        Err(broken) => return Err(super::stop(broken)),
    };
    // Choices as they were understood give the same again, so whoever goes on begins with them.
    let rehearsed = match rehearsed.taken.is_empty() {
        true => rehearsed,
        false => ready.rehearse(case, &rehearsed.choices(), Then::Stop).map_err(super::stop)?,
    };
    let apart = apart(was, &view(&rehearsed)?);
    let ends = ends.filter(|_| !rehearsed.is_over());
    Ok(Again { rehearsed, apart, ends })
}

/// What was said, of the case and of its parts.
struct Memory<'r> {
    runs: &'r Runs,
    root: RunId,
    heard: BTreeMap<RunId, Heard>,
    /// Why nothing was said at last.
    last: Option<String>,
}

impl Memory<'_> {
    fn say(&mut self, point: &Point, place: &[(At, u32)]) -> Option<Choice> {
        let (root, runs) = (self.root, self.runs);
        let run = place.iter().fold(root, |run, (at, item)| run.child(at, *item, 0));
        let heard = self.heard.entry(run).or_insert_with(|| heard(runs, run).unwrap_or_default());
        let said = said(heard, point);
        if said.is_none() {
            self.last = Some(format!("nothing was said then at `{}`", point.step));
        }
        said
    }
}

fn heard(runs: &Runs, run: RunId) -> Option<Heard> {
    let history = runs.history(run).ok()?;
    let release = RunView::of(&history, None).release?;
    Some(Heard::of(&history, runs.release(release).as_deref()))
}

fn said(heard: &mut Heard, point: &Point) -> Option<Choice> {
    let at = At { step: point.step.clone(), visit: point.visit };
    let choice = match point.kind {
        PointKind::Time => taking("wait", None),
        PointKind::Copy => copied(heard, &at, point)?,
        PointKind::Model | PointKind::Tool => {
            outside(heard.next(&at, point.what.as_ref())?, point)?
        }
        PointKind::Person => person(heard.next(&at, None)?, point)?,
    };
    Some(Choice { at: Some(point.step.clone()), ..choice })
}

fn taking(take: &str, value: Option<Value>) -> Choice {
    Choice { take: take.to_owned(), value, ..Choice::default() }
}

/// An offer by its word. What is not offered here cannot be said here.
fn offered<'p>(point: &'p Point, take: &str) -> Option<&'p Offer> {
    point.offers.iter().find(|offer| offer.take == take)
}

/// Which of the candidates each field was; a failure of one is one of all.
fn copied(heard: &mut Heard, at: &At, point: &Point) -> Option<Choice> {
    let mut values = Map::new();
    for field in &point.fields {
        match heard.next_field(at, &field.field) {
            Some(Word::Said(text)) => {
                let number = serde_json::from_str::<Value>(&text).ok()?.get("choice").cloned();
                values.insert(field.field.clone(), number.unwrap_or(Value::Null));
            }
            Some(word) => return outside(word, point),
            None => {}
        }
    }
    (!values.is_empty()).then(|| taking("answer", Some(Value::Object(values))))
}

fn outside(word: Word, point: &Point) -> Option<Choice> {
    Some(match word {
        Word::Gave(value) => taking("answer", Some(value)),
        Word::Said(text) => answered(text, point),
        Word::Called(name, args) => {
            let by_name = |offer: &&Offer| {
                let tool = offer.take.strip_prefix("call:").map(ToolName::new);
                matches!(tool, Some(Ok(tool)) if wire_name(&tool) == name)
            };
            let offer = point.offers.iter().find(by_name)?;
            taking(&offer.take, Some(args))
        }
        Word::Failed(code) => {
            let word = serde_json::to_value(code).ok()?;
            let take = format!("fail:{}", word.as_str()?);
            // An answer that made no sense has a code of its own, and is offered as what it was.
            match offered(point, &take) {
                Some(offer) => taking(&offer.take, None),
                None if code == Code::BadAnswer => taking("malformed", None),
                None => return None,
            }
        }
        Word::Question => taking(&offered(point, "asks")?.take, None),
        Word::Lost => match offered(point, "lost") {
            Some(offer) => taking(&offer.take, None),
            None => taking("crash", None),
        },
        Word::Late | Word::Person(..) => return None,
    })
}

/// What a model wrote, as the value that a choice holds.
fn answered(text: String, point: &Point) -> Choice {
    let read = serde_json::from_str::<Value>(&text);
    let free = offered(point, "answer").and_then(|offer| offer.value.as_ref());
    match read {
        // Any text is an answer where one is wanted.
        _ if point.shape.is_none() && free.is_some_and(Value::is_string) => {
            taking("answer", Some(Value::from(text)))
        }
        Ok(value) if point.shape.is_none() => {
            taking("answer", Some(value.get("choice").cloned().unwrap_or(value)))
        }
        Ok(value) => taking("answer", Some(value)),
        Err(_) => taking("malformed", None),
    }
}

fn person(word: Word, point: &Point) -> Option<Choice> {
    let (who, said) = match word {
        Word::Late => return Some(taking("late", None)),
        Word::Person(who, said) => (who, said),
        Word::Said(_)
        | Word::Called(..)
        | Word::Gave(_)
        | Word::Failed(_)
        | Word::Question
        | Word::Lost => return None,
    };
    let by = |who: PersonId, take: &str, value: Option<Value>| Choice {
        who: Some(who),
        ..taking(take, value)
    };
    Some(match said {
        Said::Approved => by(who, "approve", None),
        Said::Edited(edits) => {
            let values = edited(point, &edits);
            by(who, "edit", Some(Value::Object(values)))
        }
        Said::Rejected(reason) => by(who, "reject", Some(Value::from(reason))),
        Said::Escalated(to, reason) => {
            by(who, &format!("escalate:{to}"), Some(Value::from(reason)))
        }
        Said::Happened(true) => by(who, "happened", None),
        Said::Happened(false) => by(who, "did_not_happen", None),
        Said::Retry => by(who, "retry", None),
        Said::Skip(reason) => by(who, "skip", Some(Value::from(reason))),
    })
}

/// The values that may be changed here, as somebody changed them then.
fn edited(point: &Point, edits: &[(plan::ids::StepId, Value)]) -> Map<String, Value> {
    let paths = offered(point, "edit").and_then(|offer| offer.value.as_ref()?.as_object());
    let mut all = Map::new();
    for path in paths.into_iter().flat_map(Map::keys) {
        let mut parts = path.split('.');
        let step = parts.next().unwrap_or_default();
        // The answer to a tool's question is no step's.
        let of = edits.iter().find(|(id, _)| id.as_str() == step || step == "answer");
        let value = of.and_then(|(_, value)| parts.try_fold(value, |value, part| value.get(part)));
        if let Some(value) = value {
            all.insert(path.clone(), value.clone());
        }
    }
    all
}
