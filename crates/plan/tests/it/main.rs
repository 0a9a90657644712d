//! Tests of the crate as others use it: files in, a plan or problems out.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    reason = "a test ends with what it finds"
)]

mod changes;
mod example;
mod export;
mod folder;
mod import;
mod interview;
mod problems;
mod properties;
mod schema;
mod shown;
mod starts;
mod today;
