//! An act read from a file.

fn permit<'a, F: serde::Deserializer<'a>>(from: F) -> Result<journal::Permit, F::Error> {
    serde::Deserialize::deserialize(from)
}

fn main() {}
