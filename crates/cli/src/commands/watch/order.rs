//! An order that is given on the screen: the command that somebody would type, run by this program
//! beside it. So whoever may do it, how it is stored and what comes of it is decided in the one
//! place where that is always decided.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use evidence::words;
use plan::ids::PersonId;
use serde_json::Value;
use tui::Deed;

use crate::args::Global;
use crate::exit::Stop;
use crate::workspace;

/// What every order is given with.
pub struct Orders {
    program: PathBuf,
    root: PathBuf,
    data: PathBuf,
    who: Option<PersonId>,
}

impl Orders {
    pub fn new(global: &Global, who: Option<PersonId>) -> Result<Self, Stop> {
        let (root, data) = (workspace::find(global)?, super::data(global)?);
        Ok(Self { program: std::env::current_exe()?, root, data, who })
    }

    /// Gives one. It is followed in a process of its own, since a case may take its time.
    pub fn give(&self, deed: &Deed) -> Result<Order, Stop> {
        let who = self.who.as_ref().ok_or_else(|| Stop::usage("nobody is named"))?;
        let child = Command::new(&self.program)
            .arg("--workspace")
            .arg(&self.root)
            .arg("--data")
            .arg(&self.data)
            .args(["--as", who.as_str(), "--json"])
            .args(line(deed))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        Ok(Order { child })
    }
}

/// The words of the command line. A reason may begin like an option, so it is tied to its own.
fn line(deed: &Deed) -> Vec<String> {
    let review = |what: &str, run: &journal::RunId, no: journal::ReviewNo, more: &[String]| {
        let all = ["review", what, &run.to_string(), &no.0.to_string()].map(str::to_owned);
        [&all[..], more].concat()
    };
    let because = |reason: &String| format!("--reason={reason}");
    let scoped = |what: &str, scope: &journal::StopScope, reason: &String| {
        let scope = words::scope_args(scope);
        let mut all = vec![what.to_owned()];
        all.extend(scope.split_whitespace().map(str::to_owned));
        all.push(because(reason));
        all
    };
    match deed {
        Deed::Approve { run, no } => review("approve", run, *no, &[]),
        Deed::Reject { run, no, reason } => review("reject", run, *no, &[because(reason)]),
        Deed::TakeUp { run, no } => review("claim", run, *no, &[]),
        Deed::Happened { run, no, yes: true } => review("happened", run, *no, &["--yes".into()]),
        Deed::Happened { run, no, yes: false } => review("happened", run, *no, &["--no".into()]),
        Deed::Retry { run } => vec!["retry".to_owned(), run.to_string()],
        Deed::Stop { scope, reason } => scoped("stop", scope, reason),
        Deed::Resume { scope, reason } => scoped("resume", scope, reason),
    }
}

/// An order that was given.
pub struct Order {
    child: Child,
}

impl Order {
    /// What came of it, once something did.
    pub fn came(&mut self) -> Option<String> {
        match self.child.try_wait() {
            Ok(None) => None,
            Ok(Some(_)) => Some(self.told()),
            Err(error) => Some(format!("it is not known what came of it: {error}")),
        }
    }

    fn told(&mut self) -> String {
        let (mut out, mut err) = (String::new(), String::new());
        let read = |from: Option<&mut dyn Read>, to: &mut String| {
            // What is no text tells nothing.
            from.map(|from| from.read_to_string(to).unwrap_or_default());
        };
        read(self.child.stdout.as_mut().map(|out| out as &mut dyn Read), &mut out);
        read(self.child.stderr.as_mut().map(|err| err as &mut dyn Read), &mut err);
        let objects = |text: &str| {
            let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            lines.collect::<Vec<_>>()
        };
        let word = |object: &Value, key: &str| {
            object.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        for object in objects(&out) {
            match word(&object, "kind").as_str() {
                "ordered" => return format!("done: the case is now {}", word(&object, "status")),
                "stopped" => return "done: it is stopped".to_owned(),
                "resumed" => return "done: it may go on".to_owned(),
                _ => {}
            }
        }
        match objects(&err).last() {
            Some(error) => format!("not done: {}; {}", word(error, "what"), word(error, "help")),
            None => "not done, and nothing was said about why".to_owned(),
        }
    }
}
