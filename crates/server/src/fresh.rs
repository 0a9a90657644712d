//! Answers that a client has already: each is named by what is in it, and one that has not changed
//! is not sent again. It must not keep anything.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::installation::{No, Why};
use crate::problem::Problem;

/// Longer answers than this are none of ours.
const BYTES_MAX: usize = 256 << 20;

/// Names an answer, and leaves its body out where the client has it.
pub async fn tagged(request: Request, next: Next) -> Response {
    let has = request.headers().get(header::IF_NONE_MATCH).cloned();
    let reads = request.method() == Method::GET;
    let response = next.run(request).await;
    let streams = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    if !reads || streams || response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, BYTES_MAX).await else {
        return Problem::from(No::new(Why::Failed, "the answer broke off")).into_response();
    };
    // Weak: what is compressed is the same answer.
    let tag = format!("W/\"{}\"", hex::encode(Sha256::digest(&bytes).split_at(16).0));
    let known = has.is_some_and(|has| {
        has.to_str().is_ok_and(|has| has.split(',').any(|one| one.trim() == tag || one == "*"))
    });
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        parts.headers.insert(header::ETAG, tag);
    }
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if known {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}
