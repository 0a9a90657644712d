//! How long a server wants to be left alone, in every form it says so.

use std::time::{Duration, SystemTime};

use super::{go_duration, wait};

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
