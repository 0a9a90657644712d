//! Recorded runs, with their releases, one folder per version of the engine: each folds, its links
//! hold, and it is continued to its end. Whatever the engine of today wrote in them it still decides
//! in the same way, byte by byte. When it is to decide otherwise, `ENGINE` is raised and
//! `RECORD_JOURNALS=1` records what is missing for it; nothing that is recorded is ever written over.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};

use journal::{
    ENGINE, Entropy, Millis, Order, Reply, RunId, Seq, Starter, StopScope, Store, Stored,
};
use plan::Plan;
use plan::ids::{PersonId, ReleaseId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{case, engine};
use crate::rig::{Rig, workspace};
use crate::sim::to_the_end;
use crate::{AuditError, Engine, Tally};

#[derive(Serialize, Deserialize)]
struct Line {
    /// The bytes of the frame exactly as stored.
    frame: String,
    bodies: Vec<String>,
    entropy: Option<String>,
}

fn folder(engine: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/journals").join(engine)
}

fn hex32(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).unwrap();
    bytes
}

/// Rigs in the middle of something, by name.
fn recorded() -> Vec<(&'static str, Rig)> {
    let both = r"  - step: match
    lookup: { supplier: { in: suppliers, where: { name: case.name, code: case.code } } }
  - step: copy_1
    agent: clerk
    copy: { total: money }
  - step: both
    parallel:
      left:
        - { step: post, tool: erp.post, with: { name: case.name }, gives: { id: text }, undo: erp.retract }
        - { step: wait_1, wait: { for: 2 hours } }
      right:
        - step: review_1
          review:
            by: lead
            never_by: [ starter ]
            question: Right?
            show: [ case, match ]
            may_edit: [ case.name ]
            within: 8 working hours
            late: { ask: boss, within: 2 working hours, then: stop }
            if_rejected: { tell: lead, then: stop }
";
    let agent = r"  - step: tools_1
    agent: clerk
    given: [ case.text ]
    answer: { note: text }
    tools: [ web.query, erp.note, erp.send ]
    turns: 6
";
    let (mut waiting, _) = super::started(&engine("", both));
    waiting.pass(60_000);

    let asks = engine("", agent);
    let mut held = Rig::new(2);
    held.world.script = vec![vec![
        ("web.query".into(), json!({ "q": "x" })),
        ("erp.send".into(), json!({ "to": "a@b.c", "text": "hello" })),
    ]];
    held.open(&asks, &case());
    held.settle();

    // A driver died: one act is out, and nobody knows whether it happened.
    let post = "  - { step: post, tool: erp.post, with: { name: case.name }, undo: erp.retract }\n";
    let mut doubt = Rig::new(3);
    doubt.open(&engine("once_per: [ case.name ]\n", post), &case());
    doubt.permits.clear();

    let child = "  - { step: put, tool: erp.put, with: { name: case.name } }\n  - { step: last, end: done }\n";
    let more = "case: { one: an item, from: outside, fields: { name: text } }\noutput: put\n";
    let steps = "  - step: each_1\n    each: { of: case.items, workflow: child, items: 9, at_once: 1 }\n  - \
                 step: last\n    end: done\n    tell: lead\n";
    let main = workspace::workflow("main", "", steps);
    let child = workspace::workflow("child", more, child);
    let plan = workspace::plan(&[("main", &main), ("child", &child)]);
    let mut items = Rig::new(4);
    items.open(&workspace::engine(&plan), &case());

    let (done, _) = super::started(&engine("", post));
    let mut all = vec![
        ("waits_for_a_person", waiting),
        ("agent_with_a_held_call", held),
        ("act_in_doubt", doubt),
        ("child_is_open", items),
        ("done", done),
    ];
    all.extend(steered());
    all
}

/// Rigs in which a person or a stop has had a say.
fn steered() -> Vec<(&'static str, Rig)> {
    let copy = r"  - step: copy_1
    agent: clerk
    copy: { number: id, total: money }
  - step: review_1
    review:
      by: lead
      never_by: [ starter ]
      question: Right?
      show: [ case, copy_1 ]
      may_edit: [ copy_1.number, case.name ]
      within: 8 working hours
      late: { then: stop }
      if_rejected: { then: stop }
  - { step: post, tool: erp.post, with: { name: case.name }, gives: { id: text }, undo: erp.retract }
";
    let once = "once_per: [ [ case.name, copy_1.number ] ]\n";
    let mut document = case();
    // Amounts that only a question can tell apart.
    document["text"] =
        json!("Invoice number: INV-7001\nfoo 55.00 EUR\nTotal: 100.00 EUR\nbar 44.00 EUR\n");
    let mut edited = Rig::new(7);
    let run = edited.open(&engine(once, copy), &document);
    edited.settle();
    let values = vec![("copy_1.number".to_owned(), "\"INV-8\"".to_owned())];
    edited.reply(run, "lea@x.example", 1, Reply::Edit { values });

    let mut stopped = Rig::new(5);
    stopped.open(&super::many::nested(), &case());
    stopped.permits.clear();
    stopped.stop(StopScope::Workflow(plan::ids::WorkflowName::new("main").unwrap()), true);
    stopped.crash();
    stopped.recover();

    let mut again = Rig::new(6);
    let run = again.open(&super::many::nested(), &case());
    super::many::work(&mut again, &["Acme"]);
    let who = PersonId::new(workspace::OWNER).unwrap();
    again.post(run, Order::Retry { who });
    again.wake(run, Vec::new());
    let (named, _, _) = super::agents::sorted(&[("Material", super::agents::CREDIT_NOTE)]);
    let answered = super::questions::answered();

    // Two must agree: one took it up and changed something, and somebody stands in for another.
    let two = copy.replace("never_by: [ starter ]", "never_by: [ starter ]\n      approvals: 2");
    let mut agreed = Rig::new(8);
    let run = agreed.open(&engine("", &two), &document);
    agreed.settle();
    agreed.reply(run, "lea@x.example", 1, Reply::Claim);
    let values = vec![("copy_1.number".to_owned(), "\"INV-8\"".to_owned())];
    agreed.reply(run, "lea@x.example", 1, Reply::Edit { values });
    agreed.reply(run, "leo@x.example", 1, Reply::Claim);
    agreed.reply(run, "leo@x.example", 1, Reply::Release);
    agreed.stands_for = vec![PersonId::new("leo@x.example").unwrap()];
    agreed.reply(run, "cem@x.example", 1, Reply::Approve);
    let [lower, seeded, enough] = super::ladder::recorded();
    vec![
        ("held_lower", lower),
        ("known_to_be_wrong", seeded),
        ("enough_for_a_day", enough),
        ("two_agreed", agreed),
        ("copied_and_edited", edited),
        ("stopped_from_above", stopped),
        ("child_again", again),
        ("exception_named", named),
        ("question_answered", answered),
    ]
}

/// What is recorded for every version of the engine from now on.
const NAMES: [&str; 14] = [
    "held_lower",
    "known_to_be_wrong",
    "enough_for_a_day",
    "waits_for_a_person",
    "agent_with_a_held_call",
    "act_in_doubt",
    "child_is_open",
    "done",
    "copied_and_edited",
    "stopped_from_above",
    "child_again",
    "exception_named",
    "question_answered",
    "two_agreed",
];

fn write(name: &str, rig: &Rig) {
    let mut lines = String::new();
    for run in rig.truth.all_runs() {
        for stored in rig.store.frames(run, Seq(0), usize::MAX).unwrap() {
            let text = |b: &Arc<[u8]>| String::from_utf8(b.to_vec()).unwrap();
            let line = Line {
                frame: String::from_utf8(stored.bytes).unwrap(),
                bodies: stored.bodies.unwrap().iter().map(text).collect(),
                entropy: stored.entropy.map(|e| hex::encode(e.0)),
            };
            lines.push_str(&serde_json::to_string(&line).unwrap());
            lines.push('\n');
        }
    }
    std::fs::create_dir_all(folder(ENGINE)).unwrap();
    std::fs::write(folder(ENGINE).join(format!("{name}.jsonl")), lines).unwrap();
    // A child's release is nested in its caller's.
    let openings = rig.truth.all_runs().into_iter().map(|run| rig.load(run).0.opening().cloned());
    let first = openings.flatten().find(|o| matches!(o.starter, Starter::Person(_)));
    let release = first.unwrap().release;
    let plan = rig.engines[&release].plan();
    std::fs::write(folder(ENGINE).join(format!("{name}.release.json")), plan.canonical()).unwrap();
}

/// The engine of a stored release, opened by the id that its bytes must give.
fn open(bytes: &[u8]) -> std::rc::Rc<Engine> {
    use sha2::{Digest, Sha256};
    let release = ReleaseId(Sha256::digest(bytes).into());
    workspace::engine(&Arc::new(Plan::open(release, bytes).unwrap()))
}

fn read(folder: &Path, name: &str) -> Rig {
    let bytes = std::fs::read(folder.join(format!("{name}.release.json"))).unwrap();
    let engine = open(&bytes);
    let mut rig = Rig::new(99);
    rig.share(&engine);
    let text = std::fs::read_to_string(folder.join(format!("{name}.jsonl"))).unwrap();
    for line in text.lines() {
        let line: Line = serde_json::from_str(line).unwrap();
        let stored = Stored {
            bytes: line.frame.into_bytes(),
            bodies: Some(line.bodies.iter().map(|b| Arc::from(b.as_bytes())).collect()),
            entropy: line.entropy.map(|e| Entropy(hex32(&e))),
        };
        let frame = rig.store.put(stored);
        rig.now = Millis(rig.now.0.max(frame.at.0));
        rig.truth.stored(&frame, &[]);
    }
    rig
}

fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).into_iter().flatten();
    let name = |file: std::io::Result<std::fs::DirEntry>| {
        file.unwrap().file_name().to_str()?.strip_suffix(".jsonl").map(str::to_owned)
    };
    let mut names: Vec<String> = files.filter_map(name).collect();
    names.sort();
    names
}

/// Records what is missing, where somebody asks for it; once for all tests.
fn record() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        let there = names(&folder(ENGINE));
        if std::env::var_os("RECORD_JOURNALS").is_none() {
            return;
        }
        for (name, rig) in recorded() {
            if !there.iter().any(|known| known == name) {
                write(name, &rig);
            }
        }
    });
}

#[test]
fn every_engine_has_its_recorded_runs() {
    record();
    let there = names(&folder(ENGINE));
    for name in NAMES {
        let found = there.iter().any(|known| known == name);
        assert!(found, "engine {ENGINE} has no `{name}`: record it with RECORD_JOURNALS=1");
    }
}

/// A chain that was built anew around one other decision is whole, and is no longer what the engine
/// decides. What another engine wrote is not judged.
fn changes_are_noticed(rig: &Rig, run: RunId) -> bool {
    let (control, _) = rig.load(run);
    let engine = &rig.engines[&control.opening().unwrap().release];
    let mut rows = rig.store.frames(run, Seq(0), usize::MAX).unwrap();
    let tally = crate::audit(engine, run, &rows).unwrap();
    if tally.other_engine > 0 {
        return tally.same == 0;
    }
    assert_eq!(tally, Tally { same: u32::try_from(rows.len()).unwrap(), ..Tally::default() });
    assert!(matches!(crate::audit(engine, run, &[]), Err(AuditError::Empty)));
    let text = String::from_utf8(rows[0].bytes.clone()).unwrap();
    let other = text.replacen("\"attempt\":1", "\"attempt\":2", 1);
    assert_ne!(text, other);
    let mut prev = journal::Hash::leaf(text.as_bytes());
    rows[0].bytes = other.into_bytes();
    let mut now = journal::Hash::leaf(&rows[0].bytes);
    for row in &mut rows[1..] {
        let text = String::from_utf8(row.bytes.clone()).unwrap();
        let other = text.replacen(&prev.to_string(), &now.to_string(), 1);
        prev = journal::Hash::leaf(text.as_bytes());
        row.bytes = other.into_bytes();
        now = journal::Hash::leaf(&row.bytes);
    }
    matches!(crate::audit(engine, run, &rows), Err(AuditError::Differs { seq: Seq(0), .. }))
}

#[test]
fn recorded_runs_are_decided_as_they_were_and_continued() {
    record();
    let engines: u32 = ENGINE.parse().unwrap();
    for engine in 1..=engines {
        let folder = folder(&engine.to_string());
        for name in names(&folder) {
            let rig = read(&folder, &name);
            let runs: Vec<RunId> = rig.truth.all_runs();
            for run in &runs {
                assert!(rig.load(*run).0.opening().is_some(), "{name}");
                for stored in rig.store.frames(*run, Seq(0), usize::MAX).unwrap() {
                    let text = String::from_utf8(stored.bytes).unwrap();
                    assert!(text.contains(&format!("\"engine\":\"{engine}\"")), "{name}: {text}");
                }
                rig.audit(*run);
            }
            assert!(name != "done" || changes_are_noticed(&rig, runs[0]), "{name}");
            let before: usize = runs.iter().map(|run| rig.records(*run).len()).sum();
            let open = rig.truth.open_runs().len();
            let rig = to_the_end(rig);
            assert!(rig.truth.open_runs().is_empty(), "{name}");
            let all = rig.truth.all_runs();
            let after: usize = all.iter().map(|run| rig.records(*run).len()).sum();
            assert!(open == 0 || after > before, "{name} was not continued");
            for run in all {
                rig.audit(run);
            }
        }
    }
}
