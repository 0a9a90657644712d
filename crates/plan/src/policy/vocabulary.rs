//! The words that policies may use, made from the workflows of a workspace: a Cedar schema, and
//! the entities of one step. It must not know any policy.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write;
use std::str::FromStr;

use cedar_policy::{
    Entities, Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression, Schema,
};
use serde_json::Value as Json;

use super::PolicyFault;
use crate::ids::{AgentName, ModelName, RoleId, StepId, ToolName};
use crate::workflow::{ArgRole, Autonomy, Does, Effect, Risk, Tool, Trust, Work, Workflow};

/// What one act is, for a policy: who (a step, or an agent in a step) does what to what.
#[derive(Debug, Clone, Copy)]
pub struct Act<'a> {
    pub step: &'a StepId,
    /// The agent, where the act is one of a model's own choice or the call of a model.
    pub agent: Option<&'a AgentName>,
    pub target: Target<'a>,
}

#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    Tool(&'a ToolName),
    Model(&'a ModelName),
}

/// The types a context attribute can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgKind {
    Text,
    Long,
    Bool,
    /// A number that is no amount, as a Cedar decimal.
    Decimal,
    /// `{ minor: Long, currency: String }`.
    Amount,
    /// A set of texts.
    Texts,
}

impl ArgKind {
    fn cedar(self) -> &'static str {
        match self {
            Self::Text => "String",
            Self::Long => "Long",
            Self::Bool => "Bool",
            Self::Decimal => "decimal",
            Self::Amount => "Amount",
            Self::Texts => "Set<String>",
        }
    }
}

/// The arguments of a tool that a policy may name, and whether each is always there. Nested
/// records are not offered: a policy on them would be one on unchecked shapes.
#[must_use]
pub fn arguments(tool: &Tool) -> BTreeMap<String, (ArgKind, bool)> {
    let required: BTreeSet<&str> = tool
        .input
        .get("required")
        .and_then(Json::as_array)
        .map(|names| names.iter().filter_map(Json::as_str).collect())
        .unwrap_or_default();
    let mut arguments = BTreeMap::new();
    let properties = tool.input.get("properties").and_then(Json::as_object);
    for (name, schema) in properties.into_iter().flatten() {
        let kind = match tool.args.get(name) {
            Some(ArgRole::Amount) => Some(ArgKind::Amount),
            _ => kind(schema),
        };
        if let Some(kind) = kind {
            arguments.insert(name.clone(), (kind, required.contains(name.as_str())));
        }
    }
    arguments
}

fn kind(schema: &Json) -> Option<ArgKind> {
    if schema
        .get("enum")
        .and_then(Json::as_array)
        .is_some_and(|all| all.iter().all(Json::is_string))
    {
        return Some(ArgKind::Text);
    }
    match schema.get("type")?.as_str()? {
        "string" => Some(ArgKind::Text),
        "integer" => Some(ArgKind::Long),
        "boolean" => Some(ArgKind::Bool),
        "number" => Some(ArgKind::Decimal),
        "array" => match kind(schema.get("items")?)? {
            ArgKind::Text => Some(ArgKind::Texts),
            _ => None,
        },
        _ => None,
    }
}

/// Every word of a workspace that a policy may use.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    tools: BTreeMap<ToolName, Tool>,
    roles: BTreeSet<RoleId>,
}

impl Vocabulary {
    /// The words of these workflows and of those they call.
    #[must_use]
    pub fn of<'a>(workflows: impl IntoIterator<Item = &'a Workflow>) -> Self {
        let mut words = Self::default();
        for workflow in workflows {
            words.add(workflow);
        }
        words
    }

    fn add(&mut self, workflow: &Workflow) {
        let tools = workflow.tools.iter().map(|(name, tool)| (name.clone(), tool.clone()));
        self.tools.extend(tools);
        self.roles.extend(workflow.roles.keys().cloned());
        for child in workflow.children.values() {
            self.add(child);
        }
    }

    /// Roles that `@ask` may name.
    #[must_use]
    pub fn roles(&self) -> &BTreeSet<RoleId> {
        &self.roles
    }

    /// The Cedar schema, to read and to check policies against.
    #[must_use]
    pub fn schema_text(&self) -> String {
        let mut text = String::from(SCHEMA);
        for (name, tool) in &self.tools {
            let mut args = String::new();
            let mut labels = String::new();
            for (arg, (kind, required)) in arguments(tool) {
                let (arg, mark) = (quoted(&arg), if required { "" } else { "?" });
                let _ = write!(args, " {arg}{mark}: {},", kind.cedar());
                let _ = write!(labels, " {arg}{mark}: Set<String>,");
            }
            let groups = groups(tool.effect).map(quoted).join(", ");
            let (args, labels) = (args.trim_end_matches(','), labels.trim_end_matches(','));
            let name = quoted(name.as_str());
            let _ = write!(
                text,
                "\naction {name} in [{groups}] appliesTo {{\n  principal: [Step, Agent],\n  \
                 resource: [Tool],\n  context: {{ {COMMON},\n    args: {{{args} }},\n    \
                 labels: {{{labels} }} }}\n}};\n"
            );
        }
        text
    }

    pub(super) fn schema(&self) -> Result<Schema, PolicyFault> {
        let (schema, _) = Schema::from_cedarschema_str(&self.schema_text())
            .map_err(|why| PolicyFault::Vocabulary(why.to_string()))?;
        Ok(schema)
    }
}

/// What the context of every act holds.
const COMMON: &str = "untrusted: Bool, reviewed: Bool, risk: String, risk_level: Long, \
    autonomy: String, visit: Long, cost: Budget, tokens: Budget, acts: Budget";

/// What does not depend on the workspace.
const SCHEMA: &str = include_str!("base.cedarschema");

fn groups(effect: Effect) -> [&'static str; 1] {
    [effect_word(effect)]
}

fn effect_word(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "read",
        Effect::Write => "write",
        Effect::Send => "send",
        Effect::Pay => "pay",
        Effect::Delete => "delete",
    }
}

pub(super) fn risk_word(risk: Risk) -> (&'static str, i64) {
    match risk {
        Risk::Low => ("low", 1),
        Risk::Medium => ("medium", 2),
        Risk::High => ("high", 3),
        Risk::Critical => ("critical", 4),
    }
}

pub(super) fn autonomy_word(autonomy: Autonomy) -> &'static str {
    match autonomy {
        Autonomy::Suggest => "suggest",
        Autonomy::Approve => "approve",
        Autonomy::ActWithUndo => "act_with_undo",
        Autonomy::Act => "act",
    }
}

fn quoted(text: &str) -> String {
    Json::from(text).to_string()
}

/// The entities of one act, and who, what and to what.
pub(super) struct World {
    pub entities: Entities,
    pub principal: EntityUid,
    pub action: EntityUid,
    pub resource: EntityUid,
}

pub(super) fn world(workflow: &Workflow, act: Act<'_>) -> Result<World, PolicyFault> {
    let declared = declared(workflow, act.step);
    let mut all = Vec::new();
    let flow = uid("Workflow", workflow.name.as_str())?;
    let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
    all.push(entity(
        &flow,
        [
            ("risk", text(risk_word(workflow.risk).0)),
            ("autonomy", text(autonomy_word(workflow.autonomy))),
        ],
        [],
    )?);
    let set = |names: &[EntityUid]| {
        RestrictedExpression::new_set(
            names.iter().cloned().map(RestrictedExpression::new_entity_uid),
        )
    };
    let tools =
        declared.tools.iter().map(|t| uid("Tool", t.as_str())).collect::<Result<Vec<_>, _>>()?;
    let models =
        declared.models.iter().map(|m| uid("Model", m.as_str())).collect::<Result<Vec<_>, _>>()?;
    let step = uid("Step", act.step.as_str())?;
    let attrs = [("kind", text(declared.kind)), ("tools", set(&tools)), ("models", set(&models))];
    all.push(entity(&step, attrs, [flow])?);
    let principal = match act.agent {
        None => step,
        Some(agent) => {
            let agent = uid("Agent", agent.as_str())?;
            all.push(entity(&agent, [("tools", set(&tools)), ("models", set(&models))], [step])?);
            agent
        }
    };
    let (action, resource) = match act.target {
        Target::Model(name) => {
            let vendor = workflow.models.get(name).map_or("", |model| model.vendor.as_str());
            let (model, vendor) = (uid("Model", name.as_str())?, uid("Vendor", vendor)?);
            all.push(entity(&vendor, [], [])?);
            all.push(entity(&model, [], [vendor])?);
            (uid("Action", "call_model")?, model)
        }
        Target::Tool(name) => tool_entities(workflow, name, &mut all)?,
    };
    let entities = Entities::from_entities(all, None)
        .map_err(|why| PolicyFault::Vocabulary(why.to_string()))?;
    Ok(World { entities, principal, action, resource })
}

fn tool_entities(
    workflow: &Workflow,
    name: &ToolName,
    all: &mut Vec<Entity>,
) -> Result<(EntityUid, EntityUid), PolicyFault> {
    let Some(tool) = workflow.tools.get(name) else {
        return Err(PolicyFault::Vocabulary(format!("there is no tool `{name}`")));
    };
    let server = uid("Server", name.server())?;
    let resource = uid("Tool", name.as_str())?;
    let tags = tool.tags.iter().map(|tag| RestrictedExpression::new_string(tag.to_string()));
    let attrs = [
        ("effect", RestrictedExpression::new_string(effect_word(tool.effect).to_owned())),
        ("reversible", RestrictedExpression::new_bool(tool.reversible)),
        ("trusted", RestrictedExpression::new_bool(tool.trust == Trust::Trusted)),
        ("tags", RestrictedExpression::new_set(tags)),
    ];
    all.push(entity(&server, [], [])?);
    all.push(entity(&resource, attrs, [server])?);
    let (use_tool, effect) = (uid("Action", "use_tool")?, uid("Action", "effect")?);
    let group = uid("Action", effect_word(tool.effect))?;
    let action = uid("Action", name.as_str())?;
    all.push(entity(&use_tool, [], [])?);
    all.push(entity(&effect, [], [use_tool.clone()])?);
    let above = if tool.effect == Effect::Read { use_tool } else { effect };
    all.push(entity(&group, [], [above])?);
    all.push(entity(&action, [], [group])?);
    Ok((action, resource))
}

fn entity<const A: usize, const P: usize>(
    uid: &EntityUid,
    attrs: [(&str, RestrictedExpression); A],
    parents: [EntityUid; P],
) -> Result<Entity, PolicyFault> {
    let attrs: HashMap<_, _> = attrs.into_iter().map(|(n, v)| (n.to_owned(), v)).collect();
    Entity::new(uid.clone(), attrs, HashSet::from(parents))
        .map_err(|why| PolicyFault::Vocabulary(why.to_string()))
}

pub(super) fn uid(kind: &str, id: &str) -> Result<EntityUid, PolicyFault> {
    let kind =
        EntityTypeName::from_str(kind).map_err(|e| PolicyFault::Vocabulary(e.to_string()))?;
    Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}

/// What a step declares.
#[derive(Debug, Default, Clone)]
pub struct Declared {
    pub kind: &'static str,
    pub tools: BTreeSet<ToolName>,
    pub models: BTreeSet<ModelName>,
}

/// The tools and models that a step of this workflow may use.
#[must_use]
pub fn declared(workflow: &Workflow, step: &StepId) -> Declared {
    let Some(step) = workflow.steps.iter().find(|other| other.id == *step) else {
        return Declared::default();
    };
    let mut declared = Declared { kind: kind_word(&step.does), ..Declared::default() };
    match &step.does {
        Does::Agent(agent) => {
            declared.models.extend(workflow.answering(agent).iter().cloned());
            declared.models.extend(workflow.looking(agent).cloned());
            match &agent.work {
                Work::Answer { tools, .. } => declared.tools.extend(tools.iter().cloned()),
                Work::Copy { fields, .. } => {
                    let known = fields.iter().filter_map(|field| field.known_in.as_ref());
                    let tables = known.filter_map(|known| workflow.tables.get(&known.table));
                    declared.tools.extend(tables.map(|table| table.tool.clone()));
                }
            }
        }
        Does::Tool(tool) => {
            declared.tools.insert(tool.tool.clone());
            declared.tools.extend(tool.undo.clone());
            declared.tools.extend(tool.confirm.as_ref().map(|confirm| confirm.tool.clone()));
        }
        Does::Lookup(lookup) => {
            let tables = lookup.finds.values().filter_map(|find| workflow.tables.get(&find.table));
            declared.tools.extend(tables.map(|table| table.tool.clone()));
        }
        _ => {}
    }
    // Asking whether a call in doubt happened belongs to the call.
    let read_backs: Vec<_> = declared
        .tools
        .iter()
        .filter_map(|name| workflow.tools.get(name)?.read_back.clone())
        .collect();
    declared.tools.extend(read_backs);
    declared
}

fn kind_word(does: &Does) -> &'static str {
    match does {
        Does::Agent(_) => "agent",
        Does::Tool(_) => "tool",
        Does::Lookup(_) => "lookup",
        Does::Decide(_) => "decide",
        Does::Review(_) => "review",
        Does::Each(_) => "each",
        Does::Parallel(_) => "parallel",
        Does::Wait(_) => "wait",
        Does::Workflow(_) => "workflow",
        Does::End(_) => "end",
    }
}
