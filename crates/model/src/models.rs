//! Models that can be called. One call consumes one permit and is one request. It must not choose a
//! model, and never tries again: that is the engine's, on record.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use journal::{AnswerShape, Code, Failure, ModelAsk, Outcome, Payload, Permit, Usage};
use plan::ids::ModelName;
use plan::workflow::{Can, Price};
use reqwest::Client;
use tokio::time::{Instant, timeout};

use crate::anthropic::Anthropic;
use crate::breaker::Breaker;
use crate::http::{self, Endpoint, Way, millis};
use crate::keys::Header;
use crate::openai::{Dialect, OpenAi};
use crate::pace::Pace;
use crate::price::usage;
use crate::provider::{Answered, Provider, Tokens};
use crate::secret::{Key, Secret};
use crate::{Canary, Fault, Rehearsal, Seat};

/// How long a streamed answer may be silent where nobody says otherwise. Models that think before
/// they write send nothing for a minute and more.
pub const IDLE: Duration = Duration::from_secs(120);

/// A model of a workspace.
#[derive(Debug, Clone)]
pub struct ModelSpec {
    pub name: ModelName,
    /// The vendor's own name of it.
    pub model: String,
    pub place: Place,
    pub price: Price,
    pub can: Vec<Can>,
    /// Calls that may be out at the same time.
    pub at_once: usize,
    pub per_minute: Option<u32>,
    /// How long a streamed answer may be silent; calls that take longer than this are streamed.
    pub idle: Duration,
}

/// Where a model answers.
#[derive(Debug, Clone)]
pub enum Place {
    /// A server of the OpenAI-compatible format, up to and without `/chat/completions`:
    /// `https://api.openai.com/v1`.
    OpenAi { base_url: String, keys: Vec<Key> },
    /// A server of Anthropic's format, with or without `/v1`: `https://api.anthropic.com`.
    Anthropic { base_url: String, keys: Vec<Key> },
    /// A llama.cpp server, with or without `/v1`. With `slots` (no more than it has) a document
    /// stays in one slot and is read once for all questions about it.
    LlamaCpp { base_url: String, key: Option<Secret>, slots: Option<u32> },
    /// Written or recorded answers, and no model.
    Rehearsal(Arc<Rehearsal>),
    /// An outside agent.
    Outside(Seat),
    /// What drills ask: it obeys whatever it is shown.
    Canary(Canary),
    /// A server that is not up, and why. Another place takes over when it is.
    Down(String),
}

/// The outcome of a call, and whether it is known what happened.
///
/// A call that was sent and not answered with a count may have been charged for. It is reported as
/// uncertain with no usage, and the engine counts its whole reservation; of a model without a price
/// it is certain that it cost nothing. A call that was never sent, or that the vendor turned down,
/// is certain and used nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    pub outcome: Outcome,
    pub certain: bool,
}

/// Who answers now.
enum Served {
    By { provider: Arc<dyn Provider>, breaker: Option<Arc<Breaker>> },
    Nobody(String),
}

/// The format of a server.
enum Spoken {
    OpenAi(Dialect),
    Anthropic,
}

/// An address that ends in `/v1`, whether it was written so or not.
fn versioned(base_url: &str) -> String {
    format!("{}/v1", base_url.trim_end_matches('/').trim_end_matches("/v1"))
}

/// A model that can be called.
pub struct Callable {
    name: ModelName,
    model: String,
    idle: Duration,
    vendors: Arc<Vendors>,
    served: RwLock<Arc<Served>>,
    pace: Pace,
    price: Price,
    can: Vec<Can>,
    hidden: Vec<Key>,
}

/// What models that are called side by side share.
#[derive(Default)]
pub struct Vendors {
    /// Models behind one address are one vendor, and share its breaker.
    breakers: Mutex<HashMap<String, Arc<Breaker>>>,
    clients: Mutex<HashMap<Way, Client>>,
}

impl Vendors {
    /// Sets a model up. Nothing is sent.
    pub fn callable(self: &Arc<Self>, spec: ModelSpec) -> Result<Callable, Fault> {
        let served = self.served(&spec.name, &spec.model, spec.idle, spec.place)?;
        Ok(Callable {
            name: spec.name,
            model: spec.model,
            idle: spec.idle,
            vendors: Arc::clone(self),
            served: RwLock::new(Arc::new(served)),
            pace: Pace::new(spec.at_once, spec.per_minute),
            price: spec.price,
            can: spec.can,
            hidden: Vec::new(),
        })
    }

    fn served(
        &self,
        name: &ModelName,
        model: &str,
        idle: Duration,
        place: Place,
    ) -> Result<Served, Fault> {
        let (base, keys, format) = match place {
            Place::Down(why) => return Ok(Served::Nobody(why)),
            Place::Rehearsal(rehearsal) => {
                return Ok(Served::By { provider: rehearsal, breaker: None });
            }
            Place::Canary(canary) => {
                return Ok(Served::By { provider: Arc::new(canary), breaker: None });
            }
            Place::Outside(seat) => {
                return Ok(Served::By { provider: Arc::new(seat), breaker: None });
            }
            Place::OpenAi { base_url, keys } => (base_url, keys, Spoken::OpenAi(Dialect::OpenAi)),
            Place::LlamaCpp { base_url, key, slots } => {
                let name = "the key of the server".to_owned();
                let keys = key.into_iter().map(|secret| Key { name: name.clone(), secret });
                let format = Spoken::OpenAi(Dialect::LlamaCpp { slots });
                (versioned(&base_url), keys.collect(), format)
            }
            Place::Anthropic { base_url, keys } => (versioned(&base_url), keys, Spoken::Anthropic),
        };
        let base = base.trim_end_matches('/');
        let (path, header) = match format {
            Spoken::OpenAi(_) => ("chat/completions", Header::Bearer),
            Spoken::Anthropic => ("messages", Header::Plain),
        };
        let (url, way) = http::address(&format!("{base}/{path}"))
            .map_err(|why| Fault::Address { model: name.to_string(), why })?;
        let host = url.host_str().map(str::to_owned);
        let client = self.client(way)?;
        let endpoint =
            Endpoint::new(client, url, keys, header).ok_or_else(|| Fault::Key(name.to_string()))?;
        let mut breakers = self.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        // A local server comes back under another port; the breaker of the old one goes with it.
        breakers.retain(|_, breaker| Arc::strong_count(breaker) > 1);
        let breaker = Arc::clone(breakers.entry(base.to_owned()).or_default());
        let model = model.to_owned();
        let provider: Arc<dyn Provider> = match format {
            Spoken::Anthropic => Arc::new(Anthropic::new(endpoint, model, idle)),
            Spoken::OpenAi(dialect) => {
                let dialect = dialect.at(host.as_deref());
                Arc::new(OpenAi::new(endpoint, dialect, model, idle))
            }
        };
        Ok(Served::By { provider, breaker: Some(breaker) })
    }

    fn client(&self, way: Way) -> Result<Client, Fault> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&way) {
            return Ok(client.clone());
        }
        let client = http::client(way)?;
        clients.insert(way, client.clone());
        Ok(client)
    }
}

impl Callable {
    /// The same with values that no failure repeats, such as parts of an address.
    #[must_use]
    pub fn hiding(mut self, values: Vec<Key>) -> Self {
        // A very short value would blot out innocent words.
        self.hidden = values.into_iter().filter(|key| key.secret.reveal().len() >= 4).collect();
        self
    }

    /// Moves the model to another place. Calls that are out still end at the old one.
    pub fn place(&self, place: Place) -> Result<(), Fault> {
        let served = Arc::new(self.vendors.served(&self.name, &self.model, self.idle, place)?);
        *self.served.write().unwrap_or_else(PoisonError::into_inner) = served;
        Ok(())
    }

    /// Performs the call that a permit allows.
    pub async fn call(&self, permit: Permit) -> Called {
        self.traced(permit, None).await
    }

    /// The same, with what it is a part of for whoever follows traces.
    pub async fn traced(&self, permit: Permit, parent: Option<&str>) -> Called {
        match permit.consume() {
            Payload::Model(ask) if ask.model == self.name => {
                self.blotted(self.answered(&ask, parent).await)
            }
            Payload::Model(ask) => {
                let why = format!("the permit is for `{}`, not for `{}`", ask.model, self.name);
                unsent(Code::Defect, &why, None)
            }
            Payload::Tool(_) | Payload::Notify(_) => {
                unsent(Code::Defect, "the permit is for no call of a model", None)
            }
        }
    }

    fn blotted(&self, mut called: Called) -> Called {
        if let Err(failure) = &mut called.outcome.result {
            for Key { name, secret } in &self.hidden {
                failure.text = secret.blotted(&failure.text, name);
            }
        }
        called
    }

    async fn answered(&self, ask: &ModelAsk, parent: Option<&str>) -> Called {
        if let Some(missing) = self.missing(ask) {
            let why = format!("`{}` is not declared to {missing}", ask.model);
            return unsent(Code::VendorRefused, &why, None);
        }
        // Waiting for a turn is not the model's time: the time-out starts when the call goes out.
        let turn = match self.pace.turn().await {
            Ok(turn) => turn,
            Err(after) => {
                let why = "the vendor asked to be left alone for longer than a call can wait";
                return unsent(Code::RateLimited, why, Some(after));
            }
        };
        let served = self.served.read().unwrap_or_else(PoisonError::into_inner).clone();
        let (provider, breaker) = match &*served {
            Served::By { provider, breaker } => (provider, breaker),
            Served::Nobody(why) => return unsent(Code::Unavailable, why, None),
        };
        let pass = match breaker.as_ref().map(|breaker| breaker.pass(Instant::now())) {
            None => None,
            Some(Ok(pass)) => Some(pass),
            Some(Err(left)) => {
                let why = "the server failed several times in a row and is left alone for a while";
                return unsent(Code::Unavailable, why, Some(left));
            }
        };
        let began = Instant::now();
        let limit = Duration::from_millis(ask.time_out_ms);
        let answered = match timeout(limit, provider.ask(ask, parent)).await {
            Ok(answered) => answered,
            Err(_) => Answered { certain: false, ..Answered::failed(late(ask.time_out_ms)) },
        };
        drop(turn);
        if let Some(pass) = pass {
            pass.note(Instant::now(), well(&answered));
        }
        if let Some(rest) = answered.rest {
            self.pace.rest(rest);
        }
        let active_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.called(answered, active_ms)
    }

    /// What an ask needs and the model is not declared to do.
    fn missing(&self, ask: &ModelAsk) -> Option<&'static str> {
        let can = |can| self.can.contains(&can);
        match &ask.answer {
            _ if !ask.tools.is_empty() && !can(Can::Tools) => Some("call tools"),
            _ if ask.probabilities && !can(Can::Probabilities) => Some("say how sure it is"),
            AnswerShape::Json(_) if !can(Can::Json) => Some("answer under a schema"),
            AnswerShape::Choice(_) if !can(Can::Choose) && !can(Can::Json) => Some("choose"),
            AnswerShape::Text | AnswerShape::Json(_) | AnswerShape::Choice(_) => None,
        }
    }

    fn called(&self, answered: Answered, active_ms: u64) -> Called {
        let Answered { result, tokens, counted, reported, certain, rest: _ } = answered;
        let free = self.price == Price::default();
        let result = result.and_then(|answer| {
            serde_json::to_vec(&answer).map(Arc::from).map_err(|error| Failure {
                code: Code::Defect,
                text: format!("an answer cannot be written: {error}"),
                retry_after_ms: None,
            })
        });
        // What nobody counted is taken at its worst where it costs money, and at nothing elsewhere.
        let tokens = if counted || !free { tokens } else { Tokens::default() };
        let usage = usage(tokens, self.price, active_ms);
        Called { outcome: Outcome { result, usage, reported }, certain: certain || free }
    }
}

/// Whether an answer speaks for or against the vendor's health.
fn well(answered: &Answered) -> Option<bool> {
    match &answered.result {
        Ok(_) => Some(true),
        Err(failure) => match failure.code {
            Code::Unavailable | Code::TimedOut => Some(false),
            // It answered, if only to refuse.
            Code::BadAnswer | Code::TooLarge | Code::VendorRefused => Some(true),
            _ => None,
        },
    }
}

fn late(ms: u64) -> Failure {
    let text = format!("no answer within {ms} milliseconds");
    Failure { code: Code::TimedOut, text, retry_after_ms: None }
}

/// A call that never left.
fn unsent(code: Code, why: &str, after: Option<Duration>) -> Called {
    let retry_after_ms = after.map(millis);
    let failure = Failure { code, text: why.to_owned(), retry_after_ms };
    let outcome = Outcome { result: Err(failure), usage: Usage::default(), reported: None };
    Called { outcome, certain: true }
}
