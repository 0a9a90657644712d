//! How far what comes now is from what came before, field by field: the population stability
//! index. It must not say which of the two is right.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::Feature;

/// Into how many groups numbers and lengths are put, each as large as the others before.
const GROUPS: usize = 10;
/// A text that has at most so many values is a word of a list; another is only as long as it is.
const WORDS: usize = 20;
/// How often each word comes at least, on average.
const OFTEN: usize = 5;

/// The field that moved most, and how far.
#[must_use]
pub fn worst<'f>(
    before: &[&'f BTreeMap<String, Feature>],
    now: &[&'f BTreeMap<String, Feature>],
) -> Option<(&'f str, f64)> {
    let names: BTreeSet<&str> =
        before.iter().flat_map(|all| all.keys().map(String::as_str)).collect();
    let of = |all: &[&BTreeMap<String, Feature>], name: &str| -> Vec<Feature> {
        all.iter().map(|one| one.get(name).copied().unwrap_or(Feature::Missing)).collect()
    };
    let moved = names.into_iter().map(|name| (name, psi(&of(before, name), &of(now, name))));
    moved.max_by(|one, other| one.1.total_cmp(&other.1))
}

/// The index of one field. Half a case is added to each group, so that an empty one does not make
/// it endless. Below 0.1 nothing moved, above 0.25 much did, as the index is usually read.
#[must_use]
pub fn psi(before: &[Feature], now: &[Feature]) -> f64 {
    let groups = Groups::of(before);
    let (expected, actual) = (groups.counts(before), groups.counts(now));
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    let half = count(expected.len()) / 2.0;
    let share = |n: usize, of: &[Feature]| (count(n) + 0.5) / (count(of.len()) + half);
    let pairs = expected.iter().zip(&actual);
    pairs.fold(0.0, |sum, (e, a)| {
        let (e, a) = (share(*e, before), share(*a, now));
        sum + (a - e) * (a / e).ln()
    })
}

/// The groups of a field. The first is of those that lack it, the last of what was not seen before.
enum Groups {
    Words(Vec<u32>),
    /// Upper ends.
    Sizes(Vec<f64>),
}

impl Groups {
    fn of(before: &[Feature]) -> Self {
        let mut words: Vec<u32> = before
            .iter()
            .filter_map(|feature| match feature {
                Feature::Text(hash, _) => Some(*hash),
                Feature::Missing | Feature::Number(_) => None,
            })
            .collect();
        let texts = words.len();
        words.sort_unstable();
        words.dedup();
        let listed = words.len() <= WORDS && words.len().saturating_mul(OFTEN) <= texts;
        if texts > 0 && listed {
            return Self::Words(words);
        }
        let mut sizes: Vec<f64> = before.iter().filter_map(size).collect();
        sizes.sort_by(f64::total_cmp);
        let ends = (1..GROUPS).filter_map(|n| sizes.get(sizes.len() * n / GROUPS).copied());
        let mut ends: Vec<f64> = ends.collect();
        ends.dedup();
        Self::Sizes(ends)
    }

    fn counts(&self, features: &[Feature]) -> Vec<usize> {
        let groups = match self {
            Self::Words(words) => words.len() + 2,
            Self::Sizes(ends) => ends.len() + 2,
        };
        let mut counts = vec![0; groups];
        for feature in features {
            let group = match (self, feature, size(feature)) {
                (_, Feature::Missing, _) | (_, _, None) => 0,
                (Self::Words(words), Feature::Text(hash, _), _) => {
                    words.binary_search(hash).map_or(words.len() + 1, |at| at + 1)
                }
                (Self::Words(words), Feature::Number(_), _) => words.len() + 1,
                (Self::Sizes(ends), _, Some(size)) => ends.partition_point(|end| *end <= size) + 1,
            };
            if let Some(count) = counts.get_mut(group) {
                *count += 1;
            }
        }
        counts
    }
}

fn size(feature: &Feature) -> Option<f64> {
    match feature {
        Feature::Missing => None,
        Feature::Number(number) => Some(*number),
        Feature::Text(_, chars) => Some(f64::from(*chars)),
    }
}
