//! `incident`: what went wrong with AI, what was done, and what was changed. It must not say what
//! counts as one: records and people do.

use assure::desk::Incident;
use evidence::words;
use journal::{Assured, RunId};
use plan::ids::FieldName;

use super::assure::told;
use super::audit::{id, only, short};
use crate::args::{Global, Incident as Typed};
use crate::assuring::Grounds;
use crate::exit::{Ended, Exit, Stop};
use crate::people;
use crate::screen::Screen;

/// Does what was typed of incidents.
pub fn incident(screen: &Screen, global: &Global, grounds: &Grounds<'_>, typed: Typed) -> Ended {
    let workspace = grounds.workspace;
    let cases = |starts: &[String]| -> Result<Vec<RunId>, Stop> {
        match grounds.runs {
            Some(runs) => starts.iter().map(|start| runs.find(start)).collect(),
            None if starts.is_empty() => Ok(Vec::new()),
            None => Err(Stop::usage("nothing has run here yet")),
        }
    };
    match typed {
        Typed::Open { told: text, class, severity, workflow, case } => {
            let who = people::known(global, workspace)?;
            let said = Assured::IncidentOpened {
                incident: id(&[&class, &text, who.as_str()], grounds.now),
                class: FieldName::new(&class).map_err(Stop::usage)?,
                severity,
                workflow,
                runs: cases(&case)?,
                who: Some(who),
                told: Assured::TOLD,
            };
            told(screen, workspace, said, Some(text))
        }
        Typed::Find => by_rule(screen, grounds),
        Typed::List => list(screen, grounds),
        Typed::Show { incident } => {
            let all = grounds.desk.incidents.iter();
            let all = all.filter(|one| one.id.to_string().starts_with(&incident)).collect();
            let one = only(all, "incident", &incident)?;
            line(screen, one)?;
            one.runs.iter().for_each(|run| screen.line(format!("  case {run}")));
            for (at, who, text) in &one.notes {
                let text = text.as_deref().unwrap_or("erased");
                screen.line(format!("  {} {who}: {text}", words::when(*at, None)));
            }
            if let Some(change) = &one.change {
                screen.line(format!("  changed: {change}"));
            }
            Ok(Exit::Done)
        }
        Typed::Note { incident, told: text, case } => {
            let who = people::known(global, workspace)?;
            let incident = open_incident(grounds, &incident)?.id;
            let said =
                Assured::IncidentNoted { incident, runs: cases(&case)?, who, told: Assured::TOLD };
            told(screen, workspace, said, Some(text))
        }
        Typed::Close { incident, change } => {
            let who = people::known(global, workspace)?;
            let incident = open_incident(grounds, &incident)?.id;
            if !assure::incident::is_change(&change) {
                let what = "a review names what was changed, in a sentence";
                return Err(Stop::usage(what).help("a file, a rule, a limit, a release, and why"));
            }
            let said = Assured::IncidentClosed { incident, change: Assured::TOLD, who };
            told(screen, workspace, said, Some(change))
        }
    }
}

/// The open ones first, the worst of them at the top.
fn list(screen: &Screen, grounds: &Grounds<'_>) -> Ended {
    let mut all: Vec<&Incident> = grounds.desk.incidents.iter().collect();
    all.sort_by_key(|one| (one.closed.is_some(), std::cmp::Reverse(one.severity), one.opened));
    for one in &all {
        line(screen, one)?;
    }
    if all.is_empty() {
        screen.line("no incident was ever opened");
    }
    Ok(Exit::Done)
}

fn line(screen: &Screen, one: &Incident) -> Result<(), Stop> {
    screen.object("incident", one)?;
    let stands = match one.closed {
        Some(at) => format!("closed at {}", words::when(at, None)),
        None => format!("open since {}", words::when(one.opened, None)),
    };
    screen.line(format!(
        "{} {} {}: {}; {} cases; {stands}",
        short(&one.id),
        one.severity.as_str(),
        one.class,
        one.told.as_deref().unwrap_or("erased"),
        one.runs.len()
    ));
    Ok(())
}

fn open_incident<'g>(grounds: &'g Grounds<'_>, start: &str) -> Result<&'g Incident, Stop> {
    let all = grounds.desk.incidents.iter().filter(|one| one.closed.is_none());
    only(all.filter(|one| one.id.to_string().starts_with(start)).collect(), "open incident", start)
}

/// What records show, and no incident is about yet.
fn by_rule(screen: &Screen, grounds: &Grounds<'_>) -> Ended {
    let known = |run: &RunId| grounds.desk.incidents.iter().any(|one| one.runs.contains(run));
    let mut opened = 0;
    for (workflow, class, severity, mark) in assure::incident::shown(&grounds.seen) {
        if known(&mark.run) {
            continue;
        }
        let text = format!(
            "the entries of a case show it: {}",
            assure::incident::class(class).unwrap_or(class)
        );
        let said = Assured::IncidentOpened {
            incident: id(&[class, &mark.run.to_string()], grounds.now),
            class: FieldName::new(class).map_err(Stop::failed)?,
            severity,
            workflow: Some(workflow.clone()),
            runs: vec![mark.run],
            who: None,
            told: Assured::TOLD,
        };
        told(screen, grounds.workspace, said, Some(text))?;
        opened += 1;
    }
    if opened == 0 {
        screen.line("no case shows harm that no incident is about");
    }
    Ok(Exit::Done)
}
