//! Studio, as a browser loads it, and what every browser is told it may run. The pages show nothing
//! of what is stored: the interface does, to whoever is signed in. It must not answer for a path of
//! the interface, so that a mistyped one is never taken for a page.

use axum::Router;
use axum::extract::{Path, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::problem::no_such_path;

/// The one page; which part of it is meant, its own script reads from the address.
const PAGE: &str = "index.html";
/// A file whose name holds a digest of its bytes is the same for ever.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// The page is asked for anew, and sent only where it has changed.
const ASK_ANEW: &str = "no-cache";

/// The page and what belongs to it: the first page, the pages of a workspace, and their files.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let page = || get(|headers: HeaderMap| async move { sent(PAGE, &headers, ASK_ANEW).await });
    let asset = |Path(name): Path<String>, headers: HeaderMap| async move {
        sent(&format!("assets/{name}"), &headers, FOR_EVER).await
    };
    let icon = |headers: HeaderMap| async move { sent("icon.svg", &headers, ASK_ANEW).await };
    Router::new()
        .route("/", page())
        .route("/w/{*rest}", page())
        .route("/icon.svg", get(icon))
        .route("/assets/{*name}", get(asset))
}

/// A file of Studio, unless the browser has it.
async fn sent(name: &str, headers: &HeaderMap, kept: &'static str) -> Response {
    let Some(file) = studio::file(name) else { return no_such_path().await.into_response() };
    // Weak: what is compressed is the same file.
    let tag = format!("W/\"{}\"", hex::encode(file.hash.split_at(16).0));
    let asked = headers.get(header::IF_NONE_MATCH).and_then(|asked| asked.to_str().ok());
    let has = asked.is_some_and(|asked| asked.split(',').any(|one| one.trim() == tag));
    let of_it = [(header::ETAG, tag), (header::CACHE_CONTROL, kept.to_owned())];
    if has {
        return (StatusCode::NOT_MODIFIED, of_it).into_response();
    }
    (of_it, [(header::CONTENT_TYPE, kind(name))], file.bytes).into_response()
}

/// What a browser is told that a file is. It is told not to guess.
fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// What is said to every browser, whatever the answer.
pub async fn guarded(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let fixed = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
             connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // What is known to one person is in nobody else's cache.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::kind;

    #[test]
    fn what_a_browser_runs_is_named_and_all_else_is_only_bytes() {
        assert_eq!(kind("index.html"), "text/html; charset=utf-8");
        assert_eq!(kind("assets/index-1a2b3c4d.js"), "text/javascript; charset=utf-8");
        assert_eq!(kind("assets/index.js.map"), "application/octet-stream");
        assert_eq!(kind("page.htm"), "application/octet-stream");
    }
}
