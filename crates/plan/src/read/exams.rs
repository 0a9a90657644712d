//! `exams` of `flightdeck.yaml`: where an organisation's exams differ from the usual ones. Not a
//! part of a release. It must not know any question, nor whether there are enough of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::codes;
use crate::keys;
use crate::problem::{Cx, Found};
use crate::yaml::{Entry, Node};

use super::about::percent;

/// The largest form, the longest sitting in minutes, and the longest that a pass counts in days.
const QUESTIONS_MAX: u32 = 200;
const MINUTES_MAX: u32 = 600;
const DAYS_MAX: u32 = 3_660;

/// A road to a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Track {
    /// What everybody knows who puts agents to work.
    Associate,
    /// What whoever answers for it knows.
    Management,
    /// Work that was done, reviewed by its evidence.
    Practitioner,
    /// How somebody else's work is judged.
    Auditor,
}

impl Track {
    /// Every track.
    pub const ALL: [Self; 4] =
        [Self::Associate, Self::Management, Self::Practitioner, Self::Auditor];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Associate => "associate",
            Self::Management => "management",
            Self::Practitioner => "practitioner",
            Self::Auditor => "auditor",
        }
    }

    /// The track of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|track| track.as_str() == name)
    }
}

/// What is said of one track; the rest is as usual. Shares are in parts of a million.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExamRules {
    pub questions: Option<u32>,
    pub minutes: Option<u32>,
    pub pass: Option<u32>,
    /// In milliseconds.
    pub wait: Option<u64>,
    /// In days.
    pub valid: Option<u32>,
    /// Parts of a form by domain. Where any is said, they are all.
    pub weights: Option<BTreeMap<String, u32>>,
    pub apart: Option<u8>,
}

/// What is said of each track.
pub type Exams = BTreeMap<Track, ExamRules>;

pub(super) fn read(cx: &Cx<'_>, node: &Node) -> Exams {
    let mut exams = Exams::new();
    for entry in cx.map(node).unwrap_or_default() {
        let Some(track) = Track::named(&entry.key) else {
            let what = format!("there is no exam `{}`", entry.key);
            let known = Track::ALL.map(Track::as_str);
            cx.add::<()>(Found::new(&codes::EXAM, &entry.key_at, what).near(&entry.key, known));
            continue;
        };
        if let Some(rules) = one(cx, track, &entry.value) {
            exams.insert(track, rules);
        }
    }
    exams
}

fn one(cx: &Cx<'_>, track: Track, node: &Node) -> Option<ExamRules> {
    let fields = cx.fields(node, &keys::EXAM)?;
    let none_of: &[&str] = match track {
        Track::Practitioner => &["questions", "minutes", "weights"],
        Track::Associate | Track::Management | Track::Auditor => &["apart"],
    };
    for key in none_of {
        if let Some(node) = fields.get(key) {
            let what = format!("`{}` has no `{key}`", track.as_str());
            let fix = "leave it out: portfolios are assessed, exams have questions";
            cx.add::<()>(Found::new(&codes::EXAM, &node.at, what).fix(fix));
        }
    }
    let whole = |key: &str, most: u32| fields.get(key).and_then(|n| cx.whole_u32(n, 1, most));
    let pass = fields.get("pass").and_then(|node| {
        let share = percent(cx, node)?;
        if share > 0 {
            return Some(share);
        }
        let what = "an exam that everybody passes shows nothing";
        cx.add(Found::new(&codes::EXAM, &node.at, what).fix("write a share such as `65 %`"))
    });
    let weights = fields.get("weights").and_then(|n| cx.map(n)).map(|list| weights(cx, list));
    let apart = fields.get("apart").and_then(|n| cx.whole_u32(n, 0, 3));
    Some(ExamRules {
        questions: whole("questions", QUESTIONS_MAX),
        minutes: whole("minutes", MINUTES_MAX),
        pass,
        wait: fields.get("wait").and_then(|n| cx.duration(n)),
        valid: whole("valid", DAYS_MAX),
        weights,
        apart: apart.and_then(|apart| u8::try_from(apart).ok()),
    })
}

fn weights(cx: &Cx<'_>, list: &[Entry]) -> BTreeMap<String, u32> {
    let each = list
        .iter()
        .filter_map(|entry| Some((entry.key.clone(), cx.whole_u32(&entry.value, 0, 1_000_000)?)));
    each.collect()
}
