//! `data map`: which data of which workflow go to whom, as the files declare it.

use std::collections::{BTreeMap, BTreeSet};

use evidence::{handed, words};
use journal::RunQuery;
use plan::data::{self, Flow, Recipient, Tagged};
use plan::ids::{FieldName, WorkflowName};
use plan::workflow::Effect;
use plan::{Places, Retention};
use serde_json::json;

use crate::args::{Data, Global};
use crate::exit::{Ended, Exit, Stop};
use crate::screen::{Look, Screen};
use crate::stored::{Runs, now};
use crate::workspace::Workspace;

/// How many cases are looked at.
const LOOKED_AT: usize = 20_000;

/// What is wanted of the data.
pub fn data(screen: &Screen, global: &Global, what: &Data) -> Ended {
    match what {
        Data::Map { workflow, seen } => map(screen, global, workflow.as_deref(), *seen),
    }
}

/// Prints the map of one workflow or of all of them.
fn map(screen: &Screen, global: &Global, workflow: Option<&str>, seen: Option<u32>) -> Ended {
    let workspace = Workspace::open(global)?;
    let places = workspace.places().map_err(Stop::usage)?;
    let checked = plan::check_all(&workspace.files);
    if let Some(name) = workflow
        && !checked.plans.keys().any(|known| known.as_str() == name)
    {
        let known: Vec<&str> = checked.plans.keys().map(|name| name.as_str()).collect();
        return Err(Stop::usage(format!("no workflow `{name}` is fit to run"))
            .help(format!("those that are: {}; `flightdeck check` says more", known.join(", "))));
    }
    head(screen, &places)?;
    let mut open = BTreeSet::new();
    for (name, plan) in &checked.plans {
        if workflow.is_some_and(|wanted| wanted != name.as_str()) {
            continue;
        }
        let flows = data::flows(plan);
        screen.object(
            "data_map",
            json!({ "workflow": name, "purpose": plan.workflow().purpose,
                "accountable": plan.workflow().accountable, "case_tags": plan.workflow().case.tags,
                "flows": flows, "kept": kept(&places.retention, &flows) }),
        )?;
        screen.line(String::new());
        screen.line(screen.word(Look::Strong, name.as_str()));
        screen.line(format!("  for: {}", plan.workflow().purpose));
        screen.line(format!("  answered for by {}", plan.workflow().accountable));
        for (to, flows) in by_recipient(&flows) {
            recipient(screen, &to, &flows, &places, &mut open);
        }
        if let Some(hours) = seen {
            really(screen, global, name, &flows, hours, &mut open)?;
        }
        let kept = kept(&places.retention, &flows);
        screen.line(match kept {
            Some(ms) => format!("  contents are kept for {} after the end", words::span(ms)),
            None => "  contents are kept until somebody has them erased".to_owned(),
        });
    }
    if open.is_empty() {
        return Ok(Exit::Done);
    }
    screen.line(String::new());
    for what in &open {
        screen.line(screen.word(Look::Bad, what));
    }
    Ok(Exit::Findings)
}

/// What the cases of a workflow really handed over, and what of it nobody declared.
fn really(
    screen: &Screen,
    global: &Global,
    workflow: &WorkflowName,
    flows: &[Flow],
    hours: u32,
    open: &mut BTreeSet<String>,
) -> Result<(), Stop> {
    let Some(runs) = Runs::open(global)? else { return Ok(()) };
    let since = now().0.saturating_sub(u64::from(hours).saturating_mul(3_600_000));
    let query =
        RunQuery { workflow: Some(workflow.clone()), limit: LOOKED_AT, ..RunQuery::default() };
    let (mut all, mut cases) = (BTreeMap::new(), 0_usize);
    for line in runs.lines(&query)?.into_iter().filter(|line| line.changed.0 >= since) {
        match runs.history(line.run) {
            Ok(history) => handed::add(&mut all, &history),
            // One damaged case hides no other.
            Err(stop) if stop.is_damage() => screen.stop(&stop),
            Err(stop) => return Err(stop),
        }
        cases += 1;
    }
    let mut list = Vec::new();
    for ((step, to), got) in &all {
        let (calls, tags) = (got.calls, &got.tags);
        list.push(json!({ "step": step, "to": to, "calls": calls, "tags": tags }));
    }
    screen.object("data_seen", json!({ "workflow": workflow, "cases": cases, "handed": list }))?;
    screen.line(format!("  seen in {} of {hours} hours:", words::cases(cases)));
    for ((step, to), got) in &all {
        let tags: Vec<&str> = got.tags.iter().map(FieldName::as_str).collect();
        let tagged =
            if tags.is_empty() { String::new() } else { format!(", tagged {}", tags.join(", ")) };
        let calls = words::number(got.calls);
        screen.line(format!("    `{}` from `{step}`: {calls} calls{tagged}", to.name()));
        for tag in &got.tags {
            let says = |flow: &Flow| {
                let there = flow.tags.iter().any(|tagged| tagged.tag == *tag);
                named(&flow.to) == to.name() && there
            };
            if !flows.iter().any(says) {
                open.insert(format!("`{tag}` went to `{}`, and no map says so", to.name()));
            }
        }
    }
    Ok(())
}

fn named(to: &Recipient) -> &str {
    match to {
        Recipient::Model { name, .. } => name.as_str(),
        Recipient::Tool { name, .. } => name.as_str(),
        Recipient::Table { read_by, .. } => read_by.as_str(),
    }
}

fn head(screen: &Screen, places: &Places) -> Result<(), Stop> {
    let privacy = &places.privacy;
    screen.object(
        "data_controller",
        json!({ "organisation": places.organisation, "privacy": privacy }),
    )?;
    let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "not said".to_owned());
    screen.line(format!("organisation: {}", places.organisation));
    screen.line(format!("controller: {}", said(&privacy.controller)));
    screen.line(format!("contact: {}", said(&privacy.contact)));
    let (role, risk) = (said(&privacy.ai_role), said(&privacy.ai_risk));
    screen.line(format!("EU AI Act: role {role}, risk {risk}"));
    Ok(())
}

/// How long contents with these tags are kept: the shortest of what is said.
fn kept(retention: &Retention, flows: &[Flow]) -> Option<u64> {
    let tags: BTreeSet<&FieldName> =
        flows.iter().flat_map(|flow| &flow.tags).map(|tagged| &tagged.tag).collect();
    retention.of(tags)
}

fn by_recipient(flows: &[Flow]) -> BTreeMap<Recipient, Vec<&Flow>> {
    let mut all: BTreeMap<Recipient, Vec<&Flow>> = BTreeMap::new();
    for flow in flows {
        all.entry(flow.to.clone()).or_default().push(flow);
    }
    all
}

fn recipient(
    screen: &Screen,
    to: &Recipient,
    flows: &[&Flow],
    places: &Places,
    open: &mut BTreeSet<String>,
) {
    screen.line(format!("  to {}", who(to)));
    for flow in flows {
        screen.line(format!("    from `{}`: {}", flow.step, flow.what.join(", ")));
    }
    if let Recipient::Model { here: false, hides, .. } = to {
        let kinds: Vec<String> = hides.iter().map(|k| k.as_str().replace('_', " ")).collect();
        screen.line(match kinds.is_empty() {
            true => "    nothing personal is replaced by words".to_owned(),
            false => format!("    replaced by words as far as found: {}", kinds.join(", ")),
        });
    }
    let tags: BTreeMap<&FieldName, &Tagged> =
        flows.iter().flat_map(|flow| &flow.tags).map(|tagged| (&tagged.tag, tagged)).collect();
    for (tag, tagged) in tags {
        let basis = places.privacy.basis.get(tag);
        let basis = basis.map_or_else(|| "no basis is said".to_owned(), |text| text.clone());
        match &tagged.leave {
            Some(leave) => screen.line(format!(
                "    `{tag}` by leave of {} until {} ({}); {basis}",
                leave.by, leave.until, leave.reason
            )),
            None if !to.needs_leave() => {
                screen.line(format!("    `{tag}` needs no leave to go there; {basis}"));
            }
            None => {
                screen.line(format!("    `{tag}` has no leave to go there: the step refuses it"));
                open.insert(format!("`{tag}` has no leave for {}", who(to)));
            }
        }
        if !places.privacy.basis.contains_key(tag) {
            open.insert(format!(
                "no legal basis is said for `{tag}` (`privacy` in flightdeck.yaml)"
            ));
        }
    }
}

fn who(to: &Recipient) -> String {
    match to {
        Recipient::Model { name, here: true, .. } => format!("the model `{name}`, on this machine"),
        Recipient::Model { name, vendor, region, .. } => {
            let region = region.as_deref().unwrap_or("where is not said");
            format!("the model `{name}` of {vendor} ({region})")
        }
        Recipient::Table { name, read_by } => format!("a look-up in `{name}`, by `{read_by}`"),
        Recipient::Tool { name, effect } => {
            let does = match effect {
                Effect::Read => "reads",
                Effect::Write => "writes",
                Effect::Send => "sends out",
                Effect::Pay => "pays",
                Effect::Delete => "deletes",
            };
            format!("the tool `{name}`, which {does}")
        }
    }
}
