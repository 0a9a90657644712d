//! Every request about tokens, under the rules for servers. It must not fetch an address that a
//! server may not have, nor follow a redirect.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Client, Request, Url};
use rmcp::transport::auth::{OAuthHttpClient, OAuthHttpClientFuture, OAuthHttpRequest};

use crate::reach::{self, Reach};
use crate::remote;

/// How long one answer may take, and how long it may be.
const PATIENCE: Duration = Duration::from_secs(30);
const BYTES_MAX: usize = 1 << 20;
/// What fetches for one server.
pub(super) struct Fetch {
    /// Where the server itself is.
    reach: Reach,
    private: bool,
    clients: Mutex<Vec<(Reach, Client)>>,
}

impl OAuthHttpClient for Fetch {
    fn execute(&self, request: OAuthHttpRequest) -> OAuthHttpClientFuture<'_> {
        Box::pin(async move {
            let late = || "it took too long".to_owned();
            let answer = tokio::time::timeout(PATIENCE, self.fetched(request)).await;
            answer.map_err(|_| late()).flatten().map_err(Into::into)
        })
    }
}

impl Fetch {
    pub(super) fn new(reach: Reach, private: bool) -> Self {
        Self { reach, private, clients: Mutex::default() }
    }

    /// The client for addresses of this kind, made once: it reads who vouches for certificates.
    fn client(&self, reach: Reach) -> Result<Client, String> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = clients.iter().find(|(known, _)| *known == reach) {
            return Ok(client.clone());
        }
        let client = reach::client(reach)?;
        clients.push((reach, client.clone()));
        Ok(client)
    }

    /// This machine may only be named by a server that is on it.
    pub(super) fn allowed(&self, address: &str) -> Result<Reach, String> {
        let (_, reach) = reach::address(address, self.private)?;
        if reach == Reach::Loopback && self.reach != Reach::Loopback {
            return Err("its address leads to this machine, where the server is not".to_owned());
        }
        Ok(reach)
    }

    /// Sends a form, as the client that these two words name.
    pub(super) async fn posted(
        &self,
        address: &str,
        form: &[(&str, &str)],
        (id, secret): (&str, &str),
    ) -> Result<(), String> {
        let client = self.client(self.allowed(address)?)?;
        let encoded = |pairs: &[(&str, &str)]| {
            let url = Url::parse_with_params("http://localhost", pairs);
            url.ok().and_then(|url| url.query().map(str::to_owned)).unwrap_or_default()
        };
        // Before the two are put together each is written as in a form (RFC 6749, 2.3.1).
        let word = |word: &str| encoded(&[("", word)]).trim_start_matches('=').to_owned();
        let asked = client
            .post(address)
            .basic_auth(word(id), Some(word(secret)))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(encoded(form));
        let answer = asked.send().await.map_err(|error| remote::chain(&error))?;
        let status = answer.status();
        if status.is_success() { Ok(()) } else { Err(format!("the answer was {status}")) }
    }

    async fn fetched(&self, asked: OAuthHttpRequest) -> Result<http::Response<Vec<u8>>, String> {
        let request = Request::try_from(asked.request).map_err(|error| remote::chain(&error))?;
        let client = self.client(self.allowed(request.url().as_str())?)?;
        let sent = client.execute(request).await;
        let mut answer = sent.map_err(|error| remote::chain(&error))?;
        let (status, mut headers) = (answer.status(), answer.headers().clone());
        // Without it there is nothing that could be followed.
        headers.remove(LOCATION);
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(|error| remote::chain(&error))? {
            if body.len().saturating_add(part.len()) > BYTES_MAX {
                return Err("the answer is longer than an answer may be".to_owned());
            }
            body.extend_from_slice(&part);
        }
        let mut answer = http::Response::new(body);
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }
}

#[cfg(test)]
mod tests;
