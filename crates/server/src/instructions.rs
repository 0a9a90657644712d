//! Instructions: the files that agents read, how much of each agent's reading each is, what is
//! wrong in them, and who changed them last. It must not judge a text.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::door::Inside;
use crate::problem::{Asked, Problem};
use crate::workshop::Named;

/// The instructions of a workspace.
#[derive(Debug, Serialize, ToSchema)]
pub struct Instructions {
    /// By path.
    pub files: Vec<InstructionFile>,
    /// What the agent of each step reads in every case.
    pub agents: Vec<Reading>,
    pub findings: Vec<InstructionFinding>,
    /// Why nothing is known of who changed files elsewhere than here.
    pub no_history: Option<String>,
}

/// A file of instructions.
#[derive(Debug, Serialize, ToSchema)]
pub struct InstructionFile {
    pub path: String,
    pub kind: InstructionKind,
    /// An estimate: every model counts in its own way.
    pub tokens_about: usize,
    /// Whether it can be changed from here.
    pub open: bool,
    /// The steps whose agents read it, each as `workflow.step`.
    pub read_by: Vec<String>,
    /// Who changed it, the last one first.
    pub changes: Vec<FileChange>,
}

/// What a file of instructions is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InstructionKind {
    /// For every agent, or for those of its folder.
    Standing,
    /// One agent's own.
    Agent,
    /// Another one imports it.
    Imported,
    /// A workflow's, below the headings of its steps.
    Workflow,
}

/// A change of a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileChange {
    /// The person, or the author as the workspace's version history names them.
    pub who: String,
    pub at: String,
    /// Whether it was saved through this installation.
    pub here: bool,
    /// What its author says of it.
    pub about: Option<String>,
}

/// Who changed a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileChanges {
    /// The last one first.
    pub changes: Vec<FileChange>,
    /// Why nothing is known of who changed it elsewhere than here.
    pub no_history: Option<String>,
}

/// What an agent reads in every case.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reading {
    pub workflow: String,
    pub step: String,
    pub agent: String,
    pub tokens_about: usize,
    /// In the order in which it reads them.
    pub parts: Vec<ReadPart>,
}

/// One part of what an agent reads.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadPart {
    /// The file, and after `#` the step whose heading it stands below.
    pub source: String,
    pub tokens_about: usize,
}

/// Something wrong in a file of instructions.
#[derive(Debug, Serialize, ToSchema)]
pub struct InstructionFinding {
    pub kind: FindingKind,
    pub file: String,
    /// From 1.
    pub line: usize,
    pub what: String,
    pub fix: Option<String>,
}

/// What kind of finding it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// No plan can be made until it is mended.
    Problem,
    /// It names something that is not there.
    Stale,
    /// Two sentences that one agent reads say the opposite of each other.
    Conflict,
}

/// List instructions
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/instructions", tag = "files",
    operation_id = "list_instructions",
    params(("workspace" = String, Path, description = "The workspace's name")),
    responses(
        (status = 200, description = "Files, what agents read, and findings", body = Instructions),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed")
    )
)]
pub async fn list(inside: Inside) -> Result<Json<Instructions>, Problem> {
    Ok(Json(inside.here().instructions().await?))
}

/// List the changes of a file
///
/// Who saved it through this installation, and who changed it as its version history names them.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/file/changes", tag = "files",
    operation_id = "list_file_changes",
    params(("workspace" = String, Path, description = "The workspace's name"), Named),
    responses(
        (status = 200, description = "The last changes", body = FileChanges),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be looked at from here"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed")
    )
)]
pub async fn changes(
    inside: Inside,
    Asked(named): Asked<Named>,
) -> Result<Json<FileChanges>, Problem> {
    Ok(Json(inside.here().changes(named.file()?).await?))
}
