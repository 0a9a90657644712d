//! Small models of text that need nothing but this program: a vector for a text, the label of the
//! examples it is most like with a margin, the nearest passages, and near-duplicates by wording.
//! The same text gives the same answer everywhere. It knows nothing of tools, disks or workflows.

mod classify;
mod table;
mod wording;
mod wordpiece;

pub use classify::{Classifier, Example, Found, Unfit, nearest};
pub use table::{Vector, vector};
pub use wording::{Print, own_words, print, shared};
pub use wordpiece::tokens;

/// A share or a likeness as a whole number: a frame holds no floats.
#[must_use]
pub fn per_mille(share: f32) -> i64 {
    // The cast cuts off what is outside and makes nothing of what is no number.
    (f64::from(share) * 1000.0).round() as i64
}
