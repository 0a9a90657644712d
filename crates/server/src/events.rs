//! What happens, as it happens: stored entries of all cases as server-sent events. Every event's id
//! is its place in the journal, so a client that was away goes on where it was and misses nothing.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use access::Right;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use journal::{Frame, Millis, RunId};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;
use utoipa::IntoParams;

use crate::Desk;
use crate::door::Inside;
use crate::installation::Row;
use crate::problem::{Asked, Problem};
use crate::shapes::time;

/// How often the journal is looked at for more where nothing was heard of any.
const LOOK: Duration = Duration::from_secs(2);
/// How often it is asked anew whether whoever follows still may.
const AGAIN: Duration = Duration::from_secs(5);
/// How often a silent stream says that it lives.
const ALIVE: Duration = Duration::from_secs(15);

/// Where the stream begins.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// After this event; the header `Last-Event-ID` goes before it. Without either it begins now.
    after: Option<u64>,
}

/// Follow what happens
///
/// Server-sent events named `entry`, one for each stored entry: `case`, `position`, `at` and the
/// `kinds` of what it records. It does not end by itself.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/events", tag = "installation",
    operation_id = "follow_events",
    params(
        ("workspace" = String, Path, description = "The workspace's name"),
        After,
        ("Last-Event-ID" = Option<String>, Header, description = "The last event that was seen")
    ),
    responses(
        (status = 200, description = "Events", body = String, content_type = "text/event-stream"),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be followed"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be followed")
    )
)]
pub async fn stream(
    State(desk): State<Desk>,
    inside: Inside,
    headers: HeaderMap,
    Asked(asked): Asked<After>,
) -> Result<Response, Problem> {
    let last = match headers.get("last-event-id").map(|id| id.to_str().map(str::parse::<u64>)) {
        None => asked.after,
        Some(Ok(Ok(place))) => Some(place),
        Some(Ok(Err(_)) | Err(_)) => {
            return Err(Problem::invalid("`Last-Event-ID` is not the id of an event"));
        }
    };
    let (written, asked) = (inside.here().written(), Instant::now());
    let (place, rows) = inside.here().after(last).await?;
    let follower =
        Follower { inside, ending: desk.ending, place, rows: rows.into_iter(), written, asked };
    let stream = futures_util::stream::unfold(follower, |mut follower| async move {
        let row = follower.next().await?;
        Some((Ok::<_, Infallible>(event(&row)), follower))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(ALIVE)).into_response())
}

/// Somebody who follows.
struct Follower {
    inside: Inside,
    ending: watch::Receiver<bool>,
    place: u64,
    rows: std::vec::IntoIter<Row>,
    written: watch::Receiver<()>,
    /// When it was last asked whether whoever follows still may.
    asked: Instant,
}

impl Follower {
    /// The next entry, once there is one. Nothing more comes when the server ends, or when whoever
    /// follows is signed out or may not any more.
    async fn next(&mut self) -> Option<Row> {
        loop {
            if let Some(row) = self.rows.next() {
                self.place = self.place.max(row.place);
                return Some(row);
            }
            if *self.ending.borrow() || !self.may_stay().await {
                return None;
            }
            // What is stored from here on is heard of, or found by the look.
            self.written.borrow_and_update();
            // A store that cannot be read now is asked again; nothing is skipped.
            let found = self.inside.here().after(Some(self.place)).await;
            match found {
                Ok((_, more)) if !more.is_empty() => self.rows = more.into_iter(),
                Ok(_) | Err(_) => {
                    tokio::select! {
                        () = tokio::time::sleep(LOOK) => {}
                        // Both senders outlive every stream; an error ends the wait all the same.
                        _ = self.written.changed() => {}
                        _ = self.ending.changed() => {}
                    }
                }
            }
        }
    }

    async fn may_stay(&mut self) -> bool {
        if self.asked.elapsed() < AGAIN {
            return true;
        }
        self.asked = Instant::now();
        let Inside { guest, place, who } = &self.inside;
        let roles = place.here.roles(who.clone()).await;
        let may = roles.is_ok_and(|roles| Right::of_all(&roles).contains(&Right::Read));
        may && guest.stays().await
    }
}

/// An entry as an event. One that cannot be read is named by its place alone.
fn event(row: &Row) -> Event {
    let data = serde_json::from_slice::<Frame>(&row.bytes).map_or(Value::Null, |frame| {
        json!({
            // The desk's own entries, a stop for example, are about no case.
            "case": (frame.run != RunId::DESK).then_some(frame.run),
            "position": frame.seq,
            "at": time(Millis(frame.at.0)),
            "kinds": frame.records.iter().map(kind).collect::<Vec<_>>(),
        })
    });
    Event::default().event("entry").id(row.place.to_string()).data(data.to_string())
}

/// A record's kind as it is stored.
fn kind(record: &journal::Record) -> Value {
    match serde_json::to_value(record) {
        Ok(Value::Object(fields)) => fields.keys().next().cloned().map_or(Value::Null, Value::from),
        Ok(Value::String(name)) => Value::from(name),
        Ok(_) | Err(_) => Value::Null,
    }
}
