//! Where a value came from and what had a hand in it. Labels only ever join; nothing in here
//! takes one away, and nothing in here decides what a label permits.

use std::collections::{BTreeMap, BTreeSet};

use plan::ids::FieldName;
use serde::{Deserialize, Serialize};

/// A class of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The checked files of the operator.
    Plan,
    /// A signed-in person.
    Person,
    /// A trusted look-up table.
    Table,
    /// A tool whose results the register calls trusted.
    Tool,
    /// Any other tool.
    OutsideTool,
    /// A case that the workflow declares to come from inside.
    Inside,
    /// Any other case.
    Outside,
    /// A model's own words.
    Model,
}

const SOURCES: [Source; 8] = [
    Source::Plan,
    Source::Person,
    Source::Table,
    Source::Tool,
    Source::OutsideTool,
    Source::Inside,
    Source::Outside,
    Source::Model,
];

/// A set of sources in one byte.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sources(u8);

impl Sources {
    /// The empty set.
    pub const NONE: Self = Self(0);

    /// The set of one.
    #[must_use]
    pub const fn of(source: Source) -> Self {
        Self(1 << source as u8)
    }

    /// The union.
    #[must_use]
    pub const fn join(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the source is in the set.
    #[must_use]
    pub const fn has(self, source: Source) -> bool {
        self.0 & (1 << source as u8) != 0
    }

    /// The members in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Source> {
        SOURCES.into_iter().filter(move |s| self.has(*s))
    }

    /// Whether any member is one that an outsider, or a model, may have shaped.
    #[must_use]
    pub const fn untrusted(self) -> bool {
        self.has(Source::OutsideTool) || self.has(Source::Outside) || self.has(Source::Model)
    }
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for Sources {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Sources {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let list = Vec::<Source>::deserialize(from)?;
        Ok(list.into_iter().fold(Self::NONE, |set, source| set.join(Self::of(source))))
    }
}

/// The label of one value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Label {
    /// Where the content itself came from.
    #[serde(rename = "o")]
    pub origins: Sources,
    /// What had a hand in which value it is: keys of a look-up, conditions of a branch.
    #[serde(rename = "i", default, skip_serializing_if = "none")]
    pub influences: Sources,
    /// What it holds: `personal`, `confidential`, `secret` and the workspace's own tags.
    #[serde(rename = "t", default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<FieldName>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn none(sources: &Sources) -> bool {
    *sources == Sources::NONE
}

impl Label {
    /// A label with one origin.
    #[must_use]
    pub fn from(source: Source) -> Self {
        Self { origins: Sources::of(source), ..Self::default() }
    }

    /// Adds everything of the other label.
    pub fn join(&mut self, other: &Self) {
        self.origins = self.origins.join(other.origins);
        self.influences = self.influences.join(other.influences);
        self.tags.extend(other.tags.iter().cloned());
    }

    /// Adds the other label as an influence: its sources had a hand in this value.
    pub fn influenced(&mut self, other: &Self) {
        self.influences = self.influences.join(other.origins).join(other.influences);
        self.tags.extend(other.tags.iter().cloned());
    }

    /// Whether an outsider or a model may have written or chosen the content.
    #[must_use]
    pub fn untrusted(&self) -> bool {
        self.origins.untrusted() || self.influences.untrusted()
    }
}

/// The labels of a body: one for all of it, and others for leaves that differ.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Labels {
    #[serde(rename = "all")]
    pub base: Label,
    /// By JSON pointer. A leaf below a listed pointer has the label of the nearest one above it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub leaves: BTreeMap<String, Label>,
}

impl Labels {
    /// The same label for every leaf.
    #[must_use]
    pub fn all(base: Label) -> Self {
        Self { base, leaves: BTreeMap::new() }
    }

    /// The label of the value at a JSON pointer: its own, joined with all that stand below it.
    #[must_use]
    pub fn at(&self, pointer: &str) -> Label {
        let mut label = self.nearest(pointer).clone();
        for (leaf, other) in &self.leaves {
            let below = leaf.strip_prefix(pointer).is_some_and(|rest| rest.starts_with('/'));
            if below {
                label.join(other);
            }
        }
        label
    }

    fn nearest(&self, pointer: &str) -> &Label {
        let mut at = pointer;
        loop {
            if let Some(label) = self.leaves.get(at) {
                return label;
            }
            match at.rsplit_once('/') {
                Some((above, _)) => at = above,
                None => return &self.base,
            }
        }
    }
}
