//! Prints what the finders make of documents: `cargo run -p guard --example ground -- FILE...`.
//! Each line is a JSON object of a field: its candidates, questions, and what they settle without
//! a model. It must not read anything but the files named.

#![allow(clippy::print_stdout, reason = "a measuring tool of the terminal")]

use std::error::Error;

use guard::ground::{candidates, questions, settle};
use plan::ids::FieldName;
use plan::workflow::{CopyField, Find};

/// The fields of the accounts payable example, with the operator's words for them.
const FIELDS: &[(&str, Find, bool, &[&str])] = &[
    ("supplier", Find::Name, false, &[]),
    (
        "number",
        Find::Id,
        false,
        &[
            "invoice number",
            "invoice no",
            "receipt no",
            "Rechnungsnummer",
            "Rechnung Nr",
            "facture n°",
            "factuurnummer",
            "factura",
            "fattura n",
        ],
    ),
    (
        "date",
        Find::Date,
        false,
        &[
            "invoice date",
            "date",
            "issued",
            "Rechnungsdatum",
            "Datum",
            "date de facture",
            "factuurdatum",
            "fecha",
            "data",
        ],
    ),
    (
        "net",
        Find::Money,
        false,
        &[
            "subtotal",
            "net total",
            "Nettobetrag",
            "total HT",
            "base imponible",
            "imponibile",
            "subtotaal",
        ],
    ),
    ("tax", Find::Money, false, &["VAT", "sales tax", "USt.", "MwSt.", "TVA", "BTW", "IVA"]),
    (
        "total",
        Find::Money,
        false,
        &[
            "total due",
            "invoice total",
            "Gesamtbetrag",
            "Rechnungsbetrag",
            "total TTC",
            "totaal",
            "total factura",
            "totale fattura",
        ],
    ),
    (
        "iban",
        Find::Iban,
        false,
        &["IBAN", "account", "Konto", "compte", "rekening", "cuenta", "conto"],
    ),
    (
        "order",
        Find::Id,
        true,
        &[
            "your order",
            "purchase order",
            "PO",
            "Bestellung",
            "commande",
            "bestelnummer",
            "pedido",
            "ordine",
        ],
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path)?;
        for (name, find, optional, called) in FIELDS {
            let field = CopyField {
                name: FieldName::new(name)?,
                find: *find,
                optional: *optional,
                called: called.iter().map(|c| (*c).to_owned()).collect(),
            };
            let found = candidates(&text, &field);
            let list: Vec<serde_json::Value> = found
                .iter()
                .map(|c| {
                    serde_json::json!({
                        "shown": c.shown, "value": c.value, "score": c.score,
                        "span": [c.span.start, c.span.end],
                        "second": c.second.map(|s| format!("{s:?}")),
                        "flaw": c.flaw.map(|f| format!("{f:?}")),
                    })
                })
                .collect();
            let asks: Vec<serde_json::Value> = [0, 1]
                .map(|wording| questions(&field, &found, wording))
                .iter()
                .map(|q| serde_json::json!({ "question": q.question, "lead": q.lead, "options": q.options }))
                .collect();
            let settled = format!("{:?}", settle(&field, &found, [None, None]));
            println!(
                "{}",
                serde_json::json!({
                    "file": path, "field": name, "candidates": list, "asks": asks,
                    "alone": settled,
                })
            );
        }
    }
    Ok(())
}
