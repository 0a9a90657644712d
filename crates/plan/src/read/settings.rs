//! `flightdeck.yaml`: people and roles, working hours, models and prices.

use std::collections::{BTreeMap, BTreeSet};

use crate::alerts::AlertRule;
use crate::codes;
use crate::files::Spot;
use crate::ids::{FieldName, ModelName, WorkflowName};
use crate::keys;
use crate::problem::{Cx, Found, Problems};
use crate::value::Currency;
use crate::variables;
use crate::workflow::{Can, Leave, Model, Personal, Price, Takes};
use crate::yaml::{self, Entry, Node};

use super::access::Access;
use super::notices::Told;
use super::people::People;
pub use super::privacy::Privacy;
use super::releases::Releases;
use super::scalars::Fields;
use super::secrets::SecretPlace;
use super::vendors::Vendor;

/// Where the settings stand.
pub(crate) const FILE: &str = "flightdeck.yaml";

/// Where a model's server is, and which environment variable holds its key. Not a part of a
/// release: moving a server changes no decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelPlace {
    pub vendor: String,
    pub base_url: Option<Address>,
    pub format: Option<WireFormat>,
    /// Names of environment variables.
    pub keys: Vec<String>,
    pub idle_ms: Option<u64>,
}

/// An address in which `${NAME}` stands for a variable of the environment. What it stands for may
/// be a secret, and is looked up when a run needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    text: String,
    /// What there is to say where a part is not there.
    lacks: Problems,
}

impl Address {
    /// As it is written.
    #[must_use]
    pub fn as_written(&self) -> &str {
        &self.text
    }

    /// The variables that it names.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        variables::names(&self.text)
    }

    /// The address with its variables looked up.
    pub fn filled(&self, look_up: impl FnMut(&str) -> Option<String>) -> Result<String, Problems> {
        let filled = variables::filled(&self.text, look_up);
        filled.map_err(|why| self.lacks.clone().saying(&why.to_string()))
    }
}

/// How a model's server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireFormat {
    OpenAi,
    Anthropic,
}

/// What `flightdeck.yaml` says.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    pub(crate) organisation: String,
    pub(crate) currency: Option<Currency>,
    pub(crate) people: People,
    pub(crate) models: BTreeMap<ModelName, Model>,
    /// Models that are declared and could not be read; that was reported.
    pub(crate) broken_models: BTreeSet<ModelName>,
    pub(crate) places: BTreeMap<ModelName, ModelPlace>,
    pub(crate) default_model: Option<ModelName>,
    pub(crate) fallback: Vec<ModelName>,
    pub(crate) retention: Retention,
    /// Tags of which something is said, and where.
    pub(crate) tagged: Vec<(FieldName, Spot)>,
    pub(crate) privacy: Privacy,
    pub(crate) releases: Releases,
    /// Workflows of whose releases something is said, and where.
    pub(crate) released: Vec<(WorkflowName, Spot)>,
    pub(crate) notices: BTreeMap<FieldName, Told>,
    pub(crate) access: Access,
    pub(crate) exams: super::exams::Exams,
    pub(crate) issuing: Option<super::credentials::Issuing>,
    /// What is watched, and where its workflow is named.
    pub(crate) alerts: Vec<(AlertRule, Spot)>,
    pub(crate) vendors: BTreeMap<String, Vendor>,
    pub(crate) secrets: BTreeMap<String, SecretPlace>,
}

/// How long the contents of a case are kept once it is over, in milliseconds. Without a word they
/// are kept until somebody has them erased.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retention {
    /// Contents with this tag.
    pub tagged: BTreeMap<FieldName, u64>,
    /// All contents, whatever their tags.
    pub everything: Option<u64>,
}

impl Retention {
    /// How long a case with these tags is kept: the shortest time that holds for any of it.
    pub fn of<'t>(&self, tags: impl IntoIterator<Item = &'t FieldName>) -> Option<u64> {
        let tagged = tags.into_iter().filter_map(|tag| self.tagged.get(tag));
        tagged.chain(&self.everything).min().copied()
    }

    /// The shortest time that is kept to at all.
    #[must_use]
    pub fn shortest(&self) -> Option<u64> {
        self.of(self.tagged.keys())
    }
}

/// The key of all contents.
const EVERYTHING: &str = "everything";

/// Reads the settings. What cannot be read is left out, after a problem.
pub(crate) fn read(cx: &Cx<'_>) -> Settings {
    let mut settings = Settings::default();
    let Some((file, text)) = cx.files.entry(FILE) else {
        let what = format!("`{FILE}` is missing");
        cx.add::<()>(Found::new(&codes::FILE, &Spot::top(FILE), what));
        return settings;
    };
    let Some(node) = yaml::read(cx, file, text, 0) else {
        let what = format!("`{FILE}` says nothing");
        cx.add::<()>(Found::new(&codes::KIND, &Spot::top(FILE), what));
        return settings;
    };
    let Some(fields) = cx.fields(&node, &keys::SETTINGS) else { return settings };
    settings.organisation = fields.get("organisation").and_then(|n| cx.text(n)).unwrap_or_default();
    settings.currency = fields.get("currency").and_then(|n| currency(cx, n));
    settings.people = super::people::read(cx, fields);
    if let Some(node) = fields.get("models") {
        models(cx, node, &mut settings);
    }
    settings.default_model = fields.get("default_model").and_then(|n| model(cx, n, &settings));
    if let Some(list) = fields.get("fallback").and_then(|n| cx.list(n)) {
        settings.fallback = list.iter().filter_map(|n| model(cx, n, &settings)).collect();
    }
    for entry in fields.get("retention").and_then(|n| cx.map(n)).unwrap_or_default() {
        retain(cx, entry, &mut settings.retention);
        let tag = FieldName::new(&entry.key).ok().filter(|tag| tag.as_str() != EVERYTHING);
        settings.tagged.extend(tag.map(|tag| (tag, entry.key_at.clone())));
    }
    if let Some(node) = fields.get("releases") {
        (settings.releases, settings.released) = super::releases::read(cx, node);
    }
    if let Some(node) = fields.get("secrets") {
        settings.secrets = super::secrets::read(cx, node);
    }
    if let Some(node) = fields.get("vendors") {
        settings.vendors = super::vendors::read(cx, node);
    }
    if let Some(node) = fields.get("access") {
        settings.access = super::access::read(cx, node, &settings.people);
    }
    settings.exams = fields.get("exams").map(|n| super::exams::read(cx, n)).unwrap_or_default();
    settings.issuing = fields.get("credentials").and_then(|n| super::credentials::read(cx, n));
    if let Some(node) = fields.get("notices") {
        settings.notices = super::notices::read(cx, node, &settings.people);
    }
    if let Some(node) = fields.get("alerts") {
        settings.alerts = super::alerts::read(cx, node, &settings.people, settings.currency);
    }
    if let Some(fields) = fields.get("privacy").and_then(|n| cx.fields(n, &keys::PRIVACY)) {
        settings.privacy = privacy(cx, fields);
    }
    settings
}

fn privacy(cx: &Cx<'_>, fields: Fields<'_>) -> Privacy {
    let text = |key: &str| fields.get(key).and_then(|n| cx.text(n));
    let choice = |key: &str, of: &'static [&'static str]| {
        fields.get(key).and_then(|n| cx.choice(n, of)).map(str::to_owned)
    };
    let mut basis = BTreeMap::new();
    for entry in fields.get("basis").and_then(|n| cx.map(n)).unwrap_or_default() {
        if let (Some(tag), Some(text)) = (cx.key(entry, FieldName::new), cx.text(&entry.value)) {
            basis.insert(tag, text);
        }
    }
    Privacy {
        controller: text("controller"),
        contact: text("contact"),
        basis,
        ai_role: choice("ai_role", keys::AI_ROLES),
        ai_risk: choice("ai_risk", keys::AI_RISKS),
        detect: fields.get("detect").and_then(|n| cx.yes_no(n)).unwrap_or(false),
    }
}

fn retain(cx: &Cx<'_>, entry: &Entry, retention: &mut Retention) {
    let Some(time) = cx.duration(&entry.value) else { return };
    if entry.key == EVERYTHING {
        retention.everything = Some(time);
    } else if let Some(tag) = cx.key(entry, FieldName::new) {
        retention.tagged.insert(tag, time);
    }
}

fn currency(cx: &Cx<'_>, node: &Node) -> Option<Currency> {
    let text = cx.text(node)?;
    match Currency::new(&text) {
        Ok(currency) => Some(currency),
        Err(error) => {
            let what = format!("`{text}` is no currency: {error}");
            cx.add(Found::new(&codes::MONEY, &node.at, what).fix("write a code such as `EUR`"))
        }
    }
}

/// A model that is declared.
pub(crate) fn model(cx: &Cx<'_>, node: &Node, settings: &Settings) -> Option<ModelName> {
    let name = cx.name(node, ModelName::new)?;
    if settings.models.contains_key(&name) {
        return Some(name);
    }
    if settings.models.is_empty() || settings.broken_models.contains(&name) {
        return None;
    }
    let what = format!("there is no model `{name}`");
    let known = settings.models.keys().map(ModelName::as_str);
    cx.add(Found::new(&codes::MODEL_UNKNOWN, &node.at, what).near(name.as_str(), known))
}

fn models(cx: &Cx<'_>, node: &Node, settings: &mut Settings) {
    for entry in cx.map(node).unwrap_or_default() {
        let name = cx.key(entry, ModelName::new);
        let fields = cx.fields(&entry.value, &keys::MODEL);
        let read = fields.and_then(|fields| one(cx, fields, settings.currency, &settings.people));
        let Some(name) = name else { continue };
        let Some((model, place)) = read else {
            settings.broken_models.insert(name);
            continue;
        };
        settings.models.insert(name.clone(), model);
        settings.places.insert(name, place);
    }
}

fn one(
    cx: &Cx<'_>,
    fields: Fields<'_>,
    of: Option<Currency>,
    people: &People,
) -> Option<(Model, ModelPlace)> {
    let text = |key: &str| fields.get(key).and_then(|n| cx.text(n));
    let tokens = |key: &str| fields.get(key).and_then(|n| cx.whole_u32(n, 1, 100_000_000));
    let (vendor, model) = (text("vendor"), text("model"));
    let can = fields.get("can").and_then(|n| cx.list(n)).map(|list| {
        let mut can: Vec<Can> = list.iter().filter_map(|n| ability(cx, n)).collect();
        can.sort_unstable();
        can.dedup();
        can
    });
    let (context, answer) = (tokens("context"), tokens("answer"));
    let price = match fields.get("price") {
        Some(node) => price(cx, node, of),
        None => Some(Price::default()),
    };
    let base_url = match fields.get("base_url") {
        Some(node) => Some(address(cx, node)?),
        None => None,
    };
    let takes = fields.get("takes").map(|node| takes(cx, node, people)).unwrap_or_default();
    let here = matches!(vendor.as_deref(), Some("local" | "llama-server")) && base_url.is_none();
    let hides = match fields.get("hides") {
        Some(node) => {
            let words = cx.list(node).unwrap_or_default().iter();
            let words: Vec<&str> = words.filter_map(|n| cx.choice(n, keys::PERSONAL)).collect();
            Personal::ALL.into_iter().filter(|kind| words.contains(&kind.as_str())).collect()
        }
        None if here => BTreeSet::new(),
        None => BTreeSet::from(Personal::ALL),
    };
    let place = ModelPlace {
        vendor: vendor.clone()?,
        base_url,
        format: fields.get("format").and_then(|n| format(cx, n)),
        keys: {
            let one = fields.get("key").into_iter();
            let several = fields.get("keys").and_then(|n| cx.list(n)).unwrap_or_default();
            one.chain(several).filter_map(|n| variable(cx, n)).collect()
        },
        idle_ms: fields.get("idle").and_then(|n| cx.duration(n)),
    };
    let model = Model {
        vendor: vendor?,
        model: model?,
        can: can?,
        context_tokens: context?,
        answer_tokens: answer?,
        price: price?,
        here,
        hides,
        region: text("region"),
        takes,
    };
    Some((model, place))
}

/// Who let tagged data be sent to a model, by tag.
fn takes(cx: &Cx<'_>, node: &Node, people: &People) -> Takes {
    let mut takes = Takes::new();
    for entry in cx.map(node).unwrap_or_default() {
        let tag = cx.key(entry, FieldName::new);
        let Some(fields) = cx.fields(&entry.value, &keys::LEAVE) else { continue };
        let by = fields.get("by").and_then(|n| people.person(cx, n));
        let until = fields.get("until").and_then(|n| super::people::date(cx, n));
        let reason = fields.get("reason").and_then(|n| cx.text(n));
        if let (Some(tag), Some(by), Some(until), Some(reason)) = (tag, by, until, reason) {
            takes.insert(tag, Leave { by, until, reason });
        }
    }
    takes
}

fn ability(cx: &Cx<'_>, node: &Node) -> Option<Can> {
    Some(match cx.choice(node, keys::CANS)? {
        "choose" => Can::Choose,
        "json" => Can::Json,
        "probabilities" => Can::Probabilities,
        _ => Can::Tools,
    })
}

/// Prices stand for a million tokens; a release holds billionths for one.
fn price(cx: &Cx<'_>, node: &Node, of: Option<Currency>) -> Option<Price> {
    let fields = cx.fields(node, &keys::PRICE)?;
    let nanos = |key: &str| fields.get(key).and_then(|n| cx.nanos(n, of, 3));
    let (input, output) = (nanos("input"), nanos("output"));
    let cached = if fields.has("cached") { nanos("cached") } else { input };
    let written = if fields.has("written") { Some(nanos("written")?) } else { None };
    Some(Price {
        input_nanos: input?,
        cached_nanos: cached?,
        written_nanos: written,
        output_nanos: output?,
    })
}

fn format(cx: &Cx<'_>, node: &Node) -> Option<WireFormat> {
    Some(match cx.choice(node, keys::FORMATS)? {
        "anthropic" => WireFormat::Anthropic,
        _ => WireFormat::OpenAi,
    })
}

pub(super) fn address(cx: &Cx<'_>, node: &Node) -> Option<Address> {
    let text = cx.text(node)?;
    let lacks = |what: String| Found::new(&codes::VARIABLE, &node.at, what);
    let any = |_: &str| Some(String::new());
    if let Err(why) = variables::filled(&text, any) {
        return cx.add(lacks(why.to_string()));
    }
    if let Some(name) = variables::names(&text).find(|name| !variables::is_name(name)) {
        return cx.add(lacks(format!("`{name}` is not the name of an environment variable")));
    }
    let lacks = lacks(String::new()).placed(cx.files);
    Some(Address { text, lacks })
}

/// The name of an environment variable.
pub(super) fn variable(cx: &Cx<'_>, node: &Node) -> Option<String> {
    let text = cx.text(node)?;
    if variables::is_name(&text) {
        return Some(text);
    }
    let what = "this is not the name of an environment variable";
    let fix = "write the variable's name, such as `OPENAI_API_KEY`, never the key itself";
    cx.add(Found::new(&codes::NAME, &node.at, what).fix(fix))
}

#[cfg(test)]
mod tests;
