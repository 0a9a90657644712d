//! What can be looked at, and what must hold, once frames are stored.

use journal::{Chain, ENGINE, Frame, Millis, Record, RunId, Seq, Store};
use serde_json::Value;

use super::{Rig, START};
use crate::{Audit, Audited, Control, Env};

impl Rig {
    /// A run as its stored frames give it.
    pub(crate) fn load(&self, run: RunId) -> (Control, Env) {
        let (mut control, mut env, mut chain) = (Control::new(run), Env::new(), Chain::new(run));
        for stored in self.store.frames(run, Seq(0), usize::MAX).unwrap() {
            let frame = chain.read(&stored.bytes).unwrap();
            env.load(&frame, stored.bodies.as_deref(), stored.entropy.as_ref()).unwrap();
            control.fold(&frame, chain.last()).unwrap();
        }
        (control, env)
    }

    /// What is in memory is exactly what the stored frames give.
    pub(crate) fn check_folds(&self) {
        for (run, held) in &self.runs {
            let (control, _) = self.load(*run);
            assert_eq!(
                format!("{control:?}"),
                format!("{:?}", held.control),
                "the stored frames of {run} give another state than the live run"
            );
        }
    }

    /// Every stored frame is what the engine decides from what it was told, unless another engine
    /// wrote it.
    pub(crate) fn audit(&self, run: RunId) {
        let (control, _) = self.load(run);
        let engine = &self.engines[&control.opening().unwrap().release];
        let mut audit = Audit::new(engine, run);
        for stored in self.store.frames(run, Seq(0), usize::MAX).unwrap() {
            let ours = Frame::read(audit.control().next(), &stored.bytes).unwrap();
            let ours = ours.engine.as_ref() == ENGINE;
            let expected = if ours { Audited::Same } else { Audited::OtherEngine };
            match audit.check(&stored) {
                Ok(audited) => assert_eq!(audited, expected),
                Err(error) => {
                    let bytes = String::from_utf8_lossy(&stored.bytes);
                    panic!("{run}: {error}\n{bytes}");
                }
            }
        }
        assert_eq!(format!("{:?}", audit.control()), format!("{control:?}"));
    }

    /// No shared account stands above its limit.
    pub(crate) fn check_accounts(&self) {
        for engine in self.engines.values() {
            let (workflow, limits) = (engine.plan().workflow(), &engine.plan().workflow().limits);
            let mut at = START;
            while at <= self.now {
                let day = crate::hours::day(&workflow.hours, at);
                let stands = |what: &str| {
                    let account = format!("day/{day}/{}/{what}", workflow.name);
                    self.store.account(&journal::Account(account.into())).unwrap()
                };
                assert!(stands("cost") <= limits.day.cost_nanos, "{day}: over the day's cost");
                assert!(stands("cases") <= limits.day.cases, "{day}: over the day's cases");
                if let Some(amount) = limits.day.amount {
                    let minor = stands("amount");
                    assert!(minor <= amount.minor.unsigned_abs(), "{day}: over the day's amount");
                }
                at = Millis(at.0 + 86_400_000);
            }
        }
    }

    /// Every record of a run, in order.
    pub(crate) fn records(&self, run: RunId) -> Vec<Record> {
        let mut chain = Chain::new(run);
        let frames = self.store.frames(run, Seq(0), usize::MAX).unwrap();
        frames.iter().flat_map(|stored| chain.read(&stored.bytes).unwrap().records).collect()
    }

    /// Bytes of each frame of a run with its bodies.
    pub(crate) fn sizes(&self, run: RunId) -> Vec<usize> {
        let frames = self.store.frames(run, Seq(0), usize::MAX).unwrap();
        let size = |f: &journal::Stored| {
            f.bytes.len() + f.bodies.iter().flatten().map(|b| b.len()).sum::<usize>()
        };
        frames.iter().map(size).collect()
    }

    pub(crate) fn status(&self, run: RunId) -> journal::Status {
        let held = &self.runs[&run];
        crate::standing_of(&held.engine, &held.control, self.now).status
    }

    /// What a record names.
    pub(crate) fn body(&self, run: RunId, body: journal::BodyRef) -> Value {
        self.runs[&run].env.get(body).and_then(|body| body.value()).cloned().unwrap()
    }

    /// The output that a step is bound to.
    pub(crate) fn bound(&self, run: RunId, step: &str) -> Option<(Value, journal::Labels)> {
        let held = &self.runs[&run];
        let loaded = held.env.get(*held.control.bound.get(step)?)?;
        Some((loaded.value()?.clone(), loaded.labels().clone()))
    }
}
