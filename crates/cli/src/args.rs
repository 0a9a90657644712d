//! The command line as types: what can be typed, and nothing of what it does. Each line of help
//! is the operator's prose, so it uses the operator's words.

mod access;
mod assure;
mod connectors;
mod controls;
mod credential;
mod evidence;
mod exam;
mod import;
mod interview;
mod logs;
mod new;
mod observe;
mod releases;
mod simulate;
mod watch;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use journal::{Status, StopScope};
use plan::ids::{FieldName, PersonId, RoleId, ToolName, WorkflowName};
use plan::workflow::{ArgRole, Effect};

pub use access::{Access, Door, NewToken, Token};
pub use assure::{Assure, Audit, Except, Incident, Psf, Worth};
pub use connectors::{Http, Mail, Web};
pub use controls::{Attention, Controls, Data, Drill, Erase, Policy};
pub use credential::{
    Credential, ExportCredential, Form as CredentialForm, IssueCredential, RecordCredential,
    VerifyCredential,
};
pub use evidence::{Evidence, Key, Prove, Seal, Verify};
pub use exam::{Exam, HandIn, Portfolios};
pub use import::{Export, Import};
pub use interview::Interview;
pub use logs::{Logs, LogsCommand};
pub use new::New;
pub use observe::Observe;
pub use releases::{Deploy, Release};
pub use simulate::Simulate;
pub use watch::{First, Watch};

/// Turns a business process into agents that run by themselves and answer for what they do
#[derive(Debug, Parser)]
#[command(name = "flightdeck", version, max_term_width = 100, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Folder of the workspace; otherwise `FLIGHTDECK_WORKSPACE`, or this folder or the nearest
    /// above it that is one
    #[arg(long, short = 'C', global = true, value_name = "FOLDER")]
    pub workspace: Option<PathBuf>,
    /// Folder of stored runs; otherwise `FLIGHTDECK_DATA`, or `.flightdeck` in the workspace
    #[arg(long, global = true, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// Who you are, as `flightdeck.yaml` names you; otherwise `FLIGHTDECK_PERSON`
    #[arg(long = "as", global = true, value_name = "PERSON", value_parser = person)]
    pub person: Option<PersonId>,
    /// Print JSON, one object, or one object per line where it goes on
    #[arg(long, global = true)]
    pub json: bool,
}

impl Global {
    /// Fills what was not typed from the environment. This is the only place that asks it.
    #[must_use]
    pub fn with_environment(mut self) -> Self {
        let folder = |name: &str| {
            let set = std::env::var_os(name).filter(|value| !value.is_empty());
            set.map(PathBuf::from)
        };
        self.workspace = self.workspace.or_else(|| folder("FLIGHTDECK_WORKSPACE"));
        self.data = self.data.or_else(|| folder("FLIGHTDECK_DATA"));
        if self.person.is_none() {
            let set = std::env::var("FLIGHTDECK_PERSON").ok();
            self.person = set.and_then(|name| PersonId::new(&name).ok());
        }
        self
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a workspace to start from
    ///
    /// Each template runs as it is, without a key and without a network.
    New(New),
    /// Find every problem in the workspace's files
    Check {
        /// Only this workflow
        workflow: Option<String>,
        /// Put right first what is almost right: keys, quotes, hidden characters; names are left
        #[arg(long)]
        fix: bool,
    },
    /// Put the workspace's files in their form: keys in order, comments kept
    Fmt {
        /// Only these files, such as `workflows/invoice_intake.md`
        #[arg(value_name = "FILE")]
        files: Vec<String>,
        /// Change nothing, say which files are not in their form, and exit 8 if there are some
        #[arg(long)]
        check: bool,
    },
    /// Show a workflow in plain sentences
    Show {
        workflow: String,
        /// As a Mermaid flow chart
        #[arg(long)]
        mermaid: bool,
        /// As a page for whoever connects it: what is to be provided, and what people keep
        #[arg(long, conflicts_with = "mermaid")]
        guide: bool,
    },
    /// Describe a workflow question by question: what a case is, who answers, how it is done today
    ///
    /// The file is the only state: go on whenever you like, or write in it in between.
    Interview(Interview),
    /// Show the exact text that the agent of a step gets, by source file and tokens
    Instructions {
        #[command(subcommand)]
        command: Instructions,
    },
    /// Take over a map of WorkflowOS, and say what became of each part of it
    ///
    /// It becomes a workflow and its agents. What nobody can know becomes an open question, and
    /// what is not carried is said with its reason. Nothing that is there is written over.
    Import(Import),
    /// Hand a workflow on as a map of WorkflowOS, and say what of it such a map cannot hold
    Export(Export),
    /// Explain a code or a word
    Explain {
        /// A code such as `FD-P101` or `rate_limited`, or a word such as `checkpoint`
        word: String,
    },
    /// Take cases through a workflow: one, or each of many
    Run(Run),
    /// Try a workflow on the cases that you keep, and do nothing
    ///
    /// Cases lie in `cases/WORKFLOW/`, one file each; `flightdeck explain test_cases` shows one.
    /// Models really answer and tools that read are really called; a case ends where it would act.
    /// It exits 8 where a case does not come out as expected.
    Test(Test),
    /// Rehearse a case: every decision is made, every answer from outside is chosen or assumed
    ///
    /// Nothing leaves this machine: no model is asked, no server is started, nothing is stored.
    Simulate(Simulate),
    /// Show where everything stands
    Status,
    /// Keep a screen open: all cases, runs, requests, what happened, and what is stopped
    ///
    /// It only looks unless `--as PERSON` names who answers and stops.
    Watch(Watch),
    /// List runs, newest first
    Runs(Runs),
    /// Answer requests that wait for a person; without a command in a terminal, one key each
    Review {
        #[command(subcommand)]
        command: Option<Review>,
    },
    /// Say what happened, the cause with its code, and the next safe command
    Why {
        /// A run, or the beginning of its id; otherwise the most urgent thing
        run: Option<String>,
    },
    /// Show every entry of a run; `logs read` shows a log of WorkflowOS, which proves nothing
    Logs(Logs),
    /// Try the failed step of a run once more
    Retry {
        /// A run, or the beginning of its id
        run: String,
    },
    /// Let a run go on past its failed step
    Skip {
        /// A run, or the beginning of its id
        run: String,
        #[command(flatten)]
        reason: Reason,
    },
    /// End a run; effects that can be undone are undone
    Cancel {
        /// A run, or the beginning of its id
        run: String,
        #[command(flatten)]
        reason: Reason,
    },
    /// Let a run do nothing new until it is resumed
    Pause {
        /// A run, or the beginning of its id
        run: String,
    },
    /// Stop everything, or one scope of it, at once
    Stop {
        #[command(flatten)]
        scope: Scope,
        /// Why
        #[arg(long)]
        reason: Option<String>,
        /// Even if the workspace and its runs know nothing of that name
        #[arg(long)]
        force: bool,
        /// Let what is out come to its end, and begin nothing new
        #[arg(long)]
        drain: bool,
        /// Also end every open case in the scope and take back what can be taken back
        ///
        /// It takes a person who may end them, and a scope of everything, a workflow or a run.
        #[arg(long, conflicts_with_all = ["tool", "server", "vendor", "beyond"])]
        undo: bool,
    },
    /// Lift a stop, or let a paused run go on
    Resume {
        #[command(flatten)]
        scope: Scope,
        #[command(flatten)]
        reason: Reason,
    },
    #[command(flatten)]
    Release(Release),
    #[command(flatten)]
    Assure(Assure),
    #[command(flatten)]
    Controls(Controls),
    #[command(flatten)]
    Door(Door),
    #[command(flatten)]
    Observe(Observe),
    #[command(flatten)]
    Prove(Prove),
    /// Tool servers: declare, look at, approve, compare
    Mcp {
        #[command(subcommand)]
        command: Mcp,
    },
    /// Models: install the local one, list, test
    Model {
        #[command(subcommand)]
        command: Model,
    },
    /// Say what is installed, what works, and what is missing
    Doctor,
    /// Copy the example into a folder and run three of its cases
    Demo {
        /// A folder that does not exist yet
        #[arg(default_value = "back-office")]
        folder: PathBuf,
    },
    /// Say what whoever takes over has to know: what waits, failed and changed, and who answers
    Handover {
        /// How many hours back
        #[arg(long, default_value_t = 24, value_name = "HOURS")]
        hours: u32,
    },
    /// Drive every case of this workspace, and answer over HTTP
    ///
    /// One process, until it is ended. It listens on this machine alone unless told otherwise, and
    /// answers whoever signs in or shows a token. `/openapi.json` describes it.
    Up(Up),
    /// Write the manual pages into a folder
    #[command(hide = true)]
    Man { folder: PathBuf },
    /// Print the completion script of a shell
    Completions { shell: clap_complete::Shell },
    /// Serve a built-in tool server on standard input and output
    #[command(hide = true)]
    Serve {
        #[command(subcommand)]
        command: Serve,
    },
}

#[derive(Debug, Subcommand)]
pub enum Instructions {
    /// Show the text, by source file and tokens
    Show {
        /// The step, as `step` or `workflow.step`
        step: String,
    },
}

#[derive(Debug, Args)]
pub struct Up {
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4180")]
    pub listen: SocketAddr,
    /// Another workspace that this process drives too; who has access is kept with the first one
    #[arg(long, value_name = "FOLDER")]
    pub with: Vec<PathBuf>,
    /// The address under which people reach it, where a proxy stands before it
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
}

#[derive(Debug, Args)]
pub struct Runs {
    /// Only runs that stand so
    #[arg(long, value_parser = status())]
    pub status: Vec<Status>,
    /// Only runs of this workflow
    #[arg(long, value_parser = WorkflowName::new)]
    pub workflow: Option<WorkflowName>,
    /// At most this many
    #[arg(long, default_value_t = 50)]
    pub limit: usize,
}

#[derive(Debug, Subcommand)]
pub enum Review {
    /// List requests that wait, the most urgent first
    List {
        /// One line for all with the same question in the same place
        #[arg(long)]
        alike: bool,
    },
    /// Show one request and everything it rests on
    Show(OneReview),
    /// Take one up, so that for half an hour nobody else answers it
    Claim(OneReview),
    /// Give one back that was taken up
    Release(OneReview),
    /// Let exactly what is shown go on
    Approve(OneReview),
    /// Change values and approve
    Edit {
        #[command(flatten)]
        one: OneReview,
        /// A new value, such as `read.total=95.00 EUR`
        #[arg(long, value_name = "PATH=VALUE", required = true)]
        set: Vec<String>,
    },
    /// Say no
    Reject {
        #[command(flatten)]
        one: OneReview,
        #[command(flatten)]
        reason: Reason,
    },
    /// Pass a request on to another role
    Escalate {
        #[command(flatten)]
        one: OneReview,
        /// The role that decides instead
        #[arg(long, value_name = "ROLE", value_parser = role)]
        to: RoleId,
        #[command(flatten)]
        reason: Reason,
    },
    /// Say whether an act in doubt happened, after you looked
    Happened {
        #[command(flatten)]
        one: OneReview,
        /// It happened
        #[arg(long, conflicts_with = "no", required_unless_present = "no")]
        yes: bool,
        /// It did not happen
        #[arg(long)]
        no: bool,
    },
}

/// Cases for a workflow.
#[derive(Debug, Args)]
pub struct Run {
    /// The workflow
    pub workflow: Option<String>,
    /// The case: a file of the inbox, or a JSON object
    pub case: Option<String>,
    /// A case for each file of a folder, row of a CSV file or line of a JSONL file
    #[arg(long, value_name = "FOLDER OR FILE")]
    pub each: Option<PathBuf>,
    /// Go on with every run that can go on
    #[arg(long, conflicts_with_all = ["workflow", "each"])]
    pub open: bool,
    /// How many cases at once
    #[arg(long, default_value_t = 4, value_name = "N")]
    pub at_once: usize,
    /// As the files are now, although another release is live
    #[arg(long, conflicts_with = "open")]
    pub draft: bool,
}

/// Which cases are tried, and how.
#[derive(Debug, Args)]
pub struct Test {
    /// The workflow
    pub workflow: String,
    /// Only this case
    #[arg(long, value_name = "NAME")]
    pub case: Vec<String>,
    /// Only cases with this tag
    #[arg(long)]
    pub tag: Vec<String>,
    /// The folder of the cases, where it is another one
    #[arg(long, value_name = "FOLDER")]
    pub from: Option<PathBuf>,
    /// As if every model of this vendor were gone
    #[arg(long, value_name = "VENDOR")]
    pub without: Option<String>,
    /// It is enough if this share comes out as expected and none does harm, such as `95%`
    #[arg(long, value_name = "SHARE", value_parser = crate::commands::test::share)]
    pub at_least: Option<u32>,
    /// Also write the result as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// How many cases at once
    #[arg(long, default_value_t = 4, value_name = "N")]
    pub at_once: usize,
}

/// What a stop covers; nothing means everything.
#[derive(Debug, Clone, Args)]
#[group(multiple = false)]
pub struct Scope {
    /// One run, or the beginning of its id
    #[arg(long)]
    pub run: Option<String>,
    /// Every run of a workflow
    #[arg(long, value_parser = WorkflowName::new)]
    pub workflow: Option<WorkflowName>,
    /// One tool, as `server.tool`
    #[arg(long, value_parser = ToolName::new)]
    pub tool: Option<ToolName>,
    /// Every tool of a server
    #[arg(long)]
    pub server: Option<String>,
    /// Every model of a vendor
    #[arg(long)]
    pub vendor: Option<String>,
    /// Effects of a workflow or step that go further by themselves than a level: `suggest`,
    /// `approve` or `act_with_undo`; they are put before a person
    #[arg(long, value_name = "WORKFLOW[.STEP]=LEVEL", value_parser = beyond)]
    pub beyond: Option<StopScope>,
}

/// Why something is done.
#[derive(Debug, Clone, Args)]
pub struct Reason {
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// One request of one run.
#[derive(Debug, Clone, Args)]
pub struct OneReview {
    /// A run, or the beginning of its id
    pub run: String,
    /// The request's number; otherwise the only open one
    pub number: Option<u32>,
}

#[derive(Debug, Subcommand)]
pub enum Mcp {
    /// Declare a server in `.mcp.json`
    Add {
        name: String,
        /// Variables it gets, as `NAME=VALUE`; a secret as `NAME=${NAME}`
        #[arg(long, value_name = "NAME=VALUE")]
        env: Vec<String>,
        /// Where it answers, for a server that runs elsewhere
        #[arg(long, value_name = "URL", conflicts_with_all = ["env", "command"])]
        url: Option<String>,
        /// Headers of every request to it, as `NAME=VALUE`; a secret as `${NAME}`
        #[arg(long, value_name = "NAME=VALUE", requires = "url")]
        header: Vec<String>,
        /// Its address may lead into a private network
        #[arg(long, requires = "url")]
        allow_private: bool,
        #[command(flatten)]
        open: Open,
        /// The command and its arguments, after `--`
        #[arg(last = true, required_unless_present = "url")]
        command: Vec<String>,
    },
    /// Find well-known servers by what they are for, and how each is declared
    Find {
        /// A word such as `mail` or `github`; none finds all
        word: Option<String>,
    },
    /// List servers and the tools that are approved
    List,
    /// Say in plain words what each tool of a server can do and what can go wrong
    Probe { server: String },
    /// Approve a tool as its server offers it now
    Pin(Pin),
    /// Let an outside agent work on one case, its calls judged as a model's would be
    ///
    /// It speaks MCP over standard input and output, or over HTTP on this machine. The agent takes
    /// the place of the model whose vendor is `outside`; a step of that model waits for the agent's
    /// next call.
    Gateway(Gateway),
    /// Let an assistant read cases, requests and workflows, and decide nothing
    ///
    /// It speaks MCP over standard input and output, or over HTTP on this machine.
    Serve(McpServe),
    /// Sign in to a server that runs elsewhere
    ///
    /// It prints an address to open in a browser, and keeps the tokens that the server hands out
    /// below the folder of stored runs.
    Login {
        server: String,
        /// The browser is on another machine: paste the address that it is sent to
        #[arg(long)]
        paste: bool,
    },
    /// Forget the tokens of a server
    Logout { server: String },
    /// Propose smaller leave: tools that agents may use and never did, and approvals that nothing
    /// names
    ///
    /// It changes nothing, and exits 8 where there is something to take away.
    Narrow {
        /// Say nothing of a step that was entered less often than this
        #[arg(long, default_value_t = 20, value_name = "N")]
        visits: usize,
    },
    /// Say how servers differ from what was approved
    Diff {
        /// Only this server
        server: Option<String>,
    },
}

/// What the box of a server that is started here leaves open to it.
#[derive(Debug, Args)]
pub struct Open {
    /// Files and folders of the workspace that it may read, besides those that its command names
    #[arg(long, value_name = "PATH", conflicts_with = "url")]
    pub read: Vec<String>,
    /// Files and folders of the workspace that it may change
    #[arg(long, value_name = "PATH", conflicts_with = "url")]
    pub write: Vec<String>,
    /// It may connect to this host, such as `api.example.com` or `*.example.org`, and to no other
    ///
    /// Another port than 443 and 80 stands behind the host (`:8443`), and `private:` before one
    /// that leads into a private network.
    #[arg(long, value_name = "HOST", conflicts_with_all = ["url", "network"])]
    pub host: Vec<String>,
    /// It may open connections, to anywhere
    #[arg(long, conflicts_with = "url")]
    pub network: bool,
    /// It runs without a box, for this reason
    #[arg(long, value_name = "REASON")]
    #[arg(conflicts_with_all = ["url", "read", "write", "host", "network"])]
    pub no_box: Option<String>,
}

#[derive(Debug, Args)]
pub struct Gateway {
    /// The workflow
    pub workflow: String,
    /// A file of the inbox, or a JSON object
    pub case: String,
    /// Over HTTP on this machine, with a token that ends with the case
    #[arg(long)]
    pub http: bool,
    /// The port; otherwise any that is free
    #[arg(long, value_name = "PORT", requires = "http")]
    pub port: Option<u16>,
}

#[derive(Debug, Args)]
pub struct McpServe {
    /// Over HTTP on this machine, for whoever shows the token
    #[arg(long)]
    pub http: bool,
    /// The port; otherwise any that is free
    #[arg(long, value_name = "PORT", requires = "http")]
    pub port: Option<u16>,
    /// File with a token of `flightdeck token new`; the assistant speaks for its person
    ///
    /// With the right `decide` it can hand on what that person decides. Without a token an
    /// assistant reads, and over HTTP a fresh one is made and printed.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Pin {
    /// The tool as `server.tool`, or a server for all of its tools that only read
    pub tool: String,
    /// What a call does
    #[arg(long, value_enum)]
    pub effect: Option<EffectArg>,
    /// The effect can be taken back by another tool
    #[arg(long)]
    pub reversible: bool,
    /// Calling it twice with the same key is the same as calling it once
    #[arg(long)]
    pub repeatable: bool,
    /// The argument that carries the key
    #[arg(long, value_name = "ARGUMENT")]
    pub key: Option<String>,
    /// The tool that tells, by the same key, whether a call happened
    #[arg(long, value_name = "TOOL", value_parser = ToolName::new)]
    pub read_back: Option<ToolName>,
    /// Its answers may be believed
    #[arg(long)]
    pub trusted: bool,
    /// What an argument is, as `ARGUMENT=destination|recipient|amount|selector`
    #[arg(long = "arg", value_name = "ARGUMENT=ROLE", value_parser = arg_role)]
    pub args: Vec<(String, ArgRole)>,
    /// Tagged data that it may be handed, such as `personal`; everything else of the kind is kept
    /// from it
    #[arg(long, value_name = "TAG", value_parser = FieldName::new)]
    #[arg(requires = "until", requires = "reason")]
    pub takes: Vec<FieldName>,
    /// The last day that `--takes` holds, as `2027-01-31`
    #[arg(long, value_name = "DATE", value_parser = date, requires = "takes")]
    pub until: Option<jiff::civil::Date>,
    /// Why it is approved
    #[arg(long)]
    pub reason: Option<String>,
}

fn date(text: &str) -> Result<jiff::civil::Date, String> {
    text.parse().map_err(|_| format!("`{text}` is no date; write it like `2027-01-31`"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EffectArg {
    Read,
    Write,
    Send,
    Pay,
    Delete,
}

impl From<EffectArg> for Effect {
    fn from(effect: EffectArg) -> Self {
        match effect {
            EffectArg::Read => Self::Read,
            EffectArg::Write => Self::Write,
            EffectArg::Send => Self::Send,
            EffectArg::Pay => Self::Pay,
            EffectArg::Delete => Self::Delete,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Model {
    /// Install the local model and its server, or find that they are there
    Install,
    /// List the models that the workflows use
    List,
    /// Try what a model can do, with one small question for each ability
    Test {
        /// The model; otherwise the first
        model: Option<String>,
        /// Whether it notices texts that speak to the model, by texts that are known
        #[arg(long)]
        judge: bool,
    },
    /// Add a model to `flightdeck.yaml`; what is not given is asked for
    Add(Box<ModelAdd>),
    /// Make a model the default, and say which steps that unlocks
    Use {
        /// The model
        model: String,
    },
}

#[derive(Debug, Args)]
pub struct ModelAdd {
    /// What the model is called here
    pub name: Option<String>,
    /// Who runs it: anthropic, openai, gemini, mistral, ollama, or another
    #[arg(long)]
    pub vendor: Option<String>,
    /// The vendor's name of it
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// The environment variable that holds the key, never the key itself; several for several keys
    #[arg(long, value_name = "VARIABLE")]
    pub key: Vec<String>,
    /// Where its server is, for a vendor that has no address of its own
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// How its server is spoken to: openai or anthropic
    #[arg(long)]
    pub format: Option<String>,
    /// How many tokens it can read, where that is not known
    #[arg(long, value_name = "TOKENS")]
    pub context: Option<u32>,
    /// How many tokens it may write in one answer
    #[arg(long, value_name = "TOKENS")]
    pub answer: Option<u32>,
    /// Agree to one paid call that tries it
    #[arg(long)]
    pub yes: bool,
}

#[derive(Debug, Subcommand)]
pub enum Serve {
    /// Files of one folder
    Files {
        #[arg(long, value_name = "FOLDER")]
        root: PathBuf,
        /// Allow writing
        #[arg(long)]
        write: bool,
    },
    /// Documents of one folder as text
    Documents {
        #[arg(long, value_name = "FOLDER")]
        root: PathBuf,
        /// Processor time that one document may take
        #[arg(long, value_name = "N", default_value_t = 10)]
        seconds: u64,
    },
    /// Read one document from standard input
    #[command(hide = true)]
    ReadDocument { name: String },
    /// Classify and compare texts by the examples and passages of one folder
    Match {
        #[arg(long, value_name = "FOLDER")]
        root: PathBuf,
    },
    /// What drills call
    #[command(hide = true)]
    Canary {
        #[arg(long, value_name = "FOLDER")]
        root: PathBuf,
    },
    /// Look-ups in CSV files or one SQLite file
    Table {
        #[arg(long, value_name = "FOLDER OR FILE")]
        root: PathBuf,
    },
    /// Chosen operations of an API that an OpenAPI file describes
    Http(Http),
    /// Pages of named hosts as text
    Web(Web),
    /// A mailbox: messages in, drafts out
    Mail(Mail),
    /// Become a server, with limits
    #[command(disable_help_flag = true)]
    Launch {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        line: Vec<OsString>,
    },
}

fn person(text: &str) -> Result<PersonId, plan::ids::NameError> {
    PersonId::new(text)
}

/// Any word of where a run stands.
fn status() -> impl TypedValueParser<Value = Status> {
    let words = Status::ALL.iter().map(|status| status.as_str());
    PossibleValuesParser::new(words).try_map(|word| Status::named(&word).ok_or("no such word"))
}

fn beyond(text: &str) -> Result<StopScope, String> {
    StopScope::beyond(text).ok_or_else(|| {
        "write a workflow or step with `suggest`, `approve` or `act_with_undo`, such as \
         `invoice_intake.draft=approve`"
            .to_owned()
    })
}

fn role(text: &str) -> Result<RoleId, plan::ids::NameError> {
    RoleId::new(text)
}

fn arg_role(text: &str) -> Result<(String, ArgRole), String> {
    let roles = "`destination`, `recipient`, `amount` or `selector`";
    let (name, role) =
        text.split_once('=').ok_or_else(|| format!("write it as `ARGUMENT=ROLE`, with {roles}"))?;
    let role = match role {
        "destination" => ArgRole::Destination,
        "recipient" => ArgRole::Recipient,
        "amount" => ArgRole::Amount,
        "selector" => ArgRole::Selector,
        other => return Err(format!("`{other}` is not one of {roles}")),
    };
    Ok((name.to_owned(), role))
}
