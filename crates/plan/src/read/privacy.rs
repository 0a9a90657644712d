//! `privacy` of `flightdeck.yaml`: what a record of processing says besides what is computed. It
//! must not judge whether that is enough.

use std::collections::BTreeMap;

use crate::ids::FieldName;

/// What a record of processing says besides what is computed (GDPR, Article 30; EU AI Act).
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Privacy {
    pub controller: Option<String>,
    pub contact: Option<String>,
    /// The legal basis by tag.
    pub basis: BTreeMap<FieldName, String>,
    pub ai_role: Option<String>,
    pub ai_risk: Option<String>,
    /// What is recognised as personal data is tagged so.
    pub detect: bool,
}
