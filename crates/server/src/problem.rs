//! Problem details (RFC 9457): every answer that is no success, in one form. The extractors here
//! answer in that form too. It must not show anything of a request that could be a secret.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::installation::{No, Why};

/// After so many seconds there is most often room again.
const BUSY_SECONDS: u64 = 2;

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// What kind of problem it is, always the same text for the same kind.
    #[serde(rename = "type")]
    #[schema(example = "urn:flightdeck:problem:not-permitted")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    /// After how many seconds it may be tried again.
    #[serde(skip)]
    after: Option<u64>,
}

impl Problem {
    pub fn new(status: StatusCode, kind: &str, title: &'static str, detail: String) -> Self {
        let kind = format!("urn:flightdeck:problem:{kind}");
        Self { kind, title, status: status.as_u16(), detail, help: None, after: None }
    }

    /// The same with what to do about it.
    pub fn help(self, help: &str) -> Self {
        Self { help: Some(help.to_owned()), ..self }
    }

    /// The same with the time after which it may be tried again.
    pub fn after(self, seconds: u64) -> Self {
        Self { after: Some(seconds), ..self }
    }

    pub fn invalid(detail: impl ToString) -> Self {
        No::new(Why::Invalid, detail).into()
    }
}

impl From<No> for Problem {
    fn from(no: No) -> Self {
        let (status, kind, title) = match no.why {
            Why::NotFound => (StatusCode::NOT_FOUND, "not-found", "not found"),
            Why::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "the request is invalid"),
            Why::NotPermitted => (StatusCode::FORBIDDEN, "not-permitted", "not permitted"),
            Why::Conflict => (StatusCode::CONFLICT, "conflict", "it does not fit how things stand"),
            Why::Stopped => (StatusCode::CONFLICT, "stopped", "a stop is in force"),
            Why::Budget => (StatusCode::TOO_MANY_REQUESTS, "limit", "a limit is used up"),
            Why::Busy => (StatusCode::TOO_MANY_REQUESTS, "busy", "too much at once"),
            Why::Unproven => {
                (StatusCode::SERVICE_UNAVAILABLE, "guard-unproven", "the guard is not proven")
            }
            Why::Unusable => {
                (StatusCode::SERVICE_UNAVAILABLE, "unusable", "nothing can be stored right now")
            }
            Why::Damaged => {
                (StatusCode::INTERNAL_SERVER_ERROR, "damaged", "stored entries are damaged")
            }
            Why::Failed => (StatusCode::INTERNAL_SERVER_ERROR, "failed", "it failed"),
        };
        // Whatever is under way is over soon.
        let after = (no.why == Why::Busy).then_some(BUSY_SECONDS);
        Self { help: no.help, after, ..Self::new(status, kind, title, no.what) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let after = self.after;
        let mut response = (status, Json(self)).into_response();
        if let Some(seconds) = after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}

pub async fn no_such_path() -> Problem {
    No::new(Why::NotFound, "there is no such path").help("`/openapi.json` lists them").into()
}

pub async fn no_such_method() -> Problem {
    let what = "this path takes no such method".to_owned();
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", "method not allowed", what)
}

/// A body of JSON, or the problem with it.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "media-type",
                "unsupported media type",
                "the body has to be `application/json`".to_owned(),
            )),
            Err(rejection) => {
                let status = rejection.status();
                let text = rejection.body_text();
                Err(Problem::new(status, "invalid", "the body cannot be read", text))
            }
        }
    }
}

/// What stands in the path, or the problem with it.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        // What does not look like an id names nothing.
        let unread = |rejection: PathRejection| No::new(Why::NotFound, rejection.body_text());
        read.map(|path| Self(path.0)).map_err(|rejection| unread(rejection).into())
    }
}

/// The query, or the problem with it.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        let unread = |rejection: QueryRejection| Problem::invalid(rejection.body_text());
        read.map(|query| Self(query.0)).map_err(unread)
    }
}
