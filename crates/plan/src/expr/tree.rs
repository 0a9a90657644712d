//! The tree that a condition is lowered to once: names are numbered paths, literals are exact and
//! functions are known. It must not evaluate anything.

use regex::Regex;

use super::decimal::Decimal;
use super::path::Path;
use crate::value::Money;

/// A node and the byte of the source where it begins.
#[derive(Debug)]
pub(super) struct Node {
    pub at: usize,
    pub kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Const(Const),
    /// A path, by its place in the expression's list.
    Path(usize),
    Field(Box<Node>, Box<str>),
    Index(Box<Node>, Box<Node>),
    /// Whether a name has a value; `false` asks for its absence.
    Found(Box<Node>, bool),
    Not(Box<Node>),
    Minus(Box<Node>),
    All(Box<[Node; 2]>),
    Any(Box<[Node; 2]>),
    If(Box<[Node; 3]>),
    Compare(Compare, Box<[Node; 2]>),
    Sum(Sum, Box<[Node; 2]>),
    In(Box<[Node; 2]>),
    List(Vec<Node>),
    Call(Func, Vec<Node>),
    Matches(Box<Node>, Regex),
}

#[derive(Debug)]
pub(super) enum Const {
    Bool(bool),
    Int(i64),
    Decimal(Decimal),
    Text(Box<str>),
    Money(Money),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compare {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sum {
    Add,
    Subtract,
    Multiply,
}

impl Compare {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::More => ">",
            Self::AtLeast => ">=",
        }
    }
}

impl Sum {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
        }
    }
}

/// Functions that take values. `found`, `missing`, `matches` and the makers of money are lowered
/// to nodes of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Func {
    Differs,
    Currency,
    SameId,
    DaysBetween,
    Contains,
    StartsWith,
    EndsWith,
    Size,
    OneIn,
}

/// Every function an expression may call: its name, its number of arguments, and its use.
pub(super) const FUNCTIONS: &[(&str, usize, &str)] = &[
    ("found", 1, "`found(match.order)`: it has a value"),
    ("missing", 1, "`missing(read.order)`: it has no value"),
    ("has", 1, "`has(read.order)`: it has a value"),
    ("differs", 3, "`differs(read.total, match.order.amount, 0.02)`: apart by more than 0.02"),
    ("money", 1, "`money(\"5000 EUR\")`"),
    ("currency", 1, "`currency(read.total) == \"EUR\"`"),
    ("same_id", 2, "`same_id(read.order, match.order.number)`: spaces and case do not count"),
    ("days_between", 2, "`days_between(read.date, read.due) <= 30`"),
    ("matches", 2, "`matches(read.number, \"^INV-[0-9]+$\")`"),
    ("contains", 2, "`contains(read.note, \"urgent\")`"),
    ("startsWith", 2, "`startsWith(read.number, \"INV\")`"),
    ("endsWith", 2, "`endsWith(case.name, \".txt\")`"),
    ("size", 1, "`size(read.lines) > 0`"),
    ("one_in", 2, "`one_in(50, case.id)`: the fixed sample of one in fifty that the id falls into"),
];

/// Currencies that are functions: `eur(5000)`. Any other one is `money("5000 XAU")`.
pub(super) const CURRENCIES: &[&str] = &[
    "aed", "aud", "bgn", "brl", "cad", "chf", "clp", "cny", "czk", "dkk", "eur", "gbp", "hkd",
    "huf", "idr", "ils", "inr", "isk", "jpy", "krw", "kwd", "mxn", "myr", "nok", "nzd", "php",
    "pln", "ron", "sar", "sek", "sgd", "thb", "try", "twd", "uah", "usd", "vnd", "zar",
];

/// The source form of a name, for messages and sentences.
pub(super) fn spell(node: &Node, paths: &[Path]) -> String {
    match &node.kind {
        Kind::Path(n) => paths.get(*n).map_or_else(String::new, ToString::to_string),
        Kind::Field(base, name) => format!("{}.{name}", spell(base, paths)),
        Kind::Index(base, index) => match &index.kind {
            Kind::Const(Const::Int(n)) => format!("{}[{n}]", spell(base, paths)),
            _ => format!("{}[..]", spell(base, paths)),
        },
        _ => String::new(),
    }
}
