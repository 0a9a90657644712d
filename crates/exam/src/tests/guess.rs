//! Somebody who never reads for meaning: strategies by length, place, wording and likeness. None of
//! them may find more than about a third of the keys of a bank.

use std::collections::BTreeSet;

use plan::Track;

use crate::{Banks, Item};

/// The most that any of them may find, in percent.
const MOST: usize = 35;

const ABSOLUTE: [&str; 13] = [
    "all",
    "always",
    "any",
    "each",
    "entire",
    "every",
    "everything",
    "full",
    "fully",
    "must",
    "never",
    "none",
    "only",
];
const HEDGES: [&str; 11] = [
    "about", "can", "could", "likely", "may", "might", "often", "should", "some", "unless",
    "usually",
];
const GOVERNANCE: [&str; 14] = [
    "approve", "approval", "check", "control", "document", "log", "named", "owner", "policy",
    "record", "report", "review", "sign", "test",
];

fn words(text: &str) -> Vec<String> {
    let each = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    each.map(str::to_lowercase).collect()
}

fn of(text: &str, list: &[&str]) -> usize {
    words(text).iter().filter(|word| list.contains(&word.as_str())).count()
}

fn shared(one: &str, other: &str) -> usize {
    let long = |text: &str| -> BTreeSet<String> {
        words(text).into_iter().filter(|word| word.len() > 3).collect()
    };
    long(one).intersection(&long(other)).count()
}

/// How much of an option's wording stands in the others too, in thousandths.
fn likeness(item: &Item, n: usize) -> usize {
    let mine = item.options[n].as_str();
    let others = item.options.iter().enumerate().filter(|(m, _)| *m != n);
    let same: usize = others.map(|(_, other)| shared(mine, other)).sum();
    same * 1_000 / words(mine).len().max(1)
}

fn signs(text: &str, of: &[char]) -> usize {
    text.chars().filter(|c| of.contains(c)).count()
}

type Measure = fn(&Item, usize) -> usize;

fn measures() -> Vec<(&'static str, Measure)> {
    vec![
        ("length", |item, n| item.options[n].chars().count()),
        ("words", |item, n| words(&item.options[n]).len()),
        ("length of words", |item, n| {
            let text = &item.options[n];
            text.chars().count() * 1_000 / words(text).len().max(1)
        }),
        ("place", |_, n| n),
        ("shared with the stem", |item, n| shared(&item.options[n], &item.stem)),
        ("likeness to the others", likeness),
        ("absolute words", |item, n| of(&item.options[n], &ABSOLUTE)),
        ("hedges", |item, n| of(&item.options[n], &HEDGES)),
        ("governance words", |item, n| of(&item.options[n], &GOVERNANCE)),
        ("commas", |item, n| signs(&item.options[n], &[',', ';', ':'])),
        ("digits", |item, n| {
            signs(&item.options[n], &['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
        }),
    ]
}

/// The option that a measure points to, the first of several. `most` or least.
fn pick(item: &Item, measure: Measure, most: bool) -> usize {
    let all: Vec<usize> = (0..item.options.len()).map(|n| measure(item, n)).collect();
    let best = if most { all.iter().max() } else { all.iter().min() };
    all.iter().position(|value| Some(value) == best).unwrap_or_default()
}

/// The option that stands so far down the order of length.
fn by_rank(item: &Item, rank: usize) -> usize {
    let mut order: Vec<usize> = (0..item.options.len()).collect();
    order.sort_by_key(|n| std::cmp::Reverse(item.options[*n].chars().count()));
    order[rank]
}

/// What a measure points to in every item, by its most and by its least.
type Picks = (Vec<usize>, Vec<usize>);

fn picks(items: &[&Item], measure: Measure) -> Picks {
    let of = |most: bool| items.iter().map(|item| pick(item, measure, most)).collect();
    (of(true), of(false))
}

/// How many of the picks are keys, one item left out.
fn right(items: &[&Item], picks: &[usize], without: Option<usize>) -> usize {
    let each = items.iter().zip(picks).enumerate().filter(|(n, _)| Some(*n) != without);
    each.filter(|(_, (item, pick))| item.key == **pick).count()
}

/// The option that most measures point to, each by the side that did better in the other items:
/// somebody who has practised.
fn practised(items: &[&Item], all: &[Picks], without: usize) -> usize {
    let mut votes = vec![0_usize; items[without].options.len()];
    for (most, least) in all {
        let by_most = right(items, most, Some(without));
        let by_least = right(items, least, Some(without));
        let better = if by_most >= by_least { most } else { least };
        votes[better[without]] += by_most.max(by_least);
    }
    let best = votes.iter().max().copied();
    votes.iter().position(|count| Some(*count) == best).unwrap_or_default()
}

#[test]
fn somebody_who_only_looks_at_the_wording_fails() {
    let (banks, mut strategies) = (Banks::embedded().unwrap(), BTreeSet::new());
    let mut found = Vec::new();
    for track in [Track::Associate, Track::Management, Track::Auditor] {
        let items: Vec<&Item> = banks.get(track).unwrap().items().collect();
        let mut look = |name: String, right: usize| {
            if right * 100 > items.len() * MOST {
                let share = right * 100 / items.len();
                found.push(format!("{}: {name} finds {share} %", track.as_str()));
            }
            strategies.insert(name);
        };
        let all: Vec<Picks> = measures().iter().map(|(_, one)| picks(&items, *one)).collect();
        for ((name, _), (most, least)) in measures().iter().zip(&all) {
            look(format!("most {name}"), right(&items, most, None));
            look(format!("least {name}"), right(&items, least, None));
        }
        for rank in 0..4 {
            let by_length: Vec<usize> = items.iter().map(|item| by_rank(item, rank)).collect();
            look(format!("length rank {rank}"), right(&items, &by_length, None));
            look(format!("option {}", rank + 1), right(&items, &vec![rank; items.len()], None));
        }
        let of_all = |n: &usize| practised(&items, &all, *n) == items[*n].key;
        look("practised".to_owned(), (0..items.len()).filter(of_all).count());
    }
    assert!(found.is_empty(), "{found:#?}");
    assert!(strategies.len() >= 10, "{strategies:?}");
}
