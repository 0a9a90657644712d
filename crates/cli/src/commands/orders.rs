//! What people tell runs: answers to requests, retry, skip, cancel, pause. Whether a person may is
//! decided by the run itself; here it is only said what came of it.

use journal::{CommandId, Decline, Order, Reply, ReviewNo, RunId, Status};
use plan::ids::PersonId;
use serde_json::json;

use super::{mcp, review, status};
use crate::args::{Global, OneReview};
use crate::driver::{Driver, Drives};
use crate::exit::{Ended, Exit, Stop};
use crate::people;
use crate::screen::Screen;
use crate::stored::Runs;
use crate::values;
use crate::workspace::Workspace;

/// An answer to a request.
pub enum Said {
    Claim,
    Release,
    Approve,
    Edit { set: Vec<String> },
    Reject { reason: String },
    Escalate { to: plan::ids::RoleId, reason: String },
    Happened { yes: bool },
}

/// Answers one request and follows the run to where it rests.
pub fn answer(screen: &Screen, global: &Global, one: &OneReview, said: Said) -> Ended {
    let workspace = Workspace::open(global)?;
    let who = people::known(global, &workspace)?;
    let runs = Runs::existing(global)?;
    let open = review::find(&runs, one)?;
    let reply = match said {
        Said::Claim => Reply::Claim,
        Said::Release => Reply::Release,
        Said::Approve => {
            // Whoever takes what a tool proposes hears what it leaves open.
            if open.review.form.is_some() {
                assignments(&runs, &open, &[])?;
            }
            Reply::Approve
        }
        Said::Reject { reason } => Reply::Reject { reason },
        Said::Escalate { to, reason } => Reply::Escalate { to, reason },
        Said::Happened { yes } => Reply::Happened { yes },
        Said::Edit { set } => {
            let values = assignments(&runs, &open, &set)?;
            Reply::Edit { values }
        }
    };
    let order = Order::Review { who, review: ReviewNo(open.review.no.0), reply };
    order_and_follow(screen, global, &workspace, open.run, order)
}

/// New values for what a request lets be changed, read as the kinds that the release declares.
pub fn assignments(
    runs: &Runs,
    open: &review::Open,
    set: &[String],
) -> Result<Vec<(String, String)>, Stop> {
    let plan = open.view.release.and_then(|release| runs.release(release));
    let plan = plan.ok_or_else(|| Stop::failed("the run's release cannot be read"))?;
    values::given(plan.workflow(), &open.review, set.iter().cloned()).map_err(|why| {
        let may = open.review.may_edit.join(", ");
        let word = if open.review.form.is_some() { "answer" } else { "change" };
        Stop::usage(why).help(format!("you may {word}: {may}"))
    })
}

/// Hands an order to a run and follows it to where it rests.
pub fn order(
    screen: &Screen,
    global: &Global,
    run: &str,
    make: impl FnOnce(PersonId) -> Order,
) -> Ended {
    let workspace = Workspace::open(global)?;
    let who = people::known(global, &workspace)?;
    let runs = Runs::existing(global)?;
    let run = runs.find(run)?;
    let view = runs.view(run)?;
    if view.status.over() {
        let what = format!("the case is over: it is {}", view.status.as_str());
        return Err(Stop::usage(what).help(format!("`flightdeck why {run}` says more")));
    }
    order_and_follow(screen, global, &workspace, run, make(who))
}

/// The same, for a person who is known.
pub fn order_and_follow(
    screen: &Screen,
    global: &Global,
    workspace: &Workspace,
    run: RunId,
    order: Order,
) -> Ended {
    let (id, status) = mcp::within(async {
        let driver = Driver::start(workspace, Drives::Told).await?;
        let followed = async {
            let id = driver.order(run, order).await?;
            Ok::<_, Stop>((id, driver.rested(run).await?))
        };
        let followed = followed.await;
        driver.close().await;
        followed
    })??;
    declined(global, run, id)?;
    screen.object("ordered", json!({ "run": run, "status": status }))?;
    screen.line(format!("{run} is now {}", status.as_str()));
    if status == Status::Sleeping {
        screen.line("it goes on by itself while `flightdeck run` runs, or with `run --open`");
    }
    Ok(status::exit(status))
}

/// An order that was not followed ends the command with the reason.
pub fn declined(global: &Global, run: RunId, id: CommandId) -> Result<(), Stop> {
    let view = Runs::existing(global)?.view(run)?;
    let Some(declined) = view.declined.iter().find(|declined| declined.command == id) else {
        return Ok(());
    };
    let exit = match declined.because {
        Decline::NotPermitted | Decline::Agreed | Decline::Enough => Exit::NotPermitted,
        Decline::Taken => Exit::Refused,
        Decline::NotOpen | Decline::BadEdit | Decline::NotNow => Exit::Usage,
    };
    let help = format!("`flightdeck why {run}` says who may, and what is open");
    Err(Stop { exit, ..Stop::failed(declined.text) }.help(help))
}
