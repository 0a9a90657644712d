//! `man`: the manual pages of every command, made from the command line's own types.

use std::path::Path;

use anyhow::Context;
use clap::{Command, CommandFactory};

use crate::args::Cli;
use crate::exit::{Ended, Exit, Stop};

/// Writes a page for the program and one for each command that people see.
pub fn man(folder: &Path) -> Ended {
    let mut program = Cli::command();
    program.build();
    page(folder, &program, "flightdeck")?;
    Ok(Exit::Done)
}

fn page(folder: &Path, command: &Command, name: &str) -> Result<(), Stop> {
    let mut text = Vec::new();
    // A page is called as it is typed, with a dash for each space: `man flightdeck-mcp-pin`.
    let titled = command.clone().display_name(name.to_owned()).bin_name(name.replace('-', " "));
    let version = concat!("flightdeck ", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(titled).source(version).render(&mut text)?;
    let path = folder.join(format!("{name}.1"));
    std::fs::write(&path, text)
        .with_context(|| format!("`{}` cannot be written", path.display()))?;
    let seen = |command: &&Command| !command.is_hide_set() && command.get_name() != "help";
    for below in command.get_subcommands().filter(seen) {
        page(folder, below, &format!("{name}-{}", below.get_name()))?;
    }
    Ok(())
}
