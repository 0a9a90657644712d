//! A step made from what people do today, by rules: reading and writing are an agent's, finding a
//! row is a look-up, sending and booking are a tool's, judging is a person's. What a rule cannot
//! know is left to a person, and said.

use serde_json::{Map, Value, json};

use super::InterviewError;
use super::form;
use super::seen::Seen;
use super::steps::KINDS;
use crate::edit::Edit;

/// A value of the case that a step can be given.
pub(super) struct Given {
    pub(super) path: String,
    pub(super) field: String,
    /// Whether it is a text.
    pub(super) is_text: bool,
}

/// What stands at a place of the map while it is drafted.
pub(super) struct At<'a> {
    pub(super) seen: &'a Seen,
    pub(super) name: &'a str,
    /// What people do today.
    pub(super) does: &'a str,
    pub(super) role: &'a str,
    /// The values there are, and the steps that give them.
    pub(super) values: &'a [Given],
    pub(super) giving: &'a [String],
}

/// A step, what has to be said of it, and the table that it needs.
#[derive(Default)]
pub(super) struct Made {
    pub(super) step: Map<String, Value>,
    /// What is a guess: a part of the step's question, and what is not settled of it.
    pub(super) guesses: Vec<(&'static str, String)>,
    pub(super) table: Option<(String, String)>,
}

/// Fields that one step gives.
pub(super) fn gives(step: &Map<String, Value>) -> Vec<(String, bool)> {
    let text = |kind: &Value| matches!(kind.as_str(), Some("text" | "line" | "name"));
    let all = ["copy", "answer", "gives"].into_iter().filter_map(|key| step.get(key)?.as_object());
    all.flatten().map(|(name, kind)| (name.clone(), text(kind))).collect()
}

/// The values that are there before a step, or at the end.
pub(super) fn values(seen: &Seen, before: Option<&str>) -> Vec<Given> {
    let given = |root: &str, field: &str, is_text| Given {
        path: format!("{root}.{field}"),
        field: field.to_owned(),
        is_text,
    };
    let mut all: Vec<Given> = match seen.at(&["case", "fields"]).and_then(Value::as_object) {
        Some(fields) => fields
            .iter()
            .map(|(name, kind)| given("case", name, kind.as_str() == Some("text")))
            .collect(),
        None => ["name", "text"].map(|name| given("case", name, true)).into(),
    };
    let steps = seen.steps();
    for (name, step) in steps.iter().take_while(|(name, _)| Some(name.as_str()) != before) {
        let fields = step.as_object().map(gives).unwrap_or_default();
        all.extend(fields.iter().map(|(field, is_text)| given(name, field, *is_text)));
    }
    all
}

/// The steps before one that give a value to later ones.
pub(super) fn giving(seen: &Seen, before: Option<&str>) -> Vec<String> {
    let steps = seen.steps();
    let mut all = Vec::new();
    for (name, step) in steps.iter().take_while(|(name, _)| Some(name.as_str()) != before) {
        let kind = step.as_object().map(form::kind).unwrap_or_default();
        let gives = step.as_object().is_some_and(|step| !gives(step).is_empty());
        if gives || kind == "lookup" {
            all.push(name.clone());
        }
    }
    all
}

/// The words of a text that say something, without their ends.
fn stems(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 3);
    words.map(|word| word.to_lowercase().chars().take(5).collect()).collect()
}

/// How many words two texts share.
fn alike(one: &str, other: &str) -> usize {
    let other = stems(other);
    stems(one).iter().filter(|stem| other.contains(stem)).count()
}

impl At<'_> {
    pub(super) fn made(&self, kind: &str) -> Option<Made> {
        match kind {
            "agent" => self.agent(),
            "lookup" => self.lookup(),
            "tool" => self.tool(),
            "by hand" => Some(self.review(&format!("By hand for now: {}. Is it done?", self.does))),
            _ => Some(self.review(&format!("Today: {}. May it go on?", self.does))),
        }
    }

    fn step(&self) -> Map<String, Value> {
        [("step".to_owned(), Value::from(self.name))].into_iter().collect()
    }

    /// What a person or an agent sees: the case, and what earlier steps found.
    fn shown(&self) -> Value {
        let case = ["case".to_owned()];
        case.iter().chain(self.giving).cloned().collect()
    }

    fn agent(&self) -> Option<Made> {
        let agents = &self.seen.agents;
        let best = |answers: bool| {
            let fit = agents.iter().filter(|(_, worker)| worker.answers == answers);
            fit.rev().max_by_key(|(_, worker)| alike(self.does, &worker.says))
        };
        let mut step = self.step();
        let (name, told) = if let Some((agent, _)) = best(true) {
            step.insert("agent".into(), agent.clone().into());
            step.insert("given".into(), self.shown());
            step.insert("answer".into(), json!({ "result": "text" }));
            ("answer", "one text, called `result`, is a guess")
        } else {
            let (agent, _) = best(false)?;
            let text = self.values.iter().rev().find(|value| value.is_text)?;
            step.insert("agent".into(), agent.clone().into());
            step.insert("from".into(), text.path.clone().into());
            step.insert("copy".into(), json!({ "subject": "line" }));
            ("copy", "one line, called `subject`, is a guess")
        };
        let guess = format!("What comes out of `{}`? {told}.", self.name);
        Some(Made { step, guesses: vec![(name, guess)], table: None })
    }

    fn lookup(&self) -> Option<Made> {
        let by = |columns: &[String]| -> Map<String, Value> {
            let known = |column: &&String| self.values.iter().any(|v| v.field == **column);
            let path = |column: &String| {
                let found = self.values.iter().rev().find(|value| value.field == *column);
                (column.clone(), found.map(|value| value.path.clone()).into())
            };
            columns.iter().filter(known).take(1).map(path).collect()
        };
        let fit = self.seen.tables.iter().filter(|(_, columns)| !by(columns).is_empty());
        let (file, columns) = fit.rev().max_by_key(|(file, _)| alike(self.does, file))?;
        let declared = self.seen.at(&["tables"]).and_then(Value::as_object);
        let mut declared = declared.into_iter().flatten();
        let named = declared.find(|(_, says)| says.as_str() == Some(file.as_str()));
        let stem = file.trim_start_matches("tables/").trim_end_matches(".csv");
        let table = named.map_or_else(|| super::draft::name_of(stem), |(name, _)| name.clone());
        let mut step = self.step();
        step.insert("lookup".into(), json!({ "row": { "in": table, "where": by(columns) } }));
        let guess = format!("Is `{}` looked up in `{table}`, and by the right column?", self.name);
        let needs = named.is_none().then(|| (table, file.clone()));
        Some(Made { step, guesses: vec![("lookup", guess)], table: needs })
    }

    fn tool(&self) -> Option<Made> {
        let fit = self.seen.tools.iter().filter(|(_, tool)| tool.acts);
        let fit = fit.map(|(name, tool)| (alike(self.does, &tool.says), name, tool));
        let (score, name, tool) = fit.rev().max_by_key(|(score, ..)| *score)?;
        if score == 0 {
            return None;
        }
        let with = tool.arguments.iter().filter_map(|(argument, needed)| {
            Some((argument.clone(), Value::from(self.value(argument, *needed)?)))
        });
        let with: Map<String, Value> = with.collect();
        let mut step = self.step();
        step.insert("tool".into(), name.clone().into());
        let guess = format!("Is `{name}` given the right values in `{}`?", self.name);
        let guesses = if tool.arguments.is_empty() { Vec::new() } else { vec![("with", guess)] };
        if !with.is_empty() {
            step.insert("with".into(), with.into());
        }
        Some(Made { step, guesses, table: None })
    }

    /// The value that an argument is likely to take: one of its name, or what was written last.
    fn value(&self, argument: &str, needed: bool) -> Option<String> {
        let same = self.values.iter().rev().find(|value| value.field == argument);
        let written = || {
            let holds = ["content", "text", "body", "message", "note", "summary", "narrative"];
            let wanted = needed && holds.contains(&argument);
            self.values.iter().rev().find(|value| wanted && value.is_text)
        };
        let named = || {
            let wanted = needed && ["path", "name", "title", "subject"].contains(&argument);
            self.values.iter().find(|value| wanted && value.is_text)
        };
        same.or_else(written).or_else(named).map(|value| value.path.clone())
    }

    fn review(&self, question: &str) -> Made {
        let mut step = self.step();
        let review = json!({
            "by": self.role,
            "never_by": ["starter"],
            "question": question,
            "show": self.shown(),
            "within": "8 working hours",
            "late": { "then": "stop" },
            "if_rejected": { "then": "stop" },
        });
        step.insert("review".into(), review);
        let soon =
            format!("How soon must `{}` be answered? 8 working hours is a guess.", self.name);
        Made { step, guesses: vec![("within", soon)], table: None }
    }
}

/// A step made again as another kind, because somebody said so.
pub(super) fn again(
    seen: &Seen,
    at: &[String],
    question: &str,
    kind: &Value,
    open: &mut Vec<Value>,
) -> Result<Edit, InterviewError> {
    let unfit = |wanted: &str| InterviewError::unfit(question, wanted);
    let kind = kind.as_str().filter(|kind| KINDS.contains(kind));
    let kind = kind.ok_or_else(|| unfit("`agent`, `tool`, `lookup` or `review` is wanted"))?;
    let name = at.last().map(String::as_str).unwrap_or_default();
    let row = super::draft::row_of(seen, name);
    let does = row.as_ref().and_then(|row| row.get("does")?.as_str()).unwrap_or(name);
    let who = row.as_ref().and_then(|row| row.get("who")?.as_str());
    let role = super::draft::role(seen, who);
    let role = role.ok_or_else(|| unfit("first say who may stop and overrule it"))?;
    let (values, giving) = (values(seen, Some(name)), giving(seen, Some(name)));
    let place = At { seen, name, does, role: &role, values: &values, giving: &giving };
    let made = place.made(kind).filter(|made| made.table.is_none());
    let mut made = made.ok_or_else(|| unfit("there is no agent, tool or table here that fits"))?;
    for key in ["then", "at_most"] {
        let said = seen.at(&["steps", name, key]);
        made.step.extend(said.map(|said| (key.to_owned(), said.clone())));
    }
    // What was not settled of the step that stood there goes with it.
    let before = format!("steps.{name}.");
    let of_it = |entry: &Value| entry.get("about")?.as_str().map(|it| it.starts_with(&before));
    open.retain(|entry| of_it(entry) != Some(true));
    open.extend(super::draft::unsettled(name, &made.guesses));
    Ok(Edit::Set { at: at.to_vec(), to: made.step.into() })
}
