//! How often somebody may knock: one bucket for whoever shows who they are, and a small one for
//! each address from which somebody tries to. It must not know who is let in.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Requests a second of one person or token, and how many may come at once.
const EACH: (u32, u32) = (200, 400);
/// Tries to sign in from one address, a minute and at once.
const TRIES: (u32, u32) = (20, 10);
/// So many keys are kept before those that are idle are dropped.
const KEPT: usize = 10_000;

/// The buckets.
pub struct Pace {
    each: DefaultKeyedRateLimiter<[u8; 32]>,
    tries: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
}

impl Default for Pace {
    fn default() -> Self {
        let some = |count: u32| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        let each = Quota::per_second(some(EACH.0)).allow_burst(some(EACH.1));
        let tries = Quota::per_minute(some(TRIES.0)).allow_burst(some(TRIES.1));
        let (each, tries) = (RateLimiter::keyed(each), RateLimiter::keyed(tries));
        Self { each, tries, clock: DefaultClock::default() }
    }
}

impl Pace {
    /// Whether one more request of somebody is answered now; otherwise after how many seconds.
    pub fn request(&self, who: &str) -> Result<(), u64> {
        if self.each.len() > KEPT {
            self.each.retain_recent();
        }
        let said = self.each.check_key(&crate::word::digest(who));
        said.map_err(|not| seconds(not.wait_time_from(self.clock.now())))
    }

    /// Whether somebody at this address may try to sign in now.
    pub fn attempt(&self, from: IpAddr) -> Result<(), u64> {
        if self.tries.len() > KEPT {
            self.tries.retain_recent();
        }
        let said = self.tries.check_key(&from);
        said.map_err(|not| seconds(not.wait_time_from(self.clock.now())))
    }
}

fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + 1
}
