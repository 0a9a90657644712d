//! Answers as they are given, and as a file says them. A short answer may stand for what a file
//! says at more length; what is longer is shown and taken as it stands.

use serde_json::{Map, Value, json};

use super::seen::Seen;
use super::{Form, InterviewError, Question};

/// How an answer stands in the file.
pub(super) enum As {
    Plain,
    Lines,
    Rows,
    /// Steps of today: what became of one that is said again stays said.
    Today,
    /// Rows as keys and values: the column of the key, and that of the value. Where a value has
    /// keys of its own they are columns too, if the last says so.
    Named(&'static str, &'static str, bool),
    /// Look-ups, each with its table and what its columns equal.
    Finds,
    /// What follows where nobody answers, somebody says no, or a step fails.
    Late,
    Rejected,
    Failure,
    /// What kind a step is.
    Kind,
    /// Whether the steps are drafted.
    Draft,
    /// What else is not settled.
    Unsettled,
}

impl As {
    /// What the file says, as an answer.
    pub(super) fn answer(&self, form: Form, says: &Value) -> Option<Value> {
        match self {
            Self::Plain if matches!(form, Form::Number | Form::Minutes) => {
                match says.as_str().map(str::parse::<u64>) {
                    Some(Ok(number)) => Some(number.into()),
                    _ => Some(says.clone()),
                }
            }
            Self::Plain | Self::Rows | Self::Today => Some(says.clone()),
            Self::Lines if says.is_string() => Some(json!([says])),
            Self::Lines => Some(says.clone()),
            Self::Named(key, value, spread) => named(says, key, value, *spread),
            Self::Finds => found(says),
            Self::Late | Self::Rejected | Self::Failure => match says.as_object() {
                Some(map) if map.len() == 1 => map.values().next().cloned(),
                _ => Some(says.clone()),
            },
            Self::Kind => says.as_object().map(|step| kind(step).into()),
            Self::Draft | Self::Unsettled => None,
        }
    }

    /// An answer as the file says it.
    pub(super) fn written(
        &self,
        seen: &Seen,
        question: &Question,
        value: &Value,
    ) -> Result<Value, InterviewError> {
        let id = &question.id;
        let unfit = |wanted: &str| InterviewError::unfit(id, wanted);
        match self {
            Self::Plain => match value {
                Value::String(text) if !text.trim().is_empty() => Ok(text.trim().into()),
                Value::Number(_) => Ok(value.clone()),
                Value::Bool(_) if question.form == Form::YesNo => Ok(value.clone()),
                _ => Err(unfit("one text is wanted")),
            },
            Self::Lines => Ok(lines(id, value)?.into()),
            Self::Rows => {
                let rows = rows(id, value)?;
                Ok(rows.into_iter().map(Value::Object).collect())
            }
            Self::Today => {
                let (mut rows, before) = (rows(id, value)?, seen.today());
                for row in rows.iter_mut().filter(|row| !row.contains_key("becomes")) {
                    let same = before.iter().find(|old| old.get("does") == row.get("does"));
                    let became = same.and_then(|old| old.get("becomes")).cloned();
                    row.extend(became.map(|became| ("becomes".to_owned(), became)));
                }
                Ok(rows.into_iter().map(Value::Object).collect())
            }
            Self::Named(key, value_key, spread) => {
                let mut map = Map::new();
                for mut row in rows(id, value)? {
                    let name =
                        text_of(&mut row, key).ok_or_else(|| unfit("each row needs a name"))?;
                    let to = match (row.len(), row.get(*value_key)) {
                        (1, Some(only)) => only.clone(),
                        _ if *spread && !row.is_empty() => Value::Object(row),
                        _ => return Err(unfit("each row needs a name and a value")),
                    };
                    map.insert(name, to);
                }
                if map.is_empty() {
                    Err(unfit("at least one row is wanted"))
                } else {
                    Ok(map.into())
                }
            }
            Self::Finds => finds(id, value),
            Self::Late | Self::Rejected | Self::Failure => self.way(seen, id, value),
            Self::Kind | Self::Draft | Self::Unsettled => Err(unfit("this has no value")),
        }
    }

    /// `stop`, a role or a step as what follows; a map stays what it is.
    fn way(&self, seen: &Seen, id: &str, value: &Value) -> Result<Value, InterviewError> {
        let word = match value {
            Value::Object(map) if !map.is_empty() => return Ok(value.clone()),
            Value::String(word) if !word.trim().is_empty() => word.trim(),
            _ => return Err(InterviewError::unfit(id, "`stop`, a role or a step is wanted")),
        };
        let is_role = seen.roles.iter().any(|role| role == word);
        Ok(match self {
            _ if word == "stop" => json!({ "then": "stop" }),
            Self::Failure if is_role => json!({ "ask": word }),
            Self::Late if is_role => {
                json!({ "ask": word, "within": "8 working hours", "then": "stop" })
            }
            _ if is_role => json!({ "tell": word, "then": "stop" }),
            Self::Failure => json!({ "go": word }),
            _ => json!({ "then": word }),
        })
    }
}

/// The key of a step that says what it does.
pub(super) fn kind(step: &Map<String, Value>) -> &str {
    let kinds = crate::keys::KINDS.iter().copied();
    kinds.into_iter().find(|kind| step.contains_key(*kind)).unwrap_or_default()
}

/// Several texts, or one with line ends.
pub(super) fn lines(id: &str, value: &Value) -> Result<Vec<String>, InterviewError> {
    let wrong = || InterviewError::unfit(id, "a list of texts is wanted");
    let texts: Vec<String> = match value {
        Value::String(text) => text.lines().map(str::to_owned).collect(),
        Value::Array(all) => {
            let texts: Option<Vec<String>> =
                all.iter().map(|one| one.as_str().map(str::to_owned)).collect();
            texts.ok_or_else(wrong)?
        }
        _ => return Err(wrong()),
    };
    let full = texts.iter().map(|text| text.trim().to_owned());
    Ok(full.filter(|text| !text.is_empty()).collect())
}

/// Rows without the cells that say nothing.
fn rows(id: &str, value: &Value) -> Result<Vec<Map<String, Value>>, InterviewError> {
    let wrong = || InterviewError::unfit(id, "rows are wanted, each with its columns by name");
    let says = |value: &Value| match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(all) => !all.is_empty(),
        _ => true,
    };
    let mut all = Vec::new();
    for row in value.as_array().ok_or_else(wrong)? {
        let row = row.as_object().ok_or_else(wrong)?;
        let row: Map<String, Value> =
            row.iter().filter(|(_, v)| says(v)).map(|(k, v)| (k.clone(), v.clone())).collect();
        if !row.is_empty() {
            all.push(row);
        }
    }
    Ok(all)
}

fn text_of(row: &mut Map<String, Value>, key: &str) -> Option<String> {
    match row.shift_remove(key)? {
        Value::String(text) => Some(text.trim().to_owned()),
        _ => None,
    }
}

fn named(says: &Value, key: &str, value_key: &str, spread: bool) -> Option<Value> {
    let row = |(name, value): (&String, &Value)| {
        let mut row = Map::new();
        row.insert(key.to_owned(), name.clone().into());
        match value {
            Value::Object(own) if spread => {
                row.extend(own.iter().map(|(k, v)| (k.clone(), v.clone())));
            }
            other => drop(row.insert(value_key.to_owned(), other.clone())),
        }
        Value::Object(row)
    };
    match says {
        Value::Object(map) => Some(map.iter().map(row).collect()),
        other => Some(other.clone()),
    }
}

/// Look-ups as rows: what their columns equal as `column = path, column = path`.
fn found(says: &Value) -> Option<Value> {
    let row = |(name, find): (&String, &Value)| {
        let equal = match find.get("where") {
            Some(Value::Object(map)) => {
                let pair = |(column, path): (&String, &Value)| {
                    format!("{column} = {}", path.as_str().unwrap_or_default())
                };
                map.iter().map(pair).collect::<Vec<_>>().join(", ").into()
            }
            other => other.cloned().unwrap_or_default(),
        };
        json!({ "name": name, "in": find.get("in"), "where": equal })
    };
    Some(says.as_object()?.iter().map(row).collect())
}

fn finds(id: &str, value: &Value) -> Result<Value, InterviewError> {
    let mut all = Map::new();
    for row in rows(id, value)? {
        let cell = |key: &str| row.get(key).and_then(Value::as_str).map(str::trim);
        let (Some(name), Some(table)) = (cell("name"), cell("in")) else {
            let wanted = "each look-up needs `name`, `in` and `where`";
            return Err(InterviewError::unfit(id, wanted));
        };
        let equal = match cell("where") {
            Some(text) => {
                let pairs = text.split(',').map(|pair| pair.split_once('='));
                let pairs: Option<Map<String, Value>> = pairs
                    .map(|pair| pair.map(|(c, p)| (c.trim().to_owned(), p.trim().into())))
                    .collect();
                let wanted = "write what the columns equal as `column = path`";
                pairs.map(Value::Object).ok_or_else(|| InterviewError::unfit(id, wanted))?
            }
            None => row.get("where").cloned().unwrap_or_default(),
        };
        all.insert(name.to_owned(), json!({ "in": table, "where": equal }));
    }
    Ok(all.into())
}
