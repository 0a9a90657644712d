//! Who has access: passwords by their slow hash; sessions, links and tokens by their digest. One
//! file beside the journal, which only its owner may read. Time is given to it. It must not decide
//! what somebody may do, and whoever asks it has to look up whether the person still works here.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use journal::Millis;
use plan::ids::PersonId;
use rusqlite::{Connection, OptionalExtension, params};

use crate::right::{Right, Rights};
use crate::told::{Session, TokenLine, Told, Way};
use crate::word::{Word, digest, name};
use crate::{Refused, password};

/// How long a session lasts at most, and how long without a request.
const SESSION_MS: u64 = 12 * 60 * 60 * 1_000;
const IDLE_MS: u64 = 60 * 60 * 1_000;
/// How long a link can be used.
const LINK_MS: u64 = 24 * 60 * 60 * 1_000;
/// How exactly it is kept when a session or a token was last used.
const SEEN_MS: u64 = 60_000;
/// Wrong passwords that cost nothing, and the longest wait after more.
const FREE_TRIES: u64 = 5;
const WAIT_MAX_MS: u64 = 15 * 60 * 1_000;
/// Names of whom it was tried; more are not told apart from each other.
const NAMES_MAX: i64 = 10_000;

const TABLES: &str = "
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA busy_timeout = 5000;
CREATE TABLE IF NOT EXISTS passwords (
    who TEXT PRIMARY KEY, hash TEXT NOT NULL, since INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS links (
    digest BLOB PRIMARY KEY, who TEXT NOT NULL, until INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS tries (
    who TEXT PRIMARY KEY, failed INTEGER NOT NULL, until INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sessions (
    digest BLOB PRIMARY KEY, who TEXT NOT NULL, way TEXT NOT NULL,
    began INTEGER NOT NULL, seen INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS tokens (
    digest BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE, who TEXT NOT NULL, workspace TEXT NOT NULL,
    label TEXT NOT NULL, rights TEXT NOT NULL, made INTEGER NOT NULL, until INTEGER NOT NULL,
    used INTEGER, ended INTEGER
) STRICT;
";

/// The file.
pub struct Book {
    file: Mutex<Connection>,
}

impl Book {
    /// Opens it, and makes it where there is none.
    pub fn open(path: &Path) -> Result<Self, Refused> {
        let fault = |error: std::io::Error| Refused::Fault(error.to_string());
        let owner_only = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        let options = {
            let mut options = std::fs::OpenOptions::new();
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.create(true).append(true).to_owned()
        };
        // It is closed to others before anything stands in it.
        options.open(path).map_err(fault)?;
        std::fs::set_permissions(path, owner_only).map_err(fault)?;
        let file = Connection::open(path)?;
        file.execute_batch(TABLES)?;
        Ok(Self { file: Mutex::new(file) })
    }

    fn file(&self) -> MutexGuard<'_, Connection> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody ever set a password or signed in, or has a link to do so.
    pub fn is_new(&self, now: Millis) -> Result<bool, Refused> {
        let sql = "SELECT EXISTS (SELECT 1 FROM passwords) OR EXISTS (SELECT 1 FROM sessions) \
                   OR EXISTS (SELECT 1 FROM links WHERE until > ?1)";
        Ok(!self.file().query_row(sql, [at(now)], |row| row.get::<_, bool>(0))?)
    }

    /// A link by which somebody sets a password and signs in, once. An older one is over.
    pub fn link(&self, who: &PersonId, now: Millis) -> Result<Word, Refused> {
        let word = Word::fresh("fdl_")?;
        let mut file = self.file();
        let all = file.transaction()?;
        all.execute(
            "DELETE FROM links WHERE who = ?1 OR until <= ?2",
            params![who.as_str(), at(now)],
        )?;
        let until = at(Millis(now.0.saturating_add(LINK_MS)));
        let row = params![digest(word.shown()), who.as_str(), until];
        all.execute("INSERT INTO links (digest, who, until) VALUES (?1, ?2, ?3)", row)?;
        all.commit()?;
        Ok(word)
    }

    /// Whose link this is, while it can be used.
    pub fn whose(&self, link: &str, now: Millis) -> Result<PersonId, Refused> {
        let sql = "SELECT who FROM links WHERE digest = ?1 AND until > ?2";
        let row = params![digest(link), at(now)];
        let who = self.file().query_row(sql, row, |row| row.get::<_, String>(0)).optional()?;
        who.and_then(|who| PersonId::new(&who).ok()).ok_or(Refused::Link)
    }

    /// Uses a link up and sets the password of its person, who is signed out everywhere.
    pub fn set_password(&self, link: &str, new: &str, now: Millis) -> Result<PersonId, Refused> {
        let who = self.whose(link, now)?;
        let hash = password::hash(&who, new)?;
        let mut file = self.file();
        let all = file.transaction()?;
        // Whoever was faster with the same link has used it up.
        let used = all.execute("DELETE FROM links WHERE digest = ?1", [digest(link)])?;
        if used != 1 {
            return Err(Refused::Link);
        }
        all.execute(
            "INSERT INTO passwords (who, hash, since) VALUES (?1, ?2, ?3) \
             ON CONFLICT (who) DO UPDATE SET hash = excluded.hash, since = excluded.since",
            params![who.as_str(), hash, at(now)],
        )?;
        all.execute("DELETE FROM tries WHERE who = ?1", [who.as_str()])?;
        all.execute("DELETE FROM sessions WHERE who = ?1", [who.as_str()])?;
        all.commit()?;
        Ok(who)
    }

    /// Whether a password is somebody's. What is tried too often has to wait, also where nobody of
    /// that name is known. Gives whether this very try began a wait.
    pub fn check(&self, who: &PersonId, tried: &str, now: Millis) -> Result<(), Refused> {
        let name = who.as_str();
        let hash: Option<String> = {
            let file = self.file();
            let sql = "SELECT until FROM tries WHERE who = ?1";
            let until: Option<i64> = file.query_row(sql, [name], |row| row.get(0)).optional()?;
            let waits = back(until.unwrap_or(0)).0.saturating_sub(now.0);
            if waits > 0 {
                return Err(Refused::Wait(waits.div_ceil(1_000)));
            }
            let sql = "SELECT hash FROM passwords WHERE who = ?1";
            file.query_row(sql, [name], |row| row.get(0)).optional()?
        };
        // Nothing is locked while the slow part runs.
        if password::is(tried, hash.as_deref())? {
            self.file().execute("DELETE FROM tries WHERE who = ?1", [name])?;
            return Ok(());
        }
        self.failed(name, now)?;
        Err(Refused::Wrong)
    }

    fn failed(&self, name: &str, now: Millis) -> Result<(), Refused> {
        let mut file = self.file();
        let all = file.transaction()?;
        let count: i64 = all.query_row("SELECT count(*) FROM tries", [], |row| row.get(0))?;
        if count >= NAMES_MAX {
            all.execute("DELETE FROM tries WHERE until <= ?1", [at(now)])?;
        }
        let sql = "SELECT failed FROM tries WHERE who = ?1";
        let failed: Option<i64> = all.query_row(sql, [name], |row| row.get(0)).optional()?;
        let failed = u64::try_from(failed.unwrap_or(0)).unwrap_or(0) + 1;
        let until = Millis(now.0.saturating_add(wait(failed)));
        all.execute(
            "INSERT INTO tries (who, failed, until) VALUES (?1, ?2, ?3) \
             ON CONFLICT (who) DO UPDATE SET failed = excluded.failed, until = excluded.until",
            params![name, i64::try_from(failed).unwrap_or(i64::MAX), at(until)],
        )?;
        all.commit()?;
        Ok(())
    }

    /// How long somebody has to wait before a password is looked at, in milliseconds.
    pub fn waits(&self, who: &PersonId, now: Millis) -> Result<u64, Refused> {
        let sql = "SELECT until FROM tries WHERE who = ?1";
        let until: Option<i64> =
            self.file().query_row(sql, [who.as_str()], |row| row.get(0)).optional()?;
        Ok(back(until.unwrap_or(0)).0.saturating_sub(now.0))
    }

    /// A session begins. It is a new one each time: nobody can be given one beforehand.
    pub fn begin(&self, who: &PersonId, way: Way, now: Millis) -> Result<Word, Refused> {
        let word = Word::fresh("fds_")?;
        let mut file = self.file();
        let all = file.transaction()?;
        let over = "DELETE FROM sessions WHERE began <= ?1 OR seen <= ?2";
        all.execute(over, params![before(now, SESSION_MS), before(now, IDLE_MS)])?;
        all.execute(
            "INSERT INTO sessions (digest, who, way, began, seen) VALUES (?1, ?2, ?3, ?4, ?4)",
            params![digest(word.shown()), who.as_str(), way.as_str(), at(now)],
        )?;
        all.commit()?;
        Ok(word)
    }

    /// Whose session this is.
    pub fn session(&self, word: &str, now: Millis) -> Result<Option<Session>, Refused> {
        let file = self.file();
        let sql = "SELECT who, way, began, seen FROM sessions \
                   WHERE digest = ?1 AND began > ?2 AND seen > ?3";
        let key = digest(word);
        let row = params![key, before(now, SESSION_MS), before(now, IDLE_MS)];
        let found: Option<(String, String, i64, i64)> = file
            .query_row(sql, row, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .optional()?;
        let Some((who, way, began, seen)) = found else { return Ok(None) };
        if now.0.saturating_sub(back(seen).0) > SEEN_MS {
            let sql = "UPDATE sessions SET seen = ?2 WHERE digest = ?1";
            file.execute(sql, params![key, at(now)])?;
        }
        let until = Millis(back(began).0.saturating_add(SESSION_MS));
        let who = PersonId::new(&who).ok();
        Ok(who.map(|who| Session { who, way: Way::named(&way), until }))
    }

    /// A session is over.
    pub fn end(&self, word: &str) -> Result<(), Refused> {
        self.file().execute("DELETE FROM sessions WHERE digest = ?1", [digest(word)])?;
        Ok(())
    }

    /// Somebody is signed out everywhere, has no password and no link, and no token of theirs
    /// works. Gives how many sessions and tokens that were.
    pub fn shut_out(&self, who: &PersonId, now: Millis) -> Result<usize, Refused> {
        let mut file = self.file();
        let all = file.transaction()?;
        let name = who.as_str();
        let sessions = all.execute("DELETE FROM sessions WHERE who = ?1", [name])?;
        all.execute("DELETE FROM links WHERE who = ?1", [name])?;
        all.execute("DELETE FROM passwords WHERE who = ?1", [name])?;
        let sql = "UPDATE tokens SET ended = ?2 WHERE who = ?1 AND ended IS NULL";
        let tokens = all.execute(sql, params![name, at(now)])?;
        all.commit()?;
        Ok(sessions + tokens)
    }

    /// A token for a program that speaks for somebody, and the name by which it is listed.
    pub fn token(
        &self,
        who: &PersonId,
        workspace: &str,
        (label, rights): (&str, &Rights),
        (now, until): (Millis, Millis),
    ) -> Result<(String, Word), Refused> {
        let word = Word::fresh("fdt_")?;
        let key = digest(word.shown());
        let id = name(&key);
        let rights: Vec<&str> = rights.iter().map(|right| right.as_str()).collect();
        self.file().execute(
            "INSERT INTO tokens (digest, id, who, workspace, label, rights, made, until) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![key, id, who.as_str(), workspace, label, rights.join(" "), at(now), at(until)],
        )?;
        Ok((id, word))
    }

    /// What a token lets whom do.
    pub fn told(&self, word: &str, now: Millis) -> Result<Option<Told>, Refused> {
        let file = self.file();
        let sql = "SELECT id, who, workspace, rights, used FROM tokens \
                   WHERE digest = ?1 AND until > ?2 AND ended IS NULL";
        let key = digest(word);
        let found: Option<(String, String, String, String, Option<i64>)> = file
            .prepare_cached(sql)?
            .query_row(params![key, at(now)], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
            })
            .optional()?;
        let Some((id, who, workspace, rights, used)) = found else { return Ok(None) };
        if now.0.saturating_sub(back(used.unwrap_or(0)).0) > SEEN_MS {
            let sql = "UPDATE tokens SET used = ?2 WHERE digest = ?1";
            file.execute(sql, params![key, at(now)])?;
        }
        let rights = read(&rights);
        Ok(PersonId::new(&who).ok().map(|who| Told { id, who, workspace, rights }))
    }

    /// The tokens of a workspace, the newest first.
    pub fn tokens(&self, workspace: &str) -> Result<Vec<TokenLine>, Refused> {
        let file = self.file();
        let mut sql = file.prepare(
            "SELECT id, who, label, rights, made, until, used, ended FROM tokens \
             WHERE workspace = ?1 ORDER BY made DESC, id",
        )?;
        let rows = sql.query_map([workspace], |row| {
            let who: String = row.get(1)?;
            let rights: String = row.get(3)?;
            let line = |who| -> rusqlite::Result<TokenLine> {
                Ok(TokenLine {
                    id: row.get(0)?,
                    who,
                    label: row.get(2)?,
                    rights: read(&rights),
                    made: back(row.get(4)?),
                    until: back(row.get(5)?),
                    used: row.get::<_, Option<i64>>(6)?.map(back),
                    ended: row.get::<_, Option<i64>>(7)?.map(back),
                })
            };
            PersonId::new(&who).ok().map(line).transpose()
        })?;
        let all: Result<Vec<Option<TokenLine>>, _> = rows.collect();
        Ok(all?.into_iter().flatten().collect())
    }

    /// A token works no more. Gives whether it did.
    pub fn end_token(&self, workspace: &str, id: &str, now: Millis) -> Result<bool, Refused> {
        let sql = "UPDATE tokens SET ended = ?3 WHERE workspace = ?1 AND id = ?2 AND ended IS NULL";
        Ok(self.file().execute(sql, params![workspace, id, at(now)])? == 1)
    }
}

/// How long after so many failures, in milliseconds.
fn wait(failed: u64) -> u64 {
    let beyond = failed.saturating_sub(FREE_TRIES);
    if beyond == 0 {
        return 0;
    }
    let doubled = 1_u64.checked_shl(u32::try_from(beyond - 1).unwrap_or(u32::MAX));
    doubled
        .and_then(|times| times.checked_mul(15_000))
        .map_or(WAIT_MAX_MS, |ms| ms.min(WAIT_MAX_MS))
}

/// Rights as they are kept. What no longer is a right is none.
fn read(rights: &str) -> Rights {
    rights.split_whitespace().filter_map(Right::named).collect()
}

fn at(at: Millis) -> i64 {
    i64::try_from(at.0).unwrap_or(i64::MAX)
}

fn before(now: Millis, ms: u64) -> i64 {
    at(Millis(now.0.saturating_sub(ms)))
}

fn back(at: i64) -> Millis {
    Millis(u64::try_from(at).unwrap_or(0))
}

#[cfg(test)]
mod tests;
