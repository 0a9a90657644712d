//! What was really handed to tools and models: how often, from which step, and with which tags.
//! It must not read what was declared; whoever compares the two finds the difference.

use std::collections::{BTreeMap, BTreeSet};

use journal::{ActNo, Finish, Record, What};
use plan::ids::{FieldName, ModelName, StepId, ToolName};
use serde::Serialize;

use crate::history::History;

/// Who got it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum To {
    Tool(ToolName),
    Model(ModelName),
}

impl To {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Tool(name) => name.as_str(),
            Self::Model(name) => name.as_str(),
        }
    }
}

/// What one of them got from one step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Got {
    pub calls: u64,
    /// Tags of what it was handed. A model's are known once it has answered.
    pub tags: BTreeSet<FieldName>,
}

/// Adds what a case handed over.
pub fn add(all: &mut BTreeMap<(StepId, To), Got>, history: &History) {
    let mut asked: BTreeMap<ActNo, (StepId, To)> = BTreeMap::new();
    for record in history.frames().iter().flat_map(|frame| &frame.records) {
        if let Record::Allowed { act, at, what, .. } = record {
            let (to, tags) = match what {
                What::Tool { tool, args, .. } => {
                    let labels = history.labels(*args).map(|labels| labels.at("").tags);
                    (To::Tool(tool.clone()), labels.unwrap_or_default())
                }
                What::Model { model, .. } => (To::Model(model.clone()), BTreeSet::new()),
                What::Notify { .. } => continue,
            };
            let key = (at.step.clone(), to);
            let got = all.entry(key.clone()).or_default();
            got.calls += 1;
            got.tags.extend(tags);
            asked.insert(*act, key);
        } else if let Record::Finished { act, outcome: Finish::Ok { body }, .. } = record
            && let Some(key @ (_, To::Model(_))) = asked.get(act)
            && let Some(labels) = history.labels(*body)
        {
            // An answer carries the tags of all that was said to get it.
            all.entry(key.clone()).or_default().tags.extend(labels.at("").tags);
        }
    }
}
