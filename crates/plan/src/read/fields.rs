//! Declared fields and their kinds, as they stand in a workflow or a table's header.

use std::collections::BTreeMap;

use crate::codes;
use crate::ids::FieldName;
use crate::problem::{Cx, Found};
use crate::types;
use crate::workflow::Type;
use crate::yaml::{Entry, Kind, Node};

impl Cx<'_> {
    /// A map of field names to kinds.
    pub(crate) fn kinds(&self, node: &Node) -> Option<BTreeMap<FieldName, Type>> {
        let mut all = BTreeMap::new();
        for entry in self.map(node)? {
            if let (Some(name), Some(kind)) =
                (self.key(entry, FieldName::new), self.field_kind(&entry.value))
            {
                all.insert(name, kind);
            }
        }
        Some(all)
    }

    /// One kind: a word, `{ one_of: [..] }`, `{ list_of: .. }` or a map of further fields.
    pub(crate) fn field_kind(&self, node: &Node) -> Option<Type> {
        match &node.kind {
            Kind::Map(entries) => match entries.as_slice() {
                [Entry { key, value, .. }] if key == "one_of" => {
                    let words = self.list(value)?.iter().map(|word| self.text(word));
                    Some(Type::OneOf(words.collect::<Option<_>>()?))
                }
                [Entry { key, value, .. }] if key == "list_of" => {
                    Some(Type::List(Box::new(self.field_kind(value)?)))
                }
                _ => {
                    let fields = self.kinds(node)?;
                    let fields = fields.into_iter().map(|(name, kind)| (name.to_string(), kind));
                    Some(Type::Record(fields.collect()))
                }
            },
            _ => {
                let text = self.word(node, "the kind of a field")?;
                types::word(text).or_else(|| {
                    let what = format!("`{text}` is no kind of field");
                    let found = Found::new(&codes::TYPE_WORD, &node.at, what);
                    self.add(found.near(text, types::WORDS))
                })
            }
        }
    }
}
