//! The built-in servers' answers, without the protocol around them.

use std::fs;

use serde_json::json;

use super::*;

fn ask(server: &impl BuiltIn, tool: &str, args: Value) -> Result<String, String> {
    let Value::Object(args) = args else { panic!("arguments are an object") };
    server.answer(tool, &args).map(|reply| match reply {
        Reply::Content(text) | Reply::Text(text) | Reply::InDoubt(text) => text,
        Reply::Structure(structure) => structure.to_string(),
    })
}

#[test]
fn files_stay_beneath_their_folder() {
    let outer = tempfile::tempdir().unwrap();
    let root = outer.path().join("open");
    fs::create_dir_all(root.join("inbox")).unwrap();
    fs::write(root.join("inbox/one.txt"), "one").unwrap();
    fs::write(outer.path().join("secret.txt"), "secret").unwrap();
    std::os::unix::fs::symlink("../secret.txt", root.join("out.txt")).unwrap();
    std::os::unix::fs::symlink(outer.path(), root.join("up")).unwrap();
    std::os::unix::fs::symlink("inbox/one.txt", root.join("in.txt")).unwrap();
    fs::write(root.join("latin.txt"), b"caf\xe9").unwrap();
    let server = files::Files::open(&root, false).unwrap();
    let absolute = |path: &str| root.join(path).display().to_string();
    let check = |path: &str, expected: Result<&str, &str>| match (
        ask(&server, "read_text_file", json!({ "path": path })),
        expected,
    ) {
        (Ok(text), Ok(expected)) => assert_eq!(text, expected, "{path}"),
        (Err(why), Err(expected)) => assert!(why.contains(expected), "{path}: {why}"),
        (other, _) => panic!("{path}: {other:?}"),
    };
    check("inbox/one.txt", Ok("one"));
    check("./inbox/../inbox/one.txt", Ok("one"));
    check("in.txt", Ok("one"));
    check(&absolute("inbox/one.txt"), Ok("one"));
    check("../secret.txt", Err("outside"));
    check("inbox/../../secret.txt", Err("outside"));
    check("out.txt", Err("outside"));
    check("up/secret.txt", Err("outside"));
    check("/etc/passwd", Err("outside"));
    check(&absolute("../secret.txt"), Err("outside"));
    check("inbox", Err("no file"));
    check("none.txt", Err("there is no `none.txt`"));
    check("latin.txt", Err("no text in UTF-8"));
    check("", Err("no file"));
    let listing = ask(&server, "list_directory", json!({ "path": "inbox" })).unwrap();
    assert_eq!(listing, "[FILE] one.txt");
    let info = ask(&server, "get_file_info", json!({ "path": "inbox/one.txt" })).unwrap();
    assert!(info.contains("size: 3\n") && info.contains("isFile: true"), "{info}");

    // A server that only reads has no tool that writes.
    let write = json!({ "path": "new.txt", "content": "x" });
    assert!(ask(&server, "write_file", write.clone()).is_err());
    assert!(!server.tools().iter().any(|tool| tool.name == "write_file"));
    let server = files::Files::open(&root, true).unwrap();
    assert_eq!(ask(&server, "write_file", write).unwrap(), "Successfully wrote to new.txt");
    let onto = json!({ "source": "new.txt", "destination": "inbox/one.txt" });
    assert!(ask(&server, "move_file", onto).is_err(), "a file would be lost");
    let aside = json!({ "source": "new.txt", "destination": "inbox/two.txt" });
    ask(&server, "move_file", aside).unwrap();
    for out in ["up/x.txt", "../x.txt", "out.txt", "..", "inbox"] {
        let args = json!({ "path": out, "content": "x" });
        assert!(ask(&server, "write_file", args).is_err(), "{out}");
    }
    assert_eq!(fs::read_to_string(root.join("inbox/two.txt")).unwrap(), "x");
    assert_eq!(fs::read_to_string(outer.path().join("secret.txt")).unwrap(), "secret");
    assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 2);
}

#[test]
fn tables_answer_reads_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("orders.csv");
    fs::write(
        &file,
        "order:id,amount:money,received:bool,n:whole?\n\
         PO-1,1250 EUR,true,7\n\"PO,2\",3.10 EUR,false,\n",
    )
    .unwrap();
    let sqlite = folder.path().join("tables.db");
    let loaded = load_csv(folder.path(), &sqlite).unwrap();
    assert_eq!(loaded, [Loaded { table: "orders".to_owned(), rows: 2 }]);
    let tables = table::Tables::open(folder.path()).unwrap();
    for server in [&tables, &table::Tables::open(&sqlite).unwrap()] {
        let check = |sql: &str, expected: Result<&str, &str>| match (
            ask(server, "read_query", json!({ "query": sql })),
            expected,
        ) {
            (Ok(text), Ok(expected)) => {
                let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
                assert_eq!(parse(&text), parse(expected), "{sql}");
            }
            (Err(why), Err(expected)) => assert!(why.contains(expected), "{sql}: {why}"),
            (other, _) => panic!("{sql}: {other:?}"),
        };
        check(
            "SELECT * FROM \"orders\" WHERE \"order\" = 'PO-1'",
            Ok(r#"[{"amount":"1250.00 EUR","n":7,"order":"PO-1","received":"true"}]"#),
        );
        check(
            "SELECT hex(json_group_array(json_object('order', \"order\", 'n', n))) AS rows \
             FROM (SELECT * FROM orders WHERE received = 'false')",
            Ok(r#"[{"rows":"5B7B226F72646572223A22504F2C32222C226E223A6E756C6C7D5D"}]"#),
        );
        check("DELETE FROM orders", Err("only SELECT"));
        check("SELECT 1; DELETE FROM orders", Err("Multiple statements"));
        check("WITH x AS (SELECT 1) DELETE FROM orders", Err("only SELECT"));
        check("PRAGMA query_only = 0", Err("only SELECT"));
        check("ATTACH 'x.db' AS x", Err("only SELECT"));
        check("SELECT * FROM missing", Err("no such table"));
        check("SELECT load_extension('x')", Err("not authorized"));
        check(
            "SELECT a.n FROM (WITH RECURSIVE c(n) AS \
             (SELECT 1 UNION ALL SELECT n+1 FROM c LIMIT 2000) SELECT n FROM c) a",
            Err("more than 1000 rows"),
        );
        let names = ask(server, "list_tables", json!({})).unwrap();
        assert_eq!(names, r#"[{"name":"orders"}]"#);
        let columns = ask(server, "describe_table", json!({ "table_name": "orders" })).unwrap();
        assert!(columns.contains("INTEGER") && columns.contains("received"), "{columns}");
    }

    // A query without end is ended, and the next one is answered.
    let mut hasty = table::Tables::open(&sqlite).unwrap();
    hasty.time_max = std::time::Duration::from_millis(50);
    let endless = "SELECT count(*) FROM (WITH RECURSIVE c(n) AS \
                   (SELECT 1 UNION ALL SELECT n+1 FROM c) SELECT n FROM c)";
    let why = ask(&hasty, "read_query", json!({ "query": endless })).unwrap_err();
    assert_eq!(why, "interrupted");
    ask(&hasty, "list_tables", json!({})).unwrap();

    // A changed file is read again; a broken one answers nothing, not even what it held before.
    let count =
        || ask(&tables, "read_query", json!({ "query": "SELECT count(*) AS n FROM orders" }));
    fs::write(&file, "order:id,amount:money\nPO-9,1 EUR\n").unwrap();
    assert_eq!(count().unwrap(), r#"[{"n":1}]"#);
    let broken = |text: &str, expected: &str| {
        fs::write(&file, text).unwrap();
        let why = count().unwrap_err();
        assert!(why.contains(expected), "{text}: {why}");
    };
    broken(
        "order:id,amount:money\nPO-9,1\n",
        "orders.csv:2: `amount`: an amount needs its currency",
    );
    broken("order:id,amount\nPO-9,1 EUR\n", "does not say its kind");
    broken("order:id,amount:money\nPO-9,1 EUR\nPO-10\n", "line: 3");
    broken("order:id,paid:date\nPO-9,2026-02-30\n", "no date");
    broken("order:id,paid:bool\nPO-9,yes\n", "no `true` or `false`");
    broken("order:id,order:id\nPO-9,PO-9\n", "duplicate column");
    fs::write(&file, "order:id\nPO-9\n").unwrap();
    assert_eq!(count().unwrap(), r#"[{"n":1}]"#);
}

/// A script in place of the process that reads a document, and what comes of it.
fn read_by(script: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.pdf"), "%PDF-1.7 and so on").unwrap();
    let reading = Reading {
        launch: ["sh", "-c", script].map(std::ffi::OsString::from).to_vec(),
        read: Vec::new(),
        memory_bytes: 1 << 30,
        cpu_seconds: 5,
        wall: std::time::Duration::from_millis(if script.contains("sleep") { 300 } else { 30_000 }),
    };
    let server = documents::Documents::open(folder.path(), reading).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let asking = runtime
        .spawn_blocking(move || ask(&server, "read_document", json!({ "path": "a.pdf" })).unwrap());
    serde_json::from_str(&runtime.block_on(asking).unwrap()).unwrap()
}

/// Whatever becomes of the process that reads a document, it is an outcome of that document.
#[test]
fn the_end_of_a_reading_process_is_an_outcome() {
    for (script, expected) in [
        ("cat >/dev/null; echo '{\"Err\":\"scan\"}'", "scan"),
        ("sleep 60", "out_of_time"),
        ("kill -KILL $$", "out_of_time"),
        ("kill -XCPU $$", "out_of_time"),
        ("echo 'memory allocation of 9 bytes failed' >&2; kill -ABRT $$", "too_large"),
        ("echo 'thread main has overflowed its stack' >&2; kill -ABRT $$", "broken"),
        ("kill -SEGV $$", "broken"),
        ("echo 'a panic' >&2; exit 101", "broken"),
        ("echo nonsense", "broken"),
        ("yes", "broken"),
        ("yes >&2 & echo '{\"Err\":\"encrypted\"}'; kill $!", "encrypted"),
    ] {
        let answer = read_by(script);
        assert_eq!(answer["outcome"], expected, "{script}");
        assert_eq!(answer["content"], "", "{script}");
    }
}

/// A folder of files, and a server over it or why there is none.
fn matching(files: &[(&str, &str)]) -> (tempfile::TempDir, Result<matching::Matching, String>) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let server = matching::Matching::open(folder.path()).map_err(|why| why.to_string());
    (folder, server)
}

const ASKS: &str = "text,label\n\
    Where is my parcel?,delivery\nThe package has not arrived.,delivery\n\
    My delivery is late.,delivery\nWhen will it be shipped?,delivery\n\
    The courier never came.,delivery\nI forgot my password.,account\n\
    I cannot log in.,account\nPlease change my e-mail address.,account\n\
    My account is locked.,account\nThe login page shows an error.,account\n";

#[test]
fn matching_says_what_a_text_is_like_and_when_it_is_not_sure() {
    let notes = "# Opening hours\n\nWe are open from nine to five.\nOn Sundays we rest.\n\n\
        Returns are free within thirty days.\n";
    let (folder, server) =
        matching(&[("asks.csv", ASKS), ("notes.md", notes), ("other.json", "{")]);
    let server = server.unwrap();
    let ask = |tool: &str, args: Value| {
        let answer = ask(&server, tool, args)?;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let tools = server.tools();
        let declared = tools.iter().find(|one| one.name == tool).unwrap();
        let schema = Value::Object((**declared.output_schema.as_ref().unwrap()).clone());
        let keys =
            |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
        assert_eq!(keys(&schema["properties"]), keys(&answer), "as declared");
        Ok::<Value, String>(answer)
    };
    let classify = |text: &str, margin: i64| {
        let args = json!({ "text": text, "title": "", "among": "asks", "margin": margin });
        ask("classify", args).unwrap()
    };
    let answer = classify("the postman did not bring my box", 50);
    assert_eq!((&answer["label"], &answer["sure"]), (&json!("delivery"), &json!(true)));
    assert_eq!(answer["examples"].as_array().unwrap().len(), 3);
    assert_eq!(answer["examples"][0]["label"], "delivery");
    assert!(!answer.to_string().contains('.') || answer["score"].is_i64());
    assert_eq!(classify("the postman did not bring my box", 1000)["sure"], false);
    assert_eq!(classify("\u{200b}", 0)["sure"], false, "no words are never sure");
    // What is quoted does not count.
    let quoted = "I cannot sign in\n> Where is my parcel? It is late, has the courier come?";
    assert_eq!(classify(quoted, 0)["label"], "account");

    let args =
        json!({ "text": "Can I return something after two weeks?", "title": "", "among": "notes" });
    let near = ask("nearest", args).unwrap();
    assert_eq!(near["passages"][0]["place"], "notes.md:6");
    let alike = json!({ "one": "We are open from nine to five.", "other": "WE are open, from nine to five" });
    let alike = ask("compare", alike).unwrap();
    assert_eq!(alike, json!({ "meaning": alike["meaning"], "wording": 1000, "same_words": true }));
    let print = |text: &str| ask("fingerprint", json!({ "text": text })).unwrap();
    assert_eq!(print("Yes, please!\n> no"), print("yes please"));
    assert_ne!(print("yes please")["same"], print("no please")["same"]);
    assert_eq!(print(" ?"), json!({ "same": null, "near": "" }));
    let both = classify("Yes, please!\n> no", 0);
    assert_eq!(json!({ "same": both["same"], "near": both["near"] }), print("yes please"));

    let refused = |tool: &str, args: Value, expected: &str| {
        let why = ask(tool, args).unwrap_err();
        assert!(why.contains(expected), "{why}");
    };
    let args = |among: &str, margin: Value| json!({ "text": "a", "title": "", "among": among, "margin": margin });
    refused("classify", args("notes", json!(1)), "`notes` has no labels");
    refused("classify", args("none", json!(1)), "only `asks`, `notes`");
    refused("classify", args("asks", json!(-1)), "not from 0 to 1000");
    refused("classify", args("asks", json!("1")), "not from 0 to 1000");
    refused("fingerprint", json!({ "text": "a".repeat(2 << 20) }), "longer than");

    // A changed file is learnt anew; a wrong one answers nothing, not even what it taught before.
    let file = folder.path().join("asks.csv");
    fs::write(&file, ASKS.replace(",account", ",sign_in")).unwrap();
    assert_eq!(classify("I cannot log in", 0)["label"], "sign_in");
    fs::write(&file, "text,label\na,b\n").unwrap();
    refused("classify", args("asks", json!(1)), "asks.csv:2: `b` has 1 examples");
    fs::write(&file, ASKS).unwrap();
    assert_eq!(classify("I cannot log in", 0)["label"], "account");
}

#[test]
fn wrong_examples_are_refused_with_their_place() {
    let check = |name: &str, text: &str, expected: &str| {
        let (_folder, server) = matching(&[(name, text)]);
        let Err(why) = server else { panic!("{name} is served") };
        assert!(why.contains(expected), "{why}");
    };
    check("a.csv", "words,label\nx,y\n", "a.csv:1: there is no column `text`");
    check("a.csv", "text,label\n\"  \",y\n", "a.csv:2: the text is empty");
    check("a.csv", "text,label\nx,\n", "a.csv:2: the label is empty");
    check("a.csv", "text,label\nx,y,z\n", "a.csv:2: the row cannot be read");
    check("a.csv", "text\n", "a.csv: it holds no text");
    check("a.csv", "", "a.csv:1: there is no column `text`");
    check("a.md", " \n\n", "a.md: it holds no text");
    check(
        "a.csv",
        &ASKS.replace("late.,delivery", "late.,other"),
        "a.csv:4: `other` has 1 examples",
    );
    let twice = format!("{ASKS}where is  my PARCEL?,account\n");
    check("a.csv", &twice, "a.csv:12: the same text is `account` here and `delivery` above");
    check("a.csv", "text,label\na,x\nb,x\nc,x\nd,x\ne,x\n", "nothing to choose between");
    let (_folder, server) = matching(&[("a.md", "one"), ("a.txt", "two")]);
    assert!(server.err().unwrap().contains("a.txt: there is another file called `a`"));
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), b"caf\xe9").unwrap();
    let why = matching::Matching::open(folder.path()).err().unwrap().to_string();
    assert!(why.contains("a.txt: it is no text in UTF-8"), "{why}");
    fs::File::create(folder.path().join("a.txt")).unwrap().set_len(5 << 20).unwrap();
    let why = matching::Matching::open(folder.path()).err().unwrap().to_string();
    assert!(why.contains("larger than"), "{why}");
}
