//! The table of codes is well formed: sorted, unique and written like every other message.

use super::*;

#[test]
fn codes_are_sorted_unique_and_well_written() {
    for pair in ALL.windows(2) {
        assert!(pair[0].id < pair[1].id, "{} before {}", pair[0].id, pair[1].id);
    }
    for code in ALL {
        for text in [code.title, code.why, code.fix] {
            assert!(!text.is_empty() && !text.ends_with('.'), "{}: {text}", code.id);
            assert!(!text.starts_with(char::is_uppercase), "{}: {text}", code.id);
        }
        assert_eq!(find(&code.id.to_lowercase()), Some(*code));
    }
    assert_eq!(find("FD-P999"), None);
}
