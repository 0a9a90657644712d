//! The ways in which a server can fail its clients, by name.

use std::str::FromStr;

/// One way, and how many calls it befalls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub kind: Kind,
    pub times: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Does what it was asked, and never says so.
    Hang,
    /// Does nothing and says nothing.
    HangBefore,
    /// Does what it was asked, and dies.
    Die,
    DieBefore,
    /// Talks without end instead of answering.
    Flood,
    /// Does what it was asked, and answers nonsense.
    Garbage,
    /// Does what it was asked, then offers the same tool for something else.
    ChangeDefinition,
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, times) = text.split_once(':').unwrap_or((text, ""));
        let kind = match kind {
            "hang" => Kind::Hang,
            "hang-before" => Kind::HangBefore,
            "die" => Kind::Die,
            "die-before" => Kind::DieBefore,
            "flood" => Kind::Flood,
            "garbage" => Kind::Garbage,
            "change-definition" => Kind::ChangeDefinition,
            other => return Err(format!("`{other}` is no fault")),
        };
        let times = match times {
            "" => u64::MAX,
            n => n.parse().map_err(|_| format!("`{n}` is no number of times"))?,
        };
        Ok(Self { kind, times })
    }
}
