//! What is read of an answer, and that the answer itself stays as it was given.

use rmcp::model::CallToolResult;
use serde_json::{Value, json};

use super::*;

fn check(answer: Value, expected: Value) {
    let result: CallToolResult = serde_json::from_value(answer.clone()).unwrap();
    let called = answered(result.into(), 4_096);
    let recorded = match &called.outcome.result {
        Ok(bytes) => serde_json::from_slice(bytes).unwrap(),
        Err(failure) => Value::String(failure.text.clone()),
    };
    assert_eq!(recorded, expected);
    let said = called.said.expect("an answer");
    let given = serde_json::to_value(said.answer.as_ref().unwrap()).unwrap();
    assert_eq!(given["content"], answer["content"], "it passes as it was given");
    assert_eq!(given["structuredContent"], answer["structuredContent"]);
    assert!(given["_meta"].is_null());
}

#[test]
fn what_is_not_carried_is_named() {
    let text = |text: &str| json!({ "type": "text", "text": text });
    let image = json!({ "type": "image", "data": "aGVsbG8=", "mimeType": "image/png" });
    // `printf aGVsbG8= | sha256sum`
    let hash = "333d6b3a3c1f5db6c9bdda5939b136986d170f4649172a68368d54ecb44c2ff2";
    let named = json!({ "image": "image/png", "base64_length": 8, "base64_sha256": hash });
    check(json!({ "content": [text("one"), text("two")] }), json!({ "text": "one\ntwo" }));
    check(json!({ "content": [text(r#"{ "a": 1 }"#)] }), json!({ "a": 1 }));
    check(json!({ "content": [text("see"), image] }), json!({ "text": "see", "$other": [named] }));
    check(
        json!({ "content": [image], "structuredContent": { "a": 1 }, "_meta": { "x": 1 } }),
        json!({ "a": 1, "$other": [named] }),
    );
    check(json!({ "content": [text("[1]"), image] }), json!({ "value": [1], "$other": [named] }));
    let resource = |fields: Value| json!({ "type": "resource", "resource": fields });
    check(
        json!({ "content": [resource(json!({ "uri": "x://a", "text": "words" }))] }),
        json!({ "text": "", "$other": [{ "resource": "x://a", "text": "words" }] }),
    );
    let blob = json!({ "blob": null, "resource": "x://b", "base64_length": 8,
        "base64_sha256": hash });
    check(
        json!({ "content": [resource(json!({ "uri": "x://b", "blob": "aGVsbG8=" }))] }),
        json!({ "text": "", "$other": [blob] }),
    );
    check(json!({ "content": [text("no"), image], "isError": true }), json!("no"));
}

#[test]
fn a_secret_passes_in_neither_form() {
    let result = json!({ "content": [{ "type": "text", "text": "the key is hush\"hush" }] });
    let result: CallToolResult = serde_json::from_value(result).unwrap();
    let called = answered(result.into(), 4_096);
    let called = called.changed(&|text| text.replace("hush\"hush", "[KEY]"));
    let said = called.said.unwrap();
    assert_eq!(said.recorded(), r#"{"text":"the key is [KEY]"}"#);
    assert_eq!(called.outcome.result.unwrap().as_ref(), said.recorded().as_bytes());
    assert_eq!(said.answer.unwrap().content[0].as_text().unwrap().text, "the key is [KEY]");
    let error = ErrorData::invalid_params("the key is hush", Some(json!({ "hush": ["hush"] })));
    let called = broken(ServiceError::McpError(error), None, "");
    let called = called.changed(&|text| text.replace("hush", "[KEY]"));
    let said = called.said.unwrap();
    assert_eq!(said.recorded(), "the key is [KEY]");
    assert_eq!(called.outcome.result.unwrap_err().text, said.recorded());
    assert_eq!(said.answer.unwrap_err().data, Some(json!({ "[KEY]": ["[KEY]"] })));
}

#[test]
fn an_error_passes_if_it_is_about_the_call_or_the_servers_own() {
    let passes = |code: i32| {
        let error = ErrorData::new(ErrorCode(code), "so it is", None);
        let called = broken(ServiceError::McpError(error.clone()), None, "");
        assert_eq!(called.outcome.result.unwrap_err().text, "so it is");
        called.said.map(|said| said.answer == Err(error))
    };
    for code in [-32602, -32603, -32021, 7, -31999] {
        assert_eq!(passes(code), Some(true), "{code}");
    }
    // Unknown methods, headers, versions, sessions, and addresses for a person to open.
    for code in [-32601, -32600, -32700, -32020, -32022, -32002, -32000, -32042] {
        assert_eq!(passes(code), None, "{code}");
    }
}
