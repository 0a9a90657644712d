//! A breaker's life on a clock of the test's own.

use std::time::Duration;

use tokio::time::Instant;

use super::{Breaker, FAILURES, FIRST, LONGEST};

#[test]
fn a_breaker_opens_tries_and_closes() {
    let breaker = Breaker::default();
    let start = Instant::now();
    let late = breaker.pass(start).unwrap();
    for _ in 0..FAILURES {
        breaker.pass(start).unwrap().note(start, Some(false));
    }
    assert_eq!(breaker.pass(start).unwrap_err(), FIRST);
    // A failure of a call that was out before changes nothing.
    late.note(start, Some(false));
    assert_eq!(breaker.pass(start).unwrap_err(), FIRST);

    // One call tries; an aborted one leaves the way to the next.
    let now = start + FIRST;
    let trial = breaker.pass(now).unwrap();
    assert!(breaker.pass(now).is_err());
    drop(trial);
    breaker.pass(now).unwrap().note(now, Some(false));
    assert_eq!(breaker.pass(now).unwrap_err(), FIRST * 2);

    let mut now = now;
    for _ in 0..10 {
        now += LONGEST;
        breaker.pass(now).unwrap().note(now, Some(false));
    }
    assert_eq!(breaker.pass(now).unwrap_err(), LONGEST);
    now += LONGEST;
    breaker.pass(now).unwrap().note(now, Some(true));
    let both = (breaker.pass(now).unwrap(), breaker.pass(now).unwrap());
    drop(both);
    // One that says nothing neither opens nor closes.
    for _ in 0..FAILURES * 2 {
        breaker.pass(now).unwrap().note(now, None);
    }
    assert!(breaker.pass(now + Duration::from_secs(1)).is_ok());
}
