//! How the cases of a workspace do together: what began and ended, what it took, what held it up.
//! It must not weigh anything: `evidence` adds up.

use axum::Json;
use evidence::fleet::Group;
use evidence::{Limiter, Summary};
use journal::Millis;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::door::Inside;
use crate::problem::{Asked, Problem};
use crate::shapes::time;

/// The longest time that is looked back: a week.
const MINUTES_MAX: u32 = 7 * 24 * 60;

/// Which cases are added up.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Back {
    /// Cases that are open, or had an entry in so many minutes
    #[param(minimum = 1, maximum = 10080, default = 60)]
    minutes: Option<u32>,
}

/// What was added up.
#[derive(Debug)]
pub struct Figures {
    pub summary: Summary,
    /// A stop is in force that holds work back.
    pub stopped: bool,
    pub cost_nanos: u64,
    pub people_ms: u64,
    pub groups: Vec<Group>,
    /// When each case began, and when it was over.
    pub times: Vec<(Millis, Option<Millis>)>,
    pub now: Millis,
    /// Why new work is held back, in sentences.
    pub trouble: Vec<String>,
}

/// The figures of the cases that are open or had an entry lately.
#[derive(Debug, Serialize, ToSchema)]
pub struct FleetView {
    /// So many minutes were looked back.
    minutes: u32,
    cases: u64,
    done: u64,
    /// Done without any person having had to look.
    alone: u64,
    waiting: u64,
    failed: u64,
    rejected: u64,
    cancelled: u64,
    duplicates: u64,
    /// Not over and not waiting for a person.
    open: u64,
    tokens: u64,
    tokens_per_hour: u64,
    /// Billionths of the workspace's currency.
    cost_nanos: u64,
    /// How long people looked at requests, at most, in milliseconds.
    people_ms: u64,
    /// Minutes of people for each thousand cases that are over; none where none is.
    people_minutes_per_1000: Option<u64>,
    limited_by: LimitedBy,
    /// The same in a sentence.
    limited_by_text: String,
    /// What failed, most often first.
    failures: Vec<Failures>,
    /// Of each minute, the oldest first: how many cases began and how many came to their end.
    per_minute: Vec<Minute>,
    /// Why new work is held back, in sentences.
    trouble: Vec<String>,
}

/// What limits the speed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LimitedBy {
    Model,
    Tools,
    RateLimit,
    Budget,
    People,
    Stop,
    /// Nothing is there to be done.
    Supply,
    Nothing,
}

/// Failures of one kind in one place.
#[derive(Debug, Serialize, ToSchema)]
pub struct Failures {
    workflow: Option<String>,
    /// Where and by what: `draft/tool_error`.
    signature: String,
    cases: u64,
    /// The newest of these cases.
    last: String,
}

/// One minute.
#[derive(Debug, Serialize, ToSchema)]
pub struct Minute {
    /// When it began.
    at: String,
    begun: u32,
    ended: u32,
}

impl FleetView {
    fn of(minutes: u32, figures: Figures) -> Self {
        let Figures { summary, stopped, cost_nanos, people_ms, groups, times, now, trouble } =
            figures;
        let over = summary.cases - summary.waiting - summary.open;
        let idle = summary.open + summary.waiting == 0;
        let (limited_by, text) = match summary.limited_by {
            _ if stopped => (LimitedBy::Stop, "a stop that is in force".to_owned()),
            Limiter::Stop => (LimitedBy::Stop, summary.limited_by_text),
            Limiter::Budget => (LimitedBy::Budget, summary.limited_by_text),
            Limiter::RateLimit => (LimitedBy::RateLimit, summary.limited_by_text),
            _ if idle => (LimitedBy::Supply, "nothing waits to be done".to_owned()),
            Limiter::People => (LimitedBy::People, summary.limited_by_text),
            Limiter::Model => (LimitedBy::Model, summary.limited_by_text),
            Limiter::Tools => (LimitedBy::Tools, summary.limited_by_text),
            Limiter::Nothing => (LimitedBy::Nothing, summary.limited_by_text),
        };
        Self {
            minutes,
            cases: summary.cases,
            done: summary.done,
            alone: summary.alone,
            waiting: summary.waiting,
            failed: summary.failed,
            rejected: summary.rejected,
            cancelled: summary.cancelled,
            duplicates: summary.duplicates,
            open: summary.open,
            tokens: summary.tokens,
            tokens_per_hour: summary.tokens_per_hour,
            cost_nanos,
            people_ms,
            people_minutes_per_1000: (over > 0)
                .then(|| people_ms.saturating_mul(1_000) / 60_000 / over),
            limited_by,
            limited_by_text: text,
            failures: groups
                .into_iter()
                .map(|group| Failures {
                    workflow: group.workflow.map(|name| name.to_string()),
                    signature: group.signature,
                    cases: group.cases,
                    last: group.last.to_string(),
                })
                .collect(),
            per_minute: per_minute(minutes, now, &times),
            trouble,
        }
    }
}

/// The newest minutes, at most an hour of them.
fn per_minute(minutes: u32, now: Millis, times: &[(Millis, Option<Millis>)]) -> Vec<Minute> {
    let shown = u64::from(minutes.min(60));
    let first = (now.0 / 60_000).saturating_sub(shown - 1);
    let mut all: Vec<Minute> = (0..shown)
        .map(|n| Minute { at: time(Millis((first + n) * 60_000)), begun: 0, ended: 0 })
        .collect();
    let place = |at: Millis| usize::try_from((at.0 / 60_000).checked_sub(first)?).ok();
    for (opened, over) in times {
        if let Some(minute) = place(*opened).and_then(|place| all.get_mut(place)) {
            minute.begun += 1;
        }
        if let Some(minute) = over.and_then(place).and_then(|place| all.get_mut(place)) {
            minute.ended += 1;
        }
    }
    all
}

/// Show how all cases do
///
/// The figures of the cases that are open or had an entry in the last minutes.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/fleet", tag = "installation",
    operation_id = "show_fleet",
    params(("workspace" = String, Path, description = "The workspace's name"), Back),
    responses(
        (status = 200, description = "The figures", body = FleetView),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be shown"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be shown")
    )
)]
pub async fn show(inside: Inside, Asked(back): Asked<Back>) -> Result<Json<FleetView>, Problem> {
    let minutes = back.minutes.unwrap_or(60);
    if minutes == 0 || minutes > MINUTES_MAX {
        let what = format!("`minutes` is a number from 1 to {MINUTES_MAX}");
        return Err(Problem::invalid(what));
    }
    Ok(Json(FleetView::of(minutes, inside.here().fleet(minutes).await?)))
}
