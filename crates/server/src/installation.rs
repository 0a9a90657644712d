//! What the interface needs of an installation. Whoever wires the program gives it; a test gives
//! another one. It must not know how anything is kept or driven.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;

use evidence::canary::Comparison;
use evidence::releases::ReleaseView;
use journal::{Access, Caller, CommandId, RunId, Status, StopScope};
use plan::ids::{FilePath, PersonId, RoleId, WorkflowName};
use plan::{AccessRole, Edit};
use serde_json::Value;
use tokio::sync::watch;

use crate::assurance::{Answering, Assurance, WorkflowJudged};
use crate::beside::MapFile;
use crate::credentials::PublicCredential;
use crate::fleet::Figures;
use crate::hooks::{HookKey, NotTaken, Sent, Taken};
use crate::instructions::{FileChanges, Instructions};
use crate::interview::{Described, Said};
use crate::policies::{Policies, PoliciesTried};
use crate::rehearse::{GoneAgain, Rehearsed, Rehearsing};
use crate::releases::{Turn, Turned, Wish};
use crate::reviews::Alike;
use crate::shapes::{Glance, Open, Seen};
use crate::stops::{InForce, Reach};
use crate::tools::{Pinning, Probed, ToolServers};
use crate::vendors::Vendors;
use crate::workshop::{Draft, FileLine, FileText, Names, Saving, Sheet, Workflow};

/// An answer that takes a while.
pub type Answer<T> = Pin<Box<dyn Future<Output = Result<T, No>> + Send>>;

/// What becomes of an event, in a while.
pub type Taking = Pin<Box<dyn Future<Output = Result<Taken, NotTaken>> + Send>>;

/// Why something was not done or is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// There is nothing of that name.
    NotFound,
    /// What was sent makes no sense here.
    Invalid,
    NotPermitted,
    /// It does not fit how things stand: the case is over, the request was answered.
    Conflict,
    /// A stop is in force.
    Stopped,
    /// A limit of the day is used up.
    Budget,
    /// As much of it is going on as may at once.
    Busy,
    /// The guard is not proven.
    Unproven,
    /// What is stored was changed or lost.
    Damaged,
    /// Nothing can be stored or read right now.
    Unusable,
    /// None of the others.
    Failed,
}

/// A no with its reason in the operator's words.
#[derive(Debug, Clone)]
pub struct No {
    pub why: Why,
    pub what: String,
    pub help: Option<String>,
}

impl No {
    /// A no without advice.
    pub fn new(why: Why, what: impl ToString) -> Self {
        Self { why, what: what.to_string(), help: None }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// A case to be started.
#[derive(Debug)]
pub struct Start {
    pub workflow: WorkflowName,
    pub case: Value,
    /// The same key again is the same case.
    pub key: Option<String>,
    /// The span of whoever sent it, where they said it.
    pub called: Option<Caller>,
}

/// A case that was started, now or by an earlier request with the same key.
#[derive(Debug)]
pub struct Started {
    pub run: RunId,
    pub status: Status,
    pub again: bool,
}

/// Which cases are wanted, newest first.
#[derive(Debug, Default)]
pub struct Query {
    pub workflow: Option<WorkflowName>,
    pub status: Vec<Status>,
    /// Only those that are listed after this one.
    pub after: Option<RunId>,
    pub limit: usize,
}

/// An answer to a request.
#[derive(Debug)]
pub struct Decide {
    pub run: RunId,
    pub review: u32,
    /// The decision's own id: the same again is the same decision once.
    pub id: String,
    pub reply: Reply,
}

/// What a person answers.
#[derive(Debug)]
pub enum Reply {
    Claim,
    Release,
    Approve,
    /// Approve with other values, each as a person writes it.
    Edit(Vec<(String, String)>),
    Reject(String),
    Escalate(RoleId, String),
    Happened(bool),
}

/// What came of a decision.
#[derive(Debug)]
pub struct Decided {
    pub command: CommandId,
    pub status: Status,
    /// Whether the run has read it; until then it waits durably in its inbox.
    pub read: bool,
}

/// One stored entry of any case, with its place among all of them.
#[derive(Debug)]
pub struct Row {
    pub place: u64,
    pub bytes: Vec<u8>,
}

/// The installation behind the interface. Everything that a person does names the person.
pub trait Installation: Send + Sync + 'static {
    /// What somebody is to this workspace now; nothing where they are nobody here.
    fn roles(&self, who: PersonId) -> Answer<BTreeSet<AccessRole>>;
    /// Everybody who is anything to it.
    fn people(&self) -> Answer<BTreeMap<PersonId, BTreeSet<AccessRole>>>;
    /// Keeps what happened at the door.
    fn accessed(&self, access: Access) -> Answer<()>;
    /// What follows from somebody's order about exams.
    fn exam(&self, who: PersonId, order: exam::Order) -> Answer<exam::Told>;
    /// Why new work is held back, in words; nothing where all is well.
    fn trouble(&self) -> Answer<Vec<String>>;
    /// Why nothing that is sent would be begun; nothing where it would.
    fn unready(&self) -> Answer<Vec<String>>;
    /// What is measured, in Prometheus' text format.
    fn metrics(&self) -> Answer<String>;
    fn start(&self, who: PersonId, start: Start) -> Answer<Started>;
    fn cases(&self, query: Query) -> Answer<Vec<Glance>>;
    /// A case as this person sees it.
    fn case(&self, who: PersonId, run: RunId) -> Answer<Seen>;
    /// A case's stored entries from a position on, each exactly as it was stored.
    fn records(&self, run: RunId, from: u32) -> Answer<Vec<Vec<u8>>>;
    /// Every open request as this person sees it, the one that is due first at the top.
    fn reviews(&self, who: PersonId) -> Answer<Vec<Open>>;
    /// Cases that people answered before in the same place, the most alike first.
    fn alike(&self, run: RunId, review: u32) -> Answer<Vec<Alike>>;
    /// What became of a request that is not open any more; nothing where it is.
    fn became(&self, run: RunId, review: u32) -> Answer<Option<No>>;
    /// The figures of cases that are open or had an entry in so many minutes.
    fn fleet(&self, minutes: u32) -> Answer<Figures>;
    fn decide(&self, who: PersonId, decide: Decide) -> Answer<Decided>;
    /// Those in force, and those that were lifted last, the last one first.
    fn stops(&self) -> Answer<(Vec<InForce>, Vec<InForce>)>;
    /// What a stop would hold back now.
    fn reach(&self, scope: StopScope) -> Answer<Reach>;
    /// Gives how many acts were broken off.
    fn stop(&self, who: PersonId, scope: StopScope, reason: String) -> Answer<usize>;
    /// Gives how many cases may go on.
    fn lift(&self, who: PersonId, scope: StopScope, reason: String) -> Answer<usize>;
    /// Releases that were deployed, the last one first, each with how it comes out while it is
    /// tried.
    fn releases(
        &self,
        workflow: Option<WorkflowName>,
    ) -> Answer<Vec<(ReleaseView, Option<Comparison>)>>;
    /// Deploys a workflow as its files say now, once its kept cases came out.
    fn deploy(&self, who: PersonId, wish: Wish) -> Answer<Turned>;
    fn turn(&self, who: PersonId, turn: Turn) -> Answer<Turned>;
    /// Workflows as their files say now.
    fn workflows(&self) -> Answer<Vec<Workflow>>;
    /// Names that a map can say.
    fn names(&self) -> Answer<Names>;
    /// Files of the workspace that are shown and changed from outside.
    fn files(&self) -> Answer<Vec<FileLine>>;
    fn file(&self, path: FilePath) -> Answer<FileText>;
    /// Who changed a file, the last one first.
    fn changes(&self, path: FilePath) -> Answer<FileChanges>;
    /// Gives the version that is stored then.
    fn save(&self, who: PersonId, saving: Saving) -> Answer<String>;
    /// Draws a map. Nothing is written.
    fn draw(&self, draft: Draft, edits: Vec<Edit>) -> Answer<Sheet>;
    /// A workflow, as its files say now, as a map of another product.
    fn export(&self, workflow: WorkflowName) -> Answer<MapFile>;
    /// The questions of a map after an answer. Nothing is written.
    fn interview(&self, draft: Draft, said: Option<Said>) -> Answer<Described>;
    /// Takes a case through choices. Nothing is written, and nothing leaves this process.
    fn rehearse(&self, wish: Rehearsing) -> Answer<Rehearsed>;
    /// Takes a stored case through what was said then. Nothing is written.
    fn again(&self, draft: Draft, run: RunId) -> Answer<GoneAgain>;
    /// Keeps a rehearsal as a case under a name. Gives its path in the workspace.
    fn keep(&self, who: PersonId, wish: Rehearsing, name: String) -> Answer<String>;
    /// Tool servers and what was approved of them. No server is started for it.
    fn servers(&self) -> Answer<ToolServers>;
    /// What a server offers now. It is started, or called, for it.
    fn probe(&self, server: String) -> Answer<Probed>;
    /// Approves tools exactly as they were shown. Gives the version of what was approved.
    fn pin(&self, who: PersonId, pinning: Pinning) -> Answer<String>;
    /// How safe everything is, as rules find it.
    fn assurance(&self) -> Answer<Assurance>;
    fn judged(&self, workflow: WorkflowName) -> Answer<WorkflowJudged>;
    /// Writes down what somebody answers for.
    fn answer_for(&self, who: PersonId, what: Answering) -> Answer<()>;
    fn vendors(&self) -> Answer<Vendors>;
    /// A credential by its id, as anybody sees it; nothing where there is none.
    fn credential(&self, id: String) -> Answer<Option<PublicCredential>>;
    /// A signed list of what is revoked or suspended, as a document or as a token.
    fn credential_list(&self, list: String, token: bool) -> Answer<Option<String>>;
    /// The document of the issuer, where anything was issued here.
    fn credential_issuer(&self) -> Answer<Option<String>>;
    fn instructions(&self) -> Answer<Instructions>;
    fn policies(&self) -> Answer<Policies>;
    fn try_policies(&self) -> Answer<PoliciesTried>;
    /// Hears whenever an entry was stored.
    fn written(&self) -> watch::Receiver<()>;
    /// The keys either of which may have signed what is sent to an address; none where there is no
    /// such address.
    fn hook_keys(&self, workflow: String, hook: String) -> Answer<Vec<HookKey>>;
    /// Keeps that more comes to an address that no key has signed than anybody sends by mistake.
    /// What is sent to an address that there is not is kept nowhere.
    fn flooded(&self, workflow: String, hook: String) -> Answer<()>;
    /// Begins the case of what was sent. Its signature was checked.
    fn take(&self, sent: Sent) -> Taking;
    /// Stored entries after a place, oldest first; without a place only the last place is given.
    fn after(&self, place: Option<u64>) -> Answer<(u64, Vec<Row>)>;
}
