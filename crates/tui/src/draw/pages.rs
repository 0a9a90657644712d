//! The pages: all cases together, the list of runs, one run, the requests, one of them, what
//! happened, and what can be stopped.

use journal::Status;

use super::{Body, Canvas, Look};
use crate::model::{Case, Fleet, Model, Page, Request};
use crate::text::{padded, wrapped};

/// The order in which counts are shown: what needs somebody first.
const ORDER: [Status; 10] = [
    Status::Waiting,
    Status::Failed,
    Status::Halted,
    Status::Paused,
    Status::Running,
    Status::Sleeping,
    Status::Done,
    Status::Rejected,
    Status::Duplicate,
    Status::Cancelled,
];

impl Canvas<'_> {
    /// Draws the page; gives how far its text is scrolled, where it has one.
    pub(super) fn page(&mut self, model: &Model, body: Body) -> Option<usize> {
        let lines = match model.page {
            Page::Fleet => fleet(&model.facts.fleet, self.width()),
            Page::Case => match &model.facts.case {
                Some(case) => one_case(case, self.width()),
                None => vec![(Look::Quiet, "there is no such run".to_owned())],
            },
            Page::Request => match model.open_request() {
                Some(request) => one_request(request, self.width()),
                None => vec![(Look::Quiet, "this request is answered".to_owned())],
            },
            Page::Runs => {
                self.runs(model, body);
                return None;
            }
            Page::Requests => {
                self.requests(model, body);
                return None;
            }
            Page::Log => {
                self.log(model, body);
                return None;
            }
            Page::Stop => {
                self.stops(model, body);
                return None;
            }
        };
        Some(self.lines(&lines, model.scroll, body))
    }

    /// Lines from the scrolled one on. The last row says how many are left: what somebody is to
    /// decide about may stand in them.
    fn lines(&mut self, lines: &[(Look, String)], scroll: usize, body: Body) -> usize {
        let whole = lines.len() <= body.height();
        let height = if whole { body.height() } else { body.height().saturating_sub(1) };
        let from = scroll.min(lines.len().saturating_sub(height));
        for (y, (look, text)) in (body.from..).zip(lines.iter().skip(from).take(height)) {
            self.at(0, y, *look, text);
        }
        if !whole {
            let below = lines.len().saturating_sub(from + height);
            let more = format!("-- {from} lines above, {below} below: up and down --");
            self.row(body.to.saturating_sub(1), &[(Look::Quiet, &more)]);
        }
        from
    }

    /// A list around its chosen line.
    fn list(&mut self, lines: &[(Look, String)], chosen: usize, body: Body) {
        let height = body.height();
        let from = chosen.saturating_sub(height.saturating_sub(1));
        let shown = lines.iter().enumerate().skip(from);
        for (y, (n, (look, text))) in (body.from..body.to).zip(shown) {
            let here = n == chosen;
            let mark = if here { ">" } else { " " };
            let text = padded(&format!("{mark} {text}"), self.width());
            self.at(0, y, if here { Look::Chosen } else { *look }, &text);
        }
    }

    fn runs(&mut self, model: &Model, body: Body) {
        let status = model.filter.status.map_or("every status", Status::as_str);
        let workflow = model.filter.workflow.as_deref().unwrap_or("every workflow");
        let title = format!("{status}, {workflow}, newest first");
        self.row(body.from, &[(Look::Quiet, &title)]);
        let rows = model.facts.runs.iter().map(|row| {
            let status = row.status.as_str();
            let text = format!("{}  {status:<9}  {}  {}", row.run, row.opened, row.workflow);
            (of(row.status), text)
        });
        let rows: Vec<_> = rows.collect();
        let body = Body { from: body.from + 1, ..body };
        if rows.is_empty() {
            self.row(body.from, &[(Look::Plain, "no run stands so")]);
        }
        self.list(&rows, model.chosen, body);
    }

    fn requests(&mut self, model: &Model, body: Body) {
        let rows = model.facts.requests.iter().map(|request| {
            let late = if request.late { "LATE " } else { "due " };
            let taken = request
                .taken_by
                .as_ref()
                .map_or(String::new(), |who| format!(" (taken up by {who})"));
            let text =
                format!("{late}{}  {}{taken}: {}", request.due, request.by, request.question);
            (if request.late { Look::Bad } else { Look::Plain }, text)
        });
        let rows: Vec<_> = rows.collect();
        if rows.is_empty() {
            self.row(body.from, &[(Look::Plain, "nothing waits for a person")]);
        }
        self.list(&rows, model.chosen, body);
    }

    fn log(&mut self, model: &Model, body: Body) {
        let entries = model.facts.log.iter();
        let rows: Vec<_> =
            entries.map(|entry| (Look::Plain, format!("{}  {}", entry.at, entry.text))).collect();
        if rows.is_empty() {
            self.row(body.from, &[(Look::Plain, "nothing happened that people are told of")]);
        }
        self.list(&rows, model.chosen, body);
    }

    fn stops(&mut self, model: &Model, body: Body) {
        let rows = model.facts.scopes.iter().map(|scope| {
            let what = evidence::words::scope(&scope.scope);
            match scope.stopped {
                true => (Look::Bad, format!("STOPPED  {what}, {}", scope.told)),
                false => (Look::Plain, format!("         {what}")),
            }
        });
        let rows: Vec<_> = rows.collect();
        self.row(body.from, &[(Look::Quiet, "what can be stopped; what is stopped stands first")]);
        self.list(&rows, model.chosen, Body { from: body.from + 1, ..body });
    }
}

/// How a status looks; its word stands beside it.
fn of(status: Status) -> Look {
    match status {
        Status::Done => Look::Good,
        Status::Waiting | Status::Paused => Look::Warn,
        Status::Failed | Status::Halted => Look::Bad,
        Status::Running
        | Status::Sleeping
        | Status::Rejected
        | Status::Duplicate
        | Status::Cancelled => Look::Plain,
    }
}

/// A text over as many lines as it takes.
fn put(lines: &mut Vec<(Look, String)>, look: Look, text: &str, width: usize, indent: usize) {
    lines.extend(wrapped(text, width, indent).into_iter().map(|line| (look, line)));
}

fn fleet(fleet: &Fleet, width: usize) -> Vec<(Look, String)> {
    let number = evidence::words::number;
    let mut lines = Vec::new();
    for held in &fleet.held {
        put(&mut lines, Look::Bad, &format!("! {held}"), width, 2);
    }
    match &fleet.due {
        Some((due, late)) => {
            let when = if *late { "was due" } else { "is due" };
            let wait = if fleet.waiting == 1 { "case waits" } else { "cases wait" };
            let waiting = number(fleet.waiting);
            let text = format!("{waiting} {wait} for people; the most urgent {when} {due}");
            put(&mut lines, if *late { Look::Bad } else { Look::Warn }, &text, width, 2);
        }
        None => lines.push((Look::Good, "nothing waits for a person".to_owned())),
    }
    let working = match fleet.working {
        Some(pid) => format!("process {pid} is working on the cases"),
        None => "nothing is working on the cases now".to_owned(),
    };
    put(&mut lines, Look::Plain, &working, width, 2);
    if let Some(wake) = &fleet.next_wake {
        put(&mut lines, Look::Plain, &format!("the next case wakes at {wake}"), width, 2);
    }
    lines.push((Look::Plain, String::new()));
    let span =
        fleet.since.as_ref().map_or("in the last hour".to_owned(), |at| format!("since {at}"));
    let done = format!(
        "done {span}: {}, in the last minute: {}; tokens: {}",
        number(fleet.done_hour),
        number(fleet.done_minute),
        number(fleet.tokens_hour)
    );
    put(&mut lines, Look::Plain, &done, width, 2);
    if let Some((alone, all)) = fleet.alone.filter(|(_, all)| *all > 0) {
        let share = alone.saturating_mul(1_000_000) / all;
        let share = evidence::words::share(u32::try_from(share).unwrap_or(0));
        let text = format!("without a person: {share} of {}", number(all));
        put(&mut lines, Look::Plain, &text, width, 2);
    }
    let cost = if fleet.cost_today.is_empty() { "nothing" } else { &fleet.cost_today };
    let today = format!("today: {} opened, cost {cost}", number(fleet.opened_today));
    put(&mut lines, Look::Plain, &today, width, 2);
    lines.push((Look::Plain, String::new()));
    if fleet.workflows.is_empty() {
        lines.push((Look::Plain, "no case was opened yet".to_owned()));
    }
    for workflow in &fleet.workflows {
        let count = |status: &Status| workflow.counts.iter().find(|(of, _)| of == status);
        let counts = ORDER.iter().filter_map(count);
        let counts: Vec<String> =
            counts.map(|(status, n)| format!("{} {}", number(*n), status.as_str())).collect();
        let text = format!("{}: {}", workflow.name, counts.join(", "));
        put(&mut lines, Look::Strong, &text, width, 4);
    }
    lines
}

fn one_case(case: &Case, width: usize) -> Vec<(Look, String)> {
    let mut lines = Vec::new();
    put(&mut lines, Look::Strong, &format!("{}: {}", case.run, case.headline), width, 2);
    for cause in &case.cause {
        put(&mut lines, Look::Plain, cause, width, 2);
    }
    lines.push((Look::Quiet, "what is safe now:".to_owned()));
    for (command, does) in &case.next {
        put(&mut lines, Look::Good, &format!("  {command}"), width, 6);
        put(&mut lines, Look::Quiet, &format!("      {does}"), width, 6);
    }
    lines.push((Look::Quiet, "what happened:".to_owned()));
    for (at, text) in &case.story {
        put(&mut lines, Look::Plain, &format!("{at}  {text}"), width, 18);
    }
    lines
}

fn one_request(request: &Request, width: usize) -> Vec<(Look, String)> {
    let mut lines = Vec::new();
    if request.late {
        lines.push((Look::Bad, "LATE: its time is over".to_owned()));
    }
    for text in &request.shown {
        put(&mut lines, Look::Plain, text, width, 4);
    }
    lines
}
