//! `support-bundle`: what somebody who helps needs to know of an installation, in one file that
//! can be given away. Only counts, codes, times and names of the workspace's own maps are in it.
//! It must not hold a value, a text, a person, an address, a path of this machine or a secret.

use std::collections::BTreeMap;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use evidence::{Fleet, Tally};
use journal::{RunQuery, Status};
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::doctor;
use crate::args::Global;
use crate::exit::{Ended, Exit, Stop};
use crate::screen::Screen;
use crate::stored::{Runs, now};
use crate::workspace::Workspace;

/// How many cases are counted, how many failed ones are looked at, and how many entries of the
/// desk's journal are named.
const COUNTED: usize = 200_000;
const LOOKED_AT: usize = 200;
const NAMED: usize = 500;

/// Makes the bundle.
pub fn bundle(screen: &Screen, global: &Global, out: Option<PathBuf>) -> Ended {
    let workspace = Workspace::open(global)?;
    let out = out.unwrap_or_else(|| PathBuf::from("flightdeck-support.zip"));
    let mut files = vec![
        ("program.json", "version, system and time", program()),
        ("doctor.json", "what was looked at and whether it is good", findings(global)),
        ("workflows.json", "maps, releases, codes of problems", maps(&workspace)),
        ("environment.json", "names of variables that are set, no values", environment()),
        ("folder.json", "names and sizes of the files in the data folder", folder(&workspace.data)),
    ];
    if let Some(runs) = Runs::open(global)? {
        files.push(("cases.json", "counts by workflow and state, failures by code", cases(&runs)?));
        files.push(("desk.json", "kinds and times of the desk's last entries", desk(&runs)?));
    }
    write(&out, &files)?;
    let names: BTreeMap<&str, &str> = files.iter().map(|(name, what, _)| (*name, *what)).collect();
    screen.object("support_bundle", json!({ "file": out, "holds": names }))?;
    screen.line(format!("`{}` holds:", out.display()));
    for (name, what) in names {
        screen.line(format!("  {name}: {what}"));
    }
    screen.line("no values, texts, people, addresses or secrets; look before you give it away");
    Ok(Exit::Done)
}

/// Nothing half-written is left, and no file is written over.
fn write(out: &Path, files: &[(&str, &str, Value)]) -> Result<(), Stop> {
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    // Only whoever made it can read it.
    let mut file = tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("nothing can be written in `{}`", folder.display()))?;
    packed(file.as_file_mut(), files).map_err(Stop::failed)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(out).map_err(|error| {
        let what = format!("`{}` cannot be written: {}", out.display(), error.error);
        Stop::usage(what).help("name another file with `--out`")
    })?;
    Ok(())
}

fn packed(to: impl Write + Seek, files: &[(&str, &str, Value)]) -> zip::result::ZipResult<()> {
    let mut zip = ZipWriter::new(to);
    let manifest: BTreeMap<&str, &str> =
        files.iter().map(|(name, what, _)| (*name, *what)).collect();
    let first = ("manifest.json", json!({ "holds": manifest }));
    let rest = files.iter().map(|(name, _, value)| (*name, value.clone()));
    for (name, value) in std::iter::once(first).chain(rest) {
        zip.start_file(name, SimpleFileOptions::default())?;
        zip.write_all(format!("{value:#}\n").as_bytes())?;
    }
    zip.finish()?;
    Ok(())
}

fn program() -> Value {
    json!({
        "flightdeck": env!("CARGO_PKG_VERSION"), "engine": journal::ENGINE,
        "os": std::env::consts::OS, "arch": std::env::consts::ARCH, "at": now(),
    })
}

/// What a finding says may be what a server or a file said, so it stays here.
fn findings(global: &Global) -> Value {
    let all = doctor::looked(global);
    all.iter().map(|finding| json!({ "what": finding.what, "good": finding.good })).collect()
}

fn maps(workspace: &Workspace) -> Value {
    let checked = plan::check_all(&workspace.files);
    let maps: Vec<Value> = checked
        .plans
        .iter()
        .map(|(name, plan)| {
            let workflow = plan.workflow();
            json!({
                "workflow": name, "release": plan.release().to_string(), "steps": workflow.steps.len(),
                "tools": workflow.tools.len(), "models": workflow.models.len(),
                "tables": workflow.tables.len(),
            })
        })
        .collect();
    let codes: Vec<&str> = checked.problems.iter().map(|problem| problem.code.id).collect();
    json!({ "maps": maps, "problems": codes })
}

fn environment() -> Value {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let ours = |name: &String| name.starts_with("FLIGHTDECK_") || name.starts_with("OTEL_");
    let mut names: Vec<String> = names.filter(ours).collect();
    names.sort_unstable();
    json!(names)
}

fn folder(data: &Path) -> Value {
    let listing = std::fs::read_dir(data).into_iter().flatten().filter_map(Result::ok);
    let files = listing.filter_map(|entry| {
        let size = entry.metadata().ok().filter(std::fs::Metadata::is_file)?.len();
        Some((entry.file_name().into_string().ok()?, size))
    });
    let files: BTreeMap<String, u64> = files.collect();
    json!({ "files": files, "in_use": store::holder(data).is_some() })
}

fn cases(runs: &Runs) -> Result<Value, Stop> {
    let lines = runs.lines(&RunQuery { limit: COUNTED, ..RunQuery::default() })?;
    let mut counts: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for line in &lines {
        let of = counts.entry(line.workflow.as_str()).or_default();
        *of.entry(line.status.as_str()).or_default() += 1;
    }
    let mut fleet = Fleet::default();
    for line in runs.standing(&[Status::Failed], LOOKED_AT)? {
        if let Ok(view) = runs.view(line.run) {
            fleet.add(&Tally::of(&view));
        }
    }
    let failures = fleet.summary(0, None).failures;
    let last = runs.reader().last_place()?;
    let sound = runs.reader().check().is_ok();
    Ok(json!({ "counts": counts, "failures": failures, "entries": last, "sound": sound }))
}

fn desk(runs: &Runs) -> Result<Value, Stop> {
    let desk = runs.desk_history()?;
    let all = desk.frames().iter().flat_map(|frame| {
        frame.records.iter().map(|record| {
            // A record is its kind with what it holds; only the kind and the workflow leave.
            let told = serde_json::to_value(record).unwrap_or_default();
            let kind = told.as_object().and_then(|told| told.iter().next());
            let workflow = kind.and_then(|(_, held)| held.get("workflow").cloned());
            json!({ "at": frame.at, "kind": kind.map(|(kind, _)| kind), "workflow": workflow })
        })
    });
    let all: Vec<Value> = all.collect();
    Ok(json!(all.get(all.len().saturating_sub(NAMED)..)))
}
