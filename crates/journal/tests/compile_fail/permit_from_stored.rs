//! An act allowed long ago, read back.

fn permit(stored: journal::Stored) -> journal::Permit {
    stored.into()
}

fn main() {}
