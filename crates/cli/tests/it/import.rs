//! Maps of another product, through the binary: their three forms, a workspace that begins with
//! one, archives that are made to do harm, and that all files come or none.

use std::io::Write;
use std::path::{Path, PathBuf};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::desk::{Desk, Said};

/// A map of the tests of `plan`.
fn map(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plan/tests/maps").join(name);
    std::fs::read_to_string(root).unwrap()
}

fn file(desk: &Desk, name: &str, bytes: &[u8]) -> PathBuf {
    let path = desk.root().parent().unwrap().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn import(desk: &Desk, path: &Path, more: &[&str]) -> Said {
    let path = path.to_string_lossy();
    desk.say(&[&["import", &*path], more].concat())
}

/// Every file below a folder, but for stored runs.
fn all(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            match entry.file_type().unwrap().is_dir() {
                true => open.push(entry.path()),
                false => found.push((entry.path(), std::fs::read(entry.path()).unwrap())),
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_map_comes_into_the_workspace_and_says_what_became_of_it() {
    let desk = Desk::new();
    let path = file(&desk, "launch.json", map("future.json").as_bytes());
    let look = import(&desk, &path, &["--check", "--json"]);
    let looked = look.json();
    assert_eq!((look.code, looked[0]["written"].as_bool()), (0, Some(false)), "{}", look.err);
    assert!(!desk.root().join("workflows/campaign_launch.md").exists());
    let said = import(&desk, &path, &["--as", "lead@example.com"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    for part in [
        "written: workflows/campaign_launch.md",
        "escalationPolicy.escalateTo, retryPolicy.backoffSeconds, retryPolicy.maxAttempts: on_failure:",
        "the map, clientName, engagementFee, engagementStatus, retainerFee: to whom a map is sold",
        "open, and to be settled before it can be deployed:",
        "to be added before it can run:",
        "FD-P205: there is no role `brand_lead`",
    ] {
        assert!(said.out.contains(part), "{part}\n{}", said.out);
    }
    let text = std::fs::read_to_string(desk.root().join("workflows/campaign_launch.md")).unwrap();
    assert!(text.contains("accountable: lead@example.com\n"), "{text}");
    assert_eq!(desk.say(&["fmt", "--check"]).code, 0, "it comes in its form");
    let checked = desk.say(&["check", "--json"]);
    let problems = checked.json()[0]["problems"].as_array().unwrap().len();
    let told = looked[0]["problems"].as_array().unwrap().len();
    assert_eq!(problems, told - 1, "what check says is what was told, but for who answers for it");
    assert_eq!(desk.say(&["explain", "FD-M004"]).code, 0);
}

#[test]
fn a_bundle_and_a_package_give_the_same_as_the_map_alone() {
    let map = map("future.json");
    let manifest =
        r#"{ "formatVersion": "1", "title": "Launch", "author": "Ann", "license": "MIT" }"#;
    let bundle = [
        ("manifest.json", manifest),
        ("workflow.json", &map),
        ("hooks/validate-blast-radius.js", "process.exit(0)"),
    ];
    let package = [
        ("workflow-package/workflow/graph.json", &*map),
        ("workflow-package/workflow/state.json", "{}"),
        ("workflow-package/skills/draft_the_copy.yaml", "name: draft_the_copy\n"),
        ("workflow-package/CLAUDE.md", "# Contract map\n"),
        ("workflow-package/docs/README.md", "# Read me\n"),
        ("workflow-package/.claude/hooks.json", "{}"),
        ("workflow-package/.workflow-os/runs/1.ndjson", "{}\n"),
    ];
    let alone = Desk::new();
    import(&alone, &file(&alone, "map.json", map.as_bytes()), &[]);
    let read = |desk: &Desk, name: &str| std::fs::read(desk.root().join(name)).unwrap();
    for (name, files, others) in [("a.wfos", &bundle[..], 1), ("a.zip", &package[..], 6)] {
        let desk = Desk::new();
        let said = import(&desk, &file(&desk, name, &archive(files)), &["--json"]);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{name}");
        let made = &said.json()[0];
        for path in made["files"].as_array().unwrap() {
            let path = path.as_str().unwrap();
            assert!(read(&desk, path) == read(&alone, path), "{name}: {path}");
        }
        let lines = made["lines"].as_array().unwrap();
        let left = lines.iter().filter(|line| line["of"] == "file" && line["field"] == "").count();
        assert_eq!(left, others, "{name}: every file that is not read is named");
        assert!(!desk.root().join("hooks").exists());
    }
}

#[test]
fn a_workspace_begins_with_a_map() {
    let desk = Desk::new();
    let path = file(&desk, "now.json", map("current.json").as_bytes());
    let folder = desk.root().parent().unwrap().join("laboratory");
    let into = folder.to_string_lossy().into_owned();
    let said = import(&desk, &path, &["--into", &into, "--name", "deviations"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    let names: Vec<String> = all(&folder)
        .iter()
        .map(|(path, _)| path.strip_prefix(&folder).unwrap().display().to_string())
        .collect();
    assert_eq!(names, ["flightdeck.yaml", "workflows/deviations.md"]);
    let checked = desk.anywhere(&folder, &["check"]);
    assert!(checked.code == 2 && checked.err.contains("FD-P101"), "{}", checked.err);
    // A second map goes into the same workspace.
    let path = file(&desk, "launch.json", map("future.json").as_bytes());
    assert_eq!(import(&desk, &path, &["--into", &into]).code, 0);
    assert!(folder.join("workflows/campaign_launch.md").is_file());
    let other = desk.root().parent().unwrap().to_string_lossy().into_owned();
    let taken = import(&desk, &path, &["--into", &other]);
    assert!(taken.code == 2 && taken.err.contains("not empty"), "{}", taken.err);
}

#[test]
fn what_is_made_to_do_harm_is_refused_and_leaves_nothing_behind() {
    let desk = Desk::new();
    let before = all(&desk.root());
    let map = map("future.json");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let long = format!("{map}{}", " ".repeat(5 << 20));
    let link = {
        let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        zip.add_symlink("workflow.json", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        zip.finish().unwrap().into_inner()
    };
    let many: Vec<String> = (0..2_001).map(|n| format!("state/{n}.txt")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "")).collect();
    let whole = archive(&[("workflow.json", &map)]);
    let newer = r#"{ "formatVersion": "2" }"#;
    for (bytes, code) in [
        (b"no map".to_vec(), "FD-M001"),
        (deep.into_bytes(), "FD-M001"),
        (b"{\"nodes\": [".to_vec(), "FD-M001"),
        (long.clone().into_bytes(), "FD-M002"),
        (vec![b' '; 17 << 20], "FD-M002"),
        (archive(&[("workflow.json", &long)]), "FD-M005"),
        (archive(&[("../workflow.json", &map)]), "FD-M005"),
        (archive(&[("workflow.json", &map), ("/etc/cron.d/x", "")]), "FD-M005"),
        (archive(&[("workflow.json", &map), ("a\\..\\b", "")]), "FD-M005"),
        (link, "FD-M005"),
        (archive(&many), "FD-M005"),
        (whole[..whole.len() / 2].to_vec(), "FD-M005"),
        (archive(&[("readme.txt", "")]), "FD-M001"),
        (archive(&[("workflow.json", &map), ("workflow/graph.json", &map)]), "FD-M001"),
        (archive(&[("workflow.json", &map), ("manifest.json", newer)]), "FD-M001"),
    ] {
        let said = import(&desk, &file(&desk, "bad", &bytes), &["--json"]);
        let error = said.err.lines().next().unwrap_or_default();
        let error: serde_json::Value = serde_json::from_str(error).unwrap();
        assert_eq!((said.code, error["code"].as_str()), (2, Some(code)), "{error}");
        assert!(error["help"].is_string() && said.out.is_empty());
        assert!(all(&desk.root()) == before, "something was written: {error}");
    }
}

#[test]
fn all_files_come_or_none_and_none_over_another() {
    let desk = Desk::new();
    let path = file(&desk, "launch.json", map("future.json").as_bytes());
    // A folder stands where the second agent's file would.
    std::fs::create_dir(desk.root().join("agents/shorten_for_social.md")).unwrap();
    let before = all(&desk.root());
    let said = import(&desk, &path, &[]);
    assert!(said.code != 0 && all(&desk.root()) == before, "{}", said.err);
    std::fs::remove_dir(desk.root().join("agents/shorten_for_social.md")).unwrap();
    assert_eq!(import(&desk, &path, &[]).code, 0);
    let written = all(&desk.root());
    assert_eq!(import(&desk, &path, &[]).code, 0, "the same again changes nothing");
    assert!(all(&desk.root()) == written);
    desk.change("workflows/campaign_launch.md", "risk: medium", "risk: high");
    let changed = all(&desk.root());
    let again = import(&desk, &path, &[]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("error[FD-M004]") && again.err.contains("--force"), "{}", again.err);
    assert!(all(&desk.root()) == changed);
    assert_eq!(import(&desk, &path, &["--force"]).code, 0);
    assert!(all(&desk.root()) == written);
}
