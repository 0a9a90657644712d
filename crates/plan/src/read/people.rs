//! People, roles and working hours of `flightdeck.yaml`.

use std::collections::BTreeMap;

use crate::codes;
use crate::files::Spot;
use crate::ids::{PersonId, RoleId};
use crate::keys;
use crate::problem::{Cx, Found};
use crate::workflow::{Attention, Person, WorkingHours};
use crate::yaml::{Kind, Node};

use super::on_call::{self, OnCall};
use super::scalars::Fields;

/// Days on which a person is away, and who decides instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    pub who: PersonId,
    /// The first and the last day, `YYYY-MM-DD`.
    pub from: String,
    pub until: String,
    pub deputy: PersonId,
}

impl Absence {
    /// Whether a day is one of these.
    #[must_use]
    pub fn covers(&self, day: &str) -> bool {
        (self.from.as_str()..=self.until.as_str()).contains(&day)
    }
}

#[derive(Debug, Default)]
pub(crate) struct People {
    pub(crate) people: BTreeMap<PersonId, Person>,
    pub(crate) roles: BTreeMap<RoleId, Vec<PersonId>>,
    pub(crate) attention: BTreeMap<RoleId, Attention>,
    pub(crate) hours: Option<WorkingHours>,
    pub(crate) away: Vec<Absence>,
    pub(crate) on_call: Vec<OnCall>,
    /// Whether people and roles could be read at all. If not, nobody is missing.
    pub(crate) known: bool,
}

pub(crate) fn read(cx: &Cx<'_>, fields: Fields<'_>) -> People {
    let mut all = People { known: fields.has("people"), ..People::default() };
    for entry in fields.get("people").and_then(|n| cx.map(n)).unwrap_or_default() {
        let id = cx.key(entry, PersonId::new);
        let person = cx.fields(&entry.value, &keys::PERSON);
        let name = person.and_then(|p| p.get("name")).and_then(|n| cx.text(n));
        if let (Some(id), Some(name)) = (id, name) {
            all.people.insert(id, Person { name });
        }
    }
    all.absences(cx, fields);
    for entry in fields.get("roles").and_then(|n| cx.map(n)).unwrap_or_default() {
        let role = cx.key(entry, RoleId::new);
        let Some(holders) = cx.list(&entry.value) else { continue };
        let people: Vec<PersonId> = holders.iter().filter_map(|n| all.person(cx, n)).collect();
        if holders.is_empty() {
            let what = format!("nobody holds the role `{}`", entry.key);
            cx.add::<()>(Found::new(&codes::ROLE_EMPTY, &entry.key_at, what));
        }
        if let Some(role) = role {
            all.roles.insert(role, people);
        }
    }
    all.known &= fields.has("roles");
    for entry in fields.get("on_call").and_then(|n| cx.map(n)).unwrap_or_default() {
        let role = all.role_of(cx, &entry.key, &entry.key_at);
        for node in cx.list(&entry.value).unwrap_or_default() {
            let turn = on_call::turn(cx, node, role.as_ref(), &all);
            all.on_call.extend(turn);
        }
    }
    for entry in fields.get("attention").and_then(|n| cx.map(n)).unwrap_or_default() {
        let role = all.role_of(cx, &entry.key, &entry.key_at);
        let Some(fields) = cx.fields(&entry.value, &keys::ATTENTION) else { continue };
        let a_day = fields.get("a_day").and_then(|n| cx.whole_u32(n, 1, 1_000_000));
        let at_least_ms = fields.get("at_least").and_then(|n| cx.duration(n));
        all.attention.extend(role.map(|role| (role, Attention { a_day, at_least_ms })));
    }
    all.hours = fields.get("working_hours").and_then(|n| hours(cx, n));
    all
}

impl People {
    /// Who is away when. It is read once everybody is known.
    fn absences(&mut self, cx: &Cx<'_>, fields: Fields<'_>) {
        let mut read = Vec::new();
        for entry in fields.get("people").and_then(|n| cx.map(n)).unwrap_or_default() {
            // What is wrong with the rest of a person is said where people are read.
            let Ok(who) = PersonId::new(&entry.key) else { continue };
            let Kind::Map(keys) = &entry.value.kind else { continue };
            let Some(list) = keys.iter().find(|key| key.key == "away") else { continue };
            for node in cx.list(&list.value).unwrap_or_default() {
                let absence = self.absence(cx, node, who.clone());
                read.extend(absence.map(|absence| (absence, node)));
            }
        }
        self.away = read.iter().map(|(absence, _)| absence.clone()).collect();
        for (absence, node) in read {
            let Absence { who, from, until, deputy } = &absence;
            let meets = |other: &&Absence| other.from <= *until && *from <= other.until;
            let mut others = self.away.iter().filter(|other| other.who == *deputy);
            let what = if who == deputy {
                format!("`{who}` cannot stand in for themselves")
            } else if others.any(|other| meets(&other)) {
                format!("`{deputy}` is away on some of these days too")
            } else {
                continue;
            };
            cx.add::<()>(Found::new(&codes::DEPUTY, &node.at, what));
        }
    }

    fn absence(&self, cx: &Cx<'_>, node: &Node, who: PersonId) -> Option<Absence> {
        let fields = cx.fields(node, &keys::AWAY)?;
        let span = first_and_last(cx, node, fields);
        let deputy = fields.get("deputy").and_then(|n| self.person(cx, n));
        let (from, until) = span?;
        Some(Absence { who, from, until, deputy: deputy? })
    }

    /// A person who is named in `people`.
    pub(crate) fn person(&self, cx: &Cx<'_>, node: &Node) -> Option<PersonId> {
        let id = cx.name(node, PersonId::new)?;
        if self.people.contains_key(&id) {
            return Some(id);
        }
        if !self.known {
            return None;
        }
        let what = format!("there is no person `{id}`");
        let known = self.people.keys().map(PersonId::as_str);
        cx.add(Found::new(&codes::PERSON_UNKNOWN, &node.at, what).near(id.as_str(), known))
    }

    /// A role that is named in `roles`.
    pub(crate) fn role(&self, cx: &Cx<'_>, node: &Node) -> Option<RoleId> {
        let role = cx.name(node, RoleId::new)?;
        self.role_of(cx, role.as_str(), &node.at)
    }

    fn role_of(&self, cx: &Cx<'_>, name: &str, at: &Spot) -> Option<RoleId> {
        let found = RoleId::new(name).ok().filter(|role| self.roles.contains_key(role));
        if found.is_some() || !self.known {
            return found;
        }
        let what = format!("there is no role `{name}`");
        let known = self.roles.keys().map(RoleId::as_str);
        cx.add(Found::new(&codes::ROLE_UNKNOWN, at, what).near(name, known))
    }
}

/// The first and the last day, `from` and `until`.
pub(super) fn first_and_last(
    cx: &Cx<'_>,
    node: &Node,
    fields: Fields<'_>,
) -> Option<(String, String)> {
    let from = fields.get("from").and_then(|n| date(cx, n));
    let until = fields.get("until").and_then(|n| date(cx, n));
    let (from, until) = (from?, until?);
    if until < from {
        let what = "the last day is before the first";
        let fix = "write a day on or after `from`";
        return cx.add(Found::new(&codes::RANGE, &node.at, what).fix(fix));
    }
    Some((from, until))
}

fn hours(cx: &Cx<'_>, node: &Node) -> Option<WorkingHours> {
    let fields = cx.fields(node, &keys::HOURS)?;
    let days = fields.get("days").and_then(|n| days(cx, n));
    let from = fields.get("from").and_then(|n| minute(cx, n));
    let to_node = fields.get("to");
    let to = to_node.and_then(|n| minute(cx, n));
    let zone = fields.get("zone").and_then(|n| zone(cx, n));
    let mut holidays = Vec::new();
    for node in fields.get("holidays").and_then(|n| cx.list(n)).unwrap_or_default() {
        holidays.extend(date(cx, node));
    }
    if let (Some(from), Some(to), Some(node)) = (from, to, to_node)
        && to <= from
    {
        let what = "the working day ends before it starts";
        let fix = "write a time after `from`";
        cx.add::<()>(Found::new(&codes::RANGE, &node.at, what).fix(fix));
    }
    Some(WorkingHours { days: days?, from_minute: from?, to_minute: to?, zone: zone?, holidays })
}

/// Monday is 1.
fn day(word: &str) -> Option<u8> {
    let at = keys::DAYS.iter().position(|day| *day == word)?;
    u8::try_from(at + 1).ok()
}

/// `mon-fri`, or one day.
pub(super) fn day_range(text: &str) -> Option<Vec<u8>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (day(first.trim())?, day(last.trim())?);
    (first <= last).then(|| (first..=last).collect())
}

/// `mon-fri`, or a list of days.
pub(super) fn days(cx: &Cx<'_>, node: &Node) -> Option<Vec<u8>> {
    if let Kind::Text { text, .. } = &node.kind
        && let Some(days) = day_range(text)
    {
        return Some(days);
    }
    let mut days = Vec::new();
    for node in cx.some(node) {
        days.extend(cx.choice(node, keys::DAYS).and_then(day));
    }
    days.sort_unstable();
    days.dedup();
    (!days.is_empty()).then_some(days)
}

/// `09:00` as minutes of the day.
pub(super) fn minute_of(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
    (text.len() == 5 && (hour, minute) <= (24, 0) && minute < 60).then_some(hour * 60 + minute)
}

/// `20:00-07:00` as minutes of the day.
pub(super) fn hours_between(cx: &Cx<'_>, node: &Node) -> Option<(u16, u16)> {
    let text = cx.text(node)?;
    let span = text.split_once('-');
    let span = span.and_then(|(from, to)| Some((minute_of(from.trim())?, minute_of(to.trim())?)));
    span.or_else(|| {
        let what = format!("`{text}` is no time between two hours");
        cx.add(Found::new(&codes::KIND, &node.at, what).fix("write it like `\"20:00-07:00\"`"))
    })
}

fn minute(cx: &Cx<'_>, node: &Node) -> Option<u16> {
    let text = cx.text(node)?;
    minute_of(&text).or_else(|| {
        let what = format!("`{text}` is no time of day");
        cx.add(Found::new(&codes::KIND, &node.at, what).fix("write it like `\"09:00\"`"))
    })
}

pub(super) fn zone_exists(name: &str) -> bool {
    jiff::tz::TimeZoneDatabase::bundled().get(name).is_ok()
}

fn zone(cx: &Cx<'_>, node: &Node) -> Option<String> {
    let text = cx.text(node)?;
    if zone_exists(&text) {
        return Some(text);
    }
    let what = format!("there is no time zone `{text}`");
    let fix = "write a name such as `Europe/London`";
    cx.add(Found::new(&codes::CHOICE, &node.at, what).fix(fix))
}

pub(crate) fn date(cx: &Cx<'_>, node: &Node) -> Option<String> {
    let text = cx.text(node)?;
    if text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok() {
        return Some(text);
    }
    let what = format!("`{text}` is no date");
    cx.add(Found::new(&codes::KIND, &node.at, what).fix("write it like `\"2027-01-01\"`"))
}
