//! `credential`: issue, record, list, renew, revoke, suspend, forget and export credentials. Each
//! act of an owner is kept in the journal. It must not sign anything in another issuer's name.

mod show;
mod verify;

use std::path::Path;

use ::credential::{
    Award, CredentialId, Evidence, Holder, Level, Suite, bake_png, bake_svg, plain_png, plain_svg,
    stamp, token,
};
use evidence::credentials::CredentialLine;
use journal::{Credential as Entry, CredentialName, CredentialTurn, Millis, Revocation};
use plan::AccessRole;
use plan::ids::PersonId;
use serde_json::{Value, json};

use super::mcp;
use crate::args::{
    Credential, CredentialForm, ExportCredential, Global, IssueCredential, RecordCredential,
};
use crate::driver::{Driver, Drives};
use crate::exit::{Ended, Exit, Stop};
use crate::issuing::{self, Issuing, Lines, ListForm, Shelf, fault, random, seconds};
use crate::people::{self, FromFiles};
use crate::screen::{Look, Screen};
use crate::stored::{now, today};
use crate::workspace::{self, Workspace};

/// So many ids are drawn before it is given up.
const DRAWS: usize = 32;

/// `credential`.
pub fn credential(screen: &Screen, global: &Global, command: &Credential) -> Ended {
    match command {
        Credential::Issue(args) => issue(screen, global, args),
        Credential::Record(args) => record(screen, global, args),
        Credential::List => show::list(screen, global),
        Credential::Show { id } => {
            let data = workspace::data_folder(global)?;
            show::tell(screen, &data, &known(&issuing::lines(&data)?, id)?)
        }
        Credential::Renew { id } => renew(screen, global, id),
        Credential::Revoke { id, because } => {
            let because: Revocation = (*because).into();
            turn(screen, global, id, &CredentialTurn::Revoked { because })
        }
        Credential::Suspend { id, lift: false } => {
            turn(screen, global, id, &CredentialTurn::Suspended)
        }
        Credential::Suspend { id, lift: true } => {
            turn(screen, global, id, &CredentialTurn::Restored)
        }
        Credential::Forget { id } => forget(screen, global, id),
        Credential::Export(args) => export(screen, global, args),
        Credential::Publish { folder } => publish(screen, global, folder),
        Credential::Verify(args) => verify::verify(screen, global, args),
    }
}

/// Whoever issues must own the workspace.
fn owner(global: &Global, workspace: &Workspace) -> Result<PersonId, Stop> {
    let who = people::known(global, workspace)?;
    let roles = FromFiles::new(workspace).roles();
    if roles.get(&who).is_some_and(|roles| roles.contains(&AccessRole::Owner)) {
        return Ok(who);
    }
    let what = format!("`{who}` is no owner of this workspace, and only an owner issues");
    Err(Stop { exit: Exit::NotPermitted, ..Stop::usage(what) }
        .help("`flightdeck access` says who is"))
}

fn known(lines: &Lines, id: &CredentialName) -> Result<CredentialLine, Stop> {
    lines.get(id).cloned().ok_or_else(|| {
        Stop::usage(format!("there is no credential {id}"))
            .help("`flightdeck credential list` lists them")
    })
}

/// One that was issued here, and still is one.
fn ours(lines: &Lines, id: &CredentialName) -> Result<(CredentialLine, u32), Stop> {
    let line = known(lines, id)?;
    match line.nth {
        Some(nth) => Ok((line, nth)),
        None => Err(Stop::usage(format!("{id} is another issuer's: only they can change it"))),
    }
}

/// Writes an entry. What is not on record was not done.
fn keep(
    workspace: &Workspace,
    who: &PersonId,
    id: &CredentialName,
    turn: CredentialTurn,
) -> Result<(), Stop> {
    let entry = Entry { id: id.clone(), who: who.clone(), turn };
    mcp::within(async {
        let driver = Driver::start(workspace, Drives::Told).await?;
        let kept = driver.credential(entry).await;
        driver.close().await;
        kept
    })?
}

/// Shows how one stands after something was done.
fn again(screen: &Screen, workspace: &Workspace, id: &CredentialName) -> Ended {
    show::tell(screen, &workspace.data, &known(&issuing::lines(&workspace.data)?, id)?)
}

fn issue(screen: &Screen, global: &Global, args: &IssueCredential) -> Ended {
    let workspace = Workspace::open(global)?;
    let who = owner(global, &workspace)?;
    let evidence: Result<Vec<Evidence>, Stop> =
        args.examined.iter().map(|text| examined(text)).collect();
    let evidence = evidence?;
    Issuing::of(&workspace, &issuing::lines(&workspace.data)?)?;
    let shelf = Shelf::of(&workspace.data);
    let its_turn = shelf.turn()?;
    let lines = issuing::lines(&workspace.data)?;
    let issuing = Issuing::of(&workspace, &lines)?;
    let id = drawn(&args.code, &lines)?;
    let name = CredentialName::new(id.as_str()).map_err(Stop::failed)?;
    let (from, until) = (now(), Millis(now().0.saturating_add(issuing.valid_ms)));
    let nth = lines.values().filter_map(|line| line.nth).max().map_or(0, |nth| nth + 1);
    let award = Award {
        id,
        issuer: issuing.issuer.clone(),
        level: Level {
            name: said("--name", &args.name)?,
            description: said("--about", &args.about)?,
            criteria: said("--criteria", &args.criteria)?,
        },
        holder: Holder { name: said("--to", &args.to)?, mail: args.mail.clone(), salt: random()? },
        evidence,
        from: seconds(from),
        until: seconds(until),
        nth,
    };
    let text = issuing.signed(&award.document().map_err(fault)?, Suite::Rdfc, award.from)?;
    let document = shelf.keep(&its_turn, &text)?;
    let turn = CredentialTurn::Issued { nth, document, from, until };
    if let Err(no) = keep(&workspace, &who, &name, turn) {
        // What is not on record was not issued, and its holder's name is nobody's business here.
        shelf.destroy(document)?;
        return Err(no);
    }
    drop(its_turn);
    again(screen, &workspace, &name)
}

fn examined(text: &str) -> Result<Evidence, Stop> {
    let (name, told) = text.split_once('=').ok_or_else(|| {
        Stop::usage(format!("`{text}` does not say what came of it"))
            .help("write `--examined \"Exam=18 of 20\"`")
    })?;
    Ok(Evidence { name: said("--examined", name)?, told: said("--examined", told)? })
}

/// A text that says something, and not too much.
fn said(argument: &str, text: &str) -> Result<String, Stop> {
    const MOST: usize = 2_000;
    let text = text.trim();
    if text.is_empty() || text.len() > MOST || text.contains(char::is_control) {
        let what = format!("`{argument}` takes one line of at most {MOST} bytes");
        return Err(Stop::usage(what));
    }
    Ok(text.to_owned())
}

/// An id that is not there yet.
fn drawn(code: &str, lines: &Lines) -> Result<CredentialId, Stop> {
    let year = today().year();
    for _ in 0..DRAWS {
        let id = CredentialId::new(code, year, random()?).map_err(|foreign| {
            Stop::usage(foreign)
                .help("use a code of your own; `credential record` keeps what others issued")
        })?;
        if !lines.keys().any(|known| known.as_str() == id.as_str()) {
            return Ok(id);
        }
    }
    Err(Stop::failed(format!("this year's ids of `{code}` are used up")).help("use another code"))
}

fn record(screen: &Screen, global: &Global, args: &RecordCredential) -> Ended {
    let workspace = Workspace::open(global)?;
    let who = owner(global, &workspace)?;
    if !args.page.starts_with("https://") || args.page.contains(char::is_whitespace) {
        let what = "a page that verifies a credential begins with `https://`";
        return Err(Stop::usage(what).help("give the address that its issuer names"));
    }
    let shelf = Shelf::of(&workspace.data);
    let its_turn = shelf.turn()?;
    if issuing::lines(&workspace.data)?.contains_key(&args.id) {
        let what = format!("{} stands in the list already", args.id);
        return Err(Stop::usage(what).help("`flightdeck credential show` shows it"));
    }
    let (name, issuer) = (said("--name", &args.name)?, said("--issuer", &args.issuer)?);
    let text = issuing::recorded(&said("--to", &args.to)?, &name, &issuer, &args.page);
    let document = shelf.keep(&its_turn, &text)?;
    if let Err(no) = keep(&workspace, &who, &args.id, CredentialTurn::Recorded { document }) {
        shelf.destroy(document)?;
        return Err(no);
    }
    drop(its_turn);
    again(screen, &workspace, &args.id)
}

fn renew(screen: &Screen, global: &Global, id: &CredentialName) -> Ended {
    let workspace = Workspace::open(global)?;
    let who = owner(global, &workspace)?;
    let shelf = Shelf::of(&workspace.data);
    let its_turn = shelf.turn()?;
    let lines = issuing::lines(&workspace.data)?;
    let (line, _) = ours(&lines, id)?;
    let no = |what: String| Stop { exit: Exit::Refused, ..Stop::usage(what) };
    if line.revoked.is_some() {
        return Err(no(format!("{id} was revoked, which is for good")).help("issue another one"));
    }
    let issuing = Issuing::of(&workspace, &lines)?;
    let Some(mut document) = shelf.read(&line)? else {
        return Err(no(format!("nobody knows who holds {id}")).help("issue another one"));
    };
    let signed_by = document.get("issuer").and_then(|issuer| issuer.get("id"));
    let did = issuing.issuer.did.to_string();
    if signed_by.and_then(Value::as_str) != Some(&did) {
        return Err(no(format!("{id} was not issued by `{did}`"))
            .help("bring back the address and the key that it was issued with, or issue another"));
    }
    let at = now();
    let until = Millis(at.0.saturating_add(issuing.valid_ms));
    document.remove("proof");
    document.insert("validUntil".to_owned(), Value::from(stamp(seconds(until))));
    let text = issuing.signed(&document, Suite::Rdfc, seconds(at))?;
    let new = shelf.keep(&its_turn, &text)?;
    keep(&workspace, &who, id, CredentialTurn::Renewed { document: new, until })?;
    if new != line.document {
        shelf.destroy(line.document)?;
    }
    drop(its_turn);
    again(screen, &workspace, id)
}

/// Revokes, suspends, or lets count again.
fn turn(screen: &Screen, global: &Global, id: &CredentialName, turn: &CredentialTurn) -> Ended {
    let workspace = Workspace::open(global)?;
    let who = owner(global, &workspace)?;
    let lines = issuing::lines(&workspace.data)?;
    ours(&lines, id)?;
    keep(&workspace, &who, id, turn.clone())?;
    again(screen, &workspace, id)
}

fn forget(screen: &Screen, global: &Global, id: &CredentialName) -> Ended {
    let workspace = Workspace::open(global)?;
    let who = owner(global, &workspace)?;
    let shelf = Shelf::of(&workspace.data);
    let its_turn = shelf.turn()?;
    let line = known(&issuing::lines(&workspace.data)?, id)?;
    // The entry first: were it the other way round, a crash would look like a lost document.
    if !line.forgotten {
        keep(&workspace, &who, id, CredentialTurn::Forgotten)?;
    }
    shelf.destroy(line.document)?;
    drop(its_turn);
    again(screen, &workspace, id)
}

fn publish(screen: &Screen, global: &Global, folder: &Path) -> Ended {
    let workspace = Workspace::open(global)?;
    let lines = issuing::lines(&workspace.data)?;
    let issuing = Issuing::of(&workspace, &lines)?;
    let at = seconds(now());
    let mut files = vec![(".well-known/did.json".to_owned(), issuing.document().to_string())];
    for name in Issuing::list_names(&lines) {
        for (form, end) in [(ListForm::Document, ""), (ListForm::Token, ".jwt")] {
            let list = issuing.list(&name, &lines, (at, form))?;
            files.extend(list.map(|text| (format!("status/{name}{end}"), text)));
        }
    }
    for below in [".well-known", "status"] {
        std::fs::create_dir_all(folder.join(below))?;
    }
    for (name, text) in &files {
        std::fs::write(folder.join(name), text)?;
    }
    let names: Vec<&String> = files.iter().map(|(name, _)| name).collect();
    let issuer = issuing.issuer.did.to_string();
    screen.object("credentials_published", json!({ "issuer": issuer, "files": names }))?;
    screen.line(format!("{} files are in `{}`", files.len(), folder.display()));
    screen.line("lists are valid for a day; do it again before then");
    Ok(Exit::Done)
}

fn export(screen: &Screen, global: &Global, args: &ExportCredential) -> Ended {
    let workspace = Workspace::open(global)?;
    let lines = issuing::lines(&workspace.data)?;
    let (line, _) = ours(&lines, &args.id)?;
    let issuing = Issuing::of(&workspace, &lines)?;
    let Some(document) = issuing.shelf.read(&line)? else {
        let what = format!("nobody knows who holds {}", args.id);
        return Err(Stop { exit: Exit::Refused, ..Stop::usage(what) });
    };
    let text = Value::Object(document.clone()).to_string();
    let written = match args.form {
        CredentialForm::Json => text.into_bytes(),
        CredentialForm::Jcs => {
            let mut bare = document;
            bare.remove("proof");
            issuing
                .signed(&bare, Suite::Jcs, seconds(line.renewed.unwrap_or(line.at)))?
                .into_bytes()
        }
        CredentialForm::Jwt => {
            token(&document, &issuing.signer, &issuing.method()).map_err(fault)?.into_bytes()
        }
        CredentialForm::Png => {
            let picture = match &args.picture {
                Some(file) => std::fs::read(file)?,
                None => plain_png().map_err(fault)?,
            };
            bake_png(&picture, &text).map_err(Stop::usage)?
        }
        CredentialForm::Svg => {
            let picture = match &args.picture {
                Some(file) => std::fs::read_to_string(file)?,
                None => {
                    let name = document.get("name").and_then(Value::as_str).unwrap_or_default();
                    plain_svg(&[name, line.id.as_str(), &issuing.issuer.name])
                }
            };
            bake_svg(&picture, &text).map_err(Stop::usage)?.into_bytes()
        }
    };
    match &args.out {
        Some(file) => {
            std::fs::write(file, &written)?;
            let shown = json!({ "id": line.id.as_str(), "file": file.display().to_string() });
            screen.object("credential_exported", shown)?;
            let what = format!("{} is in `{}`", line.id, file.display());
            screen.line(screen.word(Look::Good, &what));
        }
        None => match String::from_utf8(written) {
            Ok(text) => screen.raw(&format!("{text}\n")),
            Err(_) => return Err(Stop::usage("a picture needs a file").help("add `--out FILE`")),
        },
    }
    Ok(Exit::Done)
}
