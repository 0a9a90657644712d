//! The second half of following a run: requests to people, what people ordered, stops, parts and
//! the end. Like the first half it repeats what the records say.

use journal::{
    About, Answer, At, BodyRef, End, Millis, Question, Record, ReviewNo, Shown, Usage, What,
};
use plan::ids::{PersonId, RoleId};
use plan::workflow::{Does, EndOutcome};
use serde_json::Value;

use super::follow::Walk;
use super::question;
use super::{DeclinedView, ReviewKind, ReviewState, ReviewView, ShownValue, StepState, Trouble};
use crate::{codes, rules, words};

impl Walk<'_> {
    pub(super) fn review_opened(
        &mut self,
        no: ReviewNo,
        at: &At,
        about: &About,
        by: &RoleId,
        due: Millis,
    ) {
        let mut may_edit = Vec::new();
        let mut form = None;
        let (kind, question, shows) = match about {
            About::Step { shown } => {
                let shows = shown
                    .iter()
                    .map(|s| ShownValue {
                        name: s.step.to_string(),
                        value: self.history.json(s.body),
                    })
                    .collect();
                let mut question = format!("may the case pass `{at}`?");
                if let Some(Does::Review(review)) = self.does(&at.step) {
                    if !review.question.trim().is_empty() {
                        question.clone_from(&review.question);
                    }
                    may_edit = review.may_edit.iter().map(ToString::to_string).collect();
                }
                (ReviewKind::Checkpoint, question, shows)
            }
            About::Failure { code, .. } => {
                let page = codes::page(*code);
                may_edit.push(at.step.to_string());
                let question = format!("`{at}` failed: {} ({})", page.title, page.id);
                (ReviewKind::Failure, question, self.so_far())
            }
            About::Act { what, rule } => {
                let value = match what {
                    What::Tool { args, .. } => self.history.json(*args),
                    What::Notify { text, .. } => self.history.json(*text),
                    What::Model { .. } => None,
                };
                let why = self.in_the_way(what, &rule.0);
                let ways = self.ways(what);
                let what = words::deed(what);
                let rule = &rule.0;
                let question = format!("the rule `{rule}` wants a person's yes to {what}{why}");
                let mut shows = vec![ShownValue { name: what, value }];
                shows.extend(ways);
                (ReviewKind::Act, question, shows)
            }
            About::InDoubt { act } => {
                let what = self.view.acts.iter().find(|a| a.no == *act);
                let name = what.map_or_else(|| "an act".to_owned(), |act| act.what.clone());
                let value = what.and_then(|act| act.args.clone());
                let question = format!("did it happen? {name} was begun and no answer came");
                (ReviewKind::InDoubt, question, vec![ShownValue { name, value }])
            }
            About::Question { what, question } => {
                let asked = question::read(self.history, *question);
                if let Some(asked) = &asked {
                    may_edit.extend(asked.fields().map(|(name, _)| format!("answer.{name}")));
                    form = Some(question::form(asked));
                }
                let (question, shows) = self.question(what, asked.as_ref());
                (ReviewKind::Question, question, shows)
            }
        };
        self.main(
            Some(&at.step),
            format!("{by} was called on: {} (due {})", words::plain(&question), self.when(due)),
        );
        self.view.reviews.push(ReviewView {
            no,
            at: at.clone(),
            kind,
            question,
            by: by.clone(),
            opened: self.now,
            due,
            state: ReviewState::Open,
            shows,
            may_edit,
            form,
        });
    }

    /// Where each argument of a call came from, for whoever is to say yes to it.
    fn ways(&self, what: &What) -> Vec<ShownValue> {
        let What::Tool { args, .. } = what else { return Vec::new() };
        let Some(labels) = self.history.labels(*args) else { return Vec::new() };
        let args = self.history.json(*args);
        let names = args.iter().filter_map(Value::as_object).flat_map(|args| args.keys());
        names
            .map(|name| ShownValue {
                name: format!("where `{}` comes from", words::plain(name)),
                value: Some(Value::from(rules::way(&labels.at(&format!("/{name}"))))),
            })
            .collect()
    }

    /// What a call wants to know, with the call and each field of the answer.
    fn question(&self, what: &What, asked: Option<&Question>) -> (String, Vec<ShownValue>) {
        let value = match what {
            What::Tool { args, .. } => self.history.json(*args),
            What::Model { .. } | What::Notify { .. } => None,
        };
        let name = words::deed(what);
        let said = asked.map_or_else(String::new, Question::words);
        // A stranger's words stand between marks, and as a whole where they are shown as such.
        let text = format!("{name} has a question before it goes on: “{}”", words::plain(&said));
        let mut shows = vec![ShownValue { name, value }];
        shows.push(ShownValue { name: "its words".to_owned(), value: Some(Value::String(said)) });
        shows.extend(asked.into_iter().flat_map(question::fields));
        (text, shows)
    }

    /// Everything the case has produced so far: what a person needs who has to step in.
    fn so_far(&self) -> Vec<ShownValue> {
        let case = ShownValue { name: "case".to_owned(), value: self.view.case.clone() };
        let outputs = self
            .view
            .outputs()
            .into_iter()
            .map(|(step, value)| ShownValue { name: step.to_string(), value: Some(value.clone()) });
        std::iter::once(case).chain(outputs).collect()
    }

    pub(super) fn answer(&mut self, record: &Record) {
        let now = self.now;
        if let Record::ReviewAnswered { review, who, answer } = record {
            self.answered(*review, who, answer);
        } else if let Record::ReviewLate { review, to, due } = record {
            let due_text = self.when(*due);
            let Some(open) = self.view.reviews.iter_mut().rev().find(|r| r.no == *review) else {
                return;
            };
            let step = open.at.step.clone();
            let text = match to {
                Some(role) => {
                    let text = format!("{} did not answer in time; {role} was called on", open.by);
                    open.by = role.clone();
                    open.due = *due;
                    format!("{text} (due {due_text})")
                }
                None => {
                    open.state = ReviewState::Late { at: now };
                    format!("{} did not answer in time", open.by)
                }
            };
            self.main(Some(&step), text);
        }
    }

    fn answered(&mut self, no: ReviewNo, who: &PersonId, answer: &Answer) {
        let at = self.now;
        let who = who.clone();
        let reason = |body: &BodyRef| self.history.text(*body).map(|text| words::plain(&text));
        let review = self.view.reviews.iter().rev().find(|review| review.no == no);
        let asked = review.is_some_and(|review| review.kind == ReviewKind::Question);
        let (state, text) = match answer {
            Answer::Approved => {
                (ReviewState::Approved { who: who.clone(), at }, format!("{who} approved"))
            }
            Answer::Edited { edits } => {
                let steps: Vec<_> = edits.iter().map(|e| e.step.clone()).collect();
                let names: Vec<String> = steps.iter().map(|s| format!("`{s}`")).collect();
                let text = match asked {
                    true => format!("{who} answered"),
                    false => format!("{who} changed {} and approved", names.join(", ")),
                };
                (ReviewState::Edited { who: who.clone(), at, steps }, text)
            }
            Answer::Rejected { reason: body } => {
                let reason = reason(body);
                let said = reason.as_ref().map_or(String::new(), |text| format!(": {text}"));
                let text = format!("{who} rejected{said}");
                (ReviewState::Rejected { who: who.clone(), at, reason }, text)
            }
            Answer::Escalated { to, reason: body, due } => {
                let said = reason(body).map_or(String::new(), |text| format!(": {text}"));
                let text = format!("{who} passed it on to {to}{said}");
                let (to, due) = (to.clone(), *due);
                if let Some(open) = self.view.reviews.iter_mut().rev().find(|r| r.no == no) {
                    open.by = to;
                    open.due = due;
                }
                (ReviewState::Open, text)
            }
        };
        if let (Answer::Edited { edits }, false) = (answer, asked) {
            for Shown { step, body, .. } in edits {
                let output = self.history.json(*body);
                let labels = self.history.labels(*body).cloned();
                if let Some(view) = self.view.steps.iter_mut().rev().find(|s| s.at.step == *step) {
                    view.output = output;
                    view.labels = labels;
                }
            }
        }
        let open = self.view.reviews.iter_mut().rev().find(|review| review.no == no);
        let step = open.map(|open| {
            open.state = state;
            open.at.step.clone()
        });
        self.main(step.as_ref(), text);
    }

    pub(super) fn items(&mut self, record: &Record) {
        if let Record::ItemsStarted { at, from, to } = record {
            self.view.items.started += to.saturating_sub(*from);
            let text = format!("`{at}` began its parts {} to {to}", from + 1);
            self.detail(Some(&at.step), text);
        } else if let Record::ItemsAgain { at, items, .. } = record {
            let again = u32::try_from(items.len()).unwrap_or(u32::MAX);
            self.view.items.failed = self.view.items.failed.saturating_sub(again);
            let text = match again {
                1 => format!("`{at}` began a part again that had failed"),
                _ => format!("`{at}` began {again} parts again that had failed"),
            };
            self.detail(Some(&at.step), text);
        } else if let Record::ItemEnded { at, item, ended, .. } = record {
            let done = *ended == End::Reached(EndOutcome::Done);
            self.view.items.done += u32::from(done);
            self.view.items.failed += u32::from(!done);
            let text = format!("part {} of `{at}` ended: {}", item + 1, end(ended));
            if done { self.detail(Some(&at.step), text) } else { self.main(Some(&at.step), text) }
        }
    }

    pub(super) fn ended(&mut self, ended: &End, output: Option<BodyRef>, usage: Usage) {
        self.view.end = Some(ended.clone());
        self.view.wake_at = None;
        self.view.usage = usage;
        self.view.output = output.and_then(|body| self.history.json(body));
        let at = self.now;
        for review in self.view.reviews.iter_mut().filter(|r| r.state == ReviewState::Open) {
            review.state = ReviewState::Closed { at };
        }
        if let (End::Failed(code), None) = (ended, &self.view.trouble) {
            let trouble = Trouble { at: None, when: at, code: *code, detail: None, rule: None };
            self.view.trouble = Some(trouble);
        }
        self.main(None, format!("the case ended: {}", end(ended)));
    }

    /// What people ordered, and what held the run back.
    pub(super) fn control(&mut self, record: &Record) {
        let reason = |body: &BodyRef| {
            self.history.text(*body).map_or(String::new(), |t| format!(": {}", words::plain(&t)))
        };
        let text = if let Record::Declined { command, who, because } = record {
            let text = words::decline(*because);
            self.view.declined.push(DeclinedView {
                command: *command,
                who: who.clone(),
                when: self.now,
                because: *because,
                text,
            });
            format!("{who} could not do that: {text}")
        } else if let Record::Duplicate { of, .. } = record {
            format!("the run {of} is about the same case")
        } else if let Record::Halted { scope } = record {
            self.view.stops.push(scope.clone());
            format!("held back: {} is stopped", words::scope(scope))
        } else if let Record::Unhalted { scope } = record {
            self.view.stops.retain(|stop| stop != scope);
            format!("let go again: {}", words::scope(scope))
        } else if let Record::Paused { who } = record {
            self.view.paused_by = Some(who.clone());
            format!("{who} paused the case")
        } else if let Record::Resumed { who } = record {
            self.view.paused_by = None;
            format!("{who} let the case go on")
        } else if let Record::Retried { at, who, .. } = record {
            self.closed(at);
            format!("{who} had `{at}` tried again")
        } else if let Record::Skipped { at, who, reason: body } = record {
            let said = reason(body);
            self.closed(at);
            if let Some(step) = self.step(at) {
                step.state = StepState::Skipped;
            }
            format!("{who} let the case go on past `{at}`{said}")
        } else if let Record::CancelAsked { who, reason: body } = record {
            format!("{who} cancelled the case{}", reason(body))
        } else if let Record::Settled { at, act, happened } = record {
            let named = self.view.acts.iter().find(|a| a.no == *act);
            let what = named.map_or_else(|| format!("an act of `{at}`"), |act| act.what.clone());
            let how = if happened.is_some() { "did happen" } else { "did not happen" };
            format!("it is settled that {what} {how}")
        } else if let Record::Ending { end: how } = record {
            format!("the case comes to its end: {}", end(how))
        } else if let Record::Undone { at, ok } = record {
            let how = if *ok { "was undone" } else { "could not be undone; a person must look" };
            format!("the effect of `{at}` {how}")
        } else if let Record::Caught { code, detail } = record {
            let said = reason(detail);
            let (code, page) = (*code, codes::page(*code));
            let detail = self.history.text(*detail).map(|t| words::plain(&t));
            let when = self.now;
            self.view.trouble = Some(Trouble { at: None, when, code, detail, rule: None });
            format!("{} was caught and nothing was allowed by it{said}", page.title)
        } else if let Record::StopSet { scope, who, reason: body } = record {
            format!("{who} stopped {}{}", words::scope(scope), reason(body))
        } else if let Record::StopLifted { scope, who, reason: body } = record {
            format!("{who} let {} go on{}", words::scope(scope), reason(body))
        } else {
            // A claim on unique values is bookkeeping; every other kind has its own arm.
            return;
        };
        self.main(None, text);
    }

    /// What the desk's own journal says besides stops.
    pub(super) fn desk(&mut self, record: &Record) {
        let text = if let Record::LimitReached { workflow, limit, until, .. } = record {
            let until = self.when(*until);
            format!("`{workflow}` has opened its {limit} cases of the day; none until {until}")
        } else if let Record::GuardClosed { workflow, reason, .. } = record {
            let reason = self.history.text(*reason).map(|text| words::plain(&text));
            let said = reason.map_or(String::new(), |text| format!(": {text}"));
            format!("the guard of `{workflow}` is not proven and refuses everything{said}")
        } else if let Record::GuardProven { workflow, .. } = record {
            format!("the guard of `{workflow}` is proven again")
        } else if let Record::Erased { runs, by, reason, .. } = record {
            let said = self.history.text(*reason).map(|text| words::plain(&text));
            let said = said.map_or(String::new(), |text| format!(": {text}"));
            format!(
                "{} had the contents of {} erased{said}",
                words::eraser(by),
                words::cases(runs.len())
            )
        } else if let Record::Drilled { drill, who, passed, .. } = record {
            let came = if *passed { "it held" } else { "it did not hold" };
            format!("{who} drilled `{}`: {came}", drill.as_str())
        } else {
            return;
        };
        self.main(None, text);
    }

    /// Requests of a step that a person's order has settled.
    fn closed(&mut self, at: &At) {
        let now = self.now;
        for review in self.view.reviews.iter_mut().filter(|r| r.at == *at) {
            if review.state == ReviewState::Open {
                review.state = ReviewState::Closed { at: now };
            }
        }
        self.view.trouble = self.view.trouble.take().filter(|t| t.at.as_ref() != Some(at));
    }
}

/// How a run ended, in words.
fn end(end: &End) -> String {
    match end {
        End::Reached(EndOutcome::Done) => "done".to_owned(),
        End::Reached(EndOutcome::Rejected) => "rejected".to_owned(),
        End::Reached(EndOutcome::Failed) => "failed, as the map says".to_owned(),
        End::Failed(code) => {
            let page = codes::page(*code);
            format!("failed ({}): {}", page.id, page.title)
        }
        End::Duplicate(of) => format!("the run {of} is about the same case"),
        End::Cancelled => "cancelled".to_owned(),
    }
}
