//! `exam`: sittings, results, figures and portfolios on the command line. What may be done and what
//! is told is for the crate `exam` to say.

mod lines;
mod review;
mod take;

use ::exam::{Order, Stands, Told};
use journal::{Exam as Entry, Named, Seq, SittingId};
use plan::ids::PersonId;

use super::mcp;
use crate::args::{Exam, Global};
use crate::driver::{Driver, Drives};
use crate::examining::{Declined, Shelf, Wish, follow};
use crate::exit::{Ended, Exit, Stop};
use crate::people::{self, FromFiles};
use crate::screen::Screen;
use crate::stored::Runs;
use crate::workspace::Workspace;

/// Somebody at the command line.
struct Desk<'a> {
    global: &'a Global,
    workspace: Workspace,
    who: PersonId,
    shelf: Shelf,
}

/// `exam`.
pub fn exam(screen: &Screen, global: &Global, command: &Exam) -> Ended {
    let workspace = Workspace::open(global)?;
    let who = people::known(global, &workspace)?;
    let desk = Desk { global, workspace, who, shelf: Shelf::default() };
    let order = match command {
        Exam::Take { track } => return take::take(screen, &desk, *track),
        Exam::Review { command } => return review::review(screen, &desk, command),
        Exam::List => Order::List,
        Exam::Begin { track } => Order::Begin(*track),
        Exam::Show { sitting } => Order::Show(sitting.clone()),
        Exam::Answer { sitting, question, option } => {
            let (sitting, question, option) = (sitting.clone(), *question, *option);
            Order::Answer { sitting, question, item: None, option }
        }
        Exam::Submit { sitting } => Order::Submit(sitting.clone()),
        Exam::Result { sitting: Some(sitting) } => Order::Result(sitting.clone()),
        Exam::Result { sitting: None } => Order::Result(desk.last()?),
        Exam::Stats { track } => Order::Statistics(*track),
        Exam::Retire { track, item, reason } => {
            let (item, reason) = (Named(item.as_str().into()), reason.reason.clone());
            Order::Retire { track: *track, item, reason }
        }
        Exam::Invalidate { sitting, reason } => {
            Order::Invalidate { sitting: sitting.clone(), reason: reason.reason.clone() }
        }
        Exam::Grant { person, percent, reason } => {
            let (who, percent, reason) = (person.clone(), *percent, reason.reason.clone());
            desk.member(&who)?;
            Order::Grant { who, percent, reason }
        }
    };
    let told = desk.told(order.clone())?;
    if let (Order::Answer { question, option, .. }, Told::Paper(paper)) = (&order, &told) {
        return lines::answered(screen, paper, *question, *option);
    }
    lines::told(screen, &told)?;
    Ok(Exit::Done)
}

impl Desk<'_> {
    /// What somebody is told on an order. The folder is taken only where something is written.
    fn told(&self, order: Order) -> Result<Told, Stop> {
        let places = self.workspace.places().map_err(Stop::usage)?;
        let roles = FromFiles::new(&self.workspace).roles().remove(&self.who).unwrap_or_default();
        let wish = Wish::new(self.who.clone(), order, places.exams, &roles)?;
        mcp::within(async {
            let driver = tokio::sync::OnceCell::<Driver>::new();
            let step = async || -> Result<_, Declined> {
                let runs = Runs::open(self.global)?;
                self.shelf.step(runs.as_ref(), &wish)
            };
            let driving = || Driver::start(&self.workspace, Drives::Told);
            let write = async |next: Seq, exam: Entry, text| -> Result<bool, Declined> {
                let driver = driver.get_or_try_init(driving).await?;
                Ok(driver.examined(next, exam, text).await?)
            };
            let told = follow(step, write).await;
            if let Some(driver) = driver.into_inner() {
                driver.close().await;
            }
            told.map_err(Stop::from)
        })?
    }

    /// The last sitting of whoever is here that is over.
    fn last(&self) -> Result<SittingId, Stop> {
        let Told::Offers { exams } = self.told(Order::List)? else { return Err(none()) };
        let sat = exams.iter().filter(|one| one.questions > 0).flat_map(|one| &one.mine);
        let over = sat.filter(|mine| mine.stands != Stands::Open);
        over.max_by_key(|mine| mine.since).map(|mine| mine.sitting.clone()).ok_or_else(none)
    }

    /// Somebody of this workspace.
    fn member(&self, who: &PersonId) -> Result<(), Stop> {
        match FromFiles::new(&self.workspace).roles().contains_key(who) {
            true => Ok(()),
            false => Err(Stop::usage(format!("`{who}` is not a person of this workspace"))
                .help("`flightdeck access` lists them")),
        }
    }
}

fn none() -> Stop {
    Stop::usage("none of your sittings is over").help("`flightdeck exam list` shows where you are")
}
