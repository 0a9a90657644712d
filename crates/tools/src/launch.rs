//! The last step before a server runs: this program, started once more, sets the limits of its
//! own process and becomes the server. So no code has to run between fork and exec, and no crate
//! needs `unsafe`. It must not open, read or print anything: its standard streams are the server's.

use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use rustix::process::{Pid, Resource, Rlimit, Signal, getppid, getrlimit, setrlimit};

use crate::sandbox::{self, Network, Proxy, Reach};
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

/// The options that [`exec`] reads, for a server with these limits, this box and this proxy, if it
/// has them.
pub(crate) fn options(
    limits: &ProcessLimits,
    reach: Option<&Reach>,
    proxy: Option<&Proxy>,
) -> Vec<OsString> {
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
    all.extend(proxy.iter().flat_map(|proxy| proxy.options()));
    all.push("--".into());
    all
}

fn number(n: impl ToString) -> OsString {
    n.to_string().into()
}

/// What a launch is told before the command.
#[derive(Default)]
struct Told {
    parent: Option<u64>,
    reach: Option<Reach>,
    port: Option<u16>,
    handoff: Option<PathBuf>,
}

/// Sets limits on this process and becomes the server. The arguments are what follows the hidden
/// sub-command: options, `--`, the command and its own arguments. It returns only on failure.
pub fn exec(args: impl IntoIterator<Item = OsString>) -> Result<Infallible, LaunchError> {
    let mut args = args.into_iter();
    let mut told = Told::default();
    while let Some(option) = args.next() {
        if option == "--" {
            // Last of all, since a closed box also keeps this program from what it needs.
            told.close()?;
            return become_server(args.next().ok_or(LaunchError::NoCommand)?, args);
        }
        let usage = || LaunchError::Usage(option.to_string_lossy().into_owned());
        let text = args.next().ok_or_else(usage)?;
        if told.box_option(&option, &text) {
            continue;
        }
        let value = parse(&text).ok_or_else(usage)?;
        match option.to_str() {
            Some("--parent") => {
                die_with(value)?;
                told.parent = Some(value);
            }
            Some("--memory") => limit("memory", Resource::Data, value)?,
            Some("--open-files") => limit("open files", Resource::Nofile, value)?,
            Some("--file-bytes") => limit("file size", Resource::Fsize, value)?,
            Some("--cpu-seconds") => limit("processor time", Resource::Cpu, value)?,
            Some("--proxy") => told.port = Some(u16::try_from(value).map_err(|_| usage())?),
            #[cfg(target_os = "linux")]
            Some("--apart") => {
                crate::apart::tried().map_err(|why| LaunchError::Sandbox(why.into()))?
            }
            _ => return Err(usage()),
        }
    }
    Err(LaunchError::NoCommand)
}

impl Told {
    /// Takes an option that says what is open in the box, if this is one.
    fn box_option(&mut self, option: &OsStr, text: &OsStr) -> bool {
        let network = match text.to_str() {
            Some("all") => Some(Network::All),
            Some("off") => Some(Network::Off),
            _ => None,
        };
        match (option.to_str(), network) {
            (Some("--network"), Some(network)) => self.reach().network = network,
            (Some("--strict"), _) if text == "yes" => self.reach().strict = true,
            (Some("--read"), _) => self.reach().read.push(text.into()),
            (Some("--write"), _) => self.reach().write.push(text.into()),
            (Some("--handoff"), _) => self.handoff = Some(text.into()),
            _ => return false,
        }
        true
    }

    fn reach(&mut self) -> &mut Reach {
        self.reach.get_or_insert_default()
    }

    fn close(self) -> Result<(), LaunchError> {
        let proxy = match (self.port, self.handoff) {
            (Some(port), Some(handoff)) => Some(Proxy { port, handoff }),
            (None, None) => None,
            _ => return Err(LaunchError::Usage("--proxy".to_owned())),
        };
        let Some(reach) = self.reach else {
            return proxy.map_or(Ok(()), |_| Err(LaunchError::Usage("--proxy".to_owned())));
        };
        sandbox::close(&reach, proxy.as_ref()).map_err(LaunchError::Sandbox)?;
        // In a namespace of users the kernel forgets what it was told before.
        self.parent.filter(|_| proxy.is_some()).map_or(Ok(()), die_with)
    }
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
