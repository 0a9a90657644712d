//! A run log of another product, WorkflowOS, as counts and lines to look at. Anybody who can write
//! such a file can add, change or leave out lines, so nothing in it is evidence, and nothing of it
//! is stored. It must not believe what it reads, and no text of it may reach a screen as it stands.

use std::collections::BTreeMap;

use plan::ids::NameError;
use serde::Serialize;
use serde_json::Value;

use crate::words::plain;

#[cfg(test)]
mod tests;

/// The most bytes of a log, and of one of its lines.
pub const BYTES_MAX: usize = 16 << 20;
pub const LINE_BYTES_MAX: usize = 256 << 10;
/// Lines that are kept to be shown, runs that are told apart, and lines that are named where they
/// cannot be read. Beyond them it is only counted.
pub const ENTRIES_MAX: usize = 50_000;
pub const RUNS_MAX: usize = 1_000;
pub const UNREAD_MAX: usize = 100;
/// The most fields that a broken contract names.
const MISSING_MAX: usize = 20;
/// The run of lines that name none, and of those beyond the most that are told apart.
const NO_RUN: &str = "no run";
const OTHER_RUNS: &str = "further runs";

/// What has to be said wherever such a log is shown.
pub const PROVES_NOTHING: &str = "this log proves nothing: whoever can write the file can add, \
                                  change and leave out lines, and no name in it was checked";

/// What a line tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    RunStart,
    SkillStart,
    ToolUse,
    BlastRadiusOk,
    BlastRadiusBlock,
    ContractCheck,
    ContractPass,
    ContractFail,
    Retry,
    ApprovalPending,
    ApprovalGranted,
    ApprovalRejected,
    Escalation,
    SkillComplete,
    RunComplete,
    RunFailed,
}

/// What somebody may want to see alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    Contracts,
    Tools,
    Limits,
    Approvals,
    Errors,
}

impl Group {
    pub const ALL: [Self; 5] =
        [Self::Contracts, Self::Tools, Self::Limits, Self::Approvals, Self::Errors];

    /// Its word on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Contracts => "contracts",
            Self::Tools => "tools",
            Self::Limits => "limits",
            Self::Approvals => "approvals",
            Self::Errors => "errors",
        }
    }
}

impl std::str::FromStr for Group {
    type Err = NameError;

    fn from_str(word: &str) -> Result<Self, NameError> {
        Self::ALL.into_iter().find(|group| group.word() == word).ok_or(NameError::Form)
    }
}

impl Kind {
    pub const ALL: [Self; 16] = [
        Self::RunStart,
        Self::SkillStart,
        Self::ToolUse,
        Self::BlastRadiusOk,
        Self::BlastRadiusBlock,
        Self::ContractCheck,
        Self::ContractPass,
        Self::ContractFail,
        Self::Retry,
        Self::ApprovalPending,
        Self::ApprovalGranted,
        Self::ApprovalRejected,
        Self::Escalation,
        Self::SkillComplete,
        Self::RunComplete,
        Self::RunFailed,
    ];

    /// Its word in the log.
    #[must_use]
    pub fn written(self) -> &'static str {
        match self {
            Self::RunStart => "run_start",
            Self::SkillStart => "skill_start",
            Self::ToolUse => "tool_use",
            Self::BlastRadiusOk => "blast_radius_ok",
            Self::BlastRadiusBlock => "blast_radius_block",
            Self::ContractCheck => "contract_check",
            Self::ContractPass => "contract_pass",
            Self::ContractFail => "contract_fail",
            Self::Retry => "retry",
            Self::ApprovalPending => "approval_pending",
            Self::ApprovalGranted => "approval_granted",
            Self::ApprovalRejected => "approval_rejected",
            Self::Escalation => "escalation",
            Self::SkillComplete => "skill_complete",
            Self::RunComplete => "run_complete",
            Self::RunFailed => "run_failed",
        }
    }

    /// What it is, as a person reads it.
    #[must_use]
    pub fn says(self) -> &'static str {
        match self {
            Self::RunStart => "the run began",
            Self::SkillStart => "a step began",
            Self::ToolUse => "a tool was used",
            Self::BlastRadiusOk => "a limit was looked at, and let it pass",
            Self::BlastRadiusBlock => "a limit held it back",
            Self::ContractCheck => "a contract was looked at",
            Self::ContractPass => "a contract was kept",
            Self::ContractFail => "a contract was broken",
            Self::Retry => "a step was tried again",
            Self::ApprovalPending => "an approval was waited for",
            Self::ApprovalGranted => "an approval was there",
            Self::ApprovalRejected => "an approval was refused",
            Self::Escalation => "a person was called",
            Self::SkillComplete => "a step ended",
            Self::RunComplete => "the run ended",
            Self::RunFailed => "the run failed",
        }
    }

    /// Whether it is among what somebody wants to see alone.
    #[must_use]
    pub fn is_of(self, group: Group) -> bool {
        match group {
            Group::Contracts => {
                matches!(self, Self::ContractCheck | Self::ContractPass | Self::ContractFail)
            }
            Group::Tools => matches!(self, Self::ToolUse),
            Group::Limits => matches!(self, Self::BlastRadiusOk | Self::BlastRadiusBlock),
            Group::Approvals => matches!(
                self,
                Self::ApprovalPending | Self::ApprovalGranted | Self::ApprovalRejected
            ),
            Group::Errors => matches!(
                self,
                Self::BlastRadiusBlock
                    | Self::ContractFail
                    | Self::ApprovalRejected
                    | Self::Escalation
                    | Self::RunFailed
            ),
        }
    }
}

/// One line. Every text of it is on one line, without hidden characters, and not long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its line in the file, from 1.
    pub line: usize,
    pub run: String,
    /// When it says that it was; nothing where that is no time.
    pub at: Option<String>,
    pub event: Kind,
    /// The step, by its name or its id there.
    pub step: Option<String>,
    pub tool: Option<String>,
    pub says: Option<String>,
    /// The fields that a broken contract lacked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// How a run ended, as the log says it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    Complete,
    Failed,
    /// No line says so.
    #[default]
    Open,
}

/// The counts of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Run {
    pub run: String,
    pub first: Option<String>,
    pub last: Option<String>,
    pub ended: Ended,
    pub entries: usize,
    pub events: BTreeMap<Kind, usize>,
    pub groups: BTreeMap<Group, usize>,
    /// Lines that say an earlier time than the one before them.
    pub backwards: usize,
}

/// Why a line is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Longer than a line may be.
    Long,
    /// No JSON object.
    Form,
    /// An event that is not one of the sixteen.
    Event,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Unread {
    pub line: usize,
    pub why: Why,
}

/// What stands in a log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Log {
    /// In the order in which they begin.
    pub runs: Vec<Run>,
    pub entries: Vec<Entry>,
    /// Lines that were counted, and that there was no room to keep.
    pub beyond: usize,
    /// The first lines that cannot be read, and how many there are in all.
    pub unread: Vec<Unread>,
    pub unread_in_all: usize,
}

impl Log {
    /// Reads the bytes of a log. Whoever hands them over keeps them to [`BYTES_MAX`].
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        let mut log = Self::default();
        let mut places = BTreeMap::new();
        for (n, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            match entry(n + 1, line) {
                Ok(entry) => log.add(&mut places, entry),
                Err(why) => {
                    log.unread_in_all += 1;
                    if log.unread.len() < UNREAD_MAX {
                        log.unread.push(Unread { line: n + 1, why });
                    }
                }
            }
        }
        log
    }

    /// The lines of one group, or all.
    pub fn of(&self, group: Option<Group>) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| group.is_none_or(|one| entry.event.is_of(one)))
    }

    fn add(&mut self, places: &mut BTreeMap<String, usize>, mut entry: Entry) {
        if places.len() >= RUNS_MAX && !places.contains_key(&entry.run) {
            OTHER_RUNS.clone_into(&mut entry.run);
        }
        let at = *places.entry(entry.run.clone()).or_insert_with(|| {
            self.runs.push(Run { run: entry.run.clone(), ..Run::default() });
            self.runs.len() - 1
        });
        if let Some(run) = self.runs.get_mut(at) {
            run.count(&entry);
        }
        if self.entries.len() < ENTRIES_MAX {
            self.entries.push(entry);
        } else {
            self.beyond += 1;
        }
    }
}

impl Run {
    fn count(&mut self, entry: &Entry) {
        self.entries += 1;
        *self.events.entry(entry.event).or_default() += 1;
        for group in Group::ALL.into_iter().filter(|group| entry.event.is_of(*group)) {
            *self.groups.entry(group).or_default() += 1;
        }
        let ends = [(Kind::RunComplete, Ended::Complete), (Kind::RunFailed, Ended::Failed)];
        if let Some((_, ended)) = ends.into_iter().find(|(kind, _)| *kind == entry.event) {
            self.ended = ended;
        }
        if let Some(at) = &entry.at {
            let time = |text: &String| text.parse::<jiff::Timestamp>().ok();
            if self.last.as_ref().and_then(time) > time(at) {
                self.backwards += 1;
            }
            self.first.get_or_insert_with(|| at.clone());
            self.last = Some(at.clone());
        }
    }
}

/// One line of a log.
fn entry(line: usize, bytes: &[u8]) -> Result<Entry, Why> {
    if bytes.len() > LINE_BYTES_MAX {
        return Err(Why::Long);
    }
    let value: Value = serde_json::from_slice(bytes).map_err(|_| Why::Form)?;
    let fields = value.as_object().ok_or(Why::Form)?;
    let text = |key: &str| {
        let text = fields.get(key).and_then(Value::as_str).map(plain);
        text.filter(|text| !text.trim().is_empty())
    };
    let event = fields.get("event").and_then(Value::as_str).ok_or(Why::Event)?;
    let event = Kind::ALL.into_iter().find(|kind| kind.written() == event).ok_or(Why::Event)?;
    let at = fields.get("ts").and_then(Value::as_str);
    let at = at.and_then(|at| at.parse::<jiff::Timestamp>().ok()).map(|at| at.to_string());
    let missing = fields.get("contractResult").and_then(|result| result.get("missingFields"));
    let missing = missing.and_then(Value::as_array).into_iter().flatten();
    Ok(Entry {
        line,
        run: text("runId").unwrap_or_else(|| NO_RUN.to_owned()),
        at,
        event,
        step: text("skillName").or_else(|| text("nodeId")),
        tool: text("toolName"),
        says: text("message"),
        missing: missing.filter_map(Value::as_str).map(plain).take(MISSING_MAX).collect(),
    })
}
