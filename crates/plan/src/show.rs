//! A plan in plain sentences that a domain expert can confirm or correct, and as a picture. It
//! must not judge: it says what the plan says, in the operator's words.

use std::fmt::Write as _;

use crate::release::Plan;
use crate::value::Money;
use crate::workflow::{
    AgentStep, Arg, ArgRole, Autonomy, CopyField, DecideStep, Does, Effect, EndOutcome, Find, From,
    Hook, Late, LateEnd, NeverBy, Next, Recover, ReviewStep, Risk, Start, Step, Sure, ToolStep,
    WaitStep, Within, Work, Workflow,
};

mod guide;
mod map;
mod picture;
mod review;
mod today;
mod words;

pub use guide::guide;
pub use map::{Drawn, Map, Now, Open, Way, WayKind, map, ways};
pub use picture::mermaid;
use review::of_review;
use words::{amount, cost, join, span, time};

/// What begins a case, in a sentence.
#[must_use]
pub fn start(start: &Start) -> String {
    match start {
        Start::Folder(folder) => format!("Each new file in {folder} begins a case."),
        Start::At(clock) => {
            let probe = clock.only_if.as_ref();
            let probe = probe.map(|folder| format!(", if a file lies in {folder}"));
            format!(
                "A case begins {} at {:02}:{:02} ({}){}.",
                words::days(&clock.days),
                clock.minute / 60,
                clock.minute % 60,
                clock.zone,
                probe.unwrap_or_default()
            )
        }
        Start::Hook(Hook { name, kind, .. }) => {
            let kind = kind.as_ref().map(|kind| format!(" of the type {kind}"));
            format!("Each event{} sent to {name} begins a case.", kind.unwrap_or_default())
        }
    }
}

/// The whole plan as sentences, one in a line, with a heading for each step.
#[must_use]
pub fn sentences(plan: &Plan) -> String {
    let workflow = plan.workflow();
    let mut text = String::new();
    for line in about(workflow) {
        line_of(&mut text, 0, &line);
    }
    today::sections(&mut text, workflow);
    for (n, step) in workflow.steps.iter().enumerate() {
        let _ = writeln!(text, "\n{}. {}", n + 1, step.id);
        for line in of_step(workflow, step) {
            line_of(&mut text, 1, &line);
        }
    }
    if !workflow.exceptions.is_empty() {
        text.push_str("\nExceptions\n");
    }
    for exception in &workflow.exceptions {
        let when = match &exception.when {
            Some(when) => format!("when {}", when.sentence()),
            None => "when an agent says so".to_owned(),
        };
        line_of(&mut text, 1, &format!("{}: {when}, go to {}.", exception.what, exception.go));
    }
    text
}

fn line_of(text: &mut String, depth: usize, line: &str) {
    let _ = writeln!(text, "{}{line}", "   ".repeat(depth));
}

pub(crate) fn about(workflow: &Workflow) -> Vec<String> {
    let person = workflow.people.get(&workflow.accountable).map_or("", |p| p.name.as_str());
    let from = match workflow.case.from {
        From::Outside => "Anyone may have written it, so nothing in it is trusted by itself.",
        From::Inside => "It comes from inside the organisation.",
    };
    let judge = workflow.judge.as_ref();
    let judge = judge.map(|judge| format!(" The model {judge} looks at it first."));
    let mut lines = vec![
        format!("{}: {}", workflow.name, workflow.purpose),
        format!(
            "{person} ({}) answers for it; {} may stop and overrule it.",
            workflow.accountable, workflow.override_by
        ),
        format!("A case is one {}. {from}{}", workflow.case.one, judge.unwrap_or_default()),
        format!("The risk is {}. {}", risk(workflow.risk), autonomy(workflow.autonomy)),
    ];
    lines.extend(workflow.starts.iter().map(start));
    lines.extend(workflow.seeds.as_ref().map(|seeds| words::seeds(seeds.share)));
    for set in &workflow.once_per {
        let set: Vec<String> = set.iter().map(ToString::to_string).collect();
        lines.push(format!("The same {} twice is one case.", join(&set, "and")));
    }
    let (case, day) = (&workflow.limits.case, &workflow.limits.day);
    let currency = workflow.limits.currency;
    lines.push(format!(
        "One case may cost {}, work for {} and wait for {} days.",
        cost(case.cost_nanos, currency),
        time(case.active_ms),
        case.days
    ));
    let moved = day.amount.map_or(String::new(), |sum| format!(" and move {}", amount(sum)));
    lines.push(format!(
        "A day may have {} cases, cost {}{moved}.",
        day.cases,
        cost(day.cost_nanos, currency)
    ));
    let hour = &workflow.limits.hour;
    if let Some(most) = hour.cases {
        lines.push(format!("An hour may have {most} cases."));
    }
    if let (Some(most), Some(sender)) = (hour.each_sender, &workflow.case.sender) {
        lines.push(format!("An hour may have {most} cases of one sender ({sender})."));
    }
    for (tool, most) in &hour.calls {
        lines.push(format!("An hour may have {most} calls of {tool}."));
    }
    if let Some(most) = workflow.limits.waiting {
        lines.push(format!("While {most} cases wait for a person, no further one is opened."));
    }
    for (role, attention) in &workflow.attention {
        if let Some(most) = attention.a_day {
            lines.push(format!("Each of {role} answers at most {most} requests a day."));
        }
    }
    lines
}

fn risk(risk: Risk) -> &'static str {
    match risk {
        Risk::Low => "low",
        Risk::Medium => "medium",
        Risk::High => "high",
        Risk::Critical => "critical",
    }
}

fn autonomy(autonomy: Autonomy) -> &'static str {
    match autonomy {
        Autonomy::Suggest => "It only suggests; people act.",
        Autonomy::Approve => "It acts only after a person has approved.",
        Autonomy::ActWithUndo => {
            "It may do by itself what can be undone; the rest needs a person's approval."
        }
        Autonomy::Act => "It may do by itself what is declared here.",
    }
}

pub(crate) fn of_step(workflow: &Workflow, step: &Step) -> Vec<String> {
    let mut lines = match &step.does {
        Does::Agent(agent) => {
            let mut lines = of_agent(agent);
            if let Work::Answer { may_raise: true, .. } = &agent.work {
                let names: Vec<String> =
                    workflow.named_exceptions().map(|(_, e)| e.what.clone()).collect();
                lines.push(format!(
                    "It may say that the case is an exception: {}.",
                    join(&names, "or")
                ));
            }
            lines
        }
        Does::Tool(call) => of_tool(workflow, call),
        Does::Lookup(lookup) => lookup
            .finds
            .iter()
            .map(|(name, find)| {
                let by: Vec<String> =
                    find.by.iter().map(|(column, path)| format!("{column} is {path}")).collect();
                format!("Look up {name} in {}: the one row whose {}.", find.table, join(&by, "and"))
            })
            .collect(),
        Does::Decide(decide) => of_decide(decide),
        Does::Review(review) => of_review(review, &step.next),
        Does::Each(each) => vec![format!(
            "For each of {} (at most {}), do {}; {} at the same time, {} may fail.",
            each.list, each.items_max, each.workflow, each.at_once, each.failures_max
        )],
        Does::Parallel(parallel) => {
            let names: Vec<String> = parallel
                .branches
                .iter()
                .map(|(name, branch)| format!("{name} (from {})", branch.first))
                .collect();
            vec![format!(
                "At the same time: {}; then go on when all are done.",
                join(&names, "and")
            )]
        }
        Does::Wait(WaitStep::For(within)) => vec![format!("Wait for {}.", span(*within))],
        Does::Wait(WaitStep::Until(path)) => vec![format!("Wait until {path}.")],
        Does::Workflow(call) => vec![format!("Do {}{}.", call.workflow, with(&call.with))],
        Does::End(end) => {
            let outcome = match end.outcome {
                EndOutcome::Done => "The case is done",
                EndOutcome::Rejected => "The case is rejected",
                EndOutcome::Failed => "The case has failed",
            };
            let tell = end.tell.as_ref().map_or(String::new(), |role| format!("; {role} is told"));
            vec![format!("{outcome}{tell}.")]
        }
    };
    if let Some(inside) = &step.inside {
        lines.insert(0, format!("(In branch {} of {}.)", inside.branch, inside.parallel));
    }
    if let Some(level) = step.autonomy {
        lines.push(format!("In this step: {}", autonomy(level)));
    }
    lines.extend(afterwards(step));
    lines
}

fn afterwards(step: &Step) -> Vec<String> {
    let mut lines = Vec::new();
    if !matches!(step.does, Does::Decide(_) | Does::Review(_) | Does::End(_)) {
        match &step.next {
            Next::Step(next) => lines.push(format!("Then {next}.")),
            Next::End if step.inside.is_some() => lines.push("Then this branch is done.".into()),
            Next::End => lines.push("Then the case is done.".into()),
        }
    }
    let can_fail = matches!(
        step.does,
        Does::Agent(_) | Does::Tool(_) | Does::Lookup(_) | Does::Each(_) | Does::Workflow(_)
    );
    if can_fail {
        let again = match step.retry.times {
            0 => String::new(),
            1 => "try once more; ".to_owned(),
            times => format!("try {times} times more; "),
        };
        let last = match &step.on_failure {
            Recover::Ask(role) => format!("ask {role}"),
            Recover::Go(step) => format!("go to {step}"),
            Recover::Stop => "stop the case and undo what can be undone".to_owned(),
        };
        lines.push(format!(
            "If it fails or takes longer than {}: {again}{last}.",
            time(step.time_out_ms)
        ));
    }
    lines
}

fn of_agent(agent: &AgentStep) -> Vec<String> {
    let given: Vec<String> = agent.given.iter().map(ToString::to_string).collect();
    let mut lines = match &agent.work {
        Work::Copy { from, fields } => {
            let fields: Vec<String> = fields.iter().map(field).collect();
            vec![
                format!("{} copies from {from}: {}.", agent.agent, join(&fields, "and")),
                "Every field must stand in the text; nothing is made up.".to_owned(),
            ]
        }
        Work::Answer { shape, tools, turns_max, .. } => {
            let fields = match shape {
                crate::workflow::Type::Record(fields) => fields.keys().cloned().collect(),
                other => vec![crate::types::said(other)],
            };
            let mut line = format!(
                "{} reads {} and answers with {}",
                agent.agent,
                join(&given, "and"),
                join(&fields, "and")
            );
            if !tools.is_empty() {
                let tools: Vec<String> = tools.iter().map(ToString::to_string).collect();
                let _ =
                    write!(line, ", using {} in at most {turns_max} rounds", join(&tools, "or"));
            }
            vec![line + "."]
        }
    };
    for rule in &agent.must_hold {
        lines.push(format!("If not {}, the answer is in doubt.", rule.sentence()));
    }
    lines.extend(sure(&agent.sure));
    if !agent.never_says.is_empty() {
        lines.push(format!("It never says any of {} words or phrases.", agent.never_says.len()));
    }
    lines
}

/// What an answer must show, or it is in doubt.
fn sure(sure: &Sure) -> Vec<String> {
    let mut lines = Vec::new();
    if sure.times > 1 {
        let names: Vec<String> = sure.alike.iter().map(ToString::to_string).collect();
        let what = if names.is_empty() { "all of it".to_owned() } else { join(&names, "and") };
        lines.push(format!("It answers {} times; {what} must come out alike.", sure.times));
    }
    if let Some(checker) = &sure.checker {
        lines.push(format!("The model {checker} must find the answer right."));
    }
    if let Some(parts) = sure.probability {
        let percent = f64::from(parts) / 10_000.0;
        lines.push(format!("The model must give each part of it {percent} % at least."));
    }
    lines
}

fn field(field: &CopyField) -> String {
    let find = match field.find {
        Find::Name => "a name",
        Find::Id => "an identifier",
        Find::Date => "a date",
        Find::Money => "an amount",
        Find::Iban => "an IBAN",
        Find::Line => "a line",
    };
    let optional = if field.optional { ", if there is one" } else { "" };
    let known = field.known_in.as_ref();
    let known = known.map(|k| format!(", known in {}", k.table)).unwrap_or_default();
    format!("{} ({find}{optional}{known})", field.name)
}

fn with(args: &std::collections::BTreeMap<String, Arg>) -> String {
    let all: Vec<String> = args
        .iter()
        .map(|(name, arg)| match arg {
            Arg::Path(path) => format!("{name} = {path}"),
            Arg::Literal(value) => format!("{name} = {value}"),
        })
        .collect();
    if all.is_empty() { String::new() } else { format!(" with {}", join(&all, "and")) }
}

fn of_tool(workflow: &Workflow, call: &ToolStep) -> Vec<String> {
    let tool = workflow.tools.get(&call.tool);
    let does = tool.map_or("calls", |tool| match tool.effect {
        Effect::Read => "reads",
        Effect::Write => "writes",
        Effect::Send => "sends",
        Effect::Pay => "pays",
        Effect::Delete => "deletes",
    });
    let mut lines = vec![format!("{} {does}{}.", call.tool, with(&call.with))];
    for (arg, role) in tool.into_iter().flat_map(|tool| &tool.args) {
        let role = match role {
            ArgRole::Destination => "where it goes",
            ArgRole::Recipient => "who gets it",
            ArgRole::Amount => "how much it is",
            ArgRole::Selector => "which one is meant",
        };
        if call.with.contains_key(arg) {
            lines.push(format!("{arg} says {role}."));
        }
    }
    for (arg, backing) in &call.backed_by {
        let when =
            backing.when.as_ref().map_or(String::new(), |w| format!(", and {}", w.sentence()));
        let within = match backing.within_minor {
            0 => String::new(),
            minor => format!(" within {}.{:02}", minor / 100, minor % 100),
        };
        lines.push(format!(
            "{arg} must equal {}{within}{when}; else a person decides.",
            backing.fact
        ));
    }
    if let Some(confirm) = &call.confirm {
        lines.push(format!("Then {} must show that {}.", confirm.tool, confirm.holds.sentence()));
    }
    match (&call.undo, tool.is_some_and(|tool| tool.effect == Effect::Read)) {
        (Some(undo), _) => lines.push(format!("It can be undone with {undo}.")),
        (None, false) => lines.push("It cannot be undone from here.".to_owned()),
        (None, true) => {}
    }
    lines
}

fn of_decide(decide: &DecideStep) -> Vec<String> {
    let mut lines = vec![format!("{} answers for this rule: {}.", decide.who, decide.basis)];
    for case in &decide.first {
        lines.push(format!("If {}: {}.", case.when.sentence(), next(&case.go)));
    }
    lines.push(format!("Otherwise, and in any doubt: {}.", next(&decide.otherwise)));
    lines
}

fn next(next: &Next) -> String {
    match next {
        Next::Step(step) => format!("go to {step}"),
        Next::End => "the case is done".to_owned(),
    }
}
