//! The people of the harness: they answer every open request, remember what they were told was
//! accepted, and know the truth about effects in doubt. They are never killed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::PoisonError;
use std::time::Duration;

use bench::outside::Shared;
use journal::{About, Hash, Order, Record, Reply, ReviewNo, RunId, RunQuery, Status};
use plan::ids::PersonId;
use runtime::socket::{Client, Request, Response};
use store::SqliteReader;

use crate::{Dice, Failure, frames};

/// What the people of the harness decided and were told was accepted.
#[derive(Default)]
pub struct People {
    /// What was sent, accepted or not.
    pub said: BTreeMap<(RunId, ReviewNo), bool>,
    pub decided: BTreeMap<(RunId, ReviewNo), bool>,
}

/// Plays the people: answers every open review, and knows the truth about effects in doubt.
pub async fn decide(data: &Path, people: &mut People, memory: &Shared, dice: &mut Dice) -> usize {
    let Ok(reader) = SqliteReader::open(data) else { return 0 };
    let waiting = RunQuery { status: vec![Status::Waiting], limit: 40, ..RunQuery::default() };
    let Ok(lines) = reader.runs(&waiting) else { return 0 };
    let Some(mut client) = Client::connect(data).await else { return lines.len() };
    for line in &lines {
        let Ok(open) = open_reviews(&reader, line.run) else { continue };
        for (review, about, by) in open {
            if people.decided.contains_key(&(line.run, review)) {
                // Whoever was told that it is accepted does not say it again.
                continue;
            }
            let failed = matches!(about, About::Failure { .. });
            let reply = match about {
                About::InDoubt { act } => {
                    let Some(yes) = happened(&reader, line.run, act, memory) else { continue };
                    Reply::Happened { yes }
                }
                // A failed step has nothing to approve: it is tried again.
                About::Failure { .. } => Reply::Approve,
                // No tool of this world asks anything.
                About::Question { .. } => continue,
                About::Step { .. } | About::Act { .. } => {
                    match people.said.get(&(line.run, review)) {
                        // A command without an answer is sent again as it was: its id is the same.
                        Some(yes) => answer(*yes),
                        None => answer(dice.roll(8) > 0),
                    }
                }
            };
            let yes = !matches!(reply, Reply::Reject { .. });
            people.said.insert((line.run, review), yes);
            let who = if by == "lead" { "ann@bench.example" } else { "bob@bench.example" };
            let Ok(who) = PersonId::new(who) else { continue };
            let hash = Hash::of_parts(&[&line.run.to_bytes(), &review.0.to_be_bytes()]);
            let mut id = [0; 16];
            id.copy_from_slice(&hash.0[..16]);
            let command = journal::Command {
                id: journal::CommandId(id),
                run: line.run,
                at: runtime::now(),
                order: if failed {
                    Order::Retry { who }
                } else {
                    Order::Review { who, review, reply }
                },
                stands_for: Vec::new(),
                on_call: Vec::new(),
            };
            let asked = client.ask(&Request::Command(command), Duration::from_secs(2)).await;
            if !failed && matches!(asked, Ok(Response::Done)) {
                // Acknowledged: from now on it may neither be lost nor turned.
                people.decided.entry((line.run, review)).or_insert(yes);
            }
        }
    }
    lines.len()
}

fn answer(yes: bool) -> Reply {
    if yes { Reply::Approve } else { Reply::Reject { reason: "no".to_owned() } }
}

type OpenReview = (ReviewNo, About, String);

fn open_reviews(reader: &SqliteReader, run: RunId) -> Result<Vec<OpenReview>, Failure> {
    let mut open: BTreeMap<ReviewNo, (About, String)> = BTreeMap::new();
    for frame in frames(reader, run)? {
        for record in &frame.records {
            match record {
                Record::ReviewOpened { review, about, by, .. } => {
                    open.insert(*review, (about.clone(), by.to_string()));
                }
                Record::ReviewAnswered { review, .. } => {
                    open.remove(review);
                }
                _ => {}
            }
        }
    }
    Ok(open.into_iter().map(|(no, (about, by))| (no, about, by)).collect())
}

/// Whether the outside world remembers an act: by the key that the record holds.
fn happened(
    reader: &SqliteReader,
    run: RunId,
    act: journal::ActNo,
    memory: &Shared,
) -> Option<bool> {
    let frames = frames(reader, run).ok()?;
    let key = frames.iter().flat_map(|f| &f.records).find_map(|r| match r {
        Record::Allowed { act: a, key, .. } if *a == act => Some(key.to_string()),
        _ => None,
    })?;
    let memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
    Some(memory.effects.keys().any(|(_, r, k)| *r == run && *k == key))
}
