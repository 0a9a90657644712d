//! Another name for a step, wherever the file names it: where a step leads, in conditions, in what
//! is shown and passed on, and in the heading of its text.

use super::{EditError, Page, place};
use crate::check::check_all;
use crate::markdown;
use crate::yaml::{Kind, Node};

/// Keys whose texts are people's words, or names of other things: a step's name in them stays.
const WORDS: &[&str] = &[
    "question", "purpose", "basis", "what", "one", "called", "why", "tell", "reason", "note",
    "does", "who", "by", "ask", "agent", "tool", "workflow", "in",
];

impl Page<'_> {
    /// The text with another name for a step. It has to leave no problem that was not there.
    pub fn renamed(&self, step: &str, to: &str) -> Result<String, EditError> {
        let tree = self.tree(self.text)?;
        let steps = ["steps".to_owned()];
        let list = place::find(&tree, &steps).ok_or_else(|| EditError::NoPlace(step.to_owned()))?;
        if place::index(list, step).is_none() {
            return Err(EditError::NoPlace(step.to_owned()));
        }
        if place::index(list, to).is_some() {
            return Err(EditError::Unfit("there is a step of that name already"));
        }
        let mut spots = Vec::new();
        if let Kind::Map(entries) = &tree.kind {
            let of = [
                "steps",
                "today",
                "exceptions",
                "once_per",
                "seeds",
                "on_failure",
                "limits",
                "output",
            ];
            for entry in entries.iter().filter(|entry| of.contains(&entry.key.as_str())) {
                named(self.text, &entry.value, &entry.key, step, &mut spots);
            }
        }
        let parts = markdown::split(self.text);
        let body = self.text.get(parts.body.clone()).unwrap_or("");
        let file = std::sync::Arc::from(self.path);
        for section in markdown::sections(&file, body, parts.body.start) {
            if section.title.trim() == step {
                let heading = self.text.get(section.at.start..section.at.end).unwrap_or("");
                spots.extend(heading.find(step).map(|at| section.at.start + at));
            }
        }
        spots.sort_unstable();
        spots.dedup();
        let mut new = self.text.to_owned();
        for at in spots.into_iter().rev() {
            new.replace_range(at..at + step.len(), to);
        }
        self.no_worse(new)
    }

    fn no_worse(&self, new: String) -> Result<String, EditError> {
        let problems = |text: &str| {
            let mut files = self.files.clone();
            files.insert(self.path, text);
            check_all(&files).problems
        };
        let (before, after) = (problems(self.text), problems(&new));
        if after.len() > before.len() {
            return Err(EditError::Breaks(after));
        }
        Ok(new)
    }
}

/// Every place of a node at which the step is named.
fn named(text: &str, node: &Node, key: &str, step: &str, spots: &mut Vec<usize>) {
    match &node.kind {
        Kind::List(items) => items.iter().for_each(|item| named(text, item, key, step, spots)),
        Kind::Map(entries) => {
            for entry in entries.iter().filter(|entry| !WORDS.contains(&entry.key.as_str())) {
                named(text, &entry.value, &entry.key, step, spots);
            }
        }
        Kind::Text { text: said, .. } => {
            let end = place::end(text, node);
            let Some(written) = text.get(node.at.start..end) else { return };
            let condition = matches!(key, "when" | "must_hold" | "first" | "until");
            let whole = said == step;
            spots.extend(tokens(written, step).filter_map(|(at, path)| {
                (whole || path || condition).then_some(node.at.start + at)
            }));
        }
    }
}

/// Where a name stands as a word of its own outside of quoted texts, and whether a path follows.
fn tokens<'t>(written: &'t str, name: &'t str) -> impl Iterator<Item = (usize, bool)> + 't {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let outer = written.chars().next().filter(|c| matches!(c, '"' | '\''));
    written.match_indices(name).filter_map(move |(at, _)| {
        let before = written.get(..at)?;
        let after = written.get(at + name.len()..)?;
        let alone = !before.ends_with(|c: char| word(c) || c == '.') && !after.starts_with(word);
        // Inside of a quoted text of a condition it is a text. The quotes around the whole are not.
        let inside = before.get(usize::from(outer.is_some())..)?;
        let quoted = |quote: char| inside.matches(quote).count() % 2 == 1;
        let is_text = quoted('\'') && outer != Some('\'') || quoted('"') && outer != Some('"');
        (alone && !is_text).then_some((at, after.starts_with('.')))
    })
}
