//! What was done so that others can check the journal, in sentences.

use journal::{Proof, PublicKey, Revoked};
use plan::ids::PersonId;

use super::{number, when};

/// One thing that was done so that others can check the journal.
#[must_use]
pub fn proof(proof: &Proof) -> String {
    match proof {
        Proof::KeyMade { key, origin, by } => {
            format!("the key {} was made for `{origin}`{}", short(key), by_whom(by.as_ref()))
        }
        Proof::KeyRotated { key, was, by, .. } => {
            let by = by_whom(by.as_ref());
            format!("the key {} took the place of {}{by}", short(key), short(was))
        }
        Proof::KeyRevoked { key, because, since, by } => {
            let because = match because {
                Revoked::Leaked => "somebody else may have it",
                Revoked::Lost => "it is lost",
                Revoked::Retired => "it is not used any more",
            };
            let (since, by) = (when(*since, None), by_whom(by.as_ref()));
            format!("the key {} was revoked{by} from {since} on: {because}", short(key))
        }
        Proof::Checkpoint { size, .. } => {
            format!("the first {} entries were signed as one", number(*size))
        }
        Proof::Anchored { size, .. } => {
            format!("somebody outside vouched for the first {} entries", number(*size))
        }
        Proof::Sealed { size, pack, from, until, by, .. } => {
            let pack: String = pack.to_string().chars().take(12).collect();
            let (from, until) = (when(*from, None), when(*until, None));
            format!(
                "evidence from {from} to {until} was sealed{} over {} entries: {pack}",
                by_whom(by.as_ref()),
                number(*size)
            )
        }
    }
}

fn short(key: &PublicKey) -> String {
    key.to_string().chars().take(12).collect()
}

fn by_whom(by: Option<&PersonId>) -> String {
    by.map_or(String::new(), |by| format!(" by {by}"))
}
