//! Links and mail addresses in what an agent writes: each must stand in what the agent was given.
//! A model that obeys a stranger could otherwise put what it knows into an address that somebody's
//! program opens. It must not judge where a link leads: that a stranger gave it is for the labels.

use std::collections::BTreeSet;

use linkify::{LinkFinder, LinkKind};
use serde_json::Value;

use crate::marks::mark;

/// The links of an answer that stand in none of the given texts, in order and each once.
#[must_use]
pub fn strange(answer: &Value, given: &[&str]) -> Vec<String> {
    let mut written = BTreeSet::new();
    texts(answer, &mut |text| written.extend(links(text)));
    if written.is_empty() {
        return Vec::new();
    }
    // The whole link, to the last letter: a longer one could carry something away.
    let known: BTreeSet<String> = given.iter().flat_map(|text| links(text)).collect();
    let strange: Vec<String> = written.difference(&known).cloned().collect();
    if !strange.is_empty() {
        mark!("contract:link");
    }
    strange
}

fn links(text: &str) -> Vec<String> {
    // Without a point and without a colon there is no link.
    if !text.contains(['.', ':']) {
        return Vec::new();
    }
    let mut finder = LinkFinder::new();
    finder.url_must_have_scheme(false);
    let link = |link: linkify::Link<'_>| match link.kind() {
        LinkKind::Email => Some(link.as_str().to_lowercase()),
        // A word such as `2.5` or `file.txt` is no address that a program opens by itself.
        _ if opens(link.as_str()) => Some(link.as_str().to_owned()),
        _ => None,
    };
    finder.links(text).filter_map(link).collect()
}

fn opens(link: &str) -> bool {
    link.contains("://") || link.contains('/') || link.contains('?') || link.starts_with("www.")
}

/// Every text of a value, names of fields among them.
pub(crate) fn texts(value: &Value, each: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => each(text),
        Value::Array(all) => all.iter().for_each(|value| texts(value, each)),
        Value::Object(all) => {
            for (key, value) in all {
                each(key);
                texts(value, each);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::strange;

    fn check(answer: serde_json::Value, given: &[&str], expected: &[&str]) {
        assert_eq!(strange(&answer, given), expected, "{answer}");
    }

    #[test]
    fn a_link_must_have_been_given_to_the_last_letter() {
        let given = &["see https://docs.example/a?id=1, or write to Help@docs.example."];
        check(json!({ "text": "it is at https://docs.example/a?id=1." }), given, &[]);
        check(json!(["help@docs.example"]), given, &[]);
        let longer = "https://docs.example/a?id=1&secret=4711";
        check(json!({ "a": { "b": [longer] } }), given, &[longer]);
        check(json!("http://evil.example"), given, &["http://evil.example"]);
        check(json!("evil.example/x?y=1"), given, &["evil.example/x?y=1"]);
        check(json!("www.evil.example"), given, &["www.evil.example"]);
        check(json!("ask me@evil.example"), given, &["me@evil.example"]);
        check(
            json!("![x](https://evil.example/p.png?d=1)"),
            given,
            &["https://evil.example/p.png?d=1"],
        );
        check(json!({ "https://evil.example": 1 }), given, &["https://evil.example"]);
    }

    #[test]
    fn words_that_only_look_like_links_pass() {
        check(json!("it costs 2.50 and stands in report.txt, e.g. at 10:30"), &[], &[]);
        check(json!(["no.1", "a.b.c", null, 3, true]), &[], &[]);
    }
}
