//! What is seen of a definition that changed, and what may be approved.

use serde_json::json;

use super::*;
use crate::offered::Hints;

fn offered(name: &str, description: &str, input: Value) -> Offered {
    let definition =
        Definition { title: None, description: description.to_owned(), input, output: None };
    Offered {
        name: name.to_owned(),
        digest: definition.digest(name).unwrap(),
        hidden: hidden(name, &definition),
        definition,
        hints: Hints::default(),
    }
}

fn schema(args: &[&str]) -> Value {
    let all: serde_json::Map<_, _> =
        args.iter().map(|a| ((*a).to_owned(), json!({ "type": "string" }))).collect();
    json!({ "type": "object", "properties": all })
}

fn draft() -> Offered {
    offered(
        "create_draft",
        "Drafts a payment.\nIt pays nothing.",
        schema(&["iban", "amount", "key"]),
    )
}

fn approve(
    lock: Lock,
    server: &str,
    offered: &Offered,
    declared: &Declared,
) -> Result<Lock, PinError> {
    let name = ToolName::new(&format!("{server}.{}", offered.name)).unwrap();
    let by = PersonId::new("mara@acme.example").unwrap();
    pin(lock, &name, offered, declared, by, "2026-11-23", None)
}

#[test]
fn hidden_characters_are_found_wherever_they_stand() {
    let check = |name: &str, description: &str, input: Value, expected: Option<&str>| {
        let found = offered(name, description, input).hidden;
        assert_eq!(found.as_deref(), expected, "{description:?}");
    };
    let none = || json!({});
    check("read", "Lit un fichier – « déjà vu » 读取 ⚠️ ok\n\ttwo", none(), None);
    check(
        "read",
        "plain\u{200b}text",
        none(),
        Some("the character U+200B is hidden in its description"),
    );
    check("read", "a\u{202e}b", none(), Some("the character U+202E is hidden in its description"));
    check(
        "read",
        "a\u{e0041}b",
        none(),
        Some("the character U+E0041 is hidden in its description"),
    );
    check("read", "a\u{fe0f}b", none(), Some("the character U+FE0F is hidden in its description"));
    check("read", "a\u{1b}[8mb", none(), Some("the character U+001B is hidden in its description"));
    check("re\u{ad}ad", "", none(), Some("the character U+00AD is hidden in its name"));
    let deep = json!({ "properties": { "a": { "enum": ["x", "y\u{2066}"] } } });
    check("read", "", deep, Some("the character U+2066 is hidden in its arguments"));
    let key = json!({ "properties": { "a\u{2063}": {} } });
    check("read", "", key, Some("the character U+2063 is hidden in its arguments"));
}

#[test]
fn a_difference_is_said_in_words() {
    let delete = offered("delete_draft", "Deletes a draft.", schema(&["id"]));
    let read = offered("get_draft", "Shows a draft.", schema(&["id"]));
    let mut lock = Lock::default();
    for tool in [&draft(), &delete, &read] {
        lock = approve(lock, "erp", tool, &Declared::default()).unwrap();
    }
    // Another server's tools are none of this server's business.
    lock = approve(lock, "files", &read, &Declared::default()).unwrap();
    assert_eq!(diff("erp", &lock, &[read.clone(), draft(), delete.clone()]), "");

    let changed = offered(
        "create_draft",
        "Drafts a payment.\nIt pays \u{200b}at once.",
        schema(&["iban", "amount", "key", "note"]),
    );
    let renamed = offered("remove_draft", "Deletes a draft.", schema(&["id"]));
    let pay = offered("pay", "Pays.", schema(&[]));
    insta::assert_snapshot!(diff("erp", &lock, &[changed, renamed, pay, read.clone(), read]), @r#"
    `erp.create_draft` is not what it seems: the character U+200B is hidden in its description
    `erp.create_draft` changed:
      - description: It pays nothing.
      + description: It pays \u{200b}at once.
      + argument: properties.note.type = "string"
      so: a model reads other words about what it does
      so: `note` is new: whoever calls it may give it or leave it out
    `erp.delete_draft` is gone; `erp.remove_draft` has its description
    `erp.get_draft` is offered twice
    `erp.remove_draft` is new and not approved
    `erp.pay` is new and not approved
    "#);
}

#[test]
fn what_is_approved_is_what_was_said_and_no_more() {
    let declared = Declared {
        effect: Some(Effect::Write),
        key_arg: Some("key".to_owned()),
        args: [("iban".to_owned(), ArgRole::Destination)].into(),
        ..Declared::default()
    };
    let lock = approve(Lock::default(), "erp", &draft(), &declared).unwrap();
    let pinned = lock.tools.values().next().unwrap();
    assert_eq!(pinned.digest, draft().digest);
    assert_eq!(pinned.args.get("iban"), Some(&ArgRole::Destination));
    assert_eq!(Lock::parse(&lock.render().unwrap()).unwrap(), lock);

    // What nobody says is the worst: no effect means it cannot be used at all.
    let silent = approve(Lock::default(), "erp", &draft(), &Declared::default()).unwrap();
    let pinned = silent.tools.values().next().unwrap();
    assert_eq!((pinned.effect, pinned.reversible, pinned.trust), (None, false, Trust::Untrusted));
    assert!(pinned.tool().is_none());

    let wrong =
        Declared { args: [("ibn".to_owned(), ArgRole::Destination)].into(), ..Declared::default() };
    let why = approve(Lock::default(), "erp", &draft(), &wrong).unwrap_err().to_string();
    assert_eq!(why, "`erp.create_draft` has no argument `ibn`");
    let trap = offered("create_draft", "Drafts.\u{200b}", schema(&[]));
    let why = approve(Lock::default(), "erp", &trap, &Declared::default()).unwrap_err().to_string();
    assert!(why.contains("U+200B"), "{why}");
}
