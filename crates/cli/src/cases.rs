//! Where cases come from: one file, one JSON object, the files of a folder, the rows of a table or
//! the lines of a JSON file. Rows are read one by one, so that a large file takes little memory.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::Context;
use plan::workflow::Workflow;
use serde_json::{Value, json};

use crate::exit::Stop;
use crate::values;

/// A case and how people call it.
pub struct Case {
    pub name: String,
    pub value: Value,
    /// Where it lies, if it is a file.
    pub file: Option<PathBuf>,
}

/// Cases that are still to come.
pub type Cases = Box<dyn Iterator<Item = Result<Case, Stop>>>;

/// One case: a JSON object, or a file that the workflow reads by its name.
pub fn one(workspace: &Path, text: &str) -> Result<Case, Stop> {
    if text.trim_start().starts_with('{') {
        let value = serde_json::from_str(text)
            .map_err(|error| Stop::usage(format!("the case is no JSON object: {error}")))?;
        return Ok(Case { name: "case".to_owned(), value, file: None });
    }
    let there = [PathBuf::from(text), workspace.join(text), workspace.join("inbox").join(text)];
    let Some(path) = there.iter().find(|path| path.is_file()) else {
        return Err(Stop::usage(format!("there is no file `{text}`"))
            .help("give a file of the inbox, or a JSON object"));
    };
    Ok(file(path))
}

/// Each case of a folder, a `.csv` or a `.jsonl`.
pub fn each(workspace: &Path, from: &Path, workflow: &Workflow) -> Result<Cases, Stop> {
    let below = workspace.join(from);
    let from = if from.exists() { from.to_path_buf() } else { below };
    if from.is_dir() {
        return folder(&from);
    }
    match from.extension().and_then(|end| end.to_str()) {
        Some("csv") => rows(&from, workflow),
        Some("jsonl" | "ndjson") => lines(&from),
        _ => Err(Stop::usage(format!("`{}` is no folder, CSV or JSONL file", from.display()))),
    }
}

fn file(path: &Path) -> Case {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Case { value: json!({ "name": &name }), name, file: Some(path.to_path_buf()) }
}

fn folder(from: &Path) -> Result<Cases, Stop> {
    let mut files = Vec::new();
    let named = || format!("`{}` cannot be read", from.display());
    for entry in from.read_dir().with_context(named)? {
        let entry = entry.with_context(named)?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !hidden && entry.path().is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(Box::new(files.into_iter().map(|path| Ok(file(&path)))))
}

fn rows(from: &Path, workflow: &Workflow) -> Result<Cases, Stop> {
    let named = format!("`{}`", from.display());
    let mut reader = csv::Reader::from_path(from).with_context(|| named.clone())?;
    let heads: Vec<String> = reader
        .headers()
        .with_context(|| named.clone())?
        .iter()
        // Tables say a column's kind behind its name; for a case the workflow says it.
        .map(|head| head.split(':').next().unwrap_or(head).trim().to_owned())
        .collect();
    let fields = workflow.case.fields.clone();
    let all = reader.into_records().enumerate().map(move |(n, record)| {
        let wrong = |why: String| Stop::usage(format!("{named}, row {}: {why}", n + 1));
        let record = record.map_err(|error| wrong(error.to_string()))?;
        let cells = heads.iter().cloned().zip(record.iter().map(str::to_owned));
        let value = values::row(&fields, cells).map_err(wrong)?;
        Ok(Case { name: format!("row {}", n + 1), value, file: None })
    });
    Ok(Box::new(all))
}

fn lines(from: &Path) -> Result<Cases, Stop> {
    let named = format!("`{}`", from.display());
    let file = std::fs::File::open(from).with_context(|| named.clone())?;
    let all = BufReader::new(file).lines().enumerate();
    let filled = all.filter(|(_, line)| line.as_ref().is_ok_and(|line| !line.trim().is_empty()));
    Ok(Box::new(filled.map(move |(n, line)| {
        let wrong = |why: String| Stop::usage(format!("{named}, line {}: {why}", n + 1));
        let line = line.map_err(|error| wrong(error.to_string()))?;
        let value: Value = serde_json::from_str(&line).map_err(|error| wrong(error.to_string()))?;
        if !value.is_object() {
            return Err(wrong("not a JSON object".to_owned()));
        }
        Ok(Case { name: format!("line {}", n + 1), value, file: None })
    })))
}
