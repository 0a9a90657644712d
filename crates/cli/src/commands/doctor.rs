//! `doctor`: what is there, what works, and what is missing. It changes nothing, and it starts
//! only what it has to look at.

use std::path::Path;

use evidence::words;
use journal::Millis;
use notify::State;
use serde_json::json;
use tools::Gap;

use super::mcp;
use crate::args::Global;
use crate::exit::{Ended, Exit};
use crate::notices;
use crate::screen::{Look, Screen};
use crate::servers;
use crate::stored::Runs;
use crate::traces;
use crate::vault::Vault;
use crate::workspace::Workspace;

/// One thing that was looked at.
pub struct Finding {
    pub what: &'static str,
    pub good: bool,
    said: String,
    help: Option<String>,
}

/// Looks at everything and says what it found.
pub fn doctor(screen: &Screen, global: &Global) -> Ended {
    let all = looked(global);
    let mut bad = 0;
    for Finding { what, good, said, help } in &all {
        screen
            .object("finding", json!({ "what": what, "good": good, "said": said, "help": help }))?;
        let mark = match good {
            true => screen.word(Look::Good, "ok     "),
            false => screen.word(Look::Bad, "problem"),
        };
        screen.line(format!("{mark} {what}: {said}"));
        if let Some(help) = help {
            screen.line(format!("        help: {help}"));
        }
        bad += u32::from(!good);
    }
    Ok(if bad == 0 { Exit::Done } else { Exit::Findings })
}

/// Looks at everything.
pub fn looked(global: &Global) -> Vec<Finding> {
    let mut all = vec![program()];
    match Workspace::open(global) {
        Ok(workspace) => {
            all.push(files(&workspace));
            all.push(guards(&workspace));
            all.extend(tool_servers(&workspace));
            all.push(boxes(&workspace));
            all.push(disk(&workspace.data));
            all.push(runs(global));
            all.extend(told(&workspace));
            all.push(traced());
        }
        Err(stop) => all.push(Finding {
            what: "workspace",
            good: false,
            said: format!("{:#}", stop.what),
            help: stop.help,
        }),
    }
    all
}

fn good(what: &'static str, said: impl Into<String>) -> Finding {
    Finding { what, good: true, said: said.into(), help: None }
}

fn bad(what: &'static str, said: impl Into<String>, help: impl Into<String>) -> Finding {
    Finding { what, good: false, said: said.into(), help: Some(help.into()) }
}

fn program() -> Finding {
    let os = std::env::consts::OS;
    good("program", format!("flightdeck {} on {os}", env!("CARGO_PKG_VERSION")))
}

fn files(workspace: &Workspace) -> Finding {
    let checked = plan::check_all(&workspace.files);
    match checked.problems.len() {
        0 => {
            let names: Vec<&str> = checked.plans.keys().map(|name| name.as_str()).collect();
            good("files", format!("fit to run: {}", names.join(", ")))
        }
        n => bad("files", format!("problems: {n}"), "`flightdeck check` shows them"),
    }
}

/// The guard of every workflow is built and put to the proof, as it is before a run.
fn guards(workspace: &Workspace) -> Finding {
    let plans = plan::check_all(&workspace.files).plans;
    for (name, plan) in &plans {
        if let Err(fault) = guard::Guard::build(plan) {
            let help = format!("`flightdeck explain {}`", evidence::codes::GUARD_UNPROVEN.id);
            return bad("guard", format!("`{name}`: {fault}"), help);
        }
    }
    good("guard", format!("proven for {} workflows", plans.len()))
}

/// Each server that has approved tools is started and compared.
fn tool_servers(workspace: &Workspace) -> Vec<Finding> {
    let Ok(places) = workspace.places() else { return Vec::new() };
    let specs = match servers::specs(workspace, &places) {
        Ok(specs) => specs,
        Err(stop) => {
            let help = stop.help.unwrap_or_else(|| "correct `.mcp.json`".to_owned());
            return vec![bad("tools", format!("{:#}", stop.what), help)];
        }
    };
    let used = |name: &str| places.lock.tools.keys().any(|tool| tool.server() == name);
    let used = specs.iter().filter(|spec| used(&spec.name));
    used.map(|spec| match mcp::offers(workspace, &places, &spec.name) {
        Ok(offered) => {
            let differs = tools::pin::diff(&spec.name, &places.lock, &offered);
            if mcp::changed(&differs) {
                let said = format!("`{}` is not as it was approved", spec.name);
                bad("tools", said, format!("`flightdeck mcp diff {}` shows how", spec.name))
            } else {
                good("tools", format!("`{}` works and is as it was approved", spec.name))
            }
        }
        Err(stop) => bad(
            "tools",
            format!("{:#}", stop.what),
            match spec.tokens().is_some_and(|tokens| tokens.wanted()) {
                true => format!("`flightdeck mcp login {}` signs in", spec.name),
                false => format!("correct `{}` in `.mcp.json`", spec.name),
            },
        ),
    })
    .collect()
}

/// What the kernel keeps inside the boxes of servers, and what it is too old for.
fn boxes(workspace: &Workspace) -> Finding {
    let gaps = match servers::launcher() {
        Ok(launcher) => tools::gaps(&launcher),
        Err(_) => vec![Gap::Everything],
    };
    let listed = |server: &plan::Server| {
        let network = server.sandbox.as_ref().and_then(|sandbox| sandbox.network.as_ref());
        matches!(network, Some(plan::Network::Hosts(_)))
    };
    let lists = workspace.places().is_ok_and(|places| places.servers.values().any(listed));
    // What matters to a list of hosts alone is no trouble where there is none.
    let matters = |gap: &Gap| lists || !matches!(gap, Gap::Hosts | Gap::Apart);
    let gaps: Vec<&str> = gaps.into_iter().filter(matters).map(Gap::text).collect();
    if gaps.is_empty() {
        return good("boxes", "this system keeps servers to what is open to them");
    }
    let help = "a newer kernel; `\"strict\": true` in a server's `sandbox` starts it on no other";
    bad("boxes", gaps.join("; "), help)
}

/// Whether something can be written where runs are stored.
fn disk(data: &Path) -> Finding {
    let probe = data.join("doctor");
    let tried = std::fs::create_dir_all(data)
        .and_then(|()| std::fs::write(&probe, b"x"))
        .and_then(|()| std::fs::remove_file(&probe));
    match tried {
        Ok(()) => good("disk", format!("`{}` can be written", data.display())),
        Err(error) => bad(
            "disk",
            format!("`{}` cannot be written: {error}", data.display()),
            "make room, or name another folder with `--data`",
        ),
    }
}

/// Whether those who are named can be told, and since when they could not be.
fn told(workspace: &Workspace) -> Option<Finding> {
    let places = workspace.places().ok().filter(|places| !places.notices.is_empty())?;
    let vault = Vault::new(&workspace.root, &places.secrets);
    let help = "`flightdeck secrets` says what is missing; see `notices` in `flightdeck.yaml`";
    for (name, told) in &places.notices {
        if let Some(why) = told.way.variables().iter().find_map(|name| vault.read(name).err()) {
            return Some(bad("notices", format!("`{name}` is told nothing: {why}"), help));
        }
        match State::read(&notices::folder(&workspace.data), name.as_str()) {
            Ok(Some(State { failing: Some((since, why)), held, .. })) => {
                let since = words::when(Millis(since), None);
                let said =
                    format!("`{name}` takes nothing since {since} ({why}); {} wait", held.len());
                return Some(bad("notices", said, help));
            }
            Ok(_) => {}
            Err(error) => return Some(bad("notices", error.to_string(), help)),
        }
    }
    Some(good("notices", format!("{} are told", places.notices.len())))
}

/// Whether somebody wants telemetry, and takes it.
fn traced() -> Finding {
    let help = "start it, or correct the `OTEL_*` variables; no case waits for it";
    let all = match traces::answers() {
        Ok(all) => all,
        Err(stop) => return bad("telemetry", format!("{:#}", stop.what), help),
    };
    let untaken = all.iter().find_map(|(signal, answer)| Some((signal, answer.as_ref().err()?)));
    if let Some((signal, why)) = untaken {
        let said = format!("the collector takes no {}: {why}", signal.as_str());
        return bad("telemetry", said, help);
    }
    let names: Vec<&str> = all.iter().map(|(signal, _)| signal.as_str()).collect();
    if names.is_empty() {
        return good("telemetry", "off: no `OTEL_EXPORTER_OTLP_ENDPOINT` in the environment");
    }
    good("telemetry", format!("the collector takes {}", names.join(", ")))
}

fn runs(global: &Global) -> Finding {
    match Runs::open(global) {
        Ok(None) => good("runs", "nothing has run here yet"),
        Ok(Some(runs)) => match runs.reader().check() {
            Ok(()) => match store::holder(&runs.data) {
                Some(pid) => good("runs", format!("stored runs are sound; process {pid} works")),
                None => good("runs", "stored runs are sound; nothing works on them now"),
            },
            Err(error) => bad("runs", error.to_string(), "keep a copy of the data folder first"),
        },
        Err(stop) => {
            bad("runs", format!("{:#}", stop.what), "keep a copy of the data folder first")
        }
    }
}
