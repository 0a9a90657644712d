//! What each key does: where it leads, or what it orders. Nothing is ordered by one key: an answer
//! wants a second one, and a stop wants its word.

use journal::Status;

use crate::model::{Deed, Key, Model, Page, Prompt, Wish};

/// The longest reason that can be typed.
const REASON_MAX: usize = 300;
/// Lines that a page key moves.
const PAGE: usize = 10;

/// How the list of runs can be narrowed, in turn.
const STATUSES: &[Option<Status>] = &[
    None,
    Some(Status::Waiting),
    Some(Status::Failed),
    Some(Status::Running),
    Some(Status::Sleeping),
    Some(Status::Halted),
    Some(Status::Paused),
    Some(Status::Done),
    Some(Status::Rejected),
    Some(Status::Duplicate),
    Some(Status::Cancelled),
];

impl Model {
    /// What a key does.
    pub fn update(&mut self, key: Key) -> Wish {
        if self.help {
            self.help = false;
            return Wish::Nothing;
        }
        if let Some(prompt) = self.prompt.take() {
            return self.typed(prompt, key);
        }
        match key {
            Key::Char('q') => Wish::Leave,
            Key::Char('?') => {
                self.help = true;
                Wish::Nothing
            }
            Key::Char(c @ '1'..='5') => {
                let place = usize::try_from(c.to_digit(10).unwrap_or(1)).unwrap_or(1);
                let page = Page::MAIN.get(place.saturating_sub(1)).copied();
                self.go(page.unwrap_or(Page::Fleet))
            }
            Key::Escape => match self.page {
                Page::Fleet => Wish::Nothing,
                Page::Case | Page::Request => self.go(self.page.main()),
                Page::Runs | Page::Requests | Page::Log | Page::Stop => self.go(Page::Fleet),
            },
            Key::Up | Key::Down | Key::PageUp | Key::PageDown | Key::Home | Key::End => {
                self.moved(key);
                Wish::Nothing
            }
            Key::Enter => self.opened(),
            Key::Char(c) => self.letter(c),
            Key::Backspace => Wish::Nothing,
        }
    }

    fn go(&mut self, page: Page) -> Wish {
        self.page = page;
        self.chosen = 0;
        self.scroll = 0;
        self.message.clear();
        Wish::Read
    }

    fn moved(&mut self, key: Key) {
        let step = |at: usize, most: usize| match key {
            Key::Up => at.saturating_sub(1),
            Key::Down => at.saturating_add(1).min(most),
            Key::PageUp => at.saturating_sub(PAGE),
            Key::PageDown => at.saturating_add(PAGE).min(most),
            Key::Home => 0,
            Key::End => most,
            Key::Char(_) | Key::Enter | Key::Escape | Key::Backspace => at,
        };
        match self.page {
            // How far a text goes is known where it is drawn.
            Page::Case | Page::Request | Page::Fleet => {
                self.scroll = step(self.scroll, usize::from(u16::MAX));
            }
            Page::Runs | Page::Requests | Page::Log | Page::Stop => {
                self.chosen = step(self.chosen, self.lines().saturating_sub(1));
            }
        }
    }

    /// The chosen line in full.
    fn opened(&mut self) -> Wish {
        match self.page {
            Page::Runs => {
                let run = self.facts.runs.get(self.chosen).map(|row| row.run);
                self.case(run)
            }
            Page::Log => {
                let run = self.facts.log.get(self.chosen).and_then(|entry| entry.run);
                self.case(run)
            }
            Page::Requests => {
                let chosen = self.facts.requests.get(self.chosen);
                let Some(place) = chosen.map(|request| (request.run, request.no)) else {
                    return Wish::Nothing;
                };
                self.request = Some(place);
                self.go(Page::Request)
            }
            Page::Request => {
                let run = self.request.map(|(run, _)| run);
                self.case(run)
            }
            Page::Stop => self.stop(),
            Page::Fleet | Page::Case => Wish::Nothing,
        }
    }

    fn case(&mut self, run: Option<journal::RunId>) -> Wish {
        if run.is_none() {
            return Wish::Nothing;
        }
        self.run = run;
        self.go(Page::Case)
    }

    fn letter(&mut self, letter: char) -> Wish {
        match (self.page, letter) {
            (Page::Runs, 's') => {
                let at = STATUSES.iter().position(|status| *status == self.filter.status);
                let next = at.map_or(0, |at| (at + 1) % STATUSES.len());
                self.filter.status = STATUSES.get(next).copied().flatten();
                self.go(Page::Runs)
            }
            (Page::Runs, 'w') => {
                let names = self.facts.fleet.workflows.iter().map(|workflow| &workflow.name);
                let mut names = names.skip_while(|name| {
                    self.filter.workflow.as_ref().is_some_and(|now| now != *name)
                });
                if self.filter.workflow.is_some() {
                    names.next();
                }
                self.filter.workflow = names.next().cloned();
                self.go(Page::Runs)
            }
            (Page::Request, 'a' | 'r' | 'u' | 't' | 'y' | 'n') => self.answer(letter),
            (Page::Stop, 's' | 'l') => self.stop(),
            _ => Wish::Nothing,
        }
    }

    /// Whether somebody is named who may order; otherwise that is said.
    fn named(&mut self) -> bool {
        if self.facts.who.is_none() {
            "you only look: start it with `--as PERSON` to answer or stop"
                .clone_into(&mut self.message);
        }
        self.facts.who.is_some()
    }

    fn answer(&mut self, letter: char) -> Wish {
        let Some(request) = self.open_request() else { return Wish::Nothing };
        let (run, no) = (request.run, request.no);
        let (doubt, failed) = (request.doubt, request.failed);
        let deed = match letter {
            'a' if !doubt => Deed::Approve { run, no },
            'r' if !doubt => Deed::Reject { run, no, reason: String::new() },
            'u' => Deed::TakeUp { run, no },
            't' if failed => Deed::Retry { run },
            'y' if doubt => Deed::Happened { run, no, yes: true },
            'n' if doubt => Deed::Happened { run, no, yes: false },
            _ => return Wish::Nothing,
        };
        if self.named() {
            let wants_reason = matches!(deed, Deed::Reject { .. });
            self.prompt = Some(match wants_reason {
                true => Prompt::Reason { deed, typed: String::new() },
                false => Prompt::Sure { deed },
            });
        }
        Wish::Nothing
    }

    fn stop(&mut self) -> Wish {
        let Some(chosen) = self.facts.scopes.get(self.chosen) else { return Wish::Nothing };
        let (scope, reason) = (chosen.scope.clone(), String::new());
        let deed = match chosen.stopped {
            true => Deed::Resume { scope, reason },
            false => Deed::Stop { scope, reason },
        };
        if self.named() {
            self.prompt = Some(Prompt::Reason { deed, typed: String::new() });
        }
        Wish::Nothing
    }

    fn typed(&mut self, prompt: Prompt, key: Key) -> Wish {
        if key == Key::Escape {
            "nothing was done".clone_into(&mut self.message);
            return Wish::Nothing;
        }
        match prompt {
            Prompt::Sure { deed } if key == Key::Char('y') => return Wish::Do(deed),
            Prompt::Sure { .. } => "nothing was done".clone_into(&mut self.message),
            Prompt::Reason { deed, mut typed } => {
                let whole = key == Key::Enter && !typed.trim().is_empty();
                self.prompt = Some(if whole {
                    because(deed, typed.trim())
                } else {
                    edit(&mut typed, key);
                    Prompt::Reason { deed, typed }
                });
            }
            Prompt::Word { deed, word, mut typed } => {
                if key == Key::Enter {
                    if typed == word {
                        return Wish::Do(deed);
                    }
                    self.message = format!("`{word}` was not typed; nothing was done");
                    return Wish::Nothing;
                }
                edit(&mut typed, key);
                self.prompt = Some(Prompt::Word { deed, word, typed });
            }
        }
        Wish::Nothing
    }
}

/// What is still wanted once the reason is there.
fn because(deed: Deed, typed: &str) -> Prompt {
    let reason = typed.to_owned();
    match deed {
        Deed::Stop { scope, .. } => {
            let deed = Deed::Stop { scope, reason };
            Prompt::Word { deed, word: "stop", typed: String::new() }
        }
        Deed::Resume { scope, .. } => {
            let deed = Deed::Resume { scope, reason };
            Prompt::Word { deed, word: "resume", typed: String::new() }
        }
        Deed::Reject { run, no, .. } => Prompt::Sure { deed: Deed::Reject { run, no, reason } },
        Deed::Approve { .. } | Deed::TakeUp { .. } | Deed::Happened { .. } | Deed::Retry { .. } => {
            Prompt::Sure { deed }
        }
    }
}

fn edit(typed: &mut String, key: Key) {
    match key {
        Key::Char(c) if typed.chars().count() < REASON_MAX => typed.push(c),
        Key::Backspace => {
            typed.pop();
        }
        Key::Char(_)
        | Key::Enter
        | Key::Escape
        | Key::Up
        | Key::Down
        | Key::PageUp
        | Key::PageDown
        | Key::Home
        | Key::End => {}
    }
}
