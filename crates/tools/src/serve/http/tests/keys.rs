//! Keys go where the file says and nowhere else; nobody is shown one.

use super::*;

const FILE: &str = r##"
openapi: 3.0.3
info: { title: Keys, version: "1" }
security: [ { in_query: [], in_cookie: [] } ]
paths:
  /both:
    get:
      operationId: both
      parameters:
        - { name: api key, in: query, required: true, schema: { type: string } }
        - { name: sid, in: cookie, required: true, schema: { type: string } }
        - { name: lang, in: cookie, schema: { type: string } }
        - { name: many, in: cookie, schema: { type: array, items: { type: string } } }
        - { name: where, in: query, schema: { type: object } }
        - { name: X-HEAD, in: header, schema: { type: string } }
      responses: { default: { description: any } }
  /open: { get: { operationId: open, security: [], responses: {} } }
  /either:
    get:
      operationId: either
      security: [ {}, { token: [ read ] }, { in_head: [] } ]
      responses: { default: { description: any } }
  /late: { get: { operationId: late, responses: {} } }
  /person: { get: { operationId: person, security: [ { signed: [] } ], responses: {} } }
  /machine: { get: { operationId: machine, security: [ { certificate: [] } ], responses: {} } }
  /lost: { get: { operationId: lost, security: [ { nowhere: [] } ], responses: {} } }
  /odd: { get: { operationId: odd, security: { in_query: [] }, responses: {} } }
components:
  securitySchemes:
    in_query: { type: apiKey, in: query, name: api key }
    in_cookie: { type: apiKey, in: cookie, name: sid }
    in_head: { $ref: '#/components/securitySchemes/head' }
    head: { type: apiKey, in: header, name: X-Head }
    host: { type: apiKey, in: header, name: Host }
    two: { type: apiKey, in: cookie, name: 'a;b' }
    token: { type: http, scheme: Bearer }
    signed: { type: oauth2, flows: {} }
    certificate: { type: mutualTLS }
"##;

const QUERY: (&str, &str) = ("in_query", "q+s3cret/");
const COOKIE: (&str, &str) = ("in_cookie", "c00kie-s3cret");
const HEAD: (&str, &str) = ("in_head", "h34d-s3cret");
const TOKEN: (&str, &str) = ("token", "t0ken-s3cret");

fn keyed(
    base: &str,
    file: &str,
    operations: &[&str],
    keys: &[(&str, &str)],
    headers: &[(&str, &str)],
) -> Result<Http, String> {
    let secrets = |all: &[(&str, &str)]| {
        let one =
            |(name, value): &(&str, &str)| ((*name).to_owned(), Secret::new((*value).to_owned()));
        all.iter().map(one).collect()
    };
    Http::open(Api {
        file: "keys.yaml".to_owned(),
        description: file.to_owned(),
        operations: operations.iter().map(|one| (*one).to_owned()).collect(),
        base: base.to_owned(),
        headers: secrets(headers),
        keys: secrets(keys),
        files: None,
        private: false,
        time: Duration::from_secs(20),
    })
}

#[test]
fn what_an_operation_needs_and_nobody_gave_is_named() {
    type All<'a> = &'a [(&'a str, &'a str)];
    let check = |operation: &str, keys: All<'_>, headers: All<'_>, expected: &str| {
        let Err(why) = keyed("https://a.example", FILE, &[operation], keys, headers) else {
            panic!("{operation} is served")
        };
        assert!(why.contains(expected) && !why.contains("s3cret"), "{why}");
    };
    let lacks = |name: &str| format!("needs the key `{name}`, and none is given: `--key {name}=");
    check("both", &[], &[], &lacks("in_query"));
    check("both", &[QUERY], &[], &lacks("in_cookie"));
    check("both", &[COOKIE], &[], &lacks("in_query"));
    check("person", &[], &[], "`--header Authorization=VARIABLE`");
    check("person", &[("signed", "s3cret")], &[], "the key `signed`: its file calls it `oauth2`");
    check("machine", &[], &[("Authorization", "x")], "`certificate`, which is `mutualTLS`");
    check("lost", &[], &[], "no key `nowhere` in `securitySchemes`, but `in_query`");
    check("odd", &[QUERY], &[], "is no list");
    check("both", &[("other", "s3cret")], &[], "no key `other`");
    check("both", &[QUERY, ("in_cookie", "a;s3cret=1")], &[], "`in_cookie`: it cannot be sent");
    check("both", &[QUERY, ("in_cookie", "")], &[], "`in_cookie`: it cannot be sent");
    check("both", &[COOKIE, ("in_query", " ")], &[], "`in_query`: it cannot be sent");
    check("open", &[("in_head", "a\r\ns3cret: 1")], &[], "`in_head`: it cannot be sent");
    check("open", &[("host", "s3cret")], &[], "`host`: it cannot be sent");
    check("open", &[("two", "s3cret")], &[], "`two`: it cannot be sent");

    let served = |operation: &str, keys: All<'_>, headers: All<'_>| {
        keyed("https://a.example", FILE, &[operation], keys, headers).map(drop).unwrap();
    };
    served("open", &[], &[]);
    served("either", &[], &[]);
    served("both", &[QUERY], &[("Cookie", "sid=1")]);
    served("person", &[], &[("authorization", "Basic eHg=")]);
}

/// Says back all that it was sent, in its body and its error.
async fn echo(request: Request) -> impl IntoResponse {
    let said = |name: &str| {
        let value = request.headers().get(name);
        value.map_or("", |value| value.to_str().unwrap()).to_owned()
    };
    let (uri, cookie) = (request.uri().to_string(), said("cookie"));
    let authorization = said("authorization");
    // Some say a token again without the word before it.
    let token = authorization.split(' ').next_back().unwrap_or_default();
    let all = json!({ "uri": uri, cookie: [said("x-head"), authorization, token, said("cookie")] });
    match request.uri().path() {
        "/both" => axum::Json(all).into_response(),
        "/late" => (StatusCode::BAD_GATEWAY, all.to_string()).into_response(),
        _ => (StatusCode::FORBIDDEN, all.to_string()).into_response(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_goes_where_the_file_says_and_is_never_said_again() {
    let seen = Asked::default();
    let record = {
        let seen = Arc::clone(&seen);
        move |request: Request| {
            let cookie = request.headers().get("cookie").map(|all| all.to_str().unwrap());
            let head = |name: &str| {
                let value = request.headers().get(name).map(|value| value.to_str().unwrap());
                value.unwrap_or("-").to_owned()
            };
            let line = format!(
                "{} cookie={} head={} token={}",
                request.uri(),
                cookie.unwrap_or("-"),
                head("x-head"),
                head("authorization"),
            );
            seen.lock().unwrap().push(line);
            echo(request)
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(record)).await });
    let talk = move || {
        let last = || seen.lock().unwrap().last().cloned().unwrap_or_default();
        let all = [QUERY, COOKIE, HEAD, TOKEN];
        let http = keyed(&base, FILE, &["both", "open", "either", "late"], &all, &[]).unwrap();
        let tools = http.tools();
        let taken = tools[0].input_schema["properties"].as_object().unwrap();
        let mut taken: Vec<&String> = taken.keys().collect();
        taken.sort();
        assert_eq!(taken, ["X-HEAD", "lang", "where"], "a key is no argument");

        let args = json!({ "lang": "de; sid=x", "where": { "k": "v" } });
        let answer = came(&http, "both", args).unwrap();
        let sent =
            "/both?k=v&api%20key=q%2Bs3cret%2F cookie=lang=de%3B%20sid%3Dx; sid=c00kie-s3cret";
        assert_eq!(last(), format!("{sent} head=- token=-"));
        let expected = json!({
            "uri": "/both?k=v&api%20key=[in_query]",
            "lang=de%3B%20sid%3Dx; sid=[in_cookie]":
                ["", "", "", "lang=de%3B%20sid%3Dx; sid=[in_cookie]"],
        });
        assert_eq!(answer["body"], expected);
        // An operation that asks for none gets none; of several ways the first with a key is taken.
        let why = came(&http, "open", json!({})).unwrap_err();
        assert!(last().ends_with("/open cookie=- head=- token=-"), "{}", last());
        assert!(why.contains("403"), "{why}");
        let why = came(&http, "either", json!({})).unwrap_err();
        assert!(
            last().ends_with("/either cookie=- head=- token=Bearer t0ken-s3cret"),
            "{}",
            last()
        );
        assert!(why.contains("Bearer [token]") && !why.contains("s3cret"), "{why}");

        let why = came(&http, "late", json!({})).unwrap_err();
        assert!(why.contains("in doubt") && why.contains("[in_cookie]"), "{why}");
        assert!(!why.contains("s3cret"), "{why}");

        // A model cannot put another value beside the key.
        let count = seen.lock().unwrap().len();
        let why = came(&http, "both", json!({ "where": { "api key": "mine" } })).unwrap_err();
        assert!(why.contains("`api key` is the key's place"), "{why}");
        assert_eq!(seen.lock().unwrap().len(), count);

        // Where the file says nothing of who needs a key, each goes along; cookies are joined.
        let silent = FILE.replace("security: [ { in_query: [], in_cookie: [] } ]\n", "");
        let given = [("Cookie", "a=1; b=s3cret-two"), ("Authorization", "Basic s3cret-b4sic")];
        let http = keyed(&base, &silent, &["both"], &[COOKIE, HEAD], &given).unwrap();
        assert!(http.tools()[0].input_schema["properties"].get("X-HEAD").is_none());
        let answer = came(&http, "both", json!({ "api key": "mine" })).unwrap();
        let sent = "/both?api%20key=mine cookie=a=1; b=s3cret-two; sid=c00kie-s3cret";
        assert_eq!(last(), format!("{sent} head=h34d-s3cret token=Basic s3cret-b4sic"));
        assert!(!answer.to_string().contains("s3cret"), "{answer}");

        // Nobody is there: the address, and the key in it, is not in the error.
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let http = keyed(&format!("http://{nobody}"), FILE, &["both"], &all, &[]).unwrap();
        let why = came(&http, "both", json!({})).unwrap_err();
        assert!(!why.contains("s3cret") && !why.contains("in_query"), "{why}");
    };
    tokio::task::spawn_blocking(talk).await.unwrap();
}
