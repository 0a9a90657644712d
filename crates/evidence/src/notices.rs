//! What people are told without asking: that somebody is wanted, that nobody came, that a case
//! failed, that something was stopped or does not hold. It says which case and what to type, and
//! never what is in the case: a notice goes through other hands.

use journal::{About, Code, Decider, Did, End, Frame, Gauge, Hash, Millis, Record, RunId};
use plan::ids::{RoleId, StepId, WorkflowName};
use plan::workflow::EndOutcome;
use serde::{Deserialize, Serialize};

use crate::{codes, releases, words};

/// One thing that people are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The same for the same thing, however often it is sent.
    pub id: String,
    pub kind: Kind,
    pub at: Millis,
    pub run: Option<RunId>,
    pub workflow: Option<WorkflowName>,
    pub step: Option<StepId>,
    /// Who is wanted.
    pub role: Option<RoleId>,
    pub due: Option<Millis>,
    /// It does not wait for the morning.
    pub urgent: bool,
    /// One sentence.
    pub text: String,
    /// What shows more, on the command line.
    pub command: String,
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A person is asked.
    Request,
    /// Nobody answered in time.
    Late,
    /// A case failed.
    Failed,
    /// Something was stopped, or held lower, or let go on.
    Stop,
    /// A control does not hold, or nothing is done because it is not proven.
    Control,
    /// A limit of the day or the hour is used up, or a start begins no cases.
    Limit,
    /// Those who are asked may no longer look.
    Attention,
    /// New cases begin on another release from now on.
    Release,
    /// What a rule of the workspace watches is beyond its limit, or is within it again.
    Alert,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Request,
        Self::Late,
        Self::Failed,
        Self::Stop,
        Self::Control,
        Self::Limit,
        Self::Attention,
        Self::Release,
        Self::Alert,
    ];

    /// Its word in the files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Late => "late",
            Self::Failed => "failed",
            Self::Stop => "stop",
            Self::Control => "control",
            Self::Limit => "limit",
            Self::Attention => "attention",
            Self::Release => "release",
            Self::Alert => "alert",
        }
    }
}

/// What a frame gives reason to tell. `workflow` is that of its run.
#[must_use]
pub fn of(frame: &Frame, hash: Hash, workflow: Option<&WorkflowName>) -> Vec<Notice> {
    let mut all = Vec::new();
    for (n, record) in frame.records.iter().enumerate() {
        if let Some(found) = one(record) {
            let run = (frame.run != RunId::DESK).then_some(frame.run);
            let command = match run {
                Some(run) if found.asks => format!("flightdeck review show {run}"),
                Some(run) => format!("flightdeck why {run}"),
                None if found.kind == Kind::Attention => "flightdeck attention".to_owned(),
                None if found.kind == Kind::Release => "flightdeck releases".to_owned(),
                None if found.kind == Kind::Alert => "flightdeck alerts".to_owned(),
                None => "flightdeck status".to_owned(),
            };
            let name = found.workflow.or_else(|| workflow.cloned());
            let of = name.as_ref().filter(|_| run.is_some());
            let of = of.map(|name| format!("{name}: ")).unwrap_or_default();
            let place = Hash::of_parts(&[&hash.0, &n.to_be_bytes()]).to_string();
            all.push(Notice {
                id: format!("msg_{}", place.chars().take(32).collect::<String>()),
                kind: found.kind,
                at: frame.at,
                run,
                workflow: name,
                step: found.step,
                role: found.role,
                due: found.due,
                urgent: found.urgent,
                text: format!("{of}{}", found.text),
                command,
            });
        }
    }
    all
}

/// A record that people are told of.
struct Found {
    kind: Kind,
    workflow: Option<WorkflowName>,
    step: Option<StepId>,
    role: Option<RoleId>,
    due: Option<Millis>,
    urgent: bool,
    asks: bool,
    text: String,
}

impl Found {
    fn new(kind: Kind, text: String) -> Self {
        let (workflow, step, role, due) = (None, None, None, None);
        Self { kind, workflow, step, role, due, urgent: false, asks: false, text }
    }
}

fn one(record: &Record) -> Option<Found> {
    if let Record::ReviewOpened { at, about, by, due, .. } = record {
        let what = match about {
            About::Step { .. } => format!("{by} decides in `{}`", at.step),
            About::Failure { code, .. } => {
                format!("`{}` failed ({}), and {by} is asked", at.step, codes::page(*code).id)
            }
            About::Act { what, .. } => {
                format!("{by} is asked before {} in `{}`", words::deed(what), at.step)
            }
            About::InDoubt { .. } => {
                format!("nobody knows whether an effect of `{}` happened; {by} is asked", at.step)
            }
            About::Question { what, .. } => {
                format!("{} asks {by} something in `{}`", words::deed(what), at.step)
            }
        };
        // Whoever is asked about an effect in doubt is asked at any hour.
        let urgent = matches!(about, About::InDoubt { .. });
        let (step, role, due) = (Some(at.step.clone()), Some(by.clone()), Some(*due));
        Some(Found { step, role, due, urgent, asks: true, ..Found::new(Kind::Request, what) })
    } else if let Record::ReviewLate { to, due, .. } = record {
        let text = match to {
            Some(to) => format!("nobody answered in time; {to} is asked now"),
            None => "nobody answered in time".to_owned(),
        };
        let due = to.as_ref().map(|_| *due);
        let asks = to.is_some();
        Some(Found { role: to.clone(), due, asks, ..Found::new(Kind::Late, text) })
    } else if let Record::Undone { at, ok: false } = record {
        let text = format!("an effect of `{}` could not be undone", at.step);
        Some(Found { step: Some(at.step.clone()), urgent: true, ..Found::new(Kind::Failed, text) })
    } else if let Record::Ended { end, .. } = record {
        failed(end)
    } else {
        desk(record)
    }
}

fn failed(end: &End) -> Option<Found> {
    let code = match end {
        End::Failed(code) => *code,
        End::Reached(EndOutcome::Failed) => Code::Ended,
        End::Reached(EndOutcome::Done | EndOutcome::Rejected)
        | End::Duplicate(_)
        | End::Cancelled => return None,
    };
    let page = codes::page(code);
    Some(Found::new(Kind::Failed, format!("a case failed ({}): {}", page.id, page.title)))
}

/// A person's reason is not in it: it may say anything.
fn released(record: &Record) -> Option<Found> {
    let text = releases::sentence(record, None)?;
    let (workflow, urgent) = if let Record::RolledBack { workflow, by, .. } = record {
        (workflow, matches!(by, Decider::Itself(_)))
    } else if let Record::Deployed { workflow, .. } | Record::Promoted { workflow, .. } = record {
        (workflow, false)
    } else {
        return None;
    };
    Some(Found { workflow: Some(workflow.clone()), urgent, ..Found::new(Kind::Release, text) })
}

fn desk(record: &Record) -> Option<Found> {
    if let Record::StopSet { scope, who, .. } = record {
        let what = words::scope(scope);
        let text = match scope.holds_back() {
            true => format!("{who} stopped {what}"),
            false => format!("{who} had {what} put before a person"),
        };
        Some(Found { urgent: true, ..Found::new(Kind::Stop, text) })
    } else if let Record::StopLifted { scope, who, .. } = record {
        Some(Found::new(Kind::Stop, format!("{who} let {} go on", words::scope(scope))))
    } else if let Record::GuardClosed { workflow, .. } = record {
        let text = format!("nothing of `{workflow}` happens: its guard is not proven");
        let workflow = Some(workflow.clone());
        Some(Found { workflow, urgent: true, ..Found::new(Kind::Control, text) })
    } else if let Record::Drilled { drill, passed: false, .. } = record {
        let text = format!("the drill `{}` did not hold", drill.as_str());
        Some(Found { urgent: true, ..Found::new(Kind::Control, text) })
    } else if let Record::LimitReached { account, workflow, limit, until } = record {
        let text = words::used_up(account, workflow, *limit, &words::when(*until, None));
        Some(Found { workflow: Some(workflow.clone()), ..Found::new(Kind::Limit, text) })
    } else if let Record::StartMissed { workflow, from, until, times, .. } = record {
        let (from, until) = (words::when(*from, None), words::when(*until, None));
        let text = words::missed(workflow, *times, &from, &until);
        Some(Found { workflow: Some(workflow.clone()), ..Found::new(Kind::Limit, text) })
    } else if let Record::StartHeld { workflow, because, .. } = record {
        let text = words::start_held(workflow, *because);
        Some(Found { workflow: Some(workflow.clone()), ..Found::new(Kind::Limit, text) })
    } else if let Record::Access(access) = record
        && matches!(access.did, Did::Waits { .. })
    {
        Some(Found { urgent: true, ..Found::new(Kind::Control, words::access(access)) })
    } else if let Record::Alerted(alert) = record {
        Some(Found::new(Kind::Attention, words::alert(alert)))
    } else if let Record::AlertFired(measured) = record {
        Some(measures(measured, words::beyond(measured)))
    } else if let Record::AlertEnded(measured) = record {
        Some(measures(measured, words::within(measured)))
    } else {
        released(record)
    }
}

fn measures(measured: &Gauge, text: String) -> Found {
    let (workflow, role) = (Some(measured.workflow.clone()), Some(measured.tell.clone()));
    Found { workflow, role, ..Found::new(Kind::Alert, text) }
}
