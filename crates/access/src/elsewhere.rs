//! Sign-in at an organisation's own provider, by OpenID Connect: authorisation code with PKCE, and
//! a signed token that says who somebody is. It must not let anybody in: it only says whose address
//! the provider vouches for.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::{
    AsyncHttpClient, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
};
use plan::ids::PersonId;

use crate::Refused;

/// How long the provider may take for one answer, and how much it may say.
const TIME: Duration = Duration::from_secs(15);
const BYTES_MAX: usize = 1 << 20;

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// A provider.
pub struct Elsewhere {
    issuer: String,
    client: String,
    secret: Option<String>,
    redirect: String,
    http: Http,
}

/// How the provider is spoken to.
struct Http(reqwest::Client);

/// Somebody who was sent there. It is kept here until they come back.
pub struct Errand {
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

/// Where somebody is sent, and what they come back with.
pub struct Gone {
    pub address: String,
    /// The word by which whoever comes back is known to be who went.
    pub state: String,
    pub errand: Errand,
}

/// Why the provider could not be reached.
#[derive(Debug, thiserror::Error)]
pub enum Unreached {
    #[error("{0}")]
    Http(#[from] reqwest::Error),
    #[error("{0}")]
    Form(#[from] http::Error),
    #[error("the answer is longer than {BYTES_MAX} bytes")]
    Long,
}

impl Elsewhere {
    /// A provider, and where it sends people back to.
    pub fn new(
        issuer: String,
        client: String,
        secret: Option<String>,
        redirect: String,
    ) -> Result<Self, Refused> {
        // The first provider of ciphers stays; a second installation is no failure.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            // A provider that sends its clients on could send them anywhere.
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIME)
            .build();
        let http = http.map_err(|error| Refused::Elsewhere(error.to_string()))?;
        Ok(Self { issuer, client, secret, redirect, http: Http(http) })
    }

    async fn client(&self) -> Result<Client, Refused> {
        let issuer = IssuerUrl::new(self.issuer.clone()).map_err(elsewhere)?;
        let known = CoreProviderMetadata::discover_async(issuer, &self.http).await;
        let known = known.map_err(elsewhere)?;
        let id = ClientId::new(self.client.clone());
        let secret = self.secret.clone().map(ClientSecret::new);
        let redirect = RedirectUrl::new(self.redirect.clone()).map_err(elsewhere)?;
        Ok(CoreClient::from_provider_metadata(known, id, secret).set_redirect_uri(redirect))
    }

    /// Where somebody is sent to sign in.
    pub async fn begin(&self) -> Result<Gone, Refused> {
        let client = self.client().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let (address, state, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let errand = Errand { nonce, verifier };
        Ok(Gone { address: address.into(), state: state.into_secret(), errand })
    }

    /// Whose address the provider vouches for.
    pub async fn finish(&self, errand: Errand, code: String) -> Result<PersonId, Refused> {
        let client = self.client().await?;
        let exchange = client.exchange_code(AuthorizationCode::new(code)).map_err(elsewhere)?;
        let token = exchange.set_pkce_verifier(errand.verifier).request_async(&self.http).await;
        let token = token.map_err(elsewhere)?;
        let said = token.id_token().ok_or_else(|| not("it says nothing about who it is"))?;
        let claims = said.claims(&client.id_token_verifier(), &errand.nonce).map_err(elsewhere)?;
        // An address that nobody has looked at could be anybody's.
        if claims.email_verified() != Some(true) {
            return Err(not("it does not vouch for the address"));
        }
        let address = claims.email().ok_or_else(|| not("it names no address"))?;
        PersonId::new(&address.as_str().to_lowercase())
            .map_err(|_| not("the address is no person's"))
    }
}

impl Http {
    async fn sent(&self, request: HttpRequest) -> Result<HttpResponse, Unreached> {
        let (head, body) = request.into_parts();
        let sent = self.0.request(head.method, head.uri.to_string());
        let mut answer = sent.headers(head.headers).body(body).send().await?;
        let mut response = http::Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            response = response.header(name, value);
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if bytes.len() + chunk.len() > BYTES_MAX {
                return Err(Unreached::Long);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(response.body(bytes)?)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = Unreached;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Unreached>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.sent(request))
    }
}

fn not(why: &str) -> Refused {
    Refused::Elsewhere(why.to_owned())
}

/// A fault with everything that led to it. What a provider said holds no secret of ours.
fn elsewhere(error: impl std::error::Error) -> Refused {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(cause) = below {
        text = format!("{text}: {cause}");
        below = cause.source();
    }
    Refused::Elsewhere(text)
}
