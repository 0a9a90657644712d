//! Electronic invoices after EN 16931 as data: UBL 2.1 and UN/CEFACT's Cross Industry Invoice.
//! Amounts stay the texts that they are. What stands there twice with two values is not there: it
//! must not choose between them.

mod cii;
mod shown;
mod ubl;

use roxmltree::Node;
use serde::{Deserialize, Serialize};

use crate::{Kind, xml};

/// What an electronic invoice says. Amounts are decimal numbers as text, in `currency`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    pub number: String,
    pub issued: String,
    pub currency: String,
    pub credit_note: bool,
    pub seller: Option<String>,
    pub seller_vat: Option<String>,
    pub buyer: Option<String>,
    pub order: Option<String>,
    pub ibans: Vec<String>,
    pub net: Option<String>,
    pub tax: Option<String>,
    /// Net and tax together.
    pub total: Option<String>,
    /// What is to be paid, after prepayments.
    pub payable: String,
}

/// The data of an invoice, if that is what the bytes are and what every invoice must say is there.
pub(crate) fn read(bytes: &[u8]) -> Option<(Kind, Invoice)> {
    let text = xml::text(bytes).ok()?;
    let tree = xml::tree(&text).ok()?;
    let root = tree.root_element();
    match root.tag_name().name() {
        "Invoice" | "CreditNote" => Some((Kind::Ubl, ubl::read(root)?)),
        "CrossIndustryInvoice" | "CrossIndustryDocument" => Some((Kind::Cii, cii::read(root)?)),
        _ => None,
    }
}

/// All elements at a path of names below a node. A name may have alternatives: `A|B`.
fn all<'a, 'i>(node: Node<'a, 'i>, path: &str) -> Vec<Node<'a, 'i>> {
    path.split('/').fold(vec![node], |nodes, step| {
        let is = |child: &Node<'_, '_>| {
            child.is_element() && step.split('|').any(|name| child.tag_name().name() == name)
        };
        nodes.into_iter().flat_map(|node| node.children().filter(is)).collect()
    })
}

fn text(node: Node<'_, '_>) -> Option<String> {
    let text: String =
        node.children().filter(Node::is_text).filter_map(|child| child.text()).collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// The one value among some nodes.
fn only<'a, 'i: 'a>(nodes: impl IntoIterator<Item = Node<'a, 'i>>) -> Option<String> {
    let mut values: Vec<String> = nodes.into_iter().filter_map(text).collect();
    values.sort();
    values.dedup();
    if values.len() == 1 { values.pop() } else { None }
}

/// The one value at a path.
fn one(node: Node<'_, '_>, path: &str) -> Option<String> {
    only(all(node, path))
}

/// The one amount at a path that is of a currency.
fn amount(node: Node<'_, '_>, path: &str, currency: &str) -> Option<String> {
    let of = |node: &Node<'_, '_>| node.attribute("currencyID").is_none_or(|c| c == currency);
    only(all(node, path).into_iter().filter(of)).filter(|text| is_decimal(text))
}

fn is_decimal(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let (whole, rest) = text.strip_prefix('-').unwrap_or(text).split_once('.').unzip();
    match (whole, rest) {
        (Some(whole), Some(rest)) => digits(whole) && digits(rest),
        _ => digits(text.strip_prefix('-').unwrap_or(text)),
    }
}

/// Accounts without their spaces, each once, in their order.
fn ibans(node: Node<'_, '_>, path: &str) -> Vec<String> {
    let mut ibans = Vec::new();
    for iban in all(node, path).into_iter().filter_map(text) {
        let iban = iban.replace(' ', "").to_ascii_uppercase();
        if !ibans.contains(&iban) {
            ibans.push(iban);
        }
    }
    ibans
}
