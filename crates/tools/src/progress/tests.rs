//! The pace at which progress is passed on.

use super::*;

#[test]
fn a_flood_is_held_back_and_a_slow_stream_is_not() {
    let start = Instant::now();
    let mut pace = Pace::new(start);
    let flood = (0..1000).filter(|_| pace.allows(start)).count();
    assert_eq!(flood, BURST as usize);
    let after = |pauses: u32| start + PAUSE * pauses;
    assert!(!pace.allows(start + PAUSE / 2));
    let slow = (1..100).filter(|n| pace.allows(after(*n))).count();
    assert_eq!(slow, 99);
    // What was not used is not saved up without end.
    let flood = (0..1000).filter(|_| pace.allows(after(100_000))).count();
    assert_eq!(flood, BURST as usize);
}
