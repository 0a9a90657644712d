//! The rule of tags: what is personal, confidential, secret or tagged by the workspace goes to no
//! tool and no vendor that nobody gave leave to take it. It must not look at a value: a tag says
//! what the value is, and detection can only ever add one.

use std::collections::BTreeSet;

use journal::Rule;
use plan::ids::FieldName;
use plan::workflow::{Model, Takes};

use crate::ask::ArgFact;
use crate::marks::mark;

/// The first tag that the arguments carry and the tool may not take.
pub(crate) fn handed(takes: &Takes, args: &[ArgFact<'_>], today: &str) -> Result<(), Rule> {
    // What stands in the plan is the operator's own words, whatever led to the step.
    let sent = args.iter().filter(|arg| !arg.literal);
    let tags = sent.flat_map(|arg| &arg.label.tags).collect();
    let refused = first(takes, tags, today);
    if refused.is_err() {
        mark!("tags:tool");
    }
    refused
}

/// The first tag that a conversation carries and the vendor may not take.
pub(crate) fn sent(model: &Model, tags: &BTreeSet<FieldName>, today: &str) -> Result<(), Rule> {
    if model.here {
        mark!("tags:here");
        return Ok(());
    }
    let refused = first(&model.takes, tags.iter().collect(), today);
    if refused.is_err() {
        mark!("tags:model");
    }
    refused
}

fn first(takes: &Takes, tags: BTreeSet<&FieldName>, today: &str) -> Result<(), Rule> {
    let held_back = |tag: &&&FieldName| !takes.get(**tag).is_some_and(|leave| leave.holds(today));
    match tags.iter().find(held_back) {
        Some(tag) => Err(Rule(format!("tags:{tag}").into())),
        None => Ok(()),
    }
}

/// A tag as policies see it among an argument's sources. No source has such a name.
pub(crate) fn word(tag: &FieldName) -> String {
    format!("tag:{tag}")
}
