//! A call that its server answers later: the pool waits for it, and what it knows when it does not.

use std::time::{Duration, Instant};

use journal::Code;
use plan::lock::Lock;
use plan::workflow::Effect;
use serde_json::{Value, json};
use tools::Tools;

use crate::{call, failure, pool, set, spec, value, work};

async fn desk(version: &str, declares: bool) -> (Tools, Lock) {
    let mut spec = spec("script", "script");
    set(&mut spec, "VERSION", version);
    if declares {
        set(&mut spec, "TASKS", "yes");
    }
    pool(vec![spec], Effect::Write).await
}

/// How often the server was asked what became of the call, and how often it was told that nobody
/// waits any more.
async fn asked(pool: &(Tools, Lock)) -> Value {
    value(&work(pool, "asked").await)
}

/// Waits until the server was told so often that nobody waits any more; one that is never told fails
/// the test.
async fn taken_back(pool: &(Tools, Lock), times: u64) {
    let start = Instant::now();
    while asked(pool).await["back"] != times {
        assert!(start.elapsed() < Duration::from_secs(30), "it is not told");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_call_that_is_answered_later_is_waited_for() {
    let pool = desk("2026-07-28", true).await;
    assert_eq!(value(&work(&pool, "later works").await), json!({ "text": "at last" }));
    assert_eq!(asked(&pool).await, json!({ "asked": 2, "back": 0 }));
    // Its calls are counted once: it was not called again.
    assert_eq!(value(&work(&pool, "calls").await), json!({ "calls": 3 }));
}

#[tokio::test]
async fn what_becomes_of_it_is_certain_only_where_its_server_says_so() {
    let all = [
        ("fails", Code::ToolError, true, "so it is", 0),
        ("asks", Code::Unavailable, false, "Which account?", 1),
        ("is given up", Code::Unavailable, false, "gave it up", 0),
        ("is lost", Code::Unavailable, false, "nobody knows", 1),
    ];
    for (what, code, certain, text, back) in all {
        let pool = desk("2026-07-28", true).await;
        let called = work(&pool, &format!("later {what}")).await;
        let (was, sure, said) = failure(&called);
        assert_eq!((was, sure), (code, certain), "{what}: {said}");
        assert!(said.contains(text), "{what}: {said}");
        // What may go on is taken back, and what is over is not.
        taken_back(&pool, back).await;
    }
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_is_taken_back() {
    let pool = desk("2026-07-28", true).await;
    let args = json!({ "do": "later goes on" });
    let called = call(&pool, "script.work", args.clone(), 500).await;
    assert_eq!((failure(&called).0, called.certain), (Code::TimedOut, false));
    taken_back(&pool, 1).await;
    // A stop ends the wait in the same way: whoever waits goes.
    let waiting = call(&pool, "script.work", args, 60_000);
    assert!(tokio::time::timeout(Duration::from_millis(300), waiting).await.is_err());
    taken_back(&pool, 2).await;
}

#[tokio::test]
async fn whoever_goes_on_unasked_is_not_believed() {
    let pool = desk("2026-07-28", false).await;
    let called = work(&pool, "later works").await;
    assert_eq!((failure(&called).0, called.certain), (Code::BadAnswer, false));
    assert_eq!(asked(&pool).await["asked"], 0);
}
