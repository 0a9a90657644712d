//! `evidence`: the keys that sign, signed roots, exports, packs. Whoever may do what is looked up
//! in `access`; each act is kept in the journal.

mod outside;
mod seal;

use std::io::Write;
use std::path::Path;

use evidence::words;
use journal::{BodyRef, Hash, Proof, PublicKey, Seq};
use plan::AccessRole;
use plan::ids::PersonId;
use proof::{Checkpoint, Note, Ring, Signer};
use serde_json::json;

use super::mcp;
use crate::args::{Evidence, Global, Key};
use crate::driver::{Driver, Drives};
use crate::exit::{Ended, Exit, Stop};
use crate::people::{self, FromFiles};
use crate::screen::{Look, Screen};
use crate::signing::{self, Tree};
use crate::stored::{Runs, now};
use crate::workspace::Workspace;

/// The page that checks packs in a browser.
const PAGE: &str = include_str!("../../../../docs/verify.html");

/// Where an answer lies is known when it is written.
const NOWHERE_YET: BodyRef = BodyRef { seq: Seq(0), n: 0 };

/// `evidence`.
pub fn evidence(screen: &Screen, global: &Global, command: Evidence) -> Ended {
    match command {
        Evidence::Page { file } => {
            written(&file, PAGE.as_bytes())?;
            screen.object("page", json!({ "file": file }))?;
            screen.line(format!("`{}` checks packs in a browser, offline", file.display()));
            Ok(Exit::Done)
        }
        Evidence::Key { command } => key(screen, global, &command),
        Evidence::Checkpoint { witness } => {
            let office = Office::open(global, &[AccessRole::Owner, AccessRole::Auditor])?;
            let mut tree = Tree::default();
            tree.grow(office.runs.reader())?;
            let signed = office.sign(&tree, witness.witness.as_deref())?;
            let (size, root) = (signed.checkpoint.size, signed.checkpoint.root);
            let note = signed.note.to_string();
            screen.object(
                "checkpoint",
                json!({ "entries": size, "root": root, "note": note,
                    "anchored": signed.anchor.is_some() }),
            )?;
            screen.line(note.trim_end());
            Ok(Exit::Done)
        }
        Evidence::Export { folder } => export(screen, global, &folder),
        Evidence::Seal(seal) => seal::seal(screen, global, &seal),
    }
}

/// A workspace whose evidence is handled, and by whom.
struct Office {
    workspace: Workspace,
    runs: Runs,
    who: PersonId,
    ring: Ring,
}

/// A signed root.
struct Signed {
    checkpoint: Checkpoint,
    note: Note,
    /// What somebody outside answered that is no witness's signature.
    anchor: Option<Vec<u8>>,
}

impl Office {
    /// Opens it for a person who has one of these roles.
    fn open(global: &Global, roles: &[AccessRole]) -> Result<Self, Stop> {
        let workspace = Workspace::open(global)?;
        let who = people::known(global, &workspace)?;
        let has = FromFiles::new(&workspace).roles().remove(&who).unwrap_or_default();
        if !roles.iter().any(|role| has.contains(role)) {
            let named: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
            let what = format!("`{who}` is not one of: {}", named.join(", "));
            return Err(Stop { exit: Exit::NotPermitted, ..Stop::usage(what) }
                .help("`flightdeck access` says who is what"));
        }
        if Runs::open(global)?.is_none() {
            // A key may be made before anything ran.
            mcp::within(async {
                Driver::start(&workspace, Drives::Told).await?.close().await;
                Ok::<_, Stop>(())
            })??;
        }
        let runs = Runs::existing(global)?;
        let ring = signing::ring(&runs.desk_history()?)?;
        Ok(Self { workspace, runs, who, ring })
    }

    fn signer(&self) -> Result<Signer, Stop> {
        signing::signer(&self.workspace.data, &self.ring)?.ok_or_else(|| {
            Stop::usage("no key signs here").help("`flightdeck evidence key new` makes one")
        })
    }

    /// Signs a tree, keeps that it was signed, and hands it to a witness where there is one.
    fn sign(&self, tree: &Tree, witness: Option<&str>) -> Result<Signed, Stop> {
        let signer = self.signer()?;
        let checkpoint = tree.checkpoint(&signer.verifier().name);
        let (mut note, kept) = signer.checkpoint(&checkpoint);
        self.keep(kept, None)?;
        let Some(program) = witness else { return Ok(Signed { checkpoint, note, anchor: None }) };
        let answer = outside::answer(&self.workspace.root, program, note.to_string().as_bytes())?;
        let (size, root) = (checkpoint.size, checkpoint.root);
        let anchored = Proof::Anchored { size, root, answer: NOWHERE_YET };
        let text = String::from_utf8(answer.clone());
        let text = text.unwrap_or_else(|_| outside::in_letters(&answer));
        self.keep(anchored, Some(text))?;
        let anchor = match outside::cosigned(&note, &answer) {
            Some(with) => {
                note = with;
                None
            }
            None => Some(answer),
        };
        Ok(Signed { checkpoint, note, anchor })
    }

    /// Keeps what was done.
    fn keep(&self, proof: Proof, answer: Option<String>) -> Result<(), Stop> {
        mcp::within(async {
            let driver = Driver::start(&self.workspace, Drives::Told).await?;
            let kept = driver.proved(proof, answer).await;
            driver.close().await;
            kept
        })?
    }
}

/// `evidence key`.
fn key(screen: &Screen, global: &Global, command: &Key) -> Ended {
    match command {
        Key::List => list(screen, global),
        Key::New { name } => {
            let office = Office::open(global, &[AccessRole::Owner])?;
            if office.ring.current().is_some() {
                return Err(Stop::usage("a key signs here already")
                    .help("`flightdeck evidence key rotate` puts another in its place"));
            }
            let seed = signing::prepare(&office.workspace.data)?;
            let key = Signer::new("", &seed).public();
            let origin = origin(&office, name.as_deref(), key)?;
            let by = Some(office.who.clone());
            office.keep(Proof::KeyMade { key, origin: origin.clone(), by }, None)?;
            signing::settle(&office.workspace.data)?;
            say(screen, &Signer::new(&origin, &seed), "made")
        }
        Key::Rotate => {
            let office = Office::open(global, &[AccessRole::Owner])?;
            let old = office.signer()?;
            let origin = old.verifier().name;
            let seed = signing::prepare(&office.workspace.data)?;
            let new = Signer::new(&origin, &seed);
            let (key, was) = (new.public(), old.public());
            let signature = old.sign(proof::rotation(&origin, key).as_bytes());
            let by = Some(office.who.clone());
            office.keep(Proof::KeyRotated { key, was, signature, by }, None)?;
            signing::settle(&office.workspace.data)?;
            say(screen, &new, "rotated")
        }
        Key::Revoke { key, because, since } => {
            let office = Office::open(global, &[AccessRole::Owner])?;
            let named: Vec<PublicKey> = office.ring.keys().iter().map(|known| known.key).collect();
            let mut found = named.into_iter().filter(|known| known.to_string().starts_with(key));
            let (Some(key), None) = (found.next(), found.next()) else {
                return Err(Stop::usage(format!("no single key begins with `{key}`"))
                    .help("`flightdeck evidence key list` lists them"));
            };
            let (because, since) = (*because, since.unwrap_or_else(now));
            let by = Some(office.who.clone());
            office.keep(Proof::KeyRevoked { key, because, since, by }, None)?;
            screen.object(
                "key_revoked",
                json!({ "key": key, "because": because, "since": words::stamp(since) }),
            )?;
            let what = format!("nothing that the key {key} signs from now on is to be believed");
            screen.line(screen.word(Look::Good, &what));
            screen.line("tell everybody who has it; `flightdeck evidence key new` makes another");
            Ok(Exit::Done)
        }
    }
}

/// The name of a new log: the one before, the one that was typed, or one after the workspace.
fn origin(office: &Office, name: Option<&str>, key: PublicKey) -> Result<String, Stop> {
    if let Some(origin) = office.ring.origin() {
        return match name.filter(|name| *name != origin) {
            Some(_) => Err(Stop::usage(format!("this log is called `{origin}` for good"))),
            None => Ok(origin.to_owned()),
        };
    }
    let short: String = key.to_string().chars().take(8).collect();
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let of: String = office.workspace.name().chars().map(plain).collect();
    let origin = name.map_or_else(|| format!("{of}/{short}"), str::to_owned);
    if proof::note::is_name(&origin) {
        return Ok(origin);
    }
    Err(Stop::usage("a name has no spaces and no `+`").help("write it as `acme.example/log`"))
}

fn say(screen: &Screen, signer: &Signer, did: &str) -> Ended {
    let (key, verifier) = (signer.public(), signer.verifier().to_string());
    screen.object("key", json!({ "did": did, "key": key, "verifier": verifier }))?;
    screen.line("whoever checks evidence of this installation needs this, by a way they trust:");
    screen.line(format!("  {verifier}"));
    screen.line("the private half lies in the data folder as `evidence-key`; back it up with it");
    Ok(Exit::Done)
}

fn list(screen: &Screen, global: &Global) -> Ended {
    let runs = Runs::existing(global)?;
    let ring = signing::ring(&runs.desk_history()?)?;
    let origin = ring.origin().unwrap_or_default();
    let each = |known: &proof::keys::Key| {
        json!({ "key": known.key, "verifier": verifier(origin, known.key),
            "from": words::stamp(known.from), "replaced": known.replaced.map(words::stamp),
            "revoked": known.revoked.map(|(at, _)| words::stamp(at)),
            "because": known.revoked.map(|(_, because)| because) })
    };
    let all: Vec<_> = ring.keys().iter().map(each).collect();
    screen.object("keys", json!({ "origin": ring.origin(), "keys": all }))?;
    for known in ring.keys() {
        let state = match (known.revoked, known.replaced) {
            (Some((at, because)), _) => {
                format!("revoked from {} on: {}", words::when(at, None), because.as_str())
            }
            (None, Some(at)) => format!("replaced at {}", words::when(at, None)),
            (None, None) => "signs".to_owned(),
        };
        screen.line(format!("{}  {state}", verifier(origin, known.key)));
    }
    if ring.keys().is_empty() {
        screen.line("there is no key; `flightdeck evidence key new` makes one");
    }
    Ok(Exit::Done)
}

fn verifier(origin: &str, key: PublicKey) -> String {
    proof::keys::verifier(origin, key).to_string()
}

/// `evidence export`.
fn export(screen: &Screen, global: &Global, folder: &Path) -> Ended {
    let office = Office::open(global, &[AccessRole::Owner, AccessRole::Auditor])?;
    std::fs::create_dir(folder).map_err(|error| {
        Stop::usage(format!("`{}` cannot be made: {error}", folder.display()))
            .help("name a folder that does not exist yet")
    })?;
    std::fs::create_dir(folder.join("log"))?;
    let mut tree = Tree::default();
    tree.grow(office.runs.reader())?;
    let signed = office.sign(&tree, None)?;
    let file = std::fs::File::create_new(folder.join("log/entries"))?;
    let mut file = std::io::BufWriter::new(file);
    office.runs.reader().log(0, signed.checkpoint.size, |index, bytes| {
        write!(file, "{index} ")?;
        file.write_all(bytes)?;
        file.write_all(b"\n").map_err(Stop::from)
    })?;
    file.into_inner().map_err(Stop::failed)?.sync_all()?;
    written(&folder.join("checkpoint"), signed.note.to_string().as_bytes())?;
    let (entries, root) = (signed.checkpoint.size, signed.checkpoint.root);
    screen.object("exported", json!({ "folder": folder, "entries": entries, "root": root }))?;
    screen.line(format!("{entries} entries in `{}`", folder.display()));
    screen.line(format!("`flightdeck verify {}` checks them anywhere", folder.display()));
    Ok(Exit::Done)
}

/// Writes a file whole or not at all; one that is there is never written over.
fn written(path: &Path, bytes: &[u8]) -> Result<(), Stop> {
    let there = |error: &std::io::Error| {
        Stop::usage(format!("`{}` cannot be written: {error}", path.display()))
            .help("name a file that does not exist yet, in a folder that does")
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| there(&error))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| there(&error.error))?;
    Ok(())
}

/// A hash in the form that other programs print.
fn sha256(bytes: &[u8]) -> Hash {
    Hash::of(bytes)
}
