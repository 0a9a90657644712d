//! The operator's files of examples and passages: rows of a CSV file with a column `text` and, for
//! examples, `label`; paragraphs of a Markdown or text file. It learns nothing from them.

use std::fs;
use std::path::{Path, PathBuf};

use super::TableError;

/// The largest file that is read, and the most passages all that is asked is compared with.
const FILE_MAX: u64 = 4 << 20;
const PASSAGES_MAX: usize = 20_000;

pub(super) struct Passage {
    /// The file and the line where it begins.
    pub place: String,
    pub line: u64,
    pub text: String,
    pub label: Option<String>,
}

/// The files of a folder that hold passages, in the order of their names.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, TableError> {
    let fault = |why: std::io::Error| file_error(folder, why);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        let end = path.extension().and_then(|end| end.to_str());
        if matches!(end, Some("csv" | "md" | "txt")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A file as problems name it.
pub(super) fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// All passages of a file.
pub(super) fn read(file: &Path) -> Result<Vec<Passage>, TableError> {
    let wrong = |why: String| TableError::File { file: name(file), why };
    let size = fs::metadata(file).map_err(|why| file_error(file, why))?.len();
    if size > FILE_MAX {
        return Err(wrong(format!("it is larger than {FILE_MAX} bytes: split it")));
    }
    let bytes = fs::read(file).map_err(|why| file_error(file, why))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| wrong("it is no text in UTF-8: save it again as UTF-8".to_owned()))?;
    let text = text.trim_start_matches('\u{feff}');
    let passages = match file.extension().and_then(|end| end.to_str()) {
        Some("csv") => rows(file, text)?,
        _ => paragraphs(file, text),
    };
    match passages.len() {
        0 => Err(wrong("it holds no text: add some, or remove the file".to_owned())),
        n if n > PASSAGES_MAX => {
            Err(wrong(format!("it holds more than {PASSAGES_MAX} passages: split it")))
        }
        _ => Ok(passages),
    }
}

fn rows(file: &Path, text: &str) -> Result<Vec<Passage>, TableError> {
    let at = |line: u64, why: String| TableError::Line { file: name(file), line, why };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let heads = reader.headers().map_err(|why| at(1, why.to_string()))?.clone();
    let column = |wanted: &str| heads.iter().position(|head| head.trim() == wanted);
    let (Some(words), label) = (column("text"), column("label")) else {
        let why =
            "there is no column `text`: the first line names the columns, such as `text,label`";
        return Err(at(1, why.to_owned()));
    };
    let mut passages = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|why| {
            at(
                why.position().map_or(0, csv::Position::line),
                format!("the row cannot be read: {why}"),
            )
        })?;
        let line = row.position().map_or(0, csv::Position::line);
        let text = row.get(words).unwrap_or_default().trim().to_owned();
        if text.is_empty() {
            return Err(at(line, "the text is empty: write one, or remove the row".to_owned()));
        }
        let label = match label.map(|n| row.get(n).unwrap_or_default().trim()) {
            Some("") => {
                return Err(at(line, "the label is empty: say what this text is".to_owned()));
            }
            label => label.map(str::to_owned),
        };
        passages.push(Passage { place: format!("{}:{line}", name(file)), line, text, label });
    }
    Ok(passages)
}

/// What stands between empty lines.
fn paragraphs(file: &Path, text: &str) -> Vec<Passage> {
    let mut passages: Vec<Passage> = Vec::new();
    let mut open = false;
    for (line, words) in (1_u64..).zip(text.lines()) {
        match (words.trim().is_empty(), open, passages.last_mut()) {
            (true, ..) => open = false,
            (false, true, Some(last)) => {
                last.text.push('\n');
                last.text.push_str(words);
            }
            _ => {
                let place = format!("{}:{line}", name(file));
                passages.push(Passage { place, line, text: words.to_owned(), label: None });
                open = true;
            }
        }
    }
    passages
}

fn file_error(file: &Path, why: std::io::Error) -> TableError {
    TableError::File { file: file.display().to_string(), why: why.to_string() }
}
