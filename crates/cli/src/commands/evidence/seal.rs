//! `evidence seal`: what is chosen is read, what is personal is kept back, and all of it becomes
//! one file. What is chosen and how it is proved is not decided here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use journal::{BodyMeta, Frame, Hash, Millis, Proof};
use plan::AccessRole;
use plan::ids::ReleaseId;
use proof::pack::Files;
use proof::{Chosen, Pack, Sample, Survey, Wanted};
use serde_json::json;

use super::{Office, Signed, sha256, written};
use crate::args::{Global, Seal};
use crate::exit::{Ended, Exit, Stop};
use crate::screen::{Look, Screen};
use crate::signing::Tree;
use crate::stored::now;

/// The largest file that is taken along.
const FILE_MAX: u64 = 64 << 20;

/// Seals the cases of a time.
pub fn seal(screen: &Screen, global: &Global, args: &Seal) -> Ended {
    let office = Office::open(global, &[AccessRole::Owner, AccessRole::Auditor])?;
    if args.out.exists() {
        let what = format!("`{}` is there already", args.out.display());
        return Err(Stop::usage(what).help("name another with `--out`"));
    }
    let mut files = args.with.as_deref().map_or(Ok(Files::new()), taken_along)?;
    let mut tree = Tree::default();
    tree.grow(office.runs.reader())?;
    let Signed { checkpoint, note, anchor } =
        office.sign(&tree, args.witness.witness.as_deref())?;
    if let Some(anchor) = anchor {
        files.insert("anchors/answer".to_owned(), anchor);
    }
    let (size, root) = (checkpoint.size, checkpoint.root);
    let chosen = chosen(&office, args, size)?;
    let (about, releases) = (chosen.population.clone(), chosen.releases.clone());
    let pack = read(&office, args, chosen, size)?;
    let places = office.workspace.places().map_err(Stop::usage)?;
    let sealed = pack.seal(proof::Seal {
        signer: &office.signer()?,
        sealed_at: now(),
        checkpoint,
        note,
        releases: stored(&office, releases)?,
        files,
        organisation: places.organisation,
    });
    let sealed = sealed.map_err(Stop::failed)?;
    written(&args.out, &sealed)?;
    let pack = sha256(&sealed);
    let (from, until) = (about.wanted.from, about.wanted.until);
    let (workflow, by) = (args.workflow.clone(), Some(office.who.clone()));
    office.keep(Proof::Sealed { size, root, pack, workflow, from, until, by }, None)?;
    let (cases, left_out) = (about.cases.len(), about.left_out.len());
    let shown = about.cases.iter().filter(|case| case.shown).count();
    screen.object(
        "sealed",
        json!({ "file": args.out, "sha256": pack, "bytes": sealed.len(), "entries": size,
            "cases": cases, "shown": shown, "left_out": left_out }),
    )?;
    let file = args.out.display();
    let what = format!("{cases} cases, {shown} of them with all entries, in `{file}`");
    screen.line(screen.word(Look::Good, &what));
    screen.line(format!("SHA-256 {pack}"));
    screen.line(format!("`flightdeck verify {file}` checks it anywhere"));
    Ok(Exit::Done)
}

/// Which cases and entries are shown, of the first `size` entries.
fn chosen(office: &Office, args: &Seal, size: u64) -> Result<Chosen, Stop> {
    let mut survey = Survey::default();
    office.runs.reader().log(0, size, |index, bytes| {
        let misplaced = |error| damaged(index, &error);
        survey.add(index, bytes, Hash::leaf(bytes)).map(drop).map_err(misplaced)
    })?;
    let sample = args.sample.zip(args.seed.clone()).map(|(take, seed)| Sample { take, seed });
    Ok(survey.choose(&Wanted {
        workflow: args.workflow.clone(),
        from: args.from.unwrap_or(Millis(0)),
        until: args.until.unwrap_or_else(now),
        sample,
        full: args.full,
    }))
}

/// The pack with its entries and those of their contents that may be shown.
fn read(office: &Office, args: &Seal, chosen: Chosen, size: u64) -> Result<Pack, Stop> {
    let mut pack = Pack::new(chosen);
    office.runs.reader().log(0, size, |index, bytes| {
        match pack.entry(index, bytes).map_err(Stop::failed)? {
            Some(frame) => contents(office, args, &mut pack, (index, &frame)),
            None => Ok(()),
        }
    })?;
    Ok(pack)
}

fn stored(
    office: &Office,
    releases: BTreeSet<ReleaseId>,
) -> Result<BTreeMap<ReleaseId, Vec<u8>>, Stop> {
    let mut stored = BTreeMap::new();
    for release in releases {
        let bytes = office.runs.reader().release(release)?;
        let missing = || Stop::failed(format!("the release {release} is not stored"));
        stored.insert(release, bytes.ok_or_else(missing)?);
    }
    Ok(stored)
}

fn damaged(index: u64, error: &dyn std::fmt::Display) -> Stop {
    let what = format!("entry {index} of the journal is not in order: {error}");
    Stop::refused(runtime::Kind::Damaged, what)
}

/// Adds the contents of an entry that may be shown.
fn contents(
    office: &Office,
    args: &Seal,
    pack: &mut Pack,
    (index, frame): (u64, &Frame),
) -> Result<(), Stop> {
    let rows = office.runs.reader().frames(frame.run, frame.seq, 1)?;
    let row = rows.into_iter().next();
    let row = row.ok_or_else(|| damaged(index, &"it is gone"))?;
    let bodies = row.bodies.unwrap_or_default();
    let may = |meta: &BodyMeta, body: &[u8]| args.full || is_plain(meta, body);
    let all = (0_u16..).zip(frame.bodies.iter().zip(&bodies));
    let shown: Vec<(u16, &[u8])> = all
        .filter(|(_, (meta, body))| !args.no_contents && may(meta, body))
        .map(|(n, (_, body))| (n, &**body))
        .collect();
    let counted = (index, frame.bodies.len());
    pack.contents(counted, row.entropy.as_ref(), &shown).map_err(Stop::failed)
}

/// Whether nothing says that a content holds personal or confidential data: no tag of what was
/// declared, and nothing that is found in it.
fn is_plain(meta: &BodyMeta, body: &[u8]) -> bool {
    let tagged = !meta.labels.at("").tags.is_empty();
    !tagged && std::str::from_utf8(body).is_ok_and(|text| guard::personal::find(text).is_empty())
}

/// The files of a folder, below `findings/` and `documents/`.
fn taken_along(folder: &Path) -> Result<Files, Stop> {
    let mut files = Files::new();
    for part in ["findings", "documents"] {
        let below = folder.join(part);
        if !below.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&below)? {
            let entry = entry?;
            let (name, about) = (entry.file_name(), entry.metadata()?);
            if !about.is_file() || about.len() > FILE_MAX {
                let what = format!("`{}` is no file of at most 64 MiB", entry.path().display());
                return Err(Stop::usage(what).help("put files there, and no folders"));
            }
            let name = format!("{part}/{}", name.to_string_lossy());
            files.insert(name, std::fs::read(entry.path())?);
        }
    }
    if files.is_empty() {
        let what = format!("`{}` has no files below `findings/` or `documents/`", folder.display());
        return Err(Stop::usage(what));
    }
    Ok(files)
}
