//! Files to a checked, immutable, content-addressed [`Plan`]. It must not know runs, clocks,
//! models or disks: it is given named texts and gives back a plan, or every problem at once.

pub mod codes;
pub mod expr;
pub mod ids;
pub mod lock;
pub mod policy;
pub mod show;
pub mod types;
pub mod value;
pub mod workflow;

mod check;
mod files;
mod inspect;
mod keys;
mod markdown;
mod problem;
mod read;
mod release;
mod schema;
mod yaml;

pub use check::{Checked, Places, check, check_all, places};
pub use files::{FILE_BYTES_MAX, Files, Spot};
pub use problem::{Problem, Problems};
pub use read::servers::Server;
pub use read::settings::ModelPlace;
pub use release::{OpenError, Plan};
pub use schema::workflow_schema;
