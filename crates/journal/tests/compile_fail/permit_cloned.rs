//! The same act twice.

fn act_twice(permit: journal::Permit) {
    let again = permit.clone();
    let _ = (permit.consume(), again.consume());
}

fn main() {}
