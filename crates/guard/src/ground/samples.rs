//! Invoices of many countries and layouts through the finders, without a model. No value may be
//! settled wrongly, and the share that needs no person must not fall.

use plan::ids::FieldName;
use plan::value::Money;
use plan::workflow::{CopyField, Find};
use serde_json::Value;

use super::{Settled, candidates, settle};

const FIELDS: &[(&str, Find)] = &[
    ("supplier", Find::Name),
    ("number", Find::Id),
    ("date", Find::Date),
    ("net", Find::Money),
    ("tax", Find::Money),
    ("total", Find::Money),
    ("iban", Find::Iban),
    ("order", Find::Id),
];

/// How many of the honest samples settle in every field.
const WHOLE: usize = 41;

/// The samples: name, document, and what a reader takes from it.
fn samples() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let all = include_str!("samples.txt").split("\n=== ").skip(1);
    all.map(|sample| {
        let (name, rest) = sample.split_once('\n').unwrap();
        let (text, wanted) = rest.split_once("\n---\n").unwrap();
        (name, text, wanted)
    })
}

fn written(value: &Value) -> String {
    let money = || serde_json::from_value::<Money>(value.clone()).unwrap().to_string();
    value.as_str().map_or_else(money, str::to_owned)
}

#[test]
fn nothing_is_settled_wrongly_and_most_of_it_is_settled() {
    let (mut wrong, mut open, mut whole) = (Vec::new(), Vec::new(), 0);
    for (name, text, wanted) in samples() {
        let before = open.len();
        for (field, find) in FIELDS {
            let wanted =
                wanted.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(": "));
            let wanted = wanted.unwrap_or_else(|| panic!("{name} says nothing of {field}"));
            let copy = CopyField {
                name: FieldName::new(field).unwrap(),
                find: *find,
                optional: false,
                called: Vec::new(),
                known_in: None,
            };
            let found = candidates(text, &copy);
            match settle(&copy, &found, [None, None]) {
                Settled::Value(value, _) if written(&value) == wanted => {}
                Settled::Value(value, _) => {
                    wrong.push(format!("{name} {field}: {} for {wanted}", written(&value)));
                }
                Settled::None if wanted == "-" => {}
                other => {
                    let best: Vec<String> = found
                        .iter()
                        .take(4)
                        .map(|c| format!("{} {} {:?} {:?}", c.shown, c.score, c.second, c.flaw))
                        .collect();
                    open.push(format!("{name} {field}: {other:?} for {wanted} of {best:?}"));
                }
            }
        }
        whole += usize::from(open.len() == before && !name.starts_with("trap"));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(whole >= WHOLE, "{whole} of {} settle: {open:#?}", samples().count());
}
