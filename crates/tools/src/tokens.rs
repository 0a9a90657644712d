//! The tokens that servers elsewhere gave us: one file per server, for its owner alone, written
//! whole or not at all. It must not give a token away for another address than the one it was
//! given for, nor forget one that may still stand in a text.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{DirBuilder, File};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

/// A token that ends within this time is taken for ended: a call takes time.
const SPARE_SECONDS: i64 = 30;

/// Who hears of secrets that were not there before.
type Told = Box<dyn Fn(&Tokens) + Send + Sync>;

/// The place of one server's tokens, and every secret that was ever seen there.
pub struct Tokens {
    file: PathBuf,
    seen: Mutex<BTreeSet<String>>,
    told: OnceLock<Told>,
}

/// What is kept for one server.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) grant: Option<Grant>,
    /// What the server said when it turned us away for want of a token or of rights. Empty where
    /// it said nothing.
    pub(crate) asked: Option<String>,
}

/// What a person or an agreement allowed. It has no `Debug`: most of it is secret.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Grant {
    /// The address it was given for.
    pub(crate) url: String,
    /// Who gave it.
    pub(crate) issuer: String,
    pub(crate) client: String,
    /// The secret that came with a registration of ours; one that is declared is not stored.
    pub(crate) client_secret: Option<String>,
    pub(crate) access: String,
    pub(crate) refresh: Option<String>,
    /// When the token ends, in seconds since 1970, where that was said.
    pub(crate) ends: Option<i64>,
    pub(crate) scopes: Vec<String>,
}

/// What may be shown of a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub issuer: String,
    pub scopes: Vec<String>,
    /// The server asked for a sign-in since.
    pub wanted: bool,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Grant {
    /// Whether its token may be shown to that address now.
    pub(crate) fn holds(&self, url: &str) -> bool {
        let now = jiff::Timestamp::now().as_second();
        self.url == url && self.ends.is_none_or(|ends| ends > now.saturating_add(SPARE_SECONDS))
    }

    fn secrets(&self) -> impl Iterator<Item = &String> {
        [Some(&self.access), self.refresh.as_ref(), self.client_secret.as_ref()]
            .into_iter()
            .flatten()
    }
}

/// The right to change what is kept. It holds between processes, so that two never use up the
/// same renewal.
pub(crate) struct Turn(File);

impl Drop for Turn {
    fn drop(&mut self) {
        // A child process between its fork and its start shares the file, so closing it here would
        // not yet free the lock.
        let _ = self.0.unlock();
    }
}

impl Tokens {
    /// The place of a server's tokens in a folder that need not exist yet.
    #[must_use]
    pub fn new(folder: &Path, server: &str) -> Self {
        // Any text may be the name of a server; not any text may be the name of a file.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let name: String = server
            .bytes()
            .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02x}") })
            .collect();
        Self {
            file: folder.join(format!("{name}.json")),
            seen: Mutex::default(),
            told: OnceLock::new(),
        }
    }

    /// Calls back whenever a secret turns up that was not there before, and before it is used. The
    /// first caller stays.
    pub fn tell(&self, told: impl Fn(&Self) + Send + Sync + 'static) {
        let _ = self.told.set(Box::new(told));
    }

    /// Every secret that this process saw here, those of today read now.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        // What cannot be read is not used either.
        drop(self.load());
        self.seen().iter().cloned().collect()
    }

    /// Whether somebody is signed in, or should be.
    pub fn standing(&self) -> Result<Option<Standing>, String> {
        let kept = self.load()?;
        let wanted = kept.asked.is_some();
        Ok(kept.grant.map(|grant| Standing { issuer: grant.issuer, scopes: grant.scopes, wanted }))
    }

    /// Whether the server turned us away and only a sign-in helps.
    #[must_use]
    pub fn wanted(&self) -> bool {
        self.load().is_ok_and(|kept| kept.asked.is_some())
    }

    /// Forgets the tokens. Whether there were any.
    pub fn forget(&self) -> Result<bool, String> {
        // What cannot be read is worth forgetting too.
        let any = self.load().map_or(true, |kept| kept.grant.is_some());
        match std::fs::remove_file(&self.file) {
            Ok(()) => Ok(any),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.failed("removed", &error)),
        }
    }

    pub(crate) fn load(&self) -> Result<Kept, String> {
        let bytes = match std::fs::read(&self.file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Kept::default()),
            Err(error) => return Err(self.failed("read", &error)),
        };
        // The error of a parser may show a piece of the text.
        let kept: Kept = serde_json::from_slice(&bytes)
            .map_err(|_| format!("`{}` is damaged: signing out forgets it", self.file.display()))?;
        self.see(&kept);
        Ok(kept)
    }

    /// Writes under another name first: a crash may not leave half a token behind.
    pub(crate) fn save(&self, kept: &Kept, _turn: &Turn) -> Result<(), String> {
        self.see(kept);
        let new = self.file.with_extension("new");
        let write = || -> std::io::Result<()> {
            // What a crash left there may have other rights.
            match std::fs::remove_file(&new) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
            let mut file = File::options().write(true).create_new(true).mode(0o600).open(&new)?;
            file.write_all(&serde_json::to_vec(kept)?)?;
            file.sync_all()?;
            std::fs::rename(&new, &self.file)?;
            self.file.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
        };
        write().map_err(|error| self.failed("written", &error))
    }

    /// Waits until nobody else changes what is kept here.
    pub(crate) async fn turn(&self) -> Result<Turn, String> {
        let (path, folder) = (self.file.with_extension("lock"), self.file.parent());
        let folder = folder.map(Path::to_path_buf);
        let locked = tokio::task::spawn_blocking(move || {
            if let Some(folder) = folder {
                DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            }
            let mut options = File::options();
            let file = options.write(true).create(true).truncate(false).mode(0o600).open(path)?;
            file.lock()?;
            Ok::<_, std::io::Error>(Turn(file))
        });
        let locked = locked.await.map_err(|error| error.to_string())?;
        locked.map_err(|error| self.failed("locked", &error))
    }

    fn see(&self, kept: &Kept) {
        let mut fresh = false;
        for secret in kept.grant.iter().flat_map(Grant::secrets) {
            fresh |= self.seen().insert(secret.clone());
        }
        if let (true, Some(told)) = (fresh, self.told.get()) {
            told(self);
        }
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, what: &str, error: &std::io::Error) -> String {
        format!("`{}` cannot be {what}: {error}", self.file.display())
    }
}

#[cfg(test)]
mod tests;
