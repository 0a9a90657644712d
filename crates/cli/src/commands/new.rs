//! `new`: a workspace to start from. The approvals in its `mcp.lock` are made by looking at the
//! built-in servers, so that they fit this very program. It never writes over anything.

use std::path::{Path, PathBuf};

use anyhow::Context;
use plan::ids::{PersonId, ToolName};
use plan::workflow::{Effect, Trust};
use serde_json::json;
use tools::pin::Declared;

use super::mcp;
use crate::args::Global;
use crate::exit::{Ended, Exit, Stop};
use crate::screen::Screen;
use crate::workspace::Workspace;

/// The files of the template by their place.
const FILES: &[(&str, &str)] = &[
    ("flightdeck.yaml", include_str!("../../template/flightdeck.yaml")),
    ("AGENTS.md", include_str!("../../template/AGENTS.md")),
    (".mcp.json", include_str!("../../template/mcp.json")),
    ("agents/reader.md", include_str!("../../template/agents/reader.md")),
    ("tables/people.csv", include_str!("../../template/tables/people.csv")),
    ("inbox/001-ada.txt", include_str!("../../template/inbox/001-ada.txt")),
    ("inbox/002-ben.txt", include_str!("../../template/inbox/002-ben.txt")),
    ("workflows/expenses.md", include_str!("../../template/workflows/expenses.md")),
    ("cases/expenses/001-ada.yaml", include_str!("../../template/cases/expenses/001-ada.yaml")),
    ("cases/expenses/002-ben.yaml", include_str!("../../template/cases/expenses/002-ben.yaml")),
    (".gitignore", "/.flightdeck\n/outbox\n"),
];

/// The tools that the template uses, and what each does.
const TOOLS: &[(&str, Effect)] = &[
    ("files.read_text_file", Effect::Read),
    ("outbox.write_file", Effect::Write),
    ("table.read_query", Effect::Read),
];

/// Makes the workspace.
pub fn new(screen: &Screen, global: &Global, folder: &Path) -> Ended {
    vacant(folder)?;
    for (name, text) in FILES {
        write(&folder.join(name), text)?;
    }
    std::fs::create_dir_all(folder.join("outbox"))?;
    let at = Global { workspace: Some(folder.to_path_buf()), ..global.clone() };
    let owner = PersonId::new("owner@example.com").map_err(Stop::failed)?;
    approve(screen, &at, global.person.clone().unwrap_or(owner))?;
    screen.object("new", json!({ "folder": folder, "workflows": ["expenses"] }))?;
    screen.line(format!("`{}` is a workspace with the workflow `expenses`", folder.display()));
    screen.line("next:");
    screen.line(format!("  cd {}", folder.display()));
    screen.line("  flightdeck check");
    screen.line("  flightdeck show expenses");
    screen.line("  flightdeck test expenses");
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

fn write(path: &PathBuf, text: &str) -> Result<(), Stop> {
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
