//! How often somebody may knock: one bucket for whoever shows who they are, and small ones for each
//! address from which somebody tries to, and for what nobody has signed. It must not know who is
//! let in.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Requests a second of one person or token, and how many may come at once.
const EACH: (u32, u32) = (200, 400);
/// Tries to sign in from one address, a minute and at once.
const TRIES: (u32, u32) = (20, 10);
/// What one address sends that nothing known here has signed, a minute and at once.
const UNSIGNED: (u32, u32) = (30, 30);
/// The same of what is sent to one webhook, from however many addresses.
const UNSIGNED_TO: (u32, u32) = (300, 300);
/// What one address is told of credentials without being known, a minute and at once.
const PUBLIC: (u32, u32) = (60, 60);
/// So many keys are kept before those that are idle are dropped.
const KEPT: usize = 10_000;

/// The buckets.
pub struct Pace {
    each: DefaultKeyedRateLimiter<[u8; 32]>,
    tries: DefaultKeyedRateLimiter<IpAddr>,
    unsigned: DefaultKeyedRateLimiter<IpAddr>,
    unsigned_to: DefaultKeyedRateLimiter<[u8; 32]>,
    public: DefaultKeyedRateLimiter<IpAddr>,
}

impl Default for Pace {
    fn default() -> Self {
        let some = |count: u32| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        let a_minute = |(many, at_once)| Quota::per_minute(some(many)).allow_burst(some(at_once));
        let each = Quota::per_second(some(EACH.0)).allow_burst(some(EACH.1));
        Self {
            each: RateLimiter::keyed(each),
            tries: RateLimiter::keyed(a_minute(TRIES)),
            unsigned: RateLimiter::keyed(a_minute(UNSIGNED)),
            unsigned_to: RateLimiter::keyed(a_minute(UNSIGNED_TO)),
            public: RateLimiter::keyed(a_minute(PUBLIC)),
        }
    }
}

impl Pace {
    /// Whether one more request of somebody is answered now; otherwise after how many seconds.
    pub fn request(&self, who: &str) -> Result<(), u64> {
        one_more(&self.each, &crate::word::digest(who))
    }

    /// Whether somebody at this address may try to sign in now.
    pub fn attempt(&self, from: IpAddr) -> Result<(), u64> {
        one_more(&self.tries, &house(from))
    }

    /// Whether somebody at this address, whoever it is, is told of one more credential now.
    pub fn public(&self, from: IpAddr) -> Result<(), u64> {
        one_more(&self.public, &house(from))
    }

    /// Whether one more that nothing known here has signed is still no flood, by the address that
    /// it came from and by what it was sent to, whether there is such a webhook or not.
    pub fn unsigned(&self, from: IpAddr, to: &str) -> Result<(), u64> {
        one_more(&self.unsigned, &house(from))?;
        one_more(&self.unsigned_to, &crate::word::digest(to))
    }
}

fn one_more<K: Hash + Eq + Clone>(of: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), u64> {
    if of.len() > KEPT {
        of.retain_recent();
    }
    let said = of.check_key(key);
    said.map_err(|not| seconds(not.wait_time_from(DefaultClock::default().now())))
}

/// Who is given one address of version 6 is given 2^64 of them.
fn house(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() >> 64 << 64)),
        four @ IpAddr::V4(_) => four,
    }
}

fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + 1
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    use super::*;

    /// How many are let by before one is not.
    fn run(most: u32, mut one: impl FnMut() -> Result<(), u64>) -> u32 {
        (0..most).take_while(|_| one().is_ok()).fold(0, |count, _| count + 1)
    }

    #[test]
    fn what_is_not_signed_is_bounded_by_its_address_and_by_what_it_is_sent_to() {
        let pace = Pace::default();
        let from = |n: u32| IpAddr::from(n.to_be_bytes());
        // A bucket fills while this runs, so that a few more than its size may pass.
        let near = |count: u32, of: u32| (of..of + 5).contains(&count);
        let (one, other) = (from(1), from(2));
        assert!(near(run(100, || pace.unsigned(one, "shop")), UNSIGNED.1));
        let wait = run(100, || pace.unsigned(one, "till"));
        assert!(near(wait + UNSIGNED.1, UNSIGNED.1), "another webhook is no way around");
        pace.unsigned(other, "shop").unwrap();
        let mut next = 3;
        let many = run(1_000, || {
            next += 1;
            pace.unsigned(from(next), "shop")
        });
        assert!(near(many + UNSIGNED.1 + 1, UNSIGNED_TO.1), "{many}");
        pace.unsigned(from(next + 1), "till").unwrap();
        // Whoever tries to sign in is nobody of these.
        pace.attempt(one).unwrap();
    }

    #[test]
    fn all_addresses_of_a_house_are_one() {
        let pace = Pace::default();
        let in_house = |n: u128| IpAddr::V6(Ipv6Addr::from_bits(0x2001_0db8_u128 << 96 | n));
        let mut next = 0;
        let tried = run(100, || {
            next += 1;
            pace.attempt(in_house(next))
        });
        assert!((TRIES.1..TRIES.1 + 5).contains(&tried), "{tried}");
        pace.attempt(in_house(1 << 64)).unwrap();
        let four = IpAddr::from([192, 0, 2, 1]);
        let IpAddr::V4(inner) = four else { return };
        assert_eq!(house(IpAddr::V6(inner.to_ipv6_mapped())), four);
    }
}
