//! Where frames rest: an embedded SQLite journal, and one in memory for tests and simulation.
//! A store checks order, epochs, stops and draws, and nothing else: it must not know why a record
//! was written, and it never hands out anything that permits an act.

mod erasing;
mod halt;
mod memory;
mod sqlite;

pub use memory::MemoryStore;
pub use sqlite::{OpenOptions, Probe, SqliteReader, SqliteStore, holder};
