//! Working hours and days in the workspace's time zone. It must not read a clock: every instant is
//! handed in.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use journal::Millis;
use plan::workflow::{Within, WorkingHours};

fn zone(hours: &WorkingHours) -> TimeZone {
    // `check` refuses unknown zones; a release from elsewhere falls back to UTC, which only moves
    // deadlines, never permits anything.
    TimeZone::get(&hours.zone).unwrap_or(TimeZone::UTC)
}

pub(crate) fn timestamp(at: Millis) -> Timestamp {
    i64::try_from(at.0)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .unwrap_or(Timestamp::MAX)
}

pub(crate) fn millis(at: Timestamp) -> Millis {
    Millis(u64::try_from(at.as_millisecond()).unwrap_or(0))
}

/// The date of an instant in the workspace's zone: `2026-11-23`.
#[must_use]
pub fn day(hours: &WorkingHours, at: Millis) -> String {
    timestamp(at).to_zoned(zone(hours)).date().to_string()
}

/// The hour of an instant in the workspace's zone: `2026-11-23T10`.
#[must_use]
pub fn hour(hours: &WorkingHours, at: Millis) -> String {
    timestamp(at).to_zoned(zone(hours)).strftime("%Y-%m-%dT%H").to_string()
}

/// An instant as the people of the workspace read it: `2026-11-23 10:00`.
#[must_use]
pub fn said(hours: &WorkingHours, at: Millis) -> String {
    timestamp(at).to_zoned(zone(hours)).strftime("%Y-%m-%d %H:%M").to_string()
}

/// When the hour of an instant is over.
#[must_use]
pub fn hour_over(at: Millis) -> Millis {
    Millis((at.0 / 3_600_000 + 1).saturating_mul(3_600_000))
}

/// The minute of the day at an instant in the workspace's zone.
#[must_use]
pub fn minute(hours: &WorkingHours, at: Millis) -> u16 {
    let time = timestamp(at).to_zoned(zone(hours)).time();
    u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs())
}

/// When the day of an instant is over in the workspace's zone, and its limits start anew.
#[must_use]
pub fn day_over(hours: &WorkingHours, at: Millis) -> Millis {
    let date = timestamp(at).to_zoned(zone(hours)).date();
    let next = date.checked_add(1.day()).and_then(|next| next.to_zoned(zone(hours)));
    next.map_or(Millis(u64::MAX), |next| millis(next.timestamp()))
}

/// The instant that is `within` from `at`.
#[must_use]
pub fn after(hours: &WorkingHours, at: Millis, within: Within) -> Millis {
    match within {
        Within::Ms(ms) => Millis(at.0.saturating_add(ms)),
        Within::WorkingMs(ms) => add_working(hours, at, ms),
    }
}

/// The instant when `ms` of working time have passed since `at`.
#[must_use]
pub fn add_working(hours: &WorkingHours, at: Millis, ms: u64) -> Millis {
    let zone = zone(hours);
    let mut left = i64::try_from(ms).unwrap_or(i64::MAX);
    let start = timestamp(at);
    let mut date = start.to_zoned(zone.clone()).date();
    // Two years bound the search, however few the working days are.
    for _ in 0..731 {
        if let Some((from, to)) = window(hours, &zone, date) {
            let from = from.max(start);
            let open = to.as_millisecond().saturating_sub(from.as_millisecond()).max(0);
            if left <= open {
                let at = from.as_millisecond().saturating_add(left);
                return Millis(u64::try_from(at).unwrap_or(0));
            }
            left -= open;
        }
        date = match date.checked_add(1.day()) {
            Ok(next) => next,
            Err(_) => return Millis(at.0.saturating_add(ms)),
        };
    }
    Millis(at.0.saturating_add(ms))
}

fn window(hours: &WorkingHours, zone: &TimeZone, date: Date) -> Option<(Timestamp, Timestamp)> {
    let weekday = u8::try_from(date.weekday().to_monday_one_offset()).ok()?;
    let off = !hours.days.contains(&weekday) || hours.holidays.contains(&date.to_string());
    if off || hours.from_minute >= hours.to_minute {
        return None;
    }
    let instant = |minute: u16| {
        let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
        let time = if hour >= 24 { Time::MAX } else { Time::new(hour, minute, 0, 0).ok()? };
        Some(date.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp())
    };
    Some((instant(hours.from_minute)?, instant(hours.to_minute)?))
}

/// The instant a date or timestamp text names, for waits. A date means its start in the zone.
#[must_use]
pub fn instant(hours: &WorkingHours, text: &str) -> Option<Millis> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(millis(at));
    }
    let date: Date = text.parse().ok()?;
    Some(millis(date.to_datetime(Time::midnight()).to_zoned(zone(hours)).ok()?.timestamp()))
}
