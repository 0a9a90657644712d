//! Which field a piece of text names. The words are data, in `labels.txt`; this file only compares.
//! It must not look at values.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use plan::workflow::{CopyField, Find};

use super::page::fold;

const TABLE: &str = include_str!("labels.txt");

/// A word of a phrase; with `begins` it stands for every word that begins so.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    text: String,
    begins: bool,
}

impl Word {
    fn read(written: &str) -> Vec<Self> {
        let begins = written.ends_with('*');
        let folded = fold(written);
        let count = folded.split(' ').count();
        let last = |n: usize| begins && n + 1 == count;
        let words = folded.split(' ').enumerate();
        words.map(|(n, text)| Self { text: text.to_owned(), begins: last(n) }).collect()
    }

    fn is(&self, word: &str) -> bool {
        if self.begins { word.starts_with(&self.text) } else { word == self.text }
    }
}

/// One phrase of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Phrase {
    words: Vec<Word>,
    meaning: Meaning,
    strength: i32,
}

/// What a label names: a word of the table, or the words of a field that the table does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Meaning {
    Known(&'static str),
    /// The field that is being looked for, by the operator's own words.
    Own,
}

/// A label found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) meaning: Meaning,
    pub(super) strength: i32,
    /// Words between the label's end and the text's end.
    pub(super) distance: usize,
    /// Words before the label.
    pub(super) before: usize,
    /// How many words it has.
    pub(super) words: usize,
    /// How many letters its phrase has.
    pub(super) letters: usize,
}

/// The phrases of all languages by the first letters of their first word, longest first. The same
/// words can mean two things in two languages.
struct Phrases(HashMap<String, Vec<Phrase>>);

/// How many letters of a phrase's first word are its key.
const KEY: usize = 3;

fn key(word: &str) -> String {
    word.chars().take(KEY).collect()
}

static KNOWN: LazyLock<Phrases> = LazyLock::new(|| {
    let mut phrases = Phrases(HashMap::new());
    for (meaning, strength, phrase) in rows() {
        phrases.add(phrase, Meaning::Known(meaning), strength);
    }
    phrases.sorted()
});

/// Every meaning of the table, once.
static MEANINGS: LazyLock<BTreeSet<&'static str>> =
    LazyLock::new(|| rows().map(|(meaning, ..)| meaning).collect());

/// The table's rows: meaning, strength, phrase.
pub(super) fn rows() -> impl Iterator<Item = (&'static str, i32, &'static str)> {
    TABLE
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with(['#', '@']))
        .filter_map(|line| {
            let (head, phrases) = line.split_once(':')?;
            let (meaning, strength) = head.split_once(' ')?;
            Some((meaning, strength.trim().parse().ok()?, phrases))
        })
        .flat_map(|(meaning, strength, phrases): (_, i32, _)| {
            phrases.split(", ").map(move |phrase| (meaning, strength, phrase.trim()))
        })
}

/// The meanings that can stand at a kind of value, by its name in the table.
fn kind(name: &str) -> Vec<&'static str> {
    TABLE
        .lines()
        .find_map(|line| line.strip_prefix('@')?.strip_prefix(name)?.strip_prefix(':'))
        .map(|list| list.split(',').map(str::trim).collect())
        .unwrap_or_default()
}

impl Phrases {
    fn add(&mut self, phrase: &str, meaning: Meaning, strength: i32) {
        let words: Vec<Word> = phrase.split(' ').flat_map(Word::read).collect();
        let words: Vec<Word> = words.into_iter().filter(|word| !word.text.is_empty()).collect();
        let Some(first) = words.first().map(|word| key(&word.text)) else { return };
        let list = self.0.entry(first).or_default();
        if !list.iter().any(|known| known.words == words && known.meaning == meaning) {
            list.push(Phrase { words, meaning, strength });
        }
    }

    /// The longest phrases first; of two with the same words the row that stands first.
    fn sorted(mut self) -> Self {
        for list in self.0.values_mut() {
            list.sort_by_key(|phrase| std::cmp::Reverse(phrase.words.len()));
        }
        self
    }

    /// The longest phrase at the start of `words`. Where the same words mean several things, the
    /// one that `wanted` takes is meant.
    fn at(&self, words: &[&str], wanted: impl Fn(Meaning) -> bool) -> Option<&Phrase> {
        let list = self.0.get(&key(words.first()?))?;
        let fits = |phrase: &&Phrase| {
            words.len() >= phrase.words.len()
                && phrase.words.iter().zip(words).all(|(a, b)| a.is(b))
        };
        let first = list.iter().find(fits)?;
        let longest = list.iter().filter(|phrase| phrase.words.len() == first.words.len());
        longest.filter(fits).find(|phrase| wanted(phrase.meaning)).or(Some(first))
    }
}

/// Whether a line holds a label of a tax or telephone number, as a letterhead does.
pub(super) fn marks_sender(line: &str) -> bool {
    let folded = fold(line);
    let words: Vec<&str> = folded.split(' ').collect();
    let sender = |meaning| matches!(meaning, Meaning::Known("vat_id" | "phone"));
    (0..words.len()).any(|at| {
        let phrase = words.get(at..).and_then(|rest| KNOWN.at(rest, sender));
        phrase.is_some_and(|phrase| {
            sender(phrase.meaning) && phrase.words.iter().map(|w| w.text.len()).sum::<usize>() > 2
        })
    })
}

/// The meanings that clear words of a text have, as far as the table knows them.
pub(super) fn telling(text: &str) -> impl Iterator<Item = &'static str> {
    let folded = fold(text);
    let words: Vec<&str> = folded.split(' ').collect();
    let meaning = |at: usize| {
        let phrase = KNOWN.at(words.get(at..)?, |_| true)?;
        let long = phrase.words.iter().map(|word| word.text.len()).sum::<usize>() > 2;
        match phrase.meaning {
            Meaning::Known(name) if long && phrase.strength == 2 => Some(name),
            _ => None,
        }
    };
    (0..words.len()).filter_map(meaning).collect::<Vec<_>>().into_iter()
}

/// Whether a text names the document itself: "Fattura n.", and in languages that join words every
/// word that ends so, as "Frachtrechnung".
pub(super) fn names_document(text: &str) -> bool {
    const ENDINGS: &[&str] = &["rechnung", "faktura", "factuur", "regning", "lasku", "szamla"];
    let folded = fold(text);
    let words: Vec<&str> = folded.split(' ').collect();
    let document = |meaning| meaning == Meaning::Known("number");
    (0..words.len()).any(|at| {
        let joined =
            words.get(at).is_some_and(|word| ENDINGS.iter().any(|end| word.ends_with(end)));
        let phrase = words.get(at..).and_then(|rest| KNOWN.at(rest, document));
        joined || phrase.is_some_and(|phrase| document(phrase.meaning) && phrase.strength == 2)
    })
}

/// Whether a text begins with a label of a party.
pub(super) fn begins_with_party(text: &str, party: &'static str) -> bool {
    let folded = fold(&text.chars().take(40).collect::<String>());
    let words: Vec<&str> = folded.split(' ').collect();
    let wanted = |meaning| meaning == Meaning::Known(party);
    KNOWN.at(&words, wanted).is_some_and(|phrase| wanted(phrase.meaning))
}

/// Whether a text begins with a label of a number, such as "BIC", "HRB" or "Tel".
pub(super) fn begins_with_number(text: &str) -> bool {
    let folded = fold(text);
    let words: Vec<&str> = folded.split(' ').collect();
    let numbered =
        |meaning| matches!(meaning, Meaning::Known("vat_id" | "bank" | "phone" | "iban"));
    let phrase = KNOWN.at(&words, numbered).filter(|phrase| numbered(phrase.meaning));
    phrase.is_some_and(|phrase| phrase.words.iter().map(|word| word.text.len()).sum::<usize>() > 2)
}

/// Whether a text is a label and nothing else.
pub(super) fn whole(text: &str) -> bool {
    let folded = fold(text);
    let words: Vec<&str> = folded.split(' ').collect();
    KNOWN.at(&words, |_| true).is_some_and(|phrase| phrase.words.len() == words.len())
}

fn is_party(meaning: Meaning) -> bool {
    matches!(meaning, Meaning::Known("supplier" | "buyer"))
}

/// How many bytes of a text are a label of a party before a name: "Spett.le ", "Payment to ".
pub(super) fn party(text: &str) -> usize {
    let ends = text.match_indices(' ').take(5).map(|(at, _)| at);
    let names = |end: &usize| {
        let folded = fold(text.get(..*end).unwrap_or_default());
        let words: Vec<&str> = folded.split(' ').collect();
        // "Van" and "de" begin names more often than they name a party, so that a phrase of one
        // word must stand first in the table; behind other words only a longer one counts.
        (0..words.len()).any(|from| {
            let rest = words.get(from..).unwrap_or_default();
            let phrase = KNOWN.at(rest, |meaning| from > 0 && is_party(meaning));
            phrase.is_some_and(|phrase| {
                let long = from == 0 || rest.len() > 1;
                is_party(phrase.meaning) && long && phrase.words.len() == rest.len()
            })
        })
    };
    ends.filter(names).last().map_or(0, |end| end + 1)
}

/// The words of one field: the table's, and the operator's own on top.
pub(super) struct Lexicon {
    own: Phrases,
    meaning: Meaning,
    /// The meanings that matter for this kind of value; none listed means all.
    kind: Vec<&'static str>,
}

impl Lexicon {
    /// The lexicon for a field by its name and what the operator says it is called.
    pub(super) fn new(field: &CopyField) -> Self {
        let (name, called) = (field.name.as_str(), &field.called);
        let spaced = name.replace('_', " ");
        let kind = kind(match field.find {
            Find::Money => "money",
            Find::Date => "date",
            Find::Id => "id",
            Find::Name => "name",
            Find::Iban => "iban",
            Find::Line => "line",
        });
        let known = |text: &str| {
            let exact = MEANINGS
                .iter()
                .find(|meaning| **meaning == text || meaning.replace('_', " ") == text);
            if let Some(meaning) = exact {
                return Some(Meaning::Known(meaning));
            }
            let folded = fold(text);
            let words: Vec<&str> = folded.split(' ').collect();
            let wanted = |meaning| matters(&kind, meaning);
            let phrase =
                KNOWN.at(&words, wanted).filter(|phrase| phrase.words.len() == words.len())?;
            (phrase.strength > 0).then_some(phrase.meaning)
        };
        let texts = || std::iter::once(spaced.as_str()).chain(called.iter().map(String::as_str));
        let meaning = texts().find_map(known).unwrap_or(Meaning::Own);
        let mut own = Phrases(HashMap::new());
        for text in called.iter().map(String::as_str) {
            own.add(text, meaning, 2);
        }
        // A name that is a word of the table, as "number", has the strength that it has there.
        if known(&spaced).is_none() {
            own.add(&spaced, meaning, 2);
        }
        let own = own.sorted();
        Self { own, meaning, kind }
    }

    /// What the field itself means.
    pub(super) fn meaning(&self) -> Meaning {
        self.meaning
    }

    /// Every label of a text that matters for the field, in order.
    pub(super) fn labels(&self, text: &str) -> Vec<Label> {
        let mut labels: Vec<Label> = Vec::new();
        for mut label in self.all(text) {
            // "excl. VAT" names the net amount and "incl. VAT" the total.
            if label.meaning == Meaning::Known("tax") {
                // A rate may stand between: "excl. 21% VAT".
                let last = labels.last().filter(|last| label.before <= last.before + 3);
                label.meaning = match last.map(|last| last.meaning) {
                    Some(Meaning::Known("without")) => Meaning::Known("net"),
                    Some(Meaning::Known("with")) => Meaning::Known("total"),
                    _ => label.meaning,
                };
            }
            labels.push(label);
        }
        // "Total excl." without a word for tax names the net amount all the same.
        let mut last: Option<Label> = None;
        for label in &mut labels {
            let total = last.is_some_and(|last| {
                last.meaning == Meaning::Known("total") && last.before + last.words == label.before
            });
            if total && label.meaning == Meaning::Known("without") {
                *label = Label { meaning: Meaning::Known("net"), strength: 2, ..*label };
            }
            last = Some(*label);
        }
        labels.retain(|label| match label.meaning {
            Meaning::Own => true,
            Meaning::Known(name) => {
                label.meaning == self.meaning
                    || (name != "with"
                        && name != "without"
                        && (self.kind.is_empty() || self.kind.contains(&name)))
            }
        });
        // "Order no." is one label: the word for "number" belongs to what stands before it.
        labels.dedup_by(|label, last| {
            let bare = label.meaning == Meaning::Known("number")
                && (label.strength, label.words) == (1, 1)
                && last.before + last.words == label.before;
            if bare {
                last.words += 1;
                last.distance = label.distance;
            }
            bare
        });
        labels
    }

    /// Every label of a text. At each place the longest phrase wins.
    fn all(&self, text: &str) -> Vec<Label> {
        let folded = fold(text);
        let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(rest) = words.get(at..).filter(|rest| !rest.is_empty()) {
            let own = self.own.at(rest, |_| true);
            let known =
                KNOWN.at(rest, |meaning| meaning == self.meaning || matters(&self.kind, meaning));
            let longest = match (own, known) {
                (Some(own), Some(known)) if known.words.len() > own.words.len() => Some(known),
                (Some(own), _) => Some(own),
                (None, known) => known,
            };
            let Some(phrase) = longest else {
                at += 1;
                continue;
            };
            let after = rest.get(phrase.words.len()..).unwrap_or_default();
            found.push(Label {
                meaning: phrase.meaning,
                strength: phrase.strength,
                distance: after.iter().filter(|word| counts(word)).count(),
                before: at,
                words: phrase.words.len(),
                letters: phrase.words.iter().map(|word| word.text.chars().count()).sum(),
            });
            at += phrase.words.len();
        }
        found
    }
}

/// Whether a meaning can stand at a kind of value, or turns one that can into another.
fn matters(kind: &[&str], meaning: Meaning) -> bool {
    match meaning {
        Meaning::Own => true,
        Meaning::Known("with" | "without") => kind.contains(&"net"),
        Meaning::Known(name) => kind.contains(&name),
    }
}

/// Whether a word between a label and its value puts them apart. Currencies, rates and the words
/// that stand before any value do not.
fn counts(word: &str) -> bool {
    const NEAR: &[&str] = &[
        "eur", "usd", "gbp", "chf", "sek", "nok", "dkk", "pln", "czk", "euro", "euros", "in", "is",
        "of", "no", "nr", "n", "the", "at", "de", "di", "der", "du", "del", "van", "a", "sfr",
        "fr", "kr", "huf", "ron", "ft", "kc", "zl", "lei", "leva", "c", "cislo", "nro", "st", "br",
        "numero", "numer", "number", "nummer", "num", "o", "da", "do", "den", "er", "on", "w",
        "til", "pa", "na", "stevilka", "broj", "numurs", "numeris", "szama", "es", "est", "ist",
        "el", "la", "eura", "evrov", "was", "je", "af", "from",
    ];
    !word.chars().all(|c| c.is_ascii_digit()) && !NEAR.contains(&word)
}
