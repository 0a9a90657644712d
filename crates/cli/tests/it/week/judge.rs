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

use super::{KEYING, MINUTE, Week};

/// What the journal says, read as it grows.
#[derive(Default)]
pub struct Told {
    place: u64,
    pub opened: BTreeMap<RunId, Trigger>,
    watched: BTreeMap<Hash, u64>,
    pub missed: Vec<(Hash, u64, u64, u64)>,
    pub idle: BTreeMap<Hash, BTreeSet<u64>>,
    held: BTreeSet<(Hash, Held)>,
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
        let without = self
            .files
            .iter()
            .filter(|(key, below)| !begun.contains(*key) && self.is_now(key, below));
        without.map(|(_, below)| below.as_str()).collect()
    }

    /// Whether a file is still as it was.
    pub fn is_now(&self, key: &Hash, below: &str) -> bool {
        let Ok(text) = fs::read(self.desk.root().join(below)) else { return false };
        let workflow = if below.starts_with("queue/") { "queue" } else { "week" };
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
        assert_eq!((events, runs.len()), (self.sent.len(), self.sent.len()), "cases of events");
        let is_told = |because| self.told.held.iter().any(|(_, held)| *held == because);
        assert!(self.altered == 0 || is_told(Held::Altered));
        assert!(self.full == 0 || is_told(Held::Full));
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
                frame.records.into_iter().for_each(|record| self.note(frame.run, record));
            }
        }
    }

    fn note(&mut self, run: RunId, record: Record) {
        match record {
            Record::Opened { starter: Starter::Trigger { by, .. }, .. } => {
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
