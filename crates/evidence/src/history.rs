//! A run's stored frames, read and checked: each follows from the one before, and each body is
//! the one its frame committed to. It must not repair anything; what does not fit is said.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use journal::{
    ActNo, BodyRef, Chain, ChainError, Finish, Frame, Hash, Labels, Record, RunId, Seq, Stored,
};

/// A run's frames in order, with the bodies that could be read.
#[derive(Debug)]
pub struct History {
    run: RunId,
    frames: Vec<Frame>,
    bodies: BTreeMap<BodyRef, Arc<[u8]>>,
    tip: Hash,
}

impl History {
    /// Reads a run's frames from its first one on.
    pub fn read(run: RunId, stored: &[Stored]) -> Result<Self, ChainError> {
        let mut chain = Chain::new(run);
        let mut frames = Vec::with_capacity(stored.len());
        let mut bodies = BTreeMap::new();
        for row in stored {
            let frame = chain.read(&row.bytes)?;
            for (n, body) in (0_u16..).zip(row.bodies.iter().flatten()) {
                bodies.insert(BodyRef { seq: frame.seq, n }, Arc::clone(body));
            }
            frames.push(frame);
        }
        Ok(Self { run, frames, bodies, tip: chain.last() })
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> RunId {
        self.run
    }

    /// The frames, oldest first.
    #[must_use]
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// The hash of the last frame.
    #[must_use]
    pub fn tip(&self) -> Hash {
        self.tip
    }

    /// A body, unless it was erased.
    #[must_use]
    pub fn body(&self, at: BodyRef) -> Option<&Arc<[u8]>> {
        self.bodies.get(&at)
    }

    /// Whether contents were written that cannot be read any more.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        let mut with = self.frames.iter().filter(|frame| !frame.bodies.is_empty());
        with.any(|frame| !self.bodies.contains_key(&BodyRef { seq: frame.seq, n: 0 }))
    }

    /// Every body that could be read.
    pub fn contents(&self) -> impl Iterator<Item = &[u8]> {
        self.bodies.values().map(|body| &**body)
    }

    /// A body as text: a JSON text without its quotes, anything else as its bytes are.
    #[must_use]
    pub fn text(&self, at: BodyRef) -> Option<String> {
        let bytes = self.body(at)?;
        let plain = || String::from_utf8_lossy(bytes).into_owned();
        Some(serde_json::from_slice(bytes).unwrap_or_else(|_| plain()))
    }

    /// A body as JSON. A body that is none becomes a text.
    #[must_use]
    pub fn json(&self, at: BodyRef) -> Option<serde_json::Value> {
        let bytes = self.body(at)?;
        let text = || serde_json::Value::String(String::from_utf8_lossy(bytes).into_owned());
        Some(serde_json::from_slice(bytes).unwrap_or_else(|_| text()))
    }

    /// The labels of a body.
    #[must_use]
    pub fn labels(&self, at: BodyRef) -> Option<&Labels> {
        let frame = self.frames.get(usize::try_from(at.seq.0).ok()?)?;
        frame.bodies.get(usize::from(at.n)).map(|meta| &meta.labels)
    }
}

/// What a check of a run's stored bytes found to be in order.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Proof {
    pub run: RunId,
    pub frames: u32,
    pub bodies: u32,
    /// Bodies whose key was erased. Their frames still prove that they existed.
    pub erased: u32,
    pub acts: u32,
    /// Acts that are out or whose end nobody knows.
    pub unsettled: u32,
    /// Whether the run's last record says that it is over.
    pub over: bool,
    /// The hash of the last frame: who noted it down earlier can prove that nothing was cut off.
    pub tip: Hash,
}

/// Why a run's stored bytes are not its complete and unchanged history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error(transparent)]
    Chain(#[from] ChainError),
    #[error("entry {0:?} has {1} contents, and {2} of them are stored")]
    Bodies(Seq, usize, usize),
    #[error("content {1} of entry {0:?} is not the one that was written")]
    Body(Seq, u16),
    #[error("entry {0:?} starts an act that was started before")]
    TwiceAllowed(Seq),
    #[error("entry {0:?} ends an act that was never started, or ends it again")]
    NeverAllowed(Seq),
    #[error("entry {0:?} comes after the end of the run")]
    AfterEnd(Seq),
    #[error("the run has no entries")]
    Empty,
}

/// Checks that stored frames are one unbroken chain, that every body is what its frame committed
/// to, and that acts begin once and end once.
pub fn verify(run: RunId, stored: &[Stored]) -> Result<Proof, Broken> {
    let mut chain = Chain::new(run);
    let mut acts = Acts::default();
    let mut proof = Proof {
        run,
        frames: 0,
        bodies: 0,
        erased: 0,
        acts: 0,
        unsettled: 0,
        over: false,
        tip: Hash::default(),
    };
    for row in stored {
        let frame = chain.read(&row.bytes)?;
        bodies(&frame, row, &mut proof)?;
        for record in &frame.records {
            if proof.over && !matches!(record, Record::Declined { .. }) {
                return Err(Broken::AfterEnd(frame.seq));
            }
            acts.record(record, frame.seq)?;
            proof.over |= matches!(record, Record::Ended { .. });
        }
        proof.frames += 1;
    }
    if proof.frames == 0 {
        return Err(Broken::Empty);
    }
    proof.acts = count(acts.seen.len());
    proof.unsettled = count(acts.open.len()).saturating_add(acts.in_doubt);
    proof.tip = chain.last();
    Ok(proof)
}

/// Acts begin once and end once.
#[derive(Default)]
struct Acts {
    seen: BTreeSet<ActNo>,
    open: BTreeSet<ActNo>,
    in_doubt: u32,
}

impl Acts {
    fn record(&mut self, record: &Record, seq: Seq) -> Result<(), Broken> {
        if let Record::Allowed { act, .. } = record {
            if !self.seen.insert(*act) {
                return Err(Broken::TwiceAllowed(seq));
            }
            self.open.insert(*act);
        } else if let Record::Finished { act, .. } | Record::InDoubt { act } = record {
            if !self.open.remove(act) {
                return Err(Broken::NeverAllowed(seq));
            }
            let doubt = matches!(
                record,
                Record::InDoubt { .. } | Record::Finished { outcome: Finish::Unknown { .. }, .. }
            );
            self.in_doubt += u32::from(doubt);
        }
        Ok(())
    }
}

fn bodies(frame: &Frame, row: &Stored, proof: &mut Proof) -> Result<(), Broken> {
    let (Some(bodies), Some(entropy)) = (&row.bodies, &row.entropy) else {
        proof.erased += count(frame.bodies.len());
        return Ok(());
    };
    if bodies.len() != frame.bodies.len() {
        return Err(Broken::Bodies(frame.seq, frame.bodies.len(), bodies.len()));
    }
    for (n, (meta, body)) in (0_u16..).zip(frame.bodies.iter().zip(bodies)) {
        let same = usize::try_from(meta.len).is_ok_and(|len| len == body.len());
        if !same || entropy.commitment(n, body) != meta.commit {
            return Err(Broken::Body(frame.seq, n));
        }
        proof.bodies += 1;
    }
    Ok(())
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
