//! Sign-in at an organisation's own provider: the npm package `oidc-provider`, and a browser's part
//! played by hand.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::json;

use super::{OWNER, PASSWORD, cookie, office, page, seen};
use crate::api::Up;
use crate::office::project;

/// An organisation's sign-in that ends with the test.
struct Identity {
    child: Child,
    address: String,
    /// It writes there later too, and ends where nobody reads it.
    _says: BufReader<ChildStdout>,
}

impl Drop for Identity {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Identity {
    fn of(account: &str, back: &str, verified: bool) -> Self {
        let modules = project().join("target/identity/node_modules");
        assert!(modules.is_dir(), "install it first: `cargo xtask test`");
        let mut child = Command::new("node")
            .arg(project().join("crates/cli/tests/it/identity.mjs"))
            .env("MODULES", modules)
            .env("ACCOUNT", account)
            .env("OIDC_SECRET", "agreed-with-the-provider")
            .env("BACK", back)
            .env("UNVERIFIED", if verified { "no" } else { "yes" })
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut says = BufReader::new(child.stdout.take().unwrap());
        says.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").unwrap().to_owned();
        Self { child, address, _says: says }
    }

    /// Goes where a browser is sent, with its cookies, until it is sent back. Gives that address.
    fn walk(&self, from: &str, back: &str) -> String {
        let mut place = from.to_owned();
        let mut jar: BTreeMap<String, String> = BTreeMap::new();
        for _ in 0..12 {
            if place.starts_with(back) {
                return place;
            }
            let path = place.strip_prefix(&format!("http://{}", self.address)).unwrap_or(&place);
            let pairs: Vec<String> =
                jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let mut stream = TcpStream::connect(&self.address).unwrap();
            let cookies = format!("Cookie: {}", pairs.join("; "));
            let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{cookies}", self.address);
            stream.write_all(format!("{head}\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            let head = text.split("\r\n\r\n").next().unwrap();
            for line in head.lines() {
                let Some((name, value)) = line.split_once(": ") else { continue };
                if name.eq_ignore_ascii_case("set-cookie") {
                    let (name, value) = value.split(';').next().unwrap().split_once('=').unwrap();
                    jar.insert(name.to_owned(), value.to_owned());
                } else if name.eq_ignore_ascii_case("location") {
                    place = value.to_owned();
                }
            }
            assert!(head.contains(" 30"), "{text}");
        }
        panic!("the provider sent nobody back");
    }
}

/// An installation that knows a provider.
fn organised(account: &str, verified: bool) -> (Identity, Up, String) {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let back = format!("http://{free}/api/v1/sign-in/callback");
    let identity = Identity::of(account, &back, verified);
    let office = office();
    let settings = format!(
        "access: {{ passwords: false, sign_in: {{ issuer: \"http://{}\", client: flightdeck, \
         secret: OIDC_SECRET }} }}\ndefault_model:",
        identity.address
    );
    office.change("flightdeck.yaml", "default_model:", &settings);
    std::fs::write(office.root().join("oidc"), "agreed-with-the-provider\n").unwrap();
    let only_mine = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(office.root().join("oidc"), only_mine).unwrap();
    office.change(
        "flightdeck.yaml",
        "access:",
        "secrets: { OIDC_SECRET: { file: oidc } }\naccess:",
    );
    let up = Up::with(office, BTreeMap::new(), &["--listen", &free.to_string()]);
    (identity, up, back)
}

#[test]
fn an_organisations_own_sign_in_lets_in_whom_it_vouches_for() {
    let (identity, up, back) = organised("Ada@larkfield.example", true);
    let ways = up.raw("GET /api/v1/sign-in HTTP/1.1", "").json();
    assert_eq!(ways, json!({ "passwords": false, "provider": "/api/v1/sign-in/provider" }));
    let sent = up.raw("GET /api/v1/sign-in/provider HTTP/1.1", "");
    assert_eq!(sent.status, 303, "{}", sent.body);
    let (state, said) = cookie(&sent, "flightdeck_state");
    assert!(said.contains("httponly") && said.contains("samesite=lax"), "{said}");
    // The head is in small letters here, which addresses with codes in them do not survive.
    let place = up.location("GET /api/v1/sign-in/provider HTTP/1.1");
    assert!(place.0.contains("code_challenge_method=S256"), "{}", place.0);
    let came = identity.walk(&place.0, &back);
    let path = came.strip_prefix(&format!("http://{}", up.address)).unwrap();
    // Another browser than the one that went does not come in by it.
    up.raw(&format!("GET {path} HTTP/1.1"), "").problem(403, "not-you");
    up.raw(&format!("GET {path} HTTP/1.1\r\nCookie: {state}"), "").problem(403, "not-you");
    let back_in = up.raw(&format!("GET {path} HTTP/1.1\r\nCookie: {}", place.1), "");
    assert_eq!(back_in.status, 303, "{}", back_in.body);
    assert!(back_in.head.contains("location: /"), "{}", back_in.head);
    let (session, _) = cookie(&back_in, "flightdeck");
    let who = seen(&up, "/api/v1/session", &session).json();
    assert_eq!(who["person"], "ada@larkfield.example");
    // The same once more is nothing.
    let again = format!("GET {path} HTTP/1.1\r\nCookie: {}", place.1);
    up.raw(&again, "").problem(403, "not-you");
    let tried = json!({ "person": OWNER, "password": PASSWORD });
    page(&up, "POST", "/api/v1/sign-in", "", &tried).problem(403, "not-you");
}

#[test]
fn nobody_comes_in_whom_the_provider_does_not_vouch_for_or_who_is_nobody_here() {
    for (account, verified) in [("ada@larkfield.example", false), ("eve@elsewhere.example", true)] {
        let (identity, up, back) = organised(account, verified);
        let place = up.location("GET /api/v1/sign-in/provider HTTP/1.1");
        let came = identity.walk(&place.0, &back);
        let path = came.strip_prefix(&format!("http://{}", up.address)).unwrap();
        let answer = up.raw(&format!("GET {path} HTTP/1.1\r\nCookie: {}", place.1), "");
        answer.problem(403, "not-you");
        assert!(!answer.head.contains("set-cookie: flightdeck="), "{}", answer.head);
    }
}
