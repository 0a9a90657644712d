//! A disk that takes nothing more, and one that gives back other than it was given. What cannot be
//! stored is not done, what is damaged is named, and the rest goes on.

use std::fs;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::desk::Said;
use crate::obedient::{documents, freely, obeyed};
use crate::office::Office;
use crate::vendor::Vendor;

const CLERK: &str = "ines@larkfield.example";
const RUN: &[&str] = &["run", "invoice_intake", "--each", "inbox", "--at-once", "2"];

/// An office whose model thinks about 001 until it is let go on, and the gate that lets it.
fn thinking() -> (Office, Vendor, Arc<AtomicBool>) {
    let gate = Arc::new(AtomicBool::new(false));
    let (open, documents) = (Arc::clone(&gate), documents());
    let vendor = Vendor::new(move |asked| {
        let (name, answer) = obeyed(&documents, asked);
        while name.starts_with("001") && !open.load(Ordering::Acquire) {
            pause();
        }
        answer
    });
    let office = Office::new(&vendor, &["001", "044"]);
    freely(&office);
    (office, vendor, gate)
}

#[allow(clippy::disallowed_methods, reason = "what is waited for is another process")]
fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}

/// Starts the binary so that a write beyond the limit is an error and no signal.
fn start(office: &Office, blocks: &str, args: &[&str]) -> Child {
    let mut command = std::process::Command::new("sh");
    let binary = office.command();
    command
        .args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""), "sh"])
        .arg(binary.get_program())
        .args(args)
        .current_dir(office.root())
        .env_clear()
        .envs(binary.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn ended(child: Child) -> Said {
    let output = child.wait_with_output().unwrap();
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// From now on the process can write to no file.
fn fill(child: &Child) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    let none = Rlimit { current: Some(0), maximum: None };
    prlimit(Some(pid), Resource::Fsize, none).unwrap();
}

/// Waits until one case waits for a person and the model thinks about the other.
fn until_it_thinks(office: &Office, vendor: &Vendor) -> String {
    let waits = || {
        let said = office.say(&["runs", "--status", "waiting", "--json"]);
        let run = said.json().first().map(|line| line["run"].as_str().unwrap().to_owned());
        run.filter(|_| vendor.asked() == 2)
    };
    let waiting = (0..1500).find_map(|_| {
        pause();
        waits()
    });
    waiting.expect("one case waits for a person, the other for its model")
}

fn every_run(office: &Office) -> Vec<String> {
    let said = office.say(&["runs", "--json"]);
    said.json().iter().map(|line| line["run"].as_str().unwrap().to_owned()).collect()
}

fn all_whole(office: &Office) {
    for run in every_run(office) {
        let said = office.say(&["logs", &run, "--verify"]);
        assert_eq!(said.code, 0, "{run}: {}", said.err);
    }
}

#[test]
fn a_full_disk_ends_the_command_and_loses_nothing() {
    let (office, vendor, gate) = thinking();
    let busy = start(&office, "unlimited", RUN);
    until_it_thinks(&office, &vendor);
    fill(&busy);
    gate.store(true, Ordering::Release);
    let said = ended(busy);
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    for words in ["error[journal_unusable]", "cannot be written", "flightdeck run --open"] {
        assert!(said.err.contains(words), "no `{words}` in {}", said.err);
    }
    assert!(office.drafts().is_empty(), "what cannot be stored is not done");
    assert_eq!(every_run(&office).len(), 2);
    all_whole(&office);
    assert_eq!(office.say(&["explain", "journal_unusable"]).code, 0);

    let said = office.say(&["run", "--open"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(office.drafts().len(), 1, "with room again it goes on where it was");
    assert_eq!(office.strays(), Vec::<String>::new());
    all_whole(&office);
}

#[test]
fn a_disk_without_room_for_a_case_opens_none() {
    let office = Office::new(&Vendor::plain(), &["001", "044"]);
    let said = ended(start(&office, "0", RUN));
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    assert!(said.err.contains("error[journal_unusable]"), "{}", said.err);
    // Room for the journal itself, but not for much.
    let mut failed = 0;
    for blocks in ["150", "300", "600"] {
        let said = ended(start(&office, blocks, RUN));
        assert!(matches!(said.code, 0 | 1 | 3), "{}{}", said.out, said.err);
        if said.code == 1 {
            failed += 1;
            assert!(said.err.contains("error[journal_unusable]"), "{}", said.err);
        }
        all_whole(&office);
    }
    assert!(failed > 0, "no limit was too small");
    let said = office.say(&["run", "--open"]);
    assert!(matches!(said.code, 0 | 3), "{}{}", said.out, said.err);
    let said = office.run_all();
    assert!(matches!(said.code, 0 | 3), "{}{}", said.out, said.err);
    assert_eq!(office.drafts().len(), 1, "each invoice is drafted once");
    all_whole(&office);
}

#[test]
fn a_stop_on_a_full_disk_stops_everything_and_says_what_is_missing() {
    let (office, vendor, gate) = thinking();
    let busy = start(&office, "unlimited", RUN);
    until_it_thinks(&office, &vendor);
    fill(&busy);
    let said = office.say(&["stop", "--reason", "drill", "--as", CLERK]);
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    for words in ["nothing runs any more", "could not be recorded", "give the command again"] {
        assert!(said.err.contains(words), "no `{words}` in {}", said.err);
    }
    assert_ne!(ended(busy).code, 0);
    gate.store(true, Ordering::Release);
    assert!(office.drafts().is_empty());

    let said = ended(start(&office, "0", &["stop", "--as", CLERK]));
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    assert!(said.err.contains("could not be recorded"), "{}", said.err);
    all_whole(&office);
    assert_eq!(office.say(&["stop", "--as", CLERK]).code, 0, "with room it is recorded");
    assert!(office.say(&["why"]).out.contains("everything is stopped"));
}

/// Where a text stands in the journal's file: a page that was split keeps a copy that nobody reads.
fn places(journal: &[u8], text: &str) -> Vec<usize> {
    let all = journal.windows(text.len()).enumerate();
    let found: Vec<usize> =
        all.filter(|(_, bytes)| *bytes == text.as_bytes()).map(|(at, _)| at).collect();
    assert!(!found.is_empty(), "no `{text}` in the journal");
    found
}

#[test]
fn a_damaged_entry_holds_its_own_case_and_no_other() {
    let (office, vendor, gate) = thinking();
    let mut busy = office.start(RUN);
    let waiting = until_it_thinks(&office, &vendor);
    busy.kill().unwrap();
    busy.wait().unwrap();
    gate.store(true, Ordering::Release);
    let running = every_run(&office).into_iter().find(|run| *run != waiting).unwrap();
    let reject = ["review", "reject", &waiting, "--as", CLERK, "--reason", "not received"];
    assert_eq!(office.say(&reject).code, 1);
    // Closed by a writer that nobody reads beside, all of it stands in one file.
    drop(store::SqliteStore::open(&office.root().join(".flightdeck")).unwrap());
    let file = office.root().join(".flightdeck/journal.db");
    let whole = fs::read(&file).unwrap();
    let found = places(&whole, &format!("\"run\":\"{running}\",\"seq\":1"));
    let length = format!("\"run\":\"{running}\",\"seq\":").len();

    // One stored entry is overwritten.
    let mut other = whole.clone();
    found.iter().for_each(|at| other[at + length] = b'7');
    fs::write(&file, &other).unwrap();
    let damaged = |said: &Said, code| {
        assert_eq!(said.code, code, "{}{}", said.out, said.err);
        assert!(said.err.contains("error[journal_damaged]"), "{}", said.err);
        assert!(said.err.contains("help:") && said.err.contains("data folder"), "{}", said.err);
    };
    damaged(&office.say(&["run", "--open"]), 1);
    damaged(&office.say(&["why", &running]), 1);
    damaged(&office.say(&["logs", &running, "--verify"]), 8);
    damaged(&office.say(&["retry", &running, "--as", CLERK]), 1);
    assert_eq!(office.say(&["logs", &waiting, "--verify"]).code, 0);
    assert_eq!(office.say(&["status"]).code, 0);
    assert!(office.drafts().is_empty());
    // The same invoice as a new case goes its way beside it.
    let said = office.say(&[RUN, &["--json"]].concat());
    assert!(matches!(said.code, 0 | 3), "{}{}", said.out, said.err);
    assert_eq!(office.drafts().len(), 1);

    // A whole page is overwritten, in the file as it was.
    let mut other = whole.clone();
    let page = usize::from(u16::from_be_bytes([whole[16], whole[17]]));
    for at in &found {
        let first = at / page * page;
        other[first..first + page].fill(0xAA);
    }
    let _ = fs::remove_file(file.with_file_name("journal.db-wal"));
    let _ = fs::remove_file(file.with_file_name("journal.db-shm"));
    fs::write(&file, &other).unwrap();
    damaged(&office.say(&["run", "--open"]), 1);
    damaged(&office.say(&["logs", &running, "--verify"]), 1);
    let said = office.say(&["doctor"]);
    assert!(said.code == 8 && said.out.contains("damaged"), "{}", said.out);
    assert_eq!(office.drafts().len(), 1, "nothing happens on a damaged page");

    // Back from the copy, everything is there and goes on.
    fs::write(&file, &whole).unwrap();
    all_whole(&office);
    let said = office.say(&["run", "--open"]);
    assert!(matches!(said.code, 0 | 3), "{}{}", said.out, said.err);
}
