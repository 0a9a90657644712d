//! Times as credentials write them. It must not know what time it is.

use jiff::Timestamp;

use crate::Fault;

/// A time as a credential writes it: to the second, in UTC.
#[must_use]
pub fn stamp(seconds: i64) -> String {
    let at = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The seconds of a written time. One without an offset is none: it could be any of a day's.
pub fn instant(text: &str) -> Result<i64, Fault> {
    text.parse::<Timestamp>()
        .map(Timestamp::as_second)
        .map_err(|_| Fault::shape(format!("`{}` is no time with an offset", shortened(text))))
}

/// A text from outside, short enough to be shown.
pub(crate) fn shortened(text: &str) -> String {
    const MOST: usize = 80;
    let plain = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c });
    let mut short: String = plain.clone().take(MOST).collect();
    if plain.count() > MOST {
        short.push('…');
    }
    short
}
