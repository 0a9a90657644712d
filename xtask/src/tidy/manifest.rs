//! Dependencies: edges between rooms, what pure rooms take from outside, what stands behind that,
//! and how many packages there are in all. It must not ask cargo: the manifests are plain enough.

use std::collections::{BTreeMap, BTreeSet};

use super::{EDGES, NEVER_BELOW_PURE, PACKAGES_MAX, PURE, PURE_TESTS, Report, Tree};

pub(super) fn check(tree: &Tree, report: &mut Report) {
    let lock = tree.get("Cargo.lock").map(Lock::read).unwrap_or_default();
    report.packages = lock.count;
    if lock.count > PACKAGES_MAX {
        let what = format!("{} packages, {PACKAGES_MAX} allowed", lock.count);
        report.add("Cargo.lock", 0, "packages", what);
    }
    for (path, text) in tree.ending(&["Cargo.toml"]) {
        let room = match path.split('/').collect::<Vec<_>>().as_slice() {
            ["crates", room, "Cargo.toml"] => *room,
            [room @ ("xtask" | "bench"), "Cargo.toml"] => *room,
            ["Cargo.toml"] => continue,
            _ => {
                report.add(path, 0, "edges", "a package outside `crates/` and `xtask/`");
                continue;
            }
        };
        room_manifest(room, path, text, report);
    }
    for (room, outside) in PURE {
        for name in *outside {
            for way in lock.reaches(name, NEVER_BELOW_PURE) {
                let what = format!("`{name}` brings `{way}` below a pure room");
                report.add(&format!("crates/{room}/Cargo.toml"), 0, "pure", what);
            }
        }
    }
}

fn room_manifest(room: &str, path: &str, text: &str, report: &mut Report) {
    let Some((_, edges, test_edges)) = EDGES.iter().find(|(name, ..)| *name == room) else {
        report.add(path, 0, "edges", format!("the room `{room}` is not in the table of edges"));
        return;
    };
    if !text.contains("[lints]\nworkspace = true") {
        report.add(path, 0, "lints", "the workspace's lints are not taken over");
    }
    let pure = PURE.iter().find(|(name, _)| *name == room).map(|(_, outside)| *outside);
    for Dependency { line, name, section } in dependencies(text) {
        let ours = EDGES.iter().any(|(other, ..)| *other == name);
        let tests = section == "dev-dependencies";
        if section == "features" {
            report.add(path, line, "features", "no Cargo features of ours");
        } else if ours && !edges.contains(&name) && !(tests && test_edges.contains(&name)) {
            report.add(path, line, "edges", format!("`{room}` may not depend on `{name}`"));
        } else if let Some(allowed) = pure
            && !ours
            && !allowed.contains(&name)
            && !(tests && PURE_TESTS.contains(&name))
        {
            report.add(path, line, "pure", format!("`{room}` may not use `{name}`"));
        }
    }
}

struct Dependency<'t> {
    line: usize,
    name: &'t str,
    section: &'t str,
}

/// The keys of all sections of dependencies and of `[features]`.
fn dependencies(text: &str) -> Vec<Dependency<'_>> {
    let mut section = "";
    let mut found = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(head) = line.strip_prefix('[') {
            section = head.trim_end_matches(']').rsplit('.').next().unwrap_or_default();
        } else if (section.ends_with("dependencies") || section == "features")
            && !line.starts_with('#')
            && let Some((key, _)) = line.split_once('=')
        {
            let name = key.split('.').next().unwrap_or_default().trim().trim_matches('"');
            found.push(Dependency { line: n + 1, name, section });
        }
    }
    found
}

/// `Cargo.lock`: who depends on whom.
#[derive(Default)]
struct Lock<'t> {
    count: usize,
    needs: BTreeMap<&'t str, BTreeSet<&'t str>>,
}

impl<'t> Lock<'t> {
    fn read(text: &'t str) -> Self {
        let mut lock = Self::default();
        let mut name = "";
        for line in text.lines() {
            let line = line.trim();
            if line == "[[package]]" {
                lock.count += 1;
            } else if let Some(value) = line.strip_prefix("name = ") {
                name = value.trim_matches('"');
            } else if let Some(value) = line.strip_prefix('"') {
                let need = value.trim_end_matches(['"', ',']).split(' ').next().unwrap_or_default();
                lock.needs.entry(name).or_default().insert(need);
            }
        }
        lock
    }

    /// Which of the `wanted` packages stand somewhere below `name`.
    fn reaches(&self, name: &str, wanted: &[&str]) -> BTreeSet<&'t str> {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut open: Vec<&'t str> = self.needs.get(name).into_iter().flatten().copied().collect();
        while let Some(next) = open.pop() {
            if seen.insert(next) {
                open.extend(self.needs.get(next).into_iter().flatten());
            }
        }
        seen.into_iter().filter(|name| wanted.contains(name)).collect()
    }
}
