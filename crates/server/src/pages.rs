//! The page on which people sign in. It has no script of its own in it and shows nothing of what is
//! stored: the interface does, to whoever is signed in.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;

/// The page and what belongs to it.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let file = |kind: &'static str, text: &'static str| {
        get(move || async move { ([(header::CONTENT_TYPE, kind)], text).into_response() })
    };
    Router::new()
        .route("/", file("text/html; charset=utf-8", include_str!("pages/sign_in.html")))
        .route(
            "/sign-in.js",
            file("text/javascript; charset=utf-8", include_str!("pages/sign_in.js")),
        )
        .route("/sign-in.css", file("text/css; charset=utf-8", include_str!("pages/sign_in.css")))
}
