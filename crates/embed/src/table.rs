//! The static table: one vector of four-bit numbers for each piece of the vocabulary, already
//! weighted by how rare the piece is. A text's vector is the mean of its pieces' vectors. How the
//! table was made stands in `distil/distil.py`; nothing here learns or changes it.

use crate::wordpiece::tokens;

const TABLE: &[u8] = include_bytes!("../weights/table.bin");

/// Two numbers before everything else: how many rows there are, and how wide they are.
const HEAD: usize = 8;

pub(crate) const DIMENSIONS: usize = 256;
/// Two numbers to a byte.
const BYTES: usize = DIMENSIONS / 2;

/// A text that is longer is read up to here: what comes later changes the mean very little.
const TOKENS_MAX: usize = 1024;

/// What a text is about, as a direction. A text without any known word has none.
#[derive(Debug, Clone, PartialEq)]
pub struct Vector(pub(crate) Box<[f32]>);

impl Vector {
    /// How alike two texts are: 1 for the same direction, 0 for nothing in common.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> f32 {
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum()
    }

    /// Whether no word of the text was known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|x| *x == 0.0)
    }
}

/// The vector of a text, of length one.
#[must_use]
pub fn vector(text: &str) -> Vector {
    let mut sum = vec![0.0_f32; DIMENSIONS].into_boxed_slice();
    for token in tokens(text).into_iter().take(TOKENS_MAX) {
        add(token, &mut sum);
    }
    let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
    if length > 0.0 {
        sum.iter_mut().for_each(|x| *x /= length);
    }
    Vector(sum)
}

fn number(at: usize) -> Option<[u8; 4]> {
    TABLE.get(at..at + 4)?.try_into().ok()
}

/// Adds a row of the table, which is kept as whole numbers and the size of one step.
fn add(token: u32, sum: &mut [f32]) {
    let row = token as usize;
    let Some(rows) = number(0).map(|bytes| u32::from_le_bytes(bytes) as usize) else { return };
    let Some(step) = number(HEAD + row * 4).map(f32::from_le_bytes) else { return };
    let begin = HEAD + rows * 4 + row * BYTES;
    let Some(cells) = TABLE.get(begin..begin + BYTES) else { return };
    for (pair, cell) in sum.chunks_exact_mut(2).zip(cells) {
        let [low, high] = [cell & 15, cell >> 4].map(|half| f32::from(half) - 8.0);
        pair.iter_mut().zip([low, high]).for_each(|(sum, x)| *sum += x * step);
    }
}

#[cfg(test)]
mod tests;
