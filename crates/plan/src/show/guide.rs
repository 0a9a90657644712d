//! A guide for whoever connects a workflow to what is around it, as one Markdown page: what is to
//! be provided, what is not settled, what each step needs, and what of today's work people keep. It
//! is made from the files alone, holds names of secrets and never a value, and counts no judgment
//! of a person as time that was saved.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::words::{join, share, span, time};
use super::{about, of_step, start};
use crate::check::Places;
use crate::ids::{RoleId, StepId};
use crate::read::secrets::From as SecretFrom;
use crate::release::Plan;
use crate::types;
use crate::workflow::{
    Can, Does, Effect, Late, Recover, Step, TodayStep, ToolStep, Type, Work, Workflow, WorkingHours,
};

/// The page.
#[must_use]
pub fn guide(plan: &Plan, places: &Places) -> String {
    let workflow = plan.workflow();
    let mut out = format!("# How to connect `{}`\n\n", workflow.name);
    for line in about(workflow) {
        let _ = writeln!(out, "- {}", inline(&line));
    }
    let release = plan.release().to_string();
    let short = release.get(..12).unwrap_or(&release);
    let _ = writeln!(out, "- These files give the release `{short}`.");
    open(&mut out, workflow);
    out.push_str("\n## What is to be provided\n");
    begins(&mut out, workflow);
    servers(&mut out, workflow, places);
    tables(&mut out, workflow);
    models(&mut out, workflow, places);
    people(&mut out, workflow);
    secrets(&mut out, workflow, places);
    out.push_str("\n## What each step needs\n");
    for (n, step) in workflow.steps.iter().enumerate() {
        let _ = writeln!(out, "\n### {}. `{}`\n", n + 1, step.id);
        for line in needs(workflow, step).into_iter().chain(of_step(workflow, step)) {
            let _ = writeln!(out, "- {}", inline(&line));
        }
    }
    kept(&mut out, workflow);
    out
}

/// A text inside a page: on one line, and no markup of its own.
fn inline(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '|' | '[' | ']' | '*' | '_' | '#' | '\\' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c if crate::inspect::secrets::is_hidden(c) => {}
            c => out.push(c),
        }
    }
    out
}

fn list(out: &mut String, head: &str, lines: &[String]) {
    let _ = writeln!(out, "\n**{head}**\n");
    for line in lines {
        let _ = writeln!(out, "- {line}");
    }
    if lines.is_empty() {
        out.push_str("- nothing\n");
    }
}

fn open(out: &mut String, workflow: &Workflow) {
    out.push_str("\n## What is not settled\n\n");
    let open = workflow.unsettled();
    if open.is_empty() {
        out.push_str("Nothing: no question stands in the file.\n");
    } else {
        out.push_str(
            "It can be tried as it is, and is not deployed before these are answered:\n\n",
        );
    }
    for (of, question) in open {
        let who = question.who.as_ref().map(|who| format!(" ({})", inline(who)));
        let of = if *of == workflow.name { String::new() } else { format!("`{of}`: ") };
        let _ = writeln!(out, "- {of}{}{}", inline(&question.what), who.unwrap_or_default());
    }
}

fn begins(out: &mut String, workflow: &Workflow) {
    let mut lines: Vec<String> = workflow.starts.iter().map(|one| inline(&start(one))).collect();
    if lines.is_empty() {
        lines.push("People begin cases by hand.".to_owned());
    }
    let fields = workflow.case.fields.iter();
    let fields: Vec<String> = fields.map(|(name, kind)| column(name.as_str(), kind)).collect();
    if !fields.is_empty() {
        lines.push(format!("Each case brings {}.", join(&fields, "and")));
    }
    list(out, "What begins a case", &lines);
}

fn column(name: &str, kind: &Type) -> String {
    format!("`{name}` ({})", inline(&types::said(kind)))
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "reads",
        Effect::Write => "writes",
        Effect::Send => "sends",
        Effect::Pay => "pays",
        Effect::Delete => "deletes",
    }
}

fn servers(out: &mut String, workflow: &Workflow, places: &Places) {
    let mut by_server: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, tool) in &workflow.tools {
        let said = format!("`{name}` {}", effect(tool.effect));
        by_server.entry(name.server()).or_default().push(said);
    }
    let lines: Vec<String> = by_server
        .into_iter()
        .map(|(name, tools)| {
            let server = places.servers.get(name);
            let place = match server.map(|server| (&server.command, &server.url)) {
                Some((Some(command), _)) => format!("started here as `{}`", inline(command)),
                Some((None, Some(url))) => format!("at `{}`", inline(url)),
                _ => "part of this program".to_owned(),
            };
            let secrets = server.map(crate::read::servers::Server::secrets).unwrap_or_default();
            let secrets: Vec<String> = secrets.iter().map(|name| format!("`{name}`")).collect();
            let secrets = match secrets.is_empty() {
                true => String::new(),
                false => format!("; it is given {}", join(&secrets, "and")),
            };
            format!("`{name}`, {place}: {}{secrets}", tools.join(", "))
        })
        .collect();
    list(out, "Tool servers, and what is approved of them", &lines);
}

fn tables(out: &mut String, workflow: &Workflow) {
    let lines: Vec<String> = workflow
        .tables
        .iter()
        .map(|(name, table)| {
            let columns = table.columns.iter();
            let columns: Vec<String> =
                columns.map(|(name, kind)| column(name.as_str(), kind)).collect();
            format!("`{name}`, read by `{}`: {}", table.tool, columns.join(", "))
        })
        .collect();
    list(out, "Tables that are trusted", &lines);
}

fn models(out: &mut String, workflow: &Workflow, places: &Places) {
    let lines: Vec<String> = workflow
        .models
        .iter()
        .map(|(name, model)| {
            let can: Vec<String> = model
                .can
                .iter()
                .map(|can| match can {
                    Can::Choose => "choose",
                    Can::Json => "answer in a form",
                    Can::Tools => "call tools",
                    Can::Probabilities => "say how likely an answer is",
                })
                .map(str::to_owned)
                .collect();
            let place = match (model.here, places.models.get(name)) {
                (true, _) => "on this machine".to_owned(),
                (false, Some(_)) => format!("at `{}`", inline(&model.vendor)),
                (false, None) => "nobody has said where".to_owned(),
            };
            let can = join(&can, "and");
            format!("`{name}` ({}), {place}: it has to {can}", inline(&model.model))
        })
        .collect();
    list(out, "Models", &lines);
}

fn people(out: &mut String, workflow: &Workflow) {
    let used: BTreeSet<&RoleId> = workflow.steps.iter().flat_map(roles).collect();
    let used = used.into_iter().chain([&workflow.override_by]).collect::<BTreeSet<_>>();
    let name = |person| workflow.people.get(person).map_or("", |person| person.name.as_str());
    let mut lines = vec![format!(
        "{} (`{}`) answers for it",
        inline(name(&workflow.accountable)),
        workflow.accountable
    )];
    for role in used {
        let people = workflow.roles.get(role).into_iter().flatten();
        let people: Vec<String> =
            people.map(|person| format!("{} (`{person}`)", inline(name(person)))).collect();
        lines.push(format!("`{role}`: {}", join(&people, "and")));
    }
    lines.push(hours(&workflow.hours));
    list(out, "People, and when they work", &lines);
}

fn hours(hours: &WorkingHours) -> String {
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    format!(
        "working hours are {} from {} to {} ({}), but for {} holidays",
        super::words::days(&hours.days),
        clock(hours.from_minute),
        clock(hours.to_minute),
        hours.zone,
        hours.holidays.len()
    )
}

/// The roles that a step asks.
fn roles(step: &Step) -> Vec<&RoleId> {
    let mut all = Vec::new();
    match &step.does {
        Does::Review(review) => {
            all.push(&review.by);
            all.extend(review.late.chain().map(|(role, _)| role));
            all.extend(&review.if_rejected.tell);
        }
        Does::Decide(decide) => all.push(&decide.who),
        Does::End(end) => all.extend(&end.tell),
        _ => {}
    }
    if let Recover::Ask(role) = &step.on_failure {
        all.push(role);
    }
    all
}

fn secrets(out: &mut String, workflow: &Workflow, places: &Places) {
    let lines: Vec<String> = workflow
        .secrets
        .iter()
        .map(|name| {
            let place = match places.secrets.get(name).map(|place| &place.from) {
                None | Some(SecretFrom::Environment) => "a variable of the environment",
                Some(SecretFrom::File(_)) => "a file that nobody else may read",
                Some(SecretFrom::Command(_)) => "what a program prints",
                Some(SecretFrom::Age { .. }) => "an encrypted file",
                Some(SecretFrom::Keyring { .. }) => "the keyring",
            };
            format!("`{name}`, from {place}")
        })
        .collect();
    list(out, "Secrets, by name", &lines);
}

/// What has to be there for a step, beside what it says itself.
fn needs(workflow: &Workflow, step: &Step) -> Vec<String> {
    match &step.does {
        Does::Agent(agent) => {
            let models: Vec<String> =
                workflow.answering(agent).iter().map(ToString::to_string).collect();
            let tools = match &agent.work {
                Work::Answer { tools, .. } => tools.as_slice(),
                Work::Copy { .. } => &[],
            };
            let tools: Vec<String> = tools.iter().map(ToString::to_string).collect();
            let mut lines = vec![format!(
                "Needs: the agent {} with the model {}, one try within {}.",
                agent.agent,
                join(&models, "or"),
                time(step.time_out_ms)
            )];
            if !tools.is_empty() {
                lines.push(format!("Needs: the tools {}.", join(&tools, "and")));
            }
            lines
        }
        Does::Tool(ToolStep { tool, .. }) => vec![format!("Needs: the tool {tool}.")],
        Does::Lookup(lookup) => {
            let tables: BTreeSet<String> =
                lookup.finds.values().map(|find| find.table.to_string()).collect();
            let tables: Vec<String> = tables.into_iter().collect();
            vec![format!("Needs: up-to-date rows in {}.", join(&tables, "and"))]
        }
        Does::Review(review) => {
            let late = match &review.late {
                Late::Ask { role, .. } => format!(", then {role}"),
                Late::Stop | Late::Go(_) => String::new(),
            };
            let count = match review.approvals {
                1 => "somebody".to_owned(),
                many => format!("{many} people"),
            };
            vec![format!("Needs: {count} of {} within {}{late}.", review.by, span(review.within))]
        }
        _ => Vec::new(),
    }
}

/// What becomes of a step of today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Nobody does it any more, or machines do.
    Taken,
    FallsAway,
    /// A person still decides: no minute of it is counted as saved.
    People,
    Unsaid,
}

fn fate(workflow: &Workflow, step: &TodayStep) -> Fate {
    let is_review = |id: &StepId| {
        let of = workflow.steps.iter().find(|step| step.id == *id);
        of.is_none_or(|step| matches!(step.does, Does::Review(_)))
    };
    match step.becomes.as_deref() {
        None => Fate::Unsaid,
        Some([]) => Fate::FallsAway,
        Some(steps) if steps.iter().any(is_review) => Fate::People,
        Some(_) => Fate::Taken,
    }
}

fn kept(out: &mut String, workflow: &Workflow) {
    out.push_str("\n## What is automated, and what stays with people\n\n");
    if workflow.today.is_empty() {
        out.push_str(
            "How it is done today is not described (`today`), so nothing is counted as saved.\n",
        );
        return;
    }
    out.push_str("| today | who | work in one case | becomes | counted |\n");
    out.push_str("| --- | --- | --- | --- | --- |\n");
    let mut saved = 0_u64;
    for step in &workflow.today {
        let fate = fate(workflow, step);
        let names = step.becomes.iter().flatten();
        let names: Vec<String> = names.map(|id| format!("`{id}`")).collect();
        let (becomes, counted) = match fate {
            Fate::Taken => (names.join(", "), "saved"),
            Fate::FallsAway => ("nothing: it falls away".to_owned(), "saved"),
            Fate::People => (names.join(", "), "no: a person still decides"),
            Fate::Unsaid => ("not said".to_owned(), "no"),
        };
        let work = u64::from(step.seconds.unwrap_or(0)) * u64::from(step.share) / 1_000_000;
        if matches!(fate, Fate::Taken | Fate::FallsAway) {
            saved += work;
        }
        let work_once = match step.seconds {
            None => "not said".to_owned(),
            Some(seconds) if step.share < 1_000_000 => {
                format!("{}, in {}", minutes(u64::from(seconds)), share(step.share))
            }
            Some(seconds) => minutes(u64::from(seconds)),
        };
        let who = step.who.as_deref().map(inline).unwrap_or_default();
        let does = inline(&step.does);
        let _ = writeln!(out, "| {does} | {who} | {work_once} | {becomes} | {counted} |");
    }
    let all = workflow.seconds_today().unwrap_or(0);
    let _ = writeln!(
        out,
        "\nOf {} of work in one case, {} are counted as saved. The work of people who decide is \
         never among them, also where fewer cases come to a person.",
        minutes(all),
        minutes(saved)
    );
    if let Some(baseline) = &workflow.baseline {
        let week = u64::from(baseline.cases_per_week) * saved / 60;
        let _ = writeln!(
            out,
            "At {} cases in a week these are {} hours and {} minutes, before anybody has measured \
             them: `flightdeck attention` and the figures of real cases do.",
            baseline.cases_per_week,
            week / 60,
            week % 60
        );
    }
}

fn minutes(seconds: u64) -> String {
    let tenths = (seconds * 10 + 30) / 60;
    match (tenths / 10, tenths % 10) {
        (whole, 0) => format!("{whole} minutes"),
        (whole, part) => format!("{whole}.{part} minutes"),
    }
}
