//! The last step before a server runs: this program, started once more, sets the limits of its
//! own process and becomes the server. So no code has to run between fork and exec, and no crate
//! needs `unsafe`. It must not open, read or print anything: its standard streams are the server's.

use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::{Pid, Resource, Rlimit, Signal, getppid, getrlimit, setrlimit};

use crate::sandbox::{self, Reach};
use crate::spec::ProcessLimits;

/// Why a server was not started.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    #[error("`{0}` is no option of a launch")]
    Usage(String),
    #[error("no command follows `--`")]
    NoCommand,
    /// Whoever started this process is gone already.
    #[error("the program that starts the server is gone")]
    Orphan,
    #[error("the limit of {what} cannot be set: {why}")]
    Limit { what: &'static str, why: std::io::Error },
    /// What was asked cannot be done, so nothing is started.
    #[error(
        "the server's box cannot be closed: {0}; `\"sandbox\": {{\"off\": \"the reason\"}}` beside \
         its command starts it without"
    )]
    Sandbox(Box<dyn std::error::Error + Send + Sync>),
    #[error("`{command}` cannot be started: {why}")]
    Exec { command: String, why: std::io::Error },
}

/// The options that [`exec`] reads, for a server with these limits and this box, if it has one.
pub(crate) fn options(limits: &ProcessLimits, reach: Option<&Reach>) -> Vec<OsString> {
    let mut all = vec![OsString::from("--parent"), number(std::process::id())];
    for (name, limit) in [
        ("--memory", limits.memory_bytes),
        ("--open-files", limits.open_files),
        ("--file-bytes", limits.file_bytes),
        ("--cpu-seconds", limits.cpu_seconds),
    ] {
        if let Some(limit) = limit {
            all.push(name.into());
            all.push(number(limit));
        }
    }
    all.extend(reach.map(Reach::options).unwrap_or_default());
    all.push("--".into());
    all
}

fn number(n: impl ToString) -> OsString {
    n.to_string().into()
}

/// Sets limits on this process and becomes the server. The arguments are what follows the hidden
/// sub-command: options, `--`, the command and its own arguments. It returns only on failure.
pub fn exec(args: impl IntoIterator<Item = OsString>) -> Result<Infallible, LaunchError> {
    let mut args = args.into_iter();
    let mut reach: Option<Reach> = None;
    while let Some(option) = args.next() {
        if option == "--" {
            // Last of all, since a closed box also keeps this program from what it needs.
            reach.iter().try_for_each(sandbox::close).map_err(LaunchError::Sandbox)?;
            return become_server(args.next().ok_or(LaunchError::NoCommand)?, args);
        }
        let usage = || LaunchError::Usage(option.to_string_lossy().into_owned());
        let text = args.next().ok_or_else(usage)?;
        match option.to_str() {
            Some("--network") if text == "all" || text == "off" => {
                reach.get_or_insert_default().network = text == "all";
                continue;
            }
            Some("--strict") if text == "yes" => {
                reach.get_or_insert_default().strict = true;
                continue;
            }
            Some("--read") => {
                reach.get_or_insert_default().read.push(text.into());
                continue;
            }
            Some("--write") => {
                reach.get_or_insert_default().write.push(text.into());
                continue;
            }
            _ => {}
        }
        let value = parse(&text).ok_or_else(usage)?;
        match option.to_str() {
            Some("--parent") => die_with(value)?,
            Some("--memory") => limit("memory", Resource::Data, value)?,
            Some("--open-files") => limit("open files", Resource::Nofile, value)?,
            Some("--file-bytes") => limit("file size", Resource::Fsize, value)?,
            Some("--cpu-seconds") => limit("processor time", Resource::Cpu, value)?,
            _ => return Err(usage()),
        }
    }
    Err(LaunchError::NoCommand)
}

fn parse(value: &OsStr) -> Option<u64> {
    value.to_str()?.parse().ok()
}

/// Asks the kernel to kill this process when the thread that started it ends, and checks that it
/// has not ended before the kernel was asked.
fn die_with(parent: u64) -> Result<(), LaunchError> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|why| LaunchError::Limit { what: "its life", why: why.into() })?;
    let now = getppid().map(Pid::as_raw_nonzero);
    if now.is_none_or(|pid| u64::try_from(pid.get()) != Ok(parent)) {
        return Err(LaunchError::Orphan);
    }
    Ok(())
}

fn limit(what: &'static str, resource: Resource, value: u64) -> Result<(), LaunchError> {
    // A limit may only be lowered; where the system already allows less, less it is.
    let hard = getrlimit(resource).maximum;
    let value = hard.map_or(value, |hard| hard.min(value));
    let both = Rlimit { current: Some(value), maximum: Some(value) };
    setrlimit(resource, both).map_err(|why| LaunchError::Limit { what, why: why.into() })
}

fn become_server(
    command: OsString,
    args: impl Iterator<Item = OsString>,
) -> Result<Infallible, LaunchError> {
    // A crash of the server must not write its memory, secrets included, to a disk.
    limit("core dumps", Resource::Core, 0)?;
    // Nothing it starts may gain rights that it does not have itself.
    #[cfg(target_os = "linux")]
    rustix::thread::set_no_new_privs(true)
        .map_err(|why| LaunchError::Limit { what: "new rights", why: why.into() })?;
    let why = Command::new(&command).args(args).exec();
    Err(LaunchError::Exec { command: command.to_string_lossy().into_owned(), why })
}
