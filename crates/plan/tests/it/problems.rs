//! Every code has a workspace that has the problem, and a near miss that has not. Both are
//! written as changes to `problems/base`: `@@ FILE`, then lines to take out (`-`) and to put in
//! (`+`); without lines to take out the file is replaced, and `@@ FILE * N` repeats the text.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use plan::{Files, Problems, codes};

use crate::folder;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/problems")
}

/// The base with the changes of one file.
pub fn changed(name: &str) -> Files {
    let text = fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let mut files = folder::read(&root().join("base"));
    for part in text.split("@@ ").skip(1) {
        let (head, body) = part.split_once('\n').unwrap_or((part, ""));
        let (path, times) = head.split_once(" * ").unwrap_or((head, "1"));
        for hunk in body.split("\n\n") {
            let lines = |sign: char| -> String {
                hunk.lines()
                    .filter_map(|l| l.strip_prefix(sign))
                    .map(|l| format!("{l}\n"))
                    .collect()
            };
            let (old, new) = (lines('-'), lines('+').repeat(times.parse().unwrap()));
            if old.is_empty() {
                if !new.is_empty() {
                    files.insert(path, &new);
                }
                continue;
            }
            let before = files.get(path).unwrap_or_else(|| panic!("{name}: no {path}")).to_string();
            assert_eq!(before.matches(&old).count(), 1, "{name}: not once in {path}:\n{old}");
            files.insert(path, &before.replace(&old, &new));
        }
    }
    files
}

fn problems(files: &Files) -> Problems {
    plan::check(files, "workflows/intake.md").err().unwrap_or_default()
}

fn found(problems: &Problems) -> BTreeSet<&'static str> {
    problems.iter().map(|problem| problem.code.id).collect()
}

#[test]
fn the_base_is_a_plan() {
    let files = folder::read(&root().join("base"));
    let checked = plan::check_all(&files);
    assert!(checked.problems.is_empty(), "\n{}", checked.problems.render(&files, false));
    assert_eq!(checked.plans.len(), 2);
}

#[test]
fn every_code_has_its_problem_and_its_near_miss() {
    let mut failed = String::new();
    for code in codes::ALL {
        let bad = changed(&format!("{}/bad.change", code.id));
        let said = problems(&bad);
        if found(&said) != BTreeSet::from([code.id]) {
            writeln!(failed, "{}: bad gives\n{}", code.id, said.render(&bad, false)).unwrap();
        }
        let good = changed(&format!("{}/good.change", code.id));
        let said = problems(&good);
        if !said.is_empty() {
            writeln!(failed, "{}: good gives\n{}", code.id, said.render(&good, false)).unwrap();
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
}

#[test]
fn no_folder_is_left_without_its_code() {
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(name == "base" || codes::find(&name).is_some(), "{name} is no code");
    }
}

#[test]
fn a_field_is_known_in_a_column_of_texts() {
    let base = folder::read(&root().join("base"));
    let path = "workflows/intake.md";
    let text = base.get(path).unwrap().to_string();
    let said = |known: &str| {
        let order = format!("order: {{ find: id, optional: true, known_in: {known} }} }}");
        let mut files = base.clone();
        files.insert(path, &text.replace("order: id? }", &order));
        let said = problems(&files);
        let all: Vec<String> = said.iter().map(|p| format!("{} {}", p.code.id, p.what)).collect();
        all.join("; ")
    };
    assert_eq!(said("orders.order"), "");
    assert_eq!(said("orders"), "FD-P211 `orders` names no column of a table");
    assert_eq!(said("orders.ordr"), "FD-P211 the table has no column `ordr`");
    assert_eq!(said("order.order"), "FD-P203 there is no table `order`");
    let kind = "FD-P211 `orders.amount` holds no text, identifiers or accounts";
    assert_eq!(said("orders.amount"), kind);
}

#[test]
fn what_is_wanted_of_an_answer_is_read_closely() {
    let base = folder::read(&root().join("base"));
    let path = "workflows/intake.md";
    let text = base.get(path).unwrap().to_string();
    let said = |top: &str, more: &str| {
        let step = "  - step: sort\n    agent: writer\n    answer: { topic: { one_of: [ invoice, letter ] \
                    }, note: text? }\n";
        let mut files = base.clone();
        files.insert("lists/promises.txt", "# Nobody promises these.\n\nguarantee*\nmoney back\n");
        files.insert("lists/empty.txt", "# nothing\n");
        let text =
            text.replace("autonomy: act_with_undo\n", &format!("autonomy: act_with_undo\n{top}"));
        files.insert(path, &text.replace("exceptions:\n", &format!("{step}{more}exceptions:\n")));
        let said = problems(&files);
        let all: Vec<String> = said.iter().map(|p| format!("{} {}", p.code.id, p.what)).collect();
        all.join("; ")
    };
    for (more, expected) in [
        (
            "    sure: { times: 3, alike: [ topic ], checker: small }\n    never_says: lists/promises.txt\n",
            "",
        ),
        ("    never_says: [ \"money back\" ]\n", ""),
        ("    sure: {}\n", "FD-P007 `sure` wants nothing of the answer"),
        ("    sure: { times: 1 }\n", "FD-P016 `1` is not between 2 and 9"),
        ("    sure: { alike: [ topic ] }\n", "FD-P007 one answer is always like itself"),
        ("    sure: { times: 2, alike: [ topics ] }\n", "FD-P704 the answer has no field `topics`"),
        ("    sure: { checker: smal }\n", "FD-P207 there is no model `smal`"),
        (
            "    sure: { probability: 80 % }\n",
            "FD-P212 this needs `probabilities`, and the model `large` cannot",
        ),
        (
            "    tools: [ erp.get_draft ]\n    sure: { times: 2 }\n",
            "FD-P008 an agent with tools cannot answer several times: it would act each time",
        ),
        ("    never_says: lists/promise.txt\n", "FD-P001 there is no `lists/promise.txt`"),
        (
            "    never_says: lists/empty.txt\n",
            "FD-P016 a list has 1 to 10000 entries, and this one 0",
        ),
        ("    never_says: [ \"*\" ]\n", "FD-P016 `*` holds no word"),
    ] {
        assert_eq!(said("", more), expected, "{more}");
    }
    assert_eq!(said("suspicion: { then: note, judge: small }\n", ""), "");
    assert_eq!(said("suspicion: { judge: smal }\n", ""), "FD-P207 there is no model `smal`");
    assert_eq!(said("suspicion: always\n", ""), "FD-P017 `always` is none of `ask`, `note`");
}

#[test]
fn cases_are_counted_by_a_text_of_the_case_and_by_nothing_else() {
    let base = folder::read(&root().join("base"));
    let path = "workflows/intake.md";
    let text = base.get(path).unwrap().to_string();
    let said = |sender: &str, each: &str| {
        let fields =
            "fields: { name: text, text: text, from: text?, day: date, who: { name: text } }";
        let case = format!("from: outside, {fields}{sender} }}\nonce_per");
        let text = text.replace("from: outside }\nonce_per", &case);
        let hour = format!("  hour: {{ cases: 40{each} }}\ntables:");
        let mut files = base.clone();
        files.insert(path, &text.replace("tables:", &hour));
        let said = problems(&files);
        let all: Vec<String> = said.iter().map(|p| format!("{} {}", p.code.id, p.what)).collect();
        all.join("; ")
    };
    let each = ", each_sender: 10";
    for good in ["case.text", "case.from", "case.who.name"] {
        assert_eq!(said(&format!(", sender: {good}"), each), "", "{good}");
    }
    for bad in ["case.frm", "case.day", "case.who", "case", "read.number"] {
        let what = format!("FD-P605 `{bad}` is no text of the case");
        assert_eq!(said(&format!(", sender: {bad}"), each), what);
    }
    let none = "FD-P605 a limit for each sender, and `case` has no `sender`";
    assert_eq!(said("", each), none);
    assert!(said(", sender: case.text", ", each_sender: 0").contains("FD-P"), "none at all");
}

#[test]
fn seeds_are_cases_of_their_workflow_and_somebody_could_notice() {
    let base = folder::read(&root().join("base"));
    let path = "workflows/intake.md";
    let text = base.get(path).unwrap().to_string();
    let said = |seeds: &str, case: &str| {
        let mut files = base.clone();
        files.insert(path, &text.replace("\nonce_per", &format!("\nseeds: {seeds}\nonce_per")));
        files.insert("seeds/intake/one.json", case);
        problems(&files)
    };
    let all = |said: &Problems| {
        let all: Vec<String> = said.iter().map(|p| format!("{} {}", p.code.id, p.what)).collect();
        all.join("; ")
    };
    let good = r#"{ "name": "a", "text": "b" }"#;
    let at = |share: &str| format!("{{ from: seeds/intake, share: {share} }}");
    for share in ["0.1 %", "20 %"] {
        assert_eq!(all(&said(&at(share), good)), "", "{share}");
    }
    for share in ["0 %", "20.1 %"] {
        let told = all(&said(&at(share), good));
        assert!(told.ends_with("the share is more than nothing and at most `20 %`"), "{told}");
    }
    for folder in ["seeds", "seeds/../inbox", "inbox", "/seeds/intake"] {
        let told = all(&said(&format!("{{ from: {folder}, share: 2 % }}"), good));
        assert_eq!(told, format!("FD-P606 `{folder}` is no folder below `seeds`"));
    }
    for case in ["", "[]", r#"{ "name": "a" }"#, r#"{ "name": "a", "text": "b", "more": 1 }"#] {
        let told = all(&said(&at("2 %"), case));
        assert!(told.starts_with("FD-P606 `seeds/intake/one.json` is no case"), "{case}: {told}");
    }
    let mut nobody = base.clone();
    let line = base.get("workflows/line.md").unwrap().to_string();
    let seeds = "seeds: { from: seeds/line, share: 2 % }\ntables:";
    nobody.insert("workflows/line.md", &line.replace("tables:", seeds));
    nobody.insert("seeds/line/one.json", r#"{ "text": "a", "order": "O1" }"#);
    let told = plan::check(&nobody, "line").err().unwrap_or_default();
    assert_eq!(all(&told), "FD-P606 this workflow asks nobody, so nobody could notice");
}
