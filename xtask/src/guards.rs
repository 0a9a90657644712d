//! `cargo xtask guards`: takes each guard out in turn, in a copy of the sources, and runs tests.
//! A guard whose absence no test notices may as well not be there. It must not change the sources
//! themselves, and a change that does not compile counts as nothing.

mod list;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::say::{self, say};
use crate::{product, shell};
use list::{Guard, Room};

/// What of the repository is not copied.
const LEFT: &[&str] = &["target", ".git"];

pub fn run(root: &Path) -> Result<(), String> {
    let place = product::target(root).join("guards");
    let copy = place.join("sources");
    fresh(root, &copy)?;
    let mutated = place.join("mutated");
    stale(&copy, &mutated)?;
    let bench = Bench { copy, target: place.join("target") };
    let wanted = std::env::args().nth(2);
    let chosen = |guard: &&Guard| {
        wanted.as_ref().is_none_or(|word| guard.name.contains(word) || guard.file.contains(word))
    };
    let guards: Vec<&Guard> = list::all().filter(chosen).collect();
    if guards.is_empty() {
        return Err("no guard has that in its name or its file".to_owned());
    }
    let places: Vec<PathBuf> = guards.iter().map(|guard| bench.copy.join(guard.file)).collect();
    // All of them are looked for first: a text that has changed is found at once, not in an hour.
    for (guard, place) in guards.iter().zip(&places) {
        without(guard, place)?;
    }
    for room in Room::ALL {
        if guards.iter().any(|guard| guard.rooms.contains(&room)) && !bench.holds(room)? {
            return Err(format!("the tests of `{}` do not pass as they are", room.package()));
        }
    }
    let mut missed = Vec::new();
    for (guard, place) in guards.iter().zip(&places) {
        let whole = std::fs::read_to_string(place).map_err(|why| why.to_string())?;
        note(&mutated, guard.file)?;
        std::fs::write(place, without(guard, place)?).map_err(|why| why.to_string())?;
        let noticed = bench.notices(guard);
        std::fs::write(place, whole).map_err(|why| why.to_string())?;
        match noticed? {
            Some(room) => say(&format!("noticed by `{}`: {}", room.package(), guard.name)),
            None => {
                say::warn(&format!("MISSED: {}", guard.name));
                missed.push(guard.name);
            }
        }
    }
    let removed = guards.len();
    let noticed = removed - missed.len();
    say(&json!({ "removed": removed, "noticed": noticed, "missed": missed }).to_string());
    if missed.is_empty() { Ok(()) } else { Err(format!("{} were missed", missed.len())) }
}

/// What was built last may have been built without a guard, by a file that is older here than that
/// build: each such file counts as changed now.
fn stale(copy: &Path, mutated: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(mutated).unwrap_or_default();
    for file in text.lines() {
        let Ok(open) = std::fs::File::options().append(true).open(copy.join(file)) else {
            continue;
        };
        let now = std::time::SystemTime::now();
        open.set_modified(now).map_err(|why| format!("`{file}`: {why}"))?;
    }
    Ok(())
}

/// Writes down that a file is built without a guard.
fn note(mutated: &Path, file: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(mutated).unwrap_or_default();
    if text.lines().any(|line| line == file) {
        return Ok(());
    }
    std::fs::write(mutated, format!("{text}{file}\n")).map_err(|why| why.to_string())
}

/// The text of a file without a guard.
fn without(guard: &Guard, place: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(place).map_err(|why| format!("{}: {why}", guard.file))?;
    match text.matches(guard.is).count() {
        1 => Ok(text.replacen(guard.is, guard.becomes, 1)),
        n => Err(format!("`{}`: its text stands {n} times in {}", guard.name, guard.file)),
    }
}

/// Copies the repository anew. What was not changed keeps its time, so that it is not built again.
fn fresh(root: &Path, copy: &Path) -> Result<(), String> {
    let failed = |why: std::io::Error| format!("`{}`: {why}", copy.display());
    if copy.exists() {
        std::fs::remove_dir_all(copy).map_err(failed)?;
    }
    std::fs::create_dir_all(copy).map_err(failed)?;
    for entry in std::fs::read_dir(root).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if LEFT.iter().any(|left| entry.file_name() == *left) {
            continue;
        }
        let copied = Command::new("cp").arg("-a").arg(entry.path()).arg(copy).status();
        if !copied.map_err(failed)?.success() {
            return Err(format!("`{}` cannot be copied", entry.path().display()));
        }
    }
    Ok(())
}

struct Bench {
    copy: PathBuf,
    target: PathBuf,
}

impl Bench {
    /// The first room whose tests notice that a guard is gone.
    fn notices(&self, guard: &Guard) -> Result<Option<Room>, String> {
        for room in guard.rooms {
            if !self.holds(*room)? {
                return Ok(Some(*room));
            }
        }
        Ok(None)
    }

    /// Whether the tests of a room pass. What does not compile is an error.
    fn holds(&self, room: Room) -> Result<bool, String> {
        let target = self.target.to_string_lossy();
        let args = ["test", "--quiet", "-p", room.package(), "--target-dir", &target];
        let args = [&args[..], room.tests()].concat();
        let quiet = ["--config", "build.rustflags=[\"-Awarnings\"]"];
        if let Some(package) = room.beside() {
            let build = ["build", "--quiet", "-p", package, "--target-dir", &target];
            shell::run(&self.copy, &shell::cargo(), &[&build[..], &quiet].concat())?;
        }
        let built =
            shell::code(&self.copy, &shell::cargo(), &[&args[..], &quiet, &["--no-run"]].concat())?;
        if built != 0 {
            return Err("it does not compile without that guard".to_owned());
        }
        let named = [&["--"], room.named()].concat();
        let all = [&args[..], &quiet, &named].concat();
        let (_, code) = shell::read(&self.copy, &shell::cargo(), &all)?;
        Ok(code == 0)
    }
}
