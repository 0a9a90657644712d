//! E-mail: the header fields that matter, the body, and each attachment read in turn. It must not
//! take a picture in a signature for a document.

use mail_parser::{Address, Message, MessageParser, MessagePart, MimeHeaders, PartType};
use serde::{Deserialize, Serialize};

use crate::draft::Draft;
use crate::{Fault, html};

/// The most parts of a message that are looked at.
const PARTS_MAX: usize = 500;

/// What a message's header says, each on one line; empty where it says nothing. Whoever sent the
/// message wrote it, the sender's name included.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    pub from: String,
    pub to: String,
    pub cc: String,
    pub date: String,
    pub subject: String,
    pub message_id: String,
    /// The names of what is attached, pictures in signatures left out.
    pub attachments: Vec<String>,
}

pub(crate) fn read(bytes: &[u8], draft: &mut Draft<'_>) -> Result<(), Fault> {
    let message = MessageParser::default().parse(bytes).ok_or(Fault::Broken)?;
    write(&message, draft)
}

fn write(message: &Message<'_>, draft: &mut Draft<'_>) -> Result<(), Fault> {
    draft.page()?;
    if message.parts.len() > PARTS_MAX {
        return Err(Fault::TooLarge);
    }
    draft.part("header", "", |draft| header(message, draft))?;
    draft.part("body", "", |draft| body(message, draft))?;
    for part in message.attachments() {
        attachment(part, draft)?;
    }
    Ok(())
}

fn header(message: &Message<'_>, draft: &mut Draft<'_>) -> Result<(), Fault> {
    // A field is one line, whatever was written into it.
    let mut line =
        |text: String| draft.seen(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    let mail = Mail {
        from: line(message.from().map(people).unwrap_or_default()),
        to: line(message.to().map(people).unwrap_or_default()),
        cc: line(message.cc().map(people).unwrap_or_default()),
        date: message.date().map(mail_parser::DateTime::to_rfc3339).unwrap_or_default(),
        subject: line(message.subject().unwrap_or_default().to_owned()),
        message_id: line(message.message_id().unwrap_or_default().to_owned()),
        attachments: message
            .attachments()
            .filter(|part| !is_ornament(part))
            .map(|part| line(name(part).to_owned()))
            .collect(),
    };
    for (name, value) in [
        ("From", &mail.from),
        ("To", &mail.to),
        ("Cc", &mail.cc),
        ("Date", &mail.date),
        ("Subject", &mail.subject),
    ] {
        if !value.is_empty() {
            draft.line(&format!("{name}: {value}"))?;
        }
    }
    // Messages inside this one come later.
    draft.mail.get_or_insert(mail);
    Ok(())
}

fn people(address: &Address<'_>) -> String {
    let all = address.iter().map(|one| match (one.name(), one.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    });
    all.collect::<Vec<_>>().join(", ")
}

/// The plain text where there is some, else the page.
fn body(message: &Message<'_>, draft: &mut Draft<'_>) -> Result<(), Fault> {
    let plain = |part: &MessagePart<'_>| match &part.body {
        PartType::Text(text) => Some(text.to_string()).filter(|text| !text.trim().is_empty()),
        _ => None,
    };
    let texts: Vec<String> = message.text_bodies().filter_map(plain).collect();
    for text in &texts {
        text.lines().try_for_each(|line| draft.line(line))?;
    }
    if !texts.is_empty() {
        return Ok(());
    }
    for part in message.html_bodies() {
        if let PartType::Html(page) = &part.body {
            match html::page(page, draft) {
                // A body without words is a cover for what is attached.
                Ok(()) | Err(Fault::Scan) => {}
                Err(fault) => return Err(fault),
            }
        }
    }
    Ok(())
}

fn name<'p>(part: &'p MessagePart<'_>) -> &'p str {
    part.attachment_name().unwrap_or("unnamed")
}

fn attachment(part: &MessagePart<'_>, draft: &mut Draft<'_>) -> Result<(), Fault> {
    let name = name(part).to_owned();
    match &part.body {
        PartType::Message(message) => draft.nested("message", &name, |draft| write(message, draft)),
        PartType::Multipart(_) => Ok(()),
        _ if is_ornament(part) => Ok(()),
        PartType::Html(page) => draft.nested("attachment", &name, |draft| html::page(page, draft)),
        PartType::Text(text) => draft.inner("attachment", &name, text.as_bytes()),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
            draft.inner("attachment", &name, bytes)
        }
    }
}

/// A picture that the body shows in its place, such as a logo.
fn is_ornament(part: &MessagePart<'_>) -> bool {
    let image = part.content_type().is_some_and(|kind| kind.ctype() == "image");
    let attached = part.content_disposition().is_some_and(|how| how.is_attachment());
    image && !attached && part.content_id().is_some()
}
