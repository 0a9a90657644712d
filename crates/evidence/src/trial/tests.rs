//! Values compared with what they should be, intervals, and cases as they are written.

use serde_json::{Value, json};

use super::{Trial, between, same};

fn check(expected: Value, got: Value, within: Option<&str>, held: bool) {
    assert_eq!(same(&expected, Some(&got), within), held, "{expected} {got} {within:?}");
}

#[test]
fn a_value_is_compared_as_what_it_is() {
    let euros = json!({ "currency": "EUR", "minor": 147_560 });
    check(json!("1475.60 EUR"), euros.clone(), None, true);
    check(json!("1475.61 EUR"), euros.clone(), None, false);
    check(json!("1475.61 EUR"), euros.clone(), Some("0.01 EUR"), true);
    check(json!("1475.62 EUR"), euros.clone(), Some("0.01 EUR"), false);
    // A tolerance in another currency is none, and an amount in one is another amount.
    check(json!("1475.61 EUR"), euros.clone(), Some("0.01 USD"), false);
    check(json!("1475.60 USD"), euros, Some("5.00 EUR"), false);
    check(json!("Nordwind  GMBH"), json!("nordwind gmbh"), None, true);
    check(json!("Nordwind"), json!("nordwind gmbh"), None, false);
    check(json!(null), json!(null), None, true);
    check(json!(null), json!("x"), None, false);
    check(json!(3), json!(3), None, true);
    check(json!(3), json!("3"), None, false);
    check(json!("3.0"), json!("3.4"), Some("0.5"), true);
    check(json!("3.0"), json!("3.6"), Some("0.5"), false);
    check(json!({ "a": [1] }), json!({ "a": [1] }), None, true);
    assert!(same(&json!(null), None, None) && !same(&json!("x"), None, None));
}

#[test]
fn an_interval_is_that_of_wilson() {
    // Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29; no continuity correction.
    for (right, all, low, high) in [
        (81, 263, 255_300, 366_200),
        (15, 148, 62_400, 160_500),
        (0, 20, 0, 161_100),
        (1, 29, 6_100, 171_800),
        (0, 0, 0, 1_000_000),
    ] {
        let (from, to) = between(right, all);
        assert!(from.abs_diff(low) < 100 && to.abs_diff(high) < 100, "{right}/{all}: {from} {to}");
    }
}

#[test]
fn a_case_holds_nothing_that_is_not_understood() {
    let read = |value: Value| serde_json::from_value::<Trial>(value);
    assert!(read(json!({ "file": "inbox/a.txt", "expect": "draft" })).is_ok());
    assert!(read(json!({ "file": "inbox/a.txt", "expects": "draft" })).is_err());
    assert!(read(json!({ "holds": ["read.total >= eur(1)"] })).is_ok());
    assert!(read(json!({ "holds": ["read.total >="] })).is_err());
}
