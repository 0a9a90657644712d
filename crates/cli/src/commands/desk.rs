//! `review` in a terminal: one request after another, one key each. It must offer nothing that the
//! single commands do not; each key gives one of them.

use std::io::{BufRead, Write};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, read};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use evidence::ReviewKind;
use plan::ids::PersonId;

use super::orders::{self, Said};
use super::review::{self, Open};
use crate::args::{Global, OneReview};
use crate::exit::{Ended, Exit, Stop};
use crate::people;
use crate::screen::{Look, Screen};
use crate::stored::Runs;

/// What a key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Approve,
    Edit,
    Reject,
    Retry,
    Yes,
    No,
    Later,
    Quit,
}

/// Goes through the open requests that this person may answer, the most urgent first.
pub fn desk(screen: &Screen, global: &Global) -> Ended {
    let Some(runs) = Runs::open(global)? else {
        screen.line("nothing waits for a person");
        return Ok(Exit::Done);
    };
    let all = review::open(screen, &runs)?;
    if all.is_empty() {
        screen.line("nothing waits for a person");
        return Ok(Exit::Done);
    }
    let who = people::named(global)?;
    let (mine, others): (Vec<Open>, Vec<Open>) =
        all.into_iter().partition(|open| asks(&runs, open, &who));
    let many = mine.len();
    for (n, open) in mine.iter().enumerate() {
        screen.line(screen.word(Look::Quiet, &format!("request {} of {many}", n + 1)));
        for text in review::told(screen, open) {
            screen.line(text);
        }
        loop {
            match one(screen, global, &runs, open)? {
                Went::On => break,
                Went::Again => {}
                Went::Away => return Ok(Exit::Waiting),
            }
        }
    }
    if !others.is_empty() {
        screen.line(format!("{} requests wait for other people", others.len()));
    }
    let left = review::open(screen, &runs)?.len();
    screen.line(format!("{left} requests still wait"));
    Ok(if left == 0 { Exit::Done } else { Exit::Waiting })
}

/// Whether a request is for this person. Where the release cannot say, it is shown; the run itself
/// decides in the end.
fn asks(runs: &Runs, open: &Open, who: &PersonId) -> bool {
    let Some(plan) = open.view.release.and_then(|release| runs.release(release)) else {
        return true;
    };
    plan.workflow().roles.get(&open.review.by).is_some_and(|people| people.contains(who))
}

/// What became of a request before which a person sat.
enum Went {
    On,
    /// It was not answered, or the answer was not taken: it may be answered otherwise.
    Again,
    Away,
}

/// One key for a request.
fn one(screen: &Screen, global: &Global, runs: &Runs, open: &Open) -> Result<Went, Stop> {
    screen.line(keys(open.review.kind));
    let key = loop {
        if let Some(key) = pressed(open.review.kind)? {
            break key;
        }
    };
    let at = OneReview { run: open.run.to_string(), number: Some(open.review.no.0) };
    let said = match key {
        Key::Quit => return Ok(Went::Away),
        Key::Later => return Ok(Went::On),
        Key::Approve => Said::Approve,
        Key::Yes => Said::Happened { yes: true },
        Key::No => Said::Happened { yes: false },
        Key::Retry => {
            let retry = |who| journal::Order::Retry { who };
            return Ok(taken(screen, orders::order(screen, global, &at.run, retry)));
        }
        Key::Reject => match line("why? ")? {
            reason if reason.is_empty() => return Ok(Went::Again),
            reason => Said::Reject { reason },
        },
        Key::Edit => match assignments(screen, runs, open)? {
            set if set.is_empty() => return Ok(Went::Again),
            set => Said::Edit { set },
        },
    };
    Ok(taken(screen, orders::answer(screen, global, &at, said)))
}

fn taken(screen: &Screen, ended: Ended) -> Went {
    match ended {
        Ok(_) => Went::On,
        Err(stop) => {
            screen.stop(&stop);
            Went::Again
        }
    }
}

fn keys(kind: ReviewKind) -> &'static str {
    match kind {
        ReviewKind::Checkpoint => "a approve · e change and approve · r reject · l later · q quit",
        ReviewKind::Failure => {
            "t try again · a take what was found · e give values · r reject · l later · q quit"
        }
        ReviewKind::Question => "a take what is proposed · e answer · r reject · l later · q quit",
        ReviewKind::Act => "a approve · r reject · l later · q quit",
        ReviewKind::InDoubt => "y it happened · n it did not · l later · q quit",
    }
}

/// One key, if it means something here.
fn pressed(kind: ReviewKind) -> Result<Option<Key>, Stop> {
    enable_raw_mode()?;
    let event = read();
    disable_raw_mode()?;
    let Event::Key(KeyEvent { code, modifiers, kind: KeyEventKind::Press, .. }) = event? else {
        return Ok(None);
    };
    if code == KeyCode::Char('c') && modifiers.contains(KeyModifiers::CONTROL) {
        return Ok(Some(Key::Quit));
    }
    Ok(meaning(kind, code))
}

fn meaning(kind: ReviewKind, code: KeyCode) -> Option<Key> {
    let doubt = kind == ReviewKind::InDoubt;
    let change =
        matches!(kind, ReviewKind::Checkpoint | ReviewKind::Failure | ReviewKind::Question);
    match code {
        KeyCode::Char('q') | KeyCode::Esc => Some(Key::Quit),
        KeyCode::Char('l') => Some(Key::Later),
        KeyCode::Char('a') if !doubt => Some(Key::Approve),
        KeyCode::Char('r') if !doubt => Some(Key::Reject),
        KeyCode::Char('e') if change => Some(Key::Edit),
        KeyCode::Char('t') if kind == ReviewKind::Failure => Some(Key::Retry),
        KeyCode::Char('y') if doubt => Some(Key::Yes),
        KeyCode::Char('n') if doubt => Some(Key::No),
        _ => None,
    }
}

/// New values, one a line, until an empty line. One that cannot be read is said at once, so that
/// nothing typed before it is lost.
fn assignments(screen: &Screen, runs: &Runs, open: &Open) -> Result<Vec<String>, Stop> {
    let may = open.review.may_edit.join(", ");
    screen.line(format!("you may change: {may}; an empty line ends"));
    let mut all = Vec::new();
    loop {
        let text = line("path=value: ")?;
        if text.is_empty() {
            return Ok(all);
        }
        match orders::assignments(runs, open, std::slice::from_ref(&text)) {
            Ok(_) => all.push(text),
            Err(stop) => screen.stop(&stop),
        }
    }
}

/// One line that a person types.
pub fn line(prompt: &str) -> Result<String, Stop> {
    let mut err = std::io::stderr().lock();
    write!(err, "{prompt}")?;
    err.flush()?;
    let mut text = String::new();
    std::io::stdin().lock().read_line(&mut text)?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests;
