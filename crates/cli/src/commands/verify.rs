//! `verify`: a pack or an export is checked by its own bytes, and every decision whose grounds it
//! shows is made again. It needs no workspace and no network, and it changes nothing.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use engine::{Audited, Engine};
use evidence::words;
use guard::Guard;
use journal::{Frame, Record, RunId, Seq, Stored};
use plan::Plan;
use plan::ids::ReleaseId;
use proof::verify::Known;
use proof::{Grade, Note, Refusal, Trust, Verified};
use serde_json::json;

use crate::args::Verify;
use crate::exit::{Ended, Exit, Stop};
use crate::screen::{Look, Screen};
use crate::stored::now;

/// The largest file that is read.
const BYTES_MAX: u64 = 2 << 30;

/// What became of the decisions that entries hold.
#[derive(Debug, Default, Clone, Copy, serde::Serialize)]
struct Decisions {
    /// Made again, and the same.
    equal: u64,
    /// They refused more than the release alone would.
    stricter: u64,
    /// A mistake of the program was caught; nothing was allowed.
    caught: u64,
    /// Made by another version of the engine.
    other_version: u64,
    /// Their grounds are not all shown.
    not_shown: u64,
    /// Made again, and not the same.
    different: u64,
}

/// Checks a pack or an export.
pub fn verify(screen: &Screen, args: &Verify) -> Ended {
    let trust = trust(args)?;
    if args.pack.is_dir() {
        let entries = read(&args.pack.join("log/entries"))?;
        let note = read(&args.pack.join("checkpoint"))?;
        let verified = proof::exported(&entries, &note, &trust).map_err(refused)?;
        return say(screen, &verified, None);
    }
    let bytes = read(&args.pack)?;
    let (verified, known) = proof::packed(&bytes, &trust).map_err(refused)?;
    let (mut decisions, mut engines) = (Decisions::default(), Engines::new());
    let mut first = None;
    for (run, places) in known.runs() {
        if run != RunId::DESK
            && let Err(what) = made_again(&known, run, &places, (&mut engines, &mut decisions))
        {
            first.get_or_insert(format!("case {run}: {what}"));
        }
    }
    let ended = say(screen, &verified, Some(&decisions))?;
    match first {
        None => Ok(ended),
        Some(what) => {
            let page = evidence::codes::DIFFERS;
            Err(Stop {
                exit: Exit::Findings,
                what: anyhow::anyhow!("{}: {what}", page.title),
                code: Some(page.id),
                help: Some(page.next.to_owned()),
            })
        }
    }
}

fn trust(args: &Verify) -> Result<Trust, Stop> {
    let known = match &args.known {
        None => None,
        Some(file) => {
            let no = |error| Stop::usage(format!("`{}`: {error}", file.display()));
            Some(Note::read(&read(file)?).map_err(no)?)
        }
    };
    Ok(Trust {
        key: args.key.clone(),
        revoked: args.revoked.iter().map(|key| journal::Fixed(key.key)).collect(),
        witnesses: args.witness.clone(),
        anchors: args.anchored,
        known,
        now: now(),
    })
}

fn read(file: &Path) -> Result<Vec<u8>, Stop> {
    let no = |error: std::io::Error| Stop::usage(format!("`{}`: {error}", file.display()));
    let mut bytes = Vec::new();
    let from = std::fs::File::open(file).map_err(no)?;
    from.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(no)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > BYTES_MAX {
        let code = &proof::codes::PACK_TOO_LARGE;
        return Err(refused(Refusal::new(code, file.display().to_string(), code.title)));
    }
    Ok(bytes)
}

#[allow(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn refused(refusal: Refusal) -> Stop {
    let page = proof::codes::find(refusal.code);
    Stop {
        exit: Exit::Findings,
        what: anyhow::anyhow!("{refusal}"),
        code: page.map(|page| page.id),
        help: page.map(|page| page.next.to_owned()),
    }
}

/// What decides as each release does, made once for all of its cases.
type Engines = BTreeMap<ReleaseId, Option<Engine>>;

/// What decides as a release does; nothing where it is not shown.
fn engine(known: &Known<'_>, release: ReleaseId) -> Result<Option<Engine>, String> {
    let Some(plan) = known.releases.get(&release) else { return Ok(None) };
    let plan = Arc::new(Plan::open(release, plan).map_err(|error| error.to_string())?);
    let guard = Guard::build(&plan).map_err(|error| error.to_string())?;
    // What hangs on the installation's secret is not looked at, so any will do.
    Ok(Some(Engine::new(plan, guard, [0; 32])))
}

/// Makes the decisions of a case again as far as all of their grounds are shown.
fn made_again(
    known: &Known<'_>,
    run: RunId,
    places: &[u64],
    (engines, decisions): (&mut Engines, &mut Decisions),
) -> Result<(), String> {
    let count = |n: usize| u64::try_from(n).unwrap_or_default();
    let entries = || places.iter().filter_map(|place| known.entries.get(place));
    let first = entries().next().map(|entry| Frame::read(Seq(0), entry.bytes));
    let Some(Ok(first)) = first else { return Ok(()) };
    let Some(Record::Opened { release, .. }) = first.records.first() else { return Ok(()) };
    if !engines.contains_key(release) {
        engines.insert(*release, engine(known, *release)?);
    }
    let Some(Some(engine)) = engines.get(release) else {
        decisions.not_shown += count(places.len());
        return Ok(());
    };
    let mut audit = engine::Audit::elsewhere(engine, run);
    for (n, entry) in entries().enumerate() {
        if !entry.is_whole() {
            decisions.not_shown += count(places.len() - n);
            return Ok(());
        }
        let bytes = entry.bytes.to_vec();
        let bodies = Some(entry.bodies.values().cloned().collect());
        let stored = Stored { bytes, bodies, entropy: entry.entropy };
        let counted = match audit.check(&stored) {
            Ok(Audited::Same) => &mut decisions.equal,
            Ok(Audited::Stricter) => &mut decisions.stricter,
            Ok(Audited::Caught) => &mut decisions.caught,
            Ok(Audited::OtherEngine) => &mut decisions.other_version,
            Err(error) => {
                decisions.different += 1;
                decisions.not_shown += count(places.len() - n - 1);
                return Err(error.to_string());
            }
        };
        *counted += 1;
    }
    Ok(())
}

fn say(screen: &Screen, verified: &Verified, decisions: Option<&Decisions>) -> Ended {
    let mut object = json!(verified);
    if let (Some(fields), Some(decisions)) = (object.as_object_mut(), decisions) {
        fields.insert("decisions".to_owned(), json!(decisions));
    }
    screen.object("verified", object)?;
    let grade = match verified.grade {
        Grade::SelfSigned => "self-signed: its owner could have rewritten it before signing",
        Grade::Anchored => {
            "anchored: somebody outside holds its hash, by an answer that you say is genuine"
        }
        Grade::Witnessed => "witnessed: somebody you trust saw it at the time that is named",
    };
    screen.line(screen.word(Look::Good, grade));
    screen.line(format!("by the key {}", verified.key));
    if let Some(at) = verified.sealed_at {
        screen.line(format!("sealed at {}", words::when(at, None)));
    }
    screen.line(format!(
        "{} of {} entries and {} of {} cases are shown; {} contents are, and {} are kept back",
        verified.entries_shown,
        verified.entries,
        verified.cases_shown,
        verified.cases,
        verified.contents_shown,
        verified.contents_withheld
    ));
    if let Some(Decisions { equal, stricter, other_version, not_shown, different, .. }) = decisions
    {
        screen.line(format!(
            "decisions made again: {equal} the same, {stricter} stricter than the release alone, \
             {other_version} of another version; {not_shown} rest on what is not shown; \
             {different} different"
        ));
    }
    screen.line(screen.word(Look::Strong, "proved"));
    verified.proved.iter().for_each(|text| screen.line(format!("  {text}")));
    screen.line(screen.word(Look::Strong, "only claimed"));
    verified.claimed.iter().for_each(|text| screen.line(format!("  {text}")));
    Ok(Exit::Done)
}
