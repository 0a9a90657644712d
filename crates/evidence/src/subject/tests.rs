//! Words that name somebody, found however they are written, and not found in others' names.

use std::collections::BTreeMap;

use journal::{At, Millis, RunId};
use plan::ids::StepId;
use proptest::prelude::*;

use super::{Held, Subject, family};

fn found(word: &str, text: &str) -> bool {
    Subject::named([word]).unwrap().is_in(text.as_bytes())
}

#[test]
fn a_person_is_found_as_written_and_nobody_else() {
    for (word, text, is) in [
        ("ann@x.example", r#"{"from":"Ann <ANN@X.example>"}"#, true),
        ("ann@x.example", "write to ann@x.example.", true),
        ("ann@x.example", "joann@x.example, jo.ann@x.example, ann@x.example.com", false),
        ("Ann Ode", "\"ann\\node said\"", true),
        ("Ann Ode", "Ann  ODE, Ann\tOde", true),
        ("Ann Ode", "Joann Ode", false),
        ("Ann Ode", "Ann Odenberg", false),
        ("Änne Öde", r#""\u00c4nne \u00d6de""#, true),
        ("Änne Öde", "A\u{308}nne O\u{308}de", true),
        ("+44 20 7946 0018", "call +44-20-7946-0018 at nine", true),
        ("+44 20 7946 0018", "(+44) 2079460018", true),
        ("+44 20 7946 0018", "4420794600189", false),
        ("DE89370400440532013000", "iban DE89 3704 0044 0532 0130 00 today", true),
        ("王小明", "客户王小明先生", true),
        ("王小明", "客户王小民先生", false),
        ("😀 Smith", r"\ud83d\ude00 smith", true),
    ] {
        assert_eq!(found(word, text), is, "{word} in {text}");
    }
    for short in ["", "  ", "Bo", "a.b", "@@@@@", "王"] {
        assert!(Subject::named([short]).is_err(), "{short}");
    }
    let two = Subject::named(["Ann Ode", "ann@x.example"]).unwrap();
    assert!(two.is_in(b"ann ode") && two.is_in(b"ann@x.example") && !two.is_in(b"ann"));
    assert!(!Subject::named([]).unwrap().is_in(b"anything"));
}

/// A text as some program writes JSON: every sign beyond ASCII by its number.
fn ascii(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    let mut plain = String::new();
    for unit in quoted.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => plain.push(char::from(byte)),
            Ok(_) | Err(_) => plain.push_str(&format!("\\u{unit:04x}")),
        }
    }
    plain
}

proptest! {
    #[test]
    fn json_within_json_hides_nobody(
        before in "[ -~äß\\n\"]{0,12}",
        name in "[A-Za-zäöü]{4,9}( [A-Za-zäöü]{2,9})?",
        after in "[ -~äß\\n\"]{0,12}",
        within in 0..4_usize,
        by_number in any::<bool>(),
    ) {
        let mut text = format!("{before} {name} {after}");
        for _ in 0..within {
            text = if by_number { ascii(&text) } else { serde_json::Value::from(text).to_string() };
        }
        prop_assert!(found(&name, &text), "{text}");
    }
}

#[test]
fn what_a_case_called_goes_with_it_and_others_items_do_not() {
    let id = |n: u8| RunId::new(Millis(1), [n; 10]);
    let at = |step: &str| At { step: StepId::new(step).unwrap(), visit: 1 };
    let held = |n: u8, parent: Option<(u8, &str)>, named: bool| Held {
        run: id(n),
        parent: parent.map(|(run, step)| (id(run), at(step))),
        named,
        erased: false,
        given: BTreeMap::new(),
    };
    let of = |cases: &[Held]| -> Vec<u8> {
        let all = family(cases, |_, at| at.step.as_str() == "each");
        (0..20).filter(|n| all.contains(&id(*n))).collect()
    };
    // A list in which one item names the person: the list names them too, the others do not.
    let list = [
        held(1, None, true),
        held(2, Some((1, "each")), true),
        held(3, Some((1, "each")), false),
        held(4, Some((1, "call")), false),
        held(5, Some((2, "call")), false),
        held(6, Some((3, "call")), false),
        held(7, None, false),
    ];
    assert_eq!(of(&list), [1, 2, 4, 5]);
    // A list no item of which names them was made of their own matter.
    let own =
        [held(1, None, true), held(2, Some((1, "each")), false), held(3, Some((2, "call")), false)];
    assert_eq!(of(&own), [1, 2, 3]);
    // Whoever called is not erased with what was called.
    assert_eq!(of(&[held(1, None, false), held(2, Some((1, "call")), true)]), [2]);
    assert_eq!(of(&[held(1, None, false)]), [0_u8; 0]);
}
