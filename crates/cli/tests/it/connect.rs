//! The built-in servers that reach out, as an operator declares, approves and uses them: an API
//! (another installation of this program), a page and a mailbox, in one workflow.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::Value;

use crate::api::Up;
use crate::desk::Desk;
use crate::office::project;

/// Answers every request with one page, as long as the test runs.
fn page(html: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut asked = [0; 4096];
            let _ = stream.read(&mut asked).unwrap();
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close";
            write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{html}", html.len()).unwrap();
        }
    });
    place
}

const WORKFLOW: &str = r#"---
workflow: reach_out
purpose: Start a case elsewhere and draft an answer to a message. It never sends.
accountable: owner@example.com
override: lead
risk: low
autonomy: act
case: { one: file in inbox/, from: outside, fields: { name: text } }
limits:
  case: { cost: 0.10 EUR, active: 10 minutes, days: 10 }
  day: { cost: 5 EUR, cases: 200 }
baseline: { minutes: 6, cases_per_week: 40 }
on_failure: { ask: clerk }
steps:
  - step: begin
    tool: office.start_case
    with: { workspace: { literal: desk }, body: { literal: { workflow: invoice_intake, case: { name: DOCUMENT } } } }
  - step: page
    tool: web.fetch
    with: { url: { literal: 'http://PLACE/prices' } }
  - step: letter
    tool: mail.read_message
    with: { id: { literal: 1.eml } }
  - step: draft
    tool: mail.create_draft
    with:
      to: { literal: ada@example.org }
      subject: letter.subject
      text: page.content
      in_reply_to: letter.message_id
    then: end
  - step: see
    review:
      by: lead
      never_by: [ starter ]
      question: The page could not be read. Is the answer right without it?
      show: [ page.why, letter.content ]
      within: 8 working hours
      late: { then: stop }
      if_rejected: { tell: clerk, then: stop }
    then: end
exceptions:
  - { what: the page cannot be read, when: "page.outcome != 'text'", go: see }
---

# Reach out

## begin

The other installation takes the document.

## page

Today's prices.

## letter

What was asked.

## draft

A person sends it.

## see

Somebody looks at the page.
"#;

const LETTER: &str = "From: Ada <ada@example.org>\r\nTo: desk@example.com\r\n\
    Subject: =?utf-8?Q?Preise_f=C3=BCr_=C3=84pfel?=\r\nMessage-ID: <7@example.org>\r\n\
    MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
    --b\r\nContent-Type: text/plain\r\n\r\nWhat do they cost?\r\n\
    --b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=list.txt\r\n\r\n\
    apples\r\n--b--\r\n";

#[test]
fn an_api_a_page_and_a_mailbox_work_behind_approved_tools() {
    let up = Up::start(&["001"]);
    let place = page("<html><p>Apples <b>3</b> EUR");
    let desk = Desk::new();
    let root = desk.root();
    fs::create_dir(root.join("mail")).unwrap();
    fs::create_dir(root.join("drafts")).unwrap();
    fs::write(root.join("mail/1.eml"), LETTER).unwrap();
    let document = fs::read_dir(up.office.root().join("inbox")).unwrap().next().unwrap().unwrap();
    let document = document.file_name().into_string().unwrap();
    let workflow = WORKFLOW.replace("DOCUMENT", &document).replace("PLACE", &place);
    fs::write(root.join("workflows/reach_out.md"), workflow).unwrap();

    let bearer = format!("Bearer {}", up.token);
    let (spec, base) = (project().join("docs/openapi.json"), format!("http://{}", up.address));
    let secret = [("OFFICE_KEY", bearer.as_str())];
    let say = |args: &[&str]| {
        let said = desk.say_with(args, &secret);
        assert_eq!(said.code, 0, "{args:?}: {}{}", said.out, said.err);
        assert!(!said.out.contains(&up.token) && !said.err.contains(&up.token), "{}", said.out);
        said.out
    };
    let serve = ["--", "flightdeck", "serve"];
    let key = ["--env", "KEY=${OFFICE_KEY}"];
    let api = ["http", "--spec", spec.to_str().unwrap(), "--base", &base, "--operation"];
    let headers = ["--header", "Authorization=KEY"];
    let office = [&["mcp", "add", "office"][..], &key, &serve, &api, &["start_case"], &headers];
    say(&office.concat());
    say(&[&["mcp", "add", "web"][..], &serve, &["web", "--allow", &place]].concat());
    let mail = ["mail", "--root", "mail", "--drafts", "drafts", "--from", "desk@example.com"];
    say(&[&["mcp", "add", "mail"][..], &serve, &mail].concat());

    // What a server says of its tools is only proposed; a person says what each does.
    let probed = say(&["mcp", "probe", "office"]);
    assert!(probed.contains("start_case") && !probed.contains("set_stop"), "{probed}");
    let pin = |tool: &str, more: &[&str]| {
        say(&[&["mcp", "pin", tool, "--as", "lead@example.com", "--effect"][..], more].concat());
    };
    pin("office.start_case", &["write", "--repeatable", "--key", "Idempotency-Key"]);
    pin("web.fetch", &["read"]);
    pin("mail.read_message", &["read"]);
    pin("mail.find_draft", &["read"]);
    let read_back = ["--key", "key", "--read-back", "mail.find_draft", "--arg", "to=recipient"];
    pin("mail.create_draft", &[&["write"][..], &read_back].concat());
    say(&["check", "reach_out"]);
    let who = ("FLIGHTDECK_PERSON", "owner@example.com");
    let said = desk.say_with(&["run", "reach_out", "001-ada.txt", "--json"], &[secret[0], who]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);

    let cases = up.get("/api/v1/workspaces/desk/cases").json();
    assert_eq!(cases["cases"].as_array().map(Vec::len), Some(1), "{cases}");
    let drafts: Vec<_> = fs::read_dir(root.join("drafts")).unwrap().collect();
    assert_eq!(drafts.len(), 1);
    let draft = fs::read_to_string(drafts[0].as_ref().unwrap().path()).unwrap();
    for expected in [
        "To: <ada@example.org>\r\n",
        "From: <desk@example.com>\r\n",
        "In-Reply-To: <7@example.org>\r\n",
        "Apples 3 EUR",
    ] {
        assert!(draft.contains(expected), "no {expected:?} in {draft}");
    }

    // The key is in no file of the workspace, the records included.
    for file in [".mcp.json", "mcp.lock", ".flightdeck/journal.db", ".flightdeck/journal.db-wal"] {
        let bytes = fs::read(root.join(file)).unwrap_or_default();
        assert!(!bytes.windows(up.token.len()).any(|at| at == up.token.as_bytes()), "{file}");
    }
}

#[test]
fn a_key_on_the_command_line_is_refused_and_not_repeated() {
    let desk = Desk::new();
    let args = ["serve", "http", "--spec", "mcp.lock", "--base", "https://a.example"];
    let more = ["--operation", "a", "--header", "Authorization=Bearer s3cret-value"];
    let said = desk.say(&[&args[..], &more].concat());
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("names a variable") && !said.err.contains("s3cret"), "{}", said.err);
    let more = ["--operation", "a", "--header", "Authorization=NO_SUCH_KEY"];
    let said = desk.say(&[&args[..], &more].concat());
    assert!(said.code == 2 && said.err.contains("`NO_SUCH_KEY` is not in"), "{}", said.err);
}

#[test]
fn known_servers_are_found_by_what_they_are_for() {
    let desk = Desk::new();
    let said = desk.say(&["mcp", "find", "mail"]);
    assert!(said.code == 0 && said.out.starts_with("documents: "), "{}", said.out);
    assert!(said.out.contains("flightdeck mcp add mail -- flightdeck serve mail"), "{}", said.out);
    let found = desk.say(&["mcp", "find", "GitHub", "--json"]).json();
    let names: Vec<&Value> = found.iter().map(|known| &known["name"]).collect();
    assert_eq!(names, ["github"]);
    let said = desk.say(&["mcp", "find", "Notion"]);
    assert!(said.out.contains("by `flightdeck mcp login notion`"), "{}", said.out);
    assert!(!desk.say(&["mcp", "find", "brave"]).out.contains("login"));
    let all = desk.say(&["mcp", "find", "--json"]).json();
    assert!(all.len() >= 30, "{}", all.len());
    let said = desk.say(&["mcp", "find", "no such thing"]);
    assert!(said.code == 2 && said.err.contains("no server is known"), "{}", said.err);
}
