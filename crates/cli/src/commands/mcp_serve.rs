//! `mcp serve`: this installation's cases, requests and workflows for an operator's assistant, to
//! read, and with a token of somebody to hand on what they decide. Over pipes, standard output is
//! the assistant's.

use std::path::Path;
use std::sync::Arc;

use access::{Opener, Word};
use serde_json::json;
use tools::gateway::Gate;

use super::gateway::{connecting, entry};
use super::{mcp, up};
use crate::args::{Global, McpServe};
use crate::exit::{Ended, Exit, Stop};
use crate::operations::{Operations, Speaks};
use crate::screen::Screen;
use crate::workspace::Workspace;

/// Serves until the assistant goes, or until this process is ended.
pub fn serve(screen: &Screen, global: &Global, args: &McpServe) -> Ended {
    let workspace = Workspace::open(global)?;
    let places = mcp::places(screen, &workspace)?;
    let speaks = match &args.token_file {
        Some(file) => Some(Arc::new(Speaks::by(&workspace, &word(file)?)?)),
        None => None,
    };
    let gate: Arc<dyn Gate> =
        Arc::new(Operations::new(global, &workspace, &places, speaks.clone()));
    mcp::within(async {
        if !args.http {
            screen.note(match &speaks {
                None => "an assistant may read; it decides nothing".to_owned(),
                Some(speaks) => format!("an assistant speaks for {}, by a token", speaks.who),
            });
            tools::gateway::stdio(&gate).await.map_err(Stop::failed)?;
            return Ok(Exit::Done);
        }
        let (opens, shown): (Opens, Option<String>) = match speaks {
            Some(speaks) => (Arc::new(move |shown: &str| speaks.opens(shown)), None),
            None => {
                let (token, text) = fresh()?;
                (Arc::new(move |shown: &str| token.opens(shown)), Some(text))
            }
        };
        let listening = tools::gateway::listen(&gate, args.port.unwrap_or(0), opens).await;
        let listening = listening.map_err(Stop::failed)?;
        let url = listening.url();
        let placeholder = shown.as_deref().unwrap_or("TOKEN");
        let mcp = entry(&url, placeholder);
        screen.object("mcp_serve", json!({ "url": url, "token": shown, "mcp": mcp }))?;
        screen.line(format!("listening on {url}"));
        if let Some(shown) = &shown {
            screen.line(format!("token: {shown}"));
        }
        connecting(screen, &url, placeholder);
        screen.line("end it with Ctrl-C");
        up::interrupted().await?;
        listening.close().await;
        Ok(Exit::Done)
    })?
}

/// Whether a token that is shown opens.
type Opens = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// The token that a file holds.
fn word(file: &Path) -> Result<String, Stop> {
    let named = |why: &str| Stop::usage(format!("`{}`: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| named(&error.to_string()))?;
    match text.trim() {
        "" => Err(named("it is empty").help("`flightdeck token new` makes a token")),
        text => Ok(text.to_owned()),
    }
}

/// A token that is made now, and its text, to be shown once.
pub fn fresh() -> Result<(Opener, String), Stop> {
    let no = |error| Stop::failed(format!("the system gives no randomness: {error}"));
    let word = Word::fresh("fdg_").map_err(no)?;
    Ok((Opener::of(word.shown()), word.shown().to_owned()))
}
