//! `up`: one process that drives every case of its workspaces and answers over HTTP, until it is
//! told to end.

use std::collections::BTreeMap;
use std::sync::Arc;

use ::access::{Elsewhere, Refused};
use plan::Plan;
use plan::ids::WorkflowName;
use serde_json::json;
use server::{Door, Installation};
use tokio::signal::unix::{SignalKind, signal};

use super::{access, mcp};
use crate::args::{Global, Up};
use crate::driver::{Driver, Drives};
use crate::exit::{Ended, Exit, Stop};
use crate::installation::Here;
use crate::screen::Screen;
use crate::signing::Signing;
use crate::starts;
use crate::stored::now;
use crate::vault::Vault;
use crate::workspace::Workspace;

/// A workspace that this process drives.
struct Driven {
    workspace: Workspace,
    driver: Driver,
    here: Here,
    live: BTreeMap<WorkflowName, Arc<Plan>>,
    woken: usize,
    /// What signs all entries now and then.
    signing: Option<Signing>,
}

/// Drives and answers until it is interrupted.
pub fn up(screen: &Screen, global: &Global, args: &Up) -> Ended {
    let all = workspaces(global, args)?;
    mcp::within(async {
        let mut driven = Vec::new();
        for workspace in all {
            match drive(global, workspace).await {
                Ok(one) => driven.push(one),
                Err(no) => {
                    leave(driven).await;
                    return Err(no);
                }
            }
        }
        let serving = match listen(&driven, args).await {
            Ok(serving) => serving,
            Err(no) => {
                leave(driven).await;
                return Err(no);
            }
        };
        for one in &driven {
            one.here.wrong(&one.live).iter().for_each(|wrong| screen.note(wrong));
        }
        let url = args.public_url.clone().unwrap_or(format!("http://{}", serving.address));
        say(screen, global, &driven, &url, serving.address.ip().is_loopback())?;
        for one in &mut driven {
            one.driver.keep_releases(&one.workspace)?;
            let (runtime, data) = (one.driver.own().cloned(), one.workspace.data.clone());
            one.signing = runtime.map(|runtime| Signing::start(screen, runtime, data));
        }
        screen.line("end it with Ctrl-C; what is open goes on when it is started again");
        interrupted().await?;
        serving.close().await;
        for one in driven {
            if let Some(signing) = one.signing {
                signing.end().await;
            }
            one.driver.close().await;
        }
        Ok(Exit::Done)
    })?
}

/// The workspaces, each known by another name.
fn workspaces(global: &Global, args: &Up) -> Result<Vec<Workspace>, Stop> {
    let mut all = vec![Workspace::open(global)?];
    for folder in &args.with {
        let other = Global { workspace: Some(folder.clone()), data: None, ..global.clone() };
        let other = Workspace::open(&other)?;
        if all.iter().any(|one| one.name() == other.name()) {
            let what = format!("two workspaces are called `{}`", other.name());
            return Err(Stop::usage(what).help("a workspace is called as its folder; rename one"));
        }
        all.push(other);
    }
    Ok(all)
}

async fn drive(global: &Global, workspace: Workspace) -> Result<Driven, Stop> {
    let driver = Driver::start(&workspace, Drives::All).await?;
    let Some(runtime) = driver.own().cloned() else {
        driver.close().await;
        return Err(Stop::failed("another flightdeck drives this folder already")
            .help("`flightdeck status` says which"));
    };
    let begun = async {
        let live = runtime.live().await.map_err(Stop::failed)?;
        let here = Here::new(global, &workspace, runtime, &live)?;
        Ok::<_, Stop>((here, live, driver.wake().await?))
    };
    match begun.await {
        Ok((here, live, woken)) => {
            Ok(Driven { workspace, driver, here, live, woken, signing: None })
        }
        Err(no) => {
            driver.leave().await;
            Err(no)
        }
    }
}

async fn leave(driven: Vec<Driven>) {
    for one in driven {
        one.driver.leave().await;
    }
}

/// Opens the door: who has access is kept with the first workspace, and its settings say how people
/// sign in.
async fn listen(driven: &[Driven], args: &Up) -> Result<server::Serving, Stop> {
    let first = driven.first().ok_or_else(|| Stop::usage("there is no workspace"))?;
    let places = first.workspace.places().map_err(Stop::usage)?;
    let book = access::book(&first.workspace)?;
    let listening = server::listen(args.listen).await.map_err(Stop::failed)?;
    let base = args.public_url.clone().unwrap_or(format!("http://{}", listening.address));
    let base = base.trim_end_matches('/').to_owned();
    let elsewhere = match &places.access.issuer {
        None => None,
        Some(issuer) => {
            let vault = Vault::new(&first.workspace.root, &places.secrets);
            let secret = issuer.secret.as_ref().map(|name| {
                let no = |why: String| Stop::usage(format!("the secret `{name}`: {why}"));
                vault.read(name).map_err(no)
            });
            let back = format!("{base}/api/v1/sign-in/callback");
            let (url, client) = (issuer.url.clone(), issuer.client.clone());
            Some(Elsewhere::new(url, client, secret.transpose()?, back).map_err(no)?)
        }
    };
    let door = Door::new(book, places.access.passwords, elsewhere, args.public_url.clone());
    let named = driven.iter().map(|one| {
        let here: Arc<dyn Installation> = Arc::new(one.here.clone());
        (one.workspace.name(), here)
    });
    let named: BTreeMap<_, _> = named.collect();
    Ok(listening.serve(named, door))
}

fn no(refused: Refused) -> Stop {
    Stop::failed(refused)
}

/// What listens, and the first link where nobody has signed in yet. It is shown on this machine
/// only, to whoever started this.
fn say(
    screen: &Screen,
    global: &Global,
    driven: &[Driven],
    url: &str,
    loopback: bool,
) -> Result<(), Stop> {
    let Some(first) = driven.first() else { return Ok(()) };
    let book = access::book(&first.workspace)?;
    let mut link = None;
    let nobody_yet = book.is_new(now()).map_err(no)?;
    if let (true, true, Some(who)) = (nobody_yet, loopback, first.here.first_owner(global)) {
        let word = book.link(&who, now()).map_err(no)?;
        link = Some((who, format!("{url}/#{}", word.shown())));
    }
    let said = |one: &Driven| starts::said(one.live.values().map(AsRef::as_ref));
    let starts: Vec<String> = driven.iter().flat_map(said).collect();
    let workflows: BTreeMap<String, String> =
        driven.iter().flat_map(|one| one.here.listed(&one.live)).collect();
    let drafts: Vec<String> = driven.iter().flat_map(|one| one.here.drafts(&one.live)).collect();
    let names: Vec<String> = driven.iter().map(|one| one.workspace.name()).collect();
    let woken: usize = driven.iter().map(|one| one.woken).sum();
    screen.object(
        "up",
        json!({
            "url": url, "link": link.as_ref().map(|(_, link)| link), "workspaces": names,
            "workflows": workflows, "woken": woken, "starts": starts, "drafts": drafts,
        }),
    )?;
    screen.line(format!("listening on {url}"));
    match &link {
        Some((who, link)) => {
            screen.line(format!("{who} sets a password here, once and within a day:"));
            screen.line(format!("  {link}"));
        }
        None if nobody_yet => {
            screen.line("nobody has a password yet; `flightdeck access link PERSON` makes a link");
        }
        None => {}
    }
    for one in driven {
        let drafts = one.here.drafts(&one.live);
        for (workflow, release) in one.here.listed(&one.live) {
            let state = match drafts.contains(&workflow) {
                true => "; a draft: what begins by itself is off until it is deployed",
                false => "",
            };
            let (name, release) = (one.workspace.name(), release.get(..12).unwrap_or(&release));
            screen.line(format!("{name}: {workflow}, release {release}{state}"));
        }
    }
    starts.iter().for_each(|start| screen.line(start));
    Ok(())
}

/// Waits until somebody ends this process.
pub async fn interrupted() -> Result<(), Stop> {
    let mut ended = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = ended.recv() => {}
    }
    Ok(())
}
