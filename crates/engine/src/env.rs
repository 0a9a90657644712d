//! The bodies that a run's records commit to, loaded and verified. A missing or erased body is a
//! fault, never a default. It must not fetch anything: the driver hands bodies in.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use guard::ground::Candidate;
use guard::personal::{self, Place};
use journal::{Body, BodyRef, Entropy, Frame, Hash, Labels, Message, Seq};
use plan::ids::StepId;
use serde_json::Value;

/// One body with its labels; parsed at most once.
#[derive(Debug)]
pub struct Loaded {
    bytes: Arc<[u8]>,
    labels: Labels,
    commit: Hash,
    value: OnceLock<Option<Value>>,
    message: OnceLock<Option<Arc<Message>>>,
    plain: OnceLock<Hash>,
    /// Personal data in the message that this is, and in each of its calls.
    personal: OnceLock<Vec<Vec<Place>>>,
    /// Candidates by the step that copies from this body; finding them again for every answer
    /// would cost more than all else.
    found: Mutex<BTreeMap<StepId, Found>>,
}

/// The candidates of each field of a step, in the step's order.
pub(crate) type Found = Arc<Vec<Vec<Candidate>>>;

impl Loaded {
    /// A body under its commitment.
    #[must_use]
    pub fn new(bytes: Arc<[u8]>, labels: Labels, commit: Hash) -> Self {
        Self {
            bytes,
            labels,
            commit,
            value: OnceLock::new(),
            message: OnceLock::new(),
            plain: OnceLock::new(),
            personal: OnceLock::new(),
            found: Mutex::default(),
        }
    }

    /// The bytes as stored.
    #[must_use]
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// The labels of the body's leaves.
    #[must_use]
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// The commitment that a frame holds.
    #[must_use]
    pub fn commit(&self) -> Hash {
        self.commit
    }

    /// The body as JSON.
    #[must_use]
    pub fn value(&self) -> Option<&Value> {
        self.value.get_or_init(|| serde_json::from_slice(&self.bytes).ok()).as_ref()
    }

    /// The hash of the bytes alone: equal bodies have equal ones. It never leaves the engine.
    #[must_use]
    pub fn plain(&self) -> Hash {
        *self.plain.get_or_init(|| Hash::of_parts(&[&self.bytes]))
    }

    /// Where personal data stands in the message that this is, found once: in its text, and then in
    /// the arguments of each call.
    pub(crate) fn personal(&self, message: &Message) -> &[Vec<Place>] {
        let texts = || std::iter::once(&message.text).chain(message.calls.iter().map(|c| &c.args));
        self.personal.get_or_init(|| texts().map(|text| personal::find(text)).collect())
    }

    /// The candidates that `find` gives for a step, found once.
    pub(crate) fn found(&self, step: &StepId, find: impl FnOnce() -> Vec<Vec<Candidate>>) -> Found {
        let mut all = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(step.clone()).or_insert_with(|| Arc::new(find())).clone()
    }

    /// The body as a message of a conversation.
    #[must_use]
    pub fn message(&self) -> Option<&Arc<Message>> {
        let read = || serde_json::from_slice(&self.bytes).ok().map(Arc::new);
        self.message.get_or_init(read).as_ref()
    }
}

/// Why bodies are not what a frame commits to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvError {
    #[error("the bodies of frame {0:?} are missing: their key may have been erased")]
    Missing(Seq),
    #[error("a body of frame {0:?} is not the one its frame commits to")]
    Changed(Seq),
}

/// All bodies of one run that are in memory.
#[derive(Debug, Default)]
pub struct Env {
    bodies: BTreeMap<BodyRef, Arc<Loaded>>,
}

impl Env {
    /// An environment without bodies.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the bodies of a stored frame after checking each against its commitment.
    pub fn load(
        &mut self,
        frame: &Frame,
        bodies: Option<&[Arc<[u8]>]>,
        entropy: Option<&Entropy>,
    ) -> Result<(), EnvError> {
        if frame.bodies.is_empty() {
            return Ok(());
        }
        let (Some(bodies), Some(entropy)) = (bodies, entropy) else {
            return Err(EnvError::Missing(frame.seq));
        };
        if bodies.len() != frame.bodies.len() {
            return Err(EnvError::Changed(frame.seq));
        }
        for (n, (meta, bytes)) in (0_u16..).zip(frame.bodies.iter().zip(bodies)) {
            if entropy.commitment(n, bytes) != meta.commit {
                return Err(EnvError::Changed(frame.seq));
            }
            let loaded = Loaded::new(bytes.clone(), meta.labels.clone(), meta.commit);
            self.bodies.insert(BodyRef { seq: frame.seq, n }, Arc::new(loaded));
        }
        Ok(())
    }

    /// Adds the bodies of a frame that was just committed.
    pub fn absorb(&mut self, frame: &Frame, bodies: Vec<Body>) {
        for ((n, body), meta) in (0_u16..).zip(bodies).zip(&frame.bodies) {
            let loaded = Loaded::new(body.bytes, body.labels, meta.commit);
            self.bodies.insert(BodyRef { seq: frame.seq, n }, Arc::new(loaded));
        }
    }

    /// A body by its place.
    #[must_use]
    pub fn get(&self, at: BodyRef) -> Option<&Arc<Loaded>> {
        self.bodies.get(&at)
    }
}
