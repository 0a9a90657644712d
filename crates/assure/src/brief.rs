//! One page for whoever is not an operator: what a workflow does, what it may never do, how the
//! last thirty days went, and the three largest gaps with who owes what. Everything in it is taken
//! from files and records. It must not praise.

use journal::Millis;
use plan::workflow::{Does, Workflow};
use serde::Serialize;

use crate::preflight::Question;
use crate::psf::{Assessment, Status};
use crate::seen::{Seen, Sums, day};
use crate::worth::Worth;

/// Days that are told.
const DAYS: u32 = 30;
/// Gaps that are told.
const GAPS: usize = 3;

/// The page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Brief {
    pub workflow: String,
    pub purpose: String,
    pub accountable: String,
    pub does: Vec<String>,
    pub never: Vec<String>,
    pub days: u32,
    pub cases: u64,
    pub done: u64,
    pub alone: u64,
    pub failed: u64,
    pub changed_by_people: u64,
    pub people_minutes: u64,
    pub cost: String,
    pub worth: Option<String>,
    pub gaps: Vec<Gap>,
}

/// One gap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    pub criterion: String,
    pub title: String,
    pub what: String,
    pub owner: String,
    /// `YYYY-MM-DD`.
    pub due: String,
}

/// Writes it.
#[must_use]
pub fn brief(
    w: &Workflow,
    assessment: &Assessment,
    questions: &[Question],
    worth: &Worth,
    seen: &Seen,
    now: Millis,
) -> Brief {
    let sums = lately(seen, &w.name, now, DAYS);
    let owner = w.accountable.to_string();
    let due = crate::psf::date(Millis(now.0.saturating_add(u64::from(DAYS) * 86_400_000)));
    // What keeps it from going live comes first, then what has no point, then half a one.
    let blocks = questions.iter().flat_map(|question| {
        question.blocks.iter().map(|block| (question.id.to_owned(), question.asks, &block.what))
    });
    let mut gaps: Vec<Gap> = blocks
        .map(|(id, title, what)| Gap {
            criterion: id,
            title: title.to_owned(),
            what: what.clone(),
            owner: owner.clone(),
            due: due.clone(),
        })
        .collect();
    for wanted in [Status::NotMet, Status::Partly] {
        let open = assessment.findings.iter().filter(|one| one.status == wanted);
        gaps.extend(open.map(|one| Gap {
            criterion: one.id.clone(),
            title: one.title.clone(),
            what: one.advice.first().map_or_else(|| lacking(one), |advice| advice.text.clone()),
            owner: owner.clone(),
            due: due.clone(),
        }));
    }
    gaps.truncate(GAPS);
    let net = worth.net.map(|net| {
        format!(
            "{}: a usual week is worth {:.0} {} beside doing it by hand",
            worth.verdict.as_str(),
            net.p50,
            worth.currency
        )
    });
    Brief {
        workflow: w.name.to_string(),
        purpose: w.purpose.clone(),
        accountable: owner.clone(),
        does: does(w),
        never: never(w),
        days: DAYS,
        cases: sums.cases,
        done: sums.done,
        alone: sums.alone,
        failed: sums.failed,
        changed_by_people: sums.changed,
        people_minutes: sums.people_ms / 60_000,
        cost: evidence::words::cost(sums.cost_nanos),
        worth: net,
        gaps,
    }
}

fn lacking(one: &crate::psf::Finding) -> String {
    use crate::psf::Says;
    let columns = [&one.declared, &one.enforced, &one.observed, &one.attested];
    let lacks = columns.into_iter().find(|column| !matches!(column.says, Says::Yes | Says::Open));
    lacks.map_or_else(|| one.title.clone(), |column| column.why.clone())
}

/// What its live cases of the last days came to, on whatever release.
#[must_use]
pub fn lately(seen: &Seen, workflow: &plan::ids::WorkflowName, now: Millis, days: u32) -> Sums {
    let today = day(now);
    let mut all = Sums::default();
    for (_, shown) in seen.of(workflow) {
        for (on, sums) in &shown.sums {
            if *on <= today && on.saturating_add(days) > today {
                all = all.plus(sums);
            }
        }
    }
    all
}

fn does(w: &Workflow) -> Vec<String> {
    let mut all = Vec::new();
    for step in &w.steps {
        let said = match &step.does {
            Does::Agent(agent) => format!("the agent `{}` works on `{}`", agent.agent, step.id),
            Does::Tool(call) => format!("`{}` is called in `{}`", call.tool, step.id),
            Does::Review(review) => format!("`{}` is put to `{}`", step.id, review.by),
            Does::Decide(decide) => {
                format!("`{}` is decided by rule, from {}", step.id, decide.basis)
            }
            Does::Lookup(_)
            | Does::Each(_)
            | Does::Parallel(_)
            | Does::Wait(_)
            | Does::Workflow(_)
            | Does::End(_) => continue,
        };
        all.push(said);
    }
    all
}

fn never(w: &Workflow) -> Vec<String> {
    let mut all = vec![format!(
        "go further by itself than `{}`, whatever a case says",
        w.rung(None).as_str()
    )];
    let limits = &w.limits;
    let unit = limits.currency.as_str();
    all.push(format!(
        "spend more than {} {unit} on a case or {} {unit} in a day, or open more than {} cases in a day",
        evidence::words::cost(limits.case.cost_nanos),
        evidence::words::cost(limits.day.cost_nanos),
        limits.day.cases
    ));
    if let Some(amount) = &limits.day.amount {
        all.push(format!(
            "move more than {} {} in a day",
            amount.number(),
            amount.currency.as_str()
        ));
    }
    for policy in w.policies.iter().filter(|policy| policy.file.starts_with("policies/")) {
        all.push(format!("do what the policy `{}` does not allow ({})", policy.id, policy.file));
    }
    let tools: Vec<String> = w.tools.keys().map(|tool| format!("`{tool}`")).collect();
    all.push(match tools.is_empty() {
        true => "use any tool".to_owned(),
        false => format!("use any tool but {}", tools.join(", ")),
    });
    all
}
