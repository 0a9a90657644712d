//! `interview`: a map described question by question, in the file alone. Which questions there are,
//! and what an answer makes of the file, is for `plan` to say.

use std::collections::BTreeSet;

use evidence::words;
use journal::Hash;
use plan::ids::FilePath;
use plan::interview::{Form, InterviewError, Question, answered, begun, questions};
use plan::{EditError, Files};
use serde_json::{Map, Value, json};

use super::desk::line;
use crate::args::Interview;
use crate::exit::{Ended, Exit, Stop};
use crate::saving::{self, NotSaved};
use crate::screen::{Look, Screen};
use crate::workspace::Workspace;

/// The map that is described, and the version of its file that was read.
struct Talk<'a> {
    workspace: &'a Workspace,
    files: Files,
    path: FilePath,
    text: String,
    version: Option<Hash>,
}

/// Goes through the questions with whoever sits at the terminal; otherwise takes what is answered
/// and lists them.
pub fn interview(screen: &Screen, workspace: &Workspace, args: &Interview) -> Ended {
    let path = FilePath::new(&format!("workflows/{}.md", args.workflow)).map_err(Stop::usage)?;
    let (text, version) = match saving::text(&workspace.root, &path) {
        Ok((text, version)) => (text, Some(version)),
        Err(NotSaved::Missing(_)) => (begun(path.as_str()), None),
        Err(error) => return Err(unsaved(error)),
    };
    let mut talk = Talk { workspace, files: workspace.files.clone(), path, text, version };
    for typed in &args.answers {
        let (question, value) = typed.split_once('=').ok_or_else(|| {
            Stop::usage(format!("`{}` is no answer", words::plain(typed)))
                .help("write `QUESTION=VALUE`; `flightdeck interview WORKFLOW` lists the questions")
        })?;
        talk.text = talk.after(question.trim(), &value_of(value))?;
    }
    if !args.answers.is_empty() {
        talk.save()?;
    } else if screen.interactive {
        talk.walk(screen)?;
    }
    talk.list(screen)
}

/// What is typed as an answer: JSON where it is that, otherwise a text.
fn value_of(typed: &str) -> Value {
    match typed.trim() {
        "" => Value::Null,
        typed => serde_json::from_str(typed).unwrap_or_else(|_| typed.into()),
    }
}

fn unsaved(error: NotSaved) -> Stop {
    Stop::usage(format!("{:#}", anyhow::Error::from(error)))
}

fn not_taken(error: InterviewError) -> Stop {
    let help = match &error {
        InterviewError::NoQuestion(_) => "`flightdeck interview WORKFLOW` lists the questions",
        InterviewError::Unfit { .. } => "answer it so, or with nothing where nobody knows it yet",
        InterviewError::Edit(_) => "mend it in the text first; `flightdeck check` says where",
    };
    let what = match &error {
        InterviewError::Edit(EditError::Unreadable(problems)) => format!("{error}: {problems}"),
        _ => error.to_string(),
    };
    Stop::usage(what).help(help)
}

impl Talk<'_> {
    fn questions(&self) -> Result<Vec<Question>, Stop> {
        questions(&self.files, self.path.as_str(), &self.text).map_err(not_taken)
    }

    fn after(&self, question: &str, value: &Value) -> Result<String, Stop> {
        answered(&self.files, self.path.as_str(), &self.text, question, value).map_err(not_taken)
    }

    /// Saves the text over the version that was read. It is on the disk when this returns.
    fn save(&mut self) -> Result<(), Stop> {
        let root = &self.workspace.root;
        let ready = saving::prepare(root, &self.path, &self.text, self.version).map_err(unsaved)?;
        let to = ready.to;
        if Some(to) != self.version {
            ready.take_place(root).map_err(unsaved)?;
        }
        self.version = Some(to);
        self.files.insert(self.path.as_str(), &self.text);
        Ok(())
    }

    /// Puts each question that is not answered or not settled, and saves after each answer.
    fn walk(&mut self, screen: &Screen) -> Result<(), Stop> {
        let how = "an empty line leaves a question, `?` means that nobody knows it yet";
        screen.line(screen.word(Look::Quiet, how));
        let mut left = BTreeSet::new();
        loop {
            let wanted = |one: &Question| one.open || one.answer.is_none();
            let all = self.questions()?;
            let next = all.into_iter().find(|one| wanted(one) && !left.contains(&one.id));
            let Some(question) = next else { return Ok(()) };
            put(screen, &question);
            let Some(value) = typed(&question)? else {
                left.insert(question.id);
                continue;
            };
            match self.after(&question.id, &value) {
                Ok(text) => {
                    self.text = text;
                    self.save()?;
                    left.insert(question.id);
                }
                Err(stop) => screen.stop(&stop),
            }
        }
    }

    fn list(&self, screen: &Screen) -> Ended {
        let all = self.questions()?;
        let version = self.version.map(|version| version.to_string());
        let file = self.path.as_str();
        screen
            .object("interview", json!({ "file": file, "version": version, "questions": all }))?;
        let open = all.iter().filter(|one| one.open);
        for question in open.clone() {
            let what = question.unsettled.as_ref().unwrap_or(&question.words);
            let id = screen.word(Look::Strong, &question.id);
            screen.line(format!("{id}: {}", words::plain(what)));
        }
        match open.count() {
            0 => screen.line(format!("{file}: nothing is open; `flightdeck check` says the rest")),
            1 => screen.line(format!("{file}: 1 question is open")),
            many => screen.line(format!("{file}: {many} questions are open")),
        }
        Ok(Exit::Done)
    }
}

fn put(screen: &Screen, question: &Question) {
    screen.line(format!("\n{}", screen.word(Look::Strong, &words::plain(&question.words))));
    screen.line(screen.word(Look::Quiet, &format!("  {}", question.why)));
    if let Some(unsettled) = &question.unsettled {
        screen.line(format!("  not settled: {}", words::plain(unsettled)));
    }
    if let Some(answer) = &question.answer {
        let answer = words::plain(&answer.to_string());
        screen.line(format!("  now: {answer}; `=` keeps it"));
    }
    if !question.choices.is_empty() {
        screen.line(format!("  {}", words::plain(&question.choices.join(", "))));
    }
    let columns = question.columns.iter().map(|one| format!("{} ({})", one.key, one.words));
    if question.form == Form::Table {
        screen.line("  one row on each line, an empty line ends:");
        screen.line(format!("  {}", columns.collect::<Vec<_>>().join(" | ")));
    }
}

/// What a person types to a question; nothing where they leave it.
fn typed(question: &Question) -> Result<Option<Value>, Stop> {
    let first = line("> ")?;
    match first.as_str() {
        "" => return Ok(None),
        "?" => return Ok(Some(Value::Null)),
        "=" => return Ok(question.answer.clone()),
        _ => {}
    }
    if question.form != Form::Table || first.starts_with('[') {
        return Ok(Some(match question.form {
            Form::Lines => first.split(',').map(|one| Value::from(one.trim())).collect(),
            Form::Text => first.into(),
            Form::YesNo if matches!(first.as_str(), "yes" | "y") => true.into(),
            Form::YesNo if matches!(first.as_str(), "no" | "n") => false.into(),
            _ => value_of(&first),
        }));
    }
    let mut rows = vec![row(question, &first)];
    loop {
        let next = line("> ")?;
        if next.is_empty() {
            return Ok(Some(rows.into()));
        }
        rows.push(row(question, &next));
    }
}

fn row(question: &Question, typed: &str) -> Value {
    let cells = typed.split('|').map(str::trim);
    let full = question.columns.iter().zip(cells).filter(|(_, cell)| !cell.is_empty());
    Value::Object(full.map(|(one, cell)| (one.key.to_owned(), cell.into())).collect::<Map<_, _>>())
}
