//! Operations of small files, and an API on this machine that says what it was asked.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect};
use rmcp::model::Tool;

use super::*;

const SHOP: &str = r##"
openapi: 3.0.3
info: { title: Shop, version: "1" }
servers: [ { url: https://elsewhere.example } ]
paths:
  /orders/{id}:
    parameters: [ { name: id, in: path, required: true, schema: { type: string } } ]
    get:
      operationId: orders/get
      summary: One order
      parameters:
        - { name: tags, in: query, schema: { type: array, items: { type: string } } }
        - { name: with, in: query, explode: false, schema: { type: array, items: { type: string } } }
        - { name: where, in: query, style: deepObject, schema: { type: object } }
        - { name: X-Trace, in: header, schema: { type: string } }
        - { name: Authorization, in: header, required: true, schema: { type: string } }
        - { name: X-Key, in: header, required: true, schema: { type: string } }
      responses:
        200: { description: it, content: { application/json: { schema: { $ref: '#/components/schemas/Order' } } } }
    delete:
      responses: { 204: { description: gone } }
  /orders:
    post:
      operationId: create
      requestBody: { $ref: '#/components/requestBodies/Order' }
      responses:
        "201": { description: made, content: { application/json: { schema: { $ref: '#/components/schemas/Order' } } } }
  /pay:
    post:
      operationId: pay
      requestBody:
        content: { application/x-www-form-urlencoded: { schema: { type: object, required: [ to ], properties: { to: { type: string } } } } }
      responses: { default: { description: any } }
  /far:
    get:
      operationId: far
      parameters: [ { name: q, in: query, schema: { $ref: 'https://elsewhere.example/s.json#/S' } } ]
      responses: {}
  /picture:
    put:
      operationId: picture
      requestBody: { required: true, content: { image/png: {} } }
      responses: {}
components:
  requestBodies:
    Order: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Order' } } } }
  schemas:
    Order:
      type: object
      required: [ id, total ]
      additionalProperties: false
      properties:
        id: { type: string, readOnly: true }
        total: { type: number, minimum: 0, exclusiveMinimum: true }
        note: { type: string, nullable: true }
        parts: { type: array, items: { $ref: '#/components/schemas/Order' } }
"##;

fn open(description: &str, base: &str, operations: &[&str]) -> Result<Http, String> {
    Http::open(Api {
        file: "shop.yaml".to_owned(),
        description: description.to_owned(),
        operations: operations.iter().map(|one| (*one).to_owned()).collect(),
        base: base.to_owned(),
        headers: vec![("X-Key".to_owned(), Secret::new("k3y-value".to_owned()))],
        keys: Vec::new(),
        files: None,
        private: false,
        time: Duration::from_secs(20),
    })
}

fn refused(description: &str, base: &str, operation: &str, expected: &str) {
    let Err(why) = open(description, base, &[operation]) else { panic!("{operation} is served") };
    assert!(why.contains(expected), "{why}");
}

#[test]
fn only_what_was_chosen_and_can_be_kept_is_offered() {
    let base = "https://shop.example/v1";
    let http = open(SHOP, base, &["orders/get", "create", "DELETE /orders/{id}"]).unwrap();
    let tools = http.tools();
    let names: Vec<&str> = tools.iter().map(|tool| &*tool.name).collect();
    assert_eq!(names, ["orders_get", "create", "DELETE__orders__id"]);
    let reads = |tool: &Tool| tool.annotations.as_ref().unwrap().read_only_hint.unwrap();
    assert_eq!(tools.iter().map(reads).collect::<Vec<_>>(), [true, false, false]);
    let properties = |tool: &Tool| -> Vec<String> {
        let all = tool.input_schema["properties"].as_object().unwrap();
        let mut all: Vec<String> = all.keys().cloned().collect();
        all.sort();
        all
    };
    // A header with the key is ours, and what OpenAPI leaves out is left out.
    assert_eq!(properties(&tools[0]), ["X-Trace", "id", "tags", "where", "with"]);
    assert_eq!(tools[0].input_schema["required"], json!(["id"]));
    assert_eq!(tools[0].description.as_deref(), Some("GET /orders/{id}: One order"));
    // What the API sets itself is not asked for, and what lies inside itself is named.
    let body = &tools[1].input_schema["properties"]["body"];
    assert_eq!(body["required"], json!(["total"]));
    assert_eq!(body["properties"]["total"], json!({ "type": "number", "exclusiveMinimum": 0 }));
    assert_eq!(body["properties"]["parts"]["items"], json!({ "$ref": "#/$defs/Order" }));
    let answer = tools[1].output_schema.as_ref().unwrap();
    assert_eq!(answer["properties"]["body"]["required"], json!(["id", "total"]));
    let gone = tools[2].output_schema.as_ref().unwrap();
    assert_eq!(gone["properties"]["body"], json!({ "type": "null" }));

    refused(SHOP, base, "orders/list", "there is no operation `orders/list`, but `orders/get`");
    refused(SHOP, base, "far", "`https://elsewhere.example/s.json#/S` leads out of the file");
    refused(SHOP, base, "picture", "a body of `image/png` cannot be written");
    refused(SHOP, "http://shop.example", "create", "without `https`");
    refused(SHOP, "https://10.0.0.1", "create", "private network");
    refused(SHOP, "https://169.254.169.254", "create", "no tool server may be");
    refused(SHOP, "https://me:pw@shop.example", "create", "holds a password");
    refused("swagger: '2.0'", base, "create", "it names no version of OpenAPI");
    refused("openapi: 4.0.0", base, "create", "is `4.0.0`, not 3.0 or 3.1");
    refused("{ \"openapi\": ", base, "create", "`shop.yaml`: it is no JSON");
    refused("openapi: [", base, "create", "`shop.yaml`: it is no YAML: line 1");
    let change = |from: &str, to: &str| SHOP.replacen(from, to, 1);
    refused(&change("{id}:", "{id}/{n}:"), base, "orders/get", "nothing is said about a part");
    refused(&change("/orders/{id}:", "/order:"), base, "orders/get", "its path has no `{id}`");
    refused(&change("orders/get", "create"), base, "create", "there are two operations `create`");
    let cycle = "Order: { $ref: '#/components/requestBodies/Order' }\n    Old: {";
    refused(&change("Order: {", cycle), base, "create", "lead on and on");
    refused(&change("name: tags", "name: id, style: matrix"), base, "orders/get", "`matrix`");
    let cookie = change(
        "in: header, schema: { type: string }",
        "in: cookie, required: true, schema: { type: array }",
    );
    refused(&cookie, base, "orders/get", "`X-Trace` holds more than a cookie can");
    refused(&change("in: header", "in: body, required: true"), base, "orders/get", "in a `body`");
    refused(&change("type: number", "$id: x"), base, "create", "`$id`, which is not followed");
}

/// Schemas of 3.1 are JSON Schema, in a file that is JSON.
#[test]
fn both_versions_come_to_the_same_schema() {
    let file = json!({
        "openapi": "3.1.0",
        "paths": { "/a": { "post": {
            "operationId": "a",
            "requestBody": { "content": { "application/json": { "schema": {
                "type": ["object", "null"],
                "properties": { "n": { "exclusiveMinimum": 0 }, "example": { "const": 1 } },
                "example": { "$ref": "https://no.example" },
            } } } },
            "responses": { "2XX": { "content": { "text/plain": {} } } },
        } } },
    });
    let http = open(&file.to_string(), "https://a.example", &["a"]).unwrap();
    let tool = http.tools().remove(0);
    let body = json!({
        "type": ["object", "null"],
        "properties": { "n": { "exclusiveMinimum": 0 }, "example": { "const": 1 } },
    });
    assert_eq!(tool.input_schema["properties"]["body"], body);
    assert_eq!(tool.input_schema["required"], json!([]));
}

/// What the API was asked last.
type Asked = Arc<Mutex<Vec<String>>>;

async fn record(State(asked): State<Asked>, request: Request) -> impl IntoResponse {
    let (head, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let said = |name: &str| head.headers.get(name).map_or("", |value| value.to_str().unwrap());
    let line = format!(
        "{} {} key={} trace={} type={} {}",
        head.method,
        head.uri,
        said("x-key"),
        said("x-trace"),
        said("content-type"),
        String::from_utf8_lossy(&body),
    );
    asked.lock().unwrap().push(line);
    let json = [(header::CONTENT_TYPE, "application/json")];
    match head.uri.path() {
        "/v1/orders/gone" => {
            (axum::http::StatusCode::NOT_FOUND, "no\n such  order").into_response()
        }
        "/v1/orders/broken" => axum::http::StatusCode::BAD_GATEWAY.into_response(),
        "/v1/orders/moved" => Redirect::temporary("/v1/orders/1").into_response(),
        "/v1/orders/other" => (json, r#"{"id":1,"total":2}"#).into_response(),
        "/v1/orders/half" => (json, r#"{"id":"#).into_response(),
        "/v1/orders/long" => (json, "1".repeat(ANSWER_MAX + 1)).into_response(),
        "/v1/orders" => (json, r#"{"id":"7","total":2}"#).into_response(),
        "/v1/pay" => "paid".into_response(),
        _ => (json, r#"{"id":"1","total":2.5}"#).into_response(),
    }
}

/// What came of a call: an answer, a refusal, or a doubt.
fn came(http: &Http, tool: &str, args: Value) -> Result<Value, String> {
    let Value::Object(args) = args else { panic!("arguments are an object") };
    match http.answer(tool, &args)? {
        Reply::Structure(value) => Ok(value),
        Reply::InDoubt(why) => Err(format!("in doubt: {why}")),
        _ => panic!("another reply"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_written_as_described_and_what_came_of_it_is_said() {
    let asked = Asked::default();
    let router = Router::new().fallback(record).with_state(Arc::clone(&asked));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let http = open(SHOP, &base, &["orders/get", "create", "pay", "DELETE /orders/{id}"]).unwrap();
    let talk = move || {
        let check = |tool: &str, args: Value, expected: &str| {
            let why = came(&http, tool, args).unwrap_err();
            assert!(why.contains(expected), "{why}");
        };
        let last = || asked.lock().unwrap().last().cloned().unwrap_or_default();
        let order = json!({ "status": 200, "body": { "id": "1", "total": 2.5 } });
        let args = json!({
            "id": "a b/ü", "tags": ["x", "y&z"], "with": ["p", "q"], "where": { "k": 1 },
            "X-Trace": "t1",
        });
        assert_eq!(came(&http, "orders_get", args).unwrap(), order);
        let asked_for = last();
        let (line, rest) = asked_for.split_once('?').unwrap();
        let (query, rest) = rest.split_once(' ').unwrap();
        assert_eq!(line, "GET /v1/orders/a%20b%2F%C3%BC");
        let mut pairs: Vec<&str> = query.split('&').collect();
        pairs.sort_unstable();
        assert_eq!(pairs, ["tags=x", "tags=y%26z", "where%5Bk%5D=1", "with=p,q"]);
        assert_eq!(rest, "key=k3y-value trace=t1 type= ");
        let made = came(&http, "create", json!({ "body": { "total": 2 } })).unwrap();
        assert_eq!(made["body"]["id"], "7");
        let line = r#"POST /v1/orders key=k3y-value trace= type=application/json {"total":2}"#;
        assert_eq!(last(), line);
        let pay = json!({ "body": { "to": ["a b", "c"] } });
        check("pay", pay, "`/body/to`");
        let pay = json!({ "to": "a b", "lines": [1, 2], "by": { "k": "v" } });
        let paid = came(&http, "pay", json!({ "body": pay })).unwrap();
        assert_eq!(paid["body"], "paid");
        let asked_for = last();
        let form = asked_for.split_once("type=application/x-www-form-urlencoded ").unwrap().1;
        let mut pairs: Vec<&str> = form.split('&').collect();
        pairs.sort_unstable();
        let by = "by=%7B%22k%22%3A%22v%22%7D";
        assert_eq!(pairs, [by, "lines=1", "lines=2", "to=a%20b"]);

        // Nothing is sent that does not fit, or leads elsewhere.
        let count = asked.lock().unwrap().len();
        check("create", json!({ "body": { "total": 0 } }), "`/body/total`");
        check("create", json!({ "body": { "id": "1", "total": 1 } }), "`/body`");
        check("create", json!({}), "\"body\" is a required property");
        check("orders_get", json!({ "id": "1", "other": 1 }), "'other' was unexpected");
        check("orders_get", json!({ "id": "1", "X-Trace": "a\r\nb: c" }), "cannot be sent");
        check("orders_get", json!({ "id": "1", "where": { "k": [1] } }), "more than its style");
        for id in ["", "..", "../pay", "a/../../pay", "a\\..", "a\nb"] {
            check("DELETE__orders__id", json!({ "id": id }), "part of a path");
        }
        check("far", json!({}), "there is no tool `far`");
        assert_eq!(asked.lock().unwrap().len(), count);

        check("orders_get", json!({ "id": "gone" }), "it answered 404 Not Found: no such order");
        check("orders_get", json!({ "id": "moved" }), "307 Temporary Redirect), which is not");
        for (id, expected) in [
            ("broken", "in doubt: it answered 502"),
            (
                "other",
                "in doubt: it answered 200 OK: the answer is not as it is described: `/body/id`",
            ),
            ("half", "in doubt: it answered 200 OK: the answer is no JSON"),
            ("long", "in doubt: it answered 200 OK: the answer is longer than"),
        ] {
            check("orders_get", json!({ "id": id }), expected);
        }
    };
    tokio::task::spawn_blocking(talk).await.unwrap();
}

mod keys;
mod limits;
mod parts;
