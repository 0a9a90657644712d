//! A run as spans of OpenTelemetry: the run, its steps, and in each step its acts, refusals and
//! requests to people. The names are those of the conventions for generative AI, and `flightdeck.*`
//! where they have none. Nothing that a person, model, tool or file wrote is in a span: it holds
//! names of the map, counts, times and codes. The same run always gives the same spans.

use journal::{ActNo, At, Caller, End, Hash, Millis, RunId, Starter, Usage};

use crate::codes;
use crate::view::{ActState, ActView, ReviewState, ReviewView, RunView, StepState, StepView};

/// The conventions that the names are taken from. They still move, so the version is said.
pub const SCHEMA: &str = "https://opentelemetry.io/schemas/1.41.1";

/// Something that took time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub trace: [u8; 16],
    pub id: [u8; 8],
    pub parent: Option<[u8; 8]>,
    /// A span of another trace that this one was brought about by.
    pub link: Option<Caller>,
    pub name: String,
    /// Whether somebody else did the work, and this waited for it.
    pub outside: bool,
    pub began: Millis,
    pub ended: Millis,
    /// The code of what went wrong.
    pub error: Option<&'static str>,
    pub attributes: Vec<(&'static str, Attribute)>,
}

/// A value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribute {
    Text(String),
    Texts(Vec<String>),
    Whole(u64),
    Flag(bool),
}

impl From<&str> for Attribute {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// The spans of a run, its own first. A run that is not over ends where its records end.
#[must_use]
pub fn spans(view: &RunView) -> Vec<Span> {
    let mut all = vec![of_run(view)];
    all.extend(view.steps.iter().map(|step| of_step(view, step)));
    all.extend(view.acts.iter().map(|act| of_act(view, act)));
    all.extend(view.reviews.iter().map(|review| of_review(view, review)));
    all.extend(view.refusals.iter().enumerate().map(|(n, refusal)| {
        let mut span = within(view, &refusal.at, "refusal", n as u64);
        span.name = "refused".to_owned();
        (span.began, span.ended) = (refusal.when, refusal.when);
        span.error = Some(codes::page(refusal.code).id);
        span.attributes = vec![("flightdeck.rule", refusal.rule.as_str().into())];
        span
    }));
    all
}

fn of_run(view: &RunView) -> Span {
    let mut attributes = vec![
        ("gen_ai.operation.name", "invoke_workflow".into()),
        ("flightdeck.run.id", Attribute::Text(view.run.to_string())),
        ("flightdeck.status", view.status.as_str().into()),
        ("flightdeck.rehearsal", Attribute::Flag(view.rehearsal)),
        ("flightdeck.reviews", Attribute::Whole(view.reviews.len() as u64)),
    ];
    if let Some(workflow) = &view.workflow {
        attributes.push(("gen_ai.workflow.name", workflow.as_str().into()));
    }
    if let Some(release) = &view.release {
        attributes.push(("flightdeck.release", Attribute::Text(release.to_string())));
    }
    used(&mut attributes, view.usage);
    let parent = match &view.starter {
        Some(Starter::Parent { run, at, .. }) => Some(id(*run, "step", at, 0)),
        Some(Starter::Person(_) | Starter::Trigger { .. }) | None => None,
    };
    let error = match &view.end {
        Some(End::Failed(code)) => Some(codes::page(*code).id),
        Some(End::Reached(_) | End::Duplicate(_) | End::Cancelled) | None => None,
    };
    let workflow = view.workflow.as_ref().map_or("", |workflow| workflow.as_str());
    Span {
        trace: trace(view),
        id: run_id(view.run),
        parent,
        link: view.called.clone(),
        name: format!("invoke_workflow {workflow}").trim_end().to_owned(),
        outside: false,
        began: view.opened,
        ended: view.changed,
        error,
        attributes,
    }
}

fn of_step(view: &RunView, step: &StepView) -> Span {
    let mut attributes = vec![
        ("flightdeck.step", step.at.step.as_str().into()),
        ("flightdeck.step.visit", Attribute::Whole(u64::from(step.at.visit))),
        ("flightdeck.step.attempts", Attribute::Whole(u64::from(step.attempts))),
    ];
    let agent = step.kind == Some("agent");
    if agent {
        attributes.push(("gen_ai.operation.name", "invoke_agent".into()));
    }
    if let Some(kind) = step.kind {
        attributes.push(("flightdeck.step.kind", kind.into()));
    }
    let kind = if agent { "invoke_agent" } else { step.kind.unwrap_or("step") };
    Span {
        trace: trace(view),
        id: id(view.run, "step", &step.at, 0),
        parent: Some(run_id(view.run)),
        link: None,
        name: format!("{kind} {}", step.at.step),
        outside: false,
        began: step.began,
        ended: step.ended.unwrap_or(view.changed),
        error: match step.state {
            StepState::Failed => Some("failed"),
            StepState::Open | StepState::Done | StepState::Skipped => None,
        },
        attributes,
    }
}

fn of_act(view: &RunView, act: &ActView) -> Span {
    let mut span = within(view, &act.at, "act", u64::from(act.no.0));
    span.id = act_id(view.run, act.no);
    let mut attributes = vec![
        ("flightdeck.act.attempt", Attribute::Whole(u64::from(act.attempt))),
        ("flightdeck.rules", Attribute::Texts(act.rules.clone())),
    ];
    span.name = match (&act.tool, &act.model) {
        (Some(tool), _) => {
            attributes.push(("gen_ai.operation.name", "execute_tool".into()));
            attributes.push(("gen_ai.tool.type", "function".into()));
            attributes.push(("gen_ai.tool.name", tool.as_str().into()));
            format!("execute_tool {tool}")
        }
        (None, Some(model)) => {
            attributes.push(("gen_ai.operation.name", "chat".into()));
            attributes.push(("flightdeck.model", model.as_str().into()));
            let (vendor, named) = match &act.vendor {
                Some((vendor, named)) => (provider(vendor), named.as_str()),
                None => ("unknown", model.as_str()),
            };
            attributes.push(("gen_ai.provider.name", vendor.into()));
            attributes.push(("gen_ai.request.model", named.into()));
            format!("chat {named}")
        }
        (None, None) => "notify".to_owned(),
    };
    used(&mut attributes, act.usage);
    span.outside = true;
    span.began = act.began;
    span.ended = act.ended.unwrap_or(view.changed);
    span.error = match &act.state {
        ActState::Failed { code, .. } => Some(codes::page(*code).id),
        ActState::Unknown => Some("unknown"),
        ActState::Out | ActState::Done | ActState::Asked => None,
    };
    span.attributes = attributes;
    span
}

fn of_review(view: &RunView, review: &ReviewView) -> Span {
    let mut span = within(view, &review.at, "review", u64::from(review.no.0));
    let (outcome, ended) = match &review.state {
        ReviewState::Open => ("open", view.changed),
        ReviewState::Approved { at, .. } => ("approved", *at),
        ReviewState::Edited { at, .. } => ("edited", *at),
        ReviewState::Rejected { at, .. } => ("rejected", *at),
        ReviewState::Late { at } => ("late", *at),
        ReviewState::Closed { at } => ("closed", *at),
    };
    span.name = format!("review {}", review.by);
    span.outside = true;
    (span.began, span.ended) = (review.opened, ended);
    span.attributes = vec![
        ("flightdeck.review.role", review.by.as_str().into()),
        ("flightdeck.review.outcome", outcome.into()),
    ];
    span
}

/// A vendor as the conventions name it; one that they do not know is called as the workspace does.
#[must_use]
pub fn provider(vendor: &str) -> &str {
    match vendor {
        "azure" => "azure.ai.openai",
        "bedrock" => "aws.bedrock",
        "gemini" => "gcp.gemini",
        "mistral" => "mistral_ai",
        "vertex" => "gcp.vertex_ai",
        "xai" => "x_ai",
        vendor => vendor,
    }
}

/// A span below the step it happened in; the rest is for the caller to say.
fn within(view: &RunView, at: &At, what: &str, no: u64) -> Span {
    Span {
        trace: trace(view),
        id: id(view.run, what, at, no),
        parent: Some(id(view.run, "step", at, 0)),
        link: None,
        name: String::new(),
        outside: false,
        began: view.opened,
        ended: view.changed,
        error: None,
        attributes: Vec::new(),
    }
}

fn used(attributes: &mut Vec<(&'static str, Attribute)>, usage: Usage) {
    let all = [
        ("gen_ai.usage.input_tokens", usage.input_tokens),
        ("gen_ai.usage.cache_read.input_tokens", usage.cached_tokens),
        ("gen_ai.usage.output_tokens", usage.output_tokens),
        ("flightdeck.cost_nanos", usage.cost_nanos),
    ];
    let some = all.into_iter().filter(|(_, count)| *count > 0);
    attributes.extend(some.map(|(name, count)| (name, Attribute::Whole(count))));
}

/// A run and the runs below it are one trace, which has the id of the outermost.
fn trace(view: &RunView) -> [u8; 16] {
    match &view.starter {
        Some(Starter::Parent { root, .. }) => root.to_bytes(),
        Some(Starter::Person(_) | Starter::Trigger { .. }) | None => view.run.to_bytes(),
    }
}

fn run_id(run: RunId) -> [u8; 8] {
    short(&Hash::of_parts(&[b"run", &run.to_bytes()]))
}

/// A span of a case, for what is said beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub trace: [u8; 16],
    pub span: [u8; 8],
}

impl Place {
    pub(crate) fn of_run(view: &RunView) -> Self {
        Self { trace: trace(view), span: run_id(view.run) }
    }

    pub(crate) fn of_step(view: &RunView, at: &At) -> Self {
        Self { trace: trace(view), span: id(view.run, "step", at, 0) }
    }

    pub(crate) fn of_act(view: &RunView, act: ActNo) -> Self {
        Self { trace: trace(view), span: act_id(view.run, act) }
    }
}

/// An act has a span of its own, by its number alone: whoever performs it can say which.
fn act_id(run: RunId, act: ActNo) -> [u8; 8] {
    short(&Hash::of_parts(&[b"act", &run.to_bytes(), &act.0.to_be_bytes()]))
}

/// What is sent along with an act, so that whoever answers can say what it was asked for by: the
/// span of the act in the trace of the outermost run, in the form of W3C's Trace Context.
#[must_use]
pub fn parent_of(root: RunId, run: RunId, act: ActNo) -> String {
    let (trace, span) = (hex(&root.to_bytes()), hex(&act_id(run, act)));
    format!("00-{trace}-{span}-01")
}

/// The bytes of a `traceparent` header: the trace and the span of whoever sent it. Nothing where it
/// is none by the rules, so that what is malformed is as if it had not been sent.
#[must_use]
pub fn sent_by(header: &str) -> Option<Caller> {
    let mut parts = header.split('-');
    let (version, trace, span, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let lower = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let fits = [(version, 2), (trace, 32), (span, 16), (flags, 2)];
    let fits = fits.iter().all(|(text, length)| text.len() == *length && lower(text));
    // A later version may have more parts, and the first four mean the same.
    let whole = version != "ff" && (version != "00" || parts.next().is_none());
    let zero = |text: &str| text.bytes().all(|b| b == b'0');
    let known = fits && whole && !zero(trace) && !zero(span);
    known.then(|| Caller { trace: trace.to_owned(), span: span.to_owned() })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn id(run: RunId, what: &str, at: &At, no: u64) -> [u8; 8] {
    let (visit, no) = (at.visit.to_be_bytes(), no.to_be_bytes());
    let parts = [what.as_bytes(), &run.to_bytes(), at.step.as_str().as_bytes(), &visit, &no];
    short(&Hash::of_parts(&parts))
}

fn short(hash: &Hash) -> [u8; 8] {
    let mut id = [0; 8];
    for (to, from) in id.iter_mut().zip(hash.0) {
        *to = from;
    }
    id
}
