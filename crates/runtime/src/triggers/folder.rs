//! A folder whose new files begin cases. A file is ready when two looks found it the same; what it
//! holds is read once then. It must not change, move or remove anything.

use std::collections::HashMap;
use std::fs::{self, DirEntry, File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;

use journal::{Hash, Held};
use sha2::{Digest, Sha256};

/// How many files of a folder are looked at.
const FILES_MAX: usize = 100_000;
/// How many cases one look begins.
const AT_ONCE: usize = 100;
/// How names of files that somebody is just writing begin and end.
const TEMPORARY: (&[&str], &[&str]) = (&[".", "~"], &["~", ".part", ".tmp"]);

/// What was seen of a folder. It may be thrown away: what was begun stands in the journal.
#[derive(Default)]
pub(super) struct Folder {
    /// Below the workspace, written with `/`.
    path: String,
    seen: HashMap<String, Seen>,
}

/// How a file was found at the last look.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Seen {
    size: u64,
    modified: Option<SystemTime>,
    began: bool,
}

/// A file whose case is to be begun, and the hash of what is in it.
pub(super) struct Ready {
    pub name: String,
    pub content: Hash,
}

impl Folder {
    pub(super) fn new(path: String) -> Self {
        Self { path, seen: HashMap::new() }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// A file has its case.
    pub(super) fn began(&mut self, name: &str) {
        if let Some(seen) = self.seen.get_mut(name) {
            seen.began = true;
        }
    }

    /// Lists the folder. Gives the files that are ready, the oldest first, and what was in the way.
    pub(super) fn look(&mut self, root: &Path) -> (Vec<Ready>, Option<Held>) {
        let place = root.join(&self.path);
        let Ok(Listed { files, mut held }) = list(&place) else {
            return (Vec::new(), Some(Held::Unreadable));
        };
        let mut seen = HashMap::with_capacity(files.len());
        let mut settled = Vec::new();
        for (name, mut new) in files {
            if let Some(old) = self.seen.get(&name)
                && (old.size, old.modified) == (new.size, new.modified)
            {
                new.began = old.began;
                if !new.began {
                    settled.push((new.modified, name.clone()));
                }
            }
            seen.insert(name, new);
        }
        self.seen = seen;
        settled.sort();
        let mut ready = Vec::new();
        for (_, name) in settled.into_iter().take(AT_ONCE) {
            let Some(seen) = self.seen.get(&name) else { continue };
            match content(&place.join(&name), *seen) {
                Ok(Some(content)) => ready.push(Ready { name, content }),
                // It is just being changed: another look finds it otherwise.
                Ok(None) => {}
                Err(_) => held = held.or(Some(Held::Unreadable)),
            }
        }
        (ready, held)
    }
}

/// What a listing found.
struct Listed {
    files: Vec<(String, Seen)>,
    held: Option<Held>,
}

/// The files of a folder as they are now, and what is in the way of seeing all.
fn list(place: &Path) -> io::Result<Listed> {
    let (mut all, mut held) = (Vec::new(), None);
    for entry in fs::read_dir(place)? {
        match file(&entry?) {
            Ok(Some(_)) if all.len() == FILES_MAX => {
                held = Some(Held::Flooded);
                break;
            }
            Ok(Some(found)) => all.push(found),
            Ok(None) => {}
            Err(_) => held = Some(Held::Unreadable),
        }
    }
    Ok(Listed { files: all, held })
}

/// Whether any file lies in a folder, temporary ones left out.
pub(super) fn holds_any(place: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(place)? {
        if file(&entry?)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A file that is no temporary one. A link is none: it may lead out of the workspace.
fn file(entry: &DirEntry) -> io::Result<Option<(String, Seen)>> {
    let name = entry.file_name();
    let (begins, ends) = TEMPORARY;
    let shown = name.to_string_lossy();
    let temporary = begins.iter().any(|part| shown.starts_with(part))
        || ends.iter().any(|part| shown.ends_with(part));
    if temporary || !entry.file_type()?.is_file() {
        return Ok(None);
    }
    let name = name.into_string().map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    Ok(Some((name, seen(&entry.metadata()?))))
}

fn seen(metadata: &Metadata) -> Seen {
    Seen { size: metadata.len(), modified: metadata.modified().ok(), began: false }
}

/// The hash of what is in a file, unless it is not as it was seen, before it is read or after.
fn content(path: &Path, as_seen: Seen) -> io::Result<Option<Hash>> {
    let mut file = File::open(path)?;
    let is_same = |file: &File| Ok::<_, io::Error>(seen(&file.metadata()?) == as_seen);
    if !is_same(&file)? {
        return Ok(None);
    }
    let (mut hash, mut read) = (Sha256::new(), 0_u64);
    let mut part = vec![0; 64 * 1024];
    loop {
        let n = file.read(&mut part)?;
        let Some(new) = part.get(..n).filter(|new| !new.is_empty()) else { break };
        hash.update(new);
        read = read.saturating_add(u64::try_from(n).unwrap_or(u64::MAX));
        // What grows without end is not read without end.
        if read > as_seen.size {
            return Ok(None);
        }
    }
    let whole = read == as_seen.size && is_same(&file)?;
    Ok(whole.then(|| Hash(hash.finalize().into())))
}
