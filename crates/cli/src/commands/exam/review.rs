//! `exam review`: portfolios on the command line. Who may see and judge what is for the crate
//! `exam` to say.

use std::collections::BTreeMap;

use ::exam::{Order, Review, Rubric, Told};
use evidence::words;
use journal::{Checked, Hash};
use plan::ids::FieldName;
use serde_json::json;

use super::{Desk, lines};
use crate::args::{HandIn, Portfolios};
use crate::exit::{Ended, Exit, Stop};
use crate::screen::Screen;

/// The largest pack and the largest report that are read, in bytes.
const PACK_MAX: u64 = 1 << 30;
const REPORT_MAX: u64 = 1 << 20;

pub fn review(screen: &Screen, desk: &Desk<'_>, command: &Portfolios) -> Ended {
    let order = match command {
        Portfolios::List => Order::Review(None),
        Portfolios::Show { portfolio } => Order::Review(Some(portfolio.clone())),
        Portfolios::HandIn(hand_in) => handed(desk, hand_in)?,
        Portfolios::Assess { portfolio, places } => {
            Order::Assess { sitting: portfolio.clone(), said: placed(places)? }
        }
    };
    let told = desk.told(order)?;
    lines::told(screen, &told)?;
    if let (Portfolios::Show { .. }, Told::Reviews { .. }) = (command, &told) {
        rubric(screen)?;
    }
    Ok(Exit::Done)
}

fn handed(desk: &Desk<'_>, args: &HandIn) -> Result<Order, Stop> {
    desk.member(&args.of)?;
    let pack = Hash::of(&bytes(&args.pack, PACK_MAX)?);
    let report = bytes(&args.report, REPORT_MAX)?;
    let checked: Checked = serde_json::from_slice(&report).map_err(|error| {
        Stop::usage(format!("`{}` is no report of a check: {error}", args.report.display()))
            .help("it has `verified`, `grade`, `domains`, `incidents` and `outcome`")
    })?;
    Ok(Order::HandIn { of: Some(args.of.clone()), pack, checked })
}

fn bytes(path: &std::path::Path, most: u64) -> Result<Vec<u8>, Stop> {
    let failed = |error| Stop::usage(format!("`{}` cannot be read: {error}", path.display()));
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > most {
        return Err(Stop::usage(format!("`{}` is larger than is read", path.display())));
    }
    std::fs::read(path).map_err(failed)
}

/// What is typed of each dimension: `work=2: two processes since May`.
fn placed(places: &[String]) -> Result<BTreeMap<FieldName, (u8, String)>, Stop> {
    let mut said = BTreeMap::new();
    for place in places {
        let unread = || {
            Stop::usage(format!("`{}` places nothing", words::plain(place)))
                .help("write `DIMENSION=LEVEL: REASON`; `exam review show` lists the dimensions")
        };
        let (dimension, rest) = place.split_once('=').ok_or_else(unread)?;
        let (level, reason) = rest.split_once(':').ok_or_else(unread)?;
        let dimension = FieldName::new(dimension.trim()).map_err(|_| unread())?;
        let level = level.trim().parse().map_err(|_| unread())?;
        if said.insert(dimension, (level, reason.trim().to_owned())).is_some() {
            return Err(Stop::usage(format!("`{}` comes twice", words::plain(place))));
        }
    }
    Ok(said)
}

/// Portfolios, as lines and as JSON.
pub fn portfolios(screen: &Screen, reviews: &[Review]) -> Result<(), Stop> {
    screen.object("portfolios", json!({ "portfolios": reviews }))?;
    if reviews.is_empty() {
        screen.line("there is no portfolio that you may see");
    }
    for one in reviews {
        let (id, holder, stands) = (&one.sitting, &one.holder, one.stands.words());
        screen.line(format!("{id} of {holder}: {stands}"));
        screen.line(format!("  pack {}", one.pack));
        let domains: Vec<String> = one.checked.domains.iter().map(ToString::to_string).collect();
        let (grade, outcome) = (&one.checked.grade, &one.checked.outcome);
        let incidents = one.checked.incidents;
        let text = format!(
            "grade {grade}, outcome {outcome}, {incidents} incidents, covers {}",
            domains.join(", ")
        );
        lines::wrapped(screen, 2, &text);
        screen.line(format!("  {} of {} have assessed it", one.assessed, one.needed));
        for said in &one.said {
            screen.line(format!("  {} said:", said.by));
            for placed in &said.placed {
                let reason = said.reasons.get(placed.dimension.as_str());
                let reason = reason.map(|text| words::plain(text)).unwrap_or_default();
                let text = format!("{} at level {}: {reason}", placed.dimension, placed.level);
                lines::wrapped(screen, 4, &text);
            }
        }
        for level in &one.levels {
            let (whole, half) = (level.halves / 2, if level.halves % 2 == 1 { ".5" } else { "" });
            screen.line(format!("  {} came to {whole}{half}", level.dimension));
        }
    }
    Ok(())
}

fn rubric(screen: &Screen) -> Result<(), Stop> {
    let rubric = Rubric::embedded().map_err(Stop::failed)?;
    screen.line("");
    for one in &rubric.dimensions {
        lines::wrapped(screen, 0, &format!("{}: {}. {}", one.id, one.title, one.question));
        for (n, level) in one.levels.iter().enumerate() {
            lines::wrapped(screen, 3, &format!("{n}: {level}"));
        }
    }
    Ok(())
}
