//! A rehearsal over the HTTP interface: the same as in a terminal, within less time. It must not
//! keep anything of it but the case that it is told to keep.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use engine::rehearsal::{self, Broken, Choice, HOW, PointKind, Then};
use evidence::again::PartedBy;
use evidence::{RunView, words};
use journal::RunId;
use plan::Plan;
use plan::ids::{FilePath, PersonId, StepId};
use serde_json::Value;
use server::{
    Case, Chosen, Draft, Explained, Field, GoneAgain, No, Offer, Open, Parting, PartingBy, Point,
    PointAbout, Rehearsed, Rehearsing as Wish, Seen, Took, Why,
};
use tokio::sync::OwnedSemaphorePermit;

use super::{Inner, case, fields, no, reading, workshop};
use crate::commands::why;
use crate::rehearsing::{self, Begun, Reach, Rehearsing, keep};
use crate::saving::{self, Ready};
use crate::stored::Runs;
use crate::trial;
use crate::workspace::Workspace;

/// How long one request may take.
const TIME: Duration = Duration::from_secs(10);
/// How many problems of a map are told.
const PROBLEMS_TOLD: usize = 5;

/// At most so many at once: each takes a processor for as long as it lasts.
pub const AT_ONCE: usize = 2;
/// How long one waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

impl Inner {
    /// Waits for a turn to rehearse. It is held until the work is done, whoever has gone meanwhile.
    pub async fn next_turn(&self) -> Result<OwnedSemaphorePermit, No> {
        let turn = self.rehearsals.clone().acquire_owned();
        match tokio::time::timeout(PATIENCE, turn).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) | Err(_) => Err(No::new(Why::Busy, "too many rehearsals at once")
                .help("wait for those that are under way, and send it again")),
        }
    }

    /// Keeps a rehearsal as a case, as whatever else is saved.
    pub async fn keep(
        self: Arc<Self>,
        who: PersonId,
        wish: Wish,
        name: String,
    ) -> Result<String, No> {
        let turn = self.next_turn().await?;
        let _one = self.saving.lock().await;
        let prepare = move |inner: &Self, _: &Runs| {
            let _turn = turn;
            kept(inner, wish, &name)
        };
        let (root, path, ready) = reading(self.clone(), prepare).await?;
        self.clone().put(who, path.clone(), ready, root).await?;
        Ok(path.to_string())
    }
}

/// A map that is ready to be rehearsed.
struct Stage {
    root: PathBuf,
    folder: PathBuf,
    plan: Arc<Plan>,
    ready: Rehearsing,
}

fn stage(inner: &Inner, draft: Draft) -> Result<Stage, No> {
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
    Ok(Stage { root, folder, plan, ready })
}

/// A rehearsal as it was sent: its case and its choices.
fn begun(
    stage: &Stage,
    case: Option<Value>,
    choices: Vec<Chosen>,
) -> Result<(Value, Vec<Choice>), No> {
    let case = match case {
        Some(case) => fields(stage.plan.workflow(), case)?,
        None => stage.ready.rehearsal.plainest_case(),
    };
    let choices = choices.into_iter().enumerate().map(|(n, one)| choice(n, one));
    Ok((case, choices.collect::<Result<Vec<Choice>, No>>()?))
}

/// Takes a case through choices, on the map as it was sent.
pub fn rehearse(inner: &Inner, wish: Wish) -> Result<Rehearsed, No> {
    let Wish { draft, case, choices } = wish;
    let stage = stage(inner, draft)?;
    let (case, choices) = begun(&stage, case, choices)?;
    told(&stage.ready.rehearse(&case, &choices, Then::Stop).map_err(refused)?)
}

/// Takes a stored case through what was said then, on the map as it was sent.
pub fn again(inner: &Inner, runs: &Runs, draft: Draft, run: RunId) -> Result<GoneAgain, No> {
    let was = case(runs, run)?;
    let stage = stage(inner, draft)?;
    let name = &stage.plan.workflow().name;
    if was.workflow.as_ref() != Some(name) {
        let what = format!("the case is none of `{name}`");
        return Err(No::new(Why::Invalid, what).help("go through it on the map of its own"));
    }
    let gone = rehearsing::again::again(runs, &stage.ready, &was).map_err(no)?;
    let apart = gone.apart.into_iter().map(|one| Parting {
        step: one.step.map(|step| step.to_string()),
        by: match one.by {
            PartedBy::Decision => PartingBy::Decision,
            PartedBy::Way => PartingBy::Way,
            PartedBy::Act => PartingBy::Act,
            PartedBy::Refusal => PartingBy::Refusal,
            PartedBy::Person => PartingBy::Person,
            PartedBy::End => PartingBy::End,
        },
        was: one.was,
        now: one.now,
    });
    let apart = apart.collect();
    Ok(GoneAgain { rehearsed: told(&gone.rehearsed)?, apart, ends: gone.ends })
}

/// A rehearsal as a kept case that is ready to take its place.
fn kept(inner: &Inner, wish: Wish, name: &str) -> Result<(PathBuf, FilePath, Ready), No> {
    let Wish { draft, case, choices } = wish;
    let stage = stage(inner, draft)?;
    keep::free(&stage.folder, name).map_err(no)?;
    let (case, choices) = begun(&stage, case, choices)?;
    let rehearsed = stage.ready.rehearse(&case, &choices, Then::Defaults).map_err(refused)?;
    let view = rehearsing::view(&rehearsed).map_err(no)?;
    let from = view.title().unwrap_or_else(|| "a case that was made up".to_owned());
    let begun = Begun { name: from, case, file: None };
    let text = keep::written(&stage.folder, &begun, &stage.plan, &view).map_err(no)?;
    let path = format!("cases/{}/{name}.yaml", stage.plan.workflow().name);
    let path = FilePath::new(&path).map_err(|error| No::new(Why::Invalid, error))?;
    let ready = saving::prepare_any(&stage.root, &path, &text, None)?;
    Ok((stage.root, path, ready))
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
