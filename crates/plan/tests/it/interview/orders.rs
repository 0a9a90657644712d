//! Answers in any order, right and wrong: the check stands, and what is open can be settled.

use plan::interview::{Question, answered, begun, questions};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{all, newsletter, settle, side_effects, sound, workspace};

fn garbage() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!(true)),
        Just(json!(7)),
        Just(json!("stop")),
        "[ -~]{0,24}".prop_map(Value::String),
        Just(json!(["case", "stop"])),
        Just(json!([{ "does": "sends it", "field": "x", "kind": "text", "name": "n", "in": "t",
            "what": "w", "go": "mine", "argument": "a", "value": "case.x", "file": "f" }])),
        Just(json!({ "then": "stop" })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..Default::default() })]

    /// Answers in any order, right and wrong, never break the check, and what is open at last can
    /// be settled.
    #[test]
    fn whatever_order_answers_come_in_the_map_can_be_settled(
        picks in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..4, garbage()), 1..24),
        which in any::<bool>(),
    ) {
        let (path, answers) = if which { newsletter() } else { side_effects() };
        let files = workspace();
        let mut text = begun(path);
        for (index, how, wrong) in picks {
            let all = all(&files, path, &text);
            let one = &all[index.index(all.len())];
            let said = match how {
                0 => Value::Null,
                1 => wrong,
                _ => match answers.get(one.id.as_str()).or(one.answer.as_ref()) {
                    Some(said) => said.clone(),
                    None => continue,
                },
            };
            if let Ok(new) = answered(&files, path, &text, &one.id, &said) {
                text = new;
                let mut files = files.clone();
                files.insert(path, &text);
                let _ = plan::check(&files, path);
                let _ = plan::show::map(&files, path);
                prop_assert!(questions(&files, path, &text).is_ok(), "{text}");
            }
        }
    }

    /// Right answers in any order, some put off first, end in a map without problems.
    #[test]
    fn right_answers_in_any_order_end_in_a_map_without_problems(
        order in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..24),
        which in any::<bool>(),
    ) {
        let (path, answers) = if which { newsletter() } else { side_effects() };
        let files = workspace();
        let mut text = begun(path);
        for (index, put_off) in order {
            let all = all(&files, path, &text);
            let unanswered: Vec<&Question> = all
                .iter()
                .filter(|one| one.answer.is_none() && answers.contains_key(one.id.as_str()))
                // What a case is has to be known before steps are drafted for it.
                .filter(|one| one.id != "draft")
                .collect();
            if unanswered.is_empty() {
                break;
            }
            let one = unanswered[index.index(unanswered.len())];
            let said = if put_off { &Value::Null } else { &answers[one.id.as_str()] };
            text = answered(&files, path, &text, &one.id, said)
                .unwrap_or_else(|error| panic!("{}: {error}\n{text}", one.id));
        }
        let text = settle(&files, path, text, &answers);
        sound(&files, path, &text);
    }
}
