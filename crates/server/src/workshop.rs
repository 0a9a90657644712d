//! The workspace's own files: the maps, instructions and tables that are read, changed and saved,
//! and a map as it is drawn. A file is saved only over the version that was read. It must not judge
//! a text: `plan` does.

mod map;

use axum::Json;
use plan::ids::FilePath;
use plan::{Edit, FILE_BYTES_MAX};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::door::Inside;
use crate::problem::{Asked, Body, Problem};
use map::Map;
pub use map::Sheet;

/// How many changes are made at once.
const EDITS_MAX: usize = 1_000;

/// The workflows of a workspace.
#[derive(Debug, Serialize, ToSchema)]
pub struct Workflows {
    workflows: Vec<Workflow>,
}

/// One workflow as its file says now, and what is live of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Workflow {
    pub workflow: String,
    /// The file that it is.
    pub path: String,
    /// The digest of the file.
    pub version: String,
    /// None while its file has problems.
    pub purpose: Option<String>,
    pub accountable: Option<String>,
    /// How many problems keep it from being a plan.
    pub problems: usize,
    /// How many questions are not settled; it is not deployed before.
    pub open: usize,
    /// The release that new cases begin on; none where it was never deployed.
    pub live: Option<String>,
    /// The release that is tried beside it.
    pub canary: Option<String>,
    /// Whether its files say something else than what is live.
    pub changed: bool,
    /// What a case of it is given when a person starts one.
    pub fields: Vec<CaseField>,
}

/// A field of a case.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseField {
    pub name: String,
    /// In words, such as `an amount of money`.
    pub kind: String,
    /// It may be left out.
    pub optional: bool,
    /// The words of which it is one, where it is.
    pub choices: Vec<String>,
}

/// The files that a workspace consists of and that can be read here.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileList {
    files: Vec<FileLine>,
}

/// One file in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileLine {
    pub path: String,
    /// The digest (SHA-256) of the file's bytes.
    pub version: String,
    pub bytes: u64,
}

/// A file.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileText {
    pub path: String,
    pub text: String,
    /// The digest (SHA-256) of the file's bytes: a change is saved over this version.
    pub version: String,
}

/// Which file is meant.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Named {
    /// From the workspace's folder, with `/`.
    path: String,
}

impl Named {
    pub fn file(&self) -> Result<FilePath, Problem> {
        file(&self.path)
    }
}

/// What a file is to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Save {
    text: String,
    /// The version that was changed; without one there must be no such file yet.
    from: Option<String>,
}

/// What a file is to say, read.
#[derive(Debug)]
pub struct Saving {
    pub path: FilePath,
    pub text: String,
    pub from: Option<String>,
}

/// A file that was saved.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileSaved {
    path: String,
    version: String,
}

/// A map to be drawn: the stored file, or another text in its place, with changes made to it first.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Draw {
    path: String,
    text: Option<String>,
    #[serde(default)]
    #[schema(max_items = 1000)]
    edits: Vec<Change>,
}

/// One change of a file. A place is named by keys, numbers of a list from 0, and names of steps.
/// Only the lines of what is changed are written anew, and comments stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// Puts a value to a place, whether or not one stands there.
    Set {
        at: Vec<String>,
        #[schema(value_type = Value)]
        to: serde_json::Value,
    },
    /// Takes away what stands at a place: a key, a row, a step.
    Remove { at: Vec<String> },
    /// Adds a step after another one, or as the first.
    Add {
        #[schema(value_type = Value)]
        step: serde_json::Value,
        after: Option<String>,
    },
    /// Puts a step after another one of its list, or first in it: also within a branch.
    Move { step: String, after: Option<String> },
    /// Gives a step another name, wherever it is named.
    Rename { step: String, to: String },
    /// Replaces the text below the settings.
    Body { text: String },
}

impl From<Change> for Edit {
    fn from(change: Change) -> Self {
        match change {
            Change::Set { at, to } => Self::Set { at, to },
            Change::Remove { at } => Self::Remove { at },
            Change::Add { step, after } => Self::Add { step, after },
            Change::Move { step, after } => Self::Move { step, after },
            Change::Rename { step, to } => Self::Rename { step, to },
            Change::Body { text } => Self::Body { text },
        }
    }
}

/// A text that stands in for a stored file while something is made of it.
#[derive(Debug)]
pub struct Draft {
    pub path: FilePath,
    /// Another text than the stored one.
    pub text: Option<String>,
}

impl Draft {
    /// What was sent, if it names a file and is not too long.
    pub fn read(path: &str, text: Option<String>) -> Result<Self, Problem> {
        let path = file(path)?;
        if text.as_ref().is_some_and(|text| text.len() > FILE_BYTES_MAX) {
            return Err(too_long());
        }
        Ok(Self { path, text })
    }
}

fn file(path: &str) -> Result<FilePath, Problem> {
    FilePath::new(path).map_err(|why| Problem::invalid(format!("`path`: {why}")))
}

fn too_long() -> Problem {
    Problem::invalid(format!("a file has at most {FILE_BYTES_MAX} bytes"))
}

/// List workflows
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/workflows", tag = "files",
    operation_id = "list_workflows",
    params(("workspace" = String, Path, description = "The workspace's name")),
    responses(
        (status = 200, description = "Workflows, by name", body = Workflows),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed")
    )
)]
pub async fn workflows(inside: Inside) -> Result<Json<Workflows>, Problem> {
    Ok(Json(Workflows { workflows: inside.here().workflows().await? }))
}

/// Names that a map can say, as the workspace knows them now.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Names {
    pub roles: Vec<String>,
    pub people: Vec<String>,
    pub agents: Vec<String>,
    /// Tools that were approved, each as `server.tool`.
    pub tools: Vec<String>,
    pub workflows: Vec<String>,
}

/// List the names that a map can say
///
/// Roles, people, agents, approved tools and workflows.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/names", tag = "files",
    operation_id = "list_names",
    params(("workspace" = String, Path, description = "The workspace's name")),
    responses(
        (status = 200, description = "Names, by what they name", body = Names),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed")
    )
)]
pub async fn names(inside: Inside) -> Result<Json<Names>, Problem> {
    Ok(Json(inside.here().names().await?))
}

/// List files
///
/// Maps, instructions, tables, schemas, lists and policies. Who people are, which programs are
/// servers and which tools were approved is changed where the workspace lies.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/files", tag = "files",
    operation_id = "list_files",
    params(("workspace" = String, Path, description = "The workspace's name")),
    responses(
        (status = 200, description = "Files, by path", body = FileList),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed")
    )
)]
pub async fn files(inside: Inside) -> Result<Json<FileList>, Problem> {
    Ok(Json(FileList { files: inside.here().files().await? }))
}

/// Read a file
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/file", tag = "files",
    operation_id = "read_file",
    params(("workspace" = String, Path, description = "The workspace's name"), Named),
    responses(
        (status = 200, description = "What the file says", body = FileText),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be read"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be read")
    )
)]
pub async fn read(inside: Inside, Asked(named): Asked<Named>) -> Result<Json<FileText>, Problem> {
    Ok(Json(inside.here().file(file(&named.path)?).await?))
}

/// Save a file
///
/// Whole or not at all, and only over the version that was changed: whoever saved another one
/// meanwhile loses nothing, and what was sent is refused as a conflict.
#[utoipa::path(
    put, path = "/api/v1/workspaces/{workspace}/file", tag = "files",
    operation_id = "save_file",
    params(("workspace" = String, Path, description = "The workspace's name"), Named),
    request_body = Save,
    responses(
        (status = 200, description = "It is saved", body = FileSaved),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "Nothing was written"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "Nothing was written")
    )
)]
pub async fn save(
    inside: Inside,
    Asked(named): Asked<Named>,
    Body(save): Body<Save>,
) -> Result<Json<FileSaved>, Problem> {
    let path = file(&named.path)?;
    if save.text.len() > FILE_BYTES_MAX {
        return Err(too_long());
    }
    let saving = Saving { path: path.clone(), text: save.text, from: save.from };
    let version = inside.here().save(inside.who.clone(), saving).await?;
    Ok(Json(FileSaved { path: path.to_string(), version }))
}

/// Draw a map
///
/// Of the stored file or of a text that is not saved, with changes made to it first. Nothing is
/// written.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/map", tag = "files",
    operation_id = "draw_map",
    params(("workspace" = String, Path, description = "The workspace's name")),
    request_body = Draw,
    responses(
        (status = 200, description = "The map, and every problem of it", body = Map),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be drawn, or a change cannot be made"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be drawn")
    )
)]
pub async fn draw(inside: Inside, Body(draw): Body<Draw>) -> Result<Json<Map>, Problem> {
    let Draw { path, text, edits } = draw;
    let draft = Draft::read(&path, text)?;
    if edits.len() > EDITS_MAX {
        return Err(Problem::invalid(format!("at most {EDITS_MAX} changes are made at once")));
    }
    let path = draft.path.clone();
    let edits = edits.into_iter().map(Edit::from).collect();
    Ok(Json(Map::of(&path, inside.here().draw(draft, edits).await?)))
}
