//! Sees that there is something to carry. Studio is built by `cargo xtask studio`; without it the
//! program is built all the same and has one page, which says how to. This must not run a bundler
//! nor fetch anything.

use std::path::Path;

const HOW: &str = include_str!("how_to_build.html");

fn main() -> std::io::Result<()> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../studio/dist");
    if !dist.join("index.html").exists() {
        std::fs::create_dir_all(&dist)?;
        std::fs::write(dist.join("index.html"), HOW)?;
    }
    // A folder that is not there would count as changed each time.
    println!("cargo::rerun-if-changed={}", dist.display());
    println!("cargo::rerun-if-changed=how_to_build.html");
    Ok(())
}
