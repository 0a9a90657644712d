//! Which values come from a source that an outsider does not control. This is the static half:
//! guard judges every act again by the labels of the very values.

use crate::expr::{Expr, Path};
use crate::workflow::{Does, From, Trust, Workflow};

use super::graph::Graph;

#[cfg(test)]
mod tests;

/// Whether a path's value has a trusted origin.
pub(super) fn trusted(workflow: &Workflow, graph: &Graph, path: &Path) -> bool {
    if path.root() == "case" {
        return workflow.case.from == From::Inside;
    }
    given(workflow, graph, path.root(), &mut path.fields())
}

fn given(
    workflow: &Workflow,
    graph: &Graph,
    step: &str,
    fields: &mut dyn Iterator<Item = &str>,
) -> bool {
    let step = graph.at.get(step).and_then(|n| workflow.steps.get(*n));
    match step.map(|step| &step.does) {
        // A parallel step holds what the last step of each branch gives.
        Some(Does::Parallel(parallel)) => fields
            .next()
            .and_then(|branch| parallel.branches.get(branch))
            .is_some_and(|branch| given(workflow, graph, branch.gives.as_str(), fields)),
        Some(Does::Lookup(_)) => true,
        Some(Does::Tool(call)) => {
            workflow.tools.get(&call.tool).is_some_and(|tool| tool.trust == Trust::Trusted)
        }
        _ => false,
    }
}

/// Whether a condition can only hold on a trusted fact: each alternative names one. What is not
/// a plain chain of `&&` and `||` must name trusted facts alone.
pub(super) fn rests_on_fact(workflow: &Workflow, graph: &Graph, expr: &Expr) -> bool {
    fact(&|path| trusted(workflow, graph, path), expr.source(), 0)
}

fn fact(trusted: &dyn Fn(&Path) -> bool, text: &str, depth: usize) -> bool {
    let text = bare(text);
    if depth > 32 {
        return false;
    }
    if !outside(text, "?").is_empty() {
        return whole(trusted, text);
    }
    let either = parts(text, "||");
    if either.len() > 1 {
        return either.into_iter().all(|part| fact(trusted, part, depth + 1));
    }
    let both = parts(text, "&&");
    if both.len() > 1 {
        return both.into_iter().any(|part| fact(trusted, part, depth + 1));
    }
    // Whoever writes the key can see to it that no row is found: absence is no fact.
    let finds = text.starts_with("found(") && text.find(')') == text.len().checked_sub(1);
    if text.contains("found(") && !finds {
        return false;
    }
    if text.starts_with("!(") || text.contains("||") || text.contains("&&") {
        return whole(trusted, text);
    }
    Expr::read(text).is_ok_and(|leaf| leaf.paths().iter().any(trusted))
}

fn whole(trusted: &dyn Fn(&Path) -> bool, text: &str) -> bool {
    Expr::read(text).is_ok_and(|leaf| !leaf.paths().is_empty() && leaf.paths().iter().all(trusted))
}

/// The text without brackets around the whole of it.
fn bare(text: &str) -> &str {
    let mut text = text.trim();
    while let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        let mut open = 0_i32;
        // `(a) && (b)` closes its first bracket before the end.
        if inner.chars().any(|c| {
            open += i32::from(c == '(') - i32::from(c == ')');
            open < 0
        }) {
            break;
        }
        text = inner.trim();
    }
    text
}

/// Where a sign stands outside of brackets and quotes.
fn outside(text: &str, sign: &str) -> Vec<usize> {
    let (mut found, mut open, mut quote) = (Vec::new(), 0_i32, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(mark), _) if mark == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => open += 1,
            (None, ')' | ']' | '}') => open -= 1,
            (None, _) if open == 0 && text.get(at..).is_some_and(|t| t.starts_with(sign)) => {
                found.push(at);
            }
            (None, _) => {}
        }
    }
    found
}

fn parts<'t>(text: &'t str, sign: &str) -> Vec<&'t str> {
    let mut parts = Vec::new();
    let mut from = 0;
    for at in outside(text, sign) {
        parts.extend(text.get(from..at));
        from = at + sign.len();
    }
    parts.extend(text.get(from..));
    parts
}
