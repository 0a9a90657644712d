//! What is shown and where somebody is in it, as data. Texts may hold words of documents, models
//! and tools as they came; they are made harmless where they are drawn.

use journal::{Millis, ReviewNo, RunId, Status, StopScope};

/// A page of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    Fleet,
    Runs,
    /// One run.
    Case,
    Requests,
    /// One request.
    Request,
    Log,
    Stop,
}

impl Page {
    /// Those that a digit leads to.
    pub const MAIN: [Self; 5] = [Self::Fleet, Self::Runs, Self::Requests, Self::Log, Self::Stop];

    /// Its name in the first line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fleet => "fleet",
            Self::Runs => "runs",
            Self::Case => "run",
            Self::Requests => "requests",
            Self::Request => "request",
            Self::Log => "log",
            Self::Stop => "stop",
        }
    }

    /// The page that a digit leads to and from which this one was reached.
    pub(crate) fn main(self) -> Self {
        match self {
            Self::Case => Self::Runs,
            Self::Request => Self::Requests,
            Self::Fleet | Self::Runs | Self::Requests | Self::Log | Self::Stop => self,
        }
    }
}

/// A key, whatever the terminal calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Char(char),
    Enter,
    Escape,
    Backspace,
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
}

/// What a key asks of whoever holds the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    Nothing,
    /// What is looked at has changed: read it.
    Read,
    Do(Deed),
    Leave,
}

/// What a person orders. Each is one command of the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    Approve { run: RunId, no: ReviewNo },
    Reject { run: RunId, no: ReviewNo, reason: String },
    TakeUp { run: RunId, no: ReviewNo },
    Happened { run: RunId, no: ReviewNo, yes: bool },
    Retry { run: RunId },
    Stop { scope: StopScope, reason: String },
    Resume { scope: StopScope, reason: String },
}

/// Everything that was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// Whose name orders are given in; without one nothing can be ordered.
    pub who: Option<String>,
    pub fleet: Fleet,
    pub runs: Vec<Row>,
    pub case: Option<Case>,
    pub requests: Vec<Request>,
    /// What happened, newest first.
    pub log: Vec<Entry>,
    /// What can be stopped and what is, in order.
    pub scopes: Vec<Scope>,
}

/// All cases together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fleet {
    pub workflows: Vec<Workflow>,
    /// The process that works on them.
    pub working: Option<u32>,
    pub done_minute: u64,
    pub done_hour: u64,
    pub tokens_hour: u64,
    /// Since when that was looked at, where it is less than an hour.
    pub since: Option<String>,
    /// Of the day, each with its currency.
    pub cost_today: String,
    pub opened_today: u64,
    /// Cases that ended without a person, of how many.
    pub alone: Option<(u64, u64)>,
    pub waiting: u64,
    /// The time of the request that is due first, and whether it is over.
    pub due: Option<(String, bool)>,
    pub next_wake: Option<String>,
    /// What holds work back: a sentence each.
    pub held: Vec<String>,
}

/// One workflow's cases by how they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workflow {
    pub name: String,
    pub counts: Vec<(Status, u64)>,
}

/// A run in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub run: RunId,
    pub workflow: String,
    pub status: Status,
    pub opened: String,
}

/// One run in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    pub run: RunId,
    pub headline: String,
    /// The cause, a line each.
    pub cause: Vec<String>,
    /// What is safe now: a command, and what it does.
    pub next: Vec<(String, String)>,
    /// What happened: when, and what.
    pub story: Vec<(String, String)>,
}

/// An open request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub run: RunId,
    pub no: ReviewNo,
    pub by: String,
    pub due: String,
    pub due_at: Millis,
    pub late: bool,
    pub question: String,
    /// Whether it is about an effect of which nobody knows whether it happened.
    pub doubt: bool,
    /// Whether it is about a step that failed.
    pub failed: bool,
    pub taken_by: Option<String>,
    /// What it rests on, line by line.
    pub shown: Vec<String>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub at: String,
    pub text: String,
    pub run: Option<RunId>,
}

/// Something that can be stopped, or is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    pub scope: StopScope,
    pub stopped: bool,
    /// Who stopped it, when and why.
    pub told: String,
}

/// Which runs are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub status: Option<Status>,
    pub workflow: Option<String>,
}

/// What is typed before something is ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Prompt {
    /// Why.
    Reason { deed: Deed, typed: String },
    /// `y` does it, everything else leaves it.
    Sure { deed: Deed },
    /// The word has to be typed.
    Word { deed: Deed, word: &'static str, typed: String },
}

/// The screen: what was read, and where somebody is in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub facts: Facts,
    pub page: Page,
    pub filter: Filter,
    /// The run that is looked at.
    pub run: Option<RunId>,
    /// The last thing that was ordered, and what came of it.
    pub message: String,
    pub colour: bool,
    pub now: Millis,
    pub(crate) help: bool,
    /// The chosen line of the list, by page.
    pub(crate) chosen: usize,
    /// The first line of a text that is shown.
    pub(crate) scroll: usize,
    pub(crate) request: Option<(RunId, ReviewNo)>,
    pub(crate) prompt: Option<Prompt>,
}

impl Model {
    /// A screen that shows nothing yet.
    #[must_use]
    pub fn new(page: Page, run: Option<RunId>, colour: bool) -> Self {
        Self {
            facts: Facts::default(),
            page,
            filter: Filter::default(),
            run,
            message: String::new(),
            colour,
            now: Millis(0),
            help: false,
            chosen: 0,
            scroll: 0,
            request: None,
            prompt: None,
        }
    }

    /// Takes what was read. The chosen line stays the same thing, as far as it is still there.
    pub fn take(&mut self, facts: Facts) {
        let chosen = self.chosen_thing();
        self.facts = facts;
        let place = chosen.and_then(|thing| self.things().position(|other| other == thing));
        self.chosen = place.unwrap_or(self.chosen).min(self.things().count().saturating_sub(1));
    }

    /// What each line of the page's list is about.
    fn things(&self) -> Box<dyn Iterator<Item = Thing> + '_> {
        match self.page {
            Page::Runs => Box::new(self.facts.runs.iter().map(|row| Thing::Run(row.run))),
            Page::Requests => Box::new(self.facts.requests.iter().map(Thing::of)),
            Page::Log => Box::new(
                self.facts
                    .log
                    .iter()
                    .map(|entry| Thing::Entry(entry.at.clone(), entry.text.clone())),
            ),
            Page::Stop => {
                Box::new(self.facts.scopes.iter().map(|scope| Thing::Scope(scope.scope.clone())))
            }
            Page::Fleet | Page::Case | Page::Request => Box::new(std::iter::empty()),
        }
    }

    fn chosen_thing(&self) -> Option<Thing> {
        self.things().nth(self.chosen)
    }

    /// How many lines the page's list has.
    pub(crate) fn lines(&self) -> usize {
        self.things().count()
    }

    /// The request that is looked at; nothing once it is answered.
    pub(crate) fn open_request(&self) -> Option<&Request> {
        let (run, no) = self.request?;
        self.facts.requests.iter().find(|request| request.run == run && request.no == no)
    }
}

/// What a line is about, so that it is found again when others came before it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Thing {
    Run(RunId),
    Request(RunId, ReviewNo),
    Entry(String, String),
    Scope(StopScope),
}

impl Thing {
    fn of(request: &Request) -> Self {
        Self::Request(request.run, request.no)
    }
}
