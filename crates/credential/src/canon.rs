//! What a document says, as the sorted statements that are signed (RDF Dataset Canonicalization). A
//! document of which one word would not be signed is refused, and so is one that would take long.
//! It must not fetch anything.

use std::collections::{BTreeMap, BTreeSet};

use oxjsonld::{JsonLdParser, JsonLdRemoteDocument};
use oxrdf::dataset::{CanonicalizationAlgorithm, CanonicalizationHashAlgorithm};
use oxrdf::{BlankNode, Dataset, NamedOrBlankNode, Quad, Term};
use serde_json::{Map, Value};

use crate::contexts;
use crate::{Check, Fault};

/// The most statements of one document.
const STATEMENTS: usize = 1_000;
/// The most things without a name that look alike at first sight: telling those apart takes time
/// that grows with every order they could stand in.
const ALIKE: usize = 4;
/// The most things without a name that look like any other.
const ALIKE_IN_ALL: usize = 8;

/// Where words go that no context knows, so that they are noticed and not dropped.
const UNKNOWN: &str = "urn:word-of-no-context:";
/// Where addresses go that are no whole ones.
const RELATIVE: &str = "https://relative.invalid/";

/// The canonical statements of a document.
pub fn canonical(document: &Map<String, Value>) -> Result<String, Fault> {
    contexts::named(document)?;
    plain(document, true)?;
    let mut dataset = Dataset::new();
    for quad in quads(document)? {
        dataset.insert(&quad);
    }
    told_apart(&dataset)?;
    dataset.canonicalize(CanonicalizationAlgorithm::Rdfc10 {
        hash_algorithm: CanonicalizationHashAlgorithm::Sha256,
    });
    let lines: BTreeSet<String> = dataset.iter().map(|quad| format!("{quad} .\n")).collect();
    Ok(lines.into_iter().collect())
}

/// The statements of a document, with none of its words dropped.
fn quads(document: &Map<String, Value>) -> Result<Vec<Quad>, Fault> {
    let mut open = document.clone();
    if let Some(Value::Array(listed)) = open.get_mut("@context") {
        listed.insert(0, serde_json::json!({ "@vocab": UNKNOWN }));
    }
    let bytes = Value::Object(open).to_string();
    let parser = JsonLdParser::new()
        .with_base_iri(RELATIVE)
        .map_err(|error| Fault::shape(error.to_string()))?
        .for_slice(&bytes)
        .with_load_document_callback(|address, _| {
            let text = contexts::bundled(address)
                .ok_or_else(|| format!("the context `{address}` is not known"))?;
            Ok(JsonLdRemoteDocument {
                document: text.as_bytes().to_vec(),
                document_url: address.to_owned(),
            })
        });
    let mut all = Vec::new();
    for quad in parser {
        let quad = quad.map_err(|error| Fault::new(Check::Context, error.to_string()))?;
        all_signed(&quad)?;
        all.push(quad);
        if all.len() > STATEMENTS {
            return Err(Fault::shape(format!("it makes more than {STATEMENTS} statements")));
        }
    }
    Ok(all)
}

fn all_signed(quad: &Quad) -> Result<(), Fault> {
    let object = match &quad.object {
        Term::NamedNode(node) => Some(node.as_str()),
        Term::Literal(literal) => Some(literal.datatype().as_str()),
        Term::BlankNode(_) => None,
    };
    let subject = match &quad.subject {
        NamedOrBlankNode::NamedNode(node) => Some(node.as_str()),
        NamedOrBlankNode::BlankNode(_) => None,
    };
    for name in [subject, Some(quad.predicate.as_str()), object].into_iter().flatten() {
        if let Some(word) = name.strip_prefix(UNKNOWN) {
            let word = crate::time::shortened(word);
            let why = format!("no context knows the word `{word}`, so it would not be signed");
            return Err(Fault::new(Check::Context, why));
        }
        if name.starts_with(RELATIVE) {
            return Err(Fault::shape("an address in it is no whole one"));
        }
    }
    Ok(())
}

/// Refuses every way of writing that reads as one thing and is signed as another.
fn plain(object: &Map<String, Value>, top: bool) -> Result<(), Fault> {
    for (name, value) in object {
        let context = top && name == "@context";
        if !context && (name.starts_with('@') || name.contains(':')) {
            let name = crate::time::shortened(name);
            return Err(Fault::shape(format!("`{name}` is no plain word")));
        }
        if name == "verifiableCredential" {
            return Err(Fault::shape("there is a credential within it"));
        }
        if !context {
            plain_value(name, value)?;
        }
    }
    Ok(())
}

fn plain_value(name: &str, value: &Value) -> Result<(), Fault> {
    match value {
        Value::Object(object) => plain(object, false),
        Value::Array(items) => items.iter().try_for_each(|item| match item {
            Value::Array(_) => Err(Fault::shape("there is a list within a list")),
            item => plain_value(name, item),
        }),
        Value::String(text) if text.starts_with("_:") => {
            Err(Fault::shape("something without a name is given one"))
        }
        Value::String(text) if name == "id" && !is_address(text) => {
            let text = crate::time::shortened(text);
            Err(Fault::shape(format!("`{text}` is no whole address")))
        }
        Value::Null => Err(Fault::shape("`null` is no value of a credential")),
        _ => Ok(()),
    }
}

/// Whether it is an address with a scheme, and nothing that a reader would take apart differently.
pub fn is_address(text: &str) -> bool {
    let scheme = text.split_once(':').map(|(scheme, rest)| (scheme, !rest.is_empty()));
    let named = scheme.is_some_and(|(scheme, rest)| {
        rest && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    });
    named && !text.chars().any(|c| c.is_whitespace() || c.is_control() || "<>\"{}|\\^`".contains(c))
}

/// Whether the things without a name can be told apart in little time.
fn told_apart(dataset: &Dataset) -> Result<(), Fault> {
    let mut nodes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for quad in dataset {
        let quad = quad.into_owned();
        for node in blank(&quad) {
            let masked = masked(&quad, &node);
            nodes.entry(node.as_str().to_owned()).or_default().insert(masked);
        }
    }
    let mut alike: BTreeMap<BTreeSet<String>, usize> = BTreeMap::new();
    for said in nodes.into_values() {
        *alike.entry(said).or_default() += 1;
    }
    let shared = alike.values().filter(|count| **count > 1);
    if alike.values().any(|count| *count > ALIKE) || shared.sum::<usize>() > ALIKE_IN_ALL {
        return Err(Fault::shape("too many parts of it look alike to tell them apart in time"));
    }
    Ok(())
}

fn blank(quad: &Quad) -> Vec<BlankNode> {
    let mut all = Vec::new();
    if let NamedOrBlankNode::BlankNode(node) = &quad.subject {
        all.push(node.clone());
    }
    if let Term::BlankNode(node) = &quad.object {
        all.push(node.clone());
    }
    if let oxrdf::GraphName::BlankNode(node) = &quad.graph_name {
        all.push(node.clone());
    }
    all
}

/// A statement as it looks from one of its things without a name.
fn masked(quad: &Quad, of: &BlankNode) -> String {
    let name = |node: &BlankNode| if node == of { "_:a" } else { "_:z" };
    let subject = match &quad.subject {
        NamedOrBlankNode::BlankNode(node) => name(node).to_owned(),
        named => named.to_string(),
    };
    let object = match &quad.object {
        Term::BlankNode(node) => name(node).to_owned(),
        term => term.to_string(),
    };
    let graph = match &quad.graph_name {
        oxrdf::GraphName::BlankNode(node) => name(node).to_owned(),
        graph => graph.to_string(),
    };
    format!("{subject} {} {object} {graph}", quad.predicate)
}
