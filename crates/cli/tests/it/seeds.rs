//! Cases that are known to be wrong and are put beside some of those that come in.

use std::fs;

use crate::ladder::{OWNER, noting};

#[test]
fn some_cases_have_one_beside_them_that_is_known_to_be_wrong() {
    let desk = noting();
    desk.change(
        "workflows/notes.md",
        "limits:\n",
        "seeds: { from: seeds/notes/, share: 20 % }\nlimits:\n",
    );
    let missing = desk.say(&["check"]);
    assert!(missing.code == 2 && missing.err.contains("FD-P606"), "{}{}", missing.out, missing.err);
    let folder = desk.root().join("seeds/notes");
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in [("one", "a yacht, 3.00 EUR"), ("two", "a castle, 4.00 EUR")] {
        fs::write(folder.join(format!("{name}.json")), format!(r#"{{"text":"{text}"}}"#)).unwrap();
    }
    let checked = desk.say(&["check"]);
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
    // That none or all of so many are drawn happens less than once in a thousand million times.
    let lines: String = (0..100).map(|n| format!("{{\"text\":\"lunch {n}\"}}\n")).collect();
    fs::write(desk.root().join("notes.jsonl"), lines).unwrap();
    let ran = desk.say(&["run", "notes", "--each", "notes.jsonl"]);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    let out = || desk.say(&["attention", "--json"]).json()[0]["seeds"]["out"].as_u64().unwrap();
    let seeded = out();
    assert!((1..100).contains(&seeded), "{seeded}");
    let waiting = desk.say(&["runs", "--status", "waiting", "--limit", "1000", "--json"]).json();
    assert_eq!(u64::try_from(waiting.len()).unwrap(), 100 + seeded, "each of them waits");
    let said: Vec<String> = waiting
        .iter()
        .map(|line| desk.say(&["review", "show", line["run"].as_str().unwrap(), "--json"]).out)
        .filter(|shown| shown.contains("a yacht") || shown.contains("a castle"))
        .collect();
    assert_eq!(u64::try_from(said.len()).unwrap(), seeded, "one of the folder");
    assert!(said.iter().all(|shown| !shown.to_lowercase().contains("seed")), "{said:?}");
    // Seeds have none beside them.
    let seed = ["attention", "seed", "notes", r#"{"text":"a moon"}"#];
    for _ in 0..3 {
        assert_eq!(desk.say(&[&seed[..], &OWNER].concat()).code, 0);
    }
    assert_eq!(out(), seeded + 3);
    let shown = desk.say(&["show", "notes"]).out;
    assert!(shown.contains("Beside 20 % of its cases one is opened"), "{shown}");
}

#[test]
fn a_seed_is_counted_like_any_other_case() {
    let desk = noting();
    let seeds = "seeds: { from: seeds/notes/, share: 20 % }\nlimits:\n";
    desk.change("workflows/notes.md", "limits:\n", seeds);
    fs::create_dir_all(desk.root().join("seeds/notes")).unwrap();
    fs::write(desk.root().join("seeds/notes/one.json"), r#"{"text":"a yacht"}"#).unwrap();
    let lines: String = (0..12).map(|n| format!("{{\"text\":\"lunch {n}\"}}\n")).collect();
    fs::write(desk.root().join("notes.jsonl"), lines).unwrap();
    desk.change("workflows/notes.md", "cases: 2000 }", "cases: 5 }");
    let ran = desk.say(&["run", "notes", "--each", "notes.jsonl"]);
    assert_eq!(ran.code, 6, "{}{}", ran.out, ran.err);
    let opened = desk.say(&["runs", "--json"]).json();
    assert_eq!(opened.len(), 5, "seeds or not: {opened:?}");
}
