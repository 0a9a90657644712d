//! Requests to a server elsewhere, each with the token that is for it. It must not send a token to
//! another address than its own, nor send a request again that the server may have looked at.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::stream::BoxStream;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use reqwest::{Client, Url};
use rmcp::model::ClientJsonRpcMessage;
use rmcp::transport::auth::{AuthError, WWWAuthenticateParams};
use rmcp::transport::streamable_http_client::{
    StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
    StreamableHttpResponseLimits,
};
use sse_stream::Sse;

use crate::oauth;
use crate::spec::Remote;
use crate::tokens::{Grant, Kept, Tokens, Turn};

type Fault = StreamableHttpError<reqwest::Error>;
type Headers = HashMap<HeaderName, HeaderValue>;
type Stream = BoxStream<'static, Result<Sse, sse_stream::Error>>;

/// What speaks to one server.
#[derive(Clone)]
pub(crate) struct Caller {
    client: Client,
    refused: Refused,
    /// None where nobody signs in: there is no place for tokens, or the server has a key.
    holder: Option<Arc<Holder>>,
}

/// That the server turned a caller away, or that nothing could be had to show it.
pub(crate) type Refused = Arc<AtomicBool>;

/// What finds the token for a request.
struct Holder {
    server: String,
    remote: Remote,
    tokens: Arc<Tokens>,
}

impl Caller {
    pub(crate) fn new(client: Client, server: &str, remote: &Remote, refused: Refused) -> Self {
        let keyed =
            remote.headers.keys().any(|name| name.eq_ignore_ascii_case(AUTHORIZATION.as_str()));
        let tokens = remote.tokens.as_ref().filter(|_| !keyed);
        let holder = tokens.map(|tokens| {
            let (server, tokens) = (server.to_owned(), Arc::clone(tokens));
            Arc::new(Holder { server, remote: remote.clone(), tokens })
        });
        Self { client, refused, holder }
    }

    /// Sends a request with a token, where there is one. A server that refuses the token has not
    /// looked at the request, so it is sent once more if there is a newer token.
    async fn with_token<T, F>(&self, send: impl Fn(Option<String>) -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        let Some(holder) = &self.holder else { return self.noted(send(None).await) };
        let token = holder.token(None).await.map_err(Fault::from);
        let token = self.noted(token)?;
        let mut answer = send(token.clone()).await;
        if let (Err(fault), Some(refused)) = (&answer, &token)
            && unknown_caller(fault).is_some()
            && let Some(newer) =
                self.noted(holder.token(Some(refused)).await.map_err(Fault::from))?
        {
            answer = send(Some(newer)).await;
        }
        match self.noted(answer) {
            Ok(answer) => Ok(answer),
            Err(fault) => Err(holder.turned_away(fault).await),
        }
    }

    /// Remembers that what this caller holds was not good enough.
    fn noted<T>(&self, answer: Result<T, Fault>) -> Result<T, Fault> {
        if let Err(fault) = &answer
            && (unknown_caller(fault).is_some() || matches!(fault, Fault::Auth(_)))
        {
            self.refused.store(true, Ordering::Relaxed);
        }
        answer
    }
}

impl Holder {
    /// A token for this server, other than one that it refused. None where there is no sign-in.
    async fn token(self: &Arc<Self>, refused: Option<&str>) -> Result<Option<String>, AuthError> {
        if let Some(token) = self.usable(refused)? {
            return Ok(Some(token));
        }
        let (holder, refused) = (Arc::clone(self), refused.map(str::to_owned));
        // A renewal is often good for once, so one that was sent is seen through to the file even
        // where nobody waits for the call any more.
        let newer = tokio::spawn(async move { holder.newer(refused.as_deref()).await });
        newer.await.map_err(|error| AuthError::InternalError(error.to_string()))?
    }

    fn kept(&self) -> Result<Kept, AuthError> {
        self.tokens.load().map_err(AuthError::CredentialStoreError)
    }

    fn usable(&self, refused: Option<&str>) -> Result<Option<String>, AuthError> {
        let url = self.remote.url.reveal();
        let grant = self.kept()?.grant;
        let grant = grant.filter(|grant| grant.holds(url) && refused != Some(&grant.access));
        Ok(grant.map(|grant| grant.access))
    }

    async fn newer(&self, refused: Option<&str>) -> Result<Option<String>, AuthError> {
        let turn = self.tokens.turn().await.map_err(AuthError::CredentialStoreError)?;
        // Somebody else may have renewed it meanwhile.
        if let Some(token) = self.usable(refused)? {
            return Ok(Some(token));
        }
        let (old, url) = (self.kept()?, self.remote.url.reveal());
        let grant = old.grant.clone().filter(|grant| grant.url == url);
        let renewed = match grant {
            _ if self.remote.client.alone => oauth::alone(&self.remote).await,
            None => return Ok(None),
            Some(grant) if grant.refresh.is_some() => oauth::renewed(&self.remote, &grant).await,
            // The server says itself what it needs.
            Some(_) if refused.is_some() => return Ok(None),
            Some(_) => Err(AuthError::AuthorizationRequired),
        };
        match renewed {
            Ok(grant) => {
                let token = grant.access.clone();
                self.keep(&Kept { grant: Some(grant), asked: old.asked }, &turn)?;
                Ok(Some(token))
            }
            Err(AuthError::AuthorizationRequired | AuthError::TokenRefreshRejected(_)) => {
                // Nobody renews this one any more, so nobody is asked again.
                let grant = old.grant.map(|grant| Grant { refresh: None, ..grant });
                let asked = Some(old.asked.unwrap_or_default());
                self.keep(&Kept { grant, asked }, &turn)?;
                let why = format!("the sign-in has ended: {} signs in again", self.login());
                Err(AuthError::AuthorizationFailed(why))
            }
            Err(error) => Err(error),
        }
    }

    /// What a server's refusal means to a person, kept for the sign-in that follows.
    async fn turned_away(&self, fault: Fault) -> Fault {
        let (challenge, why) = match &fault {
            Fault::InsufficientScope(more) => match more_wanted(&more.www_authenticate_header) {
                Some(why) => (more.www_authenticate_header.as_str(), why),
                None => return fault,
            },
            other => match unknown_caller(other) {
                Some(challenge) => (challenge, "it asks who is calling".to_owned()),
                None => return fault,
            },
        };
        if self.remote.client.alone {
            let why = format!("{why}, and takes nothing that this program may show");
            return AuthError::AuthorizationFailed(why).into();
        }
        match self.note(challenge).await {
            Ok(()) => {
                let why = format!("{why}: {} signs in", self.login());
                AuthError::AuthorizationFailed(why).into()
            }
            Err(why) => AuthError::CredentialStoreError(why).into(),
        }
    }

    async fn note(&self, challenge: &str) -> Result<(), String> {
        let turn = self.tokens.turn().await?;
        let kept = self.tokens.load()?;
        if kept.asked.as_deref() == Some(challenge) {
            return Ok(());
        }
        self.tokens.save(&Kept { asked: Some(challenge.to_owned()), ..kept }, &turn)
    }

    fn keep(&self, kept: &Kept, turn: &Turn) -> Result<(), AuthError> {
        self.tokens.save(kept, turn).map_err(AuthError::CredentialStoreError)
    }

    fn login(&self) -> String {
        format!("`flightdeck mcp login {}`", self.server)
    }
}

/// What the server said when it asked who is calling, if that is what it did.
fn unknown_caller(fault: &Fault) -> Option<&str> {
    match fault {
        Fault::AuthRequired(asked) => Some(&asked.www_authenticate_header),
        Fault::UnexpectedServerResponse(why) if why.starts_with("HTTP 401") => Some(""),
        _ => None,
    }
}

/// That the token does not reach far enough, if that is what the server says.
fn more_wanted(challenge: &str) -> Option<String> {
    let anywhere = Url::parse("https://localhost").ok()?;
    let said = WWWAuthenticateParams::parse(challenge, &anywhere);
    let scope = said.scope.as_deref().unwrap_or("it does not say what");
    let scope: String = scope.chars().take(200).collect();
    said.is_insufficient_scope().then(|| format!("it asks for more than was granted ({scope})"))
}

impl StreamableHttpClient for Caller {
    type Error = reqwest::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        _: Option<String>,
        headers: Headers,
    ) -> Result<StreamableHttpPostResponse, Fault> {
        let limits = StreamableHttpResponseLimits::default();
        self.post_message_with_response_limits(uri, message, session, None, headers, limits).await
    }

    async fn post_message_with_response_limits(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        _: Option<String>,
        headers: Headers,
        limits: StreamableHttpResponseLimits,
    ) -> Result<StreamableHttpPostResponse, Fault> {
        self.with_token(|token| {
            let (uri, message, session) = (uri.clone(), message.clone(), session.clone());
            let headers = headers.clone();
            self.client
                .post_message_with_response_limits(uri, message, session, token, headers, limits)
        })
        .await
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session: Arc<str>,
        _: Option<String>,
        headers: Headers,
    ) -> Result<(), Fault> {
        self.with_token(|token| {
            self.client.delete_session(uri.clone(), session.clone(), token, headers.clone())
        })
        .await
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last: Option<String>,
        _: Option<String>,
        headers: Headers,
    ) -> Result<Stream, Fault> {
        let most = StreamableHttpResponseLimits::default().max_sse_event_size;
        self.get_stream_with_max_sse_event_size(uri, session, last, None, headers, most).await
    }

    async fn get_stream_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last: Option<String>,
        _: Option<String>,
        headers: Headers,
        most: usize,
    ) -> Result<Stream, Fault> {
        self.with_token(|token| {
            let (uri, session, last) = (uri.clone(), session.clone(), last.clone());
            let headers = headers.clone();
            self.client.get_stream_with_max_sse_event_size(uri, session, last, token, headers, most)
        })
        .await
    }
}
