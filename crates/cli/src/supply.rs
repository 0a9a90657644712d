//! What the releases of a workspace need of the world: models and tool servers, made ready as its
//! settings say, with every secret that they bring known to the guards. A release that is deployed
//! or opened later has its own made ready then. It must not perform an act.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use model::Seat;
use plan::lock::Lock;
use plan::{Places, Plan, Server};
use tools::Tools;

use crate::canary;
use crate::exit::Stop;
use crate::models::Serving;
use crate::servers;
use crate::vault::Vault;
use crate::workspace::Workspace;

/// How long the calls of a pool that is replaced may take to end, and how often they are looked at.
const LEAVE: Duration = Duration::from_secs(300);
const LOOK: Duration = Duration::from_millis(200);

/// Models and servers that can be reached.
pub struct Supply {
    pub models: Serving,
    secrets: Arc<guard::Secrets>,
    root: PathBuf,
    data: PathBuf,
    pool: RwLock<Pool>,
    /// The settings as they could be read last. Held while something is made ready.
    settings: Mutex<Places>,
}

/// Servers, and what they were set up by.
struct Pool {
    tools: Arc<Tools>,
    servers: BTreeMap<String, Server>,
    lock: Lock,
}

impl Supply {
    /// Makes ready what these releases need. Nothing is started and nothing is sent.
    pub fn new<'p>(
        workspace: &Workspace,
        places: Places,
        plans: impl Iterator<Item = &'p Plan>,
        seat: Option<&Seat>,
    ) -> Result<Self, Stop> {
        let vault = Vault::new(&workspace.root, &places.secrets);
        let models = Serving::new(seat.cloned())?;
        let own = ("the key of the local model's server".to_owned(), models.own_key().to_owned());
        let mut known = vec![own];
        known.extend(servers::secrets(&vault, &places));
        for plan in plans {
            models.add(&vault, &places, plan)?;
            known.extend(servers::secrets_of(&vault, plan));
        }
        let secrets = Arc::new(guard::Secrets::new(known));
        let pool = RwLock::new(Pool::new(workspace, &places, &secrets)?);
        let (root, data) = (workspace.root.clone(), workspace.data.clone());
        Ok(Self { models, secrets, root, data, pool, settings: Mutex::new(places) })
    }

    /// What no act may carry.
    pub fn secrets(&self) -> Arc<guard::Secrets> {
        Arc::clone(&self.secrets)
    }

    /// The servers, for one call or one question.
    pub fn tools(&self) -> Arc<Tools> {
        Arc::clone(&self.pool.read().unwrap_or_else(PoisonError::into_inner).tools)
    }

    /// Makes ready what a release needs, as the settings say now; where they cannot be read, as
    /// they said last. Gives what is not there.
    pub fn ready(&self, plan: &Plan) -> Result<(), String> {
        let mut settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        let read = self.read();
        let unread = match read {
            Ok((workspace, places)) => {
                let changed = self.renew(&workspace, &places).err();
                *settings = places;
                changed
            }
            Err(stop) => Some(stop),
        };
        let vault = Vault::new(&self.root, &settings.secrets);
        // Before any guard is built for it: what a release brings is a secret from its first act.
        self.secrets.learn(servers::secrets(&vault, &settings));
        self.secrets.learn(servers::secrets_of(&vault, plan));
        let models = self.models.add(&vault, &settings, plan).err();
        match unread.or(models) {
            Some(stop) => Err(format!("{:#}", stop.what)),
            None => Ok(()),
        }
    }

    fn read(&self) -> Result<(Workspace, Places), Stop> {
        let workspace = Workspace::at(self.root.clone(), self.data.clone())?;
        let places = canary::with(workspace.places().map_err(Stop::usage)?, &self.data)?;
        Ok((workspace, places))
    }

    /// Takes other servers where the settings name others or approve other tools. Calls that are
    /// out still end at the old ones.
    fn renew(&self, workspace: &Workspace, places: &Places) -> Result<(), Stop> {
        {
            let pool = self.pool.read().unwrap_or_else(PoisonError::into_inner);
            if pool.servers == places.servers && pool.lock == places.lock {
                return Ok(());
            }
        }
        let new = Pool::new(workspace, places, &self.secrets)?;
        let mut pool = self.pool.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *pool, new).tools;
        if let Ok(here) = tokio::runtime::Handle::try_current() {
            here.spawn(left(old));
        }
        Ok(())
    }

    /// Ends the servers.
    pub async fn close(&self) {
        self.tools().close().await;
    }
}

impl Pool {
    fn new(
        workspace: &Workspace,
        places: &Places,
        secrets: &Arc<guard::Secrets>,
    ) -> Result<Self, Stop> {
        let tools = Arc::new(servers::guarded_pool(workspace, places, secrets)?);
        Ok(Self { tools, servers: places.servers.clone(), lock: places.lock.clone() })
    }
}

/// Ends servers once nobody waits for an answer of theirs.
async fn left(tools: Arc<Tools>) {
    let idle = async {
        while Arc::strong_count(&tools) > 1 {
            tokio::time::sleep(LOOK).await;
        }
    };
    let _ = tokio::time::timeout(LEAVE, idle).await;
    tools.close().await;
}
