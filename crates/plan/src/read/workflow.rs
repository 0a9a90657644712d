//! A workflow's own settings, and its headings.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::codes;
use crate::expr::Path;
use crate::files::Spot;
use crate::ids::{FieldName, RoleId, StepId, WorkflowName};
use crate::keys;
use crate::markdown;
use crate::problem::{Cx, Found};
use crate::value::Currency;
use crate::workflow::{
    Autonomy, Baseline, CaseLimits, CaseSpec, DayLimits, Exception, FORMAT, From, Limits, Policy,
    Risk, Type, Workflow, WorkingHours,
};
use crate::yaml::{Kind, Node};

use super::scalars::Fields;
use super::steps::Steps;
use super::uses::{Place, Use, What};
use super::workspace::{Workspace, WorkflowFile, stem};

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
    /// What a tool that is read back answers, by tool.
    pub(crate) results: BTreeMap<String, Type>,
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
    pub(crate) fn new(
        cx: &'c Cx<'f>,
        ws: &'c Workspace,
        policies: &'c [Policy],
    ) -> Self {
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
    let people = &ws.settings.people;
    let name = fields.get("workflow").and_then(|n| cx.name(n, WorkflowName::new));
    let purpose = fields.get("purpose").and_then(|n| cx.text(n));
    let accountable = fields.get("accountable").and_then(|n| people.person(cx, n));
    let override_by = fields.get("override").and_then(|n| people.role(cx, n));
    let risk = fields.get("risk").and_then(|n| cx.choice(n, keys::RISKS)).map(risk);
    let autonomy =
        fields.get("autonomy").and_then(|n| cx.choice(n, keys::AUTONOMIES)).map(autonomy);
    let case = fields.get("case").and_then(|n| case(cx, n));
    starts(cx, fields);
    let once_per = once_per(&mut steps, fields);
    let limits = fields.get("limits").and_then(|n| limits(cx, n, ws.settings.currency));
    let exceptions = exceptions(&mut steps, fields);
    let output = fields.get("output").and_then(|n| steps.path(n, Place::Anywhere));
    let baseline = fields.get("baseline").and_then(|n| baseline(cx, n));
    for key in ["workflow", "risk", "autonomy", "accountable", "override", "exceptions", "limits"] {
        if let Some(node) = fields.get(key) {
            steps.spots.insert(format!("top {key}"), node.at.clone());
        }
    }
    let results = steps.tools.keys().map(|t| (t.to_string(), steps.result(t))).collect();
    let mut secrets: Vec<String> = steps
        .tools
        .keys()
        .filter_map(|tool| ws.servers.servers.get(tool.server()))
        .flat_map(super::servers::Server::secrets)
        .collect();
    secrets.sort();
    secrets.dedup();
    // A workflow is only built when every part that the checks look at is there. What is still
    // missing was reported where it is missing.
    let workflow = Workflow {
        format: FORMAT,
        name: name.or_else(|| WorkflowName::new(&stem(&file.path)).ok())?,
        purpose: purpose.unwrap_or_default(),
        accountable: accountable.or_else(|| people.people.keys().next().cloned())?,
        override_by: override_by.or_else(|| RoleId::new("nobody").ok())?,
        risk: risk.unwrap_or(Risk::Low),
        autonomy: autonomy.unwrap_or(Autonomy::Act),
        case: case?,
        once_per,
        limits: limits.or_else(|| unlimited(ws.settings.currency))?,
        models: steps
            .agents
            .values()
            .flat_map(|agent| &agent.models)
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
        hours: people.hours.clone().unwrap_or_else(no_hours),
        policies: Vec::new(),
        children: steps.children,
        baseline,
        secrets,
    };
    let top = Spot::top(&file.path);
    let (uses, spots, holes) = (steps.uses, steps.spots, steps.holes);
    Some(Draft { workflow, uses, spots, holes, top, results })
}

/// Stands in while the rest is checked; the missing limits were reported.
fn unlimited(currency: Option<Currency>) -> Option<Limits> {
    let case = CaseLimits { cost_nanos: 0, tokens: 0, active_ms: 0, days: 0, acts: 0 };
    let day = DayLimits { cost_nanos: 0, cases: 0, amount: None };
    Some(Limits { currency: currency.or_else(|| Currency::new("XXX").ok())?, case, day })
}

fn no_hours() -> WorkingHours {
    WorkingHours {
        days: Vec::new(),
        from_minute: 0,
        to_minute: 0,
        zone: String::new(),
        holidays: Vec::new(),
    }
}

fn risk(word: &str) -> Risk {
    match word {
        "low" => Risk::Low,
        "medium" => Risk::Medium,
        "high" => Risk::High,
        _ => Risk::Critical,
    }
}

fn autonomy(word: &str) -> Autonomy {
    match word {
        "suggest" => Autonomy::Suggest,
        "approve" => Autonomy::Approve,
        "act_with_undo" => Autonomy::ActWithUndo,
        _ => Autonomy::Act,
    }
}

fn case(cx: &Cx<'_>, node: &Node) -> Option<CaseSpec> {
    let fields = cx.fields(node, &keys::CASE)?;
    let one = fields.get("one").and_then(|n| cx.text(n));
    let from = fields.get("from").and_then(|n| cx.choice(n, keys::SOURCES));
    let kinds = match fields.get("fields") {
        Some(node) => cx.kinds(node),
        // A case is a text with a name unless the file says more.
        None => ["name", "text"]
            .into_iter()
            .map(|name| Some((FieldName::new(name).ok()?, Type::Text)))
            .collect(),
    };
    let tags = fields.get("tags").map(|n| cx.names(n)).unwrap_or_default();
    let from = if from? == "inside" { From::Inside } else { From::Outside };
    Some(CaseSpec { one: one?, from, fields: kinds?, tags })
}

/// What starts a case is not a part of a release; here only its form is checked.
fn starts(cx: &Cx<'_>, fields: Fields<'_>) {
    for node in fields.get("starts").and_then(|n| cx.list(n)).unwrap_or_default() {
        if let Some(start) = cx.fields(node, &keys::START) {
            for key in ["folder", "at"] {
                start.get(key).and_then(|n| cx.text(n));
            }
        }
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

fn limits(cx: &Cx<'_>, node: &Node, of: Option<Currency>) -> Option<Limits> {
    let fields = cx.fields(node, &keys::LIMITS)?;
    let case = fields.get("case").and_then(|n| cx.fields(n, &keys::CASE_LIMITS));
    let day = fields.get("day").and_then(|n| cx.fields(n, &keys::DAY_LIMITS));
    let nanos = |fields: Option<Fields<'_>>, key: &str| {
        fields.and_then(|f| f.get(key)).and_then(|n| cx.nanos(n, of, 9))
    };
    let whole = |fields: Option<Fields<'_>>, key: &str, most: u64, or: Option<u64>| {
        match fields.and_then(|f| f.get(key)) {
            Some(node) => cx.whole(node, 1, most),
            None => or,
        }
    };
    let case_cost = nanos(case, "cost");
    let tokens = whole(case, "tokens", 1_000_000_000, Some(200_000));
    let days = whole(case, "days", 3_650, Some(30)).and_then(|n| u32::try_from(n).ok());
    let acts = whole(case, "acts", 1_000_000, Some(200)).and_then(|n| u32::try_from(n).ok());
    let active_ms = match case.and_then(|f| f.get("active")) {
        Some(node) => cx.duration(node),
        None => Some(15 * 60_000),
    };
    let day_cost = nanos(day, "cost");
    let cases = whole(day, "cases", 1_000_000_000, None);
    let amount = match day.and_then(|f| f.get("amount")) {
        Some(node) => Some(cx.money(node)?),
        None => None,
    };
    Some(Limits {
        currency: of?,
        case: CaseLimits {
            cost_nanos: case_cost?,
            tokens: tokens?,
            active_ms: active_ms?,
            days: days?,
            acts: acts?,
        },
        day: DayLimits { cost_nanos: day_cost?, cases: cases?, amount },
    })
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
            (Some(what), None, Some(go)) => all.push(Exception { what, when: None, go }),
            (Some(what), Some(Some(when)), Some(go)) => {
                all.push(Exception { what, when: Some(when), go });
            }
            _ => steps.holes = true,
        }
    }
    all
}

fn baseline(cx: &Cx<'_>, node: &Node) -> Option<Baseline> {
    let fields = cx.fields(node, &keys::BASELINE)?;
    let minutes = fields.get("minutes").and_then(|n| cx.whole_u32(n, 1, 100_000));
    let cases = fields.get("cases_per_week").and_then(|n| cx.whole_u32(n, 1, 100_000_000));
    let money = |key: &str| fields.get(key).and_then(|n| cx.money(n));
    let (hourly_rate, error_cost) = (money("hourly_rate"), money("error_cost"));
    let errors_per_million = fields.get("error_rate").and_then(|n| percent(cx, n));
    Some(Baseline {
        minutes: minutes?,
        cases_per_week: cases?,
        hourly_rate,
        errors_per_million,
        error_cost,
    })
}

/// `2 %` or `0.5 %`, as parts of a million.
fn percent(cx: &Cx<'_>, node: &Node) -> Option<u32> {
    let text = cx.word(node, "a share such as `2 %`")?;
    let number = text.strip_suffix('%').map(str::trim_end);
    let parts = number.and_then(|n| crate::value::scaled(n, 4).ok());
    match parts.and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= 1_000_000) {
        Some(parts) => Some(parts),
        None => {
            let what = format!("`{text}` is no share");
            cx.add(Found::new(&codes::RANGE, &node.at, what).fix("write it like `2 %`"))
        }
    }
}
