//! The people of the demo: they answer every request that the inbox left, as the right answers in
//! `cases/` say, and an approver corrects one amount. They use nothing but the product's commands.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use super::{at, drafted, drafts_of, key, made};
use crate::say::say;
use crate::{product, shell};

/// A case may come before several people, one after the other; more rounds than this are a loop.
const ROUNDS: usize = 6;

/// One person of each role, as the example's `flightdeck.yaml` names them.
const PEOPLE: &[(&str, &str)] = &[
    ("finance_clerk", "ines@larkfield.example"),
    ("finance_approver", "ruth@larkfield.example"),
    ("finance_lead", "ada@larkfield.example"),
    ("controller", "pieter@larkfield.example"),
];

/// What a person says to a request: the command below `review`, and its further arguments.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    verb: &'static str,
    args: Vec<String>,
}

/// Answers everything that waits on a desk. Gives the figures, and what is wrong in the end.
pub fn answer(
    root: &Path,
    desk: &Path,
    answers: &BTreeMap<String, Value>,
    lines: &[Value],
) -> Result<(Value, Vec<String>), String> {
    let flightdeck = product::binary(root, "flightdeck");
    let case_of: BTreeMap<&str, &str> = lines
        .iter()
        .filter_map(|line| Some((at(line, "run").as_str()?, at(line, "case").as_str()?)))
        .collect();
    let mut requests = 0;
    for _ in 0..ROUNDS {
        let (text, _) = shell::read(desk, &flightdeck, &["review", "list", "--json"])?;
        let open: Vec<Value> = text.lines().filter_map(|l| serde_json::from_str(l).ok()).collect();
        if open.is_empty() {
            break;
        }
        for line in &open {
            let (run, request) =
                (at(line, "run").as_str().unwrap_or_default(), at(line, "request"));
            let case = case_of.get(run).copied().unwrap_or_default();
            let said = reply(request, answers.get(case).unwrap_or(&Value::Null));
            let by = at(request, "by").as_str().unwrap_or_default();
            let who = PEOPLE.iter().find(|(role, _)| *role == by);
            let (_, who) = who.ok_or_else(|| format!("nobody here is `{by}`"))?;
            let mut args = vec!["review", said.verb, run, "--as", *who];
            args.extend(said.args.iter().map(String::as_str));
            // Done, at an end that a person chose, or before the next person.
            match shell::code(desk, &flightdeck, &args)? {
                0 | 1 | 3 => requests += 1,
                code => return Err(format!("`flightdeck review {}` ended with {code}", said.verb)),
            }
        }
    }
    let rest = shell::code(desk, &flightdeck, &["run", "--open"])?;
    let drafts: Vec<String> = drafts_of(root, desk)?.iter().map(made).collect();
    let mut wrong = against(answers, &drafts);
    if rest != 0 {
        wrong.push(format!("`flightdeck run --open` ends with {rest} although all is answered"));
    }
    say(&format!(
        "\npeople: {requests} requests answered; {} drafts, {} differences\n",
        drafts.len(),
        wrong.len()
    ));
    let figures =
        json!({ "requests": requests, "drafts": drafts.len(), "differences": wrong.len() });
    Ok((figures, wrong))
}

/// What a careful person says, knowing the right answer.
fn reply(request: &Value, answer: &Value) -> Said {
    let sets = |values: Vec<(String, &Value)>| {
        let set = |(path, value): (String, &Value)| {
            Some(["--set".to_owned(), format!("{path}={}", value.as_str()?)])
        };
        let args: Vec<String> = values.into_iter().filter_map(set).flatten().collect();
        if args.is_empty() { Said { verb: "approve", args } } else { Said { verb: "edit", args } }
    };
    let drafted = wanted(answer).is_some() || at(answer, "expect") == "duplicate";
    let step = at(at(request, "at"), "step").as_str().unwrap_or_default();
    if matches!(step, "by_hand" | "unread") {
        return Said { verb: "approve", args: Vec::new() };
    }
    if !drafted {
        let reason = at(answer, "why").as_str().unwrap_or("nothing is due");
        return Said { verb: "reject", args: vec!["--reason".to_owned(), reason.to_owned()] };
    }
    let fields = at(answer, "fields").as_object();
    let corrected = at(at(answer, "reviewed"), "edit").as_object();
    let may = at(request, "may_edit").as_array();
    let may: BTreeSet<&str> = may.into_iter().flatten().filter_map(Value::as_str).collect();
    let misread = fields.into_iter().flatten().map(|(path, value)| (path.clone(), value));
    match (at(request, "kind").as_str(), step, corrected) {
        // A step that failed is completed by hand, and so is what led to an unknown supplier.
        (Some("failure"), ..) => sets(misread.collect()),
        (_, "lead_check" | "clerk_check", _) => {
            sets(misread.filter(|(path, _)| may.contains(path.as_str())).collect())
        }
        (_, _, Some(edit)) => sets(edit.iter().map(|(path, v)| (path.clone(), v)).collect()),
        (_, _, None) => Said { verb: "approve", args: Vec::new() },
    }
}

/// The draft that there has to be once the people have answered.
fn wanted(answer: &Value) -> Option<String> {
    key(drafted(answer)).or_else(|| key(at(at(answer, "reviewed"), "draft")))
}

/// Everything in which the drafts are not those of the right answers.
fn against(answers: &BTreeMap<String, Value>, drafts: &[String]) -> Vec<String> {
    let wanted: Vec<String> = answers.values().filter_map(wanted).collect();
    let missing = wanted.iter().filter(|one| !drafts.contains(one));
    let missing = missing.map(|one| format!("there is no draft {one}"));
    let strange = drafts.iter().filter(|one| !wanted.contains(one));
    let strange = strange.map(|one| format!("no answer knows the draft {one}"));
    let twice = (1..).zip(drafts).filter(|(n, one)| drafts.iter().skip(*n).any(|d| d == *one));
    let twice = twice.map(|(_, one)| format!("there is more than one draft {one}"));
    missing.chain(strange).chain(twice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(value: Value) -> BTreeMap<String, Value> {
        [("a".to_owned(), value)].into()
    }

    #[test]
    fn an_edit_is_what_must_be_drafted() {
        let right = json!({ "supplier": "S", "iban": "DE1", "amount": "5.00",
                    "currency": "EUR", "number": "1" });
        let answers = answer(json!({ "reviewed": { "draft": right } }));
        assert!(against(&answers, &["S|DE1|5.00 EUR|1".to_owned()]).is_empty());
        assert_eq!(against(&answers, &["S|DE1|8.00 EUR|1".to_owned()]).len(), 2);
        let twice = vec!["S|DE1|5.00 EUR|1".to_owned(); 2];
        assert_eq!(against(&answers, &twice).len(), 1);
    }

    #[test]
    fn people_complete_correct_and_refuse() {
        let fields = json!({ "read.supplier": "Ann", "read.order": null });
        let right = json!({ "supplier": "S", "iban": "I", "amount": "1.00",
                            "currency": "EUR", "number": "1" });
        let honest = json!({ "fields": fields, "acts": { "draft": right } });
        let failed = json!({ "kind": "failure", "at": { "step": "read" }, "may_edit": ["read"] });
        let args = vec!["--set".to_owned(), "read.supplier=Ann".to_owned()];
        assert_eq!(reply(&failed, &honest), Said { verb: "edit", args });
        let asked = json!({ "kind": "step", "at": { "step": "approve" }, "may_edit": [] });
        assert_eq!(reply(&asked, &honest), Said { verb: "approve", args: Vec::new() });
        let trap = json!({ "fields": fields, "why": "a stranger's account" });
        assert_eq!(reply(&failed, &trap).verb, "reject");
    }
}
