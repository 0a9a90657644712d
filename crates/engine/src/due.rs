//! When a start by the clock is due, and what becomes of times that nobody was there for. It must
//! not read a clock: every instant is handed in.

use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};
use journal::Millis;
use plan::workflow::Clock;

use crate::hours::{millis, timestamp};

/// How far back a start that was missed still begins its case.
pub const CATCH_UP_MS: u64 = 24 * 60 * 60 * 1_000;
/// How many cases of one start are caught up with at once.
pub const CATCH_UP_MOST: usize = 8;
/// A day of the week comes again within this many days; one more for the time zone.
const WEEK: usize = 8;

/// Every instant after `since` and not after `until` at which the clock is due, oldest first.
#[must_use]
pub fn between(clock: &Clock, since: Millis, until: Millis) -> Vec<Millis> {
    let mut all: Vec<Millis> = instants(clock, since)
        .skip_while(|at| *at <= since)
        .take_while(|at| *at <= until)
        .collect();
    all.dedup();
    all
}

/// The first instant after `after` at which the clock is due.
#[must_use]
pub fn next(clock: &Clock, after: Millis) -> Option<Millis> {
    instants(clock, after).take(2 * WEEK).find(|at| *at > after)
}

/// An instant of a clock in its zone: `2026-11-23T07:30:00+00:00`, or the date alone.
#[must_use]
pub fn said(clock: &Clock, at: Millis, is_date: bool) -> String {
    let zone = TimeZone::get(&clock.zone).unwrap_or(TimeZone::UTC);
    let form = if is_date { "%Y-%m-%d" } else { "%Y-%m-%dT%H:%M:%S%:z" };
    timestamp(at).to_zoned(zone).strftime(form).to_string()
}

/// The instants of a clock from the day before `from` on.
fn instants(clock: &Clock, from: Millis) -> impl Iterator<Item = Millis> {
    // `check` refuses unknown zones; a release from elsewhere falls back to UTC.
    let zone = TimeZone::get(&clock.zone).unwrap_or(TimeZone::UTC);
    let first = timestamp(from).to_zoned(zone.clone()).date();
    let first = first.checked_sub(1.day()).unwrap_or(first);
    let dates = std::iter::successors(Some(first), |date| date.checked_add(1.day()).ok());
    dates.filter(|date| is_day(clock, *date)).filter_map(move |date| instant(clock, &zone, date))
}

fn is_day(clock: &Clock, date: Date) -> bool {
    let day = u8::try_from(date.weekday().to_monday_one_offset());
    day.is_ok_and(|day| clock.days.contains(&day))
}

/// The instant of the clock's time on a date. Where the clocks are put forward over it, the moment
/// at which they are; where they are put back over it, the first time.
fn instant(clock: &Clock, zone: &TimeZone, date: Date) -> Option<Millis> {
    let (hour, minute) = (clock.minute / 60, clock.minute % 60);
    let time = Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0).ok()?;
    let local = date.to_datetime(time);
    let at = |offset: jiff::tz::Offset| offset.to_timestamp(local).ok();
    let found = match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => at(offset)?,
        AmbiguousOffset::Fold { before, .. } => at(before)?,
        AmbiguousOffset::Gap { after, .. } => change(zone, at(after)?)?,
    };
    Some(millis(found))
}

/// The first change of a zone's clocks after an instant.
fn change(zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
    zone.following(after).next().map(|change| change.timestamp())
}

/// Times at which a start was due and that begin no case any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missed {
    pub from: Millis,
    pub until: Millis,
    pub times: u32,
}

/// How far a start by the clock has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Every instant up to this one has begun a case, was missed, or stands in `open`.
    since: Millis,
    /// Instants that are due and have begun no case yet, oldest first.
    open: Vec<Millis>,
}

impl Schedule {
    /// A start that is done with everything up to `since`.
    #[must_use]
    pub fn after(since: Millis) -> Self {
        Self { since, open: Vec::new() }
    }

    /// Where a start stands again after a restart. It was watched from `watched` on, `missed` is
    /// the last instant that is known to be missed, and `began` tells whether an instant has begun
    /// its case. Instants begin their cases in order, so that all before the last one are settled.
    pub fn again<E>(
        clock: &Clock,
        watched: Millis,
        missed: Option<Millis>,
        now: Millis,
        mut began: impl FnMut(Millis) -> Result<bool, E>,
    ) -> Result<Self, E> {
        let settled = missed.map_or(watched, |missed| missed.max(watched));
        for at in between(clock, settled, now).into_iter().rev() {
            if began(at)? {
                return Ok(Self::after(at));
            }
        }
        Ok(Self::after(settled))
    }

    /// Where it stands at `now`, and what is missed by then. That is to be written down before
    /// anything is begun. What was open when another instant came due is missed, and so is what is
    /// too old or too much to catch up with. Where the clock went back, nothing changes.
    pub fn at<E>(
        &self,
        clock: &Clock,
        now: Millis,
        mut began: impl FnMut(Millis) -> Result<bool, E>,
    ) -> Result<(Self, Option<Missed>), E> {
        let fresh = between(clock, self.since, now);
        if fresh.is_empty() {
            return Ok((self.clone(), None));
        }
        let young = |at: &&Millis| now.0.saturating_sub(at.0) < CATCH_UP_MS;
        let kept = fresh.iter().rev().take(CATCH_UP_MOST).take_while(young).count();
        let (old, open) = fresh.split_at(fresh.len() - kept);
        let mut missed = Vec::new();
        for at in self.open.iter().chain(old) {
            // Before a clock that went back, or a commit nobody heard of, it may have begun.
            if !began(*at)? {
                missed.push(*at);
            }
        }
        let missed = missed.first().zip(missed.last()).map(|(from, until)| Missed {
            from: *from,
            until: *until,
            times: u32::try_from(missed.len()).unwrap_or(u32::MAX),
        });
        Ok((Self { since: now, open: open.to_vec() }, missed))
    }

    /// The instant whose case is to be begun first.
    #[must_use]
    pub fn first(&self) -> Option<Millis> {
        self.open.first().copied()
    }

    /// An instant has its case.
    pub fn began(&mut self, at: Millis) {
        self.open.retain(|open| *open != at);
    }

    /// When it is due next.
    #[must_use]
    pub fn next(&self, clock: &Clock, now: Millis) -> Option<Millis> {
        next(clock, now.max(self.since))
    }
}
