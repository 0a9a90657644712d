//! `cargo xtask conformance`: what the protocol's own suite and other people's servers say of ours.
//! Three parts, each also by its name: `client`, `server` and `servers`. It must not know what any
//! of them looks at.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::{conformance, official, product, shell, suite};

/// A part, by the name that picks it.
type Part = (&'static str, fn(&Path) -> Result<(), String>);

const PARTS: &[Part] =
    &[("client", conformance::run), ("server", suite::run), ("servers", official::run)];

/// Runs all parts, or the one that is named. Each ends with a line of figures.
pub fn run(root: &Path) -> Result<(), String> {
    let named = std::env::args().nth(2);
    let wanted = |part: &&Part| named.as_deref().is_none_or(|name| name == part.0);
    let parts: Vec<&Part> = PARTS.iter().filter(wanted).collect();
    if parts.is_empty() {
        return Err("the parts are `client`, `server` and `servers`".to_owned());
    }
    // A part that fails hides no other.
    let failed: Vec<String> = parts.iter().filter_map(|(_, part)| part(root).err()).collect();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("; ")) }
}

/// The suite's folder below `target/`, with everything that the parts install.
pub fn home(root: &Path) -> Result<PathBuf, String> {
    let home = product::target(root).join("conformance");
    std::fs::create_dir_all(&home).map_err(|e| format!("`{}`: {e}", home.display()))?;
    Ok(home)
}

/// Builds the product and the fixture, and gives the path of each.
pub fn build(root: &Path) -> Result<(String, String), String> {
    let packages = ["-p", "flightdeck", "-p", "tools"];
    let what = ["--bin", "flightdeck", "--example", "fixture"];
    let args = [&["build", "--quiet"][..], &packages, &what].concat();
    shell::run(root, &shell::cargo(), &args)?;
    Ok((product::binary(root, "flightdeck"), product::binary(root, "examples/fixture")))
}

/// A program that serves until it is dropped.
pub struct Serving {
    child: Child,
    /// Its first line.
    pub said: String,
}

impl Serving {
    /// Starts a program and waits for its first line, which says where it is.
    pub fn start(folder: &Path, line: &[&str], env: &[(&str, &str)]) -> Result<Self, String> {
        let (name, args) = line.split_first().ok_or("nothing to start")?;
        let failed = |e: std::io::Error| format!("`{name}` cannot be run: {e}");
        let mut command = Command::new(name);
        command.args(args).current_dir(folder).envs(env.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let mut said = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut said).map_err(failed)?;
        }
        let serving = Self { child, said: said.trim().to_owned() };
        match serving.said.is_empty() {
            true => Err(format!("`{}` ended before it served", line.join(" "))),
            false => Ok(serving),
        }
    }

    /// Whether it has ended by itself, within some seconds.
    #[allow(clippy::disallowed_methods, reason = "there is no runtime here, and nothing to drive")]
    pub fn ends(&mut self) -> bool {
        (0..100).any(|_| {
            let ended = matches!(self.child.try_wait(), Ok(Some(_)));
            if !ended {
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            ended
        })
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // An error means that it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Hands a program a JSON text and reads the one it answers with.
pub fn told(program: &str, args: &[&str], text: &Value) -> Result<Value, String> {
    let failed = |e: std::io::Error| format!("`{program}` cannot be run: {e}");
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    if let Some(mut to) = child.stdin.take() {
        to.write_all(text.to_string().as_bytes()).map_err(failed)?;
    }
    let said = child.wait_with_output().map_err(failed)?;
    serde_json::from_slice(&said.stdout).map_err(|e| format!("`{program}` answered no JSON: {e}"))
}

/// What stands at a place of a JSON text, as RFC 6901 writes places; null where nothing does.
pub fn at<'a>(value: &'a Value, place: &str) -> &'a Value {
    value.pointer(place).unwrap_or(&Value::Null)
}

/// The same as text, empty where it is none.
pub fn text_at(value: &Value, place: &str) -> String {
    at(value, place).as_str().unwrap_or_default().to_owned()
}

/// A workspace whose one step is an outside agent's, with these servers and tools.
pub struct Desk {
    pub root: PathBuf,
    product: String,
}

/// The tools of one server: those that read, and those that write.
pub struct Tools<'a> {
    pub server: &'a str,
    pub reads: Vec<&'a str>,
    pub writes: Vec<&'a str>,
}

const PERSON: &str = "owner@example.com";

impl Desk {
    /// Makes it anew from the template: declares the servers, approves the tools, checks it all.
    pub fn new(
        product: &str,
        root: PathBuf,
        servers: &Value,
        tools: &[Tools<'_>],
        env: &[(&str, &str)],
    ) -> Result<Self, String> {
        let failed = |e: std::io::Error| format!("`{}`: {e}", root.display());
        if root.exists() {
            std::fs::remove_dir_all(&root).map_err(failed)?;
        }
        let above = root.parent().unwrap_or(&root).to_path_buf();
        std::fs::create_dir_all(&above).map_err(failed)?;
        let name = root.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let desk = Self { root: root.clone(), product: product.to_owned() };
        desk.says(&above, &["new", &name], env)?;
        let settings = root.join("flightdeck.yaml");
        let text = std::fs::read_to_string(&settings).map_err(failed)?;
        let names: Vec<String> = tools.iter().flat_map(Tools::names).collect();
        let all = names.join(", ");
        std::fs::write(&settings, text.replacen("models:\n", MODEL, 1)).map_err(failed)?;
        std::fs::write(root.join(".mcp.json"), servers.to_string()).map_err(failed)?;
        std::fs::write(root.join("agents/visitor.md"), AGENT.replace("TOOLS", &all))
            .map_err(failed)?;
        std::fs::write(root.join("workflows/visit.md"), FLOW.replace("TOOLS", &all))
            .map_err(failed)?;
        for tool in tools {
            desk.pinned(&tool.reads, tool.server, "read", env)?;
            desk.pinned(&tool.writes, tool.server, "write", env)?;
        }
        desk.says(&root, &["check", "visit"], env)?;
        Ok(desk)
    }

    fn pinned(
        &self,
        tools: &[&str],
        server: &str,
        effect: &str,
        env: &[(&str, &str)],
    ) -> Result<(), String> {
        for tool in tools {
            let name = format!("{server}.{tool}");
            let pin = ["mcp", "pin", &name, "--effect", effect, "--trusted", "--as", PERSON];
            self.says(&self.root, &pin, env)?;
        }
        Ok(())
    }

    /// Runs a command of the product that has to succeed.
    fn says(&self, folder: &Path, args: &[&str], env: &[(&str, &str)]) -> Result<(), String> {
        let mut command = Command::new(&self.product);
        command.args(args).current_dir(folder).envs(env.iter().copied());
        let said = command.output().map_err(|e| format!("`{}`: {e}", self.product))?;
        if said.status.success() {
            return Ok(());
        }
        let why = String::from_utf8_lossy(&said.stderr).into_owned();
        Err(format!("`flightdeck {}`: {why}", args.join(" ")))
    }

    /// Opens a case and serves its gateway. Gives the address and the token with it.
    pub fn gateway(&self, env: &[(&str, &str)]) -> Result<(Serving, String, String), String> {
        let case = r#"{"name":"a visit"}"#;
        let args = ["mcp", "gateway", "visit", case, "--http", "--json", "--as", PERSON];
        let line = [&[self.product.as_str()][..], &args].concat();
        let serving = Serving::start(&self.root, &line, env)?;
        let said: Value = serde_json::from_str(&serving.said).map_err(|e| e.to_string())?;
        Ok((serving, text_at(&said, "/url"), text_at(&said, "/token")))
    }

    /// What the records say of the desk's only case.
    pub fn records(&self) -> Result<String, String> {
        let out = |args: &[&str]| {
            let mut command = Command::new(&self.product);
            let said = command.args(args).current_dir(&self.root).output();
            said.map_err(|e| format!("`{}`: {e}", self.product))
        };
        let runs = out(&["runs", "--json"])?;
        let line: Value = serde_json::from_slice(&runs.stdout).map_err(|e| e.to_string())?;
        let logs = out(&["logs", &text_at(&line, "/run"), "--json"])?;
        Ok(String::from_utf8_lossy(&logs.stdout).into_owned())
    }
}

impl Tools<'_> {
    fn names(&self) -> Vec<String> {
        let all = self.reads.iter().chain(&self.writes);
        all.map(|tool| format!("{}.{tool}", self.server)).collect()
    }
}

const MODEL: &str = "models:
  outside:
    vendor: outside
    model: any
    can: [ json, tools ]
    context: 200000
    answer: 4096
    price: { input: 0 EUR, output: 0 EUR }
";

const AGENT: &str = "---
name: visitor
description: Somebody else's agent.
model: outside
tools: [ TOOLS ]
---
Be exact.
";

const FLOW: &str = "---
workflow: visit
purpose: Let a visitor call tools.
accountable: owner@example.com
override: lead
risk: low
autonomy: act
case: { one: a visit, from: inside, fields: { name: text } }
limits:
  case: { cost: 0.10 EUR, active: 30 minutes, days: 10 }
  day: { cost: 5 EUR, cases: 200 }
baseline: { minutes: 6, cases_per_week: 40 }
on_failure: { ask: clerk }
steps:
  - step: work
    agent: visitor
    given: [ case.name ]
    answer: { note: text }
    tools: [ TOOLS ]
    turns: 90
    time_out: 10 minutes
    then: finish
  - step: look
    review:
      by: lead
      never_by: [ starter ]
      question: What does the visitor want?
      show: [ case.name, work ]
      within: 8 working hours
      late: { then: stop }
      if_rejected: { then: stop }
  - step: finish
    end: done
exceptions:
  - { what: a visitor without a note, when: \"work.note == ''\", go: look }
---

# Visit

## work

Call what you were told to call.
";
