//! Which questions a map has to answer, and in which order: what it is for and what a case is, who
//! answers for it, how people do it today, then what is to be done instead and what it may use up.

use serde_json::Value;

use super::form::As;
use super::seen::Seen;
use super::{Column, Form, Put, Question, steps};
use crate::keys;

/// A place in the file, its form, and whether the map needs it.
pub(super) type Place<'a> = (&'a [&'a str], Form, bool);

impl Put {
    /// A question by its place; `id` is what it is called.
    pub(super) fn new(
        seen: &Seen,
        id: &str,
        (at, form, needed): Place<'_>,
        by: As,
        (words, why): (&str, &str),
    ) -> Self {
        let answer = seen.at(at).and_then(|says| by.answer(form, says));
        let about = |entry: &Value| {
            let is_it = entry.get("about").and_then(Value::as_str) == Some(id);
            is_it.then(|| entry.get("what").and_then(Value::as_str).unwrap_or(words).to_owned())
        };
        let unsettled = seen.open().iter().find_map(about);
        let question = Question {
            id: id.to_owned(),
            words: words.to_owned(),
            why: why.to_owned(),
            form,
            choices: Vec::new(),
            columns: Vec::new(),
            open: unsettled.is_some() || (needed && answer.is_none()),
            answer,
            needed,
            unsettled,
        };
        Self { question, at: at.iter().map(|part| (*part).to_owned()).collect(), by }
    }

    pub(super) fn choices<S: AsRef<str>>(mut self, all: impl IntoIterator<Item = S>) -> Self {
        self.question.choices = all.into_iter().map(|one| one.as_ref().to_owned()).collect();
        self
    }

    pub(super) fn columns(mut self, all: Vec<Column>) -> Self {
        self.question.columns = all;
        self
    }
}

pub(super) fn column(key: &'static str, words: &'static str) -> Column {
    Column { key, words, form: Form::Text, choices: Vec::new() }
}

pub(super) fn choice(key: &'static str, words: &'static str, all: &[String]) -> Column {
    Column { key, words, form: Form::Choice, choices: all.to_vec() }
}

pub(super) fn kinds() -> Vec<String> {
    crate::types::WORDS.iter().map(ToString::to_string).collect()
}

/// Every question, in order.
pub(super) fn all(seen: &Seen) -> Vec<Put> {
    let mut all = case(seen);
    all.extend(people(seen));
    all.extend(today(seen));
    all.extend(steps::all(seen));
    all.extend(around(seen));
    all.extend(limits(seen));
    all.push(Put::new(
        seen,
        "open",
        (&["open"], Form::Lines, false),
        As::Unsettled,
        ("What else is not settled yet?", "it stays in sight, and nothing is deployed before"),
    ));
    let others = seen.open().into_iter().filter(|entry| entry.get("about").is_none());
    let others: Vec<Value> =
        others.map(|entry| entry.get("what").cloned().unwrap_or(entry)).collect();
    if let Some(last) = all.last_mut().filter(|_| !others.is_empty()) {
        last.question.answer = Some(others.into());
    }
    all
}

fn case(seen: &Seen) -> Vec<Put> {
    let q = |id: &str, place, by, words| Put::new(seen, id, place, by, words);
    let starts = vec![
        column("folder", "a folder whose new files are cases"),
        column("at", "a time, such as `weekdays 07:30 Europe/London`"),
        column("webhook", "the name of an address that another system sends to"),
        column("secret", "the name of the secret that signs what it sends"),
    ];
    vec![
        q(
            "purpose",
            (&["purpose"], Form::Text, true),
            As::Plain,
            (
                "What is this for, and what does it never do?",
                "everybody who meets it reads this first",
            ),
        ),
        q(
            "case",
            (&["case", "one"], Form::Text, true),
            As::Plain,
            ("What is one case?", "each is counted, limited and told on its own"),
        ),
        q(
            "case_from",
            (&["case", "from"], Form::Choice, true),
            As::Plain,
            (
                "Who may have written it: somebody outside, or only people inside?",
                "what comes from outside is never trusted by itself",
            ),
        )
        .choices(keys::SOURCES),
        q(
            "case_fields",
            (&["case", "fields"], Form::Table, false),
            As::Named("field", "kind", false),
            ("What comes in with a case?", "without an answer a case has a name and a text"),
        )
        .columns(vec![column("field", "its name"), choice("kind", "what kind it is", &kinds())]),
        q(
            "case_tags",
            (&["case", "tags"], Form::Lines, false),
            As::Lines,
            (
                "Does it hold personal or otherwise sensitive data?",
                "what is tagged goes to no model or tool without leave",
            ),
        )
        .choices(["personal", "sensitive"]),
        q(
            "starts",
            (&["starts"], Form::Table, false),
            As::Rows,
            (
                "Where does a case start? No row means that a person starts each.",
                "what starts by itself has a pace and a place where it is watched",
            ),
        )
        .columns(starts),
    ]
}

fn people(seen: &Seen) -> Vec<Put> {
    let q = |id: &str, place, by, words| Put::new(seen, id, place, by, words);
    vec![
        q(
            "accountable",
            (&["accountable"], Form::Person, true),
            As::Plain,
            ("Who answers for it?", "one person, who may also deploy it"),
        )
        .choices(&seen.people),
        q(
            "override",
            (&["override"], Form::Role, true),
            As::Plain,
            ("Who may stop and overrule it?", "somebody has to be able to, at any time"),
        )
        .choices(&seen.roles),
        q(
            "risk",
            (&["risk"], Form::Choice, true),
            As::Plain,
            ("How bad is a mistake?", "it bounds what may be done without a person"),
        )
        .choices(keys::RISKS),
        q(
            "autonomy",
            (&["autonomy"], Form::Choice, true),
            As::Plain,
            (
                "How far may it go by itself?",
                "begin low; it can be raised when it has shown itself",
            ),
        )
        .choices(keys::AUTONOMIES),
    ]
}

fn today(seen: &Seen) -> Vec<Put> {
    let q = |id: &str, place, by, words| Put::new(seen, id, place, by, words);
    let form = |mut column: Column, form: Form| {
        column.form = form;
        column
    };
    let columns = vec![
        column("does", "what is done"),
        column("who", "who does it"),
        form(column("minutes", "minutes of work, once"), Form::Minutes),
        form(column("share", "in how many cases; all if not said"), Form::Share),
        column("why", "why it is done"),
        column("becomes", "the steps that take its place, or `nothing`"),
    ];
    let needed = seen.steps().is_empty();
    let mut all = vec![
        q(
            "today",
            (&["today"], Form::Table, needed),
            As::Today,
            (
                "How do people do it today, step by step?",
                "the map is drafted from it, and held against it",
            ),
        )
        .columns(columns),
    ];
    all.extend(baseline(seen));
    if seen.today().iter().any(|row| row.get("becomes").is_none()) {
        all.push(q(
            "draft",
            (&[], Form::YesNo, needed),
            As::Draft,
            (
                "Shall steps be drafted from what people do today?",
                "what stands there stays; each guess becomes a question that is not settled",
            ),
        ));
    }
    all
}

/// What it comes to by hand.
fn baseline(seen: &Seen) -> Vec<Put> {
    let q = |id: &str, place, by, words| Put::new(seen, id, place, by, words);
    vec![
        q(
            "cases_per_week",
            (&["baseline", "cases_per_week"], Form::Number, false),
            As::Plain,
            ("How many cases are there in a week?", "it says what an hour saved is worth"),
        ),
        q(
            "minutes",
            (&["baseline", "minutes"], Form::Minutes, false),
            As::Plain,
            (
                "How many minutes of work is one case by hand?",
                "it is what the agents are held against",
            ),
        ),
        q(
            "hourly_rate",
            (&["baseline", "hourly_rate"], Form::Money, false),
            As::Plain,
            ("What does an hour of this work cost?", "it turns time into money"),
        ),
        q(
            "error_rate",
            (&["baseline", "error_rate"], Form::Share, false),
            As::Plain,
            ("How many cases go wrong by hand?", "agents have to be no worse"),
        ),
        q(
            "error_cost",
            (&["baseline", "error_cost"], Form::Money, false),
            As::Plain,
            ("What does one such mistake cost?", "it says how much care is worth"),
        ),
    ]
}

/// What holds for all steps, and what fits none of them.
fn around(seen: &Seen) -> Vec<Put> {
    let q = |id: &str, place, by, words| Put::new(seen, id, place, by, words);
    let steps: Vec<String> = seen.steps().into_iter().map(|(name, _)| name).collect();
    let ends = |others: &[String]| {
        let stop = ["stop".to_owned()];
        others.iter().chain(&stop).cloned().collect::<Vec<String>>()
    };
    let fails = seen.steps().iter().any(|(_, step)| {
        let kind = step.as_object().map(super::form::kind).unwrap_or_default();
        let can_fail = matches!(kind, "agent" | "tool" | "lookup" | "each" | "workflow");
        can_fail && step.get("on_failure").is_none()
    });
    let row = vec![
        column("what", "the exception, in your words"),
        column("when", "on which condition; without one an agent has to say so"),
        choice("go", "the step that deals with it", &steps),
    ];
    vec![
        q(
            "on_failure",
            (&["on_failure"], Form::Choice, fails),
            As::Failure,
            ("What happens when a step fails for good?", "otherwise nobody would know"),
        )
        .choices(ends(&seen.roles)),
        q(
            "exceptions",
            (&["exceptions"], Form::Table, true),
            As::Rows,
            (
                "Which cases do not fit, and what is done with them?",
                "unnamed, they are handled as if they did",
            ),
        )
        .columns(row),
    ]
}

fn limits(seen: &Seen) -> Vec<Put> {
    let q = |id: &str, place, by, words| Put::new(seen, id, place, by, words);
    let money = |amount: &str| [format!("{amount} {}", seen.currency)];
    let used = |tool: &str| seen.tools.get(tool).is_some_and(|known| known.moves_money);
    let moves = seen
        .steps()
        .iter()
        .any(|(_, step)| step.get("tool").and_then(Value::as_str).is_some_and(used));
    vec![
        q(
            "case_cost",
            (&["limits", "case", "cost"], Form::Money, true),
            As::Plain,
            ("What may one case cost at most?", "without a limit one case could cost anything"),
        )
        .choices(money("0.50")),
        q(
            "day_cost",
            (&["limits", "day", "cost"], Form::Money, true),
            As::Plain,
            ("What may a day cost at most?", "many small cases add up"),
        )
        .choices(money("20.00")),
        q(
            "day_cases",
            (&["limits", "day", "cases"], Form::Number, true),
            As::Plain,
            ("How many cases may a day have at most?", "a flood is noticed before it is paid for"),
        ),
        q(
            "day_amount",
            (&["limits", "day", "amount"], Form::Money, moves),
            As::Plain,
            ("How much money may be moved in a day at most?", "it bounds what a bad day can do"),
        ),
    ]
}
