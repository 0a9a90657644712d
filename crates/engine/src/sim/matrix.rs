//! What the simulation has reached: kind of step, fault and crash point, counted. An empty cell
//! that can be reached means that something is no longer tested.

use std::collections::BTreeMap;
use std::fmt;

/// Where the driver dies around an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Crash {
    Never,
    /// The act is stored as allowed, and no permit of that frame has been looked at.
    AfterCommit,
    BeforeAct,
    AfterAct,
    /// The outcome was decided upon, and the frame was not stored.
    BeforeAck,
    AfterAck,
}

pub(crate) const CRASHES: [Crash; 6] = [
    Crash::Never,
    Crash::AfterCommit,
    Crash::BeforeAct,
    Crash::AfterAct,
    Crash::BeforeAck,
    Crash::AfterAck,
];

/// What goes wrong with an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    None,
    /// It certainly was not done.
    Error,
    /// It was done, and nobody heard of it.
    LostAnswer,
    /// It was not done, and nobody knows.
    LostCall,
    /// The answer makes no sense.
    Garbage,
    /// The answer comes twice.
    Duplicate,
    /// The answer comes late, perhaps after its driver died.
    Late,
    /// A person is to answer something before it is done.
    Asks,
}

pub(crate) const FAULTS: [Fault; 8] = [
    Fault::None,
    Fault::Error,
    Fault::LostAnswer,
    Fault::LostCall,
    Fault::Garbage,
    Fault::Duplicate,
    Fault::Late,
    Fault::Asks,
];

/// Acts, by kind of step and part.
pub(crate) const ACTS: [&str; 14] = [
    "copy", "answer", "tools", "turn", "read", "create", "confirm", "readback", "put", "post",
    "lookup", "undo", "end", "review",
];

/// Kinds of step that start no act of their own.
pub(crate) const QUIET: [&str; 7] =
    ["decide", "review", "each", "parallel", "wait", "workflow", "end"];

/// What people and the operator do to a case while a step is worked on.
pub(crate) const ORDERS: [&str; 6] = ["stop", "pause", "cancel", "crash", "full", "taken_over"];

/// What becomes of questions to people.
pub(crate) const REPLIES: [&str; 18] = [
    "approve",
    "edit",
    "reject",
    "escalate",
    "wrong_person",
    "duplicate",
    "absent",
    "happened",
    "not_happened",
    "retry",
    "retry_items",
    "raised",
    "skip",
    "act_approved",
    "answered",
    "bad_answer",
    "claim",
    "stands_in",
];

#[derive(Debug, Default)]
pub(crate) struct Matrix {
    acts: BTreeMap<(&'static str, Fault, Crash), u64>,
    quiet: BTreeMap<(&'static str, &'static str), u64>,
    replies: BTreeMap<&'static str, u64>,
    pub ends: BTreeMap<String, u64>,
    pub frames: u64,
    pub effects: u64,
}

fn sum<K: Ord>(into: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
    for (key, times) in from {
        *into.entry(key).or_default() += times;
    }
}

impl Matrix {
    pub(crate) fn act(&mut self, kind: &'static str, fault: Fault, crash: Crash) {
        *self.acts.entry((kind, fault, crash)).or_default() += 1;
    }

    pub(crate) fn order(&mut self, kind: &'static str, order: &'static str) {
        *self.quiet.entry((kind, order)).or_default() += 1;
    }

    pub(crate) fn reply(&mut self, reply: &'static str) {
        assert!(REPLIES.contains(&reply), "{reply}");
        *self.replies.entry(reply).or_default() += 1;
    }

    /// Joins what another part of the simulation has reached.
    pub(crate) fn add(&mut self, other: Self) {
        let Self { acts, quiet, replies, ends, frames, effects } = other;
        sum(&mut self.acts, acts);
        sum(&mut self.quiet, quiet);
        sum(&mut self.replies, replies);
        sum(&mut self.ends, ends);
        self.frames += frames;
        self.effects += effects;
    }

    /// Cells that could have been reached and were not.
    pub(crate) fn empty(&self) -> Vec<String> {
        let mut empty = Vec::new();
        for kind in ACTS {
            for fault in FAULTS {
                for crash in CRASHES {
                    let reached = self.acts.contains_key(&(kind, fault, crash));
                    if !reached && possible(kind, fault, crash) {
                        empty.push(format!("{kind} x {fault:?} x {crash:?}"));
                    }
                }
            }
        }
        for kind in QUIET {
            for order in ORDERS.into_iter().filter(|o| !self.quiet.contains_key(&(kind, o))) {
                // A decision is over within its frame.
                if kind != "decide" || order == "crash" {
                    empty.push(format!("{kind} x {order}"));
                }
            }
        }
        let silent = REPLIES.iter().filter(|r| !self.replies.contains_key(*r));
        empty.extend(silent.map(|r| format!("reply {r}")));
        empty
    }
}

/// A driver that dies before an act sees no fault of it.
pub(crate) fn possible(kind: &str, fault: Fault, crash: Crash) -> bool {
    // A message has no answer that could be garbage.
    if fault == Fault::Garbage && matches!(kind, "end" | "review") {
        return false;
    }
    // Only a tool asks, and only where its call can go on with the answer.
    let asks = ["turn", "read", "create", "confirm", "put", "post", "lookup"];
    if fault == Fault::Asks && !asks.contains(&kind) {
        return false;
    }
    match crash {
        Crash::AfterCommit | Crash::BeforeAct => fault == Fault::None,
        Crash::Never => true,
        // What is late or comes twice has come once before the driver dies, or after it.
        Crash::AfterAct => matches!(fault, Fault::None | Fault::Late),
        Crash::BeforeAck | Crash::AfterAck => !matches!(fault, Fault::Late | Fault::Duplicate),
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for crash in CRASHES {
            write!(f, "\n{:<12}", format!("{crash:?}"))?;
            for fault in FAULTS {
                write!(f, "{:>11}", format!("{fault:?}"))?;
            }
            writeln!(f)?;
            for kind in ACTS {
                write!(f, "{kind:<12}")?;
                for fault in FAULTS {
                    let count = self.acts.get(&(kind, fault, crash)).copied().unwrap_or(0);
                    match (count, possible(kind, fault, crash)) {
                        (0, false) => write!(f, "{:>11}", "-")?,
                        (count, _) => write!(f, "{count:>11}")?,
                    }
                }
                writeln!(f)?;
            }
        }
        write!(f, "\n{:<12}", "while in")?;
        for order in ORDERS {
            write!(f, "{order:>11}")?;
        }
        writeln!(f)?;
        for kind in QUIET {
            write!(f, "{kind:<12}")?;
            for order in ORDERS {
                let count = self.quiet.get(&(kind, order)).copied().unwrap_or(0);
                write!(f, "{count:>11}")?;
            }
            writeln!(f)?;
        }
        writeln!(f, "\nreplies {:?}", self.replies)?;
        writeln!(f, "ends {:?}", self.ends)?;
        write!(f, "frames {} effects {}", self.frames, self.effects)
    }
}
