//! `test`: the cases that an operator keeps, tried with the workspace's own models while nothing is
//! done, and how many of them came out as they should. It must keep nothing of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use evidence::trial::{Trial, between};
use evidence::words;
use journal::Usage;
use plan::Plan;
use quick_xml::Writer;
use quick_xml::events::{BytesText, Event};
use serde_json::json;

use super::{check, mcp};
use crate::args::{Global, Test};
use crate::exit::{Ended, Exit, Stop};
use crate::screen::{Look, Screen};
use crate::trial::{self, Tried};
use crate::workspace::Workspace;

/// Tries the cases of a workflow.
pub fn test(screen: &Screen, global: &Global, args: &Test) -> Ended {
    let workspace = Workspace::open(global)?;
    let mut plan = check::plan(screen, &workspace, &args.workflow)?;
    if let Some(vendor) = &args.without {
        plan = trial::without(&plan, vendor)?;
    }
    let folder = match &args.from {
        Some(folder) => workspace.root.join(folder),
        None => trial::folder(&workspace.root, &args.workflow),
    };
    let trials = trial::read(&folder)?;
    let names = chosen(args, &trials)?;
    let (plan, trials) = (Arc::new(plan), Arc::new(trials));
    let each = |name: &str, tried: &Tried| one(screen, name, trials.get(name), tried);
    let tried = mcp::within(trial::tried(&workspace, &plan, &trials, &names, args.at_once, each))??;
    if let Some(file) = &args.junit {
        let xml = junit(&plan, &tried).map_err(Stop::failed)?;
        std::fs::write(file, xml).with_context(|| format!("`{}`", file.display()))?;
    }
    let without = args.without.as_deref();
    let tally = summary(screen, without, args.at_least, &plan, &tried)?;
    Ok(if tally.reached(args.at_least) { Exit::Done } else { Exit::Findings })
}

fn chosen(args: &Test, trials: &BTreeMap<String, Trial>) -> Result<Vec<String>, Stop> {
    if let Some(lost) = args.case.iter().find(|name| !trials.contains_key(*name)) {
        return Err(Stop::usage(format!("there is no case `{lost}`")));
    }
    let wanted = |(name, trial): &(&String, &Trial)| {
        (args.case.is_empty() || args.case.contains(name))
            && args.tag.iter().all(|tag| trial.tags.contains(tag))
    };
    let names: Vec<String> = trials.iter().filter(wanted).map(|(name, _)| name.clone()).collect();
    if names.is_empty() {
        return Err(Stop::usage("no case has these tags"));
    }
    Ok(names)
}

/// A line for each case as soon as it rests, so that nobody waits in the dark.
pub fn one(screen: &Screen, name: &str, trial: Option<&Trial>, tried: &Tried) {
    let Tried { scored, view } = tried;
    // A line that cannot be written is no reason to stop a case.
    let _ = screen.object(
        "trial",
        json!({ "case": name, "right": scored.right(), "harm": scored.harm,
            "came_to": scored.came, "checks": scored.checks,
            "cost": words::cost(view.usage.cost_nanos), "tokens": view.usage.tokens() }),
    );
    let (word, look) = match (scored.right(), scored.harm) {
        (true, _) => ("right ", Look::Good),
        (false, false) => ("wrong ", Look::Warn),
        (false, true) => ("HARM  ", Look::Bad),
    };
    let (word, came) = (screen.word(look, word), scored.came.words());
    let why = trial.and_then(|trial| trial.why.as_deref()).filter(|_| !scored.right());
    let why = why.map(|why| format!(" ({})", words::plain(why))).unwrap_or_default();
    screen.line(format!("{word} {}: {came}{why}", words::plain(name)));
    let failed = view.trouble.as_ref().filter(|_| !scored.right());
    if let Some(trouble) = failed {
        let page = evidence::codes::page(trouble.code);
        let detail = trouble.detail.as_deref().map(words::plain).unwrap_or_default();
        screen.line(format!("         {} ({}): {detail}", page.title, page.id));
    }
    for check in scored.checks.iter().filter(|check| !check.held) {
        let seen = check.seen.as_deref().map(words::plain).unwrap_or_default();
        screen.line(format!("         {}: {seen}", words::plain(&check.what)));
    }
}

/// How many cases came out how.
pub struct Tally {
    pub all: usize,
    pub right: usize,
    pub harm: usize,
}

impl Tally {
    pub fn of(tried: &BTreeMap<String, Tried>) -> Self {
        let count = |of: &dyn Fn(&Tried) -> bool| tried.values().filter(|tried| of(tried)).count();
        let (right, harm) = (count(&|one| one.scored.right()), count(&|one| one.scored.harm));
        Self { all: tried.len(), right, harm }
    }

    /// Whether enough came out as expected, and none did harm.
    pub fn reached(&self, at_least: Option<u32>) -> bool {
        let parts = self.right.saturating_mul(1_000_000).checked_div(self.all);
        let share = u32::try_from(parts.unwrap_or_default()).unwrap_or_default();
        self.harm == 0 && share >= at_least.unwrap_or(1_000_000)
    }
}

/// Says how many came out as they should.
pub fn summary(
    screen: &Screen,
    without: Option<&str>,
    at_least: Option<u32>,
    plan: &Plan,
    tried: &BTreeMap<String, Tried>,
) -> Result<Tally, Stop> {
    let tally = Tally::of(tried);
    let Tally { all, right, harm } = tally;
    let (low, high) = between(right, all);
    let used = tried.values().fold(Usage::default(), |sum, tried| sum.plus(tried.view.usage));
    let reached = tally.reached(at_least);
    screen.object(
        "tested",
        json!({ "workflow": plan.workflow().name, "release": plan.release(), "cases": all,
            "right": right, "harm": harm, "between": [words::share(low), words::share(high)],
            "without": without, "reached": reached,
            "tokens": used.tokens(), "cost": words::cost(used.cost_nanos) }),
    )?;
    screen.line(format!(
        "{right} of {all} came out as expected; of all such cases between {} and {} would (95 %)",
        words::share(low),
        words::share(high)
    ));
    let currency = plan.workflow().limits.currency;
    screen.line(format!("{} tokens, {} {currency}", used.tokens(), words::cost(used.cost_nanos)));
    if harm > 0 {
        let what = format!("{} did, or would have done, what must not be done", words::cases(harm));
        screen.line(screen.word(Look::Bad, &what));
    }
    Ok(tally)
}

/// The result as most build servers read it.
fn junit(plan: &Plan, tried: &BTreeMap<String, Tried>) -> std::io::Result<Vec<u8>> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    let failed = tried.values().filter(|tried| !tried.scored.right()).count();
    let name = plan.workflow().name.as_str();
    let (all, failed) = (tried.len().to_string(), failed.to_string());
    let counts = [("name", name), ("tests", all.as_str()), ("failures", failed.as_str())];
    xml.create_element("testsuite").with_attributes(counts).write_inner_content(|xml| {
        for (case, Tried { scored, view }) in tried {
            let ms = view.changed.0.saturating_sub(view.opened.0);
            let time = format!("{}.{:03}", ms / 1_000, ms % 1_000);
            let about = [("classname", name), ("name", case.as_str()), ("time", time.as_str())];
            let element = xml.create_element("testcase").with_attributes(about);
            if scored.right() {
                element.write_empty()?;
                continue;
            }
            let kind = if scored.harm { "harm" } else { "wrong" };
            let said: Vec<String> = scored
                .checks
                .iter()
                .filter(|check| !check.held)
                .map(|check| {
                    format!("{}: {}", check.what, check.seen.as_deref().unwrap_or_default())
                })
                .collect();
            element.write_inner_content(|xml| {
                let came = scored.came.words();
                let about = [("type", kind), ("message", came.as_str())];
                let text = words::plain(&said.join("; "));
                let failure = xml.create_element("failure").with_attributes(about);
                failure.write_text_content(BytesText::new(&text)).map(drop)
            })?;
        }
        Ok(())
    })?;
    xml.write_event(Event::Eof)?;
    Ok(xml.into_inner())
}

/// A share that was typed, such as `95 %`, in parts of a million.
pub fn share(text: &str) -> Result<u32, String> {
    let number = text.trim().trim_end_matches('%').trim();
    let parts = plan::value::scaled(number, 4).ok().and_then(|parts| u32::try_from(parts).ok());
    parts.filter(|parts| *parts <= 1_000_000).ok_or_else(|| format!("`{text}` is no share"))
}
