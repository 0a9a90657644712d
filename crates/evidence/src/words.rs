//! The operator's words: how times, amounts, texts and names of what happened are written on every
//! screen. The code's own words for these things must not appear in anything this file returns.

mod alerts;
mod assured;
mod exams;
mod proofs;

use journal::{
    Access, Account, Aside, CasesOf, Decline, Did, Eraser, Held, Millis, Part, StopScope, What,
};
use plan::ids::WorkflowName;
use plan::workflow::Next;

pub use alerts::{alert, beyond, measure, watched, within};
pub use assured::assured;
pub use exams::exam;
pub use proofs::proof;

/// The longest text of the outside world that is shown in one line.
const TEXT_MAX: usize = 300;

/// A time in a zone: `2026-11-23 14:05`. An unknown zone means UTC, and says so.
#[must_use]
pub fn when(at: Millis, zone: Option<&str>) -> String {
    let Some(stamp) =
        i64::try_from(at.0).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
    else {
        return "beyond all calendars".to_owned();
    };
    match zone.and_then(|name| jiff::tz::TimeZone::get(name).ok()) {
        Some(zone) => stamp.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string(),
        None => format!("{} UTC", stamp.strftime("%Y-%m-%d %H:%M")),
    }
}

/// A time as machines write it.
#[must_use]
pub fn stamp(at: Millis) -> String {
    i64::try_from(at.0)
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        .map_or_else(|| at.0.to_string(), |stamp| stamp.to_string())
}

/// A span: `3 days`, `2 h 10 min`, `14 s`.
#[must_use]
pub fn span(ms: u64) -> String {
    let s = ms / 1000;
    match s {
        0 => format!("{ms} ms"),
        1..=119 => format!("{s} s"),
        120..=7_199 => format!("{} min", s / 60),
        7_200..=172_799 => format!("{} h {} min", s / 3600, s % 3600 / 60),
        _ => format!("{} days", s / 86_400),
    }
}

/// Nano-units of a currency as an amount with as many digits as it takes to see it.
#[must_use]
pub fn cost(nanos: u64) -> String {
    let whole = nanos / 1_000_000_000;
    let part = format!("{:09}", nanos % 1_000_000_000);
    let digits = match (whole, nanos) {
        (_, 0) => 2,
        (0, ..10_000_000) => 6,
        _ => 2,
    };
    format!("{whole}.{}", part.chars().take(digits).collect::<String>())
}

/// A number with thin groups of three: `1,234,567`.
#[must_use]
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// On whose word contents are erased.
#[must_use]
pub fn eraser(by: &Eraser) -> String {
    match by {
        Eraser::Person(who) => who.to_string(),
        Eraser::Retention => "the end of its time to be kept".to_owned(),
    }
}

/// So many cases.
#[must_use]
pub fn cases(n: usize) -> String {
    match n {
        1 => "1 case".to_owned(),
        n => format!("{} cases", number(u64::try_from(n).unwrap_or(u64::MAX))),
    }
}

/// Text of the outside world on one line: what could move the cursor, colour the screen, hide or
/// turn letters becomes a visible dot, and it is cut where it is too long.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut out = String::new();
    for (n, c) in text.chars().enumerate() {
        if n == TEXT_MAX {
            out.push('…');
            break;
        }
        match c {
            '\n' | '\t' => out.push(' '),
            c if hidden(c) => out.push('·'),
            c => out.push(c),
        }
    }
    out.trim_end().to_owned()
}

/// The same for many lines: line ends and tabs stay, nothing is cut.
#[must_use]
pub fn plain_lines(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .map(|c| if c != '\n' && c != '\t' && hidden(c) { '·' } else { c })
        .collect()
}

/// Characters that a terminal or a reader takes for something else than they are.
fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// A value as a person reads it: money as an amount, texts without quotes, lists with commas.
#[must_use]
pub fn value(value: &serde_json::Value) -> String {
    use serde_json::Value;
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(yes) => (if *yes { "yes" } else { "no" }).to_owned(),
        Value::Number(n) => n.to_string(),
        Value::String(text) => plain(text),
        Value::Array(items) => items.iter().map(self::value).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => match money(value) {
            Some(money) => money,
            None => {
                // Names with `$` say where a value was found, which is not a part of it.
                let pairs: Vec<String> = fields
                    .iter()
                    .filter(|(name, _)| !name.starts_with('$'))
                    .map(|(name, field)| format!("{}: {}", plain(name), self::value(field)))
                    .collect();
                pairs.join("; ")
            }
        },
    }
}

fn money(value: &serde_json::Value) -> Option<String> {
    let money: plan::value::Money = serde_json::from_value(value.clone()).ok()?;
    Some(money.to_string())
}

/// A share in parts of a million: `97.5 %`.
#[must_use]
pub fn share(parts: u32) -> String {
    let tenths = (parts + 500) / 1_000;
    match tenths % 10 {
        0 => format!("{} %", tenths / 10),
        rest => format!("{}.{rest} %", tenths / 10),
    }
}

/// What is done outside, as the object of a sentence: "call `erp.create_draft`".
#[must_use]
pub fn deed(what: &What) -> String {
    match what {
        What::Model { model, question: None, .. } => format!("a question to the model `{model}`"),
        What::Model { model, question: Some((_, number)), .. } => match Aside::of(*number) {
            None => format!("a choice by the model `{model}`"),
            Some(Aside::Again(_)) => format!("the same question once more to the model `{model}`"),
            Some(Aside::Check) => format!("the check of an answer by the model `{model}`"),
            Some(Aside::Judge) => format!("the look of the model `{model}` at what came in"),
        },
        What::Tool { tool, part, .. } => match part {
            Part::Main | Part::Turn(_) => format!("the call of `{tool}`"),
            Part::Confirm => format!("the confirmation with `{tool}`"),
            Part::Undo => format!("the undoing with `{tool}`"),
            Part::ReadBack => format!("the question to `{tool}` whether it happened"),
            Part::Lookup(_) => format!("the look-up with `{tool}`"),
        },
        What::Notify { to, .. } => format!("the message to {to}"),
    }
}

/// Where the case goes next.
#[must_use]
pub fn next(next: &Next) -> String {
    match next {
        Next::Step(step) => format!("`{step}`"),
        Next::End => "the end".to_owned(),
    }
}

/// What a stop covers.
#[must_use]
pub fn scope(scope: &StopScope) -> String {
    match scope {
        StopScope::Everything => "everything".to_owned(),
        StopScope::Workflow(name) => format!("the workflow `{name}`"),
        StopScope::Run(run) => format!("the run {run}"),
        StopScope::Tool(tool) => format!("the tool `{tool}`"),
        StopScope::Server(server) => format!("all tools of `{server}`"),
        StopScope::Vendor(vendor) => format!("all models of `{vendor}`"),
        StopScope::Beyond { workflow, step: None, level } => {
            format!("effects of `{workflow}` beyond `{}`", level.as_str())
        }
        StopScope::Beyond { workflow, step: Some(step), level } => {
            format!("effects of `{workflow}.{step}` beyond `{}`", level.as_str())
        }
    }
}

/// That a limit of opened cases is used up, in a sentence. It names no sender.
#[must_use]
pub fn used_up(account: &Account, workflow: &WorkflowName, limit: u64, until: &str) -> String {
    match account.cases() {
        Some(CasesOf::Sender) => format!(
            "`{workflow}` has opened {limit} cases of one sender in the hour; no more of them \
             until {until}"
        ),
        Some(CasesOf::Hour) => {
            format!("`{workflow}` has opened its {limit} cases of the hour; none until {until}")
        }
        Some(CasesOf::Day) | None => {
            format!("`{workflow}` has opened its {limit} cases of the day; none until {until}")
        }
    }
}

/// That times at which a start was due began no case, in a sentence.
#[must_use]
pub fn missed(workflow: &WorkflowName, times: u32, from: &str, until: &str) -> String {
    match times {
        1 => format!("`{workflow}` missed a start that was due at {from}"),
        _ => {
            format!("`{workflow}` missed {times} starts that were due between {from} and {until}")
        }
    }
}

/// What keeps a start from beginning cases, in a sentence.
#[must_use]
pub fn start_held(workflow: &WorkflowName, because: Held) -> String {
    let why = match because {
        Held::Full => "as many of its cases wait for a person as it allows",
        Held::Unreadable => "its folder, or a file in it, cannot be read",
        Held::Flooded => "more files lie in its folder than are looked at",
        Held::Hurried => "more was sent to it within a minute than is taken",
        Held::Altered => {
            return format!("`{workflow}` was sent something else under an id that has its case");
        }
        Held::Unfit => {
            return format!("`{workflow}` was sent something that has not the fields of a case");
        }
        Held::Unsigned => {
            return format!(
                "`{workflow}` is sent much that nobody has signed who may: it is turned away, and \
                 what is signed begins its cases as before"
            );
        }
    };
    format!("a start of `{workflow}` begins no cases for now: {why}")
}

/// What happened at the door, in a sentence.
#[must_use]
pub fn access(access: &Access) -> String {
    let Access { who, by, did } = access;
    let by = by.as_ref().map_or(String::new(), |by| format!(" by {by}"));
    match did {
        Did::SignedIn { way } => format!("{who} signed in ({way})"),
        Did::Waits { until } => {
            let until = when(*until, None);
            format!("too many wrong passwords for {who}: none is looked at until {until}")
        }
        Did::LinkMade => format!("a link to sign in was made for {who}{by}"),
        Did::PasswordSet => format!("{who} set a password"),
        Did::TokenMade { id, rights, until } => {
            let rights: Vec<&str> = rights.iter().map(|right| right.as_str()).collect();
            let (rights, until) = (rights.join(", "), when(*until, None));
            format!("the token `{id}` was made for {who}{by}: {rights}, until {until}")
        }
        Did::TokenEnded { id } => format!("the token `{id}` of {who} was ended{by}"),
        Did::ShutOut => format!("{who} was signed out everywhere{by}"),
    }
}

/// That a start found nothing to begin a case for, in a sentence.
#[must_use]
pub fn start_idle(workflow: &WorkflowName, at: &str) -> String {
    format!("`{workflow}` had nothing to begin a case for at {at}")
}

/// What a stop does, in a sentence.
#[must_use]
pub fn stopped(stop: &StopScope) -> String {
    let what = scope(stop);
    match stop.holds_back() {
        true => format!("{what} is stopped"),
        false => format!("{what} are put before a person"),
    }
}

/// A stop's scope as the command line takes it.
#[must_use]
pub fn scope_args(scope: &StopScope) -> String {
    match scope {
        StopScope::Everything => String::new(),
        StopScope::Workflow(name) => format!(" --workflow {name}"),
        StopScope::Run(run) => format!(" --run {run}"),
        StopScope::Tool(tool) => format!(" --tool {tool}"),
        StopScope::Server(server) => format!(" --server {server}"),
        StopScope::Vendor(vendor) => format!(" --vendor {vendor}"),
        StopScope::Beyond { workflow, step, level } => {
            let step = step.as_ref().map(|step| format!(".{step}")).unwrap_or_default();
            format!(" --beyond {workflow}{step}={}", level.as_str())
        }
    }
}

/// Why an order of a person was not followed.
#[must_use]
pub fn decline(because: Decline) -> &'static str {
    match because {
        Decline::NotOpen => "the request is already answered, or was never open",
        Decline::NotPermitted => "this person does not hold the role, or may not answer this one",
        Decline::BadEdit => "the change touches what may not be changed, or breaks the contract",
        Decline::Taken => "somebody else has taken the request up",
        Decline::Agreed => "this person has agreed already, and it takes another one",
        Decline::Enough => "this person has answered as many requests as a day allows them",
        Decline::NotNow => "the case is over, or not in a state that this fits",
    }
}
