//! The example's text invoices with other people's servers for files and tables in place of the
//! built-in ones. Its workflow reads text files here; then only `.mcp.json` and `mcp.lock` change.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::office::{Office, WORKFLOW, project};
use crate::vendor::Vendor;

/// As `cargo xtask test` installs them, in the same place.
const NPM: &str = "@modelcontextprotocol/server-filesystem@2026.8.31";
const PYTHON: &[&str] = &["mcp-server-sqlite==2025.4.25", "mcp<2"];

fn run(program: &Path, args: &[&str]) {
    let said = Command::new(program).args(args).output();
    let said = said.unwrap_or_else(|e| panic!("{}: {e}", program.display()));
    let told = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{} {args:?}: {told}", program.display());
}

/// The two servers, installed if they are not there.
pub fn servers() -> (PathBuf, PathBuf) {
    let folder = project().join("target/mcp-servers");
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    std::fs::create_dir_all(&folder).unwrap();
    let files = folder.join("node_modules/.bin/mcp-server-filesystem");
    if !files.exists() {
        let prefix = text(&folder);
        let quiet = ["install", "--no-audit", "--no-fund", "--silent", "--prefix"];
        run(Path::new("npm"), &[&quiet[..], &[&prefix, NPM]].concat());
    }
    let table = folder.join("python/bin/mcp-server-sqlite");
    if !table.exists() {
        run(Path::new("python3"), &["-m", "venv", &text(&folder.join("python"))]);
        let quiet = ["install", "--quiet", "--disable-pip-version-check"];
        run(&folder.join("python/bin/pip"), &[&quiet[..], PYTHON].concat());
    }
    (files, table)
}

/// The example with its text invoices only, and a workflow that reads text files.
fn of_text_files() -> Office {
    let office = Office::new(&Vendor::plain(), &[]);
    for entry in std::fs::read_dir(office.root().join("inbox")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "txt") {
            std::fs::remove_file(path).unwrap();
        }
    }
    office.change(WORKFLOW, "documents.read_document", "files.read_text_file");
    office.change(WORKFLOW, "{ content: text, outcome: text, why: text }", "{ content: text }");
    office.change(WORKFLOW, "fetch.outcome != 'text'", "fetch.content == ''");
    office.change("policies/intake.cedar", "documents.read_document", "files.read_text_file");
    office.change(".mcp.json", "\"documents\": {", "\"files\": {");
    office.change(".mcp.json", "[\"serve\", \"documents\"", "[\"serve\", \"files\"");
    pin(&office, &["files.read_text_file", "--effect", "read"]);
    office
}

fn pin(office: &Office, args: &[&str]) {
    let who = ["--as", "pieter@larkfield.example"];
    let said = office.say(&[&["mcp", "pin"][..], args, &who].concat());
    assert_eq!(said.code, 0, "{args:?}: {}{}", said.out, said.err);
}

#[test]
fn the_example_runs_with_other_servers_for_files_and_tables() {
    let (files, table) = servers();
    let built_in = of_text_files();
    let said = built_in.run_all();
    assert_eq!(said.code, 3, "{}", said.err);

    let office = of_text_files();
    let db = office.root().join("tables.db");
    let loaded = tools::serve::load_csv(&office.root().join("tables"), &db).unwrap();
    assert_eq!(loaded.len(), 3);
    let command = |program: &Path, args: &str| {
        format!("\"command\": {:?},\n      \"args\": [{args}]", program.to_str().unwrap())
    };
    for (name, folder, to) in [
        ("files", "inbox", command(&files, "\"inbox\"")),
        ("table", "tables", command(&table, "\"--db-path\", \"tables.db\"")),
    ] {
        let from = format!(
            "\"command\": \"flightdeck\",\n      \"args\": [\"serve\", \"{name}\", \"--root\", \
             \"{folder}\"]"
        );
        office.change(".mcp.json", &from, &to);
    }

    // What was approved were other servers' tools: nothing is read before they are approved.
    let diff = office.say(&["mcp", "diff"]);
    assert!(diff.out.contains("read_text_file") && diff.out.contains("read_query"), "{}", diff.out);
    let before = office.say(&["run", "invoice_intake", "001-nordwind.txt", "--json"]);
    assert!(office.drafts().is_empty(), "{}{}", before.out, before.err);
    std::fs::remove_dir_all(office.root().join(".flightdeck")).unwrap();

    pin(&office, &["files.read_text_file", "--effect", "read"]);
    pin(&office, &["table.read_query", "--effect", "read", "--trusted"]);
    let said = office.run_all();
    assert_eq!(said.code, 3, "{}{}", said.out, said.err);
    assert_eq!(office.strays(), Vec::<String>::new());
    let made = |office: &Office| {
        let word = |draft: &serde_json::Value, key: &str| draft[key].as_str().unwrap().to_owned();
        let key = |draft| ["supplier", "iban", "amount", "currency"].map(|key| word(draft, key));
        let mut all: Vec<_> = office.drafts().iter().map(key).collect();
        all.sort();
        all
    };
    assert_eq!(made(&office), made(&built_in), "the same drafts as with the built-in servers");
    assert!(made(&office).len() >= 15);
}
