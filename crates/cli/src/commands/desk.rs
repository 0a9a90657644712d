//! `review` in a terminal: one request after another, one key each. It must offer nothing that the
//! single commands do not; each key gives one of them.

use std::io::{BufRead, Write};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, read};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use evidence::ReviewKind;

use super::orders::{self, Said};
use super::review;
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

/// Goes through the open requests, the most urgent first.
pub fn desk(screen: &Screen, global: &Global) -> Ended {
    let Some(runs) = Runs::open(global)? else {
        screen.line("nothing waits for a person");
        return Ok(Exit::Done);
    };
    let all = review::open(&runs)?;
    if all.is_empty() {
        screen.line("nothing waits for a person");
        return Ok(Exit::Done);
    }
    people::named(global)?;
    let many = all.len();
    for (n, open) in all.iter().enumerate() {
        screen.line(screen.word(Look::Quiet, &format!("request {} of {many}", n + 1)));
        for text in review::told(screen, open) {
            screen.line(text);
        }
        screen.line(keys(open.review.kind));
        let key = loop {
            if let Some(key) = pressed(open.review.kind)? {
                break key;
            }
        };
        let one = OneReview { run: open.run.to_string(), number: Some(open.review.no.0) };
        let ended = match key {
            Key::Quit => return Ok(Exit::Waiting),
            Key::Later => continue,
            Key::Approve => orders::answer(screen, global, &one, Said::Approve),
            Key::Yes => orders::answer(screen, global, &one, Said::Happened { yes: true }),
            Key::No => orders::answer(screen, global, &one, Said::Happened { yes: false }),
            Key::Retry => {
                let run = open.run.to_string();
                orders::order(screen, global, &run, |who| journal::Order::Retry { who })
            }
            Key::Reject => match line("why? ")? {
                reason if reason.is_empty() => continue,
                reason => orders::answer(screen, global, &one, Said::Reject { reason }),
            },
            Key::Edit => {
                let set = assignments(screen, &open.review.may_edit)?;
                if set.is_empty() {
                    continue;
                }
                orders::answer(screen, global, &one, Said::Edit { set })
            }
        };
        // One answer that was not taken is no reason to leave the others.
        if let Err(stop) = ended {
            screen.stop(&stop);
        }
    }
    let left = review::open(&runs)?.len();
    screen.line(format!("{left} requests still wait"));
    Ok(if left == 0 { Exit::Done } else { Exit::Waiting })
}

fn keys(kind: ReviewKind) -> &'static str {
    match kind {
        ReviewKind::Checkpoint => "a approve · e change and approve · r reject · l later · q quit",
        ReviewKind::Failure => {
            "t try again · a take what was found · e give values · r reject · l later · q quit"
        }
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
    let change = matches!(kind, ReviewKind::Checkpoint | ReviewKind::Failure);
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

/// New values, one a line, until an empty line.
fn assignments(screen: &Screen, may: &[String]) -> Result<Vec<String>, Stop> {
    screen.line(format!("you may change: {}; an empty line ends", may.join(", ")));
    let mut all = Vec::new();
    loop {
        let text = line("path=value: ")?;
        if text.is_empty() {
            return Ok(all);
        }
        all.push(text);
    }
}

fn line(prompt: &str) -> Result<String, Stop> {
    let mut err = std::io::stderr().lock();
    write!(err, "{prompt}")?;
    err.flush()?;
    let mut text = String::new();
    std::io::stdin().lock().read_line(&mut text)?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests;
