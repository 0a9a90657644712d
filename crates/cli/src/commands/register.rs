//! `register`: every system with AI that the organisation runs here or uses elsewhere, kept by
//! itself from files and releases. It must not judge any of them.

use assure::audit::Registered;
use evidence::words;
use serde_json::json;

use crate::assuring::Grounds;
use crate::exit::{Ended, Exit, Stop};
use crate::screen::{Look, Screen};

/// Every system with AI: the workflows, and what statements with `facts: { system: ... }` tell of.
pub fn register(grounds: &Grounds<'_>) -> Result<Vec<Registered>, Stop> {
    let mut all = Vec::new();
    for name in grounds.all() {
        let Ok(looked) = grounds.look(name.as_str()) else { continue };
        let w = looked.plan.workflow();
        let release = looked.plan.release();
        let weighed = grounds.desk.weighed.iter();
        let weighed =
            weighed.filter(|(of, at, _)| *of == name && *at == release).map(|(.., at)| *at);
        let mut vendors: Vec<String> =
            w.models.values().map(|model| model.vendor.clone()).collect();
        vendors.sort();
        vendors.dedup();
        all.push(Registered {
            name: name.to_string(),
            elsewhere: false,
            owner: w.accountable.clone(),
            risk: json!(w.risk).as_str().unwrap_or_default().to_owned(),
            autonomy: w.rung(None).as_str().to_owned(),
            vendors,
            data: w.case.tags.iter().map(ToString::to_string).collect(),
            live: looked.live,
            reviewed: weighed.max().map(|at| words::when(at, None).chars().take(10).collect()),
            workflow: Some(name),
        });
    }
    for one in grounds.statements.iter().filter(|one| one.facts.contains_key("system")) {
        let fact = |key: &str| one.facts.get(key).cloned().unwrap_or_default();
        let list = |key: &str| {
            let text = fact(key);
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            parts.map(str::to_owned).collect::<Vec<_>>()
        };
        all.push(Registered {
            name: fact("system"),
            elsewhere: true,
            owner: one.owner.clone(),
            risk: fact("risk"),
            autonomy: fact("autonomy"),
            vendors: list("vendors"),
            data: list("data"),
            live: None,
            reviewed: Some(one.reviewed.clone()),
            workflow: None,
        });
    }
    Ok(all)
}

/// Shows the register.
pub fn registered(screen: &Screen, grounds: &Grounds<'_>) -> Ended {
    let all = register(grounds)?;
    for one in &all {
        screen.object("system", one)?;
        let live = match (one.elsewhere, one.live) {
            (true, _) => "elsewhere".to_owned(),
            (false, Some(at)) => format!("live since {}", words::when(at, None)),
            (false, None) => "not live".to_owned(),
        };
        screen.line(format!(
            "{} {live}; {} answers for it; risk {}, autonomy {}; vendors: {}; data: {}; {}",
            screen.word(Look::Strong, &one.name),
            one.owner,
            word(&one.risk),
            word(&one.autonomy),
            list(&one.vendors),
            list(&one.data),
            one.reviewed.as_ref().map_or("its risk was never weighed".to_owned(), |day| {
                format!("its risk was weighed on {day}")
            })
        ));
    }
    if all.is_empty() {
        screen.line("there is no system with AI here");
    }
    Ok(Exit::Done)
}

fn word(text: &str) -> &str {
    if text.is_empty() { "not said" } else { text }
}

fn list(all: &[String]) -> String {
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}
