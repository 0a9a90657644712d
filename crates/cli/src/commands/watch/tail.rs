//! What was stored lately, followed entry by entry: what ended, with how much, and what people are
//! told of. It must keep no more than an hour and a few lines.

use std::collections::{BTreeMap, VecDeque};

use evidence::{notices, words};
use journal::{End, Frame, Hash, Millis, Record, RunId};
use plan::ids::WorkflowName;
use plan::workflow::EndOutcome;
use store::SqliteReader;
use tui::Entry;

use crate::exit::Stop;

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
/// How far back the beginning looks, in entries.
const BACK: u64 = 5_000;
/// How many are read at once.
const PAGE: usize = 1_000;
/// How many lines are kept.
const LINES: usize = 200;
/// Beyond so many runs that began and did not end yet, none is kept in mind.
const KEPT: usize = 100_000;

/// A case that ended.
struct Ended {
    at: Millis,
    done: bool,
    tokens: u64,
    /// Whether it went without a person, where all of it was seen.
    alone: Option<bool>,
}

/// The last hour.
#[derive(Default)]
pub struct Tail {
    place: Option<u64>,
    /// From when on entries were seen, where there were earlier ones.
    from: Option<Millis>,
    ended: VecDeque<Ended>,
    /// Runs whose beginning was seen, and whether a person was called on.
    begun: BTreeMap<RunId, (WorkflowName, bool)>,
    lines: VecDeque<(Millis, String, Option<RunId>)>,
}

impl Tail {
    /// Whether something was stored since.
    pub fn moved(&self, reader: &SqliteReader) -> bool {
        reader.last_place().is_ok_and(|last| self.place != Some(last))
    }

    /// Reads what came.
    pub fn follow(&mut self, reader: &SqliteReader, now: Millis) -> Result<(), Stop> {
        let last = reader.last_place()?;
        let mut place = self.place.unwrap_or(last.saturating_sub(BACK));
        let mut first = self.place.is_none() && place > 0;
        while place < last {
            let page = reader.after(place, PAGE)?;
            let Some((to, _)) = page.last() else { break };
            place = *to;
            for (_, bytes) in page {
                // An entry that cannot be read is told of where its case is looked at.
                let Ok(frame) = serde_json::from_slice::<Frame>(&bytes) else { continue };
                if std::mem::take(&mut first) {
                    self.from = Some(frame.at);
                }
                self.frame(&frame, Hash::leaf(&bytes));
            }
        }
        self.place = Some(last);
        let old = |ended: &Ended| now.0.saturating_sub(ended.at.0) > HOUR_MS;
        while self.ended.front().is_some_and(old) {
            self.ended.pop_front();
        }
        Ok(())
    }

    fn frame(&mut self, frame: &Frame, hash: Hash) {
        let run = frame.run;
        for record in &frame.records {
            if let Record::Opened { workflow, .. } = record {
                if self.begun.len() >= KEPT {
                    self.begun.clear();
                }
                self.begun.insert(run, (workflow.clone(), false));
            } else if let Record::ReviewOpened { .. } = record {
                if let Some((_, called)) = self.begun.get_mut(&run) {
                    *called = true;
                }
            } else if let Record::Ended { end, usage, .. } = record {
                let done = *end == End::Reached(EndOutcome::Done);
                let alone = self.begun.get(&run).map(|(_, called)| done && !called);
                let (at, tokens) = (frame.at, usage.tokens());
                self.ended.push_back(Ended { at, done, tokens, alone });
            }
        }
        let workflow = self.begun.get(&run).map(|(workflow, _)| workflow.clone());
        for notice in notices::of(frame, hash, workflow.as_ref()) {
            self.lines.push_front((notice.at, notice.text, notice.run));
            self.lines.truncate(LINES);
        }
        if frame.records.iter().any(|record| matches!(record, Record::Ended { .. })) {
            self.begun.remove(&run);
        }
    }

    /// Cases done in the last minute and in the last hour, and the tokens of all that ended in it.
    pub fn counts(&self, now: Millis) -> (u64, u64, u64) {
        let within = |ended: &&Ended, ms| now.0.saturating_sub(ended.at.0) <= ms;
        let done = |ms| {
            let all = self.ended.iter().filter(|ended| within(ended, ms) && ended.done);
            u64::try_from(all.count()).unwrap_or(u64::MAX)
        };
        let hour = self.ended.iter().filter(|ended| within(ended, HOUR_MS));
        (done(MINUTE_MS), done(HOUR_MS), hour.map(|ended| ended.tokens).sum())
    }

    /// How many of the cases that were seen whole went without a person, and of how many.
    pub fn alone(&self) -> (u64, u64) {
        let seen = self.ended.iter().filter_map(|ended| ended.alone);
        seen.fold((0, 0), |(alone, all), one| (alone + u64::from(one), all + 1))
    }

    /// Since when entries were seen, where that is less than an hour.
    pub fn since(&self, now: Millis) -> Option<Millis> {
        self.from.filter(|from| now.0.saturating_sub(from.0) < HOUR_MS)
    }

    /// What people are told of, newest first.
    pub fn log(&self, zone: Option<&str>) -> Vec<Entry> {
        let entry = |(at, text, run): &(Millis, String, Option<RunId>)| Entry {
            at: words::when(*at, zone),
            text: text.clone(),
            run: *run,
        };
        self.lines.iter().map(entry).collect()
    }
}
