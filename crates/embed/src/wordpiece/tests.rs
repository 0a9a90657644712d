//! Pieces are those of the tokenizer that the table was made with: `tests/tokens.jsonl` holds its
//! answers, written once by `distil/fixture.py`.

use super::*;

#[test]
fn pieces_are_those_of_the_tokenizer_this_follows() {
    let pieces: Vec<&str> = VOCABULARY.lines().collect();
    let cases = include_str!("../../tests/tokens.jsonl");
    assert!(cases.lines().count() > 40);
    for line in cases.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = case["text"].as_str().unwrap();
        let found: Vec<&str> = tokens(text).iter().map(|n| pieces[*n as usize]).collect();
        let expected: Vec<&str> =
            case["tokens"].as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect();
        assert_eq!(found, expected, "{text:?}");
    }
}
