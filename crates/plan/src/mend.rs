//! Fixes that can be made without asking anybody: a key that is written almost as it should be, a
//! value that wants quotes, a character that nobody sees. Each touches its own few characters and
//! is kept only if its problem is gone and no other came. It must not guess what somebody meant:
//! names of steps, tools and people are theirs to correct.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::check::check_all;
use crate::codes;
use crate::files::Files;
use crate::problem::Problem;

/// More fixes than this are another text.
const FIXES_MAX: usize = 200;

/// One fix that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mended {
    pub file: String,
    /// From 1.
    pub line: usize,
    pub code: &'static str,
    pub from: String,
    pub to: String,
}

/// The files with every such fix made, and what was made.
#[must_use]
pub fn mend(files: &Files) -> (Files, Vec<Mended>) {
    let mut files = files.clone();
    let mut made = Vec::new();
    let mut left = BTreeSet::new();
    let mut problems = check_all(&files).problems;
    while made.len() < FIXES_MAX {
        let is_new = |one: &&Problem| !left.contains(&(one.file.clone(), one.start, one.code.id));
        let next =
            problems.iter().filter(is_new).find_map(|one| Some((one.clone(), fix(&files, one)?)));
        let Some((problem, (text, mended))) = next else { break };
        let mut changed = files.clone();
        changed.insert(&problem.file, &text);
        let after = check_all(&changed).problems;
        let same = |one: &Problem| {
            (&one.file, one.start, one.code.id) == (&problem.file, problem.start, problem.code.id)
        };
        if after.len() < problems.len() && !after.iter().any(same) {
            (files, problems) = (changed, after);
            made.push(mended);
        } else {
            left.insert((problem.file, problem.start, problem.code.id));
        }
    }
    (files, made)
}

/// The text of a problem's file with its fix; nothing where it carries none.
fn fix(files: &Files, problem: &Problem) -> Option<(String, Mended)> {
    let text = files.get(&problem.file)?;
    let from = text.get(problem.start..problem.end)?;
    let to = if problem.code.id == codes::UNKNOWN_KEY.id {
        problem.did_you_mean.clone()?
    } else if problem.code.id == codes::AMBIGUOUS.id {
        quoted(from)?
    } else if problem.code.id == codes::HIDDEN.id {
        (from.chars().count() == 1).then(String::new)?
    } else {
        return None;
    };
    let (before, after) = (text.get(..problem.start)?, text.get(problem.end..)?);
    let mended = Mended {
        file: problem.file.clone(),
        line: problem.line,
        code: problem.code.id,
        from: from.to_owned(),
        to: to.clone(),
    };
    Some(([before, &to, after].concat(), mended))
}

/// A plain value between quotes.
fn quoted(plain: &str) -> Option<String> {
    let whole = !plain.is_empty() && !plain.contains(['"', '\'', '\\', '\n', '{', '[', '#']);
    whole.then(|| format!("\"{plain}\""))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    use super::*;

    const SETTINGS: &str = "\
organisation: Acme
currency: EUR
people: { mara@acme.example: { name: Mara } }
roles: { lead: [ mara@acme.example ] }
models: {}
working_hours: { zone: Europe/London, days: [ mon, tue ], from: \"09:00\", to: \"17:00\" }
";

    const WORKFLOW: &str = "\
---
workflow: letters
purpose: Sort letters.
acountable: mara@acme.example # who answers
override: lead
risk: low
autonomy: act
case: { one: letter, from: inside, fields: { id: text } }
limits: { case: { cost: 0.10 EUR, days: 10 }, day: { cost: 5 EUR, cases: 20 } }
baseline: { minutes: 6, cases_per_week: 40 }
on_failure: { then: stop }
steps:
  - step: look
    review:
      by: lead
      never_by: [ starter ]
      question: Is it right?
      show: [ case ]
      within: 8 working hours
      late: { then: stop }
      if_rejectd: { then: stop }
  - step: over
    end: done
exceptions: [ { what: no id, when: \"case.id == ''\", go: look } ]
---
# Letters
";

    #[test]
    fn what_is_almost_right_is_put_right_and_nothing_else_is_touched() {
        let mut files = Files::new();
        files.insert("flightdeck.yaml", SETTINGS);
        files.insert("workflows/letters.md", WORKFLOW);
        let (mended, made) = mend(&files);
        let words: Vec<(&str, &str)> =
            made.iter().map(|one| (one.from.as_str(), one.to.as_str())).collect();
        assert_eq!(words, [("acountable", "accountable"), ("if_rejectd", "if_rejected")]);
        let wanted =
            WORKFLOW.replace("acountable", "accountable").replace("if_rejectd", "if_rejected");
        assert_eq!(&**mended.get("workflows/letters.md").unwrap(), wanted);
        assert_eq!(mended.get("flightdeck.yaml"), files.get("flightdeck.yaml"));
        let again = mend(&mended);
        assert_eq!((again.0, again.1), (mended, Vec::new()));
    }

    #[test]
    fn what_somebody_has_to_say_is_left_to_them() {
        let mut files = Files::new();
        files.insert("flightdeck.yaml", SETTINGS);
        // A role, a step and a value that does not fit: each is near to something known.
        let text = WORKFLOW
            .replace("acountable", "accountable")
            .replace("if_rejectd", "if_rejected")
            .replace("override: lead", "override: leat")
            .replace("go: look", "go: lok")
            .replace("risk: low", "risk: lo");
        files.insert("workflows/letters.md", &text);
        let before = check_all(&files).problems.len();
        assert!(before > 2, "{before}");
        let (mended, made) = mend(&files);
        assert_eq!((made, mended), (Vec::new(), files));
    }
}
