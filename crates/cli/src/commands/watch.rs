//! `watch`: the screen that stays open. It reads what is stored when that changed, hands it to the
//! pages, and gives what is ordered there to the same commands that are typed. It must hold nothing
//! that a command could not do, and it leaves the terminal as it found it, however it ends.

mod facts;
mod order;
mod tail;

use std::io::Stdout;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, poll, read};
use crossterm::execute;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use serde_json::json;
use tui::{Key, Model, Page, Wish};

use super::{mcp, up};
use crate::args::{First, Global, Watch};
use crate::exit::{Ended, Exit, Stop};
use crate::people;
use crate::screen::Screen;
use crate::stored::{Runs, now};
use crate::workspace::{self, Workspace};
use facts::Reader;
use order::Order;

/// How long nothing is looked at while no key comes.
const PAUSE: Duration = Duration::from_millis(500);
/// What passes by itself, such as the last minute, is counted anew after this time.
const AGAIN: Duration = Duration::from_secs(5);

/// Opens the screen, or prints one.
pub fn watch(screen: &Screen, global: &Global, args: &Watch) -> Ended {
    let who = match &global.person {
        // Whoever is named has to be somebody of the workspace, before anything is ordered.
        Some(_) => Some(people::known(global, &Workspace::open(global)?)?),
        None => None,
    };
    let run = match &args.run {
        Some(start) => Some(Runs::existing(global)?.find(start)?),
        None => None,
    };
    let page = match (run, args.page) {
        (Some(_), _) => Page::Case,
        (None, First::Fleet) => Page::Fleet,
        (None, First::Runs) => Page::Runs,
        (None, First::Requests) => Page::Requests,
        (None, First::Log) => Page::Log,
        (None, First::Stop) => Page::Stop,
    };
    let mut reader = Reader::new(global, who.as_ref().map(ToString::to_string));
    let mut model = Model::new(page, run, screen.colour);
    if args.once {
        model.now = now();
        model.take(reader.read(&model)?);
        let (width, height) = args.size;
        let text = tui::once(&mut model, width, height);
        let lines: Vec<&str> = text.lines().collect();
        screen.object("watch", json!({ "page": page.name(), "lines": lines }))?;
        lines.iter().for_each(|line| screen.line(line));
        return Ok(Exit::Done);
    }
    if !screen.interactive {
        return Err(Stop::usage("this is no terminal, so there is no screen to stay open")
            .help("`flightdeck watch --once` prints one screen"));
    }
    let orders = order::Orders::new(global, who)?;
    let ended = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&ended);
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        // Where no signal can be heard of, the key still ends it.
        let heard = matches!(mcp::within(up::interrupted()), Ok(Ok(())));
        told.store(heard, Ordering::Release);
    })?;
    let mut open = Opened::new()?;
    let left = stay(&mut open.terminal, &mut model, &mut reader, &orders, &ended);
    drop(open);
    left.map(|()| Exit::Done)
}

/// Shows, reads and does until somebody leaves.
fn stay(
    terminal: &mut Terminal<CrosstermBackend<Stdout>>,
    model: &mut Model,
    reader: &mut Reader,
    orders: &order::Orders,
    ended: &AtomicBool,
) -> Result<(), Stop> {
    let mut out: Option<Order> = None;
    let mut looked: Option<Instant> = None;
    let mut changed = true;
    while !ended.load(Ordering::Acquire) {
        let stale = looked.is_none_or(|at| at.elapsed() >= AGAIN);
        if stale || reader.moved() {
            changed |= take(model, reader);
            looked = Some(Instant::now());
        }
        if let Some(came) = out.as_mut().and_then(Order::came) {
            model.message = came;
            out = None;
            reader.forget();
            take(model, reader);
            changed = true;
        }
        if changed {
            terminal.draw(|frame| tui::draw(model, frame))?;
            changed = false;
        }
        if !poll(PAUSE)? {
            continue;
        }
        changed = true;
        let Event::Key(event) = read()? else { continue };
        let Some(key) = key(event) else { continue };
        match key.map_or(Wish::Leave, |key| model.update(key)) {
            Wish::Leave => return Ok(()),
            Wish::Nothing => {}
            Wish::Read => {
                take(model, reader);
            }
            Wish::Do(_) if out.is_some() => {
                "the last order is not done yet".clone_into(&mut model.message);
            }
            Wish::Do(deed) => match orders.give(&deed) {
                Ok(order) => {
                    "ordered; what comes of it is said here".clone_into(&mut model.message);
                    out = Some(order);
                }
                Err(stop) => model.message = format!("{:#}", stop.what),
            },
        }
    }
    Ok(())
}

/// Takes what is stored now; says whether anything of it is to be seen.
fn take(model: &mut Model, reader: &mut Reader) -> bool {
    model.now = now();
    match reader.read(model) {
        Ok(facts) if facts == model.facts => false,
        Ok(facts) => {
            model.take(facts);
            true
        }
        Err(stop) => {
            let said = format!("what is stored cannot be read: {:#}", stop.what);
            let news = said != model.message;
            model.message = said;
            news
        }
    }
}

/// A key in our words; `Some(None)` leaves.
fn key(event: KeyEvent) -> Option<Option<Key>> {
    let KeyEvent { code, modifiers, kind, .. } = event;
    if kind == KeyEventKind::Release {
        return None;
    }
    if modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
        return (code == KeyCode::Char('c')).then_some(None);
    }
    let key = if let KeyCode::Char(c) = code {
        Key::Char(c)
    } else {
        let known = [
            (KeyCode::Enter, Key::Enter),
            (KeyCode::Esc, Key::Escape),
            (KeyCode::Backspace, Key::Backspace),
            (KeyCode::Up, Key::Up),
            (KeyCode::Down, Key::Down),
            (KeyCode::PageUp, Key::PageUp),
            (KeyCode::PageDown, Key::PageDown),
            (KeyCode::Home, Key::Home),
            (KeyCode::End, Key::End),
        ];
        known.into_iter().find(|(of, _)| *of == code)?.1
    };
    Some(Some(key))
}

/// A terminal that is ours until this goes out of sight.
struct Opened {
    terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Opened {
    fn new() -> Result<Self, Stop> {
        // A panic prints its words where somebody can read them.
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            before(panic);
        }));
        enable_raw_mode()?;
        let mut out = std::io::stdout();
        if let Err(error) = execute!(out, EnterAlternateScreen, crossterm::cursor::Hide) {
            restore();
            return Err(error.into());
        }
        match Terminal::new(CrosstermBackend::new(out)) {
            Ok(terminal) => Ok(Self { terminal }),
            Err(error) => {
                restore();
                Err(error.into())
            }
        }
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        restore();
    }
}

/// The terminal as it was. What cannot be given back is not ours any more.
fn restore() {
    let _ = execute!(std::io::stdout(), LeaveAlternateScreen, crossterm::cursor::Show);
    let _ = disable_raw_mode();
}

/// The data folder that is watched.
fn data(global: &Global) -> Result<std::path::PathBuf, Stop> {
    workspace::data_folder(global)
}
