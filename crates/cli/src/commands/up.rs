//! `up`: one process that drives every case of the workspace and answers over HTTP, until it is
//! told to end.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use server::Token;
use tokio::signal::unix::{SignalKind, signal};

use super::mcp;
use crate::args::{Global, Up};
use crate::driver::{Driver, Drives};
use crate::exit::{Ended, Exit, Stop};
use crate::installation::Here;
use crate::people;
use crate::screen::Screen;
use crate::starts;
use crate::workspace::Workspace;

/// A token that somebody chose is at least this long.
const TOKEN_MIN: usize = 32;

/// Drives and answers until it is interrupted.
pub fn up(screen: &Screen, global: &Global, args: &Up) -> Ended {
    let workspace = Workspace::open(global)?;
    // Who speaks where a request names nobody has to be somebody of the workspace.
    let speaker = match &global.person {
        Some(_) => Some(people::known(global, &workspace)?),
        None => None,
    };
    let (token, shown) = token(args.token_file.as_deref())?;
    mcp::within(async {
        let mut driver = Driver::start(&workspace, Drives::All).await?;
        let Some(runtime) = driver.own().cloned() else {
            driver.close().await;
            return Err(Stop::failed("another flightdeck drives this folder already")
                .help("`flightdeck status` says which"));
        };
        let here = Here::new(global, &workspace, runtime, speaker)?;
        let (listed, plans) = (here.listed(), here.plans().clone());
        here.wrong().iter().for_each(|wrong| screen.note(wrong));
        let woken = driver.wake().await?;
        let serving = match server::serve(Arc::new(here), args.listen, token).await {
            Ok(serving) => serving,
            Err(error) => {
                driver.leave().await;
                return Err(Stop::failed(error));
            }
        };
        let url = format!("http://{}", serving.address);
        let starts = starts::said(plans.values().map(AsRef::as_ref));
        let object = json!({
            "url": url, "token": shown, "workflows": listed, "woken": woken, "starts": starts,
        });
        screen.object("up", object)?;
        screen.line(format!("listening on {url}"));
        if let Some(shown) = &shown {
            screen.line(format!("token: {shown}"));
        }
        for (workflow, release) in &listed {
            screen.line(format!("{workflow}, release {}", release.get(..12).unwrap_or(release)));
        }
        starts.iter().for_each(|start| screen.line(start));
        driver.keep_starts(&workspace, &plans);
        screen.line("end it with Ctrl-C; what is open goes on when it is started again");
        interrupted().await?;
        serving.close().await;
        driver.close().await;
        Ok(Exit::Done)
    })?
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

/// The token, and its text where it has to be shown because it was made now.
pub fn token(file: Option<&Path>) -> Result<(Token, Option<String>), Stop> {
    let Some(file) = file else {
        let (token, text) = fresh()?;
        return Ok((token, Some(text)));
    };
    let named = |why: &str| Stop::usage(format!("`{}`: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| named(&error.to_string()))?;
    let text = text.trim();
    if text.len() < TOKEN_MIN || text.contains(char::is_whitespace) {
        let why = format!("a token is one word of at least {TOKEN_MIN} characters");
        return Err(named(&why).help("`openssl rand -hex 32` makes one"));
    }
    Ok((Token::of(text), None))
}

/// A token that is made now, and its text, to be shown once.
pub fn fresh() -> Result<(Token, String), Stop> {
    let no = |error| Stop::failed(format!("the system gives no randomness: {error}"));
    Token::fresh().map_err(no)
}
