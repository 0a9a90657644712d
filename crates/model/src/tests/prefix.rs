//! Vendors keep what a request begins with and charge less for it when the next one begins the same.
//! So the bytes of each request of a conversation begin with those of the one before.

use std::sync::Arc;

use journal::{AnswerShape, Message, Role, ToolCall};
use serde_json::json;

use super::anthropic::{anthropic, message, text, tool};
use super::fake::Fake;
use super::permit::{ask, permit, said};
use super::{At, choice, models, ok, open_ai, said_so};
use crate::Place;

/// The bytes of the request that a conversation of each length makes.
async fn requests(place: impl Fn(&Fake) -> Place, reply: String) -> Vec<String> {
    let fake = Fake::start(vec![ok(reply)]).await;
    let models = models(place(&fake));
    let schema = json!({ "type": "object", "properties": { "b": {}, "a": {} } });
    let mut asked = ask("Pay this.", AnswerShape::Json(Arc::new(schema)));
    asked.tools = vec![tool()].into();
    for turn in 0..4 {
        models.call(permit(asked.clone())).await;
        let id = format!("id_{turn}");
        let args = "{\"z\":1,\"a\":2}".to_owned();
        let calls = vec![ToolCall { id: id.clone(), tool: "erp.find".into(), args }];
        let words = said(Role::Assistant, "I look it up.");
        asked.messages.push(Arc::new(Message { calls, ..(*words).clone() }));
        let found = said(Role::Tool, "found");
        asked.messages.push(Arc::new(Message { answers: Some(id), ..(*found).clone() }));
    }
    fake.asked().into_iter().map(|asked| asked.text).collect()
}

#[tokio::test]
async fn each_request_of_a_conversation_begins_like_the_one_before() {
    let all = [
        requests(open_ai, said_so("fine", "stop")).await,
        requests(anthropic, message(&text("fine"), "end_turn")).await,
    ];
    for requests in all {
        assert_eq!(requests.len(), 4);
        for pair in requests.windows(2) {
            // All but the brackets that close the list of messages.
            let begins = pair[0].strip_suffix("]}").unwrap();
            assert!(pair[1].starts_with(begins), "{}\n{}", pair[0], pair[1]);
        }
        let [first, ..] = requests.as_slice() else { panic!() };
        let place = |word: &str| first.find(word).unwrap();
        assert!(place("erp__find") < place("Be brief.") && place("Be brief.") < place("Pay this."));
    }
}

#[tokio::test]
async fn questions_about_one_document_begin_alike() {
    let places: [(At, String); 2] = [
        (open_ai, said_so("{\"choice\":0}", "stop")),
        (anthropic, message(&text("{\"choice\":0}"), "end_turn")),
    ];
    for (place, reply) in places {
        let fake = Fake::start(vec![ok(reply)]).await;
        let models = models(place(&fake));
        for options in [["1.00"], ["2.00"]] {
            models.call(permit(ask("A long document.", choice(&options)))).await;
        }
        let [one, two] = <[_; 2]>::try_from(fake.asked()).unwrap().map(|asked| asked.text);
        let shared = one.bytes().zip(two.bytes()).take_while(|(a, b)| a == b).count();
        let shared = one.get(..shared).unwrap();
        assert!(shared.contains("A long document."), "{shared}");
    }
}
