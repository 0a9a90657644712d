//! A workflow as a map of another product, WorkflowOS, and what of it such a map cannot hold. The
//! way back from `import`: what both can say comes back as the same steps and ways. It must not
//! write a file, and it must not promise that anything there keeps to what the map says.

mod left;
mod nodes;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::import::{Came, Line, Of};
use crate::release::Plan;
use crate::workflow::{Autonomy, Does, LateEnd, Next, Step, Workflow};

/// The format of a bundle that the other product reads.
const FORMAT: &str = "1";
/// Where a case begins.
const BEGIN: &str = "case";

/// A workflow as a map, and what became of each part of it.
#[derive(Debug)]
pub struct Exported {
    /// `workflow.json`.
    pub map: Value,
    /// `manifest.json` of a bundle.
    pub manifest: Value,
    pub lines: Vec<Line>,
}

/// The map of a workflow. `at` is when it was made, as a time that machines read.
#[must_use]
pub fn export(plan: &Plan, at: &str) -> Exported {
    let workflow = plan.workflow();
    let mut sheet = Sheet::new(workflow);
    sheet.begin();
    for step in sheet.steps() {
        sheet.step(step);
    }
    sheet.artifacts();
    left::whole(&mut sheet);
    let release = plan.release().to_string();
    let map = json!({
        "id": format!("flightdeck_{}", workflow.name),
        "name": workflow.name,
        "objective": workflow.purpose,
        "description": crate::show::about(workflow).join(" "),
        "workflowType": "future_state",
        "version": "1.0.0",
        "createdAt": at,
        "updatedAt": at,
        "metadata": { "graphVersion": "1.0.0", "exportedAt": at, "runtimeSource": release },
        "environment": workflow.baseline.as_ref().map(|b| json!({
            "weeklyFrequency": b.cases_per_week,
        })),
        "nodes": sheet.nodes,
        "edges": sheet.edges,
    });
    let rungs: Vec<usize> = sheet.rungs.iter().map(|rung| level(*rung)).collect();
    let manifest = json!({
        "formatVersion": FORMAT,
        "title": workflow.name,
        "description": workflow.purpose,
        "author": workflow.people.get(&workflow.accountable).map(|person| &person.name),
        "createdAt": at,
        "version": "1.0.0",
        "tags": [],
        "workflowType": "future_state",
        // What is given away under which terms is decided by whoever gives it away.
        "license": "Personal",
        "autonomySummary": rungs.iter().sum::<usize>().checked_div(rungs.len()),
        "nodeCount": sheet.nodes.len(),
        "includesHooks": false,
        "includesPreview": false,
    });
    Exported { map: without_nulls(map), manifest: without_nulls(manifest), lines: sheet.lines }
}

/// A field that says nothing is left out.
fn without_nulls(mut value: Value) -> Value {
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    value
}

/// Its level of autonomy there: the same four rungs, from 0.
fn level(rung: Autonomy) -> usize {
    Autonomy::ALL.iter().position(|one| *one == rung).unwrap_or(0)
}

/// A map in the making.
struct Sheet<'w> {
    workflow: &'w Workflow,
    nodes: Vec<Value>,
    edges: Vec<Value>,
    lines: Vec<Line>,
    /// Steps that a case comes to by a way that such a map has.
    reached: BTreeSet<String>,
    /// Names of nodes that are given out.
    taken: BTreeSet<String>,
    /// By file: the node that makes it, and those that are given it.
    files: BTreeMap<String, BTreeSet<String>>,
    rungs: Vec<Autonomy>,
}

impl<'w> Sheet<'w> {
    fn new(workflow: &'w Workflow) -> Self {
        let mut taken: BTreeSet<String> =
            workflow.steps.iter().map(|step| step.id.to_string()).collect();
        taken.insert(BEGIN.to_owned());
        Self {
            workflow,
            nodes: Vec::new(),
            edges: Vec::new(),
            lines: Vec::new(),
            reached: reached(workflow),
            taken,
            files: BTreeMap::new(),
            rungs: Vec::new(),
        }
    }

    fn steps(&self) -> Vec<&'w Step> {
        let is_reached = |step: &&Step| self.reached.contains(step.id.as_str());
        self.workflow.steps.iter().filter(is_reached).collect()
    }

    fn note(&mut self, of: Of, id: &str, field: &str, came: Came, says: impl Into<String>) {
        let (id, field) = (id.to_owned(), field.to_owned());
        self.lines.push(Line { of, id, name: String::new(), field, came, says: says.into() });
    }

    fn carried(&mut self, step: &Step, field: &str, says: impl Into<String>) {
        self.note(Of::Node, step.id.as_str(), field, Came::Carried, says);
    }

    fn left(&mut self, step: &Step, field: &str, says: impl Into<String>) {
        self.note(Of::Node, step.id.as_str(), field, Came::Left, says);
    }

    fn node(&mut self, id: &str, kind: &str, data: Value) {
        // Where it is drawn follows from the order: nobody placed anything here.
        let x = self.nodes.len() * 260;
        self.nodes.push(json!({
            "id": id, "type": kind, "position": { "x": x, "y": 0 }, "data": without_nulls(data),
        }));
    }

    fn edge(&mut self, from: &str, to: &str, tie: &str, label: &str) {
        let id = format!("w{}", self.edges.len() + 1);
        let label = (!label.is_empty()).then_some(label);
        self.edges.push(without_nulls(json!({
            "id": id, "source": from, "target": to, "edgeType": tie, "label": label,
        })));
    }

    /// A way to where a case goes on, if it does.
    fn way(&mut self, from: &str, to: Option<&str>, tie: &str, label: &str) {
        if let Some(to) = to {
            self.edge(from, to, tie, label);
        }
    }

    /// A name for a further node.
    fn unlike(&mut self, name: &str) -> String {
        let mut n = 2_usize;
        loop {
            let one = format!("{name}_{n}");
            if self.taken.insert(one.clone()) {
                return one;
            }
            n += 1;
        }
    }
}

/// Where a step goes on; nothing where the case ends. A branch goes on after its parallel step.
fn after<'w>(workflow: &'w Workflow, step: &'w Step, next: &'w Next) -> Option<&'w str> {
    match (next, &step.inside) {
        (Next::Step(to), _) => Some(to.as_str()),
        (Next::End, Some(inside)) => {
            let outer = workflow.steps.iter().find(|one| one.id == inside.parallel)?;
            match &outer.next {
                Next::Step(to) => Some(to.as_str()),
                Next::End => None,
            }
        }
        (Next::End, None) => None,
    }
}

/// Every way of a step that such a map has: none of an exception, of lateness or of a failure.
fn ways<'w>(workflow: &'w Workflow, step: &'w Step) -> Vec<&'w str> {
    let to = |next: &'w Next| after(workflow, step, next);
    match &step.does {
        Does::Decide(decide) => {
            let rows = decide.first.iter().filter_map(|row| to(&row.go));
            rows.chain(to(&decide.otherwise)).collect()
        }
        Does::Review(review) => {
            let no = match &review.if_rejected.then {
                LateEnd::Go(step) => Some(step.as_str()),
                LateEnd::Stop => None,
            };
            to(&step.next).into_iter().chain(no).collect()
        }
        Does::Parallel(all) => all.branches.values().map(|branch| branch.first.as_str()).collect(),
        Does::End(_) => Vec::new(),
        _ => to(&step.next).into_iter().collect(),
    }
}

fn reached(workflow: &Workflow) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut next = vec![workflow.first.as_str()];
    while let Some(name) = next.pop() {
        let Some(step) = workflow.steps.iter().find(|step| step.id.as_str() == name) else {
            continue;
        };
        if reached.insert(name.to_owned()) {
            next.extend(ways(workflow, step));
        }
    }
    reached
}
