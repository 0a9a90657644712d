//! What is wrong in instructions that agents read: names of things that are not there, and
//! sentences that say the opposite of each other to one agent. These are findings to look at, not
//! problems: nothing is refused for them. It must not read meaning into a text beyond its words.

use std::collections::BTreeSet;

use crate::Plan;
use crate::files::Files;
use crate::lock::Lock;
use crate::workflow::{Does, Instruction, Workflow};

/// So many sentences of one agent are compared with each other.
const SENTENCES_MAX: usize = 400;
/// Two sentences are about the same thing when so many of a hundred of their words are the same.
const SAME_OF_100: usize = 75;
/// And when they have at least so many words in common.
const SAME_AT_LEAST: usize = 3;

const NO: &[&str] = &["never", "not", "no", "don't", "cannot", "nothing", "without", "mustn't"];
/// Words that say nothing about what a sentence is about.
const EMPTY: &[&str] = &[
    "a", "an", "the", "always", "must", "should", "shall", "may", "can", "do", "does", "is", "are",
    "be", "to", "of", "it", "you", "please", "and", "or", "in", "on", "for", "ever", "if", "this",
    "that", "any", "every", "all",
];
/// Endings of files that a text may name.
const ENDINGS: &[&str] = &[".md", ".csv", ".json", ".txt", ".cedar", ".yaml"];

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// It names something that is not there.
    Stale,
    /// Another sentence that the same agent reads says the opposite.
    Conflict,
}

/// One finding, with its place. Lines start at 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub file: String,
    pub line: usize,
    pub wrong: Wrong,
    pub what: String,
}

/// Everything that agents of these workflows read together, looked through.
pub fn findings<'p>(files: &Files, plans: impl Iterator<Item = &'p Plan>) -> Vec<Finding> {
    let plans: Vec<&Workflow> = plans.map(Plan::workflow).collect();
    let lock = files.get("mcp.lock").and_then(|text| Lock::parse(text).ok()).unwrap_or_default();
    let known = Known { files, lock, plans: &plans };
    let mut all = BTreeSet::new();
    for workflow in &plans {
        for step in &workflow.steps {
            let Does::Agent(agent) = &step.does else { continue };
            for part in &agent.instructions {
                all.extend(known.stale(part));
            }
            all.extend(conflicts(files, &agent.instructions));
        }
    }
    all.into_iter().collect()
}

/// What a text may name.
struct Known<'k> {
    files: &'k Files,
    lock: Lock,
    plans: &'k [&'k Workflow],
}

impl Known<'_> {
    fn stale(&self, part: &Instruction) -> Vec<Finding> {
        let mut all = Vec::new();
        let mut fenced = false;
        for line in part.text.lines() {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
            }
            // What stands between two backticks is every second piece.
            let named = line.split('`').skip(1).step_by(2).filter(|_| !fenced);
            all.extend(named.filter_map(|name| self.missing(name)).map(|what| Finding {
                line: line_of(self.files, part, line),
                file: file(part).to_owned(),
                wrong: Wrong::Stale,
                what,
            }));
        }
        all
    }

    /// Why a name leads nowhere; nothing where it does, or where it is no name of a thing.
    fn missing(&self, name: &str) -> Option<String> {
        if name.contains(char::is_whitespace) {
            return None;
        }
        if name.contains('/') && ENDINGS.iter().any(|end| name.ends_with(end)) {
            let folder = name.split('/').next().unwrap_or_default();
            let ours = self.files.iter().any(|(path, _)| path.starts_with(&format!("{folder}/")));
            let there = self.files.get(name).is_some();
            return (ours && !there).then(|| format!("there is no file `{name}`"));
        }
        let (first, rest) = name.split_once('.')?;
        if self.lock.tools.keys().any(|tool| tool.server() == first) {
            let there = self.lock.tools.keys().any(|tool| tool.as_str() == name);
            return (!there).then(|| format!("`{name}` is no approved tool"));
        }
        let workflow = self.plans.iter().find(|workflow| workflow.name.as_str() == first)?;
        let there = workflow.steps.iter().any(|step| step.id.as_str() == rest);
        (!there).then(|| format!("`{first}` has no step `{rest}`"))
    }
}

/// The file in which a part stands.
fn file(part: &Instruction) -> &str {
    part.source.split('#').next().unwrap_or(&part.source)
}

/// The line on which a text begins in its file.
fn line_of(files: &Files, part: &Instruction, text: &str) -> usize {
    let whole = files.get(file(part)).map_or("", |text| text.as_ref());
    let before = whole.find(text.trim_end()).and_then(|at| whole.get(..at));
    before.map_or(1, |before| before.matches('\n').count() + 1)
}

/// A sentence, with the words that tell what it is about and whether it says no to it.
struct Sentence<'p> {
    part: &'p Instruction,
    text: &'p str,
    about: BTreeSet<String>,
    no: bool,
}

fn conflicts(files: &Files, parts: &[Instruction]) -> Vec<Finding> {
    let mut all: Vec<Sentence<'_>> = parts.iter().flat_map(sentences).collect();
    all.truncate(SENTENCES_MAX);
    let mut found = Vec::new();
    for (n, one) in all.iter().enumerate() {
        for other in all.iter().take(n).filter(|other| other.no != one.no) {
            let same = one.about.intersection(&other.about).count();
            let either = one.about.union(&other.about).count();
            if same < SAME_AT_LEAST || same * 100 < either * SAME_OF_100 {
                continue;
            }
            let line = line_of(files, other.part, other.text);
            let place = format!("{}:{line}", file(other.part));
            found.push(Finding {
                file: file(one.part).to_owned(),
                line: line_of(files, one.part, one.text),
                wrong: Wrong::Conflict,
                what: format!(
                    "\u{201c}{}\u{201d}, but {place} says \u{201c}{}\u{201d}",
                    one.text, other.text
                ),
            });
        }
    }
    found
}

fn sentences(part: &Instruction) -> Vec<Sentence<'_>> {
    let mut fenced = false;
    let mut all = Vec::new();
    for line in part.text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced || line.trim_start().starts_with(['#', '|']) {
            continue;
        }
        for text in line.split_inclusive(['.', ';', '!']) {
            let text = text.trim().trim_start_matches(['-', '*', ' ']);
            let words = text.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '_');
            let words: Vec<String> =
                words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
            let no = words.iter().any(|word| NO.contains(&word.as_str()));
            let tells =
                |word: &&String| !NO.contains(&word.as_str()) && !EMPTY.contains(&word.as_str());
            let about = words.iter().filter(tells).map(|word| stem(word)).collect();
            all.push(Sentence { part, text, about, no });
        }
    }
    all
}

/// A word without what makes it several or somebody's.
fn stem(word: &str) -> String {
    word.strip_suffix('s').filter(|stem| stem.len() > 2).unwrap_or(word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(source: &str, text: &str) -> Instruction {
        Instruction { source: source.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn two_sentences_that_say_the_opposite_are_found_in_their_places() {
        let standing = "# Rules\nNever round the total amount.\nBe brief.\n";
        let own = "---\nname: a\n---\nRead it.\n- Always round total amounts.\n";
        let files = Files::from_iter([("AGENTS.md", standing), ("agents/a.md", own)]);
        let parts =
            [part("AGENTS.md", standing), part("agents/a.md", "- Always round total amounts.")];
        let found = conflicts(&files, &parts);
        let expected = Finding {
            file: "agents/a.md".to_owned(),
            line: 5,
            wrong: Wrong::Conflict,
            what: "\u{201c}Always round total amounts.\u{201d}, but AGENTS.md:2 says \
                   \u{201c}Never round the total amount.\u{201d}"
                .to_owned(),
        };
        assert_eq!(found, [expected]);
        let other = [part("AGENTS.md", "Never round the total. Read the total amount first.")];
        assert_eq!(conflicts(&files, &other), []);
    }

    #[test]
    fn a_name_that_leads_nowhere_is_found() {
        let files = Files::from_iter([("tables/orders.csv", ""), ("AGENTS.md", "")]);
        let known = Known { files: &files, lock: Lock::default(), plans: &[] };
        let missing = |name: &str| known.missing(name);
        assert_eq!(missing("tables/orders.csv"), None);
        assert_eq!(missing("tables/order.csv"), Some("there is no file `tables/order.csv`".into()));
        assert_eq!(missing("other/order.csv"), None, "no folder of the workspace");
        assert_eq!(missing("read.total"), None, "it may be a value");
        assert_eq!(missing("a b/c.md"), None);
        let text = part("AGENTS.md", "See `tables/a.csv`.\n```\n`tables/b.csv`\n```\n");
        assert_eq!(known.stale(&text).len(), 1);
    }
}
