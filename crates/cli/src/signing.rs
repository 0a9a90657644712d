//! The key that this installation signs with, and signing all entries as one: by a command, and by
//! whoever drives, every hour and at the end. The private half lies in the data folder beside the
//! key that contents rest under, with the same care; it must never be printed or stored elsewhere.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use evidence::History;
use journal::{Hash, Proof, PublicKey, Record};
use proof::{Checkpoint, Compact, Note, Ring, Signer};
use runtime::Runtime;
use store::SqliteReader;
use tokio::task::AbortHandle;

use crate::exit::Stop;
use crate::screen::Screen;
use crate::stored::Runs;

const FILE: &str = "evidence-key";
const NEW: &str = "evidence-key.new";
/// How often whoever drives signs what was added.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// The keys that the desk tells of.
pub fn ring(desk: &History) -> Result<Ring, Stop> {
    let mut ring = Ring::default();
    for frame in desk.frames() {
        for record in &frame.records {
            ring.read(record, frame.at).map_err(|error| {
                Stop::failed(format!("the keys of this installation are not in order: {error}"))
            })?;
        }
    }
    Ok(ring)
}

/// Makes the private half of a key, which is not used before [`settle`].
pub fn prepare(data: &Path) -> Result<[u8; 32], Stop> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| Stop::failed(format!("the system gives no randomness: {error}")))?;
    let path = data.join(NEW);
    let mut file =
        File::options().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(&seed)?;
    file.sync_all()?;
    Ok(seed)
}

/// Puts the key that was prepared in the place of the one before. Its entry is stored by then, so
/// that a crash in between loses nothing: whoever signs next finds it and does the same.
pub fn settle(data: &Path) -> Result<(), Stop> {
    std::fs::rename(data.join(NEW), data.join(FILE))?;
    File::open(data)?.sync_all()?;
    Ok(())
}

/// Whoever signs now; nothing where no key was made or the last one was revoked.
pub fn signer(data: &Path, ring: &Ring) -> Result<Option<Signer>, Stop> {
    let (Some(origin), Some(current)) = (ring.origin(), ring.current()) else { return Ok(None) };
    for name in [FILE, NEW] {
        if let Some(signer) = held(&data.join(name), origin, current.key)? {
            if name == NEW {
                settle(data)?;
            }
            return Ok(Some(signer));
        }
    }
    Err(Stop::failed("the key that signs is not in the data folder").help(
        "put it back from a backup, or `flightdeck evidence key revoke KEY --because lost` and \
         make a new one",
    ))
}

fn held(path: &Path, origin: &str, key: PublicKey) -> Result<Option<Signer>, Stop> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let seed = <[u8; 32]>::try_from(bytes.as_slice()).ok();
    let signer = seed.map(|seed| Signer::new(origin, &seed));
    Ok(signer.filter(|signer| signer.public() == key))
}

/// The tree over all entries, kept so that each is read once.
#[derive(Debug, Default)]
pub struct Tree {
    compact: Compact,
}

impl Tree {
    /// Takes in what was added since.
    pub fn grow(&mut self, reader: &SqliteReader) -> Result<(), Stop> {
        let compact = &mut self.compact;
        reader.log(compact.size(), u64::MAX, |_, bytes| {
            compact.push(Hash::leaf(bytes));
            Ok(())
        })
    }

    /// The root of it under the name of a log.
    pub fn checkpoint(&self, origin: &str) -> Checkpoint {
        let (size, root) = (self.compact.size(), self.compact.root());
        Checkpoint { origin: origin.to_owned(), size, root }
    }
}

/// The signed root over everything that is stored, and what is to be kept of it; nothing where
/// nobody signs here, or nothing was added since the last one.
pub fn signed(data: &Path, tree: &mut Tree) -> Result<Option<(Note, Proof)>, Stop> {
    let runs = Runs::at(data.to_owned())?;
    let desk = runs.desk_history()?;
    let ring = ring(&desk)?;
    let Some(signer) = signer(data, &ring)? else { return Ok(None) };
    // The entry of the last one is all that was added.
    let last = desk.frames().last().and_then(|frame| frame.records.last());
    if let Some(Record::Proof(Proof::Checkpoint { size, .. })) = last
        && runs.reader().log_size()? == size.saturating_add(1)
    {
        return Ok(None);
    }
    tree.grow(runs.reader())?;
    let checkpoint = tree.checkpoint(&signer.verifier().name);
    Ok(Some(signer.checkpoint(&checkpoint)))
}

/// What signs for whoever drives.
pub struct Signing {
    every: AbortHandle,
    runtime: Runtime,
    data: PathBuf,
    screen: Screen,
}

impl Signing {
    /// Signs every hour what was added, where a key was made.
    pub fn start(screen: &Screen, runtime: Runtime, data: PathBuf) -> Self {
        let (screen, own) = (*screen, (runtime.clone(), data.clone()));
        let every = tokio::spawn(async move {
            let mut tree = Tree::default();
            loop {
                tokio::time::sleep(EVERY).await;
                tree = once(&screen, &own.0, own.1.clone(), tree).await;
            }
        });
        Self { every: every.abort_handle(), runtime, data, screen }
    }

    /// Signs once more before this process leaves.
    pub async fn end(self) {
        self.every.abort();
        once(&self.screen, &self.runtime, self.data, Tree::default()).await;
    }
}

/// Signs once. What hinders it is said and holds nothing up.
async fn once(screen: &Screen, runtime: &Runtime, data: PathBuf, mut tree: Tree) -> Tree {
    let sign = move || {
        let signed = signed(&data, &mut tree);
        (tree, signed)
    };
    let (tree, signed) = match tokio::task::spawn_blocking(sign).await {
        Ok(done) => done,
        Err(error) => (Tree::default(), Err(Stop::failed(error))),
    };
    let kept = match signed {
        Ok(None) => return tree,
        Ok(Some((_, proof))) => runtime.proved(proof, None).await.map_err(Stop::failed),
        Err(stop) => Err(stop),
    };
    if let Err(stop) = kept {
        screen.note(format!("the entries were not signed: {:#}", stop.what));
    }
    tree
}
