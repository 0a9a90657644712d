//! Every way in which a server fails, and what becomes of it.

use journal::{AnswerShape, Code};
use plan::workflow::Price;
use serde_json::json;

use super::fake::{Fake, Reply};
use super::permit::{ask, permit};
use super::{KEY, full, models, ok, open_ai, said_so, spec};
use crate::Models;

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

#[tokio::test]
async fn every_failure_has_its_code_and_no_key() {
    for (reply, code, words, wait, certain, cost) in rows() {
        let shown = format!("{reply:?}");
        let silent = matches!(reply, Reply::Silence);
        let fake = Fake::start(vec![reply]).await;
        let mut asked = ask("Hello.", AnswerShape::Text);
        asked.time_out_ms = if silent { 300 } else { 20_000 };
        let called = models(open_ai(&fake)).call(permit(asked.clone())).await;
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
        let free = Models::new(vec![spec(open_ai(&fake), Price::default())]).unwrap();
        asked.time_out_ms = 300;
        assert!(free.call(permit(asked)).await.certain, "{shown}");
    }
}
