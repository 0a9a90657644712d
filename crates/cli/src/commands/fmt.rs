//! `fmt`: the operator's files in their form. A file that cannot be read stays as it is, and every
//! other one is still put in its form.

use plan::Problems;
use serde_json::json;

use super::{check, mcp};
use crate::exit::{Ended, Exit, Stop};
use crate::screen::Screen;
use crate::workspace::Workspace;

/// Puts these files in their form, or all that have one; with `only_look` says which are not.
pub fn fmt(screen: &Screen, workspace: &Workspace, wanted: &[String], only_look: bool) -> Ended {
    let formed: Vec<&str> = plan::formed(&workspace.files).collect();
    let paths = match wanted {
        [] => formed,
        wanted => {
            if let Some(path) = wanted.iter().find(|path| !formed.contains(&path.as_str())) {
                let what = format!("`{path}` is no file of the workspace that has a form");
                let help = format!("these have one: {}", formed.join(", "));
                return Err(Stop::usage(what).help(help));
            }
            wanted.iter().map(String::as_str).collect()
        }
    };
    let mut broken = Problems::default();
    let mut changed = 0_usize;
    for path in &paths {
        match plan::fmt(&workspace.files, path) {
            Err(problems) => broken.extend(problems),
            Ok(new) => {
                let old = workspace.files.get(path).map(|text| &**text);
                let Some(new) = new.filter(|new| Some(new.as_str()) != old) else { continue };
                changed += 1;
                if !only_look {
                    mcp::replace(&workspace.root.join(path), &new)?;
                }
                screen.object("file", json!({ "file": path, "written": !only_look }))?;
                let said = if only_look { "is not in its form" } else { "is in its form now" };
                screen.line(format!("{path} {said}"));
            }
        }
    }
    if !broken.is_empty() {
        return Err(check::problems(screen, workspace, &broken, broken.len()));
    }
    if changed == 0 {
        screen.line(format!("{} files are in their form", paths.len()));
    }
    Ok(if only_look && changed > 0 { Exit::Findings } else { Exit::Done })
}
