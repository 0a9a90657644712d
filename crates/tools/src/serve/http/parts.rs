//! Forms of several parts, some of them files of one folder. It must not send a file of any other
//! place, nor let a name become a line between the parts.

use std::collections::BTreeMap;
use std::io::Read;

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::file::fields;
use super::parameter::is_json;
use crate::serve::folder::Folder;

/// The most that the files of one form may hold.
const FILES_MAX: u64 = 32 << 20;
/// A part about whose kind nothing is said and nothing can be told from its name.
const BYTES: &str = "application/octet-stream";

/// How a form's parts are written.
pub(super) struct Parts {
    /// What is said about a part's media type.
    kinds: BTreeMap<String, String>,
    /// The parts that are files.
    files: Vec<String>,
}

impl Parts {
    /// What a form's media type says about its parts.
    pub(super) fn read(said: &Value) -> Result<Self, String> {
        let mut kinds = BTreeMap::new();
        for (name, said) in fields(said, "encoding") {
            let must = |said: &Value| said.get("required").and_then(Value::as_bool) == Some(true);
            if let Some((header, _)) = fields(said, "headers").find(|(_, said)| must(said)) {
                return Err(format!("the part `{name}` has a header `{header}` of its own"));
            }
            if let Some(style) = said.get("style").and_then(Value::as_str) {
                return Err(format!("the part `{name}` cannot be written in the style `{style}`"));
            }
            let kind = said.get("contentType").and_then(Value::as_str).unwrap_or_default();
            // One of several kinds is chosen by the file's name.
            if !kind.is_empty() && !kind.contains([',', '*']) {
                let known = Part::text("").mime_str(kind);
                known.map_err(|_| format!("the part `{name}` cannot be written as `{kind}`"))?;
                kinds.insert(name.clone(), kind.to_owned());
            }
        }
        Ok(Self { kinds, files: Vec::new() })
    }

    /// Describes the form as an argument: where it takes bytes, a file is named.
    pub(super) fn describe(&mut self, shape: &mut Value, folder: bool) -> Result<(), String> {
        let properties = shape.get_mut("properties").and_then(Value::as_object_mut);
        for (name, one) in properties.into_iter().flatten() {
            is_name(name)?;
            if names_files(one) {
                if !folder {
                    return Err(format!(
                        "the part `{name}` is a file: `--files FOLDER` opens some"
                    ));
                }
                self.files.push(name.clone());
            } else if let Some(kind) = self.kinds.get(name).filter(|kind| !is_text(kind)) {
                return Err(format!("the part `{name}` cannot be written as `{kind}`"));
            }
        }
        if holds_bytes(shape) {
            return Err("its form holds a file in a way that is not read".to_owned());
        }
        Ok(())
    }

    /// The form with these values.
    pub(super) fn form(&self, value: &Value, folder: Option<&Folder>) -> Result<Form, String> {
        let fields = value.as_object().ok_or("the body of a form is no object")?;
        // Names are plain, and servers read them only as they are.
        let mut form = Form::new().percent_encode_noop();
        let mut left = FILES_MAX;
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
            is_name(name)?;
            let json = self.kinds.get(name).is_some_and(|kind| is_json(kind));
            let all = match value {
                Value::Array(all) if !json => all.iter().collect(),
                one => vec![one],
            };
            for one in all {
                let part = match (self.files.contains(name), one) {
                    (true, Value::String(path)) => self.file(name, path, folder, &mut left)?,
                    (true, _) => return Err(format!("`{name}` names no file")),
                    (false, one) => self.text(name, one, json)?,
                };
                form = form.part(name.clone(), part);
            }
        }
        Ok(form)
    }

    fn file(
        &self,
        name: &str,
        path: &str,
        folder: Option<&Folder>,
        left: &mut u64,
    ) -> Result<Part, String> {
        let folder = folder.ok_or("no folder of files is open to this tool")?;
        let mut bytes = Vec::new();
        let read = folder.file(path)?.take(*left + 1).read_to_end(&mut bytes);
        read.map_err(|why| format!("`{path}` cannot be read: {why}"))?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let over = || format!("the files of a form hold more than {FILES_MAX} bytes");
        *left = left.checked_sub(size).ok_or_else(over)?;
        let last = path.rsplit('/').next().unwrap_or(path);
        if last.contains(char::is_control) {
            return Err(format!("`{path}` has a name that cannot be sent"));
        }
        let guessed = || mime_guess::from_path(last).first_raw().unwrap_or(BYTES);
        let kind = self.kinds.get(name).map_or_else(guessed, String::as_str);
        let part = Part::bytes(bytes).file_name(last.to_owned()).mime_str(kind);
        part.map_err(|why| why.to_string())
    }

    fn text(&self, name: &str, value: &Value, json: bool) -> Result<Part, String> {
        let (text, usual) = match value {
            Value::String(text) if !json => (text.clone(), None),
            Value::Bool(_) | Value::Number(_) => (value.to_string(), None),
            value => (value.to_string(), Some("application/json")),
        };
        match self.kinds.get(name).map(String::as_str).or(usual) {
            Some(kind) => Part::text(text).mime_str(kind).map_err(|why| why.to_string()),
            None => Ok(Part::text(text)),
        }
    }
}

fn is_text(kind: &str) -> bool {
    is_json(kind) || kind.starts_with("text/")
}

/// A part's name stands between quotes in a line of its own.
fn is_name(name: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%');
    if name.is_empty() || !name.chars().all(plain) {
        return Err(format!("a part cannot be called `{}`", name.escape_debug()));
    }
    Ok(())
}

/// Makes a schema of bytes, or of a list of them, one of a file's path. False where it is none.
fn names_files(schema: &mut Value) -> bool {
    if is_bytes(schema) {
        let told = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        let told = format!("the path of a file in the folder that is open to this tool. {told}");
        *schema = json!({ "type": "string", "minLength": 1, "description": told.trim_end() });
        return true;
    }
    if let Some(ways) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        let null = |way: &Value| way.get("type").and_then(Value::as_str) == Some("null");
        return ways.len() == 2 && ways.iter().any(null) && ways.iter_mut().any(names_files);
    }
    schema.get_mut("items").is_some_and(|items| is_bytes(items) && names_files(items))
}

/// Whether a schema is one of bytes as they are.
fn is_bytes(schema: &Value) -> bool {
    let word = |key| schema.get(key).and_then(Value::as_str);
    let kind = schema.get("type");
    let text = kind.is_none_or(|kind| match kind {
        Value::Array(kinds) => kinds.iter().any(|kind| kind == "string"),
        kind => kind == "string",
    });
    let raw = word("contentMediaType").is_some() && word("contentEncoding").is_none();
    text && (word("format") == Some("binary") || raw)
}

fn holds_bytes(schema: &Value) -> bool {
    match schema {
        Value::Object(all) => is_bytes(schema) || all.values().any(holds_bytes),
        Value::Array(all) => all.iter().any(holds_bytes),
        _ => false,
    }
}
