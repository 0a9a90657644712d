//! An act out of nothing.

fn permit() -> journal::Permit {
    Default::default()
}

fn main() {}
