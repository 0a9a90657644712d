//! Reads a condition: CEL's own parser makes the syntax tree, and this lowers it to ours. What
//! CEL has and a condition may not use (loops, bytes, structs, division) is refused by name.
//! It must not know types or values.

use cel::common::ast::operators as op;
use cel::common::ast::{CallExpr, Expr as Ast, IdedExpr, LiteralValue, SelectExpr, SourceInfo};
use cel::parser::{ParseErrors, Parser};
use regex::RegexBuilder;

use super::decimal::Decimal;
use super::path::Path;
use super::tree::{CURRENCIES, Compare, Const, FUNCTIONS, Func, Kind, Node, Sum};
use super::{ExprProblem, ProblemKind};
use crate::value::{Currency, Money};

/// The longest expression, in characters.
pub(super) const LENGTH: usize = 1_000;
/// The deepest tree.
const DEPTH: usize = 24;
/// The most memory a compiled pattern may take.
const PATTERN_BYTES: usize = 256 * 1024;

/// The tree of a condition and every path it mentions, in order of first mention.
pub(super) fn read(text: &str) -> Result<(Node, Vec<Path>), ExprProblem> {
    if text.trim().is_empty() {
        return Err(problem(
            0,
            "the condition is empty",
            "write one, such as `read.total > eur(100)`",
        ));
    }
    if text.chars().count() > LENGTH {
        let what = format!("the condition is longer than {LENGTH} characters");
        return Err(problem(0, &what, "split it over two cases or steps"));
    }
    shallow(text)?;
    let (tree, info) = Parser::new()
        .max_recursion_depth(2 * DEPTH as u16)
        .error_recovery_limit(4)
        .parse_with_source_info(text)
        .map_err(|errors| syntax(text, &errors))?;
    let mut lower = Lower { text, info: &info, paths: Vec::new() };
    let node = lower.node(&tree, 0)?;
    Ok((node, lower.paths))
}

pub(super) fn problem(offset: usize, what: &str, fix: &str) -> ExprProblem {
    ExprProblem {
        offset,
        kind: ProblemKind::Form,
        what: what.to_owned(),
        fix: fix.to_owned(),
        did_you_mean: None,
    }
}

fn deep(offset: usize) -> ExprProblem {
    let what = format!("the condition is nested more than {DEPTH} levels deep");
    problem(offset, &what, "split it over two cases or steps")
}

/// The parser's own stack grows with nesting and with chains of operators, so both are bounded
/// before it starts.
fn shallow(text: &str) -> Result<(), ExprProblem> {
    let (mut open, mut chain, mut quote) = (0_usize, 0_usize, None);
    for (offset, char) in text.char_indices() {
        match (quote, char) {
            (Some(mark), _) if mark == char => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(char),
            (None, '(' | '[' | '{') => open += 1,
            (None, ')' | ']' | '}') => open = open.saturating_sub(1),
            (None, '+' | '-' | '*' | '/' | '%' | '!' | '?' | '.' | '<' | '>' | '=') => chain += 1,
            (None, _) => {}
        }
        if open > DEPTH || chain > 200 {
            return Err(deep(offset));
        }
    }
    Ok(())
}

fn syntax(text: &str, errors: &ParseErrors) -> ExprProblem {
    let (line, column, said) = errors.errors.first().map_or((1, 1, ""), |error| {
        let said = error.msg.as_str();
        (error.pos.0, error.pos.1, said.strip_prefix("Syntax error: ").unwrap_or(said))
    });
    let before: usize =
        text.split_inclusive('\n').take(usize::try_from(line - 1).unwrap_or(0)).map(str::len).sum();
    let mut offset = (before + usize::try_from(column - 1).unwrap_or(0)).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let mut what = format!("this is no condition: {}", plainly(said));
    // A lone `=`: one that is left over when the signs that hold one are taken out.
    let single = ["==", "!=", "<=", ">="].iter().fold(text.to_owned(), |t, s| t.replace(s, ""));
    let single = single.contains('=') && !single.contains(['"', '\'']);
    let mut fix = "write it like `read.total > eur(100) && found(match.order)`";
    for (word, sign) in [(" and ", "&&"), (" or ", "||"), (" is ", "=="), (" not ", "!")] {
        if text.contains(word) {
            what = format!("this is no condition: `{}` is written `{sign}`", word.trim());
            fix = "use `&&`, `||`, `!` and `==`";
        }
    }
    if single {
        what = "this is no condition: `=` alone compares nothing".to_owned();
        fix = "write `==`";
    }
    problem(offset, &what, fix)
}

/// The parser's own words without its token names, which tell the operator nothing.
fn plainly(said: &str) -> String {
    if said.contains("<EOF>") {
        return "it ends too early".to_owned();
    }
    let misplaced = ["mismatched input '", "extraneous input '", "token recognition error at: '"]
        .iter()
        .find_map(|start| said.strip_prefix(start))
        .or_else(|| said.strip_prefix("no viable alternative at input '"));
    if let Some(rest) = misplaced {
        let word = rest.split("' expecting").next().unwrap_or(rest).trim_end_matches('\'');
        return format!("`{}` does not belong here", word.escape_debug());
    }
    said.escape_debug().to_string().to_lowercase()
}

struct Lower<'a> {
    text: &'a str,
    info: &'a SourceInfo,
    paths: Vec<Path>,
}

impl Lower<'_> {
    fn at(&self, tree: &IdedExpr) -> usize {
        let start = self.info.offset_for(tree.id).map_or(0, |(start, _)| start as usize);
        // A selection is placed at its point and a call at its bracket: the operator means the
        // name before it.
        match &tree.expr {
            Ast::Select(select) => self.at(&select.operand),
            Ast::Call(call)
                if call.target.is_none() && self.text.get(start..=start) == Some("(") =>
            {
                let before = self.text.get(..start).unwrap_or_default().trim_end();
                if before.ends_with(&call.func_name) {
                    before.len() - call.func_name.len()
                } else {
                    start
                }
            }
            Ast::Call(call) => match &call.target {
                Some(target) => self.at(target),
                None => start,
            },
            _ => start.min(self.text.len()),
        }
    }

    fn node(&mut self, tree: &IdedExpr, depth: usize) -> Result<Node, ExprProblem> {
        let at = self.at(tree);
        if depth > DEPTH {
            return Err(deep(at));
        }
        let kind = match &tree.expr {
            Ast::Literal(literal) => Kind::Const(self.literal(literal, tree, at)?),
            Ast::Ident(name) => self.path(name, at)?,
            Ast::Select(select) => self.select(select, at, depth)?,
            Ast::Call(call) => self.call(call, at, depth)?,
            Ast::List(list) => {
                let items = list.elements.iter().map(|item| self.node(item, depth + 1));
                Kind::List(items.collect::<Result<_, _>>()?)
            }
            Ast::Comprehension(_) => {
                return Err(problem(
                    at,
                    "a condition may not go through a list",
                    "use an `each` step",
                ));
            }
            Ast::Map(_) | Ast::Struct(_) | Ast::Unspecified => {
                return Err(problem(
                    at,
                    "a condition may not make records",
                    "compare single values",
                ));
            }
        };
        Ok(Node { at, kind })
    }

    fn literal(
        &self,
        literal: &LiteralValue,
        tree: &IdedExpr,
        at: usize,
    ) -> Result<Const, ExprProblem> {
        Ok(match literal {
            LiteralValue::Boolean(value) => Const::Bool(*value.inner()),
            LiteralValue::Int(value) => Const::Int(*value.inner()),
            LiteralValue::UInt(value) => Const::Int(
                i64::try_from(*value.inner())
                    .map_err(|_| problem(at, "the number is too large", "write a smaller one"))?,
            ),
            LiteralValue::String(value) => Const::Text(value.inner().into()),
            LiteralValue::Double(value) => self.decimal(*value.inner(), tree, at)?,
            LiteralValue::Null => {
                return Err(problem(at, "`null` is no value", "write `found(x)` or `missing(x)`"));
            }
            LiteralValue::Bytes(_) => {
                return Err(problem(at, "a condition may not hold bytes", "write a text"));
            }
        })
    }

    /// The parser has made a binary float of it; the digits as written are read again instead.
    fn decimal(&self, float: f64, tree: &IdedExpr, at: usize) -> Result<Const, ExprProblem> {
        let start = self.info.offset_for(tree.id).map_or(0, |(start, _)| start as usize);
        let rest = self.text.get(start..).unwrap_or_default();
        let rest = rest.strip_prefix('-').unwrap_or(rest);
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).unwrap_or(rest.len());
        let digits = rest.get(..end).unwrap_or_default();
        let number = Decimal::parse(digits)
            .filter(|_| digits.parse::<f64>().is_ok_and(|again| again == float.abs()))
            .and_then(
                |number| if float.is_sign_negative() { number.negated() } else { Some(number) },
            );
        number.map(Const::Decimal).ok_or_else(|| {
            problem(
                at,
                "the number is not written out",
                "write digits with one point, such as `0.02`",
            )
        })
    }

    fn path(&mut self, text: &str, at: usize) -> Result<Kind, ExprProblem> {
        let path = Path::parse(text).map_err(|what| {
            problem(at, &what, "write names joined by points, such as `read.total`")
        })?;
        let n = self.paths.iter().position(|known| *known == path).unwrap_or_else(|| {
            self.paths.push(path);
            self.paths.len() - 1
        });
        Ok(Kind::Path(n))
    }

    fn select(
        &mut self,
        select: &SelectExpr,
        at: usize,
        depth: usize,
    ) -> Result<Kind, ExprProblem> {
        let plain = match spelled(&select.operand) {
            Some(base) => self.path(&format!("{base}.{}", select.field), at)?,
            None => {
                let base = self.node(&select.operand, depth + 1)?;
                name_only(&base)?;
                Kind::Field(Box::new(base), select.field.as_str().into())
            }
        };
        if select.test {
            return Ok(Kind::Found(Box::new(Node { at, kind: plain }), true));
        }
        Ok(plain)
    }

    fn call(&mut self, call: &CallExpr, at: usize, depth: usize) -> Result<Kind, ExprProblem> {
        let name = call.func_name.as_str();
        if let [a, b] = call.args.as_slice()
            && call.target.is_none()
            && let Some(kind) = self.binary(name, a, b, at, depth)?
        {
            return Ok(kind);
        }
        match (name, call.args.as_slice(), &call.target) {
            (op::LOGICAL_NOT, [a], None) => Ok(Kind::Not(Box::new(self.node(a, depth + 1)?))),
            (op::NEGATE, [a], None) => Ok(Kind::Minus(Box::new(self.node(a, depth + 1)?))),
            (op::CONDITIONAL, [a, b, c], None) => Ok(Kind::If(Box::new([
                self.node(a, depth + 1)?,
                self.node(b, depth + 1)?,
                self.node(c, depth + 1)?,
            ]))),
            _ => self.function(call, at, depth),
        }
    }

    fn binary(
        &mut self,
        name: &str,
        a: &IdedExpr,
        b: &IdedExpr,
        at: usize,
        depth: usize,
    ) -> Result<Option<Kind>, ExprProblem> {
        let compare = match name {
            op::EQUALS => Some(Compare::Equal),
            op::NOT_EQUALS => Some(Compare::Unequal),
            op::LESS => Some(Compare::Less),
            op::LESS_EQUALS => Some(Compare::AtMost),
            op::GREATER => Some(Compare::More),
            op::GREATER_EQUALS => Some(Compare::AtLeast),
            _ => None,
        };
        let sum = match name {
            op::ADD => Some(Sum::Add),
            op::SUBSTRACT => Some(Sum::Subtract),
            op::MULTIPLY => Some(Sum::Multiply),
            op::DIVIDE | op::MODULO => {
                let what = "a condition does not divide, because the result may not be exact";
                return Err(problem(at, what, "multiply the other side instead"));
            }
            _ => None,
        };
        let known = matches!(name, op::LOGICAL_AND | op::LOGICAL_OR | op::IN | op::INDEX);
        if compare.is_none() && sum.is_none() && !known {
            return Ok(None);
        }
        if let Some(compare) = compare
            && let Some(kind) = self.null_test(compare, a, b, depth)?
        {
            return Ok(Some(kind));
        }
        let pair = Box::new([self.node(a, depth + 1)?, self.node(b, depth + 1)?]);
        Ok(Some(match (compare, sum, name) {
            (Some(compare), _, _) => Kind::Compare(compare, pair),
            (_, Some(sum), _) => Kind::Sum(sum, pair),
            (_, _, op::LOGICAL_AND) => Kind::All(pair),
            (_, _, op::LOGICAL_OR) => Kind::Any(pair),
            (_, _, op::IN) => Kind::In(pair),
            _ => {
                let [base, index] = *pair;
                name_only(&base)?;
                Kind::Index(Box::new(base), Box::new(index))
            }
        }))
    }

    /// `x == null` is how CEL says `missing(x)`.
    fn null_test(
        &mut self,
        compare: Compare,
        a: &IdedExpr,
        b: &IdedExpr,
        depth: usize,
    ) -> Result<Option<Kind>, ExprProblem> {
        let null = |tree: &IdedExpr| matches!(tree.expr, Ast::Literal(LiteralValue::Null));
        let tested = match (null(a), null(b)) {
            (false, true) => a,
            (true, false) => b,
            _ => return Ok(None),
        };
        let wanted = match compare {
            Compare::Equal => false,
            Compare::Unequal => true,
            _ => return Ok(None),
        };
        let tested = self.node(tested, depth + 1)?;
        name_only(&tested)?;
        Ok(Some(Kind::Found(Box::new(tested), wanted)))
    }

    fn function(&mut self, call: &CallExpr, at: usize, depth: usize) -> Result<Kind, ExprProblem> {
        let name = call.func_name.as_str();
        // `text.contains(part)` is CEL's other way to write `contains(text, part)`.
        let mut args = Vec::with_capacity(call.args.len() + 1);
        for arg in call.target.as_deref().into_iter().chain(&call.args) {
            args.push(self.node(arg, depth + 1)?);
        }
        let money = CURRENCIES.contains(&name);
        let known = FUNCTIONS.iter().find(|(known, _, _)| *known == name);
        let (count, usage) = match known {
            Some((_, count, usage)) => (*count, (*usage).to_owned()),
            None if money => (1, format!("`{name}(5000)`")),
            None => return Err(unknown_function(name, at)),
        };
        if args.len() != count {
            let what = format!("`{name}` takes {count} values, here are {}", args.len());
            return Err(problem(at, &what, &format!("write {usage}")));
        }
        let mut args = args.into_iter();
        let (Some(first), second) = (args.next(), args.next()) else {
            return Err(unknown_function(name, at));
        };
        let func = match (name, second) {
            ("found" | "has", _) => return found(first, true),
            ("missing", _) => return found(first, false),
            ("money", _) => return money_text(&first),
            ("matches", Some(pattern)) => return matches(first, &pattern),
            _ if money => return money_number(name, &first),
            ("differs", Some(second)) => {
                let all = [first, second].into_iter().chain(args).collect();
                return Ok(Kind::Call(Func::Differs, all));
            }
            ("currency", None) => return Ok(Kind::Call(Func::Currency, vec![first])),
            ("size", None) => return Ok(Kind::Call(Func::Size, vec![first])),
            ("same_id", Some(second)) => (Func::SameId, second),
            ("days_between", Some(second)) => (Func::DaysBetween, second),
            ("contains", Some(second)) => (Func::Contains, second),
            ("startsWith", Some(second)) => (Func::StartsWith, second),
            ("endsWith", Some(second)) => (Func::EndsWith, second),
            ("one_in", Some(second)) => return one_in(first, second),
            _ => return Err(unknown_function(name, at)),
        };
        Ok(Kind::Call(func.0, vec![first, func.1]))
    }
}

/// `a.b.c` as text, when the tree is nothing but names.
fn spelled(tree: &IdedExpr) -> Option<String> {
    match &tree.expr {
        Ast::Ident(name) => Some(name.clone()),
        Ast::Select(select) if !select.test => {
            Some(format!("{}.{}", spelled(&select.operand)?, select.field))
        }
        _ => None,
    }
}

fn is_name(node: &Node) -> bool {
    matches!(node.kind, Kind::Path(_) | Kind::Field(..) | Kind::Index(..))
}

fn name_only(node: &Node) -> Result<(), ExprProblem> {
    if is_name(node) {
        return Ok(());
    }
    Err(problem(node.at, "only a named value has parts", "name it, such as `read.total`"))
}

fn found(tested: Node, wanted: bool) -> Result<Kind, ExprProblem> {
    // `has(a.b)` has already become a test of its own.
    if matches!(tested.kind, Kind::Found(_, true)) && wanted {
        return Ok(tested.kind);
    }
    if !is_name(&tested) {
        return Err(problem(
            tested.at,
            "only a name can be found or missing",
            "write `found(match.order)`",
        ));
    }
    Ok(Kind::Found(Box::new(tested), wanted))
}

fn money_text(arg: &Node) -> Result<Kind, ExprProblem> {
    let fix = "write `money(\"5000 EUR\")`";
    let Kind::Const(Const::Text(text)) = &arg.kind else {
        return Err(problem(arg.at, "`money` takes a text", fix));
    };
    Money::parse(text)
        .map(|money| Kind::Const(Const::Money(money)))
        .map_err(|why| problem(arg.at, &format!("`{text}` is no amount: {why}"), fix))
}

fn money_number(name: &str, arg: &Node) -> Result<Kind, ExprProblem> {
    let fix = format!("write `{name}(5000)` or `{name}(0.50)`");
    let number = match &arg.kind {
        Kind::Const(Const::Int(number)) => number.to_string(),
        Kind::Const(Const::Decimal(number)) => number.text(),
        _ => return Err(problem(arg.at, &format!("`{name}` takes a plain number"), &fix)),
    };
    Currency::new(&name.to_uppercase())
        .and_then(|currency| {
            let minor = crate::value::scaled(&number, currency.digits())?;
            Ok(Kind::Const(Const::Money(Money { currency, minor })))
        })
        .map_err(|why| problem(arg.at, &format!("`{number}` is no amount: {why}"), &fix))
}

fn matches(text: Node, pattern: &Node) -> Result<Kind, ExprProblem> {
    let Kind::Const(Const::Text(written)) = &pattern.kind else {
        let fix = "write it in quotes: `matches(read.number, \"^INV-[0-9]+$\")`";
        return Err(problem(pattern.at, "a pattern must be written out", fix));
    };
    let compiled = RegexBuilder::new(written).size_limit(PATTERN_BYTES).build();
    compiled.map(|regex| Kind::Matches(Box::new(text), regex)).map_err(|why| {
        let why = why.to_string();
        let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        problem(pattern.at, &format!("`{written}` is no pattern: {why}"), "correct the pattern")
    })
}

/// How large a share is sampled must be plain to see.
fn one_in(share: Node, text: Node) -> Result<Kind, ExprProblem> {
    match share.kind {
        Kind::Const(Const::Int(2..)) => Ok(Kind::Call(Func::OneIn, vec![share, text])),
        _ => Err(problem(
            share.at,
            "`one_in` takes a written number of at least 2",
            "write `one_in(50, case.id)`",
        )),
    }
}

fn unknown_function(name: &str, at: usize) -> ExprProblem {
    let names = FUNCTIONS.iter().map(|(name, _, _)| *name).chain(CURRENCIES.iter().copied());
    let near = super::nearest(name, names);
    let list: Vec<_> = FUNCTIONS.iter().map(|(name, _, _)| format!("`{name}`")).collect();
    let shown = if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name } else { "this" };
    ExprProblem {
        offset: at,
        kind: ProblemKind::UnknownFunction,
        what: format!("there is no function `{shown}`"),
        fix: format!("the functions are {}, and currencies such as `eur`", list.join(", ")),
        did_you_mean: near,
    }
}
