//! `export`: a workflow as a file that WorkflowOS reads, and what of it such a map cannot hold. The
//! file is whole or not there. It must not decide what becomes of what: `plan` does.

use std::io::{Cursor, Write};
use std::path::Path;

use anyhow::Context;
use evidence::words::{self, plain};
use plan::export::Exported;
use plan::import::{Came, counts};
use serde_json::json;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::{check, import};
use crate::args::{Export, Global};
use crate::exit::{Ended, Exit, Stop};
use crate::screen::Screen;
use crate::stored::now;
use crate::workspace::Workspace;

/// Hands a workflow on.
pub fn export(screen: &Screen, global: &Global, args: &Export) -> Ended {
    let workspace = Workspace::open(global)?;
    let plan = check::plan(screen, &workspace, &args.workflow)?;
    let made = plan::export::export(&plan, &words::stamp(now()));
    let bytes = match args.to.extension().and_then(|ending| ending.to_str()) {
        Some("wfos") => bundle(&made)?,
        Some("json") => serde_json::to_vec_pretty(&made.map).map_err(anyhow::Error::from)?,
        _ => {
            let what = format!("`{}` is no file of a map", plain(&args.to.to_string_lossy()));
            return Err(Stop::usage(what).help("name a file that ends in `.wfos` or `.json`"));
        }
    };
    written(&args.to, &bytes, args.force)?;
    let name = &plan.workflow().name;
    screen.object(
        "export",
        json!({
            "workflow": name, "release": plan.release(), "file": args.to,
            "counts": counts(&made.lines), "lines": made.lines,
        }),
    )?;
    screen.line(format!("`{name}` is written to `{}`", plain(&args.to.to_string_lossy())));
    import::accounted(
        screen,
        &made.lines,
        &[(Came::Carried, "carried:"), (Came::Left, "not carried:")],
    );
    screen.line("");
    screen.line("whatever runs that map keeps to none of this by itself: guards stay here");
    Ok(Exit::Done)
}

/// The map and what says who made it, packed as the other product packs them.
fn bundle(made: &Exported) -> Result<Vec<u8>, Stop> {
    let packed = || -> anyhow::Result<Vec<u8>> {
        let how = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default());
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, value) in [("manifest.json", &made.manifest), ("workflow.json", &made.map)] {
            zip.start_file(name, how)?;
            zip.write_all(&serde_json::to_vec_pretty(value)?)?;
        }
        Ok(zip.finish()?.into_inner())
    };
    Ok(packed().context("the bundle cannot be packed")?)
}

/// A file that is complete before it has its name, and takes nobody else's place unless it may.
fn written(path: &Path, bytes: &[u8], over: bool) -> Result<(), Stop> {
    let failed = || format!("`{}` cannot be written", plain(&path.to_string_lossy()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let mut file = import::staging(folder).with_context(failed)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).with_context(failed)?;
    if over {
        file.persist(path).map_err(|error| error.error).with_context(failed)?;
        return Ok(());
    }
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
            let what = format!("`{}` is there already", plain(&path.to_string_lossy()));
            Err(Stop::usage(what).help("choose another name, or replace it with `--force`"))
        }
        Err(error) => Err(anyhow::Error::from(error.error).context(failed()).into()),
    }
}
