//! A server that asks while it works, as older versions of the protocol do: the call is broken off,
//! and made again alone with a person's answer.

use journal::{Answered, Code};
use plan::workflow::Effect;
use serde_json::json;

use crate::{answered, call, failure, pool, question, set, spec, value, work};

fn red() -> serde_json::Map<String, serde_json::Value> {
    json!({ "colour": "red" }).as_object().unwrap().clone()
}

#[tokio::test]
async fn the_call_is_broken_off_and_goes_on_with_the_answer() {
    for (effect, certain) in [(Effect::Write, false), (Effect::Read, true)] {
        let pool = pool(vec![spec("script", "script")], effect).await;
        let called = work(&pool, "ask").await;
        let asked = question(&called);
        assert_eq!(asked.words(), "Which colour?");
        assert_eq!(called.certain, certain, "it may have begun something, unless it only reads");
        assert!(called.said.is_none(), "what it said without an answer is no answer");
        let answers = vec![Answered { question: asked, answer: red() }];
        let called = answered(&pool, "script.work", json!({ "do": "ask" }), answers).await;
        assert_eq!(value(&called), json!({ "colour": "red" }));
    }
}

#[tokio::test]
async fn an_answer_is_given_once_and_to_nothing_else() {
    let pool = pool(vec![spec("script", "script")], Effect::Read).await;
    let asked = question(&work(&pool, "ask").await);
    let answers = || vec![Answered { question: asked.clone(), answer: red() }];
    let again = json!({ "do": "ask again and again" });
    let called = answered(&pool, "script.work", again, answers()).await;
    assert_eq!(question(&called), asked, "a server that is not content asks a person again");
    let mut other = answers();
    other[0].question.forms[0].says = "Which size?".into();
    let called = answered(&pool, "script.work", json!({ "do": "ask" }), other).await;
    assert_eq!(question(&called), asked);
    // The answer was for that call alone.
    assert_eq!(question(&work(&pool, "ask").await), asked);
}

#[tokio::test]
async fn nobody_is_asked_for_a_call_that_may_not_be_the_one_that_asks() {
    let pool = pool(vec![spec("script", "script")], Effect::Write).await;
    let hangs = call(&pool, "script.work", json!({ "do": "hang" }), 700);
    let asks = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        work(&pool, "ask").await
    };
    let (_, called) = tokio::join!(hangs, asks);
    let (code, certain, text) = failure(&called);
    assert_eq!((code, certain), (Code::Unavailable, false), "{text}");
    // From now on its calls go one by one, and then it is known.
    let hangs = call(&pool, "script.work", json!({ "do": "hang" }), 700);
    let (_, called) = tokio::join!(hangs, work(&pool, "ask"));
    assert_eq!(question(&called).words(), "Which colour?");
}

#[tokio::test]
async fn a_secret_is_not_asked_about() {
    let mut spec = spec("script", "script");
    set(&mut spec, "TOKEN", "s3cret-value");
    spec.secrets.insert("TOKEN".into(), tools::Secret::new("s3cret-value".into()));
    let pool = pool(vec![spec], Effect::Read).await;
    let called = work(&pool, "ask with a secret").await;
    let (code, _, text) = failure(&called);
    assert_eq!(code, Code::ToolError, "{text}");
    assert!(!text.contains("s3cret"), "{text}");
}
