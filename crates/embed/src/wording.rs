//! How much of their wording two texts share, and keys by which texts with much the same wording
//! find each other without being kept side by side. Two texts about the same thing in other words
//! share nothing here; what a text is about is the vectors' business.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

/// Words that stand next to each other and count as one.
const SHINGLE: usize = 3;
/// Keys of a print, and how many least shingles each key joins. Texts that share nine tenths of
/// their shingles have a key in common 99 times in 100; those that share three tenths, 11 times.
const KEYS: usize = 4;
const JOINED: usize = 3;

/// What can be kept of a text to know it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Print {
    /// The same for texts of the same words, whatever their case, spacing and punctuation.
    pub same: String,
    /// Keys in no order that matters: two texts that have one in common share much wording.
    pub near: [String; KEYS],
}

/// The part of a message that its sender has written for this occasion: what mails mark as quoted
/// (`>`) or as a signature (`-- `) is left out, unless there is nothing else.
#[must_use]
pub fn own_words(text: &str) -> String {
    let written: Vec<&str> = text
        .lines()
        .take_while(|line| !matches!(*line, "-- " | "--"))
        .filter(|line| !line.trim_start().starts_with('>'))
        .collect();
    let written = written.join("\n");
    if written.trim().is_empty() { text.to_owned() } else { written }
}

/// The share of three-word pieces that two texts have in common (Jaccard): 1 for the same words.
#[must_use]
pub fn shared(one: &str, other: &str) -> f32 {
    let (one, other) = (shingles(&words(one)), shingles(&words(other)));
    let both = one.intersection(&other).count();
    let all = one.len() + other.len() - both;
    if all == 0 { 0.0 } else { both as f32 / all as f32 }
}

/// The print of a text; none for a text without words.
#[must_use]
pub fn print(text: &str) -> Option<Print> {
    let words = words(text);
    if words.is_empty() {
        return None;
    }
    let shingles = shingles(&words);
    let near = std::array::from_fn(|key| {
        let salts = key * JOINED..(key + 1) * JOINED;
        let least: Vec<String> = salts
            .filter_map(|salt| shingles.iter().map(|hash| mixed(*hash, salt as u64)).min())
            .map(|hash| format!("{hash:016x}"))
            .collect();
        digest(&least.join(" "))
    });
    Some(Print { same: digest(&words.join(" ")), near })
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Hashes of all pieces of three words; a shorter text is one piece.
fn shingles(words: &[String]) -> BTreeSet<u64> {
    let pieces = words.windows(SHINGLE.min(words.len()).max(1));
    pieces.map(|piece| fnv(piece.iter().flat_map(|word| word.bytes().chain([b' '])))).collect()
}

/// FNV-1a: the order of shingles need only look random, nobody has to be kept from steering it.
fn fnv(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Another order of the same hashes for each salt (the finalizer of splitmix64).
fn mixed(hash: u64, salt: u64) -> u64 {
    let mut x = hash ^ salt.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Keys are claimed and compared, so two texts must not be made to have the same one.
fn digest(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    hash.iter().take(16).fold(String::new(), |mut hex, byte| {
        for half in [byte >> 4, byte & 15] {
            hex.extend(char::from_digit(u32::from(half), 16));
        }
        hex
    })
}

#[cfg(test)]
mod tests;
