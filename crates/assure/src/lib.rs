//! What a deployment is worth, and how safe it is: the Production Safety Framework and PAI-8
//! judged by rules over what was declared and what really happened, the questions before a
//! release goes live, and value against risk. Every figure names the rule that gave it, and every
//! finding names its place. It must not decide, act, or know a clock, a disk or a model.

pub mod audit;
pub mod brief;
pub mod cite;
pub mod desk;
pub mod incident;
pub mod preflight;
pub mod psf;
pub mod seen;
pub mod standard;
pub mod worth;

pub use cite::Cite;
