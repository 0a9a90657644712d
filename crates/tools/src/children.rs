//! How many processes a server in a box has started: more than it may have end all of them, itself
//! included. The kernel's own limit counts a user's processes all over the system and does not hold
//! for root, so they are counted here. None can leave its server's group or outlive its box unseen.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::task::AbortHandle;

/// How often they are counted: what starts others without end has started some hundreds by then.
const LOOK: Duration = Duration::from_millis(100);

/// Counts until it is dropped.
#[derive(Debug)]
pub(crate) struct Counting(AbortHandle);

impl Counting {
    /// Counts what is below a process, and ends its group once there are more than `most`.
    pub(crate) fn of(pid: Pid, most: usize, words: Arc<Mutex<VecDeque<u8>>>) -> Self {
        let counting = tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK).await;
                if below(pid, most) <= most {
                    continue;
                }
                let said = format!(" it started more than {most} processes and was ended");
                words.lock().unwrap_or_else(PoisonError::into_inner).extend(said.bytes());
                // An error means that nobody of the group is left.
                let _ = kill_process_group(pid, Signal::KILL);
            }
        });
        Self(counting.abort_handle())
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Whether this system says which processes a process has started.
pub(crate) fn counted() -> bool {
    std::fs::read_to_string("/proc/thread-self/children").is_ok()
}

/// How many processes there are below this one; beyond `most` they are not counted any further.
fn below(pid: Pid, most: usize) -> usize {
    let mut found = 0;
    let mut next = vec![pid.as_raw_nonzero().get()];
    while let Some(pid) = next.pop() {
        let threads = std::fs::read_dir(Path::new("/proc").join(pid.to_string()).join("task"));
        for thread in threads.into_iter().flatten().flatten() {
            let children = std::fs::read_to_string(thread.path().join("children"));
            let children = children.unwrap_or_default();
            let children: Vec<i32> =
                children.split_whitespace().filter_map(|id| id.parse().ok()).collect();
            found += children.len();
            next.extend(children);
        }
        if found > most {
            break;
        }
    }
    found
}
