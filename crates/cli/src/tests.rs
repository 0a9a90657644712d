//! What can be said of the command line without starting it: its shape, and its words.

use clap::{CommandFactory, Parser};

use crate::args::Cli;
use crate::models::Serving;
use crate::supply::Supply;
use crate::workspace::Workspace;
use crate::{glossary, servers};

#[test]
fn the_command_line_is_sound() {
    Cli::command().debug_assert();
}

/// Every text that a person can read on a screen of this program, apart from what cases hold.
fn texts() -> Vec<String> {
    let mut all = Vec::new();
    let mut open = vec![Cli::command()];
    while let Some(mut command) = open.pop() {
        all.push(command.render_long_help().to_string());
        open.extend(command.get_subcommands().filter(|c| !c.is_hide_set()).cloned());
    }
    for entry in glossary::WORDS {
        all.push(entry.means.to_owned());
    }
    for code in plan::codes::ALL {
        all.extend([code.title, code.why, code.fix].map(str::to_owned));
    }
    let faults = evidence::codes::FAULTS.iter().map(|page| **page);
    let codes = evidence::codes::ALL.iter().map(|code| evidence::codes::page(*code));
    for code in codes.chain(faults) {
        all.extend([code.title, code.why, code.next].map(str::to_owned));
    }
    for code in proof::codes::ALL {
        all.extend([code.title, code.why, code.next].map(str::to_owned));
    }
    all
}

/// Words of the code that have another name on screens. What stands in backticks is the syntax of
/// files and commands, which has its own words.
const INNER: &[&str] = &[
    "ask",
    "asks",
    "verdict",
    "verdicts",
    "permit",
    "permits",
    "frame",
    "frames",
    "fold",
    "folds",
    "frontmatter",
    "digest",
    "digests",
    "enum",
    "struct",
    "serde",
    "epoch",
];

#[test]
fn screens_use_the_operators_words() {
    for text in texts() {
        let outside: String = text.split('`').step_by(2).collect::<Vec<_>>().join(" ");
        for word in outside.split(|c: char| !c.is_alphanumeric()) {
            let inner = INNER.contains(&word.to_lowercase().as_str());
            assert!(!inner, "`{word}` stands in:\n{text}");
        }
    }
}

#[test]
fn every_word_of_the_glossary_is_found_and_leads_somewhere() {
    for entry in glossary::WORDS {
        assert!(glossary::find(entry.word).is_some(), "{}", entry.word);
        assert!(!entry.see.is_empty(), "{} leads nowhere", entry.word);
        for other in entry.see {
            assert!(glossary::find(other).is_some(), "{} sees {other}", entry.word);
        }
    }
    assert_eq!(glossary::find("Checkpoints").map(|e| e.word), Some("checkpoint"));
}

#[test]
fn messages_begin_small_and_end_without_a_stop() {
    let lines = |text: &str| !text.ends_with('.') && !text.starts_with(char::is_uppercase);
    for entry in glossary::WORDS {
        assert!(lines(entry.means), "{}", entry.means);
    }
    for code in plan::codes::ALL {
        assert!(lines(code.title), "{}", code.title);
    }
}

/// The reference of the command line, made from the command line itself.
fn reference() -> String {
    let mut text = String::from(
        "# The command line\n\nMade by a test of `crates/cli/src/tests.rs`; refresh it with\n\
         `UPDATE=1 cargo test -p flightdeck the_reference_is_fresh`.\n",
    );
    let mut root = Cli::command().term_width(100).disable_help_subcommand(true);
    root.build();
    let mut open = vec![(String::from("flightdeck"), root)];
    let global = ["workspace", "data", "person", "json", "help"];
    while let Some((name, mut command)) = open.pop() {
        // What every command takes stands once, at the top.
        if name != "flightdeck" {
            for id in global {
                command = command.mut_args(|arg| {
                    let same = arg.get_id() == id;
                    if same { arg.hide(true) } else { arg }
                });
            }
        }
        let help = command.render_long_help().to_string();
        text.push_str(&format!("\n## `{name}`\n\n```text\n{}\n```\n", trimmed(&help)));
        let below: Vec<_> = command
            .get_subcommands()
            .filter(|c| !c.is_hide_set() && c.get_name() != "help")
            .map(|c| (format!("{name} {}", c.get_name()), c.clone()))
            .collect();
        open.extend(below.into_iter().rev());
    }
    text
}

fn trimmed(help: &str) -> String {
    help.trim_end().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_reference_is_fresh() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
    let fresh = reference();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &fresh).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == fresh, "docs/cli.md is stale: run this test with `UPDATE=1`");
}

/// Documents may only show commands that exist.
#[test]
fn every_command_in_the_readme_exists() {
    let readme = include_str!("../../../README.md");
    let root = Cli::command();
    let mut found = 0;
    for rest in readme.split("flightdeck ").skip(1) {
        let words: Vec<&str> = rest.split([' ', '`', '\n']).take(2).collect();
        let Some(first) = root.find_subcommand(words[0]) else {
            assert!(!readme.contains(&format!("\nflightdeck {}", words[0])), "{}", words[0]);
            continue;
        };
        found += 1;
        let groups = first.has_subcommands() && first.is_subcommand_required_set();
        assert!(!groups || first.find_subcommand(words[1]).is_some(), "{} {}", words[0], words[1]);
    }
    assert!(found > 8, "only {found} commands were looked at");
}

#[test]
fn a_token_is_a_secret_of_every_guard() {
    let folder = std::env::temp_dir().join(format!("flightdeck-tokens-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("tokens")).unwrap();
    let grant = serde_json::json!({ "url": "https://far.example/mcp", "issuer": "https://i.example",
        "client": "us", "access": "access-0123456789", "refresh": "renewal-0123456789",
        "scopes": [] });
    let kept = serde_json::json!({ "grant": grant }).to_string();
    std::fs::write(folder.join("tokens/far.json"), kept).unwrap();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/back-office");
    let mut workspace = Workspace::at(root, folder.clone()).unwrap();
    let far = r#"{ "mcpServers": { "far": { "url": "https://far.example/mcp" } } }"#;
    workspace.files.insert(".mcp.json", far);
    let places = workspace.places().unwrap();
    let secrets = std::sync::Arc::new(guard::Secrets::default());
    servers::guarded_pool(&workspace, &places, &secrets).map(drop).unwrap();
    for token in ["access-0123456789", "renewal-0123456789"] {
        assert!(secrets.found_in(&format!("it said {token}")), "{token}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_key_of_our_own_model_server_is_a_secret() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/back-office");
    let workspace = Workspace::at(root.clone(), root.join(".flightdeck")).unwrap();
    let places = workspace.places().unwrap();
    let plans = plan::check_all(&workspace.files).plans;
    let supply = Supply::new(&workspace, places, plans.values(), None).unwrap();
    let (key, secrets) = (supply.models.own_key().to_owned(), supply.secrets());
    let other = Serving::new(None).unwrap().own_key().to_owned();
    assert!(secrets.found_in(&format!("Authorization: Bearer {key}")));
    assert!(key.len() == 48 && key != other && !secrets.found_in(&other));
}

/// What `mcp find` says how to add a server is typed as it stands.
#[test]
fn every_known_server_is_added_as_it_is_said() {
    let mut known = 0;
    for server in tools::catalogue::all() {
        // What stands between quotes is one word.
        let parts = server.add.split('\'').enumerate();
        let words: Vec<&str> = parts
            .flat_map(|(n, part)| match n % 2 {
                0 => part.split_whitespace().collect(),
                _ => vec![part],
            })
            .collect();
        let add = ["flightdeck", "mcp", "add", &server.name];
        let parsed = Cli::try_parse_from(add.iter().chain(&words));
        assert!(parsed.is_ok(), "{}: {}", server.add, parsed.unwrap_err());
        if server.transport == "built-in" {
            let command = words.iter().skip_while(|word| **word != "--").skip(1);
            let parsed = Cli::try_parse_from(command);
            assert!(parsed.is_ok(), "{}: {}", server.add, parsed.unwrap_err());
        }
        known += 1;
    }
    assert!(known > 0, "no server is known");
}
