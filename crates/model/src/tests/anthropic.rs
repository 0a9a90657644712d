//! Anthropic's format, request by request and answer by answer.

use std::sync::Arc;

use journal::{AnswerShape, Message, ModelAnswer, Role, ToolCall, ToolDef, Usage};
use plan::ids::ToolName;
use serde_json::{Value, json};

use super::fake::{Fake, Reply};
use super::permit::{ask, permit, said};
use super::{KEY, answer, choice, key, models, ok, timeless};
use crate::Place;

pub(super) fn anthropic(fake: &Fake) -> Place {
    Place::Anthropic { base_url: fake.url.clone(), keys: vec![key("ANTHROPIC_API_KEY", KEY)] }
}

pub(super) fn message(content: &Value, stop: &str) -> String {
    json!({
        "id": "msg_01", "type": "message", "role": "assistant", "model": "claude-big-1-20260501",
        "content": content, "stop_reason": stop, "stop_sequence": null,
        "usage": { "input_tokens": 18, "cache_creation_input_tokens": 20,
                   "cache_read_input_tokens": 12, "output_tokens": 7, "service_tier": "standard" }
    })
    .to_string()
}

pub(super) fn text(text: &str) -> Value {
    json!([{ "type": "text", "text": text }])
}

pub(super) fn tool() -> ToolDef {
    let (tool, input) = (ToolName::new("erp.find").unwrap(), json!({ "type": "object" }));
    ToolDef { tool, description: "Finds.".into(), input }
}

#[tokio::test]
async fn a_turn_with_tools_as_anthropic_has_it() {
    let content = json!([
        { "type": "thinking", "thinking": "hm", "signature": "x" },
        { "type": "text", "text": "I look it up." },
        { "type": "tool_use", "id": "toolu_01", "name": "erp__find", "input": { "n": 1 } },
        { "type": "tool_use", "id": "toolu_02", "name": "made_up", "input": {} }
    ]);
    let fake = Fake::start(vec![ok(message(&content, "tool_use"))]).await;
    let models = models(anthropic(&fake));
    let schema = json!({ "type": "object", "properties": {
        "iban": { "type": "string", "format": "iban", "description": "Where to." },
        "n": { "type": "integer", "minimum": 1 } }, "required": ["iban"] });
    let mut asked = ask("Pay this.", AnswerShape::Json(Arc::new(schema)));
    asked.tools = vec![tool()].into();
    let call = |id: &str, args: &str| ToolCall {
        id: id.into(),
        tool: "erp.find".into(),
        args: args.into(),
    };
    // Two calls that another vendor gave one id, one of them broken; a call without a word.
    let calls = vec![call("a", "{\"n\": 1}"), call("b", "{\"n\"")];
    asked.messages.push(Arc::new(Message { calls, ..(*said(Role::Assistant, "Well.")).clone() }));
    for (id, text) in [("a", "one"), ("b", "two")] {
        let answers = Some(id.to_owned());
        asked.messages.push(Arc::new(Message { answers, ..(*said(Role::Tool, text)).clone() }));
    }
    let calls = vec![call("a", "{}")];
    asked.messages.push(Arc::new(Message { calls, ..(*said(Role::Assistant, "")).clone() }));
    let answers = Some("a".to_owned());
    asked.messages.push(Arc::new(Message { answers, ..(*said(Role::Tool, "three")).clone() }));

    let called = timeless(models.call(permit(asked)).await);

    let request = &fake.asked()[0];
    assert!(request.head.starts_with("post /v1/messages http/1.1"), "{}", request.head);
    for header in [&format!("x-api-key: {KEY}"), "anthropic-version: 2023-06-01"] {
        assert!(request.head.contains(header), "{}", request.head);
    }
    assert!(!request.head.contains("authorization"), "{}", request.head);
    let use_of = |id: &str, input: Value| json!({ "type": "tool_use", "id": id, "name": "erp__find", "input": input });
    let result =
        |id: &str, text: &str| json!({ "type": "tool_result", "tool_use_id": id, "content": text });
    assert_eq!(
        request.body,
        json!({
            "model": "big-1",
            "max_tokens": 100,
            "cache_control": { "type": "ephemeral" },
            "output_config": { "format": { "type": "json_schema", "schema": {
                "type": "object",
                "properties": {
                    "iban": { "type": "string",
                              "description": "Where to.\n\n{format: \"iban\"}" },
                    "n": { "type": "integer", "description": "{minimum: 1}" }
                },
                "required": ["iban"], "additionalProperties": false
            } } },
            "tools": [{ "name": "erp__find", "description": "Finds.",
                        "input_schema": { "type": "object" } }],
            "system": [{ "type": "text", "text": "Be brief.",
                         "cache_control": { "type": "ephemeral" } }],
            "messages": [
                { "role": "user", "content": text("Pay this.") },
                { "role": "assistant", "content": [
                    { "type": "text", "text": "Well." },
                    use_of("call_1_0", json!({ "n": 1 })),
                    use_of("call_1_1", json!({ "unreadable": "{\"n\"" }))
                ] },
                { "role": "user",
                  "content": [result("call_1_0", "one"), result("call_1_1", "two")] },
                { "role": "assistant", "content": [use_of("call_4_0", json!({}))] },
                { "role": "user", "content": [result("call_4_0", "three")] }
            ]
        })
    );
    let made_up = ToolCall { id: "toolu_02".into(), tool: "made_up".into(), args: "{}".into() };
    let calls = vec![call("toolu_01", "{\"n\":1}"), made_up];
    assert_eq!(answer(&called), ModelAnswer { text: "I look it up.".into(), calls, least: None });
    let usage = Usage {
        input_tokens: 50,
        cached_tokens: 12,
        output_tokens: 7,
        // Read anew, kept for reading again, read again, written: each at its own price.
        cost_nanos: 18 * 10 + 20 * 12 + 12 * 3 + 7 * 100,
        active_ms: 0,
    };
    assert_eq!(called.outcome.usage, usage);
    assert_eq!(called.outcome.reported.as_deref(), Some("claude-big-1-20260501"));
    assert!(called.certain);
}

#[tokio::test]
async fn a_choice_by_number_beside_an_untouched_document() {
    let fake = Fake::start(vec![ok(message(&text("{\"choice\": 1}"), "end_turn"))]).await;
    let models = models(anthropic(&fake));
    let called = models.call(permit(ask("A\nB", choice(&["1.00", "2.00"])))).await;
    assert_eq!(answer(&called).text, "{\"choice\":1}");
    let body = &fake.asked()[0].body;
    let question = "Which is the total?\n0: 1.00\n1: 2.00\nAnswer with {\"choice\": NUMBER} or \
                    {\"choice\": null}.";
    let blocks = json!([{ "type": "text", "text": "A\nB" }, { "type": "text", "text": question }]);
    assert_eq!(body["messages"], json!([{ "role": "user", "content": blocks }]));
    // One question is no conversation: keeping its document would cost more than reading it.
    assert_eq!(body["cache_control"], Value::Null);
    let schema = &body["output_config"]["format"]["schema"];
    assert_eq!(schema["properties"]["choice"]["type"], json!(["integer", "null"]));
}

#[tokio::test]
async fn a_server_may_be_named_without_its_version() {
    let fake = Fake::start(vec![ok(message(&text("fine"), "end_turn"))]).await;
    let root = fake.url.strip_suffix("/v1").unwrap().to_owned();
    let models = models(Place::Anthropic { base_url: root, keys: Vec::new() });
    assert_eq!(answer(&models.call(permit(ask("x", AnswerShape::Text))).await).text, "fine");
    let request = &fake.asked()[0];
    assert!(request.head.starts_with("post /v1/messages "), "{}", request.head);
    assert!(!request.head.contains("x-api-key"), "{}", request.head);
}

/// What each vendor sends must come to the same answer, in one piece or as a stream.
#[tokio::test]
async fn a_reply_in_one_piece_to_a_request_for_a_stream() {
    let fake = Fake::start(vec![ok(message(&text("fine"), "end_turn"))]).await;
    let mut asked = ask("x", AnswerShape::Text);
    asked.time_out_ms = 600_000;
    let called = models(anthropic(&fake)).call(permit(asked)).await;
    assert_eq!(fake.asked()[0].body["stream"], json!(true));
    assert_eq!(answer(&called).text, "fine");
    let silent = Reply::Full("200 OK\ncontent-type: application/json", "{}".into());
    let fake = Fake::start(vec![silent]).await;
    let called = models(anthropic(&fake)).call(permit(ask("x", AnswerShape::Text))).await;
    assert!(called.outcome.result.unwrap_err().text.contains("no message"));
}
