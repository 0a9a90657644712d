//! Policies in Cedar: read from the operator's files, checked against a schema made from the
//! workspace, and sliced per act. It must not judge an act: that is guard's, which asks a
//! [`Slice`] and refuses whatever is not permitted.

pub mod compare;
mod slice;
pub mod trial;
mod vocabulary;
pub mod words;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use cedar_policy::{Effect, Policy as Cedar, PolicySet, ValidationMode, Validator};
use miette::Diagnostic;

use crate::ids::RoleId;
use crate::workflow::Policy;

pub use slice::{Fact, Mention, Policies, Ruling, Slice};
pub use vocabulary::{Act, ArgKind, Declared, Target, Vocabulary, arguments, declared};

/// The name of the built-in policies where a file's name stands otherwise.
pub const STANDARD_FILE: &str = "standard.cedar";

/// The built-in policies: default refuse, and a permit for what a step declares.
pub const STANDARD: &str = include_str!("policy/standard.cedar");

/// A policy that cannot be used. Guard answers it by refusing everything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    #[error("the policy `{0}` cannot be used: {1}")]
    Policy(String, String),
    #[error("the words for policies cannot be made: {0}")]
    Vocabulary(String),
}

/// What is wrong in a policy file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyProblem {
    pub file: String,
    /// The byte of the file where it begins.
    pub offset: usize,
    pub what: String,
    pub fix: String,
}

/// The standard policies and those of the files, in the form a release stores; and every problem.
/// With problems the policies are not to be used.
#[must_use]
pub fn read(files: &[(&str, &str)], words: &Vocabulary) -> (Vec<Policy>, Vec<PolicyProblem>) {
    let (mut policies, mut problems) = (Vec::new(), Vec::new());
    let mut seen = BTreeMap::new();
    for (file, text) in [(STANDARD_FILE, STANDARD)].iter().chain(files) {
        let read = File { file, text, words }.read(&mut policies, &mut problems);
        if let Some(set) = read {
            File { file, text, words }.validate(&set, &mut problems);
        }
    }
    for policy in &policies {
        if let Some(other) = seen.insert(&policy.id, &policy.file) {
            problems.push(PolicyProblem {
                file: policy.file.clone(),
                offset: 0,
                what: format!("the policy `{}` is also in {other}", policy.id),
                fix: "give each policy its own `@id`".to_owned(),
            });
        }
    }
    problems.sort_by(|a, b| (&a.file, a.offset, &a.what).cmp(&(&b.file, b.offset, &b.what)));
    problems.dedup();
    (policies, problems)
}

/// Every problem of the files; none when they can be used.
#[must_use]
pub fn validate(files: &[(&str, &str)], words: &Vocabulary) -> Vec<PolicyProblem> {
    read(files, words).1
}

struct File<'a> {
    file: &'a str,
    text: &'a str,
    words: &'a Vocabulary,
}

impl File<'_> {
    fn problem(&self, offset: usize, what: String, fix: &str) -> PolicyProblem {
        PolicyProblem { file: self.file.to_owned(), offset, what, fix: fix.to_owned() }
    }

    fn read(&self, into: &mut Vec<Policy>, problems: &mut Vec<PolicyProblem>) -> Option<PolicySet> {
        let set = match self.text.parse::<PolicySet>() {
            Ok(set) => set,
            Err(errors) => {
                for error in errors.iter() {
                    let what =
                        format!("the policy cannot be read: {}", lowered(&error.to_string()));
                    let fix = error.help().map_or_else(
                        || "see the examples of `flightdeck explain policies`".to_owned(),
                        |help| lowered(&help.to_string()),
                    );
                    problems.push(self.problem(offset(error), what, &fix));
                }
                return None;
            }
        };
        if set.num_of_templates() > 0 {
            let what = "a policy may not be a template".to_owned();
            problems.push(self.problem(
                0,
                what,
                "write names in place of `?principal` and `?resource`",
            ));
        }
        let mut all: Vec<&Cedar> = set.policies().collect();
        all.sort_by_key(|policy| span(policy).0);
        for (n, policy) in (1..).zip(all) {
            into.extend(self.one(n, policy, problems));
        }
        Some(set)
    }

    fn one(&self, n: usize, policy: &Cedar, problems: &mut Vec<PolicyProblem>) -> Option<Policy> {
        let (start, end) = span(policy);
        let text = self.text.get(start..end)?.to_owned();
        for (name, _) in policy.annotations() {
            if !matches!(name, "id" | "ask" | "reason") {
                let what = format!("a policy has no `@{name}`");
                problems.push(self.problem(start, what, "use `@id`, `@ask` or `@reason`"));
            }
        }
        let ask = policy.annotation("ask").and_then(|role| {
            let role = RoleId::new(role).ok().filter(|role| self.words.roles().contains(role));
            if role.is_none() {
                let what = "`@ask` names no role of the workspace".to_owned();
                problems.push(self.problem(start, what, "name a role of `flightdeck.yaml`"));
            }
            if policy.effect() == Effect::Permit {
                let what = "`@ask` stands before a `permit`".to_owned();
                problems.push(self.problem(start, what, "put it before a `forbid`"));
            }
            role
        });
        if let Err(fault) = slice::mentions(policy) {
            let what = match fault {
                PolicyFault::Policy(_, why) | PolicyFault::Vocabulary(why) => why,
            };
            problems.push(self.problem(
                start,
                what,
                "name one value, such as `context.args.amount`",
            ));
        }
        let stem = self.file.rsplit('/').next().unwrap_or(self.file);
        let stem = stem.strip_suffix(".cedar").unwrap_or(stem);
        let id = policy.annotation("id").map_or_else(|| format!("{stem}.{n}"), str::to_owned);
        Some(Policy { id, file: self.file.to_owned(), text, ask })
    }

    fn validate(&self, set: &PolicySet, problems: &mut Vec<PolicyProblem>) {
        let schema = match self.words.schema() {
            Ok(schema) => schema,
            Err(fault) => {
                problems.push(self.problem(0, fault.to_string(), "correct the tools' definitions"));
                return;
            }
        };
        let result = Validator::new(schema).validate(set, ValidationMode::Strict);
        for error in result.validation_errors() {
            let fix = error.help().map_or_else(
                || "use the words of `flightdeck explain policies`".to_owned(),
                |help| lowered(&help.to_string()),
            );
            problems.push(self.problem(offset(error), plainly(&error.to_string()), &fix));
        }
        // The standard policies are there for workspaces without tools or models, too.
        if self.file == STANDARD_FILE {
            return;
        }
        for warning in result.validation_warnings() {
            let fix = "check names and conditions: as it stands it protects nothing";
            problems.push(self.problem(offset(warning), plainly(&warning.to_string()), fix));
        }
    }
}

fn offset(of: &dyn Diagnostic) -> usize {
    of.labels().and_then(|mut all| all.next()).map_or(0, |label| label.offset())
}

fn span(policy: &Cedar) -> (usize, usize) {
    policy.as_ref().loc().map_or((0, 0), |loc| (loc.start(), loc.end()))
}

/// Cedar's words without its number for the policy.
fn plainly(text: &str) -> String {
    let rest = text.strip_prefix("for policy `").and_then(|rest| rest.split_once("`, "));
    lowered(rest.map_or(text, |(_, rest)| rest))
}

fn lowered(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_lowercase().to_string()).unwrap_or_default();
    (first + chars.as_str()).trim_end_matches('.').to_owned()
}
