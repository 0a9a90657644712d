//! The box of a server: which files and which network the program may reach once it runs. What the
//! kernel does not know how to enforce is said by [`gaps`], and refused where the box is a strict
//! one; whatever else goes wrong while it is closed is an error, and the server is not started.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::hosts::Host;
use crate::process::Launcher;

/// What a program may reach beyond what every program needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sandbox {
    /// The operator said why it has none.
    Off,
    Closed(Reach),
}

/// What is open in a closed box.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Files and folders it may read and execute.
    pub read: Vec<PathBuf>,
    /// Files and folders it may change too.
    pub write: Vec<PathBuf>,
    pub network: Network,
    /// Whether it is not to be started where the kernel cannot enforce all of this.
    pub strict: bool,
}

/// Which connections a program may open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Network {
    #[default]
    Off,
    /// To anywhere.
    All,
    /// To these, through a proxy of ours. Where a kernel cannot keep it to that proxy, the program
    /// is not started.
    Hosts(Vec<Host>),
}

/// The proxy of a program that may reach listed hosts.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) port: u16,
    /// Where the socket of a network of its own is handed over.
    pub(crate) handoff: PathBuf,
}

/// What a box keeps in, as a part of it that a kernel may be too old for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// Nothing of a box is enforced.
    Everything,
    /// Files that it may not write can be cut short.
    Truncation,
    /// Devices can be told to do things.
    Devices,
    /// Signals reach processes outside of it.
    Signals,
    /// What it starts cannot be counted.
    Processes,
    /// It cannot be kept to the port of its proxy.
    Hosts,
    /// It cannot have a network of its own, and reaches the port of its proxy on every machine.
    Apart,
}

impl Gap {
    /// What that means, for whoever decides whether it matters.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Everything => "this system knows no Landlock: servers reach all that you reach",
            Self::Truncation => "servers can empty files that you may write (Linux 6.2 keeps them)",
            Self::Devices => {
                "servers can control devices that you may open (Linux 6.10 keeps them)"
            }
            Self::Processes => {
                "servers can start processes without end (`/proc` lists no children)"
            }
            Self::Hosts => "servers with a list of hosts are not started (Linux 6.7 keeps to one)",
            Self::Apart => {
                "servers with a list of hosts can reach one port of other machines too (they may \
                 have no network of their own here: namespaces are closed to you)"
            }
            Self::Signals => "servers can end other programs of yours (Linux 6.12 keeps them)",
        }
    }
}

/// What every program needs to run: libraries, certificates, names and the local time.
const SYSTEM: &[&str] = &[
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/fonts",
    "/etc/gai.conf",
    "/etc/group",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/pki",
    "/etc/resolv.conf",
    "/etc/ssl",
    "/dev/random",
    "/dev/urandom",
    "/dev/zero",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/self",
    "/proc/stat",
    "/sys/devices/system/cpu",
];

impl Reach {
    /// The same with what the command itself is made of: its file, the file that a link leads to,
    /// and the libraries of the place it was installed to.
    pub(crate) fn with_command(mut self, command: &Path) -> Self {
        self.installed(&found(command));
        self
    }

    fn installed(&mut self, file: &Path) {
        let real = file.canonicalize().ok();
        for file in [Some(file), real.as_deref()].into_iter().flatten() {
            self.read.push(file.to_owned());
            let modules = file.ancestors().filter(|above| above.ends_with("node_modules"));
            self.read.extend(modules.last().map(Path::to_owned));
            let Some((folder, place)) = file.parent().and_then(|f| Some((f, f.parent()?))) else {
                continue;
            };
            if folder.ends_with("bin") {
                self.read.push(place.join("lib"));
                let settings = place.join("pyvenv.cfg");
                let python = folder.join("python");
                // Its interpreter is installed somewhere else, and named by a link.
                if settings.is_file() && file != python {
                    self.installed(&python);
                }
                self.read.push(settings);
            }
            // One program that looks up which of several installations is meant.
            if folder.ends_with("shims") {
                self.read.push(place.to_owned());
            }
        }
    }

    /// The options of a launch that close this box.
    pub(crate) fn options(&self) -> Vec<OsString> {
        // Hosts are opened by what comes on top, and by nothing else.
        let network = if self.network == Network::All { "all" } else { "off" };
        let mut all = vec!["--network".into(), network.into()];
        if self.strict {
            all.extend(["--strict".into(), "yes".into()]);
        }
        for (name, paths) in [("--read", &self.read), ("--write", &self.write)] {
            all.extend(paths.iter().flat_map(|path| [name.into(), path.into()]));
        }
        all
    }
}

impl Proxy {
    /// The options of a launch that lead to this proxy alone.
    pub(crate) fn options(&self) -> [OsString; 4] {
        let port = self.port.to_string().into();
        ["--proxy".into(), port, "--handoff".into(), self.handoff.clone().into()]
    }
}

/// Where a bare name is on the `PATH`.
fn found(command: &Path) -> PathBuf {
    if command.components().count() > 1 {
        return command.to_owned();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut all = std::env::split_paths(&path).map(|folder| folder.join(command));
    all.find(|file| file.is_file()).unwrap_or_else(|| command.to_owned())
}

/// What the kernel does not know how to enforce. The launcher tries what only a process of its own
/// can try.
#[cfg(target_os = "linux")]
#[must_use]
pub fn gaps(launcher: &Launcher) -> Vec<Gap> {
    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, Scope,
    };
    let asked = || Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    let files = |abi| asked().handle_access(AccessFs::from_all(abi)).is_ok();
    if !files(ABI::V1) {
        return vec![Gap::Everything];
    }
    let known = [
        (Gap::Truncation, files(ABI::V3)),
        (Gap::Devices, files(ABI::V5)),
        (Gap::Signals, asked().scope(Scope::from_all(ABI::V6)).is_ok()),
        (Gap::Processes, crate::children::counted()),
        (Gap::Hosts, asked().handle_access(AccessNet::from_all(ABI::V4)).is_ok()),
        (Gap::Apart, launcher.tries_apart()),
    ];
    known.into_iter().filter(|(_, known)| !known).map(|(gap, _)| gap).collect()
}

/// Elsewhere there is nothing that closes it.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn gaps(_: &Launcher) -> Vec<Gap> {
    vec![Gap::Everything]
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Closes the box around this process and all it starts. It cannot be opened again.
#[cfg(target_os = "linux")]
pub(crate) fn close(reach: &Reach, proxy: Option<&Proxy>) -> Result<(), Failed> {
    if let Some(proxy) = proxy {
        let apart = crate::apart::apart(proxy.port, &proxy.handoff);
        if reach.strict && apart.is_err() {
            return Err(Gap::Apart.text().into());
        }
    }
    // A session of its own has no terminal to write to, and all that runs in it shares what one
    // session gets of the processors, however many processes it is.
    rustix::process::setsid()?;
    // Whoever loses its parent stays below this process, where it is counted and ended.
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    if reach.strict && !crate::children::counted() {
        return Err(Gap::Processes.text().into());
    }
    files(reach, proxy)?;
    calls(&reach.network, proxy)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn close(reach: &Reach, proxy: Option<&Proxy>) -> Result<(), Failed> {
    if reach.strict || proxy.is_some() { Err(Gap::Everything.text().into()) } else { Ok(()) }
}

#[cfg(target_os = "linux")]
fn files(reach: &Reach, proxy: Option<&Proxy>) -> Result<(), Failed> {
    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, NetPort, Ruleset, RulesetAttr,
        RulesetCreatedAttr, Scope, path_beneath_rules,
    };
    // Signals and abstract sockets are kept inside from this version on.
    let abi = ABI::V6;
    let (read, all) = (AccessFs::from_read(abi), AccessFs::from_all(abi));
    let level = if reach.strict { CompatLevel::HardRequirement } else { CompatLevel::BestEffort };
    let mut rules = Ruleset::default()
        .set_compatibility(level)
        .handle_access(all)?
        .scope(Scope::from_all(abi))?;
    if reach.network != Network::All {
        // Without a proxy no socket is made at all. With one it all hangs on this.
        let needed = if proxy.is_some() { CompatLevel::HardRequirement } else { level };
        rules = rules
            .set_compatibility(needed)
            .handle_access(AccessNet::from_all(abi))
            .map_err(|why| match proxy {
                Some(_) => Failed::from(Gap::Hosts.text()),
                None => why.into(),
            })?
            .set_compatibility(level);
    }
    let sink = AccessFs::ReadFile | AccessFs::WriteFile;
    // A path that is not there is left out, and so stays closed.
    rules
        .create()?
        .add_rules(path_beneath_rules(SYSTEM, read))?
        .add_rules(path_beneath_rules(["/dev/null"], sink))?
        .add_rules(path_beneath_rules(&reach.read, read))?
        .add_rules(path_beneath_rules(&reach.write, all))?
        .add_rules(proxy.map(|proxy| {
            Ok::<_, landlock::RulesetError>(NetPort::new(proxy.port, AccessNet::ConnectTcp))
        }))?
        .restrict_self()?;
    Ok(())
}

/// Refuses what Landlock does not cover: datagrams, sockets in the file system, leaving the
/// process group that is killed at the end, and the second way to make system calls.
#[cfg(target_os = "linux")]
fn calls(network: &Network, proxy: Option<&Proxy>) -> Result<(), Failed> {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
    let sockets = sockets(network, proxy)?;
    let always = [libc::SYS_io_uring_setup, libc::SYS_setsid, libc::SYS_setpgid, libc::SYS_setns];
    let refused = sockets.into_iter().chain(always.map(|call| (call, Vec::new())));
    // The same calls once more under the numbers of the x32 interface.
    let twice =
        refused.flat_map(|(call, rules)| [(call, rules.clone()), (call | 0x4000_0000, rules)]);
    let errno = u32::try_from(libc::EACCES)?;
    let filter = SeccompFilter::new(
        twice.collect(),
        SeccompAction::Allow,
        SeccompAction::Errno(errno),
        std::env::consts::ARCH.try_into()?,
    )?;
    let program: BpfProgram = filter.try_into()?;
    seccompiler::apply_filter(&program)?;
    Ok(())
}

#[cfg(target_os = "linux")]
type Refused = Vec<(i64, Vec<seccompiler::SeccompRule>)>;

/// Which sockets are refused: all of them, all but those of the internet, or all but what leads
/// through a proxy. A call without a rule is always refused.
#[cfg(target_os = "linux")]
fn sockets(network: &Network, proxy: Option<&Proxy>) -> Result<Refused, Failed> {
    use seccompiler::SeccompCmpOp::{self, MaskedEq, Ne};
    use seccompiler::{SeccompCmpArgLen, SeccompCondition, SeccompRule};
    let test = |arg: u8, how: SeccompCmpOp, value: i32| {
        let value = u64::try_from(value).unwrap_or_default();
        SeccompCondition::new(arg, SeccompCmpArgLen::Dword, how, value)
    };
    // Whatever is none of these.
    let none = |arg: u8, of: &[i32]| {
        let all = of.iter().map(|value| test(arg, Ne, *value));
        SeccompRule::new(all.collect::<Result<_, _>>()?)
    };
    let any = |arg: u8, mask: i32, value: i32| {
        let mask = MaskedEq(u64::try_from(mask).unwrap_or_default());
        SeccompRule::new(vec![test(arg, mask, value)?])
    };
    let (four, six) = (libc::AF_INET, libc::AF_INET6);
    if *network == Network::All {
        return Ok(vec![(libc::SYS_socket, vec![none(0, &[four, six, libc::AF_NETLINK])?])]);
    }
    if proxy.is_none() {
        return Ok(vec![(libc::SYS_socket, Vec::new())]);
    }
    // Landlock keeps TCP to its port, and no other protocol that a stream may have.
    let mut socket = vec![none(0, &[four, six])?, none(2, &[0, libc::IPPROTO_TCP])?];
    // Beside the kind of a socket stands whether it waits and whether it is handed on.
    for kind in (0..=KIND).filter(|kind| *kind != libc::SOCK_STREAM) {
        socket.push(any(1, KIND, kind)?);
    }
    // What is sent while connecting is judged by nobody.
    let fast = |arg: u8| any(arg, libc::MSG_FASTOPEN, libc::MSG_FASTOPEN);
    Ok(vec![
        (libc::SYS_socket, socket),
        (libc::SYS_sendto, vec![fast(3)?]),
        (libc::SYS_sendmsg, vec![fast(2)?]),
        (libc::SYS_sendmmsg, vec![fast(3)?]),
    ])
}

/// The bits of a socket's type that are its kind.
#[cfg(target_os = "linux")]
const KIND: i32 = 0xf;
