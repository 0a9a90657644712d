//! The keys of `privacy`. It must not read values.

use super::Form::{Map, Text, Words, YesNo};
use super::{Shape, may};

pub(crate) static PRIVACY: Shape = Shape {
    said: "`privacy`",
    keys: &[
        may("controller", Text, "Who decides why and how personal data are processed."),
        may("contact", Text, "Whom people ask about their data."),
        may("basis", Map(&Text), "The legal basis, by tag."),
        may("ai_role", Words(AI_ROLES), "The organisation's role under the EU AI Act."),
        may("ai_risk", Words(AI_RISKS), "The risk class under the EU AI Act."),
        may("detect", YesNo, "Tag what is recognised as personal data; no if not said."),
    ],
};

/// Roles and classes of risk of Regulation (EU) 2024/1689.
pub(crate) const AI_ROLES: &[&str] = &["deployer", "provider", "importer", "distributor"];
pub(crate) const AI_RISKS: &[&str] = &["minimal", "transparency", "high", "prohibited"];
