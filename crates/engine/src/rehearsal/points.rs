//! Where a rehearsal stops: everything that something outside has to say before the case goes on,
//! and what may be chosen for it. It must not choose.

use journal::{
    About, ActNo, AnswerShape, Aside, Millis, ModelAsk, Order, Payload, ReviewNo, RunId, ToolAsk,
    Usage, What,
};
use plan::ids::{PersonId, StepId};
use plan::workflow::{Does, Work as Task};
use serde::Serialize;
use serde_json::{Value, json};

use super::stage::Held;
use super::{Play, answers, figures, offers};
use crate::control::{Act, Review, Slot};

/// What is to be said, and by whom.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// The run that waits for it: the case, or one that it started.
    pub run: RunId,
    pub step: StepId,
    pub visit: u32,
    pub kind: PointKind,
    /// The model, the tool or the role; nothing for a time.
    pub by: String,
    /// What is wanted, in a sentence.
    pub says: String,
    /// Fields that a model is asked about, each with its candidates.
    pub fields: Vec<Field>,
    /// What a tool is called with.
    pub given: Option<Value>,
    /// The JSON Schema of the answer, where it has one.
    pub shape: Option<Value>,
    /// The people who may answer.
    pub may: Vec<PersonId>,
    /// The tool does something to the world.
    pub effect: bool,
    /// What can be taken; the first is what is taken by itself.
    pub offers: Vec<Offer>,
    /// What the call would use if the first offer is taken, and the most it could.
    pub estimate: Usage,
    pub at_most: Usage,
    /// When its time is over, or comes.
    pub until: Option<Millis>,
    /// What is called or asked, as its record names it; nothing of people and times.
    #[serde(skip)]
    pub what: Option<What>,
    #[serde(skip)]
    pub(super) of: Of,
}

/// What has to say something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PointKind {
    /// A model, which of numbered candidates a field's value is.
    Copy,
    Model,
    Tool,
    Person,
    /// The clock.
    Time,
}

/// A field and the values that stand in the document for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    pub field: String,
    pub question: String,
    /// The best named first; a choice names one by its number, from 0, or none by `null`.
    pub candidates: Vec<Candidate>,
}

/// A text of the document.
pub type Candidate = String;

/// One thing that can be taken.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Offer {
    /// The word by which it is taken.
    pub take: String,
    pub says: String,
    /// The value that goes with it where none is given; nothing where it takes none.
    pub value: Option<Value>,
    /// Something goes wrong.
    pub fault: bool,
}

/// What a point is about, as the run knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Of {
    Acts(Vec<ActNo>),
    Review(ReviewNo),
    Time,
}

impl Play<'_> {
    /// Everything that is open, in the order in which it came up.
    pub(super) fn points(&self) -> Vec<Point> {
        let mut all: Vec<Point> = Vec::new();
        for permit in &self.stage.permits {
            let Some(held) = self.stage.runs.get(&permit.run()) else { continue };
            let Some(act) = held.control.acts.get(&permit.act()) else { continue };
            let point = match permit.payload() {
                Payload::Model(ask) => self.of_model(held, (permit.act(), act), ask),
                Payload::Tool(ask) => self.of_tool(held, (permit.act(), act), ask),
                Payload::Notify(_) => continue,
            };
            // A field is asked about twice, and all fields of a step at once.
            let together = |other: &&mut Point| {
                let copies = (PointKind::Copy, PointKind::Copy);
                (other.run, &other.step) == (point.run, &point.step)
                    && (other.kind, point.kind) == copies
            };
            match all.iter_mut().find(together) {
                Some(other) => other.join(point),
                None => all.push(point),
            }
        }
        for run in &self.stage.opened {
            let Some(held) = self.stage.runs.get(run) else { continue };
            let reviews = held.control.reviews.iter();
            all.extend(reviews.map(|(no, review)| self.of_person(held, *no, review)));
        }
        if all.is_empty() {
            all.extend(self.of_time());
        }
        all
    }

    fn of_model(&self, held: &Held, (no, act): (ActNo, &Act), ask: &ModelAsk) -> Point {
        let field = field(held, act, ask);
        let value = answers::of_model(&self.stage, held, act, ask);
        let (kind, value, says) = match &field {
            Some(field) => {
                let says =
                    format!("`{}` is asked which values of the document it copies", ask.model);
                (PointKind::Copy, json!({ field.field.clone(): 0 }), says)
            }
            None => (PointKind::Model, value, asked(act, ask)),
        };
        let shape = match &ask.answer {
            AnswerShape::Json(schema) => Some(schema.as_ref().clone()),
            AnswerShape::Text | AnswerShape::Choice(_) => None,
        };
        let model = held.engine.plan().workflow().models.get(&ask.model);
        let estimate = figures::of_model(ask, model, &value.to_string());
        Point {
            kind,
            by: ask.model.to_string(),
            says,
            fields: field.into_iter().collect(),
            shape,
            offers: offers::of_model(ask, value),
            estimate,
            at_most: act.reserve,
            what: Some(act.what.clone()),
            ..bare(held, &act.at.step, act.at.visit, Of::Acts(vec![no]))
        }
    }

    fn of_tool(&self, held: &Held, (no, act): (ActNo, &Act), ask: &ToolAsk) -> Point {
        let spec = held.engine.plan().workflow().tools.get(&ask.tool);
        let effect = spec.is_none_or(|tool| tool.effect != plan::workflow::Effect::Read);
        let value = answers::of_tool(&self.stage, self.at_hand, held, act, ask);
        let does = if effect { "would be called" } else { "is called" };
        Point {
            kind: PointKind::Tool,
            by: ask.tool.to_string(),
            says: format!("`{}` {does} {}", ask.tool, part(act.slot)),
            given: serde_json::from_slice(&ask.args).ok(),
            shape: self.at_hand.gives(&ask.tool),
            effect,
            offers: offers::of_tool(answers::work(&self.stage, held).may_ask(act), effect, value),
            estimate: Usage { active_ms: figures::TOOL_MS, ..Usage::default() },
            at_most: act.reserve,
            what: Some(act.what.clone()),
            ..bare(held, &act.at.step, act.at.visit, Of::Acts(vec![no]))
        }
    }

    fn of_person(&self, held: &Held, no: ReviewNo, review: &Review) -> Point {
        let work = answers::work(&self.stage, held);
        let workflow = held.engine.plan().workflow();
        let holders = workflow.roles.get(&review.by).into_iter().flatten();
        let may = holders
            .filter(|who| work.may_answer(who, review).is_ok() && !review.agreed.contains(who));
        let may: Vec<PersonId> = may.cloned().collect();
        let roles = workflow.roles.keys().filter(|role| **role != review.by);
        let others = roles.filter(|role| work.may_pass_to(review, role)).cloned().collect();
        let says = match &review.about {
            About::Step { .. } => match held.engine.plan().step(&review.at.step).map(|s| &s.does) {
                Some(Does::Review(step)) => step.question.clone(),
                _ => "a person decides".to_owned(),
            },
            About::Failure { code, .. } => {
                format!("the step failed ({}): what now?", offers::word(*code))
            }
            About::Act { rule, .. } => format!("may it do this? ({})", rule.0),
            About::InDoubt { .. } => "it is not known whether it happened: did it?".to_owned(),
            About::Question { .. } => "a tool asks something before it goes on".to_owned(),
        };
        Point {
            kind: PointKind::Person,
            by: review.by.to_string(),
            says,
            offers: offers::of_person(&work, held, review, &may, others),
            may,
            until: Some(review.due),
            ..bare(held, &review.at.step, review.at.visit, Of::Review(no))
        }
    }

    /// Nothing but time can go on.
    fn of_time(&self) -> Option<Point> {
        let until = self.stage.next_wake()?;
        let open = self.stage.opened.iter().filter(|run| self.stage.is_open(**run));
        let held = open.filter_map(|run| self.stage.runs.get(run)).find(|held| {
            let standing = crate::standing_of(&held.engine, &held.control, self.stage.now);
            standing.wake_at == Some(until)
        })?;
        let at = held.control.live.iter().find(|(_, visit)| visit.until == Some(until));
        let at = at.or_else(|| held.control.live.iter().next()).map(|(at, _)| at)?;
        Some(Point {
            says: "the case waits for a time".to_owned(),
            offers: vec![
                offers::plain("wait", "the time comes"),
                offers::fault("crash", "the program dies meanwhile and is started again"),
            ],
            until: Some(until),
            ..bare(held, &at.step, at.visit, Of::Time)
        })
    }
}

fn bare(held: &Held, step: &StepId, visit: u32, of: Of) -> Point {
    Point {
        run: held.control.run(),
        step: step.clone(),
        visit,
        kind: PointKind::Time,
        by: String::new(),
        says: String::new(),
        fields: Vec::new(),
        given: None,
        shape: None,
        may: Vec::new(),
        effect: false,
        offers: Vec::new(),
        estimate: Usage::default(),
        at_most: Usage::default(),
        until: None,
        what: None,
        of,
    }
}

impl Point {
    /// Takes the questions of another point of the same step up.
    fn join(&mut self, other: Self) {
        self.estimate = Usage {
            // They are asked at once.
            active_ms: self.estimate.active_ms.max(other.estimate.active_ms),
            ..self.estimate.plus(other.estimate)
        };
        self.at_most = self.at_most.plus(other.at_most);
        if let (Of::Acts(acts), Of::Acts(more)) = (&mut self.of, other.of) {
            acts.extend(more);
        }
        for field in other.fields {
            if self.fields.iter().all(|known| known.field != field.field) {
                if let Some(Value::Object(values)) =
                    self.offers.first_mut().and_then(|o| o.value.as_mut())
                {
                    values.insert(field.field.clone(), Value::from(0));
                }
                self.fields.push(field);
            }
        }
    }
}

/// The field that a question is about, if it is one of candidates.
fn field(held: &Held, act: &Act, ask: &ModelAsk) -> Option<Field> {
    let (Slot::Question(n, wording), AnswerShape::Choice(choice)) = (act.slot, &ask.answer) else {
        return None;
    };
    if Aside::of(wording).is_some() {
        return None;
    }
    let Does::Agent(agent) = &held.engine.plan().step(&act.at.step)?.does else { return None };
    let Task::Copy { fields, .. } = &agent.work else { return None };
    let field = fields.get(usize::from(n))?;
    let mut candidates = choice.options.clone();
    // The second wording turns their order round.
    if wording > 0 {
        candidates.reverse();
    }
    let question = choice.question.clone();
    Some(Field { field: field.name.to_string(), question, candidates })
}

fn asked(act: &Act, ask: &ModelAsk) -> String {
    let aside = match act.slot {
        Slot::Question(_, number) => Aside::of(number),
        _ => None,
    };
    let what = match aside {
        Some(Aside::Judge) => "whether the text speaks to the model",
        Some(Aside::Check) => "whether the answer is right",
        Some(Aside::Again(_)) => "for the same answer once more",
        None => "for an answer",
    };
    format!("`{}` is asked {what}", ask.model)
}

fn part(slot: Slot) -> &'static str {
    match slot {
        Slot::Confirm => "to see that it was done",
        Slot::Undo => "to take it back",
        Slot::ReadBack => "to find out whether it happened",
        Slot::Lookup(_) => "to look something up",
        Slot::Turn(..) => "by the agent",
        Slot::Main | Slot::Model | Slot::Question(..) | Slot::Notify => "by the step",
    }
}

/// The order that a word stands for, where a person steers and does not answer.
pub(super) fn steering(take: &str, who: PersonId, reason: String) -> Option<Order> {
    match take {
        "retry" => Some(Order::Retry { who }),
        "skip" => Some(Order::Skip { who, reason }),
        _ => None,
    }
}
