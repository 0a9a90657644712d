//! A map put together as a workflow: what each node becomes, in which order the steps stand, and
//! the settings around them. It must not write a file.

use std::collections::{BTreeMap, BTreeSet};

use super::account::{Account, Of, Thing};
use super::fields::Values;
use super::fit::Tools;
use super::flow::{self, Lead, Order};
use super::graph::{Graph, Kind, Node};
use super::{Refused, Source, Wish, codes, page, words};
use crate::check::{Places, check_all, places};
use crate::files::Files;
use crate::ids::{ToolName, WorkflowName};
use crate::workflow::{Autonomy, Risk};

/// More steps than anyone oversees, with room for the checks that come with decisions.
const STEPS_MAX: usize = 150;
/// The settings of a workspace.
pub(super) const SETTINGS: &str = "flightdeck.yaml";

/// What a node becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Agent,
    Tool(ToolName),
    Review,
    /// An answer chooses the way: a rule where the map has one that can be read, or a person.
    Split,
    /// People's work, described as it is now.
    Today,
    /// What begins a case.
    Start,
    /// A tool would do it, and none is approved.
    Wanted,
    /// A file: what one step hands to the next.
    Data,
    Left,
}

impl Part {
    fn is_step(&self) -> bool {
        matches!(self, Self::Agent | Self::Tool(_) | Self::Review | Self::Split)
    }
}

/// A workflow in the making.
pub(super) struct Build<'b> {
    pub(super) files: &'b Files,
    pub(super) graph: &'b Graph<'b>,
    pub(super) wish: &'b Wish,
    pub(super) account: &'b mut Account,
    pub(super) tools: Tools,
    pub(super) places: Option<Places>,
    pub(super) name: WorkflowName,
    pub(super) is_current: bool,
    pub(super) parts: Vec<Part>,
    /// The nodes that are steps, and what each step is called.
    pub(super) steps: Vec<usize>,
    pub(super) names: BTreeMap<usize, String>,
    /// The file of each agent, by the node of its step.
    pub(super) agents: BTreeMap<usize, String>,
    pub(super) order: Order,
    pub(super) splits: BTreeSet<usize>,
    pub(super) values: Values,
    /// Roles that the workflow names.
    pub(super) roles: BTreeSet<String>,
    pub(super) risk: Risk,
    pub(super) autonomy: Autonomy,
    /// Conditions that a person answers, because nothing here can read them.
    pub(super) by_person: BTreeSet<usize>,
    pub(super) today: Vec<String>,
    pub(super) cases_per_week: Option<u64>,
    pub(super) minutes: u64,
    /// What one case may cost, in ten thousandths of a dollar.
    pub(super) cost: i64,
}

impl<'b> Build<'b> {
    pub(super) fn new(
        files: &'b Files,
        graph: &'b Graph<'b>,
        wish: &'b Wish,
        account: &'b mut Account,
    ) -> Result<Self, Refused> {
        let said = graph.top.text("name").unwrap_or_default();
        let name = match &wish.name {
            Some(name) => name.clone(),
            None => WorkflowName::new(&words::slug(said, "map")).map_err(|error| {
                Refused::new(&codes::NO_MAP, "name", format!("this gives no name: {error}"))
            })?,
        };
        Ok(Self {
            files,
            graph,
            wish,
            account,
            tools: Tools::of(files),
            places: places(files).ok(),
            name,
            is_current: false,
            parts: Vec::new(),
            steps: Vec::new(),
            names: BTreeMap::new(),
            agents: BTreeMap::new(),
            order: Order::default(),
            splits: BTreeSet::new(),
            values: Values::default(),
            roles: BTreeSet::new(),
            risk: Risk::High,
            autonomy: Autonomy::Suggest,
            by_person: BTreeSet::new(),
            today: Vec::new(),
            cases_per_week: None,
            minutes: 0,
            cost: 0,
        })
    }

    pub(super) fn node(&self, n: usize) -> Option<&'b Node<'b>> {
        self.graph.nodes.get(n)
    }

    pub(super) fn part(&self, n: usize) -> &Part {
        self.parts.get(n).unwrap_or(&Part::Left)
    }

    /// What a step is called; its node's name where it is none.
    pub(super) fn called(&self, n: usize) -> String {
        let name = || self.node(n).map(|node| node.thing.name.clone()).unwrap_or_default();
        self.names.get(&n).cloned().unwrap_or_else(name)
    }

    /// Everything of the map, and what of it is left.
    pub(super) fn all(&mut self, source: &Source) -> Result<(), Refused> {
        self.kind_of_map(source);
        self.parts = (0..self.graph.nodes.len()).map(|n| self.becomes(n)).collect();
        self.named()?;
        self.ordered();
        self.values = Values::of(self);
        self.top();
        self.levels();
        self.agent_files()?;
        for n in 0..self.graph.nodes.len() {
            self.carry(n);
        }
        self.describe_today();
        self.conditions();
        self.edges();
        for node in &self.graph.nodes {
            self.account.rest(&node.thing, &node.data.names());
        }
        let top = self.graph.top.names();
        let top: Vec<String> = top.into_iter().filter(|f| f != "nodes" && f != "edges").collect();
        self.account.rest(&Thing::map(), &top);
        if let Some(manifest) = &source.manifest {
            let names = super::graph::Fields::of(Some(manifest)).names();
            let thing = Thing::new(Of::File, "manifest.json", "");
            let names: Vec<String> = names.iter().map(|name| format!("manifest.{name}")).collect();
            self.account.rest(&thing, &names);
        }
        Ok(())
    }

    /// Whether people's work is described, or the work of agents.
    fn kind_of_map(&mut self, source: &Source) {
        let manifest = super::graph::Fields::of(source.manifest.as_ref());
        let said = self.graph.top.text("workflowType").or_else(|| manifest.text("workflowType"));
        let skills = self.graph.nodes.iter().any(|node| node.kind == Kind::Skill);
        self.is_current = match said {
            Some("current_state") => true,
            Some("future_state") => false,
            _ => !skills,
        };
        let says = match self.is_current {
            true => "the process as people do it now: `today`",
            false => "the process as agents do it: `steps`",
        };
        self.account.carried(&Thing::map(), "workflowType", says);
        if self.is_current {
            self.account.asks(
                "Which steps take the place of what people do today? `flightdeck interview` \
                 drafts them."
                    .to_owned(),
            );
        }
    }

    fn becomes(&self, n: usize) -> Part {
        let Some(node) = self.node(n) else { return Part::Left };
        match (node.kind, self.is_current) {
            (Kind::Artifact, _) => Part::Data,
            (Kind::Proposal | Kind::System | Kind::Unknown, _) => Part::Left,
            (_, true) => Part::Today,
            (Kind::Skill, _) => match node.data.get("enabled").and_then(|v| v.as_bool()) {
                Some(false) => Part::Left,
                _ => Part::Agent,
            },
            (Kind::Human, _) => match node.data.text("subtype") {
                Some("approval" | "judgment") => Part::Review,
                _ => Part::Today,
            },
            (Kind::Conditional, _) => Part::Split,
            (Kind::Integration, _) => {
                let inbound =
                    node.data.text("direction") == Some("inbound") || node.written == "trigger";
                let led = self.graph.edges.iter().any(|edge| edge.to == Some(n));
                match self.tool_for(node) {
                    _ if inbound && !led => Part::Start,
                    Some(tool) => Part::Tool(tool),
                    None => Part::Wanted,
                }
            }
        }
    }

    fn named(&mut self) -> Result<(), Refused> {
        let mut taken = BTreeSet::new();
        for n in 0..self.graph.nodes.len() {
            if !self.part(n).is_step() {
                continue;
            }
            let Some(node) = self.node(n) else { continue };
            let name = words::unlike(&words::slug(&node.thing.name, "step"), &mut taken);
            self.names.insert(n, name);
            self.steps.push(n);
        }
        if self.steps.len() > STEPS_MAX {
            let what = format!("{} of the nodes are steps; at most {STEPS_MAX}", self.steps.len());
            return Err(Refused::new(&codes::BOUNDS, "nodes", what));
        }
        Ok(())
    }

    /// The order of the steps. What cannot be told is given up and becomes a question.
    fn ordered(&mut self) {
        let leads = self.leads();
        let count = self.steps.len();
        self.order = flow::drawn(count, &leads, &self.splits).unwrap_or_else(|| {
            let flat: Vec<Lead> = leads.keys().copied().collect();
            flow::order(count, &flat, &self.splits)
        });
        let lost: Vec<usize> = self.order.lost.iter().copied().collect();
        for lost in lost.into_iter().filter_map(|at| self.steps.get(at).copied()) {
            if let Some(node) = self.node(lost) {
                let question = format!(
                    "When does a case come to `{}`? The answers that lead there cannot be told \
                     from the map, so the step is left out.",
                    node.thing.name
                );
                self.account.open(&node.thing, "", question);
            }
            if let Some(part) = self.parts.get_mut(lost) {
                *part = Part::Left;
            }
        }
        for circle in self.order.circles.clone() {
            let name = |at: usize| self.steps.get(at).map(|n| self.called(*n)).unwrap_or_default();
            let (from, to) = (name(circle.from), name(circle.to));
            if leads.get(&circle) == Some(&true) {
                let question = format!(
                    "When does a case go back from `{from}` to `{to}`, and how often? The way \
                     back is not carried: nothing in the map ends it."
                );
                self.account.open(&Thing::map(), "edges", question);
            } else {
                let why = format!("`{to}` would wait for what `{from}` makes after it");
                self.account.left(&Thing::map(), "edges", why);
            }
        }
        if !self.order.again.is_empty() {
            self.account.asks(
                "How often may a case go round at most? `at_most: 3` stands in the file.".into(),
            );
        }
    }

    /// The steps in order, each as its node.
    pub(super) fn in_order(&self) -> Vec<usize> {
        self.order.steps.iter().filter_map(|at| self.steps.get(*at).copied()).collect()
    }

    /// The name of a file that may be written, or the reason why not.
    fn free(&self, path: &str, text: Option<&str>) -> bool {
        match self.files.get(path) {
            None => true,
            Some(there) => self.wish.over || text == Some(&**there),
        }
    }

    /// Every agent's file has a name that no other agent of the workspace has.
    fn agent_files(&mut self) -> Result<(), Refused> {
        let mut taken = BTreeSet::new();
        for n in self.in_order() {
            if *self.part(n) != Part::Agent {
                continue;
            }
            let step = self.called(n);
            let names = [step.clone(), format!("{}_{step}", self.name)];
            let short = |name: &String| name.chars().take(60).collect::<String>();
            let name = names.iter().map(short).find(|name| {
                let text = self.agent_text(n, name);
                self.free(&format!("agents/{name}.md"), Some(&text)) && !taken.contains(name)
            });
            let Some(name) = name else {
                let what = format!("there is an agent `{step}` already");
                return Err(Refused::new(&codes::IN_THE_WAY, format!("agents/{step}.md"), what));
            };
            taken.insert(name.clone());
            self.agents.insert(n, name);
        }
        Ok(())
    }

    /// Which conditions can be read here. `check` itself says it, over the map with everything
    /// filled in that a workspace may lack.
    fn conditions(&mut self) {
        let splits = self.in_order().into_iter().filter(|n| *self.part(*n) == Part::Split);
        let splits: Vec<usize> = splits.collect();
        let expression = |n: &usize| self.node(*n)?.data.text("conditionExpression");
        self.by_person = splits.iter().copied().filter(|n| expression(n).is_none()).collect();
        for _ in 0..2 {
            let (files, path) = page::scratch(self);
            let text = files.get(&path).map(|text| text.to_string()).unwrap_or_default();
            let at_fault: BTreeSet<String> = check_all(&files)
                .problems
                .iter()
                .filter(|problem| problem.file == path)
                .filter(|problem| {
                    ["FD-P3", "FD-P7"].iter().any(|of| problem.code.id.starts_with(of))
                })
                .filter_map(|problem| step_at(&text, problem.start))
                .collect();
            let wrong = splits.iter().filter(|n| at_fault.contains(&self.called(**n)));
            let wrong: Vec<usize> = wrong.copied().collect();
            if wrong.iter().all(|n| self.by_person.contains(n)) {
                break;
            }
            self.by_person.extend(wrong);
        }
        for n in splits {
            self.note_split(n);
        }
    }

    /// The files, the workflow last.
    pub(super) fn files(&self) -> Result<Made, Refused> {
        let path = format!("workflows/{}.md", self.name);
        let text = page::workflow(self, false);
        let mut all = Files::new();
        all.insert(&path, &text);
        let text = crate::fmt::fmt(&all, &path).ok().flatten().unwrap_or(text);
        if !self.free(&path, Some(&text)) {
            let what = format!("there is a workflow `{}` already", self.name);
            return Err(Refused::new(&codes::IN_THE_WAY, path, what));
        }
        let mut files = Vec::new();
        if self.files.get(SETTINGS).is_none() {
            files.push((SETTINGS.to_owned(), page::settings(self)));
        }
        for (n, name) in &self.agents {
            files.push((format!("agents/{name}.md"), self.agent_text(*n, name)));
        }
        files.push((path, text));
        Ok((self.name.clone(), files, self.account.questions().to_vec()))
    }
}

/// A workflow's name, its files, and its open questions.
pub(super) type Made = (WorkflowName, Vec<(String, String)>, Vec<String>);

/// The step that a place of a workflow's text stands in.
fn step_at(text: &str, at: usize) -> Option<String> {
    let line = text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |n| at + n);
    let before = text.get(..line)?;
    let (_, rest) = before.rsplit_once("\n  - step: ")?;
    Some(rest.lines().next().unwrap_or(rest).trim().to_owned())
}
