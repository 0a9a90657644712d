//! What a file says as far as it can be read, and what its workspace has: people, agents, tools and
//! tables that an answer can name.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::InterviewError;
use crate::edit::{Edit, EditError, settings};
use crate::files::Files;
use crate::markdown;
use crate::problem::Cx;
use crate::read::workspace;
use crate::workflow::{Can, Effect};

/// An agent as far as a draft has to know it.
pub(super) struct Worker {
    pub(super) says: String,
    /// Whether its model answers under a schema.
    pub(super) answers: bool,
}

/// An approved tool as far as a draft has to know it.
pub(super) struct Known {
    pub(super) says: String,
    pub(super) acts: bool,
    /// Arguments, and whether each has to be given.
    pub(super) arguments: Vec<(String, bool)>,
    pub(super) moves_money: bool,
}

/// The settings of a file, and what surrounds it.
pub(super) struct Seen {
    pub(super) says: Map<String, Value>,
    /// The text below the settings.
    pub(super) body: String,
    pub(super) people: Vec<String>,
    pub(super) roles: Vec<String>,
    pub(super) agents: BTreeMap<String, Worker>,
    pub(super) tools: BTreeMap<String, Known>,
    /// Tables by their path, with their columns.
    pub(super) tables: BTreeMap<String, Vec<String>>,
    pub(super) currency: String,
}

impl Seen {
    pub(super) fn read(files: &Files, path: &str, text: &str) -> Result<Self, InterviewError> {
        if !path.starts_with("workflows/") {
            return Err(EditError::NoFile(path.to_owned()).into());
        }
        let mut files = files.clone();
        files.insert(path, text);
        let Value::Object(says) = settings(&files, path)? else {
            return Err(EditError::Unfit("the settings of this file are no keys and values").into());
        };
        let body = text.get(markdown::split(text).body).unwrap_or_default().trim();
        let cx = Cx::new(&files);
        let ws = workspace::read(&cx);
        let can = |name| {
            let model = ws.settings.models.get(name);
            model.is_some_and(|model| model.can.contains(&Can::Json))
        };
        let agents = ws.agents.iter().map(|(name, file)| {
            let answers = !file.agent.models.is_empty() && file.agent.models.iter().all(can);
            let says = format!("{name} {}", file.agent.description);
            (name.to_string(), Worker { says, answers })
        });
        let tools = ws.servers.lock.tools.iter().map(|(name, tool)| {
            let acts = tool.effect != Some(Effect::Read);
            let roles = tool.args.values();
            let known = Known {
                says: format!("{name} {}", tool.definition.description),
                acts,
                arguments: arguments(&tool.definition.input),
                moves_money: acts
                    && roles.into_iter().any(|role| *role == crate::workflow::ArgRole::Amount),
            };
            (name.to_string(), known)
        });
        let tables = files.within("tables/", ".csv").map(|(path, text)| {
            let head = text.lines().next().unwrap_or_default();
            let column = |cell: &str| {
                cell.trim().trim_matches('"').split(':').next().unwrap_or_default().to_owned()
            };
            (path.to_string(), head.split(',').map(column).collect())
        });
        Ok(Self {
            says,
            body: body.to_owned(),
            people: ws.settings.people.people.keys().map(ToString::to_string).collect(),
            roles: ws.settings.people.roles.keys().map(ToString::to_string).collect(),
            agents: agents.collect(),
            tools: tools.collect(),
            tables: tables.collect(),
            currency: ws.settings.currency.map_or("EUR".to_owned(), |of| of.to_string()),
        })
    }

    /// What stands at a place; nothing where a key has no value.
    pub(super) fn at<S: AsRef<str>>(&self, at: &[S]) -> Option<&Value> {
        let (first, rest) = at.split_first()?;
        let first = self.says.get(first.as_ref())?;
        let found = rest.iter().try_fold(first, |value, part| match value {
            Value::Array(_) => step_of(value, part.as_ref()),
            other => other.get(part.as_ref()),
        });
        found.filter(|value| !value.is_null())
    }

    pub(super) fn text<S: AsRef<str>>(&self, at: &[S]) -> Option<&str> {
        self.at(at).and_then(Value::as_str)
    }

    fn list(&self, key: &str) -> Vec<Value> {
        self.at(&[key]).and_then(Value::as_array).cloned().unwrap_or_default()
    }

    pub(super) fn open(&self) -> Vec<Value> {
        self.list("open")
    }

    /// What is not settled once these are all that no question of the interview stands for. What
    /// is said of one beside its words stays.
    pub(super) fn kept(&self, lines: &[String]) -> Vec<Value> {
        let (mut all, others): (Vec<Value>, Vec<Value>) =
            self.open().into_iter().partition(|entry| entry.get("about").is_some());
        let says = |entry: &Value, line: &str| {
            let what = entry.get("what").unwrap_or(entry);
            what.as_str() == Some(line)
        };
        all.extend(lines.iter().map(|line| {
            let there = others.iter().find(|entry| says(entry, line)).cloned();
            there.unwrap_or_else(|| line.clone().into())
        }));
        all
    }

    pub(super) fn today(&self) -> Vec<Value> {
        self.list("today")
    }

    /// The steps that have a name.
    pub(super) fn steps(&self) -> Vec<(String, Value)> {
        let named = |step: Value| Some((step.get("step")?.as_str()?.to_owned(), step));
        self.list("steps").into_iter().filter_map(named).collect()
    }

    /// The change that makes these the questions that are not settled, if they are others.
    pub(super) fn opened(&self, open: &[Value]) -> Option<Edit> {
        let at = vec!["open".to_owned()];
        if open == self.open() {
            return None;
        }
        Some(match open {
            [] if self.says.len() > 1 => Edit::Remove { at },
            open => Edit::Set { at, to: Value::Array(open.to_vec()) },
        })
    }

    /// Every name that a new step cannot have.
    pub(super) fn taken(&self) -> BTreeSet<String> {
        let mut all: BTreeSet<String> = self.steps().into_iter().map(|(name, _)| name).collect();
        all.extend(["end", "stop", "case", "item", "result", "nothing"].map(str::to_owned));
        all
    }
}

fn step_of<'v>(list: &'v Value, name: &str) -> Option<&'v Value> {
    let named = |step: &&Value| step.get("step").and_then(Value::as_str) == Some(name);
    list.as_array()?.iter().find(named)
}

/// The arguments of a tool by its schema, those that have to be given first.
fn arguments(input: &Value) -> Vec<(String, bool)> {
    let needed = input.get("required").and_then(Value::as_array);
    let needed =
        |name: &str| needed.is_some_and(|all| all.iter().any(|one| one.as_str() == Some(name)));
    let all = input.get("properties").and_then(Value::as_object);
    let mut all: Vec<(String, bool)> =
        all.into_iter().flat_map(Map::keys).map(|name| (name.clone(), needed(name))).collect();
    all.sort_by_key(|(_, needed)| !needed);
    all
}
