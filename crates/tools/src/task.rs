//! A call that its server answers later: what becomes of it is asked for again and again, as often
//! as the server suggests and for as long as the call may take. It must not call a tool, and what
//! nobody waits for any more it takes back.

use std::time::Duration;

use rmcp::ServiceError;
use rmcp::model::{
    CallToolResponse, CallToolResult, CancelTaskParams, ErrorData, GetTaskParams, InputRequest,
    JsonObject, Task, TaskPayload,
};
use rmcp::service::{Peer, RoleClient};
use serde_json::Value;
use tokio::runtime::Handle;

use crate::{connection, ears, wire};

/// How often it is asked for where the server does not say, and at most.
const PAUSE: Duration = Duration::from_secs(1);
const SHORTEST: Duration = Duration::from_millis(100);

/// How long a server may take to hear that nobody waits any more.
const PARTING: Duration = Duration::from_secs(10);

/// Whether this server may answer later: only who declares that it does keeps what it owes.
pub(crate) fn declared(server: &Peer<RoleClient>) -> bool {
    server.peer_info().is_some_and(|info| info.capabilities.supports_tasks())
}

/// Waits for what a call comes to.
pub(crate) async fn result(
    server: &Peer<RoleClient>,
    mut task: Task,
) -> Result<CallToolResponse, ServiceError> {
    let mut open = Open { server: server.clone(), id: Some(task.task_id.clone()) };
    loop {
        tokio::time::sleep(pause(&task)).await;
        let asked = server.get_task(GetTaskParams::new(task.task_id.clone())).await;
        let now = asked.map_err(lost)?.task;
        match now.payload {
            TaskPayload::Working => {}
            TaskPayload::Completed { result } => {
                open.id = None;
                return completed(result);
            }
            TaskPayload::Failed { error } => {
                open.id = None;
                let error: Result<ErrorData, _> = serde_json::from_value(Value::Object(error));
                let unread = |why: serde_json::Error| in_doubt(why.to_string());
                return Err(error.map_or_else(unread, ServiceError::McpError));
            }
            TaskPayload::InputRequired { input_requests } => {
                let question = input_requests.values().find_map(|request| match request {
                    InputRequest::Elicitation(ask) => Some(ears::question(&ask.params)),
                    _ => None,
                });
                let question = question.unwrap_or_default();
                let text = format!("its work goes on only when somebody answers `{question}`");
                return Err(in_doubt(text));
            }
            _ => {
                open.id = None;
                return Err(in_doubt("the server gave it up".to_owned()));
            }
        }
        // The name is the one that was given first: what else it is called names another task.
        task.poll_interval_ms = now.task.poll_interval_ms;
    }
}

fn completed(result: JsonObject) -> Result<CallToolResponse, ServiceError> {
    let result: Result<CallToolResult, _> = serde_json::from_value(Value::Object(result));
    let garbage = |why: serde_json::Error| {
        ServiceError::McpError(ErrorData::new(wire::GARBAGE, why.to_string(), None))
    };
    result.map(CallToolResponse::Complete).map_err(garbage)
}

fn pause(task: &Task) -> Duration {
    task.poll_interval_ms.map_or(PAUSE, Duration::from_millis).max(SHORTEST)
}

/// The call was taken on. That the question about it was turned away says nothing of the call.
fn lost(error: ServiceError) -> ServiceError {
    match error {
        ServiceError::McpError(_) | ServiceError::TransportSend(_) => {
            in_doubt(connection::unanswered(&error))
        }
        other => other,
    }
}

fn in_doubt(why: String) -> ServiceError {
    let text = format!("it was begun, and nobody knows what came of it: {why}");
    ServiceError::McpError(ErrorData::new(wire::IN_DOUBT, text, None))
}

/// A task that is not over. When nobody waits for it any more, its server is told.
struct Open {
    server: Peer<RoleClient>,
    id: Option<String>,
}

impl Drop for Open {
    fn drop(&mut self) {
        let (Some(id), Ok(runtime)) = (self.id.take(), Handle::try_current()) else { return };
        let server = self.server.clone();
        runtime.spawn(async move {
            let taken_back = server.cancel_task(CancelTaskParams::new(id));
            // Whether it heard is the server's; the call is in doubt either way.
            let _ = tokio::time::timeout(PARTING, taken_back).await;
        });
    }
}

#[cfg(test)]
mod tests;
