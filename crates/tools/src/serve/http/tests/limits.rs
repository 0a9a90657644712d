//! What holds whatever a file describes and an API answers: names, sizes, times.

use super::*;

/// An operation of its own file, with these parameters and body, at a path without marks.
fn file(path: &str, operation: Value) -> String {
    json!({ "openapi": "3.1.0", "paths": { path: { "post": operation } } }).to_string()
}

fn one(operation: Value) -> Result<Http, String> {
    open(&file("/a", operation), "https://a.example", &["POST /a"])
}

#[test]
fn what_a_file_describes_is_offered_within_limits_or_refused_by_name() {
    let refused = |operation: Value, expected: &str| {
        let Err(why) = one(operation) else { panic!("it is served, not: {expected}") };
        assert!(why.contains(expected), "{why}");
    };
    let query =
        |name: &str, schema: Value| json!({ "name": name, "in": "query", "schema": schema });
    let header = json!({ "name": "a", "in": "header", "schema": {} });
    refused(
        json!({ "parameters": [query("a", json!({})), header] }),
        "two parameters are called `a`",
    );
    let body = json!({ "content": { "application/json": { "schema": {} } } });
    refused(
        json!({ "parameters": [query("body", json!({}))], "requestBody": body }),
        "a parameter is called `body`",
    );
    let media = json!({ "name": "a", "in": "query", "content": { "text/csv": {} } });
    refused(json!({ "parameters": [media] }), "`a` cannot be written as `text/csv`");
    let words: Vec<String> = (0..40_000).map(|n| n.to_string()).collect();
    let large = json!({ "enum": words });
    refused(json!({ "parameters": [query("a", large.clone())] }), "bytes to describe");

    // A description of an answer is left out where it is too long; the arguments stay.
    let content = json!({ "application/json": { "schema": large } });
    let http = one(json!({ "responses": { "200": { "content": content } } })).unwrap();
    let answer = http.tools().remove(0).output_schema.unwrap();
    assert_eq!(answer["properties"]["body"], true);
    let http = one(json!({ "summary": "s".repeat(5_000) })).unwrap();
    assert_eq!(http.tools().remove(0).description.unwrap().chars().count(), 1_000);

    let named = |id: &str| {
        let id = json!({ "operationId": id });
        let http = open(&file("/a", id.clone()), "https://a.example", &["POST /a"]).unwrap();
        http.tools().remove(0).name.to_string()
    };
    assert_eq!(named("a b/\u{fc}.c-d_"), "a_b___c-d");
    assert_eq!(named(&"x".repeat(100)).len(), 64);
    let two = json!({ "openapi": "3.1.0", "paths": {
        "/a": { "get": { "operationId": "a b" }, "put": { "operationId": "a/b" } },
        "x-a": { "get": { "operationId": "hidden" } },
    } });
    let why = open(&two.to_string(), "https://a.example", &["a b", "a/b"]).map(drop).unwrap_err();
    assert!(why.contains("there are two tools `a_b`"), "{why}");
    let why = open(&two.to_string(), "https://a.example", &["hidden"]).map(drop).unwrap_err();
    assert!(why.contains("there is no operation `hidden`"), "{why}");
    for base in ["https://a.example/?key=1", "https://a.example/#a"] {
        let why = open(&two.to_string(), base, &["a b"]).map(drop).unwrap_err();
        assert!(why.contains("holds more than a place"), "{why}");
    }
}

/// Each of these schemas names the next one twice; written out they would be a million.
#[test]
fn schemas_that_name_each_other_do_not_grow_without_end() {
    let mut schemas = JsonObject::new();
    for n in 0..20 {
        let next = json!({ "$ref": format!("#/components/schemas/{}", n + 1) });
        let fields = json!({ "a": next, "b": next });
        schemas.insert(n.to_string(), json!({ "type": "object", "properties": fields }));
    }
    schemas.insert("20".to_owned(), json!({ "type": "string" }));
    let content = json!({ "schema": { "$ref": "#/components/schemas/0" } });
    let post = json!({ "requestBody": { "content": { "application/json": content } } });
    let file = json!({
        "openapi": "3.1.0",
        "paths": { "/a": { "post": post } },
        "components": { "schemas": schemas },
    });
    let http = open(&file.to_string(), "https://a.example", &["POST /a"]).unwrap();
    assert!(http.tools().remove(0).input_schema.contains_key("$defs"));
}

#[test]
fn a_request_stays_in_its_place_and_its_secrets_are_marked() {
    let Err(why) = open(&file("/a/../b", json!({})), "https://a.example/v1", &["POST /a/../b"])
        .and_then(|http| came(&http, "POST__a____b", json!({})))
    else {
        panic!("it was sent")
    };
    assert!(why.contains("leads to another place than it says"), "{why}");

    // Where the file says nothing about a value, how it can be written still counts.
    let parameters = json!([
        { "name": "id", "in": "path", "schema": {} },
        { "name": "c", "in": "cookie", "schema": {} },
    ]);
    let open_ended = file("/{id}", json!({ "operationId": "it", "parameters": parameters }));
    let http = open(&open_ended, "https://a.example/v1", &["it"]).unwrap();
    let why = came(&http, "it", json!({ "id": null })).unwrap_err();
    assert!(why.contains("`id` is missing"), "{why}");
    for value in [json!([1]), json!({ "a": 1 })] {
        let why = came(&http, "it", json!({ "id": 1, "c": value })).unwrap_err();
        assert!(why.contains("`c` holds more than a cookie can"), "{why}");
    }

    let keys = json!({
        "head": { "type": "apiKey", "in": "header", "name": "X-Head" },
        "sid": { "type": "apiKey", "in": "cookie", "name": "sid" },
    });
    let file = json!({
        "openapi": "3.1.0",
        "paths": { "/a": { "post": { "security": [{ "head": [], "sid": [] }] } } },
        "components": { "securitySchemes": keys },
    });
    let http = Http::open(Api {
        file: "a.json".to_owned(),
        description: file.to_string(),
        operations: vec!["POST /a".to_owned()],
        base: "https://a.example".to_owned(),
        headers: vec![("X-Key".to_owned(), Secret::new("k3y-value".to_owned()))],
        keys: ["head", "sid"].map(|n| (n.to_owned(), Secret::new("s3cret".to_owned()))).to_vec(),
        files: None,
        private: false,
        time: Duration::from_secs(20),
    })
    .unwrap();
    let request = http.request(&http.operations[0], &JsonObject::new()).unwrap();
    for name in ["x-key", "x-head", "cookie"] {
        // What is marked so is not shown when a request is printed, nor kept for compression.
        assert!(request.headers()[name].is_sensitive(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_api_answers_is_taken_within_limits() {
    let answer = |request: Request| async move {
        match request.uri().path() {
            "/late" => StatusCode::REQUEST_TIMEOUT.into_response(),
            "/said" => (StatusCode::BAD_REQUEST, "x".repeat(10_000)).into_response(),
            "/picture" => ([(header::CONTENT_TYPE, "image/png")], vec![0xff, 0xd8]).into_response(),
            "/packed" => ([(header::CONTENT_ENCODING, "gzip")], "x").into_response(),
            _ => std::future::pending().await,
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    let talk = move || {
        let why = |path: &str, args: Value| {
            let shape = json!({ "type": "object", "additionalProperties": { "type": "integer" } });
            let body = json!({ "content": { "application/json": { "schema": shape } } });
            let file = file(path, json!({ "operationId": "it", "requestBody": body }));
            let mut http = open(&file, &base, &["it"]).unwrap();
            if path == "/never" {
                http.time = Duration::from_millis(50);
            }
            came(&http, "it", args).unwrap_err()
        };
        let late = why("/late", json!({}));
        assert!(late.starts_with("in doubt: it answered 408"), "{late}");
        let said = why("/said", json!({}));
        assert!(said.starts_with("it answered 400") && said.len() < 700, "{said}");
        let picture = why("/picture", json!({}));
        assert!(picture.contains("in doubt") && picture.contains("no text but `image/png`"));
        let packed = why("/packed", json!({}));
        assert!(packed.contains("in doubt") && packed.contains("packed as `gzip`"), "{packed}");
        let never = why("/never", json!({}));
        assert!(never.starts_with("in doubt: no answer within"), "{never}");
        // What does not fit is named by its place and not repeated, and not all of it is.
        let fields: JsonObject =
            (0..20).map(|n| (format!("f{n}"), json!("s3cret words"))).collect();
        let many = why("/said", json!({ "body": fields }));
        assert_eq!(many.matches("`/body/").count(), 5, "{many}");
        assert!(!many.contains("s3cret"), "{many}");
    };
    tokio::task::spawn_blocking(talk).await.unwrap();
}
