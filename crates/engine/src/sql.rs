//! Look-up queries, written so that every SQL server of ours and others' answers them in one form,
//! and the reading of that form. Values reach a query only as quoted literals.

use std::collections::BTreeSet;

use plan::value::Money;
use plan::workflow::{Table, Type};
use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization;

/// A key of a look-up: the column, its kind, and the value it must equal.
pub(crate) type Key<'k> = (&'k str, Type, Value);

/// At most this many rows matter: one is a find, two are an ambiguity.
const ROWS_MAX: usize = 2;

/// So many rows are fetched where the server can only narrow them down. As many as that again are
/// an ambiguity: which ones are missing is not known.
const NARROWED_MAX: usize = 50;

/// The query for rows whose columns equal the keys. The rows come back as one hexadecimal text, so
/// that no server's own quoting stands between us and the values.
pub(crate) fn select(table: &Table, keys: &[Key<'_>]) -> Result<String, String> {
    let name = identifier(&table.name)?;
    let mut object = Vec::new();
    for column in table.columns.keys() {
        object.push(format!("'{column}', {}", identifier(column.as_str())?));
    }
    let mut conditions = Vec::new();
    let mut most = ROWS_MAX;
    for (column, kind, value) in keys {
        let column = identifier(column)?;
        let text =
            text_of(value).ok_or_else(|| format!("{column} cannot be looked up by this value"))?;
        let (condition, narrows) = equals(&column, kind, &text)?;
        conditions.push(condition);
        if narrows {
            most = NARROWED_MAX;
        }
    }
    if conditions.is_empty() {
        return Err("a look-up needs at least one key".to_owned());
    }
    Ok(format!(
        "SELECT hex(json_group_array(json_object({}))) AS rows FROM (SELECT * FROM {name} WHERE {} \
         LIMIT {most})",
        object.join(", "),
        conditions.join(" AND ")
    ))
}

/// The condition that a column equals a text, and whether it only narrows the rows down.
fn equals(column: &str, kind: &Type, text: &str) -> Result<(String, bool), String> {
    let quoted = literal(text)?;
    Ok(match kind {
        Type::Iban | Type::Id => (
            format!("upper(replace({column}, ' ', '')) = upper(replace({quoted}, ' ', ''))"),
            false,
        ),
        Type::Text => match narrowed(text) {
            None => (format!("lower(trim({column})) = lower(trim({quoted}))"), false),
            Some(pattern) => (format!("lower(trim({column})) LIKE {}", literal(&pattern)?), true),
        },
        _ => (format!("{column} = {quoted}"), false),
    })
}

/// The query for those of some values that stand in a column. The values come back as the rows of
/// [`select`] do.
pub(crate) fn known(table: &Table, column: &str, values: &[Value]) -> Result<String, String> {
    let (name, kind) = (identifier(&table.name)?, table.columns.get(column));
    let shown = identifier(column)?;
    let mut either = Vec::new();
    for value in values {
        let text = text_of(value).ok_or("only texts are known in a table")?;
        either.push(equals(&shown, kind.unwrap_or(&Type::Text), &text)?.0);
    }
    if either.is_empty() {
        return Err("a look-up needs at least one value".to_owned());
    }
    Ok(format!(
        "SELECT hex(json_group_array(json_object('{column}', {shown}))) AS rows FROM (SELECT \
         DISTINCT {shown} FROM {name} WHERE {} LIMIT {NARROWED_MAX})",
        either.join(" OR ")
    ))
}

/// Which of the values stand in the rows. From as many rows as are fetched at most nothing is said:
/// others may be missing.
pub(crate) fn held(rows: &[Value], column: &str, kind: &Type, values: &[Value]) -> Vec<bool> {
    let plain = |text: &str| match kind {
        Type::Iban | Type::Id => text.replace(' ', "").to_uppercase(),
        _ => folded(text),
    };
    let read = |value: &Value| text_of(value).map(|text| plain(&text));
    let there: BTreeSet<String> =
        rows.iter().filter_map(|row| row.get(column)).filter_map(read).collect();
    let all = rows.len() < NARROWED_MAX;
    values.iter().map(|value| all && read(value).is_some_and(|v| there.contains(&v))).collect()
}

/// SQL knows upper and lower case of English letters only, so `SÖHNE` is not `Söhne` to a server.
/// Where a text has other letters the server narrows rows down by a pattern, and [`one`] decides.
/// Nothing for a text that needs no pattern.
fn narrowed(text: &str) -> Option<String> {
    let text: String = text.trim().nfc().collect::<String>().to_ascii_lowercase();
    if text.is_ascii() && !text.contains("ss") && !text.contains(['%', '_']) {
        return None;
    }
    // `ss` may stand for `ß`; a sign of the pattern language stands for any one character.
    let text = text.replace("ss", "ß").replace(['%', '_'], "_");
    let mut pattern: String = text.chars().map(|c| if c.is_ascii() { c } else { '%' }).collect();
    while pattern.contains("%%") {
        pattern = pattern.replace("%%", "%");
    }
    Some(pattern)
}

/// The row that is meant: the one whose texts equal the keys, whatever the case of their letters.
/// Two rows are nothing: which one is meant is not for a program to choose.
pub(crate) fn one(rows: Vec<Value>, keys: &[Key<'_>]) -> Value {
    if rows.len() >= NARROWED_MAX {
        return Value::Null;
    }
    let same = |row: &Value| {
        let mut texts = keys.iter().filter(|(_, kind, _)| *kind == Type::Text);
        texts.all(|(column, _, value)| {
            let there = row.get(*column).and_then(text_of);
            there.zip(text_of(value)).is_some_and(|(there, asked)| folded(&there) == folded(&asked))
        })
    };
    let mut found = rows.into_iter().filter(same);
    match (found.next(), found.next()) {
        (Some(row), None) => row,
        (None, _) | (Some(_), Some(_)) => Value::Null,
    }
}

/// A text without the case of its letters: `ß` and `SS` are the same, and so is an accent that is
/// written as a character of its own.
fn folded(text: &str) -> String {
    text.trim().nfc().collect::<String>().to_uppercase().nfc().collect()
}

fn identifier(name: &str) -> Result<String, String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if name.is_empty() || !name.bytes().all(plain) {
        return Err(format!("`{name}` is no name of a table or column"));
    }
    Ok(format!("\"{name}\""))
}

fn literal(text: &str) -> Result<String, String> {
    if text.contains('\0') || text.len() > 1_000 {
        return Err("a key with a null character or over 1,000 bytes is not looked up".to_owned());
    }
    Ok(format!("'{}'", text.replace('\'', "''")))
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(_) => {
            serde_json::from_value::<Money>(value.clone()).ok().map(|m| m.to_string())
        }
        Value::Null | Value::Array(_) => None,
    }
}

/// The rows in a server's answer, in the table's declared types.
pub(crate) fn rows(answer: &Value, table: Option<&Table>) -> Result<Vec<Value>, String> {
    let hex = find_hex(answer).ok_or("the table's server did not answer in the asked form")?;
    let bytes = hex::decode(hex).map_err(|_| "the table's answer is cut off")?;
    let rows: Vec<Map<String, Value>> =
        serde_json::from_slice(&bytes).map_err(|_| "the table's answer holds no rows")?;
    rows.into_iter().map(|row| typed(row, table)).collect()
}

/// The hexadecimal text behind the name `rows`, however a server wraps it.
fn find_hex(answer: &Value) -> Option<&str> {
    match answer {
        Value::Object(fields) => match fields.get("rows").and_then(Value::as_str) {
            Some(hex) => Some(hex),
            None => fields.values().find_map(find_hex),
        },
        Value::Array(items) => items.iter().find_map(find_hex),
        // A server that writes rows as text: `[{'rows': '5B5D'}]`, and nothing looser than that.
        Value::String(text) => {
            let quotes = |c: char| c == '\'' || c == '"';
            let inner = text.trim().strip_prefix("[{")?.strip_suffix("}]")?;
            let (name, hex) = inner.split_once(':')?;
            if name.trim().trim_matches(quotes) != "rows" {
                return None;
            }
            let hex = hex.trim().trim_matches(quotes);
            hex.bytes().all(|b| b.is_ascii_hexdigit()).then_some(hex)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn typed(row: Map<String, Value>, table: Option<&Table>) -> Result<Value, String> {
    let mut out = Map::new();
    for (column, value) in row {
        let kind = table.and_then(|t| t.columns.get(column.as_str()));
        let value = match (kind, value) {
            (_, Value::Null) => Value::Null,
            (Some(Type::Money), Value::String(text)) => Money::parse(&text)
                .ok()
                .and_then(|m| serde_json::to_value(m).ok())
                .ok_or_else(|| format!("column `{column}` holds an amount that cannot be read"))?,
            (Some(Type::Bool), Value::String(text)) => match text.as_str() {
                "true" | "1" | "yes" => Value::Bool(true),
                "false" | "0" | "no" | "" => Value::Bool(false),
                _ => return Err(format!("column `{column}` holds neither yes nor no")),
            },
            (Some(Type::Bool), Value::Number(number)) => Value::Bool(number.as_i64() == Some(1)),
            (_, other) => other,
        };
        out.insert(column, value);
    }
    Ok(Value::Object(out))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn name(text: &str) -> [Key<'static>; 1] {
        [("name", Type::Text, Value::from(text))]
    }

    #[test]
    fn letters_of_every_alphabet_have_no_case() {
        let rows =
            || vec![json!({ "name": "Keller & Söhne GmbH" }), json!({ "name": "Kelter & Sahne" })];
        for asked in ["KELLER & SÖHNE GMBH", "keller & söhne gmbh ", "Keller & So\u{308}hne GmbH"]
        {
            assert_eq!(one(rows(), &name(asked)), json!({ "name": "Keller & Söhne GmbH" }));
        }
        assert_eq!(one(rows(), &name("KELLER & SOHNE GMBH")), Value::Null, "another letter");
        let street = || vec![json!({ "name": "Straßenbau Groß" })];
        assert_eq!(one(street(), &name("STRASSENBAU GROSS")), json!({ "name": "Straßenbau Groß" }));
        let twice = vec![json!({ "name": "Öl" }), json!({ "name": "ÖL" })];
        assert_eq!(
            one(twice, &name("öl")),
            Value::Null,
            "which one is not for a program to choose"
        );
        let many = vec![json!({ "name": "Öl" }); NARROWED_MAX];
        assert_eq!(one(many, &name("öl")), Value::Null, "there may be more than were fetched");
    }

    #[test]
    fn a_pattern_is_asked_only_where_it_is_needed() {
        assert_eq!(narrowed("Harcourt Ltd"), None);
        assert_eq!(narrowed("SÖHNE, 100 %_\u{e9}\u{e9}").as_deref(), Some("s%hne, 100 __%"));
        assert_eq!(narrowed("Grosse").as_deref(), Some("gro%e"));
    }
}
