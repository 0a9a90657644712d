//! The product as the project's commands use it: built in the dev profile, so that they share
//! one build with the tests.

use std::path::{Path, PathBuf};

use crate::shell;

/// Where cargo puts what it builds.
pub fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// Builds the binaries `flightdeck` and `erp-stand-in`, which find each other in one folder.
pub fn build(root: &Path) -> Result<(), String> {
    let args = ["build", "-p", "flightdeck", "-p", "erp-stand-in"];
    shell::run(root, &shell::cargo(), &args)
}

/// The path of a binary that was built.
pub fn binary(root: &Path, name: &str) -> String {
    target(root).join("debug").join(name).to_string_lossy().into_owned()
}
