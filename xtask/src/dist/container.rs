//! The container file, built and run with the bare Debian of the archive's trial as its base: no
//! registry and no daemon is needed. It must leave no container or image behind.

use std::path::Path;

use super::{failed, remade};
use crate::shell;

/// Builds the container and runs `flightdeck demo` in it. It needs root, and `buildah` or the right
/// to install it.
pub fn tried(dist: &Path, bare: &Path, name: &str) -> Result<(), String> {
    if shell::code(dist, "which", &["buildah"])? != 0 {
        let args = ["install", "-y", "-qq", "--no-install-recommends", "buildah"];
        shell::run(dist, "apt-get", &args)?;
    }
    let home = dist.join("container");
    failed(&home, remade(&home))?;
    let ended = built_and_run(dist, bare, name, &home);
    failed(&home, std::fs::remove_dir_all(&home))?;
    ended
}

fn built_and_run(dist: &Path, bare: &Path, name: &str, home: &Path) -> Result<(), String> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let (root, state) = (text(&home.join("root")), text(&home.join("run")));
    let (policy, tar) = (text(&home.join("policy.json")), text(&home.join("base.tar")));
    let trusting = r#"{ "default": [{ "type": "insecureAcceptAnything" }] }"#;
    failed(home, std::fs::write(&policy, trusting))?;
    let common = ["--storage-driver", "vfs", "--root", &root, "--runroot", &state];
    let buildah = |args: &[&str]| {
        let (said, code) = shell::read(dist, "buildah", &[&common[..], args].concat())?;
        match code {
            0 => Ok(said.trim().to_owned()),
            code => Err(format!("`buildah {}` ended with {code}", args.join(" "))),
        }
    };
    let without = ["proc", "sys", "dev", "opt"].map(|name| format!("--exclude=./{name}"));
    let mut pack = vec!["-C"];
    let bare = text(bare);
    pack.extend([bare.as_str(), "-cf", &tar]);
    pack.extend(without.iter().map(String::as_str));
    pack.push(".");
    shell::run(dist, "tar", &pack)?;
    let base = buildah(&["from", "scratch"])?;
    buildah(&["add", &base, &tar, "/"])?;
    buildah(&["commit", "-q", &base, "localhost/bare"])?;
    let signed = ["--signature-policy", &policy];
    let archive = format!("ARCHIVE={name}");
    let from = ["--build-arg", "BASE=localhost/bare", "--build-arg", &archive];
    let of = ["--isolation", "chroot", "-f", "Containerfile", "-t", "flightdeck", "."];
    buildah(&[&["bud"][..], &signed, &from, &of].concat())?;
    let made = buildah(&[&["from"][..], &signed, &["localhost/flightdeck"]].concat())?;
    let demo = "test \"$(id -u)\" != 0 && flightdeck demo && test -f back-office/flightdeck.yaml";
    buildah(&["run", "--isolation", "chroot", &made, "--", "sh", "-c", demo])?;
    Ok(())
}
