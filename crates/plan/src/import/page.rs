//! The workflow of a map as the text of a file, and the settings of a workspace that begins with
//! it. Whatever a stranger wrote stands in it as a text. It must not decide what is carried.

use super::build::{Build, Part, SETTINGS};
use super::carry::REVIEWER;
use super::flow::Way;
use super::graph::Node;
use super::words;
use crate::files::Files;
use crate::read::servers::{LOCK, SERVERS};
use crate::workflow::Risk;

/// A step that stands at the end, where an answer ends the case well before its last step.
const FINISHED: &str = "finished";
/// How often a case may go round, until somebody says another number.
const ROUNDS: u32 = 3;

/// The file. What a workspace may lack is filled in where only the flow is to be looked at.
pub(super) fn workflow(build: &Build<'_>, is_scratch: bool) -> String {
    let mut out = String::from("---\n");
    let mut put = |key: &str, value: &str| out.push_str(&format!("{key}: {value}\n"));
    let top = build.graph.top;
    let text = |key: &str| top.text(key).map(words::line).filter(|text| !text.is_empty());
    put("workflow", &words::said(build.name.as_str()));
    let purpose = text("objective").or_else(|| text("description")).or_else(|| text("name"));
    put("purpose", &words::said(&purpose.unwrap_or_else(|| build.name.to_string())));
    let begins = build.files.get(SETTINGS).is_none();
    match (&build.wish.accountable, begins || is_scratch) {
        (_, true) => put("accountable", OWNER),
        (Some(person), false) => put("accountable", person.as_str()),
        (None, false) => {}
    }
    if begins || is_scratch {
        put("override", REVIEWER);
    }
    put("risk", risk(build.risk));
    put("autonomy", build.autonomy.as_str());
    put("case", &case(build));
    match is_scratch {
        true => put("limits", "{ case: { cost: 1 USD }, day: { cost: 1 USD, cases: 1 } }"),
        false if build.cost > 0 => {
            put("limits", &format!("{{ case: {{ cost: {} USD }} }}", dollars(build.cost)));
        }
        false => {}
    }
    let minutes = (build.minutes / 1_000).clamp(1, 100_000);
    if let Some(cases) = build.cases_per_week.filter(|_| build.minutes > 0) {
        put("baseline", &format!("{{ minutes: {minutes}, cases_per_week: {cases} }}"));
    }
    let list = |out: &mut String, key: &str, items: &[String]| {
        if !items.is_empty() && !is_scratch {
            out.push_str(&format!("\n{key}:\n  - {}\n", items.join("\n  - ")));
        }
    };
    let open: Vec<String> = build
        .account
        .questions()
        .iter()
        .map(|question| words::said(&words::line(question)))
        .collect();
    list(&mut out, "open", &open);
    list(&mut out, "today", &build.today);
    let steps = build.in_order();
    if !steps.is_empty() {
        out.push_str("\non_failure: { then: stop }\n\nsteps:\n");
        out.push_str(&all_steps(build, &steps));
        if let Some(first) = steps.first().filter(|_| is_scratch) {
            let go = build.called(*first);
            out.push_str(&format!("\nexceptions: [ {{ what: other, go: {go} }} ]\n"));
        }
    }
    out.push_str("---\n\n");
    out.push_str(&below(build, &steps));
    out
}

/// Whoever a workspace begins with: a name to be changed.
const OWNER: &str = "owner@example.com";

fn case(build: &Build<'_>) -> String {
    let start = (0..build.graph.nodes.len()).find(|n| *build.part(*n) == Part::Start);
    let start = start
        .and_then(|n| build.node(n))
        .map(|node| words::short(node.data.text("description").unwrap_or(&node.thing.name)));
    let one = start.or_else(|| build.values.case.keys().next().cloned());
    let title = || build.graph.top.text("name").map(words::line).filter(|name| !name.is_empty());
    let one = one.or_else(title).unwrap_or_else(|| build.name.to_string());
    let mut keys = format!("one: {}, from: outside", words::said(&one));
    if !build.values.case.is_empty() {
        let fields = build.values.case.values().map(|field| format!("{field}: text"));
        keys.push_str(&format!(", fields: {{ {} }}", fields.collect::<Vec<_>>().join(", ")));
    }
    format!("{{ {keys} }}")
}

fn risk(risk: Risk) -> &'static str {
    match risk {
        Risk::Low => "low",
        Risk::Medium => "medium",
        Risk::High => "high",
        Risk::Critical => "critical",
    }
}

fn dollars(cost: i64) -> String {
    let text = format!("{}.{:04}", cost / 10_000, cost % 10_000);
    let zeros = text.bytes().rev().take(2).take_while(|b| *b == b'0').count();
    text.get(..text.len() - zeros).unwrap_or(&text).to_owned()
}

fn all_steps(build: &Build<'_>, steps: &[usize]) -> String {
    let ends = |n: &usize| {
        *build.part(*n) == Part::Split
            && build.by_person.contains(n)
            && build.way(*n, Way::No).is_none()
    };
    let finished = steps.iter().any(ends).then(|| {
        let mut taken = build.names.values().cloned().collect();
        words::unlike(FINISHED, &mut taken)
    });
    let mut all: Vec<String> = Vec::new();
    for (at, n) in steps.iter().enumerate() {
        let next = steps.get(at + 1).map(|n| build.called(*n));
        let last = if next.is_none() { finished.as_deref() } else { None };
        all.push(step(build, *n, next.as_deref().or(last), finished.as_deref()));
    }
    if let Some(name) = finished {
        all.push(format!("  - step: {name}\n    end: done\n"));
    }
    all.join("\n")
}

/// One step, with what stands behind it and where a case ends well.
fn step(build: &Build<'_>, n: usize, next: Option<&str>, finished: Option<&str>) -> String {
    let Some(node) = build.node(n) else { return String::new() };
    let name = build.called(n);
    let mut out = format!("  - step: {name}\n");
    let paths = shown(build, n);
    let at = build.steps.iter().position(|step| *step == n);
    let rounds = at.filter(|at| build.order.again.contains(at)).map(|_| ROUNDS);
    match build.part(n) {
        Part::Agent => {
            let agent = build.agents.get(&n).cloned().unwrap_or_default();
            out.push_str(&format!("    agent: {agent}\n    given: [ {paths} ]\n"));
            let fields = build.values.fields.get(&n).into_iter().flat_map(|f| f.values().flatten());
            let fields: Vec<String> = fields.map(|field| format!("{field}: text")).collect();
            out.push_str(&format!("    answer: {{ {} }}\n", fields.join(", ")));
        }
        Part::Tool(tool) => out.push_str(&format!("    tool: {tool}\n")),
        Part::Review => {
            let question = question(node, &["instructions", "description"]);
            let no = match build.way(n, Way::No) {
                Some(step) => format!("{{ then: {step} }}"),
                None => "{ then: stop }".to_owned(),
            };
            out.push_str(&review(&build.answering(n), &question, &paths, &no));
        }
        Part::Split if build.by_person.contains(&n) => {
            let question = format!("Is it so? {}", question(node, &["condition"]));
            let no = build.way(n, Way::No).or_else(|| finished.map(str::to_owned));
            let no = format!("{{ then: {} }}", no.unwrap_or_else(|| "stop".to_owned()));
            out.push_str(&review(&build.answering(n), &question, &paths, &no));
        }
        Part::Split => return decide(build, n, node, &name, (&paths, rounds)),
        _ => return String::new(),
    }
    let splits = at.is_some_and(|at| build.splits.contains(&at));
    let way = build.way(n, if splits { Way::Yes } else { Way::On });
    match (way.as_deref(), next) {
        (way, next) if way == next => {}
        (None, next) if next == finished && next.is_some() => {}
        (Some(to), _) => out.push_str(&format!("    then: {to}\n")),
        (None, _) => out.push_str("    then: end\n"),
    }
    if let Some(seconds) = build.time_out(n) {
        out.push_str(&format!("    time_out: {seconds} seconds\n"));
    }
    if let Some(failure) = build.on_failure(n) {
        out.push_str(&format!("    on_failure: {failure}\n"));
    }
    if let Some(rounds) = rounds {
        out.push_str(&format!("    at_most: {rounds}\n"));
    }
    if let Some(rung) = build.rung(n) {
        out.push_str(&format!("    autonomy: {}\n", rung.as_str()));
    }
    out
}

/// What a step is given; who answers a condition sees what was made before.
fn shown(build: &Build<'_>, n: usize) -> String {
    let (mut paths, _) = build.values.paths(build, n);
    if paths.is_empty() {
        paths.push("case".to_owned());
    }
    if *build.part(n) == Part::Split {
        let place = |n: usize| build.steps.iter().position(|step| *step == n);
        let before = build.in_order().into_iter().filter(|one| {
            let sure = place(*one).zip(place(n)).is_some_and(|(a, b)| build.order.is_before(a, b));
            sure && matches!(build.part(*one), Part::Agent | Part::Tool(_))
        });
        paths.extend(before.map(|one| build.called(one)));
    }
    paths.join(", ")
}

fn question(node: &Node<'_>, keys: &[&str]) -> String {
    let said = keys.iter().find_map(|key| node.data.text(key));
    let text: String = words::line(said.unwrap_or(&node.thing.name)).chars().take(600).collect();
    if text.is_empty() { node.thing.id.clone() } else { text }
}

fn review(by: &str, question: &str, show: &str, no: &str) -> String {
    format!(
        "    review:\n      by: {by}\n      never_by: [ starter ]\n      question: {}\n      \
         show: [ {show} ]\n      within: 8 working hours\n      late: {{ then: stop }}\n      \
         if_rejected: {no}\n",
        words::said(question)
    )
}

/// A rule that can be read here. What it cannot say goes to a person, never to an act.
fn decide(
    build: &Build<'_>,
    n: usize,
    node: &Node<'_>,
    name: &str,
    (paths, rounds): (&str, Option<u32>),
) -> String {
    let when = words::line(node.data.text("conditionExpression").unwrap_or_default());
    let to = |way: Way| build.way(n, way).unwrap_or_else(|| "end".to_owned());
    let (yes, no) = (to(Way::Yes), to(Way::No));
    let quoted = |text: String| serde_json::Value::from(text).to_string();
    let (who, check) = (build.answering(n), format!("{name}_check"));
    let basis = question(node, &["condition", "notes"]);
    let limit = rounds.map(|rounds| format!("    at_most: {rounds}\n")).unwrap_or_default();
    let rejected =
        if no == "end" { "{ then: stop }".to_owned() } else { format!("{{ then: {no} }}") };
    format!(
        "  - step: {name}\n    decide:\n      who: {who}\n      basis: {}\n      first:\n        \
         - {{ when: {}, go: {yes} }}\n        - {{ when: {}, go: {no} }}\n      \
         otherwise: {check}\n{limit}\n  - step: {check}\n{}    then: {yes}\n{limit}",
        words::said(&basis),
        quoted(when.clone()),
        quoted(format!("!({when})")),
        review(&who, &basis, paths, &rejected),
    )
}

/// The text below the settings: what the map says of itself, and of each step.
fn below(build: &Build<'_>, steps: &[usize]) -> String {
    let top = build.graph.top;
    let title = words::inert_line(top.text("name").unwrap_or(build.name.as_str()));
    let title = title.trim_matches('#').trim();
    let mut out = format!("# {}\n", if title.is_empty() { build.name.as_str() } else { title });
    if let Some(text) = top.text("description").filter(|_| top.text("objective").is_some()) {
        out.push_str(&format!("\n{}\n", words::body(text)));
    }
    for n in steps {
        let Some(node) = build.node(*n) else { continue };
        let text = |key: &&str| node.data.text(key).map(words::body);
        let mut said: Vec<String> = match build.part(*n) {
            Part::Agent => {
                ["notes", "escalationPolicy.escalationNote"].iter().filter_map(text).collect()
            }
            Part::Review if node.data.text("instructions").is_none() => {
                ["notes"].iter().filter_map(text).collect()
            }
            Part::Review | Part::Tool(_) => {
                ["description", "notes"].iter().filter_map(text).collect()
            }
            _ => ["notes"].iter().filter_map(text).collect(),
        };
        for (key, answer) in [("trueLabel", "Yes"), ("falseLabel", "No")] {
            let label = node.data.text(key).filter(|_| *build.part(*n) == Part::Split);
            said.extend(
                label.map(|label| words::body(&format!("{answer}: {}", words::line(label)))),
            );
        }
        said.retain(|text| !text.trim().is_empty());
        if !said.is_empty() {
            out.push_str(&format!("\n## {}\n\n{}\n", build.called(*n), said.join("\n\n")));
        }
    }
    out
}

/// The settings of a workspace that begins with a map. Its people are to be put in.
pub(super) fn settings(build: &Build<'_>) -> String {
    let mut roles: Vec<&str> = build.roles.iter().map(String::as_str).collect();
    if !build.roles.contains(REVIEWER) {
        roles.push(REVIEWER);
    }
    let roles: String =
        roles.iter().map(|role| format!("  {role}: [ {OWNER}, deputy@example.com ]\n")).collect();
    format!(
        "# Who works here, when, with which models. Change the names; they must be people you can \
         reach.\norganisation: My organisation\ncurrency: USD\n\npeople:\n  \
         {OWNER}: {{ name: Olga Owner }}\n  deputy@example.com: {{ name: Dan Deputy }}\n\n\
         roles:\n{roles}\nworking_hours:\n  days: mon-fri\n  from: \"09:00\"\n  to: \"17:30\"\n  \
         zone: Europe/London\n  holidays: []\n\nmodels: {{}}\n"
    )
}

/// A model that can do whatever a step wants.
const ANY_MODEL: &str = "models:
  any:
    vendor: any
    model: any
    can: [ choose, json, tools ]
    context: 100000
    answer: 1000
default_model: any
";

/// A workspace in which nothing is missing but what the map itself lacks.
pub(super) fn scratch(build: &Build<'_>) -> (Files, String) {
    let mut files = Files::new();
    files.insert(SETTINGS, &settings(build).replace("models: {}\n", ANY_MODEL));
    for name in [SERVERS, LOCK] {
        if let Some(text) = build.files.get(name) {
            files.insert(name, text);
        }
    }
    for (n, name) in &build.agents {
        let text = build.agent_text(*n, name);
        let any = text.lines().filter(|line| !line.starts_with("model: "));
        files.insert(&format!("agents/{name}.md"), &any.collect::<Vec<_>>().join("\n"));
    }
    let path = format!("workflows/{}.md", build.name);
    files.insert(&path, &workflow(build, true));
    (files, path)
}
