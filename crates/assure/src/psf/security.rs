//! PSF-7, those who want something else of it. It must not know other domains.

use std::collections::BTreeSet;

use journal::Drill;
use plan::workflow::{Does, Work};

use super::cx::{Cx, judged, tell};
use super::{Column, Judged, Says};
use crate::cite::Cite;
use crate::seen::Signal;

pub(super) fn judge(cx: &Cx<'_>, id: &str) -> Judged {
    match id {
        "PSF-7.1" => threats(cx),
        "PSF-7.2" => privilege(cx),
        "PSF-7.3" => secrets(cx),
        "PSF-7.4" => apart(cx),
        _ => rehearsed(cx),
    }
}

fn threats(cx: &Cx<'_>) -> Judged {
    Judged {
        attested: cx.attested("PSF-7.1"),
        observed: cx.acknowledged("PSF-7.1"),
        enforced: cx.drilled(Drill::Injection),
        advice: vec![tell(
            "write the threats into `governance/threats.md`, have it read and acknowledged, and run \
             `flightdeck drill injection`",
        )],
        ..Judged::default()
    }
}

fn privilege(cx: &Cx<'_>) -> Judged {
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for w in cx.all() {
        for step in &w.steps {
            match &step.does {
                Does::Tool(call) => {
                    used.insert(call.tool.as_str());
                    used.extend(call.undo.iter().map(|tool| tool.as_str()));
                    used.extend(call.confirm.iter().map(|confirm| confirm.tool.as_str()));
                }
                Does::Agent(agent) => {
                    if let Work::Answer { tools, .. } = &agent.work {
                        used.extend(tools.iter().map(|tool| tool.as_str()));
                    }
                }
                _ => {}
            }
        }
        used.extend(w.tables.values().map(|table| table.tool.as_str()));
        used.extend(w.tools.values().filter_map(|t| t.read_back.as_ref()).map(|t| t.as_str()));
    }
    let granted = cx.w.agents.values().flat_map(|agent| &agent.tools);
    let idle: BTreeSet<&str> =
        granted.map(|tool| tool.as_str()).filter(|t| !used.contains(t)).collect();
    // The program's own policies hold for every map: they narrow nothing more.
    let own = || cx.w.policies.iter().filter(|policy| policy.file.starts_with("policies/"));
    let narrowed = own().any(|policy| policy.text.contains("forbid"));
    let declared = match (idle.is_empty(), narrowed || cx.effects().is_empty()) {
        (true, true) => {
            Column::new(Says::Yes, "each step has the tools it uses, and policies hold it")
        }
        (false, _) => {
            let names: Vec<&str> = idle.into_iter().collect();
            Column::new(Says::Partly, format!("no step uses {}", names.join(", ")))
        }
        (true, false) => Column::new(Says::Partly, "nothing but the map itself limits its tools"),
    };
    let cites = own().map(|policy| Cite::File { file: policy.file.clone(), line: 1 });
    Judged {
        advice: vec![
            tell("take tools that no step uses out of `agents/*.md`"),
            tell(format!("`flightdeck narrow {}` writes a policy that holds it", cx.w.name)),
        ],
        ..judged(
            declared.at(cites),
            cx.drilled(Drill::ToolChange),
            cx.often_at_all(Signal::Over, "cases within these rights"),
        )
    }
}

fn secrets(cx: &Cx<'_>) -> Judged {
    let places = &cx.given.places.secrets;
    let named: Vec<&String> = cx.w.secrets.iter().collect();
    let old: Vec<&str> = named
        .iter()
        .filter(|name| match places.get(**name) {
            Some(place) => match (&place.since, place.every_ms) {
                (Some(since), Some(every)) => cx
                    .days_since(since)
                    .is_none_or(|days| u64::try_from(days).unwrap_or(0) > every / 86_400_000),
                _ => true,
            },
            None => true,
        })
        .map(|name| name.as_str())
        .collect();
    let declared = match (named.len(), old.len()) {
        (0, _) => Column::new(Says::Yes, "it needs no secret"),
        (_, 0) => Column::new(Says::Yes, "each secret says since when and how long it holds"),
        _ => {
            let said = format!("{} are too old, or nobody says how old", old.join(", "));
            Column::new(Says::Partly, said)
        }
    };
    Judged {
        advice: vec![tell(
            "say in `secrets` since when each has its value, and how often it changes",
        )],
        ..judged(
            declared.at([cx.cite_settings(&["secrets"])]),
            cx.guarded(),
            cx.often_at_all(Signal::Over, "cases in whose records no secret may stand"),
        )
    }
}

fn apart(cx: &Cx<'_>) -> Judged {
    let servers = cx.servers().into_iter();
    let open: Vec<&str> = servers
        .filter(|(_, server)| {
            let boxed = server.sandbox.as_ref();
            boxed.is_some_and(|b| b.off.is_some() || b.network == Some(plan::Network::All))
        })
        .map(|(name, _)| name)
        .collect();
    let declared = match open.is_empty() {
        true => Column::new(Says::Yes, "each case has its own key, each server its own box"),
        false => {
            Column::new(Says::Partly, format!("{} have no box, or reach anywhere", open.join(", ")))
        }
    };
    Judged {
        advice: vec![tell("name in `sandbox.network` the hosts that a server needs")],
        ..judged(
            declared.at([Cite::File { file: ".mcp.json".into(), line: 1 }]),
            cx.guarded(),
            cx.often_at_all(Signal::Over, "cases under a key of their own"),
        )
    }
}

fn rehearsed(cx: &Cx<'_>) -> Judged {
    let both = [Drill::Injection, Drill::ToolChange];
    let columns: Vec<Column> = both.iter().map(|drill| cx.drilled(*drill)).collect();
    let worst = columns.iter().find(|one| one.says != Says::Yes);
    let enforced = match worst {
        Some(one) => one.clone(),
        None => Column::new(Says::Yes, "the drills of injection and of a changed tool passed")
            .at(columns.into_iter().flat_map(|one| one.cites)),
    };
    let times = |drill: Drill| {
        let all = cx.given.desk.drills.get(&drill).map(Vec::as_slice).unwrap_or_default();
        all.iter().filter(|(at, passed)| *passed && cx.within(*at, 365)).count()
    };
    let rhythm = both.iter().map(|drill| times(*drill)).min().unwrap_or(0);
    let observed = match rhythm {
        0 => Column::new(Says::No, "no attack was rehearsed in a year"),
        1 => Column::new(Says::Partly, "attacks were rehearsed once in a year: no rhythm yet"),
        n => Column::new(Says::Yes, format!("attacks were rehearsed {n} times in a year")),
    };
    Judged {
        advice: vec![tell(
            "run `flightdeck drill injection` and `drill tool-change` every quarter",
        )],
        ..judged(
            Column::new(Says::Yes, "attacks and changed tools are drills of this program"),
            enforced,
            observed,
        )
    }
}
