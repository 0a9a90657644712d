//! How far a call has come: whom the pool tells, what, and how much of it.

use journal::Code;
use plan::ids::ToolName;
use plan::lock::Lock;
use plan::workflow::{Effect, Trust};
use serde_json::json;
use tokio::sync::mpsc;
use tools::{Called, Progress, Secret, Tools};

use crate::permit::permit;
use crate::{failure, launcher, pool, set, spec, value};

/// A pool with the script's tool, and whether a person trusts it.
async fn desk(trust: Trust) -> (Tools, Lock) {
    let mut spec = spec("script", "script");
    set(&mut spec, "TOKEN", "s3cret-value");
    spec.secrets.insert("TOKEN".to_owned(), Secret::new("s3cret-value".to_owned()));
    let (first, mut lock) = pool(vec![spec.clone()], Effect::Write).await;
    first.close().await;
    lock.tools.values_mut().for_each(|tool| tool.trust = trust);
    (Tools::new(vec![spec], &lock, launcher()), lock)
}

async fn followed(pool: &(Tools, Lock), what: &str, ms: u64) -> (Called, Vec<Progress>) {
    follow(pool, "script.work", what, ms).await
}

/// A call, and what its follower was told.
pub async fn follow(
    pool: &(Tools, Lock),
    name: &str,
    what: &str,
    ms: u64,
) -> (Called, Vec<Progress>) {
    let (follower, mut told) = mpsc::channel(4000);
    let digest = &pool.1.tools[&ToolName::new(name).unwrap()].digest;
    let permit = permit(name, digest, &json!({ "do": what }).to_string(), ms);
    let called = pool.0.followed(permit, Some(follower), None).await;
    let mut all = Vec::new();
    while let Some(progress) = told.recv().await {
        all.push(progress);
    }
    (called, all)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_told_what_a_call_is_a_part_of() {
    let pool = desk(Trust::Trusted).await;
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for (given, expected) in [(Some(parent), json!([parent])), (None, json!([null]))] {
        let digest = &pool.1.tools[&ToolName::new("script.work").unwrap()].digest;
        let permit = permit("script.work", digest, &json!({ "do": "traced" }).to_string(), 20_000);
        assert_eq!(value(&pool.0.followed(permit, None, given).await), expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn progress_reaches_whoever_follows_the_call() {
    let pool = desk(Trust::Trusted).await;
    let (called, told) = followed(&pool, "progress", 20_000).await;
    assert_eq!(value(&called), json!({ "text": "done" }));
    let done: Vec<f64> = told.iter().map(|progress| progress.done).collect();
    assert_eq!(done, [1.0, 2.0, 3.0], "all of it, in order, and before the answer");
    assert!(told.iter().all(|progress| progress.total == Some(3.0)));
    let words = told[0].words.as_deref().unwrap();
    assert!(words.starts_with("step 1 [TOKEN] ") && words.len() == 500, "{words}");
    // A secret is known as one only while it is whole.
    let cut = told[1].words.as_deref().unwrap();
    assert!(!cut.contains("s3c"), "{cut}");
}

#[tokio::test]
async fn words_that_nobody_trusts_stay_behind() {
    let pool = desk(Trust::Untrusted).await;
    let told = followed(&pool, "progress", 20_000).await.1;
    let all: Vec<_> = told.iter().map(|p| (p.done, p.words.as_deref())).collect();
    assert_eq!(all, [(1.0, None), (2.0, None), (3.0, None)]);
}

#[tokio::test]
async fn progress_of_another_call_is_not_told() {
    let pool = desk(Trust::Trusted).await;
    let (called, told) = followed(&pool, "stray progress", 20_000).await;
    assert_eq!(value(&called), json!({ "text": "done" }));
    assert_eq!(told, []);
}

#[tokio::test]
async fn a_server_that_floods_does_not_flood_the_follower() {
    let pool = desk(Trust::Trusted).await;
    let (called, told) = followed(&pool, "flood", 60_000).await;
    assert_eq!(value(&called), json!({ "text": "done" }));
    // The first ones pass; how many more do is a matter of how long the flood took.
    assert!((20..1000).contains(&told.len()), "{}", told.len());
}

#[tokio::test]
async fn progress_gives_a_call_no_more_time() {
    let pool = desk(Trust::Trusted).await;
    let (called, told) = followed(&pool, "progress without end", 500).await;
    assert_eq!(failure(&called).0, Code::TimedOut);
    assert!(!called.certain && !told.is_empty());
}
