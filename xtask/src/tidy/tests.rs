//! Each rule of tidy, broken once and kept once; and this repository itself.

use super::{Tree, check};

/// Checks a made-up repository and gives each broken rule as one line.
fn broken(files: &[(&str, &str)]) -> String {
    let tree: Tree = files.iter().copied().collect();
    let report = check(&tree, &["tidy", "demo"]);
    report.broken.iter().map(|b| format!("{b}\n")).collect()
}

const GOOD_MANIFEST: &str = "[package]\nname = \"plan\"\n[lints]\nworkspace = true\n";

#[test]
fn each_rule_fires_where_it_is_broken_and_only_there() {
    let header = "//! A file.\n";
    let long = format!("{header}{}", "//\n".repeat(800));
    let body = "    x();\n".repeat(80);
    let one = format!("fn long() {{\n{body}}}\n");
    let many = one.repeat(super::LONG_FNS_MAX + 1);
    let long_fn = format!("{header}{many}fn short() {{\n    x();\n}}\n");
    let wide = format!("{header}// {}\n", "x".repeat(100));
    let wide_text = format!("{header}    \"{}\"\n", "x".repeat(100));
    let machine = format!("{header}// see {}shared/x\n", ["/wo", "rk/"].concat());
    let edge = format!("{GOOD_MANIFEST}[dependencies]\njournal.workspace = true\n");
    let tokio = format!("{GOOD_MANIFEST}[dependencies]\nserde.workspace = true\ntokio = \"1\"\n");
    let test_only = format!("{GOOD_MANIFEST}[dev-dependencies]\ninsta.workspace = true\n");
    let lock = "[[package]]\nname = \"serde\"\ndependencies = [\n \"inner\",\n]\n\n\
                [[package]]\nname = \"inner\"\ndependencies = [\n \"tokio 1.0\",\n]\n";
    let lib = "crates/plan/src/lib.rs";
    let manifest = "crates/plan/Cargo.toml";
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[(lib, header)], ""),
        (&[(lib, "fn x() {}\n")], "header"),
        (&[(lib, &long)], "801 lines, 800 at most"),
        (&[(lib, &long_fn)], "lib.rs:2 long: size: 82 lines"),
        (&[(lib, &wide)], "103 columns"),
        (&[(lib, &wide_text)], ""),
        (&[(lib, &machine)], "a path of one machine"),
        (&[(lib, "//! A.\nuse std::fs;\n")], "may not name `std::fs`"),
        (&[("crates/store/src/lib.rs", "//! A.\nuse std::fs;\n")], ""),
        (&[(lib, "//! A.\npub struct RunManager;\n")], "`RunManager` says nothing"),
        (&[(lib, "//! A.\nmod utils;\n"), ("crates/plan/src/utils.rs", header)], "`utils.rs` says"),
        (&[(lib, header), ("crates/plan/src/x.rs", header)], "x.rs: forgotten"),
        (&[(lib, "//! A.\npub(crate) mod x;\n"), ("crates/plan/src/x.rs", header)], ""),
        (&[(lib, "//! A.\n// TODO later\n")], "plans live in issues"),
        (&[(manifest, GOOD_MANIFEST)], ""),
        (&[(manifest, "[package]\n")], "lints"),
        (&[(manifest, &edge)], "`plan` may not depend on `journal`"),
        (&[(manifest, &tokio)], "`plan` may not use `tokio`"),
        (&[(manifest, &test_only)], ""),
        (&[("Cargo.lock", lock)], "`serde` brings `tokio` below a pure room"),
        (&[("crates/new/Cargo.toml", GOOD_MANIFEST)], "not in the table of edges"),
        (
            &[("A.md", "run `cargo xtask demo`, see `crates/plan/x.rs`"), (lib, header)],
            "x.rs` does",
        ),
        (&[("A.md", "see `crates/plan/src/lib.rs` and `workflows/x.md`"), (lib, header)], ""),
        (&[("A.md", "run `cargo xtask dmeo`")], "`cargo xtask dmeo` is no command"),
        (
            &[("decisions/workflowos-parity.md", "| a | b | `gone` |"), (lib, header)],
            "workflowos-parity.md:1: docs: there is no test `gone`",
        ),
        (&[("decisions/workflowos-parity.md", "| a | b | soon |")], "name a test, or say"),
        (
            &[
                (
                    "decisions/workflowos-parity.md",
                    "| a | b | test |\n| a | b | `one` |\n| a | b | missing |",
                ),
                (lib, "//! A.\n#[test]\nfn one() {}\n"),
            ],
            "",
        ),
        (&[("decisions/1.md", "[road](../B.md)")], "the link to `../B.md` leads nowhere"),
        (&[("decisions/1.md", "[road](../B.md)"), ("B.md", "x")], ""),
        (&[("crates/guard/src/lib.rs", "//! A.\nmark!(\"x\");\n")], "no test names the mark `x`"),
        (
            &[
                ("crates/guard/src/lib.rs", "//! A.\nmod tests;\nmark!(\"x\");\n"),
                ("crates/guard/src/tests.rs", "//! A.\nreaches(\"x\")\n"),
            ],
            "",
        ),
    ];
    for (files, expected) in cases {
        let found = broken(files);
        let fits = if expected.is_empty() { found.is_empty() } else { found.contains(expected) };
        assert!(fits, "expected `{expected}`, found `{found}` for {:?}", files[0].0);
    }
}

#[test]
fn a_ratchet_names_every_long_file_once_there_are_too_many() {
    let text = format!("//! A.\n{}", "//\n".repeat(500));
    let names: Vec<String> = (0..=super::LONG_FILES_MAX).map(|n| format!("m{n}")).collect();
    let mods: String = names.iter().map(|n| format!("mod {n};\n")).collect();
    let mut tree: Vec<(String, String)> =
        names.iter().map(|n| (format!("crates/plan/src/{n}.rs"), text.clone())).collect();
    tree.push(("crates/plan/src/lib.rs".to_owned(), format!("//! A.\n{mods}")));
    let report = check(&tree.into_iter().collect(), &[]);
    assert_eq!(report.broken.len(), super::LONG_FILES_MAX + 1);
}

#[test]
fn this_repository_keeps_its_rules() {
    let tree = Tree::read(&crate::root()).expect("the repository can be read");
    let report = check(&tree, &crate::names());
    let all: Vec<String> = report.broken.iter().map(ToString::to_string).collect();
    assert!(all.is_empty(), "\n{}", all.join("\n"));
}
