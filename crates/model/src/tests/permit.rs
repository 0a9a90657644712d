//! Permits for tests, made the only way there is: by committing a draft to a store.

use std::sync::{Arc, mpsc};

use journal::{
    Account, ActNo, AnswerShape, At, Batch, Command, CommitError, Done, Draft, Entropy, Epoch,
    Hash, Message, Millis, ModelAsk, Payload, Permit, Record, Role, RunId, RunLine, RunQuery, Seq,
    StopScope, Store, StoreError, Stored, Usage, What, commit,
};
use plan::ids::{ModelName, ReleaseId, StepId, WorkflowName};
use plan::workflow::Autonomy;

/// A question to the model `m` about a document.
pub(crate) fn ask(document: &str, answer: AnswerShape) -> ModelAsk {
    ModelAsk {
        model: name(),
        instructions: "Be brief.".into(),
        messages: vec![said(Role::User, document)],
        tools: Vec::new().into(),
        answer,
        again: 0,
        probabilities: false,
        tokens_max: 100,
        time_out_ms: 20_000,
        key: Hash([7; 32]),
    }
}

pub(crate) fn said(role: Role, text: &str) -> Arc<Message> {
    Arc::new(Message { role, text: text.into(), calls: Vec::new(), answers: None, least: None })
}

pub(crate) fn name() -> ModelName {
    ModelName::new("m").unwrap()
}

pub(crate) fn permit(ask: ModelAsk) -> Permit {
    allowed(Payload::Model(ask))
}

pub(crate) fn allowed(payload: Payload) -> Permit {
    let at = At { step: StepId::new("step").unwrap(), visit: 1 };
    let record = Record::Allowed {
        act: ActNo(1),
        at,
        attempt: 1,
        what: What::Model { model: name(), messages: 1, question: None },
        key: Hash([7; 32]),
        rules: Vec::new(),
        reserve: Usage::default(),
    };
    let draft = Draft {
        run: RunId::new(Millis(1), [0; 10]),
        seq: Seq(0),
        prev: Hash::default(),
        epoch: Epoch(1),
        at: Millis(1),
        cause: Vec::new(),
        records: vec![record],
        bodies: Vec::new(),
        entropy: Entropy([0; 32]),
        draws: Vec::new(),
        consumes: Vec::new(),
        posts: Vec::new(),
        payloads: vec![(ActNo(1), payload)],
        vendors: vec![(name(), "vendor".into())],
        freedoms: (0..100).map(|n| (ActNo(n), Autonomy::Suggest)).collect(),
        above: Vec::new(),
        workflow: WorkflowName::new("flow").unwrap(),
        release: ReleaseId([0; 32]),
        standing: None,
    };
    let (to, from) = mpsc::channel();
    commit(&Memory, draft, move |committed| to.send(committed).unwrap());
    from.recv().unwrap().unwrap().permits.pop().unwrap()
}

/// A store that keeps nothing: enough for a permit that is used at once.
struct Memory;

impl Store for Memory {
    fn submit(&self, batch: Batch, done: Done) {
        done(Ok::<_, CommitError>(batch.stored()));
    }
    fn claim(&self, _: RunId) -> Result<Epoch, StoreError> {
        unused()
    }
    fn frames(&self, _: RunId, _: Seq, _: usize) -> Result<Vec<Stored>, StoreError> {
        unused()
    }
    fn post(&self, _: &Command) -> Result<(), StoreError> {
        unused()
    }
    fn inbox(&self, _: RunId) -> Result<Vec<Command>, StoreError> {
        unused()
    }
    fn tip(&self, _: RunId) -> Result<Option<(Seq, Hash)>, StoreError> {
        unused()
    }
    fn stops(&self) -> Result<Vec<StopScope>, StoreError> {
        unused()
    }
    fn due(&self, _: Millis, _: usize) -> Result<Vec<RunId>, StoreError> {
        unused()
    }
    fn next_wake(&self) -> Result<Option<Millis>, StoreError> {
        unused()
    }
    fn runs(&self, _: &RunQuery) -> Result<Vec<RunLine>, StoreError> {
        unused()
    }
    fn account(&self, _: &Account) -> Result<u64, StoreError> {
        unused()
    }
    fn accounts(&self, _: &str) -> Result<Vec<Account>, StoreError> {
        unused()
    }
    fn scrub(&self) -> Result<(), StoreError> {
        unused()
    }
    fn put_release(&self, _: ReleaseId, _: &[u8]) -> Result<(), StoreError> {
        unused()
    }
    fn release(&self, _: ReleaseId) -> Result<Option<Vec<u8>>, StoreError> {
        unused()
    }
}

fn unused<T>() -> Result<T, StoreError> {
    Err(StoreError::Fault("a store for permits only".to_owned()))
}
