//! What a person may change, and what becomes of it: new bodies in which each changed leaf is that
//! person's own word.

use journal::{About, At, Code, Decline, Label, Labels, Shown, Source};
use plan::expr::Path;
use plan::ids::StepId;
use plan::workflow::Does;
use serde_json::Value;

use crate::control::Review;
use crate::work::{Stuck, Work};

impl Work<'_> {
    /// New bodies for the steps that an edit changes. Each edited leaf is the person's own word.
    pub(super) fn edited(
        &mut self,
        review: &Review,
        values: &[(String, String)],
    ) -> Result<Vec<Shown>, Decline> {
        let mut changed: Vec<(StepId, Value, Labels)> = Vec::new();
        for (path, json) in values {
            let path = Path::parse(path).map_err(|_| Decline::BadEdit)?;
            let new: Value = serde_json::from_str(json).map_err(|_| Decline::BadEdit)?;
            if !self.may_edit(review, &path) || self.guard.edit(&path, &new).is_err() {
                return Err(Decline::BadEdit);
            }
            let step = StepId::new(path.root()).map_err(|_| Decline::BadEdit)?;
            let place = match changed.iter().position(|(s, ..)| *s == step) {
                Some(place) => place,
                None => {
                    let base = match review.about {
                        About::Failure { .. } => self.bound_here(&review.at),
                        _ => self.root_ref(path.root()),
                    };
                    let (value, labels) = match base {
                        Some(body) => {
                            let loaded = self.loaded(body).map_err(|_| Decline::BadEdit)?;
                            let value = loaded.value().cloned().unwrap_or(Value::Null);
                            (value, loaded.labels().clone())
                        }
                        None => (Value::Object(Default::default()), Labels::default()),
                    };
                    changed.push((step, value, labels));
                    changed.len() - 1
                }
            };
            let (_, value, labels) = changed.get_mut(place).ok_or(Decline::BadEdit)?;
            put(value, &path, new).ok_or(Decline::BadEdit)?;
            // The word is the person's own; what it is about is as personal or secret as before.
            let pointer = path.pointer();
            let tags = labels.at(&pointer).tags;
            let below =
                |leaf: &str| leaf.strip_prefix(&pointer).is_some_and(|r| r.starts_with('/'));
            labels.leaves.retain(|leaf, _| !below(leaf));
            labels.leaves.insert(pointer, Label { tags, ..Label::from(Source::Person) });
        }
        let mut edits = Vec::new();
        for (step, value, labels) in changed {
            let body = self.add_value(&value, labels);
            let commit = self.loaded(body).map_err(|_| Decline::BadEdit)?.commit();
            edits.push(Shown { step, body, commit });
        }
        Ok(edits)
    }

    fn may_edit(&self, review: &Review, path: &Path) -> bool {
        match &review.about {
            // Whoever mends a failed step may supply any of its values.
            About::Failure { .. } => path.root() == review.at.step.as_str(),
            About::Step { .. } => {
                let step = self.plan.step(&review.at.step).map(|s| &s.does);
                let Some(Does::Review(step)) = step else { return false };
                step.may_edit.iter().any(|allowed| {
                    let (allowed, path) = (allowed.as_str(), path.as_str());
                    path == allowed
                        || path.strip_prefix(allowed).is_some_and(|r| r.starts_with('.'))
                })
            }
            About::Act { .. } | About::InDoubt { .. } | About::Question { .. } => false,
        }
    }

    /// Whether a person's values make a step's output complete.
    pub(super) fn complete_output(&self, at: &At, value: &Value) -> Result<(), Stuck> {
        let step = self.step(&at.step)?;
        let incomplete = |what: &str| Stuck::new(Code::BadAnswer, what.to_owned());
        match &step.does {
            Does::Agent(agent) => match &agent.work {
                plan::workflow::Work::Copy { fields, .. } => {
                    for field in fields.iter().filter(|f| !f.optional) {
                        if value.get(field.name.as_str()).is_none_or(Value::is_null) {
                            return Err(incomplete("a field is missing"));
                        }
                    }
                    self.hold(step, agent, value)
                }
                plan::workflow::Work::Answer { .. } => {
                    let text = value.to_string();
                    let checked = self.guard.answer(self.plan, &step.id, &text);
                    checked.map_err(|broken| Stuck::new(Code::BadAnswer, broken.join("; ")))?;
                    self.hold(step, agent, value)
                }
            },
            _ => Ok(()),
        }
    }
}

fn put(root: &mut Value, path: &Path, new: Value) -> Option<()> {
    let mut at = root;
    for field in path.fields() {
        if at.is_null() {
            *at = Value::Object(Default::default());
        }
        at = at.as_object_mut()?.entry(field).or_insert(Value::Null);
    }
    *at = new;
    Some(())
}
