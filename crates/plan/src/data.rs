//! Which data of a workflow go to whom, as its release declares it: the material of a record of
//! processing. It must not say what really went: that is what the records of runs are for.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::ids::{FieldName, ModelName, StepId, TableName, ToolName, WorkflowName};
use crate::release::Plan;
use crate::workflow::{
    Arg, Does, Effect, Leave, Personal, Step, Takes, Tool, WaitStep, Work, Workflow,
};

/// Something that leaves a step for somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Flow {
    pub workflow: WorkflowName,
    pub step: StepId,
    /// The values by their paths, or in words where an agent chooses them.
    pub what: Vec<String>,
    pub to: Recipient,
    /// What the data are tagged with, as far as sources and tables declare it.
    pub tags: Vec<Tagged>,
}

/// A tag, and whether it may go there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tagged {
    pub tag: FieldName,
    /// Without it the step refuses, where the recipient needs leave.
    pub leave: Option<Leave>,
}

/// Who gets the data.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    Model {
        name: ModelName,
        vendor: String,
        /// It runs on this machine.
        here: bool,
        region: Option<String>,
        /// Personal data in the place of which it gets words.
        hides: BTreeSet<Personal>,
    },
    Tool {
        name: ToolName,
        effect: Effect,
    },
    /// A table of the workspace, of which the data are a key. That needs no leave.
    Table {
        name: TableName,
        read_by: ToolName,
    },
}

impl Recipient {
    /// Whether tagged data need somebody's leave to go there.
    #[must_use]
    pub fn needs_leave(&self) -> bool {
        !matches!(self, Self::Table { .. } | Self::Model { here: true, .. })
    }
}

/// Everything that leaves the steps of a workflow and of those it calls, in their order.
#[must_use]
pub fn flows(plan: &Plan) -> Vec<Flow> {
    let mut flows = Vec::new();
    of(plan.workflow(), &mut flows);
    flows
}

type Tags = BTreeSet<FieldName>;

fn of(workflow: &Workflow, flows: &mut Vec<Flow>) {
    let tags = Bound::of(workflow);
    for step in &workflow.steps {
        for flow in leaving(workflow, step, &tags) {
            if !flows.contains(&flow) {
                flows.push(flow);
            }
        }
    }
    for child in workflow.children.values() {
        of(child, flows);
    }
}

/// What the value of each root is tagged with.
struct Bound(BTreeMap<String, Tags>);

impl Bound {
    /// Steps may come in any order, so the tags are joined until nothing changes.
    fn of(workflow: &Workflow) -> Self {
        let case = workflow.case.tags.iter().cloned().collect();
        let mut bound = Self(BTreeMap::from([("case".to_owned(), case)]));
        loop {
            let before = bound.0.clone();
            for step in &workflow.steps {
                let new = bound.given(workflow, step);
                bound.0.entry(step.id.to_string()).or_default().extend(new);
            }
            if bound.0 == before {
                return bound;
            }
        }
    }

    fn root(&self, root: &str) -> Tags {
        self.0.get(root).cloned().unwrap_or_default()
    }

    fn args(&self, with: &BTreeMap<String, Arg>) -> Tags {
        let roots = with.values().filter_map(|arg| match arg {
            Arg::Path(path) => Some(self.root(path.root())),
            Arg::Literal(_) => None,
        });
        roots.flatten().collect()
    }

    /// What a step's output carries.
    fn given(&self, workflow: &Workflow, step: &Step) -> Tags {
        let tool = |name: &ToolName| workflow.tools.get(name).map(|tool| &tool.tags);
        match &step.does {
            Does::Agent(agent) => {
                let mut tags: Tags = self.agent(agent);
                if let Work::Answer { tools, .. } = &agent.work {
                    tags.extend(tools.iter().filter_map(tool).flatten().cloned());
                }
                tags
            }
            Does::Tool(call) => {
                let mut tags = self.args(&call.with);
                tags.extend(tool(&call.tool).into_iter().flatten().cloned());
                tags
            }
            Does::Lookup(lookup) => {
                let tables = lookup.finds.values().filter_map(|f| workflow.tables.get(&f.table));
                let mut tags: Tags = tables.flat_map(|table| table.tags.iter().cloned()).collect();
                let keys = lookup.finds.values().flat_map(|find| find.by.values());
                tags.extend(keys.flat_map(|path| self.root(path.root())));
                tags
            }
            Does::Parallel(parallel) => {
                let gives = parallel.branches.values().map(|branch| branch.gives.as_str());
                gives.flat_map(|step| self.root(step)).collect()
            }
            Does::Each(each) => {
                let mut tags = self.root(each.list.root());
                tags.extend(within(workflow.children.get(&each.workflow)));
                tags
            }
            Does::Workflow(call) => {
                let mut tags = self.args(&call.with);
                tags.extend(within(workflow.children.get(&call.workflow)));
                tags
            }
            Does::Wait(WaitStep::For(_) | WaitStep::Until(_))
            | Does::Decide(_)
            | Does::Review(_)
            | Does::End(_) => Tags::new(),
        }
    }

    fn agent(&self, agent: &crate::workflow::AgentStep) -> Tags {
        let mut roots: Vec<&str> = agent.given.iter().map(|path| path.root()).collect();
        if let Work::Copy { from, .. } = &agent.work {
            roots.push(from.root());
        }
        roots.into_iter().flat_map(|root| self.root(root)).collect()
    }
}

/// Every tag of a called workflow's own sources.
fn within(workflow: Option<&Workflow>) -> Tags {
    let Some(workflow) = workflow else { return Tags::new() };
    let tables = workflow.tables.values().flat_map(|table| &table.tags);
    let tools = workflow.tools.values().flat_map(|tool| &tool.tags);
    let mut tags: Tags = workflow.case.tags.iter().chain(tables).chain(tools).cloned().collect();
    tags.extend(workflow.children.values().flat_map(|child| within(Some(child))));
    tags
}

fn leaving(workflow: &Workflow, step: &Step, bound: &Bound) -> Vec<Flow> {
    let flow = |what: Vec<String>, to: Recipient, tags: Tags, takes: &Takes| Flow {
        workflow: workflow.name.clone(),
        step: step.id.clone(),
        what,
        to,
        tags: tags.into_iter().map(|tag| Tagged { leave: takes.get(&tag).cloned(), tag }).collect(),
    };
    let tool = |name: &ToolName, what: Vec<String>, tags: Tags| {
        let tool: &Tool = workflow.tools.get(name)?;
        let to = Recipient::Tool { name: name.clone(), effect: tool.effect };
        Some(flow(what, to, tags, &tool.takes))
    };
    match &step.does {
        Does::Agent(agent) => {
            let tags = bound.given(workflow, step);
            let mut what: Vec<String> = agent.given.iter().map(ToString::to_string).collect();
            let mut flows = Vec::new();
            if let Work::Answer { tools, .. } = &agent.work {
                let said = || vec![format!("what `{}` writes", agent.agent)];
                flows.extend(tools.iter().filter_map(|name| tool(name, said(), tags.clone())));
                what.extend(tools.iter().map(|name| format!("what `{name}` gives")));
            }
            if let Work::Copy { from, .. } = &agent.work
                && !what.contains(&from.to_string())
            {
                what.push(from.to_string());
            }
            let models = workflow.answering(agent).iter().chain(workflow.looking(agent));
            let models = models.filter_map(|name| {
                let model = workflow.models.get(name)?;
                let to = Recipient::Model {
                    name: name.clone(),
                    vendor: model.vendor.clone(),
                    here: model.here,
                    region: model.region.clone(),
                    hides: model.hides.clone(),
                };
                Some(flow(what.clone(), to, tags.clone(), &model.takes))
            });
            models.chain(flows).collect()
        }
        Does::Tool(call) => {
            let name = |(name, arg): (&String, &Arg)| match arg {
                Arg::Path(path) => Some(format!("{name} = {path}")),
                Arg::Literal(_) => None,
            };
            let what = call.with.iter().filter_map(name).collect();
            tool(&call.tool, what, bound.args(&call.with)).into_iter().collect()
        }
        Does::Lookup(lookup) => lookup
            .finds
            .values()
            .filter_map(|find| {
                let table = workflow.tables.get(&find.table)?;
                let what = find.by.values().map(ToString::to_string).collect();
                let roots = find.by.values().map(|path| bound.root(path.root()));
                let to = Recipient::Table { name: find.table.clone(), read_by: table.tool.clone() };
                Some(flow(what, to, roots.flatten().collect(), &Takes::new()))
            })
            .collect(),
        Does::Decide(_)
        | Does::Review(_)
        | Does::Each(_)
        | Does::Parallel(_)
        | Does::Wait(_)
        | Does::Workflow(_)
        | Does::End(_) => Vec::new(),
    }
}
