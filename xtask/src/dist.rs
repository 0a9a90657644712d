//! `cargo xtask dist`: what somebody without Rust is handed. One archive with the program, manual
//! pages and completions, a Debian package of the same, a container file for it, and checksums.
//! `--try` unpacks the archive on a bare Debian in a folder of its own and runs `flightdeck demo`,
//! there and in the container.

mod container;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;

use crate::say::say;
use crate::{product, shell, studio};

const PROGRAMS: &[&str] = &["flightdeck", "erp-stand-in"];
const TEXTS: &[&str] = &["README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE"];
/// Completion scripts by shell, and where each is looked for.
const COMPLETIONS: &[(&str, &str)] = &[
    ("bash", "share/bash-completion/completions/flightdeck"),
    ("zsh", "share/zsh/site-functions/_flightdeck"),
    ("fish", "share/fish/vendor_completions.d/flightdeck.fish"),
    ("powershell", "share/flightdeck/flightdeck.ps1"),
];
/// The oldest Debian that the programs run on; their C library is this machine's.
const SUITE: &str = "bookworm";

/// Builds, packs, and with `--try` tries what was packed.
pub fn run(root: &Path) -> Result<(), String> {
    let began = Instant::now();
    let wanted: Vec<String> = std::env::args().skip(2).collect();
    if let Some(other) = wanted.iter().find(|word| *word != "--try") {
        return Err(format!("`{other}` is not known; `--try` is"));
    }
    studio::run(root)?;
    let mut build = vec!["build", "--release"];
    build.extend(PROGRAMS.iter().flat_map(|program| ["-p", program]));
    shell::run(root, &shell::cargo(), &build)?;
    let version = env!("CARGO_PKG_VERSION");
    let arch = std::env::consts::ARCH;
    let dist = product::target(root).join("dist");
    let name = format!("flightdeck-{version}-{arch}-linux-gnu");
    let tree = dist.join(&name);
    failed(&dist, remade(&tree))?;
    fill(root, &tree)?;
    let archive = format!("{name}.tar.gz");
    // The same files make the same archive, byte for byte.
    let pack = [
        "--sort=name",
        "--owner=0",
        "--group=0",
        "--numeric-owner",
        "--mtime=@0",
        "-I",
        "gzip -n -9",
        "-cf",
        &archive,
        &name,
    ];
    shell::run(&dist, "tar", &pack)?;
    let package = debian(&dist, &tree, version)?;
    copied(&root.join("packaging/Containerfile"), &dist.join("Containerfile"))?;
    let (sums, _) = shell::read(&dist, "sha256sum", &[&archive, &package])?;
    failed(&dist, fs::write(dist.join("SHA256SUMS"), &sums))?;
    say(&sums);
    let bytes = |name: &str| fs::metadata(dist.join(name)).map_or(0, |file| file.len());
    let mut figures = json!({
        "archive": archive, "archive_bytes": bytes(&archive), "package": package,
        "package_bytes": bytes(&package), "seconds": began.elapsed().as_secs(),
    });
    if wanted.iter().any(|word| word == "--try") {
        let seconds = tried(&dist, &archive, &name)?;
        container::tried(&dist, &dist.join("bare"), &name)?;
        if let Some(figures) = figures.as_object_mut() {
            figures.insert("demo_seconds".to_owned(), json!(seconds));
            figures.insert("container".to_owned(), json!("the demo ran in it"));
        }
    }
    say(&figures.to_string());
    Ok(())
}

/// The tree that is unpacked: programs, manual pages, completions, texts.
fn fill(root: &Path, tree: &Path) -> Result<(), String> {
    let release = product::target(root).join("release");
    for program in PROGRAMS {
        copied(&release.join(program), &tree.join("bin").join(program))?;
    }
    for text in TEXTS {
        copied(&root.join(text), &tree.join("share/doc/flightdeck").join(text))?;
    }
    let flightdeck = release.join("flightdeck").to_string_lossy().into_owned();
    for (shell_name, place) in COMPLETIONS {
        let (script, code) = shell::read(root, &flightdeck, &["completions", shell_name])?;
        if code != 0 || script.is_empty() {
            return Err(format!("no completions for {shell_name}"));
        }
        let path = tree.join(place);
        failed(&path, parent(&path).and_then(|()| fs::write(&path, script)))?;
    }
    let pages = tree.join("share/man/man1");
    failed(&pages, fs::create_dir_all(&pages))?;
    shell::run(root, &flightdeck, &["man", &pages.to_string_lossy()])
}

/// A Debian package of the tree, below `/usr`.
fn debian(dist: &Path, tree: &Path, version: &str) -> Result<String, String> {
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let name = format!("flightdeck_{version}_{arch}");
    let root = dist.join(&name);
    failed(&root, remade(&root))?;
    let usr = root.join("usr").to_string_lossy().into_owned();
    shell::run(dist, "cp", &["-a", &tree.to_string_lossy(), &usr])?;
    let control = format!(
        "Package: flightdeck\nVersion: {version}\nArchitecture: {arch}\nSection: admin\n\
         Priority: optional\nMaintainer: The Flightdeck authors\nDepends: libc6 (>= 2.36), \
         libgcc-s1\nRecommends: ca-certificates, python3-venv\nDescription: autonomous agents that \
         answer for what they do\n A business process, written as Markdown files, run by agents \
         under guard and\n checked by people. Nothing of it needs a server, a key or a network.\n"
    );
    let path = root.join("DEBIAN/control");
    failed(&path, parent(&path).and_then(|()| fs::write(&path, control)))?;
    let package = format!("{name}.deb");
    let args = ["--root-owner-group", "-Zxz", "--build", &name, &package];
    shell::run(dist, "dpkg-deb", &args)?;
    Ok(package)
}

/// Runs the demo from the archive on a Debian that has nothing but its base. Gives how long the
/// demo took. It needs root, and `debootstrap` or the right to install it.
fn tried(dist: &Path, archive: &str, name: &str) -> Result<u64, String> {
    if shell::code(dist, "which", &["debootstrap"])? != 0 {
        shell::run(dist, "apt-get", &["update", "-qq"])?;
        let args = ["install", "-y", "-qq", "--no-install-recommends", "debootstrap"];
        shell::run(dist, "apt-get", &args)?;
    }
    let bare = dist.join("bare");
    let place = bare.to_string_lossy().into_owned();
    if !bare.join("etc/debian_version").exists() {
        failed(&bare, remade(&bare))?;
        shell::run(dist, "debootstrap", &["--variant=minbase", SUITE, &place])?;
    }
    let opt = bare.join("opt");
    failed(&opt, remade(&opt))?;
    shell::run(dist, "tar", &["-xf", archive, "-C", &opt.to_string_lossy()])?;
    let began = Instant::now();
    // A process namespace of its own, with its own `/proc`, so that nothing of it stays behind.
    let line = format!(
        "mount -t proc proc {place}/proc && exec chroot {place} /usr/bin/env -i PATH=/usr/bin:/bin \
         HOME=/tmp sh -c 'cd /opt && ! command -v cargo && /opt/{name}/bin/flightdeck demo'"
    );
    let args = ["--mount", "--pid", "--fork", "sh", "-c", &line];
    let code = shell::code(dist, "unshare", &args)?;
    let seconds = began.elapsed().as_secs();
    if code != 0 || !opt.join("back-office/flightdeck.yaml").is_file() {
        return Err(format!("`flightdeck demo` ended with {code} on a bare Debian"));
    }
    Ok(seconds)
}

fn copied(from: &Path, to: &Path) -> Result<(), String> {
    failed(from, parent(to).and_then(|()| fs::copy(from, to)).map(drop))
}

fn parent(path: &Path) -> std::io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))
}

/// An empty folder, whatever was there.
fn remade(folder: &PathBuf) -> std::io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)
}

fn failed<T>(path: &Path, done: std::io::Result<T>) -> Result<T, String> {
    done.map_err(|error| format!("`{}`: {error}", path.display()))
}
