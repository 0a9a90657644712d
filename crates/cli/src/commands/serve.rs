//! `serve`: the built-in tool servers on standard input and output, and the last step before any
//! tool server runs. Nothing in here may print: the streams belong to the protocol.

use std::ffi::OsString;
use std::time::Duration;

use tools::serve::Reading;

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
        Serve::Documents { root, seconds } => {
            let serving = tools::serve::documents(&root, reading(seconds)?);
            runtime()?.block_on(serving).map_err(Stop::failed)?;
            Ok(Exit::Done)
        }
        Serve::ReadDocument { name } => {
            tools::serve::read_document(&name, std::io::stdin(), std::io::stdout())?;
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

/// How one document is read: by this program, started once more for it.
fn reading(seconds: u64) -> Result<Reading, Stop> {
    let own = std::env::current_exe()?.into_os_string();
    let line = |rest: &[&str]| {
        let rest = rest.iter().map(OsString::from);
        std::iter::once(own.clone()).chain(rest).collect()
    };
    Ok(Reading {
        launch: line(&["serve", "launch"]),
        // Behind `--` a name that begins with a dash is a name.
        read: line(&["serve", "read-document", "--"]),
        memory_bytes: 768 << 20,
        cpu_seconds: seconds,
        // Other documents and programs share the processors.
        wall: Duration::from_secs(seconds.saturating_mul(3)),
    })
}

/// One thread is enough for one client.
fn runtime() -> Result<tokio::runtime::Runtime, Stop> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Stop::from)
}
