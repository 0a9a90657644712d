//! What people see: problems with their excerpts, a plan in sentences, and as a picture.

use plan::Problems;

use crate::problems::changed;

fn of(name: &str) -> (plan::Files, Problems) {
    let files = changed(name);
    let problems = plan::check(&files, "workflows/intake.md").err().unwrap_or_default();
    (files, problems)
}

#[test]
fn problems_are_shown_with_their_place_reason_and_fix() {
    let mut text = String::new();
    for code in ["FD-P003", "FD-P006", "FD-P007", "FD-P104", "FD-P303", "FD-P305", "FD-P702"] {
        let (files, problems) = of(&format!("{code}/bad.change"));
        text.push_str(&problems.render(&files, false));
    }
    assert!(!text.contains('\u{1b}'), "no colour off a terminal");
    insta::assert_snapshot!(text);
}

#[test]
fn problems_are_the_same_as_json() {
    let (_, problems) = of("FD-P201/bad.change");
    insta::assert_json_snapshot!(problems);
}

#[test]
fn a_secret_is_reported_and_not_repeated() {
    let (files, problems) = of("FD-P801/bad.change");
    let said = problems.render(&files, false) + &serde_json::to_string(&problems).unwrap();
    assert!(said.contains("FD-P801") && said.contains(".mcp.json:3:"), "{said}");
    assert!(!said.contains("x7Kp2mQ9"), "{said}");
}

#[test]
fn many_problems_are_found_at_once() {
    let mut files = changed("FD-P009/good.change");
    let text = files.get("workflows/intake.md").unwrap().to_string();
    let text = text
        .replace("override: lead", "overide: lead")
        .replace("0.40 USD", "0.40")
        .replace("agent: clerk", "agent: clark")
        .replace("!found(match.order)", "!found(match.ordre)")
        .replace("go: draft", "go: darft")
        .replace("8 working hours", "8");
    files.insert("workflows/intake.md", &text);
    let problems = plan::check(&files, "intake").unwrap_err();
    insta::assert_snapshot!(problems.to_string());
}

#[test]
fn a_plan_with_every_kind_of_step_is_shown_in_sentences_and_as_a_picture() {
    let files = changed("../kinds.change");
    let plan = plan::check(&files, "intake")
        .unwrap_or_else(|problems| panic!("\n{}", problems.render(&files, false)));
    insta::assert_snapshot!("sentences", plan::show::sentences(&plan));
    insta::assert_snapshot!("mermaid", plan::show::mermaid(&plan));
    let visits: Vec<String> =
        plan.workflow().steps.iter().map(|s| format!("{} {}", s.id, s.visits_max)).collect();
    insta::assert_snapshot!("visits", visits.join("\n"));
    assert!(plan.child(&plan::ids::WorkflowName::new("line").unwrap()).is_some());
}

#[test]
fn the_key_of_a_look_up_needs_no_leave_and_what_a_tool_is_handed_does() {
    use plan::data::{Recipient, flows};
    let plan = plan::check(&changed("../kinds.change"), "intake").unwrap();
    let all = flows(&plan);
    let tables: Vec<_> =
        all.iter().filter(|flow| matches!(flow.to, Recipient::Table { .. })).collect();
    assert!(!tables.is_empty() && tables.iter().all(|flow| !flow.to.needs_leave()));
    let tool = |flow: &&plan::data::Flow| matches!(flow.to, Recipient::Tool { .. });
    let mut tools = all.iter().filter(tool).peekable();
    assert!(tools.peek().is_some() && tools.all(|flow| flow.to.needs_leave()));
}
