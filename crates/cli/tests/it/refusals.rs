//! What is refused: changed tools, undeclared calls, used-up limits, broken policies, servers that
//! misbehave. Each is stored and explained by `why`; none of them drafts anything, or drafts it
//! twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::obedient::{documents, freely, obeyed};
use crate::office::{Office, WORKFLOW};
use crate::vendor::{self, Vendor};

/// The desk's own journal among the runs.
const DESK: &str = "00000000000000000000000000";
const CLERK: &str = "ines@larkfield.example";
const LEAD: &str = "ada@larkfield.example";

/// The example with short waits between attempts.
fn office(documents: &[&str]) -> Office {
    let office = Office::new(&Vendor::plain(), documents);
    let (long, short) =
        ("first: 5 seconds, longest: 1 minute", "first: 1 seconds, longest: 1 seconds");
    office.change(WORKFLOW, long, short);
    office
}

/// One case after the other, and how each stands.
fn one_by_one(office: &Office) -> (i32, Vec<(String, String)>) {
    let said =
        office.say(&["run", "invoice_intake", "--each", "inbox", "--json", "--at-once", "1"]);
    let word = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
    let lines = said.json();
    let cases = lines.iter().filter(|line| line["kind"] == "case");
    (said.code, cases.map(|line| (word(line, "run"), word(line, "status"))).collect())
}

/// The cause that `why` gives, and its words for people.
fn cause(office: &Office, run: &str) -> (Value, String) {
    let told = office.say(&["why", run]);
    assert_eq!(told.code, 0, "{}", told.err);
    (office.why(run)["cause"].clone(), told.out)
}

#[test]
fn t5_a_tool_that_changes_between_two_calls_is_not_called_again() {
    let office = office(&["001", "003"]);
    office.erp_args("\"--fault\", \"change-definition\"");
    let (code, cases) = one_by_one(&office);
    assert_eq!(code, 3);
    let [(_, first), (second, waits)] = &cases[..] else { panic!("{cases:?}") };
    assert_eq!((first.as_str(), waits.as_str()), ("done", "waiting"));
    let (cause, told) = cause(&office, second);
    assert_eq!((&cause["code"], &cause["step"]), (&"tool_changed".into(), &"draft".into()));
    for words in ["`erp.create_draft` was not called", "changed since it was approved", "mcp.lock"]
    {
        assert!(told.contains(words), "no `{words}` in {told}");
    }
    assert_eq!(office.drafts().len(), 1);
    assert_eq!(office.strays(), Vec::<String>::new());
    assert_eq!(office.say(&["logs", second, "--verify"]).code, 0);
}

#[test]
fn t2_a_limit_of_the_day_that_is_used_up_holds_the_rest_back() {
    let by_amount = office(&["001", "003"]);
    by_amount.change(WORKFLOW, "amount: 250000 EUR", "amount: 1500 EUR");
    let (code, cases) = one_by_one(&by_amount);
    assert_eq!((code, cases[1].1.as_str()), (3, "waiting"));
    let (cause, told) = cause(&by_amount, &cases[1].0);
    assert_eq!((&cause["code"], &cause["rule"]), (&"budget".into(), &"budget:day_amount".into()));
    assert!(told.contains("was refused by the rule `budget:day_amount`"), "{told}");
    assert_eq!(by_amount.drafts().len(), 1);

    let by_cases = office(&["001", "003", "004"]);
    by_cases.change(WORKFLOW, "cases: 400, amount", "cases: 2, amount");
    let said = by_cases.run_all();
    assert_eq!(said.code, 6, "{}{}", said.out, said.err);
    assert!(said.err.contains("`limits.day.cases` is used up"), "{}", said.err);
    assert_eq!(by_cases.drafts().len(), 2);
    // However many cases are refused, and by however many processes, one entry says so.
    assert_eq!(by_cases.run_all().code, 6);
    let desk = by_cases.say(&["logs", DESK]).out;
    assert_eq!(desk.matches("has opened its 2 cases of the day").count(), 1, "{desk}");
    let told = by_cases.say(&["why"]).out;
    for words in
        ["no further case of `invoice_intake`", "all 2 cases", "starts anew at", "(budget)"]
    {
        assert!(told.contains(words), "no `{words}` in {told}");
    }
    let status = by_cases.say(&["status", "--json"]).json().remove(0);
    assert_eq!(status["held_back"][0]["code"], "budget", "{status}");
    by_cases.change(WORKFLOW, "cases: 2, amount", "cases: 3, amount");
    assert!(!by_cases.say(&["why"]).out.contains("no further case"), "the limit was raised");
}

#[test]
fn a_tool_that_the_policy_does_not_give_the_step_is_refused() {
    let office = office(&["001"]);
    office.change("policies/intake.cedar", "Step::\"match\"", "Step::\"draft\"");
    let (code, cases) = one_by_one(&office);
    assert_eq!((code, cases[0].1.as_str()), (3, "waiting"));
    let (cause, told) = cause(&office, &cases[0].0);
    assert_eq!((&cause["code"], &cause["step"]), (&"refused".into(), &"match".into()), "{told}");
    assert_eq!(cause["rule"], "cedar:intake_uses_only_these", "{told}");
    assert!(told.contains("the look-up with `table.read_query` was refused"), "{told}");
    assert!(office.drafts().is_empty());
}

#[test]
fn t3_a_limit_of_cost_that_is_used_up_asks_the_model_nothing_more() {
    let vendor = Vendor::plain();
    let office = Office::new(&vendor, &["001"]);
    freely(&office);
    office.change(
        "flightdeck.yaml",
        "price: { input: 0 USD, cached: 0 USD, output: 0 USD }",
        "price: { input: 900 USD, cached: 900 USD, output: 900 USD }",
    );
    let (code, cases) = one_by_one(&office);
    assert_eq!((code, cases[0].1.as_str()), (3, "waiting"));
    let (cause, told) = cause(&office, &cases[0].0);
    assert_eq!((&cause["code"], &cause["step"]), (&"budget".into(), &"read".into()), "{told}");
    assert_eq!(vendor.asked(), 0, "a call is paid for before it is made");
    assert!(office.drafts().is_empty());
}

#[test]
fn t4_a_call_that_the_step_does_not_declare_is_refused_and_the_model_is_told() {
    let documents = documents();
    let wish = serde_json::json!({
        "supplier": "S-1041", "iban": "DE46999900001200033441", "amount": "1.00",
        "currency": "EUR", "number": "X1",
    });
    let vendor = Vendor::new(move |asked| match asked.text.contains("refused") {
        false => vendor::calls("erp.create_draft", &wish),
        true => obeyed(&documents, asked).1,
    });
    let office = Office::new(&vendor, &["001"]);
    freely(&office);
    office.change("flightdeck.yaml", "can: [ choose, json ]", "can: [ choose, json, tools ]");
    office.change(
        WORKFLOW,
        "    given: [ fetch.content ]\n",
        "    given: [ fetch.content ]\n    tools: [ documents.read_document ]\n    turns: 4\n",
    );
    office.change("agents/clerk.md", "tools: []", "tools: [ documents.read_document ]");
    let (code, cases) = one_by_one(&office);
    let logs = office.say(&["logs", &cases[0].0]).out;
    assert_eq!(code, 0, "{logs}");
    assert!(logs.contains("`erp.create_draft` was refused by the rule"), "{logs}");
    assert_eq!((office.drafts().len(), office.strays()), (1, Vec::new()));
}

#[test]
fn t2_a_policy_that_is_broken_or_forbids_lets_nothing_through() {
    for (from, to) in [
        ("when { context.args.amount.minor >", "wehn { context.args.amount.minor >"),
        ("context.args.amount.minor > 2500000", "context.args.amount.nothing > 2500000"),
    ] {
        let office = office(&["001"]);
        office.change("policies/drafts.cedar", from, to);
        for args in [&["check"][..], &["run", "invoice_intake", "--each", "inbox"]] {
            let said = office.say(args);
            assert_eq!(said.code, 2, "{}", said.out);
            assert!(said.err.contains("FD-P803") && said.err.contains("drafts.cedar:11"));
        }
        assert!(office.drafts().is_empty());
    }
    let office = office(&["001"]);
    office.change("policies/drafts.cedar", "amount.minor > 2500000", "amount.minor > 100000");
    let (code, cases) = one_by_one(&office);
    assert_eq!((code, cases[0].1.as_str()), (3, "waiting"));
    let (cause, told) = cause(&office, &cases[0].0);
    assert_eq!(cause["code"], "refused", "{told}");
    assert!(told.contains("no_draft_above_25000_eur"), "the rule is named: {told}");
    assert!(office.drafts().is_empty());
}

#[test]
fn a_server_that_misbehaves_drafts_nothing_twice() {
    // What the ERP is left with, how the case stands, and its cause.
    let faults = [
        ("hang", 1, "done", None),
        ("die", 1, "done", None),
        ("garbage", 1, "done", None),
        ("hang-before", 0, "waiting", Some("unavailable")),
        ("die-before", 0, "waiting", Some("unavailable")),
        ("flood", 0, "waiting", Some("unavailable")),
    ];
    std::thread::scope(|scope| {
        for (fault, drafts, status, code) in faults {
            scope.spawn(move || {
                let office = office(&["003"]);
                office.change(WORKFLOW, "    time_out: 30 seconds", "    time_out: 3 seconds");
                office.erp_args(&format!("\"--fault\", \"{fault}\""));
                let said = office.run_all();
                let (run, stands) = office.only(&said);
                let (cause, told) = cause(&office, &run);
                assert_eq!(stands, status, "{fault}: {told}");
                assert_eq!(cause["code"].as_str(), code, "{fault}: {told}");
                let settled = if drafts == 1 { "did happen" } else { "did not happen" };
                assert!(told.contains("it may have happened"), "{fault}: {told}");
                assert!(told.contains(settled), "{fault}: {told}");
                assert_eq!(office.drafts().len(), drafts, "{fault}");
                assert_eq!(office.strays(), Vec::<String>::new());
            });
        }
    });
}

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "the test waits for other processes, on its own thread"
)]
fn a_second_command_on_the_folder_goes_through_the_first() {
    // 044 was not received, so it waits; about 001 the model thinks until it is let go on.
    let gate = Arc::new(AtomicBool::new(false));
    let (open, documents) = (Arc::clone(&gate), documents());
    let vendor = Vendor::new(move |asked| {
        let (name, answer) = obeyed(&documents, asked);
        while name.starts_with("001") && !open.load(Ordering::Acquire) {
            std::thread::sleep(Duration::from_millis(5));
        }
        answer
    });
    let office = Office::new(&vendor, &["001", "044"]);
    freely(&office);
    let busy = office.start(&["run", "invoice_intake", "--each", "inbox", "--at-once", "2"]);
    let waits = || {
        let said = office.say(&["runs", "--status", "waiting", "--json"]);
        let run = said.json().first().map(|line| line["run"].as_str().unwrap().to_owned());
        run.filter(|_| vendor.asked() == 2)
    };
    let waiting = (0..600).find_map(|_| {
        std::thread::sleep(Duration::from_millis(50));
        waits()
    });
    let waiting = waiting.expect("one case waits for a person, the other for its model");
    let status = office.say(&["status", "--json"]);
    assert_eq!(status.code, 0, "{}", status.err);
    let who = ["--as", CLERK, "--reason", "not received"];
    let said = office.say(&[&["review", "reject", &waiting][..], &who].concat());
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);

    // Everything stops while the model still thinks about the other case.
    let said = office.say(&["stop", "--reason", "drill", "--as", LEAD]);
    assert_eq!(said.code, 0, "{}", said.err);
    let ended = busy.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(text.contains("halted"), "{text}");
    let why = office.say(&["why"]);
    assert!(why.out.contains("everything is stopped") && why.out.contains("drill"), "{}", why.out);
    assert!(office.drafts().is_empty());

    gate.store(true, Ordering::Release);
    for args in [&["resume", "--reason", "over"][..], &["resume", "--as", LEAD]] {
        assert_eq!(office.say(args).code, 2, "a person and a reason are needed: {args:?}");
    }
    let said = office.say(&["resume", "--as", LEAD, "--reason", "over"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(office.say(&["run", "--open"]).code, 0);
    assert_eq!(office.drafts().len(), 1, "the case went on where it was");
    assert_eq!(office.strays(), Vec::<String>::new());
}
