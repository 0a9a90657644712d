//! The client's side of the protocol: what a server may tell or ask while it is connected. It must
//! answer nothing that is a person's to answer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rmcp::model::{
    ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationAction,
    Implementation,
};
use rmcp::service::{NotificationContext, RequestContext, RoleClient};
use rmcp::{ClientHandler, ErrorData};

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
/// no files, no model. A question to a person is not answered by a program: it is declined, and
/// whoever waits for a call reads that it was asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ears {
    pub(crate) changes: Changes,
    questions: Arc<Mutex<Questions>>,
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
        ClientConfig::new(
            ClientCapabilities::default(),
            Implementation::new("flightdeck", env!("CARGO_PKG_VERSION")),
        )
    }

    async fn create_elicitation(
        &self,
        params: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let mut questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner);
        questions.count = questions.count.saturating_add(1);
        questions.last = question(&params);
        Ok(ElicitResult::new(ElicitationAction::Decline))
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.changes.another();
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
