//! Verification: whether a pack or an export is what it says, by its own bytes alone, and what
//! that proves. Everything is exact, and nothing is put right. It must not know who is to be
//! trusted: that is handed in.

mod contents;
mod found;
mod log;

use std::collections::{BTreeMap, BTreeSet};

use journal::{Hash, Millis};
use plan::ids::ReleaseId;

use crate::codes::{
    FILE_CHANGED, FILE_MISSING, FILE_UNKNOWN, FOREIGN_KEY, FUTURE, HISTORY, LOG_SHORT, POPULATION,
    RECORDS, RELEASE, REPLAYED, REVOKED_KEY, ROOT, Refusal, SAMPLE, SIGNATURE, WITNESS, WRONG_KEY,
};
use crate::container::{self, Held};
use crate::keys::Ring;
use crate::note::{Checkpoint, Note, VerifierKey};
use crate::pack;
use crate::records;
use crate::statement::{self, Statement};
use crate::survey::Population;
use crate::tree::Tree;
pub use contents::{Known, Opened};
pub use found::{Grade, Trust, Verified, Witness};
pub use log::{Line, lines};

/// Clocks differ so far.
const CLOCKS_MS: u64 = 10 * 60 * 1_000;

/// Verifies a pack.
pub fn packed<'b>(bytes: &'b [u8], trust: &Trust) -> Result<(Verified, Known<'b>), Refusal> {
    let held = container::read(bytes)?;
    let files: BTreeMap<&str, Held<'_>> = held.iter().map(|file| (file.name, *file)).collect();
    let signed = files.get(statement::FILE);
    let missing = |name: &str| Refusal::new(&FILE_MISSING, name, "it is not in the pack");
    let (statement, key) = Statement::open(signed.ok_or_else(|| missing(statement::FILE))?.bytes)?;
    stated(&files, &statement)?;
    let get = |name: &str| files.get(name).map(|file| file.bytes).ok_or_else(|| missing(name));
    let about = &statement.predicate;
    let leaves = log::leaves(get(pack::LEAVES)?)?;
    let (checkpoint, note) = signed_root(get(pack::CHECKPOINT)?, &key)?;
    if (checkpoint.size, checkpoint.root) != (about.entries, about.root) {
        return Err(Refusal::new(&ROOT, pack::CHECKPOINT, "the statement names another root"));
    }
    let mut walk = log::Walk::new(leaves);
    walk.kept = Some(BTreeMap::new());
    walk.rooted(&checkpoint)?;
    for line in lines(get(pack::ENTRIES)?) {
        walk.shown(&line?)?;
    }
    let limit = about.sealed_at.0.saturating_add(CLOCKS_MS);
    let now = trust.now.0.saturating_add(CLOCKS_MS);
    for (what, at, latest) in
        [("an entry", walk.survey.newest().0, limit), ("the statement", about.sealed_at.0, now)]
    {
        if at > latest {
            let what = format!("{what} is of a time that had not come");
            return Err(Refusal::new(&FUTURE, statement::FILE, what));
        }
    }
    vouched(walk.survey.ring(), &key, about.sealed_at, trust)?;
    let checkpoints = walk.earlier()?;
    let (list, ran_on) = population(get(pack::POPULATION)?, &walk)?;
    if walk.records.to_bytes().ok().as_deref() != Some(get(records::FILE)?) {
        return Err(Refusal::new(&RECORDS, records::FILE, "the entries give another one"));
    }
    let kept = walk.kept.take().unwrap_or_default();
    let mut known = contents::read(get(pack::CONTENTS)?, get(pack::SEEDS)?, kept)?;
    known.releases = releases(&files, &ran_on)?;
    earlier_than_known(trust, &walk.tree, &key, walk.survey.ring())?;
    let mut verified = Verified::new(&checkpoint, &key, trust, &walk.survey);
    verified.witnesses = witnesses(&note, trust)?;
    verified.anchors = anchors(&files, &checkpoint, &note);
    verified.sealed_at = Some(about.sealed_at);
    verified.entries_shown = walk.count;
    verified.listed(&list);
    verified.contents_shown = known.shown;
    verified.contents_withheld = known.committed.saturating_sub(known.shown);
    verified.releases = u64::try_from(known.releases.len()).unwrap_or_default();
    verified.checkpoints = checkpoints;
    verified.say();
    Ok((verified, known))
}

/// Verifies an export: every entry, and the signed root over them.
pub fn exported(entries: &[u8], note: &[u8], trust: &Trust) -> Result<Verified, Refusal> {
    let mut leaves = Vec::new();
    for line in lines(entries) {
        leaves.push(Hash::leaf(line?.bytes));
    }
    let read = Note::read(note);
    let read =
        read.map_err(|error| Refusal::new(&SIGNATURE, pack::CHECKPOINT, error.to_string()))?;
    let mut walk = log::Walk::new(leaves);
    for line in lines(entries) {
        walk.shown(&line?)?;
    }
    let checkpoint = Checkpoint::read(&read.text)
        .map_err(|error| Refusal::new(&SIGNATURE, pack::CHECKPOINT, error.to_string()))?;
    walk.rooted(&checkpoint)?;
    let signer = walk.survey.ring().current().map(|key| key.key);
    let signer = signer.ok_or_else(|| {
        Refusal::new(&FOREIGN_KEY, pack::CHECKPOINT, "no key that signs is in the entries")
    })?;
    let key = crate::keys::verifier(&checkpoint.origin, signer);
    let (checkpoint, note) = signed_root(note, &key)?;
    vouched(walk.survey.ring(), &key, walk.survey.newest(), trust)?;
    if walk.survey.newest().0 > trust.now.0.saturating_add(CLOCKS_MS) {
        return Err(Refusal::new(&FUTURE, pack::ENTRIES, "an entry is of a time yet to come"));
    }
    let checkpoints = walk.earlier()?;
    earlier_than_known(trust, &walk.tree, &key, walk.survey.ring())?;
    let mut verified = Verified::new(&checkpoint, &key, trust, &walk.survey);
    verified.witnesses = witnesses(&note, trust)?;
    (verified.entries_shown, verified.complete) = (walk.count, true);
    let cases = u64::try_from(walk.survey.counts().0).unwrap_or_default();
    (verified.cases, verified.cases_shown) = (cases, cases);
    verified.checkpoints = checkpoints;
    verified.say();
    Ok(verified)
}

/// That the files are those that the statement names, each as it was.
fn stated(files: &BTreeMap<&str, Held<'_>>, statement: &Statement) -> Result<(), Refusal> {
    let mut named = BTreeSet::from([statement::FILE]);
    for (name, digest) in statement.subjects() {
        named.insert(name);
        let Some(file) = files.get(name) else {
            return Err(Refusal::new(&FILE_MISSING, name, "the statement names it"));
        };
        if Hash::of(file.bytes) != digest {
            let exact = log::located(name, file.bytes, files);
            return Err(exact.unwrap_or_else(|| {
                Refusal::new(&FILE_CHANGED, name, "its SHA-256 is not the one that was signed")
            }));
        }
    }
    for (name, file) in files {
        if !named.contains(name) {
            return Err(Refusal::new(&FILE_UNKNOWN, *name, "the statement does not name it"));
        }
        file.checked()?;
    }
    let ours = [
        pack::CHECKPOINT,
        pack::LEAVES,
        pack::ENTRIES,
        pack::CONTENTS,
        pack::SEEDS,
        pack::POPULATION,
        pack::REPORT,
        pack::PRINTED,
        records::FILE,
        statement::FILE,
    ];
    let free = |name: &str| {
        pack::FREE.iter().any(|folder| name.starts_with(folder)) || name.starts_with("releases/")
    };
    match files.keys().find(|name| !ours.contains(name) && !free(name)) {
        Some(name) => Err(Refusal::new(&FILE_UNKNOWN, *name, "no pack of this version has it")),
        None => Ok(()),
    }
}

/// The root that a note says, signed by the key.
fn signed_root(bytes: &[u8], key: &VerifierKey) -> Result<(Checkpoint, Note), Refusal> {
    let no = |what: String| Refusal::new(&SIGNATURE, pack::CHECKPOINT, what);
    let note = Note::read(bytes).map_err(|error| no(error.to_string()))?;
    let checkpoint = Checkpoint::read(&note.text).map_err(|error| no(error.to_string()))?;
    let mut by = note.by(key).peekable();
    if checkpoint.origin != key.name || by.peek().is_none() {
        return Err(Refusal::new(&FOREIGN_KEY, pack::CHECKPOINT, "another key signed it"));
    }
    if by.any(|line| !key.signed(note.text.as_bytes(), &line.signature)) {
        return Err(no("the key that it names did not sign it".to_owned()));
    }
    drop(by);
    Ok((checkpoint, note))
}

/// That the key is the installation's own, still good, and one that is trusted.
fn vouched(ring: &Ring, key: &VerifierKey, at: Millis, trust: &Trust) -> Result<(), Refusal> {
    let public = journal::Fixed(key.key);
    let no = |code, what: &str| Err(Refusal::new(code, statement::FILE, what));
    let Some(known) = ring.find(public).filter(|_| ring.origin() == Some(&key.name)) else {
        return no(&FOREIGN_KEY, "its entries tell of no such key");
    };
    if known.revoked.is_some_and(|(since, _)| since <= at) || trust.revoked.contains(&public) {
        return no(&REVOKED_KEY, "the key was revoked before it signed");
    }
    if known.replaced.is_some() {
        return no(&REVOKED_KEY, "another key had taken the place of this one");
    }
    let Some(trusted) = &trust.key else { return Ok(()) };
    // A key that is trusted vouches for the one that took its place.
    let mut at = Some(known);
    while let Some(key) = at {
        if key.key.0 == trusted.key {
            return Ok(());
        }
        at = key.by.and_then(|by| ring.find(by));
    }
    no(&WRONG_KEY, "neither the key that you trust nor one that it vouched for signed it")
}

/// That the list of cases is the one that the entries give, and the sample the one of its seed.
fn population(
    bytes: &[u8],
    walk: &log::Walk<'_>,
) -> Result<(Population, BTreeSet<ReleaseId>), Refusal> {
    let no = |what: &str| Refusal::new(&POPULATION, pack::POPULATION, what);
    let list: Population = serde_json::from_slice(bytes).map_err(|error| no(&error.to_string()))?;
    let chosen = walk.survey.choose(&list.wanted);
    let again = &chosen.population;
    if chosen.entries != walk.places {
        return Err(no("other entries are shown than those of the cases that are listed"));
    }
    if list.left_out != again.left_out || list.cases.len() != again.cases.len() {
        return Err(no("the entries tell of other cases"));
    }
    for (listed, seen) in list.cases.iter().zip(&again.cases) {
        let place = format!("case {}", seen.run);
        let same = (listed.run, listed.of, listed.opened) == (seen.run, seen.of, seen.opened);
        if !same {
            return Err(no("the entries tell of another case here").at(place));
        }
        if listed.shown != seen.shown {
            let what = "the seed gives another sample";
            return Err(Refusal::new(&SAMPLE, pack::POPULATION, what).at(place));
        }
        let counted = listed.shown || list.wanted.full;
        if counted && listed.entries != seen.entries {
            return Err(no("it has another number of entries").at(place));
        }
    }
    let whole = walk.tree.size() == walk.count;
    if list.wanted.full && !whole {
        return Err(no("it says that every entry is shown, and some are not"));
    }
    Ok((list, chosen.releases))
}

/// That every release of a case that is shown is there, and is what its id says.
fn releases(
    files: &BTreeMap<&str, Held<'_>>,
    wanted: &BTreeSet<ReleaseId>,
) -> Result<BTreeMap<ReleaseId, Vec<u8>>, Refusal> {
    let mut found = BTreeMap::new();
    for (name, file) in files.range("releases/".."releases0") {
        let id = Hash::of(file.bytes);
        if *name != format!("releases/{id}.json") {
            return Err(Refusal::new(&RELEASE, *name, "its SHA-256 is not its name"));
        }
        found.insert(ReleaseId(id.0), file.bytes.to_vec());
    }
    match wanted.iter().find(|id| !found.contains_key(id)) {
        Some(missing) => {
            let what = "cases ran on it, and it is not in the pack";
            Err(Refusal::new(&RELEASE, format!("releases/{missing}.json"), what))
        }
        None => Ok(found),
    }
}

/// That what was seen before is the beginning of this.
fn earlier_than_known(
    trust: &Trust,
    tree: &Tree,
    key: &VerifierKey,
    ring: &Ring,
) -> Result<(), Refusal> {
    let Some(known) = &trust.known else { return Ok(()) };
    let no = |code, what: &str| Err(Refusal::new(code, "the known checkpoint", what));
    let Ok(before) = Checkpoint::read(&known.text) else {
        return no(&HISTORY, "it is no checkpoint");
    };
    let keys = ring.keys().iter().map(|known| crate::keys::verifier(&key.name, known.key));
    let signed = keys
        .into_iter()
        .any(|key| known.by(&key).any(|line| key.signed(known.text.as_bytes(), &line.signature)));
    if before.origin != key.name || !signed {
        return no(&WRONG_KEY, "no key of this installation signed it");
    }
    match tree.root(before.size) {
        None => no(&REPLAYED, "it is over more entries than there are here"),
        Some(root) if root == before.root => Ok(()),
        Some(_) => no(&HISTORY, "these entries do not give it"),
    }
}

/// The witnesses that are trusted and signed it. One whose signature is wrong refuses all of it.
fn witnesses(note: &Note, trust: &Trust) -> Result<Vec<Witness>, Refusal> {
    let mut seen = Vec::new();
    for witness in &trust.witnesses {
        let no = |_| {
            Refusal::new(&WITNESS, pack::CHECKPOINT, "its signature is wrong")
                .at(format!("witness {}", witness.name))
        };
        if let Some(at) = note.seen_by(witness).map_err(no)? {
            if at > trust.now.0.saturating_add(CLOCKS_MS) / 1_000 {
                let what = format!("the witness {} saw it at a time yet to come", witness.name);
                return Err(Refusal::new(&FUTURE, pack::CHECKPOINT, what));
            }
            seen.push(Witness { name: witness.name.clone(), at });
        }
    }
    Ok(seen)
}

/// Answers from outside that hold the hash of the signed root.
fn anchors(files: &BTreeMap<&str, Held<'_>>, checkpoint: &Checkpoint, note: &Note) -> Vec<String> {
    let own = Note { text: note.text.clone(), lines: note.lines.iter().take(1).cloned().collect() };
    let digests = [
        Hash::of(own.to_string().as_bytes()),
        Hash::of(note.to_string().as_bytes()),
        Hash::of(note.text.as_bytes()),
        checkpoint.root,
    ];
    let holds = |bytes: &[u8]| {
        digests.iter().any(|digest| {
            let text = digest.to_string();
            bytes.windows(32).any(|window| window == digest.0)
                || bytes.windows(64).any(|window| window == text.as_bytes())
        })
    };
    let all = files.range("anchors/".."anchors0").filter(|(_, file)| holds(file.bytes));
    all.map(|(name, _)| (*name).to_owned()).collect()
}

/// That there are as many hashes as the root is over.
fn short(leaves: u64, size: u64) -> Refusal {
    let what = format!("the signed root is over {size} entries, and {leaves} are here");
    Refusal::new(&LOG_SHORT, pack::LEAVES, what)
}
