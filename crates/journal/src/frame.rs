//! A frame: everything one advance of one run decided, as one row. Its bytes are hashed exactly as
//! stored and hold the hash of the run's previous frame, so that a run can be proved complete.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::body::BodyMeta;
use crate::ids::{ActNo, CommandId, Epoch, Hash, Millis, RunId, Seq};
use crate::ledger::Draw;
use crate::record::Record;

/// The version of the frame's shape.
pub const FRAME_VERSION: u32 = 1;

/// The engine whose decisions a frame holds. A newer engine reads old frames and continues them.
pub const ENGINE: &str = "7";

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frame {
    pub v: u32,
    pub run: RunId,
    pub seq: Seq,
    /// Leaf hash of the previous frame of this run; zero for the first.
    pub prev: Hash,
    pub epoch: Epoch,
    pub engine: Arc<str>,
    pub at: Millis,
    /// What woke the run.
    pub cause: Vec<Cause>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bodies: Vec<BodyMeta>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub draws: Vec<Draw>,
    pub records: Vec<Record>,
}

/// What an advance was told, in the order it was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    Open,
    /// A driver took the run over.
    Claim,
    Act(ActNo),
    Command(CommandId),
    Timer,
    /// The store refused a draw or a stop forbade the last try.
    Refusal,
    Unstop,
}

/// Why stored frames are not a run's complete history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    #[error("frame {0:?} cannot be read: {1}")]
    Read(Seq, String),
    #[error("frame {0:?} is of version {1}, newer than this program knows")]
    Newer(Seq, u32),
    #[error("frame {0:?} is missing or out of order")]
    Order(Seq),
    #[error("frame {0:?} does not follow from the one before it: a stored frame was changed")]
    Link(Seq),
    #[error("frame {0:?} belongs to another run")]
    Run(Seq),
}

impl Frame {
    /// The bytes that are stored, hashed and exported.
    ///
    /// # Errors
    /// When a text in it cannot be written as JSON, which no record's type allows.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = Vec::with_capacity(1024);
        serde_json::to_writer(&mut bytes, self)?;
        Ok(bytes)
    }

    /// Reads a stored frame.
    pub fn read(seq: Seq, bytes: &[u8]) -> Result<Self, ChainError> {
        #[derive(Deserialize)]
        struct Head {
            v: u32,
        }
        match serde_json::from_slice::<Self>(bytes) {
            Ok(frame) if frame.v == FRAME_VERSION => Ok(frame),
            Ok(frame) => Err(ChainError::Newer(seq, frame.v)),
            Err(error) => match serde_json::from_slice::<Head>(bytes) {
                Ok(head) if head.v > FRAME_VERSION => Err(ChainError::Newer(seq, head.v)),
                _ => Err(ChainError::Read(seq, error.to_string())),
            },
        }
    }
}

/// Reads a run's frames one by one and checks that each follows from the one before.
#[derive(Debug, Clone, Copy)]
pub struct Chain {
    run: RunId,
    next: u32,
    last: Hash,
}

impl Chain {
    /// A chain before its first frame.
    #[must_use]
    pub fn new(run: RunId) -> Self {
        Self { run, next: 0, last: Hash::default() }
    }

    /// The next frame, read and checked.
    pub fn read(&mut self, bytes: &[u8]) -> Result<Frame, ChainError> {
        let frame = Frame::read(Seq(self.next), bytes)?;
        self.follow(&frame, Hash::leaf(bytes))?;
        Ok(frame)
    }

    /// The same for a frame that was read already and whose bytes have this leaf hash.
    pub fn follow(&mut self, frame: &Frame, leaf: Hash) -> Result<(), ChainError> {
        if frame.run != self.run {
            return Err(ChainError::Run(frame.seq));
        }
        if frame.seq != Seq(self.next) {
            return Err(ChainError::Order(Seq(self.next)));
        }
        if frame.prev != self.last {
            return Err(ChainError::Link(frame.seq));
        }
        self.last = leaf;
        self.next += 1;
        Ok(())
    }

    /// The hash of the last frame read.
    #[must_use]
    pub fn last(&self) -> Hash {
        self.last
    }

    /// The position of the next frame.
    #[must_use]
    pub fn next(&self) -> Seq {
        Seq(self.next)
    }
}
