//! Models against a server that speaks the exact wire format.

mod anthropic;
mod failures;
mod fake;
pub(crate) mod permit;
mod prefix;
mod streams;
mod sure;

use std::sync::Arc;

use journal::{AnswerShape, Choice, Code, Message, ModelAnswer, Role, ToolCall, ToolDef, Usage};
use plan::ids::ToolName;
use plan::workflow::{Can, Price};
use serde_json::json;

use fake::{Fake, Reply};
use permit::{allowed, ask, name, permit, said};

use crate::{Callable, Called, Fault, Key, ModelSpec, Place, Rehearsal, Secret, Vendors};

const KEY: &str = "sk-very-secret";
const PRICE: Price =
    Price { input_nanos: 10, cached_nanos: 3, written_nanos: Some(12), output_nanos: 100 };

/// A place at a fake, in some vendor's format.
type At = fn(&Fake) -> Place;

fn spec(place: Place, price: Price) -> ModelSpec {
    let can = vec![Can::Choose, Can::Json, Can::Tools, Can::Probabilities];
    ModelSpec {
        name: name(),
        model: "big-1".into(),
        place,
        price,
        can,
        at_once: 4,
        per_minute: None,
        idle: crate::IDLE,
    }
}

fn open_ai(fake: &Fake) -> Place {
    Place::OpenAi { base_url: fake.url.clone(), keys: vec![key("OPENAI_API_KEY", KEY)] }
}

fn key(name: &str, secret: &str) -> Key {
    Key { name: name.into(), secret: Secret::new(secret.into()) }
}

fn llama(fake: &Fake) -> Place {
    Place::LlamaCpp { base_url: fake.url.clone(), key: None, slots: Some(1) }
}

fn set_up(spec: ModelSpec) -> Result<Callable, Fault> {
    Arc::new(Vendors::default()).callable(spec)
}

fn models(place: Place) -> Callable {
    set_up(spec(place, PRICE)).unwrap()
}

fn said_so(content: &str, finish: &str) -> String {
    json!({
        "id": "x", "object": "chat.completion", "model": "big-1-2026-05-01",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": content },
                      "finish_reason": finish }],
        "usage": { "prompt_tokens": 50, "completion_tokens": 7, "total_tokens": 57,
                   "prompt_tokens_details": { "cached_tokens": 32 } }
    })
    .to_string()
}

fn ok(body: String) -> Reply {
    Reply::Full("200 OK\ncontent-type: application/json", body)
}

fn full(head: &'static str, body: &str) -> Reply {
    Reply::Full(head, body.to_owned())
}

/// An outcome without the time it took.
fn timeless(mut called: Called) -> Called {
    called.outcome.usage.active_ms = 0;
    called
}

fn answer(called: &Called) -> ModelAnswer {
    serde_json::from_slice(called.outcome.result.as_ref().unwrap()).unwrap()
}

fn choice(options: &[&str]) -> AnswerShape {
    AnswerShape::Choice(Choice {
        question: "Which is the total?".into(),
        lead: "Total:".into(),
        options: options.iter().map(|o| (*o).to_owned()).collect(),
    })
}

#[tokio::test]
async fn a_turn_with_tools_as_the_wire_has_it() {
    let reply = json!({
        "model": "big-1-2026-05-01",
        "choices": [{ "message": { "role": "assistant", "content": null, "tool_calls": [
            { "id": "a", "type": "function",
              "function": { "name": "erp__create_draft", "arguments": "{\"n\": 1}" } },
            { "id": "a", "type": "function",
              "function": { "name": "made_up", "arguments": { "n": 2 } } }
        ] }, "finish_reason": "tool_calls" }],
        "usage": { "prompt_tokens": 50, "completion_tokens": 7,
                   "prompt_tokens_details": { "cached_tokens": 32 } }
    });
    let fake = Fake::start(vec![ok(reply.to_string())]).await;
    let models = models(open_ai(&fake));
    let schema = json!({ "type": "object", "properties": { "a": { "type": "string" } },
                         "required": ["a"], "additionalProperties": false });
    let mut asked = ask("Pay this.", AnswerShape::Json(Arc::new(schema.clone())));
    let tool = ToolName::new("erp.create_draft").unwrap();
    let input = json!({ "type": "object" });
    asked.tools =
        vec![ToolDef { tool, description: "Drafts.".into(), input: input.clone() }].into();
    let calls =
        vec![ToolCall { id: "z".into(), tool: "erp.create_draft".into(), args: "{}".into() }];
    asked.messages.push(Arc::new(Message { calls, ..(*said(Role::Assistant, "")).clone() }));
    let answers = Some("z".to_owned());
    asked.messages.push(Arc::new(Message { answers, ..(*said(Role::Tool, "done")).clone() }));

    let called = timeless(models.call(permit(asked)).await);

    let request = &fake.asked()[0];
    assert!(request.head.starts_with("post /v1/chat/completions http/1.1"), "{}", request.head);
    for header in [&format!("authorization: bearer {KEY}"), "idempotency-key: 07070707"] {
        assert!(request.head.contains(header), "{}", request.head);
    }
    let function = json!({ "name": "erp__create_draft", "arguments": "{}" });
    assert_eq!(
        request.body,
        json!({
            "model": "big-1",
            "messages": [
                { "role": "system", "content": "Be brief." },
                { "role": "user", "content": "Pay this." },
                { "role": "assistant", "content": null,
                  "tool_calls": [{ "id": "z", "type": "function", "function": function }] },
                { "role": "tool", "content": "done", "tool_call_id": "z" }
            ],
            "tools": [{ "type": "function", "function":
                { "name": "erp__create_draft", "description": "Drafts.", "parameters": input } }],
            "response_format": { "type": "json_schema",
                "json_schema": { "name": "answer", "strict": true, "schema": schema } },
            "max_tokens": 100
        })
    );
    let call = |id: &str, tool: &str, args: &str| ToolCall {
        id: id.into(),
        tool: tool.into(),
        args: args.into(),
    };
    let two =
        vec![call("a", "erp.create_draft", "{\"n\": 1}"), call("call_1", "made_up", "{\"n\":2}")];
    assert_eq!(answer(&called), ModelAnswer { text: String::new(), calls: two, least: None });
    let usage = Usage {
        input_tokens: 50,
        cached_tokens: 32,
        output_tokens: 7,
        cost_nanos: 18 * 10 + 32 * 3 + 7 * 100,
        active_ms: 0,
    };
    assert_eq!(called.outcome.usage, usage);
    assert_eq!(called.outcome.reported.as_deref(), Some("big-1-2026-05-01"));
    assert!(called.certain);
}

#[tokio::test]
async fn a_choice_by_number() {
    let answers = ["{\"choice\": 1}", "{\"choice\": null}", "{\"choice\": 2}", "{}", "the first"];
    let replies = answers.iter().map(|text| ok(said_so(text, "stop"))).collect();
    let fake = Fake::start(replies).await;
    let models = models(open_ai(&fake));
    let mut given = Vec::new();
    for _ in answers {
        let called = models.call(permit(ask("A\nB", choice(&["1.00", "2.00"])))).await;
        given.push(match called.outcome.result {
            Ok(_) => answer(&called).text,
            Err(failure) => format!("{:?}", failure.code),
        });
    }
    let wanted = ["{\"choice\":1}", "{\"choice\":null}", "BadAnswer", "BadAnswer", "BadAnswer"];
    assert_eq!(given, wanted);
    let body = &fake.asked()[0].body;
    let text = "A\nB\n\nWhich is the total?\n0: 1.00\n1: 2.00\nAnswer with {\"choice\": NUMBER} or \
                {\"choice\": null}.";
    assert_eq!(body["messages"][1], json!({ "role": "user", "content": text }));
    assert_eq!(body["messages"].as_array().unwrap().len(), 2);
    assert_eq!(body["response_format"]["json_schema"]["schema"]["required"], json!(["choice"]));
    assert_eq!(body["response_format"]["json_schema"]["strict"], json!(true));
}

#[tokio::test]
async fn a_choice_by_completion() {
    let options = ["a \"b\" \\ c", "2.00", "2", "\u{0}\té"];
    let answers = ["Total: \"a \"b\" \\ c\"", "2.00\"", "2\"", "2.0\"", ""];
    let replies = answers.iter().map(|text| ok(said_so(text, "stop"))).collect();
    let fake = Fake::start(replies).await;
    let models = models(llama(&fake));
    let mut given = Vec::new();
    for _ in answers {
        let called = models.call(permit(ask("A\nB\n", choice(&options)))).await;
        given.push(match called.outcome.result {
            Ok(_) => answer(&called).text,
            Err(failure) => format!("{:?}", failure.code),
        });
    }
    assert_eq!(
        given,
        ["{\"choice\":0}", "{\"choice\":1}", "{\"choice\":2}", "BadAnswer", "BadAnswer"]
    );
    assert_eq!(
        fake.asked()[0].body,
        json!({
            "model": "big-1",
            "messages": [
                { "role": "system", "content": crate::choice::READER },
                { "role": "user", "content": "A\nB" },
                { "role": "assistant", "content": "Total: \"" }
            ],
            "max_tokens": 17, "temperature": 0, "cache_prompt": true, "id_slot": 0,
            "grammar": "root ::= (\"a \\\"b\\\" \\\\ c\" | \"2.00\" | \"2\" | \"\\x00\\té\") \"\\\"\""
        })
    );
}

#[tokio::test]
async fn a_server_that_does_not_count_is_taken_at_its_worst() {
    let file = "/somewhere/small.gguf";
    let silent =
        json!({ "model": file, "choices": [{ "message": { "content": "fine" } }] }).to_string();
    let fake = Fake::start(vec![ok(silent)]).await;
    let asked = || permit(ask("Hello.", AnswerShape::Text));
    let priced = models(open_ai(&fake)).call(asked()).await.outcome.usage;
    // 9 bytes of instructions, 6 and 16 of the message; 4 bytes came back.
    assert_eq!((priced.input_tokens, priced.output_tokens), (31, 4));
    assert_eq!(priced.cost_nanos, 31 * 10 + 4 * 100);
    let free = set_up(spec(llama(&fake), Price::default())).unwrap();
    let free = free.call(asked()).await.outcome;
    // A llama.cpp server names the file it serves; where that lies is nobody's business.
    assert_eq!(free.reported.as_deref(), Some("small.gguf"));
    let free = free.usage;
    assert_eq!((free.input_tokens, free.output_tokens, free.cost_nanos), (0, 0, 0));
}

#[tokio::test]
async fn what_is_not_declared_or_not_there_is_not_sent() {
    let fake = Fake::start(vec![ok(said_so("fine", "stop"))]).await;
    let mut plain = spec(open_ai(&fake), PRICE);
    plain.can = Vec::new();
    let models = set_up(plain).unwrap();
    let fails = async |models: &Callable, permit| {
        let called = models.call(permit).await;
        assert!(called.certain);
        assert_eq!(called.outcome.usage, Usage::default());
        let failure = called.outcome.result.unwrap_err();
        format!("{:?}: {}", failure.code, failure.text)
    };
    let text = fails(&models, permit(ask("x", choice(&["a"])))).await;
    assert_eq!(text, "VendorRefused: `m` is not declared to choose");
    let shape = AnswerShape::Json(Arc::new(json!({})));
    let text = fails(&models, permit(ask("x", shape))).await;
    assert_eq!(text, "VendorRefused: `m` is not declared to answer under a schema");
    let mut other = ask("x", AnswerShape::Text);
    other.model = plan::ids::ModelName::new("other").unwrap();
    let text = fails(&models, permit(other)).await;
    assert_eq!(text, "Defect: the permit is for `other`, not for `m`");
    let to = plan::ids::RoleId::new("clerk").unwrap();
    let notify = journal::NotifyAsk { to, text: "x".into(), key: journal::Hash([1; 32]) };
    let text = fails(&models, allowed(journal::Payload::Notify(notify))).await;
    assert_eq!(text, "Defect: the permit is for no call of a model");
    models.place(Place::Down("the local model is starting".into())).unwrap();
    let text = fails(&models, permit(ask("x", AnswerShape::Text))).await;
    assert_eq!(text, "Unavailable: the local model is starting");
    assert!(fake.asked().is_empty());
    // Nobody listens on a port that was just let go.
    let port = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let base_url = format!("http://{port}");
    models.place(Place::OpenAi { base_url, keys: Vec::new() }).unwrap();
    let called = models.call(permit(ask("x", AnswerShape::Text))).await;
    let failure = called.outcome.result.unwrap_err();
    assert_eq!((failure.code, called.certain), (Code::Unavailable, true), "{failure:?}");
    models.place(open_ai(&fake)).unwrap();
    let called = models.call(permit(ask("x", AnswerShape::Text))).await;
    assert_eq!(answer(&called).text, "fine");
}

#[tokio::test]
async fn a_vendor_that_fails_is_left_alone() {
    let fake = Fake::start(vec![full("500 Ow", "")]).await;
    let models = models(open_ai(&fake));
    for _ in 0..8 {
        let called = models.call(permit(ask("x", AnswerShape::Text))).await;
        assert_eq!(called.outcome.result.unwrap_err().code, Code::Unavailable);
    }
    assert_eq!(fake.asked().len(), 5);
}

#[tokio::test]
async fn no_more_calls_are_out_than_declared() {
    let fake = Fake::start(vec![ok(said_so("fine", "stop"))]).await;
    let mut two = spec(open_ai(&fake), PRICE);
    two.at_once = 2;
    let models = Arc::new(set_up(two).unwrap());
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let models = models.clone();
            tokio::spawn(async move { models.call(permit(ask("x", AnswerShape::Text))).await })
        })
        .collect();
    for call in calls {
        assert_eq!(answer(&call.await.unwrap()).text, "fine");
    }
    assert_eq!(fake.asked().len(), 8);
    assert!((1..=2).contains(&fake.most()), "{} at once", fake.most());
}

#[tokio::test]
async fn a_rehearsal_says_that_it_is_one() {
    let digest = crate::digest(&ask("recorded", AnswerShape::Text));
    let file = json!([
        { "ask": digest, "answer": { "text": "as recorded" } },
        { "says": "draft", "once": true, "answer": { "text": "", "calls": [
            { "id": "1", "tool": "erp__create_draft", "args": "{}" }] } },
        { "lead": "Total:", "answer": { "text": "{\"choice\":0}" } }
    ]);
    let rehearsal = Arc::new(Rehearsal::from_json(&file.to_string()).unwrap());
    let models = models(Place::Rehearsal(rehearsal));
    let mut given = Vec::new();
    let asks = [
        ask("recorded", AnswerShape::Text),
        ask("a draft", AnswerShape::Text),
        ask("a draft", AnswerShape::Text),
        ask("any", choice(&["1"])),
    ];
    for asked in asks {
        let called = models.call(permit(asked)).await;
        assert_eq!(called.outcome.reported.as_deref(), Some("rehearsal"));
        assert_eq!(called.outcome.usage.cost_nanos, 0);
        given.push(match &called.outcome.result {
            Ok(_) => format!("{} {}", answer(&called).text, answer(&called).calls.len()),
            Err(failure) => format!("{:?}", failure.code),
        });
    }
    assert_eq!(given, ["as recorded 0", " 1", "BadAnswer", "{\"choice\":0} 0"]);
}

#[test]
fn broken_settings_are_faults_without_secrets() {
    let secret = Secret::new(KEY.into());
    assert_eq!(format!("{secret:?}"), "Secret([hidden])");
    let place = |base_url: &str, text: &str| Place::OpenAi {
        base_url: base_url.into(),
        keys: vec![key("OPENAI_API_KEY", text)],
    };
    let check = |place: Place, wanted: &str| {
        let Err(fault) = set_up(spec(place, PRICE)) else { panic!("{wanted}") };
        assert_eq!(fault.to_string(), wanted);
    };
    let no = "the model `m` has no usable address: ";
    check(
        place("ftp://x", KEY),
        &format!("{no}it starts neither with `http://` nor with `https://`"),
    );
    check(
        place("http://me:pass@x", KEY),
        &format!("{no}it holds a password; a key belongs into `key`"),
    );
    let characters = "it holds characters that no header allows";
    check(
        place("http://x", "a\nb"),
        &format!("the key of the model `m` cannot be sent: {characters}"),
    );
    // Without a provider of cryptography this would panic; without certificates it says so.
    let far = set_up(spec(place("https://x", KEY), PRICE));
    assert!(matches!(far, Ok(_) | Err(Fault::Client(_))));
}
