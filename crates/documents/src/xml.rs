//! XML: an electronic invoice as its data, anything else as one line per element with text. A
//! document that defines entities is refused, so nothing is expanded and nothing is fetched.

use std::borrow::Cow;

use encoding_rs::Encoding;
use roxmltree::{Document, Node, ParsingOptions};

use crate::draft::Draft;
use crate::{Fault, Kind, invoice};

/// The most elements and attributes of a document.
const NODES_MAX: u32 = 1_000_000;

/// The text of an XML document, in the alphabet that it says.
pub(crate) fn text(bytes: &[u8]) -> Result<Cow<'_, str>, Fault> {
    let head = String::from_utf8_lossy(bytes.get(..200.min(bytes.len())).unwrap_or_default());
    let declared = head
        .split_once("?>")
        .and_then(|(declaration, _)| declaration.split_once("encoding="))
        .and_then(|(_, rest)| rest.trim_start_matches(['"', '\'']).split(['"', '\'']).next())
        .and_then(|label| Encoding::for_label(label.as_bytes()));
    if let Some(encoding) = declared.filter(|e| e.is_ascii_compatible()) {
        let (text, _, broken) = encoding.decode(bytes);
        return if broken { Err(Fault::Broken) } else { Ok(text) };
    }
    crate::plain::decode(bytes, false).map(|(text, _)| text).ok_or(Fault::Broken)
}

/// The tree of a document.
pub(crate) fn tree(text: &str) -> Result<Document<'_>, Fault> {
    let options =
        ParsingOptions { allow_dtd: false, nodes_limit: NODES_MAX, ..ParsingOptions::default() };
    let text = text.trim_start_matches('\u{feff}').trim_start();
    Document::parse_with_options(text, options).map_err(|why| match why {
        roxmltree::Error::NodesLimitReached => Fault::TooLarge,
        _ => Fault::Broken,
    })
}

pub(crate) fn read(bytes: &[u8], draft: &mut Draft<'_>) -> Result<Kind, Fault> {
    draft.page()?;
    if let Some((kind, invoice)) = invoice::read(bytes) {
        draft.raw(&invoice.lines())?;
        draft.invoice.get_or_insert(invoice);
        return Ok(kind);
    }
    let text = text(bytes)?;
    let tree = tree(&text)?;
    for node in tree.descendants().filter(Node::is_element) {
        let inside: Vec<&str> = node.children().filter_map(|child| text_of(child)).collect();
        let inside = inside.join(" ");
        if !inside.is_empty() {
            draft.line(&format!("{}: {inside}", node.tag_name().name()))?;
        }
    }
    Ok(Kind::Xml)
}

fn text_of<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    let text = if node.is_text() { node.text()?.trim() } else { "" };
    (!text.is_empty()).then_some(text)
}
