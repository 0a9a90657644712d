//! Draws the model into the cells of a terminal: a first line with the pages, the page, a line for
//! what was ordered or is typed, and a last line with the keys. Colour says nothing that a word
//! does not say as well.

mod pages;

use ratatui::Frame;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use crate::model::{Deed, Model, Page, Prompt};
use crate::text::{line, padded};

/// The smallest screen on which everything finds its place.
const LEAST: (u16, u16) = (50, 10);

/// How a piece of text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Plain,
    Strong,
    Quiet,
    Good,
    Warn,
    Bad,
    /// The chosen line.
    Chosen,
}

/// Draws one screen. How far a text can be scrolled is known only here, so that is corrected.
pub fn draw(model: &mut Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    let mut canvas = Canvas { buffer: frame.buffer_mut(), area, colour: model.colour };
    if let Some(scroll) = canvas.screen(model) {
        model.scroll = scroll;
    }
}

/// One screen as text, for a pipe.
#[must_use]
pub fn once(model: &mut Model, width: u16, height: u16) -> String {
    let mut terminal = match Terminal::new(TestBackend::new(width, height)) {
        Ok(terminal) => terminal,
        // A screen in memory has nothing that can fail.
        Err(never) => match never {},
    };
    match terminal.draw(|frame| draw(model, frame)) {
        Ok(_) => {}
        Err(never) => match never {},
    }
    let buffer = terminal.backend().buffer();
    let mut text = String::new();
    for y in 0..height {
        let mut row = String::new();
        let mut skip = 0_usize;
        for x in 0..width {
            let symbol = buffer.cell((x, y)).map_or(" ", |cell| cell.symbol());
            if skip > 0 {
                skip -= 1;
                continue;
            }
            skip = crate::text::cells(symbol).saturating_sub(1);
            row.push_str(symbol);
        }
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

/// Where is drawn.
struct Canvas<'b> {
    buffer: &'b mut Buffer,
    area: Rect,
    colour: bool,
}

impl Canvas<'_> {
    fn width(&self) -> usize {
        usize::from(self.area.width)
    }

    fn style(&self, look: Look) -> Style {
        let plain = Style::new();
        let coloured = |colour| if self.colour { plain.fg(colour) } else { plain };
        match look {
            Look::Plain => plain,
            Look::Strong => plain.add_modifier(Modifier::BOLD),
            Look::Quiet => plain.add_modifier(Modifier::DIM),
            Look::Good => coloured(Color::Green),
            Look::Warn => coloured(Color::Yellow),
            Look::Bad => coloured(Color::Red).add_modifier(Modifier::BOLD),
            Look::Chosen => plain.add_modifier(Modifier::REVERSED),
        }
    }

    /// Puts pieces of text beside each other into one row; what has no room is cut.
    fn row(&mut self, y: u16, pieces: &[(Look, &str)]) {
        let mut x = 0;
        for (n, (look, text)) in pieces.iter().enumerate() {
            x += usize::from(n > 0);
            let text = line(text, self.width().saturating_sub(x));
            self.at(x, y, *look, &text);
            x += crate::text::cells(&text);
        }
    }

    fn screen(&mut self, model: &Model) -> Option<usize> {
        let (width, height) = (self.area.width, self.area.height);
        if width < LEAST.0 || height < LEAST.1 {
            let wanted = format!("{width}x{height} is too small;",);
            self.row(0, &[(Look::Plain, &wanted)]);
            if height > 1 {
                let least = format!("make it {}x{} at least", LEAST.0, LEAST.1);
                self.row(1, &[(Look::Plain, &least)]);
            }
            if height > 2 {
                self.row(2, &[(Look::Plain, "q quits")]);
            }
            return None;
        }
        self.head(model);
        let body = Body { from: 2, to: height.saturating_sub(2) };
        let scroll = if model.help {
            self.help(body);
            None
        } else {
            self.page(model, body)
        };
        self.said(model, height.saturating_sub(2));
        let keys = keys(model);
        self.row(height.saturating_sub(1), &[(Look::Quiet, &keys)]);
        scroll
    }

    fn head(&mut self, model: &Model) {
        let mut x: usize = 0;
        for (n, page) in (1..).zip(Page::MAIN) {
            let here = model.page.main() == page;
            let name = if here {
                format!("[{n} {}]", page.name())
            } else {
                format!(" {n} {} ", page.name())
            };
            let look = if here { Look::Strong } else { Look::Plain };
            self.at(x, 0, look, &name);
            x += crate::text::cells(&name);
        }
        let who = match &model.facts.who {
            Some(who) => format!("as {who}"),
            None => "looking only".to_owned(),
        };
        let room = self.width().saturating_sub(x + 2);
        let who = line(&who, room);
        self.at(self.width().saturating_sub(crate::text::cells(&who)), 0, Look::Quiet, &who);
        let rule = "─".repeat(self.width());
        self.at(0, 1, Look::Quiet, &rule);
    }

    /// Puts a text where it is wanted, cut at the edge.
    fn at(&mut self, x: usize, y: u16, look: Look, text: &str) {
        let style = self.style(look);
        let room = self.width().saturating_sub(x);
        let column = self.area.x.saturating_add(u16::try_from(x).unwrap_or(u16::MAX));
        self.buffer.set_stringn(column, self.area.y.saturating_add(y), text, room, style);
    }

    /// What is typed, or what came of the last order.
    fn said(&mut self, model: &Model, y: u16) {
        let text = match &model.prompt {
            None => {
                self.row(y, &[(Look::Warn, &model.message)]);
                return;
            }
            Some(Prompt::Reason { typed, .. }) => typing("why? ", typed, self.width()),
            Some(Prompt::Sure { deed }) => {
                format!("{}? y does it, another key leaves it", does(deed))
            }
            Some(Prompt::Word { deed, word, typed }) => {
                typing(&format!("{}: type `{word}` and Enter: ", does(deed)), typed, self.width())
            }
        };
        let text = padded(&text, self.width());
        self.at(0, y, Look::Chosen, &text);
    }

    fn help(&mut self, body: Body) {
        let lines = [
            "1 to 5       the pages in the first line",
            "up and down  one line; PageUp and PageDown ten; Home and End all",
            "Enter        what the chosen line is about, in full",
            "Escape       back; while something is typed, nothing is done",
            "s and w      of the runs: only one status, only one workflow",
            "a r u        of a request: approve, reject with a reason, take it up",
            "t y n        of a failure: try again; of a doubt: it happened, or not",
            "s            of the stops: stop what is chosen, or let it go on",
            "q            quits; nothing that runs is touched by that",
            "",
            "Whatever is ordered here is ordered as the commands `flightdeck review`,",
            "`flightdeck stop` and `flightdeck resume` do it, in the name after `--as`.",
        ];
        for (y, text) in (body.from..body.to).zip(lines) {
            self.row(y, &[(Look::Plain, text)]);
        }
    }
}

/// Rows of the page itself.
#[derive(Debug, Clone, Copy)]
struct Body {
    from: u16,
    to: u16,
}

impl Body {
    fn height(self) -> usize {
        usize::from(self.to.saturating_sub(self.from))
    }
}

/// What is typed, the end of it where there is no room for all.
fn typing(label: &str, typed: &str, width: usize) -> String {
    let room = width.saturating_sub(crate::text::cells(label) + 2);
    let count = typed.chars().count();
    let end: String = typed.chars().skip(count.saturating_sub(room)).collect();
    format!("{label}{end}_")
}

/// An order in words.
fn does(deed: &Deed) -> String {
    use evidence::words::scope;
    match deed {
        Deed::Approve { no, .. } => format!("approve request {}", no.0),
        Deed::Reject { no, .. } => format!("reject request {}", no.0),
        Deed::TakeUp { no, .. } => format!("take up request {}", no.0),
        Deed::Happened { yes: true, .. } => "say that it happened".to_owned(),
        Deed::Happened { yes: false, .. } => "say that it did not happen".to_owned(),
        Deed::Retry { .. } => "try the step again".to_owned(),
        Deed::Stop { scope: stop, .. } => format!("stop {}", scope(stop)),
        Deed::Resume { scope: stop, .. } => format!("let {} go on", scope(stop)),
    }
}

/// The keys that mean something here.
fn keys(model: &Model) -> String {
    if model.help {
        return "any key goes back".to_owned();
    }
    if model.prompt.is_some() {
        return "Escape leaves everything as it is".to_owned();
    }
    let answers = match model.open_request() {
        Some(request) if request.doubt => "y it happened  n it did not  u take up  Enter run",
        Some(request) if request.failed => "t try again  a take it  r reject  u take up  Enter run",
        Some(_) => "a approve  r reject  u take up  Enter run",
        None => "",
    };
    let here = match model.page {
        Page::Fleet => "",
        Page::Runs => "Enter opens  s status  w workflow",
        Page::Case => "up down scroll  Esc back",
        Page::Requests | Page::Log => "Enter opens",
        Page::Request => answers,
        Page::Stop => "Enter stop or let go on",
    };
    let here = if here.is_empty() { String::new() } else { format!("{here}  ") };
    format!("{here}1-5 pages  ? help  q quit")
}
