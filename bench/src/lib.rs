//! What the crash harness and the benchmark share: a checked workspace, and an outside world that
//! is never killed. It must not be used by the product.

pub mod fill;
pub mod fixture;
pub mod floor;
pub mod outside;
pub mod program;
pub mod sabotage;
pub mod vendor;
