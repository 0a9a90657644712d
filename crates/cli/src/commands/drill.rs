//! `drill`: a control is put to the proof on this very deployment, by canary cases that touch
//! nothing real, and what was seen is kept. Without a kind it lists what was drilled, and when.

mod course;
mod fallback;

use std::sync::Arc;

use evidence::words;
use journal::Drill;
use serde_json::{Value, json};

use super::{check, mcp};
use crate::args::{Drill as Args, Global};
use crate::canary::{self, Cast};
use crate::driver::{Driver, Drives};
use crate::exit::{Ended, Exit, Stop};
use crate::people;
use crate::screen::{Look, Screen};
use crate::stored::{Runs, now};
use crate::workspace::Workspace;
use course::Course;

/// Something that was looked at, and what was seen.
struct Check {
    what: &'static str,
    held: bool,
    seen: String,
}

/// Drills one control, or lists the last drill of each.
pub fn drill(screen: &Screen, global: &Global, args: &Args) -> Ended {
    let Some(drill) = args.kind else { return list(screen, global) };
    let workspace = Workspace::open(global)?;
    let who = people::known(global, &workspace)?;
    let places = workspace.places().map_err(Stop::usage)?;
    let places = canary::with(places, &workspace.data)?;
    let cast = Cast::of(&places, &who)?;
    let files = canary::files(&workspace, &places, &cast, drill)?;
    let plan = plan::check(&files, &canary::workflow(drill)).map_err(|problems| {
        Stop::usage(problems.render(&files, false)).help("the drill does not fit this workspace")
    })?;
    let measured = match (&args.workflow, drill) {
        (Some(name), Drill::Vendor) => Some(Arc::new(check::plan(screen, &workspace, name)?)),
        (Some(_), _) => {
            return Err(Stop::usage("only the drill of vendors takes a workflow's own cases"));
        }
        (None, _) => None,
    };
    canary::clean(&workspace.data)?;
    let (drilled, runs) = mcp::within(async {
        let driver = Driver::start(&workspace, Drives::All).await?;
        let mut course = Course {
            driver: &driver,
            plan: Arc::new(plan),
            cast,
            data: workspace.data.clone(),
            id: format!("drill-{}", now().0),
            runs: Vec::new(),
            cases: args.cases,
        };
        // One that did not come to its end shows nothing, and an older one counts no longer.
        let unfinished = |stop: Stop| {
            let (what, seen) = ("the drill came to its end", format!("{:#}", stop.what));
            vec![Check { what, held: false, seen }]
        };
        let mut drilled = course.drill(drill).await.unwrap_or_else(unfinished);
        if let Some(plan) = &measured {
            let found = fallback::measure(&workspace, plan).await;
            drilled.extend(found.unwrap_or_else(unfinished));
        }
        let runs = std::mem::take(&mut course.runs);
        let held = drilled.iter().all(|check| check.held);
        let kept = driver.drilled(drill, &who, held, &runs, told(&drilled).to_string()).await;
        driver.close().await;
        kept.map(|()| (drilled, runs))
    })??;
    let held = drilled.iter().all(|check| check.held);
    screen.object(
        "drill",
        json!({ "drill": drill.as_str(), "held": held, "runs": runs.len(), "at": now().0,
            "by": who, "checks": told(&drilled) }),
    )?;
    for Check { what, held, seen } in &drilled {
        let mark = if *held { ("held   ", Look::Good) } else { ("FAILED ", Look::Bad) };
        screen.line(format!("{} {what}: {seen}", screen.word(mark.1, mark.0)));
    }
    screen.line(match held {
        true => format!("`{}` holds; the record is kept", drill.as_str()),
        false => format!("`{}` DOES NOT HOLD; the record is kept", drill.as_str()),
    });
    if !held {
        let what = "until somebody says otherwise a person sees every effect of every workflow";
        screen.line(screen.word(Look::Bad, &format!("{what}: `flightdeck autonomy`")));
    }
    Ok(if held { Exit::Done } else { Exit::Findings })
}

fn told(checks: &[Check]) -> Value {
    let one =
        |Check { what, held, seen }: &Check| json!({ "what": what, "held": held, "seen": seen });
    checks.iter().map(one).collect()
}

fn list(screen: &Screen, global: &Global) -> Ended {
    let drills = match Runs::open(global)? {
        Some(runs) => runs.desk()?.drills,
        None => std::collections::BTreeMap::new(),
    };
    let mut failed = false;
    for drill in Drill::ALL {
        let name = drill.as_str();
        let Some(last) = drills.get(&drill) else {
            screen.object("drill", json!({ "drill": name, "held": null }))?;
            screen.line(format!("{name:<12} never drilled"));
            continue;
        };
        failed |= !last.passed;
        screen.object(
            "drill",
            json!({ "drill": name, "held": last.passed, "runs": last.runs.len(), "at": last.at.0,
                "by": last.who, "checks": last.told }),
        )?;
        let (word, look) = if last.passed { ("held", Look::Good) } else { ("FAILED", Look::Bad) };
        let (when, cases) = (words::when(last.at, None), words::cases(last.runs.len()));
        let word = screen.word(look, word);
        screen.line(format!("{name:<12} {word} at {when} with {cases}, by {}", last.who));
    }
    Ok(if failed { Exit::Findings } else { Exit::Done })
}
