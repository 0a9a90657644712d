//! The words for what happened in exams. No answer and no mark of a single question is told.

use journal::{Exam, Examined, Over};

/// What happened in an exam or in the review of a portfolio, in a sentence.
#[must_use]
pub fn exam(exam: &Exam) -> String {
    match &exam.did {
        Examined::Begun { sitting, track, who, form, .. } => {
            let (track, count) = (track.as_str(), form.len());
            format!("{who} began the exam `{track}` with {count} questions ({sitting})")
        }
        Examined::Answered { sitting, question, .. } => {
            format!("question {} of {sitting} was answered", u32::from(*question) + 1)
        }
        Examined::Ended { sitting, over, marks, passed } => {
            let right = marks.iter().filter(|mark| **mark).count();
            let over = match over {
                Over::Submitted => "was handed in",
                Over::Time => "ended when its time was over",
            };
            let came = if *passed { "passed" } else { "not passed" };
            format!("{sitting} {over}: {right} of {} right, {came}", marks.len())
        }
        Examined::Invalidated { sitting, by: Some(by) } => {
            format!("{by} said that {sitting} does not count")
        }
        Examined::Invalidated { sitting, by: None } => {
            format!("{sitting} does not count: its questions were changed while it was open")
        }
        Examined::TimeGranted { who, by, percent } => {
            format!("{by} gave {who} {percent} % more time in exams")
        }
        Examined::ItemRetired { track, item, by } => {
            format!("{by} retired the question {item} of the exam `{}`", track.as_str())
        }
        Examined::HandedIn { sitting, who, pack, .. } => {
            format!("{who} handed in the evidence pack {pack} to be reviewed ({sitting})")
        }
        Examined::Assessed { sitting, by, .. } => format!("{by} assessed the portfolio {sitting}"),
        Examined::Decided { sitting, passed } => {
            let came = if *passed { "passed" } else { "not passed" };
            format!("the portfolio {sitting} is decided: {came}")
        }
    }
}
