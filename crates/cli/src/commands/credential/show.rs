//! `credential list` and `credential show`: how credentials stand. A holder who is forgotten has no
//! name here.

use std::path::Path;

use evidence::credentials::CredentialLine;
use evidence::words;
use serde_json::{Map, Value, json};

use crate::args::Global;
use crate::exit::{Ended, Exit, Stop};
use crate::issuing::{self, Shelf};
use crate::screen::Screen;
use crate::stored::now;
use crate::workspace;

pub fn list(screen: &Screen, global: &Global) -> Ended {
    let data = workspace::data_folder(global)?;
    let (lines, shelf) = (issuing::lines(&data)?, Shelf::of(&data));
    let mut all = Vec::new();
    for line in lines.values() {
        all.push(object(&shelf, line)?);
        let shown = issuing::shown(&shelf, line, now())?;
        let holder = shown.holder.map_or_else(|| "(forgotten)".to_owned(), |n| words::plain(&n));
        let name = shown.name.map_or_else(String::new, |name| format!(", {}", words::plain(&name)));
        screen.line(format!("{}  {}: {holder}{name}", line.id, shown.state.as_str()));
    }
    screen.object("credentials", json!({ "credentials": all }))?;
    if lines.is_empty() {
        screen.line("there is no credential; `flightdeck credential issue` issues one");
    }
    Ok(Exit::Done)
}

/// A credential as `--json` prints it.
fn object(shelf: &Shelf, line: &CredentialLine) -> Result<Map<String, Value>, Stop> {
    let shown = issuing::shown(shelf, line, now())?;
    let examined = shown.examined.iter().map(|(name, told)| json!({ "name": name, "told": told }));
    let object = json!({
        "id": line.id.as_str(),
        "state": shown.state.as_str(),
        "holder": shown.holder,
        "name": shown.name,
        "issuer": shown.issuer,
        "page": shown.page,
        "by": line.by,
        "at": words::stamp(line.at),
        "valid_from": line.valid.map(|(from, _)| words::stamp(from)),
        "valid_until": line.valid.map(|(_, until)| words::stamp(until)),
        "renewed": line.renewed.map(words::stamp),
        "revoked": line.revoked.map(|(at, _)| words::stamp(at)),
        "because": line.revoked.map(|(_, because)| because.as_str()),
        "examined": examined.collect::<Vec<_>>(),
    });
    match object {
        Value::Object(object) => Ok(object),
        _ => Err(Stop::failed("no object")),
    }
}

pub fn tell(screen: &Screen, data: &Path, line: &CredentialLine) -> Ended {
    let shelf = Shelf::of(data);
    screen.object("credential", object(&shelf, line)?)?;
    let shown = issuing::shown(&shelf, line, now())?;
    let said = |text: Option<String>| {
        text.map_or_else(|| "(forgotten)".to_owned(), |text| words::plain(&text))
    };
    screen.line(format!("{}: {}", line.id, shown.state.as_str()));
    screen.line(format!("  holder   {}", said(shown.holder)));
    screen.line(format!("  name     {}", said(shown.name)));
    screen.line(format!("  issuer   {}", said(shown.issuer)));
    if let Some((from, until)) = line.valid {
        let (from, until) = (words::when(from, None), words::when(until, None));
        screen.line(format!("  valid    from {from} until {until}"));
    }
    if let Some((at, because)) = line.revoked {
        screen.line(format!("  revoked  {} ({})", words::when(at, None), because.as_str()));
    }
    for (name, told) in &shown.examined {
        screen.line(format!("  examined {}: {}", words::plain(name), words::plain(told)));
    }
    if let Some(page) = shown.page {
        screen.line(format!("  verify   {}", words::plain(&page)));
    }
    Ok(Exit::Done)
}
