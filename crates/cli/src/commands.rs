//! What each command does, one file each. A command reads its input, calls the rooms, and writes
//! to the screen; it must hold no rule of the business.

pub mod attention;
pub mod autonomy;
pub mod check;
pub mod data;
pub mod demo;
pub mod desk;
pub mod doctor;
pub mod drill;
pub mod erase;
pub mod explain;
pub mod find;
pub mod fmt;
pub mod gateway;
pub mod handover;
pub mod instructions;
pub mod logs;
pub mod man;
pub mod mcp;
pub mod mcp_serve;
pub mod model;
pub mod narrow;
pub mod new;
pub mod orders;
pub mod policy;
pub mod review;
pub mod run;
pub mod secrets;
pub mod serve;
pub mod sign_in;
pub mod status;
pub mod stops;
pub mod test;
pub mod up;
pub mod vendors;
pub mod why;
