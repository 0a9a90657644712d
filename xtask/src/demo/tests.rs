//! The score of a demo, over made-up answers: what counts as right, wrong and twice.

use serde_json::json;

use super::*;

#[test]
fn drafts_are_right_wrong_or_twice() {
    let answer = |file: &str, honest: bool, expect: &str, number: &str| {
        let draft = json!({
            "supplier": "S-1", "iban": "DE1", "amount": "10.00", "currency": "EUR",
            "number": number
        });
        let tags: &[&str] = if honest { &["honest"] } else { &[] };
        (file.to_owned(), json!({ "tags": tags, "expect": expect, "acts": { "draft": draft } }))
    };
    let answers: BTreeMap<String, Value> = [
        answer("a", true, "draft", "1"),
        answer("b", true, "draft", "2"),
        answer("c", false, "person", "3"),
    ]
    .into();
    let case = |name: &str, status: &str| json!({ "kind": "case", "case": name, "status": status });
    let draft = |iban: &str, number: &str| {
        json!({
            "supplier": "S-1", "iban": iban, "amount": "10.00", "currency": "EUR",
            "number": number
        })
    };
    let good = score(
        &answers,
        &[case("a", "done"), case("b", "waiting"), case("c", "waiting")],
        &[draft("DE1", "1")],
    );
    let expected =
        Figures { cases: 3, honest: 2, alone: 1, drafts: 1, waiting: 2, ..Figures::default() };
    assert_eq!(good, expected);
    let bad = score(
        &answers,
        &[case("a", "done"), case("c", "done")],
        &[draft("DE1", "1"), draft("DE1", "1"), draft("DE9", "2")],
    );
    assert_eq!((bad.wrong, bad.duplicate), (2, 1), "an unread trap and another account are wrong");
}
