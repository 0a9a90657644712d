//! What keeps the door: who gets in, to which workspace, and what they may do there.

use super::{ACCESS, DOOR, Guard, PRODUCT};

const BOOK: &str = "crates/access/src/book.rs";
const HOOKS: &str = "crates/server/src/hooks.rs";
const MAY: &str = "crates/server/src/door.rs";
const SESSION: &str = "crates/server/src/session.rs";
const TOKENS: &str = "crates/server/src/tokens.rs";

pub const ALL: &[Guard] = &[
    Guard {
        name: "an operation is for whoever has the right that it takes",
        file: MAY,
        is: "if !place.rights.contains(&right) {",
        becomes: "if place.rights.is_empty() {",
        rooms: DOOR,
    },
    Guard {
        name: "nobody gets to an operation that takes a right past the door",
        file: "crates/server/src/lib.rs",
        is: "    router.route_layer(axum::middleware::from_fn(may))",
        becomes: "    let _ = &may;\n    router",
        rooms: DOOR,
    },
    Guard {
        name: "a token is for one workspace",
        file: MAY,
        is: "if told.workspace != name {",
        becomes: "if told.workspace.is_empty() {",
        rooms: DOOR,
    },
    Guard {
        name: "a token does no more than it was made for",
        file: MAY,
        is: "rights.intersection(&told.rights).copied()",
        becomes: "rights.union(&told.rights).copied()",
        rooms: DOOR,
    },
    Guard {
        name: "a token does no more than its person may today",
        file: MAY,
        is: "rights = rights.intersection(&told.rights).copied().collect();",
        becomes: "rights = told.rights.clone();",
        rooms: DOOR,
    },
    Guard {
        name: "nobody makes a token for more than they may",
        file: TOKENS,
        is: "if !lacks.is_empty() {",
        becomes: "if lacks.len() > 1_000 {",
        rooms: DOOR,
    },
    Guard {
        name: "a token makes no other token",
        file: TOKENS,
        is: "if matches!(inside.guest.pass, Pass::Token { .. }) {",
        becomes: "if inside.place.rights.is_empty() {",
        rooms: DOOR,
    },
    Guard {
        name: "a page of another place changes nothing",
        file: MAY,
        is: "if !harmless(method) && !own(headers, &desk.door) {",
        becomes: "if headers.is_empty() && !own(headers, &desk.door) {",
        rooms: DOOR,
    },
    Guard {
        name: "a page of another place signs nobody in",
        file: SESSION,
        is: "if says && parts.method",
        becomes: "if !says && parts.method",
        rooms: DOOR,
    },
    Guard {
        name: "one address tries so often to come in and no more",
        file: SESSION,
        is: "desk.door.pace.attempt(from(parts, &desk.door)).map_err(crate::door::busy)",
        becomes: "desk.door.pace.attempt(from(parts, &desk.door)).or(Ok(()))",
        rooms: DOOR,
    },
    Guard {
        name: "what nobody has signed has a pace",
        file: HOOKS,
        is: "let Err(seconds) = said else { return problem };",
        becomes: "let Err(seconds) = said.or(Ok::<(), u64>(())) else { return problem };",
        rooms: PRODUCT,
    },
    Guard {
        name: "a good signature is not held back by bad ones",
        file: HOOKS,
        is: "    let Some(id) = signed(",
        becomes: "    desk.door.pace.unsigned(from, &to.2).map_err(door::busy)?;\n    \
                  let Some(id) = signed(",
        rooms: PRODUCT,
    },
    Guard {
        name: "a link that was used is used up",
        file: BOOK,
        is: "DELETE FROM links WHERE digest = ?1",
        becomes: "UPDATE links SET until = until WHERE digest = ?1",
        rooms: ACCESS,
    },
    Guard {
        name: "a link is used once, however many use it at once",
        file: BOOK,
        is: "if used != 1 {",
        becomes: "if used > 1 {",
        rooms: ACCESS,
    },
    Guard {
        name: "whoever guesses passwords waits",
        file: BOOK,
        is: "if waits > 0 {",
        becomes: "if waits > WAIT_MAX_MS {",
        rooms: ACCESS,
    },
    Guard {
        name: "a token that was ended opens nothing",
        file: BOOK,
        is: "WHERE digest = ?1 AND until > ?2 AND ended IS NULL",
        becomes: "WHERE digest = ?1 AND until > ?2",
        rooms: ACCESS,
    },
    Guard {
        name: "a session that nobody used is over",
        file: BOOK,
        is: "WHERE digest = ?1 AND began > ?2 AND seen > ?3",
        becomes: "WHERE digest = ?1 AND began > ?2 AND ?3 < ?3 + 1",
        rooms: ACCESS,
    },
];
