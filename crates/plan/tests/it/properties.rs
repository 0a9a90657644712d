//! Whatever stands in the files, `check` ends with a plan or with problems that point into them.

use plan::{Checked, Files, check, check_all};
use proptest::prelude::*;

use crate::problems::changed;

/// Checks, renders, and looks at every place that a problem names.
fn sound(files: &Files) {
    let checked = check_all(files);
    for problem in &checked.problems {
        assert!(problem.line >= 1 && problem.column >= 1, "{problem}");
        assert!(problem.start <= problem.end, "{problem}");
        if let Some(text) = files.get(&problem.file) {
            assert!(text.get(problem.start..problem.end).is_some(), "{problem}");
            assert!(problem.line <= text.matches('\n').count() + 1, "{problem}");
        }
    }
    let _ = checked.problems.render(files, false);
    in_form(files, &checked);
    serde_json::to_string(&checked.problems).unwrap();
    if let Err(problems) = check(files, "intake") {
        assert!(!problems.is_empty());
    }
    for plan in checked.plans.values() {
        let opened = plan::Plan::open(plan.release(), plan.canonical()).unwrap();
        assert_eq!(opened.canonical(), plan.canonical());
        assert!(!plan::show::sentences(plan).is_empty());
        assert!(plan::show::mermaid(plan).starts_with("flowchart"));
    }
}

/// In their form the files say the same, and a form of the form is itself.
fn in_form(files: &Files, checked: &Checked) {
    let mut formed = files.clone();
    for path in plan::formed(files) {
        if let Ok(Some(new)) = plan::fmt(files, path) {
            formed.insert(path, &new);
            assert_eq!(plan::fmt(&formed, path).unwrap(), Some(new));
        }
    }
    if checked.problems.is_empty() {
        let again = check_all(&formed);
        let releases = |checked: &Checked| -> Vec<_> {
            checked.plans.values().map(|plan| plan.release()).collect()
        };
        assert_eq!(releases(&again), releases(checked), "{}", again.problems);
    }
}

/// A piece of a text is taken out, put in twice, or replaced.
fn mutate(text: &str, from: usize, length: usize, with: &str, twice: bool) -> String {
    let at = |n: usize| (0..=n.min(text.len())).rev().find(|n| text.is_char_boundary(*n)).unwrap();
    let start = at(from % (text.len() + 1));
    let end = at(start + length).max(start);
    let again = if twice { &text[start..end] } else { "" };
    format!("{}{again}{with}{}{}", &text[..start], if twice { again } else { "" }, &text[end..])
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn no_mutation_of_the_base_breaks_check(
        file in any::<prop::sample::Index>(),
        from in any::<usize>(),
        length in 0_usize..40,
        with in prop_oneof![
            Just(String::new()),
            "[ \\-:,{}\\[\\]&*!|>'\"#%@`~\n\t]{1,4}",
            "\\PC{0,8}",
            Just("\r\n".to_owned()),
            Just("then: read\n".to_owned()),
            Just("99999999999999999999".to_owned()),
        ],
        twice in any::<bool>(),
        kinds in any::<bool>(),
    ) {
        let base = changed(if kinds { "../kinds.change" } else { "FD-P009/good.change" });
        let all: Vec<_> = base.iter().map(|(path, text)| (path.clone(), text.clone())).collect();
        let (path, text) = &all[file.index(all.len())];
        let mut files = base.clone();
        files.insert(path, &mutate(text, from, length, &with, twice));
        sound(&files);
    }

    #[test]
    fn no_text_breaks_check(
        text in "\\PC{0,200}",
        settings in "[a-z:\\-{}\\[\\] \n\"',&*?|>]{0,200}",
    ) {
        let mut files = Files::new();
        files.insert("workflows/intake.md", &format!("---\n{settings}\n---\n{text}"));
        files.insert("flightdeck.yaml", &settings);
        files.insert("agents/a.md", &text);
        files.insert("mcp.lock", &text);
        sound(&files);
    }
}

#[test]
fn no_bytes_break_check() {
    bolero::check!().with_iterations(2_000).with_max_len(512).for_each(|bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let mut files = Files::new();
        files.insert("workflows/intake.md", &format!("---\n{text}"));
        files.insert("AGENTS.md", &text);
        files.insert("tables/orders.csv", &text);
        let checked = check_all(&files);
        assert!(checked.plans.is_empty() && !checked.problems.is_empty());
        let _ = checked.problems.render(&files, true);
    });
}

#[test]
fn line_ends_and_a_byte_order_mark_change_nothing() {
    let base = changed("FD-P009/good.change");
    let plain = check(&base, "intake").unwrap();
    let windows: Files = base
        .iter()
        .map(|(path, text)| (path.to_string(), format!("\u{feff}{}", text.replace('\n', "\r\n"))))
        .collect();
    let other =
        check(&windows, "intake").unwrap_or_else(|p| panic!("{}", p.render(&windows, false)));
    assert_eq!(other.release(), plain.release());
    assert_eq!(other.workflow(), plain.workflow());
}

#[test]
fn a_release_depends_on_the_meaning_alone() {
    let base = changed("FD-P009/good.change");
    let plain = check(&base, "intake").unwrap();
    let text = base.get("workflows/intake.md").unwrap();
    let mut comment = base.clone();
    comment.insert("workflows/intake.md", &text.replace("risk: high", "risk:   high # very"));
    assert_eq!(check(&comment, "intake").unwrap().release(), plain.release());
    let mut meaning = base.clone();
    meaning.insert("workflows/intake.md", &text.replace("8 working hours", "9 working hours"));
    assert_ne!(check(&meaning, "intake").unwrap().release(), plain.release());
}
