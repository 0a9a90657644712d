//! `new`: a workspace to start from. The approvals in its `mcp.lock` are made by looking at the
//! built-in servers, so that they fit this very program. It never writes over anything.

mod templates;

use std::path::Path;

use anyhow::Context;
use evidence::words::plain;
use plan::ids::{PersonId, ToolName};
use plan::workflow::{Effect, Trust};
use serde_json::json;
use tools::pin::Declared;

use super::mcp;
use crate::args::{Global, New};
use crate::exit::{Ended, Exit, Stop};
use crate::screen::{Look, Screen};
use crate::workspace::Workspace;

/// The tools that the templates use, and what each does.
const TOOLS: &[(&str, Effect)] = &[
    ("files.read_text_file", Effect::Read),
    ("outbox.write_file", Effect::Write),
    ("table.read_query", Effect::Read),
];

/// Makes the workspace, or says with which templates one can begin.
pub fn new(screen: &Screen, global: &Global, args: &New) -> Ended {
    let Some(folder) = args.folder.as_ref().filter(|_| !args.list) else { return list(screen) };
    let Some(template) = templates::find(&args.from) else {
        let names: Vec<&str> = templates::ALL.iter().map(|template| template.name).collect();
        let what = format!("there is no template `{}`", plain(&args.from));
        return Err(Stop::usage(what).help(format!("name one of `{}`", names.join("`, `"))));
    };
    vacant(folder)?;
    for (name, text) in template.files() {
        write(&folder.join(name), &text)?;
    }
    std::fs::create_dir_all(folder.join("outbox"))?;
    let at = Global { workspace: Some(folder.clone()), ..global.clone() };
    let owner = PersonId::new("owner@example.com").map_err(Stop::failed)?;
    approve(screen, &at, global.person.clone().unwrap_or(owner))?;
    let name = template.name;
    screen.object("new", json!({ "folder": folder, "template": name, "workflows": [name] }))?;
    screen.line(format!("`{}` is a workspace with the workflow `{name}`", folder.display()));
    screen.line("next:");
    screen.line(format!("  cd {}", folder.display()));
    screen.line("  flightdeck check");
    screen.line(format!("  flightdeck show {name}"));
    screen.line(format!("  flightdeck test {name}"));
    Ok(Exit::Done)
}

fn list(screen: &Screen) -> Ended {
    screen.object("templates", json!({ "templates": templates::ALL }))?;
    for template in templates::ALL {
        let name = screen.word(Look::Strong, template.name);
        screen.line(format!("{name} ({}): {}", template.function, template.says));
    }
    Ok(Exit::Done)
}

/// Nothing is ever written over.
pub fn vacant(folder: &Path) -> Result<(), Stop> {
    let taken = folder.is_dir() && folder.read_dir()?.next().is_some();
    if taken || folder.is_file() {
        let what = format!("`{}` is there already and not empty", folder.display());
        return Err(Stop::usage(what).help("name a folder that does not exist yet"));
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Stop> {
    let parent = path.parent().unwrap_or(path);
    std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::write(path, text))
        .with_context(|| format!("`{}` cannot be written", path.display()))?;
    Ok(())
}

fn approve(screen: &Screen, global: &Global, who: PersonId) -> Result<(), Stop> {
    let workspace = Workspace::open(global)?;
    let places = mcp::places(screen, &workspace)?;
    let mut lock = places.lock.clone();
    for (tool, effect) in TOOLS {
        let tool = ToolName::new(tool).map_err(Stop::failed)?;
        let offered = mcp::offers(&workspace, &places, tool.server())?;
        let declared = Declared {
            effect: Some(*effect),
            repeatable: true,
            // A table is ours; what a file says may come from anyone.
            trust: if tool.server() == "table" { Trust::Trusted } else { Trust::Untrusted },
            ..Declared::default()
        };
        let reason = Some("part of the template".to_owned());
        lock = mcp::approve(lock, &tool, &offered, &declared, &who, reason)?;
    }
    mcp::write_lock(&workspace.root, &lock)
}
