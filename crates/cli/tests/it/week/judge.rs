//! What a week is held against: the journal as it grows, and by a way of its own what should have
//! begun in that week.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use journal::{Frame, Hash, Held, Millis, Record, RunId, Starter, Trigger};
use plan::workflow::{Clock, Start};
use runtime::start_key;
use sha2::{Digest, Sha256};
use store::SqliteReader;

use super::maps::LIMITED;
use super::{DAY, HOUR, KEYING, MINUTE, Week, is_limited, watching};

/// What the journal says, read as it grows.
#[derive(Default)]
pub struct Told {
    place: u64,
    pub opened: BTreeMap<RunId, Trigger>,
    watched: BTreeMap<Hash, u64>,
    pub missed: Vec<(Hash, u64, u64, u64)>,
    pub idle: BTreeMap<Hash, BTreeSet<u64>>,
    held: BTreeSet<(Hash, Held)>,
    /// When the cases of each workflow were opened.
    times: BTreeMap<String, Vec<u64>>,
    /// Workflows whose cases of the hour or the day are used up.
    used_up: BTreeSet<String>,
}

impl Week {
    /// The times for which a start of `week` has begun cases.
    pub fn begun(&self, no: usize) -> BTreeSet<u64> {
        let key = start_key(&self.name("week"), &self.start("week", no));
        let mut all = BTreeSet::new();
        for (run, by) in &self.told.opened {
            // The same time at two starts is told apart by the case's id alone.
            if let Trigger::Due(at) = by
                && *run == due_id(key, *at)
            {
                assert!(all.insert(at.0), "twice at {at:?}");
            }
        }
        all
    }

    /// Files that lie there and have no case.
    pub fn lying(&self) -> Vec<&str> {
        let begun: BTreeSet<Hash> = self.told.opened.values().filter_map(of_file).collect();
        let without = self.files.iter().filter(|(key, below)| {
            !is_limited(watching(below)) && !begun.contains(*key) && self.is_now(key, below)
        });
        without.map(|(_, below)| below.as_str()).collect()
    }

    /// Whether a file is still as it was.
    pub fn is_now(&self, key: &Hash, below: &str) -> bool {
        let Ok(text) = fs::read(self.desk.root().join(below)) else { return false };
        let workflow = watching(below);
        let content: [u8; 32] = Sha256::digest(&text).into();
        let parts: [&[u8]; 5] = [
            b"flightdeck start by a file",
            &KEYING,
            workflow.as_bytes(),
            below.as_bytes(),
            &content,
        ];
        Hash::of_parts(&parts) == *key
    }

    /// Holds all of it against what should have been.
    pub fn judge(&mut self) {
        self.told.read(&self.data);
        for no in 1..=3 {
            let Start::At(clock) = self.start("week", no) else { panic!() };
            let key = start_key(&self.name("week"), &Start::At(clock.clone()));
            let since = self.told.watched[&key];
            let dues = dues(&clock, since, self.latest);
            let (begun, idle) = (self.begun(no), self.told.idle.get(&key).cloned());
            let idle = idle.unwrap_or_default();
            assert!(begun.is_subset(&dues), "start {no} began at no time that was due");
            assert!(idle.is_subset(&dues) && idle.is_disjoint(&begun), "start {no}");
            let missed: Vec<_> = self.told.missed.iter().filter(|(of, ..)| *of == key).collect();
            let without: Vec<u64> = dues
                .iter()
                .filter(|at| !begun.contains(at) && !idle.contains(at))
                .copied()
                .collect();
            for at in &without {
                let is_told = missed.iter().any(|(_, from, until, _)| from <= at && at <= until);
                assert!(is_told, "start {no} passed over {at} without a word");
            }
            let told: u64 = missed.iter().map(|(.., times)| times).sum();
            assert_eq!(
                told,
                u64::try_from(without.len()).unwrap(),
                "start {no} says that it missed others"
            );
        }
        let files: Vec<Hash> = self.told.opened.values().filter_map(of_file).collect();
        let distinct: BTreeSet<Hash> = files.iter().copied().collect();
        assert_eq!(files.len(), distinct.len(), "a file has two cases");
        let half = distinct.iter().find(|key| !self.files.contains_key(*key));
        assert!(half.is_none(), "a file that was not whole has a case");
        let events = self.told.opened.values().filter(|by| matches!(by, Trigger::Hook(_))).count();
        let runs: BTreeSet<RunId> = self.sent.values().filter_map(|sent| sent.run).collect();
        for run in &runs {
            assert!(self.told.opened.contains_key(run), "{run} was told of and is not there");
        }
        assert_eq!(events, runs.len(), "cases of events");
        let left = self.sent.values().filter(|s| s.run.is_none() && !is_limited(s.workflow));
        assert_eq!(left.count(), 0, "events without a case");
        self.judge_limits();
        let is_told = |because| self.told.held.iter().any(|(_, held)| *held == because);
        assert!(self.altered == 0 || is_told(Held::Altered));
        assert!(self.full == 0 || is_told(Held::Full));
    }
}

impl Week {
    /// Of what is limited no more is opened in an hour or a day than may be, whoever died when, and
    /// nothing less while more came: and if more came that is told. Cases are opened by the clock
    /// of the machine, so that a week is one hour, or two where the hour ends meanwhile.
    fn judge_limits(&self) {
        for (workflow, most) in LIMITED {
            let length = if workflow == LIMITED[0].0 { HOUR } else { DAY };
            let opened = self.told.times.get(workflow).cloned().unwrap_or_default();
            let mut spans: BTreeMap<u64, u64> = BTreeMap::new();
            for at in &opened {
                *spans.entry(at / length).or_default() += 1;
            }
            assert!(spans.values().all(|count| *count <= most), "{workflow}: {spans:?}");
            let files: BTreeSet<Hash> = self.told.opened.values().filter_map(of_file).collect();
            let held = self.files.iter().any(|(key, below)| {
                watching(below) == workflow && !files.contains(key) && self.is_now(key, below)
            });
            let is_left = held || self.used_up.contains(workflow);
            let is_told = self.told.used_up.contains(workflow);
            assert!(!is_left || is_told, "{workflow}: nothing says that its cases are used up");
            let count = u64::try_from(opened.len()).unwrap();
            assert!(!is_told || count >= most, "{workflow} is used up with {count} cases");
        }
    }
}

impl Told {
    pub fn read(&mut self, data: &Path) {
        let Ok(reader) = SqliteReader::open(data) else { return };
        loop {
            let page = reader.after(self.place, 1_000).unwrap();
            let Some((last, _)) = page.last() else { return };
            self.place = *last;
            for (_, bytes) in &page {
                let frame: Frame = serde_json::from_slice(bytes).unwrap();
                let (run, at) = (frame.run, frame.at);
                frame.records.into_iter().for_each(|record| self.note(run, at, record));
            }
        }
    }

    fn note(&mut self, run: RunId, at: Millis, record: Record) {
        match record {
            Record::Opened { starter: Starter::Trigger { by, .. }, workflow, .. } => {
                self.times.entry(workflow.to_string()).or_default().push(at.0);
                assert!(self.opened.insert(run, by).is_none(), "{run} was opened twice");
            }
            Record::StartWatched { start, since, .. } => {
                assert!(self.watched.insert(start, since.0).is_none(), "it was watched already");
            }
            Record::StartMissed { start, from, until, times, .. } => {
                self.missed.push((start, from.0, until.0, u64::from(times)));
            }
            Record::StartHeld { start, because, .. } => {
                self.held.insert((start, because));
            }
            Record::LimitReached { workflow, .. } => {
                self.used_up.insert(workflow.to_string());
            }
            Record::StartIdle { start, at, .. } => {
                assert!(self.idle.entry(start).or_default().insert(at.0), "idle twice at {at:?}");
            }
            _ => {}
        }
    }
}

fn of_file(by: &Trigger) -> Option<Hash> {
    match by {
        Trigger::File(key) => Some(*key),
        _ => None,
    }
}

/// The id that the case of a time has, by what decision 0029 says.
fn due_id(key: Hash, at: Millis) -> RunId {
    let hash = Hash::of_parts(&[b"flightdeck due", &key.0, &at.0.to_be_bytes()]).0;
    let mut random = [0; 10];
    random.copy_from_slice(&hash[..10]);
    RunId::new(at, random)
}

/// Every time at which a clock is due, found by walking through the minutes: on each day of its
/// zone, the first minute at which its time has come.
fn dues(clock: &Clock, since: u64, until: u64) -> BTreeSet<u64> {
    let zone = jiff::tz::TimeZone::get(&clock.zone).unwrap();
    let mut days = BTreeMap::new();
    let mut at = (since / MINUTE - 2 * 1_440) * MINUTE;
    while at <= until {
        let instant = jiff::Timestamp::from_millisecond(i64::try_from(at).unwrap()).unwrap();
        let local = instant.to_zoned(zone.clone());
        let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
        let day = u8::try_from(local.weekday().to_monday_one_offset()).unwrap();
        if minute >= i32::from(clock.minute) && clock.days.contains(&day) {
            days.entry(local.date()).or_insert(at);
        }
        at += MINUTE;
    }
    days.into_values().filter(|at| *at > since && *at <= until).collect()
}
