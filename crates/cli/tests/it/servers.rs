//! Tool servers: declared, approved, compared, and refused when they are not what was approved.

use crate::desk::Desk;

#[test]
fn a_tool_is_approved_by_name_and_its_change_is_found() {
    let desk = Desk::new();
    let pin =
        ["mcp", "pin", "files.list_directory", "--effect", "read", "--as", "lead@example.com"];
    let said = desk.say(&pin);
    assert_eq!(said.code, 0, "{}", said.err);
    let list = desk.say(&["mcp", "list"]);
    assert!(list.out.contains("files.list_directory: reads, approved by lead@example.com"));
    assert_eq!(desk.say(&["mcp", "diff"]).code, 0);

    // Somebody changes what was approved: the file no longer fits its own digest, and the server
    // no longer fits the file.
    desk.change("mcp.lock", "\"definition\": {", "\"definition\": { \"title\": \"Other\",");
    let said = desk.say(&["check"]);
    assert!(said.code == 2 && said.err.contains("FD-P504"), "{}", said.err);
}

#[test]
fn an_unknown_tool_or_argument_is_not_approved() {
    let desk = Desk::new();
    let who = ["--as", "lead@example.com"];
    let said = desk.say(&[&["mcp", "pin", "files.fly", "--effect", "read"][..], &who].concat());
    assert!(said.code == 2 && said.err.contains("no tool `fly`"), "{}", said.err);
    let args = ["mcp", "pin", "outbox.write_file", "--effect", "write", "--arg", "to=recipient"];
    let said = desk.say(&[&args[..], &who].concat());
    assert!(said.code == 2 && said.err.contains("no argument `to`"), "{}", said.err);
}

#[test]
fn a_server_is_declared_once_and_a_broken_one_is_named() {
    let desk = Desk::new();
    let said = desk.say(&["mcp", "add", "ghost", "--", "no-such-program", "--flag"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let again = desk.say(&["mcp", "add", "ghost", "--", "other"]);
    assert!(again.code == 2 && again.err.contains("declared already"));
    let said = desk.say(&["mcp", "diff", "ghost"]);
    assert!(
        said.code == 1 && said.err.contains("the server `ghost` did not start"),
        "{}",
        said.err
    );
    let said = desk.say(&["mcp", "add", "keyed", "--env", "TOKEN=${SOME_TOKEN}", "--", "x"]);
    assert_eq!(said.code, 0);
    let said = desk.say(&["mcp", "list"]);
    assert!(said.code == 2 && said.err.contains("needs `SOME_TOKEN` from the environment"));
}

#[test]
fn the_doctor_names_what_is_missing() {
    let desk = Desk::new();
    assert_eq!(desk.say(&["doctor"]).code, 0);
    desk.change(".mcp.json", "\"outbox\", \"--write\"", "\"outbox\"");
    let said = desk.say(&["doctor"]);
    assert_eq!(said.code, 8, "{}", said.out);
    assert!(said.out.contains("`flightdeck mcp diff outbox` shows how"), "{}", said.out);
}

#[test]
fn a_server_elsewhere_is_declared_and_its_key_stays_hidden() {
    let desk = Desk::new();
    let add = |name: &str, url: &str, more: &[&str]| {
        desk.say(&[&["mcp", "add", name, "--url", url][..], more].concat())
    };
    let key = ["--header", "Authorization=Bearer ${FAR_KEY}"];
    let said = add("far", "http://127.0.0.1:9/mcp", &key);
    assert_eq!(said.code, 0, "{}", said.err);
    let text = std::fs::read_to_string(desk.root().join(".mcp.json")).unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let expected = serde_json::json!({
        "type": "http", "url": "http://127.0.0.1:9/mcp",
        "headers": { "Authorization": "Bearer ${FAR_KEY}" },
    });
    assert_eq!(file["mcpServers"]["far"], expected);
    let said = desk.say(&["mcp", "probe", "far"]);
    assert!(said.code == 2 && said.err.contains("needs `FAR_KEY`"), "{}", said.err);
    let with = |args: &[&str]| desk.say_with(args, &[("FAR_KEY", "s3cret-value")]);
    let said = with(&["mcp", "list"]);
    assert!(said.out.contains("far (http://127.0.0.1:9/mcp)"), "{}", said.out);
    with(&["mcp", "list", "--json"]).json();
    let said = with(&["mcp", "probe", "far"]);
    assert!(said.code == 1 && said.err.contains("did not start"), "{}", said.err);
    assert!(!said.err.contains("s3cret"), "{}", said.err);

    // Where an address leads is looked at before anything is sent.
    add("keys", "https://169.254.169.254/latest", &[]);
    let said = with(&["mcp", "probe", "keys"]);
    assert!(said.code == 1 && said.err.contains("no tool server may be"), "{}", said.err);
    add("plain", "http://tools.example/mcp", &[]);
    let said = with(&["mcp", "probe", "plain"]);
    assert!(said.code == 1 && said.err.contains("without `https`"), "{}", said.err);
    let said = add("both", "https://tools.example", &["--", "program"]);
    assert_eq!(said.code, 2, "{}", said.err);
}
