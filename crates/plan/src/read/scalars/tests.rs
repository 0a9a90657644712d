//! Times with their units, and texts that could be something else.

use super::*;

#[test]
fn times_need_a_number_and_a_unit() {
    for (text, expected) in [
        ("90 seconds", Some(Within::Ms(90_000))),
        ("1 minute", Some(Within::Ms(60_000))),
        ("2 weeks", Some(Within::Ms(14 * 86_400_000))),
        ("8 working hours", Some(Within::WorkingMs(8 * 3_600_000))),
        ("30 working minutes", Some(Within::WorkingMs(30 * 60_000))),
        ("8", None),
        ("8h", None),
        ("1.5 hours", None),
        ("0 minutes", None),
        ("2 working days", None),
        ("2 fortnights", None),
        ("11 years", None),
        ("99999999999999999999 days", None),
        ("4000 days", None),
        ("", None),
    ] {
        assert_eq!(within(text).ok(), expected, "{text}");
    }
}

#[test]
fn a_text_that_could_be_something_else_is_said_to_be() {
    for text in [
        "yes",
        "No",
        "ON",
        "off",
        "y",
        "true",
        "null",
        "~",
        "012",
        "1e3",
        "0x1F",
        "0o17",
        "1_000",
        "+5",
        "-1.5",
        ".5",
        ".inf",
        "-.NaN",
        "07:30",
        "1:30:00",
        "2027-01-01",
    ] {
        assert!(ambiguous(text).is_some(), "{text}");
    }
    for text in [
        "yes please",
        "none",
        "nobody",
        "1 file",
        "12.50 EUR",
        "AP-12",
        "10 days",
        "v1.2",
        "0x",
        "a:b",
        "00-11-22-33",
        "3rd",
        "mon-fri",
        "-",
        "",
        "...",
    ] {
        assert_eq!(ambiguous(text), None, "{text}");
    }
}
