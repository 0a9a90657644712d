//! A workspace in a folder of its own, and the binary started in it with a clean environment.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

/// A workspace that goes away with the test.
pub struct Desk {
    folder: tempfile::TempDir,
    /// Who starts cases, unless a command says otherwise. Everything else needs a name.
    person: &'static str,
}

/// What a command wrote and how it ended.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    /// The lines of standard output as JSON, each of a published shape.
    pub fn json(&self) -> Vec<serde_json::Value> {
        published(&self.out)
    }
}

/// The lines of a text as JSON, each held against the schema that people who read it rely on.
pub fn published(text: &str) -> Vec<serde_json::Value> {
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
        let text = include_str!("../../../../docs/output.schema.json");
        serde_json::from_str(text).unwrap()
    });
    let line = |line: &str| {
        let object: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let kind = object["kind"].as_str().unwrap_or_default();
        let shape = &SCHEMA["$defs"][kind];
        assert!(shape.is_object(), "no published shape `{kind}`: {line}");
        if let Err(error) = jsonschema::validate(shape, &object) {
            panic!("not the published shape: {error}: {line}");
        }
        object
    };
    text.lines().map(line).collect()
}

impl Desk {
    /// The template's workspace.
    pub fn new() -> Self {
        let person = "owner@example.com";
        let desk = Self { folder: tempfile::tempdir().unwrap(), person };
        let said = desk.anywhere(desk.folder.path(), &["new", "desk"]);
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        desk
    }

    /// The same desk with somebody else who starts cases.
    pub fn with_person(mut self, person: &'static str) -> Self {
        self.person = person;
        self
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().join("desk")
    }

    /// Runs the binary in the workspace.
    pub fn say(&self, args: &[&str]) -> Said {
        self.anywhere(&self.root(), args)
    }

    pub fn anywhere(&self, folder: &Path, args: &[&str]) -> Said {
        let starter = ("FLIGHTDECK_PERSON", self.person);
        let environment = if args.first() == Some(&"run") { &[starter][..] } else { &[] };
        self.saying(folder, args, environment)
    }

    /// Runs the binary in the workspace with this in its environment, and nobody named.
    pub fn say_with(&self, args: &[&str], environment: &[(&str, &str)]) -> Said {
        self.saying(&self.root(), args, environment)
    }

    /// The binary, ready to be started in the workspace.
    pub fn command(&self) -> Command {
        let mut command = bare(&self.root());
        command.env("FLIGHTDECK_PERSON", self.person);
        command
    }

    /// Runs the binary anywhere with this in its environment.
    pub fn saying(&self, folder: &Path, args: &[&str], environment: &[(&str, &str)]) -> Said {
        let mut command = bare(folder);
        let environment = environment.iter().copied();
        let output = command.args(args).envs(environment).output().unwrap();
        Said {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Replaces a text in a file, which must be there.
    pub fn change(&self, file: &str, from: &str, to: &str) {
        let path = self.root().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "`{from}` is not in {file}");
        std::fs::write(path, text.replacen(from, to, 1)).unwrap();
    }
}

/// The binary with a clean environment.
fn bare(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flightdeck"));
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::null());
    command
}
