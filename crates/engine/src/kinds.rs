//! The kinds of step that call neither model nor tool: decide, review, each, parallel, wait,
//! workflow and end. Calling another workflow only writes down which child runs are wanted; the
//! driver opens them from the record.

use journal::{About, At, End, Hash, Label, Labels, Output, Record, ReviewNo, Shown, Source, Why};
use plan::ids::StepId;
use plan::workflow::{
    DecideStep, EachStep, EndOutcome, EndStep, Late, LateEnd, Next, ParallelStep, ReviewStep,
    WaitStep,
};
use serde_json::{Value, json};

use crate::control::{Children, Slot};
use crate::drive::Progress;
use crate::hours;
use crate::work::{Stuck, Work};

impl Work<'_> {
    pub(crate) fn drive_decide(&mut self, at: &At, step: &DecideStep) -> Result<Progress, Stuck> {
        let mut label = Label::default();
        let mut taken = (step.otherwise.clone(), Why::Otherwise);
        for (n, case) in (0_u16..).zip(&step.first) {
            // What was looked at to get here had a hand in the way, whether it held or not.
            label.join(&self.label_of_all(case.when.paths()));
            match case.when.holds(self) {
                Ok(true) => {
                    taken = (case.go.clone(), Why::Row(n));
                    break;
                }
                Ok(false) => {}
                Err(_) => {
                    taken = (step.otherwise.clone(), Why::RowFailed(n));
                    break;
                }
            }
        }
        self.go(at, &taken.0, taken.1, &label);
        Ok(Progress::Left)
    }

    pub(crate) fn drive_review(&mut self, at: &At, step: &ReviewStep) -> Result<Progress, Stuck> {
        if self.visit(at)?.approved.is_some() {
            return Ok(Progress::Done);
        }
        if let Some(sample) = &step.sample
            && matches!(sample.when.holds(self), Ok(true))
            && !self.is_drawn(at, sample.share)
        {
            let next = self.step(&at.step)?.next.clone();
            let label = self.label_of_all(sample.when.paths());
            self.go(at, &next, Why::Unsampled, &label);
            return Ok(Progress::Left);
        }
        let mut shown = Vec::new();
        for path in &step.show {
            let Some(body) = self.root_ref(path.root()) else { continue };
            let root = StepId::new(path.root())
                .map_err(|e| Stuck::defect(format!("`{path}` cannot be shown: {e}")))?;
            let commit = self.loaded(body)?.commit();
            let new = Shown { step: root, body, commit };
            if !shown.contains(&new) {
                shown.push(new);
            }
        }
        let due = hours::after(&self.plan.workflow().hours, self.now, step.within);
        let review = ReviewNo(self.control.reviews_opened + 1);
        let (by, about) = (step.by.clone(), About::Step { shown });
        self.note(Record::ReviewOpened { review, at: at.clone(), about, by, due });
        Ok(Progress::Wait)
    }

    /// Whether a visit is one of those that a person sees. Nobody outside can tell beforehand.
    fn is_drawn(&self, at: &At, share: u32) -> bool {
        let Hash([a, b, c, d, ..]) = self.key(at, Slot::Main, 0);
        (u64::from(u32::from_be_bytes([a, b, c, d])) * 1_000_000) >> 32 < u64::from(share)
    }

    /// Reviews whose time is up: the roles that come next, then the plan's late path.
    pub(crate) fn late_reviews(&mut self) {
        let late: Vec<ReviewNo> = self
            .control
            .reviews
            .iter()
            .filter(|(_, r)| r.due <= self.now)
            .map(|(no, _)| *no)
            .collect();
        for no in late {
            let Some(review) = self.control.reviews.get(&no).cloned() else { continue };
            let step = match (self.plan.step(&review.at.step).map(|s| &s.does), &review.about) {
                (Some(plan::workflow::Does::Review(step)), About::Step { .. }) => Some(step),
                _ => None,
            };
            if let Some((role, within)) = step.and_then(|s| s.late.chain().nth(review.passed)) {
                let role = role.clone();
                let due = hours::after(&self.plan.workflow().hours, self.now, within);
                self.note(Record::ReviewLate { review: no, to: Some(role), due });
                continue;
            }
            if self.control.ending.is_some() && matches!(review.about, About::InDoubt { .. }) {
                // A case is not over while nobody knows what it did: it is asked again.
                let workflow = self.plan.workflow();
                let due = hours::add_working(&workflow.hours, self.now, 8 * 3_600_000);
                let to = Some(workflow.override_by.clone());
                self.note(Record::ReviewLate { review: no, to, due });
                continue;
            }
            let due = review.due;
            self.note(Record::ReviewLate { review: no, to: None, due });
            let then = match step.map(|s| &s.late) {
                Some(Late::Go(id) | Late::Ask { then: LateEnd::Go(id), .. }) => Some(id.clone()),
                Some(Late::Stop | Late::Ask { then: LateEnd::Stop, .. }) | None => None,
            };
            match then {
                Some(id) => self.go(&review.at, &Next::Step(id), Why::Late, &Label::default()),
                None => self.end_as(End::Failed(journal::Code::Late)),
            }
        }
    }

    pub(crate) fn drive_parallel(
        &mut self,
        at: &At,
        step: &ParallelStep,
    ) -> Result<Progress, Stuck> {
        if !self.visit(at)?.branched {
            // Branches are entered in the very frame that enters the step.
            let influences = self.visit(at)?.influences.clone();
            self.note(Record::Branched { at: at.clone() });
            for branch in step.branches.values() {
                self.enter(&branch.first, influences.clone());
            }
            return Ok(Progress::Again);
        }
        let busy = self.control.live.keys().any(|live| {
            let inside = self.plan.step(&live.step).and_then(|s| s.inside.as_ref());
            inside.is_some_and(|i| i.parallel == at.step)
        });
        if busy {
            return Ok(Progress::Wait);
        }
        let mut output = serde_json::Map::new();
        let mut labels = Labels::all(Label::from(Source::Plan));
        for (name, branch) in &step.branches {
            let Some(body) = self.root_ref(branch.gives.as_str()) else { continue };
            let loaded = self.loaded(body)?;
            output.insert(name.as_str().to_owned(), loaded.value().cloned().unwrap_or(Value::Null));
            labels.leaves.insert(format!("/{name}"), loaded.labels().at(""));
        }
        Ok(Progress::Output(Value::Object(output), labels))
    }

    pub(crate) fn drive_wait(&mut self, at: &At, step: &WaitStep) -> Result<Progress, Stuck> {
        let workflow = self.plan.workflow();
        if self.visit(at)?.until.is_some() {
            // The time has come, or the loop would not have got here.
            return Ok(Progress::Done);
        }
        let until = match step {
            WaitStep::For(within) => hours::after(&workflow.hours, self.now, *within),
            WaitStep::Until(path) => {
                let text = self.at_path(path).and_then(Value::as_str).unwrap_or_default();
                hours::instant(&workflow.hours, text).ok_or_else(|| {
                    let text = format!("`{path}` is no date or time to wait for");
                    Stuck::new(journal::Code::Expression, text)
                })?
            }
        };
        self.note(Record::WaitingUntil { at: at.clone(), until });
        Ok(if until <= self.now { Progress::Again } else { Progress::Wait })
    }

    pub(crate) fn drive_each(&mut self, at: &At, step: &EachStep) -> Result<Progress, Stuck> {
        let list = self.at_path(&step.list).and_then(Value::as_array);
        let count = list.map(Vec::len).ok_or_else(|| {
            Stuck::new(journal::Code::Expression, format!("`{}` is no list", step.list))
        })?;
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        if count > step.items_max {
            let text = format!("`{}` has {count} items; at most {}", step.list, step.items_max);
            return Err(Stuck::new(journal::Code::Budget, text));
        }
        let children = &self.visit(at)?.children;
        if failures(children) > step.failures_max {
            // What has started may end; nothing more is started for a step that has failed.
            if !children.open.is_empty() {
                return Ok(Progress::Wait);
            }
            let text = format!("{} of {count} items failed", failures(children));
            return Err(Stuck::new(journal::Code::Child, text));
        }
        if !self.start_items(at, count, step.at_once)? {
            return Ok(Progress::Wait);
        }
        let label = self.label_of(&step.list);
        let children = &self.visit(at)?.children;
        let (done, failed) = (children.done, failures(children));
        let mut output = json!({ "count": count, "done": done, "failed": failed });
        let mut label = label;
        if step.collect {
            let mut items = vec![Value::Null; count as usize];
            for (item, body) in children.outputs.iter() {
                let loaded = self.loaded(*body)?;
                label.join(&loaded.labels().at(""));
                if let Some(place) = items.get_mut(*item as usize) {
                    *place = loaded.value().cloned().unwrap_or(Value::Null);
                }
            }
            if let Some(fields) = output.as_object_mut() {
                fields.insert("items".to_owned(), Value::Array(items));
            }
        }
        Ok(Progress::Output(output, Labels::all(label)))
    }

    pub(crate) fn drive_workflow(&mut self, at: &At) -> Result<Progress, Stuck> {
        if !self.start_items(at, 1, 1)? {
            return Ok(Progress::Wait);
        }
        let children = &self.visit(at)?.children;
        if !children.failed.is_empty() {
            return Err(Stuck::new(
                journal::Code::Child,
                "the called workflow did not end as done",
            ));
        }
        match children.outputs.iter().next() {
            Some((_, body)) => {
                let loaded = self.loaded(*body)?;
                let value = loaded.value().cloned().unwrap_or(Value::Null);
                Ok(Progress::Output(value, loaded.labels().clone()))
            }
            None => Ok(Progress::Output(Value::Null, Labels::all(Label::from(Source::Plan)))),
        }
    }

    /// Keeps the window of open items full: first those that are run again, each as a new child
    /// run, then those that have not been started. True when every item is over.
    fn start_items(&mut self, at: &At, count: u32, at_once: u32) -> Result<bool, Stuck> {
        let visit = self.visit(at)?;
        let (children, again) = (&visit.children, visit.tries);
        let free = (at_once.max(1) as usize).saturating_sub(children.open.len());
        let items: Vec<u32> = children.again.iter().copied().take(free).collect();
        let free = u32::try_from(free.saturating_sub(items.len())).unwrap_or(u32::MAX);
        let from = children.started;
        let to = count.min(from.saturating_add(free));
        let held = self.all_held_back();
        if !items.is_empty() && !held {
            self.note(Record::ItemsAgain { at: at.clone(), items, again });
        }
        if to > from && !held {
            self.note(Record::ItemsStarted { at: at.clone(), from, to });
        }
        let children = &self.visit(at)?.children;
        Ok(children.started >= count && children.again.is_empty() && children.open.is_empty())
    }

    pub(crate) fn drive_end(&mut self, at: &At, step: &EndStep) -> Result<Progress, Stuck> {
        if let Some(role) = &step.tell {
            let slot = Slot::Notify;
            let visit = self.visit(at)?;
            if !visit.results.contains_key(&slot) && visit.in_doubt.is_empty() {
                if self.acts_out(at) > 0 {
                    return Ok(Progress::Wait);
                }
                let text =
                    format!("case ended: step `{}` of `{}`", at.step, self.plan.workflow().name);
                return self.tell(at, role, &text);
            }
        }
        self.end_as(match step.outcome {
            EndOutcome::Failed => End::Failed(journal::Code::Ended),
            EndOutcome::Done | EndOutcome::Rejected => End::Reached(step.outcome),
        });
        Ok(Progress::Left)
    }

    /// What the parent of a child run is sent when it ends.
    pub(crate) fn output(&self) -> Option<(journal::BodyRef, Output)> {
        let path = self.plan.workflow().output.as_ref()?;
        let body = self.root_ref(path.root())?;
        let value = self.at_path(path)?;
        let labels = Labels::all(self.label_of(path));
        Some((body, Output { json: value.to_string(), labels }))
    }
}

fn failures(children: &Children) -> u32 {
    u32::try_from(children.failed.len()).unwrap_or(u32::MAX)
}

/// The id of the message that a run sends about its own end: the same each time.
pub(crate) fn ended_id(run: journal::RunId) -> journal::CommandId {
    message_id(b"ended", run)
}

/// The id of the message that a run gets when its parent is over.
pub(crate) fn parent_ended_id(run: journal::RunId) -> journal::CommandId {
    message_id(b"parent_ended", run)
}

fn message_id(about: &[u8], run: journal::RunId) -> journal::CommandId {
    let hash = Hash::of_parts(&[about, &run.to_bytes()]);
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(hash.0) {
        *to = from;
    }
    journal::CommandId(id)
}
