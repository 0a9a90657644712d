//! `vendors`: on whom the work depends, what stops when one of them goes, and what has changed that
//! somebody should look at.

use std::collections::{BTreeMap, BTreeSet};

use evidence::words;
use jiff::civil::Date;
use model::known;
use plan::ids::ModelName;
use plan::workflow::{Does, Model, Recover, Work, Workflow};
use plan::{Places, Vendor};
use serde_json::json;

use crate::args::Global;
use crate::exit::{Ended, Exit, Stop};
use crate::screen::{Look, Screen};
use crate::stored::{days, today};
use crate::workspace::Workspace;

const DAY_MS: u64 = 86_400_000;
/// A model that is retired sooner than this is said in time.
const SOON_DAYS: i64 = 90;

/// One vendor and what hangs on it.
#[derive(Default)]
struct Depends {
    /// Models of it, and servers.
    things: BTreeSet<String>,
    /// Steps, and what becomes of each without it.
    steps: BTreeMap<String, String>,
    /// Steps for which nobody else answers.
    stops: usize,
}

/// One vendor as the register and the maps have it.
pub struct Standing {
    pub name: String,
    /// What the register says of it.
    pub entry: Option<Vendor>,
    /// Models of it, and servers.
    pub things: BTreeSet<String>,
    /// Steps, and what becomes of each without it.
    pub steps: BTreeMap<String, String>,
    /// Steps for which nobody else answers.
    pub stops: usize,
    /// What somebody should look at.
    pub wants: Vec<String>,
}

/// Everybody on whom these workflows depend, and who stands in the register.
pub fn all<'p>(
    places: &Places,
    plans: impl Iterator<Item = &'p plan::Plan>,
    today: Date,
) -> Vec<Standing> {
    let mut all: BTreeMap<String, Depends> = BTreeMap::new();
    for plan in plans {
        of_workflow(plan.workflow(), places, &mut all);
    }
    for name in places.vendors.keys() {
        all.entry(name.clone()).or_default();
    }
    let one = |(name, depends): (String, Depends)| {
        let entry = places.vendors.get(&name);
        let mut wants = missing(&name, entry, &depends, today);
        wants.extend(models(&name, places, today));
        let Depends { things, steps, stops } = depends;
        Standing { entry: entry.cloned(), name, things, steps, stops, wants }
    };
    all.into_iter().map(one).collect()
}

/// Lists vendors; exits 8 where one wants looking at.
pub fn vendors(screen: &Screen, global: &Global) -> Ended {
    let workspace = Workspace::open(global)?;
    let places = workspace.places().map_err(Stop::usage)?;
    let plans = plan::check_all(&workspace.files).plans;
    let all = all(&places, plans.values(), today());
    for one in &all {
        let Standing { name, entry, things, steps, stops, wants } = one;
        screen.object(
            "vendor",
            json!({ "vendor": name, "registered": entry, "provides": things,
                "steps": steps, "stops": stops, "wants": wants }),
        )?;
        lines(screen, one);
    }
    if all.is_empty() {
        screen.line("no workflow that is fit to run depends on anybody");
    }
    let found = all.iter().any(|one| !one.wants.is_empty());
    Ok(if found { Exit::Findings } else { Exit::Done })
}

fn lines(screen: &Screen, one: &Standing) {
    let Standing { name, entry, things, steps, wants, .. } = one;
    let things: Vec<&str> = things.iter().map(String::as_str).collect();
    let things = if things.is_empty() { "nothing".to_owned() } else { things.join(", ") };
    screen.line(screen.word(Look::Strong, &format!("{name}: {things}")));
    if let Some(Vendor { region, terms, contact, reviewed, if_it_goes, .. }) = entry {
        let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "not said".to_owned());
        screen.line(format!("  region {}; terms {}", said(region), said(terms)));
        screen.line(format!("  looked at {}; contact {}", said(reviewed), said(contact)));
        if let Some(plan) = if_it_goes {
            screen.line(format!("  if it goes: {plan}"));
        }
    }
    for (step, without) in steps {
        screen.line(format!("  {step}: without it {without}"));
    }
    for want in wants {
        screen.line(screen.word(Look::Warn, &format!("  {want}")));
    }
}

/// Whether a server is a part of this program.
fn is_ours(places: &Places, server: &str) -> bool {
    let declared = places.servers.get(server);
    declared.is_none_or(|spec| spec.command.as_deref() == Some("flightdeck"))
}

/// What each step of a workflow depends on, and what its map does without it.
fn of_workflow<'w>(workflow: &'w Workflow, places: &Places, all: &mut BTreeMap<String, Depends>) {
    for step in &workflow.steps {
        let place = format!("{}.{}", workflow.name, step.id);
        let fails = match &step.on_failure {
            Recover::Ask(role) => format!("{role} is asked"),
            Recover::Go(step) => format!("the case goes to `{step}`"),
            Recover::Stop => "the case stops".to_owned(),
        };
        let mut servers: BTreeSet<&str> = BTreeSet::new();
        match &step.does {
            Does::Tool(call) => {
                servers.insert(call.tool.server());
            }
            Does::Lookup(lookup) => {
                let tables = lookup.finds.values().filter_map(|f| workflow.tables.get(&f.table));
                servers.extend(tables.map(|table| table.tool.server()));
            }
            Does::Agent(agent) => {
                if let Work::Answer { tools, .. } = &agent.work {
                    servers.extend(tools.iter().map(|tool| tool.server()));
                }
                let model = |name: &'w ModelName| Some((name.as_str(), workflow.models.get(name)?));
                let models: Vec<_> = workflow.answering(agent).iter().filter_map(model).collect();
                answered(&place, &models, &fails, all);
                for one in workflow.looking(agent).filter_map(model) {
                    answered(&place, &[one], &fails, all);
                }
            }
            Does::Decide(_)
            | Does::Review(_)
            | Does::Each(_)
            | Does::Parallel(_)
            | Does::Wait(_)
            | Does::Workflow(_)
            | Does::End(_) => {}
        }
        for server in servers.into_iter().filter(|server| !is_ours(places, server)) {
            let depends = all.entry(server.to_owned()).or_default();
            depends.things.insert(format!("tool server {server}"));
            depends.steps.insert(place.clone(), fails.clone());
            depends.stops += 1;
        }
    }
    for child in workflow.children.values() {
        of_workflow(child, places, all);
    }
}

/// The models of a step in their order: without a vendor the next one of another is asked.
fn answered(
    place: &str,
    models: &[(&str, &Model)],
    fails: &str,
    all: &mut BTreeMap<String, Depends>,
) {
    // One that runs here is nobody else's to take away.
    for (name, model) in models.iter().filter(|(_, model)| !model.here) {
        let depends = all.entry(model.vendor.clone()).or_default();
        depends.things.insert(format!("model {name}"));
        let other = models.iter().find(|(_, other)| other.vendor != model.vendor);
        let without = match other {
            Some((next, other)) if other.here => format!("`{next}` answers, which runs here"),
            Some((next, other)) => format!("`{next}` of {} answers", other.vendor),
            None => fails.to_owned(),
        };
        let before = depends.steps.insert(place.to_owned(), without);
        if other.is_none() && before.as_deref() != Some(fails) {
            depends.stops += 1;
        }
    }
}

/// What nobody knows of a vendor, or has not looked at for too long.
fn missing(name: &str, entry: Option<&Vendor>, depends: &Depends, today: Date) -> Vec<String> {
    let Some(entry) = entry else {
        return vec![format!("`{name}` does not stand under `vendors` in flightdeck.yaml")];
    };
    let mut wants = Vec::new();
    if depends.things.is_empty() {
        wants.push("nothing depends on it any more".to_owned());
    }
    if entry.terms.is_none() {
        wants.push("nobody says which terms hold".to_owned());
    }
    if entry.if_it_goes.is_none() && depends.stops > 0 {
        wants.push("nobody says what is done when it goes, and nobody else answers".to_owned());
    }
    let every = i64::try_from(entry.review_every_ms / DAY_MS).unwrap_or(i64::MAX);
    match entry.reviewed.as_ref().and_then(|day| day.parse::<Date>().ok()) {
        None => wants.push("nobody says when it was last looked at".to_owned()),
        Some(day) => {
            let days = days(day, today);
            if days > every {
                wants.push(format!(
                    "it was last looked at {days} days ago, and {every} are allowed"
                ));
            }
        }
    }
    wants
}

/// What is published of its models and differs from what the workspace says.
fn models(vendor: &str, places: &Places, today: Date) -> Vec<String> {
    let mut wants = Vec::new();
    let dollars = places.currency.is_some_and(|currency| currency.as_str() == "USD");
    for (name, model) in places.declared.iter().filter(|(_, model)| model.vendor == vendor) {
        let Some(known) = known::find(vendor, &model.model) else { continue };
        if let Some(day) = known.retires {
            let left = days(today, day);
            if left < 0 {
                wants.push(format!("`{name}` ({}) was retired on {day}", model.model));
            } else if left <= SOON_DAYS {
                wants.push(format!(
                    "`{name}` ({}) is retired on {day}, in {left} days",
                    model.model
                ));
            }
        }
        // Prices are published in dollars; in another currency nothing can be compared.
        if dollars {
            let price = model.price;
            let published = [
                ("input", known.input, price.input_nanos),
                ("output", known.output, price.output_nanos),
            ];
            for (what, text, ours) in published {
                let theirs = per_token(text);
                if let Some(theirs) = theirs.filter(|theirs| *theirs != ours && ours > 0) {
                    let ours = words::cost(ours.saturating_mul(1_000_000));
                    let theirs = words::cost(theirs.saturating_mul(1_000_000));
                    wants.push(format!(
                        "`{name}`: {what} costs {ours} USD here and {theirs} USD as published by {}",
                        known::DATE
                    ));
                }
            }
        }
    }
    wants
}

/// Dollars for a million tokens as billionths for one.
fn per_token(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part = format!("{part:0<3}");
    let thousandths = part.get(..3)?.parse::<u64>().ok()?;
    // A dollar for a million tokens is a thousand billionths for one.
    whole.parse::<u64>().ok()?.checked_mul(1_000)?.checked_add(thousandths)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_published_price_is_read_to_the_billionth() {
        for (text, expected) in
            [("3", Some(3_000)), ("0.25", Some(250)), ("1.125", Some(1_125)), ("x", None)]
        {
            assert_eq!(super::per_token(text), expected, "{text}");
        }
    }
}
