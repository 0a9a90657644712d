//! `explain`: the page of a code, or a word of the glossary.

use serde_json::json;

use crate::exit::{Ended, Exit, Stop};
use crate::glossary;
use crate::screen::{Look, Screen};

/// Looks a code or a word up.
pub fn explain(screen: &Screen, word: &str) -> Ended {
    if let Some(code) = plan::codes::find(word) {
        return page(screen, code.id, code.title, code.why, code.fix);
    }
    let exams = || exam::CODES.iter().find(|code| code.id.eq_ignore_ascii_case(word.trim()));
    if let Some(code) = exams() {
        return page(screen, code.id, code.title, code.why, code.fix);
    }
    if let Some(code) = evidence::codes::find(word) {
        return page(screen, code.id, code.title, code.why, code.next);
    }
    if let Some(code) = proof::codes::find(word) {
        return page(screen, code.id, code.title, code.why, code.next);
    }
    if let Some(entry) = glossary::find(word) {
        screen.object("word", entry)?;
        screen.line(format!("{}: {}", screen.word(Look::Strong, entry.word), entry.means));
        screen.line(format!("see also: {}", entry.see.join(", ")));
        return Ok(Exit::Done);
    }
    let stop = Stop::usage(format!("nothing is known of `{}`", evidence::words::plain(word)));
    Err(match near(word) {
        Some(other) => stop.help(format!("did you mean `{other}`?")),
        None => stop.help("codes look like `FD-P101` or `rate_limited`"),
    })
}

fn page(screen: &Screen, id: &str, title: &str, why: &str, next: &str) -> Ended {
    screen.object("code", json!({ "code": id, "title": title, "why": why, "next": next }))?;
    screen.line(format!("{}: {title}", screen.word(Look::Strong, id)));
    screen.line(format!("why it matters: {why}"));
    screen.line(format!("what to do: {next}"));
    Ok(Exit::Done)
}

/// The known code or word that begins most like what was typed.
fn near(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    let codes = plan::codes::ALL.iter().map(|code| code.id);
    let exams = exam::CODES.iter().map(|code| code.id);
    let runs = evidence::codes::ALL.iter().map(|code| evidence::codes::page(*code).id);
    let faults = evidence::codes::FAULTS.iter().map(|page| page.id);
    let proofs = proof::codes::ALL.iter().map(|code| code.id);
    let words = glossary::WORDS.iter().map(|entry| entry.word);
    let same = |other: &str| {
        other.to_lowercase().chars().zip(word.chars()).take_while(|(a, b)| a == b).count()
    };
    codes
        .chain(exams)
        .chain(runs)
        .chain(faults)
        .chain(proofs)
        .chain(words)
        .max_by_key(|other| same(other))
        .filter(|other| same(other) > 2)
}
