//! `mcp`: tool servers declared, looked at, approved and compared. A tool's effect is said by a
//! person here and nowhere else.

use std::path::{Path, PathBuf};

use anyhow::Context;
use plan::Places;
use plan::ids::{PersonId, ToolName};
use plan::lock::Lock;
use plan::workflow::{Effect, Leave, Takes, Trust};
use serde_json::{Value, json};
use tools::pin::Declared;
use tools::{Fault, Host, Network, Offered, Program, Sandbox, ServerSpec, Tools, Way};

use super::check;
use crate::args::{Global, Open, Pin};
use crate::exit::{Ended, Exit, Stop};
use crate::screen::{Look, Screen};
use crate::workspace::Workspace;
use crate::{people, servers};

const SERVERS: &str = ".mcp.json";
const LOCK: &str = "mcp.lock";

/// Declares a server.
pub fn add(screen: &Screen, root: &Path, name: &str, entry: Value) -> Ended {
    let path = root.join(SERVERS);
    let mut file: Value = match std::fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text)
            .map_err(|error| Stop::usage(format!("`{SERVERS}` cannot be read: {error}")))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => json!({}),
        Err(error) => return Err(error.into()),
    };
    let servers = file
        .as_object_mut()
        .map(|file| file.entry("mcpServers").or_insert_with(|| json!({})))
        .and_then(Value::as_object_mut)
        .ok_or_else(|| Stop::usage(format!("`{SERVERS}` has no object `mcpServers`")))?;
    if servers.contains_key(name) {
        return Err(Stop::usage(format!("the server `{name}` is declared already"))
            .help(format!("change it in `{SERVERS}`")));
    }
    let starts = entry.get("command").is_some();
    servers.insert(name.to_owned(), entry);
    let text = serde_json::to_string_pretty(&file).context("the file cannot be written")? + "\n";
    replace(&path, &text)?;
    screen.object("server", json!({ "server": name }))?;
    screen.line(format!("`{name}` is declared; look at it with `flightdeck mcp probe {name}`"));
    if starts {
        let open = "`--read`, `--write`, `--host` and `--network`";
        screen.line(format!(
            "it runs in a box, of which `sandbox` in `{SERVERS}` or {open} open more"
        ));
    }
    Ok(Exit::Done)
}

/// How a server that is started here is declared.
pub fn program(command: &[String], env: &[String], open: &Open) -> Result<Value, Stop> {
    let (program, args) = command.split_first().ok_or_else(|| Stop::usage("no command follows"))?;
    let mut entry = json!({ "command": program, "args": args });
    put(&mut entry, "env", pairs(env)?);
    let mut sandbox = serde_json::Map::new();
    let opened = [("read", &open.read), ("write", &open.write)];
    for (name, paths) in opened.into_iter().filter(|(_, paths)| !paths.is_empty()) {
        sandbox.insert(name.to_owned(), json!(paths));
    }
    if open.network {
        sandbox.insert("network".to_owned(), json!("all"));
    } else if !open.host.is_empty() {
        sandbox.insert("network".to_owned(), json!(open.host));
    }
    if let Some(why) = &open.no_box {
        sandbox.insert("off".to_owned(), json!(why));
    }
    put(&mut entry, "sandbox", sandbox);
    Ok(entry)
}

/// How a server that runs elsewhere is declared.
pub fn remote(url: &str, headers: &[String], allow_private: bool) -> Result<Value, Stop> {
    let mut entry = json!({ "type": "http", "url": url });
    put(&mut entry, "headers", pairs(headers)?);
    if let (true, Some(entry)) = (allow_private, entry.as_object_mut()) {
        entry.insert("allowPrivate".to_owned(), Value::Bool(true));
    }
    Ok(entry)
}

fn pairs(all: &[String]) -> Result<serde_json::Map<String, Value>, Stop> {
    let each = all.iter().map(|pair| {
        let split = pair.split_once('=');
        let (key, value) =
            split.ok_or_else(|| Stop::usage(format!("`{pair}` is not `NAME=VALUE`")))?;
        Ok((key.to_owned(), Value::from(value)))
    });
    each.collect()
}

fn put(entry: &mut Value, key: &str, all: serde_json::Map<String, Value>) {
    if let (false, Some(entry)) = (all.is_empty(), entry.as_object_mut()) {
        entry.insert(key.to_owned(), Value::Object(all));
    }
}

/// Lists servers and approved tools.
pub fn list(screen: &Screen, workspace: &Workspace) -> Ended {
    let places = places(screen, workspace)?;
    let specs = servers::specs(workspace, &places)?;
    for spec in &specs {
        let built_in = !places.servers.contains_key(&spec.name);
        // The address as it is declared: filled in, it may hold a secret.
        let url = places.servers.get(&spec.name).and_then(|server| server.url.as_deref());
        let mut object = json!({ "server": spec.name, "built_in": built_in });
        if let Some(object) = object.as_object_mut() {
            match &spec.way {
                Way::Program(program) => object.insert("args".to_owned(), json!(program.args)),
                Way::Remote(_) => object.insert("url".to_owned(), json!(url)),
            };
            if let Some(tokens) = spec.tokens() {
                let standing = tokens.standing().ok().flatten();
                let signed_in = standing.is_some_and(|standing| !standing.wanted);
                object.insert("signed_in".to_owned(), json!(signed_in));
            }
        }
        screen.object("server", object)?;
        let declared = match url {
            Some(url) => url,
            None if built_in => "built in",
            None => SERVERS,
        };
        screen.line(format!("{} ({declared})", screen.word(Look::Strong, &spec.name)));
        if let Some(standing) = standing(spec) {
            screen.line(format!("  {standing}"));
        }
        match (&spec.way, boxed(spec)) {
            (_, Some(open)) => screen.line(format!("  in a box: {open}")),
            (Way::Program(_), None) => screen.line("  without a box"),
            (Way::Remote(_), None) => {}
        }
        for (tool, pinned) in places.lock.tools.iter().filter(|(t, _)| t.server() == spec.name) {
            let effect = pinned.effect.map_or("no effect declared", effect);
            let approved = &pinned.approved;
            screen.object(
                "tool",
                json!({ "tool": tool, "effect": pinned.effect, "approved": approved }),
            )?;
            let by = format!("approved by {} on {}", approved.by, approved.on);
            screen.line(format!("  {tool}: {effect}, {by}"));
        }
    }
    Ok(Exit::Done)
}

/// Whether somebody is signed in to a server.
pub fn standing(spec: &ServerSpec) -> Option<String> {
    let tokens = spec.tokens()?;
    let wanted = format!("wants a sign-in: `flightdeck mcp login {}`", spec.name);
    match tokens.standing() {
        Err(why) => Some(why),
        Ok(Some(standing)) if standing.wanted => Some(wanted),
        Ok(Some(standing)) => {
            let by = evidence::words::plain(&standing.issuer);
            let scopes = evidence::words::plain(&standing.scopes.join(" "));
            let reach = if scopes.is_empty() { String::new() } else { format!(" for {scopes}") };
            Some(format!("signed in through {by}{reach}"))
        }
        Ok(None) if tokens.wanted() => Some(wanted),
        Ok(None) => None,
    }
}

/// That a server cannot be used. One that wants a sign-in says by which command.
pub fn unusable(workspace: &Workspace, places: &Places, server: &str, fault: Fault) -> Stop {
    let Ok(spec) = servers::spec(workspace, places, server) else {
        return Stop::failed(fault).help("`flightdeck mcp list` shows the servers");
    };
    if spec.tokens().is_some_and(|tokens| tokens.wanted()) {
        return Stop::failed(fault);
    }
    let help = match boxed(&spec) {
        Some(open) => format!(
            "it runs in a box, {open}; `\"sandbox\": {{ \"read\": [..], \"write\": [..], \
             \"network\": [..] }}` beside its command in `{SERVERS}` opens more"
        ),
        None => "`flightdeck mcp list` shows the servers".to_owned(),
    };
    Stop::failed(fault).help(help)
}

/// What the box of a server leaves open to it; nothing where it has none.
pub fn boxed(spec: &ServerSpec) -> Option<String> {
    let Way::Program(Program { sandbox: Sandbox::Closed(reach), cwd, .. }) = &spec.way else {
        return None;
    };
    let all = |paths: &[PathBuf]| match paths {
        [] => "nothing".to_owned(),
        paths => {
            let short =
                |path: &PathBuf| path.strip_prefix(cwd).unwrap_or(path).display().to_string();
            paths.iter().map(short).collect::<Vec<_>>().join(", ")
        }
    };
    let network = match &reach.network {
        Network::Off => "without network".to_owned(),
        Network::All => "with network".to_owned(),
        Network::Hosts(hosts) => {
            let hosts: Vec<String> = hosts.iter().map(Host::to_string).collect();
            format!("connects to {} alone", hosts.join(", "))
        }
    };
    let (read, write) = (all(&reach.read), all(&reach.write));
    Some(format!("reads {read}, writes {write}, {network}"))
}

/// Says what each tool of a server can do and what can go wrong.
pub fn probe(screen: &Screen, workspace: &Workspace, server: &str) -> Ended {
    let places = places(screen, workspace)?;
    let pool = servers::pool(workspace, &places)?;
    let report = within(async {
        let report = tools::probe::probe(&pool, server, &places.lock).await;
        pool.close().await;
        report
    })?
    .map_err(|fault| unusable(workspace, &places, server, fault))?;
    for finding in &report.tools {
        let name = format!("{server}.{}", finding.offered.name);
        screen.object(
            "tool",
            json!({
                "tool": name,
                "protocol": report.version,
                "digest": finding.offered.digest,
                "can": finding.can,
                "risks": finding.risks,
                "proposed_effect": finding.proposed.effect,
                "proposed_args": finding.proposed.args,
            }),
        )?;
    }
    screen.line(evidence::words::plain_lines(&report.to_string()));
    screen.line("");
    screen.line("approve what you want to use, one by one, and say what it does:");
    screen.line(format!("  flightdeck mcp pin {server}.TOOL --effect EFFECT --as PERSON"));
    Ok(Exit::Done)
}

/// Approves a tool, or every tool of a server that only reads.
pub fn pin(screen: &Screen, global: &Global, workspace: &Workspace, pin: &Pin) -> Ended {
    let who = people::known(global, workspace)?;
    let places = places(screen, workspace)?;
    let (server, tool) = match pin.tool.split_once('.') {
        Some((server, _)) => (server, Some(ToolName::new(&pin.tool).map_err(Stop::usage)?)),
        None => (pin.tool.as_str(), None),
    };
    if tool.is_none() && pin.effect.map(Effect::from) != Some(Effect::Read) {
        return Err(Stop::usage("only tools that read can be approved all at once")
            .help("name one tool, or add `--effect read`"));
    }
    let offered = offers(workspace, &places, server)?;
    let names: Vec<ToolName> = match tool {
        Some(tool) => vec![tool],
        None => offered
            .iter()
            .filter_map(|offer| ToolName::new(&format!("{server}.{}", offer.name)).ok())
            .collect(),
    };
    let declared = Declared {
        effect: pin.effect.map(Effect::from),
        reversible: pin.reversible,
        repeatable: pin.repeatable,
        key_arg: pin.key.clone(),
        read_back: pin.read_back.clone(),
        trust: if pin.trusted { Trust::Trusted } else { Trust::Untrusted },
        args: pin.args.iter().cloned().collect(),
        takes: takes(pin, &who),
    };
    let mut lock = places.lock;
    for name in &names {
        lock = approve(lock, name, &offered, &declared, &who, pin.reason.clone())?;
        let effect = declared.effect.map_or("no effect declared, so it cannot be used", effect);
        screen.object("tool", json!({ "tool": name, "effect": declared.effect }))?;
        screen.line(format!("`{name}` is approved: {effect}"));
    }
    write_lock(&workspace.root, &lock)?;
    Ok(Exit::Done)
}

/// The leave of whoever approves a tool to hand tagged data to it.
fn takes(pin: &Pin, who: &PersonId) -> Takes {
    let (Some(until), Some(reason)) = (pin.until, &pin.reason) else { return Takes::new() };
    let leave = Leave { by: who.clone(), until: until.to_string(), reason: reason.clone() };
    pin.takes.iter().map(|tag| (tag.clone(), leave.clone())).collect()
}

/// The lock with one tool approved as it is offered.
pub fn approve(
    lock: Lock,
    name: &ToolName,
    offered: &[Offered],
    declared: &Declared,
    who: &PersonId,
    reason: Option<String>,
) -> Result<Lock, Stop> {
    let Some(offer) = offered.iter().find(|offer| offer.name == name.tool()) else {
        let known: Vec<&str> = offered.iter().map(|offer| offer.name.as_str()).collect();
        return Err(Stop::usage(format!("the server offers no tool `{}`", name.tool()))
            .help(format!("it offers {}", evidence::words::plain(&known.join(", ")))));
    };
    let on = jiff::Zoned::now().date().to_string();
    tools::pin::pin(lock, name, offer, declared, who.clone(), &on, reason).map_err(Stop::usage)
}

/// Says how servers differ from what was approved.
pub fn diff(screen: &Screen, workspace: &Workspace, server: Option<&str>) -> Ended {
    let places = places(screen, workspace)?;
    let names: Vec<String> = match server {
        Some(server) => vec![server.to_owned()],
        None => servers::specs(workspace, &places)?.into_iter().map(|spec| spec.name).collect(),
    };
    let mut found = false;
    for name in &names {
        let pinned = places.lock.tools.keys().any(|tool| tool.server() == name.as_str());
        if server.is_none() && !pinned {
            continue;
        }
        let offered = offers(workspace, &places, name)?;
        let differs = tools::pin::diff(name, &places.lock, &offered);
        found |= changed(&differs);
        screen.object("difference", json!({ "server": name, "text": differs }))?;
        if differs.is_empty() {
            screen.line(format!("`{name}` is as it was approved"));
        } else {
            screen.line(differs);
        }
    }
    Ok(if found { Exit::Findings } else { Exit::Done })
}

/// Whether anything that was approved is another now. A tool nobody approved is only news.
pub fn changed(differs: &str) -> bool {
    !differs.lines().all(|line| line.ends_with("is new and not approved"))
}

/// What a server offers now.
pub fn offers(workspace: &Workspace, places: &Places, server: &str) -> Result<Vec<Offered>, Stop> {
    let pool = servers::pool(workspace, places)?;
    within(async {
        let offered = pool.offered(server).await;
        Tools::close(&pool).await;
        offered.map_err(|fault| unusable(workspace, places, server, fault))
    })?
}

/// Runs something that waits for servers to its end.
pub fn within<T>(work: impl Future<Output = T>) -> Result<T, Stop> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    Ok(runtime.worker_threads(2).enable_all().build()?.block_on(work))
}

/// The settings that name servers; their problems end the command.
pub fn places(screen: &Screen, workspace: &Workspace) -> Result<Places, Stop> {
    workspace.places().map_err(|found| {
        let count = found.len();
        check::problems(screen, workspace, &found, count)
    })
}

/// Writes `mcp.lock`.
pub fn write_lock(root: &Path, lock: &Lock) -> Result<(), Stop> {
    let text = lock.render().map_err(Stop::failed)?;
    replace(&root.join(LOCK), &text)
}

/// Replaces a file as a whole, or not at all.
pub fn replace(path: &Path, text: &str) -> Result<(), Stop> {
    let new = path.with_extension("new");
    std::fs::write(&new, text)
        .and_then(|()| std::fs::rename(&new, path))
        .with_context(|| format!("`{}` cannot be written", path.display()))?;
    Ok(())
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "reads",
        Effect::Write => "writes",
        Effect::Send => "sends",
        Effect::Pay => "pays",
        Effect::Delete => "deletes",
    }
}
