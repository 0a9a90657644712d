//! `cargo xtask score`: real invoices that nobody here wrote. The package that brings them is
//! fetched below `target/` and stays there; its PDFs are read as text, the finders look for the
//! fields without a model, and the answers are the package's own. It must not tune anything.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::say::say;
use crate::{product, shell};

/// A release whose source package still holds its test invoices with their answers; the ones
/// before it hold invoices without answers, and the ones after it neither.
const PACKAGE: &str = "invoice2data";
const RELEASE: &str = "0.3.5";
const FIELDS: &str = "number,date,total";

pub fn run(root: &Path) -> Result<(), String> {
    let home = product::target(root).join("score");
    let fault = |e: std::io::Error| format!("`{}`: {e}", home.display());
    for folder in ["text", "cases/invoices"] {
        fs::create_dir_all(home.join(folder)).map_err(fault)?;
    }
    let package = format!("{PACKAGE}-{RELEASE}");
    let source = home.join(&package).join("tests/compare");
    if !source.is_dir() {
        let wanted = format!("{PACKAGE}=={RELEASE}");
        let pip = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"];
        let args = [&pip[..], &["--no-binary=:all:", "--dest", ".", &wanted]].concat();
        shell::run(&home, "python3", &args)?;
        shell::run(&home, "tar", &["xzf", &format!("{package}.tar.gz")])?;
    }
    let (mut documents, mut cases) = (Vec::new(), Vec::new());
    let mut entries: Vec<_> = fs::read_dir(&source).map_err(fault)?.flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let Some(name) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        let answers = path.with_extension("json");
        if path.extension().is_none_or(|end| end != "pdf") || !answers.is_file() {
            continue;
        }
        let case = home.join(format!("cases/invoices/{name}.json"));
        let answers = fs::read_to_string(answers).map_err(fault)?;
        let answers = case_of(name, &answers).ok_or_else(|| format!("{name}: no answers"))?;
        fs::write(&case, answers.to_string()).map_err(fault)?;
        documents.push(path.to_string_lossy().into_owned());
        cases.push(case.to_string_lossy().into_owned());
    }
    let text = home.join("text").to_string_lossy().into_owned();
    let read = ["run", "--quiet", "-p", "documents", "--example", "show", "--", "--into", &text];
    let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
    shell::run(root, &shell::cargo(), &[&read[..], &documents].concat())?;
    say("");
    let office = root.join("examples/back-office").to_string_lossy().into_owned();
    let find = ["run", "--quiet", "-p", "guard", "--example", "fields", "--", &office];
    let only = ["--only", FIELDS];
    let cases: Vec<&str> = cases.iter().map(String::as_str).collect();
    shell::run(root, &shell::cargo(), &[&find[..], &only, &cases].concat())
}

/// The package's answers to an invoice, as the measuring tool reads cases.
fn case_of(name: &str, answers: &str) -> Option<Value> {
    let answers: Value = serde_json::from_str(answers).ok()?;
    let first = answers.get(0)?;
    let text = |key: &str| first.get(key)?.as_str();
    let total = format!("{:.2} {}", first.get("amount")?.as_f64()?, text("currency")?);
    Some(json!({
        "file": format!("text/{name}.pdf.txt"),
        "tags": ["honest"],
        "fields": {
            "read.number": text("invoice_number")?, "read.date": text("date")?, "read.total": total
        },
    }))
}
