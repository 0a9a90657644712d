//! Lines that are put into `flightdeck.yaml` and everything that stays.

use plan::ids::ModelName;

use super::{default, inserted, quoted};

#[test]
fn an_entry_stands_at_the_end_of_the_models_and_nothing_else_moves() {
    let lines = ["big:".to_owned(), "  vendor: x".to_owned()];
    let check = |text: &str, wanted: Option<&str>| {
        assert_eq!(inserted(text, &lines).as_deref(), wanted, "{text}");
    };
    check(
        "a: 1\nmodels:   # ours\n    # the local one\n    local:\n        can: [ choose ] # all\n\n# \
         and now\ndefault_model: local\n",
        Some(
            "a: 1\nmodels:   # ours\n    # the local one\n    local:\n        can: [ choose ] # \
             all\n    big:\n      vendor: x\n\n# and now\ndefault_model: local\n",
        ),
    );
    check("models:\n", Some("models:\n  big:\n    vendor: x\n"));
    check("models: { local: {} }\n", None);
    check("a: 1\n", None);
}

#[test]
fn another_default_keeps_its_comment() {
    let name = ModelName::new("big").unwrap();
    let check = |text: &str, wanted: &str| assert_eq!(default(text, &name), wanted, "{text}");
    check("default_model: local   # free\nb: 1\n", "default_model: big   # free\nb: 1\n");
    check("b: 1\n", "b: 1\ndefault_model: big\n");
}

#[test]
fn texts_that_yaml_could_take_for_something_else_are_quoted() {
    for (text, wanted) in [
        ("claude-opus-5-5", "claude-opus-5-5"),
        ("openai", "openai"),
        ("yes", "\"yes\""),
        ("llama3.2:1b", "\"llama3.2:1b\""),
        ("http://x/v1", "\"http://x/v1\""),
        ("a-b: # c", "\"a-b: # c\""),
    ] {
        assert_eq!(quoted(text), wanted);
    }
}
