//! The names that are sent, held against those that are written down.

use std::collections::BTreeSet;

const CONVENTIONS: &str = include_str!("../../conventions/1.41.1.txt");
const OURS: &str = include_str!("../../../../docs/telemetry.md");
const SOURCES: [&str; 4] = [
    include_str!("../events.rs"),
    include_str!("../metrics.rs"),
    include_str!("../trace.rs"),
    include_str!("../../../telemetry/src/settings.rs"),
];

/// Every quoted name of a source that begins so.
fn named(begins: &[&str]) -> BTreeSet<String> {
    let dotted = |text: &&str| {
        text.contains('.') && text.chars().all(|c| matches!(c, 'a'..='z' | '_' | '.'))
    };
    let all = SOURCES.iter().flat_map(|source| source.split('"').skip(1).step_by(2));
    let all = all.filter(dotted).filter(|text| begins.iter().any(|begin| text.starts_with(begin)));
    all.map(str::to_owned).collect()
}

#[test]
fn every_name_is_one_of_the_conventions_or_written_down_as_ours() {
    assert!(crate::trace::SCHEMA.ends_with("/1.41.1"), "the file has the names of another version");
    let known: BTreeSet<&str> = CONVENTIONS.lines().filter(|l| !l.starts_with('#')).collect();
    let sent = named(&["gen_ai.", "mcp.", "error.", "service.", "telemetry."]);
    assert!(sent.len() > 10, "{sent:?}");
    for name in &sent {
        assert!(known.contains(name.as_str()), "`{name}` is no name of the conventions");
    }
    let ours = named(&["flightdeck."]);
    let written: BTreeSet<String> = OURS
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|text| text.starts_with("flightdeck.") && !text.contains('*'))
        .map(str::to_owned)
        .collect();
    assert!(ours.len() > 30, "{ours:?}");
    assert_eq!(ours, written);
}
