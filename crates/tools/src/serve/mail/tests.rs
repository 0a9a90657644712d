//! A maildir and a folder of `.eml` files. The process that reads a message is a script here; how
//! the real one reads is tested where it is.

use std::fs;
use std::time::Duration;

use super::draft::TEXT_MAX;
use super::*;

/// A process that says of every message what its bytes were, as the subject.
const READER: &str = r#"printf '{"Ok":{"kind":"mail","text":"t","pages":1,"parts":[],"remarks":[],"invoice":null,"mail":{"from":"a","to":"","cc":"","date":"","subject":"%s","message_id":"m@x","attachments":["a.pdf"]}}}' "$(wc -c)""#;

fn reading() -> Reading {
    Reading {
        launch: ["sh", "-c", READER].map(std::ffi::OsString::from).to_vec(),
        read: Vec::new(),
        memory_bytes: 1 << 30,
        cpu_seconds: 5,
        wall: Duration::from_secs(30),
    }
}

fn ask(server: &Mailbox, tool: &str, args: Value) -> Result<Value, String> {
    let Value::Object(args) = args else { panic!("arguments are an object") };
    let tools = server.tools();
    let Reply::Structure(value) = server.answer(tool, &args)? else { panic!("no structure") };
    let declared = tools.iter().find(|one| one.name == tool).unwrap();
    let schema = Value::Object((**declared.output_schema.as_ref().unwrap()).clone());
    assert!(jsonschema::is_valid(&schema, &value), "{tool}: {value}");
    Ok(value)
}

const HEADER: &str = "From: a@x.example\nMessage-ID: <m@x>\nSubject: s\n";

#[tokio::test(flavor = "multi_thread")]
async fn messages_keep_their_names_and_are_listed_by_their_headers() {
    let talk = || {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("box");
        for name in ["cur", "new", "tmp"] {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        let message = format!("{HEADER}\n{}", "body ".repeat(1000));
        fs::write(root.join("new/2.b.host"), &message).unwrap();
        fs::write(root.join("cur/1.a.host:2,S"), &message).unwrap();
        fs::write(root.join("tmp/3.c.host"), &message).unwrap();
        fs::write(folder.path().join("secret"), &message).unwrap();
        std::os::unix::fs::symlink("../../secret", root.join("new/4.d.host")).unwrap();
        let server = Mailbox::open(&root, None, reading()).unwrap();
        let names: Vec<String> = server.tools().iter().map(|tool| tool.name.to_string()).collect();
        assert_eq!(names, ["list_messages", "read_message"], "no drafts without a place");
        let why = ask(&server, "list_messages", json!({})).unwrap_err();
        assert!(why.contains("outside"), "{why}");
        fs::remove_file(root.join("new/4.d.host")).unwrap();

        let ids = |after: Value| -> Vec<String> {
            let list = ask(&server, "list_messages", after).unwrap();
            assert_eq!((&list["all"], &list["more"]), (&json!(2), &json!(false)));
            let all = list["messages"].as_array().unwrap();
            let header = HEADER.len().to_string();
            assert!(all.iter().all(|one| one["subject"] == header.as_str()), "{list}");
            all.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(ids(json!({})), ["1.a.host", "2.b.host"]);
        assert_eq!(ids(json!({ "after": "1.a.host" })), ["2.b.host"]);
        fs::rename(root.join("new/2.b.host"), root.join("cur/2.b.host:2,FS")).unwrap();
        assert_eq!(ids(json!({ "after": "1.a.host" })), ["2.b.host"]);
        let read = ask(&server, "read_message", json!({ "id": "2.b.host" })).unwrap();
        let whole = message.len().to_string();
        assert_eq!(read["subject"], whole.as_str());
        assert_eq!(read["attachments"], json!(["a.pdf"]));
        for id in ["3.c.host", "../secret", "cur/2.b.host:2,FS"] {
            let why = ask(&server, "read_message", json!({ "id": id })).unwrap_err();
            assert!(why.contains("there is no message"), "{why}");
        }

        let files = folder.path().join("files");
        fs::create_dir(&files).unwrap();
        for n in 0..LISTED_MAX + 1 {
            fs::write(files.join(format!("{n:03}.eml")), HEADER).unwrap();
        }
        fs::write(files.join("notes.txt"), "no message").unwrap();
        let server = Mailbox::open(&files, None, reading()).unwrap();
        let list = ask(&server, "list_messages", json!({})).unwrap();
        assert_eq!((&list["all"], &list["more"]), (&json!(LISTED_MAX + 1), &json!(true)));
        let last = list["messages"].as_array().unwrap().last().unwrap()["id"].clone();
        let rest = ask(&server, "list_messages", json!({ "after": last })).unwrap();
        assert_eq!(rest["messages"].as_array().unwrap().len(), 1);
    };
    tokio::task::spawn_blocking(talk).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_read_within_limits() {
    let talk = || {
        let root = tempfile::tempdir().unwrap();
        for name in ["cur", "new", "tmp"] {
            fs::create_dir_all(root.path().join(name)).unwrap();
        }
        let long = format!("{HEADER}X-Long: {}\n\nbody", "x".repeat(100_000));
        fs::write(root.path().join("new/1.a.host"), long).unwrap();
        fs::write(root.path().join("new/.2.b.host"), HEADER).unwrap();
        let mut server = Mailbox::open(root.path(), None, reading()).unwrap();
        let list = ask(&server, "list_messages", json!({})).unwrap();
        assert_eq!(list["all"], 1, "what is hidden is no message");
        assert_eq!(list["messages"][0]["subject"], HEADER_MAX.to_string());
        fs::write(root.path().join("new/3.c.host"), HEADER).unwrap();
        fs::create_dir(root.path().join("new/4.d.host")).unwrap();
        let why = ask(&server, "read_message", json!({ "id": "4.d.host" })).unwrap_err();
        assert!(why.contains("is no file"), "{why}");
        server.mail.most = 2;
        let why = ask(&server, "list_messages", json!({})).unwrap_err();
        assert!(why.contains("more than 2 messages"), "{why}");
        for tool in ["create_draft", "find_draft", "send"] {
            let why = server.answer(tool, &JsonObject::new()).map(drop).unwrap_err();
            assert!(why.contains("there is no tool"), "{why}");
        }
    };
    tokio::task::spawn_blocking(talk).await.unwrap();
}

fn wish(key: &str) -> Value {
    json!({
        "key": key, "to": "ada@example.org, bo@example.org", "subject": "Ihre Anfrage \u{fc}",
        "text": "Guten Tag,\n\n.\nFrom here on\n", "in_reply_to": "<m@x.example>",
    })
}

fn drawer(root: &std::path::Path, maildir: bool) -> Mailbox {
    let drafts = root.join("drafts");
    fs::create_dir_all(&drafts).unwrap();
    for name in ["cur", "new", "tmp"].iter().filter(|_| maildir) {
        fs::create_dir_all(drafts.join(name)).unwrap();
    }
    let drafts = Drafts { folder: drafts, from: "desk@example.org".to_owned() };
    Mailbox::open(root, Some(drafts), reading()).unwrap()
}

#[test]
fn a_draft_is_made_once_and_holds_what_was_asked_for() {
    for maildir in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let server = drawer(folder.path(), maildir);
        let made = ask(&server, "create_draft", wish("k-1")).unwrap();
        assert_eq!(made["message_id"], "draft-k-1@example.org");
        // The same again is the same; in other words, it is another request.
        assert_eq!(ask(&server, "create_draft", wish("k-1")).unwrap(), made);
        let mut other = wish("k-1");
        other["text"] = json!("Pay now");
        let why = ask(&server, "create_draft", other).unwrap_err();
        assert!(why.contains("another draft was made"), "{why}");
        let found = ask(&server, "find_draft", json!({ "key": "k-1" })).unwrap();
        assert_eq!(found, json!({ "found": true, "draft": made }));
        let none = ask(&server, "find_draft", json!({ "key": "k-2" })).unwrap();
        assert_eq!(none, json!({ "found": false, "draft": null }));

        let drafts = folder.path().join("drafts");
        let place = if maildir { "cur/draft-k-1:2,DS" } else { "draft-k-1.eml" };
        let bytes = fs::read(drafts.join(place)).unwrap();
        let read = documents::read(&bytes, "draft.eml", &documents::Limits::default()).unwrap();
        let mail = read.mail.unwrap();
        assert_eq!(mail.from, "desk@example.org");
        assert_eq!(mail.to, "ada@example.org, bo@example.org");
        assert_eq!(mail.subject, "Ihre Anfrage \u{fc}");
        assert_eq!(mail.message_id, "draft-k-1@example.org");
        assert!(!mail.date.is_empty());
        assert!(read.text.contains("Guten Tag,\n\n.\nFrom here on\n"), "{}", read.text);
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("In-Reply-To: <m@x.example>\r\n"), "{text}");

        let files = |folder: &std::path::Path| fs::read_dir(folder).unwrap().count();
        let rest = if maildir { files(&drafts.join("tmp")) } else { files(&drafts) - 1 };
        assert_eq!(rest, 0, "nothing half-written is left");
        // A draft that a person moved on within the maildir is still the same one.
        if maildir {
            fs::rename(drafts.join(place), drafts.join("cur/draft-k-1:2,DFS")).unwrap();
            assert_eq!(ask(&server, "create_draft", wish("k-1")).unwrap(), made);
        }
    }
}

#[test]
fn nothing_of_a_drafts_words_becomes_a_header() {
    let folder = tempfile::tempdir().unwrap();
    let server = drawer(folder.path(), false);
    let check = |name: &str, value: &str| {
        let mut args = wish("k");
        args[name] = json!(value);
        let why = ask(&server, "create_draft", args).unwrap_err();
        assert!(why.contains(&format!("`{name}`")), "{why}");
    };
    check("subject", "Hello\r\nBcc: all@example.org");
    check("subject", "Hello\nBcc: all@example.org");
    check("subject", "Hello\u{85}Bcc: all@example.org");
    check("to", "ada@example.org\r\nBcc: all@example.org");
    check("to", "Ada <ada@example.org>");
    check("to", "ada");
    check("to", "a b@example.org");
    check("to", "\"a\"@example.org");
    check("to", "ada@example..org");
    check("to", "ada@[127.0.0.1]");
    check("cc", "ada@example.org\nX: y");
    check("in_reply_to", "m@x>\r\nBcc: <all@example.org");
    check("in_reply_to", "no id");
    check("subject", &"x".repeat(501));
    check("to", &format!("{}@example.org", "x".repeat(65)));
    check("to", &format!("x@{}.org", "y".repeat(250)));
    check("to", "x@-example.org");
    check("to", "ada@example");
    check("to", ".ada@example.org");
    check("to", "ada.@example.org");
    check("to", "a..da@example.org");
    check("to", "a,da@example.org");
    check("to", "a:da@example.org");
    check("to", "@example.org");
    check("in_reply_to", &format!("{}@x", "m".repeat(250)));
    check("in_reply_to", "m x@x");
    check("in_reply_to", "mx");
    check("text", "a\0b");
    check("text", &"x".repeat(TEXT_MAX + 1));
    check("key", &"k".repeat(129));
    check("key", "a.b");
    check("key", "../../x");
    check("key", "");
    let none = |args: Value, expected: &str| {
        let why = ask(&server, "create_draft", args).unwrap_err();
        assert!(why.contains(expected), "{why}");
    };
    let mut nobody = wish("k");
    nobody["to"] = json!(" , ");
    none(nobody, "1 to 50 people");
    let mut crowd = wish("k");
    crowd["to"] = json!(vec!["ada@example.org"; 50].join(","));
    crowd["cc"] = json!("bo@example.org");
    none(crowd, "1 to 50 people");
    let mut sender = wish("k");
    sender["from"] = json!("boss@example.org");
    none(sender, "there is no argument `from`");
    assert_eq!(fs::read_dir(folder.path().join("drafts")).unwrap().count(), 0);
    let drafts = Drafts { folder: folder.path().to_owned(), from: "x\r\nBcc: a@b.org".to_owned() };
    assert!(Mailbox::open(folder.path(), Some(drafts), reading()).is_err());
}

/// Two requests with one key, at the same moment: one draft, and whoever did not make it is told.
#[test]
fn of_two_drafts_with_one_key_one_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let server = drawer(folder.path(), true);
    for n in 0..20 {
        let start = std::sync::Barrier::new(2);
        let create = |text: &str| {
            let mut args = wish(&format!("k{n}"));
            args["text"] = json!(text);
            start.wait();
            ask(&server, "create_draft", args)
        };
        let made = std::thread::scope(|scope| {
            let other = scope.spawn(|| create("one"));
            [create("another"), other.join().unwrap()]
        });
        let refused: Vec<&String> = made.iter().filter_map(|made| made.as_ref().err()).collect();
        assert!(refused.len() == 1 && refused[0].contains("another draft"), "{made:?}");
    }
}
