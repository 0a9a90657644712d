//! Measures grounded fields with the real local model:
//! `cargo run -p model --example extract -- CACHE WORKSPACE CASES.json...`. Each case names its
//! document and the right fields. The last line is JSON with the figures. It must not tune anything.
//! Without a model, and with the reason of each doubt, `cargo run -p guard --example fields` does it.

#![allow(clippy::unwrap_used, reason = "the permits are made as tests make them")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a measuring tool of the terminal")]

#[path = "../src/tests/permit.rs"]
mod permit;

#[path = "../../guard/examples/cases/mod.rs"]
mod cases;

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use cases::{Case, Field, Judged, fields, found, written};
use guard::ground::{Candidate, Settled, questions, settle, worth_asking};
use journal::{AnswerShape, ModelAnswer};
use model::local::{Backend, Server, Settings, install, key};
use model::{Callable, ModelSpec, Place, Secret, Vendors};
use plan::workflow::{Can, CopyField, Price};
use serde_json::Value;

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
    models: &Callable,
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

async fn measure(models: &Callable, case: &Case, fields: &[Field], figures: &mut Figures) {
    let (mut whole, mut alone) = (true, true);
    for asked in fields {
        let (field, found) = (&asked.0, found(&case.text, asked));
        let mut answers = [None, None];
        if worth_asking(field, &found) {
            for (wording, answer) in (0_u8..).zip(answers.iter_mut()) {
                *answer = choose(models, &case.text, field, &found, wording).await;
                figures.questions += 1;
            }
            figures.asked += 1;
            let agreed = matches!(settle(field, &found, answers), Settled::Value(..));
            figures.agreed += u32::from(agreed);
        }
        for (answers, whole, wrong) in [
            (answers, &mut whole, &mut figures.wrong),
            ([None, None], &mut alone, &mut figures.wrong_without_model),
        ] {
            let settled = settle(field, &found, answers);
            let judged = case.judge(field, &settled);
            *whole &= judged == Judged::Right;
            if let (Judged::Wrong, Settled::Value(value, _)) = (judged, &settled) {
                let wanted = case.wanted(field).unwrap_or("nothing");
                eprintln!("wrong: {} {}: {} for {wanted}", case.file, field.name, written(value));
                *wrong += 1;
            }
        }
    }
    if case.honest {
        figures.honest += 1;
        figures.whole += u32::from(whole);
        figures.whole_without_model += u32::from(alone);
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let cache = args.next().ok_or("the folder of the local model is missing")?;
    let root = args.next().ok_or("the folder of the workspace is missing")?;
    let fields = fields(Path::new(&root))?;
    let installed = install(Path::new(&cache), |step| eprintln!("{step:?}")).await?;
    let key = Secret::new(key()?);
    let settings =
        Settings { backend: Backend::Installed(installed), slots: 1, context: 8192, key };
    let server = Server::start(settings).await?;
    let base_url = server.base_url().ok_or("the server is not up")?;
    let models = Arc::new(Vendors::default()).callable(ModelSpec {
        name: permit::name(),
        model: "smollm2".into(),
        place: Place::LlamaCpp { base_url, key: Some(server.key().clone()), slots: Some(1) },
        price: Price::default(),
        can: vec![Can::Choose],
        at_once: 1,
        per_minute: None,
        idle: model::IDLE,
    })?;
    let mut figures = Figures::default();
    let mut documents = 0_u32;
    let began = Instant::now();
    for path in args {
        measure(&models, &Case::read(&path)?, &fields, &mut figures).await;
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
