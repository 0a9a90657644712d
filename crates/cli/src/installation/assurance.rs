//! How safe everything is over the HTTP interface, as `flightdeck psf` and `audit` have it. It must
//! not judge anything itself.

use assure::Cite;
use assure::preflight::Question;
use assure::psf::{Assessment, Column, Finding, RULES};
use assure::worth::{Spread, Worth};
use evidence::statistics::real;
use journal::{Drill, Millis};
use plan::ids::{PersonId, WorkflowName};
use serde::Serialize;
use server::{
    AdviceShown, Assurance, AuditLine, BlockShown, ColumnShown, ControlLevel, CriterionFound,
    DecorShown, DomainLine, DrillLine, GateQuestion, IncidentLine, No, PlaceShown, RungShown,
    ScoreLine, SpreadShown, StatementLine, SystemLine, Why, WorkflowJudged, WorthShown, time,
};

use super::{Inner, no};
use crate::assuring::{Grounds, changed};
use crate::commands::audit;
use crate::stored::Runs;
use crate::workspace::Workspace;

/// The organisation.
pub fn all(inner: &Inner, runs: &Runs) -> Result<Assurance, No> {
    let workspace = Workspace::open(&inner.global).map_err(no)?;
    let grounds = Grounds::of(&workspace, Some(runs)).map_err(no)?;
    let found = audit::found(&grounds).map_err(no)?;
    let pai = assure::audit::Pai::read();
    let today = crate::stored::today().to_string();
    let mut workflows = Vec::new();
    for name in grounds.all() {
        if let Ok(looked) = grounds.look(name.as_str()) {
            workflows.push(score(&grounds.assess(&looked)));
        }
    }
    Ok(Assurance {
        credits: vec![grounds.standard.credit.clone(), found.credit],
        workflows,
        controls: found.levels.into_iter().map(|one| control(&pai, one)).collect(),
        posture: found.posture,
        mean: found.mean,
        systems: found
            .register
            .into_iter()
            .map(|one| SystemLine {
                name: one.name,
                elsewhere: one.elsewhere,
                owner: one.owner.to_string(),
                risk: one.risk,
                autonomy: one.autonomy,
                vendors: one.vendors,
                data: one.data,
                live: one.live.is_some(),
                reviewed: one.reviewed,
            })
            .collect(),
        incidents: grounds.desk.incidents.iter().map(incident).collect(),
        audit_findings: grounds.desk.findings.iter().map(finding).collect(),
        statements: grounds.statements.iter().map(|one| statement(&grounds, one, &today)).collect(),
        drills: Drill::ALL
            .iter()
            .map(|drill| {
                let last = grounds.desk.drill(*drill);
                DrillLine {
                    drill: drill.as_str().to_owned(),
                    passed: last.map(|(_, passed)| passed),
                    at: last.map(|(at, _)| time(at)),
                }
            })
            .collect(),
    })
}

fn control(pai: &assure::audit::Pai, one: assure::audit::Level) -> ControlLevel {
    let of = pai.controls.iter().find(|control| control.id == one.id);
    let (confirmed, who, on) = match one.confirmed {
        Some((level, who, on)) => (Some(level), Some(who.to_string()), Some(on)),
        None => (None, None, None),
    };
    let rung = |rung: assure::audit::Rung| RungShown {
        level: rung.level,
        held: rung.held,
        why: rung.why,
        places: places(&rung.cites),
    };
    ControlLevel {
        text: of.map(|control| control.text.clone()).unwrap_or_default(),
        id: one.id,
        title: one.title,
        proposed: one.proposed,
        confirmed,
        confirmed_by: who,
        confirmed_on: on,
        rungs: one.rungs.into_iter().map(rung).collect(),
        findings: one.findings,
    }
}

fn incident(one: &assure::desk::Incident) -> IncidentLine {
    let note = |(at, who, text): &(Millis, PersonId, Option<String>)| {
        format!("{} {who}: {}", time(*at), text.as_deref().unwrap_or("erased"))
    };
    IncidentLine {
        id: one.id.to_string(),
        class: one.class.to_string(),
        severity: one.severity.as_str().to_owned(),
        workflow: one.workflow.as_ref().map(ToString::to_string),
        cases: one.runs.iter().map(ToString::to_string).collect(),
        who: one.who.as_ref().map(ToString::to_string),
        opened: time(one.opened),
        told: one.told.clone(),
        notes: one.notes.iter().map(note).collect(),
        closed: one.closed.map(time),
        change: one.change.clone(),
    }
}

fn finding(one: &assure::desk::AuditFinding) -> AuditLine {
    AuditLine {
        id: one.id.to_string(),
        control: one.control.clone(),
        severity: one.severity.as_str().to_owned(),
        who: one.who.to_string(),
        opened: time(one.opened),
        told: one.told.clone(),
        answered: one.answer.is_some(),
        closed: one.closed.map(time),
    }
}

fn statement(
    grounds: &Grounds<'_>,
    one: &plan::statements::Statement,
    today: &str,
) -> StatementLine {
    let read = grounds.desk.read.get(&one.digest);
    StatementLine {
        file: one.file.clone(),
        title: one.title.clone(),
        covers: one.covers.clone(),
        owner: one.owner.to_string(),
        reviewed: one.reviewed.clone(),
        until: one.until.clone(),
        holds: one.holds(today),
        read_by: read.into_iter().flatten().map(|(who, _)| who.to_string()).collect(),
        text: one.text.clone(),
    }
}

/// One workflow.
pub fn one(inner: &Inner, runs: &Runs, name: &WorkflowName) -> Result<WorkflowJudged, No> {
    let workspace = Workspace::open(&inner.global).map_err(no)?;
    let grounds = Grounds::of(&workspace, Some(runs)).map_err(no)?;
    let looked = grounds.look(name.as_str()).map_err(|stop| No {
        why: Why::NotFound,
        what: format!("there is no workflow `{name}` that is fit to run: {:#}", stop.what),
        help: stop.help,
    })?;
    let assessment = grounds.assess(&looked);
    let (questions, excepted) = grounds.preflight(&looked);
    let worth = grounds.worth(&looked, assure::worth::UPKEEP_MINUTES, 1.0);
    let w = looked.plan.workflow();
    let (seen, now) = (&grounds.seen, grounds.now);
    let page = assure::brief::brief(w, &assessment, &questions, &worth, seen, now);
    Ok(WorkflowJudged {
        score: score(&assessment),
        release: assessment.release.to_string(),
        same: assessment.same,
        criteria: assessment.findings.iter().map(|one| criterion(&grounds, one)).collect(),
        decor: assessment
            .decor
            .iter()
            .map(|one| DecorShown {
                id: one.id.to_owned(),
                what: one.what.clone(),
                criteria: one.criteria.iter().map(|id| (*id).to_owned()).collect(),
                places: places(&one.cites),
            })
            .collect(),
        questions: questions.iter().map(|one| question(one, &excepted)).collect(),
        worth: weighed(worth),
        never: page.never,
    })
}

fn question(one: &Question, excepted: &std::collections::BTreeSet<String>) -> GateQuestion {
    GateQuestion {
        id: one.id.to_owned(),
        asks: one.asks.to_owned(),
        answer: one.answer.clone(),
        blocks: one
            .blocks
            .iter()
            .map(|block| BlockShown {
                id: block.id.to_owned(),
                what: block.what.clone(),
                fix: block.fix.clone(),
                excepted: excepted.contains(block.id),
                places: places(&block.cites),
            })
            .collect(),
    }
}

fn halves(n: u32) -> f64 {
    real(u64::from(n)) / 2.0
}

fn score(all: &Assessment) -> ScoreLine {
    ScoreLine {
        workflow: all.workflow.to_string(),
        live: all.live,
        passes: all.passes,
        points: halves(all.points.0),
        of: halves(all.points.1),
        published: halves(all.published.0),
        published_of: halves(all.published.1),
        domains: all
            .domains
            .iter()
            .map(|one| DomainLine {
                id: one.id.clone(),
                title: one.title.clone(),
                score: one.score,
                at_least: one.at_least,
                of_100: one.of_100,
                rating: one.rating.as_str().to_owned(),
                passes: one.passes,
            })
            .collect(),
    }
}

/// The word by which something is known in JSON.
fn word(what: &impl Serialize) -> String {
    let value = serde_json::to_value(what).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

fn criterion(grounds: &Grounds<'_>, one: &Finding) -> CriterionFound {
    let of = grounds.standard.criteria().find(|criterion| criterion.id == one.id);
    let rule = RULES.iter().find(|(id, _)| *id == one.rule).map_or("", |(_, text)| text);
    CriterionFound {
        id: one.id.clone(),
        title: one.title.clone(),
        text: of.map(|criterion| criterion.text.clone()).unwrap_or_default(),
        published: one.source == assure::standard::Source::Published,
        status: word(&one.status),
        points: halves(u32::from(one.points.0)),
        rule: rule.to_owned(),
        declared: column(&one.declared),
        enforced: column(&one.enforced),
        observed: column(&one.observed),
        attested: column(&one.attested),
        advice: one
            .advice
            .iter()
            .map(|advice| {
                let (patch, becomes) = changed(grounds.workspace, advice).unzip();
                AdviceShown {
                    text: advice.text.clone(),
                    file: advice.file.clone(),
                    patch: patch.map(|(_, lines)| lines).unwrap_or_default(),
                    becomes,
                }
            })
            .collect(),
    }
}

fn column(one: &Column) -> ColumnShown {
    ColumnShown { says: word(&one.says), why: one.why.clone(), places: places(&one.cites) }
}

fn places(cites: &[Cite]) -> Vec<PlaceShown> {
    let place = |cite: &Cite| {
        let (file, line, case) = match cite {
            Cite::File { file, line } => (Some(file.clone()), Some(*line), None),
            Cite::Case { run, .. } => (None, None, Some(run.to_string())),
            Cite::Desk { .. } => (None, None, None),
        };
        PlaceShown { text: cite.to_string(), file, line, case }
    };
    cites.iter().map(place).collect()
}

fn weighed(worth: Worth) -> WorthShown {
    let spread = |one: Option<Spread>| {
        one.map(|one| SpreadShown { p10: one.p10, p50: one.p50, p90: one.p90 })
    };
    WorthShown {
        verdict: worth.verdict.as_str().to_owned(),
        because: worth.because,
        currency: worth.currency,
        cases_per_week: worth.cases_per_week,
        seen_cases: worth.seen_cases,
        by_hand: spread(worth.by_hand),
        running: spread(worth.running),
        people: spread(worth.people),
        errors: spread(worth.errors),
        net: spread(worth.net),
        loses_per_mille: worth.loses_per_mille,
        error_rate_at_zero: worth.error_rate_at_zero,
        cases_at_zero: worth.cases_at_zero,
        assumed: worth.assumed,
    }
}
