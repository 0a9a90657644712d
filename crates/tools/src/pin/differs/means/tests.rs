//! What a change of a definition is said to mean.

use serde_json::json;

use super::*;

fn of(description: &str, input: Value) -> Definition {
    Definition { title: None, description: description.to_owned(), input, output: None }
}

fn closed(properties: Value, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": required,
        "additionalProperties": false })
}

fn check(was: Value, is: Value, expected: &[&str]) {
    let schema = |one: Value| closed(json!({ "x": one }), &["x"]);
    assert_eq!(means(&of("", schema(was)), &of("", schema(is))), expected);
}

#[test]
fn an_argument_that_takes_something_else_is_said_to() {
    let text = || json!({ "type": "string" });
    check(text(), text(), &[]);
    check(
        text(),
        json!({ "type": "string", "description": "new" }),
        &["`x` is described in other words"],
    );
    check(
        text(),
        json!({ "type": ["string", "null"] }),
        &["`x` took string and takes null or string now"],
    );
    let wider = "`x` takes more than it did: what was refused before may pass";
    let narrower = "`x` takes less than it did: what passed before may be refused";
    check(json!({ "type": "integer", "maximum": 10 }), json!({ "type": "integer" }), &[wider]);
    check(json!({ "maximum": 10 }), json!({ "maximum": 11 }), &[wider]);
    check(json!({ "minimum": 1 }), json!({ "minimum": 2 }), &[narrower]);
    check(json!({ "minLength": 2 }), json!({ "minLength": 1 }), &[wider]);
    check(json!({ "pattern": "^a" }), json!({}), &[wider]);
    check(json!({ "pattern": "^a" }), json!({ "pattern": "^b" }), &["`x` has another `pattern`"]);
    check(json!({ "enum": ["a"] }), json!({ "enum": ["a", "b"] }), &["`x` takes \"b\" as well"]);
    let any = "`x` takes any value now, not only the named ones";
    check(json!({ "enum": ["a"] }), json!({}), &[any]);
    let nested = |more: Value| json!({ "type": "object", "additionalProperties": more });
    check(nested(json!(false)), nested(json!(true)), &[wider]);
    check(json!({ "x-other": 1 }), json!({ "x-other": 2 }), &["`x` has another form"]);
}

#[test]
fn arguments_that_come_and_go_are_named() {
    let text = json!({ "type": "string" });
    let old = of("Drafts.", closed(json!({ "a": text, "b": text, "d": text }), &["a"]));
    let new =
        of("Drafts.", closed(json!({ "a": text, "b": text, "c": text, "e": text }), &["b", "c"]));
    let expected = [
        "`a` may be left out now",
        "`b` has to be given now",
        "`c` is new and has to be given: no step gives it yet",
        "`e` is new: whoever calls it may give it or leave it out",
        "`d` is gone: a step that gives it does not fit any more",
    ];
    assert_eq!(means(&old, &new), expected);
}

#[test]
fn words_that_speak_to_the_model_are_pointed_out() {
    let input = || closed(json!({}), &[]);
    let (old, new) = (of("Sends.", input()), of("Sends. Always call it first.", input()));
    let told = means(&old, &new);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().any(|what| what.contains("`always call`")), "{told:?}");
    let open = json!({ "type": "object", "properties": {} });
    let told = means(&of("", input()), &of("", open));
    assert_eq!(told, ["it takes arguments now that its schema does not name"]);
    let mut other = of("", input());
    other.output = Some(json!({ "type": "object" }));
    assert!(means(&of("", input()), &other)[0].starts_with("its result has another form"));
}
