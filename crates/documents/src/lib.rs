//! A document's bytes as text with positions: PDF, Word, Excel, HTML, e-mail, archives and
//! electronic invoices. What comes out are lines as a person sees them, the cells of a row side by
//! side. It must not guess what is not there, fetch anything, or know who asked; it may be given
//! hostile bytes, so whoever calls it does so in a process that may die.

mod archive;
mod draft;
mod grid;
mod html;
mod invoice;
mod kind;
mod mail;
mod pdf;
mod plain;
mod sheet;
mod word;
mod xml;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use draft::Draft;

pub use invoice::Invoice;
pub use kind::Kind;
pub use mail::Mail;

/// How much a document may be, and how much may come of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the document as it is.
    pub bytes: u64,
    /// Bytes of everything unpacked from it.
    pub unpacked: u64,
    /// How deep documents may be packed in documents, and elements in elements of a tree.
    pub depth: usize,
    pub pages: usize,
    /// Bytes of text.
    pub text: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 32 << 20, unpacked: 128 << 20, depth: 5, pages: 500, text: 4 << 20 }
    }
}

/// Why a document gives no text. Each is something a person can do something about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    #[error("it holds pictures and no text")]
    Scan,
    #[error("it is encrypted")]
    Encrypted,
    #[error("it is none of the kinds that can be read")]
    UnknownKind,
    #[error("it is larger than it may be, or becomes so when it is unpacked")]
    TooLarge,
    #[error("documents are packed in documents too deeply")]
    TooDeep,
    #[error("it has more pages than it may have")]
    TooManyPages,
    #[error("reading it takes too long")]
    OutOfTime,
    #[error("it is damaged")]
    Broken,
}

impl Fault {
    /// The word for it, as a workflow compares it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Encrypted => "encrypted",
            Self::UnknownKind => "unknown_kind",
            Self::TooLarge => "too_large",
            Self::TooDeep => "too_deep",
            Self::TooManyPages => "too_many_pages",
            Self::OutOfTime => "out_of_time",
            Self::Broken => "broken",
        }
    }
}

/// A document that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    pub kind: Kind,
    pub text: String,
    pub pages: usize,
    pub parts: Vec<Part>,
    pub remarks: Vec<Remark>,
    /// The data of an electronic invoice.
    pub invoice: Option<Invoice>,
    /// The header of an e-mail.
    pub mail: Option<Mail>,
}

/// Where a page, a sheet, a message's body or an attachment stands in the text, in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub what: String,
    pub name: String,
    pub start: usize,
    pub end: usize,
}

/// Something a reader of the text should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    pub about: About,
    pub text: String,
}

/// What a remark is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// The document shows something else than the data in it.
    Differs,
    /// A part that a person would see could not be read.
    Unread,
    /// Text that nobody sees was left out.
    Hidden,
    /// The text is an electronic invoice's data.
    Data,
    /// The letters were read by the likeliest of several alphabets.
    Alphabet,
}

impl Document {
    /// `text` where all of it was read and nothing in it speaks against itself; else the first
    /// thing a person should look at.
    #[must_use]
    pub fn outcome(&self) -> &'static str {
        let any = |about| self.remarks.iter().any(|remark| remark.about == about);
        match () {
            () if any(About::Differs) => "differs",
            () if any(About::Unread) => "partial",
            () => "text",
        }
    }
}

/// Reads a document. Its kind is what its bytes say; a name only decides between two that both fit.
pub fn read(bytes: &[u8], name: &str, limits: &Limits) -> Result<Document, Fault> {
    if bytes.len() as u64 > limits.bytes {
        return Err(Fault::TooLarge);
    }
    let mut draft = Draft::new(limits);
    let kind = draft.read(bytes, name)?;
    Ok(draft.done(kind))
}

/// A plain text as a document, when the bytes are nothing else. No parser is needed for it.
#[must_use]
pub fn plain_text(bytes: &[u8], name: &str) -> Option<Document> {
    let text = std::str::from_utf8(bytes).ok()?;
    if kind::of(bytes, name) != Some(Kind::Text) {
        return None;
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
    let (parts, remarks) = (Vec::new(), Vec::new());
    let (invoice, mail) = (None, None);
    Some(Document { kind: Kind::Text, text, pages: 1, parts, remarks, invoice, mail })
}
