//! The models of a workspace, ready to be called: where each one answers, with which key, and the
//! local server, which is started when it is first needed and watched from then on.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use journal::{Code, Failure, Hash, Outcome, Payload, Permit, Usage};
use model::local;
use model::{Callable, Called, Key, ModelSpec, Place, Seat, Secret, Vendors};
use plan::ids::ModelName;
use plan::workflow::{Model, Workflow};
use plan::{ModelPlace, Places, Plan, Problem, Problems, WireFormat};

use crate::canary;
use crate::exit::Stop;
use crate::vault::Vault;

mod here;

use here::{Own, SLOTS, served_here, started, waiting};
pub use here::{folder, installed};

/// The vendor of a model whose place an outside agent takes.
pub const OUTSIDE: &str = "outside";

/// The vendors that have an address of their own. All but Anthropic speak OpenAI's format there.
pub const KNOWN: &[(&str, &str)] = &[
    ("anthropic", "https://api.anthropic.com"),
    ("openai", "https://api.openai.com/v1"),
    ("gemini", "https://generativelanguage.googleapis.com/v1beta/openai"),
    ("mistral", "https://api.mistral.ai/v1"),
    ("ollama", "http://127.0.0.1:11434/v1"),
];

/// Models that can be called. Two releases may mean different models by one name, so each is known
/// by what is declared of it too.
pub struct Serving {
    vendors: Arc<Vendors>,
    seat: Option<Seat>,
    all: RwLock<BTreeMap<Hash, Arc<Ready>>>,
    drills: BTreeMap<ModelName, Callable>,
    /// What our own servers ask for.
    key: String,
}

/// A model that is set up.
struct Ready {
    /// As the settings said when it was.
    place: Option<ModelPlace>,
    callable: Callable,
    /// Where a server of ours answers for it.
    own: Option<Own>,
}

impl Serving {
    /// No model but those of drills. One whose vendor is `outside` answers from the seat, where
    /// there is one.
    pub fn new(seat: Option<Seat>) -> Result<Self, Stop> {
        let vendors = Arc::new(Vendors::default());
        let each = |spec: ModelSpec| {
            let name = spec.name.clone();
            vendors.callable(spec).map(|callable| (name, callable))
        };
        let drills = canary::models().into_iter().map(each).collect::<Result<_, _>>();
        let drills = drills.map_err(Stop::usage)?;
        let key = local::key().map_err(Stop::failed)?;
        Ok(Self { vendors, seat, all: RwLock::default(), drills, key })
    }

    /// Sets up every model that a release names, where it is not set up as the settings say.
    /// Nothing is started and nothing is sent. One that cannot be reached is down, and the first
    /// such reason is given.
    pub fn add(&self, vault: &Vault, places: &Places, plan: &Plan) -> Result<(), Stop> {
        let mut all: BTreeMap<ModelName, Model> = BTreeMap::new();
        collect(plan.workflow(), &mut all);
        let added: Vec<_> =
            all.iter().map(|(name, model)| self.add_one(vault, places, name, model)).collect();
        added.into_iter().collect()
    }

    /// Sets up one model.
    pub fn add_one(
        &self,
        vault: &Vault,
        places: &Places,
        name: &ModelName,
        model: &Model,
    ) -> Result<(), Stop> {
        let id = known_by(name, model);
        let place = places.models.get(name);
        let same = |ready: &Arc<Ready>| ready.place.as_ref() == place;
        if self.drills.contains_key(name) || self.ready(id).is_some_and(|ready| same(&ready)) {
            return Ok(());
        }
        let mut found = Vec::new();
        let own = served_here(&model.vendor, place);
        let (at, failed) = match model.vendor.as_str() {
            OUTSIDE => (self.seat.clone().map_or_else(unseated, Place::Outside), None),
            _ if own => (waiting(), None),
            vendor => match elsewhere(vault, vendor, place, &mut found) {
                Ok(at) => (at, None),
                Err(stop) => (Place::Down(format!("{:#}", stop.what)), Some(stop)),
            },
        };
        let spec = ModelSpec {
            name: name.clone(),
            model: model.model.clone(),
            place: at,
            price: model.price,
            can: model.can.clone(),
            at_once: if own { SLOTS as usize } else { 16 },
            per_minute: None,
            idle: idle(place),
        };
        let callable = self.vendors.callable(spec).map_err(Stop::usage)?.hiding(found);
        let own = own.then(|| Own::new(model.model.clone(), model.context_tokens));
        let ready = Arc::new(Ready { place: place.cloned(), callable, own });
        self.all.write().unwrap_or_else(PoisonError::into_inner).insert(id, ready);
        match failed {
            Some(stop) => Err(stop),
            None => Ok(()),
        }
    }

    fn ready(&self, id: Hash) -> Option<Arc<Ready>> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// The key of our own servers, which no act may send anywhere else.
    #[must_use]
    pub fn own_key(&self) -> &str {
        &self.key
    }

    /// Performs the call that a permit allows, of the model that this release means by its name.
    pub async fn call(&self, workflow: &Workflow, permit: Permit, parent: Option<&str>) -> Called {
        let declared = match permit.payload() {
            Payload::Model(wanted) => workflow.models.get_key_value(&wanted.model),
            Payload::Tool(_) | Payload::Notify(_) => None,
        };
        match declared {
            Some((name, model)) => self.traced(name, model, permit, parent).await,
            None => nobody(permit),
        }
    }

    /// The same of a model as it is declared, after its server is up.
    pub async fn call_one(&self, name: &ModelName, model: &Model, permit: Permit) -> Called {
        self.traced(name, model, permit, None).await
    }

    async fn traced(
        &self,
        name: &ModelName,
        model: &Model,
        permit: Permit,
        parent: Option<&str>,
    ) -> Called {
        if let Some(drill) = self.drills.get(name) {
            return drill.call(permit).await;
        }
        let Some(ready) = self.ready(known_by(name, model)) else { return nobody(permit) };
        if let Some(own) = &ready.own {
            started(&ready, own, &self.key).await;
        }
        ready.callable.traced(permit, parent).await
    }
}

/// What a model is known by: its name, and whatever of its declaration a call depends on.
fn known_by(name: &ModelName, model: &Model) -> Hash {
    let Model { vendor, model, can, context_tokens, price, .. } = model;
    let declared = format!("{can:?} {context_tokens} {price:?}");
    let parts = [name.as_str(), vendor, model, &declared];
    Hash::of_parts(&parts.map(str::as_bytes))
}

/// The answer to a call of a model that nobody made ready.
fn nobody(permit: Permit) -> Called {
    let text = match permit.consume() {
        Payload::Model(ask) => format!("the model `{}` is not set up", ask.model),
        Payload::Tool(_) | Payload::Notify(_) => "the permit is for no call of a model".to_owned(),
    };
    let failure = Failure { code: Code::Unavailable, text, retry_after_ms: None };
    let outcome = Outcome { result: Err(failure), usage: Usage::default(), reported: None };
    Called { outcome, certain: true }
}

/// The models of a workflow and of those it calls.
fn collect(workflow: &Workflow, all: &mut BTreeMap<ModelName, Model>) {
    for (name, model) in &workflow.models {
        all.entry(name.clone()).or_insert_with(|| model.clone());
    }
    for child in workflow.children.values() {
        collect(child, all);
    }
}

fn unseated() -> Place {
    Place::Down("an outside agent answers for it, through `flightdeck mcp gateway`".to_owned())
}

/// A model that somebody else serves.
fn elsewhere(
    vault: &Vault,
    vendor: &str,
    place: Option<&ModelPlace>,
    found: &mut Vec<Key>,
) -> Result<Place, Stop> {
    let known = KNOWN.iter().find(|(name, _)| *name == vendor).map(|(_, url)| (*url).to_owned());
    let base_url = match place.and_then(|place| place.base_url.as_ref()) {
        Some(address) => {
            Some(address.filled(|name| looked_up(vault, name, found)).map_err(lacking)?)
        }
        None => known,
    };
    let Some(base_url) = base_url else {
        let what = format!("nobody knows where the vendor `{vendor}` answers");
        return Err(Stop::usage(what).help("add `base_url:` to the model in `flightdeck.yaml`"));
    };
    let names = place.map(|place| place.keys.as_slice()).unwrap_or_default();
    let keys: Vec<Key> = names.iter().filter_map(|name| held(vault, name)).collect();
    if keys.is_empty() && !names.is_empty() {
        // Without any of its keys a model is down, and every other one still answers.
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let are = if names.len() == 1 { "is" } else { "are" };
        let names = names.join(", ");
        return Ok(Place::Down(format!("{names} {are} not set in the environment")));
    }
    let format = place.and_then(|place| place.format);
    Ok(match (vendor, format) {
        ("anthropic", None) | (_, Some(WireFormat::Anthropic)) => {
            Place::Anthropic { base_url, keys }
        }
        ("llama.cpp" | "llama-server" | "local", None) => {
            let key = keys.into_iter().next().map(|key| key.secret);
            Place::LlamaCpp { base_url, key, slots: None }
        }
        _ => Place::OpenAi { base_url, keys },
    })
}

/// A part of an address is not there: what, where, and what to do.
fn lacking(problems: Problems) -> Stop {
    let Some(problem) = problems.iter().next() else { return Stop::usage(&problems) };
    let Problem { file, line, column, what, .. } = problem;
    let stop = Stop::usage(format!("{file}:{line}:{column}: {what}")).help(problem.fix.as_str());
    Stop { code: Some(problem.code.id), ..stop }
}

/// A part of an address, which may be a secret, and is kept in `found`.
fn looked_up(vault: &Vault, name: &str, found: &mut Vec<Key>) -> Option<String> {
    let value = vault.get(name)?;
    found.push(Key { name: name.to_owned(), secret: Secret::new(value.clone()) });
    Some(value)
}

/// The key of that name.
fn held(vault: &Vault, name: &str) -> Option<Key> {
    let secret = vault.get(name)?;
    Some(Key { name: name.to_owned(), secret: Secret::new(secret) })
}

fn idle(place: Option<&ModelPlace>) -> Duration {
    place.and_then(|place| place.idle_ms).map_or(model::IDLE, Duration::from_millis)
}
