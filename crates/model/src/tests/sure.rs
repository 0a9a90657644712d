//! How sure a model is of its answer, as servers say it.

use journal::AnswerShape;
use plan::workflow::Can;
use serde_json::json;

use super::fake::Fake;
use super::permit::{ask, permit};
use super::{PRICE, answer, models, ok, open_ai, set_up, spec};

#[tokio::test]
async fn how_sure_a_model_is_comes_with_its_answer() {
    let part = |logprob: f64| json!({ "token": "x", "logprob": logprob });
    for (logprobs, least) in [
        (
            json!({ "content": [part(-0.01), part(-std::f64::consts::LN_2), part(0.0)] }),
            Some(500_000),
        ),
        (json!({ "content": [part(-9999.0)] }), Some(0)),
        (json!({ "content": [] }), None),
        (json!(null), None),
    ] {
        let reply = json!({ "choices": [{ "message": { "content": "yes" }, "logprobs": logprobs,
                                          "finish_reason": "stop" }] });
        let fake = Fake::start(vec![ok(reply.to_string())]).await;
        let mut asked = ask("Is it?", AnswerShape::Text);
        asked.probabilities = true;
        let called = models(open_ai(&fake)).call(permit(asked)).await;
        assert_eq!(answer(&called).least, least, "{logprobs}");
        assert_eq!(fake.asked()[0].body["logprobs"], true);
    }
    // Who does not want to know is told nothing, and a model that cannot say is not asked.
    let fake = Fake::start(vec![ok(json!({}).to_string())]).await;
    models(open_ai(&fake)).call(permit(ask("Is it?", AnswerShape::Text))).await;
    assert_eq!(fake.asked()[0].body.get("logprobs"), None);
    let mut able = spec(open_ai(&fake), PRICE);
    able.can.retain(|can| *can != Can::Probabilities);
    let mut asked = ask("Is it?", AnswerShape::Text);
    asked.probabilities = true;
    let called = set_up(able).unwrap().call(permit(asked)).await;
    assert!(called.outcome.result.is_err());
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test]
async fn a_vendor_is_told_what_a_call_is_a_part_of() {
    let fake = Fake::start(vec![ok(super::said_so("fine", "stop"))]).await;
    let (model, parent) =
        (models(open_ai(&fake)), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    let asked = || permit(ask("Hello.", AnswerShape::Text));
    model.traced(asked(), Some(parent)).await;
    model.call(asked()).await;
    let heads: Vec<String> = fake.asked().into_iter().map(|asked| asked.head).collect();
    assert!(heads[0].contains(&format!("traceparent: {parent}\r\n")), "{}", heads[0]);
    assert!(!heads[1].contains("traceparent"), "{}", heads[1]);
}
