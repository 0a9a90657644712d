//! What is new in a release against another one of the same workflow, part by part. It must not say
//! whether a change is good.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::Plan;
use crate::workflow::{Does, Step, Workflow};

/// Each part that differs, in a few words, the steps first.
#[must_use]
pub fn changes(old: &Plan, new: &Plan) -> Vec<String> {
    let (old, new) = (old.workflow(), new.workflow());
    let mut all = steps(old, new);
    let mut named = |said: &str, old: Value, new: Value| {
        all.extend(entries(&old, &new).into_iter().map(|name| format!("{said} `{name}`")));
    };
    named("the agent", json(&old.agents), json(&new.agents));
    named("the model", json(&old.models), json(&new.models));
    named("the tool", json(&old.tools), json(&new.tools));
    named("the table", json(&old.tables), json(&new.tables));
    named("the policy", policies(old), policies(new));
    named("the role", json(&old.roles), json(&new.roles));
    named("the workflow", json(&old.children), json(&new.children));
    let (old, new) = (rest(old), rest(new));
    all.extend(entries(&old, &new).into_iter().map(|key| format!("`{key}`")));
    all
}

/// Steps by what differs of them: their map, or the instructions of their agent.
fn steps(old: &Workflow, new: &Workflow) -> Vec<String> {
    let by_name = |workflow: &Workflow| -> BTreeMap<String, Step> {
        workflow.steps.iter().map(|step| (step.id.to_string(), step.clone())).collect()
    };
    let (old, new) = (by_name(old), by_name(new));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut all = Vec::new();
    for name in names {
        match (old.get(name), new.get(name)) {
            (None, _) => all.push(format!("the step `{name}` is new")),
            (_, None) => all.push(format!("the step `{name}` is gone")),
            (Some(old), Some(new)) => {
                let (old_says, new_says) = (instructions(old), instructions(new));
                let sources = entries(&json(&old_says), &json(&new_says));
                let told = |source: &String| format!("the instructions of `{name}` in `{source}`");
                all.extend(sources.iter().map(told));
                if without_instructions(old) != without_instructions(new) {
                    all.push(format!("the step `{name}`"));
                }
            }
        }
    }
    all
}

fn instructions(step: &Step) -> BTreeMap<String, String> {
    let Does::Agent(agent) = &step.does else { return BTreeMap::new() };
    let all = agent.instructions.iter();
    all.map(|one| (one.source.clone(), one.text.clone())).collect()
}

fn without_instructions(step: &Step) -> Value {
    let mut step = step.clone();
    if let Does::Agent(agent) = &mut step.does {
        agent.instructions.clear();
    }
    json(&step)
}

fn policies(workflow: &Workflow) -> Value {
    let all = workflow.policies.iter();
    Value::Object(all.map(|policy| (policy.id.clone(), json(policy))).collect())
}

/// What no other part names.
fn rest(workflow: &Workflow) -> Value {
    let mut all = json(workflow);
    if let Some(all) = all.as_object_mut() {
        for part in
            ["steps", "agents", "models", "tools", "tables", "policies", "roles", "children"]
        {
            all.remove(part);
        }
    }
    all
}

/// The keys of two objects whose values differ.
fn entries(old: &Value, new: &Value) -> Vec<String> {
    let keys = |value: &Value| -> BTreeSet<String> {
        value.as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default()
    };
    let all = &keys(old) | &keys(new);
    all.into_iter().filter(|key| old.get(key) != new.get(key)).collect()
}

/// Anything of a release is JSON: it is stored so.
fn json<T: Serialize>(part: &T) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}
