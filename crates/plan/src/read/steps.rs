//! Steps: their names, their order, and what each kind does. What an agent or a tool does is
//! read in `work`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::codes;
use crate::files::Spot;
use crate::ids::{FieldName, NameError, StepId, TableName, ToolName, WorkflowName};
use crate::keys;
use crate::problem::{Cx, Found};
use crate::workflow::{
    Agent, Arg, Branch, Case, DecideStep, Does, EachStep, EndOutcome, EndStep, Inside, LookupStep,
    Next, ParallelStep, Recover, Retry, RowFind, Step, Table, Tool, WaitStep, Workflow,
    WorkflowStep,
};
use crate::yaml::{Kind, Node};

use super::about::autonomy;
use super::scalars::Fields;
use super::uses::{Place, Use, What};
use super::workspace::Workspace;

/// A list of steps: the workflow's own (none), or a branch of a parallel step.
pub(crate) type Container = (StepId, FieldName);

/// Words that mean something else where a step could be named.
pub(crate) const RESERVED: &[&str] = &["end", "stop", "case", "item", "result"];

/// A workflow's steps while they are read.
pub(crate) struct Steps<'c, 'f> {
    pub(crate) cx: &'c Cx<'f>,
    pub(crate) ws: &'c Workspace,
    pub(crate) file: Arc<str>,
    /// Every step by name, with where it stands.
    pub(crate) ids: BTreeMap<StepId, (Spot, Option<Container>)>,
    /// Fields that steps copy or answer, with the steps that do.
    pub(crate) giving: BTreeMap<String, Vec<StepId>>,
    pub(crate) texts: BTreeMap<String, String>,
    pub(crate) failure_of_all: Option<Option<(Retry, Recover)>>,
    pub(crate) tables: BTreeMap<TableName, Table>,
    /// Tables that are declared and could not be read; that was reported.
    pub(crate) broken_tables: BTreeSet<TableName>,
    pub(crate) agents: BTreeMap<crate::ids::AgentName, Agent>,
    pub(crate) tools: BTreeMap<ToolName, Tool>,
    /// Tools that cannot be used; said once for each.
    pub(crate) refused: BTreeSet<ToolName>,
    pub(crate) children: BTreeMap<WorkflowName, Workflow>,
    pub(crate) uses: Vec<Use>,
    pub(crate) spots: BTreeMap<String, Spot>,
    pub(crate) steps: Vec<Step>,
    /// A step could not be read, so the flow is not known.
    pub(crate) holes: bool,
    /// Reads another workflow by its name.
    pub(crate) call: &'c dyn Fn(&WorkflowName) -> Option<Workflow>,
}

/// The name of a step; some words cannot be one.
fn step_name(text: &str) -> Result<StepId, NameError> {
    if RESERVED.contains(&text) { Err(NameError::Form) } else { StepId::new(text) }
}

impl Steps<'_, '_> {
    /// Notes the names of all steps, so that any step can name any other.
    pub(crate) fn collect(&mut self, node: &Node, container: Option<&Container>) {
        let Kind::List(items) = &node.kind else { return };
        for item in items {
            let Kind::Map(entries) = &item.kind else { continue };
            let field = |name: &str| entries.iter().find(|e| e.key == name).map(|e| &e.value);
            let Some(Node { at, kind: Kind::Text { text, .. } }) = field("step") else { continue };
            let Ok(id) = step_name(text.trim()) else { continue };
            if self.ids.contains_key(&id) {
                let what = format!("there are two steps `{id}`");
                self.cx.add::<()>(Found::new(&codes::STEP_TWICE, at, what));
                self.holes = true;
                continue;
            }
            self.ids.insert(id.clone(), (at.clone(), container.cloned()));
            for key in ["copy", "answer"] {
                if let Some(Node { kind: Kind::Map(fields), .. }) = field(key) {
                    for field in fields {
                        self.giving.entry(field.key.clone()).or_default().push(id.clone());
                    }
                }
            }
            if let Some(Node { kind: Kind::Map(branches), .. }) = field("parallel") {
                for branch in branches {
                    if let Ok(name) = FieldName::new(&branch.key) {
                        self.collect(&branch.value, Some(&(id.clone(), name)));
                    }
                }
            }
        }
    }

    /// Reads a list of steps in order. Gives the first and the last.
    pub(crate) fn list(
        &mut self,
        node: &Node,
        container: Option<&Container>,
    ) -> Option<(StepId, StepId)> {
        let items = self.cx.list(node)?;
        let names: Vec<Option<StepId>> = items.iter().map(|item| self.name_of(item)).collect();
        if items.is_empty() {
            let what = "there are no steps here";
            return self.cx.add(Found::new(&codes::NO_STEPS, &node.at, what));
        }
        for (n, item) in items.iter().enumerate() {
            let next = names.get(n + 1).cloned().flatten().map_or(Next::End, Next::Step);
            // A parallel step stands before the steps of its branches, as in the file.
            let at = self.steps.len();
            match self.one(item, next, container) {
                Some(step) => self.steps.insert(at, step),
                None => self.holes = true,
            }
        }
        Some((names.first()?.clone()?, names.last()?.clone()?))
    }

    fn name_of(&self, item: &Node) -> Option<StepId> {
        let Kind::Map(entries) = &item.kind else { return None };
        let value = &entries.iter().find(|e| e.key == "step")?.value;
        match &value.kind {
            Kind::Text { text, .. } => step_name(text.trim()).ok(),
            _ => None,
        }
    }

    fn one(&mut self, node: &Node, next: Next, container: Option<&Container>) -> Option<Step> {
        let cx = self.cx;
        let (fields, kind) = self.shaped(node)?;
        let Some(id_node) = fields.get("step") else {
            let what = "a step has no `step` with its name";
            return cx.add(Found::new(&codes::MISSING_KEY, &node.at, what).fix("add `step: NAME`"));
        };
        let id = cx.name(id_node, step_name)?;
        self.spots.insert(id.to_string(), id_node.at.clone());
        for key in ["then", "time_out", "on_failure", "at_most", "autonomy", kind] {
            if let Some(node) = fields.get(key) {
                self.spots.insert(format!("{id}.{key}"), node.at.clone());
            }
        }
        let can_fail = matches!(kind, "agent" | "tool" | "lookup" | "each" | "workflow");
        let recover = self.recover(fields.get("on_failure"), can_fail, &id_node.at, container);
        let next = match fields.get("then") {
            Some(node) => self.next(node, container),
            None => Some(next),
        };
        let time_out_ms = match fields.get("time_out") {
            Some(node) => cx.duration(node),
            None => Some(120_000),
        };
        // Nothing said means once; what a loop needs is checked when the flow is known.
        let visits_max = match fields.get("at_most") {
            Some(node) => cx.whole_u32(node, 1, 1_000),
            None => Some(0),
        };
        let autonomy = match fields.get("autonomy") {
            Some(node) => Some(autonomy(cx.choice(node, keys::AUTONOMIES)?)),
            None => None,
        };
        let does = self.does(&id, kind, fields, container);
        let (retry, on_failure) = recover?;
        Some(Step {
            text: self.texts.get(id.as_str()).cloned().unwrap_or_default(),
            id,
            does: does?,
            next: next?,
            time_out_ms: time_out_ms?,
            retry,
            on_failure,
            visits_max: visits_max?,
            autonomy,
            inside: container.map(|(parallel, branch)| Inside {
                parallel: parallel.clone(),
                branch: branch.clone(),
            }),
        })
    }

    /// A step's keys, and the one that says what it does.
    fn shaped<'n>(&self, node: &'n Node) -> Option<(Fields<'n>, &'static str)> {
        let Kind::Map(entries) = &node.kind else {
            return self.cx.kind(node, "a step");
        };
        let kinds = keys::KINDS.iter().copied();
        let kinds: Vec<&str> = kinds.filter(|k| entries.iter().any(|e| e.key == *k)).collect();
        let kind = match kinds.as_slice() {
            [kind] => *kind,
            [] => {
                let what = "this step does not say what it does";
                let mut found = Found::new(&codes::STEP_KIND, &node.at, what);
                for entry in entries {
                    if !keys::STEP.keys.iter().any(|k| k.name == entry.key) {
                        found = found.near(&entry.key, keys::KINDS);
                    }
                }
                return self.cx.add(found);
            }
            several => {
                let what = format!("this step does several things: `{}`", several.join("`, `"));
                let found = Found::new(&codes::STEP_KIND, &node.at, what);
                return self.cx.add(found.fix("make a step of each"));
            }
        };
        let known = |name: &str| {
            name == kind || keys::COMMON.contains(&name) || keys::of_kind(kind).contains(&name)
        };
        let said = format!("a step with `{kind}`");
        let fields = self.cx.known(node, &said, known, || {
            keys::STEP.keys.iter().map(|k| k.name).filter(|name| known(name)).collect()
        })?;
        if !fields.has(kind) {
            let what = format!("`{kind}` has no value");
            let found = Found::new(&codes::MISSING_KEY, &fields.node.at, what);
            return self.cx.add(found.fix(format!("give `{kind}` a value")));
        }
        Some((fields, kind))
    }

    fn does(
        &mut self,
        id: &StepId,
        kind: &'static str,
        fields: Fields<'_>,
        container: Option<&Container>,
    ) -> Option<Does> {
        let node = fields.get(kind)?;
        Some(match kind {
            "agent" => Does::Agent(self.agent(id, fields, node)?),
            "tool" => Does::Tool(self.tool_step(id, fields, node)?),
            "lookup" => Does::Lookup(self.lookup(id, node)?),
            "decide" => Does::Decide(self.decide(id, node, container)?),
            "review" => Does::Review(self.review(id, node, container)?),
            "each" => Does::Each(self.each(id, node)?),
            "parallel" => Does::Parallel(self.parallel(id, node)?),
            "wait" => Does::Wait(self.wait(id, node)?),
            "workflow" => {
                let workflow = self.called(node)?;
                let with = fields.get("with").map(|n| self.arguments(id, n)).unwrap_or_default();
                Does::Workflow(WorkflowStep { workflow, with })
            }
            _ => Does::End(self.end(fields, node)?),
        })
    }

    fn end(&self, fields: Fields<'_>, node: &Node) -> Option<EndStep> {
        let outcome = match self.cx.choice(node, keys::OUTCOMES)? {
            "done" => EndOutcome::Done,
            "rejected" => EndOutcome::Rejected,
            _ => EndOutcome::Failed,
        };
        let tell = match fields.get("tell") {
            Some(node) => Some(self.ws.settings.people.role(self.cx, node)?),
            None => None,
        };
        Some(EndStep { outcome, tell })
    }

    /// A step by name, in the same list of steps.
    pub(crate) fn step(&self, node: &Node, container: Option<&Container>) -> Option<StepId> {
        let name = self.cx.name(node, StepId::new)?;
        match self.ids.get(&name) {
            Some((_, inside)) if inside.as_ref() == container => Some(name),
            Some(_) => {
                let what = format!("`{name}` stands in another branch");
                self.cx.add(Found::new(&codes::CROSS_BRANCH, &node.at, what))
            }
            None => {
                let what = format!("there is no step `{name}`");
                let found = Found::new(&codes::STEP_UNKNOWN, &node.at, what);
                self.cx.add(found.near(name.as_str(), self.ids.keys().map(StepId::as_str)))
            }
        }
    }

    /// A step by name, or `end`.
    pub(crate) fn next(&self, node: &Node, container: Option<&Container>) -> Option<Next> {
        match &node.kind {
            Kind::Text { text, .. } if text.trim() == "end" => Some(Next::End),
            _ => Some(Next::Step(self.step(node, container)?)),
        }
    }

    /// Notes where a path is used.
    pub(crate) fn path(&mut self, node: &Node, place: Place) -> Option<crate::expr::Path> {
        let path = self.cx.path(node)?;
        let what = What::Path(path.clone());
        self.uses.push(Use { what, spot: node.at.clone(), place });
        Some(path)
    }

    /// Notes where a condition is used.
    pub(crate) fn condition(&mut self, node: &Node, place: Place) -> Option<crate::expr::Expr> {
        let expr = self.cx.condition(node)?;
        let what = What::Condition(expr.clone());
        self.uses.push(Use { what, spot: node.at.clone(), place });
        Some(expr)
    }

    fn lookup(&mut self, id: &StepId, node: &Node) -> Option<LookupStep> {
        let mut finds = BTreeMap::new();
        let mut whole = true;
        for entry in self.cx.map(node)? {
            let name = self.cx.key(entry, FieldName::new);
            match (name, self.find(id, &entry.value)) {
                (Some(name), Some(find)) => {
                    finds.insert(name, find);
                }
                _ => whole = false,
            }
        }
        whole.then_some(LookupStep { finds })
    }

    fn find(&mut self, id: &StepId, node: &Node) -> Option<RowFind> {
        let cx = self.cx;
        let fields = cx.fields(node, &keys::FIND)?;
        let table = fields.get("in").and_then(|n| self.table(n));
        let mut by = BTreeMap::new();
        match fields.get("where").map(|n| (n, &n.kind)) {
            Some((_, Kind::Map(entries))) => {
                for entry in entries {
                    let column = cx.key(entry, FieldName::new);
                    self.column(table.as_ref(), &entry.key, &entry.key_at);
                    let path = self.path(&entry.value, Place::Before(id.clone()));
                    by.extend(column.zip(path));
                }
            }
            Some((node, _)) => {
                for node in cx.list(node).unwrap_or_default() {
                    let column = cx.name(node, FieldName::new)?;
                    self.column(table.as_ref(), column.as_str(), &node.at);
                    by.extend(self.same_name(id, node, column));
                }
            }
            None => return None,
        }
        let table = table?;
        if !self.tools.contains_key(&self.tables.get(&table)?.tool) {
            let tool = self.tables.get(&table)?.tool.clone();
            self.tool(&tool, &node.at)?;
        }
        Some(RowFind { table, by })
    }

    /// The column's value is the field of the same name that one step gives.
    fn same_name(
        &mut self,
        id: &StepId,
        node: &Node,
        column: FieldName,
    ) -> Option<(FieldName, crate::expr::Path)> {
        match self.giving.get(column.as_str()).map(Vec::as_slice) {
            Some([step]) => {
                let path = crate::expr::Path::parse(&format!("{step}.{column}")).ok()?;
                let what = What::Path(path.clone());
                let place = Place::Before(id.clone());
                self.uses.push(Use { what, spot: node.at.clone(), place });
                Some((column, path))
            }
            other => {
                let steps = other.map_or(0, <[_]>::len);
                let what =
                    format!("`{column}` is a field of {steps} steps, so the value is not clear");
                let fix = format!("write `where: {{ {column}: STEP.FIELD }}`");
                let found = Found::new(&codes::PATH_FIELD, &node.at, what).fix(fix);
                self.cx.add(found.near(column.as_str(), self.giving.keys()))
            }
        }
    }

    pub(super) fn column(&self, table: Option<&TableName>, column: &str, at: &Spot) {
        if let Some(table) = table.and_then(|name| self.tables.get(name))
            && !table.columns.contains_key(column)
        {
            let what = format!("the table has no column `{column}`");
            let known = table.columns.keys().map(FieldName::as_str);
            self.cx.add::<()>(Found::new(&codes::COLUMN_UNKNOWN, at, what).near(column, known));
        }
    }

    fn table(&self, node: &Node) -> Option<TableName> {
        let name = self.cx.name(node, TableName::new)?;
        self.declared_table(name, &node.at)
    }

    pub(super) fn declared_table(&self, name: TableName, at: &Spot) -> Option<TableName> {
        if self.tables.contains_key(&name) {
            return Some(name);
        }
        if self.broken_tables.contains(&name) {
            return None;
        }
        let what = format!("there is no table `{name}`");
        let known = self.tables.keys().map(TableName::as_str);
        self.cx.add(Found::new(&codes::TABLE_UNKNOWN, at, what).near(name.as_str(), known))
    }

    fn decide(
        &mut self,
        id: &StepId,
        node: &Node,
        container: Option<&Container>,
    ) -> Option<DecideStep> {
        let cx = self.cx;
        let fields = cx.fields(node, &keys::DECIDE)?;
        let who = fields.get("who").and_then(|n| self.ws.settings.people.role(cx, n));
        let basis = fields.get("basis").and_then(|n| cx.text(n));
        let mut first = Vec::new();
        let mut whole = true;
        for (n, row) in
            fields.get("first").and_then(|n| cx.list(n)).unwrap_or_default().iter().enumerate()
        {
            let Some(keys) = cx.fields(row, &keys::ROW) else {
                whole = false;
                continue;
            };
            self.spots.insert(format!("{id}.first.{n}"), row.at.clone());
            let place = Place::Before(id.clone());
            let when = keys.get("when").and_then(|n| self.condition(n, place));
            let go = keys.get("go").and_then(|n| self.next(n, container));
            match (when, go) {
                (Some(when), Some(go)) => first.push(Case { when, go }),
                _ => whole = false,
            }
        }
        let otherwise = fields.get("otherwise").and_then(|node| {
            self.spots.insert(format!("{id}.otherwise"), node.at.clone());
            self.next(node, container)
        });
        let otherwise = otherwise?;
        whole.then_some(DecideStep { who: who?, basis: basis?, first, otherwise })
    }

    /// Another workflow, read with everything it needs.
    fn called(&mut self, node: &Node) -> Option<WorkflowName> {
        let name = self.cx.name(node, WorkflowName::new)?;
        if !self.ws.workflows.contains_key(name.as_str()) {
            let what = format!("there is no workflow `{name}`");
            let found = Found::new(&codes::WORKFLOW_UNKNOWN, &node.at, what);
            return self.cx.add(found.near(name.as_str(), self.ws.workflows.keys()));
        }
        self.spots.insert(format!("workflow {name}"), node.at.clone());
        if !self.children.contains_key(&name) {
            let child = (self.call)(&name)?;
            self.children.insert(name.clone(), child);
        }
        Some(name)
    }

    fn each(&mut self, id: &StepId, node: &Node) -> Option<EachStep> {
        let cx = self.cx;
        let fields = cx.fields(node, &keys::EACH)?;
        let list = fields.get("of").and_then(|n| self.path(n, Place::Before(id.clone())));
        let workflow = fields.get("workflow").and_then(|n| self.called(n));
        let count = |key: &str, least: u32, most: u32, or: u32| match fields.get(key) {
            Some(node) => cx.whole_u32(node, least, most),
            None => Some(or),
        };
        let items = fields.get("items").and_then(|n| cx.whole_u32(n, 1, 10_000_000));
        let (at_once, failures) =
            (count("at_once", 1, 1_000, 4), count("failures", 0, 10_000_000, 0));
        let collect = match fields.get("collect") {
            Some(node) => cx.yes_no(node),
            None => Some(true),
        };
        Some(EachStep {
            list: list?,
            workflow: workflow?,
            items_max: items?,
            at_once: at_once?,
            failures_max: failures?,
            collect: collect?,
        })
    }

    fn parallel(&mut self, id: &StepId, node: &Node) -> Option<ParallelStep> {
        let mut branches = BTreeMap::new();
        for entry in self.cx.map(node)? {
            let name = self.cx.key(entry, FieldName::new)?;
            let inside = (id.clone(), name.clone());
            let (first, gives) = self.list(&entry.value, Some(&inside))?;
            branches.insert(name, Branch { first, gives });
        }
        if branches.is_empty() {
            let what = "there are no branches here";
            return self.cx.add(Found::new(&codes::NO_STEPS, &node.at, what));
        }
        Some(ParallelStep { branches })
    }

    fn wait(&mut self, id: &StepId, node: &Node) -> Option<WaitStep> {
        let fields = self.cx.fields(node, &keys::WAIT)?;
        match (fields.get("for"), fields.get("until")) {
            (Some(time), None) => Some(WaitStep::For(self.cx.within(time)?)),
            (None, Some(path)) => {
                Some(WaitStep::Until(self.path(path, Place::Before(id.clone()))?))
            }
            _ => {
                let what = "a wait is either `for` a time or `until` a date";
                self.cx.add(Found::new(&codes::KIND, &node.at, what).fix("keep one of them"))
            }
        }
    }

    /// Arguments: paths, numbers, yes and no, or literals.
    pub(crate) fn arguments(&mut self, id: &StepId, node: &Node) -> BTreeMap<String, Arg> {
        let mut all = BTreeMap::new();
        for entry in self.cx.map(node).unwrap_or_default() {
            self.spots.insert(format!("{id}.with.{}", entry.key), entry.value.at.clone());
            if let Some(arg) = self.argument(Place::Before(id.clone()), &entry.value) {
                all.insert(entry.key.clone(), arg);
            } else {
                self.holes = true;
            }
        }
        all
    }
}
