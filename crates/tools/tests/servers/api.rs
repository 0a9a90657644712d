//! An API behind the pool: what is certain after each of its answers. Whether a payment was made
//! is not to be guessed.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use journal::Code;
use plan::workflow::Effect;
use serde_json::json;
use tools::Secret;
use tools::serve::Api;

use crate::{call, failure, pool, set, spec, value};

const ANSWERS: [&str; 6] = ["done", "turned", "moved", "broken", "cut", "other"];

/// The server's own process.
pub async fn serve(base: String) {
    let operation = |name: &str| {
        let done = json!({ "type": "object", "required": ["paid"] });
        let content = json!({ "application/json": { "schema": done } });
        let answer = json!({ "200": { "description": name, "content": content } });
        (format!("/{name}"), json!({ "post": { "operationId": name, "responses": answer } }))
    };
    let paths: serde_json::Map<_, _> = ANSWERS.map(operation).into_iter().collect();
    let api = Api {
        file: "api.json".to_owned(),
        description: json!({ "openapi": "3.1.0", "paths": paths }).to_string(),
        operations: ANSWERS.map(str::to_owned).to_vec(),
        base,
        headers: vec![("Authorization".to_owned(), Secret::new("Bearer s3cret".to_owned()))],
        keys: Vec::new(),
        files: None,
        private: false,
        time: Duration::from_secs(20),
    };
    tools::serve::http(api).await.unwrap();
}

/// Answers each request by its path, byte for byte.
fn canned() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut asked = [0; 4096];
            let length = stream.read(&mut asked).unwrap();
            let asked = String::from_utf8_lossy(&asked[..length]).into_owned();
            let json = "Content-Type: application/json\r\nConnection: close\r\nContent-Length:";
            let answer = match asked.split([' ', '/']).nth(2).unwrap_or_default() {
                "done" => format!("200 OK\r\n{json} 13\r\n\r\n{{\"paid\":true}}"),
                "turned" => format!("409 Conflict\r\n{json} 8\r\n\r\nno money"),
                "moved" => format!("307 Elsewhere\r\nLocation: /done\r\n{json} 0\r\n\r\n"),
                "broken" => format!("500 Broken\r\n{json} 0\r\n\r\n"),
                // More is promised than comes.
                "cut" => format!("200 OK\r\n{json} 13\r\n\r\n{{\"paid\""),
                _ => format!("200 OK\r\n{json} 2\r\n\r\n[]"),
            };
            write!(stream, "HTTP/1.1 {answer}").unwrap();
        }
    });
    base
}

#[tokio::test]
async fn an_api_says_what_is_certain_and_what_is_not() {
    let base = canned();
    let mut spec = spec("api", "http");
    set(&mut spec, "BASE", &base);
    let pool = pool(vec![spec], Effect::Pay).await;
    let called = call(&pool, "api.done", json!({}), 20_000).await;
    assert_eq!(value(&called), json!({ "status": 200, "body": { "paid": true } }));
    for (name, code, certain, expected) in [
        ("turned", Code::ToolError, true, "it answered 409 Conflict: no money"),
        ("moved", Code::ToolError, true, "which is not followed"),
        ("broken", Code::Unavailable, false, "it answered 500"),
        ("cut", Code::Unavailable, false, "it answered 200 OK"),
        ("other", Code::Unavailable, false, "not as it is described"),
    ] {
        let called = call(&pool, &format!("api.{name}"), json!({}), 20_000).await;
        let (found, sure, why) = failure(&called);
        assert_eq!((found, sure), (code, certain), "{name}: {why}");
        assert!(why.contains(expected), "{name}: {why}");
    }
}
