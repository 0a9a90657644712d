//! What the operations answer, read from stored runs and the workspace's files. It must not write,
//! and it marks whatever holds words of a case as material.

use evidence::why::Next;
use journal::{RunId, RunQuery, Status};
use plan::ids::WorkflowName;
use serde_json::{Map, Value, json};
use server::{Case, CaseLine, Explained, Open, Request, Seen};

use crate::args::{Global, OneReview};
use crate::commands::{review, why};
use crate::exit::Stop;
use crate::held;
use crate::installation::glance;
use crate::stored::{Runs, now};
use crate::workspace::Workspace;

/// How many cases are listed at once, and how many unless somebody says so.
pub const LISTED_MAX: u64 = 200;
const LISTED: u64 = 20;
/// A longer text is cut, and says so.
const TEXT_MAX: usize = 20_000;

/// Where a case may stand.
pub fn statuses() -> Vec<&'static str> {
    Status::ALL.iter().map(|status| status.as_str()).collect()
}

/// An answer.
pub enum Answer {
    /// The operator's or the program's own words.
    Own(String),
    /// Something that holds words of cases, tools or models.
    Material { about: String, value: Value },
}

fn material(about: impl Into<String>, value: Value) -> Answer {
    Answer::Material { about: about.into(), value: cut(value) }
}

/// The answer to a call.
pub fn answer(global: &Global, tool: &str, args: &Map<String, Value>) -> Result<Answer, Stop> {
    match tool {
        "list_cases" => cases(global, args),
        "show_case" => case(global, text(args, "case")?),
        "why" => match optional(args, "case")? {
            Some(case) => explained(global, case),
            None => urgent(global),
        },
        "list_reviews" => reviews(global),
        "prepare_review" => prepared(global, text(args, "case")?, number(args, "number")?),
        other => Err(Stop::usage(format!("there is no tool `{other}`"))),
    }
}

pub fn optional<'a>(args: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Stop> {
    match args.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Stop::usage(format!("`{name}` is a text"))),
    }
}

pub fn text<'a>(args: &'a Map<String, Value>, name: &str) -> Result<&'a str, Stop> {
    let missing = || Stop::usage(format!("`{name}` is missing"));
    optional(args, name)?.filter(|text| !text.trim().is_empty()).ok_or_else(missing)
}

pub fn number(args: &Map<String, Value>, name: &str) -> Result<Option<u32>, Stop> {
    match args.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let read = value.as_u64().and_then(|n| u32::try_from(n).ok());
            read.map(Some).ok_or_else(|| Stop::usage(format!("`{name}` is a number")))
        }
    }
}

fn cases(global: &Global, args: &Map<String, Value>) -> Result<Answer, Stop> {
    let workflow = optional(args, "workflow")?.map(WorkflowName::new).transpose();
    let workflow = workflow.map_err(Stop::usage)?;
    let status = optional(args, "status")?.map(|name| {
        Status::named(name).ok_or_else(|| {
            Stop::usage(format!("no case stands as `{name}`"))
                .help(format!("one of: {}", statuses().join(", ")))
        })
    });
    let status = Vec::from_iter(status.transpose()?);
    let limit = number(args, "limit")?.map_or(LISTED, u64::from).clamp(1, LISTED_MAX);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let query = RunQuery { workflow, status, limit, ..RunQuery::default() };
    let all: Vec<CaseLine> = match Runs::open(global)? {
        Some(runs) => {
            let lines = runs.lines(&query)?.into_iter();
            lines.map(|line| CaseLine::from(&glance(&runs, line))).collect()
        }
        None => Vec::new(),
    };
    Ok(material("Cases, newest first", json!({ "cases": all })))
}

fn case(global: &Global, start: &str) -> Result<Answer, Stop> {
    let runs = Runs::existing(global)?;
    let run = runs.find(start)?;
    let view = runs.view(run)?;
    let open = |review: &evidence::ReviewView| Open {
        run,
        workflow: view.workflow.clone(),
        title: view.title(),
        review: review.clone(),
        act: None,
        why_not: Some("a person decides it".to_owned()),
    };
    let open = view.open_reviews().map(open).collect();
    let explanation = why::explained(global, &runs, run)?;
    let cause = explanation.cause.as_ref().map(why::lines).unwrap_or_default();
    let why = Explained::of(&explanation, cause);
    let mut case = Case::of(&Seen { view, open, why });
    case.story.retain(|line| !line.detail);
    Ok(material(format!("The case {run}"), json!(case)))
}

/// A case by its whole id; nothing where there is none.
pub fn known(global: &Global, id: &str) -> Result<Option<Answer>, Stop> {
    let Ok(run) = id.parse::<RunId>() else { return Ok(None) };
    let Some(runs) = Runs::open(global)? else { return Ok(None) };
    let query = RunQuery { prefix: Some(run.to_string()), limit: 1, ..RunQuery::default() };
    if run == RunId::DESK || runs.lines(&query)?.is_empty() {
        return Ok(None);
    }
    case(global, id).map(Some)
}

/// Ids of cases that begin so, newest first.
pub fn beginning(global: &Global, start: &str) -> Result<Vec<String>, Stop> {
    let Some(runs) = Runs::open(global)? else { return Ok(Vec::new()) };
    let prefix = Some(start.to_ascii_lowercase()).filter(|start| !start.is_empty());
    let query = RunQuery { prefix, limit: 20, ..RunQuery::default() };
    Ok(runs.lines(&query)?.iter().map(|line| line.run.to_string()).collect())
}

fn explained(global: &Global, start: &str) -> Result<Answer, Stop> {
    let runs = Runs::existing(global)?;
    let run = runs.find(start)?;
    Ok(material(format!("Why the case {run} stands where it stands"), why_of(global, &runs, run)?))
}

fn why_of(global: &Global, runs: &Runs, run: RunId) -> Result<Value, Stop> {
    Ok(json!(why::explained(global, runs, run)?))
}

/// The most urgent thing, and whatever holds new work back.
fn urgent(global: &Global) -> Result<Answer, Stop> {
    let Some(runs) = Runs::open(global)? else {
        return Ok(Answer::Own("Nothing has run here yet.".to_owned()));
    };
    let mut held = held::back(&runs, global, now())?;
    let (urgent, damaged) = why::urgent(&runs, now())?;
    held.extend(damaged);
    let urgent = urgent.map(|run| why_of(global, &runs, run)).transpose()?;
    let value = json!({ "stops": stopped(&runs)?, "held_back": held, "most_urgent": urgent });
    Ok(material("The most urgent thing", value))
}

fn stopped(runs: &Runs) -> Result<Vec<Value>, Stop> {
    let one = |scope: &journal::StopScope| {
        let args = evidence::words::scope_args(scope);
        let next = Next {
            command: format!("flightdeck resume{args} --reason TEXT"),
            does: "lifts the stop; it needs a person's name and a reason",
        };
        json!({ "stopped": evidence::words::scope(scope), "next": next })
    };
    Ok(runs.reader().stops()?.iter().map(one).collect())
}

/// What is stopped, and what else holds new work back.
pub fn stops(global: &Global) -> Result<Answer, Stop> {
    let Some(runs) = Runs::open(global)? else {
        return Ok(Answer::Own("Nothing has run here yet, and nothing is stopped.".to_owned()));
    };
    let held = held::back(&runs, global, now())?;
    let value = json!({ "stops": stopped(&runs)?, "held_back": held });
    Ok(material("What is stopped, and what else holds new work back", value))
}

fn reviews(global: &Global) -> Result<Answer, Stop> {
    let Some(runs) = Runs::open(global)? else {
        return Ok(Answer::Own("Nothing waits for a person.".to_owned()));
    };
    let (open, damaged) = review::waiting(&runs)?;
    let line = |open: &review::Open| {
        let request = Request::of(open.run, &open.review);
        json!({
            "case": request.case, "number": request.number, "about": request.about,
            "question": request.question, "by": request.by, "due": request.due,
        })
    };
    let requests: Vec<Value> = open.iter().map(line).collect();
    let unread: Vec<String> = damaged.iter().map(|stop| format!("{:#}", stop.what)).collect();
    let value = json!({ "requests": requests, "cases_that_cannot_be_read": unread });
    Ok(material("Requests that wait for a person, the one that is due first at the top", value))
}

/// One request with everything it rests on, and the answers from which a person chooses.
fn prepared(global: &Global, case: &str, number: Option<u32>) -> Result<Answer, Stop> {
    let runs = Runs::existing(global)?;
    let open = review::find(&runs, &OneReview { run: case.to_owned(), number })?;
    if open.review.state != evidence::ReviewState::Open {
        return Err(Stop::usage("that request is answered already")
            .help("`list_reviews` names the open ones"));
    }
    let story = open.view.timeline.iter().filter(|line| !line.detail);
    let zone = open.zone.as_deref();
    let told =
        |line: &evidence::Line| format!("{} {}", evidence::words::when(line.at, zone), line.text);
    let value = json!({
        "request": Request::of(open.run, &open.review),
        "story": story.map(told).collect::<Vec<_>>(),
        "a_person_may_answer": evidence::why::answers(open.run, &open.review),
    });
    let about = format!("A request that only a person of the role `{}` decides", open.review.by);
    Ok(material(about, value))
}

/// Each workflow that is fit to run, with its purpose.
pub fn workflows(global: &Global) -> Result<Vec<(String, String)>, Stop> {
    let plans = plan::check_all(&Workspace::open(global)?.files).plans;
    let each = plans.values().map(|plan| {
        let workflow = plan.workflow();
        (workflow.name.to_string(), workflow.purpose.to_string())
    });
    Ok(each.collect())
}

/// A workflow in plain sentences; nothing where none of that name is fit to run.
pub fn workflow(global: &Global, name: &str) -> Result<Option<Answer>, Stop> {
    let plans = plan::check_all(&Workspace::open(global)?.files).plans;
    let found = plans.values().find(|plan| plan.workflow().name.as_str() == name);
    Ok(found.map(|plan| Answer::Own(plan::show::sentences(plan))))
}

/// The value with its long texts cut.
fn cut(value: Value) -> Value {
    match value {
        Value::String(text) if text.chars().count() > TEXT_MAX => {
            let start: String = text.chars().take(TEXT_MAX).collect();
            let more = text.chars().count() - TEXT_MAX;
            Value::String(format!("{start}… [{more} more characters, which the records hold]"))
        }
        Value::Array(items) => Value::Array(items.into_iter().map(cut).collect()),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (name, cut(value))).collect())
        }
        other => other,
    }
}
