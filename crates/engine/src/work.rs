//! The workbench of one advance: a working copy of the run's state, and the records, bodies and
//! draws that are piling up. Everything an advance does goes through [`Work::note`], which folds
//! the record at once, so that what follows sees what has just been decided.

use std::sync::Arc;

use guard::{Guard, Purse};
use journal::{
    Account, ActNo, At, Body, BodyRef, Code, Command, CommandId, CommitError, Draw, Entropy, Hash,
    Label, Labels, Millis, Payload, Record, Rule, RunId, Usage,
};
use plan::Plan;
use plan::expr::{Path, Scope};
use plan::ids::{FieldName, ModelName, PersonId, RoleId, StepId};
use plan::workflow::{Autonomy, Step};
use serde_json::Value;

use crate::audit::DeclinedCommands;
use crate::control::{Control, Slot, Visit};
use crate::env::{Env, Loaded};
use crate::keyed::keyed;
use crate::{Engine, Prepared};

/// What keeps a step from going on: the step's failure path follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stuck {
    pub code: Code,
    pub text: String,
}

impl Stuck {
    pub(crate) fn new(code: Code, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    pub(crate) fn defect(text: impl Into<String>) -> Self {
        Self::new(Code::Defect, text)
    }
}

pub(crate) struct Work<'a> {
    pub plan: &'a Plan,
    pub guard: &'a Guard,
    pub keying: &'a [u8; 32],
    pub prepared: &'a Prepared,
    env: &'a Env,
    pub control: Control,
    pub now: Millis,
    entropy: Entropy,
    pub records: Vec<Record>,
    bodies: Vec<Body>,
    fresh: Vec<Arc<Loaded>>,
    pub draws: Vec<Draw>,
    pub consumes: Vec<CommandId>,
    pub posts: Vec<Command>,
    pub payloads: Vec<(ActNo, Payload)>,
    pub vendors: Vec<(ModelName, String)>,
    pub freedoms: Vec<(ActNo, Autonomy)>,
    /// Why the store refused earlier tries of this advance.
    pub refusals: &'a [CommitError],
    /// Commands that an audit knows to have been declined.
    pub declined: Option<&'a DeclinedCommands>,
    /// Those for whom the person whose order is looked at stands in.
    pub stands_for: Vec<PersonId>,
    /// Who orders now, and the roles that they hold because they are on call.
    pub on_call: Option<(PersonId, Vec<RoleId>)>,
}

impl<'a> Work<'a> {
    pub(crate) fn new(
        engine: &'a Engine,
        control: &Control,
        env: &'a Env,
        now: Millis,
        entropy: Entropy,
        refusals: &'a [CommitError],
    ) -> Self {
        Self {
            plan: &engine.plan,
            guard: &engine.guard,
            keying: &engine.keying,
            prepared: &engine.prepared,
            env,
            control: control.fork(),
            now,
            entropy,
            records: Vec::with_capacity(8),
            bodies: Vec::new(),
            fresh: Vec::new(),
            draws: Vec::new(),
            consumes: Vec::new(),
            posts: Vec::new(),
            payloads: Vec::new(),
            vendors: Vec::new(),
            freedoms: Vec::new(),
            refusals,
            declined: None,
            stands_for: Vec::new(),
            on_call: None,
        }
    }

    /// Writes a record down and folds it.
    pub(crate) fn note(&mut self, record: Record) {
        let folded = self.control.apply(&record, self.now);
        assert!(folded.is_ok(), "the engine wrote a record that does not fold: {folded:?}");
        self.records.push(record);
    }

    /// Adds a body and gives its place.
    pub(crate) fn add(&mut self, bytes: Vec<u8>, labels: Labels) -> BodyRef {
        let n = u16::try_from(self.bodies.len()).unwrap_or(u16::MAX);
        let bytes: Arc<[u8]> = bytes.into();
        let commit = self.entropy.commitment(n, &bytes);
        self.fresh.push(Arc::new(Loaded::new(bytes.clone(), labels.clone(), commit)));
        self.bodies.push(Body { bytes, labels });
        BodyRef { seq: self.control.next, n }
    }

    pub(crate) fn bodies_added(&self) -> usize {
        self.bodies.len()
    }

    /// Writes down that a text which a stranger may have written speaks to the model.
    pub(crate) fn suspect(&mut self, body: BodyRef) {
        let Ok(loaded) = self.loaded(body) else { return };
        if !loaded.labels().at("").untrusted() {
            return;
        }
        let signals = loaded.value().map(guard::signals::found).unwrap_or_default();
        if !signals.is_empty() {
            let signals = signals.into_iter().map(|name| Rule(name.into())).collect();
            self.note(Record::Suspected { body, signals });
        }
    }

    /// Labels to which the tag is added that what is recognised in the contents calls for.
    pub(crate) fn recognised(&self, bytes: &[u8], mut labels: Labels) -> Labels {
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        if self.plan.workflow().detects
            && !guard::personal::find(text).is_empty()
            && let Ok(tag) = FieldName::new("personal")
        {
            labels.base.tags.insert(tag);
        }
        labels
    }

    /// Forgets the bodies that were added after the first `keep`; no record may name them.
    pub(crate) fn drop_bodies(&mut self, keep: usize) {
        self.bodies.truncate(keep);
        self.fresh.truncate(keep);
    }

    pub(crate) fn add_value(&mut self, value: &Value, labels: Labels) -> BodyRef {
        self.add(value.to_string().into_bytes(), labels)
    }

    pub(crate) fn add_text(&mut self, text: &str, label: Label) -> BodyRef {
        self.add_value(&Value::from(text), Labels::all(label))
    }

    /// A body of this run, old or new.
    pub(crate) fn loaded(&self, at: BodyRef) -> Result<&Arc<Loaded>, Stuck> {
        let found = if at.seq == self.control.next {
            self.fresh.get(usize::from(at.n))
        } else {
            self.env.get(at)
        };
        found.ok_or_else(|| Stuck::new(Code::BodyMissing, "a value of this run is missing"))
    }

    pub(crate) fn value(&self, at: BodyRef) -> Result<&Value, Stuck> {
        let broken = || Stuck::new(Code::BodyMissing, "a value of this run cannot be read");
        self.loaded(at)?.value().ok_or_else(broken)
    }

    /// The place of a root's value: the case, or a step's output.
    pub(crate) fn root_ref(&self, name: &str) -> Option<BodyRef> {
        self.control.root(name)
    }

    /// The value a path leads to now, if there is one.
    pub(crate) fn at_path(&self, path: &Path) -> Option<&Value> {
        let body = self.root_ref(path.root())?;
        path.below(self.loaded(body).ok()?.value()?)
    }

    /// The label of the value a path leads to; of a missing value, that of its root.
    pub(crate) fn label_of(&self, path: &Path) -> Label {
        let Some(body) = self.root_ref(path.root()) else { return Label::default() };
        self.loaded(body).map(|l| l.labels().at(&path.pointer())).unwrap_or_default()
    }

    /// The joined label of several paths.
    pub(crate) fn label_of_all<'p>(&self, paths: impl IntoIterator<Item = &'p Path>) -> Label {
        let mut label = Label::default();
        for path in paths {
            label.join(&self.label_of(path));
        }
        label
    }

    pub(crate) fn step(&self, id: &StepId) -> Result<&'a Step, Stuck> {
        self.plan.step(id).ok_or_else(|| Stuck::defect(format!("step `{id}` is not in the plan")))
    }

    pub(crate) fn visit(&self, at: &At) -> Result<&Visit, Stuck> {
        self.control.live.get(at).ok_or_else(|| Stuck::defect(format!("step {at} is not live")))
    }

    /// Acts of a visit that are out.
    pub(crate) fn acts_out(&self, at: &At) -> usize {
        self.control.acts.values().filter(|a| a.at == *at).count()
    }

    pub(crate) fn purse(&self) -> Purse {
        Purse {
            used: self.control.used.plus(self.control.reserved),
            acts: self.control.acts_started,
        }
    }

    /// The idempotency key of an act: the same place and logical attempt give the same key, so
    /// that a repeat after a crash is recognised, and nobody outside can guess one.
    pub(crate) fn key(&self, at: &At, slot: Slot, attempt: u32) -> Hash {
        let run = self.control.run.to_bytes();
        let mut place = [&run, at.step.as_str().as_bytes(), &[0]].concat();
        place.extend(at.visit.to_be_bytes());
        place.extend(format!("{slot:?}").as_bytes());
        place.extend(attempt.to_be_bytes());
        // A conversation asks many times from one place. A person's retry starts it anew, while
        // an effect of the step itself stays the same effect however often it is tried.
        let afresh = matches!(slot, Slot::Model | Slot::Question(..) | Slot::Turn(..));
        if let Some(visit) = self.control.live.get(at).filter(|_| afresh) {
            place.extend(visit.tries.to_be_bytes());
            if slot == Slot::Model {
                place.extend(visit.lines.len().to_be_bytes());
            }
        }
        Hash(keyed(self.keying, &[&place]))
    }

    pub(crate) fn next_act(&self) -> ActNo {
        ActNo(self.control.acts_started + 1)
    }

    /// Takes from a shared account, unless nothing is taken.
    pub(crate) fn take(&mut self, account: Account, amount: u64, limit: u64) {
        if amount > 0 {
            self.draws.push(Draw::Take { account, amount, limit });
        }
    }

    pub(crate) fn give(&mut self, account: Account, amount: u64) {
        if amount > 0 {
            self.draws.push(Draw::Give { account, amount });
        }
    }

    /// Whether the store said that this account has not enough left.
    pub(crate) fn exhausted(&self, account: &Account) -> bool {
        self.refusals.iter().any(|r| matches!(r, CommitError::Limit(a) if a == account))
    }

    /// The other run that holds what this one tried to claim.
    pub(crate) fn claimed_by(&self) -> Option<RunId> {
        self.refusals.iter().find_map(|r| match r {
            CommitError::Claimed(run) => Some(*run),
            CommitError::Stopped(_)
            | CommitError::Limit(_)
            | CommitError::Superseded
            | CommitError::Fault(_)
            | CommitError::Invalid(_) => None,
        })
    }

    pub(crate) fn into_parts(self) -> (Control, Vec<Record>, Vec<Body>, Rest) {
        let rest = Rest {
            entropy: self.entropy,
            draws: self.draws,
            consumes: self.consumes,
            posts: self.posts,
            payloads: self.payloads,
            vendors: self.vendors,
            freedoms: self.freedoms,
        };
        (self.control, self.records, self.bodies, rest)
    }
}

/// What else a draft is made of.
pub(crate) struct Rest {
    pub entropy: Entropy,
    pub draws: Vec<Draw>,
    pub consumes: Vec<CommandId>,
    pub posts: Vec<Command>,
    pub payloads: Vec<(ActNo, Payload)>,
    pub vendors: Vec<(ModelName, String)>,
    pub freedoms: Vec<(ActNo, Autonomy)>,
}

impl Scope for Work<'_> {
    fn root(&self, name: &str) -> Option<&Value> {
        self.loaded(self.root_ref(name)?).ok()?.value()
    }
}

/// A scope with one more root: the result of a read-back.
pub(crate) struct WithResult<'w, 'a> {
    pub work: &'w Work<'a>,
    pub name: &'static str,
    pub value: &'w Value,
}

impl Scope for WithResult<'_, '_> {
    fn root(&self, name: &str) -> Option<&Value> {
        if name == self.name { Some(self.value) } else { self.work.root(name) }
    }
}

/// Usage as a reservation of time and tokens.
pub(crate) fn worst(input: u64, output: u64, cost_nanos: u64) -> Usage {
    Usage { input_tokens: input, cached_tokens: 0, output_tokens: output, cost_nanos, active_ms: 0 }
}
