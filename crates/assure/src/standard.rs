//! The standards as data: criteria in our own words, each with what its wording rests on. A new
//! version is a new file. It must not judge anything.

use serde::{Deserialize, Serialize};

/// A standard whose criteria are grouped by domain.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Standard {
    pub standard: String,
    pub version: String,
    pub title: String,
    pub credit: String,
    pub domains: Vec<Domain>,
}

/// One domain.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Domain {
    pub id: String,
    pub title: String,
    pub text: String,
    /// The least of its five points that passes, in halves.
    pub at_least: u8,
    pub criteria: Vec<Criterion>,
}

/// One criterion.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Criterion {
    pub id: String,
    pub title: String,
    pub text: String,
    pub source: Source,
    /// The version that it came with.
    pub since: String,
}

/// What the wording of a criterion rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Published,
    /// It stands for one whose published wording we do not have.
    Reconstructed,
}

const PSF: &str = include_str!("../standards/psf-1.1.json");

impl Standard {
    /// The Production Safety Framework.
    ///
    /// # Panics
    /// Where the file in this program is no standard, which a test rules out.
    #[must_use]
    #[allow(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
    pub fn psf() -> Self {
        serde_json::from_str(PSF).expect("the standard in this program can be read")
    }

    /// Every criterion, in order.
    pub fn criteria(&self) -> impl Iterator<Item = &Criterion> {
        self.domains.iter().flat_map(|domain| &domain.criteria)
    }
}

#[cfg(test)]
mod tests {
    use super::{Source, Standard};

    #[test]
    fn there_are_forty_criteria_and_fourteen_have_their_published_wording() {
        let psf = Standard::psf();
        assert_eq!(psf.domains.len(), 8);
        assert!(psf.domains.iter().all(|domain| domain.criteria.len() == 5));
        let published = psf.criteria().filter(|one| one.source == Source::Published);
        assert_eq!(published.count(), 14);
        assert!(psf.criteria().all(|one| !one.text.is_empty() && one.id.starts_with("PSF-")));
    }
}
