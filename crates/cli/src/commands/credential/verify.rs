//! `credential verify`: whether a credential holds, whoever issued it. Nothing is fetched: what is
//! needed is given, or is at hand because it was issued here.

use std::path::Path;

use ::credential::{Given, Holds, Image, Report, unbake, verify as looked_at};
use evidence::words;
use journal::CredentialName;
use serde_json::{Value, json};

use crate::args::{Global, VerifyCredential};
use crate::exit::{Ended, Exit, Stop};
use crate::issuing::{self, Issuing, seconds};
use crate::screen::{Look, Screen};
use crate::stored::now;
use crate::workspace::Workspace;

/// The largest file that is looked at.
const LARGEST: u64 = 8 << 20;

/// What is at hand of an issuer.
#[derive(Default)]
struct AtHand {
    document: Option<String>,
    lists: Vec<String>,
}

pub fn verify(screen: &Screen, global: &Global, args: &VerifyCredential) -> Ended {
    let text = text(global, &args.what)?;
    let mut hand = ours(global, &text).unwrap_or_default();
    if let Some(file) = &args.issuer_document {
        hand.document = Some(String::from_utf8_lossy(&read(file)?).into_owned());
    }
    if !args.lists.is_empty() {
        let read = |file: &std::path::PathBuf| {
            read(file).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        };
        hand.lists = args.lists.iter().map(read).collect::<Result<_, Stop>>()?;
    }
    let report = looked_at(&Given {
        text: &text,
        now: seconds(now()),
        document: hand.document.as_deref(),
        lists: &hand.lists,
        issuer: args.issuer.as_deref(),
        mail: args.mail.as_deref(),
    });
    tell(screen, &report)
}

/// The credential in a file, or the one of an id.
fn text(global: &Global, what: &str) -> Result<String, Stop> {
    let file = Path::new(what);
    if !file.is_file()
        && let Ok(id) = CredentialName::new(what)
    {
        let workspace = Workspace::open(global)?;
        let lines = issuing::lines(&workspace.data)?;
        let (line, _) = super::ours(&lines, &id)?;
        let document = issuing::Shelf::of(&workspace.data).read(&line)?;
        let gone = || Stop::usage(format!("nobody knows who holds {id}"));
        return Ok(Value::Object(document.ok_or_else(gone)?).to_string());
    }
    let bytes = read(file)?;
    match Image::of(&bytes) {
        Some(_) => unbake(&bytes).map_err(Stop::usage),
        None => String::from_utf8(bytes).map_err(|_| Stop::usage("it is no text and no picture")),
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Stop> {
    let cannot = |error: &dyn std::fmt::Display| {
        Stop::usage(format!("`{}` cannot be read: {error}", file.display()))
    };
    let length = std::fs::metadata(file).map_err(|error| cannot(&error))?.len();
    if length > LARGEST {
        return Err(cannot(&"it is too large"));
    }
    std::fs::read(file).map_err(|error| cannot(&error))
}

/// What is at hand where it was issued here: this is no reason to believe it, only to know more.
fn ours(global: &Global, text: &str) -> Option<AtHand> {
    let workspace = Workspace::open(global).ok()?;
    let lines = issuing::lines(&workspace.data).ok()?;
    if lines.values().all(|line| line.nth.is_none()) {
        return None;
    }
    let issuing = Issuing::of(&workspace, &lines).ok()?;
    let shown = looked_at(&Given { text, ..Given::default() }).shown?;
    if shown.issuer != issuing.issuer.did.to_string() {
        return None;
    }
    let id = CredentialName::new(shown.id.rsplit('/').next()?).ok()?;
    let nth = lines.get(&id)?.nth?;
    let lists = issuing.lists_of(nth, &lines, seconds(now())).ok()?;
    Some(AtHand { document: Some(issuing.document().to_string()), lists })
}

fn tell(screen: &Screen, report: &Report) -> Ended {
    let holds = report.holds();
    screen.object(
        "credential_report",
        json!({ "holds": holds, "findings": report.findings, "credential": report.shown }),
    )?;
    for finding in &report.findings {
        let (look, word) = match finding.holds {
            Holds::Yes => (Look::Good, "yes"),
            Holds::No => (Look::Bad, "no"),
            Holds::Unknown => (Look::Warn, "unknown"),
        };
        let word = screen.word(look, &format!("{word:<8}"));
        let why = words::plain(&finding.why);
        screen.line(format!("{word} {:<10} {why}", finding.check.as_str()));
    }
    if let Some(shown) = &report.shown {
        let holder = shown.holder.as_deref().map_or("nobody named", |name| name);
        let issuer = shown.issuer_name.as_deref().unwrap_or(&shown.issuer);
        let what = format!("{holder}: {}, by {issuer}", shown.name);
        screen.line(words::plain(&what));
    }
    Ok(match holds {
        Holds::Yes => {
            screen.line(screen.word(Look::Good, "it holds"));
            Exit::Done
        }
        Holds::No => {
            screen.line(screen.word(Look::Bad, "it does not hold"));
            Exit::Findings
        }
        Holds::Unknown => {
            screen.line("not everything is known that it takes to say so");
            Exit::Findings
        }
    })
}
