//! Strict YAML into a tree whose every node knows its place. No anchors, aliases, tags, merge
//! keys or second documents; a key stands once. It must not know what the keys mean.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span};

use crate::codes;
use crate::files::Spot;
use crate::problem::{Cx, Found};

/// How deep lists and maps may nest. The tree is dropped and walked by recursion.
const DEPTH_MAX: usize = 48;

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) at: Spot,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Text { text: String, plain: bool },
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_at: Spot,
    pub(crate) value: Node,
}

impl Node {
    /// What it is, in the operator's words.
    pub(crate) fn said(&self) -> &'static str {
        match &self.kind {
            Kind::Text { .. } if self.is_null() => "nothing",
            Kind::Text { .. } => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map of keys and values",
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        match &self.kind {
            Kind::Text { text, plain } => *plain && matches!(text.as_str(), "" | "~" | "null"),
            _ => false,
        }
    }
}

/// An open list or map while events come in.
enum Open {
    List(Spot, Vec<Node>),
    Map { at: Spot, entries: Vec<Entry>, seen: BTreeSet<String>, key: Option<(String, Spot)> },
}

struct Builder<'c, 'f> {
    cx: &'c Cx<'f>,
    file: &'c Arc<str>,
    base: usize,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
}

/// Reads the YAML that stands in `file` at byte `base`. Nothing after an error of structure: half
/// a tree would only give problems that are none.
pub(crate) fn read(cx: &Cx<'_>, file: &Arc<str>, text: &str, base: usize) -> Option<Node> {
    let mut options = Options::default();
    options.emit_unresolved_aliases = true;
    options.emit_anchor_events = true;
    options.emit_comments = false;
    options.flow_nesting_limit = DEPTH_MAX;
    options.block_nesting_limit = DEPTH_MAX;
    let mut builder = Builder { cx, file, base, open: Vec::new(), root: None, documents: 0 };
    for next in Parser::new_from_str_with_options(text, options) {
        match next {
            Ok((event, span)) => {
                cx.looked(1);
                builder.event(event, span);
            }
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
                let spot = Spot::new(file, base + at..base + at + 1);
                let what = format!("this is not valid YAML: {}", error.info());
                cx.add::<()>(Found::new(&codes::YAML, &spot, what));
                return None;
            }
        }
    }
    builder.root
}

impl Builder<'_, '_> {
    fn spot(&self, span: Span) -> Spot {
        let range: Range<usize> = span.byte_range().unwrap_or(0..0);
        Spot::new(self.file, self.base + range.start..self.base + range.end)
    }

    fn event(&mut self, event: Event<'_>, span: Span) {
        let at = self.spot(span);
        if event.tag().is_some() {
            self.refuse(&at, "a tag (`!`)");
        }
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents == 2 {
                    let what = "a second document starts here";
                    self.cx.add::<()>(Found::new(&codes::YAML, &at, what));
                }
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                self.refuse(&at, "an alias (`*`)");
                self.value(Node { at, kind: Kind::Text { text: String::new(), plain: true } });
            }
            Event::Anchor(..) => self.refuse(&at, "an anchor (`&`)"),
            Event::Scalar(text, style, ..) => self.scalar(&text, style, at),
            Event::SequenceStart(..) => self.open.push(Open::List(at, Vec::new())),
            Event::MappingStart(..) => self.open.push(Open::Map {
                at,
                entries: Vec::new(),
                seen: BTreeSet::new(),
                key: None,
            }),
            Event::SequenceEnd | Event::MappingEnd => self.close(at.end),
            _ => {}
        }
    }

    fn refuse(&self, at: &Spot, what: &str) {
        let what = format!("{what} is not allowed here");
        self.cx.add::<()>(Found::new(&codes::YAML_FEATURE, at, what));
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, at: Spot) {
        let plain = style == ScalarStyle::Plain;
        let key_wanted = match self.open.last_mut() {
            Some(Open::Map { key: key @ None, seen, .. }) => {
                let fresh = seen.insert(text.to_owned());
                *key = Some((text.to_owned(), at.clone()));
                Some(fresh)
            }
            _ => None,
        };
        match key_wanted {
            Some(true) if plain && text == "<<" => self.refuse(&at, "a merge key (`<<`)"),
            Some(false) => {
                let what = format!("the key `{text}` stands here twice");
                self.cx.add::<()>(Found::new(&codes::DUPLICATE_KEY, &at, what));
            }
            Some(true) => {}
            None => {
                self.value(Node { at, kind: Kind::Text { text: text.to_owned(), plain } });
            }
        }
    }

    fn value(&mut self, node: Node) {
        match self.open.last_mut() {
            None => {
                if self.root.is_none() {
                    self.root = Some(node);
                }
            }
            Some(Open::List(_, items)) => items.push(node),
            Some(Open::Map { entries, key, .. }) => match key.take() {
                Some((key, key_at)) => entries.push(Entry { key, key_at, value: node }),
                None => {
                    let what = "a key must be a text";
                    self.cx.add::<()>(Found::new(&codes::YAML, &node.at, what));
                    // The value that follows belongs to a key that cannot be used.
                    *key = Some((String::new(), node.at));
                }
            },
        }
    }

    fn close(&mut self, end: usize) {
        match self.open.pop() {
            None => {}
            Some(Open::List(mut at, items)) => {
                at.end = items.last().map_or(end, |last| last.at.end).max(at.end);
                self.value(Node { at, kind: Kind::List(items) });
            }
            Some(Open::Map { mut at, entries, .. }) => {
                at.end = entries.last().map_or(end, |last| last.value.at.end).max(at.end);
                self.value(Node { at, kind: Kind::Map(entries) });
            }
        }
    }
}
