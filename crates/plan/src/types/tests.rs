//! Kinds from JSON Schemas.

use super::*;

fn record(fields: &[(&str, Type)]) -> Type {
    Type::Record(fields.iter().map(|(name, kind)| ((*name).to_owned(), kind.clone())).collect())
}

fn check(schema: Value, expected: Type) {
    assert_eq!(from_schema(&schema), expected, "{schema}");
}

#[test]
fn a_kind_and_null_is_a_kind_that_may_be_missing() {
    let text = || Type::Optional(Box::new(Type::Text));
    check(json!({ "type": ["string", "null"] }), text());
    check(json!({ "type": ["null", "string"] }), text());
    check(
        json!({ "type": ["array", "null"], "items": { "type": ["integer", "null"] } }),
        optional(Type::List(Box::new(optional(Type::Int)))),
    );
    // As a schema of its own, which is how many servers write it.
    let none = json!({ "type": "null" });
    check(json!({ "anyOf": [{ "type": "string" }, none], "default": null }), text());
    check(json!({ "oneOf": [none, { "type": "string" }] }), text());
    check(json!({ "anyOf": [{ "type": "string" }, { "type": "integer" }] }), Type::Unknown);
    check(json!({ "anyOf": [{ "type": "string" }, { "type": "integer" }, none] }), Type::Unknown);
    check(json!({ "anyOf": [none, none] }), Type::Unknown);
    // It is said once, whether the field may be left out as well or not.
    let fields =
        json!({ "a": { "type": ["string", "null"] }, "b": { "type": ["string", "null"] } });
    let schema = json!({ "type": "object", "properties": fields, "required": ["a"] });
    check(schema, record(&[("a", text()), ("b", text())]));
    for other in [
        json!(["string"]),
        json!(["string", "integer"]),
        json!(["null", "null"]),
        json!(["string", "integer", "null"]),
        json!(["string", 1]),
        json!(1),
    ] {
        check(json!({ "type": other }), Type::Unknown);
    }
}

#[test]
fn a_reference_is_followed_within_the_schema_and_nowhere_else() {
    let definitions = json!({
        "Money": { "type": "object", "properties": { "currency": {}, "minor": {} } },
        "Again": { "$ref": "#/$defs/Money" },
        "Loop": { "$ref": "#/$defs/Loop" },
        "Line": {
            "type": "object",
            "required": ["next", "total"],
            "properties": { "next": { "$ref": "#/$defs/Line" }, "total": { "$ref": "#/$defs/Again" } },
        },
        "a/b": { "enum": ["x"] },
    });
    let of = |reference: &str| json!({ "$defs": definitions, "$ref": reference });
    check(of("#/$defs/Money"), Type::Money);
    check(of("#/$defs/Again"), Type::Money);
    check(of("#/$defs/a~1b"), Type::OneOf(vec!["x".to_owned()]));
    check(of("#/$defs/Line"), record(&[("next", Type::Unknown), ("total", Type::Money)]));
    for other in [
        "#/$defs/Loop",
        "#/$defs/None",
        "#",
        "#Money",
        "/$defs/Money",
        "https://example.org/s.json#/$defs/Money",
        "s.json#/$defs/Money",
    ] {
        check(of(other), Type::Unknown);
    }
    // Two fields of one kind are no circle.
    let schema = json!({
        "$defs": definitions,
        "type": "array",
        "items": {
            "type": "object",
            "required": ["net", "tax"],
            "properties": { "net": { "$ref": "#/$defs/Money" }, "tax": { "$ref": "#/$defs/Money" } },
        },
    });
    let sums = record(&[("net", Type::Money), ("tax", Type::Money)]);
    check(schema, Type::List(Box::new(sums)));
}

/// Each level of this names the next one twenty times; written out it would be larger than memory.
#[test]
fn what_references_lead_to_is_bounded() {
    let mut definitions = Map::new();
    for n in 0..DEPTH_MAX {
        let next = json!({ "$ref": format!("#/$defs/{}", n + 1) });
        let fields: Map<_, _> = (0..20).map(|n| (n.to_string(), next.clone())).collect();
        definitions.insert(n.to_string(), json!({ "type": "object", "properties": fields }));
    }
    let kind = from_schema(&json!({ "$defs": definitions, "$ref": "#/$defs/0" }));
    // What is open when the bound is reached is filled up with unknown fields.
    assert!(size(&kind) < 3 * REFERRED_MAX, "{}", size(&kind));
}

fn size(kind: &Type) -> usize {
    match kind {
        Type::Record(fields) => 1 + fields.values().map(size).sum::<usize>(),
        Type::Optional(inner) | Type::List(inner) => 1 + size(inner),
        _ => 1,
    }
}
