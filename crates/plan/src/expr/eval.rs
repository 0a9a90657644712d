//! Evaluates a condition over the run's JSON, borrowing from it. Errors do not spread past an `&&`
//! or `||` that the other side decides, as in CEL. It must not panic, loop or know types.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::decimal::{self, Decimal};
use super::path::Path;
use super::tree::{Compare, Const, Func, Kind, Node, Sum, spell};
use super::{EvalError, Scope};
use crate::value::{Currency, Money, MoneyError};

type Given<'v> = Result<Val<'v>, EvalError>;

/// A value during evaluation. A text may stand for a date, an id or a decimal: JSON has no types
/// for them, and the operation says which it takes it for.
#[derive(Debug, Clone)]
enum Val<'v> {
    Bool(bool),
    Int(i64),
    Decimal(Decimal),
    Money(Money),
    Text(Cow<'v, str>),
    List(&'v [Json]),
    Items(Vec<Val<'v>>),
    Record(&'v Json),
}

pub(super) fn holds(root: &Node, paths: &[Path], scope: &dyn Scope) -> Result<bool, EvalError> {
    Eval { paths, scope }.truth(root)
}

pub(super) fn value(root: &Node, paths: &[Path], scope: &dyn Scope) -> Result<Json, EvalError> {
    Ok(Eval { paths, scope }.node(root)?.json())
}

#[derive(Clone, Copy)]
struct Eval<'v> {
    paths: &'v [Path],
    scope: &'v dyn Scope,
}

impl<'v> Eval<'v> {
    fn truth(self, node: &'v Node) -> Result<bool, EvalError> {
        match self.node(node)? {
            Val::Bool(value) => Ok(value),
            other => Err(EvalError::NotBool(other.kind())),
        }
    }

    fn node(self, node: &'v Node) -> Given<'v> {
        match &node.kind {
            Kind::Const(value) => Ok(constant(value)),
            Kind::Path(_) | Kind::Field(..) | Kind::Index(..) => match self.look(node)? {
                Some(value) => from_json(value).ok_or_else(|| self.missing(node)),
                None => Err(self.missing(node)),
            },
            Kind::Found(name, wanted) => Ok(Val::Bool(self.look(name)?.is_some() == *wanted)),
            Kind::Not(inner) => Ok(Val::Bool(!self.truth(inner)?)),
            Kind::Minus(inner) => minus(&self.node(inner)?),
            Kind::All(pair) => self.decided_by(pair, false),
            Kind::Any(pair) => self.decided_by(pair, true),
            Kind::If(three) => {
                let [test, yes, no] = three.as_ref();
                self.node(if self.truth(test)? { yes } else { no })
            }
            Kind::Compare(compare, pair) => {
                let [a, b] = pair.as_ref();
                Ok(Val::Bool(compared(*compare, &self.node(a)?, &self.node(b)?)?))
            }
            Kind::Sum(sum, pair) => {
                let [a, b] = pair.as_ref();
                summed(*sum, &self.node(a)?, &self.node(b)?)
            }
            Kind::In(pair) => {
                let [item, list] = pair.as_ref();
                Ok(Val::Bool(within(&self.node(item)?, &self.node(list)?)?))
            }
            Kind::List(items) => {
                let items = items.iter().map(|item| self.node(item));
                Ok(Val::Items(items.collect::<Result<_, _>>()?))
            }
            Kind::Matches(text, regex) => Ok(Val::Bool(regex.is_match(self.node(text)?.text()?))),
            Kind::Call(func, args) => {
                let args = args.iter().map(|arg| self.node(arg)).collect::<Result<Vec<_>, _>>()?;
                called(*func, &args)
            }
        }
    }

    /// The JSON at a name; nothing where it or anything above it is absent or null. A root
    /// without a value is an error even to `found`: a step that never ran found nothing out.
    fn look(self, node: &'v Node) -> Result<Option<&'v Json>, EvalError> {
        let value = match &node.kind {
            Kind::Path(n) => {
                let path = self.paths.get(*n).ok_or_else(|| self.missing(node))?;
                let root = self.scope.root(path.root());
                path.below(root.ok_or_else(|| EvalError::Missing(path.root().to_owned()))?)
            }
            Kind::Field(base, name) => self.look(base)?.and_then(|value| value.get(name.as_ref())),
            Kind::Index(base, index) => {
                let index = match self.node(index)? {
                    Val::Int(n) => usize::try_from(n).ok(),
                    other => return Err(wrong("a place in a list is a whole number", &other)),
                };
                self.look(base)?.and_then(|value| index.and_then(|n| value.get(n)))
            }
            _ => return Err(self.missing(node)),
        };
        Ok(value.filter(|value| !value.is_null()))
    }

    fn missing(self, node: &Node) -> EvalError {
        EvalError::Missing(spell(node, self.paths))
    }

    /// `&&` (decided by false) and `||` (decided by true): whichever side decides, decides, even
    /// when the other side is an error.
    fn decided_by(self, pair: &'v [Node; 2], decisive: bool) -> Given<'v> {
        let [a, b] = pair;
        let left = self.truth(a);
        if left == Ok(decisive) {
            return Ok(Val::Bool(decisive));
        }
        let right = self.truth(b);
        if right == Ok(decisive) {
            return Ok(Val::Bool(decisive));
        }
        left?;
        right.map(Val::Bool)
    }
}

impl Val<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Self::Bool(_) => "yes or no",
            Self::Int(_) => "a whole number",
            Self::Decimal(_) => "a number",
            Self::Money(_) => "an amount of money",
            Self::Text(_) => "a text",
            Self::List(_) | Self::Items(_) => "a list",
            Self::Record(_) => "a record",
        }
    }

    fn text(&self) -> Result<&str, EvalError> {
        match self {
            Self::Text(text) => Ok(text),
            other => Err(wrong("a text is needed", other)),
        }
    }

    /// The number this is or, as decimals are kept as texts, stands for.
    fn number(&self) -> Option<Decimal> {
        match self {
            Self::Int(n) => Some(Decimal::from(*n)),
            Self::Decimal(n) => Some(*n),
            Self::Text(text) => Decimal::parse(text),
            _ => None,
        }
    }

    fn is_bare(&self) -> bool {
        matches!(self, Self::Int(_) | Self::Decimal(_))
    }

    fn json(self) -> Json {
        match self {
            Self::Bool(value) => Json::from(value),
            Self::Int(n) => Json::from(n),
            Self::Decimal(n) => Json::from(n.text()),
            Self::Money(m) => {
                serde_json::json!({"currency": m.currency.as_str(), "minor": m.minor})
            }
            Self::Text(text) => Json::from(text.into_owned()),
            Self::List(items) => Json::from(items.to_vec()),
            Self::Items(items) => Json::from_iter(items.into_iter().map(Self::json)),
            Self::Record(record) => record.clone(),
        }
    }
}

fn wrong(need: &str, got: &Val<'_>) -> EvalError {
    EvalError::Kind(format!("{need}, here is {}", got.kind()))
}

fn apart(sign: &str, a: &Val<'_>, b: &Val<'_>) -> EvalError {
    EvalError::Kind(format!("`{sign}` cannot put {} and {} together", a.kind(), b.kind()))
}

fn money_error(sign: &'static str, error: &MoneyError) -> EvalError {
    match error {
        MoneyError::Mixed(a, b) => EvalError::Currencies(*a, *b),
        _ => EvalError::Range(sign),
    }
}

fn constant(value: &Const) -> Val<'_> {
    match value {
        Const::Bool(value) => Val::Bool(*value),
        Const::Int(n) => Val::Int(*n),
        Const::Decimal(n) => Val::Decimal(*n),
        Const::Text(text) => Val::Text(Cow::Borrowed(text)),
        Const::Money(money) => Val::Money(*money),
    }
}

fn from_json(json: &Json) -> Option<Val<'_>> {
    Some(match json {
        Json::Null => return None,
        Json::Bool(value) => Val::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(n) => Val::Int(n),
            // Another program's float: its shortest decimal form is what it wrote.
            None => Decimal::parse(&number.to_string()).map_or(Val::Record(json), Val::Decimal),
        },
        Json::String(text) => Val::Text(Cow::Borrowed(text)),
        Json::Array(items) => Val::List(items),
        Json::Object(fields) => {
            let currency = fields.get("currency").and_then(Json::as_str).map(Currency::new);
            match (currency, fields.get("minor").and_then(Json::as_i64)) {
                (Some(Ok(currency)), Some(minor)) if fields.len() == 2 => {
                    Val::Money(Money { currency, minor })
                }
                _ => Val::Record(json),
            }
        }
    })
}

fn minus<'v>(value: &Val<'v>) -> Given<'v> {
    let range = EvalError::Range("-");
    match value {
        Val::Int(n) => n.checked_neg().map(Val::Int).ok_or(range),
        Val::Money(m) => {
            let minor = m.minor.checked_neg().ok_or(range)?;
            Ok(Val::Money(Money { minor, ..*m }))
        }
        other => match other.number() {
            Some(n) => n.negated().map(Val::Decimal).ok_or(range),
            None => Err(wrong("`-` needs a number or an amount", other)),
        },
    }
}

fn compared(compare: Compare, a: &Val<'_>, b: &Val<'_>) -> Result<bool, EvalError> {
    match compare {
        Compare::Equal => equal(compare.sign(), a, b),
        Compare::Unequal => equal(compare.sign(), a, b).map(|same| !same),
        Compare::Less => Ok(order(compare.sign(), a, b)?.is_lt()),
        Compare::AtMost => Ok(order(compare.sign(), a, b)?.is_le()),
        Compare::More => Ok(order(compare.sign(), a, b)?.is_gt()),
        Compare::AtLeast => Ok(order(compare.sign(), a, b)?.is_ge()),
    }
}

fn equal(sign: &'static str, a: &Val<'_>, b: &Val<'_>) -> Result<bool, EvalError> {
    match (a, b) {
        (Val::Bool(a), Val::Bool(b)) => Ok(a == b),
        (Val::Text(a), Val::Text(b)) => Ok(a == b),
        (Val::Money(a), Val::Money(b)) => {
            let order = a.compare(*b).map_err(|error| money_error(sign, &error))?;
            Ok(order == Ordering::Equal)
        }
        _ if a.is_bare() || b.is_bare() => Ok(numeric(sign, a, b)? == Ordering::Equal),
        _ => Err(apart(sign, a, b)),
    }
}

fn order(sign: &'static str, a: &Val<'_>, b: &Val<'_>) -> Result<Ordering, EvalError> {
    match (a, b) {
        (Val::Money(a), Val::Money(b)) => a.compare(*b).map_err(|error| money_error(sign, &error)),
        (Val::Text(x), Val::Text(y)) => match (decimal::day(x), decimal::day(y)) {
            (Some(x), Some(y)) => Ok(x.cmp(&y)),
            _ => numeric(sign, a, b),
        },
        _ => numeric(sign, a, b),
    }
}

fn numeric(sign: &'static str, a: &Val<'_>, b: &Val<'_>) -> Result<Ordering, EvalError> {
    match (a.number(), b.number()) {
        (Some(a), Some(b)) => a.compare(b).ok_or(EvalError::Range(sign)),
        _ => Err(apart(sign, a, b)),
    }
}

fn summed<'v>(sum: Sum, a: &Val<'v>, b: &Val<'v>) -> Given<'v> {
    let sign = sum.sign();
    let range = EvalError::Range(sign);
    match (sum, a, b) {
        (_, Val::Int(a), Val::Int(b)) => match sum {
            Sum::Add => a.checked_add(*b),
            Sum::Subtract => a.checked_sub(*b),
            Sum::Multiply => a.checked_mul(*b),
        }
        .map(Val::Int)
        .ok_or(range),
        (Sum::Add, Val::Money(a), Val::Money(b)) => {
            a.plus(*b).map(Val::Money).map_err(|error| money_error(sign, &error))
        }
        (Sum::Subtract, Val::Money(a), Val::Money(b)) => {
            a.minus(*b).map(Val::Money).map_err(|error| money_error(sign, &error))
        }
        (Sum::Multiply, Val::Money(m), by) | (Sum::Multiply, by, Val::Money(m)) => {
            let by = by.number().ok_or_else(|| apart(sign, a, b))?;
            let product = Decimal::of_money(*m).times(by).and_then(|n| n.to_money(m.currency));
            product.map(Val::Money).ok_or(range)
        }
        _ => match (a.number(), b.number()) {
            (Some(a), Some(b)) => match sum {
                Sum::Add => a.plus(b),
                Sum::Subtract => a.minus(b),
                Sum::Multiply => a.times(b),
            }
            .map(Val::Decimal)
            .ok_or(range),
            _ => Err(apart(sign, a, b)),
        },
    }
}

fn within(item: &Val<'_>, list: &Val<'_>) -> Result<bool, EvalError> {
    match list {
        Val::Items(items) => any_equal(item, items.iter().cloned()),
        Val::List(items) => any_equal(item, items.iter().filter_map(from_json)),
        other => Err(wrong("`in` needs a list on its right", other)),
    }
}

fn any_equal<'v>(item: &Val<'_>, items: impl Iterator<Item = Val<'v>>) -> Result<bool, EvalError> {
    for other in items {
        if equal("in", item, &other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn called<'v>(func: Func, args: &[Val<'v>]) -> Given<'v> {
    match (func, args) {
        (Func::Differs, [a, b, tolerance]) => Ok(Val::Bool(differs(a, b, tolerance)?)),
        (Func::Currency, [Val::Money(m)]) => Ok(Val::Text(m.currency.as_str().to_owned().into())),
        (Func::SameId, [a, b]) => Ok(Val::Bool(id(a.text()?).eq(id(b.text()?)))),
        (Func::DaysBetween, [a, b]) => match (decimal::day(a.text()?), decimal::day(b.text()?)) {
            (Some(a), Some(b)) => Ok(Val::Int(b - a)),
            _ => Err(EvalError::Kind("`days_between` needs two dates such as 2026-01-31".into())),
        },
        (Func::Contains, [text, part]) => Ok(Val::Bool(text.text()?.contains(part.text()?))),
        (Func::StartsWith, [text, part]) => Ok(Val::Bool(text.text()?.starts_with(part.text()?))),
        (Func::EndsWith, [text, part]) => Ok(Val::Bool(text.text()?.ends_with(part.text()?))),
        (Func::Size, [Val::Text(text)]) => Ok(size(text.chars().count())),
        (Func::Size, [Val::List(items)]) => Ok(size(items.len())),
        (Func::Size, [Val::Items(items)]) => Ok(size(items.len())),
        (Func::OneIn, [Val::Int(n), text]) => Ok(Val::Bool(sampled(*n, text.text()?))),
        (Func::Size, [other]) => Err(wrong("`size` needs a text or a list", other)),
        (Func::Currency, [other]) => Err(wrong("`currency` needs an amount", other)),
        _ => Err(EvalError::Kind("a function was given the wrong number of values".into())),
    }
}

fn size(count: usize) -> Val<'static> {
    Val::Int(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Whether a text falls into the sample of one in `n`. Nothing is drawn: the same text is sampled
/// on every machine and in every audit, and texts that differ are spread evenly.
fn sampled(n: i64, text: &str) -> bool {
    let hash = Sha256::digest(text.as_bytes());
    let number = hash.iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    n > 0 && number.is_multiple_of(n.unsigned_abs())
}

/// An id as it is compared: without spaces and case.
fn id(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase)
}

fn differs(a: &Val<'_>, b: &Val<'_>, tolerance: &Val<'_>) -> Result<bool, EvalError> {
    const RANGE: EvalError = EvalError::Range("differs");
    let (a, b, tolerance) = match (a, b, tolerance) {
        (Val::Money(x), Val::Money(y), tolerance) => {
            x.compare(*y).map_err(|error| money_error("differs", &error))?;
            let tolerance = match tolerance {
                Val::Money(z) => {
                    x.compare(*z).map_err(|error| money_error("differs", &error))?;
                    Decimal::of_money(*z)
                }
                other => other
                    .number()
                    .ok_or_else(|| wrong("a tolerance is a number or an amount", other))?,
            };
            (Decimal::of_money(*x), Decimal::of_money(*y), tolerance)
        }
        _ => match (a.number(), b.number(), tolerance.number()) {
            (Some(a), Some(b), Some(tolerance)) => (a, b, tolerance),
            _ => return Err(apart("differs", a, b)),
        },
    };
    // A negative tolerance would say that nothing ever agrees; it is an error instead.
    if tolerance.is_negative() {
        return Err(EvalError::Kind("a tolerance may not be negative".into()));
    }
    let distance = a.distance(b).ok_or(RANGE)?;
    Ok(distance.compare(tolerance).ok_or(RANGE)?.is_gt())
}
