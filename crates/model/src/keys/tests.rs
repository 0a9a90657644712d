//! Which key goes out.

use std::time::Duration;

use tokio::time::Instant;

use super::{Header, Keyring};
use crate::Secret;
use crate::secret::Key;

fn ring(names: &[&str]) -> Keyring {
    let key = |name: &&str| Key { name: (*name).into(), secret: Secret::new(format!("sk-{name}")) };
    Keyring::new(names.iter().map(key).collect(), Header::Bearer).unwrap()
}

fn next(ring: &Keyring, now: Instant) -> String {
    ring.choose(now).unwrap().name().unwrap().to_owned()
}

#[test]
fn the_key_with_most_left_goes_next() {
    let (ring, now) = (ring(&["A", "B"]), Instant::now());
    // Of keys that nobody counts, the one that was sent less often.
    assert_eq!([next(&ring, now), next(&ring, now), next(&ring, now)], ["A", "B", "A"]);
    let b = ring.choose(now).unwrap();
    b.taken(Some(10));
    let a = ring.choose(now).unwrap();
    assert_eq!((b.name(), a.name()), (Some("B"), Some("A")));
    a.taken(Some(12));
    let order: Vec<String> = (0..4).map(|_| next(&ring, now)).collect();
    assert_eq!(order, ["A", "A", "B", "A"]);
}

#[test]
fn a_refused_or_resting_key_is_set_aside() {
    let (ring, now) = (ring(&["A", "B"]), Instant::now());
    ring.choose(now).unwrap().refused();
    assert_eq!([next(&ring, now), next(&ring, now)], ["B", "B"]);
    assert_eq!(ring.rest(now), None);
    let b = ring.choose(now).unwrap();
    b.rests(now, Duration::from_secs(5));
    // The refused one does not make up for the resting one.
    assert_eq!((next(&ring, now).as_str(), ring.rest(now)), ("B", Some(Duration::from_secs(5))));
    assert_eq!(ring.rest(now + Duration::from_secs(5)), None);
    b.refused();
    assert!(!ring.any_left());
    // Only the vendor knows when one is good again.
    let again = ring.choose(now).unwrap();
    assert_eq!(again.name(), Some("A"));
    again.taken(None);
    assert!(ring.any_left());
}

#[test]
fn no_key_rests_like_any_other_and_no_text_holds_one() {
    let (none, now) = (Keyring::new(Vec::new(), Header::Plain).unwrap(), Instant::now());
    let chosen = none.choose(now).unwrap();
    assert_eq!((chosen.header(), chosen.name()), (None, None));
    chosen.rests(now, Duration::from_secs(1));
    assert_eq!(none.rest(now), Some(Duration::from_secs(1)));
    let two = ring(&["A", "B"]);
    assert_eq!(two.scrub("sk-A and sk-B"), "[key] and [key]");
    assert!(!format!("{two:?}").contains("sk-"), "{two:?}");
}
