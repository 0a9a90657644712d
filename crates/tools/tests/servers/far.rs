//! A server elsewhere that wants its callers to sign in, and who signs them in: two servers on
//! loopback, written by hand so that they may do what neither should.
#![allow(dead_code, reason = "each of the test programs uses its part")]

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

type Pairs = HashMap<String, String>;

/// What the two saw, and what they are to do.
#[derive(Default)]
pub struct Desk {
    mcp: String,
    pub issuer: String,
    /// Everything that came to the server itself.
    pub requests: u32,
    pub calls: u32,
    /// How its callers named themselves, in order.
    pub shown: Vec<String>,
    /// The tokens it takes, and for what. None: it takes everybody.
    pub takes: Option<BTreeMap<String, String>>,
    /// Questions for a person, and for a token.
    pub authorized: Vec<Pairs>,
    pub tokens: Vec<Pairs>,
    registered: u32,
    /// How long a token lasts, in seconds.
    pub lasts: u32,
    pub renews: bool,
    /// What stands in place of what should.
    pub says_iss: Option<String>,
    pub says_issuer: Option<String>,
    pub says_error: Option<String>,
    pub without_pkce: bool,
    /// How it answers when a token is given back; nothing where it takes none back.
    pub takes_back: Option<u16>,
    pub taken_back: Vec<Pairs>,
    pub names_server: Option<String>,
    pub sends_elsewhere: Option<String>,
}

pub type Shared = Arc<Mutex<Desk>>;

/// Both servers, running.
pub struct Far {
    pub desk: Shared,
    pub url: String,
}

impl Far {
    /// A server that asks for a sign-in, and the one that signs people in.
    pub async fn start() -> Self {
        let desk = Shared::default();
        let app = Router::new().route("/.well-known/oauth-authorization-server", get(metadata));
        let app = app.route("/authorize", get(authorize)).route("/register", post(register));
        let app = app.route("/revoke", post(revoke));
        let sign_in = listen(app.route("/token", post(token)).with_state(desk.clone())).await;
        let app = Router::new().route("/mcp", any(mcp));
        let app = app.route("/.well-known/oauth-protected-resource/mcp", get(resource));
        let mcp = listen(app.with_state(desk.clone())).await;
        let mut at = desk.lock().unwrap();
        (at.mcp, at.issuer) = (format!("http://{mcp}/mcp"), format!("http://{sign_in}"));
        (at.takes, at.lasts, at.renews) = (Some(BTreeMap::new()), 3600, true);
        let url = at.mcp.clone();
        drop(at);
        Self { desk, url }
    }

    /// The server alone, for whoever comes.
    pub fn open_to_all() -> (Router, Shared) {
        let desk = Shared::default();
        (Router::new().route("/mcp", any(mcp)).with_state(desk.clone()), desk)
    }

    pub fn at(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap()
    }
}

async fn listen(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

async fn mcp(State(desk): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let mut desk = desk.lock().unwrap();
    let shown = headers.get(AUTHORIZATION).map_or("", |value| value.to_str().unwrap()).to_owned();
    let token = shown.strip_prefix("Bearer ").unwrap_or_default().to_owned();
    desk.requests += 1;
    desk.shown.push(shown);
    let challenge = |what: &str| {
        let at = desk.mcp.replace("/mcp", "/.well-known/oauth-protected-resource/mcp");
        [(WWW_AUTHENTICATE, format!("Bearer resource_metadata=\"{at}\", {what}"))]
    };
    let reach = match &desk.takes {
        None => "write",
        Some(takes) => match takes.get(&token) {
            Some(scope) => scope.as_str(),
            None => return (StatusCode::UNAUTHORIZED, challenge("scope=\"read\"")).into_response(),
        },
    };
    let Ok(message) = serde_json::from_slice::<Value>(&body) else {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    };
    let (id, said) = (&message["id"], message["params"]["arguments"]["say"].as_str());
    if id.is_null() {
        return StatusCode::ACCEPTED.into_response();
    }
    let said = said.unwrap_or_default();
    if said == "write" && !reach.contains("write") {
        let challenge = challenge("error=\"insufficient_scope\", scope=\"write\"");
        return (StatusCode::FORBIDDEN, challenge).into_response();
    }
    let result = match message["method"].as_str().unwrap_or_default() {
        "initialize" => json!({
            "protocolVersion": "2025-11-25", "capabilities": { "tools": {} },
            "serverInfo": { "name": "far", "version": "1" },
        }),
        "tools/list" => {
            let say = json!({ "say": { "type": "string" } });
            let schema = json!({ "type": "object", "properties": say });
            json!({ "tools": [{ "name": "echo", "description": "Says it.", "inputSchema": schema }] })
        }
        "tools/call" => {
            desk.calls += 1;
            json!({ "content": [{ "type": "text", "text": said }] })
        }
        _ => {
            let error = json!({ "code": -32601, "message": "no such method" });
            return Json(json!({ "jsonrpc": "2.0", "id": id, "error": error })).into_response();
        }
    };
    Json(json!({ "jsonrpc": "2.0", "id": id, "result": result })).into_response()
}

async fn resource(State(desk): State<Shared>) -> Response {
    let desk = desk.lock().unwrap();
    if let Some(elsewhere) = &desk.sends_elsewhere {
        return (StatusCode::FOUND, [(LOCATION, elsewhere.clone())]).into_response();
    }
    let server = desk.names_server.as_ref().unwrap_or(&desk.issuer);
    Json(json!({ "resource": desk.mcp, "authorization_servers": [server] })).into_response()
}

async fn metadata(State(desk): State<Shared>) -> Response {
    let desk = desk.lock().unwrap();
    let at = |path: &str| format!("{}{path}", desk.issuer);
    let mut said = json!({
        "issuer": desk.says_issuer.as_ref().unwrap_or(&desk.issuer),
        "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"),
        "registration_endpoint": at("/register"), "response_types_supported": ["code"],
        "authorization_response_iss_parameter_supported": true,
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
    });
    if desk.takes_back.is_some() {
        said["revocation_endpoint"] = json!(at("/revoke"));
    }
    if !desk.without_pkce {
        said["code_challenge_methods_supported"] = json!(["S256"]);
    }
    Json(said).into_response()
}

async fn register(State(desk): State<Shared>, Json(asked): Json<Value>) -> Response {
    let mut desk = desk.lock().unwrap();
    desk.registered += 1;
    let secret = format!("registered-s3cret-{}", desk.registered);
    let said = json!({ "client_id": format!("client-{}", desk.registered),
        "client_secret": secret, "redirect_uris": asked["redirect_uris"] });
    (StatusCode::CREATED, Json(said)).into_response()
}

async fn authorize(State(desk): State<Shared>, Query(asked): Query<Pairs>) -> Response {
    let mut desk = desk.lock().unwrap();
    let iss = desk.says_iss.as_ref().unwrap_or(&desk.issuer);
    let what = match &desk.says_error {
        Some(error) => format!("error={error}"),
        None => "code=c0de-s3cret".to_owned(),
    };
    let back = format!("{}?{what}&state={}&iss={iss}", asked["redirect_uri"], asked["state"]);
    desk.authorized.push(asked);
    (StatusCode::FOUND, [(LOCATION, back)]).into_response()
}

async fn revoke(State(desk): State<Shared>, headers: HeaderMap, body: String) -> StatusCode {
    let mut desk = desk.lock().unwrap();
    let given = form(&headers, &body);
    if let Some(takes) = &mut desk.takes {
        takes.remove(&given["token"]);
    }
    desk.taken_back.push(given);
    StatusCode::from_u16(desk.takes_back.unwrap()).unwrap()
}

/// A form, and who sent it.
fn form(headers: &HeaderMap, body: &str) -> Pairs {
    let address = format!("/?{body}").parse().unwrap();
    let Query(mut asked) = Query::<Pairs>::try_from_uri(&address).unwrap();
    let client = headers.get(AUTHORIZATION).map_or("", |value| value.to_str().unwrap());
    asked.insert("authorization".to_owned(), client.to_owned());
    asked
}

async fn token(State(desk): State<Shared>, headers: HeaderMap, body: String) -> Response {
    let mut desk = desk.lock().unwrap();
    let asked = form(&headers, &body);
    let number = desk.tokens.len() + 1;
    let renewal = asked.get("refresh_token").cloned();
    let scope = desk.authorized.last().and_then(|asked| asked.get("scope")).cloned();
    desk.tokens.push(asked);
    // Each renewal is good for once.
    let known =
        desk.tokens.iter().rev().skip(1).all(|old| old.get("refresh_token") != renewal.as_ref());
    if renewal.is_some() && !(desk.renews && known) {
        let error = json!({ "error": "invalid_grant" }).to_string();
        let json = [(CONTENT_TYPE, "application/json")];
        return (StatusCode::BAD_REQUEST, json, error).into_response();
    }
    let access = format!("access-s3cret-{number}");
    let scope = scope.unwrap_or_default();
    if let Some(takes) = &mut desk.takes {
        takes.insert(access.clone(), scope.clone());
    }
    let renewal = format!("renewal-s3cret-{number}");
    Json(json!({ "access_token": access, "token_type": "Bearer", "expires_in": desk.lasts,
        "refresh_token": renewal, "scope": scope }))
    .into_response()
}
