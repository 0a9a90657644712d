//! Drafts: written whole or not at all, one for each key, never sent. It must not take a line of
//! somebody else's making into a header, nor a sender from whoever asks for a draft.

use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};

use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::raw::Raw;
use rmcp::model::JsonObject;
use rustix::fs::{Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use serde_json::{Value, json};

use super::super::folder::write_whole;
use super::super::{ServeError, text};
use super::{Drafts, Mails};

pub(super) const TEXT_MAX: usize = 1 << 20;
const SUBJECT_MAX: usize = 500;
/// The most people one draft is addressed to.
const PEOPLE_MAX: usize = 50;

/// Where drafts are.
pub(super) struct Drawer {
    mails: Mails,
    from: String,
    /// Numbers the names of files that are being written.
    written: AtomicU64,
}

/// A draft that is wanted, with nothing in it that a header cannot hold.
pub(super) struct Wish {
    key: String,
    to: Vec<String>,
    cc: Vec<String>,
    subject: String,
    text: String,
    in_reply_to: Option<String>,
}

impl Wish {
    pub(super) fn read(args: &JsonObject) -> Result<Self, String> {
        let known = ["key", "to", "cc", "subject", "text", "in_reply_to"];
        if let Some(other) = args.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(format!("there is no argument `{other}`"));
        }
        let some = |name: &str| match args.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(_) => text(args, name).map(Some),
        };
        let to = addresses("to", text(args, "to")?)?;
        let cc = some("cc")?.map_or(Ok(Vec::new()), |cc| addresses("cc", cc))?;
        if to.is_empty() || to.len() + cc.len() > PEOPLE_MAX {
            return Err(format!("a draft has 1 to {PEOPLE_MAX} people it is addressed to"));
        }
        let subject = text(args, "subject")?;
        if subject.len() > SUBJECT_MAX || subject.contains(char::is_control) {
            return Err(format!("`subject` is not one line of at most {SUBJECT_MAX} bytes"));
        }
        let body = text(args, "text")?;
        if body.len() > TEXT_MAX || body.contains(|c: char| c.is_control() && !"\r\n\t".contains(c))
        {
            return Err(format!("`text` is no text of at most {TEXT_MAX} bytes"));
        }
        let in_reply_to = match some("in_reply_to")? {
            Some(id) => {
                let id = id.trim_start_matches('<').trim_end_matches('>');
                let plain = |c: char| c.is_ascii_graphic() && !"<>(),;:\\\"[]".contains(c);
                if id.len() > 250 || !id.contains('@') || !id.chars().all(plain) {
                    return Err("`in_reply_to` is no `message_id`".to_owned());
                }
                Some(id.to_owned())
            }
            None => None,
        };
        Ok(Self {
            key: key(text(args, "key")?)?.to_owned(),
            to,
            cc,
            subject: subject.to_owned(),
            text: body.to_owned(),
            in_reply_to,
        })
    }
}

fn key(key: &str) -> Result<&str, String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if key.is_empty() || key.len() > 128 || !key.bytes().all(plain) {
        return Err("`key` is not 1 to 128 letters, digits, `-` or `_`".to_owned());
    }
    Ok(key)
}

fn addresses(name: &str, list: &str) -> Result<Vec<String>, String> {
    let all = list.split(',').map(str::trim).filter(|one| !one.is_empty());
    let all = all.map(|one| match is_address(one) {
        true => Ok(one.to_owned()),
        false => Err(format!("`{one}` in `{name}` is no address such as `ada@example.org`")),
    });
    all.collect()
}

/// An address without a name, comment or quotes: what every program reads in the same way.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let label = |label: &str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        !label.is_empty() && label.bytes().all(plain) && !label.starts_with('-')
    };
    let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    text.len() <= 254
        && (1..=64).contains(&local.len())
        && local.chars().all(atom)
        && !dots
        && domain.contains('.')
        && domain.split('.').all(label)
}

impl Drawer {
    pub(super) fn open(drafts: &Drafts) -> Result<Self, ServeError> {
        if !is_address(&drafts.from) {
            let why = format!("`{}` is no address such as `ada@example.org`", drafts.from);
            return Err(ServeError::Opened(why));
        }
        let mails = Mails::open(&drafts.folder)?;
        Ok(Self { mails, from: drafts.from.clone(), written: AtomicU64::new(0) })
    }

    pub(super) fn create(&self, wish: &Wish) -> Result<Value, String> {
        let bytes = self.message(wish)?;
        if let Some(known) = self.known(&wish.key, Some(&bytes))? {
            return Ok(known);
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let folder = |name| self.mails.folder.open_at(name, flags, Mode::empty());
        let name = self.name(&wish.key);
        let n = self.written.fetch_add(1, Ordering::Relaxed);
        let part = format!(".{name}.{}.{n}.part", std::process::id());
        let (writing, standing, name) = if self.mails.maildir {
            // D: a draft. S: seen, so that no program tells of new mail.
            (folder("tmp")?, folder("cur")?, format!("{name}:2,DS"))
        } else {
            (folder(".")?, folder(".")?, name)
        };
        let place = (&standing, name.as_str());
        match write_whole((&writing, &part), place, &bytes, RenameFlags::NOREPLACE) {
            Ok(()) => {}
            // Somebody else just made it.
            Err(why) if why.raw_os_error() == Some(Errno::EXIST.raw_os_error()) => {}
            Err(why) => return Err(format!("the draft cannot be written: {why}")),
        }
        let made = self.known(&wish.key, Some(&bytes))?;
        made.ok_or_else(|| "the draft is gone again".to_owned())
    }

    pub(super) fn find(&self, wanted: &str) -> Result<Value, String> {
        let draft = self.known(key(wanted)?, None)?;
        Ok(json!({ "found": draft.is_some(), "draft": draft }))
    }

    /// The draft of a key. With other words in it, it is the draft of another request.
    fn known(&self, key: &str, wanted: Option<&[u8]>) -> Result<Option<Value>, String> {
        let name = self.name(key);
        let Some(entry) = self.mails.entries()?.into_iter().find(|entry| entry.id == name) else {
            return Ok(None);
        };
        if let Some(wanted) = wanted {
            let mut file = self.mails.folder.file(&entry.path)?;
            let mut bytes = Vec::new();
            let read = file.read_to_end(&mut bytes);
            read.map_err(|why| format!("the draft of that key cannot be read: {why}"))?;
            if undated(&bytes) != undated(wanted) {
                return Err("another draft was made with that key, or it was changed".to_owned());
            }
        }
        Ok(Some(json!({ "id": entry.id, "message_id": self.message_id(key) })))
    }

    fn name(&self, key: &str) -> String {
        let end = if self.mails.maildir { "" } else { ".eml" };
        format!("draft-{key}{end}")
    }

    fn message_id(&self, key: &str) -> String {
        let domain = self.from.rsplit('@').next().unwrap_or_default();
        format!("draft-{key}@{domain}")
    }

    fn message(&self, wish: &Wish) -> Result<Vec<u8>, String> {
        let list = |all: &[String]| {
            let one = |address: &String| Address::new_address(None::<&str>, address.clone());
            Address::new_list(all.iter().map(one).collect())
        };
        let mut message = MessageBuilder::new()
            .from(Address::new_address(None::<&str>, self.from.as_str()))
            .to(list(&wish.to))
            .subject(wish.subject.as_str())
            .date(jiff::Timestamp::now().as_second())
            .message_id(self.message_id(&wish.key))
            // Mail programs open a file with this mark as a draft.
            .header("X-Unsent", Raw::new("1"))
            .text_body(wish.text.as_str());
        if !wish.cc.is_empty() {
            message = message.cc(list(&wish.cc));
        }
        if let Some(id) = &wish.in_reply_to {
            message = message.in_reply_to(id.as_str()).references(id.as_str());
        }
        message.write_to_vec().map_err(|why| format!("the draft cannot be written: {why}"))
    }
}

/// A message's lines without the one that says when it was made.
fn undated(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split(|b| *b == b'\n').filter(|line| !line.starts_with(b"Date: ")).collect()
}
