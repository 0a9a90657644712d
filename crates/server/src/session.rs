//! Signing in and out, and who somebody is once they have. It must not say which half of a name and
//! a password was wrong, and gives a new session each time.

use access::Way;
use axum::Json;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use journal::{Access, Did, Millis};
use plan::ids::{FieldName, PersonId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Desk;
use crate::door::{COOKIE, Guest, Pass, cookie, cross_site, from, looked_up, now, own, unknown};
use crate::problem::{Asked, Body, Problem};
use crate::shapes::{RightName, RoleName, time};

/// The cookie by which whoever comes back from a provider is known to be who went.
const STATE: &str = "flightdeck_state";
/// The longest name of a person and the longest password that are looked at.
const LONGEST: usize = 400;

/// A name and a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    #[schema(example = "mara@acme.example")]
    person: String,
    password: String,
}

/// A link that was made for somebody, and the password they choose.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    link: String,
    password: String,
}

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignedIn {
    person: String,
    /// Whether it is a token that speaks for them.
    token: bool,
    #[schema(format = DateTime)]
    until: Option<String>,
    workspaces: Vec<Known>,
}

/// A workspace in which somebody is known.
#[derive(Debug, Serialize, ToSchema)]
pub struct Known {
    name: String,
    roles: Vec<RoleName>,
    rights: Vec<RightName>,
}

/// How people sign in here.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ways {
    /// By a name and a password.
    passwords: bool,
    /// At the organisation's own provider, by this path.
    provider: Option<&'static str>,
}

/// Ask how people sign in
#[utoipa::path(
    get, path = "/api/v1/sign-in", tag = "session", operation_id = "ways_to_sign_in",
    responses((status = 200, description = "How people sign in here", body = Ways))
)]
pub async fn ways(State(desk): State<Desk>) -> Json<Ways> {
    let provider = desk.door.elsewhere.as_ref().map(|_| "/api/v1/sign-in/provider");
    Json(Ways { passwords: desk.door.passwords, provider })
}

/// Sign in
///
/// With a name and a password. What is tried too often has to wait.
#[utoipa::path(
    post, path = "/api/v1/sign-in", tag = "session", operation_id = "sign_in",
    request_body = SignIn,
    responses(
        (status = 200, description = "Signed in", body = SignedIn,
            headers(("Set-Cookie" = String, description = "The session"))),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "Not signed in"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "Not signed in")
    )
)]
pub async fn sign_in(
    State(desk): State<Desk>,
    parts: Parts,
    Body(body): Body<SignIn>,
) -> Result<Response, Problem> {
    knocks(&desk, &parts)?;
    if !desk.door.passwords {
        return Err(Problem::from(access::Refused::Wrong)
            .help("here people sign in at their organisation's provider"));
    }
    let wrong = || Problem::from(access::Refused::Wrong);
    if body.person.len() > LONGEST || body.password.len() > LONGEST {
        return Err(wrong());
    }
    let who = PersonId::new(body.person.trim()).map_err(|_| wrong())?;
    let (book, tried, at) = (desk.door.book.clone(), body.password, now());
    let asked = who.clone();
    let checked = desk.door.in_turn(move || {
        let before = book.waits(&asked, at)?;
        let checked = book.check(&asked, &tried, at);
        let waits = if before == 0 { book.waits(&asked, at)? } else { 0 };
        Ok((checked, waits))
    });
    let (checked, waits) = checked.await?;
    if waits > 0 {
        let until = Millis(at.0.saturating_add(waits));
        told(&desk, &who, Did::Waits { until }).await;
    }
    checked.map_err(Problem::from)?;
    enter(&desk, &parts, who, Way::Password).await
}

/// Set a password by a link
///
/// The link works once, and signs in.
#[utoipa::path(
    post, path = "/api/v1/sign-in/link", tag = "session", operation_id = "use_link",
    request_body = Link,
    responses(
        (status = 200, description = "Signed in", body = SignedIn,
            headers(("Set-Cookie" = String, description = "The session"))),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "Not signed in"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "Not signed in")
    )
)]
pub async fn by_link(
    State(desk): State<Desk>,
    parts: Parts,
    Body(body): Body<Link>,
) -> Result<Response, Problem> {
    knocks(&desk, &parts)?;
    let (book, at) = (desk.door.book.clone(), now());
    let set = move || book.set_password(&body.link, &body.password, at);
    let who = desk.door.in_turn(set).await?;
    told(&desk, &who, Did::PasswordSet).await;
    enter(&desk, &parts, who, Way::Link).await
}

/// See who is signed in
#[utoipa::path(
    get, path = "/api/v1/session", tag = "session", operation_id = "show_session",
    responses(
        (status = 200, description = "Who is signed in", body = SignedIn),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "Nobody is"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be said")
    )
)]
pub async fn show(guest: Guest) -> Result<Json<SignedIn>, Problem> {
    signed_in(&guest).await.map(Json)
}

/// Sign out
#[utoipa::path(
    delete, path = "/api/v1/session", tag = "session", operation_id = "sign_out",
    responses(
        (status = 204, description = "Signed out"),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "Nobody was signed in"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be done")
    )
)]
pub async fn sign_out(State(desk): State<Desk>, guest: Guest) -> Result<Response, Problem> {
    let Pass::Session { word, .. } = guest.pass else {
        let what = "a token is no session; `flightdeck token end` ends it";
        return Err(Problem::invalid(what));
    };
    let book = desk.door.book.clone();
    looked_up(move || book.end(&word)).await?;
    let over = cookie_of(&desk, COOKIE, "", "Strict", 0)?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, over)]).into_response())
}

/// Sign in at the organisation's provider
///
/// Sends a browser there; it comes back signed in.
#[utoipa::path(
    get, path = "/api/v1/sign-in/provider", tag = "session", operation_id = "go_to_provider",
    responses(
        (status = 303, description = "Where to go"),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "There is no provider, or it does not answer"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "It cannot be done")
    )
)]
pub async fn go(State(desk): State<Desk>, parts: Parts) -> Result<Response, Problem> {
    knocks(&desk, &parts)?;
    let elsewhere = desk.door.elsewhere.as_ref().ok_or_else(no_provider)?;
    let gone = elsewhere.begin().await?;
    let state = cookie_of(&desk, STATE, &gone.state, "Lax", 600)?;
    desk.door.sent(gone.state, gone.errand, now())?;
    sent_on(&gone.address, state)
}

/// What a provider says of whoever comes back.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Back {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

/// Come back from the organisation's provider
#[utoipa::path(
    get, path = "/api/v1/sign-in/callback", tag = "session", operation_id = "come_back",
    params(Back),
    responses(
        (status = 303, description = "Signed in, and sent to the first page"),
        (status = "4XX", body = Problem, content_type = "application/problem+json",
            description = "Not signed in"),
        (status = "5XX", body = Problem, content_type = "application/problem+json",
            description = "Not signed in")
    )
)]
pub async fn come_back(
    State(desk): State<Desk>,
    parts: Parts,
    Asked(said): Asked<Back>,
) -> Result<Response, Problem> {
    knocks(&desk, &parts)?;
    let elsewhere = desk.door.elsewhere.as_ref().ok_or_else(no_provider)?;
    let refused = |why: &str| Problem::from(access::Refused::Elsewhere(why.to_owned()));
    let state = said.state.ok_or_else(|| refused("nobody was sent there from here"))?;
    // The same browser has to come back that went: a link that somebody else began is no sign-in.
    if cookie(&parts.headers, STATE) != Some(state.as_str()) {
        return Err(refused("another browser was sent there from here"));
    }
    let errand = desk.door.back(&state, now());
    let errand = errand.ok_or_else(|| refused("nobody was sent there from here, or it is over"))?;
    if said.error.is_some() {
        return Err(refused("the provider let nobody in"));
    }
    let code = said.code.ok_or_else(|| refused("the provider gave no code"))?;
    let who = elsewhere.finish(errand, code).await?;
    let mut entered = enter(&desk, &parts, who, Way::Provider).await?;
    let session = entered.headers_mut().remove(header::SET_COOKIE).ok_or_else(unknown)?;
    let mut response = sent_on("/", session)?;
    let over = cookie_of(&desk, STATE, "", "Lax", 0)?;
    response.headers_mut().append(header::SET_COOKIE, over);
    Ok(response)
}

/// Whether somebody may try to come in now.
fn knocks(desk: &Desk, parts: &Parts) -> Result<(), Problem> {
    // A page of another place that signs its visitor in here, as somebody, is turned away too.
    let says = parts.headers.contains_key("sec-fetch-site") || parts.headers.contains_key("origin");
    if says && parts.method != axum::http::Method::GET && !own(&parts.headers, &desk.door) {
        return Err(cross_site());
    }
    desk.door.pace.attempt(from(parts, &desk.door)).map_err(crate::door::busy)
}

/// Begins a session, and says who came in. Whoever is nobody here does not.
async fn enter(desk: &Desk, parts: &Parts, who: PersonId, way: Way) -> Result<Response, Problem> {
    let mut known = false;
    for here in desk.workspaces.values() {
        known |= !here.roles(who.clone()).await?.is_empty();
    }
    if !known {
        // Who works here is nobody else's to learn.
        return Err(Problem::from(access::Refused::Wrong));
    }
    let (book, at, asked) = (desk.door.book.clone(), now(), who.clone());
    // What a browser came with is over, so that nobody goes on with a session they were given.
    let before = cookie(&parts.headers, COOKIE).map(str::to_owned);
    let begun = looked_up(move || {
        if let Some(before) = before {
            book.end(&before)?;
        }
        let word = book.begin(&asked, way, at)?;
        let session = book.session(word.shown(), at)?;
        Ok(session.map(|session| (word, session)))
    });
    let (word, session) = begun.await?.ok_or_else(unknown)?;
    let name = match way {
        Way::Password => "password",
        Way::Link => "link",
        Way::Provider => "provider",
    };
    if let Ok(way) = FieldName::new(name) {
        told(desk, &who, Did::SignedIn { way }).await;
    }
    let lasts = session.until.0.saturating_sub(at.0) / 1_000;
    let cookie = cookie_of(desk, COOKIE, word.shown(), "Strict", lasts)?;
    let pass = Pass::Session { word: word.shown().into(), session };
    let guest = Guest::of(desk, pass);
    let said = Json(signed_in(&guest).await?);
    Ok(([(header::SET_COOKIE, cookie)], said).into_response())
}

async fn signed_in(guest: &Guest) -> Result<SignedIn, Problem> {
    let places = guest.places().await?;
    let workspaces = places.into_iter().map(|place| Known {
        name: place.name,
        roles: place.roles.into_iter().map(RoleName).collect(),
        rights: place.rights.into_iter().map(RightName).collect(),
    });
    let (token, until) = match &guest.pass {
        Pass::Session { session, .. } => (false, Some(time(session.until))),
        Pass::Token { .. } => (true, None),
    };
    let person = guest.who().to_string();
    Ok(SignedIn { person, token, until, workspaces: workspaces.collect() })
}

/// Writes down what happened, in every workspace that the person belongs to. A journal that takes
/// nothing keeps nobody out who comes to see why.
async fn told(desk: &Desk, who: &PersonId, did: Did) {
    for here in desk.workspaces.values() {
        if here.roles(who.clone()).await.is_ok_and(|roles| !roles.is_empty()) {
            let access = Access { who: who.clone(), by: None, did: did.clone() };
            let _ = here.accessed(access).await;
        }
    }
}

fn cookie_of(
    desk: &Desk,
    name: &str,
    value: &str,
    site: &str,
    seconds: u64,
) -> Result<HeaderValue, Problem> {
    let secure = if desk.door.is_https() { "; Secure" } else { "" };
    let text =
        format!("{name}={value}; Path=/; HttpOnly; SameSite={site}; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&text).map_err(Problem::invalid)
}

fn sent_on(address: &str, cookie: HeaderValue) -> Result<Response, Problem> {
    let place = HeaderValue::from_str(address).map_err(Problem::invalid)?;
    let headers = [(header::LOCATION, place), (header::SET_COOKIE, cookie)];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

fn no_provider() -> Problem {
    let no = crate::No::new(crate::Why::NotFound, "no provider is named here");
    no.help("`access: { sign_in: ... }` in `flightdeck.yaml` names one").into()
}
