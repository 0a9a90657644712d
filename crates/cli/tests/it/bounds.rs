//! What no command may do: show a secret to a model, stop a name that nobody knows, act for somebody
//! who is not there, or drive the cases of others.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::desk::Desk;
use crate::obedient::{documents, freely, obeyed};
use crate::office::{Office, WORKFLOW};
use crate::vendor::{Vendor, choice, first};

/// A secret whose form gives nothing away.
const TOKEN: &str = "vogel haus, 33 Zq7";

const RUN: &[&str] = &["run", "invoice_intake", "--each", "inbox", "--json"];

#[test]
fn a_known_secret_reaches_neither_a_model_nor_a_record() {
    for (value, reaches) in [("another value", true), (TOKEN, false)] {
        let heard = Arc::new(Mutex::new(String::new()));
        let texts = Arc::clone(&heard);
        let vendor = Vendor::new(move |asked| {
            texts.lock().unwrap().push_str(&asked.text);
            choice(first(asked))
        });
        let office = Office::new(&vendor, &["001"]);
        freely(&office);
        let env = "\"env\": { \"ERP_TOKEN\": \"${ERP_TOKEN}\" }, \"command\": \"erp-stand-in\"";
        office.change(".mcp.json", "\"command\": \"erp-stand-in\"", env);
        let inbox = std::fs::read_dir(office.root().join("inbox")).unwrap();
        for entry in inbox {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(path, format!("{text}\nReference: {TOKEN}\n")).unwrap();
        }
        let who = ("FLIGHTDECK_PERSON", "marta@larkfield.example");
        let said = office.say_with(RUN, &[("ERP_TOKEN", value), who]);
        let (run, status) = office.only(&said);
        assert_eq!(heard.lock().unwrap().contains(TOKEN), reaches, "{}", said.out);
        if reaches {
            continue;
        }
        assert_eq!((vendor.asked(), status.as_str()), (0, "waiting"), "{}", said.out);
        let logs = office.say(&["logs", &run]);
        assert!(logs.out.contains("secret") && !logs.out.contains(TOKEN), "{}", logs.out);
        for file in ["journal.db", "journal.db-wal"] {
            let bytes = std::fs::read(office.root().join(".flightdeck").join(file));
            let found =
                bytes.unwrap_or_default().windows(TOKEN.len()).any(|w| w == TOKEN.as_bytes());
            assert!(!found, "{file}");
        }
    }
}

#[test]
fn a_stop_names_what_is_there_and_needs_nothing_else() {
    let desk = Desk::new();
    for scope in [
        ["--workflow", "expense"],
        ["--tool", "outbox.write_fil"],
        ["--server", "outbux"],
        ["--vendor", "nobody"],
    ] {
        let said = desk.say(&[&["stop"][..], &scope].concat());
        assert!(said.code == 2 && said.err.contains("nothing was stopped"), "{}", said.err);
    }
    assert_eq!(desk.say(&["stop", "--vendor", "nobody", "--force"]).code, 0);
    for scope in [
        ["--workflow", "expenses"],
        ["--tool", "outbox.write_file"],
        ["--server", "outbox"],
        ["--vendor", "local"],
    ] {
        let said = desk.say(&[&["stop", "--as", "lead@example.com"][..], &scope].concat());
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{scope:?}");
        assert!(!said.out.contains("no person"), "{}", said.out);
    }
    let unknown = ["stop", "--run", "00000000000000000000000001"];
    assert_eq!(desk.say(&unknown).code, 2);

    // A variable that is not set, a server that is not there and settings that cannot be read.
    let added = ["mcp", "add", "keyed", "--env", "TOKEN=${SOME_TOKEN}", "--", "no-such-program"];
    assert_eq!(desk.say(&added).code, 0);
    desk.change("flightdeck.yaml", "people:", "people: [");
    let said = desk.say(&["stop", "--as", "stranger@example.com"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    assert!(said.out.contains("`stranger@example.com` is no person"), "{}", said.out);
    let why = desk.say(&["why"]);
    assert!(why.out.contains("everything is stopped"), "{}{}", why.out, why.err);
}

#[test]
fn nobody_acts_without_a_name_or_under_an_unknown_one() {
    let vendor = Vendor::plain();
    let office = Office::new(&vendor, &["044"]);
    let said = office.say_with(RUN, &[]);
    assert!(said.code == 2 && said.err.contains("--as PERSON"), "{}{}", said.out, said.err);
    let stranger = ["--as", "stranger@larkfield.example"];
    assert_eq!(office.say(&[RUN, &stranger].concat()).code, 4);
    let (run, status) = office.only(&office.run_all());
    assert_eq!(status, "waiting");
    for act in [&["review", "approve", &run][..], &["retry", &run], &["pause", &run]] {
        let said = office.say(&[act, &stranger].concat());
        assert!(said.code == 4 && said.err.contains("not a person"), "{act:?}: {}", said.err);
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "what is waited for is another process")]
fn a_short_command_leaves_the_cases_of_others_alone() {
    // 044 waits for a person; about 001 the model thinks until its driver is killed.
    let gate = Arc::new(AtomicBool::new(false));
    let open = Arc::clone(&gate);
    let documents = documents();
    let vendor = Vendor::new(move |asked| {
        let (name, answer) = obeyed(&documents, asked);
        while name.starts_with("001") && !open.load(Ordering::Acquire) {
            std::thread::sleep(Duration::from_millis(5));
        }
        answer
    });
    let office = Office::new(&vendor, &["001", "044"]);
    freely(&office);
    // The draft takes long enough for a clock to tick meanwhile.
    office.erp_args("\"--fault\", \"hang\"");
    office.change(WORKFLOW, "time_out: 30 seconds", "time_out: 2 seconds");
    let mut busy = office.start(&["run", "invoice_intake", "--each", "inbox", "--at-once", "2"]);
    let waiting = (0..600).find_map(|_| {
        std::thread::sleep(Duration::from_millis(50));
        let said = office.say(&["runs", "--status", "waiting", "--json"]);
        said.json().first().map(|line| line["run"].as_str().unwrap().to_owned())
    });
    busy.kill().unwrap();
    busy.wait().unwrap();
    let running = || office.say(&["runs", "--status", "running", "--json"]).out;
    let (before, asked) = (running(), vendor.asked());
    assert!(!before.is_empty(), "a case was left behind");
    let who = ["--as", "ines@larkfield.example"];
    let said = office.say(&[&["review", "approve", &waiting.unwrap()][..], &who].concat());
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!((running(), vendor.asked()), (before, asked), "somebody else's case was driven");
    gate.store(true, Ordering::Release);
    let said = office.say(&["run", "--open", "--json"]);
    assert!(matches!(said.code, 0 | 3), "{}{}", said.out, said.err);
    assert!(vendor.asked() > asked && running().is_empty(), "{}", said.out);
}
