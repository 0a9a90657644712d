//! The steps of a map drafted from what people do today. Steps that stand there stay as they are,
//! and no act is drafted without a person before it; who dares more changes the map.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::InterviewError;
use super::form::kind;
use super::made::{self, At, Given, Made};
use super::seen::Seen;
use crate::edit::Edit;

/// Words that say what kind of work it is: the first of them in a sentence counts.
const READS: &[&str] = &[
    "read", "open", "type", "typing", "copy", "copie", "extract", "summar", "draft", "write",
    "writing", "translat", "classif", "sort", "answer", "prepar", "collect", "analy", "take",
];
const ACTS: &[&str] = &[
    "send", "book", "enter", "post", "file", "publish", "schedul", "updat", "regist", "pay",
    "notif", "upload", "creat", "record", "save", "note", "submit", "print", "deliver",
];
const JUDGES: &[&str] = &[
    "approv", "sign", "judg", "decid", "review", "compar", "check", "releas", "authori", "confirm",
    "assess", "verif", "inspect", "look", "proof",
];
const FINDS: &[&str] = &["search", "find", "look up", "looks up", "looking up"];

/// Words that no step is called after.
const SMALL: &[&str] = &[
    "a", "an", "and", "are", "as", "at", "by", "each", "every", "for", "from", "if", "in", "into",
    "is", "it", "of", "on", "or", "out", "that", "the", "their", "them", "they", "this", "to",
    "up", "what", "whether", "which", "who", "with",
];

/// A sentence as the kind of step it is, and whether that is more than a guess.
fn read(does: &str) -> (&'static str, bool) {
    let does = does.to_lowercase();
    let words: Vec<&str> = does.split(|c: char| !c.is_alphanumeric()).collect();
    for (n, word) in words.iter().enumerate() {
        let two = format!("{word} {}", words.get(n + 1).copied().unwrap_or_default());
        let begins = |all: &[&str]| all.iter().any(|stem| word.starts_with(stem));
        if FINDS.iter().any(|find| word == find || two == *find || word.starts_with("search")) {
            return ("lookup", true);
        }
        for (all, kind) in [(JUDGES, "review"), (ACTS, "tool"), (READS, "agent")] {
            if begins(all) {
                return (kind, true);
            }
        }
    }
    ("by hand", false)
}

/// A name of a step from a text: its first words that say something.
pub(super) fn name_of(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase);
    let words = words.filter(|word| !word.is_empty() && !SMALL.contains(&word.as_str()));
    let name: Vec<String> =
        words.skip_while(|w| w.starts_with(|c: char| c.is_ascii_digit())).take(2).collect();
    let name: String = name.join("_").chars().take(40).collect();
    if name.is_empty() { "step".to_owned() } else { name }
}

fn fresh(text: &str, taken: &mut BTreeSet<String>) -> String {
    let name = name_of(text);
    let mut n = 1;
    let mut one = name.clone();
    while !taken.insert(one.clone()) {
        n += 1;
        one = format!("{name}_{n}");
    }
    one
}

/// The role of somebody, or of whoever may overrule.
pub(super) fn role(seen: &Seen, who: Option<&str>) -> Option<String> {
    let plain = |text: &str| {
        text.to_lowercase().split(|c: char| !c.is_alphanumeric()).collect::<Vec<_>>().join("_")
    };
    let who = who.map(plain).filter(|who| !who.is_empty());
    let is_who = |role: &&String| who.as_ref().is_some_and(|who| plain(role) == *who);
    let holds = |role: &&String| {
        let role = plain(role);
        who.as_ref().is_some_and(|who| who.contains(&role) || role.contains(who.as_str()))
    };
    let over = seen.text(&["override"]).map(str::to_owned);
    let named = seen.roles.iter().find(is_who).or_else(|| seen.roles.iter().find(holds));
    named.cloned().or(over).or_else(|| seen.roles.first().cloned())
}

/// What people do today where a step stands.
pub(super) fn row_of(seen: &Seen, name: &str) -> Option<Value> {
    let named = |row: &Value| match row.get("becomes") {
        Some(Value::String(one)) => one == name,
        Some(Value::Array(all)) => all.iter().any(|one| one.as_str() == Some(name)),
        _ => false,
    };
    seen.today().into_iter().find(named)
}

/// What is a guess of a step, as questions that are not settled.
pub(super) fn unsettled(name: &str, guesses: &[(&'static str, String)]) -> Vec<Value> {
    let mut all = Vec::new();
    for (about, what) in guesses {
        let about = format!("steps.{name}.{about}");
        all.push(json!({ "what": what, "about": about }));
    }
    all
}

/// The map while it grows.
struct Drafting<'a> {
    seen: &'a Seen,
    taken: BTreeSet<String>,
    values: Vec<Given>,
    giving: Vec<String>,
    /// Whether a person has seen all values there are.
    is_seen: bool,
    /// The step after which the next one stands.
    after: Option<String>,
    edits: Vec<Edit>,
    /// What agents and people read of each new step.
    told: String,
    open: &'a mut Vec<Value>,
}

/// The changes that draft a step for each thing that people do and that became nothing yet.
pub(super) fn drafted(
    seen: &Seen,
    value: &Value,
    open: &mut Vec<Value>,
) -> Result<Vec<Edit>, InterviewError> {
    match value {
        Value::Bool(true) => {}
        Value::Bool(false) => return Ok(Vec::new()),
        Value::String(text) if text == "yes" || text == "true" => {}
        Value::String(text) if text == "no" || text == "false" => return Ok(Vec::new()),
        _ => return Err(InterviewError::unfit("draft", "yes or no is wanted")),
    }
    let mut drafting = Drafting {
        seen,
        taken: seen.taken(),
        values: made::values(seen, None),
        giving: made::giving(seen, None),
        is_seen: false,
        after: seen.steps().last().map(|(name, _)| name.clone()),
        edits: Vec::new(),
        told: seen.body.clone(),
        open,
    };
    for (n, row) in seen.today().iter().enumerate() {
        let does = row.get("does").and_then(Value::as_str).map(str::trim).unwrap_or_default();
        if row.get("becomes").is_none() && !does.is_empty() {
            drafting.row(n, row, does)?;
        }
    }
    if drafting.told != seen.body {
        drafting.edits.push(Edit::Body { text: drafting.told });
    }
    Ok(drafting.edits)
}

impl Drafting<'_> {
    fn row(&mut self, n: usize, row: &Value, does: &str) -> Result<(), InterviewError> {
        let who = row.get("who").and_then(Value::as_str);
        let role = role(self.seen, who);
        let wanted = "first say who may stop and overrule it";
        let role = role.ok_or_else(|| InterviewError::unfit("draft", wanted))?;
        let (wanted, is_sure) = read(does);
        let name = fresh(does, &mut self.taken);
        let made = self.at(&name, does, &role).made(wanted);
        let fits = made.is_some();
        let made = made.or_else(|| self.at(&name, does, &role).made("by hand"));
        let mut made = made.unwrap_or_default();
        let doubt = if !is_sure {
            Some("nothing says whether an agent could".to_owned())
        } else if !fits {
            let lacks = if wanted == "lookup" { "table" } else { wanted };
            Some(format!("no {lacks} fits"))
        } else {
            row.get("share").and_then(Value::as_str).map(|share| {
                format!("today it is done in {share} of the cases, here in all of them")
            })
        };
        if let Some(doubt) = doubt {
            let what =
                format!("Who or what does `{name}`? A {} is a guess: {doubt}.", kind(&made.step));
            made.guesses.push(("kind", what));
        }
        let mut becomes = Vec::new();
        // Nobody acts on what no person has seen.
        if kind(&made.step) == "tool" && !self.is_seen {
            let check = fresh(&format!("check {name}"), &mut self.taken);
            let looked = self.at(&check, does, &role).made("review").unwrap_or_default();
            becomes.push(check.clone());
            self.added(&check, looked);
        }
        becomes.push(name.clone());
        let mut does = does.chars();
        let first = does.next().map(char::to_uppercase).into_iter().flatten();
        self.told.push_str(&format!("\n\n## {name}\n\n{}.", first.chain(does).collect::<String>()));
        self.added(&name, made);
        let to = match becomes.as_slice() {
            [one] => one.clone().into(),
            several => Value::from(several.to_vec()),
        };
        let at = vec!["today".to_owned(), n.to_string(), "becomes".to_owned()];
        self.edits.push(Edit::Set { at, to });
        Ok(())
    }

    fn at<'s>(&'s self, name: &'s str, does: &'s str, role: &'s str) -> At<'s> {
        At { seen: self.seen, name, does, role, values: &self.values, giving: &self.giving }
    }

    fn added(&mut self, name: &str, made: Made) {
        let Made { step, guesses, table } = made;
        if let Some((table, file)) = table {
            let at = vec!["tables".to_owned(), table];
            self.edits.push(Edit::Set { at, to: file.into() });
        }
        match kind(&step) {
            "review" => self.is_seen = true,
            "tool" => {}
            _ => {
                self.is_seen = false;
                self.giving.push(name.to_owned());
            }
        }
        self.values.extend(made::gives(&step).into_iter().map(|(field, is_text)| Given {
            path: format!("{name}.{field}"),
            field,
            is_text,
        }));
        self.open.extend(unsettled(name, &guesses));
        let (step, after) = (Map::from_iter(step).into(), self.after.replace(name.to_owned()));
        self.edits.push(Edit::Add { step, after });
    }
}
