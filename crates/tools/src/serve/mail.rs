//! A mailbox: a maildir or a folder of `.eml` files. Messages are listed and read; drafts are
//! written where they have a place. It must not send, change or delete a message, nor parse one
//! itself: whoever writes to us writes what they like.

mod draft;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use documents::Mail;
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use rustix::fs::{Dir, Mode, OFlags};
use serde_json::{Value, json};

use self::draft::{Drawer, Wish};
use super::contained::{Reading, said};
use super::folder::{Folder, why_not};
use super::{Answer, BuiltIn, Reply, ServeError, gives, reads, text, tool};

/// How many messages one answer lists.
const LISTED_MAX: usize = 50;
/// The most messages of a mailbox.
const MESSAGES_MAX: usize = 200_000;
/// How much of a message is looked at for its header.
const HEADER_MAX: u64 = 64 << 10;

/// Where drafts are put, and in whose name.
#[derive(Debug, Clone)]
pub struct Drafts {
    pub folder: std::path::PathBuf,
    pub from: String,
}

pub(super) struct Mailbox {
    mail: Mails,
    drafts: Option<Drawer>,
    reading: Reading,
}

/// The messages of one folder.
struct Mails {
    folder: Folder,
    maildir: bool,
    /// The most that there may be.
    most: usize,
}

/// A message's name that stays, and the file it is in now.
struct Entry {
    id: String,
    path: String,
}

impl Mails {
    fn open(folder: &Path) -> Result<Self, ServeError> {
        let maildir = ["cur", "new", "tmp"].iter().all(|name| folder.join(name).is_dir());
        Ok(Self { folder: Folder::open(folder)?, maildir, most: MESSAGES_MAX })
    }

    /// All messages in the order of their ids. In a maildir these begin with the time of arrival.
    fn entries(&self) -> Result<Vec<Entry>, String> {
        let folders = if self.maildir { &["new", "cur"][..] } else { &["."] };
        let mut all = Vec::new();
        for folder in folders {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY;
            let open = self.folder.open_at(folder, flags, Mode::empty())?;
            for entry in Dir::read_from(&open).map_err(|why| why_not(folder, why))? {
                let entry = entry.map_err(|why| why_not(folder, why))?;
                let Ok(name) = entry.file_name().to_str() else { continue };
                let id = match name.split_once(":2,") {
                    Some((id, _)) if self.maildir => id,
                    _ => name,
                };
                let message = self.maildir || name.to_ascii_lowercase().ends_with(".eml");
                if message && !name.starts_with('.') {
                    all.push(Entry { id: id.to_owned(), path: format!("{folder}/{name}") });
                }
                if all.len() > self.most {
                    return Err(format!("there are more than {} messages", self.most));
                }
            }
        }
        all.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(all)
    }

    fn file(&self, id: &str) -> Result<File, String> {
        let entries = self.entries()?;
        let entry = entries.iter().find(|entry| entry.id == id);
        self.folder.file(&entry.ok_or_else(|| format!("there is no message `{id}`"))?.path)
    }
}

impl Mailbox {
    pub(super) fn open(
        root: &Path,
        drafts: Option<Drafts>,
        reading: Reading,
    ) -> Result<Self, ServeError> {
        let drafts = drafts.map(|drafts| Drawer::open(&drafts)).transpose()?;
        Ok(Self { mail: Mails::open(root)?, drafts, reading })
    }

    /// The messages behind one, with what their headers say.
    fn list(&self, after: Option<&str>) -> Result<Value, String> {
        let entries = self.mail.entries()?;
        let all = entries.len();
        let behind = |entry: &Entry| after.is_none_or(|after| entry.id.as_str() > after);
        let mut behind = entries.into_iter().filter(behind).peekable();
        let mut listed = Vec::new();
        for entry in behind.by_ref().take(LISTED_MAX) {
            let mail = self.header(&entry)?;
            listed.push(json!({
                "id": entry.id,
                "from": mail.from,
                "to": mail.to,
                "date": mail.date,
                "subject": mail.subject,
            }));
        }
        Ok(json!({ "messages": listed, "more": behind.peek().is_some(), "all": all }))
    }

    /// The header alone, read as a message that ends with it.
    fn header(&self, entry: &Entry) -> Result<Mail, String> {
        let fault = |why: std::io::Error| format!("`{}`: {why}", entry.id);
        let mut bytes = Vec::new();
        let file = self.mail.folder.file(&entry.path)?;
        file.take(HEADER_MAX).read_to_end(&mut bytes).map_err(fault)?;
        let end = |mark: &[u8]| bytes.windows(mark.len()).position(|at| at == mark);
        let end = end(b"\n\n").into_iter().chain(end(b"\n\r\n")).min();
        bytes.truncate(end.map_or(bytes.len(), |end| end + 1));
        let read = self.reading.bytes(&bytes, "message.eml").map_err(fault)?;
        // A header that cannot be read says nothing; reading the message says why.
        Ok(read.ok().and_then(|document| document.mail).unwrap_or_default())
    }

    fn read(&self, id: &str) -> Result<Value, String> {
        let read = self.reading.file(self.mail.file(id)?, "message.eml");
        let read = read.map_err(|why| format!("`{id}`: {why}"))?;
        let mut answer = said(&read);
        let mail = read.ok().and_then(|document| document.mail).unwrap_or_default();
        answer.retain(|name, _| matches!(name.as_str(), "content" | "outcome" | "why"));
        for (name, value) in [
            ("id", id.to_owned()),
            ("from", mail.from),
            ("to", mail.to),
            ("cc", mail.cc),
            ("date", mail.date),
            ("subject", mail.subject),
            ("message_id", mail.message_id),
        ] {
            answer.insert(name.to_owned(), value.into());
        }
        answer.insert("attachments".to_owned(), json!(mail.attachments));
        Ok(Value::Object(answer))
    }
}

fn word(what: &str) -> Value {
    json!({ "type": "string", "description": what })
}

fn listing() -> Tool {
    let mut list = tool(
        "list_messages",
        "Lists the messages of the mailbox in the order of their ids, 50 at a time, with sender, \
         date and subject as the sender wrote them.",
        &[],
    );
    let mut input = JsonObject::clone(&list.input_schema);
    let after = word("the id of the last message that is known; those behind it are listed");
    input.insert("properties".to_owned(), json!({ "after": after }));
    list.input_schema = input.into();
    let message = super::object(json!({
        "id": word("its name, which stays"),
        "from": word("sender"),
        "to": word("recipients"),
        "date": word("when it was sent, as the sender says"),
        "subject": word("subject"),
    }));
    gives(
        reads(list),
        json!({
            "messages": { "type": "array", "items": message },
            "more": { "type": "boolean", "description": "whether others follow" },
            "all": { "type": "integer", "description": "how many the mailbox holds" },
        }),
    )
}

fn reading() -> Tool {
    let read = tool(
        "read_message",
        "Reads a message as text with its attachments. All of it is the sender's word.",
        &[("id", "the message, as `list_messages` names it")],
    );
    gives(
        reads(read),
        json!({
            "id": word("its name, which stays"),
            "from": word("sender"),
            "to": word("recipients"),
            "cc": word("copies"),
            "date": word("when it was sent, as the sender says"),
            "subject": word("subject"),
            "message_id": word("what answers refer to"),
            "content": word("header, body and attachments as text"),
            "outcome": word("`text` when all of it was read; else why not"),
            "why": word("what a person should know about the outcome"),
            "attachments": { "type": "array", "items": { "type": "string" } },
        }),
    )
}

/// The tools for drafts.
fn drafting() -> [Tool; 2] {
    let key = ("key", "1 to 128 letters, digits, `-` or `_`; the same key makes no second draft");
    let create = tool(
        "create_draft",
        "Puts a draft into the folder of drafts. It sends nothing: a person does.",
        &[
            key,
            ("to", "one address such as `ada@example.org`, or several with commas between them"),
            ("subject", "one line"),
            ("text", "the whole text"),
        ],
    );
    let mut input = JsonObject::clone(&create.input_schema);
    if let Some(properties) = input.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("cc".to_owned(), word("addresses of copies"));
        let what = "the `message_id` of the message that it answers";
        properties.insert("in_reply_to".to_owned(), word(what));
    }
    let acts = ToolAnnotations::new()
        .read_only(false)
        .destructive(false)
        .idempotent(true)
        .open_world(false);
    let draft = json!({ "id": word("the draft's file"), "message_id": word("its Message-ID") });
    let mut create = gives(create.with_annotations(acts), draft.clone());
    create.input_schema = input.into();
    let find = tool("find_draft", "Finds the draft that was made with a key.", &[key]);
    let draft = json!({ "anyOf": [super::object(draft), { "type": "null" }] });
    let find = gives(reads(find), json!({ "found": { "type": "boolean" }, "draft": draft }));
    [create, find]
}

impl BuiltIn for Mailbox {
    const NAME: &'static str = "flightdeck-mail";

    fn tools(&self) -> Vec<Tool> {
        let drafting = self.drafts.iter().flat_map(|_| drafting());
        [listing(), reading()].into_iter().chain(drafting).collect()
    }

    fn answer(&self, tool: &str, args: &JsonObject) -> Answer {
        let answer = match (tool, &self.drafts) {
            ("list_messages", _) => self.list(args.get("after").and_then(Value::as_str)),
            ("read_message", _) => self.read(text(args, "id")?),
            ("create_draft", Some(drafts)) => drafts.create(&Wish::read(args)?),
            ("find_draft", Some(drafts)) => drafts.find(text(args, "key")?),
            (other, _) => Err(format!("there is no tool `{other}`")),
        };
        answer.map(Reply::Structure)
    }
}

#[cfg(test)]
mod tests;
