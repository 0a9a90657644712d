//! Which cases hold the data of one person: the contents themselves are searched, so that nothing
//! had to be declared beforehand, and a case that only mentions somebody is found too. It must not
//! erase anything; what is to be done with what it finds is decided elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use journal::{At, Frame, Record, RunId, Starter, What};
use regex::{Regex, RegexBuilder};
use unicode_normalization::UnicodeNormalization;

use crate::history::History;

/// Fewer letters and digits than this name no one person.
const LETTERS_MIN: usize = 4;
/// As many digits as this, and the spaces and dashes between them do not count.
const DIGITS_MIN: usize = 5;

/// The same in scripts whose words are that short.
const DENSE_MIN: usize = 2;

const BREAK: &str = r"[^\p{Alphabetic}\p{N}]";
const NOT_BEFORE: &str = r"[^\p{Alphabetic}\p{N}._%+\-]";
const NOT_AFTER: &str = r"[^\p{Alphabetic}\p{N}.\-]|\.(?:$|[^\p{Alphabetic}\p{N}])";

/// Words that name one person: an address, a number, a name.
#[derive(Debug)]
pub struct Subject(Vec<Regex>);

/// Why words name nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is too short to name one person")]
pub struct TooShort(pub String);

impl Subject {
    /// A person by words each of which names them alone.
    pub fn named<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, TooShort> {
        words.into_iter().map(pattern).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a content holds one of the words, in whatever case, spacing or escapes.
    #[must_use]
    pub fn is_in(&self, content: &[u8]) -> bool {
        let text = plain(content);
        self.0.iter().any(|word| word.is_match(&text))
    }
}

fn pattern(word: &str) -> Result<Regex, TooShort> {
    let short = || TooShort(word.to_owned());
    let folded: String = word.nfkc().collect();
    let words: Vec<&str> = folded.split_whitespace().collect();
    let mut signs = words.iter().flat_map(|word| word.chars()).filter(|c| c.is_alphanumeric());
    let ends = (signs.clone().next(), signs.clone().next_back());
    let least = if signs.clone().any(dense) { DENSE_MIN } else { LETTERS_MIN };
    if signs.by_ref().count() < least {
        return Err(short());
    }
    let digits = folded.chars().filter(char::is_ascii_digit).count();
    let is_address = folded.contains('@');
    let body = if digits >= DIGITS_MIN && !is_address {
        // A number, an account, a card: written with any breaks between its signs.
        let signs = folded.chars().filter(|c| c.is_alphanumeric());
        signs.map(|c| regex::escape(&c.to_string())).collect::<Vec<_>>().join(r"[\s\-./()_]*")
    } else {
        words.iter().map(|word| regex::escape(word)).collect::<Vec<_>>().join(r"\s+")
    };
    // `ann@x.example` is not part of `joann@x.example` or of `ann@x.example.com`.
    let (before, after) = if is_address { (NOT_BEFORE, NOT_AFTER) } else { (BREAK, BREAK) };
    let edge = |end: Option<char>, edge| if end.is_some_and(dense) { "" } else { edge };
    let whole = format!(
        "{}{body}{}",
        edge(ends.0, &format!("(?:^|{before})")),
        edge(ends.1, &format!("(?:$|{after})"))
    );
    let built = RegexBuilder::new(&whole).case_insensitive(true).build();
    built.map_err(|_| short())
}

/// Letters of scripts that put no space between words, and a name into two or three of them.
fn dense(c: char) -> bool {
    matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// A content as it would be read: its escapes undone at any depth, its letters in one form.
fn plain(content: &[u8]) -> String {
    let text = String::from_utf8_lossy(content);
    let text = if text.contains('\\') { unescaped(&text) } else { text.into_owned() };
    if text.is_ascii() { text } else { text.nfkc().collect() }
}

/// JSON within JSON carries more than one backslash; none of them is part of a word. What stands
/// for a line's end becomes a space, and four digits become the sign they stand for.
fn unescaped(text: &str) -> String {
    let mut units: Vec<u16> = Vec::new();
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '\\' {
            flush(&mut units, &mut plain);
            plain.push(c);
            continue;
        }
        while rest.next_if_eq(&'\\').is_some() {}
        match rest.next() {
            Some('u') => {
                let digits: String =
                    (0..4).filter_map(|_| rest.next_if(char::is_ascii_hexdigit)).collect();
                match u16::from_str_radix(&digits, 16) {
                    Ok(unit) if digits.len() == 4 => units.push(unit),
                    Ok(_) | Err(_) => {
                        flush(&mut units, &mut plain);
                        plain.push_str(" u");
                        plain.push_str(&digits);
                    }
                }
            }
            other => {
                flush(&mut units, &mut plain);
                match other {
                    Some('n' | 't' | 'r' | 'b' | 'f') | None => plain.push(' '),
                    Some(sign) => plain.push(sign),
                }
            }
        }
    }
    flush(&mut units, &mut plain);
    plain
}

fn flush(units: &mut Vec<u16>, plain: &mut String) {
    plain.extend(char::decode_utf16(units.drain(..)).map(|unit| unit.unwrap_or(' ')));
}

/// One case, as far as it matters to whose data it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub run: RunId,
    pub parent: Option<(RunId, At)>,
    /// Whether one of its contents names the person.
    pub named: bool,
    /// Whether its contents are gone.
    pub erased: bool,
    /// The tools and models that were handed something, and how often.
    pub given: BTreeMap<Given, u32>,
}

/// Who was handed something that cannot be erased here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Given {
    Server(String),
    Model(String),
}

impl Held {
    /// What a case holds. `subject` is nothing where the case itself was named.
    #[must_use]
    pub fn of(history: &History, subject: Option<&Subject>) -> Self {
        let parent = history.frames().iter().flat_map(|frame| &frame.records).find_map(parent);
        let named =
            subject.is_none_or(|subject| history.contents().any(|body| subject.is_in(body)));
        let mut given = BTreeMap::new();
        for to in history.frames().iter().flat_map(given_to) {
            *given.entry(to).or_default() += 1;
        }
        Self { run: history.run(), parent, named, erased: history.is_erased(), given }
    }
}

fn parent(record: &Record) -> Option<(RunId, At)> {
    let Record::Opened { starter: Starter::Parent { run, at, .. }, .. } = record else {
        return None;
    };
    Some((*run, at.clone()))
}

fn given_to(frame: &Frame) -> impl Iterator<Item = Given> {
    frame.records.iter().filter_map(|record| {
        let Record::Allowed { what, .. } = record else { return None };
        match what {
            What::Tool { tool, .. } => Some(Given::Server(tool.server().to_owned())),
            What::Model { model, .. } => Some(Given::Model(model.to_string())),
            What::Notify { .. } => None,
        }
    })
}

/// The cases that go with those that name the person: what such a case called worked on the same
/// matter, whether or not it says the name once more. Items of a list are others' matters, unless
/// none of them names the person: then the list itself is about them.
///
/// `is_item` says whether the step of a case goes through a list.
#[must_use]
pub fn family(cases: &[Held], is_item: impl Fn(RunId, &At) -> bool) -> BTreeSet<RunId> {
    let mut below: BTreeMap<RunId, Vec<(&At, &Held)>> = BTreeMap::new();
    for case in cases {
        if let Some((parent, at)) = &case.parent {
            below.entry(*parent).or_default().push((at, case));
        }
    }
    let named: BTreeSet<RunId> = cases.iter().filter(|c| c.named).map(|c| c.run).collect();
    let mut all = BTreeSet::new();
    let mut next: Vec<RunId> = named.iter().copied().collect();
    while let Some(run) = next.pop() {
        if !all.insert(run) {
            continue;
        }
        let children = below.get(&run).into_iter().flatten();
        let (items, called): (Vec<_>, Vec<_>) = children.partition(|(at, _)| is_item(run, at));
        let others = items.iter().any(|(_, item)| named.contains(&item.run));
        let items = items.iter().filter(|_| !others);
        next.extend(called.iter().chain(items).map(|(_, case)| case.run));
    }
    all
}

#[cfg(test)]
mod tests;
