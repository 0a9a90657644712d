//! Settings, headings and their texts.

#![allow(clippy::string_slice, reason = "a test ends with what it finds")]

use super::*;

#[test]
fn a_file_is_split_at_its_two_lines() {
    for (text, settings, body) in [
        ("---\na: 1\n---\nrest", Some("a: 1\n"), "rest"),
        ("---\n---\n", Some(""), ""),
        ("--- \na\n---  \nb", Some("a\n"), "b"),
        ("---\na: 1\n", None, "---\na: 1\n"),
        ("\n---\na\n---\n", None, "\n---\na\n---\n"),
        ("----\na\n---\n", None, "----\na\n---\n"),
        ("", None, ""),
    ] {
        let parts = split(text);
        assert_eq!(parts.settings.map(|range| &text[range]), settings, "{text:?}");
        assert_eq!(&text[parts.body], body, "{text:?}");
    }
}

#[test]
fn second_level_headings_have_the_text_up_to_the_next() {
    let body = "# Top\nintro\n## read\none\n### inner\ntwo\n\n```\n## code\n```\n\
                ## `route`\nthree\n# Other\nfour\nlast\n----\nfive";
    let file = Arc::from("w.md");
    let found: Vec<(String, String)> =
        sections(&file, body, 100).into_iter().map(|s| (s.title, s.text)).collect();
    let expected = [
        ("read", "one\n### inner\ntwo\n\n```\n## code\n```"),
        ("route", "three"),
        ("four last", "five"),
    ];
    let expected = expected.map(|(title, text)| (title.to_owned(), text.to_owned()));
    assert_eq!(found, expected);
    let at = &sections(&file, body, 100)[0].at;
    assert_eq!(&body[at.start - 100..at.end - 100], "## read\n");
}
