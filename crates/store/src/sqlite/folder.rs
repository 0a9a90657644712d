//! The data folder: its lock, its key file, the names in it. It must not open the journal.

use std::fs::{DirBuilder, File};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use journal::StoreError;
use rustix::fs::{FlockOperation, flock};

use super::crypt::{InstallationKey, random};

pub(super) const JOURNAL: &str = "journal.db";
const LOCK: &str = "lock";
const KEY: &str = "key";

/// The right to write in a data folder. It ends with the process at the latest.
pub(super) struct Lock {
    file: File,
}

/// Who holds a data folder for writing: its process id, if anyone does.
#[must_use]
pub fn holder(folder: &Path) -> Option<u32> {
    let mut file = File::open(folder.join(LOCK)).ok()?;
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        // The lock was free; it goes back with the file.
        Ok(()) => None,
        Err(_) => pid(&mut file),
    }
}

fn pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A child process between its fork and its start shares the file, so closing it here would
        // not yet free the lock.
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

/// A killed writer's last child, or someone who asks for the holder, may have the lock for a
/// moment, so one refusal is not yet an answer.
#[allow(
    clippy::disallowed_methods,
    reason = "a folder is opened before there are runs that a sleep could hold up"
)]
fn taken(file: &File) -> bool {
    (0..20).any(|attempt| {
        if attempt > 0 {
            std::thread::sleep(Duration::from_millis(10));
        }
        flock(file, FlockOperation::NonBlockingLockExclusive).is_ok()
    })
}

/// Takes the lock of a data folder, creating the folder where there is none.
pub(super) fn lock(folder: &Path) -> Result<Lock, StoreError> {
    let named = |what: &str, e: &dyn std::fmt::Display| {
        StoreError::Fault(format!("{what} `{}`: {e}", folder.display()))
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|e| named("cannot create the folder", &e))?;
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(folder.join(LOCK))
        .map_err(|e| named("cannot open the lock of", &e))?;
    if !taken(&file) {
        let who =
            pid(&mut file).map_or_else(|| "another process".into(), |p| format!("process {p}"));
        let text = format!("`{}` is in use by {who}", folder.display());
        return Err(StoreError::Fault(text));
    }
    // The number is only told to people, so a full disk may not keep the journal closed.
    let _ = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()));
    Ok(Lock { file })
}

/// Reads the installation key. It is made only where no journal exists yet: a new key beside an
/// old journal would make every body in it unreadable for good.
pub(super) fn installation_key(
    folder: &Path,
    journal: bool,
) -> Result<InstallationKey, StoreError> {
    let path = folder.join(KEY);
    match std::fs::read(&path) {
        Ok(bytes) => match <[u8; 32]>::try_from(bytes.as_slice()) {
            Ok(key) => Ok(InstallationKey::new(key)),
            Err(_) => Err(StoreError::Damaged(format!(
                "the key file `{}` does not hold 32 bytes",
                path.display()
            ))),
        },
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && !journal => make_key(folder),
        Err(e) => {
            Err(StoreError::Fault(format!("cannot read the key file `{}`: {e}", path.display())))
        }
    }
}

fn make_key(folder: &Path) -> Result<InstallationKey, StoreError> {
    let mut key = [0; 32];
    random(&mut key)?;
    // Under another name first: a crash may not leave half a key behind.
    let new = folder.join("key.new");
    let write = || -> std::io::Result<()> {
        let mut file =
            File::options().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(&key)?;
        file.sync_all()?;
        std::fs::rename(&new, folder.join(KEY))?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|e| {
        StoreError::Fault(format!("cannot write the key file in `{}`: {e}", folder.display()))
    })?;
    Ok(InstallationKey::new(key))
}
