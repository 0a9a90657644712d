//! How long a server wants to be left alone, in every form it says so.

use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::{Limits, go_duration, until, wait};

#[test]
fn waits_as_headers_word_them() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
    let check = |text: &str, wanted: Option<u128>| {
        assert_eq!(wait(text, now).map(|d| d.as_millis()), wanted, "{text}");
    };
    check("12", Some(12_000));
    check("0.5", Some(500));
    check("Sun, 06 Nov 1994 08:49:37 GMT", Some(7_000));
    check("Sun, 06 Nov 1994 08:49:00 GMT", Some(0));
    for text in ["soon", "", "-1", "nan", "inf", "1e300"] {
        check(text, None);
    }
    let check = |text: &str, wanted: Option<u128>| {
        assert_eq!(go_duration(text).map(|d| d.as_millis()), wanted, "{text}");
    };
    check("6m0s", Some(360_000));
    check("20ms", Some(20));
    check("1h2m3.5s", Some(3_723_500));
    check("3", Some(3_000));
    for text in ["", "s", "3y", "1m2", "..s", "é"] {
        check(text, None);
    }
}

#[test]
fn anthropic_says_when_and_not_for_how_long() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
    let check = |text: &str, wanted: Option<u64>| {
        assert_eq!(until(text, now).map(|d| d.as_secs()), wanted, "{text}");
    };
    check("1994-11-06T08:49:37Z", Some(7));
    check("1994-11-06T09:49:37+01:00", Some(7));
    check("1994-11-06T08:00:00Z", Some(0));
    check("in a while", None);
}

#[test]
fn limits_of_both_families() {
    let check = |lines: &[(&'static str, &'static str)], left, spent: Option<u64>, reset| {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        let headers: HeaderMap = lines.iter().map(pair).collect();
        let limits = Limits::of(&headers);
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs());
        assert_eq!((limits.left, seconds(limits.spent)), (left, spent), "{lines:?}");
        assert_eq!(seconds(limits.reset), reset, "{lines:?}");
    };
    let open_ai = [("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "7s")];
    check(&open_ai, Some(0), Some(7), Some(7));
    // What is long past is lifted.
    let anthropic = [
        ("anthropic-ratelimit-requests-remaining", "3"),
        ("anthropic-ratelimit-requests-reset", "1994-11-06T08:49:37Z"),
        ("anthropic-ratelimit-output-tokens-remaining", "0"),
        ("anthropic-ratelimit-output-tokens-reset", "1994-11-06T08:49:37Z"),
    ];
    check(&anthropic, Some(3), None, Some(0));
    check(&[], None, None, None);
}
