//! What a vendor's headers say of its limits: how much is left, and how long to stay away. It must
//! not decide who waits.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::HeaderMap;

/// What the headers of one answer say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Requests that are left, where that is counted.
    pub(crate) left: Option<u64>,
    /// How long no request is left.
    pub(crate) spent: Option<Duration>,
    /// How long the vendor asks to stay away.
    pub(crate) asked: Option<Duration>,
    /// What is left until a limit is lifted, for a vendor that refuses without `Retry-After`.
    pub(crate) reset: Option<Duration>,
}

impl Limits {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let now = SystemTime::now();
        let limits = all(headers, now);
        let requests = limits.iter().find(|limit| limit.requests);
        let left = requests.and_then(|limit| limit.left);
        Self {
            left,
            spent: requests.filter(|_| left == Some(0)).and_then(|limit| limit.reset),
            asked: asked_to_wait(headers, now),
            reset: lifted(&limits),
        }
    }
}

/// One limit, as a pair of headers states it.
struct Limit {
    requests: bool,
    left: Option<u64>,
    reset: Option<Duration>,
}

/// The limits of OpenAI's headers, whose resets are spans, and of Anthropic's, whose resets are
/// points in time.
fn all(headers: &HeaderMap, now: SystemTime) -> Vec<Limit> {
    let open_ai = ["requests", "tokens"].map(|kind| {
        let reset = header(headers, &format!("x-ratelimit-reset-{kind}")).and_then(go_duration);
        (kind, format!("x-ratelimit-remaining-{kind}"), reset)
    });
    let anthropic = ["requests", "tokens", "input-tokens", "output-tokens"].map(|kind| {
        let reset = header(headers, &format!("anthropic-ratelimit-{kind}-reset"));
        let reset = reset.and_then(|text| until(text, now));
        (kind, format!("anthropic-ratelimit-{kind}-remaining"), reset)
    });
    let limit = |(kind, left, reset): (&str, String, Option<Duration>)| {
        let left = header(headers, &left).and_then(|text| text.parse().ok());
        let stated = left.is_some() || reset.is_some();
        stated.then_some(Limit { requests: kind == "requests", left, reset })
    };
    open_ai.into_iter().chain(anthropic).filter_map(limit).collect()
}

/// Where two limits are named and it is said which one is used up, that one counts; else the one
/// lifted first.
fn lifted(limits: &[Limit]) -> Option<Duration> {
    let used_up = limits.iter().filter(|limit| limit.left == Some(0));
    used_up
        .filter_map(|limit| limit.reset)
        .max()
        .or_else(|| limits.iter().filter_map(|limit| limit.reset).min())
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// `Retry-After`, in seconds or as a date, or its finer cousin.
fn asked_to_wait(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    if let Some(ms) = header(headers, "retry-after-ms").and_then(|text| text.parse().ok()) {
        return seconds(ms).map(|ms| ms / 1_000);
    }
    wait(header(headers, "retry-after")?, now)
}

fn wait(text: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(n) = text.parse::<f64>() {
        return seconds(n);
    }
    let date = DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok()?;
    Some(SystemTime::from(date).duration_since(now).unwrap_or_default())
}

/// Reads `2026-11-27T09:30:00Z`.
fn until(text: &str, now: SystemTime) -> Option<Duration> {
    let then: Timestamp = text.parse().ok()?;
    Some(SystemTime::from(then).duration_since(now).unwrap_or_default())
}

/// Reads `6m0s`, `1.5s`, `20ms`, or a bare number of seconds.
pub(crate) fn go_duration(text: &str) -> Option<Duration> {
    if let Ok(n) = text.parse::<f64>() {
        return seconds(n);
    }
    let mut rest = text;
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at_checked(digits)?;
        let unit_end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(unit_end)?;
        let scale = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        sum = sum.checked_add(seconds(number.parse::<f64>().ok()? * scale)?)?;
        rest = after;
    }
    (!text.is_empty()).then_some(sum)
}

fn seconds(n: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(n).ok()
}

#[cfg(test)]
mod tests;
