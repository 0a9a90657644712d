//! The keys of a statement in `governance/`. It must not read values.

use super::Form::{Duration, List, Map, Name, Person, Some, Text};
use super::{Shape, may, must};

pub(crate) static STATEMENT: Shape = Shape {
    said: "a statement",
    keys: &[
        must("covers", Some(&Text), "The criteria and controls it speaks of: `PSF-7.1`, `C2`."),
        must("owner", Person, "Who states it and answers for it."),
        must("reviewed", Text, "The day on which somebody last looked at it, `\"2026-10-01\"`."),
        must("until", Text, "The last day that it holds."),
        may("review_every", Duration, "How often it is looked at again; 365 days if not said."),
        may("workflows", List(&Name), "The workflows it speaks of; all if not said."),
        may("evidence", Some(&Text), "Where what it says can be seen."),
        may("read_by", List(&Name), "The roles whose holders have to have read it."),
        may("not_applicable", Text, "Why what it covers does not apply here."),
        may("facts", Map(&Text), "Values that rules look for, such as `recovery: 4 hours`."),
    ],
};
