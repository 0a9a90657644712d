//! What a document is, by its bytes. A name alone decides nothing: whoever sends a file names it.

use serde::{Deserialize, Serialize};

/// The kinds that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Text,
    Pdf,
    Word,
    Excel,
    Html,
    Mail,
    Archive,
    Xml,
    /// An electronic invoice in UBL.
    Ubl,
    /// An electronic invoice in UN/CEFACT's Cross Industry Invoice.
    Cii,
    /// Pictures hold no text, so reading one says that it is a scan.
    Picture,
    /// An office file that needs a password.
    Encrypted,
}

impl Kind {
    /// Its name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Pdf => "PDF",
            Self::Word => "Word",
            Self::Excel => "Excel",
            Self::Html => "HTML",
            Self::Mail => "e-mail",
            Self::Archive => "ZIP",
            Self::Xml => "XML",
            Self::Ubl => "UBL",
            Self::Cii => "CII",
            Self::Picture => "picture",
            Self::Encrypted => "encrypted",
        }
    }
}

/// How far into a file its kind is looked for.
const HEAD: usize = 4096;

/// Header fields that only messages have, and ones that other texts may begin with as well.
const MAIL: &[&str] =
    &["message-id", "mime-version", "received", "return-path", "delivered-to", "content-type"];
const LETTER: &[&str] = &["from", "to", "subject", "date"];

const PICTURES: &[&[u8]] = &[
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"II*\0",
    b"MM\0*",
    b"\0\0\0\x0cjP  ",
];

/// The kind of a document, or none that is known.
pub(crate) fn of(bytes: &[u8], name: &str) -> Option<Kind> {
    let head = bytes.get(..HEAD.min(bytes.len())).unwrap_or_default();
    if PICTURES.iter().any(|magic| head.starts_with(magic)) || is_riff_picture(head) {
        return Some(Kind::Picture);
    }
    // The mark of a PDF may stand behind some other bytes; the standard's readers allow 1024.
    let early = head.get(..1024.min(head.len())).unwrap_or_default();
    if find(early, b"%PDF-").is_some() {
        return Some(Kind::Pdf);
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Some(crate::archive::kind(bytes));
    }
    if head.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        let wide: Vec<u8> = "EncryptedPackage".bytes().flat_map(|b| [b, 0]).collect();
        return find(bytes, &wide).map(|_| Kind::Encrypted);
    }
    let text = crate::plain::decode(head, true)?.0;
    Some(of_text(&text, name))
}

fn is_riff_picture(head: &[u8]) -> bool {
    head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP")
}

fn of_text(head: &str, name: &str) -> Kind {
    let start = head.trim_start_matches('\u{feff}').trim_start();
    let small = start.to_ascii_lowercase();
    if small.starts_with("<!doctype html") || small.starts_with("<html") {
        return Kind::Html;
    }
    if small.starts_with("<?xml") {
        return if small.contains("<html") { Kind::Html } else { Kind::Xml };
    }
    let ends = |ends: &[&str]| {
        let name = name.to_ascii_lowercase();
        ends.iter().any(|end| name.ends_with(end))
    };
    if small.starts_with('<') && small.contains('>') {
        // Without a declaration it can be either; a page names one of its usual elements.
        let page = ["<head", "<body", "<table", "<div", "<p>", "<p ", "<br", "<style", "<!--"];
        let is_page = page.iter().any(|tag| small.contains(tag)) || ends(&[".htm", ".html"]);
        return if is_page { Kind::Html } else { Kind::Xml };
    }
    if is_mail(start, ends(&[".eml"])) { Kind::Mail } else { Kind::Text }
}

/// Whether a text begins with a message's header: lines of `Name: value` down to an empty one,
/// with two fields that messages have, one of which other texts do not.
fn is_mail(head: &str, named: bool) -> bool {
    let (mut sure, mut fields) = (0, 0);
    for line in head.lines() {
        if line.trim().is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) && fields > 0 {
            continue;
        }
        let field = line.split_once(':').map(|(field, _)| field.to_ascii_lowercase());
        let Some(field) = field.filter(|f| f.bytes().all(|b| b.is_ascii_graphic())) else {
            return false;
        };
        sure += usize::from(MAIL.contains(&field.as_str()));
        fields += usize::from(MAIL.contains(&field.as_str()) || LETTER.contains(&field.as_str()));
    }
    fields >= 2 && (sure > 0 || named)
}

/// Where a run of bytes first stands in others.
pub(crate) fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
