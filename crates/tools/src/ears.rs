//! The client's side of the protocol: what a server may tell or ask while it is connected. It must
//! answer nothing that is a person's to answer, unless a person has answered it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use journal::{Answered, Form};
use rmcp::model::{
    ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationAction,
    ElicitationCapability, FormElicitationCapability, Implementation,
};
use rmcp::service::{NotificationContext, RequestContext, RoleClient};
use rmcp::{ClientHandler, ErrorData};
use serde_json::Value;

use crate::progress::Followed;

/// Who answers at once what servers ask of people. A pool has nobody unless it is given somebody.
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
/// no files, no model. A question to a person is answered only from what a person had answered to
/// this very call; any other is left, and whoever waits for the call reads what was asked.
#[derive(Clone, Default)]
pub(crate) struct Ears {
    pub(crate) changes: Changes,
    pub(crate) followed: Followed,
    talk: Arc<Mutex<Talk>>,
    answers: Option<Arc<dyn Answers>>,
}

/// The calls that are out on a connection, and what was asked while they were.
#[derive(Default)]
struct Talk {
    out: usize,
    /// What people answered to the one call that is out.
    known: Vec<Answered>,
    /// How often a question was left, and the last one.
    left: u64,
    last: Asked,
}

/// A question of a server that nobody answered while it waited.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Asked {
    /// The form, where a person can be asked for it: it is one, and a single call was out, so that
    /// it is known for which.
    pub form: Option<Form>,
    pub words: String,
}

/// A call that is out, from before it is sent until nobody waits for it any more.
pub(crate) struct Out {
    talk: Arc<Mutex<Talk>>,
    before: u64,
}

/// As much of a question is kept in words.
const QUESTION_CHARS: usize = 500;

impl Ears {
    pub(crate) fn new(answers: Option<Arc<dyn Answers>>) -> Self {
        Self { answers, ..Self::default() }
    }

    /// Whether somebody answers at once.
    pub(crate) fn answered(&self) -> bool {
        self.answers.is_some()
    }

    /// A call goes out, with what people answered to it. Whoever brings answers must be alone.
    pub(crate) fn out(&self, known: &[Answered]) -> Out {
        let mut talk = held(&self.talk);
        talk.out += 1;
        talk.known = if talk.out == 1 { known.to_vec() } else { Vec::new() };
        Out { talk: Arc::clone(&self.talk), before: talk.left }
    }
}

impl Out {
    /// What was asked while this call was out.
    pub(crate) fn asked(&self) -> Option<Asked> {
        let talk = held(&self.talk);
        (talk.left > self.before).then(|| talk.last.clone())
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        let mut talk = held(&self.talk);
        talk.out = talk.out.saturating_sub(1);
        talk.known.clear();
    }
}

fn held(talk: &Mutex<Talk>) -> MutexGuard<'_, Talk> {
    talk.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Talk {
    /// A person's answer to exactly this form, given for the one call that is out. It is given
    /// once: a server that asks again was not content with it.
    fn answer(&mut self, form: &Form) -> Option<Value> {
        let same = |known: &Answered| {
            known.question.forms.iter().any(|f| f.says == form.says && f.wants == form.wants)
        };
        let known = self.known.iter().position(same).filter(|_| self.out == 1)?;
        Some(Value::Object(form.part(&self.known.remove(known).answer)))
    }

    fn leave(&mut self, form: Option<Form>, words: String) {
        self.left = self.left.saturating_add(1);
        self.last = Asked { form: form.filter(|_| self.out == 1), words };
    }
}

impl ClientHandler for Ears {
    fn get_info(&self) -> ClientConfig {
        let mut can = ClientCapabilities::default();
        if !self.answered() {
            // Whoever answers is asked in the course of one call, and not of one that goes on.
            can = ClientCapabilities::builder().enable_tasks().build();
        }
        let form = FormElicitationCapability::new();
        can.elicitation = Some(ElicitationCapability::new().with_form(form));
        ClientConfig::new(can, Implementation::new("flightdeck", env!("CARGO_PKG_VERSION")))
    }

    async fn create_elicitation(
        &self,
        params: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let accept = |values| ElicitResult::new(ElicitationAction::Accept).with_content(values);
        if let Some(values) = self.answers.as_deref().and_then(|answers| answer(answers, &params)) {
            return Ok(accept(values));
        }
        let form = form(String::new(), &params);
        let mut talk = held(&self.talk);
        if let Some(values) = form.as_ref().and_then(|form| talk.answer(form)) {
            return Ok(accept(values));
        }
        talk.leave(form, question(&params));
        // Nobody said no: whoever is asked for it answers later, and the call is made again.
        Ok(ElicitResult::new(ElicitationAction::Cancel))
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.changes.another();
    }
}

/// What a server asks for, as a form. An address to open is none.
pub(crate) fn form(name: String, params: &ElicitRequestParams) -> Option<Form> {
    let ElicitRequestParams::FormElicitationParams { message, requested_schema, .. } = params
    else {
        return None;
    };
    let (says, wants) = (message.clone(), serde_json::to_value(requested_schema).ok()?);
    Some(Form { name, says, wants })
}

fn answer(answers: &dyn Answers, params: &ElicitRequestParams) -> Option<Value> {
    match params {
        ElicitRequestParams::FormElicitationParams { message, requested_schema, .. } => {
            answers.answer(message, &serde_json::to_value(requested_schema).ok()?)
        }
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
