//! Output contracts: what a model's answer must look like before anything uses it. Compiled once,
//! checked with a limit on size, and explained in words that a model can repair by. A fulfilled
//! contract proves the shape of an answer, never the right to act on it.

use jsonschema::{PatternOptions, Validator};
use plan::expr::{Expr, Scope, is_date, is_decimal};
use plan::value::Money;
use plan::workflow::Type;
use serde_json::Value;

/// The most that an answer may be.
pub const BYTES_MAX: usize = 256 * 1024;
/// How many faults are told at once.
const SAID_MAX: usize = 8;

/// A schema, ready to check answers.
#[derive(Debug)]
pub struct Contract {
    validator: Validator,
}

/// One thing that is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Where, as a JSON pointer; empty for the whole.
    pub at: String,
    pub what: String,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.at.as_str() {
            "" => f.write_str(&self.what),
            at => write!(f, "`{at}`: {}", self.what),
        }
    }
}

fn broken(at: &str, what: impl Into<String>) -> Vec<Broken> {
    vec![Broken { at: at.to_owned(), what: what.into() }]
}

impl Contract {
    /// Compiles a schema (JSON Schema 2020-12). It may refer to nothing outside itself, and its
    /// patterns run in linear time.
    pub fn compile(schema: &Value) -> Result<Self, String> {
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex().size_limit(1 << 20))
            .should_validate_formats(true)
            .should_ignore_unknown_formats(true)
            .with_format("iban", iban)
            .with_format("id", |text: &str| !text.trim().is_empty())
            .build(schema)
            .map_err(|error| error.to_string())?;
        Ok(Self { validator })
    }

    /// The answer's value, or everything that is wrong with it.
    pub fn check(&self, answer: &[u8]) -> Result<Value, Vec<Broken>> {
        let value = read(answer)?;
        self.check_value(&value)?;
        Ok(value)
    }

    /// Everything that is wrong with a value, such as a person's edit.
    pub fn check_value(&self, value: &Value) -> Result<(), Vec<Broken>> {
        let said: Vec<_> = self
            .validator
            .iter_errors(value)
            .take(SAID_MAX)
            .map(|error| Broken {
                at: error.instance_path().to_string(),
                // The value itself may be long, or hold what nobody should repeat.
                what: error.masked_with("the value").to_string(),
            })
            .collect();
        if said.is_empty() { Ok(()) } else { Err(said) }
    }
}

/// An answer as JSON, whatever it says.
pub(crate) fn read(answer: &[u8]) -> Result<Value, Vec<Broken>> {
    if answer.len() > BYTES_MAX {
        return Err(broken("", format!("the answer is longer than {BYTES_MAX} bytes")));
    }
    let Ok(text) = std::str::from_utf8(answer) else {
        return Err(broken("", "the answer is no text"));
    };
    serde_json::from_str(unfenced(text))
        .map_err(|error| broken("", format!("the answer is no JSON: {error}")))
}

/// What keeps a value from being of a kind: for values that a person enters, or a tool gives.
#[must_use]
pub fn fits(kind: &Type, value: &Value) -> Vec<Broken> {
    let mut said = Vec::new();
    fit(kind, value, "", &mut said);
    said.truncate(SAID_MAX);
    said
}

fn fit(kind: &Type, value: &Value, at: &str, said: &mut Vec<Broken>) {
    let text = value.as_str();
    let (right, wanted) = match kind {
        Type::Unknown => (true, ""),
        Type::Optional(_) if value.is_null() => (true, ""),
        Type::Optional(inner) => return fit(inner, value, at, said),
        Type::Bool => (value.is_boolean(), "true or false"),
        Type::Int => (value.as_i64().is_some(), "a whole number"),
        Type::Decimal => {
            let whole = value.as_i64().is_some();
            (whole || text.is_some_and(is_decimal), "a number such as \"12.50\", in quotes")
        }
        Type::Text => (text.is_some(), "a text"),
        Type::Date => (text.is_some_and(is_date), "a date such as \"2026-01-31\""),
        Type::Iban => (text.is_some_and(iban), "an IBAN whose check digits are right"),
        Type::Id => (text.is_some_and(|text| !text.trim().is_empty()), "an id"),
        Type::Money => {
            let money = serde_json::from_value::<Money>(value.clone());
            (money.is_ok(), "an amount in minor units with its currency")
        }
        Type::OneOf(words) => {
            let known = text.is_some_and(|text| words.iter().any(|word| word == text));
            (known, "one of the words that the field may have")
        }
        Type::List(inner) => match value.as_array() {
            Some(items) => {
                for (n, item) in items.iter().enumerate() {
                    fit(inner, item, &format!("{at}/{n}"), said);
                }
                return;
            }
            None => (false, "a list"),
        },
        Type::Record(fields) => match value.as_object() {
            Some(given) => {
                for (name, inner) in fields {
                    let field = given.get(name).unwrap_or(&Value::Null);
                    fit(inner, field, &format!("{at}/{name}"), said);
                }
                for name in given.keys().filter(|name| !fields.contains_key(*name)) {
                    let at = format!("{at}/{name}");
                    said.push(Broken { at, what: "there is no such field".to_owned() });
                }
                return;
            }
            None => (false, "a record"),
        },
    };
    if !right {
        said.push(Broken { at: at.to_owned(), what: format!("it must be {wanted}") });
    }
}

/// The expressions that do not hold, or cannot be evaluated.
#[must_use]
pub fn must_hold(exprs: &[Expr], scope: &dyn Scope) -> Vec<Broken> {
    let mut said = Vec::new();
    for expr in exprs {
        let what = match expr.holds(scope) {
            Ok(true) => continue,
            Ok(false) => format!("it does not hold that {}", expr.sentence()),
            Err(error) => format!("`{}` cannot be checked: {error}", expr.source()),
        };
        said.push(Broken { at: String::new(), what });
    }
    said
}

/// What a model is told, so that it can repair its answer.
#[must_use]
pub fn repair(broken: &[Broken]) -> String {
    let mut text = String::from("Your answer cannot be used:\n");
    for fault in broken {
        text.push_str("- ");
        text.push_str(&fault.to_string());
        text.push('\n');
    }
    text.push_str("Answer again with the whole corrected JSON and nothing else.");
    text
}

/// Small models like to wrap JSON in a code fence; what is inside is judged all the same.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let Some(rest) = text.strip_prefix("```") else { return text };
    let rest = rest.strip_prefix("json").unwrap_or(rest);
    rest.strip_suffix("```").map_or(text, str::trim)
}

/// ISO 13616: rearranged and read as a number, the remainder by 97 is 1.
fn iban(text: &str) -> bool {
    let compact: Vec<u8> = text.bytes().filter(|b| *b != b' ').collect();
    let Some((head, tail)) = compact.split_at_checked(4) else { return false };
    if !(15..=34).contains(&compact.len()) || !compact.iter().all(u8::is_ascii_alphanumeric) {
        return false;
    }
    let rest = tail.iter().chain(head).try_fold(0_u32, |rest, byte| {
        let digit = char::from(*byte).to_digit(36)?;
        Some(if digit < 10 { (rest * 10 + digit) % 97 } else { (rest * 100 + digit) % 97 })
    });
    rest == Some(1)
}
