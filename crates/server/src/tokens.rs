//! Who has access to a workspace, and tokens by which programs speak for people. A token is shown
//! once, does never more than its person may, and is made by a person who is signed in, never by
//! another token.

use std::collections::BTreeSet;

use access::{Right, Rights, TokenLine};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use journal::{Access, Did, Millis};
use plan::ids::FieldName;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Desk;
use crate::door::{Inside, Pass, looked_up, now};
use crate::installation::{No, Why};
use crate::problem::{Body, Path, Problem};
use crate::shapes::{RightName, RoleName, time};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// The longest life of a token, in days, and the longest label.
const DAYS_MAX: u32 = 366;
const LABEL_MAX: usize = 100;

/// A token to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it is for.
    #[schema(min_length = 1, max_length = 100)]
    label: String,
    #[schema(min_items = 1)]
    rights: Vec<RightName>,
    /// After so many days it works no more.
    #[schema(minimum = 1, maximum = 366)]
    days: u32,
}

/// A token that was made. It is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct MadeToken {
    id: String,
    token: String,
    #[schema(format = DateTime)]
    until: String,
}

/// A token as it is listed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Token {
    id: String,
    person: String,
    label: String,
    rights: Vec<RightName>,
    #[schema(format = DateTime)]
    made: String,
    #[schema(format = DateTime)]
    until: String,
    #[schema(format = DateTime)]
    used: Option<String>,
    #[schema(format = DateTime)]
    ended: Option<String>,
}

/// Tokens, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct AllTokens {
    tokens: Vec<Token>,
}

/// Somebody, and what they are to the workspace.
#[derive(Debug, Serialize, ToSchema)]
pub struct Somebody {
    person: String,
    roles: Vec<RoleName>,
}

/// Who has access.
#[derive(Debug, Serialize, ToSchema)]
pub struct AllPeople {
    people: Vec<Somebody>,
}

impl From<TokenLine> for Token {
    fn from(line: TokenLine) -> Self {
        Self {
            id: line.id,
            person: line.who.to_string(),
            label: line.label,
            rights: line.rights.into_iter().map(RightName).collect(),
            made: time(line.made),
            until: time(line.until),
            used: line.used.map(time),
            ended: line.ended.map(time),
        }
    }
}

/// See who has access
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/access", tag = "access",
    operation_id = "list_access",
    params(("workspace" = String, Path, description = "The workspace's name")),
    responses(
        (status = 200, description = "Who has access", body = AllPeople),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be said"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be said")
    )
)]
pub async fn people(inside: Inside) -> Result<Json<AllPeople>, Problem> {
    let all = inside.here().people().await?;
    let each = all.into_iter().map(|(who, roles)| Somebody {
        person: who.to_string(),
        roles: roles.into_iter().map(RoleName).collect(),
    });
    Ok(Json(AllPeople { people: each.collect() }))
}

/// List tokens
///
/// One's own; an owner sees everybody's.
#[utoipa::path(
    get, path = "/api/v1/workspaces/{workspace}/tokens", tag = "access",
    operation_id = "list_tokens",
    params(("workspace" = String, Path, description = "The workspace's name")),
    responses(
        (status = 200, description = "Tokens", body = AllTokens),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "They cannot be listed")
    )
)]
pub async fn list(State(desk): State<Desk>, inside: Inside) -> Result<Json<AllTokens>, Problem> {
    let lines = lines(&desk, &inside).await?;
    Ok(Json(AllTokens { tokens: lines.into_iter().map(Token::from).collect() }))
}

async fn lines(desk: &Desk, inside: &Inside) -> Result<Vec<TokenLine>, Problem> {
    let (book, name) = (desk.door.book.clone(), inside.place.name.clone());
    let mut lines = looked_up(move || book.tokens(&name)).await?;
    if !inside.place.rights.contains(&Right::Access) {
        lines.retain(|line| line.who == inside.who);
    }
    Ok(lines)
}

/// Make a token
///
/// It speaks for whoever makes it, in this workspace, and never does more than they may.
#[utoipa::path(
    post, path = "/api/v1/workspaces/{workspace}/tokens", tag = "access",
    operation_id = "make_token",
    params(("workspace" = String, Path, description = "The workspace's name")),
    request_body = NewToken,
    responses(
        (status = 201, description = "It was made", body = MadeToken),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It was not made"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It was not made")
    )
)]
pub async fn make(
    State(desk): State<Desk>,
    inside: Inside,
    Body(body): Body<NewToken>,
) -> Result<Response, Problem> {
    if matches!(inside.guest.pass, Pass::Token { .. }) {
        let what = "a token makes no other token";
        return Err(No::new(Why::NotPermitted, what).help("sign in first").into());
    }
    let label = body.label.trim().to_owned();
    if label.is_empty() || label.len() > LABEL_MAX || label.contains(char::is_control) {
        let what = format!("`label` is a text of 1 to {LABEL_MAX} characters");
        return Err(Problem::invalid(what));
    }
    if body.days == 0 || body.days > DAYS_MAX {
        return Err(Problem::invalid(format!("`days` is a number from 1 to {DAYS_MAX}")));
    }
    let rights: Rights = body.rights.into_iter().map(|right| right.0).collect();
    if rights.is_empty() {
        return Err(Problem::invalid("`rights` names nothing that it may do"));
    }
    let lacks: BTreeSet<&str> =
        rights.difference(&inside.place.rights).map(|right| right.as_str()).collect();
    if !lacks.is_empty() {
        let lacks: Vec<&str> = lacks.into_iter().collect();
        let what = format!("you do not have the right {} yourself", lacks.join(", "));
        return Err(No::new(Why::NotPermitted, what).into());
    }
    let at = now();
    let until = Millis(at.0.saturating_add(u64::from(body.days) * DAY_MS));
    let (book, who, name) = (desk.door.book.clone(), inside.who.clone(), inside.place.name.clone());
    let given = rights.clone();
    let made = looked_up(move || book.token(&who, &name, (&label, &given), (at, until)));
    let (id, word) = made.await?;
    let did = did_make(&id, &rights, until)?;
    let access = Access { who: inside.who.clone(), by: None, did };
    if let Err(no) = inside.here().accessed(access).await {
        // What is not on record opens nothing.
        let (book, name) = (desk.door.book.clone(), inside.place.name.clone());
        looked_up(move || book.end_token(&name, &id, at)).await?;
        return Err(no.into());
    }
    let made = MadeToken { id, token: word.shown().to_owned(), until: time(until) };
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

fn did_make(id: &str, rights: &Rights, until: Millis) -> Result<Did, Problem> {
    let rights: Result<Vec<FieldName>, _> =
        rights.iter().map(|right| FieldName::new(right.as_str())).collect();
    let id = FieldName::new(id).map_err(Problem::invalid)?;
    Ok(Did::TokenMade { id, rights: rights.map_err(Problem::invalid)?, until })
}

/// End a token
///
/// One's own; an owner ends anybody's.
#[utoipa::path(
    delete, path = "/api/v1/workspaces/{workspace}/tokens/{token}", tag = "access",
    operation_id = "end_token",
    params(
        ("workspace" = String, Path, description = "The workspace's name"),
        ("token" = String, Path, description = "The token's id")
    ),
    responses(
        (status = 204, description = "It works no more"),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It was not ended"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It was not ended")
    )
)]
pub async fn end(
    State(desk): State<Desk>,
    inside: Inside,
    Path((_, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let unknown = || Problem::from(No::new(Why::NotFound, "there is no such token"));
    let lines = lines(&desk, &inside).await?;
    let line = lines.into_iter().find(|line| line.id == id && line.ended.is_none());
    let whose = line.ok_or_else(unknown)?.who;
    let (book, name, at) = (desk.door.book.clone(), inside.place.name.clone(), now());
    let named = FieldName::new(&id).map_err(|_| unknown())?;
    if !looked_up(move || book.end_token(&name, &id, at)).await? {
        return Err(unknown());
    }
    let by = (whose != inside.who).then(|| inside.who.clone());
    let access = Access { who: whose, by, did: Did::TokenEnded { id: named } };
    // It is ended, whether that can be written down or not.
    inside.here().accessed(access).await?;
    Ok(StatusCode::NO_CONTENT)
}
