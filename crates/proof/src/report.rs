//! The report of a pack for people: a page without any script, and the same to print. It says what
//! the entries say and judges nothing.

mod print;

use std::fmt::Write as _;

use journal::Millis;

use crate::records::Records;
use crate::survey::Population;
pub use print::pdf;

/// What is told.
pub struct Told<'a> {
    pub organisation: &'a str,
    pub origin: &'a str,
    pub sealed_at: Millis,
    pub entries: u64,
    pub population: &'a Population,
    pub records: &'a Records,
    /// Contents that are shown, and that are not.
    pub contents: (u64, u64),
    /// Files that were handed in.
    pub files: Vec<&'a str>,
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    Title(String),
    Heading(String),
    Text(String),
    Pair(String, String),
}

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// The report, line by line.
#[must_use]
pub fn lines(told: &Told<'_>) -> Vec<Line> {
    let Told { population, records, .. } = told;
    let (wanted, figures) = (&population.wanted, records.figures());
    let shown = population.cases.iter().filter(|case| case.shown).count();
    let mut out = vec![
        Line::Title(format!("Evidence of {}", told.organisation)),
        Line::Pair("Log".to_owned(), told.origin.to_owned()),
        Line::Pair("Sealed at".to_owned(), when(told.sealed_at)),
        Line::Pair("Cases that began".to_owned(), period(wanted.from, wanted.until)),
        Line::Pair(
            "Workflow".to_owned(),
            wanted.workflow.as_ref().map_or("all".to_owned(), ToString::to_string),
        ),
        Line::Pair("Cases".to_owned(), population.cases.len().to_string()),
        Line::Pair("Shown with all entries".to_owned(), shown.to_string()),
        Line::Pair("Left out as rehearsals".to_owned(), population.left_out.len().to_string()),
        Line::Pair("Entries of the whole log".to_owned(), told.entries.to_string()),
        Line::Pair("Contents shown".to_owned(), told.contents.0.to_string()),
        Line::Pair("Contents kept back".to_owned(), told.contents.1.to_string()),
    ];
    if let Some(sample) = &wanted.sample {
        let text = format!("{} cases, by the seed `{}`", sample.take, sample.seed);
        out.push(Line::Pair("Sample".to_owned(), text));
    }
    out.push(Line::Heading("What became of the cases".to_owned()));
    out.push(Line::Text("Ends are counted of the cases that are shown.".to_owned()));
    for (workflow, counts) in &figures.cases {
        let counts: Vec<String> = counts.iter().map(|(what, n)| format!("{n} {what}")).collect();
        out.push(Line::Pair(workflow.clone(), counts.join(", ")));
    }
    out.push(Line::Heading("What people answered".to_owned()));
    counted(&mut out, figures.answers.iter().map(|(what, n)| ((*what).to_owned(), *n)));
    out.push(Line::Heading("What was refused, by rule".to_owned()));
    out.push(Line::Pair("acts that were allowed".to_owned(), figures.allowed.to_string()));
    counted(&mut out, figures.refused.iter().map(|(what, n)| (what.clone(), *n)));
    out.push(Line::Heading("What the entries tell of controls".to_owned()));
    let all = records.counts().into_iter();
    counted(&mut out, all.map(|(what, n)| (what.to_owned(), u64::try_from(n).unwrap_or(0))));
    if !told.files.is_empty() {
        out.push(Line::Heading("Files that were added".to_owned()));
        out.extend(told.files.iter().map(|file| Line::Text((*file).to_owned())));
    }
    out.push(Line::Heading("How to check this".to_owned()));
    for text in [
        "Run `flightdeck verify` on the pack, or the program of docs/evidence-format.md, offline.",
        "This page is signed with everything else; what proves it are the entries, not the page.",
        "Contents that hold personal data are kept back; their hashes are in the entries.",
    ] {
        out.push(Line::Text(text.to_owned()));
    }
    out
}

fn counted(out: &mut Vec<Line>, all: impl Iterator<Item = (String, u64)>) {
    let before = out.len();
    out.extend(all.map(|(what, n)| Line::Pair(what, n.to_string())));
    if out.len() == before {
        out.push(Line::Text("none".to_owned()));
    }
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;\
padding:0 1rem;color:#1b1f24;background:#fff}h1{font-size:1.6rem}h2{font-size:1.15rem;\
margin-top:2rem;border-bottom:1px solid #d0d7de}dl{display:grid;grid-template-columns:16rem 1fr;\
gap:.2rem 1rem}dt{color:#57606a}dd{margin:0}";

/// The report as a page.
#[must_use]
pub fn html(told: &Told<'_>, lines: &[Line]) -> String {
    let mut out = String::from("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    let policy = "default-src 'none'; style-src 'unsafe-inline'";
    let _ = write!(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\
         <title>Evidence of {}</title><style>{STYLE}</style></head><body>",
        escaped(told.organisation)
    );
    let mut listing = false;
    for line in lines {
        let pair = matches!(line, Line::Pair(..));
        if pair != listing {
            out.push_str(if pair { "<dl>" } else { "</dl>" });
            listing = pair;
        }
        let _ = match line {
            Line::Title(text) => writeln!(out, "<h1>{}</h1>", escaped(text)),
            Line::Heading(text) => writeln!(out, "<h2>{}</h2>", escaped(text)),
            Line::Text(text) => writeln!(out, "<p>{}</p>", escaped(text)),
            Line::Pair(what, is) => {
                writeln!(out, "<dt>{}</dt><dd>{}</dd>", escaped(what), escaped(is))
            }
        };
    }
    if listing {
        out.push_str("</dl>");
    }
    out.push_str(&chart(told));
    out.push_str("</body></html>\n");
    out
}

/// Cases by the day on which they began, as bars.
fn chart(told: &Told<'_>) -> String {
    let days = &told.records.figures().days;
    let most = days.values().copied().max().unwrap_or_default();
    if most == 0 {
        return String::new();
    }
    let width = 24 * days.len().min(366) + 8;
    let mut out = format!(
        "<h2>Cases by the day on which they began</h2>\
         <svg role=\"img\" aria-label=\"cases by day\" viewBox=\"0 0 {width} 140\" \
         width=\"{width}\" height=\"140\">"
    );
    for (n, (day, count)) in days.iter().take(366).enumerate() {
        let height = (count.saturating_mul(110) / most).max(1);
        let (x, y) = (8 + 24 * n, 120 - height);
        let day = date(Millis(day.saturating_mul(DAY_MS)));
        let _ = write!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"18\" height=\"{height}\" fill=\"#0969da\">\
             <title>{day}: {count}</title></rect>"
        );
    }
    out.push_str("</svg>");
    out
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn period(from: Millis, until: Millis) -> String {
    format!("from {} to before {}", when(from), when(until))
}

fn when(at: Millis) -> String {
    stamp(at).map_or("beyond all calendars".to_owned(), |at| {
        format!("{} UTC", at.strftime("%Y-%m-%d %H:%M"))
    })
}

fn date(at: Millis) -> String {
    stamp(at).map_or(String::new(), |at| at.strftime("%Y-%m-%d").to_string())
}

fn stamp(at: Millis) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond(i64::try_from(at.0).ok()?).ok()
}
