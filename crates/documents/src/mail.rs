//! E-mail: the header fields that matter, the body, and each attachment read in turn. It must not
//! take a picture in a signature for a document.

use mail_parser::{Address, Message, MessageParser, MessagePart, MimeHeaders, PartType};

use crate::draft::Draft;
use crate::{Fault, html};

/// The most parts of a message that are looked at.
const PARTS_MAX: usize = 500;

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
    let date = message.date().map(mail_parser::DateTime::to_rfc3339);
    let fields = [
        ("From", message.from().map(people)),
        ("To", message.to().map(people)),
        ("Cc", message.cc().map(people)),
        ("Date", date),
        ("Subject", message.subject().map(str::to_owned)),
    ];
    for (name, value) in fields {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            // A field is one line, whatever was written into it.
            let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
            draft.line(&format!("{name}: {value}"))?;
        }
    }
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

fn attachment(part: &MessagePart<'_>, draft: &mut Draft<'_>) -> Result<(), Fault> {
    let name = part.attachment_name().unwrap_or("unnamed").to_owned();
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
