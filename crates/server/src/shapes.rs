//! What goes over the wire: cases, requests, stops. Times are RFC 3339 in UTC. It must not leave a
//! client to tell from a missing field that something waits for a person: that is a status.

mod case;
mod request;

use access::Right;
use jiff::Timestamp;
use journal::{Millis, RunId, Status, StopScope};
use plan::AccessRole;
use plan::ids::{ToolName, WorkflowName};
use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::problem::Problem;
pub use case::{Case, CaseLine, Cases, Explained, Glance, Seen};
pub use request::{Open, Request, Requests};

/// A time as text.
pub fn time(at: Millis) -> String {
    let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(millis).unwrap_or_default().to_string()
}

/// Where a case stands, by the words that a run has for it everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseStatus(Status);

impl From<Status> for CaseStatus {
    fn from(status: Status) -> Self {
        Self(status)
    }
}

impl From<CaseStatus> for Status {
    fn from(status: CaseStatus) -> Self {
        status.0
    }
}

impl PartialSchema for CaseStatus {
    fn schema() -> RefOr<Schema> {
        named("Where a case stands.", Status::ALL.iter().map(|status| status.as_str()))
    }
}

impl ToSchema for CaseStatus {}

/// A right, by the name it has everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RightName(pub Right);

impl PartialSchema for RightName {
    fn schema() -> RefOr<Schema> {
        named("What somebody may do.", Right::ALL.iter().map(|right| right.as_str()))
    }
}

impl ToSchema for RightName {}

/// What somebody is to a workspace, by the name it has in its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct RoleName(pub AccessRole);

impl PartialSchema for RoleName {
    fn schema() -> RefOr<Schema> {
        let all = AccessRole::ALL.iter().map(|role| role.as_str());
        named("What somebody is to a workspace.", all)
    }
}

impl ToSchema for RoleName {}

fn named<'a>(what: &str, all: impl Iterator<Item = &'a str>) -> RefOr<Schema> {
    let schema = ObjectBuilder::new().schema_type(Type::String);
    schema.description(Some(what)).enum_values(Some(all)).into()
}

/// What a stop covers.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(tag = "of", content = "name", rename_all = "snake_case")]
pub enum Scope {
    Everything,
    Workflow(String),
    Case(String),
    /// One tool, as `server.tool`.
    Tool(String),
    /// Every tool of a server.
    Server(String),
    /// Every model of a vendor.
    Vendor(String),
    /// Effects that go further by themselves than a level, as `workflow=approve` or
    /// `workflow.step=approve`. They are put before a person.
    Beyond(String),
}

impl From<&StopScope> for Scope {
    fn from(scope: &StopScope) -> Self {
        match scope {
            StopScope::Everything => Self::Everything,
            StopScope::Workflow(name) => Self::Workflow(name.to_string()),
            StopScope::Run(run) => Self::Case(run.to_string()),
            StopScope::Tool(name) => Self::Tool(name.to_string()),
            StopScope::Server(name) => Self::Server(name.clone()),
            StopScope::Vendor(name) => Self::Vendor(name.clone()),
            StopScope::Beyond { workflow, step, level } => {
                let step = step.as_ref().map(|step| format!(".{step}")).unwrap_or_default();
                Self::Beyond(format!("{workflow}{step}={}", level.as_str()))
            }
        }
    }
}

impl TryFrom<Scope> for StopScope {
    type Error = Problem;

    fn try_from(scope: Scope) -> Result<Self, Problem> {
        let name = |text: String, what: &str| {
            // Names of servers and vendors are short words; what is none of them names nothing.
            let plain = !text.is_empty() && text.len() <= 100 && !text.contains(char::is_control);
            let bad = || Problem::invalid(format!("`{text}` names no {what}"));
            if plain { Ok(text) } else { Err(bad()) }
        };
        Ok(match scope {
            Scope::Everything => Self::Everything,
            Scope::Workflow(text) => {
                Self::Workflow(WorkflowName::new(&text).map_err(Problem::invalid)?)
            }
            Scope::Case(text) => Self::Run(text.parse::<RunId>().map_err(Problem::invalid)?),
            Scope::Tool(text) => Self::Tool(ToolName::new(&text).map_err(Problem::invalid)?),
            Scope::Server(text) => Self::Server(name(text, "server")?),
            Scope::Vendor(text) => Self::Vendor(name(text, "vendor")?),
            Scope::Beyond(text) => Self::beyond(&text).ok_or_else(|| {
                Problem::invalid(format!("`{text}` is no workflow or step with a level"))
            })?,
        })
    }
}
