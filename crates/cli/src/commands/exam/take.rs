//! `exam take`: a sitting in the terminal, one question after another. It is lines only, so it
//! works on the smallest terminal, without colours, and for a screen reader. Every answer is kept
//! as it is typed; whoever goes away comes back to the same sitting. It must not mark anything.

use ::exam::{Order, Paper, Told};
use journal::SittingId;
use plan::Track;

use super::{Desk, lines};
use crate::commands::desk::line;
use crate::exit::{Ended, Exit, Stop};
use crate::screen::Screen;

/// What is typed between two questions.
enum Typed {
    Option(u8),
    Next,
    Back,
    Go(usize),
    Submit,
    Leave,
    Nothing,
}

fn read(text: &str) -> Typed {
    if let Ok(option) = text.parse() {
        return Typed::Option(option);
    }
    match text.split_once(' ').unwrap_or((text, "")) {
        ("" | "n", "") => Typed::Next,
        ("b", "") => Typed::Back,
        ("s", "") => Typed::Submit,
        ("q", "") => Typed::Leave,
        ("g", to) => to.trim().parse().map_or(Typed::Nothing, Typed::Go),
        _ => Typed::Nothing,
    }
}

/// Sits an exam.
pub fn take(screen: &Screen, desk: &Desk<'_>, track: Track) -> Ended {
    let mut paper = paper(desk, Order::Begin(track))?;
    let of = paper.questions.len();
    let mut at = paper.questions.iter().position(|one| one.chosen.is_none()).unwrap_or_default();
    screen.line(format!(
        "sitting {} of `{}`: {}",
        paper.sitting,
        track.as_str(),
        lines::left(&paper)
    ));
    screen.line("type an option's number; n next, b back, g 7 goes to 7, s hands in, q leaves");
    loop {
        let Some(question) = paper.questions.get(at) else { return Ok(Exit::Done) };
        screen.line("");
        lines::question(screen, question);
        let number = question.question;
        let prompt =
            format!("[{number} of {of}, {} answered, {}] ", paper.answered, lines::left(&paper));
        let Some(text) = typed(&prompt)? else { return left(screen, &paper.sitting) };
        match read(&text) {
            Typed::Option(option) => {
                let sitting = paper.sitting.clone();
                let order = Order::Answer { sitting, question: number, item: None, option };
                match paper_or(screen, desk, order, &paper.sitting)? {
                    Some(new) => {
                        paper = new;
                        at = (at + 1).min(of.saturating_sub(1));
                    }
                    None => return Ok(Exit::Done),
                }
            }
            Typed::Next => at = (at + 1).min(of.saturating_sub(1)),
            Typed::Back => at = at.saturating_sub(1),
            Typed::Go(to) if (1..=of).contains(&to) => at = to - 1,
            Typed::Submit => {
                let open = of - paper.answered;
                let sure = format!("{open} of {of} are not answered; hand it in? [y/N] ");
                if open == 0 || line(&sure)?.eq_ignore_ascii_case("y") {
                    lines::told(screen, &desk.told(Order::Submit(paper.sitting))?)?;
                    return Ok(Exit::Done);
                }
            }
            Typed::Leave => return left(screen, &paper.sitting),
            Typed::Go(_) | Typed::Nothing => screen.line("a number, n, b, g and a number, s or q"),
        }
    }
}

/// A line that is typed; nothing where nobody types any more.
fn typed(prompt: &str) -> Result<Option<String>, Stop> {
    use std::io::Write;
    let mut err = std::io::stderr().lock();
    write!(err, "{prompt}")?;
    err.flush()?;
    let mut text = String::new();
    let read = std::io::stdin().read_line(&mut text)?;
    Ok((read > 0).then(|| text.trim().to_lowercase()))
}

fn left(screen: &Screen, sitting: &SittingId) -> Ended {
    screen.line("");
    screen.line(format!("sitting {sitting} is open, and its time runs on"));
    Ok(Exit::Done)
}

fn paper(desk: &Desk<'_>, order: Order) -> Result<Paper, Stop> {
    match desk.told(order)? {
        Told::Paper(paper) => Ok(paper),
        _ => Err(Stop::failed("the sitting cannot be shown")),
    }
}

/// The sitting after an answer; nothing where its time is over, and then its result is shown.
fn paper_or(
    screen: &Screen,
    desk: &Desk<'_>,
    order: Order,
    sitting: &SittingId,
) -> Result<Option<Paper>, Stop> {
    match paper(desk, order) {
        Ok(paper) => Ok(Some(paper)),
        Err(stop) if stop.exit == Exit::Usage => {
            // An option that there is not ends nothing.
            screen.stop(&stop);
            paper(desk, Order::Show(sitting.clone())).map(Some)
        }
        Err(stop) if stop.exit == Exit::Refused => {
            screen.line("the time is over");
            lines::told(screen, &desk.told(Order::Result(sitting.clone()))?)?;
            Ok(None)
        }
        Err(stop) => Err(stop),
    }
}
