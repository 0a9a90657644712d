//! What passes between this product and another one, WorkflowOS: a workflow as a map of it, and its
//! run logs to be looked at. Nothing of a log is stored, and nothing here must believe one.

use std::collections::BTreeMap;

use axum::Json;
use evidence::foreign::{Ended, Entry, Group, Log, PROVES_NOTHING, Run, Why as Unreadable};
use plan::ids::WorkflowName;
use plan::import::{Came, Line};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::door::Inside;
use crate::problem::{Body, Path, Problem};

/// The most bytes of a log that is sent, and of its entries that are sent back.
const LOG_BYTES_MAX: usize = 1_000_000;
const SHOWN_MAX: usize = 2_000;

/// A workflow as a map of the other product.
#[derive(Debug, Serialize, ToSchema)]
pub struct MapFile {
    /// What `workflow.json` says.
    #[schema(value_type = Value)]
    pub map: serde_json::Value,
    /// What became of each part of the workflow.
    pub lines: Vec<MapLine>,
}

/// What became of one part.
#[derive(Debug, Serialize, ToSchema)]
pub struct MapLine {
    /// The step; nothing where it is about the whole.
    step: Option<String>,
    field: String,
    /// Whether such a map holds it.
    carried: bool,
    /// Where it went, or why it did not.
    says: String,
}

impl From<Line> for MapLine {
    fn from(line: Line) -> Self {
        let step = Some(line.id).filter(|id| !id.is_empty());
        Self { step, field: line.field, carried: line.came == Came::Carried, says: line.says }
    }
}

/// A log of the other product.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogText {
    /// A JSON object on each line.
    #[schema(max_length = 1_000_000)]
    text: String,
}

/// What such a log says. It proves nothing: whoever can write the file can change it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ForeignLog {
    /// What has to be said wherever it is shown.
    says: String,
    runs: Vec<ForeignRun>,
    /// The first of its entries.
    entries: Vec<ForeignEntry>,
    /// How many further entries are counted and not sent.
    beyond: usize,
    /// The first lines that cannot be read.
    unread: Vec<UnreadLine>,
    unread_in_all: usize,
}

/// The counts of one run, as the log says them.
#[derive(Debug, Serialize, ToSchema)]
pub struct ForeignRun {
    run: String,
    first: Option<String>,
    last: Option<String>,
    ended: ForeignEnd,
    entries: usize,
    /// By what the entries are about: `contracts`, `tools`, `limits`, `approvals`, `errors`.
    groups: BTreeMap<String, usize>,
    /// By kind of entry, in words.
    events: BTreeMap<String, usize>,
    /// Lines that say an earlier time than the one before them.
    backwards: usize,
}

/// How a run ended, as the log says it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ForeignEnd {
    Complete,
    Failed,
    Open,
}

/// One entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct ForeignEntry {
    /// Its line in the file, from 1.
    line: usize,
    run: String,
    at: Option<String>,
    /// What happened, in words.
    what: String,
    /// What it is about: none, or some of `contracts`, `tools`, `limits`, `approvals`, `errors`.
    about: Vec<String>,
    step: Option<String>,
    tool: Option<String>,
    says: Option<String>,
    /// The fields that a broken contract lacked.
    missing: Vec<String>,
}

/// A line that cannot be read.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnreadLine {
    line: usize,
    why: UnreadWhy,
}

/// Why a line cannot be read.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnreadWhy {
    /// Longer than a line may be.
    Long,
    /// No JSON object.
    Form,
    /// No event that is known.
    Event,
}

impl From<&Run> for ForeignRun {
    fn from(run: &Run) -> Self {
        Self {
            run: run.run.clone(),
            first: run.first.clone(),
            last: run.last.clone(),
            ended: match run.ended {
                Ended::Complete => ForeignEnd::Complete,
                Ended::Failed => ForeignEnd::Failed,
                Ended::Open => ForeignEnd::Open,
            },
            entries: run.entries,
            groups: run.groups.iter().map(|(g, n)| (g.word().to_owned(), *n)).collect(),
            events: run.events.iter().map(|(kind, n)| (kind.says().to_owned(), *n)).collect(),
            backwards: run.backwards,
        }
    }
}

impl From<&Entry> for ForeignEntry {
    fn from(entry: &Entry) -> Self {
        Self {
            line: entry.line,
            run: entry.run.clone(),
            at: entry.at.clone(),
            what: entry.event.says().to_owned(),
            about: Group::ALL
                .into_iter()
                .filter(|group| entry.event.is_of(*group))
                .map(|group| group.word().to_owned())
                .collect(),
            step: entry.step.clone(),
            tool: entry.tool.clone(),
            says: entry.says.clone(),
            missing: entry.missing.clone(),
        }
    }
}

/// Hand a workflow on
///
/// As a map of WorkflowOS, of the files as they are now, with a line for each part that such a map
/// holds or cannot hold.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/workflows/{workflow}/export", tag = "files",
    operation_id = "export_workflow",
    params(
        ("workspace" = String, Path, description = "The workspace's name"),
        ("workflow" = String, Path, description = "The workflow's name")
    ),
    responses(
        (status = 200, description = "The map", body = MapFile),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "There is no such workflow, or it has problems"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be handed on")
    )
)]
pub async fn export(
    inside: Inside,
    Path((_, workflow)): Path<(String, String)>,
) -> Result<Json<MapFile>, Problem> {
    let workflow = WorkflowName::new(&workflow)
        .map_err(|why| Problem::invalid(format!("`workflow`: {why}")))?;
    Ok(Json(inside.here().export(workflow).await?))
}

/// Look at a log of another product
///
/// A run log of WorkflowOS: counts for each run, and its first entries. It is only looked at,
/// nothing of it is stored, and it proves nothing.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/foreign-log", tag = "cases",
    operation_id = "look_at_log",
    params(("workspace" = String, Path, description = "The workspace's name")),
    request_body = LogText,
    responses(
        (status = 200, description = "What the log says", body = ForeignLog),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It is too long"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be read")
    )
)]
pub async fn look(_: Inside, Body(log): Body<LogText>) -> Result<Json<ForeignLog>, Problem> {
    if log.text.len() > LOG_BYTES_MAX {
        let what = format!("`text` holds at most {LOG_BYTES_MAX} bytes: send the log in parts");
        return Err(Problem::invalid(what));
    }
    let log = Log::read(log.text.as_bytes());
    let shown = log.entries.len().min(SHOWN_MAX);
    Ok(Json(ForeignLog {
        says: PROVES_NOTHING.to_owned(),
        runs: log.runs.iter().map(ForeignRun::from).collect(),
        entries: log.entries.iter().take(shown).map(ForeignEntry::from).collect(),
        beyond: log.beyond + log.entries.len() - shown,
        unread: log
            .unread
            .iter()
            .map(|one| UnreadLine {
                line: one.line,
                why: match one.why {
                    Unreadable::Long => UnreadWhy::Long,
                    Unreadable::Form => UnreadWhy::Form,
                    Unreadable::Event => UnreadWhy::Event,
                },
            })
            .collect(),
        unread_in_all: log.unread_in_all,
    }))
}
