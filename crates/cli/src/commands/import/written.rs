//! New files of a workspace: all of them or none, whole or not at all, and never over what is
//! there unless that is wanted. It must not know what stands in them.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use plan::import::codes;
use tempfile::NamedTempFile;

use crate::exit::Stop;

/// Writes them in order. Each is complete beside its place before the first one takes its own.
pub fn all(root: &Path, files: &[(String, String)], over: bool) -> Result<(), Stop> {
    let mut ready = Vec::new();
    for (name, text) in files {
        let path = root.join(name);
        let before = std::fs::read_to_string(&path).ok();
        if before.as_deref() == Some(text) {
            continue;
        }
        ready.push((staged(&path, text)?, path, before));
    }
    let mut done: Vec<(PathBuf, Option<String>)> = Vec::new();
    for (file, path, before) in ready {
        let put = match over {
            true => file.persist(&path),
            false => file.persist_noclobber(&path),
        };
        if let Err(error) = put {
            let what = format!("`{}` cannot be written: {}", path.display(), error.error);
            take_back(done);
            return Err(Stop { code: Some(codes::IN_THE_WAY.id), ..Stop::usage(what) }
                .help("nothing was written; choose another name with `--name`"));
        }
        done.push((path, before));
    }
    Ok(())
}

/// A file that is complete and has no name of ours yet.
fn staged(path: &Path, text: &str) -> Result<NamedTempFile, Stop> {
    let failed = || format!("`{}` cannot be written", path.display());
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).with_context(failed)?;
    let mut file = staging(folder).with_context(failed)?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.as_file().sync_all())
        .with_context(failed)?;
    Ok(file)
}

/// A new file without a name of ours. Whoever may read the workspace may read it: the mask of the
/// process decides.
pub fn staging(folder: &Path) -> std::io::Result<NamedTempFile> {
    tempfile::Builder::new()
        .prefix(".import-")
        .permissions(std::fs::Permissions::from_mode(0o666))
        .tempfile_in(folder)
}

/// What was written goes, and what it took the place of comes back.
fn take_back(done: Vec<(PathBuf, Option<String>)>) {
    for (path, before) in done.into_iter().rev() {
        // There is nobody left to tell: the error that led here is the one to be told.
        let _ = match before {
            Some(text) => std::fs::write(&path, text),
            None => std::fs::remove_file(&path),
        };
    }
}
