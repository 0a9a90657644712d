//! What an exam of a track is made of: how many questions of which domain, how long, and what
//! passes. A form that cannot be made so is a problem, never a shorter exam.

use std::collections::BTreeMap;

use journal::{Named, Terms};
use plan::{Exams, Track};
use serde::{Deserialize, Serialize};

use crate::bank::Bank;

const MILLION: u64 = 1_000_000;
const HOUR_MS: u64 = 60 * 60 * 1_000;
const MINUTE_MS: u64 = 60 * 1_000;

/// What an exam is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blueprint {
    pub track: Track,
    pub title: String,
    pub about: String,
    pub questions: u32,
    pub minutes: u32,
    /// The share that passes, in parts of a million.
    pub pass: u32,
    /// In milliseconds.
    pub wait: u64,
    /// In days.
    pub valid: u32,
    /// How many parts of a form are of each domain.
    pub weights: BTreeMap<Named, u32>,
    /// How many levels two assessors may differ.
    pub apart: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    domains: BTreeMap<Named, String>,
    tracks: BTreeMap<Track, Usual>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Usual {
    title: String,
    about: String,
    questions: u32,
    minutes: u32,
    pass: u32,
    wait_hours: u64,
    valid_days: u32,
    #[serde(default)]
    apart: u8,
    weights: BTreeMap<Named, u32>,
}

/// Why no form can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("what exams are made of cannot be read: {0}")]
    Unread(String),
    #[error("the exam `{0}` has no questions: a portfolio is reviewed")]
    NoQuestions(&'static str),
    #[error("the domain `{domain}` is none of the exam `{track}`")]
    NoDomain { track: &'static str, domain: Named },
    #[error("no domain has a weight")]
    NoWeight,
    #[error(
        "{questions} questions cannot be shared out by these weights: {} have the same claim to \
         the last {left}", names(.tied)
    )]
    Tie { questions: u32, left: usize, tied: Vec<Named> },
    #[error("a form takes {needed} questions of {domain}, and {there} can be drawn")]
    TooSmall { domain: Named, needed: usize, there: usize },
}

fn names(all: &[Named]) -> String {
    let all: Vec<String> = all.iter().map(ToString::to_string).collect();
    all.join(", ")
}

fn file() -> Result<File, Unfit> {
    let text = include_str!("../blueprints.json");
    serde_json::from_str(text).map_err(|error| Unfit::Unread(error.to_string()))
}

/// What a domain is called; its own code where it has no name.
#[must_use]
pub fn domain(code: &Named) -> String {
    let named = file().ok().and_then(|mut file| file.domains.remove(code));
    named.unwrap_or_else(|| code.to_string())
}

impl Blueprint {
    /// The usual one of a track, as the workspace's settings change it.
    pub fn of(track: Track, exams: &Exams) -> Result<Self, Unfit> {
        let missing = || Unfit::Unread(format!("`{}` is missing", track.as_str()));
        let usual = file()?.tracks.remove(&track).ok_or_else(missing)?;
        let rules = exams.get(&track).cloned().unwrap_or_default();
        let weights = match rules.weights {
            None => usual.weights,
            Some(said) => {
                let each = said.into_iter().map(|(name, parts)| {
                    let domain = Named(name.into());
                    match usual.weights.contains_key(&domain) {
                        true => Ok((domain, parts)),
                        false => Err(Unfit::NoDomain { track: track.as_str(), domain }),
                    }
                });
                each.collect::<Result<_, _>>()?
            }
        };
        Ok(Self {
            track,
            title: usual.title,
            about: usual.about,
            questions: rules.questions.unwrap_or(usual.questions),
            minutes: rules.minutes.unwrap_or(usual.minutes),
            pass: rules.pass.unwrap_or(usual.pass),
            wait: rules.wait.unwrap_or(usual.wait_hours * HOUR_MS),
            valid: rules.valid.unwrap_or(usual.valid_days),
            weights,
            apart: rules.apart.unwrap_or(usual.apart),
        })
    }

    /// How many questions a form has of each domain, by the largest remainder.
    pub fn quotas(&self) -> Result<BTreeMap<Named, usize>, Unfit> {
        if self.questions == 0 {
            return Err(Unfit::NoQuestions(self.track.as_str()));
        }
        let all: u64 = self.weights.values().map(|parts| u64::from(*parts)).sum();
        if all == 0 {
            return Err(Unfit::NoWeight);
        }
        let of = |parts: u32| u64::from(self.questions) * u64::from(parts);
        let mut quotas: BTreeMap<Named, usize> = BTreeMap::new();
        let mut rests: Vec<(u64, &Named)> = Vec::new();
        for (domain, parts) in &self.weights {
            let whole = usize::try_from(of(*parts) / all).unwrap_or(usize::MAX);
            quotas.insert(domain.clone(), whole);
            rests.push((of(*parts) % all, domain));
        }
        let given: usize = quotas.values().sum();
        let left = usize::try_from(self.questions).unwrap_or(usize::MAX).saturating_sub(given);
        rests.sort_by(|a, b| b.cmp(a));
        let last = left.checked_sub(1).and_then(|n| rests.get(n)).map(|(rest, _)| *rest);
        let next = rests.get(left).map(|(rest, _)| *rest);
        if let Some(last) = last.filter(|last| Some(*last) == next) {
            let tied = rests.iter().filter(|(rest, _)| *rest == last);
            let mut tied: Vec<Named> = tied.map(|(_, domain)| (*domain).clone()).collect();
            tied.sort();
            let above = rests.iter().filter(|(rest, _)| *rest > last).count();
            let left = left.saturating_sub(above);
            return Err(Unfit::Tie { questions: self.questions, left, tied });
        }
        for (_, domain) in rests.iter().take(left) {
            *quotas.entry((*domain).clone()).or_default() += 1;
        }
        Ok(quotas)
    }

    /// How many right answers, or points, of so many pass.
    #[must_use]
    pub fn needed(pass: u32, of: usize) -> usize {
        let of = u64::try_from(of).unwrap_or(u64::MAX);
        let needed = of.saturating_mul(u64::from(pass)).div_ceil(MILLION);
        usize::try_from(needed).unwrap_or(usize::MAX)
    }

    /// The rules of an attempt that begins now, for somebody with so many percent more time.
    #[must_use]
    pub fn terms(&self, more: u16) -> Terms {
        let time = u64::from(self.minutes) * MINUTE_MS;
        let time = time + time / 100 * u64::from(more);
        Terms { time, pass: self.pass, wait: self.wait, valid: self.valid }
    }

    /// Whether the bank is large enough for it.
    pub fn fits(&self, bank: &Bank) -> Result<(), Unfit> {
        crate::form::draw(bank, self, &crate::form::Used::default(), Default::default()).map(drop)
    }
}

/// A credential of somebody else that a track prepares for. It is never issued here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elsewhere {
    pub track: Track,
    pub code: String,
    pub name: String,
    /// How the track fits it.
    pub fit: String,
}

/// What the tracks prepare for, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preparing {
    pub by: String,
    pub note: String,
    pub credentials: Vec<Elsewhere>,
}

impl Preparing {
    /// The mapping that comes with the program.
    pub fn embedded() -> Result<Self, Unfit> {
        let text = include_str!("../preparing.json");
        serde_json::from_str(text).map_err(|error| Unfit::Unread(error.to_string()))
    }
}
