//! An OpenAPI file (3.0 or 3.1, JSON or YAML) as it was read. It must not fetch anything: a
//! reference out of the file is refused by its name.

use reqwest::Method;
use serde_json::Value;

/// A path with one of these may be an operation.
const METHODS: &[&str] = &["get", "head", "options", "put", "post", "patch", "delete", "trace"];
/// How long a chain of references may be.
const REFERENCES_MAX: usize = 32;

/// A whole file.
pub(super) struct File {
    root: Value,
}

/// An operation where it stands in the file.
pub(super) struct Known<'f> {
    pub(super) id: String,
    pub(super) method: Method,
    pub(super) path: &'f str,
    pub(super) item: &'f Value,
    pub(super) body: &'f Value,
}

impl Known<'_> {
    /// Whether somebody who wants this means it.
    pub(super) fn is(&self, wanted: &str) -> bool {
        self.id == wanted || format!("{} {}", self.method, self.path) == wanted
    }
}

impl File {
    pub(super) fn read(text: &str) -> Result<Self, String> {
        // JSON is YAML too, and much quicker to read as what it is.
        let root: Value = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|why| format!("it is no JSON: {why}"))?
        } else {
            serde_saphyr::from_str(text).map_err(|why| {
                // Below the first line it shows the place.
                let why = why.to_string();
                let first = why.lines().next().unwrap_or_default();
                format!("it is no YAML: {}", first.trim_start_matches("error: "))
            })?
        };
        let version = root.get("openapi").and_then(Value::as_str);
        let version = version.ok_or("it names no version of OpenAPI, such as `openapi: 3.1.0`")?;
        if !version.starts_with("3.0") && !version.starts_with("3.1") {
            return Err(format!("its version of OpenAPI is `{version}`, not 3.0 or 3.1"));
        }
        Ok(Self { root })
    }

    /// What a local reference names.
    pub(super) fn named(&self, reference: &str) -> Result<&Value, String> {
        let pointer = reference.strip_prefix('#').filter(|rest| rest.starts_with('/'));
        let pointer = pointer.ok_or_else(|| {
            format!("`{reference}` leads out of the file, and nothing is fetched from elsewhere")
        })?;
        let pointer = percent_encoding::percent_decode_str(pointer).decode_utf8_lossy();
        self.root.pointer(&pointer).ok_or_else(|| format!("there is no `{reference}`"))
    }

    /// A part of the whole.
    pub(super) fn part(&self, name: &str) -> Option<&Value> {
        self.root.get(name)
    }

    /// What the file says of keys where an operation says nothing.
    pub(super) fn security(&self) -> Option<&Value> {
        self.part("security")
    }

    /// A value with references to it followed.
    pub(super) fn followed<'f>(&'f self, mut value: &'f Value) -> Result<&'f Value, String> {
        for _ in 0..REFERENCES_MAX {
            match value.get("$ref").and_then(Value::as_str) {
                Some(reference) => value = self.named(reference)?,
                None => return Ok(value),
            }
        }
        Err("its references lead on and on".to_owned())
    }

    /// Every operation of the file.
    pub(super) fn known(&self) -> Result<Vec<Known<'_>>, String> {
        let mut all = Vec::new();
        for (path, item) in fields(&self.root, "paths").filter(|(path, _)| path.starts_with('/')) {
            // What stands elsewhere is not there: whoever chooses an operation of it is told so.
            let Ok(item) = self.followed(item) else { continue };
            for name in METHODS {
                let Some(body) = item.get(*name) else { continue };
                let method = name.to_ascii_uppercase();
                let method = Method::try_from(method.as_str()).map_err(|why| why.to_string())?;
                let id = body.get("operationId").and_then(Value::as_str);
                let id = id.map_or_else(|| format!("{method} {path}"), str::to_owned);
                all.push(Known { id, method, path, item, body });
            }
        }
        Ok(all)
    }
}

/// The members of an object in a value; none where there is no such object.
pub(super) fn fields<'f>(
    value: &'f Value,
    name: &str,
) -> impl Iterator<Item = (&'f String, &'f Value)> {
    value.get(name).and_then(Value::as_object).into_iter().flatten()
}
