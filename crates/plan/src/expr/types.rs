//! Checks a condition against the declared types of the names it may use. A condition without
//! problems over values of these types fails only where a value is missing, a sum does not fit or
//! two currencies meet. It must not evaluate anything.

use std::collections::BTreeMap;

use super::decimal;
use super::path::Path;
use super::tree::{Compare, Const, Func, Kind, Node, Sum, spell};
use super::{Expr, ProblemKind, TypeProblem, nearest};
use crate::workflow::Type;

/// Every problem of a condition, given the types of all roots it may name.
#[must_use]
pub fn check_types(expr: &Expr, names: &BTreeMap<String, Type>) -> Vec<TypeProblem> {
    let mut check = Check { paths: expr.paths(), names, problems: Vec::new() };
    let root = &expr.read.root;
    let whole = check.node(root);
    if let Some(given) = whole.filter(|given| !is_bool(given)) {
        let what = format!("the condition gives {}, not yes or no", word(&given));
        check.say(root, ProblemKind::NotCondition, what, "compare it with something");
    }
    check.problems
}

struct Check<'a> {
    paths: &'a [Path],
    names: &'a BTreeMap<String, Type>,
    problems: Vec<TypeProblem>,
}

/// The type of a node, or nothing where a problem was already said.
type Found = Option<Type>;

impl Check<'_> {
    fn say(&mut self, at: &Node, kind: ProblemKind, what: String, fix: &str) {
        self.problems.push(TypeProblem {
            offset: at.at,
            kind,
            what,
            fix: fix.to_owned(),
            did_you_mean: None,
        });
    }

    fn wrong(&mut self, at: &Node, what: String, fix: &str) -> Found {
        self.say(at, ProblemKind::Types, what, fix);
        None
    }

    fn node(&mut self, node: &Node) -> Found {
        match &node.kind {
            Kind::Const(value) => Some(constant(value)),
            Kind::Path(_) | Kind::Field(..) | Kind::Index(..) => self.name(node).map(present),
            Kind::Found(name, _) => {
                self.name(name)?;
                Some(Type::Bool)
            }
            Kind::Not(inner) => self.truth(inner),
            Kind::Minus(inner) => {
                let given = self.node(inner)?;
                match given {
                    Type::Int | Type::Decimal | Type::Money => Some(given),
                    other => self.wrong(
                        inner,
                        format!("`-` is put before {}", word(&other)),
                        "name a number or an amount",
                    ),
                }
            }
            Kind::All(pair) | Kind::Any(pair) => {
                let [a, b] = pair.as_ref();
                let (a, b) = (self.truth(a), self.truth(b));
                a.and(b)
            }
            Kind::If(three) => {
                let [test, yes, no] = three.as_ref();
                self.truth(test);
                let (one, other) = (self.node(yes)?, self.node(no)?);
                match (one, other) {
                    (one, other) if one == other => Some(one),
                    (Type::Int, Type::Decimal) | (Type::Decimal, Type::Int) => Some(Type::Decimal),
                    (one, other) if is_text(&one) && is_text(&other) => Some(Type::Text),
                    (one, other) => {
                        let what = format!(
                            "one side of `? :` is {}, the other {}",
                            word(&one),
                            word(&other)
                        );
                        self.wrong(node, what, "make both sides the same kind")
                    }
                }
            }
            Kind::Compare(compare, pair) => {
                let [a, b] = pair.as_ref();
                let (left, right) = (self.node(a), self.node(b));
                self.compared(node, *compare, (a, left?), (b, right?));
                Some(Type::Bool)
            }
            Kind::Sum(sum, pair) => {
                let [a, b] = pair.as_ref();
                let (left, right) = (self.node(a), self.node(b));
                self.summed(node, *sum, left?, right?)
            }
            Kind::In(pair) => self.within(node, pair),
            Kind::List(items) => self.list(node, items),
            Kind::Matches(text, _) => {
                self.text(text, "matches");
                Some(Type::Bool)
            }
            Kind::Call(func, args) => self.called(node, *func, args),
        }
    }

    fn truth(&mut self, node: &Node) -> Found {
        let given = self.node(node)?;
        if is_bool(&given) {
            return Some(Type::Bool);
        }
        let what = format!("this is {}, not yes or no", word(&given));
        self.wrong(node, what, "compare it, or ask `found(..)`")
    }

    fn text(&mut self, node: &Node, function: &str) -> Found {
        let given = self.node(node)?;
        if is_text(&given) {
            return Some(given);
        }
        let what = format!("`{function}` is given {}", word(&given));
        self.wrong(node, what, "name a text")
    }

    /// The declared type of a name; `Optional` where it or anything above it may be missing.
    fn name(&mut self, node: &Node) -> Found {
        match &node.kind {
            Kind::Path(n) => {
                let path = self.paths.get(*n)?;
                let Some(root) = self.names.get(path.root()) else {
                    let near = nearest(path.root(), self.names.keys().map(String::as_str));
                    let what = format!("there is no `{}` here", path.root());
                    let fix = format!("the names here are {}", listed(self.names.keys()));
                    self.unknown(node, what, fix, near);
                    return None;
                };
                let mut given = root.clone();
                let mut above = path.root().to_owned();
                for field in path.fields() {
                    given = self.field(node, &above, &given, field)?;
                    above = format!("{above}.{field}");
                }
                Some(given)
            }
            Kind::Field(base, name) => {
                let given = self.name(base)?;
                self.field(node, &spell(base, self.paths), &given, name)
            }
            Kind::Index(base, index) => {
                let place = self.node(index);
                if let Some(place) = place.filter(|place| *place != Type::Int) {
                    let what =
                        format!("a place in a list is a whole number, here is {}", word(&place));
                    self.wrong(index, what, "write `[0]` for the first");
                }
                match present(self.name(base)?) {
                    Type::List(item) => Some(optional(*item)),
                    Type::Unknown => Some(Type::Unknown),
                    other => self.wrong(
                        node,
                        format!("`{}` is {}, not a list", spell(base, self.paths), word(&other)),
                        "leave out the `[..]`",
                    ),
                }
            }
            _ => None,
        }
    }

    fn field(&mut self, node: &Node, above: &str, given: &Type, field: &str) -> Found {
        let found = match given {
            Type::Optional(inner) => return self.field(node, above, inner, field).map(optional),
            Type::Unknown => return Some(Type::Unknown),
            Type::Money if field == "minor" => Type::Int,
            Type::Money if field == "currency" => Type::Text,
            Type::Record(fields) => match fields.get(field) {
                Some(found) => found.clone(),
                None => {
                    let near = nearest(field, fields.keys().map(String::as_str));
                    let near = near.map(|near| format!("{above}.{near}"));
                    let what = format!("`{above}` has no `{field}`");
                    self.unknown(node, what, format!("it has {}", listed(fields.keys())), near);
                    return None;
                }
            },
            other => {
                let what = format!("`{above}` is {} and has no `{field}`", word(other));
                self.unknown(
                    node,
                    what,
                    "name the value itself".to_owned(),
                    Some(above.to_owned()),
                );
                return None;
            }
        };
        Some(found)
    }

    fn unknown(&mut self, node: &Node, what: String, fix: String, near: Option<String>) {
        let kind = ProblemKind::UnknownName;
        self.problems.push(TypeProblem { offset: node.at, kind, what, fix, did_you_mean: near });
    }

    fn compared(&mut self, node: &Node, compare: Compare, a: (&Node, Type), b: (&Node, Type)) {
        let sign = compare.sign();
        let same_only = matches!(compare, Compare::Equal | Compare::Unequal);
        if same_only {
            self.equal(node, sign, a, b);
            return;
        }
        match (&a.1, &b.1) {
            (Type::Money, Type::Money) => {}
            (x, y) if is_number(x) && is_number(y) => {}
            (Type::Date, Type::Date) => {}
            (Type::Date, Type::Text) => self.date_literal(b.0),
            (Type::Text, Type::Date) => self.date_literal(a.0),
            (x, y) => self.apart(node, sign, x, y),
        }
    }

    fn equal(&mut self, node: &Node, sign: &str, a: (&Node, Type), b: (&Node, Type)) {
        match (&a.1, &b.1) {
            (Type::Bool, Type::Bool) | (Type::Money, Type::Money) | (Type::Date, Type::Date) => {}
            // Two stored decimals are two texts: 0.10 and 0.1 would not be the same.
            (Type::Decimal, Type::Decimal) if !is_const(a.0) && !is_const(b.0) => {
                let what = format!("`{sign}` compares two decimals by their digits");
                self.wrong(node, what, "write `!differs(a, b, 0)`");
            }
            (x, y) if is_number(x) && is_number(y) => {}
            (Type::Date, Type::Text) => self.date_literal(b.0),
            (Type::Text, Type::Date) => self.date_literal(a.0),
            (Type::OneOf(words), Type::Text) => self.one_of(words, b.0),
            (Type::Text, Type::OneOf(words)) => self.one_of(words, a.0),
            (Type::Id | Type::Iban, y) if is_text(y) => self.ids(node, sign),
            (x, Type::Id | Type::Iban) if is_text(x) => self.ids(node, sign),
            (Type::Text | Type::OneOf(_), Type::Text | Type::OneOf(_)) => {}
            // A value of no declared shape may be compared with one that is written out.
            (Type::Unknown, _) if is_const(b.0) => {}
            (_, Type::Unknown) if is_const(a.0) => {}
            (x, y) => self.apart(node, sign, x, y),
        }
    }

    fn ids(&mut self, node: &Node, sign: &str) {
        let fix = if sign == "!=" { "write `!same_id(a, b)`" } else { "write `same_id(a, b)`" };
        self.wrong(node, format!("`{sign}` compares two ids letter by letter"), fix);
    }

    fn one_of(&mut self, words: &[String], literal: &Node) {
        let Kind::Const(Const::Text(text)) = &literal.kind else {
            return;
        };
        if !words.iter().any(|word| **word == **text) {
            let near = nearest(text, words.iter().map(String::as_str));
            let what = format!("it is never `{text}`");
            self.unknown(literal, what, format!("it is one of {}", listed(words.iter())), near);
        }
    }

    fn date_literal(&mut self, node: &Node) {
        let fix = "write it like \"2026-01-31\"";
        match &node.kind {
            Kind::Const(Const::Text(text)) if decimal::day(text).is_some() => {}
            Kind::Const(Const::Text(text)) => {
                self.wrong(node, format!("`{text}` is no date"), fix);
            }
            _ => {
                self.wrong(node, "a date is compared with a text".to_owned(), fix);
            }
        }
    }

    fn apart(&mut self, node: &Node, sign: &str, a: &Type, b: &Type) {
        let bare = |given: &Type| is_number(given);
        let (kind, fix) = match (a, b) {
            (Type::Money, other) | (other, Type::Money) if bare(other) => {
                (ProblemKind::Money, "give the number its currency, such as `eur(5000)`")
            }
            (Type::Money, other) | (other, Type::Money) if is_text(other) => {
                (ProblemKind::Money, "write the amount as `money(\"5000 EUR\")`")
            }
            (Type::Unknown, _) | (_, Type::Unknown) => {
                (ProblemKind::Types, "declare its type, or only test it with `found(..)`")
            }
            (Type::Date, Type::Date) if sign == "-" => {
                (ProblemKind::Types, "write `days_between(a, b)`")
            }
            (a, b) if is_text(a) && is_text(b) => {
                (ProblemKind::Types, "compare texts with `==`, `contains` or `matches`")
            }
            _ => (ProblemKind::Types, "put values of the same kind together"),
        };
        self.say(
            node,
            kind,
            format!("`{sign}` cannot put {} and {} together", word(a), word(b)),
            fix,
        );
    }

    fn summed(&mut self, node: &Node, sum: Sum, a: Type, b: Type) -> Found {
        match (sum, &a, &b) {
            (_, Type::Int, Type::Int) => Some(Type::Int),
            (Sum::Add | Sum::Subtract, Type::Money, Type::Money) => Some(Type::Money),
            (Sum::Multiply, Type::Money, other) | (Sum::Multiply, other, Type::Money)
                if is_number(other) =>
            {
                Some(Type::Money)
            }
            (_, x, y) if is_number(x) && is_number(y) => Some(Type::Decimal),
            (_, x, y) => {
                self.apart(node, sum.sign(), x, y);
                None
            }
        }
    }

    fn within(&mut self, node: &Node, pair: &[Node; 2]) -> Found {
        let [item, list] = pair;
        let given = self.node(item);
        if let Kind::List(items) = &list.kind {
            for other in items {
                if let (Some(given), Some(kind)) = (given.clone(), self.node(other)) {
                    self.equal(node, "in", (item, given), (other, kind));
                }
            }
            return Some(Type::Bool);
        }
        match self.node(list)? {
            Type::List(kind) => self.equal(node, "in", (item, given?), (list, present(*kind))),
            other => {
                let what = format!("`in` needs a list, here is {}", word(&other));
                return self.wrong(list, what, "write one: `[\"a\", \"b\"]`");
            }
        }
        Some(Type::Bool)
    }

    fn list(&mut self, node: &Node, items: &[Node]) -> Found {
        let mut kinds = Vec::with_capacity(items.len());
        for item in items {
            kinds.push(self.node(item)?);
        }
        let first = kinds.first().cloned().unwrap_or(Type::Text);
        if kinds.iter().any(|kind| *kind != first) {
            return self.wrong(
                node,
                "the list mixes kinds".to_owned(),
                "make all values the same kind",
            );
        }
        Some(Type::List(Box::new(first)))
    }

    fn differs(&mut self, node: &Node, a: &Node, b: &Node, by: &Node) -> Found {
        let (left, right, by_kind) = (self.node(a), self.node(b), self.node(by));
        let (left, right, by_kind) = (left?, right?, by_kind?);
        match (&left, &right, &by_kind) {
            (Type::Money, Type::Money, Type::Money) => {}
            (Type::Money, Type::Money, by) if is_number(by) => {}
            (x, y, by) if is_number(x) && is_number(y) && is_number(by) => {}
            (Type::Money, Type::Money, _) => {
                let what = format!("the tolerance is {}", word(&by_kind));
                self.wrong(by, what, "write a number such as `0.02`");
            }
            _ => self.apart(node, "differs", &left, &right),
        }
        // A computed tolerance could be negative; one that is written out is plain.
        let plain = match &by.kind {
            Kind::Const(Const::Int(n)) => *n >= 0,
            Kind::Const(Const::Decimal(n)) => !n.is_negative(),
            Kind::Const(Const::Money(m)) => m.minor >= 0,
            _ => false,
        };
        if !plain {
            let what = "the tolerance is not a plain positive number".to_owned();
            self.wrong(by, what, "write one such as `0.02`");
        }
        Some(Type::Bool)
    }

    fn called(&mut self, node: &Node, func: Func, args: &[Node]) -> Found {
        match (func, args) {
            (Func::Differs, [a, b, by]) => self.differs(node, a, b, by),
            (Func::Currency, [amount]) => match self.node(amount)? {
                Type::Money => Some(Type::Text),
                other => self.wrong(
                    amount,
                    format!("`currency` is given {}", word(&other)),
                    "name an amount",
                ),
            },
            (Func::Size, [counted]) => match self.node(counted)? {
                Type::List(_) => Some(Type::Int),
                other if is_text(&other) => Some(Type::Int),
                other => self.wrong(
                    counted,
                    format!("`size` is given {}", word(&other)),
                    "name a text or a list",
                ),
            },
            (Func::DaysBetween, [a, b]) => {
                for date in [a, b] {
                    match self.node(date) {
                        Some(Type::Date) | None => {}
                        Some(Type::Text) => self.date_literal(date),
                        Some(other) => {
                            self.wrong(
                                date,
                                format!("`days_between` is given {}", word(&other)),
                                "name a date",
                            );
                        }
                    }
                }
                Some(Type::Int)
            }
            (Func::OneIn, [_, text]) => {
                self.text(text, "one_in");
                Some(Type::Bool)
            }
            (Func::SameId, args) => {
                for text in args {
                    self.text(text, "same_id");
                }
                Some(Type::Bool)
            }
            (_, args) => {
                for text in args {
                    self.text(text, "contains");
                }
                Some(Type::Bool)
            }
        }
    }
}

fn constant(value: &Const) -> Type {
    match value {
        Const::Bool(_) => Type::Bool,
        Const::Int(_) => Type::Int,
        Const::Decimal(_) => Type::Decimal,
        Const::Text(_) => Type::Text,
        Const::Money(_) => Type::Money,
    }
}

fn optional(given: Type) -> Type {
    match given {
        Type::Optional(_) | Type::Unknown => given,
        other => Type::Optional(Box::new(other)),
    }
}

/// The type a value has where it has one; a missing one is an error when the condition is used.
fn present(given: Type) -> Type {
    match given {
        Type::Optional(inner) => present(*inner),
        other => other,
    }
}

fn is_const(node: &Node) -> bool {
    match &node.kind {
        Kind::Const(_) => true,
        Kind::Minus(inner) => is_const(inner),
        _ => false,
    }
}

fn is_bool(given: &Type) -> bool {
    *given == Type::Bool
}

fn is_number(given: &Type) -> bool {
    matches!(given, Type::Int | Type::Decimal)
}

fn is_text(given: &Type) -> bool {
    matches!(given, Type::Text | Type::Iban | Type::Id | Type::OneOf(_) | Type::Date)
}

fn word(given: &Type) -> &'static str {
    match given {
        Type::Bool => "yes or no",
        Type::Int => "a whole number",
        Type::Decimal => "a number",
        Type::Text => "a text",
        Type::Date => "a date",
        Type::Money => "an amount of money",
        Type::Iban => "an IBAN",
        Type::Id => "an id",
        Type::OneOf(_) => "one of a few words",
        Type::List(_) => "a list",
        Type::Record(_) => "a record",
        Type::Optional(inner) => word(inner),
        Type::Unknown => "a value without a declared type",
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
