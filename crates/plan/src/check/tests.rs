//! What `check` looks at grows with the text and no faster: counted, not timed.

use std::fmt::Write as _;

use super::*;

/// A workspace whose workflow has so many rows, headings, fields and steps.
fn workspace(size: usize) -> Files {
    let base = |name: &str| {
        let all = [
            ("flightdeck.yaml", include_str!("../../tests/problems/base/flightdeck.yaml")),
            ("agents/clerk.md", include_str!("../../tests/problems/base/agents/clerk.md")),
            (".mcp.json", include_str!("../../tests/problems/base/.mcp.json")),
            ("mcp.lock", include_str!("../../tests/problems/base/mcp.lock")),
            ("tables/orders.csv", include_str!("../../tests/problems/base/tables/orders.csv")),
            ("workflow", include_str!("../../tests/problems/base/workflows/intake.md")),
        ];
        all.into_iter().find(|(file, _)| *file == name).map(|(_, text)| text).unwrap()
    };
    let (mut rows, mut steps, mut fields) = (String::new(), String::new(), String::new());
    let mut headings = String::new();
    for n in 0..size {
        writeln!(rows, "        - {{ when: \"read.total > eur({n})\", go: look }}").unwrap();
        writeln!(steps, "  - step: rest_{n}\n    wait: {{ until: read.f{n} }}").unwrap();
        write!(fields, ", f{n}: date").unwrap();
        write!(headings, "\n## rest_{n}\nWait @nowhere, then go on.\n").unwrap();
    }
    let text = base("workflow")
        .replace("      first:\n", &format!("      first:\n{rows}"))
        .replace(", total: money", &format!(", total: money{fields}"))
        .replace("exceptions:\n", &format!("{steps}exceptions:\n"));
    let mut files = Files::new();
    for name in ["flightdeck.yaml", "agents/clerk.md", ".mcp.json", "mcp.lock", "tables/orders.csv"]
    {
        files.insert(name, base(name));
    }
    files.insert("workflows/intake.md", &format!("{text}{headings}"));
    files
}

fn work(files: &Files) -> u64 {
    let cx = Cx::new(files);
    let ws = workspace::read(&cx);
    let reader = Reader::new(&cx, &ws, &[]);
    reader.workflow("intake").unwrap();
    assert!(reader.is_sound("intake"), "{}", cx.problems());
    cx.work()
}

#[test]
fn twice_the_text_is_twice_the_work() {
    let sizes = [45, 90, 180, 360];
    let work: Vec<u64> = sizes.iter().map(|size| self::work(&workspace(*size))).collect();
    for pair in work.windows(2) {
        assert!(pair[1] * 10 <= pair[0] * 23, "{work:?} for {sizes:?}");
        assert!(pair[1] > pair[0], "nothing was counted: {work:?}");
    }
}

#[test]
fn every_kind_of_personal_data_can_be_named_in_the_settings() {
    let kinds = crate::workflow::Personal::ALL.map(crate::workflow::Personal::as_str);
    assert_eq!(crate::keys::PERSONAL, kinds);
}
