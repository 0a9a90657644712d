//! What anybody is told of credentials, without being known: one credential to whoever has its id,
//! the lists that say which are revoked or suspended, and the issuer's key. It must not list who
//! holds one, and it answers each address only so often.

use axum::Json;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::Desk;
use crate::door::{busy, from};
use crate::installation::{No, Why};
use crate::problem::{Path, Problem};

/// Whoever holds an answer for so long may not have the newest one.
const KEPT: &str = "public, max-age=60";

/// The forms of a list.
const DOCUMENT: &str = "application/vc";
const TOKEN: &str = "application/vc+jwt";

/// A credential, as anybody sees it who has its id.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PublicCredential {
    pub id: String,
    /// `valid`, `expired`, `suspended`, `revoked`, or `recorded` of one that another issuer gave.
    pub state: String,
    /// Nothing where it is not known any more.
    pub holder: Option<String>,
    pub name: Option<String>,
    pub issuer: Option<String>,
    /// Where another issuer verifies its own.
    pub page: Option<String>,
    pub valid_from: Option<String>,
    pub valid_until: Option<String>,
    /// What was examined, and what came of it.
    pub examined: Vec<Examined>,
    /// What was signed.
    #[schema(value_type = Option<Object>)]
    pub credential: Option<Value>,
}

/// One thing that was examined.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Examined {
    pub name: String,
    pub told: String,
}

/// Somebody is answered once more, or told to wait.
fn paced(desk: &Desk, parts: &Parts) -> Result<(), Problem> {
    desk.door.pace.public(from(parts, &desk.door)).map_err(busy)
}

fn none() -> Problem {
    No::new(Why::NotFound, "there is nothing of that name").into()
}

/// Show a credential
///
/// To anybody who has its id, whoever they are. Those that ended are shown too, and say so.
#[utoipa::path(
    get, path = "/credentials/{id}", tag = "credentials", operation_id = "show_credential",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The credential", body = PublicCredential),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be shown"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be shown")
    )
)]
pub async fn show(
    State(desk): State<Desk>,
    parts: Parts,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = find(&desk, &parts, id).await?;
    Ok(([(header::CACHE_CONTROL, KEPT)], Json(found)).into_response())
}

async fn find(desk: &Desk, parts: &Parts, id: String) -> Result<PublicCredential, Problem> {
    paced(desk, parts)?;
    for here in desk.workspaces.values() {
        if let Some(found) = here.credential(id.clone()).await? {
            return Ok(found);
        }
    }
    Err(none())
}

/// Show a credential as a page
#[utoipa::path(
    get, path = "/credentials/{id}/page", tag = "credentials", operation_id = "credential_page",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be shown"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be shown")
    )
)]
pub async fn page(
    State(desk): State<Desk>,
    parts: Parts,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = find(&desk, &parts, id).await?;
    let kind = (header::CONTENT_TYPE, "text/html; charset=utf-8");
    Ok(([kind, (header::CACHE_CONTROL, KEPT)], written(&found)).into_response())
}

/// Read a list of what is revoked or suspended
///
/// One bit for each credential, signed by the issuer (W3C Bitstring Status List). Whoever reads it
/// tells nobody whose bit they look at. It is a document, or a token for whoever accepts
/// `application/vc+jwt`.
#[utoipa::path(
    get, path = "/status/{list}", tag = "credentials", operation_id = "status_list",
    params(("list" = String, Path, description = "`revocation-1` or `suspension-1`")),
    responses(
        (status = 200, description = "The list", content(
            (Value = "application/vc"), (String = "application/vc+jwt")
        )),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "There is none"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be read")
    )
)]
pub async fn list(
    State(desk): State<Desk>,
    parts: Parts,
    Path(list): Path<String>,
) -> Result<Response, Problem> {
    paced(&desk, &parts)?;
    let wanted = parts.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let token = wanted.is_some_and(|wanted| wanted.contains(TOKEN));
    for here in desk.workspaces.values() {
        if let Some(text) = here.credential_list(list.clone(), token).await? {
            return Ok(sent(if token { TOKEN } else { DOCUMENT }, text));
        }
    }
    Err(none())
}

/// Read the issuer's key
///
/// The document to which `did:web` leads.
#[utoipa::path(
    get, path = "/.well-known/did.json", tag = "credentials", operation_id = "show_issuer",
    responses(
        (status = 200, description = "The document", body = Value,
            content_type = "application/did+json"),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "Nothing is issued here"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be read")
    )
)]
pub async fn issuer(State(desk): State<Desk>, parts: Parts) -> Result<Response, Problem> {
    paced(&desk, &parts)?;
    for here in desk.workspaces.values() {
        if let Some(text) = here.credential_issuer().await? {
            return Ok(sent("application/did+json", text));
        }
    }
    Err(none())
}

fn sent(kind: &'static str, text: String) -> Response {
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, KEPT)];
    (StatusCode::OK, headers, text).into_response()
}

/// The page, without a script: it says what the installation knows, and how to find out without it.
fn written(found: &PublicCredential) -> String {
    let text = |text: &Option<String>, none: &str| escaped(text.as_deref().unwrap_or(none));
    let (id, state) = (escaped(&found.id), escaped(&found.state));
    let mut rows = vec![
        ("Status", state.clone()),
        ("Holder", text(&found.holder, "not known any more")),
        ("Credential", text(&found.name, "not known any more")),
        ("Issuer", text(&found.issuer, "not known any more")),
    ];
    let times = [("Issued", &found.valid_from), ("Valid until", &found.valid_until)];
    rows.extend(times.into_iter().filter(|(_, at)| at.is_some()).map(|(n, at)| (n, text(at, ""))));
    for one in &found.examined {
        let (name, told) = (escaped(&one.name), escaped(&one.told));
        rows.push(("Examined", format!("{name}: {told}")));
    }
    if found.state == "recorded" {
        let page = text(&found.page, "");
        rows.push(("Verify", format!("<a href=\"{page}\" rel=\"noreferrer\">{page}</a>")));
    }
    let rows: String =
        rows.iter().map(|(name, told)| format!("<dt>{name}</dt><dd>{told}</dd>")).collect();
    let how = match found.state.as_str() {
        "recorded" => "Another organisation issued it. What it is worth today, its own page says.",
        _ => {
            "It is signed: whoever has the credential itself can verify it with any program for \
             Open Badges 3.0, without asking this server."
        }
    };
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\"><title>{id}: \
         {state}</title></head><body><main><h1>{id}</h1><dl>{rows}</dl><p>{how}</p></main></body>\
         </html>"
    )
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut all, c| {
        match c {
            '<' => all.push_str("&lt;"),
            '>' => all.push_str("&gt;"),
            '&' => all.push_str("&amp;"),
            '"' => all.push_str("&quot;"),
            '\'' => all.push_str("&#39;"),
            c => all.push(c),
        }
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_person_wrote_is_read_as_a_page() {
        let found = PublicCredential {
            id: "OPERATOR-2026-7K3M".to_owned(),
            state: "valid".to_owned(),
            holder: Some("<script>alert(1)</script>".to_owned()),
            name: Some("A & B".to_owned()),
            issuer: None,
            page: None,
            valid_from: None,
            valid_until: Some("2028-01-01T00:00:00Z".to_owned()),
            examined: vec![Examined { name: "Exam".to_owned(), told: "\"18\" of 20".to_owned() }],
            credential: None,
        };
        let page = written(&found);
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("<dd>A &amp; B</dd>") && page.contains("Exam: &quot;18&quot; of 20"));
        assert!(page.contains("<dt>Valid until</dt><dd>2028-01-01T00:00:00Z</dd>"));
        assert!(page.contains("not known any more"));
    }
}
