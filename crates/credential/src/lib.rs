//! Credentials that anybody can verify: Open Badges 3.0 as Verifiable Credentials, signed as
//! documents and as tokens, with lists that say which are revoked or suspended. It must not read a
//! clock, a disk or a network: times, keys, documents of issuers and lists are handed in, and what
//! is not handed in is not known.

mod badge;
mod bake;
mod canon;
mod contexts;
mod id;
mod issuer;
mod key;
mod proof;
mod shape;
mod status;
mod text;
mod time;
mod token;
mod verify;

#[cfg(test)]
mod tests;

pub use badge::{Award, Evidence, Holder, Level};
pub use bake::{Image, bake_png, bake_svg, plain_png, plain_svg, unbake};
pub use id::{CredentialId, Foreign, is_foreign, is_foreign_name};
pub use issuer::{Did, Issuer};
pub use key::{PublicKey, Signer};
pub use proof::{Suite, add, check};
pub use status::{Entry, LIST_LENGTH, Purpose, StatusList};
pub use text::{LONGEST, read};
pub use time::{instant, stamp};
pub use token::{token, untoken};
pub use verify::{Check, Finding, Given, Holds, Report, Shown, verify};

/// What is wrong with a credential, and which check says so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Fault {
    pub check: Check,
    pub why: String,
}

impl Fault {
    fn new(check: Check, why: impl Into<String>) -> Self {
        Self { check, why: why.into() }
    }

    fn shape(why: impl Into<String>) -> Self {
        Self::new(Check::Shape, why)
    }

    fn signature(why: impl Into<String>) -> Self {
        Self::new(Check::Signature, why)
    }
}
