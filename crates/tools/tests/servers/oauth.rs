//! Sign-in to servers elsewhere: the pool, a person's browser, and those who hand out tokens.

use std::sync::Arc;

use journal::Code;
use plan::lock::Lock;
use plan::workflow::Effect;
use serde_json::json;
use tempfile::TempDir;
use tools::{Callback, Remote, Secret, ServerSpec, SignIn, Tokens, Tools, Way};

use crate::far::Far;
use crate::{call, failure, launcher, pool, value};

fn spec(url: &str, folder: &TempDir) -> ServerSpec {
    let mut remote = Remote::new(Secret::new(url.to_owned()));
    remote.tokens = Some(Arc::new(Tokens::new(folder.path(), "far")));
    ServerSpec::new("far", Way::Remote(remote))
}

fn remote(spec: &mut ServerSpec) -> &mut Remote {
    let Way::Remote(remote) = &mut spec.way else { panic!("it is elsewhere") };
    remote
}

/// What a browser shows, wherever it is sent in the end.
async fn page(address: String) -> (u16, String) {
    // The first provider stays; a second installation is no failure.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let page = reqwest::get(address).await.unwrap();
    (page.status().as_u16(), page.text().await.unwrap())
}

/// A person with a browser signs in.
async fn sign_in(spec: &ServerSpec) -> Result<(), String> {
    let callback = Callback::bind(None).await.unwrap();
    let sign_in = SignIn::begin(spec, &callback.redirect()).await?;
    let (state, address) = (sign_in.state(), sign_in.address().to_owned());
    let browser = tokio::spawn(page(address));
    let came = callback.came_back(&state).await.unwrap();
    let (status, text) = browser.await.unwrap();
    assert!(status == 200 && !text.contains("s3cret"), "{text}");
    sign_in.finish(&came).await
}

async fn signed_in() -> (Far, TempDir, ServerSpec, (Tools, Lock)) {
    let (far, folder) = (Far::start().await, tempfile::tempdir().unwrap());
    let spec = spec(&far.url, &folder);
    sign_in(&spec).await.unwrap();
    let pool = pool(vec![spec.clone()], Effect::Write).await;
    (far, folder, spec, pool)
}

async fn say(pool: &(Tools, Lock), what: &str) -> tools::Called {
    call(pool, "far.echo", json!({ "say": what }), 20_000).await
}

fn unsent(called: &tools::Called) -> &str {
    let (code, certain, text) = failure(called);
    assert!(code == Code::Unavailable && certain, "{code:?}: {text}");
    assert!(!text.contains("s3cret"), "{text}");
    text
}

#[tokio::test]
async fn a_person_signs_in_and_the_token_goes_to_that_server_alone() {
    let (far, folder) = (Far::start().await, tempfile::tempdir().unwrap());
    let spec = spec(&far.url, &folder);
    let first = Tools::new(vec![spec.clone()], &Lock::default(), launcher());
    let why = first.offered("far").await.unwrap_err().to_string();
    assert!(why.contains("`flightdeck mcp login far` signs in"), "{why}");
    assert!(spec.tokens().unwrap().wanted());

    sign_in(&spec).await.unwrap();
    assert!(!spec.tokens().unwrap().wanted());
    let standing = spec.tokens().unwrap().standing().unwrap().unwrap();
    assert_eq!((standing.issuer, standing.scopes), (far.at().issuer.clone(), vec!["read".into()]));
    let pool = pool(vec![spec.clone()], Effect::Write).await;
    assert_eq!(value(&say(&pool, "hello").await), json!({ "text": "hello" }));
    // What is secret does not come back, whoever says it.
    for secret in ["access-s3cret-1", "renewal-s3cret-1", "registered-s3cret-1"] {
        assert_eq!(value(&say(&pool, secret).await), json!({ "text": "[token]" }));
    }
    let asked = far.at().authorized.remove(0);
    let got = far.at().tokens.remove(0);
    assert_eq!((&asked["resource"], &got["resource"]), (&far.url, &far.url));
    assert!(asked["code_challenge_method"] == "S256" && got["code_verifier"].len() >= 43);
    assert!(got["authorization"].starts_with("Basic "), "the registered secret was used");

    // The same name at another address is another server, and gets no token.
    let other = Far::start().await;
    let (mut moved, there) = (spec.clone(), Secret::new(other.url.clone()));
    remote(&mut moved).url = there;
    let pool = Tools::new(vec![moved], &Lock::default(), launcher());
    assert!(pool.offered("far").await.is_err());
    let shown = std::mem::take(&mut other.at().shown);
    assert!(!shown.is_empty() && shown.iter().all(String::is_empty), "{shown:?}");
}

#[tokio::test]
async fn a_token_that_ended_is_renewed_once_for_all() {
    let (far, _folder, spec, pool) = signed_in().await;
    // It is taken for ended at once; each caller renews it, and none uses a renewal up twice.
    far.at().lasts = 1;
    far.at().takes.as_mut().unwrap().clear();
    let (one, two, three) = tokio::join!(say(&pool, "one"), say(&pool, "two"), say(&pool, "three"));
    for (called, text) in [(one, "one"), (two, "two"), (three, "three")] {
        assert_eq!(value(&called), json!({ "text": text }));
    }
    assert!(far.at().tokens.iter().skip(1).all(|asked| asked["resource"] == far.url));

    // Another process renews it too, from what the first one kept.
    far.at().lasts = 3600;
    let other = Tools::new(vec![spec.clone()], &pool.1, launcher());
    other.offered("far").await.unwrap();
    let count = far.at().tokens.len();
    assert_eq!(value(&say(&pool, "again").await), json!({ "text": "again" }));
    assert_eq!(far.at().tokens.len(), count, "what the other process kept is good here");
}

#[tokio::test]
async fn what_cannot_be_renewed_says_how_to_sign_in_and_nothing_is_sent() {
    let (far, _folder, spec, pool) = signed_in().await;
    far.at().renews = false;
    far.at().takes.as_mut().unwrap().clear();
    let called = say(&pool, "hello").await;
    let text = unsent(&called);
    assert!(text.contains("`flightdeck mcp login far` signs in"), "{text}");
    assert_eq!(far.at().calls, 0);
    // A renewal that was refused is not shown again.
    let count = far.at().tokens.len();
    let called = say(&pool, "hello").await;
    assert!(unsent(&called).contains("`flightdeck mcp login far` signs in"));
    assert_eq!(far.at().tokens.len(), count);

    sign_in(&spec).await.unwrap();
    let again = (Tools::new(vec![spec.clone()], &pool.1, launcher()), pool.1.clone());
    assert_eq!(value(&say(&again, "hello").await), json!({ "text": "hello" }));
    assert_eq!(far.at().calls, 1);
}

#[tokio::test]
async fn a_server_that_wants_more_is_asked_for_more_by_a_person() {
    let (far, _folder, spec, pool) = signed_in().await;
    let called = say(&pool, "write").await;
    let text = unsent(&called);
    assert!(text.contains("more than was granted (write)"), "{text}");
    assert!(text.contains("`flightdeck mcp login far`"), "{text}");
    assert_eq!(far.at().calls, 0);
    assert_eq!(far.at().authorized.len(), 1, "no program asks for more");
    sign_in(&spec).await.unwrap();
    assert_eq!(far.at().authorized[1]["scope"], "read write");
    assert_eq!(value(&say(&pool, "write").await), json!({ "text": "write" }));
}

#[tokio::test]
async fn an_answer_of_somebody_else_is_not_taken() {
    let (far, folder) = (Far::start().await, tempfile::tempdir().unwrap());
    let spec = spec(&far.url, &folder);
    let refused = async |expected: &str| {
        let why = sign_in(&spec).await.unwrap_err();
        assert!(why.contains(expected) && !why.contains("s3cret"), "{why}");
        assert!(far.at().tokens.is_empty(), "no code was shown to anybody: {expected}");
    };
    far.at().says_iss = Some("https://elsewhere.example".to_owned());
    refused("issuer mismatch").await;
    far.at().says_error = Some("access_denied".to_owned());
    refused("somebody else answered").await;
    far.at().says_iss = None;
    refused("refused there: access_denied").await;
    far.at().says_error = None;
    far.at().without_pkce = true;
    refused("PKCE").await;
    far.at().without_pkce = false;
    far.at().says_issuer = Some("https://elsewhere.example".to_owned());
    refused("issuer mismatch").await;
    far.at().says_issuer = None;

    let sign_in = SignIn::begin(&spec, "http://127.0.0.1:1/callback").await.unwrap();
    let forged = "http://127.0.0.1:1/callback?code=c0de-s3cret&state=other";
    let why = sign_in.finish(forged).await.unwrap_err();
    assert!(why.contains("another sign-in"), "{why}");
    assert!(far.at().tokens.is_empty() && spec.tokens().unwrap().standing().unwrap().is_none());
}

#[tokio::test]
async fn a_port_takes_the_answer_that_is_waited_for() {
    let callback = Callback::bind(None).await.unwrap();
    let redirect = callback.redirect();
    let browser = tokio::spawn(async move {
        let mut seen = Vec::new();
        for query in ["", "?state=other&code=1", "?code=2", "?code=3&state=right"] {
            seen.push(page(format!("{redirect}{query}")).await.0);
        }
        seen
    });
    let came = callback.came_back("right").await.unwrap();
    assert!(came.ends_with("?code=3&state=right"), "{came}");
    assert_eq!(browser.await.unwrap(), [400, 400, 400, 200]);
}

#[tokio::test]
async fn a_sign_in_leads_nowhere_that_a_server_may_not_be() {
    let (far, folder) = (Far::start().await, tempfile::tempdir().unwrap());
    let (other, spec) = (Far::start().await, spec(&far.url, &folder));
    for address in ["http://10.0.0.1", "https://10.0.0.1", "https://169.254.169.254", "file:///x"] {
        far.at().names_server = Some(address.to_owned());
        assert!(sign_in(&spec).await.is_err(), "{address}");
    }
    far.at().names_server = None;
    // A redirect is not followed, wherever it leads.
    let there = format!("{}/.well-known/oauth-protected-resource", other.at().issuer);
    far.at().sends_elsewhere = Some(there);
    let why = sign_in(&spec).await.unwrap_err();
    assert!(why.contains("does not say who signs people in"), "{why}");
    assert!(other.at().requests == 0 && far.at().authorized.is_empty());
}

#[tokio::test]
async fn a_secret_goes_to_the_issuer_it_is_for() {
    let (far, folder) = (Far::start().await, tempfile::tempdir().unwrap());
    let mut spec = spec(&far.url, &folder);
    remote(&mut spec).client.id = Some("agreed".to_owned());
    remote(&mut spec).client.secret = Some(Secret::new("agreed-s3cret".to_owned()));
    let why = sign_in(&spec).await.unwrap_err();
    assert!(why.contains("does not name the `issuer`"), "{why}");
    remote(&mut spec).client.issuer = Some("https://elsewhere.example".to_owned());
    let why = sign_in(&spec).await.unwrap_err();
    assert!(why.contains("another `issuer`"), "{why}");
    assert!(far.at().tokens.is_empty());
    remote(&mut spec).client.issuer = Some(far.at().issuer.clone());
    sign_in(&spec).await.unwrap();
    assert_eq!(far.at().authorized[0]["client_id"], "agreed");
    let kept = std::fs::read_to_string(folder.path().join("far.json")).unwrap();
    assert!(!kept.contains("agreed-s3cret"), "what is declared is not kept");
    // It is there when the token is renewed.
    far.at().takes.as_mut().unwrap().clear();
    let pool = pool(vec![spec], Effect::Write).await;
    assert_eq!(value(&say(&pool, "hello").await), json!({ "text": "hello" }));
    assert!(far.at().tokens.iter().all(|asked| asked["authorization"].starts_with("Basic ")));
}

#[tokio::test]
async fn a_program_signs_in_for_itself_where_that_was_agreed() {
    let (far, folder) = (Far::start().await, tempfile::tempdir().unwrap());
    let mut spec = spec(&far.url, &folder);
    let client = &mut remote(&mut spec).client;
    (client.id, client.alone) = (Some("agreed".to_owned()), true);
    client.secret = Some(Secret::new("agreed-s3cret".to_owned()));
    client.issuer = Some(far.at().issuer.clone());
    let pool = pool(vec![spec], Effect::Write).await;
    assert_eq!(value(&say(&pool, "hello").await), json!({ "text": "hello" }));
    assert_eq!(value(&say(&pool, "access-s3cret-1").await), json!({ "text": "[token]" }));
    assert_eq!(far.at().tokens.len(), 1, "one token serves until it ends");
    assert_eq!(far.at().tokens[0]["grant_type"], "client_credentials");
    assert!(far.at().authorized.is_empty(), "nobody was asked");
    far.at().takes.as_mut().unwrap().clear();
    assert_eq!(value(&say(&pool, "hello").await), json!({ "text": "hello" }));
    assert_eq!(far.at().tokens.len(), 2);
}
