//! Changes of a text: each touches its own lines and no other.

use serde_json::{Value, json};

use super::{Edit, EditError, edit};
use crate::files::Files;

mod every;
mod texts;

const PATH: &str = "workflows/sort.md";

const TEXT: &str = r#"---
workflow: sort # the name
purpose: Sort it.

# Who answers.
accountable: ann@example.com
limits:
  case: { cost: 1 EUR, days: 2 } # a day more than last year
steps:
  - step: read
    tool: files.read
    with: { path: case.name, deep: yes } # as it lies there

  # Only the clerk knows.
  - step: route
    decide:
      who: lead
      first:
        - { when: "read.total >= eur(5000)", go: look }
        # the usual way
        - { when: "found(read.order)", go: note }
      otherwise: look

  - step: look
    review:
      by: lead
      question: May read be noted?
      show: [ read, route ]
    then: note
  - step: note
    tool: files.write
---
# Sort

## read

Read all of it.
"#;

fn files(text: &str) -> Files {
    [(PATH, text)].into_iter().collect()
}

fn set(at: &[&str], to: Value) -> Edit {
    Edit::Set { at: at.iter().map(|part| (*part).to_owned()).collect(), to }
}

fn remove(at: &[&str]) -> Edit {
    Edit::Remove { at: at.iter().map(|part| (*part).to_owned()).collect() }
}

fn made(text: &str, change: Edit) -> Result<String, EditError> {
    edit(&files(text), PATH, &[change])
}

/// The lines that differ: what went, what came.
fn differs(change: Edit) -> (Vec<String>, Vec<String>) {
    let new = made(TEXT, change.clone()).unwrap_or_else(|e| panic!("{change:?}: {e}"));
    let (mut gone, mut come): (Vec<&str>, Vec<&str>) = (TEXT.lines().collect(), Vec::new());
    for line in new.lines() {
        match gone.iter().position(|old| *old == line) {
            Some(at) => drop(gone.remove(at)),
            None => come.push(line),
        }
    }
    let own = |all: Vec<&str>| all.into_iter().map(str::to_owned).collect();
    (own(gone), own(come))
}

fn check(change: Edit, gone: &[&str], come: &[&str]) {
    let said = format!("{change:?}");
    let (was, is) = differs(change);
    assert_eq!(
        (was, is),
        (
            gone.iter().map(|l| (*l).to_owned()).collect(),
            come.iter().map(|l| (*l).to_owned()).collect()
        ),
        "{said}"
    );
}

#[test]
fn a_value_changes_its_own_line_and_keeps_the_comment_on_it() {
    check(set(&["workflow"], json!("sort")), &[], &[]);
    check(
        set(&["workflow"], json!("file")),
        &["workflow: sort # the name"],
        &["workflow: file # the name"],
    );
    check(
        set(&["limits", "case", "days"], json!(3)),
        &["  case: { cost: 1 EUR, days: 2 } # a day more than last year"],
        &["  case: { cost: 1 EUR, days: 3 } # a day more than last year"],
    );
    check(
        set(&["steps", "route", "decide", "otherwise"], json!("note")),
        &["      otherwise: look"],
        &["      otherwise: note"],
    );
}

#[test]
fn what_is_new_stands_where_its_kind_stands() {
    // Texts that would be read as something else are quoted.
    check(
        set(&["purpose"], json!("Sort: all")),
        &["purpose: Sort it."],
        &["purpose: \"Sort: all\""],
    );
    check(set(&["risk"], json!("high")), &[], &["risk: high"]);
    check(
        set(&["limits", "case", "tokens"], json!(5000)),
        &["  case: { cost: 1 EUR, days: 2 } # a day more than last year"],
        &["  case: { cost: 1 EUR, days: 2, tokens: 5000 } # a day more than last year"],
    );
    check(
        set(&["limits", "day"], json!({ "cost": "5 EUR", "cases": 20 })),
        &[],
        &["  day: { cost: 5 EUR, cases: 20 }"],
    );
    check(
        set(&["steps", "look", "review", "if_rejected", "then"], json!("stop")),
        &[],
        &["      if_rejected: { then: stop }"],
    );
    check(set(&["baseline", "minutes"], json!(6)), &[], &["baseline: { minutes: 6 }"]);
}

#[test]
fn a_row_of_a_table_comes_goes_and_moves_alone() {
    let rows = |rows: &[(&str, &str)]| {
        let all: Vec<Value> =
            rows.iter().map(|(when, go)| json!({ "when": when, "go": go })).collect();
        set(&["steps", "route", "decide", "first"], Value::Array(all))
    };
    let (first, second) = (("read.total >= eur(5000)", "look"), ("found(read.order)", "note"));
    check(rows(&[first, second]), &[], &[]);
    check(
        rows(&[first, ("read.late", "look"), second]),
        &[],
        &["        - { when: read.late, go: look }"],
    );
    check(rows(&[second]), &["        - { when: \"read.total >= eur(5000)\", go: look }"], &[]);
    check(
        rows(&[first, ("found(read.order)", "look")]),
        &["        - { when: \"found(read.order)\", go: note }"],
        &["        - { when: \"found(read.order)\", go: look }"],
    );
    check(
        set(&["steps", "look", "review", "show"], json!(["read"])),
        &["      show: [ read, route ]"],
        &["      show: [ read ]"],
    );
}

#[test]
fn a_step_comes_goes_and_moves_with_its_comments() {
    let step = json!({ "step": "tell", "tool": "mail.send", "with": { "to": "case.name" } });
    check(
        Edit::Add { step: step.clone(), after: Some("look".into()) },
        &[],
        &["  - step: tell", "    tool: mail.send", "    with: { to: case.name }", ""],
    );
    let first = made(TEXT, Edit::Add { step: step.clone(), after: None }).unwrap();
    assert!(first.contains("steps:\n  - step: tell\n"), "{first}");
    let last = made(TEXT, Edit::Add { step, after: Some("note".into()) }).unwrap();
    assert!(last.contains("    tool: files.write\n\n  - step: tell\n"), "{last}");
    let moved = made(TEXT, Edit::Move { step: "route".into(), after: None }).unwrap();
    assert!(moved.contains("steps:\n  # Only the clerk knows.\n  - step: route\n"), "{moved}");
    assert!(moved.contains("# as it lies there\n"), "{moved}");
    let mut lines: (Vec<&str>, Vec<&str>) = (TEXT.lines().collect(), moved.lines().collect());
    lines.0.sort_unstable();
    lines.1.sort_unstable();
    assert_eq!(lines.0, lines.1);
    check(remove(&["steps", "note"]), &["  - step: note", "    tool: files.write"], &[]);
    let gone = made(TEXT, remove(&["steps", "read"])).unwrap();
    assert!(gone.contains("steps:\n") && !gone.contains("as it lies"), "{gone}");
    check(remove(&["purpose"]), &["purpose: Sort it."], &[]);
}

#[test]
fn a_step_of_a_branch_moves_within_its_branch_alone() {
    let branch = "  - step: both
    parallel:
      one:
        - step: first # by hand
          wait: { for: 1 day }
        - step: second
          wait: { for: 2 days }
      two:
        - step: third
          wait: { for: 3 days }
---
";
    let text = TEXT.replacen("---\n# Sort", &format!("{branch}# Sort"), 1);
    let up = made(&text, Edit::Move { step: "second".into(), after: None }).unwrap();
    let (second, first) = (up.find("step: second").unwrap(), up.find("step: first #").unwrap());
    assert!(second < first && first < up.find("two:").unwrap(), "{up}");
    let back = made(&up, Edit::Move { step: "first".into(), after: None }).unwrap();
    assert_eq!(back, text);
    let out = made(&text, Edit::Move { step: "second".into(), after: Some("third".into()) });
    assert!(matches!(out, Err(EditError::NoPlace(_))), "{out:?}");
}

#[test]
fn a_step_gets_another_name_wherever_it_is_named() {
    let new = made(TEXT, Edit::Rename { step: "read".into(), to: "open".into() }).unwrap();
    for part in [
        "  - step: open\n",
        "when: \"open.total >= eur(5000)\"",
        "found(open.order)",
        "show: [ open, route ]",
        "question: May read be noted?",
        "tool: files.read\n",
        "## open\n\nRead all of it.",
    ] {
        assert!(new.contains(part), "{part}: {new}");
    }
    let taken = made(TEXT, Edit::Rename { step: "read".into(), to: "look".into() });
    assert!(matches!(taken, Err(EditError::Unfit(_))));
}

#[test]
fn what_cannot_be_changed_so_leaves_the_text_as_it_was() {
    let missing = made(TEXT, remove(&["steps", "nobody"]));
    assert!(matches!(missing, Err(EditError::NoPlace(_))), "{missing:?}");
    // A comment stands inside of what would be written anew.
    let lost = made(TEXT, set(&["steps", "route", "decide"], json!("none")));
    assert!(matches!(lost, Err(EditError::Comment)), "{lost:?}");
    let broken = made("---\nworkflow: [\n---\n", set(&["workflow"], json!("a")));
    assert!(matches!(broken, Err(EditError::Unreadable(_))), "{broken:?}");
    let other = edit(&files(TEXT), "AGENTS.md", &[]);
    assert!(matches!(other, Err(EditError::NoFile(_))), "{other:?}");
    let body = made(TEXT, Edit::Body { text: "# Sort\n\nOther words.".into() }).unwrap();
    assert!(body.ends_with("---\n# Sort\n\nOther words.\n"), "{body}");
    assert!(body.starts_with(TEXT.split("# Sort").next().unwrap()), "{body}");
}
