//! Look-up queries, written so that every SQL server of ours and others' answers them in one form,
//! and the reading of that form. Values reach a query only as quoted literals.

use plan::value::Money;
use plan::workflow::{Table, Type};
use serde_json::{Map, Value};

/// At most this many rows matter: one is a find, two are an ambiguity.
const ROWS_MAX: u32 = 2;

/// The query for rows whose columns equal the keys. The rows come back as one hexadecimal text, so
/// that no server's own quoting stands between us and the values.
pub(crate) fn select(table: &Table, keys: &[(&str, Type, Value)]) -> Result<String, String> {
    let name = identifier(&table.name)?;
    let mut object = Vec::new();
    for column in table.columns.keys() {
        object.push(format!("'{column}', {}", identifier(column.as_str())?));
    }
    let mut conditions = Vec::new();
    for (column, kind, value) in keys {
        let column = identifier(column)?;
        let text =
            text_of(value).ok_or_else(|| format!("{column} cannot be looked up by this value"))?;
        let literal = literal(&text)?;
        conditions.push(match kind {
            Type::Iban | Type::Id => {
                format!("upper(replace({column}, ' ', '')) = upper(replace({literal}, ' ', ''))")
            }
            Type::Text => format!("lower(trim({column})) = lower(trim({literal}))"),
            _ => format!("{column} = {literal}"),
        });
    }
    if conditions.is_empty() {
        return Err("a look-up needs at least one key".to_owned());
    }
    Ok(format!(
        "SELECT hex(json_group_array(json_object({}))) AS rows FROM (SELECT * FROM {name} WHERE {} \
         LIMIT {ROWS_MAX})",
        object.join(", "),
        conditions.join(" AND ")
    ))
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
