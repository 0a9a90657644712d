//! The values of secrets, read where `flightdeck.yaml` says: the environment, a file, what `age` or
//! the keyring of this machine gives, or what another program prints. Whoever starts a server or
//! calls a model asks here; nothing in here may print a value or keep it beyond the process.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use plan::{SecretFrom, SecretPlace};

/// How long a program may take to print a secret.
const TIME: Duration = Duration::from_secs(20);
/// No secret is longer.
const BYTES_MAX: u64 = 64 << 10;

/// Where secrets are looked up.
pub struct Vault {
    root: PathBuf,
    places: BTreeMap<String, SecretPlace>,
    /// What was read: a keyring asks a person, who need not be asked for every server.
    read: Mutex<BTreeMap<String, Result<String, String>>>,
}

impl Vault {
    #[must_use]
    pub fn new(root: &Path, places: &BTreeMap<String, SecretPlace>) -> Self {
        Self { root: root.to_owned(), places: places.clone(), read: Mutex::default() }
    }

    /// A secret's value; nothing where there is none, whatever the reason.
    pub fn get(&self, name: &str) -> Option<String> {
        self.read(name).ok()
    }

    /// The same with the reason, which never holds any of the value.
    pub fn read(&self, name: &str) -> Result<String, String> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.get(name) {
            return known.clone();
        }
        let from = self.places.get(name).map_or(&SecretFrom::Environment, |place| &place.from);
        let value = match from {
            SecretFrom::Environment => {
                std::env::var(name).map_err(|_| "it is not in the environment".to_owned())
            }
            SecretFrom::File(path) => file(&self.root.join(path)),
            SecretFrom::Command(line) => printed(&self.root, line, None),
            SecretFrom::Age { file, identity } => decrypted(&self.root, file, identity),
            SecretFrom::Keyring { service, account } => rung(&self.root, service, account),
        };
        let value = value.and_then(|text| match text.trim_end_matches(['\r', '\n']) {
            "" => Err("it is empty".to_owned()),
            text => Ok(text.to_owned()),
        });
        read.insert(name.to_owned(), value.clone());
        value
    }
}

/// That a file with a secret in it is nobody else's to read.
fn closed(path: &Path, what: &str) -> Result<Metadata, String> {
    let about = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if about.permissions().mode() & 0o077 != 0 {
        return Err(format!("others may read {what}; `chmod 600` keeps it to you"));
    }
    Ok(about)
}

/// What `age` makes of a file with the key of another.
fn decrypted(root: &Path, file: &str, identity: &str) -> Result<String, String> {
    let (file, identity) = (found(root, file)?, found(root, identity)?);
    if let Some(missing) = [&file, &identity].into_iter().find(|path| !path.is_file()) {
        return Err(format!("`{}` is not there", missing.display()));
    }
    closed(&identity, "the file of its key")?;
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let line = ["age", "--decrypt", "--identity", &path(&identity), "--", &path(&file)];
    printed(root, &line.map(str::to_owned), Some("age"))
}

/// What the keyring of this machine holds.
fn rung(root: &Path, service: &str, account: &str) -> Result<String, String> {
    let (line, package) = if cfg!(target_os = "macos") {
        let line = ["security", "find-generic-password", "-w", "-s", service, "-a", account];
        (line.to_vec(), None)
    } else {
        let line = ["secret-tool", "lookup", "service", service, "account", account];
        (line.to_vec(), Some("libsecret-tools"))
    };
    let line: Vec<String> = line.into_iter().map(str::to_owned).collect();
    printed(root, &line, package)
}

/// A path of the workspace, or of the home of whoever runs this.
fn found(root: &Path, path: &str) -> Result<PathBuf, String> {
    let Some(rest) = path.strip_prefix("~/") else { return Ok(root.join(path)) };
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    let home = home.ok_or_else(|| format!("`{path}` is below a home, and `HOME` is not set"))?;
    Ok(PathBuf::from(home).join(rest))
}

fn file(path: &Path) -> Result<String, String> {
    let about = closed(path, "its file")?;
    if about.len() > BYTES_MAX {
        return Err("its file is too large for a secret".to_owned());
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

/// What a program prints. What it says on standard error is not repeated: it may hold the value.
/// `package` is what brings the program, where that is known.
fn printed(root: &Path, line: &[String], package: Option<&str>) -> Result<String, String> {
    let Some((program, args)) = line.split_first() else { return Err("no program".to_owned()) };
    let mut child = Command::new(program)
        .args(args)
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| match package.filter(|_| error.kind() == ErrorKind::NotFound) {
            Some(package) => {
                format!("`{program}` is not installed: the package `{package}` brings it")
            }
            None => format!("`{program}` cannot be started: {error}"),
        })?;
    let out = child.stdout.take();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        let read = out.map(|out| out.take(BYTES_MAX).read_to_string(&mut text));
        matches!(read, Some(Ok(_))).then_some(text)
    });
    let began = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if began.elapsed() < TIME => {
                let _ = std::sync::mpsc::channel::<()>().1.recv_timeout(Duration::from_millis(5));
            }
            Ok(None) | Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("`{program}` gave no answer in time"));
            }
        }
    };
    if !status.success() {
        return Err(format!("`{program}` ended with {status}"));
    }
    reader.join().ok().flatten().ok_or_else(|| format!("`{program}` printed no text"))
}
