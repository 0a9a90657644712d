//! `mcp serve`: this installation's cases, requests and workflows for an operator's assistant, to
//! read. Over pipes, standard output is the assistant's.

use std::path::Path;
use std::sync::Arc;

use access::{Opener, Word};
use serde_json::json;
use tools::gateway::Gate;

use super::gateway::{connecting, entry};
use super::{mcp, up};
use crate::args::{Global, McpServe};
use crate::exit::{Ended, Exit, Stop};
use crate::operations::Operations;
use crate::screen::Screen;
use crate::workspace::Workspace;

/// A token that somebody chose is at least this long.
const TOKEN_MIN: usize = 32;

/// Serves until the assistant goes, or until this process is ended.
pub fn serve(screen: &Screen, global: &Global, args: &McpServe) -> Ended {
    let workspace = Workspace::open(global)?;
    let places = mcp::places(screen, &workspace)?;
    let gate: Arc<dyn Gate> = Arc::new(Operations::new(global, &workspace, &places));
    mcp::within(async {
        if !args.http {
            screen.note("an assistant may read; it decides nothing");
            tools::gateway::stdio(&gate).await.map_err(Stop::failed)?;
            return Ok(Exit::Done);
        }
        let (token, shown) = token(args.token_file.as_deref())?;
        let opens = move |shown: &str| token.opens(shown);
        let listening =
            tools::gateway::listen(&gate, args.port.unwrap_or(0), Arc::new(opens)).await;
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

/// The token, and its text where it has to be shown because it was made now.
fn token(file: Option<&Path>) -> Result<(Opener, Option<String>), Stop> {
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
    Ok((Opener::of(text), None))
}

/// A token that is made now, and its text, to be shown once.
pub fn fresh() -> Result<(Opener, String), Stop> {
    let no = |error| Stop::failed(format!("the system gives no randomness: {error}"));
    let word = Word::fresh("fdg_").map_err(no)?;
    Ok((Opener::of(word.shown()), word.shown().to_owned()))
}
