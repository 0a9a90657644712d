//! Where a workflow uses a value: every path and condition with its place, so that names and
//! kinds can be checked once all steps are known.

use crate::codes::{self, Code};
use crate::expr::{Expr, ExprProblem, Path};
use crate::files::Spot;
use crate::ids::StepId;
use crate::problem::{Cx, Found};
use crate::workflow::Type;
use crate::yaml::Node;

/// One use of a value.
pub(crate) struct Use {
    pub(crate) what: What,
    pub(crate) spot: Spot,
    pub(crate) place: Place,
}

pub(crate) enum What {
    Path(Path),
    Condition(Expr),
}

/// Who uses it, which says what has a value by then.
#[derive(Clone)]
pub(crate) enum Place {
    /// A step, before it has done its work.
    Before(StepId),
    /// A step over its own fields.
    Own(StepId),
    /// A read-back of a step's tool, whose answer is `result` and of this kind.
    Confirm(StepId, Type),
    /// The case as a whole, at any time.
    Anywhere,
}

/// A problem of a condition at its place inside the file.
pub(crate) fn found(code: &'static Code, spot: &Spot, problem: ExprProblem) -> Found {
    let found = Found::new(code, spot, problem.what).fix(problem.fix);
    match problem.did_you_mean {
        Some(word) => found.near(&word.clone(), [word]),
        None => found,
    }
}

/// The byte range of a condition's part, where the file holds the condition as it was read:
/// escapes and folded lines leave the whole value as the place.
pub(crate) fn inside(cx: &Cx<'_>, node_at: &Spot, source: &str, offset: usize) -> Spot {
    let text = cx.files.get(&node_at.file).map_or("", |text| text.as_ref());
    let slice = text.get(node_at.start..node_at.end).unwrap_or_default();
    let Some(begin) = slice.find(source) else { return node_at.clone() };
    let rest = source.get(offset..).unwrap_or_default();
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let length = rest.find(|c| !word(c)).unwrap_or(rest.len()).max(1);
    let start = node_at.start + begin + offset;
    Spot { file: node_at.file.clone(), start, end: (start + length).min(node_at.end) }
}

impl Cx<'_> {
    /// A problem of a condition that could not be read.
    pub(crate) fn unreadable<T>(
        &self,
        node: &Node,
        source: &str,
        problem: ExprProblem,
    ) -> Option<T> {
        let spot = inside(self, &node.at, source, problem.offset);
        self.add(found(&codes::EXPRESSION, &spot, problem))
    }
}
