//! Other values of the same shape: those beside which a map's conditions decide. It must not know
//! what a value is for.

use plan::value::Money;
use serde_json::{Map, Value, json};

/// The most other values of one value.
const VARIANTS_MAX: usize = 64;
/// How deep a value is looked into, and how many pairs of changes are tried to make one fit.
const DEPTH_MAX: usize = 8;
const PAIRS_MAX: usize = 400;

/// The values that a condition names: texts, numbers, amounts.
pub(super) fn named(source: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut rest = source;
    let mut word = String::new();
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or("");
        if c == '\'' || c == '"' {
            let (text, left) = after.split_once(c).unwrap_or((after, ""));
            all.push(Value::from(text));
            (rest, word) = (left, String::new());
        } else if c.is_ascii_digit() && word.chars().all(|c| c == '(' || c.is_alphabetic()) {
            let end = after.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_');
            let end = end.unwrap_or(after.len());
            let number = format!("{c}{}", after.get(..end).unwrap_or("").trim_end_matches('.'));
            all.extend(number_of(&number, &word));
            (rest, word) = (after.get(end..).unwrap_or(""), String::new());
        } else {
            if c.is_alphanumeric() || c == '_' || c == '(' {
                word.push(c)
            } else {
                word.clear()
            }
            rest = after;
        }
    }
    all
}

/// A number, or an amount where a currency's function holds it.
fn number_of(number: &str, before: &str) -> Option<Value> {
    let currency = before.strip_suffix('(').filter(|word| word.len() == 3);
    match currency {
        Some(currency) => {
            let text = format!("{number} {}", currency.to_uppercase());
            serde_json::to_value(Money::parse(&text).ok()?).ok()
        }
        None => serde_json::from_str(number).ok(),
    }
}

/// Values like this one with one thing in it changed.
pub(super) fn like(value: &Value, names: &[Value]) -> Vec<Value> {
    let mut all = Vec::new();
    within(value, names, 0, &mut |other| all.push(other));
    all.truncate(VARIANTS_MAX);
    all
}

fn within(value: &Value, names: &[Value], depth: usize, found: &mut dyn FnMut(Value)) {
    if let Some((currency, minor)) = amount(value) {
        return amounts(currency, minor, names, found);
    }
    match value {
        Value::Object(fields) if depth < DEPTH_MAX => {
            // By turns, so that one field with many does not keep out the others.
            let each: Vec<(&String, Vec<Value>)> = fields
                .iter()
                .map(|(name, value)| {
                    let mut others = Vec::new();
                    within(value, names, depth + 1, &mut |other| others.push(other));
                    (name, others)
                })
                .collect();
            let most = each.iter().map(|(_, others)| others.len()).max().unwrap_or(0);
            for n in 0..most {
                for (name, others) in &each {
                    let Some(other) = others.get(n) else { continue };
                    let mut changed: Map<String, Value> = fields.clone();
                    changed.insert((*name).clone(), other.clone());
                    found(Value::Object(changed));
                }
            }
        }
        Value::Array(items) if !items.is_empty() => found(json!([])),
        Value::Bool(yes) => found(Value::Bool(!yes)),
        Value::String(text) => {
            let texts = names.iter().filter(|name| name.is_string() && **name != *value);
            texts.for_each(|name| found(name.clone()));
            if !text.is_empty() {
                found(Value::from(""));
            }
            found(Value::Null);
        }
        Value::Number(_) => {
            for n in names.iter().filter_map(Value::as_i64) {
                for n in [n.saturating_sub(1), n, n.saturating_add(1)] {
                    found(Value::from(n));
                }
            }
            found(Value::from(0));
        }
        Value::Null | Value::Object(_) | Value::Array(_) => {}
    }
}

fn amount(value: &Value) -> Option<(&str, i64)> {
    let fields = value.as_object().filter(|fields| fields.len() == 2)?;
    Some((fields.get("currency")?.as_str()?, fields.get("minor")?.as_i64()?))
}

fn amounts(currency: &str, minor: i64, names: &[Value], found: &mut dyn FnMut(Value)) {
    let of = |currency: &str, minor: i64| json!({ "currency": currency, "minor": minor });
    for (other, edge) in names.iter().filter_map(amount) {
        for minor in [edge.saturating_sub(1), edge, edge.saturating_add(1)] {
            found(of(other, minor));
        }
    }
    found(of(currency, minor.saturating_neg()));
    found(of(if currency == "EUR" { "USD" } else { "EUR" }, minor));
}

/// The value, or the first like it with one or two changes for which it holds; the value itself
/// where there is none.
pub(super) fn fitting(value: Value, names: &[Value], holds: impl Fn(&Value) -> bool) -> Value {
    if holds(&value) {
        return value;
    }
    let once = like(&value, names);
    if let Some(fits) = once.iter().find(|other| holds(other)) {
        return fits.clone();
    }
    let twice = once.iter().flat_map(|other| like(other, names)).take(PAIRS_MAX);
    let fits = twice.into_iter().find(|other| holds(other));
    fits.unwrap_or(value)
}
