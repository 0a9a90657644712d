//! The box of a server: which files and which network the program may reach once it runs. It
//! must not be weaker than asked: what the kernel cannot enforce is an error, never a warning.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What a program may reach beyond what every program needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sandbox {
    /// No box was declared for it, or the operator said why it has none.
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
    /// Whether it may open connections, to anywhere.
    pub network: bool,
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
    /// The same with what the command itself is made of: its file, the file that a link leads
    /// to, and the libraries of the place it was installed to.
    pub(crate) fn with_command(mut self, command: &Path) -> Self {
        let found = found(command);
        let real = found.canonicalize().ok();
        for file in [Some(found), real].into_iter().flatten() {
            let prefix = file.parent().filter(|folder| folder.ends_with("bin"));
            if let Some(prefix) = prefix.and_then(Path::parent) {
                self.read.extend([prefix.join("lib"), prefix.join("pyvenv.cfg")]);
            }
            self.read.push(file);
        }
        self
    }

    /// The options of a launch that close this box.
    pub(crate) fn options(&self) -> Vec<OsString> {
        let network = if self.network { "all" } else { "off" };
        let mut all = vec!["--network".into(), network.into()];
        for (name, paths) in [("--read", &self.read), ("--write", &self.write)] {
            all.extend(paths.iter().flat_map(|path| [name.into(), path.into()]));
        }
        all
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

/// Closes the box around this process and all it starts. It cannot be opened again.
#[cfg(target_os = "linux")]
pub(crate) fn close(reach: &Reach) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    files(reach)?;
    calls(reach.network)
}

/// Elsewhere there is nothing that closes it, and an open box is not what was asked for.
#[cfg(not(target_os = "linux"))]
pub(crate) fn close(_: &Reach) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Err("this system has no Landlock".into())
}

#[cfg(target_os = "linux")]
fn files(reach: &Reach) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
        RulesetCreatedAttr, Scope, path_beneath_rules,
    };
    // Signals and abstract sockets are kept inside from this version on.
    let abi = ABI::V6;
    let (read, all) = (AccessFs::from_read(abi), AccessFs::from_all(abi));
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(all)?
        .scope(Scope::from_all(abi))?;
    if !reach.network {
        rules = rules.handle_access(AccessNet::from_all(abi))?;
    }
    let sink = AccessFs::ReadFile | AccessFs::WriteFile;
    // A path that is not there is left out, and so stays closed.
    rules
        .create()?
        .add_rules(path_beneath_rules(SYSTEM, read))?
        .add_rules(path_beneath_rules(["/dev/null"], sink))?
        .add_rules(path_beneath_rules(&reach.read, read))?
        .add_rules(path_beneath_rules(&reach.write, all))?
        .restrict_self()?;
    Ok(())
}

/// Refuses what Landlock does not cover: datagrams, sockets in the file system, leaving the
/// process group that is killed at the end, and the second way to make system calls.
#[cfg(target_os = "linux")]
fn calls(network: bool) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule,
    };
    let mut socket = Vec::new();
    if network {
        let internet = [libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];
        let others = internet.into_iter().map(|family| {
            let family = u64::try_from(family).unwrap_or_default();
            SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, family)
        });
        socket.push(SeccompRule::new(others.collect::<Result<_, _>>()?)?);
    }
    let refused = [
        (libc::SYS_socket, socket),
        (libc::SYS_io_uring_setup, Vec::new()),
        (libc::SYS_setsid, Vec::new()),
        (libc::SYS_setpgid, Vec::new()),
    ];
    // The same calls once more under the numbers of the x32 interface.
    let twice = refused
        .into_iter()
        .flat_map(|(call, rules)| [(call, rules.clone()), (call | 0x4000_0000, rules)]);
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
