//! Lists, times and money in words.

use crate::value::Currency;

use super::{Money, Within};

/// `a, b and c`.
pub(super) fn join(all: &[String], last: &str) -> String {
    match all {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [before @ .., end] => format!("{} {last} {end}", before.join(", ")),
    }
}

/// The largest unit that leaves no rest.
pub(super) fn time(ms: u64) -> String {
    let units = [(86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1_000, "second")];
    for (each, unit) in units {
        if ms >= each && ms.is_multiple_of(each) {
            let count = ms / each;
            return format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
        }
    }
    format!("{ms} milliseconds")
}

pub(super) fn span(within: Within) -> String {
    match within {
        Within::Ms(ms) => time(ms),
        // A working day has no fixed length, so working time is said in hours.
        Within::WorkingMs(ms) if ms.is_multiple_of(3_600_000) => match ms / 3_600_000 {
            1 => "1 working hour".to_owned(),
            hours => format!("{hours} working hours"),
        },
        Within::WorkingMs(ms) => format!("{} working minutes", ms / 60_000),
    }
}

/// That some cases are known to be wrong.
pub(super) fn seeds(parts: u32) -> String {
    let share = share(parts);
    format!(
        "Beside {share} of its cases one is opened that is known to be wrong, to see who looks."
    )
}

/// Parts of a million as a share: `10 %`.
pub(super) fn share(parts: u32) -> String {
    let (whole, part) = (parts / 10_000, format!("{:04}", parts % 10_000));
    match part.trim_end_matches('0') {
        "" => format!("{whole} %"),
        part => format!("{whole}.{part} %"),
    }
}

pub(super) fn amount(money: Money) -> String {
    money.to_string()
}

/// A cost in billionths, without the digits that say nothing.
pub(super) fn cost(nanos: u64, currency: Currency) -> String {
    let (whole, part) = (nanos / 1_000_000_000, format!("{:09}", nanos % 1_000_000_000));
    let part = part.trim_end_matches('0');
    format!("{whole}.{part:0<2} {currency}")
}

/// Days of the week, Monday being 1: `on weekdays`, or each by its name.
pub(super) fn days(days: &[u8]) -> String {
    const NAMES: [&str; 7] = ["Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun"];
    match days {
        [1, 2, 3, 4, 5, 6, 7] => "every day".to_owned(),
        [1, 2, 3, 4, 5] => "on weekdays".to_owned(),
        days => {
            let name = |day: &u8| NAMES.get(usize::from(day.saturating_sub(1)));
            let names: Vec<String> =
                days.iter().filter_map(name).map(|name| format!("{name}days")).collect();
            format!("on {}", join(&names, "and"))
        }
    }
}
