//! A batch that skips the checks of its draft.

fn batch(draft: journal::Draft) {
    let _ = journal::Batch::new(draft);
}

fn main() {}
