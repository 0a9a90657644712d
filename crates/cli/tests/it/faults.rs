//! What somebody on call meets at night, each really brought about, and what `why` says of it without
//! any model. What it has to say stands in `faults/faults.json`: the code, the thing, and a command
//! that is safe to give. `--nocapture` shows the table.

mod ground;
mod limits;
mod models;
mod parts;
mod people;
mod tools;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use ground::{Ground, Seen};

/// A fault, and what a person has to read about it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    fault: String,
    /// What is wrong, for whoever reads the table.
    is: String,
    /// The code of its page, where it has one.
    code: Option<String>,
    /// Words that name it, before the story of the case begins. `RUN`, `FIRST` and `PART` stand for
    /// runs.
    names: Vec<String>,
    /// How a command begins that is safe.
    next: String,
    /// How no command may begin.
    #[serde(default)]
    never: Vec<String>,
}

/// What brings faults about, one after the other: each gives what `why` says of it.
type Group = fn(&mut Night);

const GROUPS: &[Group] =
    &[models::all, tools::all, limits::all, people::all, parts::all, ground::footing];

/// What was seen, by fault.
#[derive(Default)]
struct Night(BTreeMap<&'static str, Seen>);

impl Night {
    fn saw(&mut self, fault: &'static str, seen: Seen) {
        assert!(self.0.insert(fault, seen).is_none(), "{fault} was brought about twice");
    }
}

impl Expected {
    /// What is missing from what was said; nothing where the fault is named right.
    fn missing(&self, seen: &Seen) -> Vec<String> {
        let filled = |text: &str| {
            seen.runs.iter().fold(text.to_owned(), |text, (word, run)| text.replace(word, run))
        };
        let mut missing = Vec::new();
        let said = seen.said.iter().find(|said| said.code == self.code);
        let Some(said) = said else {
            let codes: Vec<_> = seen.said.iter().map(|said| said.code.as_deref()).collect();
            return vec![format!("the code {:?}; it says {codes:?}", self.code)];
        };
        for name in self.names.iter().map(|name| filled(name)) {
            if !said.names.contains(&name) {
                missing.push(format!("`{name}`"));
            }
        }
        let begins = |with: &str| said.next.iter().any(|command| command.starts_with(with));
        if !begins(&filled(&self.next)) {
            missing.push(format!("`{}` among {:?}", filled(&self.next), said.next));
        }
        for never in self.never.iter().filter(|never| begins(&filled(never))) {
            missing.push(format!("no `{never}` among {:?}", said.next));
        }
        missing
    }
}

#[test]
fn why_names_what_is_wrong_and_what_is_safe() {
    let expected: Vec<Expected> = serde_json::from_str(include_str!("faults/faults.json")).unwrap();
    let seen: BTreeMap<&str, Seen> = std::thread::scope(|scope| {
        let groups = GROUPS.iter().map(|group| {
            scope.spawn(|| {
                let mut night = Night::default();
                group(&mut night);
                night.0
            })
        });
        let groups: Vec<_> = groups.collect();
        groups.into_iter().flat_map(|group| group.join().unwrap()).collect()
    });
    let mut slowest = Duration::ZERO;
    let mut wrong = Vec::new();
    for one in &expected {
        let seen = seen.get(one.fault.as_str()).unwrap_or_else(|| panic!("no {}", one.fault));
        let missing = one.missing(seen);
        slowest = slowest.max(seen.took);
        let mark = if missing.is_empty() { "right" } else { "WRONG" };
        println!("{mark}  {:>5} ms  {:<26} {}", seen.took.as_millis(), one.fault, one.is);
        if !missing.is_empty() {
            wrong.push(format!("{}: no {}\n{}", one.fault, missing.join(", no "), seen.text));
        }
    }
    let (all, right) = (expected.len(), expected.len() - wrong.len());
    println!(
        "{}",
        serde_json::json!({ "faults": all, "named_right": right,
            "slowest_answer_ms": u64::try_from(slowest.as_millis()).unwrap() })
    );
    assert_eq!(seen.len(), all, "each fault that is brought about has its line, and no other");
    assert!(all >= 30);
    assert!(
        wrong.is_empty(),
        "{} of {all} are not named right:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The commands of an answer of `why`.
fn commands(object: &Value) -> Vec<String> {
    let next = object["next"].as_array().into_iter().flatten();
    next.filter_map(|next| next["command"].as_str().map(str::to_owned)).collect()
}

#[test]
fn a_fault_that_is_named_otherwise_is_noticed() {
    let one = |text: &str| serde_json::from_str::<Expected>(text).unwrap();
    let seen = Seen::told(
        "why",
        "{\"kind\":\"why\",\"run\":null,\"code\":\"budget\",\
        \"headline\":\"no more of `x`\",\"next\":[{\"command\":\"flightdeck retry R\",\"does\":\"\"}]}",
    );
    let fits = r#"{"fault":"a","is":"","code":"budget","names":["`x`"],"next":"flightdeck retry"}"#;
    assert_eq!(one(fits).missing(&seen), Vec::<String>::new());
    for wrong in [
        fits.replace("budget", "loop"),
        fits.replace("`x`", "`y`"),
        fits.replace("flightdeck retry", "flightdeck check"),
        fits.replace("}", r#","never":["flightdeck retry"]}"#),
    ] {
        assert_eq!(one(&wrong).missing(&seen).len(), 1, "{wrong}");
    }
}

/// A ground with these maps.
fn ground(maps: &[(&str, String)]) -> Ground {
    Ground::new(maps)
}
