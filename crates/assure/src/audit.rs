//! PAI-8 over the organisation: for each of eight controls the level that files and records speak
//! for, and beside it the one that an auditor confirmed. Rules propose, people confirm, and both
//! are shown. It must not confirm anything itself.

use std::collections::BTreeSet;

use journal::{Drill, Millis, Severity};
use plan::Places;
use plan::ids::{PersonId, WorkflowName};
use plan::statements::Statement;
use serde::Serialize;

use crate::cite::Cite;
use crate::desk::Desk;
use crate::psf::{date, is_filler};

mod pai;
#[cfg(test)]
mod tests;

pub use pai::{Control, Mapping, MappingRow, Pai, Requirement, mappings};

/// A rhythm is something in each of the last two spans of so many days, and three times in a year.
const SPAN_DAYS: u64 = 90;
const YEAR_DAYS: u64 = 365;
const TIMES_MIN: usize = 3;
const DAY: u64 = 86_400_000;

/// What is audited.
#[derive(Debug)]
pub struct Audited<'a> {
    pub pai: &'a Pai,
    pub statements: &'a [Statement],
    pub places: &'a Places,
    pub desk: &'a Desk,
    pub register: &'a [Registered],
    /// When people answered requests in live cases, the last time of each day.
    pub judged: &'a [Millis],
    pub now: Millis,
}

/// A system with AI that the organisation runs or uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Registered {
    pub name: String,
    /// Whether it runs elsewhere, and is known by a statement alone.
    pub elsewhere: bool,
    pub owner: PersonId,
    pub risk: String,
    pub autonomy: String,
    pub vendors: Vec<String>,
    pub data: Vec<String>,
    pub live: Option<Millis>,
    /// When somebody last looked at its risk: at the live release, or in the statement.
    pub reviewed: Option<String>,
    #[serde(skip)]
    pub workflow: Option<WorkflowName>,
}

/// One control, as found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Level {
    pub id: String,
    pub title: String,
    /// What files and records speak for.
    pub proposed: u8,
    /// What an auditor confirmed, who, and on which day.
    pub confirmed: Option<(u8, PersonId, String)>,
    /// What holds and what lacks, level by level.
    pub rungs: Vec<Rung>,
    /// Findings of auditors that are not settled.
    pub findings: usize,
}

/// What a level takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rung {
    pub level: u8,
    pub held: bool,
    pub why: String,
    pub cites: Vec<Cite>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Audit {
    pub standard: String,
    pub credit: String,
    pub levels: Vec<Level>,
    /// The lowest level, and the mean of all, proposed.
    pub posture: u8,
    pub mean: f64,
    /// The same of what is confirmed, where all of it is.
    pub confirmed_posture: Option<u8>,
    pub register: Vec<Registered>,
}

/// Something that happened, as evidence that a control is at work.
type Worked = Vec<(Millis, &'static str)>;

/// Proposes a level for each control.
#[must_use]
pub fn audit(audited: &Audited<'_>) -> Audit {
    let levels: Vec<Level> = audited.pai.controls.iter().map(|one| level(audited, one)).collect();
    let posture = levels.iter().map(|one| one.proposed).min().unwrap_or(0);
    let sum: u32 = levels.iter().map(|one| u32::from(one.proposed)).sum();
    let of = u32::try_from(levels.len().max(1)).unwrap_or(1);
    let confirmed: Option<Vec<u8>> =
        levels.iter().map(|one| one.confirmed.as_ref().map(|(level, ..)| *level)).collect();
    Audit {
        standard: format!("{} {}", audited.pai.standard, audited.pai.version),
        credit: audited.pai.credit.clone(),
        posture,
        mean: (f64::from(sum) / f64::from(of) * 100.0).round() / 100.0,
        confirmed_posture: confirmed.and_then(|all| all.into_iter().min()),
        levels,
        register: audited.register.to_vec(),
    }
}

fn level(audited: &Audited<'_>, control: &Control) -> Level {
    let basic = basic(audited, &control.id);
    let worked = worked(audited, &control.id);
    let managed = managed(audited, &control.id, &worked);
    let learnt = learnt(audited, &control.id);
    let rungs = vec![basic, managed, learnt];
    // A level counts only on top of the ones below it.
    let mut proposed = u8::try_from(rungs.iter().take_while(|rung| rung.held).count()).unwrap_or(0);
    let open: Vec<_> = audited
        .desk
        .findings
        .iter()
        .filter(|one| one.control == control.id && one.closed.is_none())
        .collect();
    if open.iter().any(|one| one.severity >= Severity::High) {
        // What an auditor found and nobody settled is no control that is managed.
        proposed = proposed.min(1);
    }
    let confirmed = audited.desk.levels.get(&control.id);
    Level {
        id: control.id.clone(),
        title: control.title.clone(),
        proposed,
        confirmed: confirmed.map(|(level, who, at)| (*level, who.clone(), date(*at))),
        rungs,
        findings: open.len(),
    }
}

/// Written, communicated, owned: a statement in force, read by those it names.
fn basic(audited: &Audited<'_>, id: &str) -> Rung {
    let rung = |held, why: String, cites| Rung { level: 1, held, why, cites };
    let all = audited.statements.iter().filter(|one| one.speaks_of(id));
    let Some(one) =
        all.max_by_key(|one| (one.until.as_str(), std::cmp::Reverse(one.file.as_str())))
    else {
        return rung(false, "nobody states it in `governance/`".into(), Vec::new());
    };
    let cite = vec![Cite::File { file: one.file.clone(), line: one.line }];
    if !one.holds(&date(audited.now)) {
        return rung(false, format!("the statement of {} ended on {}", one.owner, one.until), cite);
    }
    if let Some(why) = is_filler(one) {
        return rung(false, format!("the statement says nothing: {why}"), cite);
    }
    let read = audited.desk.read.get(&one.digest);
    let has = |person: &PersonId| read.is_some_and(|read| read.contains_key(person));
    let holders: BTreeSet<&PersonId> =
        one.read_by.iter().filter_map(|role| audited.places.roles.get(role)).flatten().collect();
    if holders.is_empty() {
        let why = "it names nobody in `read_by` to whom it is communicated".to_owned();
        return rung(false, why, cite);
    }
    let missing: Vec<&str> =
        holders.iter().filter(|who| !has(who)).map(|who| who.as_str()).collect();
    match missing.is_empty() {
        true => rung(true, format!("{} states it, and all it names have read it", one.owner), cite),
        false => rung(false, format!("not acknowledged by {}", missing.join(", ")), cite),
    }
}

/// What happened that shows the control at work.
fn worked(audited: &Audited<'_>, id: &str) -> Worked {
    let desk = audited.desk;
    let drills = |kinds: &[Drill]| {
        let all = kinds.iter().filter_map(|kind| desk.drills.get(kind)).flatten();
        all.map(|(at, _)| (*at, "a drill")).collect::<Worked>()
    };
    let mut all: Worked = match id {
        "C1" => {
            let gates = desk.deployed.iter().map(|one| (one.at, "a deployment at the gate"));
            gates.chain(desk.excepted.iter().map(|at| (*at, "an exception"))).collect()
        }
        "C2" => desk.weighed.iter().map(|(.., at)| (*at, "a weighing of risk")).collect(),
        "C3" => {
            let person = desk.erased_by_person.iter().map(|at| (*at, "an erasure on request"));
            person.chain(desk.erased_by_time.iter().map(|at| (*at, "an erasure by time"))).collect()
        }
        "C4" => {
            let tried = desk.deployed.iter().filter(|one| one.tried.is_some() || one.canary);
            tried.map(|one| (one.at, "a release that was tried")).collect()
        }
        "C5" => {
            let mut all = drills(&[Drill::Kill, Drill::Reviewer]);
            all.extend(audited.judged.iter().map(|at| (*at, "a judgement of a person")));
            all.extend(desk.stops.iter().map(|at| (*at, "a stop")));
            all
        }
        "C6" => {
            let of = desk.incidents.iter().flat_map(|one| {
                let opened = (one.opened, "an incident that was opened");
                std::iter::once(opened)
                    .chain(one.closed.map(|at| (at, "an incident that was closed")))
            });
            of.collect()
        }
        "C7" => {
            let of = desk.findings.iter().map(|one| (one.opened, "a test of an auditor"));
            of.chain(desk.levels.values().map(|(.., at)| (*at, "a confirmation of an auditor")))
                .collect()
        }
        "C8" => drills(&[Drill::Vendor, Drill::ToolChange]),
        _ => Vec::new(),
    };
    all.sort_unstable();
    all.retain(|(at, _)| {
        audited.now.0.saturating_sub(at.0) <= YEAR_DAYS * DAY && *at <= audited.now
    });
    all
}

/// At work in real decisions, at a rhythm.
fn managed(audited: &Audited<'_>, id: &str, worked: &Worked) -> Rung {
    let rung = |held, why: String, cites| Rung { level: 2, held, why, cites };
    let cites: Vec<Cite> =
        worked.iter().rev().take(3).map(|(at, what)| Cite::Desk { at: *at, what }).collect();
    let back = |days: u64| Millis(audited.now.0.saturating_sub(days * DAY));
    let within = |from: Millis, to: Millis| worked.iter().any(|(at, _)| *at > from && *at <= to);
    let lately = within(back(SPAN_DAYS), audited.now);
    let before = within(back(2 * SPAN_DAYS), back(SPAN_DAYS));
    if worked.len() < TIMES_MIN || !lately || !before {
        let why = format!(
            "{} in a year, {}: a rhythm is {TIMES_MIN} in a year, and one in each of the last two \
             spans of {SPAN_DAYS} days",
            times(worked.len()),
            match (lately, before) {
                (true, true) => "in both spans",
                (true, false) => "none in the span before the last",
                (false, true) => "none in the last span",
                (false, false) => "none in either span",
            }
        );
        return rung(false, why, cites);
    }
    if let Some(lacks) = lacking(audited, id) {
        return rung(false, lacks, cites);
    }
    rung(true, format!("{} in a year, at a rhythm", times(worked.len())), cites)
}

fn times(n: usize) -> String {
    match n {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        n => format!("{n} times"),
    }
}

/// What has to hold of every system, whatever the rhythm.
fn lacking(audited: &Audited<'_>, id: &str) -> Option<String> {
    let register = audited.register;
    let unweighed: Vec<&str> = register
        .iter()
        .filter(|one| one.live.is_some() && one.reviewed.is_none())
        .map(|one| one.name.as_str())
        .collect();
    match id {
        "C1" if register.is_empty() => Some("the register is empty".to_owned()),
        "C2" if !unweighed.is_empty() => {
            Some(format!("nobody weighed the live release of {}", unweighed.join(", ")))
        }
        "C3" if audited.places.privacy.basis.is_empty() => {
            Some("no `privacy.basis` says by what right data is worked on".to_owned())
        }
        "C8" => {
            let day = date(audited.now);
            let stale = audited.places.vendors.iter().filter(|(_, vendor)| {
                vendor.reviewed.as_ref().is_none_or(|on| is_over(on, vendor.review_every_ms, &day))
            });
            let names: Vec<&str> = stale.map(|(name, _)| name.as_str()).collect();
            (!names.is_empty()).then(|| format!("nobody looked in time at {}", names.join(", ")))
        }
        _ => None,
    }
}

/// Whether a look on a day does not count any more.
fn is_over(on: &str, every_ms: u64, today: &str) -> bool {
    let read = |text: &str| text.parse::<jiff::civil::Date>().ok();
    let (Some(on), Some(today)) = (read(on), read(today)) else { return true };
    let days = today.since(on).map_or(i64::MAX, |span: jiff::Span| i64::from(span.get_days()));
    days < 0 || days > i64::try_from(every_ms / DAY).unwrap_or(i64::MAX)
}

/// Its effect is measured, and something was learnt from it.
fn learnt(audited: &Audited<'_>, id: &str) -> Rung {
    let desk = audited.desk;
    let settled = desk.findings.iter().filter(|one| one.control == id);
    let settled = settled.filter_map(|one| one.closed).map(|at| (at, "a finding that was settled"));
    let mut all: Worked = settled.collect();
    match id {
        "C1" | "C4" => {
            let back = desk.rolled_back.iter().filter(|(.., itself)| *itself);
            all.extend(back.map(|(_, at, _)| (*at, "a release that was measured and left")));
        }
        "C2" => {
            let again = desk.weighed.iter().filter(|(name, release, _)| {
                desk.weighed.iter().any(|(other, was, _)| other == name && was != release)
            });
            all.extend(again.map(|(.., at)| (*at, "a risk that was weighed again after a change")));
        }
        "C5" => all.extend(desk.noticed.iter().map(|at| (*at, "a measure of attention"))),
        "C6" => {
            let closed = desk.incidents.iter().filter_map(|one| one.closed);
            all.extend(closed.map(|at| (at, "an incident that changed something")));
        }
        _ => {}
    }
    all.sort_unstable();
    all.retain(|(at, _)| audited.now.0.saturating_sub(at.0) <= YEAR_DAYS * DAY);
    let cites = all.iter().rev().take(3).map(|(at, what)| Cite::Desk { at: *at, what }).collect();
    let held = all.len() >= 2;
    let why = match held {
        true => format!("{} in a year something was measured and changed", times(all.len())),
        false => {
            "nothing shows that its effect was measured and something learnt, twice".to_owned()
        }
    };
    Rung { level: 3, held, why, cites }
}
