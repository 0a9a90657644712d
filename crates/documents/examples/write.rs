//! Writes a text as a document of another kind, as the example's inbox has some:
//! `cargo run -p documents --example write -- KIND TEXT TO [VALUE...]`. An electronic invoice
//! takes its number, date, seller, VAT number, buyer, order, account, currency, net, tax and total.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the tests use the rest, and what writes for them may stop"
)]

#[path = "../src/tests/written.rs"]
mod written;

use std::io::{Error, Result};
use std::path::Path;

use written::Bill;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [kind, from, to, values @ ..] = args.as_slice() else {
        return Err(Error::other("KIND TEXT TO"));
    };
    let text = std::fs::read_to_string(from)?;
    let name = Path::new(from).file_stem().unwrap_or_default().to_string_lossy();
    let bytes = match kind.as_str() {
        "pdf" => written::pdf(&text),
        "scan" => written::scan(),
        "word" => written::word(&text),
        "html" => written::html(&text).into_bytes(),
        "mail" => written::mail(&name, &text, None),
        "mail-pdf" => {
            let file = format!("{name}.pdf");
            let pdf = written::pdf(&text);
            let body = "Good morning,\n\nplease find our invoice attached.\n\nKind regards\n";
            written::mail("Invoice", body, Some((&file, "application/pdf", &pdf)))
        }
        "ubl" => {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            let &[number, date, seller, vat_id, buyer, order, iban, currency, net, tax, total] =
                values.as_slice()
            else {
                return Err(Error::other("eleven values make an invoice"));
            };
            let bill = Bill {
                number,
                date,
                seller,
                vat_id,
                buyer,
                order,
                iban,
                currency,
                net,
                tax,
                total,
            };
            written::ubl(&bill, false).into_bytes()
        }
        other => return Err(Error::other(format!("`{other}` is no kind"))),
    };
    std::fs::write(to, bytes)
}
