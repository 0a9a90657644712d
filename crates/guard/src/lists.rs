//! Lists of words and phrases that an answer must not hold, as an operator keeps them. It finds
//! them whatever their letters' case and form, and whatever stands between them unseen; it must not
//! know what is meant by them.

use serde_json::Value;

use crate::links::texts;
use crate::marks::mark;
use crate::signals;

/// The entries that a value's texts hold, in the list's order. An entry that ends in `*` stands for
/// every word that begins so.
#[must_use]
pub fn held<'l>(value: &Value, list: &'l [String]) -> Vec<&'l str> {
    if list.is_empty() {
        return Vec::new();
    }
    let mut all = String::new();
    texts(value, &mut |text| {
        // Nothing is made of the end of one text and the beginning of another.
        all.push('\n');
        all.push_str(&words(text));
    });
    let holds = |entry: &&String| stands(&all, entry);
    let found: Vec<&str> = list.iter().filter(holds).map(String::as_str).collect();
    if !found.is_empty() {
        mark!("contract:list");
    }
    found
}

/// A text in one form: no letter case, nothing unseen, one space between words.
fn words(text: &str) -> String {
    let shown = signals::plain(text).to_lowercase();
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn stands(text: &str, entry: &str) -> bool {
    let (stem, whole) = match entry.trim().strip_suffix('*') {
        Some(stem) => (words(stem), false),
        None => (words(entry), true),
    };
    // What an entry of signs alone means nobody can say; `check` refuses it.
    if stem.is_empty() {
        return false;
    }
    text.match_indices(&stem).any(|(at, found)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|text| text.chars().next());
        let apart = |outer: Option<char>, inner: Option<char>| {
            !(outer.is_some_and(char::is_alphanumeric) && inner.is_some_and(char::is_alphanumeric))
        };
        apart(before, stem.chars().next()) && (!whole || apart(after, stem.chars().next_back()))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::held;

    fn check(value: Value, list: &[&str], expected: &[&str]) {
        let list: Vec<String> = list.iter().map(|entry| (*entry).to_owned()).collect();
        assert_eq!(held(&value, &list), expected, "{value}");
    }

    #[test]
    fn an_entry_is_found_in_any_letters_and_only_as_a_word() {
        let list = ["guarantee", "money back", "refund*"];
        check(json!("We GUARANTEE it."), &list, &["guarantee"]);
        check(json!("guaranteed"), &list, &[]);
        check(json!({ "a": ["Your money\n  back!"] }), &list, &["money back"]);
        check(json!(["your money", "back"]), &list, &[]);
        check(json!("it is refundable, refunded"), &list, &["refund*"]);
        check(json!("prerefund"), &list, &[]);
        check(json!({ "guarantee": 1 }), &list, &["guarantee"]);
        check(json!("nothing of it"), &list, &[]);
    }

    #[test]
    fn what_is_written_to_be_overlooked_is_found() {
        // Letters of full width, a character without width, and a soft hyphen.
        check(json!("ＧＵＡＲＡＮＴＥＥ"), &["guarantee"], &["guarantee"]);
        check(
            json!("guar\u{200b}antee, re\u{ad}fund"),
            &["guarantee", "refund"],
            &["guarantee", "refund"],
        );
        check(json!("50 % OFF"), &["50 % off"], &["50 % off"]);
        check(json!("保証します"), &["保証*"], &["保証*"]);
    }
}
