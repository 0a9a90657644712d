//! Studio as the program sends it: one page at every address of its own, what a browser keeps, and
//! that a mistyped path of the interface is never taken for a page. What the pages do is walked
//! through by `cargo xtask e2e`.

use crate::api::Up;

#[test]
fn the_page_is_sent_to_anybody_and_again_only_where_it_changed() {
    let up = Up::start(&[]);
    let first = up.raw("GET / HTTP/1.1", "");
    assert_eq!(first.status, 200);
    assert!(first.head.contains("content-type: text/html"), "{}", first.head);
    assert!(first.head.contains("cache-control: no-cache"), "{}", first.head);
    assert!(first.head.contains("content-security-policy: default-src 'none'; script-src 'self'"));
    assert!(!first.body.contains("<script>") && !first.body.contains("style="), "{}", first.body);
    // A page of a workspace is the same one, whether or not there is such a workspace.
    for path in ["/w/desk", "/w/desk/reviews/01m8/1", "/w/nowhere/cases"] {
        let page = up.raw(&format!("GET {path} HTTP/1.1"), "");
        assert_eq!((page.status, &page.body), (200, &first.body), "{path}");
    }
    let tag = first.head.lines().find_map(|line| line.strip_prefix("etag: w/")).unwrap();
    let again = up.raw(&format!("GET / HTTP/1.1\r\nIf-None-Match: W/{tag}"), "");
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    let other = up.raw("GET / HTTP/1.1\r\nIf-None-Match: W/\"00\"", "");
    assert_eq!(other.status, 200);
}

#[test]
fn a_file_with_a_digest_in_its_name_is_kept_for_ever() {
    let up = Up::start(&[]);
    let page = up.raw("GET / HTTP/1.1", "").body;
    // Without a build there is one page, which says how to make one and has no files.
    let files = page.split(['"', '\'']).filter(|text| text.starts_with("/assets/"));
    for file in files {
        let sent = up.raw(&format!("GET {file} HTTP/1.1"), "");
        assert_eq!(sent.status, 200, "{file}");
        assert!(sent.head.contains("max-age=31536000, immutable"), "{}", sent.head);
        let kind = if file.ends_with(".css") { "text/css" } else { "text/javascript" };
        assert!(sent.head.contains(&format!("content-type: {kind}")), "{}", sent.head);
    }
    for nothing in ["/assets/index.js", "/assets/../Cargo.toml", "/assets/%2e%2e%2fpackage.json"] {
        up.raw(&format!("GET {nothing} HTTP/1.1"), "").problem(404, "not-found");
    }
}

#[test]
fn a_mistyped_path_of_the_interface_is_no_page() {
    let up = Up::start(&[]);
    for path in ["/api/v1/sesion", "/healthy", "/hooks/desk", "/w", "/wp-admin"] {
        up.raw(&format!("GET {path} HTTP/1.1"), "").problem(401, "sign-in");
        up.get(path).problem(404, "not-found");
    }
}
