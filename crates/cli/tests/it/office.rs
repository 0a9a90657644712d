//! The example's workspace in a folder of its own, with its tables and its ERP stand-in as the
//! tests see them from outside.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::desk::{Desk, Said};
use crate::vendor::Vendor;

pub const WORKFLOW: &str = "workflows/invoice_intake.md";

/// A copy of the example that goes away with the test.
pub struct Office(Desk);

impl std::ops::Deref for Office {
    type Target = Desk;
    fn deref(&self) -> &Desk {
        &self.0
    }
}

impl Office {
    /// The example with these documents, or all of them, and its model answered by `vendor`.
    pub fn new(vendor: &Vendor, documents: &[&str]) -> Self {
        let desk = Desk::new().with_person("marta@larkfield.example");
        let root = desk.root();
        fs::remove_dir_all(&root).unwrap();
        copy(&example(), &root);
        if !documents.is_empty() {
            for entry in fs::read_dir(root.join("inbox")).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap();
                if !documents.iter().any(|wanted| name.starts_with(wanted)) {
                    fs::remove_file(&path).unwrap();
                }
            }
        }
        let place = format!("vendor: openai\n    base_url: {}\n    hides: []", vendor.url());
        desk.change("flightdeck.yaml", "vendor: local", &place);
        // The tests begin their cases themselves.
        desk.change(WORKFLOW, "starts: [ { folder: inbox } ]\n", "");
        erp_stand_in();
        Self(desk)
    }

    /// Adds arguments to those of the ERP stand-in.
    pub fn erp_args(&self, args: &str) {
        self.change(".mcp.json", "\"stores/erp.db\"", &format!("\"stores/erp.db\", {args}"));
    }

    /// Replaces what a step of the workflow does, up to its `must_hold`.
    pub fn replace_step(&self, step: &str, with: &str) {
        let text = fs::read_to_string(self.root().join(WORKFLOW)).unwrap();
        let begin = format!("  - step: {step}\n");
        let (_, from) = text.split_once(&begin).expect("the step");
        let (old, _) = from.split_once("    must_hold:\n").expect("what must hold");
        self.change(WORKFLOW, &format!("{begin}{old}    must_hold:\n"), &format!("{begin}{with}"));
    }

    pub fn run_all(&self) -> Said {
        self.say(&["run", "invoice_intake", "--each", "inbox", "--json"])
    }

    /// Starts the binary and leaves it running.
    pub fn start(&self, args: &[&str]) -> Child {
        self.command().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Every draft that the ERP keeps, deleted ones too.
    pub fn drafts(&self) -> Vec<Value> {
        let store = self.root().join("stores/erp.db");
        if !store.is_file() {
            return Vec::new();
        }
        let said =
            Command::new(erp_stand_in()).arg("--store").arg(store).arg("--list").output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        let lines = String::from_utf8(said.stdout).unwrap();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// What is wrong with the drafts: nothing, if each one's payee and amount are the tables'.
    pub fn strays(&self) -> Vec<String> {
        strays(&self.drafts(), &self.table("suppliers"), &self.table("orders"))
    }

    /// The rows of a table; no cell of the example holds a comma.
    pub fn table(&self, name: &str) -> Vec<Vec<String>> {
        let text = fs::read_to_string(self.root().join(format!("tables/{name}.csv"))).unwrap();
        text.lines().skip(1).map(|row| row.split(',').map(str::to_owned).collect()).collect()
    }

    /// How the only run ended, from the lines of `run --json`.
    pub fn only(&self, said: &Said) -> (String, String) {
        let lines = said.json();
        let cases: Vec<&Value> = lines.iter().filter(|line| line["kind"] == "case").collect();
        assert_eq!(cases.len(), 1, "{}{}", said.out, said.err);
        let word = |key: &str| cases[0][key].as_str().unwrap().to_owned();
        (word("run"), word("status"))
    }

    /// What `why` says about a run, as JSON.
    pub fn why(&self, run: &str) -> Value {
        let said = self.say(&["why", run, "--json"]);
        assert_eq!(said.err, "", "{}", said.out);
        said.json().remove(0)
    }
}

/// Drafts that go anywhere but where the tables say.
pub fn strays(drafts: &[Value], suppliers: &[Vec<String>], orders: &[Vec<String>]) -> Vec<String> {
    let fits = |draft: &Value| {
        let word = |key: &str| draft[key].as_str().unwrap();
        let amount = format!("{} {}", word("amount"), word("currency"));
        let payee = suppliers.iter().find(|row| row[0] == word("supplier"));
        payee.is_some_and(|payee| {
            let ordered = |o: &Vec<String>| o[1] == payee[1] && o[2] == amount && o[4] == "true";
            payee[2] == word("iban") && orders.iter().any(ordered)
        })
    };
    drafts.iter().filter(|draft| !fits(draft)).map(ToString::to_string).collect()
}

/// The ERP stand-in beside the binary under test.
pub fn erp_stand_in() -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_flightdeck")).parent().unwrap();
    let program = folder.join("erp-stand-in");
    assert!(program.is_file(), "build it first: `cargo build -p erp-stand-in`");
    program
}

/// The project's own folder.
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The example as it stands in the project.
pub fn example() -> PathBuf {
    project().join("examples/back-office")
}

/// A fresh copy of an example, without the answers that it is scored with.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        // What earlier runs left in the example itself does not belong to a fresh copy.
        if name == ".flightdeck" || name == "cases" {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(&name));
        } else {
            fs::copy(entry.path(), to.join(&name)).unwrap();
        }
    }
}
