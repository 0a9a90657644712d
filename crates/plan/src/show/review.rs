//! A step that asks people, in sentences.

use super::words::{self, join, span};
use super::{Late, LateEnd, NeverBy, Next, ReviewStep, next};

pub(super) fn of_review(review: &ReviewStep, then: &Next) -> Vec<String> {
    let mut lines = Vec::new();
    let show: Vec<String> = review.show.iter().map(ToString::to_string).collect();
    if !review.question.is_empty() {
        lines.push(review.question.replace('\n', " "));
    }
    let never: Vec<String> = review
        .never_by
        .iter()
        .map(|who| match who {
            NeverBy::Starter => "whoever started the case".to_owned(),
            NeverBy::Owner => "the accountable person".to_owned(),
        })
        .collect();
    let never =
        if never.is_empty() { String::new() } else { format!(", never {}", join(&never, "or")) };
    lines.push(match review.approvals {
        1 => format!("{} decides{never}, and sees {}.", review.by, join(&show, "and")),
        n => {
            format!("{n} of {} must agree{never}, and see {}.", review.by, join(&show, "and"))
        }
    });
    if let Some(sample) = &review.sample {
        lines.push(format!(
            "Of cases in which {}, a person sees {}; the others go on unseen.",
            sample.when.sentence(),
            words::share(sample.share)
        ));
    }
    if !review.may_edit.is_empty() {
        let edit: Vec<String> = review.may_edit.iter().map(ToString::to_string).collect();
        lines.push(format!("{} may be changed.", join(&edit, "and")));
    }
    let late = match &review.late {
        Late::Stop => "the case stops".to_owned(),
        Late::Go(step) => format!("go to {step}"),
        Late::Ask { then, .. } => {
            let asked = review.late.chain();
            let asked: Vec<String> =
                asked.map(|(role, within)| format!("ask {role} for {}", span(within))).collect();
            format!("{}, then {}", asked.join(", then "), end(then))
        }
    };
    lines.push(format!("Without an answer within {}: {late}.", span(review.within)));
    lines.push(format!("If approved: {}.", next(then)));
    let tell =
        review.if_rejected.tell.as_ref().map_or(String::new(), |r| format!("tell {r}, then "));
    lines.push(format!("If rejected: {tell}{}.", end(&review.if_rejected.then)));
    lines
}

fn end(end: &LateEnd) -> String {
    match end {
        LateEnd::Stop => "the case stops".to_owned(),
        LateEnd::Go(step) => format!("go to {step}"),
    }
}
