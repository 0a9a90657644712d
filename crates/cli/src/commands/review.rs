//! `review`: the requests that wait for people, listed and shown with everything they rest on.

use evidence::{ReviewView, RunView, words};
use journal::{Millis, RunId, Status};
use plan::ids::PersonId;
use serde_json::{Value, json};

use crate::args::{Global, OneReview};
use crate::exit::{Ended, Exit, Stop};
use crate::screen::{Look, Screen};
use crate::stored::{Runs, now};

/// How many waiting runs are listed.
const LISTED: usize = 1_000;

/// One open request with its run.
pub struct Open {
    pub run: RunId,
    pub view: RunView,
    pub review: ReviewView,
    pub zone: Option<String>,
}

/// Every open request, the one that is due first at the top. A case whose entries are damaged is
/// named and hides no other.
pub fn open(screen: &Screen, runs: &Runs) -> Result<Vec<Open>, Stop> {
    let (all, damaged) = waiting(runs)?;
    damaged.iter().for_each(|stop| screen.stop(stop));
    Ok(all)
}

/// The same, with what is damaged beside it.
pub fn waiting(runs: &Runs) -> Result<(Vec<Open>, Vec<Stop>), Stop> {
    let (mut all, mut damaged) = (Vec::new(), Vec::new());
    // Those whose time is over first must not stand behind a thousand newer ones.
    let mut lines = runs.reader().waiting(LISTED)?;
    lines.extend(runs.standing(&[Status::Running, Status::Sleeping], LISTED)?);
    for line in lines {
        let view = match runs.view(line.run) {
            Ok(view) => view,
            Err(stop) if stop.is_damage() => {
                damaged.push(stop);
                continue;
            }
            Err(stop) => return Err(stop),
        };
        let zone = runs.zone(&view);
        let reviews: Vec<ReviewView> = view.open_reviews().cloned().collect();
        all.extend(reviews.into_iter().map(|review| Open {
            run: line.run,
            view: view.clone(),
            review,
            zone: zone.clone(),
        }));
    }
    all.sort_by_key(|open| open.review.due);
    Ok((all, damaged))
}

/// Lists them.
pub fn list(screen: &Screen, global: &Global, alike: bool) -> Ended {
    let Some(runs) = Runs::open(global)? else {
        screen.line("nothing waits for a person");
        return Ok(Exit::Done);
    };
    let now = now();
    let all = open(screen, &runs)?;
    if alike {
        return groups(screen, &all, now);
    }
    for open in &all {
        screen.object("request", json!({ "run": open.run, "request": &open.review }))?;
        screen.line(line(screen, open, now));
    }
    if all.is_empty() {
        screen.line("nothing waits for a person");
    }
    Ok(Exit::Done)
}

/// What asks the same in the same place, so that one person may take them one after the other and
/// keep in mind what they look for. Each is still answered by itself.
fn groups(screen: &Screen, all: &[Open], now: Millis) -> Ended {
    let mut groups: Vec<(&Open, usize)> = Vec::new();
    for open in all {
        let same = |(other, _): &&mut (&Open, usize)| {
            other.view.workflow == open.view.workflow
                && other.review.at.step == open.review.at.step
                && other.review.question == open.review.question
                && other.review.by == open.review.by
        };
        match groups.iter_mut().find(same) {
            Some((_, count)) => *count += 1,
            // They come in the order in which they are due, so this one is due first.
            None => groups.push((open, 1)),
        }
    }
    for (first, count) in &groups {
        let workflow = first.view.workflow.as_ref().map(ToString::to_string);
        screen.object(
            "requests_alike",
            json!({ "workflow": workflow, "step": first.review.at.step, "by": first.review.by,
                "question": first.review.question, "count": count, "first": first.run,
                "due": first.review.due.0 }),
        )?;
        screen.line(format!("{count:>5}  {}", line(screen, first, now)));
    }
    if groups.is_empty() {
        screen.line("nothing waits for a person");
    }
    Ok(Exit::Done)
}

fn line(screen: &Screen, open: &Open, now: Millis) -> String {
    let Open { run, review, zone, .. } = open;
    let due = words::when(review.due, zone.as_deref());
    let due = match review.due < now {
        true => screen.word(Look::Bad, &format!("was due {due}")),
        false => format!("due {due}"),
    };
    let question = words::plain(&review.question);
    let mut marks = String::new();
    if let Some(claim) = review.claim.as_ref().filter(|claim| claim.until > now) {
        marks = format!(", taken by {}", claim.who);
    }
    if review.approvals > 1 {
        marks = format!("{marks}, {} of {} agreed", review.agreed.len(), review.approvals);
    }
    format!("{run} {}  {}, {due}{marks}: {question}", review.no.0, review.by)
}

/// The one request that is meant.
pub fn find(runs: &Runs, one: &OneReview) -> Result<Open, Stop> {
    let run = runs.find(&one.run)?;
    let view = runs.view(run)?;
    let zone = runs.zone(&view);
    let mut reviews: Vec<ReviewView> = match one.number {
        Some(n) => view.reviews.iter().filter(|review| review.no.0 == n).cloned().collect(),
        None => view.open_reviews().cloned().collect(),
    };
    match (reviews.pop(), reviews.is_empty()) {
        (Some(review), true) => Ok(Open { run, view, review, zone }),
        (Some(_), false) => Err(Stop::usage("more than one request of this run is open")
            .help(format!("add its number; `flightdeck why {run}` lists them"))),
        (None, _) => Err(Stop::usage(format!("the run {run} waits for nobody"))
            .help(format!("`flightdeck why {run}` says where it stands"))),
    }
}

/// Shows one, with every value it rests on.
pub fn show(screen: &Screen, global: &Global, one: &OneReview) -> Ended {
    let runs = Runs::existing(global)?;
    let open = find(&runs, one)?;
    screen.object("request", json!({ "run": open.run, "request": &open.review }))?;
    for text in told(screen, &open) {
        screen.line(text);
    }
    Ok(Exit::Done)
}

/// A request as lines: the question, what it rests on, what may be changed, how the case got here.
pub fn told(screen: &Screen, open: &Open) -> Vec<String> {
    let Open { run, view, review, zone } = open;
    let zone = zone.as_deref();
    let mut lines = vec![
        screen.word(Look::Strong, &words::plain(&review.question)),
        format!("run {run}, request {}, for {}", review.no.0, review.by),
        format!(
            "opened {}, due {}",
            words::when(review.opened, zone),
            words::when(review.due, zone)
        ),
        String::new(),
    ];
    for shown in &review.shows {
        lines.push(screen.word(Look::Strong, &shown.name));
        match &shown.value {
            Some(value) => lines.extend(values(value)),
            None => lines.push("  this content was erased".to_owned()),
        }
    }
    if review.approvals > 1 {
        let agreed: Vec<&str> = review.agreed.iter().map(PersonId::as_str).collect();
        let agreed = if agreed.is_empty() { "nobody".to_owned() } else { agreed.join(", ") };
        lines.push(format!("{} people must agree; so far {agreed}", review.approvals));
    }
    for shown in &review.proposed {
        let name = format!("{}, as it was changed; an approval agrees to that", shown.name);
        lines.push(screen.word(Look::Strong, &name));
        lines.extend(shown.value.as_ref().map(values).unwrap_or_default());
    }
    if let Some(claim) = &review.claim {
        let until = words::when(claim.until, zone);
        lines.push(format!("taken up by {}, until {until}", claim.who));
    }
    if !review.may_edit.is_empty() {
        let word = if review.form.is_some() { "answer" } else { "change" };
        lines.push(format!("you may {word}: {}", review.may_edit.join(", ")));
    }
    lines.push(String::new());
    let way = view.timeline.iter().filter(|line| !line.detail);
    lines.extend(way.map(|line| format!("{}  {}", words::when(line.at, zone), line.text)));
    lines
}

/// A value as indented lines: a field each, long texts as they are.
fn values(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) if words::value(value).contains(": ") => fields
            .iter()
            .filter(|(name, _)| !name.starts_with('$'))
            .flat_map(|(name, field)| match field {
                Value::String(text) if text.contains('\n') => {
                    let mut lines = vec![format!("  {}:", words::plain(name))];
                    lines.extend(quoted(text));
                    lines
                }
                _ => vec![format!("  {}: {}", words::plain(name), words::value(field))],
            })
            .collect(),
        Value::String(text) if text.contains('\n') => quoted(text),
        _ => vec![format!("  {}", words::value(value))],
    }
}

/// A document of outside, each line marked so that it cannot pass for one of ours.
fn quoted(text: &str) -> Vec<String> {
    words::plain_lines(text).lines().map(|line| format!("  │ {line}")).collect()
}
