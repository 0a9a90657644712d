//! `mcp login` and `mcp logout`: a person lets a server hand out tokens to this program. It opens
//! no browser by itself, and prints no token.

use std::io::BufRead;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tools::{Callback, Remote, ServerSpec, SignIn, Way};

use super::mcp;
use crate::exit::{Ended, Exit, Stop};
use crate::screen::{Look, Screen};
use crate::servers;
use crate::workspace::Workspace;

/// How long a browser is waited for.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// Lets a person sign in to a server.
pub fn login(screen: &Screen, workspace: &Workspace, server: &str, paste: bool) -> Ended {
    let places = mcp::places(screen, workspace)?;
    let spec = servers::spec(workspace, &places, server)?;
    let port = elsewhere(&spec)?.client.port;
    let failed =
        |why: String| Stop::failed(format!("`{server}`: {}", evidence::words::plain(&why)));
    mcp::within(async {
        let callback = Callback::bind(port).await.map_err(|error| {
            failed(format!("no port of this machine can be waited at: {error}"))
        })?;
        let redirect = callback.redirect();
        let sign_in = SignIn::begin(&spec, &redirect).await.map_err(failed)?;
        show(screen, server, &sign_in)?;
        let state = sign_in.state();
        let came_back = if paste {
            drop(callback);
            screen.note(format!(
                "the browser is then sent to an address that begins with `{redirect}` and shows \
                 nothing; paste that address here:"
            ));
            pasted().await?
        } else {
            screen.note(
                "waiting for the browser; with one on another machine, end this and add `--paste`",
            );
            tokio::select! {
                came = tokio::time::timeout(PATIENCE, callback.came_back(&state)) => {
                    came.map_err(|_| late())??
                }
                _ = tokio::signal::ctrl_c() => return Ok(Exit::Interrupted),
            }
        };
        let (issuer, scopes) = (sign_in.issuer().to_owned(), sign_in.scopes().to_vec());
        sign_in.finish(&came_back).await.map_err(failed)?;
        screen
            .object("signed_in", json!({ "server": server, "issuer": issuer, "scopes": scopes }))?;
        let done = screen.word(Look::Good, &format!("signed in to `{server}`"));
        screen.line(format!("{done}; look at it with `flightdeck mcp probe {server}`"));
        Ok(Exit::Done)
    })?
}

/// Forgets what a server handed out.
pub fn logout(screen: &Screen, data: &Path, server: &str) -> Ended {
    let forgotten = servers::tokens(data, server).forget().map_err(Stop::failed)?;
    screen.object("signed_out", json!({ "server": server, "forgotten": forgotten }))?;
    screen.line(if forgotten {
        format!("`{server}` is signed out here; what it allowed can be ended there as well")
    } else {
        format!("nobody is signed in to `{server}`")
    });
    Ok(Exit::Done)
}

/// The server, if people sign in to it.
fn elsewhere(spec: &ServerSpec) -> Result<&Remote, Stop> {
    let name = &spec.name;
    let no = |what: String, help: &str| Err(Stop::usage(what).help(help));
    let Way::Remote(remote) = &spec.way else {
        let what = format!("`{name}` is started here, so nobody signs in to it");
        return no(what, "a key of its own goes into `env` of `.mcp.json`, as `${NAME}`");
    };
    if remote.headers.keys().any(|header| header.eq_ignore_ascii_case("authorization")) {
        let what = format!("`{name}` is called with a key, by its `headers` in `.mcp.json`");
        return no(what, "take the header `Authorization` away to sign in instead");
    }
    if remote.client.alone {
        let what =
            format!("`{name}` is signed in to without a person, by its `oauth` in `.mcp.json`");
        return no(what, "`flightdeck mcp probe` shows whether that works");
    }
    Ok(remote)
}

fn show(screen: &Screen, server: &str, sign_in: &SignIn) -> Result<(), Stop> {
    let (address, issuer, scopes) = (sign_in.address(), sign_in.issuer(), sign_in.scopes());
    screen.object(
        "sign_in",
        json!({ "server": server, "address": address, "issuer": issuer, "scopes": scopes }),
    )?;
    let asks = evidence::words::plain(&scopes.join(" "));
    let issuer = evidence::words::plain(issuer);
    screen.line(match scopes {
        [] => format!("`{issuer}` asks you whether flightdeck may use `{server}`"),
        _ => format!("`{issuer}` asks you whether flightdeck may use `{server}` for: {asks}"),
    });
    screen.line("open this address in a browser, and sign in:");
    screen.line(format!("\n  {address}\n"));
    Ok(())
}

/// The address that a person pastes. It holds a code, so it is neither shown nor kept.
async fn pasted() -> Result<String, Stop> {
    let read = tokio::task::spawn_blocking(|| {
        let mut text = String::new();
        std::io::stdin().lock().read_line(&mut text).map(|_| text.trim().to_owned())
    });
    let text = read.await.map_err(Stop::failed)??;
    if text.is_empty() {
        return Err(Stop::usage("no address was pasted"));
    }
    Ok(text)
}

fn late() -> Stop {
    let what = format!("no browser came back within {} minutes", PATIENCE.as_secs() / 60);
    Stop { exit: Exit::TimedOut, ..Stop::failed(what) }.help("begin again when there is time")
}
