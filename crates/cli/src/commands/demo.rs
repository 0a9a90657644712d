//! `demo`: the example in a folder of one's own, and three of its invoices on their way: one that
//! needs nobody, one that waits for a person, one that a policy refuses although a person approved.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use evidence::{RunView, words};
use journal::{Order, Reply, ReviewNo, RunId, Status};
use plan::Plan;
use plan::ids::PersonId;
use serde_json::json;

use super::{check, mcp};
use crate::args::Global;
use crate::driver::{Driver, Drives};
use crate::exit::{Ended, Exit, Stop};
use crate::models;
use crate::screen::{Look, Screen};
use crate::stored::Runs;
use crate::workspace::{DATA, Workspace};

/// The files of the example by their place, as they are in the repository.
macro_rules! example {
    ($($place:literal),* $(,)?) => {
        &[$(($place, include_bytes!(concat!("../../../../examples/back-office/", $place)))),*]
    };
}

const FILES: &[(&str, &[u8])] = example![
    "flightdeck.yaml",
    "AGENTS.md",
    "README.md",
    ".mcp.json",
    "mcp.lock",
    "agents/clerk.md",
    "policies/drafts.cedar",
    "policies/intake.cedar",
    "tables/suppliers.csv",
    "tables/orders.csv",
    "tables/paid.csv",
    "workflows/invoice_intake.md",
    "stores/.gitignore",
    "inbox/001-nordwind.txt",
    "inbox/033-cascade.txt",
];

/// An invoice that is larger than policy lets anybody draft.
const LARGE: (&str, &[u8]) =
    ("inbox/901-cascade.txt", include_bytes!("../../demo/901-cascade.txt"));

const WORKFLOW: &str = "invoice_intake";
const DRAFT: &str = "erp.create_draft";
const STARTER: &str = "marta@larkfield.example";
const APPROVER: &str = "ruth@larkfield.example";

/// One invoice of the demo.
struct Shown {
    name: &'static str,
    what: &'static str,
    /// Whether the demo answers for the approver.
    approved: bool,
}

const SHOWN: [Shown; 3] = [
    Shown {
        name: "001-nordwind.txt",
        what: "an invoice whose supplier, account and order are in the tables",
        approved: false,
    },
    Shown {
        name: "033-cascade.txt",
        what: "an invoice of 5,000 EUR or more, which an approver has to see",
        approved: false,
    },
    Shown {
        name: "901-cascade.txt",
        what: "an invoice of 31,600 EUR, which the demo approves in an approver's name",
        approved: true,
    },
];

/// Copies the example and runs three cases of it.
pub fn demo(screen: &Screen, global: &Global, folder: &Path) -> Ended {
    super::new::vacant(folder)?;
    for (place, bytes) in FILES.iter().chain([&LARGE]) {
        write(&folder.join(place), bytes)?;
    }
    let root = std::path::absolute(folder)?;
    let at =
        Global { workspace: Some(root.clone()), data: Some(root.join(DATA)), ..global.clone() };
    screen.line(format!("the example is in `{}`", folder.display()));
    if mcp::within(models::installed())?.is_none() {
        screen.line("the local model is not installed, so rules and tables decide alone, and what");
        screen.line("they cannot read goes to a person; `flightdeck model install` fetches it");
    }
    let workspace = Workspace::open(&at)?;
    let plan = Arc::new(check::plan(screen, &workspace, WORKFLOW)?);
    let runs = mcp::within(all(screen, &at, &workspace, &plan))??;
    screen.line("");
    screen.line("go on there:");
    let [_, waits, refused] = runs;
    screen.line(format!("  cd {}", folder.display()));
    screen.line(format!("  flightdeck review show {waits}"));
    screen.line(format!("  flightdeck why {refused}"));
    Ok(Exit::Done)
}

fn write(path: &PathBuf, bytes: &[u8]) -> Result<(), Stop> {
    let parent = path.parent().unwrap_or(path);
    std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::write(path, bytes))
        .with_context(|| format!("`{}` cannot be written", path.display()))?;
    Ok(())
}

async fn all(
    screen: &Screen,
    global: &Global,
    workspace: &Workspace,
    plan: &Arc<Plan>,
) -> Result<[RunId; 3], Stop> {
    let driver = Driver::start(workspace, Drives::Told).await?;
    let followed = async {
        let mut runs = Vec::new();
        for shown in &SHOWN {
            runs.push(one(screen, global, &driver, plan, shown).await?);
        }
        runs.try_into().map_err(|_| Stop::failed("a case was lost"))
    };
    let followed = followed.await;
    driver.close().await;
    followed
}

async fn one(
    screen: &Screen,
    global: &Global,
    driver: &Driver,
    plan: &Arc<Plan>,
    shown: &Shown,
) -> Result<RunId, Stop> {
    screen.line("");
    screen.line(format!("{}: {}", screen.word(Look::Strong, shown.name), shown.what));
    let person = |name: &str| PersonId::new(name).map_err(Stop::failed);
    let case = json!({ "name": shown.name }).to_string().into_bytes();
    let run = driver.open(plan, case, &person(STARTER)?).await?;
    driver.rested(run).await?;
    let runs = Runs::existing(global)?;
    let waiting = runs.view(run)?;
    let request = waiting.open_reviews().next();
    if let (true, Some(request)) = (shown.approved, request) {
        let (who, review) = (person(APPROVER)?, ReviewNo(request.no.0));
        driver.order(run, Order::Review { who, review, reply: Reply::Approve }).await?;
        driver.rested(run).await?;
    }
    let view = runs.view(run)?;
    told(screen, shown.name, &view)?;
    Ok(run)
}

/// The payment that was drafted.
fn drafted(view: &RunView) -> String {
    let act = view.acts.iter().find(|act| act.tool.as_deref() == Some(DRAFT));
    let args = act.and_then(|act| act.args.as_ref());
    let word = |name: &str| {
        let text = args.and_then(|args| args.get(name)).and_then(|value| value.as_str());
        words::plain(text.unwrap_or_default())
    };
    format!("{} {} to {} are drafted", word("amount"), word("currency"), word("iban"))
}

/// Where a case stands and why.
fn told(screen: &Screen, name: &str, view: &RunView) -> Result<(), Stop> {
    let refused = view.refusals.last();
    let (word, why) = match (view.status, refused) {
        (Status::Done, _) => {
            (screen.word(Look::Good, "finished"), format!("nobody had to look; {}", drafted(view)))
        }
        (_, Some(refusal)) => {
            let why = format!("{} was refused by the rule `{}`", refusal.what, refusal.rule);
            (screen.word(Look::Bad, "refused"), why)
        }
        (status, None) => {
            let request = view.open_reviews().next();
            let asks = request.map_or_else(
                || status.as_str().to_owned(),
                |request| format!("{} is asked: {}", request.by, words::plain(&request.question)),
            );
            (screen.word(Look::Warn, "waiting"), asks)
        }
    };
    screen.object("case", json!({ "case": name, "run": view.run, "status": view.status }))?;
    screen.line(format!("  {word}: {why}"));
    Ok(())
}
