//! A classifier learnt from labelled examples while a program starts: kernel ridge regression over
//! the examples' vectors, solved in one step, so that the same examples always give the same
//! answers. `decisions/0011-static-embeddings.md` has the measures it was chosen by. It says how
//! sure it is; what is sure enough is for whoever asks.

use std::collections::BTreeMap;

use crate::table::{Vector, vector};

/// Fewer examples of a label say too little of what else it may look like.
const EXAMPLES_MIN: usize = 5;
const LABELS_MAX: usize = 100;

/// More would take longer to learn than anybody wants to wait for a server.
const EXAMPLES_MAX: usize = 2_000;

/// How strongly single examples are held back: without it, they would be learnt by heart.
const RIDGE: f64 = 0.2;

/// A text and what it is an example of.
#[derive(Debug, Clone, Copy)]
pub struct Example<'t> {
    pub text: &'t str,
    pub label: &'t str,
}

/// Why examples teach nothing, and at which of them that shows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Unfit {
    pub at: usize,
    pub why: String,
}

/// What a text is most like.
#[derive(Debug, Clone, PartialEq)]
pub struct Found<'c> {
    pub label: &'c str,
    pub score: f32,
    pub runner_up: &'c str,
    /// How far the label is before the second.
    pub margin: f32,
}

/// What was learnt from examples.
#[derive(Debug)]
pub struct Classifier {
    labels: Vec<String>,
    /// What each label starts from: its share of the examples.
    shares: Vec<f32>,
    /// Each example's vector, and what it says for or against each label.
    examples: Vec<(Vector, Vec<f32>)>,
}

impl Classifier {
    /// Learns from examples, or says which of them makes that impossible.
    pub fn learn(examples: &[Example<'_>]) -> Result<Self, Unfit> {
        let labels = labels(examples)?;
        let vectors: Vec<Vector> = examples.iter().map(|example| vector(example.text)).collect();
        if let Some(at) = vectors.iter().position(Vector::is_empty) {
            let why = "no word of this text is known, so it teaches nothing: write it out";
            return Err(Unfit { at, why: why.to_owned() });
        }
        let mut alike: Vec<Vec<f64>> = Vec::with_capacity(vectors.len());
        for (n, one) in vectors.iter().enumerate() {
            // Only what stands before an example is needed: the matrix is its own mirror image.
            let before = vectors.iter().take(n).map(|other| f64::from(say(one, other)));
            alike.push(before.chain([f64::from(say(one, one)) + RIDGE]).collect());
        }
        let lower = halved(&alike);
        let (mut shares, mut says) = (Vec::new(), vec![Vec::new(); vectors.len()]);
        for label in &labels {
            let own = examples.iter().map(|example| f64::from(u8::from(example.label == label)));
            let own: Vec<f64> = own.collect();
            let share = own.iter().sum::<f64>() / own.len() as f64;
            let above: Vec<f64> = own.iter().map(|one| one - share).collect();
            shares.push(share as f32);
            for (all, one) in says.iter_mut().zip(solved(&lower, &above)) {
                all.push(one as f32);
            }
        }
        let examples = vectors.into_iter().zip(says).collect();
        Ok(Self { labels, shares, examples })
    }

    /// The label that a text is most like. A text without any known word is like none.
    #[must_use]
    pub fn classify(&self, text: &Vector) -> Found<'_> {
        let none = Found { label: "", score: 0.0, runner_up: "", margin: 0.0 };
        if text.is_empty() {
            return none;
        }
        let mut sums = self.shares.clone();
        for (example, says) in &self.examples {
            let weight = say(text, example);
            sums.iter_mut().zip(says).for_each(|(sum, own)| *sum += weight * own);
        }
        let mut scores: Vec<(f32, &str)> =
            sums.into_iter().zip(self.labels.iter().map(String::as_str)).collect();
        // Equal scores keep the order of the labels' names.
        scores.sort_by(|a, b| b.0.total_cmp(&a.0));
        match scores.as_slice() {
            [(score, label), (second, runner_up), ..] => {
                Found { label, score: *score, runner_up, margin: score - second }
            }
            _ => none,
        }
    }
}

/// The vectors that are most like a text's, nearest first.
#[must_use]
pub fn nearest(text: &Vector, among: &[Vector], at_most: usize) -> Vec<(usize, f32)> {
    let likeness = |(n, other): (usize, &Vector)| (n, text.likeness(other));
    let mut all: Vec<(usize, f32)> = among.iter().enumerate().map(likeness).collect();
    let order = |a: &(usize, f32), b: &(usize, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if at_most > 0 && at_most < all.len() {
        all.select_nth_unstable_by(at_most, order);
    }
    all.truncate(at_most);
    all.sort_by(order);
    all
}

/// How much one text says about another: nothing if it is the opposite, all if it is the same. The
/// sixth power lets it fall fast as texts grow less alike; it is written out because a power
/// function may round differently elsewhere.
fn say(one: &Vector, other: &Vector) -> f32 {
    let near = ((1.0 + one.likeness(other)) / 2.0).max(0.0);
    let cube = near * near * near;
    cube * cube
}

/// The labels in order, if every example is fit to be learnt from.
fn labels(examples: &[Example<'_>]) -> Result<Vec<String>, Unfit> {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut texts: BTreeMap<String, &str> = BTreeMap::new();
    for (at, example) in examples.iter().enumerate() {
        let plain = example.text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        if let Some(other) = texts.insert(plain, example.label).filter(|o| *o != example.label) {
            let label = example.label;
            let why = format!("the same text is `{label}` here and `{other}` above: keep one");
            return Err(Unfit { at, why });
        }
        counts.entry(example.label).or_insert((at, 0)).1 += 1;
    }
    let fewest = counts.iter().min_by_key(|(_, (_, count))| *count);
    if examples.len() > EXAMPLES_MAX {
        let why = format!("these are more than {EXAMPLES_MAX} examples: keep the most different");
        return Err(Unfit { at: EXAMPLES_MAX, why });
    }
    if let Some((label, (at, count))) = fewest.filter(|(_, (_, count))| *count < EXAMPLES_MIN) {
        let why = format!("`{label}` has {count} examples: give it at least {EXAMPLES_MIN}");
        return Err(Unfit { at: *at, why });
    }
    let why = match counts.len() {
        2..=LABELS_MAX => return Ok(counts.into_keys().map(str::to_owned).collect()),
        0 | 1 => "there is nothing to choose between: give examples of at least two labels".into(),
        n => format!("{n} labels are too many: use at most {LABELS_MAX}"),
    };
    Err(Unfit { at: 0, why })
}

/// The lower half of a matrix as the product of a triangle with itself (Cholesky). With a ridge it
/// is positive definite, so no pivot is needed and none is ever zero.
fn halved(square: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut lower: Vec<Vec<f64>> = Vec::with_capacity(square.len());
    for row in square {
        let mut own: Vec<f64> = Vec::with_capacity(row.len());
        for (above, cell) in lower.iter().zip(row) {
            let rest = cell - dot(&own, above);
            own.push(rest / above.last().copied().unwrap_or(1.0));
        }
        let cell = row.last().copied().unwrap_or(1.0);
        own.push((cell - dot(&own, &own)).max(f64::MIN_POSITIVE).sqrt());
        lower.push(own);
    }
    lower
}

/// What gives these sums when it is multiplied with the matrix whose half this is.
fn solved(lower: &[Vec<f64>], sums: &[f64]) -> Vec<f64> {
    back(lower, forth(lower, sums))
}

/// The sum of products of what both have.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn forth(lower: &[Vec<f64>], sums: &[f64]) -> Vec<f64> {
    let mut found: Vec<f64> = Vec::with_capacity(lower.len());
    for (row, sum) in lower.iter().zip(sums) {
        found.push((sum - dot(&found, row)) / row.last().copied().unwrap_or(1.0));
    }
    found
}

fn back(lower: &[Vec<f64>], mut found: Vec<f64>) -> Vec<f64> {
    for row in lower.iter().rev() {
        let Some((last, before)) = row.split_last() else { continue };
        let (head, tail) = found.split_at_mut(before.len());
        let Some(x) = tail.first_mut() else { continue };
        *x /= last;
        let x = *x;
        head.iter_mut().zip(before).for_each(|(sum, cell)| *sum -= cell * x);
    }
    found
}

#[cfg(test)]
mod tests;
