//! Each page as it is seen, at the usual size and at a small one, with hostile texts and without any;
//! and what the keys do.

use journal::{Millis, ReviewNo, RunId, Status, StopScope};
use plan_names::workflow;

use crate::{
    Case, Deed, Entry, Facts, Fleet, Key, Model, Page, Request, Row, Scope, Wish, Workflow, once,
};

mod plan_names {
    use journal::StopScope;

    /// A stop of a workflow, as a store keeps it.
    pub fn workflow(name: &str) -> StopScope {
        StopScope::beyond(&format!("{name}=suggest"))
            .map(|stop| match stop {
                StopScope::Beyond { workflow, .. } => StopScope::Workflow(workflow),
                StopScope::Everything
                | StopScope::Workflow(_)
                | StopScope::Run(_)
                | StopScope::Tool(_)
                | StopScope::Server(_)
                | StopScope::Vendor(_) => stop,
            })
            .unwrap()
    }
}

/// What a document may hold to take over a terminal.
const HOSTILE: &str =
    "\u{1b}[2J\u{1b}]0;owned\u{7}pay \u{202e}EUR 9\u{202c}\u{200b} now\r\n\u{9b}31m";

fn run(n: u8) -> RunId {
    RunId::new(Millis(1_790_000_000_000 + u64::from(n) * 1_000), [n; 10])
}

fn request(n: u8, question: &str) -> Request {
    Request {
        run: run(n),
        no: ReviewNo(1),
        by: "finance_clerk".to_owned(),
        due: "2026-11-30 17:00".to_owned(),
        due_at: Millis(0),
        late: n == 1,
        question: question.to_owned(),
        doubt: n == 3,
        failed: n == 2,
        taken_by: (n == 2).then(|| "ines@larkfield.example".to_owned()),
        shown: vec![
            question.to_owned(),
            format!("run {}, request 1, for finance_clerk", run(n)),
            "opened 2026-11-28 09:12, due 2026-11-30 17:00".to_owned(),
            String::new(),
            "read".to_owned(),
            "  supplier: Nordwind Handels GmbH".to_owned(),
            "  total: 1,475.60 EUR".to_owned(),
            "fetch".to_owned(),
            format!("  │ Invoice {HOSTILE}"),
            "you may change: read.number, read.order".to_owned(),
        ],
    }
}

fn facts() -> Facts {
    let row = |n, status, workflow: &str| Row {
        run: run(n),
        workflow: workflow.to_owned(),
        status,
        opened: "2026-11-28 09:12".to_owned(),
    };
    Facts {
        who: Some("ines@larkfield.example".to_owned()),
        fleet: Fleet {
            workflows: vec![
                Workflow {
                    name: "invoice_intake".to_owned(),
                    counts: vec![
                        (Status::Done, 998_412),
                        (Status::Failed, 3),
                        (Status::Waiting, 42),
                        (Status::Running, 7),
                        (Status::Duplicate, 1_204),
                    ],
                },
                Workflow { name: "mail".to_owned(), counts: vec![(Status::Done, 12)] },
            ],
            working: Some(4711),
            done_minute: 14,
            done_hour: 803,
            tokens_hour: 1_204_880,
            since: None,
            cost_today: "3.42 USD".to_owned(),
            opened_today: 388,
            alone: Some((301, 388)),
            waiting: 42,
            due: Some(("2026-11-28 11:00".to_owned(), false)),
            next_wake: Some("2026-11-28 09:30".to_owned()),
            held: vec![
                "the tool `erp.create_draft` is stopped by ada@larkfield.example at \
                        2026-11-28 09:10: it books twice"
                    .to_owned(),
            ],
        },
        runs: vec![
            row(1, Status::Waiting, "invoice_intake"),
            row(2, Status::Failed, "invoice_intake"),
            row(3, Status::Done, "mail"),
        ],
        case: Some(Case {
            run: run(2),
            headline: "the case failed in `draft`: the tool answered with an error (tool_error)"
                .to_owned(),
            cause: vec![
                "cause: the tool answered with an error (tool_error) in `draft`: the tool \
                 understood the call and said no"
                    .to_owned(),
                "it was: the call of `erp.create_draft`".to_owned(),
                format!("it said: {HOSTILE}"),
            ],
            next: vec![(
                format!("flightdeck logs {}", run(2)),
                "shows every entry of the case".to_owned(),
            )],
            story: vec![
                ("2026-11-28 09:12".to_owned(), "the case was opened by start 1".to_owned()),
                (
                    "2026-11-28 09:13".to_owned(),
                    "`draft` failed (tool_error): the tool answered with an error: the order 4711 \
                     is locked by Marta"
                        .to_owned(),
                ),
            ],
        }),
        requests: vec![
            request(1, "The order, its receipt or an earlier payment does not fit. Is it due?"),
            request(2, "`draft` failed: the tool answered with an error (tool_error)"),
            request(3, "did it happen? the call of `erp.create_draft` was begun"),
        ],
        log: vec![
            Entry {
                at: "2026-11-28 09:13".to_owned(),
                text: "invoice_intake: a case failed (tool_error)".to_owned(),
                run: Some(run(2)),
            },
            Entry { at: "2026-11-28 09:10".to_owned(), text: HOSTILE.to_owned(), run: None },
        ],
        scopes: vec![
            Scope {
                scope: StopScope::Vendor("acme".to_owned()),
                stopped: true,
                told: "by ada@larkfield.example at 2026-11-28 09:10: new terms".to_owned(),
            },
            Scope { scope: StopScope::Everything, stopped: false, told: String::new() },
            Scope { scope: workflow("invoice_intake"), stopped: false, told: String::new() },
        ],
    }
}

fn model(page: Page) -> Model {
    let mut model = Model::new(page, Some(run(2)), false);
    model.take(facts());
    model
}

fn press(model: &mut Model, keys: &str) -> Wish {
    let mut wish = Wish::Nothing;
    for c in keys.chars() {
        wish = model.update(match c {
            '\n' => Key::Enter,
            '\u{1b}' => Key::Escape,
            '↓' => Key::Down,
            c => Key::Char(c),
        });
    }
    wish
}

#[test]
fn each_page_as_it_is_seen() {
    for (name, page) in [
        ("fleet", Page::Fleet),
        ("runs", Page::Runs),
        ("run", Page::Case),
        ("requests", Page::Requests),
        ("log", Page::Log),
        ("stop", Page::Stop),
    ] {
        insta::assert_snapshot!(format!("{name}_80x24"), once(&mut model(page), 80, 24));
        insta::assert_snapshot!(format!("{name}_60x15"), once(&mut model(page), 60, 15));
    }
    let mut request = model(Page::Requests);
    press(&mut request, "\n");
    insta::assert_snapshot!("request_80x24", once(&mut request, 80, 24));
    press(&mut request, "rnot received");
    insta::assert_snapshot!("request_reason_60x15", once(&mut request, 60, 15));
    let mut help = model(Page::Fleet);
    press(&mut help, "?");
    insta::assert_snapshot!("help_80x24", once(&mut help, 80, 24));
    insta::assert_snapshot!("empty_80x24", once(&mut Model::new(Page::Fleet, None, false), 80, 24));
    insta::assert_snapshot!("too_small_40x8", once(&mut model(Page::Fleet), 40, 8));
}

#[test]
fn nothing_of_a_text_reaches_the_terminal_but_its_letters() {
    let mut pages: Vec<Model> =
        [Page::Case, Page::Log, Page::Requests, Page::Stop].map(model).into();
    let mut request = model(Page::Requests);
    press(&mut request, "\n");
    pages.push(request);
    for model in &mut pages {
        model.facts.requests.iter_mut().for_each(|request| request.question = HOSTILE.repeat(999));
        model.facts.scopes.iter_mut().for_each(|scope| scope.told = HOSTILE.to_owned());
        for (width, height) in [(80, 24), (60, 15), (50, 10), (200, 60)] {
            let text = once(model, width, height);
            let hostile = |c: char| {
                (c.is_control() && c != '\n')
                    || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
            };
            assert!(!text.contains(hostile), "{text:?}");
            assert_eq!(text.lines().count(), usize::from(height));
            let wide = |line: &str| crate::text::cells(line) > usize::from(width);
            assert!(!text.lines().any(wide), "{text}");
        }
    }
}

#[test]
fn what_is_decided_about_is_shown_to_its_end() {
    let mut model = model(Page::Requests);
    let text = format!("{} the last word", "word ".repeat(400));
    model.facts.requests[0].shown = vec![text];
    press(&mut model, "\n");
    let first = once(&mut model, 80, 24);
    assert!(first.contains("below: up and down") && !first.contains("the last word"), "{first}");
    model.update(Key::End);
    let end = once(&mut model, 80, 24);
    assert!(end.contains("the last word") && end.contains(" 0 below"), "{end}");
    // One line up is one line, however far down somebody went.
    model.update(Key::Up);
    assert!(once(&mut model, 80, 24).contains(" 1 below"));
    model.facts.requests[0].shown = vec!["x".repeat(5_000_000)];
    model.update(Key::End);
    assert!(once(&mut model, 80, 24).contains("(cut here)"), "a huge line ends somewhere");
}

#[test]
fn every_size_is_drawn_and_wide_letters_keep_their_cells() {
    let mut model = model(Page::Requests);
    model.facts.requests.iter_mut().for_each(|request| request.question = "請求書は".repeat(40));
    for width in 1..120 {
        for height in [1, 2, 3, 9, 10, 11, 24] {
            let text = once(&mut model, width, height);
            let wide = |line: &str| crate::text::cells(line) > usize::from(width);
            assert!(!text.lines().any(wide), "{width}x{height}: {text}");
        }
    }
}

#[test]
fn an_answer_takes_two_keys_and_a_reason_where_it_says_no() {
    let (id, no) = (run(1), ReviewNo(1));
    let mut model = model(Page::Requests);
    assert_eq!(press(&mut model, "\na"), Wish::Nothing);
    assert_eq!(press(&mut model, "y"), Wish::Do(Deed::Approve { run: id, no }));
    assert_eq!(press(&mut model, "an"), Wish::Nothing);
    assert_eq!(press(&mut model, "y"), Wish::Nothing, "what was left is not done later");
    assert_eq!(press(&mut model, "r\n"), Wish::Nothing, "a no has its reason");
    let reason = "quite wrong".to_owned();
    let rejected = Wish::Do(Deed::Reject { run: id, no, reason });
    assert_eq!(press(&mut model, "quite wrong\ny"), rejected);
    assert_eq!(press(&mut model, "rq\u{1b}"), Wish::Nothing, "letters of a reason are no orders");
    assert_eq!(press(&mut model, "uy"), Wish::Do(Deed::TakeUp { run: id, no }));
    // Of a doubt nothing is approved, and it is said what happened.
    let (id, mut doubt) = (run(3), super::tests::model(Page::Requests));
    assert_eq!(press(&mut doubt, "↓↓\na"), Wish::Nothing);
    assert_eq!(press(&mut doubt, "ny"), Wish::Do(Deed::Happened { run: id, no, yes: false }));
    // Who is not named only looks.
    model.facts.who = None;
    assert_eq!(press(&mut model, "ay"), Wish::Nothing);
    assert!(model.message.contains("--as PERSON"), "{}", model.message);
}

#[test]
fn a_stop_wants_its_reason_and_its_word() {
    let mut model = model(Page::Stop);
    let scope = StopScope::Everything;
    assert_eq!(press(&mut model, "↓\na drill\n"), Wish::Nothing);
    assert_eq!(press(&mut model, "stpo\n"), Wish::Nothing);
    assert!(model.message.contains("nothing was done"), "{}", model.message);
    let reason = "a drill".to_owned();
    assert_eq!(press(&mut model, "\na drill\nstop\n"), Wish::Do(Deed::Stop { scope, reason }));
    press(&mut model, "5");
    let lift = press(&mut model, "\nit is over\nresume\n");
    let (scope, reason) = (StopScope::Vendor("acme".to_owned()), "it is over".to_owned());
    assert_eq!(lift, Wish::Do(Deed::Resume { scope, reason }));
}

#[test]
fn the_chosen_line_stays_when_others_come_before_it() {
    let mut model = model(Page::Runs);
    press(&mut model, "↓");
    let mut more = facts();
    let newer = Row { run: run(9), ..more.runs[0].clone() };
    more.runs.insert(0, newer);
    model.take(more);
    assert_eq!(press(&mut model, "\n"), Wish::Read);
    assert_eq!((model.page, model.run), (Page::Case, Some(run(2))));
    assert_eq!(press(&mut model, "\u{1b}"), Wish::Read);
    assert_eq!(press(&mut model, "ss"), Wish::Read);
    assert_eq!(model.filter.status, Some(Status::Failed));
    press(&mut model, "w");
    assert_eq!(model.filter.workflow.as_deref(), Some("invoice_intake"));
    press(&mut model, "ww");
    assert_eq!(model.filter.workflow, None);
    assert_eq!(press(&mut model, "q"), Wish::Leave);
}
