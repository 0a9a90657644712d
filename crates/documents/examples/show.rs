//! Shows what is read from files: `cargo run -p documents --example show -- FILE...`. With
//! `--into FOLDER` the texts are written there instead, and each file has one line.

#![allow(clippy::print_stdout, reason = "a measuring tool of the terminal")]

use std::path::Path;

use documents::{Limits, read};

fn main() -> std::io::Result<()> {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let into = args.len() > 1 && args.first().is_some_and(|arg| arg == "--into");
    let folder = if into { args.drain(..2).nth(1) } else { None };
    for path in args {
        let bytes = std::fs::read(&path)?;
        let name = Path::new(&path).file_name().unwrap_or_default().to_string_lossy();
        let read = read(&bytes, &name, &Limits::default());
        let text = read.as_ref().map_or("", |document| document.text.as_str());
        match &read {
            Ok(document) => println!("{name}: {}, {}", document.kind.title(), document.outcome()),
            Err(fault) => println!("{name}: {}: {fault}", fault.code()),
        }
        for remark in read.iter().flat_map(|document| &document.remarks) {
            println!("  {}", remark.text);
        }
        match &folder {
            Some(folder) => std::fs::write(Path::new(folder).join(format!("{name}.txt")), text)?,
            None => println!("{text}"),
        }
    }
    Ok(())
}
