//! The program under measure, as a process of its own: where it is, what it says, and `up` while it
//! answers over HTTP. It must not measure.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

type Fault = Box<dyn Error + Send + Sync>;

/// The program beside this one, which is built in the same way.
pub fn beside() -> Result<PathBuf, Fault> {
    let program = std::env::current_exe()?.with_file_name("flightdeck");
    match program.is_file() {
        true => Ok(program),
        false => Err(format!("`{}` is not built", program.display()).into()),
    }
}

/// The folder of the project.
#[must_use]
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What the program prints where all goes well.
pub fn said(program: &Path, folder: &Path, args: &[&str]) -> Result<String, Fault> {
    let said = Command::new(program).args(args).current_dir(folder).output()?;
    if !said.status.success() {
        let told = String::from_utf8_lossy(&said.stderr).into_owned();
        return Err(format!("{} {args:?}: {told}", program.display()).into());
    }
    Ok(String::from_utf8(said.stdout)?)
}

/// A token of a person, for all that they may do.
pub fn token(program: &Path, folder: &Path, who: &str) -> Result<String, Fault> {
    let args = ["token", "new", "--as", who, "--label", "a measure", "--json"];
    let token: Value = serde_json::from_str(&said(program, folder, &args)?)?;
    Ok(token.get("token").and_then(Value::as_str).ok_or("no token was made")?.to_owned())
}

/// A running `up` that ends with the measurement.
pub struct Up {
    child: Child,
    pub url: String,
}

impl Up {
    /// Starts it; it answers when this returns.
    pub fn start(program: &Path, root: &Path) -> Result<Self, Fault> {
        let mut child = Command::new(program)
            .args(["up", "--listen", "127.0.0.1:0", "--json"])
            .current_dir(root)
            .stdout(Stdio::piped())
            .spawn()?;
        let out = child.stdout.take().ok_or("it says nothing")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let told: Value = serde_json::from_str(&line)?;
        let url = told.get("url").and_then(Value::as_str).ok_or("it says no address")?.to_owned();
        Ok(Self { child, url })
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
