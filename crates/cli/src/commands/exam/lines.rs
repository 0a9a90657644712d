//! What is told of exams, as lines for people and as JSON. Everything is said in words, so that it
//! reads the same without colours and to somebody who hears it. It computes nothing.

use ::exam::{Offer, Outcome, Paper, Preparing, Question, Score, Stands, Statistics, Told};
use evidence::words;
use journal::Over;
use serde_json::json;

use super::review;
use crate::exit::{Ended, Exit, Stop};
use crate::screen::{Look, Screen};

/// Lines are no longer than this, so that they fit the smallest terminal.
const COLUMNS: usize = 78;

/// Says what is told.
pub fn told(screen: &Screen, told: &Told) -> Result<(), Stop> {
    match told {
        Told::Offers { exams } => offers(screen, exams),
        Told::Paper(paper) => sitting(screen, paper),
        Told::Outcome(outcome) => result(screen, outcome),
        Told::Statistics(statistics) => figures(screen, statistics),
        Told::Reviews { reviews } => review::portfolios(screen, reviews),
        Told::Done => {
            screen.object("exam_kept", json!({}))?;
            screen.line("it is on record");
            Ok(())
        }
    }
}

/// A text in lines that fit.
pub fn wrapped(screen: &Screen, indent: usize, text: &str) {
    let (mut line, pad) = (String::new(), " ".repeat(indent));
    for word in text.split_whitespace() {
        let long = line.chars().count() + word.chars().count() + 1 + indent > COLUMNS;
        if long && !line.is_empty() {
            screen.line(format!("{pad}{line}"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    screen.line(format!("{pad}{line}"));
}

fn percent(millionths: u32) -> String {
    format!("{} %", millionths / 10_000)
}

fn offers(screen: &Screen, exams: &[Offer]) -> Result<(), Stop> {
    screen.object("exams", json!({ "exams": exams }))?;
    for one in exams {
        let track = screen.word(Look::Strong, one.track.as_str());
        screen.line(format!("{track}: {}", one.title));
        wrapped(screen, 2, &one.about);
        let (pass, wait) = (percent(one.pass), one.wait_hours);
        let shape = match one.questions {
            0 => format!("two assessors, {pass} of the points pass"),
            questions => format!("{questions} questions in {} minutes, {pass} pass", one.minutes),
        };
        let valid = one.valid_days;
        wrapped(screen, 2, &format!("{shape}; {wait} hours between two; counts {valid} days"));
        for other in &one.prepares_for {
            let text =
                format!("prepares for {} ({}) of the {}", other.code, other.name, one.issued_by);
            wrapped(screen, 2, &format!("{text}: {}", other.fit));
        }
        for mine in &one.mine {
            let (stands, since) = (mine.stands.words(), words::when(mine.since, None));
            screen.line(format!("  yours: {} of {since}: {stands}", mine.sitting));
        }
        if let Some(again) = one.again {
            screen.line(format!("  you can sit it again at {}", words::when(again, None)));
        }
        if let Some(problem) = &one.problem {
            wrapped(screen, 2, &format!("it cannot be sat: {problem}"));
        }
        screen.line("");
    }
    wrapped(screen, 0, &Preparing::embedded().map_err(Stop::failed)?.note);
    screen.line("`flightdeck exam take TRACK` begins one here");
    Ok(())
}

/// How much time is left, in words.
pub fn left(paper: &Paper) -> String {
    match paper.seconds_left {
        seconds @ 0..=119 => format!("{seconds} seconds left"),
        seconds => format!("{} minutes left", seconds / 60),
    }
}

/// One question with its options.
pub fn question(screen: &Screen, question: &Question) {
    wrapped(screen, 0, &format!("{}. {}", question.question, question.stem));
    for (n, option) in (1_u8..).zip(&question.options) {
        let chosen = if question.chosen == Some(n) { " (chosen)" } else { "" };
        wrapped(screen, 3, &format!("{n}) {option}{chosen}"));
    }
}

fn sitting(screen: &Screen, paper: &Paper) -> Result<(), Stop> {
    screen.object("sitting", paper)?;
    let (id, track) = (&paper.sitting, paper.track.as_str());
    screen.line(format!("sitting {id} of `{track}`: {}", left(paper)));
    for one in &paper.questions {
        screen.line("");
        question(screen, one);
    }
    screen.line("");
    screen.line(format!("`flightdeck exam answer {id} QUESTION OPTION` answers one"));
    screen.line(format!("`flightdeck exam submit {id}` hands it in"));
    Ok(())
}

/// That an answer is kept.
pub fn answered(screen: &Screen, paper: &Paper, question: u16, option: u8) -> Ended {
    let of = paper.questions.len();
    screen.object(
        "exam_answered",
        json!({
            "sitting": paper.sitting,
            "question": question,
            "option": option,
            "answered": paper.answered,
            "questions": of,
            "seconds_left": paper.seconds_left,
        }),
    )?;
    let (answered, left) = (paper.answered, left(paper));
    screen.line(format!("question {question}: option {option}; {answered} of {of}, {left}"));
    Ok(Exit::Done)
}

fn scores(screen: &Screen, title: &str, scores: &[Score]) {
    screen.line(format!("{title}:"));
    for score in scores {
        let name = match score.name == score.of.to_string() {
            true => score.name.clone(),
            false => format!("{} {}", score.of, score.name),
        };
        screen.line(format!("  {name}: {} of {}", score.right, score.questions));
    }
}

fn result(screen: &Screen, outcome: &Outcome) -> Result<(), Stop> {
    screen.object("exam_result", outcome)?;
    let (id, track) = (&outcome.sitting, outcome.track.as_str());
    let stands = outcome.stands.words();
    let look = if outcome.stands == Stands::Passed { Look::Good } else { Look::Strong };
    screen.line(format!("sitting {id} of `{track}`: {}", screen.word(look, stands)));
    if outcome.over == Some(Over::Time) {
        screen.line("its time was over; what was answered by then counts");
    }
    if let Some(reason) = &outcome.reason {
        wrapped(screen, 0, &format!("why it does not count: {}", words::plain(reason)));
    }
    if outcome.over.is_some() {
        let (right, of, needed) = (outcome.right, outcome.of, outcome.needed);
        screen.line(format!("{right} of {of} right; {needed} pass"));
        scores(screen, "by domain", &outcome.domains);
        scores(screen, "by criterion", &outcome.criteria);
    }
    for weak in &outcome.weak {
        screen.line(format!("read again: `flightdeck explain {weak}`"));
    }
    for one in &outcome.questions {
        screen.line("");
        let shown = Question {
            question: one.question,
            item: one.item.clone(),
            stem: one.stem.clone(),
            options: one.options.clone(),
            chosen: one.chosen,
        };
        question(screen, &shown);
        let word = if one.right { "right" } else { "not right" };
        let text =
            format!("{word}: {} is the answer ({}). {}", one.key, one.criterion, one.rationale);
        wrapped(screen, 3, &text);
        if let Some(because) = &one.because {
            wrapped(screen, 3, &format!("why not what was chosen: {because}"));
        }
    }
    if let Some(again) = outcome.again {
        screen.line("");
        screen.line(format!("you can sit it again at {}", words::when(again, None)));
    }
    Ok(())
}

fn figures(screen: &Screen, all: &Statistics) -> Result<(), Stop> {
    screen.object("exam_statistics", all)?;
    let (track, sittings, passed) = (all.track.as_str(), all.sittings, all.passed);
    screen.line(format!(
        "`{track}`, questions of {}: {sittings} sittings, {passed} passed",
        all.version
    ));
    screen.line("right and tells apart are in thousandths");
    for one in &all.items {
        let number = |n: Option<i32>| n.map_or("-".to_owned(), |n| n.to_string());
        let right = number(one.difficulty.and_then(|n| i32::try_from(n).ok()));
        let (shown, apart) = (one.shown, number(one.discrimination));
        let gone = if one.drawn { "" } else { "; not drawn" };
        let text = format!(
            "{}  {}: shown {shown}, right {right}, tells apart {apart}{gone}",
            one.item, one.criterion
        );
        screen.line(text);
        if let Some(why) = &one.retire {
            let item = &one.item;
            wrapped(
                screen,
                4,
                &format!("{why}; `flightdeck exam retire {track} {item} --reason WHY`"),
            );
        }
    }
    Ok(())
}
