//! Evidence that anybody can check without us: the log of all entries as one tree, signed roots of
//! it, packs that are handed over, and their verification. Bytes come in and bytes go out; it must
//! not know a clock, a disk or a network, and it must not decide what anybody may see.

pub mod codes;
pub mod container;
pub mod keys;
pub mod note;
pub mod pack;
pub mod records;
pub mod report;
pub mod statement;
pub mod survey;
pub mod tree;
pub mod verify;

#[cfg(test)]
mod tests;

pub use codes::{Code, Refusal};
pub use keys::{Ring, Signer, rotation};
pub use note::{Checkpoint, Note, VerifierKey};
pub use pack::{Content, Files, Pack, Seal};
pub use survey::{Chosen, Population, Sample, Survey, Wanted};
pub use tree::{Compact, Tree};
pub use verify::{Grade, Trust, Verified, exported, packed};
