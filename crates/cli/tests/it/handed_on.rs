//! What the program hands to others and takes from them: templates that run as they are, maps that
//! go out and come back, a page for whoever connects things, and logs that prove nothing.

use std::io::Read;
use std::thread;

use serde_json::Value;

use crate::desk::Desk;

/// The names of all templates.
fn templates(desk: &Desk) -> Vec<String> {
    let said = desk.say(&["new", "--list", "--json"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    let all = said.json()[0]["templates"].as_array().unwrap().clone();
    let functions: Vec<&str> = all.iter().map(|one| one["function"].as_str().unwrap()).collect();
    for function in
        ["finance", "marketing", "life sciences", "legal", "human resources", "operations"]
    {
        assert!(functions.contains(&function), "{function}");
    }
    all.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

fn steps(text: &str) -> Vec<String> {
    text.lines().filter_map(|line| line.strip_prefix("  - step: ")).map(str::to_owned).collect()
}

#[test]
fn every_template_runs_as_it_is_and_its_cases_come_out_right() {
    let desk = Desk::new();
    let names = templates(&desk);
    let beside = desk.root().parent().unwrap().to_path_buf();
    thread::scope(|scope| {
        for name in &names {
            let (desk, beside) = (&desk, &beside);
            scope.spawn(move || {
                let made = desk.anywhere(beside, &["new", name, "--from", name, "--json"]);
                assert_eq!((made.code, made.err.as_str()), (0, ""), "{name}");
                assert_eq!(made.json()[0]["template"], name.as_str());
                let root = beside.join(name);
                let checked = desk.anywhere(&root, &["check"]);
                assert_eq!((checked.code, checked.err.as_str()), (0, ""), "{name}");
                assert_eq!(desk.anywhere(&root, &["fmt", "--check"]).code, 0, "{name}");
                let tried = desk.anywhere(&root, &["test", name, "--json"]);
                assert_eq!(tried.code, 0, "{name}: {}{}", tried.out, tried.err);
                let all = tried.json();
                let told = all.iter().find(|one| one["kind"] == "tested").unwrap();
                assert!(told["cases"].as_u64().unwrap() >= 2, "{name}: {told}");
                assert_eq!(told["right"], told["cases"], "{name}: {told}");
                let read = std::fs::read_to_string(root.join("README.md")).unwrap();
                assert!((15..=30).contains(&read.lines().count()), "{name}");
            });
        }
    });
    let other = desk.anywhere(&beside, &["new", "x", "--from", "nothing"]);
    assert!(other.code == 2 && other.err.contains("marketing_brief"), "{}", other.err);
    assert!(!beside.join("x").exists());
}

#[test]
fn a_workflow_goes_out_as_a_bundle_and_comes_back_with_its_steps() {
    let desk = Desk::new();
    let beside = desk.root().parent().unwrap().to_path_buf();
    thread::scope(|scope| {
        for name in templates(&desk) {
            let (desk, beside) = (&desk, &beside);
            scope.spawn(move || {
                let folder = format!("out_{name}");
                assert_eq!(desk.anywhere(beside, &["new", &folder, "--from", &name]).code, 0);
                let root = beside.join(folder);
                let said = desk.anywhere(&root, &["export", &name, "--to", "map.wfos", "--json"]);
                assert_eq!((said.code, said.err.as_str()), (0, ""), "{name}");
                let told = &said.json()[0];
                assert!(told["counts"]["carried"].as_u64() > told["counts"]["open"].as_u64());
                let before = std::fs::read_to_string(root.join(format!("workflows/{name}.md")));
                let back = ["import", "map.wfos", "--name", "again", "--json"];
                let back = desk.anywhere(&root, &back);
                assert_eq!((back.code, back.err.as_str()), (0, ""), "{name}");
                let after = std::fs::read_to_string(root.join("workflows/again.md")).unwrap();
                // A look-up is a question there, and `overdue` is reached by a missing answer alone.
                let wanted: Vec<String> = steps(&before.unwrap())
                    .into_iter()
                    .filter(|step| !["match", "overdue"].contains(&step.as_str()))
                    .collect();
                let came = steps(&after);
                for step in wanted {
                    assert!(came.contains(&step), "{name}: no `{step}` among {came:?}");
                }
            });
        }
    });
    let root = desk.root();
    let bundle = ["export", "expenses", "--to", "map.wfos"];
    let said = desk.say(&bundle);
    assert!(said.code == 0 && said.out.contains("not carried:"), "{}{}", said.out, said.err);
    assert!(said.out.contains("guards stay here"), "{}", said.out);
    let mut zip =
        zip::ZipArchive::new(std::fs::File::open(root.join("map.wfos")).unwrap()).unwrap();
    let names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    assert_eq!(names, ["manifest.json", "workflow.json"]);
    let mut text = String::new();
    zip.by_name("manifest.json").unwrap().read_to_string(&mut text).unwrap();
    let manifest: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&manifest["formatVersion"], &manifest["title"]), (&"1".into(), &"expenses".into()));
    let before = std::fs::read(root.join("map.wfos")).unwrap();
    let again = desk.say(&bundle);
    assert!(again.code == 2 && again.err.contains("--force"), "{}", again.err);
    assert!(std::fs::read(root.join("map.wfos")).unwrap() == before);
    assert_eq!(desk.say(&["export", "expenses", "--to", "map.wfos", "--force"]).code, 0);
    assert_eq!(desk.say(&["export", "expenses", "--to", "map.json"]).code, 0);
    let map = std::fs::read_to_string(root.join("map.json")).unwrap();
    assert!(serde_json::from_str::<Value>(&map).unwrap()["nodes"].is_array());
    assert_eq!(desk.say(&["export", "expenses", "--to", "map.png"]).code, 2);
    assert!(!root.join("map.png").exists());
}

#[test]
fn a_page_for_whoever_connects_it_counts_no_judgment_as_saved() {
    let desk = Desk::new();
    let said = desk.say(&["show", "expenses", "--guide"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    for part in [
        "# How to connect `expenses`",
        "Nothing: no question stands in the file.",
        "- `outbox`, started here as `flightdeck`: `outbox.write_file` writes",
        "- `people`, read by `table.read_query`: `limit` (an amount of money), `name` (a text)",
        "- `lead`: Leo Lead (`lead@example.com`)",
        "| looks at what is above the limit | lead | 5 minutes, in 20 % | `look` | no: a person still decides |",
        "Of 6 minutes of work in one case, 5 minutes are counted as saved.",
        "At 40 cases in a week these are 3 hours and 20 minutes",
    ] {
        assert!(said.out.contains(part), "{part}\n{}", said.out);
    }
    desk.change("workflows/expenses.md", "\nsteps:\n", "\nopen: [ Who pays? ]\nsteps:\n");
    let told = desk.say(&["show", "expenses", "--guide", "--json"]).json()[0]["guide"].clone();
    assert!(told.as_str().unwrap().contains("- Who pays?"), "{told}");
}

#[test]
fn a_log_of_the_other_product_is_only_shown_and_proves_nothing() {
    let desk = Desk::new();
    let path = desk.root().join("run.ndjson");
    let log = concat!(
        r#"{"ts":"2026-05-01T08:00:00Z","runId":"a1","event":"run_start"}"#,
        "\n",
        r#"{"ts":"2026-05-01T08:00:01Z","runId":"a1","event":"contract_fail","nodeId":"n4","#,
        r#""message":"bad\u001b[2J\u202e","contractResult":{"missingFields":["headline"]}}"#,
        "\n",
        r#"{"ts":"2026-05-01T08:00:02Z","runId":"a1","event":"approval_granted","nodeId":"n5"}"#,
        "\nnot json\n",
    );
    std::fs::write(&path, log).unwrap();
    let said = desk.say(&["logs", "read", "run.ndjson"]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    assert!(said.out.starts_with("this log proves nothing"), "{}", said.out);
    for part in [
        "run `a1` does not say how it ended: 3 entries",
        "1 times a contract was broken",
        "without `headline`",
        "line 4 is not read: it is no JSON object",
    ] {
        assert!(said.out.contains(part), "{part}\n{}", said.out);
    }
    assert!(!said.out.contains(['\u{1b}', '\u{202e}']));
    let only = desk.say(&["logs", "read", "run.ndjson", "--only", "approvals", "--json"]);
    let told = only.json();
    assert_eq!((&told[0]["is_proof"], &told[0]["entries"]), (&false.into(), &3.into()));
    assert_eq!(told.len(), 2);
    assert_eq!(told[1]["event"], "approval_granted");
    std::fs::write(&path, "nothing of this kind\n").unwrap();
    assert_eq!(desk.say(&["logs", "read", "run.ndjson"]).code, 2);
    std::fs::write(&path, vec![b'\n'; (16 << 20) + 1]).unwrap();
    let large = desk.say(&["logs", "read", "run.ndjson"]);
    assert!(large.code == 2 && large.err.contains("bytes"), "{}", large.err);
    assert!(!desk.root().join(".flightdeck").exists(), "nothing of it is stored");
    assert_eq!(desk.say(&["logs"]).code, 2, "a run has to be named");
}
