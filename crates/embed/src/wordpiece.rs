//! The tokenizer that the table was made with: BERT's for lower case (Devlin et al., 2018). A text
//! is cleaned, freed of accents and cut at spaces and punctuation; each word is the longest piece
//! of the vocabulary, then the longest that continues it. A word without such pieces is no token.

use std::collections::HashMap;
use std::sync::OnceLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization;

const VOCABULARY: &str = include_str!("../weights/vocabulary.txt");

/// A longer word is no word; as in the tokenizer that this one follows.
const WORD_MAX: usize = 100;

struct Pieces {
    /// Pieces that begin a word, and pieces that continue one, by their place in the table.
    begin: HashMap<&'static str, u32>,
    go_on: HashMap<&'static str, u32>,
}

fn pieces() -> &'static Pieces {
    static PIECES: OnceLock<Pieces> = OnceLock::new();
    PIECES.get_or_init(|| {
        let mut pieces = Pieces { begin: HashMap::new(), go_on: HashMap::new() };
        for (n, piece) in (0..).zip(VOCABULARY.lines()) {
            match piece.strip_prefix("##") {
                Some(rest) if !rest.is_empty() => pieces.go_on.insert(rest, n),
                _ => pieces.begin.insert(piece, n),
            };
        }
        pieces
    })
}

/// The pieces of a vocabulary that a text consists of, by their number.
#[must_use]
pub fn tokens(text: &str) -> Vec<u32> {
    let pieces = pieces();
    let mut found = Vec::new();
    each_word(text, |word| of_word(pieces, word, &mut found));
    found
}

fn of_word(pieces: &Pieces, word: &str, found: &mut Vec<u32>) {
    let before = found.len();
    if word.chars().count() > WORD_MAX {
        return;
    }
    let (mut rest, mut known) = (word, &pieces.begin);
    while !rest.is_empty() {
        let ends = rest.char_indices().rev().map(|(at, c)| at + c.len_utf8());
        let longest = ends.filter_map(|end| Some((end, *known.get(rest.get(..end)?)?)));
        let Some((end, piece)) = longest.into_iter().next() else {
            // One strange letter makes the whole word unknown.
            found.truncate(before);
            return;
        };
        found.push(piece);
        rest = rest.get(end..).unwrap_or_default();
        known = &pieces.go_on;
    }
}

/// Calls on each word and each mark of punctuation, cleaned and in lower case.
fn each_word(text: &str, mut on: impl FnMut(&str)) {
    let mut word = String::new();
    let mut mark = [0; 4];
    let mut end = |word: &mut String| {
        if !word.is_empty() {
            on(word);
            word.clear();
        }
    };
    for c in text.chars() {
        if c.is_whitespace() {
            end(&mut word);
        } else if c.is_ascii_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        } else if c.is_ascii_punctuation() {
            end(&mut word);
            word.push(c);
            end(&mut word);
        } else if !is(Kind::Other, c.encode_utf8(&mut mark)) && c != '\u{fffd}' {
            let own = chinese(c);
            if own {
                end(&mut word);
            }
            for c in std::iter::once(c).nfd() {
                if is(Kind::Accent, c.encode_utf8(&mut mark)) {
                    continue;
                }
                let punctuation =
                    c.is_ascii_punctuation() || is(Kind::Punctuation, c.encode_utf8(&mut mark));
                if punctuation {
                    end(&mut word);
                }
                word.extend(c.to_lowercase());
                if punctuation {
                    end(&mut word);
                }
            }
            if own {
                end(&mut word);
            }
        }
    }
    end(&mut word);
}

#[derive(Clone, Copy)]
enum Kind {
    /// Control characters, formats, and what has no meaning yet.
    Other,
    Accent,
    Punctuation,
}

/// Whether a character is of a general category of Unicode.
fn is(kind: Kind, c: &str) -> bool {
    static KINDS: OnceLock<[Option<Regex>; 3]> = OnceLock::new();
    let kinds = KINDS.get_or_init(|| {
        [r"^\p{C}$", r"^\p{Mn}$", r"^\p{P}$"].map(|pattern| Regex::new(pattern).ok())
    });
    kinds.get(kind as usize).and_then(Option::as_ref).is_some_and(|regex| regex.is_match(c))
}

/// Characters of Chinese writing stand for words of their own.
fn chinese(c: char) -> bool {
    matches!(u32::from(c),
        0x4E00..=0x9FFF | 0x3400..=0x4DBF | 0x20000..=0x2A6DF | 0x2A700..=0x2B73F
        | 0x2B740..=0x2B81F | 0x2B920..=0x2CEAF | 0xF900..=0xFAFF | 0x2F800..=0x2FA1F)
}

#[cfg(test)]
mod tests;
