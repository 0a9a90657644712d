//! What agents, tools and reviewers do in a step.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::codes;
use crate::expr::Path;
use crate::files::Spot;
use crate::ids::{AgentName, FieldName, StepId, TableName, ToolName};
use crate::keys;
use crate::problem::Found;
use crate::types;
use crate::workflow::{
    AgentStep, Arg, Asked, Backing, Can, Confirm, CopyField, Find, Instruction, KnownIn, Late,
    LateEnd, NeverBy, Rejected, ReviewStep, Sample, ToolStep, Type, Work,
};
use crate::yaml::{Entry, Kind, Node};

use super::about::percent;
use super::agents::{beside, standing};
use super::scalars::Fields;
use super::steps::{Container, Steps};
use super::uses::Place;

/// More people than this never agree in time.
const APPROVALS_MAX: u64 = 5;

impl Steps<'_, '_> {
    pub(crate) fn agent(
        &mut self,
        id: &StepId,
        fields: Fields<'_>,
        node: &Node,
    ) -> Option<AgentStep> {
        let cx = self.cx;
        let name = self.agent_name(node);
        let before = || Place::Before(id.clone());
        let work = match (fields.get("copy"), fields.get("answer")) {
            (Some(copy), None) => self.copy(id, fields, copy),
            (None, Some(answer)) => self.answer(fields, answer, name.as_ref()),
            (Some(_), Some(answer)) => {
                let what = "a step either copies fields or answers";
                cx.add(Found::new(&codes::KIND, &answer.at, what).fix("make two steps of it"))
            }
            (None, None) => {
                let what = "the step does not say what the agent gives";
                let found = Found::new(&codes::MISSING_KEY, &node.at, what);
                cx.add(found.fix("add `copy:` with fields of the text, or `answer:`"))
            }
        };
        let given = match (fields.get("given"), &work) {
            (Some(node), _) => {
                cx.some(node).iter().filter_map(|n| self.path(n, before())).collect()
            }
            (None, Some(Work::Copy { from, .. })) => vec![from.clone()],
            (None, _) => vec![Path::parse("case").ok()?],
        };
        let mut must_hold = Vec::new();
        for node in fields.get("must_hold").and_then(|n| cx.list(n)).unwrap_or_default() {
            must_hold.push(self.condition(node, Place::Own(id.clone()))?);
        }
        let repairs_max = match fields.get("repairs") {
            Some(node) => cx.whole_u32(node, 0, 5),
            None => Some(1),
        };
        let (name, work) = (name?, work?);
        self.able(&name, &work, &node.at);
        let (sure, never_says) = (self.sure(fields, &name, &work), self.never_says(fields, &work));
        let instructions = self.instructions(id, &name);
        let file = self.ws.agents.get(&name)?;
        self.agents.insert(name.clone(), file.agent.clone());
        Some(AgentStep {
            agent: name,
            given,
            work,
            must_hold,
            instructions,
            repairs_max: repairs_max?,
            sure: sure?,
            never_says: never_says?,
        })
    }

    fn agent_name(&self, node: &Node) -> Option<AgentName> {
        let name = self.cx.name(node, AgentName::new)?;
        if self.ws.agents.contains_key(&name) {
            return Some(name);
        }
        if self.ws.broken_agents.contains(name.as_str()) {
            return None;
        }
        let what = format!("there is no agent `{name}`");
        let known = self.ws.agents.keys().map(AgentName::as_str);
        self.cx.add(Found::new(&codes::AGENT_UNKNOWN, &node.at, what).near(name.as_str(), known))
    }

    /// What the agent reads: standing instructions, its own, and the step's.
    fn instructions(&self, id: &StepId, agent: &AgentName) -> Vec<Instruction> {
        let mut all = standing(self.cx, &self.file);
        for part in standing(self.cx, "agents/") {
            if !all.contains(&part) {
                all.push(part);
            }
        }
        if let Some(file) = self.ws.agents.get(agent) {
            all.extend(file.text.iter().cloned());
        }
        if let Some(text) = self.texts.get(id.as_str()).filter(|text| !text.is_empty()) {
            let source = format!("{}#{id}", self.file);
            all.push(Instruction { source, text: text.clone() });
        }
        all
    }

    /// Every model the agent may use must be able to do the work.
    fn able(&self, agent: &AgentName, work: &Work, at: &Spot) {
        let needs: &[(Can, &str)] = match work {
            Work::Copy { .. } => &[(Can::Choose, "choose")],
            Work::Answer { tools, .. } if tools.is_empty() => &[(Can::Json, "json")],
            Work::Answer { .. } => &[(Can::Json, "json"), (Can::Tools, "tools")],
        };
        let Some(file) = self.ws.agents.get(agent) else { return };
        for name in &file.agent.models {
            let Some(model) = self.ws.settings.models.get(name) else { continue };
            for (can, word) in needs {
                if !model.can.contains(can) {
                    let what = format!("this needs `{word}`, and the model `{name}` cannot");
                    self.cx.add::<()>(Found::new(&codes::MODEL_CANNOT, at, what));
                }
            }
        }
    }

    fn copy(&mut self, id: &StepId, fields: Fields<'_>, node: &Node) -> Option<Work> {
        let from = match fields.get("from") {
            Some(node) => self.path(node, Place::Before(id.clone())),
            None => Path::parse("case.text").ok(),
        };
        let mut all = Vec::new();
        let mut whole = true;
        for entry in self.cx.map(node)? {
            match self.copy_field(entry) {
                Some(field) => all.push(field),
                None => whole = false,
            }
        }
        let from = from?;
        whole.then_some(Work::Copy { from, fields: all })
    }

    fn copy_field(&mut self, entry: &Entry) -> Option<CopyField> {
        let cx = self.cx;
        let name = cx.key(entry, FieldName::new);
        if !matches!(entry.value.kind, Kind::Map(_)) {
            let text = cx.word(&entry.value, "what kind of text is looked for")?;
            let (word, optional) = match text.strip_suffix('?') {
                Some(word) => (word, true),
                None => (text, false),
            };
            let Some(find) = find(word) else {
                let what = format!("`{word}` is no kind of text that can be looked for");
                let fix = format!("write one of `{}`", keys::FINDS.join("`, `"));
                let found = Found::new(&codes::TYPE_WORD, &entry.value.at, what).fix(fix);
                return cx.add(found.near(word, keys::FINDS));
            };
            let called = Vec::new();
            return Some(CopyField { name: name?, find, optional, called, known_in: None });
        }
        let fields = cx.fields(&entry.value, &keys::COPY)?;
        let word = fields.get("find").and_then(|n| cx.choice(n, keys::FINDS));
        let called = fields.get("called").and_then(|n| cx.list(n)).unwrap_or_default();
        let called = called.iter().filter_map(|n| cx.text(n)).collect();
        let optional = match fields.get("optional") {
            Some(node) => cx.yes_no(node),
            None => Some(false),
        };
        let known_in = match fields.get("known_in") {
            Some(node) => Some(self.known_in(node)?),
            None => None,
        };
        Some(CopyField { name: name?, find: find(word?)?, optional: optional?, called, known_in })
    }

    /// `orders.order`: the column of a table in which a field's values stand.
    fn known_in(&mut self, node: &Node) -> Option<KnownIn> {
        let cx = self.cx;
        let text = cx.text(node)?;
        let Some((table, column)) = text.split_once('.') else {
            let what = format!("`{text}` names no column of a table");
            let fix = "write the table and its column, such as `orders.order`";
            return cx.add(Found::new(&codes::COLUMN_UNKNOWN, &node.at, what).fix(fix));
        };
        let name = TableName::new(table).ok().map(|name| self.declared_table(name, &node.at));
        let table = name.flatten()?;
        self.column(Some(&table), column, &node.at);
        let kind = self.tables.get(&table)?.columns.get(column)?.clone();
        if !matches!(kind, Type::Text | Type::Id | Type::Iban) {
            let what = format!("`{text}` holds no text, identifiers or accounts");
            let fix = "name a column of kind `text`, `id` or `iban`";
            return cx.add(Found::new(&codes::COLUMN_UNKNOWN, &node.at, what).fix(fix));
        }
        let tool = self.tables.get(&table)?.tool.clone();
        self.tool(&tool, &node.at)?;
        let column = FieldName::new(column).ok()?;
        Some(KnownIn { table, column })
    }

    fn answer(
        &mut self,
        fields: Fields<'_>,
        node: &Node,
        agent: Option<&AgentName>,
    ) -> Option<Work> {
        let cx = self.cx;
        let (schema, shape) = match &node.kind {
            Kind::Map(_) => {
                let kinds = cx.kinds(node)?;
                let fields = kinds.into_iter().map(|(name, kind)| (name.to_string(), kind));
                let shape = Type::Record(fields.collect());
                (types::to_schema(&shape), shape)
            }
            _ => {
                let schema = self.schema(node)?;
                let shape = types::from_schema(&schema);
                (schema, shape)
            }
        };
        let mut tools = Vec::new();
        for node in fields.get("tools").and_then(|n| cx.list(n)).unwrap_or_default() {
            let tool = cx.name(node, ToolName::new)?;
            self.tool(&tool, &node.at);
            if let Some(file) = agent.and_then(|name| self.ws.agents.get(name))
                && !file.agent.tools.contains(&tool)
            {
                let what = format!("the agent's own file does not list `{tool}`");
                let found = Found::new(&codes::AGENT_TOOL, &node.at, what);
                let known = file.agent.tools.iter().map(ToolName::as_str);
                cx.add::<()>(found.near(tool.as_str(), known));
            }
            tools.push(tool);
        }
        let turns_max = match fields.get("turns") {
            Some(node) => cx.whole_u32(node, 1, 1_000),
            None if tools.is_empty() => Some(1),
            None => Some(8),
        };
        let (turns_max, may_raise) = (turns_max?, false);
        Some(Work::Answer { schema, shape, tools, turns_max, may_raise })
    }

    /// A schema file: there, JSON, and valid JSON Schema 2020-12.
    fn schema(&self, node: &Node) -> Option<Value> {
        let path = self.cx.text(node)?;
        let wrong = |what: String| Found::new(&codes::SCHEMA, &node.at, what);
        let Some(text) = beside("", &path).and_then(|path| self.cx.files.get(&path)) else {
            let found = wrong(format!("there is no schema `{path}`"));
            let known = self.cx.files.within("schemas/", ".json").map(|(path, _)| path.as_ref());
            return self.cx.add(found.near(&path, known));
        };
        let schema: Value = match serde_json::from_str(text) {
            Ok(schema) => schema,
            Err(error) => {
                super::servers::json_problem(self.cx, &path, text, &error);
                return None;
            }
        };
        if let Err(error) = jsonschema::draft202012::meta::validate(&schema) {
            let at = error.instance_path().to_string();
            return self.cx.add(wrong(format!("`{path}` is no valid schema at `{at}`: {error}")));
        }
        Some(schema)
    }

    /// Notes that a tool is used; says so if it cannot be.
    pub(crate) fn tool(&mut self, name: &ToolName, at: &Spot) -> Option<()> {
        if self.tools.contains_key(name) {
            return Some(());
        }
        if self.ws.servers.broken || !self.refused.insert(name.clone()) {
            return None;
        }
        let (cx, servers) = (self.cx, &self.ws.servers);
        if !servers.has(name.server()) {
            let what = format!("there is no server `{}`", name.server());
            let found = Found::new(&codes::SERVER_UNKNOWN, at, what);
            return cx.add(found.near(name.server(), servers.servers.keys()));
        }
        let Some(pinned) = servers.pinned(name) else {
            let same = servers.lock.tools.keys().filter(|t| t.server() == name.server());
            let close = same
                .map(|t| (strsim::damerau_levenshtein(t.tool(), name.tool()), t))
                .filter(|(distance, _)| *distance <= 3)
                .min();
            let what = format!("`{name}` is not approved in `mcp.lock`");
            return match close {
                Some((_, other)) => {
                    let found = Found::new(&codes::TOOL_UNKNOWN, at, what);
                    cx.add(found.near(name.as_str(), [other.as_str()]))
                }
                None => {
                    let fix = format!("approve it with `flightdeck mcp pin {name}`");
                    cx.add(Found::new(&codes::NOT_PINNED, at, what).fix(fix))
                }
            };
        };
        let Some(tool) = pinned.tool() else {
            let what = format!("nobody has said what `{name}` may do");
            return cx.add(Found::new(&codes::NO_EFFECT, &servers.spot(name.as_str()), what));
        };
        let read_back = tool.read_back.clone();
        self.tools.insert(name.clone(), tool);
        match read_back {
            Some(other) => self.tool(&other, &servers.spot(name.as_str())),
            None => Some(()),
        }
    }

    pub(crate) fn tool_step(
        &mut self,
        id: &StepId,
        fields: Fields<'_>,
        node: &Node,
    ) -> Option<ToolStep> {
        let cx = self.cx;
        let tool = cx.name(node, ToolName::new)?;
        let known = self.tool(&tool, &node.at);
        let with = fields.get("with").map(|n| self.arguments(id, n)).unwrap_or_default();
        let mut backed_by = BTreeMap::new();
        for entry in fields.get("backed_by").and_then(|n| cx.map(n)).unwrap_or_default() {
            if !with.contains_key(&entry.key) {
                let what = format!("there is no argument `{}` to back", entry.key);
                let found = Found::new(&codes::ARGUMENT_UNKNOWN, &entry.key_at, what);
                cx.add::<()>(found.near(&entry.key, with.keys()));
            }
            self.spots.insert(format!("{id}.backed_by.{}", entry.key), entry.value.at.clone());
            backed_by.insert(entry.key.clone(), self.backing(id, &entry.value)?);
        }
        let undo = match fields.get("undo") {
            Some(node) => {
                self.spots.insert(format!("{id}.undo"), node.at.clone());
                let undo = cx.name(node, ToolName::new)?;
                self.tool(&undo, &node.at)?;
                Some(undo)
            }
            None => None,
        };
        let confirm = match fields.get("confirm") {
            Some(node) => Some(self.confirm(id, node)?),
            None => None,
        };
        let gives = self.gives(fields, &tool)?;
        known?;
        Some(ToolStep { tool, with, backed_by, undo, confirm, gives })
    }

    /// What a tool's answer holds: as the file says, or as its approved definition does.
    fn gives(&self, fields: Fields<'_>, tool: &ToolName) -> Option<Type> {
        if let Some(node) = fields.get("gives") {
            let kinds = self.cx.kinds(node)?.into_iter();
            return Some(Type::Record(
                kinds.map(|(name, kind)| (name.to_string(), kind)).collect(),
            ));
        }
        let output = self.ws.servers.pinned(tool).and_then(|p| p.definition.output.as_ref());
        Some(output.map_or(Type::Unknown, types::from_schema))
    }

    fn backing(&mut self, id: &StepId, node: &Node) -> Option<Backing> {
        let cx = self.cx;
        let fields = cx.fields(node, &keys::BACKING)?;
        let place = || Place::Before(id.clone());
        let fact = fields.get("fact").and_then(|n| self.path(n, place()));
        let within_minor = match fields.get("within") {
            Some(node) => cx.money(node).map(|money| money.minor),
            None => Some(0),
        };
        let when = match fields.get("when") {
            Some(node) => Some(self.condition(node, place())?),
            None => None,
        };
        Some(Backing { fact: fact?, within_minor: within_minor?, when })
    }

    fn confirm(&mut self, id: &StepId, node: &Node) -> Option<Confirm> {
        let cx = self.cx;
        let fields = cx.fields(node, &keys::CONFIRM)?;
        let tool_node = fields.get("tool")?;
        let tool = cx.name(tool_node, ToolName::new)?;
        let known = self.tool(&tool, &tool_node.at);
        let mut with = BTreeMap::new();
        let result = self.gives(fields, &tool)?;
        let place = Place::Confirm(id.clone(), result);
        for entry in fields.get("with").and_then(|n| cx.map(n)).unwrap_or_default() {
            with.insert(entry.key.clone(), self.argument(place.clone(), &entry.value)?);
        }
        let holds = fields.get("holds").and_then(|n| self.condition(n, place))?;
        known?;
        Some(Confirm { tool, with, holds })
    }

    /// One argument. A text is a path; what is meant as it stands is a literal.
    pub(crate) fn argument(&mut self, place: Place, node: &Node) -> Option<Arg> {
        match &node.kind {
            Kind::Map(entries) => match entries.as_slice() {
                [Entry { key, value, .. }] if key == "literal" => Some(Arg::Literal(json(value))),
                _ => {
                    let what = "an argument is a path, a number, or `{ literal: ... }`";
                    self.cx.add(Found::new(&codes::PATH_FORM, &node.at, what))
                }
            },
            Kind::List(_) => {
                let what = "a list is not a path";
                let found = Found::new(&codes::PATH_FORM, &node.at, what);
                self.cx.add(found.fix("write `{ literal: [ ... ] }`"))
            }
            Kind::Text { plain: true, .. } if !matches!(json(node), Value::String(_)) => {
                Some(Arg::Literal(json(node)))
            }
            Kind::Text { text, .. } => {
                let path = self.argument_path(node, text.trim())?;
                let what = super::uses::What::Path(path.clone());
                let spot = node.at.clone();
                self.uses.push(super::uses::Use { what, spot, place });
                Some(Arg::Path(path))
            }
        }
    }

    fn argument_path(&self, node: &Node, text: &str) -> Option<Path> {
        if let Ok(path) = Path::parse(text)
            && (path.root() == "case" || self.ids.contains_key(path.root()))
        {
            return Some(path);
        }
        let what = format!("`{text}` is neither a path nor a literal");
        let found = Found::new(&codes::PATH_FORM, &node.at, what);
        let root = text.split('.').next().unwrap_or(text);
        let known = self.ids.keys().map(StepId::as_str).chain(["case"]);
        self.cx.add(found.near(root, known))
    }

    pub(crate) fn review(
        &mut self,
        id: &StepId,
        node: &Node,
        container: Option<&Container>,
    ) -> Option<ReviewStep> {
        let cx = self.cx;
        let fields = cx.fields(node, &keys::REVIEW)?;
        let by = fields.get("by").and_then(|n| self.ws.settings.people.role(cx, n));
        let mut never_by = Vec::new();
        for node in fields.get("never_by").map(|n| cx.some(n)).unwrap_or_default() {
            never_by.push(match cx.choice(node, keys::NEVER)? {
                "starter" => NeverBy::Starter,
                _ => NeverBy::Owner,
            });
        }
        let approvals = match fields.get("approvals") {
            Some(node) => cx.whole(node, 1, APPROVALS_MAX).and_then(|n| u8::try_from(n).ok()),
            None => Some(1),
        };
        let sample = match fields.get("sample") {
            Some(node) => Some(self.sample(id, node)?),
            None => None,
        };
        let question = match fields.get("question") {
            Some(node) => cx.text(node),
            None => Some(self.texts.get(id.as_str()).cloned().unwrap_or_default()),
        };
        let mut paths = |key: &str| -> Vec<Path> {
            let nodes = fields.get(key).and_then(|n| cx.list(n)).unwrap_or_default();
            nodes.iter().filter_map(|n| self.path(n, Place::Before(id.clone()))).collect()
        };
        let (show, may_edit) = (paths("show"), paths("may_edit"));
        if let Some(node) = fields.get("show").filter(|_| show.is_empty())
            && matches!(&node.kind, Kind::List(items) if items.is_empty())
        {
            let what = "the reviewer sees nothing, and an approval covers what was shown";
            let found = Found::new(&codes::MISSING_KEY, &node.at, what);
            cx.add::<()>(found.fix("name what the reviewer sees, such as `[ case, read ]`"));
        }
        let within = fields.get("within").and_then(|n| cx.within(n));
        let late = fields.get("late").and_then(|n| self.late(n, container));
        let rejected = fields.get("if_rejected").and_then(|n| self.rejected(n, container));
        Some(ReviewStep {
            by: by?,
            never_by,
            approvals: approvals?,
            sample,
            question: question?,
            show,
            may_edit,
            within: within?,
            late: late?,
            if_rejected: rejected?,
        })
    }

    fn sample(&mut self, id: &StepId, node: &Node) -> Option<Sample> {
        let fields = self.cx.fields(node, &keys::SAMPLE)?;
        self.spots.insert(format!("{id}.sample"), node.at.clone());
        let when = fields.get("when").and_then(|n| self.condition(n, Place::Before(id.clone())));
        let share = fields.get("share").and_then(|n| percent(self.cx, n));
        Some(Sample { when: when?, share: share? })
    }

    fn late(&mut self, node: &Node, container: Option<&Container>) -> Option<Late> {
        let cx = self.cx;
        let fields = cx.fields(node, &keys::LATE)?;
        let end = self.late_end(fields, &codes::REVIEW_LATE, container);
        let Some(ask) = fields.get("ask") else {
            if let Some(next) = fields.get("next") {
                let what = "nobody is asked before these";
                let found = Found::new(&codes::REVIEW_LATE, &next.at, what);
                return cx.add(found.fix("name the first role with `ask`"));
            }
            return Some(match end? {
                LateEnd::Stop => Late::Stop,
                LateEnd::Go(step) => Late::Go(step),
            });
        };
        let role = self.ws.settings.people.role(cx, ask);
        let Some(within) = fields.get("within") else {
            let what = "the second request has no deadline";
            return cx.add(Found::new(&codes::REVIEW_DEADLINE, &node.at, what));
        };
        let mut next = Vec::new();
        for node in fields.get("next").and_then(|n| cx.list(n)).unwrap_or_default() {
            let fields = cx.fields(node, &keys::NEXT)?;
            let role = fields.get("ask").and_then(|n| self.ws.settings.people.role(cx, n));
            let within = fields.get("within").and_then(|n| cx.within(n));
            next.push(Asked { role: role?, within: within? });
        }
        Some(Late::Ask { role: role?, within: cx.within(within)?, next, then: end? })
    }

    fn rejected(&mut self, node: &Node, container: Option<&Container>) -> Option<Rejected> {
        let fields = self.cx.fields(node, &keys::REJECTED)?;
        let tell = match fields.get("tell") {
            Some(node) => Some(self.ws.settings.people.role(self.cx, node)?),
            None => None,
        };
        Some(Rejected { tell, then: self.late_end(fields, &codes::REVIEW_REJECTED, container)? })
    }

    /// `then: stop`, `then: STEP` or `go: STEP`.
    fn late_end(
        &self,
        fields: Fields<'_>,
        missing: &'static codes::Code,
        container: Option<&Container>,
    ) -> Option<LateEnd> {
        match (fields.get("then"), fields.get("go")) {
            (Some(node), None) | (None, Some(node)) => match &node.kind {
                Kind::Text { text, .. } if text.trim() == "stop" => Some(LateEnd::Stop),
                _ => Some(LateEnd::Go(self.step(node, container)?)),
            },
            (None, None) => {
                let what = "nothing says where the case goes";
                let found = Found::new(missing, &fields.node.at, what);
                self.cx.add(found.fix("add `then: stop` or `go: STEP`"))
            }
            (Some(_), Some(node)) => {
                let what = "only one of `then` and `go` can happen";
                self.cx.add(Found::new(&codes::KIND, &node.at, what).fix("keep one of them"))
            }
        }
    }
}

fn find(word: &str) -> Option<Find> {
    Some(match word {
        "name" => Find::Name,
        "id" => Find::Id,
        "date" => Find::Date,
        "money" => Find::Money,
        "iban" => Find::Iban,
        "line" => Find::Line,
        _ => return None,
    })
}

/// A literal as JSON. Numbers with a point stay texts: there are no binary floats.
fn json(node: &Node) -> Value {
    match &node.kind {
        Kind::List(items) => Value::Array(items.iter().map(json).collect()),
        Kind::Map(entries) => {
            Value::Object(entries.iter().map(|e| (e.key.clone(), json(&e.value))).collect())
        }
        Kind::Text { text, plain: true } => match text.as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "" | "null" | "~" => Value::Null,
            text => text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from),
        },
        Kind::Text { text, .. } => Value::from(text.as_str()),
    }
}
