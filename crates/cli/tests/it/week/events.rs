//! Whoever sends events: each again until it is taken, some twice at once, some as what they were
//! not.

use std::sync::Arc;

use journal::{Millis, RunId};
use plan::workflow::{Hook, Start};
use runtime::{Incoming, Took};

use super::Week;

/// An event that was sent, and its case once it is known.
pub struct Sent {
    pub workflow: &'static str,
    pub content: String,
    pub run: Option<RunId>,
}

impl Week {
    pub fn send_new(&mut self, workflow: &'static str, hook: &str) {
        self.count += 1;
        let (id, content) = (format!("{hook}-{}", self.count), format!("event {}", self.count));
        self.sent.insert(id.clone(), Sent { workflow, content, run: None });
        self.send(&id, None);
    }

    /// One that was sent before, as it was or as another one.
    pub fn send_old(&mut self) {
        let nth = usize::try_from(self.dice.of(1_000)).unwrap();
        let Some(id) = self.sent.keys().cycle().nth(nth).cloned() else { return };
        let other = (self.dice.of(4) == 0).then_some("something else");
        self.send(&id, other);
    }

    pub fn send(&mut self, id: &str, other: Option<&str>) {
        let Sent { workflow, content, run } = &self.sent[id];
        let (workflow, known) = (*workflow, *run);
        if other.is_some() && known.is_none() {
            return;
        }
        let plan = Arc::clone(&self.plans[&self.name(workflow)]);
        let mut hooks = plan.workflow().starts.iter().filter_map(|start| match start {
            Start::Hook(hook) => Some(hook),
            _ => None,
        });
        let hook: &Hook = hooks.next_back().unwrap();
        let parts = ["webhook", id];
        let incoming = || Incoming {
            id: &parts,
            content: other.unwrap_or(content),
            case: serde_json::json!({ "name": id }),
            called: None,
        };
        let now = Millis(self.now);
        let twice = self.dice.of(3) == 0;
        let life = self.life.as_ref().unwrap();
        let (took, too) = life.tokio.block_on(async {
            let first = life.runtime.take(&plan, hook, incoming(), now);
            if twice {
                let (first, second) =
                    tokio::join!(first, life.runtime.take(&plan, hook, incoming(), now));
                (first, Some(second))
            } else {
                (first.await, None)
            }
        });
        for took in std::iter::once(took).chain(too) {
            match took {
                Ok(Took::Altered) => {
                    assert!(other.is_some(), "{id} is no other event");
                    // What the journal does not take now is said by the next one.
                    self.altered += u32::from(!self.broken.is_set());
                }
                Ok(Took::Began(run) | Took::Again(run)) => {
                    assert!(other.is_none(), "{id} was another event");
                    let sent = self.sent.get_mut(id).unwrap();
                    assert_eq!(*sent.run.get_or_insert(run), run, "{id} has two cases");
                }
                // Nothing is lost: whoever sent it sends it again.
                Err(runtime::Fault::UsedUp { .. }) => {
                    assert!(super::is_limited(workflow), "{workflow} has room");
                    self.used_up.insert(workflow);
                }
                Err(runtime::Fault::Full(..)) => self.full += u32::from(!self.broken.is_set()),
                Err(_) => {}
            }
        }
    }
}
