//! The client's side of the protocol: what a server may tell or ask while it is connected. It must
//! answer nothing that is a person's to answer, unless it was given somebody who does.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rmcp::model::{
    ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationAction,
    ElicitationCapability, FormElicitationCapability, Implementation,
};
use rmcp::service::{NotificationContext, RequestContext, RoleClient};
use rmcp::{ClientHandler, ErrorData};
use serde_json::Value;

use crate::progress::Followed;

/// Who answers what servers ask of people. A pool has nobody unless it is given somebody.
pub trait Answers: Send + Sync {
    /// The values of a form with this schema; nothing where the answer is no.
    fn answer(&self, question: &str, schema: &Value) -> Option<Value>;
}

/// How many changes of its tools a server told of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes(Arc<AtomicU64>);

impl Changes {
    pub(crate) fn now(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    pub(crate) fn another(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

/// The client's side of the protocol. It hears that the tools changed and offers a server nothing:
/// no files, no model. A question to a person that nobody answers is declined, and whoever waits
/// for a call reads that it was asked.
#[derive(Clone, Default)]
pub(crate) struct Ears {
    pub(crate) changes: Changes,
    pub(crate) followed: Followed,
    questions: Arc<Mutex<Questions>>,
    answers: Option<Arc<dyn Answers>>,
}

/// What a server asked of people: how often, and the last time in which words.
#[derive(Debug, Default)]
struct Questions {
    count: u64,
    last: String,
}

/// As much of a question is kept.
const QUESTION_CHARS: usize = 500;

impl Ears {
    pub(crate) fn new(answers: Option<Arc<dyn Answers>>) -> Self {
        Self { answers, ..Self::default() }
    }

    /// Whether somebody answers.
    pub(crate) fn answered(&self) -> bool {
        self.answers.is_some()
    }

    pub(crate) fn asked(&self) -> u64 {
        self.questions.lock().unwrap_or_else(PoisonError::into_inner).count
    }

    /// The last question, if one was asked since there were so many.
    pub(crate) fn since(&self, count: u64) -> Option<String> {
        let questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner);
        (questions.count > count).then(|| questions.last.clone())
    }
}

impl ClientHandler for Ears {
    fn get_info(&self) -> ClientConfig {
        let mut can = ClientCapabilities::default();
        if self.answered() {
            let form = FormElicitationCapability::new();
            can.elicitation = Some(ElicitationCapability::new().with_form(form));
        } else {
            // Whoever answers is asked in the course of one call, and not of one that goes on.
            can = ClientCapabilities::builder().enable_tasks().build();
        }
        ClientConfig::new(can, Implementation::new("flightdeck", env!("CARGO_PKG_VERSION")))
    }

    async fn create_elicitation(
        &self,
        params: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        if let Some(values) = self.answers.as_deref().and_then(|answers| answer(answers, &params)) {
            return Ok(ElicitResult::new(ElicitationAction::Accept).with_content(values));
        }
        let mut questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner);
        questions.count = questions.count.saturating_add(1);
        questions.last = question(&params);
        Ok(ElicitResult::new(ElicitationAction::Decline))
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.changes.another();
    }
}

fn answer(answers: &dyn Answers, params: &ElicitRequestParams) -> Option<Value> {
    match params {
        ElicitRequestParams::FormElicitationParams { message, requested_schema, .. } => {
            answers.answer(message, &serde_json::to_value(requested_schema).ok()?)
        }
        // An address to open is no form.
        _ => None,
    }
}

/// What a server wants to know from a person, in its own words.
pub(crate) fn question(params: &ElicitRequestParams) -> String {
    let text = match params {
        ElicitRequestParams::FormElicitationParams { message, .. } => message.clone(),
        ElicitRequestParams::UrlElicitationParams { message, url, .. } => {
            format!("{message} ({url})")
        }
        _ => String::new(),
    };
    text.chars().take(QUESTION_CHARS).collect()
}
