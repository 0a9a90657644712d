//! Passwords: what is asked of a new one, and the slow hash by which it is known. It must not keep
//! or show one.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use plan::ids::PersonId;

use crate::Refused;

/// The shortest password. Long is what makes one hard to guess.
const SHORTEST: usize = 12;
/// The longest: hashing a book would keep everybody else waiting.
const LONGEST: usize = 200;

/// The hash of a new password.
pub(crate) fn hash(who: &PersonId, password: &str) -> Result<String, Refused> {
    fit(who, password)?;
    made(password)
}

fn made(password: &str) -> Result<String, Refused> {
    let hash: Result<PasswordHash, _> = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| Refused::Fault(error.to_string()))
}

/// Whether it is one that can be taken.
fn fit(who: &PersonId, password: &str) -> Result<(), Refused> {
    if password.chars().count() < SHORTEST {
        return Err(Refused::Password("a password has at least 12 characters"));
    }
    if password.len() > LONGEST {
        return Err(Refused::Password("a password has at most 200 bytes"));
    }
    let mut letters: Vec<char> = password.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    let small = password.to_lowercase();
    let name = who.as_str().split('@').next().unwrap_or_default().to_lowercase();
    if letters.len() < 5 || (name.len() > 3 && small.contains(&name)) {
        return Err(Refused::Password("this one is too easy to guess"));
    }
    Ok(())
}

/// Whether a password is the one of a hash. Where there is no hash it takes as long.
pub(crate) fn is(password: &str, hash: Option<&str>) -> Result<bool, Refused> {
    if password.len() > LONGEST {
        return Ok(false);
    }
    let Some(hash) = hash else {
        made(password)?;
        return Ok(false);
    };
    let hash = PasswordHash::new(hash).map_err(|error| Refused::Fault(error.to_string()))?;
    Ok(Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}
