//! The questions of each step: who or what does it, with what, and what follows.

use serde_json::Value;

use super::catalogue::{choice, column, kinds};
use super::form::{self, As};
use super::seen::Seen;
use super::{Form, Put};
use crate::keys;

/// What a drafted step can be.
pub(super) const KINDS: &[&str] = &["agent", "tool", "lookup", "review"];

/// The questions of all steps that stand in the list itself, in order.
pub(super) fn all(seen: &Seen) -> Vec<Put> {
    let tables: Vec<String> = seen.tables.keys().cloned().collect();
    let mut all = Vec::new();
    if !tables.is_empty() || seen.at(&["tables"]).is_some() {
        let place = (["tables"], Form::Table, false);
        let put = Put::new(
            seen,
            "tables",
            (&place.0, place.1, place.2),
            As::Named("name", "file", false),
            ("Which tables are looked into?", "what stands in a table is trusted, unlike a text"),
        );
        all.push(put.columns(vec![
            column("name", "what the map calls it"),
            choice("file", "its file", &tables),
        ]));
    }
    for (name, step) in seen.steps() {
        let of = Step { seen, name: &name, does: does(seen, &name) };
        let kind = step.as_object().map(form::kind).unwrap_or_default();
        if KINDS.contains(&kind) {
            let id = format!("steps.{name}.kind");
            let words = format!("Who or what does `{name}`{}?", of.does);
            let why = "an agent reads and writes, a tool acts, a look-up knows, a person judges";
            let at = ["steps", &name];
            let put = Put::new(seen, &id, (&at, Form::Choice, true), As::Kind, (&words, why));
            all.push(put.choices(KINDS));
        }
        all.extend(match kind {
            "agent" => of.agent(&step),
            "tool" => of.tool(&step),
            "lookup" => of.lookup(),
            "decide" => of.decide(),
            "review" => of.review(),
            _ => Vec::new(),
        });
    }
    all
}

/// What people do today where this step stands.
fn does(seen: &Seen, name: &str) -> String {
    let row = super::draft::row_of(seen, name);
    let text = row.as_ref().and_then(|row| row.get("does")?.as_str());
    text.map(|text| format!(" (today: {text})")).unwrap_or_default()
}

struct Step<'a> {
    seen: &'a Seen,
    name: &'a str,
    does: String,
}

impl Step<'_> {
    /// A question about a part of the step; `words` holds `{}` where its name goes.
    fn put(
        &self,
        id: &str,
        at: &[&str],
        form: Form,
        by: As,
        (words, why, needed): (&str, &str, bool),
    ) -> Put {
        let id = format!("steps.{}.{id}", self.name);
        let at: Vec<&str> = ["steps", self.name].into_iter().chain(at.iter().copied()).collect();
        let words = words.replace("{}", &format!("`{}`", self.name));
        Put::new(self.seen, &id, (&at, form, needed), by, (&words, why))
    }

    fn agent(&self, step: &Value) -> Vec<Put> {
        let agent = self.put(
            "agent",
            &["agent"],
            Form::Choice,
            As::Plain,
            ("Which agent does {}?", "its instructions stand in its own file", true),
        );
        let mut all = vec![agent.choices(self.seen.agents.keys())];
        if step.get("copy").is_some() {
            let finds: Vec<String> = keys::FINDS.iter().map(ToString::to_string).collect();
            let put = self.put(
                "copy",
                &["copy"],
                Form::Table,
                As::Named("field", "find", true),
                (
                    "Which fields does {} take out of the text?",
                    "each has to stand there; nothing is made up",
                    true,
                ),
            );
            all.push(put.columns(vec![
                column("field", "its name"),
                choice("find", "what kind of text it is", &finds),
                column("called", "what the documents call it"),
                column("optional", "whether it may be missing"),
                column("known_in", "the table and column that know it"),
            ]));
            return all;
        }
        all.push(
            self.put(
                "given",
                &["given"],
                Form::Lines,
                As::Lines,
                ("What is the agent given in {}?", "it knows nothing else of the case", true),
            )
            .choices(self.before()),
        );
        all.push(self.answer(step));
        all
    }

    fn answer(&self, step: &Value) -> Put {
        match step.get("answer") {
            // A file of its own says more than a table could.
            Some(Value::String(_)) => self.put(
                "answer",
                &["answer"],
                Form::Text,
                As::Plain,
                (
                    "Which schema does the answer of {} have?",
                    "what does not fit it does not count",
                    true,
                ),
            ),
            _ => self
                .put(
                    "answer",
                    &["answer"],
                    Form::Table,
                    As::Named("field", "kind", false),
                    (
                        "What comes out of {}, field by field?",
                        "what does not fit it does not count",
                        true,
                    ),
                )
                .columns(vec![column("field", "its name"), choice("kind", "its kind", &kinds())]),
        }
    }

    fn tool(&self, step: &Value) -> Vec<Put> {
        let tool = self.put(
            "tool",
            &["tool"],
            Form::Choice,
            As::Plain,
            ("Which tool does {}?", "only tools that a person approved are called", true),
        );
        let known = step.get("tool").and_then(Value::as_str);
        let known = known.and_then(|name| self.seen.tools.get(name));
        let arguments: Vec<String> = known
            .into_iter()
            .flat_map(|tool| &tool.arguments)
            .map(|(name, _)| name.clone())
            .collect();
        let needed = known.is_some_and(|tool| tool.arguments.iter().any(|(_, needed)| *needed));
        let with = self.put(
            "with",
            &["with"],
            Form::Table,
            As::Named("argument", "value", false),
            (
                "What is the tool given in {}?",
                "each is a value of the case, or written out as `{ literal: … }`",
                needed,
            ),
        );
        vec![
            tool.choices(self.seen.tools.keys()),
            with.columns(vec![
                choice("argument", "the tool's own name for it", &arguments),
                choice("value", "a value of the case", &self.before()),
            ]),
        ]
    }

    fn lookup(&self) -> Vec<Put> {
        let tables = self.seen.at(&["tables"]).and_then(Value::as_object);
        let tables: Vec<String> = tables.into_iter().flat_map(|all| all.keys().cloned()).collect();
        let put = self.put(
            "lookup",
            &["lookup"],
            Form::Table,
            As::Finds,
            (
                "What is looked up in {}, and by what?",
                "one row is found or none; two count as none",
                true,
            ),
        );
        vec![put.columns(vec![
            column("name", "what the row is called"),
            choice("in", "the table", &tables),
            column("where", "what its columns equal: `order = read.order`"),
        ])]
    }

    fn decide(&self) -> Vec<Put> {
        let steps = self.steps("end");
        vec![
            self.put(
                "who",
                &["decide", "who"],
                Form::Role,
                As::Plain,
                ("Who answers for the rule of {}?", "a rule without somebody is nobody's", true),
            )
            .choices(&self.seen.roles),
            self.put(
                "basis",
                &["decide", "basis"],
                Form::Text,
                As::Plain,
                ("On which policy does {} rest?", "what cannot be traced cannot be defended", true),
            ),
            self.put(
                "rows",
                &["decide", "first"],
                Form::Table,
                As::Rows,
                (
                    "Which rows has {}, the first that holds being taken?",
                    "each is a condition and a step",
                    true,
                ),
            )
            .columns(vec![column("when", "the condition"), choice("go", "the step", &steps)]),
            self.put(
                "otherwise",
                &["decide", "otherwise"],
                Form::Choice,
                As::Plain,
                (
                    "Where does a case of {} go when no row holds, or in doubt?",
                    "best to a person",
                    true,
                ),
            )
            .choices(steps),
        ]
    }

    fn review(&self) -> Vec<Put> {
        let roles = &self.seen.roles;
        let ends: Vec<String> = roles.iter().cloned().chain(self.steps("stop")).collect();
        vec![
            self.put(
                "by",
                &["review", "by"],
                Form::Role,
                As::Plain,
                ("Who decides {}?", "a role, so that somebody is there when one is away", true),
            )
            .choices(roles),
            self.put(
                "question",
                &["review", "question"],
                Form::Text,
                As::Plain,
                (
                    "What is put to them in {}?",
                    "what can be answered with yes or no is answered fastest",
                    false,
                ),
            ),
            self.put(
                "show",
                &["review", "show"],
                Form::Lines,
                As::Lines,
                ("What do they see in {}?", "they approve exactly what they were shown", true),
            )
            .choices(self.before()),
            self.put(
                "within",
                &["review", "within"],
                Form::Duration,
                As::Plain,
                (
                    "How soon must {} be answered?",
                    "a request that waits for ever is a case that is lost quietly",
                    true,
                ),
            )
            .choices(["4 working hours", "8 working hours", "2 days"]),
            self.put(
                "late",
                &["review", "late"],
                Form::Choice,
                As::Late,
                (
                    "What happens when nobody answers {} in time?",
                    "another role, another step, or `stop`",
                    true,
                ),
            )
            .choices(&ends),
            self.put(
                "if_rejected",
                &["review", "if_rejected"],
                Form::Choice,
                As::Rejected,
                (
                    "What happens when {} is answered with no?",
                    "a role that is told, another step, or `stop`",
                    true,
                ),
            )
            .choices(&ends),
        ]
    }

    fn steps(&self, last: &str) -> Vec<String> {
        let all = self.seen.steps().into_iter().map(|(name, _)| name);
        all.filter(|name| name != self.name).chain([last.to_owned()]).collect()
    }

    /// The values that are there before this step.
    fn before(&self) -> Vec<String> {
        super::made::values(self.seen, Some(self.name))
            .into_iter()
            .map(|value| value.path)
            .collect()
    }
}
