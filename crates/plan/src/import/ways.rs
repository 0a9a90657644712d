//! What becomes of conditions and edges: who answers, and which way is taken on it. It must not
//! take a way that an answer should open without one.

use super::build::{Build, Part};
use super::flow::Way;
use super::graph::Tie;
use super::{fields, words};

impl Build<'_> {
    /// Who answers a condition: a rule that can be read here, or a person until there is one.
    pub(super) fn note_split(&mut self, n: usize) {
        let Some(node) = self.node(n) else { return };
        let (step, role) = (self.called(n), self.answering(n));
        self.needs(&role);
        self.account.carried(&node.thing, "name", format!("step `{step}`"));
        let said = node.data.text("condition").map(words::short).unwrap_or_default();
        if self.by_person.contains(&n) {
            let question = format!(
                "By which rule is `{step}` decided? The map says: `{said}`. Until it is a rule \
                 with `decide`, `{role}` answers each time."
            );
            for field in ["condition", "conditionExpression"] {
                if node.data.get(field).is_some() || field == "condition" {
                    self.account.open(&node.thing, field, question.clone());
                }
            }
        } else {
            let says = format!("{step}: decide.first; in doubt `{step}_check` puts it to a person");
            self.account.carried(&node.thing, "conditionExpression", says);
            if node.data.get("condition").is_some() {
                self.account.carried(&node.thing, "condition", format!("{step}: decide.basis"));
            }
            let question =
                format!("Who answers for the rule of `{step}`, and on which policy does it rest?");
            self.account.open(&node.thing, "name", question);
        }
        for field in ["trueLabel", "falseLabel", "notes"] {
            if node.data.get(field).is_some() {
                self.account.carried(&node.thing, field, format!("the text of `{step}`"));
            }
        }
    }

    /// What becomes of each edge.
    pub(super) fn edges(&mut self) {
        let graph = self.graph;
        for edge in &graph.edges {
            if self.account.knows(&edge.thing, "") {
                continue;
            }
            let (Some(from), Some(to)) = (edge.from, edge.to) else {
                self.account.left(&edge.thing, "", "one of its ends is no node of the map");
                continue;
            };
            if !fields::ties(edge) {
                let says = match edge.tie {
                    Tie::Proposal => "proposals are not carried",
                    _ => "what is stale there is a new release here",
                };
                self.account.left(&edge.thing, "", says);
                continue;
            }
            let parts = (self.part(from).clone(), self.part(to).clone());
            let (from, to) = (self.called(from), self.called(to));
            let says = match parts {
                (Part::Left, _) | (_, Part::Left) => {
                    self.account.left(&edge.thing, "", "one of its ends is not carried");
                    continue;
                }
                (Part::Data, _) => format!("`{to}` is given what `{from}` stands for"),
                (_, Part::Data) => format!("`{from}` makes what `{to}` stands for"),
                _ => format!("`{from}` comes before `{to}`"),
            };
            self.account.carried(&edge.thing, "", says);
            self.account.rest(&edge.thing, &edge.fields);
        }
    }

    /// Where a way of a step leads, by name; nothing where the case ends.
    pub(super) fn way(&self, n: usize, way: Way) -> Option<String> {
        let at = self.steps.iter().position(|step| *step == n)?;
        let to = self.order.ways.get(&(at, way)).copied().flatten()?;
        self.steps.get(to).map(|n| self.called(*n))
    }
}
