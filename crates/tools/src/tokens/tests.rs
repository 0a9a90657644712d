//! What is kept on disk: by whom it can be read, and whom it is shown to.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

fn grant(access: &str, ends: Option<i64>) -> Grant {
    Grant {
        url: "https://far.example/mcp".to_owned(),
        issuer: "https://sign.example".to_owned(),
        client: "us".to_owned(),
        client_secret: Some("registered-secret".to_owned()),
        access: access.to_owned(),
        refresh: Some("renewal-secret".to_owned()),
        ends,
        scopes: Vec::new(),
    }
}

#[tokio::test]
async fn what_is_kept_is_the_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = Tokens::new(&folder.path().join("tokens"), "../far away");
    let turn = tokens.turn().await.unwrap();
    let kept = Kept { grant: Some(grant("access-secret", None)), asked: None };
    tokens.save(&kept, &turn).unwrap();
    tokens.save(&kept, &turn).unwrap();
    drop(turn);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path().join("tokens")), 0o700);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder.path().join("tokens")).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(path.file_name().unwrap().to_string_lossy().into_owned());
    }
    names.sort();
    assert_eq!(names, ["%2e%2e%2ffar%20away.json", "%2e%2e%2ffar%20away.lock"]);
    assert!(!format!("{tokens:?}").contains("secret"));
    assert!(tokens.forget().unwrap() && !tokens.forget().unwrap());
    assert!(tokens.standing().unwrap().is_none());
    // A text may still hold what was forgotten.
    assert_eq!(tokens.secrets(), ["access-secret", "registered-secret", "renewal-secret"]);
}

#[test]
fn a_token_is_shown_to_its_own_address_while_it_holds() {
    let now = jiff::Timestamp::now().as_second();
    let here = "https://far.example/mcp";
    assert!(grant("a", None).holds(here) && grant("a", Some(now + 3600)).holds(here));
    assert!(!grant("a", Some(now - 1)).holds(here));
    for other in ["https://far.example/mcp2", "https://far.example:444/mcp", "https://o.example"] {
        assert!(!grant("a", None).holds(other), "{other}");
    }
}

#[tokio::test]
async fn a_secret_is_told_of_before_it_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (Tokens::new(folder.path(), "far"), Tokens::new(folder.path(), "far"));
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    here.tell(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    let kept = |access: &str| Kept { grant: Some(grant(access, None)), asked: None };
    here.save(&kept("first-token"), &here.turn().await.unwrap()).unwrap();
    drop(here.load());
    assert_eq!(count.load(Ordering::Relaxed), 1);
    // Another process renewed it.
    there.save(&kept("second-token"), &there.turn().await.unwrap()).unwrap();
    drop(here.load());
    assert_eq!(count.load(Ordering::Relaxed), 2);
    assert!(here.secrets().contains(&"first-token".to_owned()));
}

#[test]
fn a_damaged_file_is_no_sign_in_and_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("far.json"), r#"{"grant":"s3cret-token"}"#).unwrap();
    let why = Tokens::new(folder.path(), "far").standing().unwrap_err();
    assert!(why.contains("is damaged") && !why.contains("s3cret"), "{why}");
}
