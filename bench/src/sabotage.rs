//! Drivers that break a rule on purpose. The crash harness must notice each of them; one it does
//! not notice would mean that the harness proves nothing.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use journal::{
    Account, Batch, Command, Done, Epoch, Hash, Millis, Payload, Permit, RunId, RunLine, RunQuery,
    Seq, StopScope, Store, StoreError, Stored,
};
use plan::ids::ReleaseId;
use runtime::{Answered, On, World};

use crate::outside::Outside;

/// A rule to break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// A decision is acknowledged before it is durable.
    AcknowledgeFirst,
    /// An effect happens before its record is stored.
    ActFirst,
    /// An act in doubt is repeated although its tool cannot take that.
    Repeat,
}

impl Sabotage {
    /// All of them, with the names the command line knows.
    pub const ALL: [(&str, Self); 3] = [
        ("acknowledge", Self::AcknowledgeFirst),
        ("act", Self::ActFirst),
        ("repeat", Self::Repeat),
    ];

    /// The sabotage of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(n, _)| *n == name).map(|(_, s)| *s)
    }
}

/// A store that says yes to commands before it has stored them.
pub struct Hasty(pub Arc<dyn Store>);

impl Store for Hasty {
    fn post(&self, command: &Command) -> Result<(), StoreError> {
        let (store, command) = (self.0.clone(), command.clone());
        let task = async move {
            tokio::time::sleep(Duration::from_millis(25)).await;
            let _ = tokio::task::spawn_blocking(move || store.post(&command)).await;
        };
        tokio::runtime::Handle::current().spawn(task);
        Ok(())
    }
    fn submit(&self, batch: Batch, done: Done) {
        self.0.submit(batch, done);
    }
    fn claim(&self, run: RunId) -> Result<Epoch, StoreError> {
        self.0.claim(run)
    }
    fn frames(&self, run: RunId, from: Seq, limit: usize) -> Result<Vec<Stored>, StoreError> {
        self.0.frames(run, from, limit)
    }
    fn inbox(&self, run: RunId) -> Result<Vec<Command>, StoreError> {
        self.0.inbox(run)
    }
    fn tip(&self, run: RunId) -> Result<Option<(Seq, Hash)>, StoreError> {
        self.0.tip(run)
    }
    fn stops(&self) -> Result<Vec<StopScope>, StoreError> {
        self.0.stops()
    }
    fn due(&self, now: Millis, limit: usize) -> Result<Vec<RunId>, StoreError> {
        self.0.due(now, limit)
    }
    fn next_wake(&self) -> Result<Option<Millis>, StoreError> {
        self.0.next_wake()
    }
    fn runs(&self, query: &RunQuery) -> Result<Vec<RunLine>, StoreError> {
        self.0.runs(query)
    }
    fn account(&self, account: &Account) -> Result<u64, StoreError> {
        self.0.account(account)
    }
    fn accounts(&self, beginning: &str) -> Result<Vec<Account>, StoreError> {
        self.0.accounts(beginning)
    }
    fn scrub(&self) -> Result<(), StoreError> {
        self.0.scrub()
    }
    fn put_release(&self, release: ReleaseId, canonical: &[u8]) -> Result<(), StoreError> {
        self.0.put_release(release, canonical)
    }
    fn release(&self, release: ReleaseId) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.release(release)
    }
}

/// A world that pays as soon as it has looked, without waiting for the record that allows it.
pub struct Eager(pub Outside);

impl World for Eager {
    fn act(&self, on: On, permit: Permit) -> Pin<Box<dyn Future<Output = Answered> + Send + '_>> {
        Box::pin(async move {
            let look = match permit.payload() {
                Payload::Tool(ask) => ask.tool.as_str() == "out.look",
                Payload::Model(_) | Payload::Notify(_) => false,
            };
            if look {
                self.0.without_permit(permit.run(), "out.pay").await;
            }
            self.0.act(on, permit).await
        })
    }
}
