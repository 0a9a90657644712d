//! The outside world of this program: tools behind servers, models behind their vendors, notices to
//! people. Each takes the permit it was given to the room that may use it, and decides nothing.

use std::collections::VecDeque;
use std::io::Write;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use evidence::trace::parent_of;
use journal::{
    Code, Failure, NotifyAsk, Outcome, Payload, Permit, RunId, ToolAsk, ToolCall, Usage,
};
use plan::Plan;
use runtime::{Answered, On, World};
use serde_json::Value;
use tools::{Follower, Said};

use crate::supply::Supply;

/// Everything that a permit can reach.
pub struct Outside {
    pub supply: Supply,
    pub notices: Notices,
    /// Whether acts say to whoever answers what they are a part of: traces are sent somewhere.
    pub traced: bool,
    /// Where an outside agent works, what tools said to it as they said it.
    pub heard: Option<Heard>,
}

/// The last answers of tools, with the pictures that the records only name. They are kept until
/// they are passed on, and a few at most. Also who follows the agent's call while it is under way.
#[derive(Default)]
pub struct Heard {
    said: Mutex<VecDeque<Said>>,
    followed: Mutex<Option<Followed>>,
}

/// A call of the agent, and who is told how far it comes.
struct Followed {
    run: RunId,
    tool: String,
    args: Value,
    follower: Follower,
}

/// How many answers wait to be passed on. An agent makes one call at a time.
const HEARD: usize = 4;

impl Heard {
    fn keep(&self, said: Option<Said>) {
        let mut all = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(said);
        let over = all.len().saturating_sub(HEARD);
        all.drain(..over);
    }

    /// The latest answer that the records hold in exactly these words.
    pub fn take(&self, recorded: &str) -> Option<Said> {
        let mut all = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let place = all.iter().rposition(|said| said.recorded() == recorded)?;
        all.remove(place)
    }

    /// Follows the agent's next call, and no other any more.
    pub fn follow(&self, run: RunId, call: &ToolCall, follower: Option<Follower>) {
        let next = follower.and_then(|follower| {
            let args = serde_json::from_str(&call.args).ok()?;
            Some(Followed { run, tool: call.tool.clone(), args, follower })
        });
        *self.followed.lock().unwrap_or_else(PoisonError::into_inner) = next;
    }

    /// Who follows this call, if it is the agent's: of its run, its tool, and what it wrote. A call
    /// that a person changed is not what the agent asked for.
    fn follower(&self, run: RunId, ask: &ToolAsk) -> Option<Follower> {
        let followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let followed = followed.as_ref()?;
        let args: Value = serde_json::from_slice(&ask.args).ok()?;
        let same = followed.run == run
            && [ask.tool.as_str(), &engine::wire_name(&ask.tool)].contains(&&*followed.tool)
            && followed.args == args;
        same.then(|| followed.follower.clone())
    }
}

impl World for Outside {
    fn ready(&self, plan: &Plan) -> Result<(), String> {
        self.supply.ready(plan)
    }

    fn act(&self, on: On, permit: Permit) -> Pin<Box<dyn Future<Output = Answered> + Send + '_>> {
        let parent = self.traced.then(|| parent_of(on.root, permit.run(), permit.act()));
        Box::pin(async move {
            match permit.payload() {
                Payload::Tool(ask) => {
                    let heard = self.heard.as_ref();
                    let follower = heard.and_then(|heard| heard.follower(permit.run(), ask));
                    let tools = self.supply.tools();
                    let called = tools.followed(permit, follower, parent.as_deref()).await;
                    if let Some(heard) = &self.heard {
                        heard.keep(called.said);
                    }
                    Answered { outcome: called.outcome, certain: called.certain }
                }
                Payload::Model(_) => {
                    let called = {
                        let workflow = on.plan.workflow();
                        self.supply.models.call(workflow, permit, parent.as_deref()).await
                    };
                    Answered { outcome: called.outcome, certain: called.certain }
                }
                Payload::Notify(_) => self.notices.write(permit),
            }
        })
    }
}

/// The outside world of a process that only records a stop: there is none.
pub struct Nowhere;

impl World for Nowhere {
    fn act(&self, _: On, permit: Permit) -> Pin<Box<dyn Future<Output = Answered> + Send + '_>> {
        drop(permit.consume());
        let outcome = failed(Code::Unavailable, "nothing is done from here");
        Box::pin(std::future::ready(Answered { outcome, certain: true }))
    }
}

/// Notices to people, one JSON line each, in a file of the data folder. What sends them on, by
/// mail or chat, reads that file.
pub struct Notices {
    file: PathBuf,
    turn: Mutex<()>,
}

impl Notices {
    /// The notices of a data folder.
    #[must_use]
    pub fn new(data: &std::path::Path) -> Self {
        Self { file: data.join("notices.jsonl"), turn: Mutex::new(()) }
    }

    fn write(&self, permit: Permit) -> Answered {
        let run = permit.run();
        let Payload::Notify(NotifyAsk { to, text, key }) = permit.consume() else {
            return Answered { outcome: failed(Code::Defect, "not a notice"), certain: true };
        };
        let line = serde_json::json!({ "run": run, "to": to, "text": text, "key": key });
        // Two notices at once must not mix on one line.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let written = std::fs::File::options().create(true).append(true).open(&self.file).and_then(
            |mut file| {
                writeln!(file, "{line}")?;
                file.sync_data()
            },
        );
        let outcome = match written {
            Ok(()) => Outcome {
                result: Ok(Arc::from(&b"{}"[..])),
                usage: Usage::default(),
                reported: None,
            },
            Err(error) => failed(Code::Unavailable, &format!("the notice: {error}")),
        };
        Answered { outcome, certain: true }
    }
}

fn failed(code: Code, text: &str) -> Outcome {
    let failure = Failure { code, text: text.to_owned(), retry_after_ms: None };
    Outcome { result: Err(failure), usage: Usage::default(), reported: None }
}

#[cfg(test)]
mod tests;
