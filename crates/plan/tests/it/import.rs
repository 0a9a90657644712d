//! Maps of another product: what is carried, what becomes a question, what is left, and that no
//! map, whatever it holds, harms what is around it.

use std::fs;
use std::path::Path;

use plan::Files;
use plan::ids::WorkflowName;
use plan::import::{Came, Imported, Refused, Source, Wish, import};
use serde_json::{Value, json};

use crate::folder;

pub fn map(name: &str) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/maps").join(name);
    serde_json::from_str(&fs::read_to_string(root).unwrap()).unwrap()
}

fn workspace() -> Files {
    folder::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/back-office"))
}

fn of(files: &Files, map: Value) -> Result<Imported, Refused> {
    import(files, &Source { map, ..Source::default() }, &Wish::default())
}

#[test]
fn look() {
    for name in ["future.json", "current.json"] {
        for files in [Files::new(), workspace()] {
            let made = of(&files, map(name)).unwrap_or_else(|refused| panic!("{refused}"));
            for (path, text) in &made.files {
                println!("=== {path}\n{text}");
            }
            for line in &made.lines {
                println!(
                    "{:?} {} {} | {:?} | {}",
                    line.of, line.id, line.field, line.came, line.says
                );
            }
            println!("{}", made.problems);
        }
    }
}
