//! A condition in plain words, for the person who has to confirm it. It must not change what the
//! condition says: every node is rendered, none is left out.

use super::path::Path;
use super::tree::{Compare, Const, Func, Kind, Node, Sum, spell};
use crate::value::Money;

pub(super) fn sentence(root: &Node, paths: &[Path]) -> String {
    Words { paths }.claim(root, true)
}

struct Words<'a> {
    paths: &'a [Path],
}

impl Words<'_> {
    /// A node that is yes or no, or its opposite.
    fn claim(&self, node: &Node, yes: bool) -> String {
        match &node.kind {
            Kind::Not(inner) => self.claim(inner, !yes),
            Kind::All(pair) | Kind::Any(pair) => {
                let all = matches!(node.kind, Kind::All(_));
                let [a, b] = pair.as_ref();
                // "Not (a and b)" is "not a, or not b".
                let and = all == yes;
                let word = if and { "and" } else { "or" };
                format!("{} {word} {}", self.part(a, yes, and), self.part(b, yes, and))
            }
            Kind::Found(name, wanted) => {
                let not = if *wanted == yes { "" } else { "not " };
                format!("{} was {not}found", self.name(name))
            }
            Kind::Compare(compare, pair) => {
                let [a, b] = pair.as_ref();
                let verb = verb(if yes { *compare } else { opposite(*compare) });
                format!("{} {verb} {}", self.value(a), self.value(b))
            }
            Kind::In(pair) => {
                let [item, list] = pair.as_ref();
                let not = if yes { "" } else { "not " };
                format!("{} is {not}one of {}", self.value(item), self.value(list))
            }
            Kind::Matches(text, regex) => {
                let verb = if yes { "matches" } else { "does not match" };
                format!("{} {verb} the pattern `{}`", self.value(text), regex.as_str())
            }
            Kind::Call(func, args) => self.tested(*func, args, yes).unwrap_or_else(|| {
                format!("{} is {}", self.value(node), if yes { "yes" } else { "no" })
            }),
            Kind::Const(Const::Bool(value)) => {
                (if *value == yes { "always" } else { "never" }).to_owned()
            }
            _ => format!("{} is {}", self.value(node), if yes { "yes" } else { "no" }),
        }
    }

    /// A side of "and" or "or": a side that joins the other way stands in brackets.
    fn part(&self, node: &Node, yes: bool, and: bool) -> String {
        let (mut inner, mut polarity) = (node, yes);
        while let Kind::Not(next) = &inner.kind {
            inner = next;
            polarity = !polarity;
        }
        let words = self.claim(inner, polarity);
        let joins_with_and = match &inner.kind {
            Kind::All(_) => polarity,
            Kind::Any(_) => !polarity,
            _ => and,
        };
        if joins_with_and == and { words } else { format!("({words})") }
    }

    fn tested(&self, func: Func, args: &[Node], yes: bool) -> Option<String> {
        let words = match (func, args) {
            (Func::Differs, [a, b, by]) => {
                let verb = if yes { "differs" } else { "does not differ" };
                let (a, b, by) = (self.value(a), self.value(b), self.value(by));
                format!("{a} {verb} from {b} by more than {by}")
            }
            (Func::SameId, [a, b]) => {
                let verb = if yes { "is" } else { "is not" };
                format!("{} {verb} the same id as {}", self.value(a), self.value(b))
            }
            (Func::Contains | Func::StartsWith | Func::EndsWith, [text, part]) => {
                let (is, is_not) = match func {
                    Func::StartsWith => ("begins with", "does not begin with"),
                    Func::EndsWith => ("ends with", "does not end with"),
                    _ => ("contains", "does not contain"),
                };
                let verb = if yes { is } else { is_not };
                format!("{} {verb} {}", self.value(text), self.value(part))
            }
            (Func::OneIn, [share, text]) => {
                let verb = if yes { "falls" } else { "does not fall" };
                let (text, share) = (self.value(text), self.value(share));
                format!("{text} {verb} into the sample of one in {share}")
            }
            _ => return None,
        };
        Some(words)
    }

    fn value(&self, node: &Node) -> String {
        match &node.kind {
            Kind::Path(_) | Kind::Field(..) | Kind::Index(..) => self.name(node),
            Kind::Const(value) => constant(value),
            Kind::Minus(inner) => format!("minus {}", self.value(inner)),
            Kind::Sum(sum, pair) => {
                let [a, b] = pair.as_ref();
                let word = match sum {
                    Sum::Add => "plus",
                    Sum::Subtract => "minus",
                    Sum::Multiply => "times",
                };
                format!("{} {word} {}", self.operand(a, *sum, true), self.operand(b, *sum, false))
            }
            Kind::List(items) => {
                items.iter().map(|item| self.value(item)).collect::<Vec<_>>().join(", ")
            }
            Kind::If(three) => {
                let [test, yes, no] = three.as_ref();
                let (yes, no) = (self.value(yes), self.value(no));
                format!("({yes} if {}, otherwise {no})", self.claim(test, true))
            }
            Kind::Call(Func::Currency, args) => format!("the currency of {}", self.each(args)),
            Kind::Call(Func::Size, args) => format!("the size of {}", self.each(args)),
            Kind::Call(Func::DaysBetween, args) => format!("the days between {}", self.each(args)),
            _ => format!("({})", self.claim(node, true)),
        }
    }

    /// A side of a sum; where leaving out brackets would change it, they stay.
    fn operand(&self, node: &Node, outer: Sum, left: bool) -> String {
        let words = self.value(node);
        let binds = match &node.kind {
            Kind::Sum(inner, _) if left => outer == Sum::Multiply && *inner != Sum::Multiply,
            Kind::Sum(inner, _) => !(outer == *inner && outer != Sum::Subtract),
            _ => false,
        };
        if binds { format!("({words})") } else { words }
    }

    fn each(&self, args: &[Node]) -> String {
        args.iter().map(|arg| self.value(arg)).collect::<Vec<_>>().join(" and ")
    }

    /// `read.total` is "`total` of read".
    fn name(&self, node: &Node) -> String {
        let spelled = spell(node, self.paths);
        match spelled.split_once('.') {
            Some((root, "")) => format!("`{root}`"),
            Some((root, rest)) => format!("`{rest}` of {root}"),
            None => format!("`{spelled}`"),
        }
    }
}

fn verb(compare: Compare) -> &'static str {
    match compare {
        Compare::Equal => "is",
        Compare::Unequal => "is not",
        Compare::Less => "is less than",
        Compare::AtMost => "is at most",
        Compare::More => "is more than",
        Compare::AtLeast => "is at least",
    }
}

fn opposite(compare: Compare) -> Compare {
    match compare {
        Compare::Equal => Compare::Unequal,
        Compare::Unequal => Compare::Equal,
        Compare::Less => Compare::AtLeast,
        Compare::AtMost => Compare::More,
        Compare::More => Compare::AtMost,
        Compare::AtLeast => Compare::Less,
    }
}

fn constant(value: &Const) -> String {
    match value {
        Const::Bool(value) => (if *value { "yes" } else { "no" }).to_owned(),
        Const::Int(n) => n.to_string(),
        Const::Decimal(n) => n.text(),
        Const::Text(text) => format!("\"{text}\""),
        Const::Money(money) => grouped(*money),
    }
}

/// `5,000.00 EUR`.
fn grouped(money: Money) -> String {
    let number = money.number();
    let (whole, part) = number.split_once('.').unwrap_or((&number, ""));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut out = String::from(sign);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if !part.is_empty() {
        out.push('.');
        out.push_str(part);
    }
    format!("{out} {}", money.currency)
}
