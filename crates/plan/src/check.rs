//! From the files of a workspace to a [`Plan`], or to every problem at once.

use std::collections::{BTreeMap, BTreeSet};

use crate::alerts::AlertRule;
use crate::codes;
use crate::files::{Files, Spot};
use crate::ids::{FieldName, ModelName, PersonId, RoleId, WorkflowName};
use crate::inspect::secrets;
use crate::lock::Lock;
use crate::policy::{self, Vocabulary};
use crate::problem::{Cx, Found, Problems};
use crate::read::access::Access;
use crate::read::exams::Exams;
use crate::read::notices::Told;
use crate::read::on_call::OnCall;
use crate::read::people::Absence;
use crate::read::releases::Releases;
use crate::read::secrets::SecretPlace;
use crate::read::servers::Server;
use crate::read::settings::{ModelPlace, Privacy, Retention};
use crate::read::vendors::Vendor;
use crate::read::workflow::Reader;
use crate::read::workspace::{self, Workspace, stem};
use crate::release::Plan;
use crate::statements;
use crate::value::Currency;
use crate::workflow::{Attention, Model, Person, Policy, Workflow, WorkingHours};

#[cfg(test)]
mod tests;

/// Checks one workflow, by its name or the path of its file, and all it needs.
pub fn check(files: &Files, workflow: &str) -> Result<Plan, Problems> {
    let beside = Beside::read(files);
    let cx = Cx::new(files);
    let ws = workspace::read(&cx);
    shared(&cx, &ws, &beside);
    let reader = Reader::new(&cx, &ws, &beside.policies);
    let read = match find(&ws, workflow) {
        Some(name) => reader.workflow(&name).filter(|_| reader.is_sound(&name)),
        None => {
            let what = format!("there is no workflow `{workflow}`");
            let found = Found::new(&codes::WORKFLOW_UNKNOWN, &Spot::top("workflows/"), what);
            cx.add(found.near(workflow, ws.workflows.keys()))
        }
    };
    if cx.count() > 0 {
        return Err(cx.problems());
    }
    match read.map(Plan::seal) {
        Some(Ok(plan)) => Ok(plan),
        Some(Err(error)) => {
            // Only a number in a schema that RFC 8785 cannot write gets here.
            let what = format!("the release cannot be stored: {error}");
            cx.add::<()>(Found::new(&codes::SCHEMA, &Spot::top(workflow), what));
            Err(cx.problems())
        }
        None => {
            // Every part that cannot be read reports why; if one did not, it is still no plan.
            let what = "a part of the workflow cannot be read";
            cx.add::<()>(Found::new(&codes::KIND, &Spot::top(workflow), what));
            Err(cx.problems())
        }
    }
}

/// The plans of all workflows without problems, and the problems of the others.
#[derive(Debug, Default)]
pub struct Checked {
    pub plans: BTreeMap<WorkflowName, Plan>,
    pub problems: Problems,
}

/// Checks every workflow. A workspace that has problems of its own has no plans.
#[must_use]
pub fn check_all(files: &Files) -> Checked {
    let beside = Beside::read(files);
    let cx = Cx::new(files);
    let ws = workspace::read(&cx);
    shared(&cx, &ws, &beside);
    let before = cx.count();
    let reader = Reader::new(&cx, &ws, &beside.policies);
    let mut sound = Vec::new();
    for name in ws.workflows.keys() {
        sound.extend(reader.workflow(name).filter(|_| reader.is_sound(name)));
    }
    let mut checked = Checked::default();
    if before == 0 {
        for workflow in sound {
            if let Ok(plan) = Plan::seal(workflow) {
                checked.plans.insert(plan.workflow().name.clone(), plan);
            }
        }
    }
    checked.problems = cx.problems();
    checked
}

/// What runs and the people who order them need to know and a release does not hold: where servers
/// and models are, and who works here.
#[derive(Debug)]
pub struct Places {
    pub organisation: String,
    pub people: BTreeMap<PersonId, Person>,
    pub roles: BTreeMap<RoleId, Vec<PersonId>>,
    pub hours: Option<WorkingHours>,
    /// Who is away when, and who stands in.
    pub away: Vec<Absence>,
    pub on_call: Vec<OnCall>,
    pub models: BTreeMap<ModelName, ModelPlace>,
    /// What is declared of each model, whether a workflow uses it or not.
    pub declared: BTreeMap<ModelName, Model>,
    pub default_model: Option<ModelName>,
    pub currency: Option<Currency>,
    pub retention: Retention,
    pub attention: BTreeMap<RoleId, Attention>,
    pub privacy: Privacy,
    pub releases: Releases,
    pub notices: BTreeMap<FieldName, Told>,
    pub access: Access,
    pub exams: Exams,
    /// Nothing where this workspace issues no credentials.
    pub issuing: Option<crate::Issuing>,
    pub alerts: Vec<AlertRule>,
    pub vendors: BTreeMap<String, Vendor>,
    pub secrets: BTreeMap<String, SecretPlace>,
    pub servers: BTreeMap<String, Server>,
    pub lock: Lock,
}

/// Reads where servers and models are.
pub fn places(files: &Files) -> Result<Places, Problems> {
    let cx = Cx::new(files);
    let ws = workspace::read(&cx);
    let problems = cx.problems();
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Places {
        organisation: ws.settings.organisation,
        people: ws.settings.people.people,
        roles: ws.settings.people.roles,
        hours: ws.settings.people.hours,
        away: ws.settings.people.away,
        on_call: ws.settings.people.on_call,
        models: ws.settings.places,
        declared: ws.settings.models,
        default_model: ws.settings.default_model,
        currency: ws.settings.currency,
        retention: ws.settings.retention,
        attention: ws.settings.people.attention,
        privacy: ws.settings.privacy,
        releases: ws.settings.releases,
        notices: ws.settings.notices,
        access: ws.settings.access,
        exams: ws.settings.exams,
        issuing: ws.settings.issuing,
        alerts: ws.settings.alerts.into_iter().map(|(rule, _)| rule).collect(),
        vendors: ws.settings.vendors,
        secrets: ws.settings.secrets,
        servers: ws.servers.servers,
        lock: ws.servers.lock,
    })
}

/// A workflow by its name, its file, or its file's stem.
fn find(ws: &Workspace, asked: &str) -> Option<String> {
    if ws.workflows.contains_key(asked) {
        return Some(asked.to_owned());
    }
    let file = |path: &str| path == asked || stem(path) == asked;
    ws.workflows.iter().find(|(_, one)| file(&one.path)).map(|(name, _)| name.clone())
}

/// What is known of all workflows together before any of them is checked.
struct Beside {
    policies: Vec<Policy>,
    problems: Vec<policy::PolicyProblem>,
    /// Every tag that something has; nothing where a map cannot be read, and its tags are missing.
    tags: Option<BTreeSet<FieldName>>,
}

/// Problems of files that all workflows share.
fn shared(cx: &Cx<'_>, ws: &Workspace, beside: &Beside) {
    secrets::check(cx);
    statements::read(cx, ws);
    for problem in &beside.problems {
        let Some((file, _)) = cx.files.entry(&problem.file) else { continue };
        let spot = Spot::new(file, problem.offset..problem.offset + 1);
        let found = Found::new(&codes::POLICY, &spot, problem.what.clone());
        cx.add::<()>(found.fix(problem.fix.clone()));
    }
    for (name, at) in &ws.settings.released {
        if !ws.workflows.contains_key(name.as_str()) {
            let known = ws.workflows.keys().map(String::as_str);
            let found = Found::new(&codes::WORKFLOW_UNKNOWN, at, format!("no workflow `{name}`"));
            cx.add::<()>(found.near(name.as_str(), known));
        }
    }
    for (rule, at) in &ws.settings.alerts {
        if !ws.workflows.contains_key(rule.of.as_str()) {
            let what = format!("there is no workflow `{}`", rule.of);
            let found = Found::new(&codes::WORKFLOW_UNKNOWN, at, what);
            cx.add::<()>(found.near(rule.of.as_str(), ws.workflows.keys()));
        }
    }
    // A slip of the pen would keep for ever what should be gone.
    let Some(tags) = &beside.tags else { return };
    for (tag, at) in ws.settings.tagged.iter().filter(|(tag, _)| !tags.contains(tag)) {
        let what = format!("nothing is tagged `{tag}`");
        let found = Found::new(&codes::TAG_UNKNOWN, at, what);
        cx.add::<()>(found.near(tag.as_str(), tags.iter().map(FieldName::as_str)));
    }
}

impl Beside {
    /// Policies may name the tools and roles of every workflow, so all are read first; their own
    /// problems are reported when they are checked.
    fn read(files: &Files) -> Self {
        let aside = Cx::new(files);
        let ws = workspace::read(&aside);
        let reader = Reader::new(&aside, &ws, &[]);
        let mut all: Vec<Workflow> =
            ws.workflows.keys().filter_map(|name| reader.workflow(name)).collect();
        let whole = all.len() == ws.workflows.len();
        let tags = whole.then(|| tags(&ws, &all));
        // A policy may also guard a tool that is approved and not used yet.
        let Some(first) = all.first_mut() else {
            return Self { policies: Vec::new(), problems: Vec::new(), tags };
        };
        for (name, pinned) in &ws.servers.lock.tools {
            if let Some(tool) = pinned.tool() {
                first.tools.entry(name.clone()).or_insert(tool);
            }
        }
        // With a tool that cannot be used, every policy about it would seem to be wrong.
        let unusable = ["FD-P012", "FD-P201", "FD-P501", "FD-P502", "FD-P503", "FD-P504"];
        let words = Vocabulary::of(&all);
        let texts: Vec<(&str, &str)> = files
            .within("policies/", ".cedar")
            .map(|(path, text)| (path.as_ref(), text.as_ref()))
            .collect();
        let (policies, problems) = policy::read(&texts, &words);
        let complete = !aside.problems().iter().any(|problem| unusable.contains(&problem.code.id));
        Self { policies, problems: if complete { problems } else { Vec::new() }, tags }
    }
}

/// The tags of every case, table and tool.
fn tags(ws: &Workspace, workflows: &[Workflow]) -> BTreeSet<FieldName> {
    let mut tags: BTreeSet<FieldName> = BTreeSet::new();
    for workflow in workflows {
        tags.extend(workflow.case.tags.iter().cloned());
        tags.extend(workflow.tables.values().flat_map(|table| &table.tags).cloned());
    }
    tags.extend(ws.servers.lock.tools.values().flat_map(|tool| &tool.tags).cloned());
    if ws.settings.privacy.detect {
        tags.extend(FieldName::new("personal"));
    }
    tags
}
