//! Tests of the crate as others use it: files in, a plan or problems out.

mod example;
mod folder;
mod problems;
