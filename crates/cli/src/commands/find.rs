//! `mcp find`: well-known servers by what they are for. It must not declare or approve any.

use tools::catalogue::{self, Known};

use crate::exit::{Ended, Exit, Stop};
use crate::screen::{Look, Screen};

/// Shows what is known under a word, our own servers first.
pub fn find(screen: &Screen, word: Option<&str>) -> Ended {
    let found: Vec<Known> = match word {
        Some(word) => catalogue::find(word).collect(),
        None => catalogue::all().collect(),
    };
    if found.is_empty() {
        let what = format!("no server is known for `{}`", word.unwrap_or_default());
        return Err(Stop::usage(what).help("`flightdeck mcp find` shows all that are known"));
    }
    for known in &found {
        screen.object("known_server", known)?;
        show(screen, known);
    }
    screen.line("look at a server with `flightdeck mcp probe NAME` before you approve its tools");
    Ok(Exit::Done)
}

fn show(screen: &Screen, known: &Known) {
    let name = screen.word(Look::Strong, &known.name);
    screen.line(format!("{name}: {}", known.purpose));
    let verified = if known.verified == "yes" { "" } else { ", not verified" };
    let login = format!("`flightdeck mcp login {}`", known.name);
    let sign_in = match known.sign_in.as_str() {
        "none" => "none".to_owned(),
        "browser" => format!("in the browser, by {login}"),
        "key" => "a key from the environment".to_owned(),
        _ => format!("a key from the environment; or, without it, in the browser, by {login}"),
    };
    for (title, text) in [
        ("by", format!("{}, {} ({})", known.publisher, known.place, known.transport)),
        ("sign-in", sign_in),
        ("risk", known.risk.clone()),
        ("not for", known.avoid.clone()),
        ("source", format!("{} ({}{verified})", known.source, known.as_of)),
        ("add it", format!("flightdeck mcp add {} {}", known.name, known.add)),
    ] {
        screen.line(format!("  {title:<8} {text}"));
    }
    screen.line("");
}
