//! Tokens by OAuth, as the protocol's authorization specification has it: who hands them out, a
//! person's sign-in, renewal. It must not fetch an address that a server may not have, follow a
//! redirect, or give a secret to anybody but the issuer it is for.

mod fetch;

use std::error::Error;
use std::sync::Arc;

use reqwest::Url;
use rmcp::transport::auth::{
    AuthError, AuthorizationManager, AuthorizationMetadata, ClientCredentialsConfig,
    CredentialStore, InMemoryCredentialStore, OAuthClientConfig, OAuthTokenResponse,
    StoredCredentials, WWWAuthenticateParams,
};
use serde::Deserialize;
use serde_json::json;

use crate::connection::Connection;
use crate::process::{Launcher, Spawner};
use crate::reach;
use crate::remote;
use crate::spec::{Remote, Secret, ServerSpec, Way};
use crate::tokens::{Grant, Kept, Tokens};
use fetch::Fetch;

/// As much of what another server says is repeated to a person.
const SAID_CHARS: usize = 300;
/// Where a renewal would be sent back to. It is never sent anywhere.
const NOWHERE: &str = "http://127.0.0.1/callback";

/// A person's sign-in that has begun: they open [`SignIn::address`], and are sent back.
pub struct SignIn {
    manager: AuthorizationManager,
    tokens: Arc<Tokens>,
    url: String,
    issuer: String,
    client: OAuthClientConfig,
    declared: bool,
    scopes: Vec<String>,
    address: String,
}

impl SignIn {
    /// Asks the server who signs people in, and makes this program known there. `redirect` is
    /// where the person's browser is sent back to.
    pub async fn begin(spec: &ServerSpec, redirect: &str) -> Result<Self, String> {
        let spec = spec.leased().await?;
        Self::begun(&spec, redirect).await.map_err(|why| spec.redact(why))
    }

    async fn begun(spec: &ServerSpec, redirect: &str) -> Result<Self, String> {
        let (Way::Remote(remote), Some(tokens)) = (&spec.way, spec.tokens()) else {
            return Err("nobody signs in to it".to_owned());
        };
        // What the server wants is said when it is used. What else comes of that is not asked.
        drop(Connection::open(&Spawner::new(Launcher::Direct), spec, None).await);
        let kept = tokens.load()?;
        let asked = kept.asked.filter(|asked| !asked.is_empty());
        let found = Found::of(remote, asked.as_deref()).await.map_err(|error| said(&error))?;
        found.signs_people_in(remote)?;
        let Found { mut manager, issuer, metadata } = found;
        let before = kept.grant.filter(|grant| grant.issuer == issuer);
        let before = before.map(|grant| grant.scopes).unwrap_or_default();
        let scopes = scopes(remote, &manager, before, asked.as_deref()).await;
        let wanted: Vec<&str> = scopes.iter().map(String::as_str).collect();
        let declared = declared(remote, &metadata);
        let client = match declared {
            Some(id) => configured(remote, id, None, redirect),
            None if metadata.registration_endpoint.is_none() => {
                let why = "whoever signs people in there takes no program that it does not know";
                return Err(format!("{why}: register one, and declare `oauth.clientId`"));
            }
            None => {
                let registered = manager.register_client("Flightdeck", redirect, &wanted).await;
                registered.map_err(|error| said(&error))?
            }
        };
        let declared = declared.is_some();
        manager.configure_client(client.clone()).map_err(|error| said(&error))?;
        let address = manager.get_authorization_url(&wanted).await.map_err(|e| said(&e))?;
        let (url, tokens) = (remote.url.reveal().to_owned(), Arc::clone(tokens));
        Ok(Self { manager, tokens, url, issuer, client, declared, scopes, address })
    }

    /// What the person opens in a browser.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Who asks the person.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What is asked for.
    #[must_use]
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// What the address that the person is sent back to must hold as `state`.
    #[must_use]
    pub fn state(&self) -> String {
        query(&self.address, "state").unwrap_or_default()
    }

    /// Takes the address that the person was sent back to, and keeps the tokens it is worth.
    pub async fn finish(self, came_back: &str) -> Result<(), String> {
        let state = self.state();
        if state.is_empty() || query(came_back, "state").as_ref() != Some(&state) {
            return Err("the address that came back belongs to another sign-in".to_owned());
        }
        let issuer = query(came_back, "iss");
        if let Some(why) = query(came_back, "error") {
            let why: String = why.chars().take(SAID_CHARS).collect();
            return Err(match issuer.is_none_or(|issuer| issuer == self.issuer) {
                true => format!("the sign-in was refused there: {why}"),
                false => "somebody else answered than was asked".to_owned(),
            });
        }
        let code = query(came_back, "code").ok_or("the address that came back holds no code")?;
        let issuer = issuer.as_deref();
        let got = self.manager.exchange_code_for_token_with_issuer(&code, &state, issuer).await;
        let got = got.map_err(|error| blotted(&said(&error), &self.client, &code))?;
        let secret = self.client.client_secret.filter(|_| !self.declared);
        let id = self.client.client_id;
        let grant = grant(&got, &self.url, self.issuer, (id, secret), self.scopes, None);
        let grant = grant.map_err(|error| said(&error))?;
        let turn = self.tokens.turn().await?;
        self.tokens.save(&Kept { grant: Some(grant), asked: None }, &turn)
    }
}

/// A token that this program is given for itself, by the agreement that `.mcp.json` names.
pub(crate) async fn alone(remote: &Remote) -> Result<Grant, AuthError> {
    let Found { mut manager, issuer, metadata } = Found::of(remote, None).await?;
    let (Some(id), Some(secret)) = (&remote.client.id, &remote.client.secret) else {
        return Err(failed("`oauth` names no client with its secret"));
    };
    let mut resource = Url::parse(remote.url.reveal())?;
    resource.set_query(None);
    resource.set_fragment(None);
    let scopes = scopes(remote, &manager, Vec::new(), None).await;
    manager.set_metadata(metadata);
    let config = ClientCredentialsConfig::ClientSecret {
        client_id: id.clone(),
        client_secret: secret.reveal().to_owned(),
        scopes: scopes.clone(),
        resource: Some(resource.to_string()),
    };
    manager.validate_client_credentials_metadata(&config)?;
    manager.configure_client_credentials(&config)?;
    let got = manager.exchange_client_credentials(&config).await?;
    grant(&got, remote.url.reveal(), issuer, (id.clone(), None), scopes, None)
}

/// A newer token for one that ended.
pub(crate) async fn renewed(remote: &Remote, old: &Grant) -> Result<Grant, AuthError> {
    let Found { mut manager, issuer, .. } = Found::of(remote, None).await?;
    // A renewal is worth a token, so it is shown to nobody but who gave it.
    if issuer != old.issuer {
        return Err(AuthError::AuthorizationRequired);
    }
    let (id, secret) = (old.client.as_str(), old.client_secret.clone());
    manager.configure_client(configured(remote, id, secret, NOWHERE))?;
    let token = json!({
        "access_token": old.access, "token_type": "bearer", "refresh_token": old.refresh,
    });
    let token = serde_json::from_value(token).map_err(|error| failed(&error.to_string()))?;
    let scopes = old.scopes.clone();
    let stored = StoredCredentials::new(old.client.clone(), Some(token), scopes.clone(), None);
    let store = InMemoryCredentialStore::new();
    store.save(stored).await?;
    manager.set_credential_store(store);
    let got = manager.refresh_token().await?;
    let client = (old.client.clone(), old.client_secret.clone());
    grant(&got, &old.url, issuer, client, scopes, old.refresh.clone())
}

/// Gives a token back that this program was given for itself, where whoever gave it takes it back
/// (RFC 7009). One that is not taken back serves until it ends.
pub(crate) async fn given_back(remote: &Remote) -> Result<(), String> {
    let (Some(tokens), true) = (&remote.tokens, remote.client.alone) else { return Ok(()) };
    if tokens.load()?.grant.is_none() {
        return Ok(());
    }
    let Found { issuer, metadata, .. } = Found::of(remote, None).await.map_err(|e| said(&e))?;
    let address = metadata.additional_fields.get("revocation_endpoint");
    let Some(address) = address.and_then(|address| address.as_str()) else { return Ok(()) };
    let turn = tokens.turn().await?;
    let kept = tokens.load()?;
    let url = remote.url.reveal();
    let ours = kept.grant.filter(|grant| grant.url == url && grant.issuer == issuer);
    let (Some(grant), Some(id), Some(secret)) = (ours, &remote.client.id, &remote.client.secret)
    else {
        return Ok(());
    };
    // Nobody shows it any more, whether it is taken back or not.
    tokens.save(&Kept { grant: None, asked: kept.asked }, &turn)?;
    drop(turn);
    let (_, reach) = reach::address(url, remote.private)?;
    let fetch = Fetch::new(reach, remote.private);
    let form = [("token", grant.access.as_str()), ("token_type_hint", "access_token")];
    fetch.posted(address, &form, (id, secret.reveal())).await
}

/// Who hands out tokens for a server.
struct Found {
    manager: AuthorizationManager,
    issuer: String,
    metadata: AuthorizationMetadata,
}

impl Found {
    async fn of(remote: &Remote, challenge: Option<&str>) -> Result<Self, AuthError> {
        let (url, reach) = reach::address(remote.url.reveal(), remote.private)
            .map_err(AuthError::AuthorizationFailed)?;
        let fetch = Arc::new(Fetch::new(reach, remote.private));
        let mut manager = AuthorizationManager::new_with_oauth_http_client(url, fetch).await?;
        let found = manager.resolve_metadata_from_challenge(challenge).await?;
        let metadata = found.metadata;
        // An address that was only guessed may be anybody's.
        let issuer = metadata.issuer.clone().filter(|_| found.source.is_discovered());
        let Some(issuer) = issuer else {
            return Err(failed("it does not say who signs people in"));
        };
        let expected = remote.client.issuer.as_ref();
        if expected.is_some_and(|expected| *expected != issuer) {
            return Err(failed("it names another `issuer` than `.mcp.json` does"));
        }
        if remote.client.secret.is_some() && expected.is_none() {
            return Err(failed("`oauth` has a secret and does not name the `issuer` it is for"));
        }
        manager.set_metadata(metadata.clone());
        Ok(Self { manager, issuer, metadata })
    }

    /// What a person opens must be a place that may be opened, and protect its answer.
    fn signs_people_in(&self, remote: &Remote) -> Result<(), String> {
        let methods = self.metadata.code_challenge_methods_supported.as_deref().unwrap_or_default();
        if !methods.iter().any(|method| method == "S256") {
            return Err("whoever signs people in there does not protect the answer (PKCE)".into());
        }
        let (_, here) = reach::address(remote.url.reveal(), remote.private)?;
        let fetch = Fetch::new(here, remote.private);
        fetch.allowed(&self.metadata.authorization_endpoint).map(drop)
    }
}

/// What is asked for: what was granted before, what is declared or else what the server says it
/// needs, and what it found missing the last time.
async fn scopes(
    remote: &Remote,
    manager: &AuthorizationManager,
    before: Vec<String>,
    asked: Option<&str>,
) -> Vec<String> {
    let mut all = before;
    match remote.client.scopes.as_slice() {
        [] => all.extend(manager.select_initial_scopes(&[]).await),
        declared => all.extend(declared.iter().cloned()),
    }
    if let (Some(asked), Ok(url)) = (asked, Url::parse(remote.url.reveal())) {
        let missing = WWWAuthenticateParams::parse(asked, &url).scope.unwrap_or_default();
        all.extend(missing.split_whitespace().map(str::to_owned));
    }
    let mut once = Vec::new();
    for scope in all {
        if !once.contains(&scope) {
            once.push(scope);
        }
    }
    once
}

/// The client that was agreed on. An `https` address describes one to those who read such
/// documents, and is nothing to others.
fn declared<'r>(remote: &'r Remote, metadata: &AuthorizationMetadata) -> Option<&'r str> {
    let reads = metadata.additional_fields.get("client_id_metadata_document_supported");
    let reads = reads == Some(&json!(true));
    remote.client.id.as_deref().filter(|id| reads || !id.starts_with("https://"))
}

fn configured(
    remote: &Remote,
    id: &str,
    registered: Option<String>,
    redirect: &str,
) -> OAuthClientConfig {
    let config = OAuthClientConfig::new(id, redirect);
    let declared = remote.client.secret.as_ref().map(Secret::reveal);
    let declared = declared.filter(|_| remote.client.id.as_deref() == Some(id));
    match registered.as_deref().or(declared) {
        Some(secret) => config.with_client_secret(secret),
        None => config,
    }
}

/// A token as it comes, by RFC 6749.
#[derive(Deserialize)]
struct Token {
    access_token: String,
    token_type: String,
    refresh_token: Option<String>,
    expires_in: Option<i64>,
    scope: Option<String>,
}

fn grant(
    got: &OAuthTokenResponse,
    url: &str,
    issuer: String,
    (client, client_secret): (String, Option<String>),
    asked: Vec<String>,
    refresh: Option<String>,
) -> Result<Grant, AuthError> {
    let token = serde_json::to_value(got).and_then(serde_json::from_value::<Token>);
    let token = token.map_err(|_| failed("the token that came cannot be read"))?;
    if !token.token_type.eq_ignore_ascii_case("bearer") {
        return Err(failed("the token that came is of a kind that cannot be shown"));
    }
    let now = jiff::Timestamp::now().as_second();
    let scopes = token.scope.map(|s| s.split_whitespace().map(str::to_owned).collect());
    Ok(Grant {
        url: url.to_owned(),
        issuer,
        client,
        client_secret,
        access: token.access_token,
        refresh: token.refresh_token.or(refresh),
        ends: token.expires_in.map(|seconds| now.saturating_add(seconds)),
        scopes: scopes.unwrap_or(asked),
    })
}

/// One value of an address.
fn query(address: &str, name: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn failed(why: &str) -> AuthError {
    AuthError::AuthorizationFailed(why.to_owned())
}

/// An error in words, without what the SDK puts around our own.
fn said(error: &AuthError) -> String {
    let all = match error {
        AuthError::AuthorizationFailed(why) => why.clone(),
        other => remote::chain(other as &(dyn Error + 'static)),
    };
    all.chars().take(SAID_CHARS).collect()
}

/// A text without what another server may have repeated in it.
fn blotted(text: &str, client: &OAuthClientConfig, code: &str) -> String {
    let secret = client.client_secret.as_deref().into_iter().chain([code]);
    secret.filter(|s| s.len() >= 4).fold(text.to_owned(), |text, s| text.replace(s, "[secret]"))
}
