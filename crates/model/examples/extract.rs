//! Measures grounded fields with the real local model:
//! `cargo run -p model --example extract -- CACHE CASES.json...`. Each case names its document and
//! the right fields. The last line is JSON with the figures. It must not tune anything.

#![allow(clippy::unwrap_used, reason = "the permits are made as tests make them")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a measuring tool of the terminal")]

#[path = "../src/tests/permit.rs"]
mod permit;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

use guard::ground::{Candidate, Settled, candidates, questions, settle, worth_asking};
use journal::{AnswerShape, ModelAnswer};
use model::local::{Backend, Server, Settings, install, key};
use model::{ModelSpec, Models, Place, Secret};
use plan::ids::FieldName;
use plan::value::Money;
use plan::workflow::{Can, CopyField, Find, Price};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Case {
    file: String,
    honest: bool,
    fields: BTreeMap<String, Option<String>>,
}

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

/// What all documents came to.
#[derive(Default)]
struct Figures {
    honest: u32,
    whole: u32,
    whole_without_model: u32,
    wrong: u32,
    wrong_without_model: u32,
    questions: u32,
    agreed: u32,
    asked: u32,
}

async fn choose(
    models: &Models,
    text: &str,
    field: &CopyField,
    found: &[Candidate],
    wording: u8,
) -> Option<usize> {
    let mut ask = permit::ask(text, AnswerShape::Choice(questions(field, found, wording)));
    ask.time_out_ms = 120_000;
    let called = models.call(permit::permit(ask)).await;
    let answer: ModelAnswer = serde_json::from_slice(called.outcome.result.as_ref().ok()?).ok()?;
    let value: Value = serde_json::from_str(&answer.text).ok()?;
    value.get("choice")?.as_u64().and_then(|n| usize::try_from(n).ok())
}

/// Whether a value is the right one, as a person compares them.
fn right(value: &Value, wanted: Option<&String>) -> bool {
    let plain = |text: &str| {
        text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<String>()
    };
    let text = match value {
        Value::String(text) => text.clone(),
        other => serde_json::from_value::<Money>(other.clone())
            .map(|money| money.to_string())
            .unwrap_or_default(),
    };
    wanted.is_some_and(|wanted| plain(wanted) == plain(&text))
}

async fn measure(
    models: &Models,
    case: &Case,
    text: &str,
    figures: &mut Figures,
) -> Result<(), Box<dyn Error>> {
    let (mut whole, mut alone) = (true, true);
    for (name, find, optional, called) in FIELDS {
        let called = called.iter().map(|c| (*c).to_owned()).collect();
        let field =
            CopyField { name: FieldName::new(name)?, find: *find, optional: *optional, called };
        let found = candidates(text, &field);
        let wanted = case.fields.get(*name).and_then(Option::as_ref);
        let mut answers = [None, None];
        if worth_asking(&field, &found) {
            for (wording, answer) in (0_u8..).zip(answers.iter_mut()) {
                *answer = choose(models, text, &field, &found, wording).await;
                figures.questions += 1;
            }
            figures.asked += 1;
            figures.agreed +=
                u32::from(matches!(settle(&field, &found, answers), Settled::Value(..)));
        }
        for (answers, whole, wrong) in [
            (answers, &mut whole, &mut figures.wrong),
            ([None, None], &mut alone, &mut figures.wrong_without_model),
        ] {
            match settle(&field, &found, answers) {
                Settled::Value(value, _) if right(&value, wanted) => {}
                Settled::Value(value, _) => {
                    eprintln!("wrong: {} {name}: {value} instead of {wanted:?}", case.file);
                    *wrong += 1;
                    *whole = false;
                }
                Settled::None if wanted.is_none() => {}
                Settled::None | Settled::Doubt(_) => *whole = false,
            }
        }
    }
    if case.honest {
        figures.honest += 1;
        figures.whole += u32::from(whole);
        figures.whole_without_model += u32::from(alone);
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let cache = args.next().ok_or("the folder of the local model is missing")?;
    let installed = install(Path::new(&cache), |step| eprintln!("{step:?}")).await?;
    let key = Secret::new(key()?);
    let settings =
        Settings { backend: Backend::Installed(installed), slots: 1, context: 8192, key };
    let server = Server::start(settings).await?;
    let base_url = server.base_url().ok_or("the server is not up")?;
    let models = Models::new(vec![ModelSpec {
        name: permit::name(),
        model: "smollm2".into(),
        place: Place::LlamaCpp { base_url, key: Some(server.key().clone()), slots: Some(1) },
        price: Price::default(),
        can: vec![Can::Choose],
        at_once: 1,
        per_minute: None,
    }])?;
    let mut figures = Figures::default();
    let mut documents = 0_u32;
    let began = Instant::now();
    for path in args {
        let case: Case = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
        // A case lies in `cases/NAME/`; its file is named from the folder above `cases`.
        let root = Path::new(&path).ancestors().nth(3).ok_or("a case lies in cases/NAME/")?;
        let text = std::fs::read_to_string(root.join(&case.file))?;
        measure(&models, &case, &text, &mut figures).await?;
        documents += 1;
    }
    let ms = began.elapsed().as_millis() / u128::from(documents.max(1));
    println!(
        "{}",
        serde_json::json!({
            "documents": documents, "honest": figures.honest, "whole": figures.whole,
            "whole_without_model": figures.whole_without_model, "wrong": figures.wrong,
            "wrong_without_model": figures.wrong_without_model, "fields_asked": figures.asked,
            "fields_agreed": figures.agreed, "questions": figures.questions, "ms_per_document": ms,
        })
    );
    Ok(())
}
