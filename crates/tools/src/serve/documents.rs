//! Documents of one folder as text. It must not parse anything itself.

use std::path::Path;
use std::sync::Arc;

use documents::{Document, Fault};
use rmcp::model::{JsonObject, Tool};
use serde_json::{Value, json};

use super::contained::{Reading, said};
use super::folder::Folder;
use super::{Answer, BuiltIn, Reply, ServeError, reads, text, tool};

pub(super) struct Documents {
    folder: Folder,
    reading: Reading,
}

impl Documents {
    pub(super) fn open(folder: &Path, reading: Reading) -> Result<Self, ServeError> {
        Ok(Self { folder: Folder::open(folder)?, reading })
    }

    fn read(&self, path: &str) -> Result<Value, String> {
        let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy();
        let read = self.reading.file(self.folder.file(path)?, &name);
        Ok(answer(read.map_err(|why| format!("`{path}`: {why}"))?))
    }
}

fn answer(read: Result<Document, Fault>) -> Value {
    let mut answer = said(&read);
    let document = read.ok();
    let parts = document.as_ref().map(|document| &document.parts);
    answer.insert("parts".to_owned(), json!(parts.unwrap_or(&Vec::new())));
    answer.insert("invoice".to_owned(), json!(document.map(|document| document.invoice)));
    Value::Object(answer)
}

fn schema() -> Arc<JsonObject> {
    let text = |what: &str| json!({ "type": "string", "description": what });
    let properties = json!({
        "content": text("the text, as a person sees it; empty when there is none"),
        "outcome": text(
            "`text` when all of it was read; `partial`, `differs`, `scan`, `encrypted`, \
             `unknown_kind`, `too_large`, `too_deep`, `too_many_pages`, `out_of_time` or `broken`",
        ),
        "why": text("what a person should know about the outcome"),
        "kind": { "type": ["string", "null"], "description": "what its bytes are" },
        "pages": { "type": "integer" },
        "parts": {
            "type": "array",
            "description": "where pages, sheets and attachments stand in the text, in bytes",
            "items": {
                "type": "object",
                "properties": {
                    "what": { "type": "string" },
                    "name": { "type": "string" },
                    "start": { "type": "integer" },
                    "end": { "type": "integer" },
                },
                "required": ["what", "name", "start", "end"],
            },
        },
        "remarks": { "type": "array", "items": { "type": "string" } },
        "invoice": {
            "type": ["object", "null"],
            "description": "the data of an electronic invoice (EN 16931), amounts as text",
        },
    });
    let mut schema = JsonObject::new();
    schema.insert("type".to_owned(), json!("object"));
    let required: Vec<&str> =
        vec!["content", "outcome", "why", "kind", "pages", "parts", "remarks", "invoice"];
    schema.insert("required".to_owned(), json!(required));
    schema.insert("properties".to_owned(), properties);
    Arc::new(schema)
}

impl BuiltIn for Documents {
    const NAME: &'static str = "flightdeck-documents";

    fn tools(&self) -> Vec<Tool> {
        let read = tool(
            "read_document",
            "Reads a document as text: PDF, Word, Excel, HTML, e-mail with attachments, electronic \
             invoices, plain text. Says what it is and whether all of it could be read.",
            &[("path", "the file, from the open folder on")],
        );
        vec![reads(read).with_raw_output_schema(schema())]
    }

    fn answer(&self, tool: &str, args: &JsonObject) -> Answer {
        match tool {
            "read_document" => self.read(text(args, "path")?).map(Reply::Structure),
            other => Err(format!("there is no tool `{other}`")),
        }
    }
}
