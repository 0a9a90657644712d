//! Conditions: what they give, what is said of wrong ones, their sentences, and that neither
//! reading nor evaluation ever panics.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{EvalError, Expr, Scope, check_types};
use crate::workflow::Type;

struct Roots(Json);

impl Scope for Roots {
    fn root(&self, name: &str) -> Option<&Json> {
        self.0.get(name)
    }
}

fn eur(minor: i64) -> Json {
    json!({"currency": "EUR", "minor": minor})
}

fn case() -> Roots {
    Roots(json!({
        "read": {
            "supplier": "Acme Ltd", "number": "INV-7", "date": "2026-01-31", "due": "2026-03-02",
            "net": eur(100_000), "tax": eur(19_000), "total": eur(119_000), "rate": "0.19",
            "order": null, "count": 3, "usd": {"currency": "USD", "minor": 5}, "urgent": true,
            "lines": [{"total": eur(5)}, {"total": eur(7)}], "tags": ["a", "b"],
        },
        "match": {
            "supplier": {"id": "S1", "iban": "DE02 1203"},
            "order": {"number": "po 1 7", "amount": eur(119_001), "received": true},
            "paid": null,
        },
        "result": {"status": "draft", "price": 12.5},
    }))
}

fn names() -> BTreeMap<String, Type> {
    let record = |fields: &[(&str, Type)]| {
        Type::Record(fields.iter().map(|(n, t)| ((*n).to_owned(), t.clone())).collect())
    };
    let optional = |t: Type| Type::Optional(Box::new(t));
    let read = record(&[
        ("supplier", Type::Text),
        ("number", Type::Id),
        ("date", Type::Date),
        ("due", Type::Date),
        ("net", Type::Money),
        ("tax", Type::Money),
        ("total", Type::Money),
        ("usd", Type::Money),
        ("rate", Type::Decimal),
        ("order", optional(Type::Id)),
        ("count", Type::Int),
        ("urgent", Type::Bool),
        ("topic", Type::OneOf(vec!["order".into(), "other".into()])),
        ("tags", Type::List(Box::new(Type::Text))),
        ("lines", Type::List(Box::new(record(&[("total", Type::Money)])))),
    ]);
    let order = record(&[("number", Type::Id), ("amount", Type::Money), ("received", Type::Bool)]);
    let supplier = record(&[("id", Type::Id), ("iban", Type::Iban)]);
    let found = record(&[
        ("supplier", optional(supplier)),
        ("order", optional(order)),
        ("paid", optional(record(&[("number", Type::Id)]))),
    ]);
    [("read", read), ("match", found), ("result", Type::Unknown)]
        .map(|(name, kind)| (name.to_owned(), kind))
        .into()
}

/// What a condition gives, or the words of its error.
fn check(text: &str, expected: &str) {
    let given = match Expr::parse(text).expect(text).value(&case()) {
        Ok(value) => value.to_string(),
        Err(error) => error.to_string(),
    };
    assert_eq!(given, expected, "{text}");
}

#[test]
fn gives() {
    for (text, expected) in [
        ("read.net + read.tax == read.total", "true"),
        ("read.total - read.tax", r#"{"currency":"EUR","minor":100000}"#),
        ("read.net * 0.19 == read.tax", "true"),
        ("eur(0.05) * 0.5", r#"{"currency":"EUR","minor":3}"#),
        ("eur(-0.05) * 0.5", r#"{"currency":"EUR","minor":-3}"#),
        ("read.total >= eur(1190) && read.total < money(\"1190.01 EUR\")", "true"),
        ("read.total > read.usd", "`EUR` and `USD` are different currencies"),
        ("read.total > 5000", "`>` cannot put an amount of money and a whole number together"),
        ("differs(read.total, match.order.amount, 0.02)", "false"),
        ("differs(read.total, match.order.amount, 0.009)", "true"),
        ("differs(read.total, match.order.amount, eur(0.01))", "false"),
        ("differs(read.rate, 0.2, 0.01)", "false"),
        ("found(match.order) && !found(match.paid) && missing(match.paid.number)", "true"),
        ("has(match.order) && match.paid == null && null != match.order", "true"),
        ("found(read.order)", "false"),
        ("found(route.order)", "`route` has no value here"),
        ("!found(route.order)", "`route` has no value here"),
        ("read.order == \"x\"", "`read.order` has no value here"),
        ("match.paid.number == \"x\" || read.urgent", "true"),
        ("match.paid.number == \"x\" && !read.urgent", "false"),
        ("match.paid.number == \"x\" && read.urgent", "`match.paid.number` has no value here"),
        ("match.order.received", "true"),
        ("currency(read.usd)", "\"USD\""),
        ("same_id(match.order.number, 'PO17')", "true"),
        ("days_between(read.date, read.due)", "30"),
        ("read.date < read.due && read.date == \"2026-01-31\"", "true"),
        ("read.supplier < read.number", "`<` cannot put a text and a text together"),
        ("matches(read.number, '^INV-[0-9]+$')", "true"),
        ("read.supplier.contains('Ltd') && startsWith(read.supplier, 'Acme')", "true"),
        ("read.lines[1].total == eur(0.07)", "true"),
        ("read.lines[2].total == eur(0.07)", "`read.lines[2].total` has no value here"),
        ("found(read.lines[2])", "false"),
        ("size(read.lines) + size(read.tags)", "4"),
        ("one_in(3, read.number)", "false"),
        ("one_in(3, \"M-2\") && one_in(3, read.supplier) && !one_in(3, \"M-1\")", "true"),
        ("one_in(3, read.order)", "`read.order` has no value here"),
        ("one_in(3, read.count)", "a text is needed, here is a whole number"),
        ("'b' in read.tags && !('c' in ['a', 'b'])", "true"),
        ("read.urgent ? 0.10 : 1", "\"0.1\""),
        ("read.rate + 0.01", "\"0.2\""),
        ("read.rate == 0.19 && read.rate < 1", "true"),
        ("0.1 + 0.2 == 0.3", "true"),
        ("result.price * 2 == 25", "true"),
        ("result.status == 'draft'", "true"),
        ("read.total.minor == 119000", "true"),
        ("9223372036854775807 + 1", "the result of `+` does not fit"),
        ("-(-9223372036854775807 - 1)", "the result of `-` does not fit"),
        ("read.urgent == 'yes'", "`==` cannot put yes or no and a text together"),
    ] {
        check(text, expected);
    }
    let not_bool = Expr::parse("read.total").unwrap().holds(&case());
    assert_eq!(not_bool, Err(EvalError::NotBool("an amount of money")));
    let paths = Expr::parse("found(b.c) || a.x[0].y == b.c && same_id(z, a.x)").unwrap();
    let paths: Vec<_> = paths.paths().iter().map(ToString::to_string).collect();
    assert_eq!(paths, ["b.c", "a.x", "z"]);
}

#[test]
fn refuses_to_read() {
    let deep = format!("{}1{}", "(".repeat(40), ")".repeat(40));
    let long = format!("'{}'", "x".repeat(1_000));
    let chain = vec!["1"; 30].join(" + ");
    let cases = [
        "",
        "a ==",
        "read.total = 5",
        "a and b",
        "a @ b",
        "x.all(i, i > 1)",
        "a / b",
        "{'a': 1}",
        "b'x'",
        "a > 1e3",
        "null",
        "foo(a)",
        "fuond(a)",
        "read.fund(1)",
        "differs(a, b)",
        "eur(a)",
        "eur(0.001)",
        "money('5 euros')",
        "matches(a, b)",
        "matches(a, '(')",
        "found(1)",
        "(1 + 2).x",
        "a.b.c.d.e.f.g.h.i",
        "99999999999999999999",
        "a > 1u && \u{1}",
        &deep,
        &long,
        &chain,
    ];
    let said: Vec<_> = cases
        .iter()
        .map(|text| {
            let problem = Expr::read(text).expect_err(text);
            let near = problem.did_you_mean.map(|n| format!(" [{n}?]")).unwrap_or_default();
            let text: String = text.chars().take(24).collect();
            let fix: String = problem.fix.chars().take(60).collect();
            format!("{text} | {} | {}{near} | {fix}", problem.offset, problem.what)
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn types() {
    let cases = [
        "read.totl > eur(5)",
        "raed.total > eur(5)",
        "read.total > 5000",
        "differs(read.total, 5, 0.02)",
        "differs(read.total, read.net, read.count)",
        "read.total == '5000 EUR'",
        "read.total",
        "read.number == match.order.number",
        "read.supplier < 'b'",
        "read.topic == 'ordr'",
        "read.date > 'tomorrow'",
        "read.date > read.supplier",
        "read.rate == read.rate",
        "read.date - read.due > 3",
        "result.price > 5",
        "read.lines.total > eur(1)",
        "read.lines['a'].total > eur(1)",
        "read.total.cents > 1",
        "!read.count && read.supplier",
        "read.count in ['a']",
        "size(read.total) > 1 || currency(read.count) == 'EUR'",
        "days_between(read.date, read.total) > 1",
        "read.urgent ? 'a' : 2",
        "contains(read.count, 'a')",
    ];
    let said: Vec<_> = cases
        .iter()
        .map(|text| {
            let problems = check_types(&Expr::parse(text).expect(text), &names());
            assert!(!problems.is_empty(), "{text}");
            let lines = problems.iter().map(|p| {
                let near = p.did_you_mean.as_ref().map(|n| format!(" [{n}?]")).unwrap_or_default();
                format!("  {} {:?} {}{near}: {}", p.offset, p.kind, p.what, p.fix)
            });
            format!("{text}\n{}", lines.collect::<Vec<_>>().join("\n"))
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"));
    for text in [
        "found(match.paid)",
        "!found(match.order) || differs(read.total, match.order.amount, 0.02)",
        "read.total >= eur(5000)",
        "found(match.supplier) && match.order.received",
        "net_ok",
        "result.status == 'draft'",
        "read.lines[0].total + read.tax < read.total * 2",
        "read.topic in ['order', 'other'] && same_id(read.order, match.order.number)",
    ] {
        let mut names = names();
        names.insert("net_ok".into(), Type::Bool);
        assert_eq!(check_types(&Expr::parse(text).expect(text), &names), [], "{text}");
    }
}

#[test]
fn sentences() {
    for (text, expected) in [
        ("read.total >= eur(5000)", "`total` of read is at least 5,000.00 EUR"),
        ("found(match.paid)", "`paid` of match was found"),
        (
            "!found(match.order) || differs(read.total, match.order.amount, 0.02)",
            "`order` of match was not found or `total` of read differs from `order.amount` of match by more than 0.02",
        ),
        ("a.x && !(b.y || c.z == 1)", "`x` of a is yes and `y` of b is no and `z` of c is not 1"),
        (
            "!(a.x && b.y) && c.z < 1",
            "(`x` of a is no or `y` of b is no) and `z` of c is less than 1",
        ),
        ("!(a.x < jpy(1234567))", "`x` of a is at least 1,234,567 JPY"),
        (
            "a.x - (b.y - 1) == 2 * (a.x + 1)",
            "`x` of a minus (`y` of b minus 1) is 2 times (`x` of a plus 1)",
        ),
        ("!(read.topic in ['a', 'b'])", "`topic` of read is not one of \"a\", \"b\""),
        ("!one_in(50, a.x)", "`x` of a does not fall into the sample of one in 50"),
        (
            "!matches(a.x, '^I') && size(a.y) > 0",
            "`x` of a does not match the pattern `^I` and the size of `y` of a is more than 0",
        ),
        ("(a.x > 1) == true", "(`x` of a is more than 1) is yes"),
        (
            "same_id(a.x, b.y) || !contains(a.n, 'q')",
            "`x` of a is the same id as `y` of b or `n` of a does not contain \"q\"",
        ),
    ] {
        assert_eq!(Expr::parse(text).expect(text).sentence(), expected, "{text}");
    }
}

#[test]
fn long_chains_are_refused_or_read_but_never_overflow() {
    for unit in [
        "!", "-", "a.", "a[", "f(", "1+", "a?b:", "a&&", "[", "{1:", "a||!", "a<", "'", "\\",
        "(a.b).",
    ] {
        for tail in ["", "a", "1"] {
            let text: String = unit.repeat(1_000 / unit.len() - 1) + tail;
            if let Ok(expr) = Expr::read(&text) {
                let _ = (expr.value(&case()), expr.sentence(), check_types(&expr, &names()));
            }
        }
    }
}

/// Text made of the pieces that expressions are made of, so that much of it can be read.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "read",
        ".",
        "total",
        "read.total",
        "match.order",
        "(",
        ")",
        "[",
        "]",
        "'a'",
        "\"",
        "0.02",
        "1",
        "-",
        "!",
        "&&",
        "||",
        "==",
        "<",
        ">=",
        "+",
        "*",
        "?",
        ":",
        "in",
        "found(",
        "differs(",
        "eur(",
        "size(",
        ", ",
        " ",
        "null",
        "true",
        "9223372036854775807",
        "é",
        "\u{0}",
        "`",
        "{",
        "has(",
        "matches(",
        "x.map(",
        "\\",
        "b'",
        "r'",
        "//",
        "\n",
        "1u",
        "0x",
        ".5",
        "1.",
        "1e9",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn never_panics(text: &str) {
    match Expr::read(text) {
        Ok(expr) => {
            let _ = (expr.value(&case()), expr.sentence());
            let _ = check_types(&expr, &names());
            let again: Expr = serde_json::from_value(json!(text)).unwrap();
            assert!(again == expr);
        }
        Err(problem) => {
            assert!(text.is_char_boundary(problem.offset), "{text:?} {problem:?}");
            assert!(!problem.what.is_empty() && !problem.fix.is_empty());
        }
    }
}

/// An expression and the kind it was made to have, out of the declared names.
fn typed() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        Just("read.count".to_owned()),
        Just("read.rate".to_owned()),
        Just("0.19".to_owned()),
        Just("read.total.minor".to_owned()),
        any::<i32>().prop_map(|n| n.to_string()),
    ];
    let money = prop_oneof![
        Just("read.total".to_owned()),
        Just("read.usd".to_owned()),
        Just("match.order.amount".to_owned()),
        Just("read.lines[0].total".to_owned()),
        (0..9_000_u32).prop_map(|n| format!("eur({n})")),
    ];
    let money = (money.clone(), money, number.clone(), 0..4_u8).prop_map(|(a, b, n, k)| match k {
        0 => format!("({a} + {b})"),
        1 => format!("({a} - {b})"),
        2 => format!("({a} * {n})"),
        _ => a,
    });
    let text =
        prop::sample::select(vec!["read.supplier", "'a'", "currency(read.usd)", "read.tags[1]"]);
    let sign = prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
    let leaf = prop_oneof![
        (money.clone(), sign.clone(), money.clone()).prop_map(|(a, s, b)| format!("{a} {s} {b}")),
        (number.clone(), sign, number).prop_map(|(a, s, b)| format!("{a} {s} {b}")),
        (money.clone(), money).prop_map(|(a, b)| format!("differs({a}, {b}, 0.02)")),
        (text.clone(), text.clone()).prop_map(|(a, b)| format!("{a} == {b}")),
        (text.clone(), text).prop_map(|(a, b)| format!("contains({a}, {b}) && {a} in read.tags")),
        Just("days_between(read.date, read.due) > read.count".to_owned()),
        Just("read.urgent".to_owned()),
        Just("found(match.paid)".to_owned()),
        Just("same_id(read.order, match.paid.number)".to_owned()),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) && ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) || ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) ? ({b}) : ({a})")),
            inner.prop_map(|a| format!("!({a})")),
        ]
    })
}

/// Expressions of whole numbers, texts and truths, which CEL's own interpreter knows too.
fn plain() -> impl Strategy<Value = String> {
    let int = prop_oneof![
        any::<i8>().prop_map(|n| format!("({n})")),
        Just("9223372036854775807".to_owned()),
        Just("n".to_owned()),
    ];
    let int = (int.clone(), prop::sample::select(vec!["+", "-", "*"]), int)
        .prop_map(|(a, s, b)| format!("({a} {s} {b})"));
    let sign = prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
    let leaf = prop_oneof![
        (int.clone(), sign, int).prop_map(|(a, s, b)| format!("{a} {s} {b}")),
        prop::sample::select(vec![
            "t == 'abc'",
            "t.contains('b')",
            "t in ['x', 'abc']",
            "size(t) > n"
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) && ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) || ({b})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("({a}) ? ({b}) : ({c})")),
            inner.prop_map(|a| format!("!({a})")),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,60}|[\\x00-\\x7f]{0,80}") {
        never_panics(&text);
    }

    #[test]
    fn pieces_of_expressions_never_panic(text in soup()) {
        never_panics(&text);
    }

    #[test]
    fn well_typed_fails_only_for_want_of_values(text in typed()) {
        let expr = match Expr::read(&text) {
            Ok(expr) => expr,
            Err(problem) => {
                let large = ["deep", "longer"].iter().any(|word| problem.what.contains(word));
                prop_assert!(large, "{text}: {problem}");
                return Ok(());
            }
        };
        // The only thing the generator gets wrong is comparing two stored decimals.
        let problems = check_types(&expr, &names());
        if !problems.is_empty() {
            let known = problems.iter().all(|p| p.fix.contains("differs(a, b, 0)"));
            prop_assert!(known, "{text} {problems:?}");
            return Ok(());
        }
        use EvalError::{Currencies, Missing, Range};
        match expr.holds(&case()) {
            Ok(_) | Err(Missing(_) | Currencies(..) | Range(_)) => {}
            Err(other) => prop_assert!(false, "{text}: {other}"),
        }
    }

    #[test]
    fn agrees_with_cels_own_interpreter(text in plain(), n in any::<i16>()) {
        let scope = Roots(json!({"n": n, "t": "abc"}));
        let Ok(expr) = Expr::read(&text) else { return Ok(()) };
        let mut context = cel::Context::default();
        context.add_variable_from_value("n", i64::from(n));
        context.add_variable_from_value("t", "abc");
        let theirs = cel::Program::compile(&text).unwrap().execute(&context);
        match (expr.holds(&scope), theirs) {
            (Ok(ours), Ok(cel::Value::Bool(theirs))) => prop_assert_eq!(ours, theirs, "{}", text),
            (Err(_), Err(_)) => {}
            (ours, theirs) => prop_assert!(false, "{text}: {ours:?} {theirs:?}"),
        }
    }
}
