//! The built binary from outside, as one test program: each module is one part of the command
//! line. What a lower room can test by itself is tested there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on has failed, wherever in it that is"
)]

mod access;
mod api;
mod assistant;
mod assured;
mod bounds;
mod collector;
mod connect;
mod credentials;
mod desk;
mod disk;
mod documents;
mod drill;
mod driving;
mod encrypted;
mod erase;
mod evidence;
mod exams;
mod fail_open;
mod faults;
mod files;
mod gateway;
mod handed_on;
mod holder;
mod hooks;
mod hostile;
mod import;
mod interview;
mod ladder;
mod mailbox;
mod models;
mod notices;
mod obedient;
mod office;
mod other_servers;
mod oversight;
mod pages;
mod passing;
mod policies;
mod questions;
mod refusals;
mod rehearsals;
mod releases;
mod research;
mod runs;
mod sandbox;
mod seeds;
mod servers;
mod sign_in;
mod starts;
mod traces;
mod trials;
mod vault;
mod vendor;
mod watch;
mod week;
mod world;
