//! `import`: a map of another product as files of a workspace, and what became of each part of it.
//! All files are written or none. It must not decide what is carried: `plan` does.

mod archive;
mod written;

pub use written::staging;

use std::path::PathBuf;

use evidence::words::plain;
use plan::Files;
use plan::import::{Came, Imported, Line, Of, Refused, Wish, counts};
use serde_json::json;

use super::new;
use crate::args::{Global, Import};
use crate::exit::{Ended, Exit, Stop};
use crate::screen::Screen;
use crate::workspace::{SETTINGS, Workspace};

/// Takes a map over.
pub fn import(screen: &Screen, global: &Global, args: &Import) -> Ended {
    let source = archive::read(&args.file)?;
    let (root, files) = place(global, args)?;
    let known = plan::places(&files).map(|places| places.people).unwrap_or_default();
    let wish = Wish {
        name: args.name.clone(),
        accountable: global.person.clone().filter(|person| known.contains_key(person)),
        over: args.force,
    };
    let made = plan::import::import(&files, &source, &wish).map_err(refused)?;
    if !args.check {
        written::all(&root, &made.files, args.force)?;
    }
    let names: Vec<&str> = made.files.iter().map(|(path, _)| path.as_str()).collect();
    let counts = counts(&made.lines);
    screen.object(
        "import",
        json!({
            "workflow": made.workflow, "folder": root, "files": names, "written": !args.check,
            "counts": counts, "lines": made.lines, "open": made.open, "problems": made.problems,
        }),
    )?;
    told(screen, args, &made);
    Ok(Exit::Done)
}

/// The workspace it goes to: the one at hand, another, or one that begins with the map.
fn place(global: &Global, args: &Import) -> Result<(PathBuf, Files), Stop> {
    let Some(folder) = &args.into else {
        let workspace = Workspace::open(global)?;
        return Ok((workspace.root, workspace.files));
    };
    if folder.join(SETTINGS).is_file() {
        let at = Global { workspace: Some(folder.clone()), ..global.clone() };
        let workspace = Workspace::open(&at)?;
        return Ok((workspace.root, workspace.files));
    }
    new::vacant(folder)?;
    Ok((std::path::absolute(folder)?, Files::new()))
}

fn refused(refused: Refused) -> Stop {
    let what = format!("{}: {}", plain(&refused.place), plain(&refused.what));
    Stop { code: Some(refused.code.id), ..Stop::usage(what) }.help(refused.fix)
}

fn told(screen: &Screen, args: &Import, made: &Imported) {
    let verb = if args.check { "would be written" } else { "written" };
    screen.line(format!("`{}`, from `{}`", made.workflow, plain(&args.file.to_string_lossy())));
    for (path, _) in &made.files {
        screen.line(format!("  {verb}: {path}"));
    }
    accounted(
        screen,
        &made.lines,
        &[
            (Came::Carried, "carried:"),
            (Came::Left, "not carried:"),
            (Came::Open, "became a question:"),
        ],
    );
    if !made.open.is_empty() {
        screen.line("");
        screen.line("open, and to be settled before it can be deployed:");
        for question in &made.open {
            screen.line(format!("  - {}", plain(question)));
        }
    }
    if !made.problems.is_empty() {
        screen.line("");
        screen.line("to be added before it can run:");
        for problem in &made.problems {
            screen.line(format!("  {}", plain(&problem.to_string())));
            screen.line(format!("    {}", plain(&problem.fix)));
        }
    }
}

/// What became of each part, under a head for each way that it came.
pub fn accounted(screen: &Screen, all: &[Line], heads: &[(Came, &str)]) {
    for (came, head) in heads {
        let mut lines: Vec<&Line> = all.iter().filter(|line| line.came == *came).collect();
        lines.sort_by_key(|line| (line.of, &line.id, &line.says));
        if !lines.is_empty() {
            screen.line("");
            screen.line(*head);
            grouped(screen, &lines);
        }
    }
}

/// Fields of which the same is said stand on one line.
fn grouped(screen: &Screen, lines: &[&Line]) {
    for same in lines.chunk_by(|a, b| (a.of, &a.id, &a.says) == (b.of, &b.id, &b.says)) {
        let Some(first) = same.first() else { continue };
        let fields: Vec<&str> = same.iter().map(|line| line.field.as_str()).collect();
        let fields = fields.join(", ");
        let what = match (first.of, first.name.is_empty()) {
            (Of::Map, _) => "the map".to_owned(),
            (Of::File, _) => format!("file `{}`", first.id),
            (Of::Node, true) => format!("node `{}`", first.id),
            (Of::Node, false) => format!("node `{}`", first.name),
            (Of::Edge, _) => format!("edge {}", first.name),
        };
        let colon = if fields.is_empty() { "" } else { ", " };
        screen.line(format!("  {}{colon}{}: {}", plain(&what), plain(&fields), plain(&first.says)));
    }
}
