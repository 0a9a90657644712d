//! The same views as on the command line, for a screen that stays open. It must not read a store or
//! do anything: what it shows is given to it, and what is wanted leaves it as a word.

// A state that a match forgets must not compile.
#![warn(clippy::wildcard_enum_match_arm)]

mod draw;
mod keys;
mod model;
mod text;

pub use draw::{draw, once};
pub use model::{
    Case, Deed, Entry, Facts, Filter, Fleet, Key, Model, Page, Request, Row, Scope, Wish, Workflow,
};

#[cfg(test)]
mod tests;
