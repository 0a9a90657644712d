//! The same act twice, with one permit.

fn act_twice(permit: journal::Permit) {
    let _ = permit.consume();
    let _ = permit.consume();
}

fn main() {}
