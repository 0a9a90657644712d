//! Retries and what happens when a step has failed for good.

use crate::codes;
use crate::keys;
use crate::problem::Found;
use crate::workflow::{Recover, Retry};
use crate::yaml::Node;

use super::steps::{Container, Steps};

/// Nothing is tried again unless the file says so.
const NO_RETRY: Retry = Retry { times: 0, first_ms: 1_000, longest_ms: 60_000 };

impl Steps<'_, '_> {
    /// An `on_failure`, of a step or of all steps.
    pub(crate) fn failure(
        &mut self,
        node: &Node,
        container: Option<&Container>,
    ) -> Option<(Retry, Recover)> {
        let cx = self.cx;
        let fields = cx.fields(node, &keys::FAILURE)?;
        let retry = match fields.get("retry") {
            Some(node) => self.retry(node),
            None => Some(NO_RETRY),
        };
        let ways = [fields.get("ask"), fields.get("go"), fields.get("then")];
        let recover = match ways {
            [Some(ask), None, None] => Recover::Ask(self.ws.settings.people.role(cx, ask)?),
            [None, Some(go), None] => Recover::Go(self.step(go, container)?),
            [None, None, Some(then)] => {
                cx.choice(then, &["stop"])?;
                Recover::Stop
            }
            [None, None, None] => {
                let what = "`on_failure` does not say what happens in the end";
                return cx.add(Found::new(&codes::NO_FAILURE_PATH, &node.at, what));
            }
            _ => {
                let what = "only one of `ask`, `go` and `then` can happen";
                return cx.add(Found::new(&codes::KIND, &node.at, what).fix("keep one of them"));
            }
        };
        Some((retry?, recover))
    }

    fn retry(&self, node: &Node) -> Option<Retry> {
        let fields = self.cx.fields(node, &keys::RETRY)?;
        let times = fields.get("times").and_then(|n| self.cx.whole_u32(n, 0, 20));
        let ms = |key: &str, or: u64| match fields.get(key) {
            Some(node) => self.cx.duration(node),
            None => Some(or),
        };
        let (first, longest) = (ms("first", NO_RETRY.first_ms), ms("longest", NO_RETRY.longest_ms));
        let first_ms = first?;
        Some(Retry { times: times?, first_ms, longest_ms: longest?.max(first_ms) })
    }

    /// The failure path of a step that can fail: its own, or the one of all steps.
    pub(crate) fn recover(
        &mut self,
        own: Option<&Node>,
        can_fail: bool,
        at: &crate::files::Spot,
        container: Option<&Container>,
    ) -> Option<(Retry, Recover)> {
        if let Some(node) = own {
            return self.failure(node, container);
        }
        match (&self.failure_of_all, can_fail) {
            (Some(Some((_, Recover::Go(step)))), true) if container.is_some() => {
                let what = format!("a failure would lead to `{step}`, out of this branch");
                let fix = "say here what happens: add `on_failure:` to the step";
                self.cx.add(Found::new(&codes::CROSS_BRANCH, at, what).fix(fix))
            }
            (Some(all), true) => all.clone(),
            (None, true) => {
                let what = "this step can fail, and nothing says what happens then";
                self.cx.add(Found::new(&codes::NO_FAILURE_PATH, at, what))
            }
            (_, false) => Some((NO_RETRY, Recover::Stop)),
        }
    }
}
