//! `access` and `token`: who may do what over HTTP, links to sign in, and tokens. Whoever can write
//! the data folder decides here; each act is kept in the journal. No word that opens anything is
//! kept or shown twice.

use std::collections::BTreeSet;
use std::sync::Arc;

use ::access::{Book, Refused, Right, Rights};
use evidence::words;
use journal::{Access as Entry, Did, Millis};
use plan::AccessRole;
use plan::ids::{FieldName, PersonId};
use serde_json::json;

use super::mcp;
use crate::args::{Access, Global, NewToken, Token};
use crate::driver::{Driver, Drives};
use crate::exit::{Ended, Exit, Stop};
use crate::people::{self, FromFiles};
use crate::screen::{Look, Screen};
use crate::stored::now;
use crate::workspace::Workspace;

/// The file of whoever has access, in the data folder.
const BOOK: &str = "access.db";
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Opens the book of a workspace.
pub fn book(workspace: &Workspace) -> Result<Arc<Book>, Stop> {
    std::fs::create_dir_all(&workspace.data)?;
    Book::open(&workspace.data.join(BOOK)).map(Arc::new).map_err(stop)
}

fn stop(refused: Refused) -> Stop {
    Stop::failed(refused)
}

/// `access`.
pub fn access(screen: &Screen, global: &Global, command: Option<&Access>) -> Ended {
    let workspace = Workspace::open(global)?;
    let people = FromFiles::new(&workspace);
    match command {
        None => list(screen, &workspace, &people),
        Some(Access::Link { person, at }) => {
            known(&people, person)?;
            let entry = Entry { who: person.clone(), by: by(global, person), did: Did::LinkMade };
            keep(&workspace, entry)?;
            let link = book(&workspace)?.link(person, now()).map_err(stop)?;
            let url = format!("{}/#{}", at.trim_end_matches('/'), link.shown());
            screen.object("link", json!({ "person": person, "url": url }))?;
            screen.line(format!("for {person}, once and within a day:"));
            screen.line(format!("  {url}"));
            Ok(Exit::Done)
        }
        Some(Access::End { person }) => {
            let ended = book(&workspace)?.shut_out(person, now()).map_err(stop)?;
            let entry = Entry { who: person.clone(), by: by(global, person), did: Did::ShutOut };
            keep(&workspace, entry)?;
            screen.object("shut_out", json!({ "person": person, "ended": ended }))?;
            let what = format!("{person} is signed out: {ended} sessions and tokens were ended");
            screen.line(screen.word(Look::Good, &what));
            screen.line("whoever should not come back is taken out of `flightdeck.yaml` as well");
            Ok(Exit::Done)
        }
    }
}

fn list(screen: &Screen, workspace: &Workspace, people: &FromFiles) -> Ended {
    let all = people.roles();
    let each = |(who, roles): (&PersonId, &BTreeSet<AccessRole>)| {
        let rights = Right::of_all(roles);
        json!({ "person": who, "roles": roles, "rights": rights })
    };
    let listed: Vec<_> = all.iter().map(each).collect();
    screen.object("access", json!({ "workspace": workspace.name(), "people": listed }))?;
    for (who, roles) in &all {
        let roles: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        let roles = match roles.as_slice() {
            [] => "no access".to_owned(),
            some => some.join(", "),
        };
        screen.line(format!("{who}: {roles}"));
    }
    Ok(Exit::Done)
}

/// `token`.
pub fn token(screen: &Screen, global: &Global, command: &Token) -> Ended {
    let workspace = Workspace::open(global)?;
    match command {
        Token::New(new) => make(screen, global, &workspace, new),
        Token::List => {
            let lines = book(&workspace)?.tokens(&workspace.name()).map_err(stop)?;
            screen.object("tokens", json!({ "tokens": lines }))?;
            for line in &lines {
                let rights: Vec<&str> = line.rights.iter().map(|right| right.as_str()).collect();
                let until = match line.ended {
                    Some(at) => format!("ended at {}", words::when(at, None)),
                    None => format!("until {}", words::when(line.until, None)),
                };
                let (id, who, rights) = (&line.id, &line.who, rights.join(", "));
                let label = words::plain(&line.label);
                screen.line(format!("{id}  {who}: {label}; {rights}; {until}"));
            }
            if lines.is_empty() {
                screen.line("there is no token; `flightdeck token new` makes one");
            }
            Ok(Exit::Done)
        }
        Token::End { id } => {
            let book = book(&workspace)?;
            let lines = book.tokens(&workspace.name()).map_err(stop)?;
            let line = lines.into_iter().find(|line| line.id == *id && line.ended.is_none());
            let unknown = || {
                Stop::usage(format!("no token `{id}` works here"))
                    .help("`flightdeck token list` lists them")
            };
            let (line, named) = line.zip(FieldName::new(id).ok()).ok_or_else(unknown)?;
            book.end_token(&workspace.name(), id, now()).map_err(stop)?;
            let did = Did::TokenEnded { id: named };
            keep(&workspace, Entry { by: by(global, &line.who), who: line.who, did })?;
            screen.object("token_ended", json!({ "id": id }))?;
            screen.line(format!("the token `{id}` works no more"));
            Ok(Exit::Done)
        }
    }
}

fn make(screen: &Screen, global: &Global, workspace: &Workspace, new: &NewToken) -> Ended {
    let who = people::known(global, workspace)?;
    let has = Right::of_all(&known(&FromFiles::new(workspace), &who)?);
    let wanted: Rights = new.right.iter().copied().collect();
    let rights = if wanted.is_empty() { has.clone() } else { wanted };
    if let Some(lacks) = rights.difference(&has).next() {
        let what = format!("`{who}` does not have the right `{}`", lacks.as_str());
        return Err(Stop { exit: Exit::NotPermitted, ..Stop::usage(what) }
            .help("`flightdeck access` says what everybody may do"));
    }
    let until = Millis(now().0.saturating_add(u64::from(new.days) * DAY_MS));
    let book = book(workspace)?;
    let made = book.token(&who, &workspace.name(), (&new.label, &rights), (now(), until));
    let (id, word) = made.map_err(stop)?;
    let named = |name: &str| FieldName::new(name).map_err(Stop::failed);
    let rights: Result<Vec<_>, Stop> = rights.iter().map(|right| named(right.as_str())).collect();
    let did = Did::TokenMade { id: named(&id)?, rights: rights?, until };
    if let Err(no) = keep(workspace, Entry { who: who.clone(), by: None, did }) {
        // What is not on record opens nothing.
        book.end_token(&workspace.name(), &id, now()).map_err(stop)?;
        return Err(no);
    }
    let shown =
        json!({ "id": id, "token": word.shown(), "person": who, "until": words::stamp(until) });
    screen.object("token", shown)?;
    screen.line(format!("token `{id}` for {who}, until {}:", words::when(until, None)));
    screen.line(format!("  {}", word.shown()));
    screen.line("it is shown this once; keep it where secrets are kept");
    Ok(Exit::Done)
}

/// What somebody is to the workspace; whoever is nothing to it gets nothing.
fn known(people: &FromFiles, who: &PersonId) -> Result<BTreeSet<AccessRole>, Stop> {
    match people.roles().remove(who) {
        Some(roles) if !roles.is_empty() => Ok(roles),
        _ => {
            let what = format!("`{who}` has no access to this workspace");
            Err(Stop { exit: Exit::NotPermitted, ..Stop::usage(what) }
                .help("`flightdeck access` says who has; `flightdeck.yaml` gives it"))
        }
    }
}

/// Whoever does it, where that is somebody else than whom it is about.
fn by(global: &Global, who: &PersonId) -> Option<PersonId> {
    global.person.clone().filter(|by| by != who)
}

fn keep(workspace: &Workspace, entry: Entry) -> Result<(), Stop> {
    mcp::within(async {
        let driver = Driver::start(workspace, Drives::Told).await?;
        let kept = driver.accessed(entry).await;
        driver.close().await;
        kept
    })?
}
