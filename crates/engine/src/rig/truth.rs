//! What must be true of every stored frame and every act, whatever happens. It sees only what was
//! stored and what was done, and asks the engine nothing.

use std::collections::{BTreeMap, BTreeSet};

use journal::{
    About, ActNo, Answer, At, BodyRef, End, Frame, Hash, Part, Record, ReviewNo, RunId, Starter,
    StopScope, What,
};
use plan::Plan;
use plan::ids::WorkflowName;
use plan::workflow::EndOutcome;

use crate::Control;

/// An act that a stored frame allows.
#[derive(Debug, Clone)]
pub(crate) struct Allowed {
    pub at: At,
    pub what: What,
    pub key: Hash,
    pub performed: bool,
    pub over: bool,
}

#[derive(Debug, Default)]
struct Run {
    next: u32,
    last_epoch: u32,
    ending: Option<End>,
    ended: bool,
    workflow: Option<WorkflowName>,
    /// The stops of the runs above it.
    above: Vec<StopScope>,
    /// What people were asked about, and what they approved.
    asked: BTreeMap<ReviewNo, About>,
    approved: BTreeSet<ReviewNo>,
    /// Calls that wait for a person's answer to what they ask.
    asking: BTreeMap<ReviewNo, (At, String)>,
    refused: BTreeSet<BodyRef>,
}

/// Everything that has been stored and done so far.
#[derive(Debug, Default)]
pub(crate) struct Truth {
    pub acts: BTreeMap<(RunId, ActNo), Allowed>,
    runs: BTreeMap<RunId, Run>,
    effects: BTreeMap<(RunId, String), Hash>,
    /// Who acted under which unique values.
    acted: BTreeMap<(WorkflowName, String), RunId>,
}

impl Truth {
    /// A frame is durable.
    pub(crate) fn stored(&mut self, frame: &Frame, stops: &[StopScope]) {
        if frame.run == RunId::DESK {
            return;
        }
        let run = self.runs.entry(frame.run).or_default();
        assert_eq!(frame.seq.0, run.next, "frames of {} out of order", frame.run);
        assert!(frame.epoch.0 >= run.last_epoch, "an older epoch wrote a frame");
        run.next += 1;
        run.last_epoch = frame.epoch.0;
        for record in &frame.records {
            self.record(frame, record, stops);
        }
    }

    fn record(&mut self, frame: &Frame, record: &Record, stops: &[StopScope]) {
        let id = frame.run;
        let run = self.runs.entry(id).or_default();
        let after = matches!(record, Record::Declined { .. } | Record::Caught { .. });
        assert!(!run.ended || after, "{id}: {record:?} after its end");
        match record {
            Record::Allowed { act, at, what, key, rules, .. } => {
                for scope in stops {
                    assert!(!covers(scope, id, run, what), "{id}: {what:?} allowed under {scope}");
                }
                if let Some(end) = &run.ending {
                    let keeps = matches!(end, End::Reached(EndOutcome::Done));
                    let fits = match what {
                        What::Tool { part: Part::ReadBack, .. } => true,
                        What::Tool { part: Part::Undo, .. } | What::Notify { .. } => !keeps,
                        What::Tool { .. } | What::Model { .. } => false,
                    };
                    assert!(fits, "{id}: {what:?} allowed while it ends as {end:?}");
                }
                if let What::Tool { args, .. } = what {
                    assert!(!run.refused.contains(args), "{id}: refused arguments were allowed");
                    let reviewed = rules.iter().find_map(|r| r.0.strip_prefix("review:"));
                    if let Some(no) = reviewed {
                        let no = ReviewNo(no.parse().unwrap());
                        assert!(run.approved.contains(&no), "{id}: {no:?} was not approved");
                        let Some(About::Act { what: shown, .. }) = run.asked.get(&no) else {
                            panic!("{id}: {no:?} did not show an act");
                        };
                        assert_eq!(shown, what, "{id}: what was approved is not what is done");
                    }
                }
                let waits = run.asking.values().any(|(a, p)| a == at && *p == place(what));
                assert!(!waits, "{id}: {what:?} goes on before its question is answered");
                let same = |((run, _), act): (&(RunId, ActNo), &Allowed)| {
                    *run == id && !act.over && act.at == *at && place(&act.what) == place(what)
                };
                let twin = self.acts.iter().find(|(no, act)| same((no, act)));
                assert!(twin.is_none(), "{id}: {what:?} is allowed while {twin:?} is out");
                let (at, what, key) = (at.clone(), what.clone(), *key);
                let allowed = Allowed { at, what, key, performed: false, over: false };
                let twice = self.acts.insert((id, *act), allowed);
                assert!(twice.is_none(), "{id}: {act:?} was allowed twice");
            }
            Record::Refused { what: What::Tool { args, .. }, .. } => {
                run.refused.insert(*args);
            }
            Record::Finished { act, .. } | Record::InDoubt { act } => self.over(id, *act),
            Record::ReviewOpened { review, about, at, .. } => {
                if let About::Question { what, .. } = about {
                    run.asking.insert(*review, (at.clone(), place(what)));
                }
                assert!(run.asked.insert(*review, about.clone()).is_none(), "{review:?} twice");
            }
            Record::ReviewAnswered { review, answer, .. } => {
                assert!(run.asked.contains_key(review), "{id}: {review:?} was never asked");
                if matches!(answer, Answer::Edited { .. } | Answer::Rejected { .. }) {
                    run.asking.remove(review);
                }
                if matches!(answer, Answer::Approved | Answer::Edited { .. }) {
                    run.approved.insert(*review);
                }
            }
            Record::Opened { workflow, starter, .. } => {
                let above = self.above(starter);
                let run = self.runs.entry(id).or_default();
                run.workflow = Some(workflow.clone());
                run.above = above;
            }
            Record::Ending { end } => run.ending = Some(end.clone()),
            Record::Ended { .. } => {
                run.ended = true;
                let open = self.acts.iter().find(|((run, _), act)| *run == id && !act.over);
                assert!(open.is_none(), "{id} ended with an open act: {open:?}");
            }
            _ => {}
        }
    }

    /// The stops of the runs above a new one, from what those runs themselves recorded.
    fn above(&self, starter: &Starter) -> Vec<StopScope> {
        let Starter::Parent { run, .. } = starter else { return Vec::new() };
        let mut above = vec![StopScope::Run(*run)];
        // A recorded child may be read before its parent.
        if let Some(parent) = self.runs.get(run) {
            above.extend(parent.above.iter().cloned());
            above.extend(parent.workflow.clone().map(StopScope::Workflow));
        }
        above
    }

    /// A case had an effect under values that must be unique. Nobody else may have had one, except
    /// a case that came to nothing.
    pub(crate) fn acted(&mut self, run: RunId, workflow: &WorkflowName, values: String) {
        let holder = *self.acted.entry((workflow.clone(), values.clone())).or_insert(run);
        if holder != run {
            let before = &self.runs[&holder];
            let nothing = !matches!(before.ending, Some(End::Reached(EndOutcome::Done)));
            assert!(before.ended && nothing, "{run} and {holder} both acted for {values}");
            self.acted.insert((workflow.clone(), values), run);
        }
    }

    fn over(&mut self, run: RunId, act: ActNo) {
        let allowed = self.acts.get_mut(&(run, act)).unwrap();
        assert!(!allowed.over, "{run}: {act:?} is over twice");
        allowed.over = true;
    }

    /// An act is performed now.
    pub(crate) fn perform(&mut self, run: RunId, act: ActNo) {
        let allowed = self.acts.get_mut(&(run, act));
        let allowed = allowed.unwrap_or_else(|| panic!("{run}: {act:?} was never allowed"));
        assert!(!allowed.performed, "{run}: {act:?} is performed twice");
        allowed.performed = true;
    }

    /// An effect really happened. One place of one run has one effect, unless its tool knows a
    /// repeat again by its key.
    pub(crate) fn effect(&mut self, run: RunId, act: ActNo, idempotent: bool) {
        let allowed = &self.acts[&(run, act)];
        let What::Tool { part, .. } = &allowed.what else { return };
        // A turn's place is in its key; a step's own effect has one place whatever its key is.
        let place = match part {
            Part::Turn(_) => format!("{} {part:?} {}", allowed.at, allowed.key),
            _ => format!("{} {part:?}", allowed.at),
        };
        let key = allowed.key;
        let before = self.effects.insert((run, place.clone()), key);
        if let Some(before) = before {
            assert!(idempotent && before == key, "{run}: {place} has had its effect twice");
        }
    }

    /// Every allowed act of an ended run is over.
    pub(crate) fn all_over(&self) {
        for ((run, act), allowed) in &self.acts {
            let ended = self.runs.get(run).is_some_and(|r| r.ended);
            assert!(!ended || allowed.over, "{run}: {act:?} has no end");
        }
    }

    /// Runs that are not over.
    pub(crate) fn open_runs(&self) -> Vec<RunId> {
        self.runs.iter().filter(|(_, r)| !r.ended).map(|(id, _)| *id).collect()
    }

    pub(crate) fn all_runs(&self) -> Vec<RunId> {
        self.runs.keys().copied().collect()
    }

    /// A run stays within the limits of its case.
    pub(crate) fn budgets(&self, control: &Control, plan: &Plan) {
        let limits = &plan.workflow().limits.case;
        let used = control.used();
        assert!(used.cost_nanos <= limits.cost_nanos, "over cost: {used:?}");
        assert!(used.tokens() <= limits.tokens, "over tokens: {used:?}");
        // Undoing and telling are no acts of the case's budget.
        let id = control.run();
        let counted = self.acts.iter().filter(|((run, _), act)| {
            let free = match &act.what {
                What::Tool { part, .. } => matches!(part, Part::Undo),
                What::Notify { .. } => true,
                What::Model { .. } => false,
            };
            *run == id && !free
        });
        assert!(counted.count() <= limits.acts as usize, "{id}: too many acts");
    }
}

/// What may be out only once in a step.
fn place(what: &What) -> String {
    match what {
        What::Model { question, .. } => format!("model {question:?}"),
        What::Tool { part, .. } => format!("{part:?}"),
        What::Notify { .. } => "notify".to_owned(),
    }
}

fn covers(scope: &StopScope, id: RunId, of: &Run, what: &What) -> bool {
    if matches!(what, What::Notify { .. }) {
        return false;
    }
    match scope {
        StopScope::Everything => true,
        StopScope::Beyond { .. } => false,
        StopScope::Run(run) => *run == id || of.above.contains(scope),
        StopScope::Workflow(name) => of.workflow.as_ref() == Some(name) || of.above.contains(scope),
        StopScope::Tool(tool) => matches!(what, What::Tool { tool: t, .. } if t == tool),
        StopScope::Server(server) => {
            matches!(what, What::Tool { tool, .. } if tool.server() == server)
        }
        StopScope::Vendor(vendor) => match what {
            What::Model { model, .. } => {
                vendor == if model.as_str() == "main" { "acme" } else { "other" }
            }
            What::Tool { .. } | What::Notify { .. } => false,
        },
    }
}
