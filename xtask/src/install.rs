//! What the tests and the demo need from package registries, put below `target/` and kept there.
//! It must not touch anything outside that folder.

use std::path::{Path, PathBuf};

use crate::shell;

/// Other people's MCP servers that the example must also run with.
pub const NPM_SERVER: &str = "@modelcontextprotocol/server-filesystem@2026.8.31";
const PYTHON_SERVERS: &[&str] = &["mcp-server-sqlite==2025.4.25", "mcp<2"];

/// What tries an HTTP interface against its description.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";

/// A gateway that speaks Anthropic's format in front of any model.
const LITELLM: &str = "litellm[proxy]==1.108.7";

/// Installs it in a Python environment of its own unless it is there: 750 MB, some minutes.
pub fn litellm(root: &Path) -> Result<PathBuf, String> {
    let python = root.join("target").join("litellm");
    let (program, whole) = (python.join("bin/litellm"), python.join("whole"));
    if whole.exists() {
        return Ok(program);
    }
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    shell::run(root, "python3", &["-m", "venv", &text(python.clone())])?;
    let args = ["install", "--quiet", "--disable-pip-version-check", LITELLM];
    shell::run(root, &text(python.join("bin/pip")), &args)?;
    std::fs::write(whole, LITELLM).map_err(|e| format!("`target/litellm`: {e}"))?;
    Ok(program)
}

/// Installs it in a Python environment of its own unless it is there.
pub fn schemathesis(root: &Path) -> Result<(), String> {
    let python = root.join("target").join("schemathesis");
    if python.join("bin/schemathesis").exists() {
        return Ok(());
    }
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    shell::run(root, "python3", &["-m", "venv", &text(python.clone())])?;
    let args = ["install", "--quiet", "--disable-pip-version-check", SCHEMATHESIS];
    shell::run(root, &text(python.join("bin/pip")), &args)
}

/// What takes notices in tests: a mail server, the reference library of Standard Webhooks, and
/// Prometheus' own client, which reads what is measured.
const RECEIVERS: &[&str] =
    &["aiosmtpd==1.4.6", "standardwebhooks==1.0.0", "prometheus-client==0.26.0"];

/// Installs them in a Python environment of their own unless they are there.
pub fn receivers(root: &Path) -> Result<(), String> {
    let python = root.join("target").join("receivers");
    packages(root, &python, RECEIVERS)
}

/// A collector of traces that other people wrote.
const COLLECTOR: &[&str] = &["arize-phoenix==20.26.1"];

/// Installs it in a Python environment of their own unless it is there: 850 MB, some minutes.
pub fn collector(root: &Path) -> Result<(), String> {
    packages(root, &root.join("target").join("collector"), COLLECTOR)
}

/// Installs packages in a Python environment, unless just these were.
pub fn packages(root: &Path, python: &Path, wanted: &[&str]) -> Result<(), String> {
    let (whole, list) = (python.join("whole"), wanted.join("\n"));
    if std::fs::read_to_string(&whole).is_ok_and(|text| text == list) {
        return Ok(());
    }
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    shell::run(root, "python3", &["-m", "venv", &text(python.to_path_buf())])?;
    let mut args = vec!["install", "--quiet", "--disable-pip-version-check"];
    args.extend(wanted);
    shell::run(root, &text(python.join("bin/pip")), &args)?;
    std::fs::write(&whole, list).map_err(|e| format!("`{}`: {e}", whole.display()))
}

/// An organisation's sign-in, for tests.
const IDENTITY: &str = "oidc-provider@9.13.3";

/// Installs it unless it is there.
pub fn identity(root: &Path) -> Result<(), String> {
    let folder = root.join("target").join("identity");
    if folder.join("node_modules/oidc-provider/package.json").exists() {
        return Ok(());
    }
    std::fs::create_dir_all(&folder).map_err(|e| format!("`target/identity`: {e}"))?;
    let prefix = folder.to_string_lossy().into_owned();
    let args = ["install", "--no-audit", "--no-fund", "--silent", "--prefix", &prefix, IDENTITY];
    shell::run(root, "npm", &args)
}

/// Where they are put.
pub fn servers(root: &Path) -> PathBuf {
    root.join("target").join("mcp-servers")
}

/// Installs both servers unless they are there.
pub fn mcp_servers(root: &Path) -> Result<(), String> {
    let folder = servers(root);
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    std::fs::create_dir_all(&folder).map_err(|e| format!("`target/mcp-servers`: {e}"))?;
    if !folder.join("node_modules/.bin/mcp-server-filesystem").exists() {
        let prefix = text(folder.clone());
        let args =
            ["install", "--no-audit", "--no-fund", "--silent", "--prefix", &prefix, NPM_SERVER];
        shell::run(root, "npm", &args)?;
    }
    if !folder.join("python/bin/mcp-server-sqlite").exists() {
        let python = text(folder.join("python"));
        shell::run(root, "python3", &["-m", "venv", &python])?;
        let pip = text(folder.join("python/bin/pip"));
        let mut args = vec!["install", "--quiet", "--disable-pip-version-check"];
        args.extend(PYTHON_SERVERS);
        shell::run(root, &pip, &args)?;
    }
    Ok(())
}
