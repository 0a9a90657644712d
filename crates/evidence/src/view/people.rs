//! The second half of following a run: requests to people, what people ordered, stops, parts and
//! the end. Like the first half it repeats what the records say.

use journal::{At, BodyRef, End, Record, Rule, Usage};
use plan::workflow::EndOutcome;

use super::follow::Walk;
use super::{DeclinedView, ReviewState, StepState, Trouble};
use crate::{codes, credentials, releases, words};

impl Walk<'_> {
    pub(super) fn items(&mut self, record: &Record) {
        if let Record::ItemsStarted { at, from, to } = record {
            self.view.items.started += to.saturating_sub(*from);
            let text = format!("`{at}` began its parts {} to {to}", from + 1);
            self.detail(Some(&at.step), text);
        } else if let Record::ItemsAgain { at, items, again } = record {
            let which = items.iter().map(|item| ((at.clone(), *item), *again));
            self.again.extend(which);
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
            if !done {
                let again = self.again.get(&(at.clone(), *item)).copied().unwrap_or_default();
                let part = self.view.run.child(at, *item, again);
                self.view.failed_part = Some(part);
            }
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
        let reason = |body: &BodyRef| self.because_of(*body);
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
            if scope.holds_back() {
                self.view.stops.push(scope.clone());
                format!("held back: {} is stopped", words::scope(scope))
            } else {
                format!("{} are put before a person", words::scope(scope))
            }
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
            let told = format!("{who} cancelled the case{}", reason(body));
            let said = self.history.text(*body).map(|text| words::plain(&text));
            self.view.cancelled = Some((who.clone(), said));
            told
        } else if let Record::Settled { at, act, happened } = record {
            let named = self.view.acts.iter().find(|a| a.no == *act);
            let what = named.map_or_else(|| format!("an act of `{at}`"), |act| act.what.clone());
            let how = if happened.is_some() { "did happen" } else { "did not happen" };
            format!("it is settled that {what} {how}")
        } else if let Record::Ending { end: how } = record {
            format!("the case comes to its end: {}", end(how))
        } else if let Record::Undone { at, ok } = record {
            self.view.undone.push((at.clone(), *ok));
            let how = if *ok { "was undone" } else { "could not be undone; a person must look" };
            format!("the effect of `{at}` {how}")
        } else if let Record::Caught { code, detail } = record {
            let said = reason(detail);
            let (code, page) = (*code, codes::page(*code));
            let detail = self.history.text(*detail).map(|t| words::plain(&t));
            let when = self.now;
            self.view.trouble = Some(Trouble { at: None, when, code, detail, rule: None });
            format!("{} was caught and nothing was allowed by it{said}", page.title)
        } else {
            // A claim on unique values is bookkeeping; every other kind has its own arm.
            return;
        };
        self.main(None, text);
    }

    /// As whom somebody orders, and what is odd about a text.
    pub(super) fn aside(&mut self, record: &Record) {
        let text = if let Record::ActsFor { who, of } = record {
            let of: Vec<String> = of.iter().map(ToString::to_string).collect();
            format!("{who} stands in for {}", of.join(" and "))
        } else if let Record::OnCall { who, roles } = record {
            let roles: Vec<String> = roles.iter().map(ToString::to_string).collect();
            format!("{who} is on call as {}", roles.join(" and "))
        } else if let Record::Suspected { signals, .. } = record {
            self.suspected(signals)
        } else {
            return;
        };
        self.main(None, text);
    }

    fn suspected(&mut self, signals: &[Rule]) -> String {
        let names: Vec<String> = signals.iter().map(|rule| rule.0.to_string()).collect();
        let text = format!("a text from outside speaks to the model ({})", names.join(", "));
        self.view.suspected.extend(names);
        text
    }

    /// A reason that somebody gave, behind a colon.
    fn because_of(&self, body: BodyRef) -> String {
        self.history.text(body).map_or(String::new(), |t| format!(": {}", words::plain(&t)))
    }

    /// What the desk's own journal says.
    pub(super) fn desk(&mut self, record: &Record) {
        let text = if let Record::StopSet { scope, who, reason } = record {
            let (what, why) = (words::scope(scope), self.because_of(*reason));
            if scope.holds_back() {
                format!("{who} stopped {what}{why}")
            } else {
                format!("{who} had {what} put before a person{why}")
            }
        } else if let Record::StopLifted { scope, who, reason } = record {
            let why = self.because_of(*reason);
            format!("{who} let {} go on{why}", words::scope(scope))
        } else if let Record::LimitReached { account, workflow, limit, until } = record {
            words::used_up(account, workflow, *limit, &self.when(*until))
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
        } else if let Record::Alerted(alert) = record {
            format!("{} (since {})", words::alert(alert), self.when(alert.since))
        } else if let Record::Access(access) = record {
            words::access(access)
        } else if let Record::Exam(exam) = record {
            words::exam(exam)
        } else if let Record::Credential(credential) = record {
            credentials::sentence(credential)
        } else if let Record::FileSaved { who, file, from, .. } = record {
            match from {
                Some(_) => format!("{who} changed `{file}`"),
                None => format!("{who} made `{file}`"),
            }
        } else if let Record::Assured(said) = record {
            let (text, body) = words::assured(said);
            let said = body.and_then(|body| self.history.text(body));
            let said = said.map_or(String::new(), |said| format!(": {}", words::plain(&said)));
            format!("{text}{said}")
        } else if let Record::StartWatched { workflow, since, .. } = record {
            format!("a start of `{workflow}` begins cases from {} on", self.when(*since))
        } else if let Record::StartMissed { workflow, from, until, times, .. } = record {
            words::missed(workflow, *times, &self.when(*from), &self.when(*until))
        } else if let Record::StartHeld { workflow, because, .. } = record {
            words::start_held(workflow, *because)
        } else if let Record::StartIdle { workflow, at, .. } = record {
            words::start_idle(workflow, &self.when(*at))
        } else if let Record::AlertFired(measured) = record {
            words::beyond(measured)
        } else if let Record::AlertEnded(measured) = record {
            words::within(measured)
        } else if let Record::Proof(proof) = record {
            words::proof(proof)
        } else {
            let reason = releases::reason(record).and_then(|body| self.history.text(body));
            let reason = reason.map(|text| words::plain(&text));
            let Some(text) = releases::sentence(record, reason) else { return };
            text
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
