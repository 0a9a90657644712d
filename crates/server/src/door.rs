//! The door: the token without which nothing is answered, and the person a request speaks for. It
//! must not print or store a token.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use plan::ids::PersonId;
use sha2::{Digest, Sha256};
use utoipa::Modify;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

use crate::Desk;
use crate::problem::Problem;

/// The header that names the person a request speaks for.
pub const PERSON: &str = "flightdeck-person";

/// What opens the door. Only its digest is kept.
#[derive(Clone)]
pub struct Token(Arc<[u8; 32]>);

impl Token {
    /// A token that somebody chose.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(Arc::new(Sha256::digest(text.as_bytes()).into()))
    }

    /// A fresh token and its text, to be shown once.
    pub fn fresh() -> Result<(Self, String), getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        let text = hex::encode(bytes);
        Ok((Self::of(&text), text))
    }

    /// Whether this is the token. How long comparing digests takes says nothing about it.
    #[must_use]
    pub fn opens(&self, shown: &str) -> bool {
        let shown: [u8; 32] = Sha256::digest(shown.as_bytes()).into();
        shown == *self.0
    }
}

/// Lets a request in that shows the token.
pub async fn ask(State(token): State<Token>, request: Request, next: Next) -> Response {
    let shown = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let bearer = shown.and_then(|value| {
        let (scheme, rest) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(rest.trim())
    });
    if bearer.is_some_and(|shown| token.opens(shown)) {
        return next.run(request).await;
    }
    let what = "this takes `Authorization: Bearer TOKEN`, with the token that `flightdeck up` \
                printed"
        .to_owned();
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "no-token", "no valid token", what);
    let mut response = problem.into_response();
    let scheme = HeaderValue::from_static("Bearer");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    response
}

/// The person a request speaks for. Until people sign in, whoever holds the token is believed, as
/// `--as` is on the command line.
pub struct Speaker(pub PersonId);

impl FromRequestParts<Desk> for Speaker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        let Some(named) = parts.headers.get(PERSON) else {
            let nobody = "name the person in the header `Flightdeck-Person`";
            let speaker = desk.installation.speaker();
            return speaker.map(Self).ok_or_else(|| Problem::invalid(nobody));
        };
        let read = named.to_str().ok().and_then(|text| PersonId::new(text).ok());
        let unread = || Problem::invalid("`Flightdeck-Person` names no person");
        read.map(Self).ok_or_else(unread)
    }
}

/// The token, as the interface's description names it.
pub struct Scheme;

impl Modify for Scheme {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The token that `flightdeck up` printed."))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(token));
    }
}
