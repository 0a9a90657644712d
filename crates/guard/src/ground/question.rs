//! The two questions about a field. They differ in their words and in the order of their options,
//! so that a model that merely likes a place or a phrase contradicts itself. It must not show a
//! candidate's score.

use std::collections::HashSet;

use journal::Choice;
use plan::workflow::{CopyField, Find};

use super::Candidate;
use super::label::{Lexicon, Meaning};
use super::page::fold;

/// How a field is asked for, as data.
const LEADS: &str = include_str!("leads.txt");

/// A chat model's words for a field, twice.
const ASKED: &[(&str, [&str; 2])] = &[
    ("supplier", ["the company that sends this invoice and wants to be paid", "the seller's name"]),
    (
        "number",
        [
            "the number of this invoice",
            "the invoice's own identifier, not an order or customer number",
        ],
    ),
    ("order", ["the buyer's purchase order number", "the order that this invoice refers to"]),
    ("date", ["the date of this invoice", "the day on which this invoice was issued"]),
    ("due", ["the date by which to pay", "the due date"]),
    ("net", ["the net amount, before tax", "the sum of the goods without tax"]),
    ("tax", ["the amount of tax", "how much value added tax is charged"]),
    ("total", ["the total amount, tax included", "how much is to be paid in all"]),
    ("iban", ["the account (IBAN) to pay to", "the seller's IBAN"]),
];

/// The rows of the table: language, meaning, text.
fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    LEADS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (language, rest) = line.split_once(' ')?;
        let (meaning, text) = rest.split_once(": ")?;
        Some((language, meaning, text))
    })
}

/// The language of a document, by the words that tell it; English where none does.
pub(super) fn language(text: &str) -> &'static str {
    let folded = fold(text);
    let words: HashSet<&str> = folded.split(' ').collect();
    let mut best = ("en", 0);
    for (language, _, telling) in rows().filter(|(_, meaning, _)| *meaning == "words") {
        let hits = telling.split(", ").filter(|word| words.contains(fold(word).as_str())).count();
        if hits > best.1 {
            best = (language, hits);
        }
    }
    best.0
}

fn lead(language: &str, meaning: &str, second: usize) -> Option<&'static str> {
    let (.., leads) = rows().find(|(l, m, _)| *l == language && *m == meaning)?;
    leads.split(" | ").nth(second)
}

/// The question about a field in one of its two wordings. The options are the candidates as a
/// reader sees them; the second wording turns their order round, and
/// [`super::settle`] turns it back.
#[must_use]
pub fn questions(field: &CopyField, candidates: &[Candidate], wording: u8) -> Choice {
    let second = usize::from(wording > 0);
    let words = words(field);
    let meaning = match Lexicon::new(field).meaning() {
        Meaning::Known(name) => name,
        Meaning::Own => "",
    };
    let asked = ASKED.iter().find(|(known, _)| *known == meaning);
    let asked = asked
        .and_then(|(_, asked)| asked.get(second))
        .map_or(words.clone(), |text| (*text).to_owned());
    let language = candidates.first().map_or("en", |candidate| candidate.language);
    let lead = lead(language, meaning, second).map(str::to_owned);
    let kind = match field.find {
        Find::Name => "name",
        Find::Id => "identifier",
        Find::Date => "date",
        Find::Money => "amount",
        Find::Iban => "account",
        Find::Line => "line",
    };
    let question = if second == 0 {
        format!("Which of these is {asked}? Choose null if none of them is.")
    } else {
        format!("The document gives several {kind}s. Find {asked} among them, or choose null.")
    };
    let mut options: Vec<String> =
        candidates.iter().take(offered(candidates)).map(|c| c.shown.clone()).collect();
    if second == 1 {
        options.reverse();
    }
    let lead = lead.unwrap_or_else(|| {
        if second == 0 { format!("{words}:") } else { format!("The {words} is") }
    });
    Choice { question, lead, options }
}

/// How many candidates a model is offered: all that no label names as another field. They come
/// first, because candidates are sorted by score.
fn offered(candidates: &[Candidate]) -> usize {
    candidates.iter().take_while(|candidate| candidate.score > 0).count()
}

/// The candidate that an option of a wording stands for.
pub(super) fn option(candidates: &[Candidate], wording: u8, chosen: usize) -> Option<usize> {
    let count = offered(candidates);
    if chosen >= count {
        return None;
    }
    Some(if wording > 0 { count - 1 - chosen } else { chosen })
}

fn words(field: &CopyField) -> String {
    field.called.first().cloned().unwrap_or_else(|| field.name.as_str().replace('_', " "))
}
