//! The process as people do it now and what is not settled: read, shown, drawn and checked.

use plan::Files;
use plan::show::{Now, map, sentences};
use plan::workflow::{OpenQuestion, TodayStep};

use crate::problems::changed;

const PATH: &str = "workflows/intake.md";

/// The base with lines put before its steps.
fn with(lines: &str) -> Files {
    let mut files = changed("FD-P009/good.change");
    let text = files.get(PATH).unwrap().replacen("\nsteps:\n", &format!("\n{lines}\nsteps:\n"), 1);
    assert!(text.contains(lines), "{text}");
    files.insert(PATH, &text);
    files
}

fn problems(lines: &str) -> Vec<String> {
    let problems = plan::check(&with(lines), "intake").err().unwrap_or_default();
    problems.iter().map(|one| format!("{}: {}: {}", one.code.id, one.what, one.fix)).collect()
}

#[test]
fn what_is_described_is_part_of_the_release_and_where_nothing_is_said_it_is_not() {
    let lines = "today: [ { does: reads it, who: clerk, minutes: 1.5, share: 50 %, becomes: read } ]";
    let plan = plan::check(&with(lines), "intake").unwrap();
    let step = TodayStep {
        does: "reads it".to_owned(),
        who: Some("clerk".to_owned()),
        seconds: Some(90),
        share: 500_000,
        why: None,
        becomes: Some(vec![plan::ids::StepId::new("read").unwrap()]),
    };
    assert_eq!(plan.workflow().today, [step]);
    assert_eq!(plan.workflow().seconds_today(), Some(45));
    let opened = plan::Plan::open(plan.release(), plan.canonical()).unwrap();
    assert_eq!(opened.workflow().today, plan.workflow().today);
    let before = plan::check(&changed("FD-P009/good.change"), "intake").unwrap();
    assert_ne!(before.release(), plan.release());
    let bytes = String::from_utf8(before.canonical().to_vec()).unwrap();
    assert!(!bytes.contains("\"today\"") && !bytes.contains("\"open\""), "{bytes}");
    let only = plan::changes::changes(&before, &plan);
    assert_eq!(only, ["`today`"]);
}

#[test]
fn an_open_question_is_no_problem_and_is_said() {
    let plan = plan::check(&with("open: [ Who signs?, { what: How much?, who: Mara } ]"), "intake");
    let plan = plan.unwrap();
    let said: Vec<&str> = plan.workflow().open.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(said, ["Who signs?", "How much?"]);
    let named = plan.workflow().unsettled();
    assert!(named.iter().all(|(workflow, _)| workflow.as_str() == "intake"), "{named:?}");
    assert!(sentences(&plan).contains("\nNot settled yet\n   Who signs?\n   How much? (Mara)\n"));
}

#[test]
fn an_open_question_of_a_called_workflow_counts() {
    let mut files = changed("../kinds.change");
    let text = files.get("workflows/line.md").unwrap().to_string();
    let text = text.replacen("\nrisk:", "\nopen: [ Is a line of nothing a line? ]\nrisk:", 1);
    files.insert("workflows/line.md", &text);
    let plan = plan::check(&files, "intake").unwrap();
    let all = plan.workflow().unsettled();
    let of_line: Vec<&OpenQuestion> =
        all.iter().filter(|(name, _)| name.as_str() == "line").map(|(_, one)| *one).collect();
    assert_eq!(of_line.len(), 1, "{all:?}");
}

#[test]
fn a_slip_in_a_description_is_a_problem_with_its_fix() {
    assert_eq!(
        problems("today: [ { does: reads it, becomes: reed } ]"),
        ["FD-P104: there is no step `reed`: name a step of this workflow, or write `becomes: nothing`"]
    );
    for wrong in ["4 minutes", "0", "-1", "0.05", "1000000000000000000000"] {
        let found = problems(&format!("today: [ {{ does: reads it, minutes: {wrong} }} ]"));
        let what = format!("FD-P007: `{wrong}` is no number of minutes: write it like `4` or `0.5`");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].ends_with(&what["FD-P007".len()..]), "{found:?}");
    }
    assert_eq!(problems("today: [ { who: clerk } ]").len(), 1);
    assert_eq!(problems("today: reads it").len(), 1);
    assert_eq!(problems("open: [ { who: Mara } ]").len(), 1);
    assert_eq!(problems("open: [ { what: x, whom: Mara } ]").len(), 1);
    assert!(problems("open: []").is_empty() && problems("today: []").is_empty());
}

#[test]
fn a_map_shows_both_also_where_the_file_has_problems() {
    let lines = "open:\n  - Who signs?\ntoday:\n  - { does: reads it, minutes: 0.5, share: 12.5 % }\n  \
                 - { does: files it, becomes: nothing }";
    let whole = with(lines);
    let mut broken = whole.clone();
    let text = whole.get(PATH).unwrap().replacen("risk: ", "risk: very ", 1);
    broken.insert(PATH, &text);
    for (files, is_sound) in [(&whole, true), (&broken, false)] {
        let (map, problems) = map(files, PATH);
        assert_eq!(problems.is_empty(), is_sound, "{problems}");
        let text = files.get(PATH).unwrap();
        assert_eq!(map.open.len(), 1);
        assert_eq!(text.lines().nth(map.open[0].line - 1).unwrap().trim(), "- Who signs?");
        let [reads, files_it] = map.today.as_slice() else { panic!("{:?}", map.today) };
        let Now { minutes, share, becomes, line, .. } = reads;
        assert_eq!((*minutes, *share, becomes.clone()), (Some(0.5), 12.5, None));
        assert!(text.lines().nth(line - 1).unwrap().contains("does: reads it"));
        assert_eq!((files_it.share, files_it.becomes.clone()), (100.0, Some(Vec::new())));
    }
}
