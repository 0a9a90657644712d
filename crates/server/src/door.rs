//! The door: who a request speaks for, and whether they may. Nobody is let in whose session or
//! token is not known, whose workspace is another's, or whose role lacks the right that the
//! operation takes. It must not print or store what opens it.

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use access::{Book, Elsewhere, Errand, Pace, Refused, Right, Rights, Session, Told};
use axum::extract::{ConnectInfo, FromRequestParts, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use journal::Millis;
use plan::AccessRole;
use plan::ids::PersonId;
use tokio::sync::Semaphore;
use utoipa::Modify;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};

use crate::Desk;
use crate::installation::{Installation, No, Why};
use crate::problem::Problem;

/// The cookie of a session.
pub const COOKIE: &str = "flightdeck";
/// So many people are waited for that were sent to the provider.
const ERRANDS_MAX: usize = 1_000;
/// So many passwords are looked at at once.
const AT_ONCE: usize = 2;
/// How long whoever was sent there is waited for.
const ERRAND_MS: u64 = 10 * 60 * 1_000;

/// What the door is made of.
pub struct Door {
    pub(crate) book: Arc<Book>,
    pub(crate) pace: Pace,
    pub(crate) elsewhere: Option<Elsewhere>,
    pub(crate) passwords: bool,
    /// Where people reach this installation, where that is not where it listens.
    pub(crate) public: Option<String>,
    errands: Mutex<HashMap<String, (Errand, Millis)>>,
    /// Whose turn it is with a password: hashing one takes 19 MiB and a processor, so whoever sends
    /// many from many addresses fills a queue and not the machine.
    turns: Semaphore,
}

impl Door {
    /// A door. `public` is the address under which people reach it, if a proxy stands before it.
    #[must_use]
    pub fn new(
        book: Arc<Book>,
        passwords: bool,
        elsewhere: Option<Elsewhere>,
        public: Option<String>,
    ) -> Self {
        let (pace, errands) = (Pace::default(), Mutex::default());
        let turns = Semaphore::new(AT_ONCE);
        Self { book, pace, elsewhere, passwords, public, errands, turns }
    }

    /// Looks at a password when it is its turn.
    pub(crate) async fn in_turn<T: Send + 'static>(
        &self,
        look: impl FnOnce() -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Problem> {
        // It is never closed; an error would let nobody in.
        let turn = self.turns.acquire().await.map_err(|error| No::new(Why::Failed, error))?;
        let looked = looked_up(look).await;
        drop(turn);
        looked
    }

    /// Remembers whom to wait for.
    pub(crate) fn sent(&self, state: String, errand: Errand, now: Millis) -> Result<(), Problem> {
        let mut errands = self.errands.lock().unwrap_or_else(PoisonError::into_inner);
        errands.retain(|_, (_, until)| until.0 > now.0);
        if errands.len() >= ERRANDS_MAX {
            return Err(busy(60));
        }
        errands.insert(state, (errand, Millis(now.0.saturating_add(ERRAND_MS))));
        Ok(())
    }

    /// Whoever comes back is waited for no more.
    pub(crate) fn back(&self, state: &str, now: Millis) -> Option<Errand> {
        let mut errands = self.errands.lock().unwrap_or_else(PoisonError::into_inner);
        let found = errands.remove(state)?;
        (found.1.0 > now.0).then_some(found.0)
    }

    /// Whether a browser comes by an address that nobody reads on the way.
    pub(crate) fn is_https(&self) -> bool {
        self.public.as_ref().is_some_and(|public| public.starts_with("https://"))
    }
}

/// How somebody showed who they are.
#[derive(Clone)]
pub enum Pass {
    Session { word: Arc<str>, session: Session },
    Token { word: Arc<str>, told: Told },
}

/// Somebody whom the door knows. What they may do is another matter.
#[derive(Clone)]
pub struct Guest {
    pub pass: Pass,
    desk: Desk,
}

impl Guest {
    pub fn of(desk: &Desk, pass: Pass) -> Self {
        Self { pass, desk: desk.clone() }
    }

    pub fn who(&self) -> &PersonId {
        match &self.pass {
            Pass::Session { session, .. } => &session.who,
            Pass::Token { told, .. } => &told.who,
        }
    }

    /// Where somebody is known, and as what. A token is for one workspace.
    pub async fn places(&self) -> Result<Vec<Place>, No> {
        let mut all = Vec::new();
        for (name, here) in self.desk.workspaces.iter() {
            all.extend(self.place(name, here).await?);
        }
        Ok(all)
    }

    async fn place(&self, name: &str, here: &Arc<dyn Installation>) -> Result<Option<Place>, No> {
        let roles = here.roles(self.who().clone()).await?;
        let mut rights = Right::of_all(&roles);
        if let Pass::Token { told, .. } = &self.pass {
            if told.workspace != name {
                return Ok(None);
            }
            // A token never does more than its person may today.
            rights = rights.intersection(&told.rights).copied().collect();
        }
        let known = !roles.is_empty();
        let place = Place { name: name.to_owned(), here: Arc::clone(here), roles, rights };
        Ok(known.then_some(place))
    }

    /// Whether what opened the door still does.
    pub async fn stays(&self) -> bool {
        let (guest, now) = (self.clone(), now());
        let known = move || match &guest.pass {
            Pass::Session { word, .. } => {
                guest.desk.door.book.session(word, now).map(|s| s.is_some())
            }
            Pass::Token { word, .. } => guest.desk.door.book.told(word, now).map(|t| t.is_some()),
        };
        matches!(tokio::task::spawn_blocking(known).await, Ok(Ok(true)))
    }
}

/// A workspace, and what somebody may do with it.
#[derive(Clone)]
pub struct Place {
    pub name: String,
    pub here: Arc<dyn Installation>,
    pub roles: BTreeSet<AccessRole>,
    pub rights: Rights,
}

/// What a handler is given of whoever was let in: the workspace, the person, and the guest.
#[derive(Clone)]
pub struct Inside {
    pub place: Place,
    pub who: PersonId,
    pub guest: Guest,
}

impl Inside {
    pub fn here(&self) -> &Arc<dyn Installation> {
        &self.place.here
    }
}

/// Lets in whoever shows a session or a token.
pub async fn let_in(State(desk): State<Desk>, mut request: Request, next: Next) -> Response {
    match known(&desk, request.method(), request.headers()).await {
        Ok(guest) => {
            request.extensions_mut().insert(guest);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// Whom a request speaks for.
pub async fn known(desk: &Desk, method: &Method, headers: &HeaderMap) -> Result<Guest, Problem> {
    let now = now();
    let pass = match (bearer(headers), cookie(headers, COOKIE)) {
        (Some(word), _) => {
            let word: Arc<str> = word.into();
            let (shown, book) = (word.clone(), desk.door.book.clone());
            let told = looked_up(move || book.told(&shown, now)).await?.ok_or_else(unknown)?;
            Pass::Token { word, told }
        }
        (None, Some(word)) => {
            let word: Arc<str> = word.into();
            let (shown, book) = (word.clone(), desk.door.book.clone());
            let session =
                looked_up(move || book.session(&shown, now)).await?.ok_or_else(unknown)?;
            // A cookie goes along with what another page makes a browser send.
            if !harmless(method) && !own(headers, &desk.door) {
                return Err(cross_site());
            }
            Pass::Session { word, session }
        }
        (None, None) => return Err(unknown()),
    };
    let guest = Guest::of(desk, pass);
    let key = match &guest.pass {
        Pass::Session { session, .. } => session.who.as_str(),
        Pass::Token { told, .. } => told.id.as_str(),
    };
    desk.door.pace.request(key).map_err(busy)?;
    Ok(guest)
}

/// Lets through whoever has a right in the workspace that the path names. A workspace that is not
/// there and one that is another's are answered in the same way.
pub async fn may(right: Right, request: Request, next: Next) -> Response {
    match allowed(right, request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

async fn allowed(right: Right, request: Request) -> Result<Request, Problem> {
    let (mut parts, body) = request.into_parts();
    let guest = parts.extensions.get::<Guest>().cloned().ok_or_else(unknown)?;
    let params = RawPathParams::from_request_parts(&mut parts, &()).await;
    let params = params.map_err(|_| no_workspace())?;
    let named = params.iter().find(|(name, _)| *name == "workspace").map(|(_, value)| value);
    let named = named.ok_or_else(no_workspace)?;
    let here = guest.desk.workspaces.get_key_value(named).ok_or_else(no_workspace)?;
    let place = guest.place(here.0, here.1).await?.ok_or_else(no_workspace)?;
    if !place.rights.contains(&right) {
        let what = match &guest.pass {
            Pass::Token { .. } if Right::of_all(&place.roles).contains(&right) => {
                format!("this token does not have the right `{}`", right.as_str())
            }
            _ => format!("`{}` does not have the right `{}` here", guest.who(), right.as_str()),
        };
        let roles = AccessRole::ALL.iter().filter(|role| Right::of(**role).contains(&right));
        let roles: Vec<&str> = roles.map(|role| role.as_str()).collect();
        let help = format!("the roles that have it: {}", roles.join(", "));
        return Err(No::new(Why::NotPermitted, what).help(help).into());
    }
    let who = guest.who().clone();
    parts.extensions.insert(Inside { place, who, guest: guest.clone() });
    Ok(Request::from_parts(parts, body))
}

impl<S: Send + Sync> FromRequestParts<S> for Guest {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(unknown)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Inside {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(unknown)
    }
}

/// Reads the book off the threads that answer.
pub async fn looked_up<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, Refused> + Send + 'static,
) -> Result<T, Problem> {
    let read = tokio::task::spawn_blocking(read).await;
    let read = read.map_err(|error| Problem::from(No::new(Why::Failed, error)))?;
    read.map_err(Problem::from)
}

/// The word of a `Bearer` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let shown = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, word) = shown.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(word.trim())
}

/// The value of a cookie.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim())
}

fn harmless(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether a browser says that a page of this very installation sent this. One that says nothing
/// of the kind is not believed.
pub fn own(headers: &HeaderMap, door: &Door) -> bool {
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = said("sec-fetch-site") {
        return site == "same-origin";
    }
    let Some(origin) = said("origin") else { return false };
    match &door.public {
        Some(public) => origin == public.trim_end_matches('/'),
        None => said("host").is_some_and(|host| origin == format!("http://{host}")),
    }
}

/// From where somebody knocks. A proxy is believed only where one is said to stand before the door.
pub fn from(parts: &Parts, door: &Door) -> IpAddr {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let peer = peer.unwrap_or(IpAddr::from([0, 0, 0, 0]));
    let named = || {
        let last = parts.headers.get_all("x-forwarded-for").iter().next_back()?;
        last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
    };
    if door.public.is_some() && peer.is_loopback() { named().unwrap_or(peer) } else { peer }
}

/// The time now.
pub fn now() -> Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Millis(since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX)))
}

pub fn unknown() -> Problem {
    let what = "sign in, or send `Authorization: Bearer TOKEN`".to_owned();
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "sign-in", "not signed in", what);
    problem.help("`flightdeck access` makes a link to sign in, `flightdeck token new` a token")
}

fn no_workspace() -> Problem {
    No::new(Why::NotFound, "there is no such workspace").into()
}

pub fn cross_site() -> Problem {
    let what = "a page of another place sent this".to_owned();
    Problem::new(StatusCode::FORBIDDEN, "cross-site", "cross-site request", what)
}

pub fn busy(seconds: u64) -> Problem {
    let what = format!("too many requests; wait {seconds} seconds");
    let problem =
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many", "too many requests", what);
    problem.after(seconds)
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let what = refused.to_string();
        let forbidden = |kind, title| Self::new(StatusCode::FORBIDDEN, kind, title, what.clone());
        match refused {
            Refused::Wrong => forbidden("not-you", "not signed in"),
            Refused::Wait(seconds) => busy(seconds),
            Refused::Link => forbidden("link", "the link does not work")
                .help("`flightdeck access link PERSON` makes another one"),
            Refused::Elsewhere(_) => forbidden("not-you", "not signed in"),
            Refused::Password(_) => Self::invalid(what),
            Refused::Fault(_) => No::new(Why::Unusable, what).into(),
        }
    }
}

/// What opens the door, as the interface's description names it.
pub struct Scheme;

impl Modify for Scheme {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A token that `flightdeck token new` made."))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(token));
        let said = "What signing in gives a browser. What changes anything has to come from a page \
                    of the same origin.";
        let cookie = ApiKeyValue::with_description(COOKIE, said);
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}
