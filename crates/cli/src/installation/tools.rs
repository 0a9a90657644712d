//! Tool servers over the HTTP interface: what was approved of them, what they offer now, and
//! approving exactly what was shown. It must not read the value of a secret to show a list.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use evidence::ActState;
use journal::{Hash, RunQuery};
use plan::ids::{FilePath, PersonId, ToolName};
use plan::lock::{Lock, Pinned};
use plan::policy::declared;
use plan::workflow::{Effect, Takes, Trust};
use plan::{Places, Plan, Server};
use server::{
    Approved, Argument, GoneTool, No, Pinning, Probed, SecretLine, ServerTool, ToolChange,
    ToolDeclared, ToolOffer, ToolServer, ToolServers, ToolStanding, ToolUse, Why,
};
use tools::pin::{Declared, How, differences};
use tools::probe::{Finding, Standing, findings};
use tools::{Fault, Offered, ServerSpec, Tools, Way};

use super::{Inner, no, reading};
use crate::commands::{mcp, secrets};
use crate::exit::Stop;
use crate::saving::{self, NotSaved};
use crate::servers;
use crate::stored::{Runs, today};
use crate::vault::Vault;
use crate::workspace::Workspace;

/// Over how many of the newest cases the uses of tools are counted.
const COUNTED: usize = 200;
const LOCK: &str = "mcp.lock";

/// Every server with its approved tools, and the secrets by name.
pub fn list(inner: &Inner, runs: &Runs) -> Result<ToolServers, No> {
    let workspace = Workspace::open(&inner.global).map_err(no)?;
    let places = workspace.places().map_err(Stop::usage).map_err(no)?;
    let plans = plan::check_all(&workspace.files).plans;
    let steps = steps(plans.values());
    let uses = uses(runs)?;
    let specs = servers::declared(&workspace, &places).map_err(no)?;
    let mut all = Vec::new();
    for (name, spec) in specs {
        let mut server = shown(&places, &name, spec);
        let pinned = places.lock.tools.iter().filter(|(tool, _)| tool.server() == name);
        server.tools = pinned.map(|(tool, pinned)| approved(tool, pinned, &steps, &uses)).collect();
        all.push(server);
    }
    let vault = Vault::new(&workspace.root, &places.secrets);
    let secrets = secrets::named(&places, plans.values()).into_iter().map(|one| SecretLine {
        // Looking is not worth running a program of somebody's keyring each time a page is shown.
        there: (!one.runs).then(|| vault.read(&one.name).is_ok()),
        name: one.name,
        from: one.from,
        given_to: one.given_to.into_iter().collect(),
        days: one.days,
        days_max: one.most,
        overdue: one.overdue,
    });
    Ok(ToolServers { servers: all, secrets: secrets.collect(), counted_over: COUNTED })
}

/// A server without its tools.
fn shown(places: &Places, name: &str, spec: Result<ServerSpec, Stop>) -> ToolServer {
    let entry = places.servers.get(name);
    let line = |command: &str, args: &[String]| {
        let all = std::iter::once(command).chain(args.iter().map(String::as_str));
        all.collect::<Vec<_>>().join(" ")
    };
    let declared = match (entry, &spec) {
        (Some(Server { url: Some(url), .. }), _) => url.clone(),
        (Some(server), _) => line(server.command.as_deref().unwrap_or_default(), &server.args),
        (None, Ok(ServerSpec { way: Way::Program(program), .. })) => {
            line("flightdeck", &program.args)
        }
        (None, _) => String::new(),
    };
    let open = spec.as_ref().ok().and_then(mcp::boxed);
    let remote = entry.is_some_and(|server| server.url.is_some());
    let off = entry.and_then(|server| server.sandbox.as_ref()?.off.clone());
    let reach = match (&open, remote, off) {
        (Some(open), ..) => open.clone(),
        (None, true, _) => "it runs elsewhere, and reaches what its own machine does".to_owned(),
        (None, false, Some(why)) => format!("whatever this program does; no box, because: {why}"),
        (None, false, None) => "nothing: it is not started".to_owned(),
    };
    ToolServer {
        server: name.to_owned(),
        built_in: entry.is_none(),
        remote,
        declared,
        reach,
        boxed: open.is_some(),
        sign_in: spec.as_ref().ok().and_then(mcp::standing),
        trouble: spec.as_ref().err().map(|stop| format!("{:#}", stop.what)),
        secrets: entry.map(Server::secrets).unwrap_or_default(),
        tools: Vec::new(),
    }
}

fn approved(
    name: &ToolName,
    pinned: &Pinned,
    steps: &BTreeMap<ToolName, BTreeSet<String>>,
    uses: &BTreeMap<String, ToolUse>,
) -> ServerTool {
    let takes = pinned.takes.iter().map(|(tag, leave)| {
        format!("{tag}, until {}, as {} says: {}", leave.until, leave.by, leave.reason)
    });
    ServerTool {
        tool: name.to_string(),
        title: pinned.definition.title.clone(),
        description: pinned.definition.description.clone(),
        args: Argument::all(&pinned.definition.input),
        declared: as_said(&Declared {
            effect: pinned.effect,
            reversible: pinned.reversible,
            repeatable: pinned.repeatable,
            key_arg: pinned.key_arg.clone(),
            read_back: pinned.read_back.clone(),
            trust: pinned.trust,
            args: pinned.args.clone(),
            takes: Takes::new(),
        }),
        digest: pinned.digest.clone(),
        approved: Approved {
            by: pinned.approved.by.to_string(),
            on: pinned.approved.on.clone(),
            reason: pinned.approved.reason.clone(),
        },
        takes: takes.collect(),
        steps: steps.get(name).into_iter().flatten().cloned().collect(),
        used: uses.get(name.as_str()).cloned().unwrap_or_default(),
    }
}

/// The steps that may use each tool.
fn steps<'p>(plans: impl Iterator<Item = &'p Plan>) -> BTreeMap<ToolName, BTreeSet<String>> {
    let mut all: BTreeMap<ToolName, BTreeSet<String>> = BTreeMap::new();
    for workflow in plans.map(Plan::workflow) {
        for step in &workflow.steps {
            for tool in declared(workflow, &step.id).tools {
                all.entry(tool).or_default().insert(format!("{}.{}", workflow.name, step.id));
            }
        }
    }
    all
}

/// How the newest cases used each tool. A case that cannot be read hides no other.
fn uses(runs: &Runs) -> Result<BTreeMap<String, ToolUse>, No> {
    let query = RunQuery { limit: COUNTED, ..RunQuery::default() };
    let mut all: BTreeMap<String, ToolUse> = BTreeMap::new();
    for line in runs.lines(&query).map_err(no)? {
        let Ok(view) = runs.view(line.run) else { continue };
        for act in view.acts.iter().filter(|act| act.state != ActState::Asked) {
            let Some(tool) = &act.tool else { continue };
            let failed = matches!(act.state, ActState::Failed { .. });
            let used = all.entry(tool.clone()).or_default();
            used.add(act.began, failed, act.state == ActState::Unknown);
        }
    }
    Ok(all)
}

/// What a person declares of a tool, as the interface says it.
fn as_said(declared: &Declared) -> ToolDeclared {
    ToolDeclared {
        effect: declared.effect.map(Into::into),
        reversible: declared.reversible,
        repeatable: declared.repeatable,
        key: declared.key_arg.clone(),
        read_back: declared.read_back.as_ref().map(ToString::to_string),
        trusted: declared.trust == Trust::Trusted,
        parts: declared.args.iter().map(|(name, role)| (name.clone(), (*role).into())).collect(),
    }
}

fn as_declared(said: ToolDeclared) -> Result<Declared, No> {
    let read_back = said.read_back.as_deref().map(ToolName::new).transpose();
    let read_back =
        read_back.map_err(|why| No::new(Why::Invalid, format!("`read_back`: {why}")))?;
    Ok(Declared {
        effect: said.effect.map(Effect::from),
        reversible: said.reversible,
        repeatable: said.repeatable,
        key_arg: said.key,
        read_back,
        trust: if said.trusted { Trust::Trusted } else { Trust::Untrusted },
        args: said.parts.into_iter().map(|(name, part)| (name, part.into())).collect(),
        takes: Takes::new(),
    })
}

/// A server that is about to be looked at.
struct Looking {
    workspace: Workspace,
    places: Places,
    secrets: Arc<guard::Secrets>,
    pool: Tools,
}

fn open(inner: &Inner, server: &str) -> Result<Looking, No> {
    let workspace = Workspace::open(&inner.global).map_err(no)?;
    let places = workspace.places().map_err(Stop::usage).map_err(no)?;
    if !servers::known(&places, server) {
        return Err(No::new(Why::NotFound, "no server has that name"));
    }
    let vault = Vault::new(&workspace.root, &places.secrets);
    let secrets = Arc::new(guard::Secrets::new(servers::secrets(&vault, &places)));
    let pool = servers::guarded_pool(&workspace, &places, &secrets).map_err(no)?;
    Ok(Looking { workspace, places, secrets, pool })
}

impl Inner {
    /// What a server offers now beside what was approved.
    pub async fn probe(self: Arc<Self>, server: String) -> Result<Probed, No> {
        let (version, offered, looking) = self.look(&server).await?;
        let probed = probed(server.clone(), version, &offered, &looking.places.lock);
        // A server that says a secret which it was given wants it to be seen.
        let said = serde_json::to_value(&probed).map_err(|error| No::new(Why::Failed, error))?;
        if looking.secrets.found_in_value(&said) {
            let what = format!("what `{server}` offers holds a secret: none of it is shown");
            return Err(No::new(Why::Conflict, what).help("change the secret: its server knows it"));
        }
        Ok(probed)
    }

    /// Looks at a server. Whoever goes away meanwhile leaves no server behind.
    async fn look(self: &Arc<Self>, server: &str) -> Result<(String, Vec<Offered>, Looking), No> {
        let (inner, name) = (self.clone(), server.to_owned());
        let work = async move {
            // One at a time: each starts a program.
            let _one = inner.probing.lock().await;
            let named = name.clone();
            let looking = reading(inner.clone(), move |inner, _| open(inner, &named)).await?;
            let pool = &looking.pool;
            let offered = pool.offered(&name).await;
            let version = pool.version(&name).await;
            pool.close().await;
            match (version, offered) {
                (Ok(version), Ok(offered)) => Ok((version, offered, looking)),
                (_, Err(fault)) | (Err(fault), _) => {
                    Err(reading(inner.clone(), move |_, _| Ok(unusable(&looking, &name, fault)))
                        .await?)
                }
            }
        };
        tokio::spawn(work).await.map_err(|error| No::new(Why::Failed, error))?
    }

    /// Approves tools as they were shown: all that are named or none.
    pub async fn pin(self: Arc<Self>, who: PersonId, pinning: Pinning) -> Result<String, No> {
        let _one = self.saving.lock().await;
        let Pinning { server, tools, reason } = pinning;
        let (_, offered, _) = self.look(&server).await?;
        let path = FilePath::new(LOCK).map_err(|error| No::new(Why::Failed, error))?;
        let (named, by) = (path.clone(), who.clone());
        let prepare = move |inner: &Self, _: &Runs| {
            let root = Workspace::open(&inner.global).map_err(no)?.root;
            let (mut lock, from) = match saving::stored(&root, &named) {
                Err(NotSaved::Missing(_)) => (Lock::default(), None),
                bytes => {
                    let bytes = bytes?;
                    let text = String::from_utf8_lossy(&bytes);
                    let lock = Lock::parse(text.trim_start_matches('\u{feff}'));
                    let lock = lock.map_err(|why| No::new(Why::Conflict, why))?;
                    (lock, Some(Hash::of(&bytes)))
                }
            };
            for (name, digest, declared) in tools {
                let offer = as_looked_at(&name, &digest, &offered)?;
                let declared = as_declared(declared)?;
                let (by, on) = (by.clone(), today().to_string());
                let pinned =
                    tools::pin::pin(lock, &name, offer, &declared, by, &on, reason.clone());
                lock = pinned.map_err(|why| No::new(Why::Invalid, why))?;
            }
            let text = lock.render().map_err(|why| No::new(Why::Failed, why))?;
            Ok((saving::prepare_any(&root, &named, &text, from)?, root))
        };
        let (ready, root) = reading(self.clone(), prepare).await?;
        self.clone().put(who, path, ready, root).await
    }
}

/// The one offer of that name, which must be what was looked at.
fn as_looked_at<'o>(
    name: &ToolName,
    digest: &str,
    offered: &'o [Offered],
) -> Result<&'o Offered, No> {
    let again = "look at it again: nothing was approved";
    let mut all = offered.iter().filter(|offer| offer.name == name.tool());
    let (Some(offer), None) = (all.next(), all.next()) else {
        let what = format!("the server does not offer one tool `{name}`");
        return Err(No::new(Why::Conflict, what).help(again));
    };
    if offer.digest != digest || digest.is_empty() {
        let what = format!("`{name}` is not what was looked at any more");
        return Err(No::new(Why::Conflict, what).help(again));
    }
    Ok(offer)
}

/// That a server gave no list, without what it was given in secret.
/// A server that cannot be looked at is how things stand, and no fault of this one.
fn unusable(looking: &Looking, server: &str, fault: Fault) -> No {
    let Looking { workspace, places, secrets, .. } = looking;
    let No { what, help, .. } = no(mcp::unusable(workspace, places, server, fault));
    No { why: Why::Conflict, what: secrets.redact(&what).into_owned(), help }
}

fn probed(server: String, protocol: String, offered: &[Offered], lock: &Lock) -> Probed {
    let mut changes = BTreeMap::new();
    let mut gone = Vec::new();
    let mut twice = BTreeSet::new();
    for difference in differences(&server, lock, offered) {
        let name = difference.tool;
        match difference.how {
            How::Changed(change) => {
                let tools::pin::Change { gone, come, means } = change;
                changes.insert(name, ToolChange { gone, come, means });
            }
            How::Gone { other } => {
                let named = |name: String| format!("{server}.{name}");
                gone.push(GoneTool { tool: named(name), other: other.map(named) });
            }
            How::Twice => {
                twice.insert(name);
            }
            How::Hidden(_) | How::New => {}
        }
    }
    let offer = |finding: Finding| {
        let Finding { offered, standing, can, risks, proposed } = finding;
        let double = "it is offered twice, and nobody can tell which one is called".to_owned();
        let refused = offered.hidden.or(twice.contains(&offered.name).then_some(double));
        let change = changes.remove(&offered.name);
        ToolOffer {
            tool: format!("{server}.{}", offered.name),
            standing: match standing {
                Standing::New => ToolStanding::New,
                Standing::Approved => ToolStanding::Approved,
                Standing::Changed => ToolStanding::Changed,
            },
            digest: offered.digest,
            args: Argument::all(&offered.definition.input),
            title: offered.definition.title,
            description: offered.definition.description,
            input: offered.definition.input,
            output: offered.definition.output,
            can,
            risks,
            refused,
            proposed: as_said(&proposed),
            change,
        }
    };
    let tools = findings(&server, offered, lock).into_iter().map(offer).collect();
    Probed { server: server.clone(), protocol, tools, gone }
}
