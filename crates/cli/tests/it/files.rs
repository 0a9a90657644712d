//! Commands that look at files and run nothing: new, check, show, explain, instructions, and how
//! every command ends and writes.

use std::collections::BTreeSet;

use crate::desk::{Desk, published};

#[test]
fn a_new_workspace_is_fit_to_run_and_is_never_written_over() {
    let desk = Desk::new();
    let said = desk.say(&["check"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    assert!(said.out.starts_with("expenses: fit to run"));
    let again = desk.anywhere(desk.root().parent().unwrap(), &["new", "desk"]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("not empty") && again.out.is_empty());
}

#[test]
fn problems_come_all_at_once_with_places_and_nothing_starts() {
    let desk = Desk::new();
    desk.change("workflows/expenses.md", "go: note }", "go: nowhere }");
    desk.change("workflows/expenses.md", "agent: reader", "agent: raeder");
    let said = desk.say(&["check"]);
    assert_eq!((said.code, said.out.as_str()), (2, ""));
    for expected in ["FD-P104", "FD-P202", "workflows/expenses.md:", "did you mean `reader`"] {
        assert!(said.err.contains(expected), "no {expected} in {}", said.err);
    }
    let json = desk.say(&["check", "--json"]);
    let problems = json.json()[0]["problems"].as_array().unwrap().len();
    assert!(problems >= 2 && json.code == 2);
    assert!(desk.say(&["show", "expenses"]).code == 2);
    assert!(!desk.root().join(".flightdeck").exists(), "a check must store nothing");
}

#[test]
fn a_workflow_reads_as_sentences_and_as_a_picture() {
    let desk = Desk::new();
    let said = desk.say(&["show", "expenses"]);
    assert!(said.code == 0 && said.out.contains("never whoever started the case"));
    let picture = desk.say(&["show", "expenses", "--mermaid"]);
    assert!(picture.out.starts_with("flowchart"), "{}", picture.out);
}

#[test]
fn files_come_into_their_form_and_say_the_same() {
    let desk = Desk::new();
    let release =
        |desk: &Desk| desk.say(&["check", "--json"]).json()[0]["workflows"][0]["release"].clone();
    let (file, before) = ("workflows/expenses.md", release(&desk));
    let at = desk.root().join(file);
    assert_eq!(desk.say(&["fmt", "--check"]).code, 0, "a new workspace is in its form");
    let formed = std::fs::read_to_string(&at).unwrap();
    desk.change(file, "risk: ", "# how bad\nrisk:    ");
    let odd = std::fs::read_to_string(&at).unwrap();
    let look = desk.say(&["fmt", "--check"]);
    assert_eq!((look.code, std::fs::read_to_string(&at).unwrap()), (8, odd), "{}", look.out);
    let made = desk.say(&["fmt", "--json"]);
    assert_eq!((made.code, made.json()[0]["file"].as_str()), (0, Some(file)));
    let now = std::fs::read_to_string(&at).unwrap();
    assert_eq!(now, formed.replace("risk: ", "# how bad\nrisk: "));
    assert_eq!(release(&desk), before);
    desk.change(file, "steps:", "steps: [");
    let broken = std::fs::read_to_string(&at).unwrap();
    assert_eq!(desk.say(&["fmt"]).code, 2);
    assert_eq!(std::fs::read_to_string(&at).unwrap(), broken);
    let other = desk.say(&["fmt", "AGENTS.md"]);
    assert!(other.code == 2 && other.err.contains("no file of the workspace that has a form"));
}

#[test]
fn instructions_are_shown_with_their_sources() {
    let desk = Desk::new();
    let said = desk.say(&["instructions", "show", "read"]);
    for expected in ["AGENTS.md (about", "agents/reader.md (about", "It never gives you"] {
        assert!(said.out.contains(expected), "no {expected} in {}", said.out);
    }
    let other = desk.say(&["instructions", "show", "match"]);
    assert!(other.code == 2 && other.err.contains("no agent's step"));
}

#[test]
fn codes_and_words_are_explained() {
    let desk = Desk::new();
    for (word, expected) in [
        ("fd-p108", "a loop without a limit"),
        ("in_doubt", "never repeated silently"),
        ("checkpoints", "a person must look"),
    ] {
        let said = desk.say(&["explain", word]);
        assert!(said.code == 0 && said.out.contains(expected), "{word}: {}", said.out);
    }
    let said = desk.say(&["explain", "checkpiont"]);
    assert!(said.code == 2 && said.err.contains("help: did you mean `checkpoint`?"));
}

#[test]
fn json_is_versioned_and_alone_on_its_stream() {
    let desk = Desk::new();
    for args in [
        &["check", "--json"][..],
        &["show", "expenses", "--json"],
        &["explain", "FD-P101", "--json"],
        &["instructions", "show", "read", "--json"],
        &["status", "--json"],
        &["why", "--json"],
        &["runs", "--json"],
        &["review", "list", "--json"],
        &["doctor", "--json"],
        &["mcp", "list", "--json"],
    ] {
        let said = desk.say(args);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{args:?}");
        for object in said.json() {
            assert_eq!(object["schema_version"], 1, "{args:?}");
            assert!(object["kind"].is_string(), "{args:?}");
        }
        assert!(!said.out.contains('\u{1b}'), "colours off a terminal: {args:?}");
    }
}

#[test]
fn mistakes_end_with_two_and_a_way_out() {
    let desk = Desk::new();
    for (args, expected) in [
        (&["fly"][..], "unrecognized subcommand"),
        (&["check", "nothing_like_it"], "there is no workflow `nothing_like_it`"),
        (&["logs", "01"], "nothing has run here yet"),
        (&["--workspace", "elsewhere", "check"], "help: make one with `flightdeck new FOLDER`"),
        (&["mcp", "pin", "files.list_directory", "--effect", "read"], "help: add `--as PERSON`"),
    ] {
        let said = desk.say(args);
        assert_eq!(said.code, 2, "{args:?}: {}", said.err);
        assert!(said.err.contains(expected), "{args:?}: {}", said.err);
    }
}

#[test]
fn completions_exist_for_every_shell() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let said = desk.say(&["completions", shell]);
        assert!(said.code == 0 && said.out.contains("flightdeck"), "{shell}");
    }
}

#[test]
fn what_is_printed_as_json_has_a_published_shape() {
    let desk = Desk::new();
    let person = "owner@example.com";
    let ask = |args: &str| {
        let args: Vec<&str> = args.split(' ').chain(["--json"]).collect();
        let said = desk.say(&args);
        let wrong: String = said
            .err
            .lines()
            .filter(|line| line.starts_with('{'))
            .map(|l| format!("{l}\n"))
            .collect();
        let mut objects = published(&said.out);
        objects.extend(published(&wrong));
        objects
    };
    let mut kinds = BTreeSet::new();
    let case = r#"{"name":"Ann","amount":"12.00"}"#;
    let commands = [
        "check",
        "show expenses",
        "show expenses --mermaid",
        "explain doubt",
        "explain case",
        "explain nothing_of_that_name",
        "mcp list",
        "mcp diff",
        "model list",
        "doctor",
        "why",
        "status",
        "stop",
        "why",
        "status",
        "runs",
    ];
    for command in commands {
        kinds.extend(ask(command).iter().map(kind));
    }
    kinds.extend(ask(&format!("resume --reason over --as {person}")).iter().map(kind));
    kinds.extend(ask(&format!("run expenses {case}")).iter().map(kind));
    for expected in
        ["check", "show", "code", "word", "error", "server", "finding", "why", "stopped"]
    {
        assert!(kinds.contains(expected), "{expected} is not among {kinds:?}");
    }
}

fn kind(object: &serde_json::Value) -> String {
    object["kind"].as_str().unwrap().to_owned()
}

#[test]
fn the_demo_shows_a_finished_a_waiting_and_a_refused_case() {
    crate::office::erp_stand_in();
    let desk = Desk::new();
    let said = desk.say(&["demo", "shown", "--json"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let lines = said.json();
    let cases: Vec<&str> = lines
        .iter()
        .filter(|l| l["kind"] == "case")
        .map(|l| l["status"].as_str().unwrap())
        .collect();
    assert_eq!(cases, ["done", "waiting", "waiting"], "{}", said.out);
    let root = desk.root().join("shown");
    let refused = lines[2]["run"].as_str().unwrap();
    let why = desk.anywhere(&root, &["why", refused]);
    assert!(why.out.contains("no_draft_above_25000_eur"), "{}", why.out);
    assert!(why.out.contains("ruth@larkfield.example approved"), "{}", why.out);
    let again = desk.say(&["demo", "shown"]);
    assert_eq!(again.code, 2, "{}", again.err);
    assert!(again.err.contains("is there already"), "{}", again.err);
}

#[test]
fn every_command_that_people_see_has_a_manual_page() {
    let desk = Desk::new();
    let pages = desk.root().join("man");
    std::fs::create_dir(&pages).unwrap();
    assert_eq!(desk.say(&["man", "man"]).code, 0);
    let text = std::fs::read_to_string(pages.join("flightdeck-review-approve.1")).unwrap();
    assert!(text.contains("Let exactly what is shown go on"), "{text}");
    let names = std::fs::read_dir(&pages).unwrap().map(|page| page.unwrap().file_name());
    assert!(names.count() > 30);
    assert!(!pages.join("flightdeck-serve.1").exists(), "what is hidden has none");
}
