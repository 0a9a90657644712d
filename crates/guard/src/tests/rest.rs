//! Contracts, hidden text, input checks and secrets.

use plan::ids::StepId;
use proptest::prelude::*;
use serde_json::json;

use super::plans::plan;
use crate::contract::{BYTES_MAX, Contract, must_hold, repair};
use crate::hidden::{self, Kind};
use crate::input::{self, InputFlaw};
use crate::judge::Guard;
use crate::secrets::Secrets;

#[test]
fn answers_are_held_to_their_contract() {
    let plan = plan();
    let guard = Guard::build(&plan).unwrap();
    let step = StepId::new("answer").unwrap();
    let long = format!("{{\"topic\": \"{}\"}}", "a".repeat(BYTES_MAX));
    for (text, expected) in [
        (r#"{"topic": "a"}"#, "ok"),
        ("```json\n{\"topic\": \"a\", \"n\": 3}\n```", "ok"),
        (r#"{"topic": "a", "iban": "DE89 3704 0044 0532 0130 00"}"#, "ok"),
        (
            r#"{"topic": "a", "iban": "DE89 3704 0044 0532 0130 01"}"#,
            "`/iban`: the value is not a \"iban\"",
        ),
        (r#"{"topic": "c"}"#, "`/topic`: the value is not one of \"a\" or \"b\""),
        (
            r#"{"n": 1.5}"#,
            "`/n`: the value is not of type \"integer\"; \"topic\" is a required property",
        ),
        (r#"{"topic": "a", "x": 1}"#, "Additional properties are not allowed ('x' was unexpected)"),
        ("topic: a", "the answer is no JSON: expected ident at line 1 column 2"),
        (&long, "the answer is longer than 262144 bytes"),
        (
            &"[".repeat(1_000),
            "the answer is no JSON: recursion limit exceeded at line 1 column 128",
        ),
    ] {
        let said = match guard.answer(&plan, &step, text) {
            Ok(_) => "ok".to_owned(),
            Err(broken) => broken.join("; "),
        };
        assert_eq!(said, expected);
    }
    let unknown = guard.answer(&plan, &StepId::new("match").unwrap(), "{}");
    assert_eq!(unknown, Err(vec!["the step has no contract".to_owned()]));
}

#[test]
fn edits_are_held_to_their_kind() {
    let guard = Guard::build(&plan()).unwrap();
    let eur = json!({"currency": "EUR", "minor": 5});
    for (path, value, expected) in [
        ("read.total", eur.clone(), "ok"),
        ("read.total", json!("5 EUR"), "it must be an amount in minor units with its currency"),
        (
            "read.total",
            json!({"currency": "EUR", "minor": 5.5}),
            "it must be an amount in minor units with its currency",
        ),
        ("read.total", json!(null), "it must be an amount in minor units with its currency"),
        ("read.order", json!(null), "ok"),
        ("read.order", json!(" "), "it must be an id"),
        ("read.date", json!("2026-02-29"), "it must be a date such as \"2026-01-31\""),
        ("read.date", json!("2028-02-29"), "ok"),
        ("read.iban", json!("DE89370400440532013000"), "ok"),
        (
            "read.iban",
            json!("DE89370400440532013001"),
            "it must be an IBAN whose check digits are right",
        ),
        ("read.iban", json!("AKIAIOSFODNN7EXAMPLE"), "it holds a secret"),
        ("read.payee", json!("x"), "`read.payee` is no value of this workflow"),
        ("reed.total", eur.clone(), "`reed.total` is no value of this workflow"),
        (
            "answer",
            json!({"ok": 1, "list": ["a"], "more": true}),
            "`/list/0`: it must be a whole number; `/ok`: it must be true or false; `/more`: there is no such field",
        ),
        (
            "answer",
            json!({"ok": true, "rate": "0.19", "topic": "c"}),
            "`/list`: it must be a list; `/topic`: it must be one of the words that the field may have",
        ),
        ("answer", json!([]), "it must be a record"),
    ] {
        let path = plan::expr::Path::parse(path).unwrap();
        let said =
            guard.edit(&path, &value).map_or_else(|broken| broken.join("; "), |()| "ok".into());
        assert_eq!(said, expected, "{path} {value}");
    }
}

#[test]
fn what_must_hold_is_said_as_a_sentence() {
    struct Roots(serde_json::Value);
    impl plan::expr::Scope for Roots {
        fn root(&self, name: &str) -> Option<&serde_json::Value> {
            self.0.get(name)
        }
    }
    let exprs = ["a.n > 1", "a.n == 2", "a.m == 1"].map(|e| plan::expr::Expr::parse(e).unwrap());
    let broken = must_hold(&exprs, &Roots(json!({"a": {"n": 2}})));
    let broken_too = must_hold(&exprs, &Roots(json!({"a": {"n": 1, "m": 1}})));
    let said: Vec<_> = broken.iter().chain(&broken_too).map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "`a.m == 1` cannot be checked: `a.m` has no value here",
            "it does not hold that `n` of a is more than 1",
            "it does not hold that `n` of a is 2",
        ]
    );
    assert!(repair(&broken).contains("- `a.m == 1` cannot be checked"));
}

#[test]
fn hidden_text_is_found_and_shown() {
    for (text, kind, shown) in [
        ("plain text\r\n\twith lines", None, "plain text\r\n\twith lines"),
        ("Größe 5 € – naïve", None, "Größe 5 € – naïve"),
        ("\u{feff}order mark first", None, "\u{feff}order mark first"),
        (
            "क्\u{200d}ष and می\u{200c}خواهم and 👩\u{200d}🔧",
            None,
            "क्\u{200d}ष and می\u{200c}خواهم and 👩\u{200d}🔧",
        ),
        ("pa\u{200d}y", Some(Kind::ZeroWidth), "pa[U+200D]y"),
        ("pa\u{200b}y", Some(Kind::ZeroWidth), "pa[U+200B]y"),
        ("a\u{feff}b", Some(Kind::ZeroWidth), "a[U+FEFF]b"),
        ("so\u{ad}ft", Some(Kind::ZeroWidth), "so[U+00AD]ft"),
        ("x\u{202e}y", Some(Kind::Direction), "x[U+202E]y"),
        ("x\u{2066}y", Some(Kind::Direction), "x[U+2066]y"),
        ("hi\u{e0070}\u{e0061}", Some(Kind::Tag), "hi[U+E0070][U+E0061]"),
        ("hi\u{e0100}", Some(Kind::Tag), "hi[U+E0100]"),
        ("a\u{0}b\u{1b}[2J", Some(Kind::Control), "a[U+0000]b[U+001B][2J"),
        ("a\u{9b}b", Some(Kind::Control), "a[U+009B]b"),
    ] {
        assert_eq!(hidden::find(text).map(|found| found.kind), kind, "{text:?}");
        assert_eq!(hidden::reveal(text), shown);
    }
}

#[test]
fn inputs_are_texts_of_a_size_without_hidden_text() {
    assert_eq!(input::check("Größe".as_bytes(), 10), Ok("Größe"));
    assert_eq!(input::check(&[b'a'; 11], 10), Err(InputFlaw::TooLarge(11, 10)));
    assert_eq!(input::check(b"ab\xff", 10), Err(InputFlaw::NotText(2)));
    let hidden = input::check("a\u{202e}b".as_bytes(), 10).unwrap_err();
    assert_eq!(
        hidden.to_string(),
        "there is a character that turns the direction of the text at byte 1"
    );
}

#[test]
fn secrets_are_found_and_never_shown() {
    let secrets =
        Secrets::new([("ERP_KEY", "hunter2\"hunter2".to_owned()), ("PIN", "1234".to_owned())]);
    assert!(!format!("{secrets:?}").contains("hunter2"));
    let fixed =
        |shape: &str, n: usize| format!("{shape}{}", "A1b2C3d4E5".repeat(9).get(..n).unwrap());
    for (text, shown) in [
        ("nothing here, sk-short, PIN 1234".to_owned(), None),
        ("key hunter2\"hunter2!".to_owned(), Some("key [secret ERP_KEY]!")),
        (r#"{"k": "hunter2\"hunter2"}"#.to_owned(), Some(r#"{"k": "[secret ERP_KEY]"}"#)),
        (fixed("a sk-", 24), Some("a [secret]")),
        (fixed("ghp_", 36), Some("[secret]")),
        ("AKIAIOSFODNN7EXAMPLE".to_owned(), Some("[secret]")),
        ("-----BEGIN OPENSSH PRIVATE KEY-----".to_owned(), Some("[secret]")),
    ] {
        assert_eq!(secrets.found_in(&text), shown.is_some(), "{text}");
        assert_eq!(secrets.redact(&text), shown.unwrap_or(&text));
    }
    let nested = json!({"a": [{"b": fixed("glpat-", 20)}]});
    assert!(secrets.found_in_value(&nested));
    assert!(!secrets.found_in_value(&json!({"a": [1, true, null, "x"]})));
}

/// Base64 written the long way: bits as text.
fn base64(bytes: &[u8], url_safe: bool, padded: bool) -> String {
    let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    let letters = ('A'..='Z').chain('a'..='z').chain('0'..='9');
    let rest = if url_safe { ['-', '_'] } else { ['+', '/'] };
    let alphabet: Vec<char> = letters.chain(rest).collect();
    let mut text = String::new();
    for six in bits.as_bytes().chunks(6) {
        let six = format!("{:0<6}", std::str::from_utf8(six).unwrap());
        text.push(alphabet[usize::from_str_radix(&six, 2).unwrap()]);
    }
    while padded && !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

#[test]
fn a_secret_is_found_however_it_is_encoded() {
    let value = "Öl & Käse/33?Zq7~x+y=z w";
    let secrets = Secrets::new([("ERP_KEY", format!("{value}\n")), ("KEY", "0f".repeat(24))]);
    let check = |text: &str| {
        assert!(secrets.found_in(&format!("see {text}, please")), "{text}");
        assert!(!secrets.found_in(&secrets.redact(text)), "{text}");
    };
    for before in ["", "u", "us", "user:", "Basic user:"] {
        for after in ["", "x", "xy", ":rest"] {
            let whole = format!("{before}{value}{after}");
            for (url_safe, padded) in [(false, true), (false, false), (true, true), (true, false)] {
                check(&base64(whole.as_bytes(), url_safe, padded));
            }
        }
    }
    for text in [
        "%C3%96l%20%26%20K%C3%A4se%2F33%3FZq7~x%2By%3Dz%20w",
        "%c3%96l+%26+k%c3%a4se%2f33%3fZq7~x%2by%3dz+w".replace("+k", "+K").as_str(),
        "%C3%96l%20%26%20K%C3%A4se/33%3FZq7~x%2By%3Dz%20w",
        "%C3%96l%20&%20K%C3%A4se/33?Zq7~x+y=z%20w",
        "%C3%96l+%26+K%C3%A4se%2F33%3FZq7%7Ex%2By%3Dz+w",
    ] {
        check(text);
    }
    let hex = |digits: fn(&u8) -> String| value.as_bytes().iter().map(digits).collect::<String>();
    check(&hex(|byte| format!("{byte:02x}")));
    check(&hex(|byte| format!("{byte:02X}")));
    check(&hex(|byte| format!("%{byte:02x}")));
    assert_eq!(secrets.redact(&"0f".repeat(24)), "[secret KEY]");
    // What only resembles it stays.
    for text in ["Öl & Käse/33", &base64(b"another text, just as long", false, true)] {
        assert!(!secrets.found_in(text), "{text}");
    }
}

#[test]
fn a_secret_is_known_from_when_it_is_learnt() {
    let secrets = std::sync::Arc::new(Secrets::new([("KEY", "hunter2-hunter2".to_owned())]));
    let shared = std::sync::Arc::clone(&secrets);
    assert!(!shared.found_in("a renewed-token"));
    secrets.learn([("a token of far", "renewed-token".to_owned())]);
    assert_eq!(shared.redact("a renewed-token"), "a [secret a token of far]");
    assert!(shared.found_in("still hunter2-hunter2"), "nothing is forgotten");
}

#[test]
fn a_guard_may_be_shared() {
    fn shared<T: Send + Sync>() {}
    shared::<Guard>();
}

proptest! {
    #[test]
    fn revealed_text_hides_nothing(text in "\\PC{0,40}|[\\x00-\\u{2fff}]{0,40}") {
        let shown = hidden::reveal(&text);
        // A leading order mark and joiners inside scripts stay, so only what was found is gone.
        prop_assert_eq!(hidden::find(&text).is_none(), shown == text);
    }

    #[test]
    fn redacted_text_holds_no_secret(before in ".{0,20}", after in ".{0,20}") {
        let secrets = Secrets::new([("K", "s3cret-s3cret".to_owned())]);
        let text = format!("{before}s3cret-s3cret{after}");
        let shown = secrets.redact(&text);
        prop_assert!(!shown.contains("s3cret-s3cret") && !secrets.found_in(&shown));
    }

    #[test]
    fn no_place_hides_an_encoded_secret(
        value in "[ -~]{8,24}", before in prop::collection::vec(any::<u8>(), 0..9),
        after in prop::collection::vec(any::<u8>(), 0..9), url_safe: bool, padded: bool,
    ) {
        prop_assume!(value.trim().len() >= 8);
        let secrets = Secrets::new([("K", value.clone())]);
        let whole = [&before, value.as_bytes(), &after[..]].concat();
        prop_assert!(secrets.found_in(&base64(&whole, url_safe, padded)));
    }

    #[test]
    fn contracts_never_panic(text in ".{0,60}") {
        let contract = Contract::compile(&json!({"type": "object"})).unwrap();
        let _ = contract.check(text.as_bytes());
    }
}
