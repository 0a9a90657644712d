//! `serve`: the built-in tool servers on standard input and output, and the last step before any
//! tool server runs. Nothing in here may print: the streams belong to the protocol.

use crate::args::Serve;
use crate::exit::{Ended, Exit, Stop};

/// Serves until the other side goes.
pub fn serve(command: Serve) -> Ended {
    match command {
        Serve::Launch { line } => match tools::launch::exec(line) {
            Ok(never) => match never {},
            Err(error) => Err(Stop::failed(error)),
        },
        Serve::Files { root, write } => {
            runtime()?.block_on(tools::serve::files(&root, write)).map_err(Stop::failed)?;
            Ok(Exit::Done)
        }
        Serve::Match { root } => {
            runtime()?.block_on(tools::serve::matching(&root)).map_err(Stop::failed)?;
            Ok(Exit::Done)
        }
        Serve::Table { root } => {
            runtime()?.block_on(tools::serve::table(&root)).map_err(Stop::failed)?;
            Ok(Exit::Done)
        }
    }
}

/// One thread is enough for one client.
fn runtime() -> Result<tokio::runtime::Runtime, Stop> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Stop::from)
}
