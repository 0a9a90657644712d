//! `erase`: the contents of one person's cases, or of single cases, are destroyed; their entries
//! stay and still prove what happened.

use std::collections::{BTreeMap, BTreeSet};

use evidence::subject::{Given, Held, Subject, family};
use evidence::{codes, words};
use journal::{Hash, RunId, RunLine, RunQuery};
use plan::workflow::Does;
use serde_json::json;

use super::mcp;
use crate::args::{Erase, Global};
use crate::driver::{Driver, Drives, keying};
use crate::exit::{Ended, Exit, Stop};
use crate::people;
use crate::screen::{Look, Screen};
use crate::stored::Runs;
use crate::workspace::Workspace;

/// How many cases are listed one by one.
const LISTED: usize = 10;

/// What was found, by what can be done about it.
#[derive(Default)]
struct Found {
    over: Vec<RunLine>,
    open: Vec<RunLine>,
    /// Cases whose contents are gone already, as far as anybody can tell whose they were.
    gone: usize,
    given: BTreeMap<Given, u32>,
    /// Cases of which nobody can tell whose they are.
    unread: Vec<(RunId, String)>,
    /// What stopped, lifted and erased is said in words that name the person too.
    in_reasons: bool,
}

/// Finds the cases and erases what can be erased.
pub fn erase(screen: &Screen, global: &Global, args: &Erase) -> Ended {
    let workspace = Workspace::open(global)?;
    let who = people::known(global, &workspace)?;
    let runs = Runs::existing(global)?;
    if args.expired {
        return expired(screen, &workspace);
    }
    let found = find(&runs, args)?;
    say(screen, &found, args)?;
    if !args.yes {
        if !found.over.is_empty() {
            screen.line("nothing was erased; add `--yes` to erase, which nothing brings back");
        }
        return Ok(Exit::Done);
    }
    let subject = subject_hash(&runs, args)?;
    let ids: Vec<RunId> = found.over.iter().map(|line| line.run).collect();
    let reason = args.reason.as_deref().unwrap_or_default();
    mcp::within(async {
        let driver = Driver::start(&workspace, Drives::Told).await?;
        // Also where nothing is left: an earlier erasure may not have come to its very end.
        let mut erased = driver.erase(&[], &who, reason, subject).await;
        for some in ids.chunks(runtime::ERASED_AT_ONCE) {
            if erased.is_err() {
                break;
            }
            erased = driver.erase(some, &who, reason, subject).await;
        }
        driver.close().await;
        erased
    })??;
    screen.object(
        "erased",
        json!({ "cases": ids.len(), "open": found.open.len(), "unread": found.unread.len() }),
    )?;
    screen.line(match ids.len() {
        0 => "there was nothing to erase".to_owned(),
        n => format!("the contents of {} are erased; their entries stay", words::cases(n)),
    });
    // What was asked is not all done as long as a case still works with that data, or may.
    Ok(match (found.unread.is_empty(), found.open.is_empty()) {
        (false, _) => Exit::Findings,
        (true, false) => Exit::Waiting,
        (true, true) => Exit::Done,
    })
}

/// What the workspace's own rule of retention says, done now.
fn expired(screen: &Screen, workspace: &Workspace) -> Ended {
    let cases = mcp::within(async {
        let driver = Driver::start(workspace, Drives::Told).await?;
        let cases = driver.sweep().await;
        driver.close().await;
        cases
    })??;
    screen.object("erased", json!({ "cases": cases, "open": 0, "unread": 0 }))?;
    screen.line(match cases {
        0 => "nothing is over for longer than it is kept".to_owned(),
        n => format!("the contents of {} are erased; their entries stay", words::cases(n)),
    });
    Ok(Exit::Done)
}

fn find(runs: &Runs, args: &Erase) -> Result<Found, Stop> {
    let named = args.subject.iter().map(String::as_str);
    let subject = Subject::named(named).map_err(|short| {
        Stop::usage(short).help("give an address, a whole name, or a number of an account")
    })?;
    let single: BTreeSet<RunId> =
        args.run.iter().map(|start| runs.find(start)).collect::<Result<_, _>>()?;
    let mut found = Found::default();
    let mut held = Vec::new();
    let mut lines = BTreeMap::new();
    for line in runs.lines(&RunQuery { limit: usize::MAX >> 1, ..RunQuery::default() })? {
        let history = match runs.history(line.run) {
            Ok(history) => history,
            // One that is damaged keeps no other.
            Err(stop) if stop.code == Some(codes::JOURNAL_DAMAGED.id) => {
                found.unread.push((line.run, format!("{:#}", stop.what)));
                continue;
            }
            Err(stop) => return Err(stop),
        };
        let mut case = Held::of(&history, (!args.subject.is_empty()).then_some(&subject));
        case.named &= single.is_empty() || single.contains(&line.run);
        held.push(case);
        lines.insert(line.run, line);
    }
    let all = family(&held, |run, at| {
        let plan = lines.get(&run).and_then(|line| runs.release(line.release));
        let step = plan.as_ref().and_then(|plan| plan.step(&at.step));
        step.is_some_and(|step| matches!(step.does, Does::Each(_)))
    });
    for case in held.iter().filter(|case| all.contains(&case.run)) {
        let Some(line) = lines.get(&case.run) else { continue };
        if case.erased {
            found.gone += 1;
            continue;
        }
        for (to, times) in &case.given {
            *found.given.entry(to.clone()).or_default() += times;
        }
        if line.status.over() { &mut found.over } else { &mut found.open }.push(line.clone());
    }
    found.in_reasons =
        !args.subject.is_empty() && runs.desk_history()?.contents().any(|text| subject.is_in(text));
    Ok(found)
}

/// Whoever knows the words can compute this again; nobody can read them from it.
fn subject_hash(runs: &Runs, args: &Erase) -> Result<Option<Hash>, Stop> {
    if args.subject.is_empty() {
        return Ok(None);
    }
    let key = keying(&runs.data)?;
    let folded: BTreeSet<String> = args.subject.iter().map(|word| word.to_lowercase()).collect();
    let mut parts: Vec<&[u8]> = vec![b"flightdeck subject", &key];
    parts.extend(folded.iter().map(|word| word.as_bytes()));
    Ok(Some(Hash::of_parts(&parts)))
}

fn say(screen: &Screen, found: &Found, args: &Erase) -> Result<(), Stop> {
    let ids = |lines: &[RunLine]| lines.iter().map(|line| line.run).collect::<Vec<_>>();
    let given: Vec<_> = found.given.iter().map(|(to, n)| json!({ "to": to, "times": n })).collect();
    screen.object(
        "erasable",
        json!({
            "over": ids(&found.over),
            "open": ids(&found.open),
            "erased_before": found.gone,
            "given": given,
            "in_reasons": found.in_reasons,
            "unread": found.unread.iter().map(|(run, _)| run).collect::<Vec<_>>(),
        }),
    )?;
    let mut by_workflow: BTreeMap<&str, usize> = BTreeMap::new();
    for line in &found.over {
        *by_workflow.entry(line.workflow.as_str()).or_default() += 1;
    }
    screen.line(format!("over, and can be erased: {}", words::cases(found.over.len())));
    for (workflow, count) in by_workflow {
        screen.line(format!("  {workflow}: {count}"));
    }
    if found.gone > 0 && !args.run.is_empty() {
        screen.line(format!("erased before: {}", words::cases(found.gone)));
    }
    if !found.open.is_empty() {
        let text = format!("still open, and not erased: {}", words::cases(found.open.len()));
        screen.line(screen.word(Look::Bad, &text));
        for line in found.open.iter().take(LISTED) {
            let (run, workflow) = (line.run, &line.workflow);
            screen.line(format!("  {run}  {workflow}, {}", line.status.as_str()));
        }
        screen.line("end them, or `flightdeck cancel RUN --reason TEXT`, and erase once more");
    }
    for (run, why) in &found.unread {
        let text = format!("case {run} cannot be read, so that nobody knows whose it is: {why}");
        screen.line(screen.word(Look::Bad, &text));
    }
    if !found.given.is_empty() {
        screen.line("what others were handed is theirs to erase:");
    }
    for (to, times) in &found.given {
        let calls = if *times == 1 { "1 call".to_owned() } else { format!("{times} calls") };
        screen.line(match to {
            Given::Server(name) => format!("  the tools of `{name}`: {calls}"),
            Given::Model(name) => format!("  the vendor of the model `{name}`: {calls}"),
        });
    }
    if found.in_reasons {
        screen
            .line("a reason that somebody gave for a stop or an erasure names them too, and stays");
    }
    Ok(())
}
