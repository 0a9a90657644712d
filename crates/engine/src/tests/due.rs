//! Starts by the clock: time zones, clocks that are put forward and back, and times that nobody was
//! there for.

use std::collections::BTreeSet;
use std::convert::Infallible;

use jiff::Timestamp;
use journal::Millis;
use plan::workflow::Clock;

use crate::due::{CATCH_UP_MS, Missed, Schedule, between, next};

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;

fn clock(days: &[u8], minute: u16, zone: &str) -> Clock {
    Clock { days: days.to_vec(), minute, zone: zone.to_owned(), only_if: None }
}

fn daily(minute: u16, zone: &str) -> Clock {
    clock(&[1, 2, 3, 4, 5, 6, 7], minute, zone)
}

fn at(text: &str) -> Millis {
    let at: Timestamp = text.parse().unwrap();
    Millis(u64::try_from(at.as_millisecond()).unwrap())
}

fn said(clock: &Clock, since: &str, until: &str) -> Vec<String> {
    let instant = |at: &Millis| {
        let ms = i64::try_from(at.0).unwrap();
        Timestamp::from_millisecond(ms).unwrap().to_string()
    };
    between(clock, at(since), at(until)).iter().map(instant).collect()
}

#[test]
fn a_clock_is_due_on_its_days_in_its_zone() {
    let weekdays = clock(&[1, 2, 3, 4, 5], 450, "Europe/London");
    // Friday to Monday, in summer time; the bounds are after and not after.
    let found = said(&weekdays, "2026-06-05T06:30:00Z", "2026-06-08T06:30:00Z");
    assert_eq!(found, ["2026-06-08T06:30:00Z"]);
    let found = said(&weekdays, "2026-06-05T06:29:59Z", "2026-06-08T06:29:59Z");
    assert_eq!(found, ["2026-06-05T06:30:00Z"]);
    // The day is that of the zone: Monday in Auckland begins on Sunday.
    let monday = clock(&[1], 30, "Pacific/Auckland");
    let found = said(&monday, "2026-06-06T00:00:00Z", "2026-06-09T00:00:00Z");
    assert_eq!(found, ["2026-06-07T12:30:00Z"]);
    assert_eq!(next(&monday, at("2026-06-07T12:30:00Z")), Some(at("2026-06-14T12:30:00Z")));
}

#[test]
fn clocks_that_are_put_forward_and_back_are_met_once() {
    // 01:30 does not exist on 29 March 2026 in London: it is taken when the clocks are put forward.
    let found = said(&daily(90, "Europe/London"), "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z");
    assert_eq!(found, ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
    // On 25 October it comes twice, and is taken the first time.
    let found = said(&daily(90, "Europe/London"), "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z");
    assert_eq!(found, ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
    // Half an hour, far in the south.
    let found =
        said(&daily(135, "Australia/Lord_Howe"), "2026-10-03T00:00:00Z", "2026-10-04T12:00:00Z");
    assert_eq!(found, ["2026-10-03T15:30:00Z"]);
    // A whole day that Samoa left out.
    let found = said(&daily(600, "Pacific/Apia"), "2011-12-29T00:00:00Z", "2012-01-01T00:00:00Z");
    assert_eq!(
        found,
        [
            "2011-12-29T20:00:00Z",
            "2011-12-30T10:00:00Z",
            "2011-12-30T20:00:00Z",
            "2011-12-31T20:00:00Z"
        ]
    );
}

/// A look at a schedule of which nothing has begun.
fn looked(schedule: &Schedule, clock: &Clock, now: Millis) -> (Schedule, Option<Missed>) {
    schedule.at(clock, now, |_| Ok::<_, Infallible>(false)).unwrap()
}

#[test]
fn what_is_too_old_is_missed_once_and_the_last_day_is_caught_up_with() {
    let clock = daily(450, "Europe/London");
    let since = at("2026-06-01T12:00:00Z");
    let schedule = Schedule::after(since);
    assert_eq!(looked(&schedule, &clock, since), (schedule.clone(), None));
    let now = at("2026-06-05T12:00:00Z");
    let (mut later, missed) = looked(&schedule, &clock, now);
    let (from, until) = (at("2026-06-02T06:30:00Z"), at("2026-06-04T06:30:00Z"));
    assert_eq!(missed, Some(Missed { from, until, times: 3 }));
    assert_eq!(later.first(), Some(at("2026-06-05T06:30:00Z")));
    // Looked at again nothing is new, and nothing is when the clock goes back.
    assert_eq!(looked(&later, &clock, now), (later.clone(), None));
    assert_eq!(looked(&later, &clock, since), (later.clone(), None));
    // What is still open when the next one comes due is missed.
    let next = at("2026-06-06T06:30:00Z");
    let (_, missed) = looked(&later, &clock, next);
    let open = at("2026-06-05T06:30:00Z");
    assert_eq!(missed, Some(Missed { from: open, until: open, times: 1 }));
    later.began(open);
    assert_eq!(later.first(), None);
    let (_, missed) = looked(&later, &clock, next);
    assert_eq!(missed, None);
    assert_eq!(later.next(&clock, now), Some(next));
}

/// A store of what began and what was missed, as the journal keeps it.
#[derive(Default)]
struct Kept {
    began: BTreeSet<u64>,
    missed: Vec<Missed>,
}

/// Small random numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn upto(&mut self, most: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

#[test]
fn in_weeks_of_crashes_and_jumps_each_time_begins_a_case_or_is_missed_once() {
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let minute = u16::try_from(dice.upto(1_440)).unwrap();
        let clock = daily(
            minute,
            ["Europe/London", "Pacific/Auckland", "UTC"][usize::try_from(seed % 3).unwrap()],
        );
        let watched = at("2026-03-25T12:00:00Z");
        let mut kept = Kept::default();
        let mut now = watched;
        let mut latest = watched;
        let again = |kept: &Kept, now| {
            let missed = kept.missed.iter().map(|missed| missed.until).max();
            let began = |at: Millis| Ok::<_, Infallible>(kept.began.contains(&at.0));
            Schedule::again(&clock, watched, missed, now, began).unwrap()
        };
        let look = |schedule: &Schedule, kept: &Kept, now| {
            let began = |at: Millis| Ok::<_, Infallible>(kept.began.contains(&at.0));
            schedule.at(&clock, now, began).unwrap()
        };
        let mut schedule = again(&kept, now);
        for _ in 0..400 {
            now = match dice.upto(20) {
                0 => Millis(now.0 + dice.upto(5 * DAY)),
                1 => Millis(now.0 - dice.upto(2 * DAY).min(now.0 - watched.0)),
                _ => Millis(now.0 + dice.upto(HOUR)),
            };
            latest = latest.max(now);
            if dice.upto(10) == 0 {
                schedule = again(&kept, now);
            }
            let (looked, missed) = look(&schedule, &kept, now);
            // Killed before it is written down, or just after.
            match dice.upto(20) {
                0 => schedule = again(&kept, now),
                1 => {
                    kept.missed.extend(missed);
                    schedule = again(&kept, now);
                }
                _ => {
                    kept.missed.extend(missed);
                    schedule = looked;
                }
            }
            let refused = dice.upto(3) == 0;
            while let Some(at) = schedule.first().filter(|_| !refused) {
                // The same id again is the same case.
                kept.began.insert(at.0);
                assert!(now.0.saturating_sub(at.0) < 2 * CATCH_UP_MS, "seed {seed}: too late");
                if dice.upto(8) == 0 {
                    schedule = again(&kept, now);
                } else {
                    schedule.began(at);
                }
            }
        }
        // Whatever was due is accounted for once; what is open is tried still.
        let (mut schedule, missed) = look(&schedule, &kept, latest);
        kept.missed.extend(missed);
        while let Some(at) = schedule.first() {
            kept.began.insert(at.0);
            schedule.began(at);
        }
        let mut settled: Vec<Millis> = kept.began.iter().map(|at| Millis(*at)).collect();
        for Missed { from, until, times } in &kept.missed {
            let mut told = between(&clock, Millis(from.0 - 1), *until);
            told.retain(|at| !kept.began.contains(&at.0));
            assert_eq!(u32::try_from(told.len()).unwrap(), *times, "seed {seed}");
            settled.extend(told);
        }
        settled.sort();
        assert_eq!(settled, between(&clock, watched, latest), "seed {seed}");
    }
}
