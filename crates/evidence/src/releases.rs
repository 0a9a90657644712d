//! The releases of each workflow as the desk's journal tells of them: which one new cases begin on,
//! who deployed it and on what trial, what is tried beside it, and why one was left. It must not
//! judge: a comparison that led to something stands in the entry that it led to.

use journal::{
    Because, BodyRef, Canary, Decider, Figure, Measured, Millis, Record, Rollouts, Side, Tried,
};
use plan::ids::{PersonId, ReleaseId, WorkflowName};
use serde::Serialize;

use crate::history::History;
use crate::statistics::{real, whole};
use crate::words;

/// One release that was deployed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReleaseView {
    pub workflow: WorkflowName,
    pub release: ReleaseId,
    pub state: State,
    /// Since when it stands so.
    pub since: Millis,
    pub deployed: Millis,
    pub who: PersonId,
    /// Why, if a reason was given and was not erased.
    pub reason: Option<String>,
    /// What came of the kept cases; nothing where there were none.
    pub tried: Option<Tried>,
    /// The rules of its canary, if it began as one.
    pub canary: Option<Canary>,
    /// What became of it last, in a sentence.
    pub ended: Option<String>,
    /// What was measured, where that ended it.
    pub measured: Option<Measured>,
}

/// Where a release stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// New cases begin on it.
    Live,
    /// A share of new cases begins on it.
    Canary,
    /// Another one took its place.
    Before,
    /// It was gone back from, or its canary ended.
    RolledBack,
}

impl State {
    /// In a word or two.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Canary => "canary",
            Self::Before => "before",
            Self::RolledBack => "rolled back",
        }
    }
}

/// Every release that was deployed, the last one first, and where the releases stand.
#[must_use]
pub fn releases(history: &History) -> (Vec<ReleaseView>, Rollouts) {
    let (mut all, mut rollouts) = (Vec::<ReleaseView>::new(), Rollouts::default());
    for frame in history.frames() {
        for record in &frame.records {
            rollouts.read(record, frame.at);
            follow(&mut all, history, record, frame.at);
        }
    }
    all.reverse();
    (all, rollouts)
}

fn follow(all: &mut Vec<ReleaseView>, history: &History, record: &Record, at: Millis) {
    if let Record::Deployed { workflow, release, who, canary, tried, reason, .. } = record {
        let state = if canary.is_some() { State::Canary } else { State::Live };
        if canary.is_none() {
            step_down(all, workflow, at);
        }
        let reason = reason.and_then(|body| history.text(body)).map(|text| words::plain(&text));
        all.push(ReleaseView {
            workflow: workflow.clone(),
            release: *release,
            state,
            since: at,
            deployed: at,
            who: who.clone(),
            reason,
            tried: *tried,
            canary: *canary,
            ended: None,
            measured: None,
        });
    } else if let Record::Promoted { workflow, release, .. } = record {
        step_down(all, workflow, at);
        stands(all, workflow, *release, State::Live, at, None);
    } else if let Record::RolledBack { workflow, from, to, by, reason } = record {
        let reason = reason.and_then(|body| history.text(body)).map(|text| words::plain(&text));
        // A canary that is left together with the live release ends too.
        for one in all.iter_mut().filter(|one| one.workflow == *workflow) {
            if one.state == State::Canary {
                (one.state, one.since) = (State::RolledBack, at);
            }
        }
        stands(all, workflow, *from, State::RolledBack, at, Some(told(by, reason)));
        if let Some(one) = last(all, workflow, *from) {
            one.measured = match by {
                Decider::Itself(Because::Worse(measured)) => Some(*measured),
                Decider::Itself(_) | Decider::Person(_) => None,
            };
        }
        if last(all, workflow, *to).is_some_and(|one| one.state != State::Live) {
            stands(all, workflow, *to, State::Live, at, None);
        }
    }
}

fn last<'r>(
    all: &'r mut [ReleaseView],
    workflow: &WorkflowName,
    release: ReleaseId,
) -> Option<&'r mut ReleaseView> {
    all.iter_mut().rev().find(|one| one.workflow == *workflow && one.release == release)
}

fn step_down(all: &mut [ReleaseView], workflow: &WorkflowName, at: Millis) {
    for one in all.iter_mut().filter(|one| one.workflow == *workflow) {
        if one.state == State::Live {
            (one.state, one.since) = (State::Before, at);
        }
    }
}

fn stands(
    all: &mut [ReleaseView],
    workflow: &WorkflowName,
    release: ReleaseId,
    state: State,
    at: Millis,
    ended: Option<String>,
) {
    if let Some(one) = last(all, workflow, release) {
        (one.state, one.since, one.ended) = (state, at, ended);
    }
}

/// Who or what decided, and why.
#[must_use]
pub fn told(by: &Decider, reason: Option<String>) -> String {
    let said = reason.map(|text| format!(": {text}")).unwrap_or_default();
    match by {
        Decider::Person(who) => format!("{who}{said}"),
        Decider::Itself(because) => self::because(because),
    }
}

/// What led to something, in a sentence.
#[must_use]
pub fn because(because: &Because) -> String {
    match because {
        Because::Worse(measured) => self::measured(measured),
        Because::TimeOver { cases: 0 } => {
            "its days are over, and none of its cases was seen".to_owned()
        }
        Because::TimeOver { cases } => {
            let cases = words::number(u64::from(*cases));
            format!("its days are over, and too few of its cases were seen: {cases}")
        }
        Because::Enough { cases } => {
            let cases = words::number(u64::from(*cases));
            format!("{cases} of its cases were seen, and it was not worse")
        }
    }
}

/// What was measured, with its interval: what the canary came to, what the live release did, and
/// between which differences the true one lies.
#[must_use]
pub fn measured(measured: &Measured) -> String {
    let Measured { figure, canary, live, low, high, level, margin } = measured;
    let sure = words::share(*level);
    let (of, what) = match figure {
        Figure::Harm => ("of its cases", "did harm"),
        Figure::Refused => ("of its cases", "had an act refused by a rule"),
        Figure::Suspected => ("of its cases", "had a text that speaks to the model"),
        Figure::Stopped => ("of its cases", "were stopped by a person"),
        Figure::NotDone => ("of its cases that ended", "were not done"),
        Figure::Changed => ("of the answers about it", "were a no or changed something"),
        Figure::Doubted => ("of its cases", "had an answer in doubt"),
        Figure::Cost => {
            let each = |side: &Side| words::cost(side.sum / side.of.max(1));
            return format!(
                "a case costs {}, one of the live release {} (over {} and {} cases): between {} \
                 and {} more ({sure} sure), and {} is allowed",
                each(canary),
                each(live),
                canary.of,
                live.of,
                signed(*low),
                signed(*high),
                signed(*margin),
            );
        }
        Figure::Requests => {
            let each = |side: &Side| hundredths(real(side.sum) / real(side.of.max(1)));
            let of_million = |n: i64| {
                let sign = if n < 0 { "-" } else { "" };
                format!("{sign}{}", hundredths(real(n.unsigned_abs()) / 1e6))
            };
            return format!(
                "a case asks people {} times, one of the live release {} times (over {} and {} \
                 cases): between {} and {} more ({sure} sure), and {} are allowed",
                each(canary),
                each(live),
                canary.of,
                live.of,
                of_million(*low),
                of_million(*high),
                of_million(*margin),
            );
        }
    };
    let allowed = match margin {
        0 => "none is allowed".to_owned(),
        margin => format!("{} are allowed", points(*margin)),
    };
    format!(
        "{} of {} {of} {what}, of the live release {} of {}: between {} and {} points more ({sure} \
         sure), and {allowed}",
        canary.sum,
        canary.of,
        live.sum,
        live.of,
        points(*low),
        points(*high),
    )
}

/// A part of a million as points of a hundred.
fn points(parts: i64) -> String {
    let tenths = (parts.abs() + 500) / 1_000;
    let sign = if parts < 0 && tenths > 0 { "-" } else { "" };
    match tenths % 10 {
        0 => format!("{sign}{}", tenths / 10),
        rest => format!("{sign}{}.{rest}", tenths / 10),
    }
}

fn signed(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    format!("{sign}{}", words::cost(nanos.unsigned_abs()))
}

fn hundredths(n: f64) -> String {
    let all = whole(n * 100.0).unsigned_abs();
    format!("{}.{:02}", all / 100, all % 100)
}

/// The first letters of a release's id, which tell it from others.
#[must_use]
pub fn short(release: ReleaseId) -> String {
    release.to_string().chars().take(12).collect()
}

/// The reason that an entry about releases gives.
#[must_use]
pub fn reason(record: &Record) -> Option<BodyRef> {
    if let Record::Deployed { reason, .. }
    | Record::Promoted { reason, .. }
    | Record::RolledBack { reason, .. } = record
    {
        *reason
    } else {
        None
    }
}

/// What an entry about releases says, in a sentence.
#[must_use]
pub fn sentence(record: &Record, reason: Option<String>) -> Option<String> {
    let said = |reason: Option<String>| reason.map(|text| format!(": {text}")).unwrap_or_default();
    if let Record::Deployed { workflow, release, who, canary, .. } = record {
        let on = match canary {
            Some(rules) => format!(" on {} of new cases", words::share(rules.share)),
            None => String::new(),
        };
        let release = short(*release);
        Some(format!("{who} deployed release {release} of `{workflow}`{on}{}", said(reason)))
    } else if let Record::Promoted { workflow, release, by, .. } = record {
        let (release, why) = (short(*release), told(by, reason));
        Some(format!("release {release} of `{workflow}` became the live one ({why})"))
    } else if let Record::RolledBack { workflow, from, to, by, .. } = record {
        let (from, to, why) = (short(*from), short(*to), told(by, reason));
        Some(format!("`{workflow}` went back from release {from} to {to}: {why}"))
    } else {
        None
    }
}
