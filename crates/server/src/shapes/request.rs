//! Requests to people as they go over the wire.

use evidence::{ReviewKind, ReviewState, ReviewView};
use journal::RunId;
use plan::ids::WorkflowName;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::time;

/// An open request, as the person sees it who wants to know.
#[derive(Debug)]
pub struct Open {
    pub run: RunId,
    pub workflow: Option<WorkflowName>,
    pub title: Option<String>,
    pub review: ReviewView,
    /// Of an act that waits or is in doubt: the tool and its arguments.
    pub act: Option<(String, Option<Value>)>,
    /// Why this person may not decide it; nothing where they may.
    pub why_not: Option<String>,
}

/// A request to a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct Request {
    pub case: String,
    /// What people know the case by.
    pub title: Option<String>,
    pub workflow: Option<String>,
    /// The step at which it waits.
    pub step: String,
    /// Its number within the case.
    pub number: u32,
    pub about: About,
    pub question: String,
    /// The role whose people may decide it.
    pub by: String,
    #[schema(format = DateTime)]
    pub opened: String,
    #[schema(format = DateTime)]
    pub due: String,
    /// Who has taken it up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimed_by: Option<String>,
    /// Until when it is theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub claimed_until: Option<String>,
    /// How many people must agree, each of them another one.
    pub approvals: u8,
    /// Those who have agreed so far.
    pub agreed: Vec<String>,
    /// Changes that they made: the values as they would be. An approval agrees to them too.
    pub proposed: Vec<Shown>,
    /// What it rests on. An approval endorses exactly this.
    pub shows: Vec<Shown>,
    /// What may be changed with an approval.
    pub may_edit: Vec<String>,
    /// Where a tool asks: JSON Schema of the answer, whose fields are given as `answer.FIELD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<Value>,
    /// Of an act that waits or is in doubt: what it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<Deed>,
    /// Whether whoever reads this may decide it.
    pub may_decide: bool,
    /// Why not, where they may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
}

/// The call of a tool that waits for a yes, or may have happened.
#[derive(Debug, Serialize, ToSchema)]
pub struct Deed {
    pub tool: String,
    pub args: Option<Value>,
}

/// What a request is about.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum About {
    Checkpoint,
    Failure,
    Act,
    /// An act that may have happened.
    InDoubt,
    /// A tool asks something before it goes on with a call.
    Question,
}

/// A value that a request shows.
#[derive(Debug, Serialize, ToSchema)]
pub struct Shown {
    pub name: String,
    /// Nothing where it was erased.
    pub value: Option<Value>,
    /// Where it comes from, in words, where that is known of it as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

impl Request {
    /// A request as a person sees it.
    pub fn seen(open: &Open) -> Self {
        let act = open.act.as_ref();
        Self {
            title: open.title.clone(),
            workflow: open.workflow.as_ref().map(ToString::to_string),
            act: act.map(|(tool, args)| Deed { tool: tool.clone(), args: args.clone() }),
            may_decide: open.why_not.is_none(),
            why_not: open.why_not.clone(),
            ..Self::of(open.run, &open.review)
        }
    }

    /// A review of a case.
    pub fn of(run: RunId, review: &ReviewView) -> Self {
        debug_assert_eq!(review.state, ReviewState::Open);
        let shown = |all: &[evidence::ShownValue]| {
            let one = |s: &evidence::ShownValue| Shown {
                name: s.name.clone(),
                value: s.value.clone(),
                from: s.from.clone(),
            };
            all.iter().map(one).collect()
        };
        Self {
            case: run.to_string(),
            title: None,
            workflow: None,
            step: review.at.step.to_string(),
            act: None,
            may_decide: false,
            why_not: None,
            number: review.no.0,
            about: match review.kind {
                ReviewKind::Checkpoint => About::Checkpoint,
                ReviewKind::Failure => About::Failure,
                ReviewKind::Act => About::Act,
                ReviewKind::InDoubt => About::InDoubt,
                ReviewKind::Question => About::Question,
            },
            question: review.question.clone(),
            by: review.by.to_string(),
            opened: time(review.opened),
            due: time(review.due),
            claimed_by: review.claim.as_ref().map(|claim| claim.who.to_string()),
            claimed_until: review.claim.as_ref().map(|claim| time(claim.until)),
            approvals: review.approvals,
            agreed: review.agreed.iter().map(ToString::to_string).collect(),
            proposed: shown(&review.proposed),
            shows: shown(&review.shows),
            may_edit: review.may_edit.clone(),
            form: review.form.clone(),
        }
    }
}

/// Open requests, the one that is due first at the top.
#[derive(Debug, Serialize, ToSchema)]
pub struct Requests {
    pub requests: Vec<Request>,
}
