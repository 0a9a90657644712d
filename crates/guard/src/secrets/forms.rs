//! The forms in which a known value may leave: as it is, escaped in JSON, in base64 at any place of
//! a longer text, in hexadecimal, percent-encoded. They are made once, so that looking for all of
//! them costs one pass. It must not decode what leaves: that would have to guess.

use std::collections::BTreeSet;

use serde_json::Value;

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What encoders leave as it is besides letters and digits: RFC 3986, a path, JavaScript's
/// `encodeURIComponent` and `encodeURI`, a form, and one that leaves nothing.
const LEFT: &[&[u8]] = &[b"-._~", b"-._~/", b"-_.!~*'()", b"-_.!~*'();/?:@&=+$,#", b"-_.*", b"-_."];

/// Every form of a value.
pub(super) fn of(value: &str) -> BTreeSet<Vec<u8>> {
    let bytes = value.as_bytes();
    // In JSON a value may stand with its quotes and backslashes escaped.
    let quoted = Value::from(value).to_string();
    let escaped = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let mut forms = BTreeSet::from([bytes.to_vec()]);
    forms.extend(escaped.map(|text| text.as_bytes().to_vec()));
    for alphabet in [STANDARD, URL_SAFE] {
        forms.extend((0..3).map(|before| base64(bytes, before, alphabet)));
    }
    for digits in [b"0123456789abcdef", b"0123456789ABCDEF"] {
        forms.insert(bytes.iter().flat_map(|byte| hex(*byte, digits)).collect());
        forms.insert(bytes.iter().flat_map(|byte| percent(*byte, digits)).collect());
        for left in LEFT {
            for space in [&b"%20"[..], b"+"] {
                forms.insert(encoded(bytes, left, space, digits));
            }
        }
    }
    forms
}

/// The letters of base64 that the value alone decides when `before` bytes modulo three stand in
/// front of it. What follows and how it is padded touches only the letters left out.
fn base64(value: &[u8], before: usize, alphabet: &[u8; 64]) -> Vec<u8> {
    let bit = |n: usize| {
        let byte = (n / 8).checked_sub(before).and_then(|at| value.get(at));
        byte.map_or(0, |byte| usize::from(byte >> (7 - n % 8) & 1))
    };
    let first = (before * 8).div_ceil(6);
    let end = (before + value.len()) * 8 / 6;
    let letter = |n: usize| (n * 6..n * 6 + 6).fold(0, |sum, at| sum * 2 + bit(at));
    (first..end).filter_map(|n| alphabet.get(letter(n)).copied()).collect()
}

fn hex(byte: u8, digits: &[u8; 16]) -> impl Iterator<Item = u8> {
    let digit = |n: u8| digits.get(usize::from(n)).copied();
    [digit(byte >> 4), digit(byte & 15)].into_iter().flatten()
}

fn percent(byte: u8, digits: &[u8; 16]) -> impl Iterator<Item = u8> {
    std::iter::once(b'%').chain(hex(byte, digits))
}

fn encoded(value: &[u8], left: &[u8], space: &[u8], digits: &[u8; 16]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() * 3);
    for byte in value {
        match byte {
            b' ' => out.extend_from_slice(space),
            byte if byte.is_ascii_alphanumeric() || left.contains(byte) => out.push(*byte),
            byte => out.extend(percent(*byte, digits)),
        }
    }
    out
}
