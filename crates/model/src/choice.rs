//! A question with options, as a chat model and as a completing model are asked it, and how either
//! answer becomes `{"choice": n}`. It must not look at what the options mean.

use journal::{Choice, ModelAnswer};
use serde::Deserialize;

/// What a completing model is told before every document. It is constant, so that its state is
/// computed once.
pub(crate) const READER: &str = "You read business documents and copy single values out of them.";

/// The schema of every choice. It never holds an option: prompts stay cached and no personal data
/// sits in a schema.
pub(crate) const SCHEMA: &str = concat!(
    r#"{"type":"object","properties":{"choice":{"type":["integer","null"]}},"#,
    r#""required":["choice"],"additionalProperties":false}"#
);

/// The question with numbered options.
pub(crate) fn numbered(choice: &Choice) -> String {
    let mut text = choice.question.clone();
    for (n, option) in choice.options.iter().enumerate() {
        text.push_str(&format!("\n{n}: {option}"));
    }
    text.push_str("\nAnswer with {\"choice\": NUMBER} or {\"choice\": null}.");
    text
}

/// The beginning of a completing model's own answer.
pub(crate) fn lead(choice: &Choice) -> String {
    // The quotation mark lets an option's first letters be read the way they stand in the document;
    // after a bare space small models go on with digits whatever comes.
    format!("{} \"", choice.lead)
}

/// A grammar (GBNF) of the options, each up to its closing quotation mark.
pub(crate) fn grammar(choice: &Choice) -> String {
    let options: Vec<String> = choice.options.iter().map(|option| literal(option)).collect();
    format!("root ::= ({}) \"\\\"\"", options.join(" | "))
}

fn literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            c if c.is_ascii_control() => literal.push_str(&format!("\\x{:02X}", u32::from(c))),
            c => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

/// The answer of a completing model; some servers give the lead back with it.
pub(crate) fn completed(choice: &Choice, text: &str) -> Option<ModelAnswer> {
    let lead = lead(choice);
    let text = text.trim_start();
    let text = text.strip_prefix(lead.trim_start()).unwrap_or(text);
    let text = text.strip_suffix('"').unwrap_or(text);
    let chosen = choice.options.iter().position(|option| option == text)?;
    Some(answer(Some(chosen)))
}

/// The answer of a chat model.
pub(crate) fn chosen(choice: &Choice, text: &str) -> Option<ModelAnswer> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Chosen {
        #[serde(deserialize_with = "Option::deserialize")]
        choice: Option<usize>,
    }
    let chosen: Chosen = serde_json::from_str(text.trim()).ok()?;
    if chosen.choice.is_some_and(|n| n >= choice.options.len()) {
        return None;
    }
    Some(answer(chosen.choice))
}

fn answer(choice: Option<usize>) -> ModelAnswer {
    let text = match choice {
        Some(n) => format!("{{\"choice\":{n}}}"),
        None => "{\"choice\":null}".to_owned(),
    };
    ModelAnswer { text, calls: Vec::new(), least: None }
}
