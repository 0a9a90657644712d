//! A workflow's own settings, and its headings.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::codes;
use crate::expr::Path;
use crate::files::Spot;
use crate::ids::{ModelName, StepId, WorkflowName};
use crate::keys;
use crate::markdown;
use crate::problem::{Cx, Found};
use crate::types;
use crate::workflow::{Does, Exception, FORMAT, Policy, Start, Step, Work, Workflow};
use crate::yaml::{Kind, Node};

use super::about;
use super::scalars::Fields;
use super::steps::Steps;
use super::uses::{Place, Use, What};
use super::workspace::{WorkflowFile, Workspace, stem};

/// More steps than anyone can oversee. Some checks look at pairs of steps, so this bounds them.
const STEPS_MAX: usize = 400;

/// A workflow that was read, and what the checks need to know about where things stand.
pub(crate) struct Draft {
    pub(crate) workflow: Workflow,
    pub(crate) uses: Vec<Use>,
    pub(crate) spots: BTreeMap<String, Spot>,
    /// A part could not be read, so the flow is not known.
    pub(crate) holes: bool,
    pub(crate) top: Spot,
}

impl Draft {
    /// Where something stands; the step, or the top of the file, if nothing closer is known.
    pub(crate) fn spot(&self, name: &str) -> &Spot {
        let step = name.split('.').next().unwrap_or(name);
        self.spots.get(name).or_else(|| self.spots.get(step)).unwrap_or(&self.top)
    }
}

/// Reads workflows, each once, and those they call.
pub(crate) struct Reader<'c, 'f> {
    pub(crate) cx: &'c Cx<'f>,
    pub(crate) ws: &'c Workspace,
    pub(crate) policies: &'c [Policy],
    done: RefCell<BTreeMap<String, Option<Workflow>>>,
    /// Workflows that were read whole, with those they call, and have no problem.
    sound: RefCell<BTreeSet<String>>,
    open: RefCell<BTreeSet<String>>,
}

impl<'c, 'f> Reader<'c, 'f> {
    pub(crate) fn new(cx: &'c Cx<'f>, ws: &'c Workspace, policies: &'c [Policy]) -> Self {
        Self {
            cx,
            ws,
            policies,
            done: RefCell::default(),
            sound: RefCell::default(),
            open: RefCell::default(),
        }
    }

    /// A workflow by its name, checked. Nothing if it has problems that leave no workflow.
    pub(crate) fn workflow(&self, name: &str) -> Option<Workflow> {
        if let Some(done) = self.done.borrow().get(name) {
            return done.clone();
        }
        let file = self.ws.workflows.get(name)?;
        if !self.open.borrow_mut().insert(name.to_owned()) {
            let what = format!("the workflow `{name}` calls itself, directly or through others");
            let spot = Spot::top(&file.path);
            return self.cx.add(Found::new(&codes::WORKFLOW_CIRCLE, &spot, what));
        }
        let before = self.cx.count();
        let draft = self.draft(file);
        self.open.borrow_mut().remove(name);
        let workflow = draft.map(|mut draft| {
            crate::inspect::inspect(self.cx, self.ws, &mut draft);
            let mut sound = self.sound.borrow_mut();
            let called = draft.workflow.children.keys().all(|child| sound.contains(child.as_str()));
            if !draft.holes && called && self.cx.count() == before {
                sound.insert(name.to_owned());
            }
            draft.workflow.policies = self.policies.to_vec();
            draft.workflow
        });
        self.done.borrow_mut().insert(name.to_owned(), workflow.clone());
        workflow
    }

    /// Whether a workflow that was read can be sealed.
    pub(crate) fn is_sound(&self, name: &str) -> bool {
        self.sound.borrow().contains(name)
    }

    fn draft(&self, file: &WorkflowFile) -> Option<Draft> {
        let (cx, ws) = (self.cx, self.ws);
        let fields = cx.fields(file.node.as_ref()?, &keys::WORKFLOW)?;
        let call = |name: &WorkflowName| self.workflow(name.as_str());
        let mut steps = Steps {
            cx,
            ws,
            file: Arc::clone(&file.path),
            ids: BTreeMap::new(),
            giving: BTreeMap::new(),
            texts: BTreeMap::new(),
            failure_of_all: None,
            tables: BTreeMap::new(),
            broken_tables: BTreeSet::new(),
            agents: BTreeMap::new(),
            tools: BTreeMap::new(),
            refused: BTreeSet::new(),
            children: BTreeMap::new(),
            uses: Vec::new(),
            spots: BTreeMap::new(),
            steps: Vec::new(),
            holes: false,
            call: &call,
        };
        if let Some(node) = fields.get("steps") {
            steps.collect(node, None);
            if steps.ids.len() > STEPS_MAX {
                let what = format!("a workflow has at most {STEPS_MAX} steps");
                let found = Found::new(&codes::RANGE, &node.at, what);
                return cx.add(found.fix("make workflows of their own of some parts"));
            }
        }
        headings(cx, file, &mut steps);
        if let Some(node) = fields.get("tables") {
            (steps.tables, steps.broken_tables) = super::tables::read(cx, node);
        }
        if let Some(node) = fields.get("on_failure") {
            steps.failure_of_all = Some(steps.failure(node, None));
        }
        let first = fields.get("steps").and_then(|n| steps.list(n, None)).map(|(first, _)| first);
        finish(cx, ws, file, fields, steps, first)
    }
}

/// Gives each second-level heading's text to the step of its name.
fn headings(cx: &Cx<'_>, file: &WorkflowFile, steps: &mut Steps<'_, '_>) {
    for section in markdown::sections(&file.path, &file.body, file.body_at) {
        cx.looked(1);
        if cx.full() {
            return;
        }
        if !steps.ids.contains_key(section.title.as_str()) {
            let what = format!("the heading `{}` belongs to no step", section.title);
            let found = Found::new(&codes::HEADING, &section.at, what);
            let known = steps.ids.keys().map(StepId::as_str);
            cx.add::<()>(found.near(&section.title, known));
        } else if steps.texts.insert(section.title.clone(), section.text).is_some() {
            let what = format!("the heading `{}` stands here twice", section.title);
            cx.add::<()>(Found::new(&codes::HEADING, &section.at, what).fix("join the two"));
        }
    }
}

/// Reads what stands beside the steps and puts the whole together.
fn finish(
    cx: &Cx<'_>,
    ws: &Workspace,
    file: &WorkflowFile,
    fields: Fields<'_>,
    mut steps: Steps<'_, '_>,
    first: Option<StepId>,
) -> Option<Draft> {
    let about = about::read(cx, ws, fields)?;
    let once_per = once_per(&mut steps, fields);
    let exceptions = exceptions(&mut steps, fields);
    if exceptions.iter().any(|exception| exception.when.is_none()) {
        steps.steps.iter_mut().for_each(raising);
    }
    let output = fields.get("output").and_then(|n| steps.path(n, Place::Anywhere));
    spots(cx, fields, &mut steps.spots);
    super::seeds::noticed(cx, fields, &steps);
    let (today, open) = (super::today::today(&steps, fields), super::today::open(cx, fields));
    let people = &ws.settings.people;
    let servers = steps.tools.keys().filter_map(|tool| ws.servers.servers.get(tool.server()));
    let mut secrets: BTreeSet<String> = servers.flat_map(super::servers::Server::secrets).collect();
    secrets.extend(about.starts.iter().flat_map(Start::secrets).cloned());
    // A workflow is only built when every part that the checks look at is there. What is still
    // missing was reported where it is missing.
    let workflow = Workflow {
        format: FORMAT,
        name: about.name.or_else(|| WorkflowName::new(&stem(&file.path)).ok())?,
        purpose: about.purpose,
        accountable: about.accountable,
        override_by: about.override_by,
        risk: about.risk,
        autonomy: about.autonomy,
        suspicion: about.suspicion,
        judge: about.judge.clone(),
        detects: ws.settings.privacy.detect,
        case: about.case,
        starts: about.starts,
        seeds: about.seeds,
        once_per,
        limits: about.limits,
        models: steps
            .agents
            .values()
            .flat_map(|agent| &agent.models)
            .chain(checkers(&steps.steps))
            .chain(about.judge.as_ref().filter(|_| !steps.agents.is_empty()))
            .filter_map(|m| Some((m.clone(), ws.settings.models.get(m)?.clone())))
            .collect(),
        steps: steps.steps,
        first: first?,
        exceptions,
        output,
        tables: steps.tables,
        agents: steps.agents,
        tools: steps.tools,
        people: people.people.clone(),
        roles: people.roles.clone(),
        attention: people.attention.clone(),
        hours: people.hours.clone().unwrap_or_else(about::no_hours),
        policies: Vec::new(),
        children: steps.children,
        baseline: about.baseline,
        today,
        open,
        secrets: secrets.into_iter().collect(),
    };
    let top = Spot::top(&file.path);
    let (uses, spots, holes) = (steps.uses, steps.spots, steps.holes);
    Some(Draft { workflow, uses, spots, holes, top })
}

/// Where the settings stand that the checks speak of.
fn spots(cx: &Cx<'_>, fields: Fields<'_>, spots: &mut BTreeMap<String, Spot>) {
    for key in ["workflow", "risk", "autonomy", "accountable", "override", "exceptions", "limits"] {
        if let Some(node) = fields.get(key) {
            spots.insert(format!("top {key}"), node.at.clone());
        }
    }
    for (n, node) in fields.get("starts").map(|n| cx.some(n)).into_iter().flatten().enumerate() {
        spots.insert(format!("start {n}"), node.at.clone());
    }
}

fn once_per(steps: &mut Steps<'_, '_>, fields: Fields<'_>) -> Vec<Vec<Path>> {
    let Some(items) = fields.get("once_per").and_then(|n| steps.cx.list(n)) else {
        return Vec::new();
    };
    if items.iter().any(|item| matches!(item.kind, Kind::List(_))) {
        let sets = items.iter().filter_map(|set| steps.cx.list(set));
        let sets: Vec<&[Node]> = sets.collect();
        return sets.into_iter().map(|set| one_set(steps, set)).collect();
    }
    vec![one_set(steps, items)]
}

/// A set of values: paths, or plain names of fields that one step gives.
fn one_set(steps: &mut Steps<'_, '_>, nodes: &[Node]) -> Vec<Path> {
    let mut set = Vec::new();
    for node in nodes {
        let Some(text) = steps.cx.word(node, "a path or the name of a field") else { continue };
        let step = match steps.giving.get(text).map(Vec::as_slice) {
            Some([step]) if !text.contains('.') => Some(step.clone()),
            _ => None,
        };
        match step.and_then(|step| Path::parse(&format!("{step}.{text}")).ok()) {
            Some(path) => {
                let what = What::Path(path.clone());
                let spot = node.at.clone();
                steps.uses.push(Use { what, spot, place: Place::Anywhere });
                set.push(path);
            }
            None => set.extend(steps.path(node, Place::Anywhere)),
        }
    }
    set
}

/// The models that look at answers of others.
fn checkers(steps: &[Step]) -> impl Iterator<Item = &ModelName> {
    steps.iter().filter_map(|step| match &step.does {
        Does::Agent(agent) => agent.sure.checker.as_ref(),
        _ => None,
    })
}

/// Lets an agent's answer name exceptions, if it has room for that.
fn raising(step: &mut Step) {
    if let Does::Agent(agent) = &mut step.does
        && let Work::Answer { schema, may_raise, .. } = &mut agent.work
    {
        *may_raise = types::with_exceptions(schema, []).is_some();
    }
}

fn exceptions(steps: &mut Steps<'_, '_>, fields: Fields<'_>) -> Vec<Exception> {
    let cx = steps.cx;
    let Some(node) = fields.get("exceptions") else { return Vec::new() };
    let items = cx.list(node).unwrap_or_default();
    if items.is_empty() && matches!(node.kind, Kind::List(_)) {
        let what = "no exceptions are named";
        cx.add::<()>(Found::new(&codes::NO_EXCEPTIONS, &node.at, what));
    }
    let mut all = Vec::new();
    for item in items {
        let Some(keys) = cx.fields(item, &keys::EXCEPTION) else { continue };
        let what = keys.get("what").and_then(|n| cx.text(n));
        let when = keys.get("when").map(|n| steps.condition(n, Place::Anywhere));
        let go = keys.get("go").and_then(|n| steps.step(n, None));
        match (what, when, go) {
            (Some(what), None, Some(go)) => {
                steps.spots.insert(format!("exception {}", all.len()), item.at.clone());
                all.push(Exception { what, when: None, go });
            }
            (Some(what), Some(Some(when)), Some(go)) => {
                all.push(Exception { what, when: Some(when), go });
            }
            _ => steps.holes = true,
        }
    }
    all
}
