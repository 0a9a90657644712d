//! The built binary from outside, as one test program: each module is one part of the command
//! line. What a lower room can test by itself is tested there.

mod desk;
mod files;
mod obedient;
mod office;
mod refusals;
mod runs;
mod servers;
mod vendor;
