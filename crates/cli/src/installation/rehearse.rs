//! A rehearsal over the HTTP interface: the same as in a terminal, within less time. It must not
//! keep anything of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use engine::rehearsal::{self, Broken, Choice, HOW, PointKind, Then};
use evidence::{RunView, words};
use plan::ids::{PersonId, StepId};
use server::{
    Case, Chosen, Explained, Field, No, Offer, Open, Point, PointAbout, Rehearsed,
    Rehearsing as Wish, Seen, Took, Why,
};

use super::{Inner, fields, no, workshop};
use crate::commands::why;
use crate::rehearsing::{self, Reach, Rehearsing};
use crate::trial;
use crate::workspace::Workspace;

/// How long one request may take.
const TIME: Duration = Duration::from_secs(10);
/// How many problems of a map are told.
const PROBLEMS_TOLD: usize = 5;

/// Takes a case through choices, on the map as it was sent.
pub fn rehearse(inner: &Inner, wish: Wish) -> Result<Rehearsed, No> {
    let Wish { draft, case, choices } = wish;
    let path = draft.path.clone();
    let (files, _, _) = workshop::drafted(inner, draft)?;
    let problems = |found: plan::Problems| {
        let told: Vec<String> = found.iter().take(PROBLEMS_TOLD).map(ToString::to_string).collect();
        No::new(Why::Invalid, format!("the map has {} problems: {}", found.len(), told.join("; ")))
            .help("mend them first; the map is drawn with all of them")
    };
    let plan = Arc::new(plan::check(&files, path.as_str()).map_err(problems)?);
    let places = plan::places(&files).map_err(problems)?;
    let root = Workspace::open(&inner.global).map_err(no)?.root;
    let folder = trial::folder(&root, plan.workflow().name.as_str());
    // Kept cases that cannot be read are no reason to rehearse nothing: they only lend answers.
    let trials = match trial::has_cases(&folder) {
        true => trial::read(&folder).unwrap_or_default(),
        false => BTreeMap::new(),
    };
    let ready =
        Rehearsing::new(&root, &places, &plan, &trials, (Reach::Shown, TIME)).map_err(no)?;
    let case = match case {
        Some(case) => fields(plan.workflow(), case)?,
        None => ready.rehearsal.plainest_case(),
    };
    let choices = choices.into_iter().enumerate().map(|(n, one)| choice(n, one));
    let choices = choices.collect::<Result<Vec<Choice>, No>>()?;
    let rehearsed = ready.rehearse(&case, &choices, Then::Stop).map_err(refused)?;
    told(&rehearsed)
}

fn choice(n: usize, chosen: Chosen) -> Result<Choice, No> {
    let wrong = |what: String| No::new(Why::Invalid, format!("`choices[{n}]`: {what}"));
    let Chosen { take, value, who, at } = chosen;
    let who =
        who.as_deref().map(PersonId::new).transpose().map_err(|error| wrong(error.to_string()))?;
    let at =
        at.as_deref().map(StepId::new).transpose().map_err(|error| wrong(error.to_string()))?;
    Ok(Choice { take, value, who, at })
}

fn refused(broken: Broken) -> No {
    match broken {
        Broken::Choice { n, what, fix } => {
            No::new(Why::Invalid, format!("`choices[{n}]`: {what}")).help(fix)
        }
        other => no(rehearsing::stop(other)),
    }
}

fn told(rehearsed: &rehearsal::Rehearsed) -> Result<Rehearsed, No> {
    let view = rehearsing::view(rehearsed).map_err(no)?;
    Ok(Rehearsed {
        case: Case::of(&seen(view, rehearsed)),
        over: rehearsed.is_over(),
        open: rehearsed.open.iter().map(point).collect(),
        taken: rehearsed.taken.iter().map(taken).collect(),
        elapsed_ms: rehearsed.now.0.saturating_sub(rehearsed.began.0),
        people_ms: rehearsed.people_ms,
        tokens: rehearsed.used.tokens(),
        cost_nanos: rehearsed.used.cost_nanos,
        how: HOW.to_owned(),
    })
}

/// A rehearsed case as any case is seen, but that nobody decides it and no command is about it.
fn seen(view: RunView, rehearsed: &rehearsal::Rehearsed) -> Seen {
    let why_not = Some("it is a rehearsal: nobody is asked".to_owned());
    let open = view.open_reviews().cloned().map(|review| Open {
        run: view.run,
        workflow: view.workflow.clone(),
        title: view.title(),
        review,
        act: None,
        why_not: why_not.clone(),
    });
    let open = open.collect();
    let explanation = evidence::why(&view, rehearsed.now, None);
    let cause = explanation.cause.as_ref().map(why::lines).unwrap_or_default();
    let why = Explained { next: Vec::new(), ..Explained::of(&explanation, cause) };
    Seen { view, open, why }
}

fn taken(taken: &rehearsal::Taken) -> Took {
    let Choice { take, value, who, at } = taken.choice.clone();
    let (who, at) = (who.map(|who| who.to_string()), at.map(|at| at.to_string()));
    Took {
        step: taken.step.to_string(),
        says: taken.says.clone(),
        took: taken.took.clone(),
        choice: Chosen { take, value, who, at },
    }
}

fn point(point: &rehearsal::Point) -> Point {
    let field = |field: &rehearsal::Field| Field {
        field: field.field.clone(),
        question: field.question.clone(),
        candidates: field.candidates.clone(),
    };
    let offer = |offer: &rehearsal::Offer| Offer {
        take: offer.take.clone(),
        says: offer.says.clone(),
        value: offer.value.clone(),
        fault: offer.fault,
    };
    Point {
        case: point.run.to_string(),
        step: point.step.to_string(),
        visit: point.visit,
        about: match point.kind {
            PointKind::Copy => PointAbout::Copy,
            PointKind::Model => PointAbout::Model,
            PointKind::Tool => PointAbout::Tool,
            PointKind::Person => PointAbout::Person,
            PointKind::Time => PointAbout::Time,
        },
        by: point.by.clone(),
        says: point.says.clone(),
        fields: point.fields.iter().map(field).collect(),
        given: point.given.clone(),
        form: point.shape.clone(),
        may: point.may.iter().map(ToString::to_string).collect(),
        effect: point.effect,
        offers: point.offers.iter().map(offer).collect(),
        tokens: point.estimate.tokens(),
        cost_nanos: point.estimate.cost_nanos,
        most_cost_nanos: point.at_most.cost_nanos,
        until: point.until.map(words::stamp),
    }
}
