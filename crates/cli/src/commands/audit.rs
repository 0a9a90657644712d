//! `audit`: the organisation as rules see it, and what auditors found. What a level
//! takes is for `assure` to say; that only an auditor confirms one is said here, because here it is
//! known who somebody is.

use assure::audit::{Audit as Found, Audited, Pai, audit, mappings};
use assure::desk::AuditFinding;
use evidence::words;
use journal::{Assured, Hash, Millis, RunId, RunQuery, Status};
use plan::AccessRole;
use plan::ids::{FieldName, PersonId, WorkflowName};
use serde_json::json;

use super::assure::told;
use super::register::register;
use crate::args::{Audit, Global, Reason};
use crate::assuring::Grounds;
use crate::exit::{Ended, Exit, Stop};
use crate::people;
use crate::screen::{Look, Screen};
use crate::stored::days;

/// Looks at the organisation.
pub fn found(grounds: &Grounds<'_>) -> Result<Found, Stop> {
    let register = register(grounds)?;
    // What people judged is told by the days of live cases: one time for each.
    let mut judged: Vec<Millis> = Vec::new();
    for releases in grounds.seen.0.values() {
        for shown in releases.values() {
            let count = shown.signals.get(&assure::seen::Signal::Judged);
            let days = count.into_iter().flat_map(|count| count.days.keys());
            judged.extend(days.map(|day| Millis(u64::from(*day) * 86_400_000)));
        }
    }
    Ok(audit(&Audited {
        pai: &Pai::read(),
        statements: &grounds.statements,
        places: &grounds.places,
        desk: &grounds.desk,
        register: &register,
        judged: &judged,
        now: grounds.now,
    }))
}

/// Who audits: somebody with that role, who answers for nothing that runs.
fn auditor(global: &Global, grounds: &Grounds<'_>) -> Result<PersonId, Stop> {
    let who = people::known(global, grounds.workspace)?;
    let owns = grounds.all().into_iter().filter_map(|name| grounds.look(name.as_str()).ok());
    let owned: Vec<WorkflowName> = owns
        .filter(|looked| looked.plan.workflow().accountable == who)
        .map(|looked| looked.plan.workflow().name.clone())
        .collect();
    let roles = grounds.places.access.of(&who, !owned.is_empty());
    if !roles.contains(&AccessRole::Auditor) {
        let what = format!("{who} is no auditor of this workspace");
        return Err(Stop { exit: Exit::NotPermitted, ..Stop::usage(what) }
            .help("`access` in `flightdeck.yaml` names who is: `auditor: [ PERSON ]`"));
    }
    if let Some(own) = owned.first() {
        let what = format!("{who} answers for `{own}`, and nobody audits their own");
        return Err(Stop { exit: Exit::NotPermitted, ..Stop::usage(what) });
    }
    Ok(who)
}

/// A new id: what was written, by whom and when.
pub fn id(parts: &[&str], now: Millis) -> Hash {
    let at = now.0.to_be_bytes();
    let mut all: Vec<&[u8]> = vec![b"flightdeck assured", &at];
    all.extend(parts.iter().map(|part| part.as_bytes()));
    Hash::of_parts(&all)
}

fn control(name: &str) -> Result<FieldName, Stop> {
    let known = Pai::read().controls.iter().any(|one| one.id.eq_ignore_ascii_case(name));
    match (known, FieldName::new(&name.to_lowercase())) {
        (true, Ok(name)) => Ok(name),
        _ => Err(Stop::usage(format!("there is no control `{name}`")).help("`C1` to `C8`")),
    }
}

fn day(text: &str) -> Result<u32, Stop> {
    let day: jiff::civil::Date = text
        .parse()
        .map_err(|_| Stop::usage(format!("`{text}` is no day")).help("write it as `2027-01-31`"))?;
    let since = days(jiff::civil::date(1970, 1, 1), day);
    u32::try_from(since).map_err(|_| Stop::usage(format!("`{text}` is too long ago")))
}

/// Does what was typed of an audit.
pub fn audits(
    screen: &Screen,
    global: &Global,
    grounds: &Grounds<'_>,
    command: Option<Audit>,
) -> Ended {
    let workspace = grounds.workspace;
    let Some(command) = command else { return report(screen, grounds) };
    match command {
        Audit::Sample { workflow, size, seed, days } => {
            sample(screen, grounds, &workflow, size, &seed, days)
        }
        Audit::Findings => findings(screen, grounds),
        Audit::Mapping { name } => mapping(screen, grounds, name.as_deref()),
        Audit::Find { control: name, told: text, severity } => {
            let who = auditor(global, grounds)?;
            let finding = id(&[&name, &text, who.as_str()], grounds.now);
            let control = control(&name)?;
            let said =
                Assured::FindingOpened { finding, control, severity, who, told: Assured::TOLD };
            told(screen, workspace, said, Some(text))
        }
        Audit::Answer { finding, told: text, due } => {
            let who = people::known(global, workspace)?;
            let finding = open_finding(grounds, &finding)?.id;
            let said =
                Assured::FindingAnswered { finding, due: day(&due)?, who, told: Assured::TOLD };
            told(screen, workspace, said, Some(text))
        }
        Audit::Settle { finding, reason: Reason { reason } } => {
            let who = auditor(global, grounds)?;
            let one = open_finding(grounds, &finding)?;
            if one.answer.is_none() {
                let what = "nobody has answered it yet: what was done is not known";
                return Err(Stop::usage(what).help("`flightdeck audit answer` answers it"));
            }
            let said = Assured::FindingClosed { finding: one.id, who, told: Assured::TOLD };
            told(screen, workspace, said, Some(reason))
        }
        Audit::Confirm { control: name, level, reason: Reason { reason } } => {
            let who = auditor(global, grounds)?;
            let control = control(&name)?;
            let found = found(grounds)?;
            let proposed = found.levels.iter().find(|one| one.id.eq_ignore_ascii_case(&name));
            if proposed.is_none_or(|one| one.proposed < level) {
                let most = proposed.map_or(0, |one| one.proposed);
                let what = format!("files and records speak for level {most} of {name} at most");
                return Err(Stop::usage(what).help("`flightdeck audit` shows what lacks"));
            }
            let said = Assured::LevelConfirmed { control, level, who, reason: Assured::TOLD };
            told(screen, workspace, said, Some(reason))
        }
    }
}

fn report(screen: &Screen, grounds: &Grounds<'_>) -> Ended {
    let found = found(grounds)?;
    screen.object("audit", &found)?;
    screen.line(format!(
        "{} over the organisation `{}`",
        found.standard, grounds.places.organisation
    ));
    for one in &found.levels {
        let confirmed = match &one.confirmed {
            Some((level, who, on)) => format!("L{level} confirmed by {who} on {on}"),
            None => "not confirmed by an auditor".to_owned(),
        };
        let look = match one.proposed {
            0 => Look::Bad,
            1 => Look::Warn,
            _ => Look::Good,
        };
        let level = screen.word(look, &format!("L{}", one.proposed));
        screen.line(format!("{} {:<22} {level} by rule, {confirmed}", one.id, one.title));
        if let Some(lacks) = one.rungs.iter().find(|rung| !rung.held) {
            screen.line(format!("   for L{}: {}", lacks.level, lacks.why));
        }
        if one.findings > 0 {
            screen.line(format!("   {} findings are not settled", one.findings));
        }
    }
    screen.line(format!(
        "posture L{} (lowest), mean {:.2}{}",
        found.posture,
        found.mean,
        found.confirmed_posture.map_or(String::new(), |level| format!("; L{level} confirmed"))
    ));
    screen.line(screen.word(Look::Quiet, &found.credit));
    Ok(Exit::Done)
}

fn sample(
    screen: &Screen,
    grounds: &Grounds<'_>,
    workflow: &WorkflowName,
    size: usize,
    seed: &str,
    days: u32,
) -> Ended {
    let runs = grounds.runs.ok_or_else(|| Stop::usage("nothing has run here yet"))?;
    let since = grounds.now.0.saturating_sub(u64::from(days) * 86_400_000);
    let status = Status::ALL.iter().copied().filter(|status| status.over()).collect();
    let workflow_ = Some(workflow.clone());
    let query = RunQuery { workflow: workflow_, status, limit: 1_000_000, ..RunQuery::default() };
    let lines = runs.lines(&query)?;
    let mut all: Vec<(Hash, RunId)> = lines
        .iter()
        .filter(|line| line.changed.0 >= since)
        .map(|line| (by_seed(seed, line.run), line.run))
        .collect();
    let population = all.len();
    all.sort_unstable();
    all.truncate(size);
    let chosen: Vec<RunId> = all.into_iter().map(|(_, run)| run).collect();
    screen.object(
        "sample",
        json!({
            "workflow": workflow, "seed": seed, "days": days, "population": population,
            "cases": chosen,
        }),
    )?;
    screen.line(format!(
        "{} of {population} cases of `{workflow}` that ended in {days} days, by the seed `{}`: \
         those whose hash of seed and id comes first",
        chosen.len(),
        words::plain(seed)
    ));
    chosen.iter().for_each(|run| screen.line(format!("  {run}")));
    Ok(Exit::Done)
}

/// The place of a case in the order that a seed gives.
fn by_seed(seed: &str, run: RunId) -> Hash {
    Hash::of_parts(&[b"flightdeck audit", seed.as_bytes(), &run.to_bytes()])
}

pub fn short(hash: &Hash) -> String {
    hash.to_string().chars().take(8).collect()
}

fn findings(screen: &Screen, grounds: &Grounds<'_>) -> Ended {
    let mut all: Vec<&AuditFinding> = grounds.desk.findings.iter().collect();
    all.sort_by_key(|one| (one.closed.is_some(), std::cmp::Reverse(one.severity), one.opened));
    for one in &all {
        screen.object("audit_finding", one)?;
        let stands = match (&one.closed, &one.answer) {
            (Some(at), _) => format!("settled at {}", words::when(*at, None)),
            (None, Some((.., Some(text)))) => format!("answered: {text}"),
            (None, Some(_)) => "answered".to_owned(),
            (None, None) => "not answered".to_owned(),
        };
        screen.line(format!(
            "{} {} {}: {} ({}); {stands}",
            short(&one.id),
            one.control,
            one.severity.as_str(),
            one.told.as_deref().unwrap_or("erased"),
            one.who
        ));
    }
    if all.is_empty() {
        screen.line("no auditor has found anything yet");
    }
    Ok(Exit::Done)
}

fn open_finding<'g>(grounds: &'g Grounds<'_>, start: &str) -> Result<&'g AuditFinding, Stop> {
    let all = grounds.desk.findings.iter().filter(|one| one.closed.is_none());
    only(all.filter(|one| one.id.to_string().starts_with(start)).collect(), "open finding", start)
}

pub fn only<'a, T>(found: Vec<&'a T>, what: &str, start: &str) -> Result<&'a T, Stop> {
    match found.as_slice() {
        [one] => Ok(one),
        [] => Err(Stop::usage(format!("no {what} begins with `{start}`"))),
        _ => Err(Stop::usage(format!("more than one {what} begins with `{start}`"))),
    }
}

fn mapping(screen: &Screen, grounds: &Grounds<'_>, name: Option<&str>) -> Ended {
    let all = mappings();
    if let Some(name) = name.filter(|name| !all.iter().any(|one| one.id == *name)) {
        let known: Vec<&str> = all.iter().map(|one| one.id.as_str()).collect();
        let what = format!("there is no mapping `{name}`");
        return Err(Stop::usage(what).help(format!("there are {}", known.join(", "))));
    }
    let audit = found(grounds)?;
    let mut assessed = Vec::new();
    for name in grounds.all() {
        if let Ok(looked) = grounds.look(name.as_str()) {
            assessed.push(grounds.assess(&looked));
        }
    }
    for one in all.iter().filter(|one| name.is_none_or(|name| one.id == name)) {
        screen.line(screen.word(Look::Strong, &one.title));
        for row in &one.rows {
            // What backs it: the lowest points of any workflow, and the level of each control.
            let criteria: Vec<String> = row
                .criteria
                .iter()
                .map(|id| {
                    let points = assessed.iter().flat_map(|all| &all.findings);
                    let points = points.filter(|one| one.id == *id).map(|one| one.points.0).min();
                    let points = points.map_or("-".to_owned(), |half| match half {
                        0 => "0".to_owned(),
                        1 => "0.5".to_owned(),
                        _ => "1".to_owned(),
                    });
                    format!("{id} {points}")
                })
                .collect();
            let controls: Vec<String> = row
                .controls
                .iter()
                .map(|id| {
                    let level = audit.levels.iter().find(|one| one.id == *id);
                    format!("{id} L{}", level.map_or(0, |one| one.proposed))
                })
                .collect();
            screen.object(
                "mapped",
                json!({ "mapping": one.id, "id": row.id, "text": row.text,
                    "criteria": criteria, "controls": controls }),
            )?;
            screen.line(format!(
                "  {:<8} {}: {}",
                row.id,
                row.text,
                criteria.into_iter().chain(controls).collect::<Vec<_>>().join(", ")
            ));
        }
    }
    Ok(Exit::Done)
}
