//! Where the credentials of an installation stand, from the desk's entries: what was issued,
//! renewed, revoked, suspended and recorded. Who holds one is not in the entries. It must not
//! verify anything.

use std::collections::{BTreeMap, BTreeSet};

use journal::{Credential, CredentialName, CredentialTurn, Hash, Millis, Record, Revocation};
use plan::ids::PersonId;

use crate::History;
use crate::words::when;

/// One credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialLine {
    pub id: CredentialName,
    /// Who issued or recorded it, and when.
    pub by: PersonId,
    pub at: Millis,
    /// As the how-manieth it was issued; nothing where another issuer did.
    pub nth: Option<u32>,
    /// What its document hashes to now.
    pub document: Hash,
    /// From when to when it is valid, where it was issued here.
    pub valid: Option<(Millis, Millis)>,
    pub renewed: Option<Millis>,
    pub revoked: Option<(Millis, Revocation)>,
    pub suspended: bool,
    /// Nobody knows any more who holds it.
    pub forgotten: bool,
}

/// How a credential stands at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CredentialState {
    Valid,
    Expired,
    Suspended,
    Revoked,
    /// Another issuer's: what it is worth today, that issuer says.
    Recorded,
}

impl CredentialState {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Expired => "expired",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
            Self::Recorded => "recorded",
        }
    }
}

impl CredentialLine {
    #[must_use]
    pub fn state(&self, now: Millis) -> CredentialState {
        match self.valid {
            None => CredentialState::Recorded,
            Some(_) if self.revoked.is_some() => CredentialState::Revoked,
            Some(_) if self.suspended => CredentialState::Suspended,
            Some((_, until)) if until < now => CredentialState::Expired,
            Some(_) => CredentialState::Valid,
        }
    }
}

/// Every credential, by its id.
#[must_use]
pub fn credentials(desk: &History) -> BTreeMap<CredentialName, CredentialLine> {
    let mut all = BTreeMap::new();
    for frame in desk.frames() {
        for record in &frame.records {
            if let Record::Credential(credential) = record {
                take(&mut all, credential, frame.at);
            }
        }
    }
    all
}

fn take(
    all: &mut BTreeMap<CredentialName, CredentialLine>,
    Credential { id, who, turn }: &Credential,
    at: Millis,
) {
    let new = |nth, document: &Hash, valid| CredentialLine {
        id: id.clone(),
        by: who.clone(),
        at,
        nth,
        document: *document,
        valid,
        renewed: None,
        revoked: None,
        suspended: false,
        forgotten: false,
    };
    match turn {
        CredentialTurn::Issued { nth, document, from, until } => {
            all.entry(id.clone()).or_insert(new(Some(*nth), document, Some((*from, *until))));
        }
        CredentialTurn::Recorded { document } => {
            all.entry(id.clone()).or_insert(new(None, document, None));
        }
        CredentialTurn::Renewed { .. }
        | CredentialTurn::Revoked { .. }
        | CredentialTurn::Suspended
        | CredentialTurn::Restored
        | CredentialTurn::Forgotten => {
            if let Some(line) = all.get_mut(id) {
                turned(line, turn, at);
            }
        }
    }
}

fn turned(line: &mut CredentialLine, turn: &CredentialTurn, at: Millis) {
    match turn {
        CredentialTurn::Renewed { document, until } => {
            line.document = *document;
            line.renewed = Some(at);
            line.valid = line.valid.map(|(from, _)| (from, *until));
        }
        // It is so for good, and for the reason that was given first.
        CredentialTurn::Revoked { because } => {
            line.revoked = line.revoked.or(Some((at, *because)));
        }
        CredentialTurn::Suspended => line.suspended = true,
        CredentialTurn::Restored => line.suspended = false,
        CredentialTurn::Forgotten => line.forgotten = true,
        CredentialTurn::Issued { .. } | CredentialTurn::Recorded { .. } => {}
    }
}

/// The places, in issuing order, of those that are revoked, and of those that are suspended.
#[must_use]
pub fn barred(all: &BTreeMap<CredentialName, CredentialLine>) -> (BTreeSet<u32>, BTreeSet<u32>) {
    let places = |of: fn(&CredentialLine) -> bool| {
        all.values().filter(|line| of(line)).filter_map(|line| line.nth).collect()
    };
    (places(|line| line.revoked.is_some()), places(|line| line.suspended))
}

/// What happened to a credential, in a sentence.
#[must_use]
pub fn sentence(Credential { id, who, turn }: &Credential) -> String {
    match turn {
        CredentialTurn::Issued { until, .. } => {
            format!("{who} issued the credential {id}, until {}", when(*until, None))
        }
        CredentialTurn::Renewed { until, .. } => {
            format!("{who} renewed the credential {id}, until {}", when(*until, None))
        }
        CredentialTurn::Revoked { because } => {
            format!("{who} revoked the credential {id} ({})", because.as_str())
        }
        CredentialTurn::Suspended => format!("{who} suspended the credential {id}"),
        CredentialTurn::Restored => format!("{who} let the credential {id} count again"),
        CredentialTurn::Recorded { .. } => {
            format!("{who} recorded the credential {id} of another issuer")
        }
        CredentialTurn::Forgotten => {
            format!("{who} had it forgotten who holds the credential {id}")
        }
    }
}
