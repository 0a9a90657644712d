//! Which cases have one beside them that is known to be wrong.

use std::collections::BTreeMap;

use journal::{Millis, RunId};
use serde_json::json;

use crate::Engine;
use crate::seeds::beside;

fn run(n: u64) -> RunId {
    let mut random = [0; 10];
    random[..8].copy_from_slice(&n.to_be_bytes());
    RunId::new(Millis(1_700_000_000_000 + n / 7), random)
}

#[test]
fn a_seed_stands_beside_its_share_of_cases_and_nobody_foresees_which() {
    let put = "  - { step: put, tool: erp.put, with: { name: { literal: hello } } }\n";
    let plain = super::engine("", put);
    assert_eq!((0..1_000).find_map(|n| beside(&plain, run(n))), None, "no map says so");
    let seeds = json!({ "share": 20_000, "cases": ["{\"a\":1}", "{\"a\":2}", "{\"a\":3}"] });
    let engine = super::tampered(&plain, |workflow| workflow["seeds"] = seeds.clone());
    let mut each: BTreeMap<&str, u32> = BTreeMap::new();
    for n in 0..30_000 {
        if let Some(case) = beside(&engine, run(n)) {
            *each.entry(case).or_default() += 1;
            assert_eq!(beside(&engine, run(n)), Some(case), "the same run draws the same");
        }
    }
    let all: u32 = each.values().sum();
    assert!((500..=700).contains(&all), "2 % of 30000 are about 600: {each:?}");
    assert!(each.len() == 3 && each.values().all(|n| *n > 130), "each in its turn: {each:?}");
    // Another installation's secret draws others.
    let guard = guard::Guard::build(engine.plan()).unwrap();
    let other = Engine::new(engine.plan().clone(), guard, [9; 32]);
    let differ = (0..30_000).filter(|n| beside(&engine, run(*n)) != beside(&other, run(*n)));
    assert!(differ.count() > 900, "what is drawn depends on the secret");
}
