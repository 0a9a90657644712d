//! The table is whole, dated, and says nothing twice.

use std::collections::BTreeSet;

use super::{DATE, TABLE, all, find};

#[test]
fn every_row_is_read_once() {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#')).count() - 1;
    let names: BTreeSet<(&str, &str)> = all().map(|known| (known.vendor, known.model)).collect();
    assert_eq!((all().count(), names.len()), (rows, rows));
    assert!(rows > 30 && TABLE.contains(&format!("# Date: {DATE}.")), "{rows}");
    for known in all() {
        let price = |text: &str| text.parse::<f64>().unwrap();
        assert!(price(known.cached) < price(known.input), "{known:?}");
        assert!(price(known.input) <= price(known.output), "{known:?}");
        assert!(known.written.is_none_or(|text| price(text) > price(known.input)), "{known:?}");
    }
}

#[test]
fn a_model_is_found_by_its_exact_name() {
    let found = find("anthropic", "claude-sonnet-4-5-20250929").unwrap();
    assert_eq!((found.input, found.written), ("3.00", Some("3.75")));
    assert_eq!(found.retires.unwrap().to_string(), "2026-11-30");
    assert_eq!(find("anthropic", "claude-sonnet"), None);
    assert_eq!(find("openai", "claude-sonnet-4-6"), None);
}
