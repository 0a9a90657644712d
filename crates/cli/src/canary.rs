//! What drills are made of: a server and two models that every driver has besides its own, and the
//! files of a drill: its workflow, among the people, roles and policies of the workspace itself. It
//! must not touch the workspace's files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use journal::Drill;
use model::{Canary, ModelSpec, Place};
use plan::ids::{ModelName, PersonId, RoleId, ToolName};
use plan::lock::Lock;
use plan::workflow::{ArgRole, Can, Effect, Price, Trust};
use plan::{Files, Places};
use serde_json::json;
use tools::pin::{self, Declared};

use crate::exit::Stop;
use crate::workspace::Workspace;

/// The server's name, which no server of a workspace should have.
pub const SERVER: &str = "drill_canary";
/// The models' names: the one that is asked first, and the one that takes over.
pub const MODELS: [&str; 2] = ["drill_first", "drill_second"];

/// Where the server writes its calls down.
pub fn folder(data: &Path) -> PathBuf {
    data.join("drills")
}

/// Makes the folder, and takes away what a drill that was killed may have left in it: each would
/// stand in the way of the next one.
pub fn clean(data: &Path) -> Result<(), Stop> {
    let folder = folder(data);
    std::fs::create_dir_all(&folder)?;
    for left in [tools::serve::CHANGED, tools::serve::PLANTED] {
        match std::fs::remove_file(folder.join(left)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// Adds the server and its pinned tools to those of the workspace.
pub fn with(mut places: Places, data: &Path) -> Result<Places, Stop> {
    let by = places.people.keys().next().cloned();
    let Some(by) = by else { return Ok(places) };
    let root = folder(data).to_string_lossy().into_owned();
    let server = json!({ "command": "flightdeck", "args": ["serve", "canary", "--root", root] });
    let server = serde_json::from_value(server).map_err(Stop::failed)?;
    places.servers.insert(SERVER.to_owned(), server);
    places.lock = pinned(places.lock, &by)?;
    Ok(places)
}

fn pinned(mut lock: Lock, by: &PersonId) -> Result<Lock, Stop> {
    for offered in tools::serve::canary_offers() {
        let tool = ToolName::new(&format!("{SERVER}.{}", offered.name)).map_err(Stop::failed)?;
        let (effect, trust) = match offered.name.as_str() {
            "send" => (Effect::Send, Trust::Trusted),
            "read" => (Effect::Read, Trust::Untrusted),
            _ => (Effect::Write, Trust::Trusted),
        };
        let to = (effect == Effect::Send).then(|| ("to".to_owned(), ArgRole::Recipient));
        let declared = Declared {
            effect: Some(effect),
            repeatable: true,
            trust,
            args: to.into_iter().collect(),
            ..Declared::default()
        };
        let why = Some("drills call it".to_owned());
        lock = pin::pin(lock, &tool, &offered, &declared, by.clone(), "2026-01-01", why)
            .map_err(Stop::failed)?;
    }
    Ok(lock)
}

/// The two models, which answer in this process.
pub fn models() -> Vec<ModelSpec> {
    let names = MODELS.iter().filter_map(|name| ModelName::new(name).ok());
    let spec = |name: ModelName| ModelSpec {
        model: "canary".to_owned(),
        place: Place::Canary(Canary(name.to_string())),
        price: Price::default(),
        can: vec![Can::Json, Can::Tools],
        at_once: 64,
        per_minute: None,
        idle: Duration::from_secs(60),
        name,
    };
    names.map(spec).collect()
}

/// Who a drill is about: whoever gives it, a role that overrules, and one that somebody else holds.
pub struct Cast {
    pub who: PersonId,
    pub lead: RoleId,
    pub other: Option<(RoleId, PersonId)>,
}

impl Cast {
    /// The people of the workspace, as far as there are enough of them.
    pub fn of(places: &Places, who: &PersonId) -> Result<Self, Stop> {
        let holds = |role: &&RoleId| places.roles.get(*role).is_some_and(|all| all.contains(who));
        let lead = places.roles.keys().find(holds).or_else(|| places.roles.keys().next());
        let lead = lead.cloned().ok_or_else(|| {
            Stop::usage("nobody holds a role")
                .help("`flightdeck.yaml` has to name one under `roles`")
        })?;
        let other = places.roles.iter().find_map(|(role, people)| {
            let person = people.iter().find(|person| *person != who)?;
            Some((role.clone(), person.clone()))
        });
        Ok(Self { who: who.clone(), lead, other })
    }
}

/// The workflow's name.
pub fn workflow(drill: Drill) -> String {
    format!("drill_{}", drill.as_str().replace('-', "_"))
}

/// The files of a drill: the workspace's people, roles and policies, and a map of its own.
pub fn files(
    workspace: &Workspace,
    places: &Places,
    cast: &Cast,
    drill: Drill,
) -> Result<Files, Stop> {
    let mut files = Files::new();
    for (path, text) in workspace.files.iter().filter(|(path, _)| path.starts_with("policies/")) {
        files.insert(path, text);
    }
    let names = |people: &BTreeMap<PersonId, plan::workflow::Person>| {
        let all =
            people.iter().map(|(id, person)| (id.to_string(), json!({ "name": person.name })));
        all.collect::<serde_json::Map<_, _>>()
    };
    let model = json!({
        "vendor": "canary", "model": "canary", "can": ["json", "tools"], "context": 32768,
        "answer": 1024, "region": "here",
    });
    let models: serde_json::Map<_, _> =
        MODELS.iter().map(|name| ((*name).to_owned(), model.clone())).collect();
    let currency = places.currency.map_or_else(|| "EUR".to_owned(), |c| c.to_string());
    let settings = json!({
        "organisation": places.organisation,
        "currency": currency,
        "people": names(&places.people),
        "roles": places.roles,
        "working_hours": { "days": "mon-sun", "from": "00:00", "to": "23:59", "zone": "UTC" },
        "models": models,
        "default_model": MODELS[0],
        "fallback": [MODELS[1]],
    });
    files.insert("flightdeck.yaml", &settings.to_string());
    let servers: BTreeMap<&String, _> = places
        .servers
        .iter()
        .map(|(name, server)| {
            (name, json!({ "command": server.command.as_deref().unwrap_or("x") }))
        })
        .collect();
    files.insert(".mcp.json", &json!({ "mcpServers": servers }).to_string());
    files.insert("mcp.lock", &places.lock.render().map_err(Stop::failed)?);
    files.insert("agents/drill.md", AGENT);
    let path = format!("workflows/{}.md", workflow(drill));
    files.insert(&path, &map(drill, cast, &currency));
    Ok(files)
}

const AGENT: &str = "---\nname: drill\ndescription: Does whatever it is told.\n\
tools: [ drill_canary.note, drill_canary.send, drill_canary.read ]\n---\nAnswer.\n";

fn map(drill: Drill, cast: &Cast, currency: &str) -> String {
    let Cast { who, lead, other } = cast;
    let name = workflow(drill);
    let from = if drill == Drill::Injection { "outside" } else { "inside" };
    let acts = if drill == Drill::Budget { ACTS } else { 100 };
    let other = other.as_ref().map_or(lead, |(role, _)| role);
    let steps = match drill {
        Drill::Kill => {
            let step = |n: usize| {
                format!(
                    "  - step: wait_{n}\n    tool: {SERVER}.wait\n    with: {{ text: case.text }}\n"
                )
            };
            (1..=STEPS).map(step).collect()
        }
        Drill::ToolChange => {
            format!("  - step: note\n    tool: {SERVER}.note\n    with: {{ text: case.text }}\n")
        }
        Drill::Reviewer => format!(
            "  - step: look\n    review:\n      by: {other}\n      never_by: [ starter ]\n      \
             question: A drill asks; nobody needs to answer.\n      show: [ case ]\n      \
             within: {LATE}\n      late: {{ then: stop }}\n      if_rejected: {{ then: stop }}\n  \
             - step: note\n    tool: {SERVER}.note\n    with: {{ text: case.text }}\n"
        ),
        Drill::Injection | Drill::Vendor | Drill::Budget => format!(
            "  - step: work\n    agent: drill\n    given: [ case.text ]\n    answer: {{ reply: text }}\n    \
             tools: [ {SERVER}.note, {SERVER}.send, {SERVER}.read ]\n    turns: 60\n"
        ),
    };
    format!(
        "---\nworkflow: {name}\npurpose: Put a control to the proof. It touches nothing real.\n\
         accountable: {who}\noverride: {lead}\nrisk: low\nautonomy: act\n\
         case: {{ one: drill, from: {from}, fields: {{ text: text }} }}\n\
         limits:\n  case: {{ cost: 1 {currency}, tokens: 100000, acts: {acts}, days: 1 }}\n  \
         day: {{ cost: 100 {currency}, cases: 100000 }}\n\
         baseline: {{ minutes: 1, cases_per_week: 1, hourly_rate: 1 {currency}, error_rate: 1 %, \
         error_cost: 1 {currency} }}\non_failure: {{ then: stop }}\nsteps:\n{steps}  \
         - step: finished\n    end: done\nexceptions:\n  \
         - {{ what: an empty drill, when: \"case.text == ''\", go: finished }}\n---\n# A drill\n"
    )
}

/// How many calls a case of the stop's drill makes.
pub const STEPS: usize = 6;
/// How many acts a case of the budget's drill may make, models' answers among them.
pub const ACTS: u32 = 7;
/// How long the reviewer's drill waits.
pub const LATE: &str = "3 seconds";
