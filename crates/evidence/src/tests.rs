//! Made-up runs: their story as a snapshot, the words on screens, and damage to stored bytes.

use std::collections::BTreeSet;
use std::sync::Arc;

use journal::{
    About, Account, ActNo, Alert, Answer, At, BodyMeta, BodyRef, Cause, Code, Concern, Decline,
    ENGINE, End, Entropy, Epoch, FRAME_VERSION, Figure, Finish, Frame, Hash, Label, Labels, Millis,
    Mode, Part, Record, ReviewNo, Rule, RunId, Seq, Shown, Starter, StopScope, Stored, Usage, What,
    Why,
};
use plan::ids::{ModelName, PersonId, ReleaseId, RoleId, StepId, ToolName, WorkflowName};
use plan::workflow::{Baseline, EndOutcome, Next};
use proptest::prelude::*;

use crate::{
    Broken, DeskView, Fleet, History, RunView, Tally, UsedUp, codes, notices, releases, trace,
    verify, why, words,
};

mod again;

/// A run in the making: frames as a store would give them back.
struct Made {
    run: RunId,
    stored: Vec<Stored>,
    last: Hash,
}

impl Made {
    fn new() -> Self {
        Self { run: RunId::new(START, [7; 10]), stored: Vec::new(), last: Hash::default() }
    }

    /// Adds a frame `minute` minutes after the start.
    fn frame(mut self, minute: u64, bodies: &[&str], records: Vec<Record>) -> Self {
        let seq = Seq(u32::try_from(self.stored.len()).unwrap());
        let entropy = Entropy([u8::try_from(seq.0).unwrap(); 32]);
        let metas = (0_u16..).zip(bodies).map(|(n, body)| BodyMeta {
            commit: entropy.commitment(n, body.as_bytes()),
            len: u32::try_from(body.len()).unwrap(),
            labels: Labels::default(),
        });
        let frame = Frame {
            v: FRAME_VERSION,
            run: self.run,
            seq,
            prev: self.last,
            epoch: Epoch(1),
            engine: Arc::from(ENGINE),
            at: Millis(START.0 + minute * 60_000),
            cause: vec![Cause::Open],
            bodies: metas.collect(),
            draws: Vec::new(),
            records,
        };
        let bytes = frame.to_bytes().unwrap();
        self.last = Hash::leaf(&bytes);
        let bodies = bodies.iter().map(|body| Arc::from(body.as_bytes())).collect();
        self.stored.push(Stored { bytes, bodies: Some(bodies), entropy: Some(entropy) });
        self
    }

    fn view(&self) -> RunView {
        RunView::of(&History::read(self.run, &self.stored).unwrap(), None)
    }
}

const START: Millis = Millis(1_795_420_800_000);

fn at(step: &str) -> At {
    At { step: StepId::new(step).unwrap(), visit: 1 }
}

fn body(seq: u32, n: u16) -> BodyRef {
    BodyRef { seq: Seq(seq), n }
}

fn person(name: &str) -> PersonId {
    PersonId::new(name).unwrap()
}

fn role(name: &str) -> RoleId {
    RoleId::new(name).unwrap()
}

fn opened() -> Record {
    Record::Opened {
        release: ReleaseId([1; 32]),
        workflow: WorkflowName::new("invoice_intake").unwrap(),
        case: body(0, 0),
        starter: Starter::Person(person("mara@acme.example")),
        mode: Mode::Live,
        called: None,
    }
}

fn entered(step: &str) -> Record {
    Record::Entered { at: at(step), influences: Label::default() }
}

fn moved(from: &str, to: &str, why: Why) -> Record {
    Record::Moved { from: at(from), to: Next::Step(StepId::new(to).unwrap()), why }
}

fn allowed(act: u32, step: &str, what: What) -> Record {
    Record::Allowed {
        act: ActNo(act),
        at: at(step),
        attempt: 1,
        what,
        key: Hash::default(),
        rules: vec![Rule(Arc::from("declared"))],
        reserve: Usage::default(),
    }
}

fn draft_call(args: BodyRef, part: Part) -> What {
    What::Tool { tool: ToolName::new("erp.create_draft").unwrap(), args, part }
}

fn usage(tokens: u64, ms: u64) -> Usage {
    Usage {
        input_tokens: tokens,
        output_tokens: 3,
        cost_nanos: 1_500,
        active_ms: ms,
        ..Usage::default()
    }
}

/// A case that is read, waits for a person, is corrected, and ends in a draft.
fn corrected() -> Made {
    let ask_model = What::Model {
        model: ModelName::new("local").unwrap(),
        messages: 2,
        question: Some((0, 0)),
    };
    let shown =
        Shown { step: StepId::new("read").unwrap(), body: body(1, 1), commit: Hash([2; 32]) };
    let edit =
        Shown { step: StepId::new("read").unwrap(), body: body(3, 0), commit: Hash([3; 32]) };
    let answer = Answer::Edited { edits: vec![edit] };
    Made::new()
        .frame(
            0,
            &["\"Invoice 17, total 90.00 EUR\""],
            vec![opened(), entered("read"), allowed(1, "read", ask_model)],
        )
        .frame(
            1,
            &["{\"choice\":0}", r#"{"total":{"currency":"EUR","minor":9000}}"#],
            vec![
                Record::Finished {
                    act: ActNo(1),
                    outcome: Finish::Ok { body: body(1, 0) },
                    usage: usage(900, 4_000),
                },
                Record::Bound { at: at("read"), body: body(1, 1) },
                moved("read", "route", Why::Next),
                entered("route"),
                moved("route", "check", Why::Row(2)),
                entered("check"),
                Record::ReviewOpened {
                    review: ReviewNo(1),
                    at: at("check"),
                    about: About::Step { shown: vec![shown] },
                    by: role("finance_clerk"),
                    due: Millis(START.0 + 8 * 3_600_000),
                },
            ],
        )
        .frame(
            2,
            &[],
            vec![Record::Declined {
                command: journal::CommandId([1; 16]),
                who: person("mara@acme.example"),
                because: Decline::NotPermitted,
            }],
        )
        .frame(
            30,
            &[r#"{"total":{"currency":"EUR","minor":9500}}"#, "{\"amount\":\"95.00\"}"],
            vec![
                Record::ReviewAnswered {
                    review: ReviewNo(1),
                    who: person("tom@acme.example"),
                    answer,
                },
                moved("check", "draft", Why::Approved),
                entered("draft"),
                allowed(2, "draft", draft_call(body(3, 1), Part::Main)),
            ],
        )
        .frame(
            31,
            &["{\"id\":\"D-1\"}"],
            vec![
                Record::Finished {
                    act: ActNo(2),
                    outcome: Finish::Ok { body: body(4, 0) },
                    usage: usage(0, 20),
                },
                Record::Bound { at: at("draft"), body: body(4, 0) },
                Record::Ended {
                    end: End::Reached(EndOutcome::Done),
                    output: Some(body(4, 0)),
                    usage: usage(900, 4_020),
                },
            ],
        )
}

/// A case whose call fails, is refused, is held back and ends as failed.
fn failed() -> Made {
    Made::new()
        .frame(
            0,
            &["{}", "{\"amount\":\"1.00\"}"],
            vec![
                opened(),
                entered("draft"),
                allowed(1, "draft", draft_call(body(0, 1), Part::Main)),
            ],
        )
        .frame(
            1,
            &["no such\u{1b}[31m supplier\u{202e}"],
            vec![
                Record::Finished {
                    act: ActNo(1),
                    outcome: Finish::Error {
                        code: Code::ToolError,
                        detail: body(1, 0),
                        retry_after_ms: None,
                    },
                    usage: usage(0, 10),
                },
                Record::RetryAt { at: at("draft"), attempt: 2, until: Millis(START.0 + 120_000) },
            ],
        )
        .frame(
            2,
            &["{\"amount\":\"1.00\"}"],
            vec![
                Record::Refused {
                    at: at("draft"),
                    what: draft_call(body(2, 0), Part::Main),
                    rule: Rule(Arc::from("flow")),
                    code: Code::Refused,
                },
                Record::Halted { scope: StopScope::Everything },
            ],
        )
        .frame(
            3,
            &[],
            vec![
                Record::Unhalted { scope: StopScope::Everything },
                Record::Failed { at: at("draft"), code: Code::Refused, detail: None },
                Record::Ended {
                    end: End::Failed(Code::Refused),
                    output: None,
                    usage: usage(0, 10),
                },
            ],
        )
}

fn waiting() -> Made {
    let mut made = corrected();
    made.stored.truncate(3);
    made
}

/// A story and its explanation as text.
fn told(made: &Made) -> String {
    let view = made.view();
    let explanation = why(&view, Millis(START.0 + 3_600_000), Some("Europe/London"));
    let mut text = format!("{}\n", explanation.headline);
    if let Some(cause) = &explanation.cause {
        text += &format!("cause: {} ({}) rule {:?}\n", cause.title, cause.code, cause.rule);
    }
    for line in &explanation.happened {
        text += &format!("  {line}\n");
    }
    for next in &explanation.next {
        text += &format!("next: {} ({})\n", next.command, next.does);
    }
    for line in view.timeline.iter().filter(|line| line.detail) {
        text += &format!("detail: {}\n", line.text);
    }
    text
}

#[test]
fn a_run_tells_its_story() {
    insta::assert_snapshot!("corrected", told(&corrected()));
    insta::assert_snapshot!("failed", told(&failed()));
    insta::assert_snapshot!("waiting", told(&waiting()));
}

#[test]
fn an_edit_is_what_later_steps_see() {
    let view = corrected().view();
    let step = StepId::new("read").unwrap();
    assert_eq!(words::value(view.outputs()[&step]), "total: 95.00 EUR");
    let review = &waiting().view().reviews[0];
    assert_eq!(words::value(review.shows[0].value.as_ref().unwrap()), "total: 90.00 EUR");
}

#[test]
fn a_stopped_run_names_the_stop_and_how_to_lift_it() {
    let mut made = failed();
    made.stored.truncate(3);
    let explanation = why(&made.view(), START, None);
    assert_eq!(explanation.status, journal::Status::Halted);
    assert_eq!(explanation.next[0].command, "flightdeck resume --reason TEXT");
}

#[test]
fn the_desk_says_what_holds_new_work_back() {
    let account = |day: &str| Account(Arc::from(format!("day/{day}/invoice_intake/cases")));
    let workflow = || WorkflowName::new("invoice_intake").unwrap();
    let until = Millis(START.0 + 3_600_000);
    let limit = |day: &str, limit| Record::LimitReached {
        account: account(day),
        workflow: workflow(),
        limit,
        until,
    };
    let closed = |n| Record::GuardClosed {
        release: ReleaseId([n; 32]),
        workflow: workflow(),
        reason: body(2, 0),
    };
    let proven = Record::GuardProven { release: ReleaseId([1; 32]), workflow: workflow() };
    let mut made = Made::new()
        .frame(0, &[], vec![limit("2026-11-23", 400)])
        .frame(1, &[], vec![limit("2026-11-23", 500)])
        .frame(2, &["\"a canary\\u001b was not refused\""], vec![closed(1), closed(2)]);
    let view = |made: &Made| DeskView::of(&History::read(made.run, &made.stored).unwrap());
    let desk = view(&made);
    assert_eq!((desk.limits.len(), desk.guards.len()), (1, 2), "the last word counts");
    let [used] = &desk.limits[..] else { panic!() };
    assert!(used.holds(START) && !used.holds(until), "when the day is over it is over");
    let notice = used.notice(Some("Europe/London"));
    assert!(notice.headline.contains("all 500 cases"), "{}", notice.headline);
    assert!(notice.headline.contains(&words::when(until, Some("Europe/London"))));
    let sender = UsedUp {
        account: Account(Arc::from("hour/2026-11-23T10/invoice_intake/sender/ab12/cases")),
        ..used.clone()
    };
    let notice = sender.notice(None);
    let said = "of one sender is opened in this hour: all 500 cases that `limits.hour.each_sender`";
    assert!(notice.headline.contains(said), "{}", notice.headline);
    assert!(!notice.headline.contains("ab12"), "{}", notice.headline);
    let notice = desk.guards[0].notice();
    assert!(notice.headline.ends_with("a canary· was not refused"), "{}", notice.headline);
    assert_eq!(notice.code, "guard_unproven");
    made = made.frame(3, &[], vec![proven]);
    assert_eq!(view(&made).guards.len(), 1, "proven again, so nothing holds it back");
    let texts = made.view().timeline.into_iter().map(|line| line.text).collect::<Vec<_>>();
    assert!(texts[0].contains("opened its 400 cases"), "{texts:?}");
    assert!(texts[4].contains("proven again"), "{texts:?}");
}

#[test]
fn figures_add_up() {
    let mut fleet = Fleet::default();
    for made in [corrected(), corrected(), failed(), waiting()] {
        fleet.add(&Tally::of(&made.view()));
    }
    let baseline = Baseline {
        minutes: 12,
        cases_per_week: 400,
        hourly_rate: None,
        errors_per_million: None,
        error_cost: None,
    };
    insta::assert_json_snapshot!("figures", fleet.summary(60_000, Some(&baseline)));
}

#[test]
fn damage_is_found_where_it_is() {
    let whole = corrected();
    let proof = verify(whole.run, &whole.stored).unwrap();
    assert!(proof.over && proof.unsettled == 0 && proof.acts == 2 && proof.frames == 5);
    assert_eq!(proof.tip, whole.last);

    let check = |break_it: &dyn Fn(&mut Vec<Stored>)| {
        let mut stored = whole.stored.clone();
        break_it(&mut stored);
        verify(whole.run, &stored).map(|_| ()).unwrap_err().to_string()
    };
    let cases: Vec<(String, &str)> = vec![
        (check(&|s| drop(s.remove(2))), "missing or out of order"),
        (check(&|s| s.swap(1, 2)), "missing or out of order"),
        (check(&|s| s.clear()), "no entries"),
        (
            check(&|s| s[1].bodies.as_mut().unwrap()[1] = Arc::from(&b"{}"[..])),
            "content 1 of entry",
        ),
        (check(&|s| s[1].bodies.as_mut().unwrap().truncate(1)), "2 contents, and 1 of them"),
        (
            check(&|s| {
                let text = String::from_utf8(s[1].bytes.clone()).unwrap();
                s[1].bytes = text.replace("finance_clerk", "finance_flerk").into_bytes();
            }),
            "does not follow",
        ),
    ];
    for (found, expected) in cases {
        assert!(found.contains(expected), "`{found}` does not say `{expected}`");
    }
}

#[test]
fn an_erased_run_keeps_its_proof_and_loses_its_words() {
    let mut made = corrected();
    for row in &mut made.stored {
        row.bodies = None;
        row.entropy = None;
    }
    let proof = verify(made.run, &made.stored).unwrap();
    assert_eq!((proof.bodies, proof.erased), (0, 6));
    let view = made.view();
    assert!(view.erased && view.case.is_none() && view.outputs().is_empty());
}

#[test]
fn acts_begin_and_end_once() {
    let again = |records: Vec<Record>| {
        let made = Made::new().frame(0, &["{}"], vec![opened()]).frame(1, &["{}"], records);
        verify(made.run, &made.stored)
    };
    let begin = || allowed(1, "draft", draft_call(body(1, 0), Part::Main));
    let end = || Record::InDoubt { act: ActNo(1) };
    assert_eq!(again(vec![begin()]).unwrap().unsettled, 1);
    assert_eq!(again(vec![begin(), end()]).unwrap().unsettled, 1);
    assert_eq!(again(vec![begin(), begin()]), Err(Broken::TwiceAllowed(Seq(1))));
    assert_eq!(again(vec![begin(), end(), end()]), Err(Broken::NeverAllowed(Seq(1))));
    assert_eq!(again(vec![end()]), Err(Broken::NeverAllowed(Seq(1))));
}

#[test]
fn codes_have_the_names_that_files_and_records_use() {
    for code in codes::ALL {
        let written = serde_json::to_value(code).unwrap();
        assert_eq!(written, codes::page(*code).id);
        assert_eq!(codes::find(&codes::page(*code).id.to_uppercase()), Some(codes::page(*code)));
    }
    let all: BTreeSet<Code> = codes::ALL.iter().copied().collect();
    assert_eq!(all.len(), codes::ALL.len());
    assert_eq!(codes::find("nonsense"), None);
}

/// The code's words for things that have other names on screens.
const INNER: &[&str] =
    &["ask", "asks", "verdict", "permit", "frame", "frames", "fold", "frontmatter", "digest"];

#[test]
fn screens_use_the_operators_words() {
    let mut texts = vec![told(&corrected()), told(&failed()), told(&waiting())];
    let faults = codes::FAULTS.iter().map(|page| **page);
    for page in codes::ALL.iter().map(|code| codes::page(*code)).chain(faults) {
        texts.extend([page.title, page.why, page.next].map(str::to_owned));
    }
    for text in texts {
        let words = text.split(|c: char| !c.is_alphanumeric());
        for word in words {
            assert!(!INNER.contains(&word.to_lowercase().as_str()), "`{word}` in: {text}");
        }
    }
}

#[test]
fn amounts_times_and_numbers_read_well() {
    assert_eq!(words::cost(0), "0.00");
    assert_eq!(words::cost(1_500), "0.000001");
    assert_eq!(words::cost(2_340_000_000), "2.34");
    assert_eq!(words::number(1_234_567), "1,234,567");
    assert_eq!(words::number(12), "12");
    assert_eq!(words::span(14_000), "14 s");
    assert_eq!(words::span(7_800_000), "2 h 10 min");
    assert_eq!(
        words::when(START, Some("Europe/London")),
        words::when(START, None).replace(" UTC", "")
    );
    assert_eq!(words::when(Millis(u64::MAX), None), "beyond all calendars");
}

proptest! {
    #[test]
    fn nothing_from_outside_moves_a_terminal(text in "\\PC*|[\\x00-\\x1f\\u{200b}-\\u{202e}a-z]*") {
        let line = words::plain(&text);
        let unseen =
            |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}');
        let hidden = |c: char| c.is_control() || unseen(c);
        prop_assert!(!line.contains(hidden));
        prop_assert!(!words::plain_lines(&text).contains(|c| hidden(c) && c != '\n' && c != '\t'));
    }

    #[test]
    fn any_changed_byte_is_found(row in 0_usize..5, byte in 0_usize..4_000, flip in 1_u8..) {
        let mut made = corrected();
        let bytes = &mut made.stored[row].bytes;
        let at = byte % bytes.len();
        bytes[at] ^= flip;
        // Only the very last frame has no later one that holds its hash; its own tip tells.
        if let Ok(proof) = verify(made.run, &made.stored) {
            prop_assert!(row == 4 && proof.tip != made.last);
        }
    }
}

#[test]
fn a_run_is_one_trace_and_holds_nothing_that_anyone_wrote() {
    for made in [corrected(), failed()] {
        let view = made.view();
        let spans = trace::spans(&view);
        assert_eq!(spans, trace::spans(&made.view()), "the same run gives the same spans");
        let ids: BTreeSet<_> = spans.iter().map(|span| span.id).collect();
        assert_eq!(ids.len(), spans.len());
        for span in &spans {
            assert_eq!(span.trace, made.run.to_bytes());
            assert!(span.parent.is_none_or(|parent| ids.contains(&parent)), "{span:?}");
            assert!(span.began <= span.ended && span.ended <= view.changed, "{span:?}");
        }
        let all = format!("{spans:?}");
        for written in ["Invoice 17", "95.00", "tom@acme.example", "no such", "supplier"] {
            assert!(!all.contains(written), "`{written}` is in a span");
        }
    }
    let spans = trace::spans(&corrected().view());
    let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    for expected in [
        "invoke_workflow invoice_intake",
        "chat local",
        "execute_tool erp.create_draft",
        "review finance_clerk",
    ] {
        assert!(names.contains(&expected), "no `{expected}` in {names:?}");
    }
    let spans = trace::spans(&failed().view());
    let codes: BTreeSet<_> = spans.iter().filter_map(|span| span.error).collect();
    assert!(codes.contains("tool_error") && codes.contains("refused"), "{codes:?}");
}

#[test]
fn a_release_that_was_gone_back_from_is_told_with_its_figures_and_without_a_reason() {
    let measured = |figure, canary, live, low, high, margin| {
        let side = |(sum, of)| journal::Side { of, sum };
        let (canary, live) = (side(canary), side(live));
        journal::Measured { figure, canary, live, low, high, level: 996_875, margin }
    };
    let worse = |measured| releases::measured(&measured);
    let shares = measured(Figure::NotDone, (9, 20), (1, 24), 41_000, 702_400, 20_000);
    let told = "9 of 20 of its cases that ended were not done, of the live release 1 of 24: between \
                4.1 and 70.2 points more (99.7 % sure), and 2 are allowed";
    assert_eq!(worse(shares), told);
    assert_eq!(
        worse(measured(Figure::Requests, (30, 20), (5, 20), 900_000, 1_600_000, 100_000)),
        "a case asks people 1.50 times, one of the live release 0.25 times (over 20 and 20 cases): \
         between 0.90 and 1.60 more (99.7 % sure), and 0.10 are allowed"
    );
    let cost = measured(Figure::Cost, (20 << 30, 20), (20 << 29, 20), -5_000_000, 1 << 30, 1 << 27);
    assert!(worse(cost).contains("between -0.005"), "{}", worse(cost));
    let harm = measured(Figure::Harm, (1, 3), (0, 40), -1, 900_000, 0);
    assert!(
        worse(harm).ends_with("between 0 and 90 points more (99.7 % sure), and none is allowed")
    );

    let workflow = WorkflowName::new("sort").unwrap();
    let (from, to) = (ReleaseId([0xab; 32]), ReleaseId([0xcd; 32]));
    let reason = Some(body(0, 0));
    let back = |by| Record::RolledBack { workflow: workflow.clone(), from, to, by, reason };
    let itself = back(journal::Decider::Itself(journal::Because::Worse(shares)));
    let by_hand = back(journal::Decider::Person(person("ann")));
    let made = Made { run: RunId::DESK, ..Made::new() };
    let made = made.frame(0, &["\"a secret of a letter\""], vec![itself, by_hand]);
    let frame: Frame = serde_json::from_slice(&made.stored[0].bytes).unwrap();
    let notices = notices::of(&frame, Hash::default(), None);
    let [urgent, quiet] = notices.as_slice() else { panic!("{notices:?}") };
    assert_eq!(
        urgent.text,
        format!("`sort` went back from release abababababab to cdcdcdcdcdcd: {told}")
    );
    assert_eq!((urgent.kind, urgent.urgent), (notices::Kind::Release, true));
    assert!(!quiet.urgent && !quiet.text.contains("secret"), "{quiet:?}");
}

#[test]
fn an_alert_is_told_in_words_and_one_of_an_unknown_name_in_figures() {
    let alert = |name: &str, about, measured, limit| {
        let name = plan::ids::FieldName::new(name).unwrap();
        Record::Alerted(Alert { name, about, measured, limit, since: START })
    };
    let who = Concern::Person(PersonId::new("mia@x.example").unwrap());
    let role = Concern::Role(RoleId::new("clerk").unwrap());
    let records = vec![alert("seed_missed", who, 1, 0), alert("queue_age", role, 90, 60)];
    let made = Made { run: RunId::DESK, ..Made::new() }.frame(0, &[], records);
    let frame: Frame = serde_json::from_slice(&made.stored[0].bytes).unwrap();
    let told = crate::notices::of(&frame, Hash::default(), None);
    let texts: Vec<&str> = told.iter().map(|notice| notice.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "mia@x.example approved a case that was known to be wrong",
            "`queue_age` of the role `clerk` is at 90, and 60 is its limit",
        ]
    );
    assert!(told.iter().all(|n| n.kind == crate::notices::Kind::Attention && !n.urgent));
    assert_ne!(told[0].id, told[1].id);
}
