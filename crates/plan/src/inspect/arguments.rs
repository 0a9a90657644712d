//! What is passed to a tool against the schema that was approved for it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::codes;
use crate::files::Spot;
use crate::ids::{FieldName, ToolName, WorkflowName};
use crate::problem::{Cx, Found};
use crate::read::workflow::Draft;
use crate::types;
use crate::workflow::{Arg, Does, Effect, Step, Tool, Type};

pub(super) fn check(cx: &Cx<'_>, draft: &Draft) {
    let scope = types::scope(&draft.workflow);
    for step in &draft.workflow.steps {
        let one = One { cx, draft, step, scope: &scope };
        if let Does::Workflow(call) = &step.does {
            one.workflow(&call.workflow, &call.with);
        }
        let Does::Tool(call) = &step.does else { continue };
        one.call(&call.tool, &call.with);
        if let Some(confirm) = &call.confirm {
            one.call(&confirm.tool, &confirm.with);
        }
        if let Some(undo) = &call.undo
            && draft.workflow.tools.get(undo).is_some_and(|tool| tool.effect == Effect::Read)
        {
            let what = format!("`{undo}` only reads");
            let spot = draft.spot(&format!("{}.undo", step.id));
            cx.add::<()>(Found::new(&codes::UNDO, spot, what));
        }
    }
}

struct One<'d, 'f> {
    cx: &'d Cx<'f>,
    draft: &'d Draft,
    step: &'d Step,
    scope: &'d BTreeMap<String, Type>,
}

impl One<'_, '_> {
    fn spot(&self, arg: &str) -> &Spot {
        self.draft.spot(&format!("{}.with.{arg}", self.step.id))
    }

    fn call(&self, name: &ToolName, with: &BTreeMap<String, Arg>) {
        let Some(tool) = self.draft.workflow.tools.get(name) else { return };
        let declared = tool.input.get("properties").and_then(Value::as_object);
        let open = tool.input.get("additionalProperties").is_some_and(|more| more != false);
        for (arg, value) in with {
            match declared.and_then(|all| all.get(arg)) {
                Some(schema) => self.value(name, arg, value, schema),
                None if open => {}
                None => {
                    let what = format!("`{name}` takes no argument `{arg}`");
                    let found = Found::new(&codes::ARGUMENT_UNKNOWN, self.spot(arg), what);
                    let known = declared.into_iter().flat_map(|all| all.keys());
                    self.cx.add::<()>(found.near(arg, known));
                }
            }
        }
        for arg in required(tool) {
            // A tool's key is filled in when it is called; what could not be read was reported.
            let written = self.draft.spots.contains_key(&format!("{}.with.{arg}", self.step.id));
            let there = with.contains_key(arg) || (self.draft.holes && written);
            if !there && tool.key_arg.as_deref() != Some(arg) {
                let what = format!("`{name}` needs the argument `{arg}`");
                let spot = self.draft.spot(self.step.id.as_str());
                let fix = format!("add `{arg}:` under `with`");
                self.cx.add::<()>(Found::new(&codes::ARGUMENT_MISSING, spot, what).fix(fix));
            }
        }
    }

    /// What another workflow is given, against the fields its case declares.
    fn workflow(&self, name: &WorkflowName, with: &BTreeMap<String, Arg>) {
        let Some(child) = self.draft.workflow.children.get(name) else { return };
        let fields = &child.case.fields;
        for arg in with.keys().filter(|arg| !fields.contains_key(arg.as_str())) {
            let what = format!("a case of `{name}` has no field `{arg}`");
            let found = Found::new(&codes::ARGUMENT_UNKNOWN, self.spot(arg), what);
            self.cx.add::<()>(found.near(arg, fields.keys().map(FieldName::as_str)));
        }
        for (field, kind) in fields {
            if !with.contains_key(field.as_str()) && !matches!(kind, Type::Optional(_)) {
                let what = format!("a case of `{name}` needs the field `{field}`");
                let spot = self.draft.spot(self.step.id.as_str());
                let fix = format!("add `{field}:` under `with`");
                self.cx.add::<()>(Found::new(&codes::ARGUMENT_MISSING, spot, what).fix(fix));
            }
        }
    }

    fn value(&self, name: &ToolName, arg: &str, value: &Arg, schema: &Value) {
        let wanted = schema.get("type").and_then(Value::as_str).unwrap_or_default();
        let given = match value {
            Arg::Literal(literal) => {
                if literal_fits(literal, wanted, schema) {
                    return;
                }
                format!("`{literal}`")
            }
            Arg::Path(path) => {
                let root = self.scope.get(path.root());
                let Some(kind) = root.and_then(|root| types::at(root, path.fields())) else {
                    return;
                };
                if kind_fits(&kind, wanted) {
                    return;
                }
                format!("`{path}`, which is {}", types::said(&kind))
            }
        };
        let what = format!("`{arg}` of `{name}` takes {}, not {given}", article(wanted));
        let found = Found::new(&codes::ARGUMENT_TYPE, self.spot(arg), what);
        let money = matches!(value, Arg::Path(_)) && wanted == "integer";
        self.cx.add::<()>(match value {
            Arg::Path(path) if money => found.fix(format!("for cents write `{path}.minor`")),
            _ => found,
        });
    }
}

fn required(tool: &Tool) -> impl Iterator<Item = &str> {
    let all = tool.input.get("required").and_then(Value::as_array);
    all.into_iter().flatten().filter_map(Value::as_str)
}

fn article(wanted: &str) -> &str {
    match wanted {
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "yes or no",
        "array" => "a list",
        "object" => "several fields",
        "string" => "a text",
        _ => "one of a few values",
    }
}

fn literal_fits(literal: &Value, wanted: &str, schema: &Value) -> bool {
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return words.contains(literal);
    }
    match wanted {
        "integer" => literal.is_i64() || literal.is_u64(),
        // A number with a point is kept as a text until it is passed.
        "number" => {
            literal.is_number() || literal.as_str().is_some_and(|t| t.parse::<f64>().is_ok())
        }
        "boolean" => literal.is_boolean(),
        "array" => literal.is_array(),
        "object" => literal.is_object(),
        "string" => literal.is_string(),
        _ => true,
    }
}

/// Money passes as a text or a number, never as a whole number: that would be cents or units.
fn kind_fits(kind: &Type, wanted: &str) -> bool {
    match (kind, wanted) {
        (Type::Optional(inner), wanted) => kind_fits(inner, wanted),
        (Type::Unknown, _) => true,
        (kind, "integer") => *kind == Type::Int,
        (kind, "number") => matches!(kind, Type::Int | Type::Decimal | Type::Money),
        (kind, "boolean") => *kind == Type::Bool,
        (kind, "array") => matches!(kind, Type::List(_)),
        (kind, "object") => matches!(kind, Type::Record(_) | Type::Money),
        (kind, "string") => {
            !matches!(kind, Type::Bool | Type::Int | Type::List(_) | Type::Record(_))
        }
        _ => true,
    }
}
