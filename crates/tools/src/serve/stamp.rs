//! Whether files changed since they were read, told without reading them again. What a change means
//! is up to the server that asks.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use super::TableError;

/// A file as far as a change of it can be told without reading it.
#[derive(PartialEq)]
pub(super) struct Stamp {
    path: PathBuf,
    size: u64,
    node: u64,
    /// The last change of its content and of the file itself, in seconds and nanoseconds.
    changed: [i64; 4],
}

/// What these files look like now.
pub(super) fn stamps(files: Vec<PathBuf>) -> Result<Vec<Stamp>, TableError> {
    let stamp = |path: PathBuf| match path.metadata() {
        Ok(meta) => Ok(Stamp {
            path,
            size: meta.len(),
            node: meta.ino(),
            changed: [meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec()],
        }),
        Err(why) => {
            Err(TableError::File { file: path.display().to_string(), why: why.to_string() })
        }
    };
    files.into_iter().map(stamp).collect()
}
