//! The ids of credentials: what was examined, the year, and four places drawn at random. Names and
//! codes of other issuers are never ours.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The letters and digits that nobody mistakes for each other (Crockford's base 32).
const PLACES: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Codes under which the Production AI Institute issues. They are recorded here, and linked.
const FOREIGN: &[&str] = &[
    "AIDA", "AIMA", "CAE", "CAI", "CAIA", "CAIAUD", "CAIG", "CAIS", "CALLS", "CAOP", "CLLO",
    "CPAA", "CPAP", "CVAE", "DSA", "PAI", "PSF", "TM",
];

/// A code or a name that another issuer uses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Foreign {
    #[error("a credential's code is 2 to 12 letters and digits, and begins with a letter")]
    Code,
    #[error("`{0}` is another issuer's code: it can be recorded here, and is never issued")]
    Taken(String),
    #[error("`{0}` is another issuer's name: nothing is issued in it")]
    Name(String),
}

/// Whether a code is another issuer's.
#[must_use]
pub fn is_foreign(code: &str) -> bool {
    FOREIGN.contains(&code.to_ascii_uppercase().as_str())
}

/// Whether a name reads as that of the Production AI Institute.
#[must_use]
pub fn is_foreign_name(name: &str) -> bool {
    let folded: String =
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    folded.contains("productionaiinstitute") || folded == "pai"
}

/// The id of a credential: `OPERATOR-2026-7K3M`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CredentialId(String);

impl CredentialId {
    /// A new id, its last places from random bytes.
    pub fn new(code: &str, year: i16, random: [u8; 4]) -> Result<Self, Foreign> {
        let code = code.to_ascii_uppercase();
        if !is_code(&code) {
            return Err(Foreign::Code);
        }
        if is_foreign(&code) {
            return Err(Foreign::Taken(code));
        }
        let place = |byte: u8| PLACES.get(usize::from(byte & 31)).copied().unwrap_or(b'0');
        let places: String = random.map(place).map(char::from).iter().collect();
        Ok(Self(format!("{code}-{year:04}-{places}")))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What was examined.
    #[must_use]
    pub fn code(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }
}

fn is_code(code: &str) -> bool {
    (2..=12).contains(&code.len())
        && code.starts_with(|c: char| c.is_ascii_uppercase())
        && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

impl fmt::Display for CredentialId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CredentialId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let upper = text.trim().to_ascii_uppercase();
        let parts: Vec<&str> = upper.split('-').collect();
        let sound = match parts.as_slice() {
            [code, year, places] => {
                is_code(code)
                    && year.len() == 4
                    && year.bytes().all(|b| b.is_ascii_digit())
                    && places.len() == 4
                    && places.bytes().all(|b| PLACES.contains(&b))
            }
            _ => false,
        };
        if sound {
            Ok(Self(upper))
        } else {
            Err("an id of a credential looks like `OPERATOR-2026-7K3M`".to_owned())
        }
    }
}

impl TryFrom<String> for CredentialId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<CredentialId> for String {
    fn from(id: CredentialId) -> Self {
        id.0
    }
}
