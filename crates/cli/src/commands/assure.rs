//! `psf`, `preflight`, `except`, `worth`, `brief`, `weigh` and `acknowledge`: what was found in
//! words and as JSON, and what people answer for. What is found is for `assure` to say.

mod scores;

use assure::preflight::{self, Question};
use assure::psf::Assessment;
use assure::worth::Verdict;
use evidence::words;
use journal::{Assured, Hash};
use plan::ids::{FieldName, PersonId};
use serde_json::json;

use super::{audit, incident, mcp, register};
use crate::args::{Assure, Except, Global, Psf, Reason, Worth};
use crate::assuring::{Grounds, Looked};
use crate::driver::{Driver, Drives};
use crate::exit::{Ended, Exit, Stop};
use crate::people;
use crate::screen::{Look, Screen};
use crate::stored::{Runs, days, today};
use crate::workspace::Workspace;

/// An exception holds for so many days at most.
const EXCEPTED_DAYS: i64 = 90;
/// Does what was typed.
pub fn assure(screen: &Screen, global: &Global, what: Assure) -> Ended {
    let workspace = Workspace::open(global)?;
    let runs = Runs::open(global)?;
    let grounds = Grounds::of(&workspace, runs.as_ref())?;
    match what {
        Assure::Psf(args) => psf(screen, global, &grounds, &args),
        Assure::Preflight { workflow } => preflight(screen, &grounds, &workflow),
        Assure::Except(args) => except(screen, global, &grounds, args),
        Assure::Worth(args) => worth(screen, &grounds, &args),
        Assure::Brief { workflow } => brief(screen, &grounds, &workflow),
        Assure::Audit { command } => audit::audits(screen, global, &grounds, command),
        Assure::Register => register::registered(screen, &grounds),
        Assure::Incident { command } => incident::incident(screen, global, &grounds, command),
        Assure::Weigh { workflow, reason: Reason { reason } } => {
            let who = people::known(global, &workspace)?;
            let looked = grounds.look(&workflow)?;
            let (name, release) = (looked.plan.workflow().name.clone(), looked.plan.release());
            let said = Assured::Weighed { workflow: name, release, who, reason: Assured::TOLD };
            told(screen, &workspace, said, Some(reason))
        }
        Assure::Acknowledge { file } => {
            let who = people::known(global, &workspace)?;
            let of = |one: &&plan::statements::Statement| one.file == file.as_str();
            let Some(statement) = grounds.statements.iter().find(of) else {
                let all: Vec<&str> =
                    grounds.statements.iter().map(|one| one.file.as_str()).collect();
                let what = format!("there is no statement `{file}`");
                return Err(Stop::usage(what).help(match all.is_empty() {
                    true => "statements lie in `governance/`".to_owned(),
                    false => format!("there are {}", all.join(", ")),
                }));
            };
            let text = Hash(statement.digest);
            told(screen, &workspace, Assured::Acknowledged { file, text, who }, None)
        }
    }
}

/// Writes down what somebody answers for.
pub fn told(screen: &Screen, workspace: &Workspace, said: Assured, text: Option<String>) -> Ended {
    let (sentence, _) = words::assured(&said);
    mcp::within(async {
        let driver = Driver::start(workspace, Drives::Told).await?;
        let told = driver.assured(said, text).await;
        driver.close().await;
        told
    })??;
    screen.object("assured", json!({ "text": sentence }))?;
    screen.line(sentence);
    Ok(Exit::Done)
}

fn psf(screen: &Screen, global: &Global, grounds: &Grounds<'_>, args: &Psf) -> Ended {
    let names: Vec<String> = match &args.workflow {
        Some(name) => vec![name.clone()],
        None => grounds.all().iter().map(ToString::to_string).collect(),
    };
    if names.is_empty() {
        screen.line("no workflow is fit to run; `flightdeck check` says why");
    }
    let mut below = false;
    for name in &names {
        let looked = grounds.look(name)?;
        let assessment = grounds.assess(&looked);
        below |= !assessment.passes;
        screen.object("psf", &assessment)?;
        scores::shown(screen, grounds, args, &assessment);
        if args.keep {
            keep(screen, global, grounds, &looked, &assessment)?;
        }
    }
    if !names.is_empty() {
        screen.line(screen.word(Look::Quiet, &grounds.standard.credit));
    }
    Ok(if below { Exit::Findings } else { Exit::Done })
}

fn keep(
    screen: &Screen,
    global: &Global,
    grounds: &Grounds<'_>,
    looked: &Looked,
    assessment: &Assessment,
) -> Result<(), Stop> {
    // Whoever keeps it is known; the score itself is nobody's word.
    people::known(global, grounds.workspace)?;
    let standard = FieldName::new("psf_1_1").map_err(Stop::failed)?;
    let workflow = looked.plan.workflow().name.clone();
    let release = looked.plan.release();
    let halves = assessment.findings.iter().map(|one| one.points.0).collect();
    told(screen, grounds.workspace, Assured::Scored { workflow, release, standard, halves }, None)
        .map(drop)
}

fn preflight(screen: &Screen, grounds: &Grounds<'_>, workflow: &str) -> Ended {
    // What is to go live is what the files say.
    let plan = super::check::plan(screen, grounds.workspace, workflow)?;
    let looked = grounds.look_at(&std::sync::Arc::new(plan));
    let (questions, excepted) = grounds.preflight(&looked);
    let open = preflight::open(&questions, &excepted).len();
    screen.object(
        "preflight",
        json!({
            "workflow": looked.plan.workflow().name, "release": looked.plan.release(),
            "questions": questions, "excepted": excepted, "open": open,
        }),
    )?;
    for Question { asks, answer, blocks, .. } in &questions {
        screen.line(screen.word(Look::Strong, asks));
        answer.iter().for_each(|text| screen.line(format!("  {text}")));
        for block in blocks {
            let cites: Vec<String> = block.cites.iter().map(ToString::to_string).collect();
            let (look, word) = match excepted.contains(block.id) {
                true => (Look::Warn, "excepted"),
                false => (Look::Bad, "BLOCKS"),
            };
            screen.line(format!(
                "  {} {}: {} [{}]",
                screen.word(look, word),
                block.id,
                block.what,
                cites.join(", ")
            ));
            screen.line(format!("    {}", block.fix));
        }
    }
    screen.line(match open {
        0 => "nothing keeps it from going live".to_owned(),
        n => format!("{n} reasons keep it from going live"),
    });
    Ok(if open == 0 { Exit::Done } else { Exit::Findings })
}

fn except(screen: &Screen, global: &Global, grounds: &Grounds<'_>, args: Except) -> Ended {
    let who: PersonId = people::known(global, grounds.workspace)?;
    let plan = super::check::plan(screen, grounds.workspace, &args.workflow)?;
    let w = plan.workflow();
    let may = w.accountable == who
        || w.roles.get(&w.override_by).is_some_and(|holders| holders.contains(&who));
    if !may {
        let what = format!("{who} neither answers for `{}` nor may overrule it", w.name);
        return Err(Stop { exit: Exit::NotPermitted, ..Stop::usage(what) }
            .help(format!("{} or a holder of `{}` may", w.accountable, w.override_by)));
    }
    let until: jiff::civil::Date = args.until.parse().map_err(|_| {
        Stop::usage(format!("`{}` is no day", args.until)).help("write it as `2027-01-31`")
    })?;
    let ahead = days(today(), until);
    if !(0..=EXCEPTED_DAYS).contains(&ahead) {
        let what = format!("an exception ends within {EXCEPTED_DAYS} days, and not before today");
        return Err(Stop::usage(what));
    }
    let epoch = jiff::civil::date(1970, 1, 1);
    let until = u32::try_from(days(epoch, until)).unwrap_or(0);
    let looked = grounds.look_at(&std::sync::Arc::new(plan));
    let (questions, _) = grounds.preflight(&looked);
    let known: Vec<&str> =
        questions.iter().flat_map(|question| &question.blocks).map(|block| block.id).collect();
    let mut names = Vec::new();
    for block in &args.block {
        if !known.contains(&block.as_str()) {
            let help = match known.as_slice() {
                [] => "nothing keeps it from going live".to_owned(),
                all => format!("what keeps it from going live: {}", all.join(", ")),
            };
            return Err(
                Stop::usage(format!("`{block}` does not keep it from going live")).help(help)
            );
        }
        names.push(FieldName::new(&block.replace('-', "_")).map_err(Stop::usage)?);
    }
    let said = Assured::Excepted {
        workflow: looked.plan.workflow().name.clone(),
        release: looked.plan.release(),
        questions: names,
        until,
        who,
        reason: Assured::TOLD,
    };
    told(screen, grounds.workspace, said, Some(args.reason.reason))
}

fn worth(screen: &Screen, grounds: &Grounds<'_>, args: &Worth) -> Ended {
    let looked = grounds.look(args.workflow.as_str())?;
    let worth = grounds.worth(&looked, args.upkeep, args.exchange);
    screen.object("worth", json!({ "workflow": args.workflow, "worth": worth }))?;
    let look = match worth.verdict {
        Verdict::Do => Look::Good,
        Verdict::DoWithLimits | Verdict::Unknown => Look::Warn,
        Verdict::DoNot => Look::Bad,
    };
    screen.line(format!("{}: {}", args.workflow, screen.word(look, worth.verdict.as_str())));
    worth.because.iter().for_each(|why| screen.line(format!("  {why}")));
    let unit = &worth.currency;
    let rows = [
        ("time by hand", worth.by_hand),
        ("running it", worth.running),
        ("people's time", worth.people),
        ("more errors than by hand", worth.errors),
        ("left", worth.net),
    ];
    if worth.net.is_some() {
        screen.line(format!(
            "  of a week with about {} cases, in {unit}:   in 10 % below   half below   in 10 % above",
            worth.cases_per_week
        ));
    }
    for (name, spread) in rows.into_iter().filter_map(|(name, spread)| Some((name, spread?))) {
        screen.line(format!(
            "    {name:<26} {:>12.2} {:>12.2} {:>12.2}",
            spread.p10, spread.p50, spread.p90
        ));
    }
    if worth.net.is_some() {
        screen.line(format!("  it loses in {} of 1,000 weeks", worth.loses_per_mille));
    }
    if let Some(rate) = worth.error_rate_at_zero {
        screen.line(format!("  with {:.2} % of cases wrong it is worth nothing", rate * 100.0));
    }
    if let Some(cases) = worth.cases_at_zero {
        screen.line(format!("  below {cases:.0} cases a week its upkeep eats it"));
    }
    screen.line(format!("  it rests on {} live cases of 90 days", worth.seen_cases));
    worth.assumed.iter().for_each(|text| screen.line(format!("  assumed: {text}")));
    Ok(Exit::Done)
}

fn brief(screen: &Screen, grounds: &Grounds<'_>, workflow: &str) -> Ended {
    let looked = grounds.look(workflow)?;
    let assessment = grounds.assess(&looked);
    let (questions, _) = grounds.preflight(&looked);
    let worth = grounds.worth(&looked, assure::worth::UPKEEP_MINUTES, 1.0);
    let w = looked.plan.workflow();
    let page = assure::brief::brief(w, &assessment, &questions, &worth, &grounds.seen, grounds.now);
    screen.object("brief", &page)?;
    screen.line(screen.word(Look::Strong, &page.workflow));
    screen.line(format!("{} {} answers for it.", page.purpose, page.accountable));
    screen.line("\nWhat it does");
    page.does.iter().for_each(|text| screen.line(format!("  {text}")));
    screen.line("\nWhat it may never do");
    page.never.iter().for_each(|text| screen.line(format!("  {text}")));
    screen.line(format!("\nThe last {} days", page.days));
    screen.line(format!(
        "  {} cases over: {} done, {} of them without anybody, {} failed; people changed {} and \
         spent {} minutes; it cost {}",
        page.cases,
        page.done,
        page.alone,
        page.failed,
        page.changed_by_people,
        page.people_minutes,
        page.cost
    ));
    page.worth.iter().for_each(|text| screen.line(format!("  {text}")));
    screen.line("\nThe largest gaps");
    for gap in &page.gaps {
        screen.line(format!(
            "  {} {}: {} ({}, by {})",
            gap.criterion, gap.title, gap.what, gap.owner, gap.due
        ));
    }
    if page.gaps.is_empty() {
        screen.line("  none");
    }
    Ok(Exit::Done)
}
