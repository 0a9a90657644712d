//! Every path and condition against what the steps before it give.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::codes;
use crate::expr::{Expr, Path, ProblemKind, check_types};
use crate::files::Spot;
use crate::problem::{Cx, Found};
use crate::read::uses::{self, Place, Use, What};
use crate::read::workflow::Draft;
use crate::types;
use crate::workflow::{Does, Step, Type, WaitStep, Work};

use super::graph::{Edge, Graph, Way};

pub(super) fn check(cx: &Cx<'_>, draft: &Draft, graph: &Graph) {
    let scope = types::scope(&draft.workflow);
    let mut values = Values { cx, draft, graph, scope, after: RefCell::default() };
    for one in &draft.uses {
        values.one(one);
    }
    for step in &draft.workflow.steps {
        values.wanted(step);
    }
}

struct Values<'c, 'f> {
    cx: &'c Cx<'f>,
    draft: &'c Draft,
    graph: &'c Graph,
    scope: BTreeMap<String, Type>,
    /// The steps that can come after a step, worked out once.
    after: RefCell<BTreeMap<usize, Vec<bool>>>,
}

impl Values<'_, '_> {
    fn one(&mut self, one: &Use) {
        // The names that only this place knows are put in for the check and taken out again.
        let local = self.local(&one.place);
        let outer: Vec<(String, Option<Type>)> = local
            .into_iter()
            .map(|(name, kind)| {
                let outer = self.scope.insert(name.clone(), kind);
                (name, outer)
            })
            .collect();
        match &one.what {
            What::Path(path) => self.path(path, one),
            What::Condition(expr) => self.condition(expr, one),
        }
        for (name, kind) in outer {
            match kind {
                Some(kind) => self.scope.insert(name, kind),
                None => self.scope.remove(&name),
            };
        }
    }

    fn local(&self, place: &Place) -> BTreeMap<String, Type> {
        match place {
            Place::Own(step) => match self.scope.get(step.as_str()) {
                Some(Type::Record(fields)) => fields.clone(),
                _ => BTreeMap::new(),
            },
            Place::Confirm(_, result) => BTreeMap::from([("result".to_owned(), result.clone())]),
            Place::Before(_) | Place::Anywhere => BTreeMap::new(),
        }
    }

    fn path(&self, path: &Path, one: &Use) {
        if self.named(path, &one.spot) {
            self.in_time(path, one, &one.spot);
        }
    }

    /// Whether a path names something that is given at all.
    fn named(&self, path: &Path, spot: &Spot) -> bool {
        let root = path.root();
        let Some(kind) = self.scope.get(root) else {
            let step = self.graph.at.contains_key(root);
            // With a step unread, its name is known and what it gives is not.
            if self.draft.holes && self.draft.spots.contains_key(root) && !step {
                return false;
            }
            let what = match step {
                true => format!("the step `{root}` gives no value"),
                false => format!("there is no step `{root}`"),
            };
            let known = self.scope.keys();
            self.cx.add::<()>(Found::new(&codes::PATH_ROOT, spot, what).near(root, known));
            return false;
        };
        if types::at(kind, path.fields()).is_some() {
            return true;
        }
        let (mut here, mut said) = (kind.clone(), root.to_owned());
        for field in path.fields() {
            match types::at(&here, [field].into_iter()) {
                Some(below) => {
                    here = below;
                    said = format!("{said}.{field}");
                }
                None => {
                    let what = format!("`{said}` has no field `{field}`");
                    let found = Found::new(&codes::PATH_FIELD, spot, what);
                    self.cx.add::<()>(found.near(field, fields(&here)));
                    break;
                }
            }
        }
        false
    }

    /// Whether the step that gives a value can have come before the place that uses it.
    fn in_time(&self, path: &Path, one: &Use, spot: &Spot) {
        let (step, own) = match &one.place {
            Place::Before(step) => (step, false),
            Place::Own(step) | Place::Confirm(step, _) => (step, true),
            Place::Anywhere => return,
        };
        if self.draft.holes || (own && path.root() == step.as_str()) {
            return;
        }
        let (Some(from), Some(to)) = (self.graph.at.get(path.root()), self.graph.at.get(step))
        else {
            return;
        };
        let mut after = self.after.borrow_mut();
        let reached = after.entry(*from).or_insert_with(|| {
            let next = self.graph.out(*from).iter().map(|edge| edge.to);
            // An exception can lead on from any step.
            let next = next.chain(self.graph.starts.iter().skip(1).copied());
            let mut all = self.graph.reach(next, |_, _| true);
            self.joined(*from, &mut all);
            all
        });
        if reached.get(*to) != Some(&true) {
            let what = format!("`{}` is not known yet: `{step}` comes before it", path.root());
            self.cx.add::<()>(Found::new(&codes::PATH_LATER, spot, what));
        }
    }

    /// What a parallel step gives is there when its branches have met, not inside them.
    fn joined(&self, from: usize, all: &mut [bool]) {
        let steps = &self.draft.workflow.steps;
        let Some(parallel) = steps.get(from).filter(|s| matches!(s.does, Does::Parallel(_))) else {
            return;
        };
        let inside = |n: usize| {
            let outer = steps.get(n).and_then(|step| step.inside.as_ref());
            outer.is_some_and(|outer| outer.parallel == parallel.id)
        };
        let again = self.graph.reach((0..steps.len()).filter(|n| inside(*n)), |n, edge: Edge| {
            edge.way != Way::Exception && (inside(n) || !inside(edge.to))
        });
        for (n, here) in all.iter_mut().enumerate() {
            *here = again.get(n) == Some(&true) && !inside(n);
        }
    }

    fn condition(&self, expr: &Expr, one: &Use) {
        let source = expr.source();
        let mut unknown = false;
        for problem in check_types(expr, &self.scope) {
            let spot = uses::inside(self.cx, &one.spot, source, problem.offset);
            if problem.kind == ProblemKind::UnknownName {
                unknown = true;
                let rest = source.get(problem.offset..).unwrap_or_default();
                let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
                let text = rest.split(|c| !word(c)).next().unwrap_or_default();
                if let Ok(path) = Path::parse(text)
                    && !self.named(&path, &spot)
                {
                    continue;
                }
            }
            let code = match problem.kind {
                ProblemKind::UnknownName => &codes::PATH_FIELD,
                ProblemKind::UnknownFunction | ProblemKind::Form => &codes::EXPRESSION,
                _ => &codes::EXPRESSION_TYPE,
            };
            self.cx.add::<()>(uses::found(code, &spot, problem));
        }
        if unknown {
            return;
        }
        for path in expr.paths() {
            let offset = source.find(path.as_str()).unwrap_or_default();
            let spot = uses::inside(self.cx, &one.spot, source, offset);
            self.in_time(path, one, &spot);
        }
    }

    /// Places that take only one kind of value.
    fn wanted(&self, step: &Step) {
        let id = &step.id;
        let (path, key, wanted): (&Path, &str, &str) = match &step.does {
            Does::Agent(agent) => match &agent.work {
                Work::Copy { from, .. } => (from, "agent", "a text"),
                Work::Answer { .. } => return,
            },
            Does::Each(each) => (&each.list, "each", "a list"),
            Does::Wait(WaitStep::Until(path)) => (path, "wait", "a date"),
            _ => return,
        };
        let root = self.scope.get(path.root());
        let Some(kind) = root.and_then(|root| types::at(root, path.fields())) else {
            // Without `from`, the text of the case is meant, and the file may not declare one.
            if path.as_str() == "case.text" {
                self.named(path, self.draft.spot(&format!("{id}.{key}")));
            }
            return;
        };
        let kind = match kind {
            Type::Optional(inner) => *inner,
            kind => kind,
        };
        let fits = match wanted {
            "a text" => matches!(kind, Type::Text | Type::Unknown),
            "a list" => matches!(kind, Type::List(_) | Type::Unknown),
            _ => matches!(kind, Type::Date | Type::Text | Type::Unknown),
        };
        if !fits {
            let what = format!("{wanted} is wanted, and `{path}` is {}", types::said(&kind));
            let spot = self.draft.spot(&format!("{id}.{key}"));
            self.cx.add::<()>(Found::new(&codes::KIND, spot, what).fix("name another value"));
        }
    }
}

fn fields(kind: &Type) -> Vec<String> {
    match kind {
        Type::Record(all) => all.keys().cloned().collect(),
        Type::Optional(inner) => fields(inner),
        Type::Money => vec!["minor".into(), "currency".into()],
        _ => Vec::new(),
    }
}
