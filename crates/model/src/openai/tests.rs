//! What is sent to whom, where vendors differ.

use std::time::Duration;

use journal::AnswerShape;
use serde_json::Value;

use super::{Dialect, OpenAi};
use crate::http::{self, Endpoint};
use crate::keys::Header;
use crate::tests::permit::ask;

/// The body of a long call, which is streamed.
fn body(host: &str) -> Value {
    let (url, way) = http::address("http://localhost/v1/chat/completions").unwrap();
    let endpoint = Endpoint::new(http::client(way).unwrap(), url, Vec::new(), Header::Bearer);
    let dialect = Dialect::OpenAi.at(Some(host));
    let client = OpenAi::new(endpoint.unwrap(), dialect, "big".into(), Duration::from_secs(1));
    let body = client.body(&ask("x", AnswerShape::Text), None).unwrap();
    serde_json::from_slice(&body).unwrap()
}

#[test]
fn each_vendor_is_sent_what_it_takes() {
    for (host, counted, limit) in [
        ("api.openai.com", true, "max_completion_tokens"),
        // It refuses a request that asks for the count which it sends anyway.
        ("api.mistral.ai", false, "max_tokens"),
        ("elsewhere.example", true, "max_tokens"),
    ] {
        let body = body(host);
        assert_eq!(body["stream"], true, "{host}");
        assert_eq!(body.get("stream_options").is_some(), counted, "{host}");
        assert_eq!(body[limit], 100, "{host}");
    }
}
