//! The cause of where a case stands, and what shows more about it. It must name nothing that the
//! records do not bear.

use journal::{Code, Status};
use plan::ids::PersonId;

use super::{Cause, Next, logs, next};
use crate::view::{ActState, ActView, ReviewKind, ReviewState, ReviewView, RunView, Trouble};
use crate::{codes, rules};

pub(super) fn cause(view: &RunView) -> Option<Cause> {
    if let Some(review) = in_doubt(view) {
        let act = view.acts.iter().rev().find(|act| act.at == review.at);
        let (what, step) = (act.map(|act| act.what.clone()), Some(review.at.to_string()));
        return Some(Cause { what, step, ..Cause::of(codes::page(Code::InDoubt)) });
    }
    match (view.status, &view.end) {
        // A finished case has no cause to look for, whatever it overcame on its way.
        (Status::Done | Status::Duplicate, _) => return None,
        (Status::Rejected, _) => {
            let (step, detail) = match rejected(view) {
                Some((review, _, reason)) => (Some(review.at.to_string()), reason.cloned()),
                None => (None, None),
            };
            return Some(Cause { step, detail, ..Cause::of(codes::page(Code::Rejected)) });
        }
        (Status::Cancelled, _) => {
            let detail = view.cancelled.as_ref().and_then(|(_, reason)| reason.clone());
            return Some(Cause { detail, ..Cause::of(codes::page(Code::Cancelled)) });
        }
        _ => {}
    }
    let Some(trouble) = &view.trouble else { return overcome(view) };
    let late = late(view).filter(|_| trouble.code == Code::Late);
    let part = view.failed_part.filter(|_| trouble.code == Code::Child);
    let what = match (late, part) {
        (Some(review), _) => Some(format!("the request to {}", review.by)),
        (None, Some(part)) => Some(format!("the run {part}")),
        (None, None) => about(view, trouble),
    };
    let at = trouble.at.as_ref().map(ToString::to_string);
    let last = || view.steps.last().filter(|_| trouble.code == Code::Ended).map(|step| &step.at);
    let elsewhere = || late.map(|review| &review.at).or_else(last);
    let step = at.or_else(|| elsewhere().map(ToString::to_string));
    Some(Cause {
        what,
        step,
        detail: trouble.detail.clone(),
        rule: trouble.rule.clone(),
        rule_says: trouble.rule.as_ref().and_then(|rule| says(rule)),
        ..Cause::of(codes::page(trouble.code))
    })
}

/// What went wrong with an act that is tried again by itself.
fn overcome(view: &RunView) -> Option<Cause> {
    let act = view.acts.last().filter(|_| view.status == Status::Sleeping)?;
    let ActState::Failed { code, detail } = &act.state else { return None };
    let (what, detail, step) = (Some(act.what.clone()), detail.clone(), Some(act.at.to_string()));
    Some(Cause { what, detail, step, ..Cause::of(codes::page(*code)) })
}

/// A rule in plain words. What is against a value lies in where it came from, which the story says.
fn says(rule: &str) -> Option<String> {
    if rule.starts_with("flow:") { None } else { rules::because(rule, None) }
}

/// The request whose effect nobody knows of.
fn in_doubt(view: &RunView) -> Option<&ReviewView> {
    view.open_reviews().find(|review| review.kind == ReviewKind::InDoubt)
}

/// The last request that nobody answered in time.
fn late(view: &RunView) -> Option<&ReviewView> {
    let late = |review: &&ReviewView| matches!(review.state, ReviewState::Late { .. });
    view.reviews.iter().rev().find(late)
}

/// Who rejected the case, where, and why.
pub(super) fn rejected(view: &RunView) -> Option<(&ReviewView, &PersonId, Option<&String>)> {
    view.reviews.iter().rev().find_map(|review| match &review.state {
        ReviewState::Rejected { who, reason, .. } => Some((review, who, reason.as_ref())),
        ReviewState::Open
        | ReviewState::Approved { .. }
        | ReviewState::Edited { .. }
        | ReviewState::Late { .. }
        | ReviewState::Closed { .. } => None,
    })
}

/// What was being done when it went wrong.
fn about(view: &RunView, trouble: &Trouble) -> Option<String> {
    let at = trouble.at.as_ref()?;
    let refused = view.refusals.iter().rev().find(|refusal| refusal.at == *at);
    match (refused.filter(|_| trouble.rule.is_some()), act(view, trouble)) {
        (Some(refused), _) => Some(refused.what.clone()),
        (None, act) => act.map(|act| act.what.clone()),
    }
}

/// The act that went wrong: one that failed, otherwise the last one of the step.
fn act<'v>(view: &'v RunView, trouble: &Trouble) -> Option<&'v ActView> {
    let at = trouble.at.as_ref()?;
    let acts = || view.acts.iter().rev().filter(|act| act.at == *at);
    let failed = |act: &&ActView| matches!(act.state, ActState::Failed { .. } | ActState::Unknown);
    acts().find(failed).or_else(|| acts().next())
}

/// What shows more about what went wrong, and changes nothing.
pub(super) fn look(view: &RunView, trouble: &Trouble) -> Next {
    let act = act(view, trouble);
    let model = act.and_then(|act| act.model.as_ref());
    let tool = act.and_then(|act| act.tool.as_deref());
    let server = || tool.map_or("", |tool| tool.split_once('.').map_or(tool, |(server, _)| server));
    match trouble.code {
        Code::Unavailable
        | Code::VendorRefused
        | Code::BadAnswer
        | Code::RateLimited
        | Code::TimedOut => match model {
            Some(model) => {
                let command = format!("flightdeck model test {model}");
                next(command, "puts small questions to it, and says what does not work")
            }
            None => next("flightdeck doctor", "starts each tool server, and says what is down"),
        },
        Code::ToolChanged => {
            let command = format!("flightdeck mcp diff {}", server());
            next(command.trim_end(), "shows what changed in the tool")
        }
        Code::Budget => {
            next("flightdeck explain budget", "says how a limit is raised, if that is right")
        }
        Code::Refused if trouble.rule.as_ref().is_some_and(|rule| rule.starts_with("cedar:")) => {
            let place = view.workflow.as_ref().map_or(String::new(), ToString::to_string);
            let step = trouble.at.as_ref().map_or(String::new(), |at| format!(".{}", at.step));
            next(
                format!("flightdeck policy explain {place}{step}"),
                "shows the policies that matter",
            )
        }
        Code::Child => match view.failed_part {
            Some(part) => next(format!("flightdeck why {part}"), "explains that part"),
            None => logs(view),
        },
        Code::Expression => next("flightdeck check", "finds most such mistakes"),
        Code::Doubt
        | Code::ToolError
        | Code::Question
        | Code::TooLarge
        | Code::Stopped
        | Code::Refused
        | Code::Loop
        | Code::Late
        | Code::Rejected
        | Code::NotConfirmed
        | Code::InDoubt
        | Code::BodyMissing
        | Code::Cancelled
        | Code::Expired
        | Code::Ended
        | Code::Defect => logs(view),
    }
}
