//! Whom an assistant speaks for, by a token that was made for that person, and the one thing that
//! such a token can let it do: hand on that person's answer to a request. Whether the person may
//! give it is decided by the run, as everywhere. Without a token an assistant only reads.

use std::sync::Arc;

use ::access::{Book, Opener, Right, Rights};
use journal::{Order, Reply, ReviewNo};
use plan::ids::PersonId;
use serde_json::{Map, Value};

use super::Desk;
use super::answers::{number, optional, text};
use crate::args::OneReview;
use crate::commands::{access, orders, review};
use crate::driver::{Driver, Drives};
use crate::exit::{Exit, Stop};
use crate::people::FromFiles;
use crate::stored::{Runs, now};
use crate::workspace::Workspace;

/// The operation that a token with the right `decide` adds.
pub const DECIDE: &str = "decide_review";

/// A person, and the token that speaks for them. The token is looked up each time: one that was
/// ended, or whose person may less than before, opens nothing any more.
pub struct Speaks {
    pub who: PersonId,
    word: String,
    book: Arc<Book>,
    people: FromFiles,
    workspace: String,
}

impl Speaks {
    /// Whoever a token was made for.
    pub fn by(workspace: &Workspace, word: &str) -> Result<Self, Stop> {
        let book = access::book(workspace)?;
        let told = book.told(word, now()).map_err(Stop::failed)?;
        let told = told.filter(|told| told.workspace == workspace.name());
        let unknown = || {
            let what = "this token opens nothing in this workspace";
            Stop { exit: Exit::NotPermitted, ..Stop::usage(what) }
                .help("`flightdeck token new` makes one")
        };
        let who = told.ok_or_else(unknown)?.who;
        let (people, word) = (FromFiles::new(workspace), word.to_owned());
        let speaks = Self { who, word, book, people, workspace: workspace.name() };
        if !speaks.may(Right::Read) {
            return Err(unknown());
        }
        Ok(speaks)
    }

    /// What the token lets its person do now.
    fn rights(&self) -> Rights {
        let told = self.book.told(&self.word, now()).ok().flatten();
        let told = told.filter(|told| told.workspace == self.workspace);
        let roles = self.people.roles().remove(&self.who).unwrap_or_default();
        let has = Right::of_all(&roles);
        told.map(|told| told.rights.intersection(&has).copied().collect()).unwrap_or_default()
    }

    pub fn may(&self, right: Right) -> bool {
        self.rights().contains(&right)
    }

    /// Whether a token that is shown over HTTP is this one, and still opens.
    pub fn opens(&self, shown: &str) -> bool {
        Opener::of(&self.word).opens(shown) && self.may(Right::Read)
    }
}

/// Hands on an answer, and says what came of it.
pub async fn decide(desk: Arc<Desk>, args: Map<String, Value>) -> Result<String, Stop> {
    let asked = Arc::clone(&desk);
    let read = move || order(&asked, &args);
    let read = tokio::task::spawn_blocking(read).await.map_err(Stop::failed)?;
    let (workspace, run, order) = read?;
    let driver = Driver::start(&workspace, Drives::Told).await?;
    let followed = async {
        let id = driver.order(run, order).await?;
        Ok::<_, Stop>((id, driver.rested(run).await?))
    };
    let followed = followed.await;
    driver.close().await;
    let (id, status) = followed?;
    let checked = move || orders::declined(&desk.global, run, id);
    tokio::task::spawn_blocking(checked).await.map_err(Stop::failed)??;
    Ok(format!("{run} is now {}", status.as_str()))
}

fn order(
    desk: &Desk,
    args: &Map<String, Value>,
) -> Result<(Workspace, journal::RunId, Order), Stop> {
    let may = desk.speaks.as_ref().filter(|speaks| speaks.may(Right::Decide));
    let refused = || {
        let what = "this token does not let anybody decide";
        Stop { exit: Exit::NotPermitted, ..Stop::usage(what) }
    };
    let who = may.ok_or_else(refused)?.who.clone();
    let workspace = Workspace::open(&desk.global)?;
    let runs = Runs::existing(&desk.global)?;
    let one = OneReview { run: text(args, "case")?.to_owned(), number: number(args, "number")? };
    let open = review::find(&runs, &one)?;
    let reason = || text(args, "reason").map(str::to_owned);
    let reply = match text(args, "decision")? {
        "approve" => {
            if open.review.form.is_some() {
                orders::assignments(&runs, &open, &[])?;
            }
            Reply::Approve
        }
        "reject" => Reply::Reject { reason: reason()? },
        "claim" => Reply::Claim,
        "release" => Reply::Release,
        other => {
            let what = format!("`{other}` is no decision");
            return Err(Stop::usage(what).help("there are: approve, reject, claim, release"));
        }
    };
    // What else is sent along would be lost without a word.
    if let Some(odd) = args.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(Stop::usage(format!("`{odd}` is no part of a decision")));
    }
    optional(args, "reason")?;
    let order = Order::Review { who, review: ReviewNo(open.review.no.0), reply };
    Ok((workspace, open.run, order))
}

const KEYS: &[&str] = &["case", "number", "decision", "reason"];
