//! The values of secrets, read where `flightdeck.yaml` says: the environment, a file, or what a
//! program prints, such as a keyring, a vault or `age --decrypt`. Whoever starts a server or calls
//! a model asks here; nothing in here may print a value or keep it beyond the process.

use std::collections::BTreeMap;
use std::io::Read;
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
            SecretFrom::Command(line) => printed(&self.root, line),
        };
        let value = value.and_then(|text| match text.trim_end_matches(['\r', '\n']) {
            "" => Err("it is empty".to_owned()),
            text => Ok(text.to_owned()),
        });
        read.insert(name.to_owned(), value.clone());
        value
    }
}

fn file(path: &Path) -> Result<String, String> {
    let about = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if about.permissions().mode() & 0o077 != 0 {
        return Err("others may read its file; `chmod 600` keeps it to you".to_owned());
    }
    if about.len() > BYTES_MAX {
        return Err("its file is too large for a secret".to_owned());
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

/// What a program prints. What it says on standard error is not repeated: it may hold the value.
fn printed(root: &Path, line: &[String]) -> Result<String, String> {
    let Some((program, args)) = line.split_first() else { return Err("no program".to_owned()) };
    let mut child = Command::new(program)
        .args(args)
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("`{program}` cannot be started: {error}"))?;
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
