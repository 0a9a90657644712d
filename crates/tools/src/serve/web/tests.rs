//! Which addresses may be asked, and a small web on this machine that leads everywhere.

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::Redirect;
use axum::routing::get;

use super::*;

/// Plain text needs no process of its own, so none is started here.
fn reading() -> Reading {
    let (launch, read) = (Vec::new(), Vec::new());
    Reading { launch, read, memory_bytes: 0, cpu_seconds: 0, wall: Duration::from_secs(20) }
}

fn web(allow: &[&str]) -> Web {
    let allow = allow.iter().map(|one| one.parse().unwrap()).collect();
    Web::open(allow, false, reading()).unwrap()
}

#[test]
fn only_named_hosts_are_asked_and_only_where_they_may_be() {
    let web =
        web(&["example.org", "*.example.net", "example.com:8443", "localhost:81", "10.0.0.1"]);
    let check = |url: &str, expected: Result<(), &str>| {
        let found = web.client(&Url::parse(url).unwrap()).map(drop);
        match (&found, expected) {
            (Ok(()), Ok(())) => {}
            (Err(why), Err(expected)) => assert!(why.contains(expected), "{url}: {why}"),
            other => panic!("{url}: {other:?}"),
        }
    };
    let other = Err("none of those");
    check("https://example.org/a?b=c", Ok(()));
    check("https://EXAMPLE.org:443/", Ok(()));
    check("https://example.org:8443/", other);
    check("https://example.com:8443/", Ok(()));
    check("https://example.com/", other);
    check("https://www.example.org/", other);
    check("https://www.example.net/", Ok(()));
    check("https://a.b.example.net/", Ok(()));
    check("https://example.net/", other);
    check("https://.example.net/", other);
    check("https://badexample.org/", other);
    check("https://badexample.net/", other);
    check("https://example.net.evil.example/", other);
    check("https://example.org.evil.example/", other);
    check("https://example.org@evil.example/", other);
    check("https://me@example.org/", Err("holds a password"));
    check("http://example.org/", Err("without `https`"));
    check("http://localhost:81/", Ok(()));
    check("http://localhost/", other);
    check("http://127.0.0.1:81/", other);
    check("https://10.0.0.1/", Err("private network"));
    check("ftp://example.org/", Err("does not start with"));
    check("file:///etc/passwd", other);
    for wrong in ["", "*", "*.org", "*.10.0.0.1", "https://a.org", "a.org/x", "a@b.org", "a.*.org"]
    {
        assert!(wrong.parse::<Allow>().is_err(), "{wrong}");
    }
    let nothing = Web::open(Vec::new(), false, reading()).unwrap();
    assert!(nothing.client(&Url::parse("https://example.org").unwrap()).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_fetched_with_its_place_and_every_place_on_the_way_is_judged() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let rounds = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&rounds);
    let round = get(move || async move {
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Redirect::permanent("/round")
    });
    let to = |to: String| get(move || async move { Redirect::permanent(&to) });
    let router = Router::new()
        .route("/page", get(|| async { "Total 3 EUR" }))
        .route("/here", to("/page?x=1#there".to_owned()))
        .route("/round", round)
        .route("/never", get(|| async { std::future::pending::<String>().await }))
        .route("/keys", to("http://169.254.169.254/latest".to_owned()))
        .route("/other", to(format!("http://localhost:{port}/page")))
        .route("/none", get(|| async { StatusCode::NOT_FOUND }))
        .route("/long", get(|| async { vec![b'a'; PAGE_MAX + 1] }))
        .route("/packed", get(|| async { [(header::CONTENT_ENCODING, "gzip")] }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut web = web(&[&format!("127.0.0.1:{port}")]);
    let talk = move || {
        let at = |path: &str| format!("http://127.0.0.1:{port}{path}");
        let page = web.fetch(&at("/here")).unwrap();
        assert_eq!(page["url"], at("/page?x=1"));
        assert_eq!(page["type"], "text/plain");
        assert_eq!((&page["content"], &page["outcome"]), (&json!("Total 3 EUR"), &json!("text")));
        let gives = web.tools().remove(0).output_schema.unwrap();
        let gives = Value::Object((*gives).clone());
        assert!(jsonschema::is_valid(&gives, &page), "{page}");
        assert_eq!(page.as_object().unwrap().len(), gives["required"].as_array().unwrap().len());
        for (path, expected) in [
            ("/round", "leads on and on"),
            ("/keys", "none of those"),
            ("/other", "none of those"),
            ("/none", "answered 404"),
            ("/long", "longer than"),
            ("/packed", "packed as `gzip`"),
        ] {
            let why = web.fetch(&at(path)).unwrap_err();
            assert!(why.contains(expected), "{path}: {why}");
        }
        assert_eq!(rounds.load(std::sync::atomic::Ordering::Relaxed), HOPS_MAX + 1);
        web.time = Duration::from_millis(50);
        let why = web.fetch(&at("/never")).unwrap_err();
        assert!(why.contains("takes longer than"), "{why}");
    };
    tokio::task::spawn_blocking(talk).await.unwrap();
}
