//! Kinds of incidents with AI, in our own words after the failures that others have counted, and
//! what a case shows that should be one. It must not open any.

use journal::Severity;

use crate::seen::{Mark, Seen, Signal};

/// Kinds, each with what it means.
pub const CLASSES: [(&str, &str); 12] = [
    ("injection", "a text gave the model orders, and it followed them"),
    ("unchecked_input", "something that should have been refused came in"),
    ("broken_form", "an answer was not in its form, and was used"),
    ("invented", "a model made something up, and it was used"),
    ("changed_model", "a model answered otherwise after its vendor changed it"),
    ("no_way_back", "a bad release or effect could not be taken back"),
    ("beyond_scope", "something was done that it may not do"),
    ("not_escalated", "somebody should have been asked, and was not"),
    ("unnoticed", "it went wrong for two days or longer before anybody saw it"),
    ("vendor_gone", "a vendor did not answer, and nothing took over"),
    ("data_disclosed", "data went to somebody who may not have it"),
    ("other", "something else"),
];

/// What a kind means.
#[must_use]
pub fn class(name: &str) -> Option<&'static str> {
    CLASSES.iter().find(|(class, _)| *class == name).map(|(_, text)| *text)
}

/// Whether a text names what was changed: a word or two do not.
#[must_use]
pub fn is_change(text: &str) -> bool {
    text.split_whitespace().count() >= 3
}

/// What records show that should be an incident: its kind, how bad, and the case that shows it
/// last.
#[must_use]
pub fn shown(seen: &Seen) -> Vec<(&plan::ids::WorkflowName, &'static str, Severity, Mark)> {
    let mut all = Vec::new();
    for (workflow, releases) in &seen.0 {
        for shown in releases.values() {
            for (signal, class, severity) in [
                (Signal::Harmed, "no_way_back", Severity::High),
                (Signal::FailedUnnamed, "unnoticed", Severity::Medium),
            ] {
                let count = shown.signals.get(&signal);
                all.extend(count.map(|count| (workflow, class, severity, count.last)));
            }
        }
    }
    all
}
