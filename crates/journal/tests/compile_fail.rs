//! Programs that must not build: each would act without a stored allow, or act twice. They are
//! given to the compiler with this crate as the tests have built it, so nothing is built twice.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, wherever in it that is"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program that must build: with it fails whoever blames the programs for a broken compiler.
const CONTROL: &str = "fn read<T: for<'a> serde::Deserialize<'a>>() {}\n\
                       fn main() { read::<journal::RunId>(); let _: Option<journal::Permit>; }\n";

/// This crate and one that the programs speak of, as libraries that fit each other.
struct Built {
    out: tempfile::TempDir,
    journal: PathBuf,
    serde: PathBuf,
}

impl Built {
    fn find() -> Self {
        let out = tempfile::tempdir().unwrap();
        let control = out.path().join("control.rs");
        fs::write(&control, CONTROL).unwrap();
        let mut built = Self { out, journal: PathBuf::new(), serde: PathBuf::new() };
        let mut said = "no library of this crate was built".to_owned();
        // A folder may hold several, of builds with other features; the newest comes first.
        for journal in libraries("journal") {
            for serde in libraries("serde") {
                (built.journal, built.serde) = (journal.clone(), serde);
                said = built.compile(&control);
                if said.is_empty() {
                    return built;
                }
            }
        }
        panic!("the program that must build does not: {said}");
    }

    /// What the compiler says about a program: its errors with their places, and nothing if none.
    fn compile(&self, program: &Path) -> String {
        let with = |name: &str, library: &Path| format!("{name}={}", library.display());
        let output = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["--edition", "2024", "--emit", "metadata", "--out-dir"])
            .arg(self.out.path())
            .args(["-L", &with("dependency", &deps())])
            .args(["--extern", &with("journal", &self.journal)])
            .args(["--extern", &with("serde", &self.serde)])
            .arg(program)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let errors: String = said
            .split("\n\n")
            .filter(|part| part.starts_with("error[") || part.starts_with("error: "))
            .filter(|part| part.contains("-->"))
            .flat_map(|part| part.lines().take(2).chain([""]))
            .flat_map(|line| [line, "\n"])
            .collect();
        assert_eq!(output.status.success(), errors.is_empty(), "{said}");
        errors
    }
}

/// Where the tests' libraries lie: beside this program.
fn deps() -> PathBuf {
    std::env::current_exe().unwrap().parent().unwrap().to_owned()
}

fn libraries(name: &str) -> Vec<PathBuf> {
    let start = format!("lib{name}-");
    let named = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with(&start) && name.ends_with(".rlib")
    };
    let entries = fs::read_dir(deps()).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<PathBuf> = entries.filter(named).collect();
    all.sort_by_key(|path| std::cmp::Reverse(fs::metadata(path).unwrap().modified().unwrap()));
    all
}

#[test]
fn no_act_without_a_stored_allow() {
    let built = Built::find();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile_fail");
    let mut programs: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    programs.retain(|path| path.extension().is_some_and(|ending| ending == "rs"));
    assert!(programs.len() >= 9, "{programs:?}");
    for program in programs {
        // Read by name: tests/compile_fail/*.rs
        let name = program.file_name().unwrap();
        let said = built.compile(&Path::new("tests/compile_fail").join(name));
        let expected = program.with_extension("stderr");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&expected, &said).unwrap();
        }
        assert_eq!(said, fs::read_to_string(expected).unwrap(), "{}", program.display());
    }
}
