//! A Cedar policy in the operator's words: what it permits, refuses or puts before a person, by
//! whom, and under what condition. What has no words here is shown as it is written. It must not
//! decide anything: guard evaluates the policy itself.

use serde_json::Value as Json;

use super::{PolicyFault, slice};
use crate::workflow::Policy;

/// How deep a condition is put into words.
const DEEP: usize = 24;
/// What stands between two values, and its words.
const BETWEEN: &[(&str, &str)] = &[
    ("==", "is"),
    ("!=", "is not"),
    ("<", "is less than"),
    ("<=", "is at most"),
    (">", "is more than"),
    (">=", "is at least"),
    ("in", "is"),
    ("+", "plus"),
    ("-", "minus"),
    ("*", "times"),
    ("lessThan", "is less than"),
    ("lessThanOrEqual", "is at most"),
    ("greaterThan", "is more than"),
    ("greaterThanOrEqual", "is at least"),
    ("contains", "has"),
    ("containsAll", "has"),
    ("containsAny", "has one of"),
];

/// A policy in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What it does, in one sentence without its conditions.
    pub does: String,
    /// Its conditions, each as a part of a sentence: `where ..` or `unless ..`.
    pub conditions: Vec<String>,
    /// Why it is there, where its author says so.
    pub reason: Option<String>,
}

/// What a policy says.
pub fn said(policy: &Policy) -> Result<Said, PolicyFault> {
    let tree = slice::tree(policy)?;
    let part = |name: &str| tree.get(name).cloned().unwrap_or_default();
    let does = match (part("effect").as_str(), &policy.ask) {
        (Some("permit"), _) => "permits".to_owned(),
        (_, Some(role)) => format!("puts before {role}"),
        (_, None) => "refuses".to_owned(),
    };
    let by = scope(&part("principal")).map_or("any step".to_owned(), |who| who);
    let what = scope(&part("action")).unwrap_or_else(|| "anything".to_owned());
    let on = scope(&part("resource")).map(|on| format!(" on {on}")).unwrap_or_default();
    let all = tree.get("conditions").and_then(Json::as_array);
    let conditions = all.into_iter().flatten().filter_map(|one| {
        let word = if one.get("kind")?.as_str()? == "unless" { "unless" } else { "where" };
        Some(format!("{word} {}", told(one.get("body")?, 0)))
    });
    let reason = tree.get("annotations").and_then(|all| all.get("reason")?.as_str());
    Ok(Said {
        does: format!("{does} {what}{on} by {by}"),
        conditions: conditions.collect(),
        reason: reason.map(str::to_owned),
    })
}

/// Whom or what the head of a policy is about; nothing where it is about all.
fn scope(part: &Json) -> Option<String> {
    let within = |part: &Json| match part.get("entity") {
        Some(one) => named(one),
        None => {
            let all = part.get("entities").and_then(Json::as_array);
            listed(all.into_iter().flatten().map(named).collect(), "or")
        }
    };
    match part.get("op").and_then(Json::as_str)? {
        "All" => None,
        "is" => {
            let kind = part.get("entity_type").and_then(Json::as_str).unwrap_or_default();
            let of = part.get("in").map(|of| format!(" of {}", within(of))).unwrap_or_default();
            Some(format!("any {}{of}", kind.to_lowercase()))
        }
        "==" => part.get("entity").map(named),
        _ => Some(within(part)),
    }
}

/// A thing of the workspace, as its name and what it is.
fn named(entity: &Json) -> String {
    let entity = entity.get("__entity").unwrap_or(entity);
    let text = |key: &str| entity.get(key).and_then(Json::as_str).unwrap_or_default();
    match (text("type"), text("id")) {
        ("Action", "use_tool") => "the use of any tool".to_owned(),
        ("Action", "effect") => "any act that has an effect".to_owned(),
        ("Action", "call_model") => "any question to a model".to_owned(),
        ("Action", kind @ ("read" | "write" | "send" | "pay" | "delete")) => {
            format!("any act of the kind `{kind}`")
        }
        ("Action", id) => format!("`{id}`"),
        ("Workflow", id) => format!("any step of `{id}`"),
        (kind, id) => format!("the {} `{id}`", kind.to_lowercase()),
    }
}

fn listed(all: Vec<String>, word: &str) -> String {
    match all.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} {word} {last}", rest.join(", ")),
    }
}

/// A condition, or a value in one, in words.
fn told(tree: &Json, depth: usize) -> String {
    let written = || tree.to_string();
    let Some((key, inner)) = tree.as_object().and_then(|fields| fields.iter().next()) else {
        return written();
    };
    if depth > DEEP {
        return written();
    }
    let side = |name: &str| inner.get(name).map(|side| told(side, depth + 1)).unwrap_or_default();
    let grouped = |name: &str| inner.get(name).map(|side| group(side, depth)).unwrap_or_default();
    if let Some(fact) = fact(tree) {
        return fact;
    }
    if let Some((_, word)) = BETWEEN.iter().find(|(sign, _)| sign == key) {
        // A comparison of decimals is a call with two arguments, any other has two sides.
        return match inner.as_array().map(Vec::as_slice) {
            Some([one, other]) => {
                format!("{} {word} {}", told(one, depth + 1), told(other, depth + 1))
            }
            _ => format!("{} {word} {}", side("left"), side("right")),
        };
    }
    match key.as_str() {
        "Value" => value(inner),
        "Var" => match inner.as_str() {
            Some("principal") => "the step".to_owned(),
            Some("action") => "the act".to_owned(),
            Some("resource") => "what it uses".to_owned(),
            _ => written(),
        },
        "decimal" => inner.get(0).map(|one| told(one, depth + 1)).unwrap_or_default(),
        "&&" => format!("{} and {}", grouped("left"), grouped("right")),
        "||" => format!("{} or {}", grouped("left"), grouped("right")),
        "!" => format!("not ({})", side("arg")),
        "isEmpty" => format!("{} is empty", side("arg")),
        "has" => {
            let name = inner.get("attr").and_then(Json::as_str).unwrap_or_default();
            format!("`{name}` is given")
        }
        "." => {
            let name = inner.get("attr").and_then(Json::as_str).unwrap_or_default();
            format!("the {} of {}", name.replace('_', " "), side("left"))
        }
        "is" => {
            let kind = inner.get("entity_type").and_then(Json::as_str).unwrap_or_default();
            format!("{} is a {}", side("left"), kind.to_lowercase())
        }
        "like" => format!("{} reads as {}", side("left"), pattern(inner)),
        "Set" => {
            let all = inner.as_array().map(Vec::as_slice).unwrap_or_default();
            listed(all.iter().map(|one| told(one, depth + 1)).collect(), "or")
        }
        "if-then-else" => {
            format!("{} where {}, otherwise {}", grouped("then"), grouped("if"), grouped("else"))
        }
        _ => written(),
    }
}

/// A part of `and` or `or`, in brackets where it is another of them.
fn group(tree: &Json, depth: usize) -> String {
    let inner = told(tree, depth + 1);
    let joins = tree.get("&&").is_some() || tree.get("||").is_some();
    if joins { format!("({inner})") } else { inner }
}

/// What a policy looks at in an act, by the names that people have for it.
fn fact(tree: &Json) -> Option<String> {
    let chain = slice::chain(tree)?;
    Some(match chain.as_slice() {
        [] => "what is known of the act".to_owned(),
        ["args", name] => format!("`{name}`"),
        ["args", name, "minor"] => format!("`{name}` (in its smallest unit)"),
        ["args", name, "currency"] => format!("the currency of `{name}`"),
        ["args", name, rest @ ..] => format!("`{name}.{}`", rest.join(".")),
        ["labels", name] => format!("where `{name}` comes from"),
        ["untrusted"] => "something that matters comes from outside unlooked at".to_owned(),
        ["reviewed"] => "a person approved it".to_owned(),
        ["visit"] => "the number of this visit of the step".to_owned(),
        ["risk"] => "the risk of the workflow".to_owned(),
        ["risk_level"] => "the risk of the workflow (1 to 4)".to_owned(),
        ["autonomy"] => "how far the workflow acts alone".to_owned(),
        [what @ ("cost" | "tokens" | "acts"), "left"] => format!("what is left of its {what}"),
        [what @ ("cost" | "tokens" | "acts"), "spent"] => format!("what it spent of its {what}"),
        all => format!("`{}`", all.join(".")),
    })
}

fn value(value: &Json) -> String {
    match value {
        Json::String(text) => format!("`{text}`"),
        Json::Bool(true) => "yes".to_owned(),
        Json::Bool(false) => "no".to_owned(),
        Json::Array(all) => listed(all.iter().map(self::value).collect(), "or"),
        Json::Object(_) => named(value),
        other => other.to_string(),
    }
}

fn pattern(like: &Json) -> String {
    let parts = like.get("pattern").and_then(Json::as_array);
    let parts = parts.into_iter().flatten();
    let text = parts.map(|part| part.get("Literal").and_then(Json::as_str).unwrap_or("*"));
    format!("`{}`", text.collect::<String>())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let policy = Policy {
            id: "a".to_owned(),
            file: "policies/a.cedar".to_owned(),
            text: text.to_owned(),
            ask: text.contains("@ask").then(|| crate::ids::RoleId::new("lead").unwrap()),
        };
        let Said { does, conditions, reason } = said(&policy).unwrap();
        let all: Vec<String> = [does].into_iter().chain(conditions).chain(reason).collect();
        assert_eq!(all, expected, "{text}");
    }

    #[test]
    fn a_policy_is_said_in_words() {
        check("permit (principal, action, resource);", &["permits anything by any step"]);
        check(
            r#"@reason("AP-12") forbid (principal, action == Action::"erp.create_draft", resource)
            when { context.args.amount.minor > 2500000 ||
                context.args.amount.currency != "EUR" };"#,
            &[
                "refuses `erp.create_draft` by any step",
                "where `amount` (in its smallest unit) is more than 2500000 or the currency of `amount` \
                 is not `EUR`",
                "AP-12",
            ],
        );
        check(
            r#"@ask("lead") forbid (principal in Workflow::"intake", action in Action::"effect",
            resource) when { context.untrusted }
            unless { context.reviewed && context.visit == 1 };"#,
            &[
                "puts before lead any act that has an effect by any step of `intake`",
                "where something that matters comes from outside unlooked at",
                "unless a person approved it and the number of this visit of the step is 1",
            ],
        );
        check(
            r#"forbid (principal in Workflow::"intake", action in Action::"use_tool", resource)
            unless { (principal == Step::"a" && action == Action::"x.get") ||
            (principal in [Step::"b", Step::"c"] && action in [Action::"x.set"]) };"#,
            &[
                "refuses the use of any tool by any step of `intake`",
                "unless (the step is the step `a` and the act is `x.get`) or (the step is the \
                 step `b` or the step `c` and the act is `x.set`)",
            ],
        );
        check(
            r#"permit (principal is Agent, action in [Action::"send", Action::"x.get"], resource)
            when { context has args && !context.args.to.contains("a") && resource.trusted };"#,
            &[
                "permits any act of the kind `send` or `x.get` by any agent",
                "where (`args` is given and not (`to` has `a`)) and the trusted of what it uses",
            ],
        );
    }
}
