//! `serve`: the built-in tool servers on standard input and output, and the last step before any
//! tool server runs. Nothing in here may print: the streams belong to the protocol.

use std::ffi::OsString;
use std::time::Duration;

use tools::Secret;
use tools::serve::{Api, Drafts, Reading};

use crate::args::{Http, Serve};
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
        Serve::Http(http) => {
            let serving = tools::serve::http(api(http)?);
            runtime()?.block_on(serving).map_err(Stop::failed)?;
            Ok(Exit::Done)
        }
        Serve::Web(web) => {
            let reading = reading(web.seconds)?;
            let serving = tools::serve::web(web.allow, web.allow_private, reading);
            runtime()?.block_on(serving).map_err(Stop::failed)?;
            Ok(Exit::Done)
        }
        Serve::Mail(mail) => {
            let drafts = mail.drafts.zip(mail.from);
            let drafts = drafts.map(|(folder, from)| Drafts { folder, from });
            let serving = tools::serve::mail(&mail.root, drafts, reading(mail.seconds)?);
            runtime()?.block_on(serving).map_err(Stop::failed)?;
            Ok(Exit::Done)
        }
        Serve::Canary { root } => {
            runtime()?.block_on(tools::serve::canary(&root)).map_err(Stop::failed)?;
            Ok(Exit::Done)
        }
        Serve::Table { root } => {
            runtime()?.block_on(tools::serve::table(&root)).map_err(Stop::failed)?;
            Ok(Exit::Done)
        }
    }
}

/// What an API's server is opened with; the values of its headers and keys come from the
/// environment.
fn api(http: Http) -> Result<Api, Stop> {
    let file = http.spec.display().to_string();
    let description = std::fs::read_to_string(&http.spec)
        .map_err(|why| Stop::usage(format!("`{file}` cannot be read: {why}")))?;
    Ok(Api {
        file,
        description,
        operations: http.operation,
        base: http.base,
        headers: held("--header", &http.header)?,
        keys: held("--key", &http.key)?,
        files: http.files,
        private: http.allow_private,
        time: Duration::from_secs(http.seconds),
    })
}

/// What an argument names, each with the value of its variable. Whoever writes the key itself has
/// it on every list of processes, so that is refused; what was written is not repeated.
fn held(argument: &str, all: &[String]) -> Result<Vec<(String, Secret)>, Stop> {
    let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    let each = all.iter().map(|written| {
        let named = written.split_once('=');
        let named = named.filter(|(_, named)| !named.is_empty() && named.bytes().all(plain));
        let (name, variable) = named.ok_or_else(|| {
            Stop::usage(format!("`{argument}` names a variable and holds no value"))
                .help(format!("write `{argument} NAME=API_KEY`, with the value in `API_KEY`"))
        })?;
        let value = std::env::var(variable)
            .map_err(|_| Stop::usage(format!("`{variable}` is not in the environment")))?;
        Ok((name.to_owned(), Secret::new(value)))
    });
    each.collect()
}

/// How one document is read: by this program, started once more for it.
pub fn reading(seconds: u64) -> Result<Reading, Stop> {
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
