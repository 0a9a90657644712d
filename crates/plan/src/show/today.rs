//! What a workflow describes and no run reads, in sentences: the process as people do it now, and
//! what is not settled yet.

use crate::workflow::{TodayStep, Workflow};

use super::line_of;
use super::words::{join, share, time};

/// Both, each under a heading; nothing of what is not said.
pub(super) fn sections(text: &mut String, workflow: &Workflow) {
    if !workflow.open.is_empty() {
        text.push_str("\nNot settled yet\n");
    }
    for question in &workflow.open {
        let who = question.who.as_ref().map(|who| format!(" ({who})")).unwrap_or_default();
        line_of(text, 1, &format!("{}{who}", question.what));
    }
    if !workflow.today.is_empty() {
        text.push_str("\nToday, by people\n");
    }
    workflow.today.iter().for_each(|step| line_of(text, 1, &of_step(step)));
    if let Some(seconds) = workflow.seconds_today() {
        line_of(text, 1, &worked(workflow, seconds));
    }
}

fn of_step(step: &TodayStep) -> String {
    let mut said = step.who.as_ref().map(|who| format!("{who}: ")).unwrap_or_default();
    said.push_str(&step.does);
    if let Some(seconds) = step.seconds {
        said = format!("{said}, {}", time(u64::from(seconds) * 1_000));
    }
    if step.share < 1_000_000 {
        said = format!("{said}, in {} of the cases", share(step.share));
    }
    if let Some(why) = &step.why {
        said = format!("{said}, because {why}");
    }
    match step.becomes.as_deref() {
        None => said + ".",
        Some([]) => said + ". It falls away.",
        Some(steps) => {
            let names: Vec<String> = steps.iter().map(ToString::to_string).collect();
            format!("{said}. It becomes {}.", join(&names, "and"))
        }
    }
}

/// What all of it takes: for one case, and in a week where that is declared.
fn worked(workflow: &Workflow, seconds: u64) -> String {
    let tenths = |seconds: u64, of: u64| {
        let tenths = (seconds * 10 + of / 2) / of;
        let (whole, part) = (tenths / 10, tenths % 10);
        if part == 0 { whole.to_string() } else { format!("{whole}.{part}") }
    };
    let week = workflow.baseline.as_ref().map(|baseline| {
        let hours = tenths(seconds * u64::from(baseline.cases_per_week), 3_600);
        format!(", {hours} hours in a week of {} cases", baseline.cases_per_week)
    });
    format!("That is {} minutes for one case{}.", tenths(seconds, 60), week.unwrap_or_default())
}
