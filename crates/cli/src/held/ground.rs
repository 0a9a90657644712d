//! What no stored entry tells, because nothing could be begun or written: files with mistakes,
//! secrets that are not there, a disk that takes nothing, starts whose folder is gone, queues that
//! are full. It is looked up when somebody wants to know, and it must leave everything as it was.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Write};
use std::path::Path;

use evidence::why::Next;
use evidence::{DeskView, Notice, codes, words};
use journal::{Held, Millis, RunQuery, Status};
use plan::ids::WorkflowName;
use plan::workflow::Start;
use plan::{Plan, SecretFrom};

use crate::args::Global;
use crate::commands::secrets;
use crate::exit::Stop;
use crate::stored::Runs;
use crate::vault::Vault;
use crate::workspace::{self, Workspace};

/// How much is written to see whether anything can be: a full disk may still take a few bytes.
const PROBE_BYTES: usize = 64 << 10;
/// How long it counts that more files lie in a folder than are looked at. It is said once a day.
const FLOODED_MS: u64 = 24 * 60 * 60 * 1_000;

fn next(command: impl Into<String>, does: &'static str) -> Next {
    Next { command: command.into(), does }
}

/// What is wrong with the disk, the files and the secrets. To know of a disk something is written
/// to it, so this is for whoever asks once, and not for a screen that stays open.
pub fn footing(global: &Global, runs: Option<&Runs>) -> Vec<Notice> {
    let data = workspace::data_folder(global);
    let mut all: Vec<Notice> = data.as_deref().ok().and_then(disk).into_iter().collect();
    all.extend(ground(global, runs));
    all
}

/// What is wrong with the files and the secrets.
pub fn ground(global: &Global, runs: Option<&Runs>) -> Vec<Notice> {
    let mut all = Vec::new();
    let Ok(workspace) = Workspace::open(global) else { return all };
    all.extend(files(&workspace));
    // Whoever drives was started with its own environment, which is not to be seen from here.
    let driven = runs.is_some_and(|runs| store::holder(&runs.data).is_some());
    if !driven {
        all.extend(missing(&workspace));
    }
    all
}

/// The first mistake in the files, and how many more there are.
fn files(workspace: &Workspace) -> Option<Notice> {
    let problems = plan::check_all(&workspace.files).problems;
    // What cannot be read at all is behind everything else that is said of a file.
    let unread = problems.iter().find(|problem| problem.code.id == plan::codes::YAML.id);
    let first = unread.or_else(|| problems.iter().next())?;
    let more = match problems.len().saturating_sub(1) {
        0 => String::new(),
        n => format!("; and {n} more"),
    };
    let headline = format!(
        "what `{}:{}:{}` belongs to does not start: {}{more}",
        first.file, first.line, first.column, first.what
    );
    let next = vec![
        next("flightdeck check", "shows every mistake in the files with its fix"),
        next(format!("flightdeck explain {}", first.code.id), "explains the code"),
    ];
    Some(Notice { code: first.code.id, headline, next })
}

/// Secrets that are not where they should be. Only what can be read without asking anybody: a
/// keyring may want a person, and a program may do anything.
fn missing(workspace: &Workspace) -> Vec<Notice> {
    let Ok(places) = workspace.places() else { return Vec::new() };
    let plans = plan::check_all(&workspace.files).plans;
    let vault = Vault::new(&workspace.root, &places.secrets);
    let quiet = |name: &str| {
        let from = places.secrets.get(name).map(|place| &place.from);
        matches!(from, None | Some(SecretFrom::Environment | SecretFrom::File(_)))
    };
    let used: BTreeMap<String, BTreeSet<String>> = secrets::used(&places, plans.values());
    let used = used.into_iter().filter(|(name, _)| quiet(name));
    used.filter_map(|(name, given)| {
        let why = vault.read(&name).err()?;
        let given: Vec<String> = given.into_iter().collect();
        let headline = format!("`{name}`, given to {}, is not there: {why}", given.join(", "));
        let next = vec![
            next("flightdeck secrets", "says where each secret comes from, and shows none"),
            next("flightdeck doctor", "starts each tool server, and says what is down"),
        ];
        Some(Notice { code: codes::SECRET_MISSING.id, headline, next })
    })
    .collect()
}

/// Whether anything can be written where runs are stored. That this person may not is no trouble of
/// the disk: somebody else may drive.
fn disk(data: &Path) -> Option<Notice> {
    if !data.is_dir() {
        return None;
    }
    let probe = data.join(format!("probe-{}", std::process::id()));
    let tried = std::fs::File::create(&probe)
        .and_then(|mut file| file.write_all(&[0; PROBE_BYTES]).and_then(|()| file.sync_data()));
    let _ = std::fs::remove_file(&probe);
    let error = tried.err().filter(|error| {
        matches!(
            error.kind(),
            ErrorKind::StorageFull
                | ErrorKind::QuotaExceeded
                | ErrorKind::FileTooLarge
                | ErrorKind::ReadOnlyFilesystem
        )
    })?;
    let headline = format!("`{}` cannot be written: {error}; nothing is done", data.display());
    let next = vec![
        next("flightdeck doctor", "tries again, once there is room"),
        next("flightdeck run --open", "goes on, once something can be written"),
    ];
    Some(Notice { code: codes::JOURNAL_UNUSABLE.id, headline, next })
}

/// Starts whose folder gives no cases.
pub fn starts(
    workspace: &Workspace,
    plans: &BTreeMap<WorkflowName, Plan>,
    desk: &DeskView,
    now: Millis,
) -> Vec<Notice> {
    let told = |headline: String| {
        let next = vec![next("flightdeck status", "shows every start, and its last case")];
        Notice { code: codes::START_HELD.id, headline, next }
    };
    let mut all = Vec::new();
    for plan in plans.values() {
        let name = &plan.workflow().name;
        for start in &plan.workflow().starts {
            let Start::Folder(folder) = start else { continue };
            let Err(error) = std::fs::read_dir(workspace.root.join(folder)) else { continue };
            all.push(told(format!(
                "a start of `{name}` begins no cases: its folder `{folder}` cannot be read: {error}"
            )));
        }
    }
    let flooded = desk.held.values().filter(|held| {
        // Whether a folder can be read, and a queue is full, is looked at above and below.
        !matches!(held.because, Held::Full | Held::Unreadable)
            && plans.contains_key(&held.workflow)
            && now.0.saturating_sub(held.at.0) < FLOODED_MS
    });
    all.extend(flooded.map(|held| told(words::start_held(&held.workflow, held.because))));
    all
}

/// Queues of requests that are as long as their maps allow.
pub fn queues(runs: &Runs, plans: &BTreeMap<WorkflowName, Plan>) -> Result<Vec<Notice>, Stop> {
    let mut all = Vec::new();
    for plan in plans.values() {
        let Some(most) = plan.workflow().limits.waiting else { continue };
        let name = &plan.workflow().name;
        let query = RunQuery {
            workflow: Some(name.clone()),
            status: vec![Status::Waiting],
            limit: usize::try_from(most).unwrap_or(usize::MAX),
            ..RunQuery::default()
        };
        if runs.lines(&query)?.len() < query.limit {
            continue;
        }
        let headline = format!(
            "no further case of `{name}` is opened: {} wait for people, and `limits.waiting` \
             allows no more",
            words::cases(query.limit)
        );
        let next = vec![next("flightdeck review", "answers them, one after the other")];
        all.push(Notice { code: codes::REQUESTS_FULL.id, headline, next });
    }
    Ok(all)
}
