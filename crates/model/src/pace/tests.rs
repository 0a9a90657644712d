//! The book of turns on a clock of the test's own.

use std::time::Duration;

use tokio::time::Instant;

use super::{Next, REST_MAX, WAIT_MAX};

#[test]
fn turns_follow_each_other_and_a_rest_is_kept() {
    let gap = Duration::from_secs(30);
    let start = Instant::now();
    let mut next = Next { gap: Some(gap), ..Next::default() };
    for n in 0..10 {
        assert_eq!(next.book(start), Ok(start + gap * n));
    }
    // A pause is not saved up.
    let later = start + Duration::from_secs(3_600);
    assert_eq!(next.book(later), Ok(later));
    assert_eq!(next.book(later), Ok(later + gap));

    let mut free = Next::default();
    assert_eq!((free.book(start), free.book(start)), (Ok(start), Ok(start)));
    free.rest(start, WAIT_MAX);
    free.rest(start, Duration::from_secs(1));
    assert_eq!((free.book(start), free.book(start)), (Ok(start + WAIT_MAX), Ok(start + WAIT_MAX)));
    free.rest(start, REST_MAX * 10);
    assert_eq!(free.book(start), Err(REST_MAX));
    assert_eq!(free.book(start + REST_MAX), Ok(start + REST_MAX));
}
