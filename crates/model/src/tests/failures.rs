//! Every way in which a server fails, and what becomes of it.

use journal::{AnswerShape, Code};
use plan::workflow::Price;
use serde_json::{Value, json};

use super::anthropic::{anthropic, message, text};
use super::fake::{Fake, Reply};
use super::permit::{ask, permit};
use super::{At, KEY, answer, full, key, models, ok, open_ai, said_so, set_up, spec};
use crate::Place;

/// A reply, and the failure it must become: code, words, wait, certain, cost.
type Row = (Reply, Code, &'static str, Option<u64>, bool, u64);

fn rows() -> Vec<Row> {
    use Code::{BadAnswer, RateLimited, TimedOut, TooLarge, Unavailable, VendorRefused};
    let error = |words: &str| json!({ "error": { "message": words, "code": null } }).to_string();
    let refusal = json!({ "choices": [{ "message": { "content": null, "refusal": "never" },
        "finish_reason": "stop" }], "usage": { "prompt_tokens": 1, "completion_tokens": 1 } });
    let hidden = json!({ "error": { "message": "upstream", "code": 503 } });
    let quota = json!({ "error": { "message": "pay", "code": "insufficient_quota" } });
    vec![
        (
            full("429 Slow\nretry-after: 7", &error("slow")),
            RateLimited,
            "slow",
            Some(7_000),
            true,
            0,
        ),
        (
            full(
                "429 Slow\nx-ratelimit-remaining-requests: 0\nx-ratelimit-reset-requests: 1m2.5s\n\
                  x-ratelimit-remaining-tokens: 9\nx-ratelimit-reset-tokens: 6m0s",
                "",
            ),
            RateLimited,
            "429",
            Some(62_500),
            true,
            0,
        ),
        (full("429 Slow", &quota.to_string()), VendorRefused, "pay", None, true, 0),
        (
            full("401 No", &error("bad key sk-very-secret")),
            VendorRefused,
            "bad key [key]",
            None,
            true,
            0,
        ),
        (full("404 No", r#"{"error": "gone"}"#), VendorRefused, "404: gone", None, true, 0),
        (full("400 No", "<html>"), VendorRefused, "400: <html>", None, true, 0),
        (
            full("503 Busy\nretry-after: 1", r#"{"message": "loading"}"#),
            Unavailable,
            "loading",
            Some(1_000),
            true,
            0,
        ),
        (full("529 Busy", ""), Unavailable, "529", None, true, 0),
        (full("504 Late", ""), Unavailable, "504", None, false, 0),
        (
            full("307 Go\nlocation: /v1/chat/completions", ""),
            VendorRefused,
            "points elsewhere",
            None,
            true,
            0,
        ),
        (ok("{\"choices\": 3}".into()), BadAnswer, "no chat completion", None, false, 0),
        (ok("{\"choices\": []}".into()), BadAnswer, "no message", None, false, 0),
        (ok(hidden.to_string()), Unavailable, "upstream", None, true, 0),
        (ok(refusal.to_string()), VendorRefused, "never", None, true, 110),
        (ok(said_so("half", "length")), BadAnswer, "cut off after 100 tokens", None, true, 976),
        (ok(said_so("", "content_filter")), VendorRefused, "filter", None, true, 976),
        (ok(said_so(" ", "stop")), BadAnswer, "empty", None, true, 976),
        (Reply::Endless, TooLarge, "more than", None, false, 0),
        (Reply::Broken, Unavailable, "broke off", None, false, 0),
        (Reply::Silence, TimedOut, "within 300 milliseconds", None, false, 0),
    ]
}

/// What Anthropic, Gemini and Ollama send, each in its published form.
fn others() -> Vec<(At, Row)> {
    use Code::{BadAnswer, RateLimited, Unavailable, VendorRefused};
    let error = |kind: &str, words: &str| {
        let error = json!({ "type": kind, "message": words });
        json!({ "type": "error", "error": error, "request_id": "req_011CSLs" }).to_string()
    };
    let google = |code: u16, status: &str, details: Value| {
        let error = json!({ "code": code, "message": "slow down", "status": status,
                            "details": details });
        json!([{ "error": error }]).to_string()
    };
    let delay =
        json!([{ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s" }]);
    let ended = |stop: &str| ok(message(&text("half"), stop));
    let cost = 18 * 10 + 20 * 12 + 12 * 3 + 7 * 100;
    let of = |head, kind, words| full(head, &error(kind, words));
    let claude: Vec<Row> = vec![
        (
            of("529 Busy\nretry-after: 3", "overloaded_error", "Overloaded"),
            Unavailable,
            "529: Overloaded",
            Some(3_000),
            true,
            0,
        ),
        (
            of(
                "429 Slow\nanthropic-ratelimit-requests-remaining: 0\nretry-after: 12",
                "rate_limit_error",
                "too many",
            ),
            RateLimited,
            "429: too many",
            Some(12_000),
            true,
            0,
        ),
        (of("400 No", "invalid_request_error", "odd"), VendorRefused, "400: odd", None, true, 0),
        (
            of("401 No", "authentication_error", "invalid x-api-key sk-very-secret"),
            VendorRefused,
            "401: the key in `ANTHROPIC_API_KEY` was refused: invalid x-api-key [key]",
            None,
            true,
            0,
        ),
        (of("402 No", "billing_error", "pay"), VendorRefused, "was refused: pay", None, true, 0),
        (of("403 No", "permission_error", "not you"), VendorRefused, "not you", None, true, 0),
        (of("404 No", "not_found_error", "model: x"), VendorRefused, "404: model", None, true, 0),
        (of("413 No", "request_too_large", "long"), VendorRefused, "413: long", None, true, 0),
        (of("500 Ow", "api_error", "internal"), Unavailable, "500: internal", None, true, 0),
        (of("504 Late", "timeout_error", "late"), Unavailable, "504: late", None, false, 0),
        (ok(error("overloaded_error", "Overloaded")), Unavailable, "529: Over", None, true, 0),
        (ended("max_tokens"), BadAnswer, "cut off after 100 tokens", None, true, cost),
        (ended("model_context_window_exceeded"), BadAnswer, "context is full", None, true, cost),
        (ended("refusal"), VendorRefused, "the model refused: it gave no", None, true, cost),
        (ended("pause_turn"), BadAnswer, "unknown way: pause_turn", None, true, cost),
        (ok(message(&text(" "), "end_turn")), BadAnswer, "empty", None, true, cost),
        (ok("{\"content\": 3}".into()), BadAnswer, "no message", None, false, 0),
        (ok("{\"content\"".into()), BadAnswer, "no message", None, false, 0),
        (Reply::Broken, Unavailable, "broke off", None, false, 0),
    ];
    let gemini: Vec<Row> = vec![
        (
            full("429 Slow", &google(429, "RESOURCE_EXHAUSTED", delay)),
            RateLimited,
            "429: slow down",
            Some(34_000),
            true,
            0,
        ),
        (
            full("503 Busy", &google(503, "UNAVAILABLE", json!(null))),
            Unavailable,
            "503: slow down",
            None,
            true,
            0,
        ),
    ];
    let ollama = json!({ "error": { "message": "model \"x\" not found, try pulling it first",
        "type": "api_error", "param": null, "code": null } });
    let ollama: Vec<Row> = vec![(
        full("404 Not Found", &ollama.to_string()),
        VendorRefused,
        "404: model \"x\" not found",
        None,
        true,
        0,
    )];
    let with = |place: At, rows: Vec<Row>| rows.into_iter().map(move |row| (place, row));
    with(anthropic, claude).chain(with(open_ai, gemini)).chain(with(open_ai, ollama)).collect()
}

#[tokio::test]
async fn every_failure_has_its_code_and_no_key() {
    let own = rows().into_iter().map(|row| (open_ai as At, row));
    for (place, (reply, code, words, wait, certain, cost)) in own.chain(others()) {
        let shown = format!("{reply:?}");
        let silent = matches!(reply, Reply::Silence);
        let fake = Fake::start(vec![reply]).await;
        let mut asked = ask("Hello.", AnswerShape::Text);
        asked.time_out_ms = if silent { 300 } else { 20_000 };
        let called = models(place(&fake)).call(permit(asked.clone())).await;
        let failure = called.outcome.result.unwrap_err();
        assert_eq!(failure.code, code, "{shown}: {failure:?}");
        assert!(failure.text.contains(words), "{shown}: {failure:?}");
        assert!(!failure.text.contains(KEY), "{shown}: {failure:?}");
        assert_eq!(failure.retry_after_ms, wait, "{shown}");
        assert_eq!(called.certain, certain, "{shown}");
        assert_eq!(called.outcome.usage.cost_nanos, cost, "{shown}");
        // A call that ran out of time may have done so before it was seen.
        let seen = fake.asked().len();
        assert!(seen == 1 || silent && seen == 0, "{shown}: one permit is one request");
        // What costs nothing cannot have cost anything.
        let free = set_up(spec(place(&fake), Price::default())).unwrap();
        asked.time_out_ms = 300;
        assert!(free.call(permit(asked)).await.certain, "{shown}");
    }
}

#[tokio::test]
async fn a_refused_key_is_set_aside_and_named_without_its_value() {
    let no = full("401 No", r#"{"error": {"message": "bad key sk-first"}}"#);
    let fine = ok(said_so("fine", "stop"));
    let fake = Fake::start(vec![no.clone(), fine.clone(), fine, no]).await;
    let keys = vec![key("FIRST", "sk-first"), key("SECOND", "sk-second")];
    let models = models(Place::OpenAi { base_url: fake.url.clone(), keys });
    let call = || models.call(permit(ask("x", AnswerShape::Text)));
    let failure = call().await.outcome.result.unwrap_err();
    let words = "the server answered 401: the key in `FIRST` was refused, the next call takes \
                 another: bad key [key]";
    // The engine may try again at once, and that call takes the other key.
    assert_eq!((failure.code, failure.text.as_str()), (Code::RateLimited, words));
    assert_eq!(failure.retry_after_ms, Some(1));
    assert_eq!(answer(&call().await).text, "fine");
    assert_eq!(answer(&call().await).text, "fine");
    let failure = call().await.outcome.result.unwrap_err();
    assert_eq!(failure.code, Code::VendorRefused);
    assert!(failure.text.contains("`SECOND` was refused"), "{failure:?}");
    let sent: Vec<bool> =
        fake.asked().iter().map(|asked| asked.head.contains("bearer sk-first")).collect();
    assert_eq!(sent, [true, false, false, false]);
}

#[tokio::test]
async fn a_key_whose_limit_is_used_up_rests_and_the_other_goes_on() {
    let slow = full("429 Slow\nretry-after: 600", r#"{"error": {"message": "slow"}}"#);
    let fine = ok(said_so("fine", "stop"));
    let fake = Fake::start(vec![slow.clone(), fine.clone(), fine, slow.clone(), slow]).await;
    let keys = vec![key("FIRST", "sk-first"), key("SECOND", "sk-second")];
    let models = models(Place::OpenAi { base_url: fake.url.clone(), keys });
    let call = || models.call(permit(ask("x", AnswerShape::Text)));
    let failure = call().await.outcome.result.unwrap_err();
    assert_eq!((failure.code, failure.retry_after_ms), (Code::RateLimited, Some(1)));
    assert_eq!(answer(&call().await).text, "fine");
    assert_eq!(answer(&call().await).text, "fine");
    let failure = call().await.outcome.result.unwrap_err();
    assert!(failure.retry_after_ms.unwrap() > 500_000, "{failure:?}");
    // Now no key is left, and nothing is sent.
    let failure = call().await.outcome.result.unwrap_err();
    assert!(failure.text.contains("left alone"), "{failure:?}");
    assert_eq!(fake.asked().len(), 4);
}

/// A part of an address may be a secret, and a server says again where it was asked.
#[tokio::test]
async fn a_hidden_value_is_in_no_failure() {
    let error = json!({ "error": { "message": "no path /t3nant-value/v1 at t3nant-value, as" } });
    let reply = || full("404 No", &error.to_string());
    let fake = Fake::start(vec![reply(), reply()]).await;
    let hidden = |name: &str, value: &str| vec![key(name, value), key("SHORT", "as")];
    for (values, expected) in [
        (hidden("TENANT", "t3nant-value"), "no path /[TENANT]/v1 at [TENANT], as"),
        (hidden("OTHER", "0ther-value"), "no path /t3nant-value/v1 at t3nant-value, as"),
    ] {
        let permit = permit(ask("x", AnswerShape::Text));
        let called = models(open_ai(&fake)).hiding(values).call(permit).await;
        let failure = called.outcome.result.unwrap_err();
        assert!(failure.text.contains(expected), "{}", failure.text);
    }
}
