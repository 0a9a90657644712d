//! The stand-in behind the pool of tool servers: what its drafts say happened, against what the
//! pool says happened. A call that had its effect may never be reported as one that had none.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that panics has failed, which is what it is for"
)]

#[path = "../../tools/tests/servers/permit.rs"]
mod permit;

use std::path::Path;

use journal::Code;
use plan::ids::{PersonId, ToolName};
use plan::lock::Lock;
use plan::workflow::Effect;
use serde_json::{Value, json};
use tools::pin::{Declared, pin};
use tools::{Called, Launcher, Program, ServerSpec, Tools, Way};

use crate::permit::permit;

/// A pool with the stand-in, approved as it is before anything goes wrong.
async fn pool(folder: &Path, options: &[&str]) -> (Tools, Lock) {
    let mut program = Program::new(env!("CARGO_BIN_EXE_erp-stand-in"), folder);
    program.args = options.iter().map(|o| (*o).to_owned()).collect();
    let mut spec = ServerSpec::new("erp", Way::Program(program));
    spec.limits.unasked_bytes = 1 << 20;
    let first = Tools::new(vec![spec.clone()], &Lock::default(), Launcher::Direct);
    let mut lock = Lock::default();
    for offered in first.offered("erp").await.unwrap() {
        let name = ToolName::new(&format!("erp.{}", offered.name)).unwrap();
        let creates = offered.name == "create_draft";
        let declared = Declared {
            effect: Some(if creates { Effect::Pay } else { Effect::Read }),
            key_arg: creates.then(|| "key".to_owned()),
            ..Declared::default()
        };
        let by = PersonId::new("mara").unwrap();
        lock = pin(lock, &name, &offered, &declared, by, "2026-11-23", None).unwrap();
    }
    first.close().await;
    (Tools::new(vec![spec], &lock, Launcher::Direct), lock)
}

async fn call(pool: &(Tools, Lock), tool: &str, args: &Value, time_out_ms: u64) -> Called {
    let digest = &pool.1.tools.get(tool).unwrap().digest;
    pool.0.call(permit(tool, digest, &args.to_string(), time_out_ms)).await
}

fn wish() -> Value {
    json!({
        "supplier": "S-1041", "iban": "DE89370400440532013000", "amount": "1475.60",
        "currency": "EUR", "number": "26-1",
    })
}

async fn drafts(pool: &(Tools, Lock)) -> Vec<Value> {
    loop {
        let called = call(pool, "erp.list_drafts", &json!({}), 20_000).await;
        match called.outcome.result {
            Ok(bytes) => {
                let all: Value = serde_json::from_slice(&bytes).unwrap();
                return all.get("drafts").unwrap().as_array().unwrap().clone();
            }
            // It rests after a failure, and says for how long.
            Err(failure) => {
                let ms = failure.retry_after_ms.unwrap();
                tokio::time::sleep(std::time::Duration::from_millis(ms)).await;
            }
        }
    }
}

#[tokio::test]
async fn what_is_reported_is_what_happened() {
    // The fault, the code, whether the pool may be sure, and the drafts there really are.
    type Case = (&'static str, Option<(Code, bool)>, usize);
    let cases: &[Case] = &[
        ("", None, 1),
        ("hang:1", Some((Code::TimedOut, false)), 1),
        ("hang-before:0", None, 1),
        ("hang-before", Some((Code::TimedOut, false)), 0),
        ("die:1", Some((Code::Unavailable, false)), 1),
        ("die-before", Some((Code::Unavailable, false)), 0),
        ("garbage:1", Some((Code::BadAnswer, false)), 1),
        ("flood", Some((Code::TooLarge, false)), 0),
        ("change-definition", None, 1),
    ];
    for (fault, expected, count) in cases {
        let folder = tempfile::tempdir().unwrap();
        let mut options = vec!["--store", "kept/books.db"];
        if !fault.is_empty() {
            options.extend(["--fault", fault]);
        }
        let pool = pool(folder.path(), &options).await;
        // Only a server that hangs is worth waiting for less than for a slow machine.
        let time_out = if fault.starts_with("hang") && expected.is_some() { 300 } else { 20_000 };
        let called = call(&pool, "erp.create_draft", &wish(), time_out).await;
        let failed = called.outcome.result.as_ref().err().map(|f| (f.code, called.certain));
        assert_eq!(failed, *expected, "{fault}: {:?}", called.outcome.result);
        assert_eq!(drafts(&pool).await.len(), *count, "{fault}");
        if *fault == "change-definition" {
            let again = call(&pool, "erp.create_draft", &wish(), 20_000).await;
            assert_eq!(again.outcome.result.unwrap_err().code, Code::ToolChanged);
            assert!(again.certain);
            assert_eq!(drafts(&pool).await.len(), 1);
        }
        pool.0.close().await;
    }
}

#[tokio::test]
async fn a_call_in_doubt_is_found_by_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let pool = pool(folder.path(), &["--fault", "die:1"]).await;
    let called = call(&pool, "erp.create_draft", &wish(), 20_000).await;
    assert!(!called.certain);
    let draft = drafts(&pool).await.remove(0);
    let key = draft.get("key").unwrap();
    let found = call(&pool, "erp.find_draft", &json!({ "key": key }), 20_000).await;
    let found: Value = serde_json::from_slice(&found.outcome.result.unwrap()).unwrap();
    assert_eq!(found, json!({ "found": true, "draft": draft }));
    // The system refuses on its own terms too, and says so.
    let mut bad = wish();
    bad["iban"] = json!("DE00370400440532013000");
    let refused = call(&pool, "erp.create_draft", &bad, 20_000).await;
    let failure = refused.outcome.result.unwrap_err();
    assert_eq!((failure.code, refused.certain), (Code::ToolError, true));
    assert_eq!(failure.text, "`DE00370400440532013000` is no IBAN");
}
