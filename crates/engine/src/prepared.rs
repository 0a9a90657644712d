//! What every call of a step has in common, made once per release: instructions, tool definitions
//! and the shape of the answer, byte-equal from call to call so that vendors' caches stay warm.
//! Also which child runs a run's records ask for.

use std::collections::BTreeMap;
use std::sync::Arc;

use journal::{AnswerShape, At, Label, Labels, RunId, Source, Starter, ToolDef};
use plan::Plan;
use plan::ids::StepId;
use plan::workflow::{AgentStep, Does, Work};
use serde_json::{Map, Value};

use crate::control::Control;
use crate::env::Env;

/// What a model is told that gets words in place of personal data.
const HIDDEN: &str = "A word such as `email_0123456789` or `name_0123456789` stands for a value \
                      that is kept from you. Use the word as it is wherever the value belongs.";

/// Per step of a release.
#[derive(Debug, Default)]
pub struct Prepared {
    steps: BTreeMap<StepId, PreparedStep>,
}

/// What one agent step's calls have in common.
#[derive(Debug)]
pub struct PreparedStep {
    pub instructions: Arc<str>,
    /// The same for a model that is not told personal data.
    pub veiled: Arc<str>,
    pub tools: Arc<[ToolDef]>,
    pub tools_bytes: usize,
    pub answer: AnswerShape,
}

impl Prepared {
    pub(crate) fn new(plan: &Plan) -> Self {
        let mut steps = BTreeMap::new();
        for step in &plan.workflow().steps {
            if let Does::Agent(agent) = &step.does {
                steps.insert(step.id.clone(), prepare(plan, agent));
            }
        }
        Self { steps }
    }

    /// The step, if it is an agent's.
    #[must_use]
    pub fn step(&self, id: &StepId) -> Option<&PreparedStep> {
        self.steps.get(id)
    }
}

fn prepare(plan: &Plan, agent: &AgentStep) -> PreparedStep {
    let texts: Vec<&str> = agent.instructions.iter().map(|i| i.text.trim()).collect();
    let instructions: Arc<str> = texts.join("\n\n").into();
    let veiled = texts.iter().copied().chain([HIDDEN]).collect::<Vec<_>>().join("\n\n").into();
    let (tools, answer): (Vec<ToolDef>, AnswerShape) = match &agent.work {
        Work::Copy { .. } => (Vec::new(), AnswerShape::Text),
        Work::Answer { schema, tools, may_raise, .. } => {
            let defs = tools.iter().filter_map(|name| {
                let tool = plan.workflow().tools.get(name)?;
                Some(ToolDef {
                    tool: name.clone(),
                    description: tool.description.clone(),
                    input: tool.input.clone(),
                })
            });
            let names = plan.workflow().named_exceptions().map(|(_, e)| e.what.as_str());
            let raising = may_raise.then(|| plan::types::with_exceptions(schema, names)).flatten();
            let schema = raising.unwrap_or_else(|| schema.clone());
            (defs.collect(), AnswerShape::Json(Arc::new(schema)))
        }
    };
    let mut tools_bytes: usize =
        tools.iter().map(|t| t.description.len() + t.input.to_string().len()).sum();
    if let AnswerShape::Json(schema) = &answer {
        tools_bytes += schema.to_string().len();
    }
    PreparedStep { instructions, veiled, tools: tools.into(), tools_bytes, answer }
}

/// A child run that a run's records ask for. Opening one twice opens it once: its id is a function
/// of its parent and place.
#[derive(Debug)]
pub struct ChildRun {
    pub run: RunId,
    pub plan: Arc<Plan>,
    pub case: Vec<u8>,
    pub labels: Labels,
    pub starter: Starter,
    pub mode: journal::Mode,
}

/// The child runs that are started and not over: all of them after a claim, or only those that one
/// frame has just started.
#[must_use]
pub fn children(
    plan: &Plan,
    control: &Control,
    env: &Env,
    only: Option<&journal::Frame>,
) -> Vec<ChildRun> {
    let mut runs = Vec::new();
    let Some(opening) = control.opening() else { return runs };
    let (root, mut above) = match &opening.starter {
        Starter::Parent { root, above, .. } => (*root, above.clone()),
        Starter::Person(_) | Starter::Trigger { .. } => (control.run(), Vec::new()),
    };
    let (by, trigger) = (opening.starter.person().cloned(), opening.starter.is_trigger());
    above.push((control.run(), plan.workflow().name.clone()));
    for (at, visit) in &control.live {
        let Some(step) = plan.step(&at.step) else { continue };
        let name = match &step.does {
            Does::Each(each) => &each.workflow,
            Does::Workflow(call) => &call.workflow,
            _ => continue,
        };
        let Some(child) = plan.child(name) else { continue };
        let fresh = |item: u32| only.is_none_or(|frame| starts(frame, at, item));
        for (item, again) in visit.children.open.iter().filter(|(item, _)| fresh(**item)) {
            let Some((case, labels)) = case(plan, control, env, at, *item) else { continue };
            let (run, above, by) = (control.run(), above.clone(), by.clone());
            runs.push(ChildRun {
                run: run.child(at, *item, *again),
                plan: child.clone(),
                case,
                labels,
                starter: Starter::Parent {
                    run,
                    at: at.clone(),
                    item: *item,
                    root,
                    above,
                    suspected: control.suspected,
                    by,
                    trigger,
                },
                mode: opening.mode,
            });
        }
    }
    runs
}

fn starts(frame: &journal::Frame, place: &At, item: u32) -> bool {
    frame.records.iter().any(|record| match record {
        journal::Record::ItemsStarted { at, from, to } => {
            at == place && (*from..*to).contains(&item)
        }
        journal::Record::ItemsAgain { at, items, .. } => at == place && items.contains(&item),
        _ => false,
    })
}

fn case(
    plan: &Plan,
    control: &Control,
    env: &Env,
    at: &At,
    item: u32,
) -> Option<(Vec<u8>, Labels)> {
    let root = |name: &str| env.get(control.root(name)?);
    match &plan.step(&at.step)?.does {
        Does::Each(each) => {
            let loaded = root(each.list.root())?;
            let list = each.list.below(loaded.value()?)?.as_array()?;
            let value = list.get(usize::try_from(item).ok()?)?;
            let label = loaded.labels().at(&each.list.pointer());
            Some((value.to_string().into_bytes(), Labels::all(label)))
        }
        Does::Workflow(call) => {
            let mut fields = Map::new();
            let mut labels = Labels::all(Label::from(Source::Plan));
            for (name, arg) in &call.with {
                let value = match arg {
                    plan::workflow::Arg::Literal(value) => value.clone(),
                    plan::workflow::Arg::Path(path) => {
                        let loaded = root(path.root())?;
                        let label = loaded.labels().at(&path.pointer());
                        labels.leaves.insert(format!("/{name}"), label);
                        path.below(loaded.value()?).cloned().unwrap_or(Value::Null)
                    }
                };
                fields.insert(name.clone(), value);
            }
            Some((Value::Object(fields).to_string().into_bytes(), labels))
        }
        _ => None,
    }
}
