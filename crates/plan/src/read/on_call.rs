//! `on_call` of `flightdeck.yaml`: who holds a role on which days and at which hours. It must not
//! read a clock: the day and the minute are handed in, as the workspace's zone has them.

use jiff::civil::Date;

use crate::codes;
use crate::ids::{PersonId, RoleId};
use crate::keys;
use crate::problem::{Cx, Found};
use crate::yaml::Node;

use super::people::{self, People};

const MIDNIGHT: u16 = 24 * 60;

/// When a person holds a role that is not theirs otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnCall {
    pub role: RoleId,
    pub who: PersonId,
    /// The first and the last day on which the hours begin, `YYYY-MM-DD`.
    pub from: String,
    pub until: String,
    /// The days of the week on which they begin; Monday is 1.
    pub days: Vec<u8>,
    /// Minutes of the day between which it is, the last one left out. Hours that end before they
    /// begin end on the next day.
    pub hours: (u16, u16),
}

impl OnCall {
    /// Whether a minute of a day is one of these. The clock on the wall counts: where it is put
    /// back, an hour that comes twice is covered twice.
    #[must_use]
    pub fn covers(&self, day: &str, minute: u16) -> bool {
        let (from, to) = self.hours;
        let Ok(today) = day.parse::<Date>() else { return false };
        if from < to {
            return (from..to).contains(&minute) && self.begins(today);
        }
        let since_yesterday = || today.yesterday().is_ok_and(|day| self.begins(day));
        (minute >= from && self.begins(today)) || (minute < to && since_yesterday())
    }

    /// Whether the hours begin on a day.
    fn begins(&self, day: Date) -> bool {
        let named = day.to_string();
        let weekday = day.weekday().to_monday_one_offset();
        (self.from.as_str()..=self.until.as_str()).contains(&named.as_str())
            && self.days.iter().any(|day| i8::try_from(*day) == Ok(weekday))
    }

    /// Whether they begin on any day at all.
    fn ever_begins(&self) -> bool {
        // A week has every day there is.
        let first = self.from.parse::<Date>();
        first.is_ok_and(|day| day.series(jiff::Span::new().days(1)).take(7).any(|d| self.begins(d)))
    }
}

/// One turn of a role.
pub(super) fn turn(
    cx: &Cx<'_>,
    node: &Node,
    role: Option<&RoleId>,
    people: &People,
) -> Option<OnCall> {
    let fields = cx.fields(node, &keys::ON_CALL)?;
    let who = fields.get("who").and_then(|n| people.person(cx, n));
    let span = people::first_and_last(cx, node, fields);
    let days = match fields.get("days") {
        Some(node) => people::days(cx, node),
        None => Some((1..=7).collect()),
    };
    let hours = match fields.get("hours") {
        Some(node) => hours(cx, node),
        None => Some((0, MIDNIGHT)),
    };
    let (from, until) = span?;
    let (role, who) = (role?.clone(), who?);
    let turn = OnCall { role, who, from, until, days: days?, hours: hours? };
    if !turn.ever_begins() {
        let what = "none of these days of the week is between the first day and the last";
        let fix = "write other `days`, or a later last day";
        return cx.add(Found::new(&codes::RANGE, &node.at, what).fix(fix));
    }
    Some(turn)
}

/// `18:00-08:00`.
fn hours(cx: &Cx<'_>, node: &Node) -> Option<(u16, u16)> {
    let hours = people::hours_between(cx, node)?;
    let (from, to) = hours;
    if from == to || from == MIDNIGHT {
        let what = "these hours are over as they begin";
        let fix = "write a later end, or leave `hours` out where it is the whole day";
        return cx.add(Found::new(&codes::RANGE, &node.at, what).fix(fix));
    }
    Some(hours)
}

#[cfg(test)]
mod tests;
