//! A person signs in to a server elsewhere by command, with and without a browser on this machine.

#[path = "../../../tools/tests/servers/far.rs"]
mod far;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};

use crate::desk::{Desk, published};
use far::Far;

/// Where a page sends its reader on, and what it says.
fn page(address: &str) -> (Option<String>, String) {
    let (host, path) = address.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let on = text.lines().find_map(|line| line.strip_prefix("location: ").map(str::to_owned));
    (on, text)
}

/// A sign-in that has begun, up to the line that says where.
fn begun(desk: &Desk, args: &[&str]) -> (Child, BufReader<std::process::ChildStdout>, String) {
    let mut command = desk.command();
    command.args(["mcp", "login", "far"]).args(args).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("/authorize?") {
        line.clear();
        assert!(out.read_line(&mut line).unwrap() > 0, "it ended before it said where");
    }
    (child, out, line)
}

/// What it said until its end, none of it secret.
fn ended(mut child: Child, mut out: BufReader<std::process::ChildStdout>) -> (i32, String) {
    let (mut text, mut told) = (String::new(), String::new());
    out.read_to_string(&mut text).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(!text.contains("s3cret") && !told.contains("s3cret"), "{text}{told}");
    (child.wait().unwrap().code().unwrap_or(-1), text)
}

#[test]
fn a_person_signs_in_and_out() {
    let desk = Desk::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let far = runtime.block_on(Far::start());
    assert_eq!(desk.say(&["mcp", "add", "far", "--url", &far.url]).code, 0);
    let said = desk.say(&["mcp", "probe", "far"]);
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.err.contains("`flightdeck mcp login far` signs in"), "{}", said.err);
    assert!(desk.say(&["mcp", "list"]).out.contains("wants a sign-in"));

    let (child, out, address) = begun(&desk, &[]);
    let back = page(address.trim()).0.unwrap();
    let (_, shown) = page(&back);
    assert!(shown.contains("goes on in the terminal") && !shown.contains("s3cret"), "{shown}");
    let (code, text) = ended(child, out);
    assert!(code == 0 && text.contains("signed in to `far`"), "{text}");
    let said = desk.say(&["mcp", "probe", "far"]);
    assert!(said.code == 0 && said.out.contains("echo"), "{}{}", said.out, said.err);
    let said = desk.say(&["mcp", "list"]);
    assert!(
        said.out.contains("signed in through") && said.out.contains("for read"),
        "{}",
        said.out
    );
    desk.say(&["mcp", "list", "--json"]).json();

    // The tokens are nowhere but in their own file.
    let kept = desk.root().join(".flightdeck/tokens/far.json");
    assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(std::fs::read_to_string(&kept).unwrap().contains("access-s3cret-1"));
    let declared = std::fs::read_to_string(desk.root().join(".mcp.json")).unwrap();
    assert!(!declared.contains("s3cret"), "{declared}");

    desk.say(&["mcp", "logout", "far", "--json"]).json();
    assert!(!kept.exists());
    assert_eq!(desk.say(&["mcp", "probe", "far"]).code, 1);
    // With a browser on another machine, its last address is brought over by hand.
    let (mut child, out, line) = begun(&desk, &["--paste", "--json"]);
    let address = published(&line)[0]["address"].as_str().unwrap().to_owned();
    let back = page(&address).0.unwrap();
    writeln!(child.stdin.take().unwrap(), "{back}").unwrap();
    let (code, text) = ended(child, out);
    assert_eq!((code, published(&text)[0]["kind"].as_str()), (0, Some("signed_in")), "{text}");
    assert_eq!(desk.say(&["mcp", "probe", "far"]).code, 0);
}

#[test]
fn nobody_signs_in_where_there_is_nothing_to_sign_in_to() {
    let desk = Desk::new();
    let refused = |server: &str, expected: &str| {
        let said = desk.say_with(&["mcp", "login", server], &[("A_SECRET", "agreed-s3cret")]);
        assert!(said.code == 2 && said.err.contains(expected), "{server}: {}", said.err);
    };
    refused("files", "is started here");
    refused("nobody", "no server is called");
    let key = ["mcp", "add", "keyed", "--url", "https://far.example", "--header"];
    desk.say(&[&key[..], &["Authorization=Bearer ${A_SECRET}"]].concat());
    refused("keyed", "called with a key");
    let oauth = |json: &str| {
        let path = desk.root().join(".mcp.json");
        let text = std::fs::read_to_string(&path).unwrap();
        let mut file: serde_json::Value = serde_json::from_str(&text).unwrap();
        let oauth: serde_json::Value = serde_json::from_str(json).unwrap();
        file["mcpServers"]["keyed"] =
            serde_json::json!({ "url": "https://far.example", "oauth": oauth });
        std::fs::write(path, file.to_string()).unwrap();
    };
    oauth(r#"{ "clientId": "us", "clientSecret": "open", "issuer": "https://i.example" }"#);
    refused("keyed", "in the open");
    oauth(r#"{ "clientId": "us", "clientSecret": "${A_SECRET}" }"#);
    refused("keyed", "could go to anybody");
    oauth(r#"{ "clientId": "us", "grant": "client_credentials" }"#);
    refused("keyed", "without a client");
    oauth(
        r#"{ "clientId": "us", "grant": "client_credentials", "issuer": "https://i.example",
             "clientSecret": "${A_SECRET}" }"#,
    );
    refused("keyed", "without a person");
    oauth(r#"{ "grant": "password" }"#);
    refused("keyed", "");
}
