//! Every key that is offered means something, and nothing else does.

use super::*;

#[test]
fn keys_mean_what_the_line_below_a_request_says() {
    let kinds = [
        ReviewKind::Checkpoint,
        ReviewKind::Failure,
        ReviewKind::Act,
        ReviewKind::InDoubt,
        ReviewKind::Question,
    ];
    for kind in kinds {
        let offered: Vec<char> =
            keys(kind).split(" · ").filter_map(|part| part.chars().next()).collect();
        for letter in 'a'..='z' {
            let means = meaning(kind, KeyCode::Char(letter)).is_some();
            assert_eq!(means, offered.contains(&letter), "{kind:?} `{letter}`");
        }
    }
}
