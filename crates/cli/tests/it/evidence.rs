//! Evidence that somebody else checks: keys, signed roots, an export and packs of real cases, and
//! the same packs in a program of another language that was written from their description.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::desk::{Desk, Said};
use crate::driving::Driving;

const WORKFLOW: &str = r#"---
workflow: notes
purpose: Sort what people write to us. It answers nobody.
accountable: owner@example.com
override: lead
risk: low
autonomy: act
case: { one: line of our list, from: outside, fields: { id: text, email: text, points: integer } }
limits:
  case: { cost: 0.10 EUR, days: 10 }
  day: { cost: 5 EUR, cases: 200 }
baseline: { minutes: 6, cases_per_week: 40 }
on_failure: { ask: clerk }
steps:
  - step: route
    decide:
      who: lead
      basis: Desk rules, section 2
      first:
        - { when: "case.points <= 90", go: filed }
      otherwise: look
  - step: look
    review:
      by: lead
      never_by: [ starter ]
      question: Is this ours?
      show: [ case ]
      within: 8 working hours
      late: { then: stop }
      if_rejected: { then: stop }
    then: filed
  - step: filed
    end: done
exceptions:
  - { what: no address, when: "case.email == ''", go: look }
---
# Notes
"#;

const ANN: &str = "ann.ode@post.example";
const OWNER: [&str; 2] = ["--as", "owner@example.com"];

/// Reads a pack as the other program does, sound and with single bits changed.
const FLIPS: &str = r#"
import sys
sys.path.insert(0, sys.argv[1])
import verify
pack, noticed = open(sys.argv[2], "rb").read(), 0
verify.pack(pack, None, [])
for n in range(50):
    other, at = bytearray(pack), n * (len(pack) // 50) + n
    other[at] ^= 1 << n % 8
    try:
        verify.pack(bytes(other), None, [])
    except verify.REFUSALS:
        noticed += 1
print("sound, and %d of 50 noticed" % noticed)
"#;

/// A desk with four cases, of which one waits for a person.
fn desk() -> Desk {
    let desk = Desk::new();
    std::fs::write(desk.root().join("workflows/notes.md"), WORKFLOW).unwrap();
    let rows: Vec<String> = [7, 8, 9, 99]
        .iter()
        .map(|points| format!(r#"{{"id":"c{points}","email":"{ANN}","points":{points}}}"#))
        .collect();
    std::fs::write(desk.root().join("rows.jsonl"), rows.join("\n")).unwrap();
    let said = desk.say(&["run", "notes", "--each", "rows.jsonl"]);
    assert_eq!(said.code, 3, "{}{}", said.out, said.err);
    desk
}

fn say(desk: &Desk, args: &[&str]) -> Said {
    desk.say(&[args, &OWNER, &["--json"]].concat())
}

fn object(said: &Said, kind: &str) -> Value {
    let mut all = said.json().into_iter().filter(|object| object["kind"] == kind);
    all.next().unwrap_or_else(|| panic!("no `{kind}` in {}{}", said.out, said.err))
}

fn seal(desk: &Desk, out: &str, more: &[&str]) -> PathBuf {
    let said = say(desk, &[&["evidence", "seal", "--out", out][..], more].concat());
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    desk.root().join(out)
}

/// The other program's answer: how it ended, and what it said.
fn elsewhere(path: &Path, more: &[&str]) -> (i32, String) {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/verify.py");
    let mut python = Command::new("python3");
    let output = python.arg(program).arg(path).args(more).env("PYTHONDONTWRITEBYTECODE", "1");
    let output = output.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8(text).unwrap())
}

#[test]
fn cases_are_sealed_and_checked_by_two_programs() {
    let desk = desk();
    let no_key = say(&desk, &["evidence", "seal"]);
    assert_eq!(no_key.code, 2, "{}", no_key.err);
    assert!(no_key.err.contains("evidence key new"), "{}", no_key.err);
    let clerk = desk.say(&["evidence", "key", "new", "--as", "clerk@example.com"]);
    assert_eq!(clerk.code, 4, "{}", clerk.err);
    let key = object(&say(&desk, &["evidence", "key", "new", "--name", "desk.example/log"]), "key");
    let verifier = key["verifier"].as_str().unwrap().to_owned();
    let file = desk.root().join(".flightdeck/evidence-key");
    let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions());
    assert_eq!((mode & 0o777, std::fs::read(file).unwrap().len()), (0o600, 32));

    let pack = seal(&desk, "all.fdpack", &["notes", "--sample", "3", "--seed", "dice"]);
    let said = say(&desk, &["verify", "all.fdpack", "--key", &verifier]);
    let verified = object(&said, "verified");
    assert_eq!((verified["cases"].as_u64(), verified["cases_shown"].as_u64()), (Some(4), Some(3)));
    assert_eq!((&verified["grade"], &verified["key_known"]), (&"self_signed".into(), &true.into()));
    // Her address is nowhere in it: the case is kept back, and so its decisions are not made again.
    let bytes = std::fs::read(&pack).unwrap();
    let inside = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(!inside(ANN) && !inside("ann.ode") && inside("desk.example/log"));
    assert!(verified["contents_withheld"].as_u64() > Some(0), "{verified}");
    assert!(verified["decisions"]["not_shown"].as_u64() > Some(0), "{verified}");
    let (code, text) = elsewhere(&pack, &["--key", &verifier]);
    assert_eq!(code, 0, "{text}");
    let other: Value = serde_json::from_str(&text).unwrap();
    for field in ["entries", "entries_shown", "cases", "cases_shown", "contents_shown"] {
        assert_eq!(other[field], verified[field], "{field}");
    }
    // Where everything is shown every decision is made again, without the installation's secret.
    seal(&desk, "full.fdpack", &["--full"]);
    let full = object(&say(&desk, &["verify", "full.fdpack"]), "verified");
    assert_eq!((&full["complete"], full["contents_withheld"].as_u64()), (&true.into(), Some(0)));
    let made = &full["decisions"];
    assert!(made["equal"].as_u64() >= Some(4), "{made}");
    assert_eq!((made["different"].as_u64(), made["not_shown"].as_u64()), (Some(0), Some(0)));
    assert_eq!(elsewhere(&desk.root().join("full.fdpack"), &[]).0, 0);
    let never = say(&desk, &["evidence", "seal", "--out", "full.fdpack"]);
    assert_eq!(never.code, 2, "{}", never.err);
}

#[test]
fn both_programs_notice_what_was_changed() {
    let desk = desk();
    say(&desk, &["evidence", "key", "new"]);
    let bytes = std::fs::read(seal(&desk, "all.fdpack", &["--no-contents"])).unwrap();
    let changed = desk.root().join("changed.fdpack");
    let at = bytes.windows(8).position(|window| window == b"\"opened\"").unwrap();
    let mut other = bytes.clone();
    other[at + 2] = b'q';
    std::fs::write(&changed, &other).unwrap();
    let said = say(&desk, &["verify", "changed.fdpack"]);
    let error: Value = serde_json::from_str(&said.err).unwrap();
    assert_eq!((said.code, &error["code"]), (8, &"entry_changed".into()), "{}", said.err);
    assert!(error["what"].as_str().unwrap().contains("entry 0 (entry 0 of case "), "{error}");
    // A sample of bits in the slower program, in one process; the faster one tries a thousand.
    std::fs::write(&changed, &bytes).unwrap();
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let mut python = Command::new("python3");
    let output = python.args(["-B", "-c", FLIPS]).args([&docs, &changed]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.trim(), "sound, and 50 of 50 noticed");
    let page = say(&desk, &["explain", "entry_changed"]);
    assert_eq!(page.code, 0, "{}", page.err);
}

#[test]
fn keys_follow_each_other_and_witnesses_answer() {
    let desk = desk();
    let first = object(&say(&desk, &["evidence", "key", "new"]), "key");
    let old = first["verifier"].as_str().unwrap();
    let again = say(&desk, &["evidence", "key", "new"]);
    assert_eq!(again.code, 2, "{}", again.err);
    // Whoever drives signs before it leaves.
    Driving::start(&desk).leave();
    let logged = desk.say(&["logs", "desk", "--verify"]);
    assert_eq!(logged.code, 0, "{}", logged.err);
    assert!(desk.say(&["logs", "desk"]).out.contains("were signed as one"));
    let second = object(&say(&desk, &["evidence", "key", "rotate"]), "key");
    let new = second["verifier"].as_str().unwrap();
    assert_ne!(old, new);
    let answer = "printf 'stamp of '; sha256sum";
    let pack = seal(&desk, "two.fdpack", &["--witness", answer]);
    let verified = object(&say(&desk, &["verify", "two.fdpack", "--key", old]), "verified");
    assert_eq!(
        (&verified["grade"], &verified["anchors"][0]),
        (&"self_signed".into(), &"anchors/answer".into())
    );
    let judged = ["verify", "two.fdpack", "--key", old, "--anchored"];
    let verified = object(&say(&desk, &judged), "verified");
    assert_eq!(
        (&verified["grade"], verified["checkpoints"].as_u64()),
        (&"anchored".into(), Some(1))
    );
    let (code, text) = elsewhere(&pack, &["--key", old]);
    assert_eq!(code, 0, "{text}");
    let stranger = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let wrong = say(&desk, &["verify", "two.fdpack", "--key", stranger]);
    assert!(wrong.err.contains("wrong_key"), "{}", wrong.err);
    assert_eq!(elsewhere(&pack, &["--key", stranger]).0, 8);
    // An export is whole, and one entry less is noticed.
    let out = say(&desk, &["evidence", "export", "out"]);
    assert_eq!(out.code, 0, "{}", out.err);
    let whole = object(&say(&desk, &["verify", "out", "--key", old]), "verified");
    assert_eq!(whole["complete"], true);
    assert_eq!(elsewhere(&desk.root().join("out"), &["--key", old]).0, 0);
    let entries = desk.root().join("out/log/entries");
    let all = std::fs::read_to_string(&entries).unwrap();
    let cut = all.trim_end().rsplit_once('\n').unwrap().0;
    std::fs::write(&entries, format!("{cut}\n")).unwrap();
    let short = say(&desk, &["verify", "out"]);
    assert!(short.err.contains("entries_cut_off"), "{}", short.err);
    assert_eq!(elsewhere(&desk.root().join("out"), &[]).0, 8);
    // A revoked key signs nothing more.
    let key = second["key"].as_str().unwrap();
    let gone = say(&desk, &["evidence", "key", "revoke", &key[..12], "--because", "leaked"]);
    assert_eq!(gone.code, 0, "{}", gone.err);
    assert_eq!(say(&desk, &["evidence", "checkpoint"]).code, 2);
    let told = say(&desk, &["verify", "two.fdpack", "--revoked", new]);
    assert!(told.err.contains("revoked_key"), "{}", told.err);
    let listed = object(&say(&desk, &["evidence", "key", "list"]), "keys");
    assert_eq!(listed["keys"].as_array().unwrap().len(), 2);
    assert_eq!(listed["keys"][1]["because"], "leaked");
    let fresh = say(&desk, &["evidence", "key", "new"]);
    assert_eq!(fresh.code, 0, "{}", fresh.err);
}

#[test]
fn the_page_runs_its_own_script_and_nothing_else() {
    use base64::Engine;
    use sha2::Digest;
    let desk = Desk::new();
    let said = desk.say(&["evidence", "page", "check.html", "--json"]);
    assert_eq!(object(&said, "page")["file"], "check.html");
    let page = std::fs::read_to_string(desk.root().join("check.html")).unwrap();
    for tag in ["script", "style"] {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        let (_, rest) = page.split_once(&open).unwrap();
        let (inside, rest) = rest.split_once(&close).unwrap();
        assert!(!rest.contains(&open), "a second `{tag}`");
        let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(inside));
        assert!(page.contains(&format!("{tag}-src 'sha256-{hash}'")), "{tag}-src needs {hash}");
    }
    assert!(page.contains("content=\"default-src 'none'; "));
    assert_eq!(desk.say(&["evidence", "page", "check.html"]).code, 2);
}
