//! One process of a server, or one connection to it: whether it runs, rests after a failure, was
//! given up, or closed because nobody used it. It must not call a tool, nor decide what became of a
//! call.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, Semaphore};

use crate::connection::Connection;
use crate::spec::ServerSpec;

/// How long a server that let a call time out may take to show that it is alive.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);

/// How long a server may take to end by itself once its input is closed.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// Who hears of what no outcome can say.
pub(crate) type Hearer = Arc<OnceLock<Box<dyn Fn(String) + Send + Sync>>>;

pub(crate) struct Lane {
    pub(crate) spec: Arc<ServerSpec>,
    hearer: Hearer,
    pub(crate) state: Mutex<State>,
    pub(crate) room: Semaphore,
    pub(crate) places: u32,
    /// The server has asked something of a person while it worked.
    pub(crate) asks: AtomicBool,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) live: Option<Arc<Connection>>,
    /// When somebody last wanted the connection.
    used: Option<Instant>,
    /// Failures since a call was last answered.
    pub(crate) failures: u32,
    /// Until when nothing is started, and why.
    pub(crate) rest: Option<(Instant, String)>,
}

impl Lane {
    /// A lane on which nothing runs yet.
    pub(crate) fn new(spec: &Arc<ServerSpec>, hearer: &Hearer) -> Self {
        let places = u32::try_from(spec.limits.in_flight.max(1)).unwrap_or(u32::MAX);
        Self {
            spec: Arc::clone(spec),
            hearer: Arc::clone(hearer),
            state: Mutex::default(),
            room: Semaphore::new(places as usize),
            places,
            asks: AtomicBool::new(false),
        }
    }

    /// Closes a connection once no call has used it for a while, and what it holds with it.
    pub(crate) fn watch(self: &Arc<Self>, live: &Arc<Connection>) {
        let (lane, live) = (Arc::downgrade(self), Arc::downgrade(live));
        let mut pause = self.spec.limits.idle;
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(pause).await;
                let Some(lane) = lane.upgrade() else { return };
                let Some(next) = lane.unused(&live).await else { return };
                pause = next;
            }
        });
    }

    /// Closes a connection that nobody uses. In how long to look again; nothing where it is closed.
    async fn unused(&self, live: &Weak<Connection>) -> Option<Duration> {
        let idle = self.spec.limits.idle;
        // As long as this is held no call begins.
        let Ok(_room) = self.room.try_acquire_many(self.places) else { return Some(idle) };
        let mut state = self.state.lock().await;
        let now = state.live.take_if(|now| std::ptr::eq(Arc::as_ptr(now), live.as_ptr()))?;
        let left = idle.saturating_sub(state.used.map_or(idle, |used| used.elapsed()));
        if !left.is_zero() {
            state.live = Some(now);
            return Some(left);
        }
        match Arc::try_unwrap(now) {
            Ok(unused) => {
                drop(state);
                self.ended(unused).await;
                None
            }
            // Somebody asks it what it offers.
            Err(used) => {
                state.live = Some(used);
                Some(idle)
            }
        }
    }

    /// Lets a server end by itself, with a moment for it.
    pub(crate) async fn ended(&self, live: Connection) {
        if let (Some(why), Some(hear)) = (live.end(GRACE).await, self.hearer.get()) {
            hear(why);
        }
    }

    /// Gives up a connection, unless somebody already did, and rests.
    pub(crate) async fn failed(&self, live: &Arc<Connection>, why: &str) {
        let mut state = self.state.lock().await;
        if state.live.as_ref().is_some_and(|l| Arc::ptr_eq(l, live)) {
            state.live = None;
            state.lost(&self.spec, live.held().redact(why.to_owned()));
            // Others may wait for it too; they are told that no answer comes.
            live.kill();
        }
    }

    /// After a time-out: a server that does not even list its tools hangs, and is given up.
    pub(crate) async fn examine(&self, live: &Arc<Connection>) {
        let sign = tokio::time::timeout(SIGN_OF_LIFE, live.offered(Duration::ZERO));
        if !matches!(sign.await, Ok(Ok(_))) {
            self.failed(live, "it does not answer").await;
        }
    }
}

impl State {
    /// Somebody wants the connection now.
    pub(crate) fn used(&mut self) {
        self.used = Some(Instant::now());
    }

    /// A server that ran is gone. One that did its work before is started again at once.
    pub(crate) fn lost(&mut self, spec: &ServerSpec, why: String) {
        if self.failures == 0 {
            self.failures = 1;
        } else {
            self.rest(spec, why);
        }
    }

    /// No start before a pause that doubles with every failure.
    pub(crate) fn rest(&mut self, spec: &ServerSpec, why: String) {
        let limits = &spec.limits;
        let factor = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        let pause = limits.rest_first.saturating_mul(factor);
        self.failures = self.failures.saturating_add(1).min(31);
        self.rest = Some((Instant::now() + pause.min(limits.rest_longest), why));
    }
}
