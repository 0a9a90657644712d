//! What can be said of the command line without starting it: its shape, and its words.

use clap::CommandFactory;

use crate::args::Cli;
use crate::glossary;

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
    for code in evidence::codes::ALL.iter().map(|code| evidence::codes::page(*code)) {
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
