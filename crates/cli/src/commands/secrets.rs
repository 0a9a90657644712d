//! `secrets`: which secrets the workspace names, where each comes from, who is given it, and how
//! old it is. No value of any is shown.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use plan::{Address, Places, Plan, SecretFrom, Server};
use serde_json::json;

use crate::args::Global;
use crate::exit::{Ended, Exit, Stop};
use crate::screen::{Look, Screen};
use crate::stored;
use crate::vault::Vault;
use crate::workspace::Workspace;

const DAY_MS: u64 = 86_400_000;

/// A secret by its name, without its value.
pub struct Named {
    pub name: String,
    /// Where its value is kept.
    pub from: String,
    /// Looking its value up runs a program.
    pub runs: bool,
    pub given_to: BTreeSet<String>,
    /// How many days old its value is, where that is said, and how many it may become.
    pub days: Option<i64>,
    pub most: Option<i64>,
    pub overdue: bool,
}

/// Every secret that is kept or given to somebody.
pub fn named<'p>(places: &Places, plans: impl Iterator<Item = &'p Plan>) -> Vec<Named> {
    let used = used(places, plans);
    let names: BTreeSet<&String> = used.keys().chain(places.secrets.keys()).collect();
    let today = stored::today();
    let one = |name: &String| {
        let place = places.secrets.get(name);
        let from = match place.map(|place| &place.from) {
            None | Some(SecretFrom::Environment) => "environment".to_owned(),
            Some(SecretFrom::File(path)) => format!("file {path}"),
            Some(SecretFrom::Age { file, .. }) => format!("age {file}"),
            Some(SecretFrom::Keyring { service, account }) => {
                format!("keyring {service}, {account}")
            }
            Some(SecretFrom::Command(line)) => {
                format!("command {}", line.first().map_or("", String::as_str))
            }
        };
        let here = matches!(
            place.map(|place| &place.from),
            None | Some(SecretFrom::Environment | SecretFrom::File(_))
        );
        let days = place.and_then(|place| place.since.as_ref()?.parse::<Date>().ok());
        let days = days.map(|since| stored::days(since, today));
        let most = place.and_then(|place| place.every_ms);
        let most = most.map(|ms| i64::try_from(ms / DAY_MS).unwrap_or(i64::MAX));
        Named {
            name: name.clone(),
            from,
            runs: !here,
            given_to: used.get(name).cloned().unwrap_or_default(),
            days,
            most,
            overdue: most.is_some_and(|most| days.is_none_or(|days| days > most)),
        }
    };
    names.into_iter().map(one).collect()
}

/// Lists secrets; exits 8 where one is not there or older than it may be.
pub fn secrets(screen: &Screen, global: &Global) -> Ended {
    let workspace = Workspace::open(global)?;
    let places = workspace.places().map_err(Stop::usage)?;
    let plans = plan::check_all(&workspace.files).plans;
    let vault = Vault::new(&workspace.root, &places.secrets);
    let all = named(&places, plans.values());
    let mut found = false;
    for Named { name, from, given_to: given, days, most, overdue: old, .. } in &all {
        let lacks = vault.read(name).err();
        let unused = given.is_empty();
        found |= lacks.is_some() || *old || unused;
        screen.object(
            "secret",
            json!({ "name": name, "from": from, "given_to": given, "there": lacks.is_none(),
                "days": days, "days_max": most, "overdue": old }),
        )?;
        let to: Vec<&str> = given.iter().map(String::as_str).collect();
        let to = if unused { "nobody".to_owned() } else { to.join(", ") };
        screen.line(format!("{}: {from}; given to {to}", screen.word(Look::Strong, name)));
        if let Some(why) = lacks {
            screen.line(screen.word(Look::Bad, &format!("  it is not there: {why}")));
        }
        match (days, most) {
            (Some(days), Some(most)) if *old => {
                let what = format!("  it is {days} days old, and {most} are allowed: change it");
                screen.line(screen.word(Look::Bad, &what));
            }
            (None, Some(_)) => {
                screen.line(screen.word(Look::Bad, "  nobody says since when it has its value"));
            }
            (Some(days), _) => screen.line(format!("  {days} days old")),
            (None, None) => screen.line("  nobody says how old it is"),
        }
        if unused {
            screen.line(screen.word(Look::Warn, "  nothing needs it any more"));
        }
    }
    if all.is_empty() {
        screen.line("this workspace names no secret");
    }
    Ok(if found { Exit::Findings } else { Exit::Done })
}

/// Who is given each secret.
pub fn used<'p>(
    places: &Places,
    plans: impl Iterator<Item = &'p Plan>,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut add = |name: String, to: String| {
        used.entry(name).or_default().insert(to);
    };
    for (server, spec) in &places.servers {
        for name in Server::secrets(spec) {
            add(name, format!("server {server}"));
        }
    }
    for (model, place) in &places.models {
        let address = place.base_url.iter().flat_map(Address::variables).map(str::to_owned);
        for name in place.keys.iter().cloned().chain(address) {
            add(name, format!("model {model}"));
        }
    }
    for (notice, told) in &places.notices {
        for name in told.way.variables() {
            add(name, format!("notice {notice}"));
        }
    }
    for plan in plans {
        for name in &plan.workflow().secrets {
            add(name.clone(), format!("workflow {}", plan.workflow().name));
        }
    }
    used
}
