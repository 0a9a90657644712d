//! When a turn begins, ends and never comes.

use super::OnCall;
use crate::files::Files;
use crate::places;

const HEAD: &str = "organisation: Acme\ncurrency: USD\npeople:\n  m@acme.example: { name: M }\n\
    roles:\n  lead: [ m@acme.example ]\nworking_hours: { days: mon-fri, from: \"09:00\", \
    to: \"17:30\", zone: Europe/London }\nmodels: {}\n";

/// The settings with one turn, and what is wrong with them.
fn check(turn: &str) -> Result<OnCall, String> {
    let mut files = Files::new();
    let text = format!("{HEAD}on_call:\n  lead: [ {{ who: m@acme.example, {turn} }} ]\n");
    files.insert("flightdeck.yaml", &text);
    let places = places(&files).map_err(|problems| problems.to_string())?;
    places.on_call.into_iter().next().ok_or_else(|| "no turn".to_owned())
}

#[test]
fn a_turn_is_its_days_and_its_hours_and_nothing_else() {
    let january = "from: \"2027-01-01\", until: \"2027-01-31\"";
    // 2027-01-01 is a Friday.
    for (more, day, time, expected) in [
        ("", "2026-12-31", (23, 59), false),
        ("", "2027-01-01", (0, 0), true),
        ("", "2027-01-31", (23, 59), true),
        ("", "2027-02-01", (0, 0), false),
        (", hours: \"09:00-12:30\"", "2027-01-05", (8, 59), false),
        (", hours: \"09:00-12:30\"", "2027-01-05", (9, 0), true),
        (", hours: \"09:00-12:30\"", "2027-01-05", (12, 29), true),
        (", hours: \"09:00-12:30\"", "2027-01-05", (12, 30), false),
        (", hours: \"18:00-24:00\"", "2027-01-05", (23, 59), true),
        (", hours: \"18:00-24:00\"", "2027-01-06", (0, 0), false),
        // Over midnight: the night belongs to the day on which it begins, so the first night
        // begins on the first day and the last one ends on the morning after the last day.
        (", hours: \"18:00-08:00\"", "2027-01-01", (7, 59), false),
        (", hours: \"18:00-08:00\"", "2027-01-01", (18, 0), true),
        (", hours: \"18:00-08:00\"", "2027-01-02", (0, 0), true),
        (", hours: \"18:00-08:00\"", "2027-01-02", (8, 0), false),
        (", hours: \"18:00-08:00\"", "2027-01-02", (12, 0), false),
        (", hours: \"18:00-08:00\"", "2027-02-01", (7, 59), true),
        (", hours: \"18:00-08:00\"", "2027-02-01", (18, 0), false),
        (", hours: \"18:00-00:00\"", "2027-01-02", (0, 0), false),
        // Days of the week, with and without hours.
        (", days: sat-sun", "2027-01-01", (12, 0), false),
        (", days: sat-sun", "2027-01-02", (12, 0), true),
        (", days: [ fri, mon ]", "2027-01-04", (12, 0), true),
        (", days: mon-fri, hours: \"18:00-08:00\"", "2027-01-02", (7, 59), true),
        (", days: mon-fri, hours: \"18:00-08:00\"", "2027-01-02", (18, 0), false),
        (", days: mon-fri, hours: \"18:00-08:00\"", "2027-01-04", (7, 59), false),
    ] {
        let turn = check(&format!("{january}{more}")).unwrap();
        let (hour, minute) = time;
        let covered = turn.covers(day, hour * 60 + minute);
        assert_eq!(covered, expected, "{more} at {day} {hour}:{minute:02}");
    }
    let turn = check(january).unwrap();
    assert!(!turn.covers("some day", 0), "a day that cannot be read is nobody's");
}

#[test]
fn a_turn_that_never_comes_is_a_problem() {
    let week = "from: \"2027-01-02\", until: \"2027-01-03\"";
    for (more, wanted) in [
        (", hours: \"09:00-09:00\"", "these hours are over as they begin"),
        (", hours: \"24:00-08:00\"", "these hours are over as they begin"),
        (", hours: at night", "`at night` is no time between two hours"),
        (", hours: \"18:00-25:00\"", "`18:00-25:00` is no time between two hours"),
        (", days: workdays", "`workdays`"),
        (", days: mon-fri", "none of these days of the week"),
    ] {
        let problems = check(&format!("{week}{more}")).unwrap_err();
        assert!(problems.contains(wanted), "{more}: {problems}");
    }
    let back = check("from: \"2027-01-03\", until: \"2027-01-02\"").unwrap_err();
    assert!(back.contains("the last day is before the first"), "{back}");
}
