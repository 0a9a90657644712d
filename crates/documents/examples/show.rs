//! Shows what is read from files: `cargo run -p documents --example show -- FILE...`.

#![allow(clippy::print_stdout, reason = "a measuring tool of the terminal")]

use documents::{Limits, read};

fn main() -> std::io::Result<()> {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path)?;
        match read(&bytes, &path, &Limits::default()) {
            Ok(document) => {
                println!("{path}: {}, {}", document.kind.title(), document.outcome());
                for remark in &document.remarks {
                    println!("  {:?}: {}", remark.about, remark.text);
                }
                println!("{}", document.text);
            }
            Err(fault) => println!("{path}: {}: {fault}", fault.code()),
        }
    }
    Ok(())
}
