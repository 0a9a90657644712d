//! Stand-ins for systems that a company has, as MCP servers. The accounting system keeps drafts
//! of payments in a SQLite file and writes down every call it ever got, so that tests can count
//! effects from outside; told to, it misbehaves the way real servers do. The helpdesk keeps
//! tickets. Neither knows anything of who calls it.

mod books;
mod desk;
mod fault;
mod server;
mod town;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::books::Books;
use crate::desk::Desk;
use crate::fault::Fault;
use crate::server::Erp;

const USAGE: &str = "\
usage: erp-stand-in [--desk | --town SERVER] [--store FILE] [--list] [--repeatable]
                    [--fault KIND[:TIMES]]

  --desk           be the helpdesk; it has no other options than --store and --list
  --town SERVER    be the crm, mail, public, notes, files or bank of an office; the calls it got
                   are lines of JSON in --store
  --store FILE     where drafts or tickets are kept (default: erp.db)
  --list           print every one of them as a line of JSON, and serve nothing
  --repeatable     a second call with the same key answers with the first one's draft
  --fault KIND     hang, hang-before, die, die-before, flood, garbage or change-definition, on
                   the first TIMES calls of create_draft that the file has seen (default: all);
                   ERP_FAULT in the environment says the same";

struct Options {
    desk: bool,
    town: Option<String>,
    store: PathBuf,
    list: bool,
    repeatable: bool,
    fault: Option<Fault>,
}

fn options(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options {
        desk: false,
        town: None,
        store: PathBuf::from("erp.db"),
        list: false,
        repeatable: false,
        fault: match std::env::var("ERP_FAULT") {
            Ok(fault) => Some(fault.parse()?),
            Err(_) => None,
        },
    };
    while let Some(option) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{option} needs a value"));
        match option.as_str() {
            "--store" => options.store = PathBuf::from(value()?),
            "--desk" => options.desk = true,
            "--town" => options.town = Some(value()?),
            "--list" => options.list = true,
            "--repeatable" => options.repeatable = true,
            "--fault" => options.fault = Some(value()?.parse()?),
            other => return Err(format!("`{other}` is no option\n{USAGE}")),
        }
    }
    Ok(options)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            use std::io::Write;
            // Nobody is left to tell when even this fails.
            let _ = writeln!(std::io::stderr(), "{why}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), String> {
    let options = options(std::env::args().skip(1))?;
    if let Some(server) = &options.town {
        return town::serve(town::Town::open(server, &options.store)?).await;
    }
    if options.desk {
        let desk = Desk::open(&options.store).map_err(|why| why.to_string())?;
        return match options.list {
            true => list(&desk.list().map_err(|why| why.to_string())?),
            false => desk::server::serve(desk).await,
        };
    }
    let books = Books::open(&options.store, options.repeatable).map_err(|why| why.to_string())?;
    if options.list {
        return list(&books.list().map_err(|why| why.to_string())?);
    }
    server::serve(Erp::new(books, options.fault)).await
}

/// For people and tests that look into the store from outside.
fn list(all: &[impl serde::Serialize]) -> Result<(), String> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    for one in all {
        let line = serde_json::to_string(one).map_err(|why| why.to_string())?;
        writeln!(out, "{line}").map_err(|why| why.to_string())?;
    }
    Ok(())
}
