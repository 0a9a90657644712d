//! The product as the project's commands use it: built in the dev profile, so that they share
//! one build with the tests.

use std::path::{Path, PathBuf};

use crate::shell;

/// Where cargo puts what it builds.
pub fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// Builds the binary `flightdeck` and gives its path.
pub fn build(root: &Path) -> Result<String, String> {
    shell::run(root, &shell::cargo(), &["build", "-p", "flightdeck"])?;
    let binary = target(root).join("debug").join("flightdeck");
    Ok(binary.to_string_lossy().into_owned())
}
