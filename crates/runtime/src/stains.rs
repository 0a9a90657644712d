//! What this driver knows of the stores that untrusted hands wrote into. It is the only writer of
//! its journal, so what it read at its start and has committed since is all there is. It must not
//! decide what a stain permits.

use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};

use journal::{Account, Draw, Label, Store, stain};

pub(crate) struct Stains {
    accounts: RwLock<BTreeSet<Account>>,
    /// The journal did not say what it holds: every store counts as written by anybody.
    unknown: bool,
}

impl Stains {
    pub(crate) fn of(store: &dyn Store) -> Self {
        let found = store.accounts(stain::STAINS);
        let unknown = found.is_err();
        let accounts = found.unwrap_or_default().into_iter().collect();
        Self { accounts: RwLock::new(accounts), unknown }
    }

    /// Adds the stains of a frame that is durable.
    pub(crate) fn add(&self, draws: &[Draw]) {
        for account in draws.iter().filter_map(stain::stains) {
            let known = |all: &BTreeSet<Account>| all.contains(account);
            if !known(&self.accounts.read().unwrap_or_else(PoisonError::into_inner)) {
                let mut all = self.accounts.write().unwrap_or_else(PoisonError::into_inner);
                all.insert(account.clone());
            }
        }
    }

    /// What can be read at a server.
    pub(crate) fn label(&self, server: &str) -> Label {
        let accounts = self.accounts.read().unwrap_or_else(PoisonError::into_inner);
        let mut label = stain::label(server, accounts.iter());
        if self.unknown {
            label.join(&stain::unknown());
        }
        label
    }
}
