//! A signed root is handed to a program of the operator's, which has somebody outside answer. What
//! it answers is kept; it must not change anything that is signed.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use proof::Note;

use crate::exit::Stop;

/// No answer is longer.
const ANSWER_MAX: u64 = 64 << 10;

/// What a program answers to a signed root. It is started by the shell, so that it may have
/// arguments, and it ends by itself.
pub fn answer(root: &Path, program: &str, note: &[u8]) -> Result<Vec<u8>, Stop> {
    let no = |error: &dyn std::fmt::Display| {
        Stop::failed(format!("the witness's program: {error}"))
            .help("the root is signed and kept; only the witness is missing")
    };
    let mut child = Command::new("sh")
        .args(["-c", program])
        .current_dir(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(|error| no(&error))?;
    if let Some(mut to) = child.stdin.take() {
        // A program that needs none of it may have ended already.
        let _ = to.write_all(note);
    }
    let mut answer = Vec::new();
    if let Some(from) = child.stdout.take() {
        from.take(ANSWER_MAX + 1).read_to_end(&mut answer).map_err(|error| no(&error))?;
    }
    if u64::try_from(answer.len()).unwrap_or(u64::MAX) > ANSWER_MAX {
        let _ = child.kill();
        let _ = child.wait();
        return Err(no(&"it answered more than 64 KiB"));
    }
    let status = child.wait().map_err(|error| no(&error))?;
    match status.success() && !answer.is_empty() {
        true => Ok(answer),
        false => Err(no(&format!("it gave no answer ({status})"))),
    }
}

/// The note with the signatures that an answer adds, if it is the same note with more of them.
pub fn cosigned(note: &Note, answer: &[u8]) -> Option<Note> {
    let with = Note::read(answer).ok().filter(|with| with.text == note.text)?;
    let mut all = note.clone();
    for line in with.lines {
        if !all.lines.contains(&line) {
            all.lines.push(line);
        }
    }
    (all.lines.len() > note.lines.len()).then_some(all)
}

/// Bytes that are no text, in hexadecimal digits.
pub fn in_letters(bytes: &[u8]) -> String {
    bytes.iter().fold("hex:".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
