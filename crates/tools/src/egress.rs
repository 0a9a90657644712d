//! The only way out for a server that may reach listed hosts: a proxy on this machine, for this
//! server alone and as long as it runs. It looks names up itself, judges what they lead to and
//! connects to exactly that. It must not look into what is encrypted, keep anything of what passes,
//! or let its password out.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::{
    CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION,
    TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::uri::Scheme;
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::{TokioIo, TokioTimer};
use sha2::{Digest, Sha256};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{AbortHandle, JoinSet};

#[cfg(target_os = "linux")]
use crate::apart;
use crate::hosts::{Host, Place};
use crate::reach::Astray;
use crate::sandbox::Proxy;
use crate::spec::Secret;

/// Connections of one server at once. More of them wait.
const CONNECTIONS: usize = 64;
/// How long the head of a request may be, and how long it may take.
const HEAD_BYTES: usize = 16 << 10;
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long looking a name up and connecting may take.
const CONNECT: Duration = Duration::from_secs(10);
/// Before the next connection is taken after one that could not be.
const PAUSE: Duration = Duration::from_millis(50);
/// So many of the places that a server was kept from are remembered, and so much of each.
const KEPT_FROM: usize = 4;
const NAME_CHARS: usize = 100;
/// The name that goes with the password.
const USER: &str = "flightdeck";
/// What holds for one connection and is not passed on.
const HOP: [HeaderName; 5] = [CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];

type Body = Either<Incoming, Full<Bytes>>;
/// A connection that becomes a tunnel once it was answered.
type Tunnel = Mutex<Option<(OnUpgrade, TcpStream)>>;

/// A proxy that runs. Dropping it ends it and every connection that goes through it.
#[derive(Debug)]
pub(crate) struct Egress {
    port: u16,
    /// Where a server in a network of its own hands over the socket that leads here.
    handoff: PathBuf,
    password: Secret,
    kept: Arc<Kept>,
    serving: AbortHandle,
}

/// What the proxy of a server goes by.
struct Door {
    hosts: Vec<Host>,
    /// The hash of what shows who is calling, so that comparing takes as long for every guess.
    knows: [u8; 32],
    kept: Arc<Kept>,
}

/// Places that a server was kept from, the last of them by name.
#[derive(Debug, Default)]
struct Kept(Mutex<(u64, VecDeque<String>)>);

/// Why nobody was reached.
enum Closed {
    /// It must not be.
    Refused(String),
    /// It may be, and cannot.
    Gone(String),
}

impl Drop for Egress {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Egress {
    /// Starts the proxy of a server that may reach these hosts. `folder` is the server's own.
    pub(crate) async fn start(hosts: &[Host], folder: &Path) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let handoff = folder.join("network");
        let handed = UnixListener::bind(&handoff)?;
        let mut random = [0; 32];
        let none = |why: getrandom::Error| std::io::Error::other(why.to_string());
        getrandom::fill(&mut random).map_err(none)?;
        let password = hex::encode(random);
        let shown = BASE64_STANDARD.encode(format!("{USER}:{password}"));
        let kept = Arc::<Kept>::default();
        let knows = Sha256::digest(shown.as_bytes()).into();
        let door = Door { hosts: hosts.to_vec(), knows, kept: Arc::clone(&kept) };
        let serving = tokio::spawn(serve(Arc::new(door), listener, handed)).abort_handle();
        Ok(Self { port, handoff, password: Secret::new(password), kept, serving })
    }

    /// What the launcher is told of it.
    pub(crate) fn proxy(&self) -> Proxy {
        Proxy { port: self.port, handoff: self.handoff.clone() }
    }

    /// The variables by which programs find their proxy.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, String)> {
        let address = format!("http://{USER}:{}@127.0.0.1:{}", self.password.reveal(), self.port);
        let names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"];
        let all = names.into_iter().chain(["all_proxy"]).map(move |name| (name, address.clone()));
        // Node looks at none of them without this one.
        all.chain([("NODE_USE_ENV_PROXY", "1".to_owned())])
    }

    /// What must not be in a text.
    pub(crate) fn password(&self) -> &Secret {
        &self.password
    }

    /// How often the server was kept from a place until now.
    pub(crate) fn refusals(&self) -> u64 {
        self.kept.lock().0
    }

    /// What it was kept from after so many times, in words.
    pub(crate) fn kept_from(&self, before: u64) -> Option<String> {
        let kept = self.kept.lock();
        let new = usize::try_from(kept.0.saturating_sub(before)).unwrap_or(usize::MAX);
        let skipped = kept.1.len().saturating_sub(new);
        let mut names: Vec<&str> = Vec::new();
        for name in kept.1.iter().skip(skipped) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        (new > 0).then(|| format!("its box kept it from {}", names.join(", ")))
    }
}

impl Kept {
    fn lock(&self) -> std::sync::MutexGuard<'_, (u64, VecDeque<String>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, place: &str) {
        let name: String = place.chars().take(NAME_CHARS).collect();
        let mut kept = self.lock();
        kept.0 = kept.0.saturating_add(1);
        kept.1.push_back(name);
        if kept.1.len() > KEPT_FROM {
            kept.1.pop_front();
        }
    }
}

/// Takes connections: on a socket of this machine, until one is handed over that only the server
/// can reach.
async fn serve(door: Arc<Door>, mut listener: TcpListener, handed: UnixListener) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let (mut connections, mut waits) = (JoinSet::new(), true);
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        tokio::select! {
            came = listener.accept() => match came {
                Ok((stream, _)) => {
                    connections.spawn(connection(Arc::clone(&door), stream, place));
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            },
            own = over(&handed), if waits => {
                waits = false;
                if let Ok(own) = own {
                    listener = own;
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// The socket in the server's own network.
#[cfg(target_os = "linux")]
async fn over(handed: &UnixListener) -> std::io::Result<TcpListener> {
    let (from, _) = handed.accept().await?;
    let read = || apart::handed_over(&from);
    TcpListener::from_std(from.async_io(tokio::io::Interest::READABLE, read).await?)
}

/// Elsewhere no box is closed, and no server with a list is started.
#[cfg(not(target_os = "linux"))]
async fn over(_: &UnixListener) -> std::io::Result<TcpListener> {
    Err(std::io::ErrorKind::Unsupported.into())
}

async fn connection(door: Arc<Door>, stream: TcpStream, _place: OwnedSemaphorePermit) {
    let tunnel = Tunnel::default();
    let service = hyper::service::service_fn(async |request| {
        Ok::<_, Infallible>(door.answer(request, &tunnel).await)
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
    let begun = tunnel.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let (Ok(()), Some((near, mut far))) = (served, begun)
        && let Ok(near) = near.await
    {
        // Either end may break it off, which is nobody's mistake here.
        let _ = tokio::io::copy_bidirectional(&mut TokioIo::new(near), &mut far).await;
    }
}

impl Door {
    async fn answer(&self, mut request: Request<Incoming>, tunnel: &Tunnel) -> Response<Body> {
        if !self.known(request.headers()) {
            let mut answer = said(StatusCode::PROXY_AUTHENTICATION_REQUIRED, "who is calling?");
            let how = HeaderValue::from_static("Basic realm=\"flightdeck\"");
            answer.headers_mut().insert(PROXY_AUTHENTICATE, how);
            return answer;
        }
        let Some(place) = place(request.method(), request.uri()) else {
            self.kept.note("an address that cannot be read");
            return said(StatusCode::BAD_REQUEST, "that is no address of a host and a port");
        };
        let far = match tokio::time::timeout(CONNECT, self.reached(&place)).await {
            Ok(Ok(far)) => far,
            Ok(Err(Closed::Refused(why))) => {
                self.kept.note(&format!("`{place}`"));
                return said(StatusCode::FORBIDDEN, &format!("`{place}` was not reached: {why}"));
            }
            Ok(Err(Closed::Gone(why))) => {
                return said(StatusCode::BAD_GATEWAY, &format!("`{place}` was not reached: {why}"));
            }
            Err(_) => {
                let why = format!("`{place}` was not reached: it took too long");
                return said(StatusCode::GATEWAY_TIMEOUT, &why);
            }
        };
        if request.method() == Method::CONNECT {
            let near = hyper::upgrade::on(&mut request);
            *tunnel.lock().unwrap_or_else(PoisonError::into_inner) = Some((near, far));
            return Response::new(Either::Right(Full::default()));
        }
        passed_on(request, far).await
    }

    /// Whether whoever calls shows the password. Another program of this machine has none.
    fn known(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(PROXY_AUTHORIZATION).and_then(|shown| shown.to_str().ok());
        let Some((scheme, shown)) = shown.and_then(|shown| shown.split_once(' ')) else {
            return false;
        };
        let shown: [u8; 32] = Sha256::digest(shown.trim().as_bytes()).into();
        scheme.eq_ignore_ascii_case("basic") && shown == self.knows
    }

    async fn reached(&self, place: &Place) -> Result<TcpStream, Closed> {
        let Some(reach) = place.opened(&self.hosts) else {
            return Err(Closed::Refused("`network` does not list it".to_owned()));
        };
        let found = reach.looked_up(place.looked_up(), place.port).await;
        let found = found.map_err(|astray| match astray {
            Astray::Unknown(why) => Closed::Gone(why.to_string()),
            Astray::Refused(why) => Closed::Refused(why),
        })?;
        // These very addresses were judged, so no name is looked up again.
        let far = TcpStream::connect(found.as_slice()).await;
        far.map_err(|why| Closed::Gone(why.to_string()))
    }
}

/// Where a request is to go: `CONNECT host:port`, or an `http` address that is whole.
fn place(method: &Method, uri: &Uri) -> Option<Place> {
    let authority = uri.authority().filter(|all| !all.as_str().contains('@'))?;
    let port = match authority.port() {
        Some(port) => Some(port.as_u16()),
        None if authority.as_str().ends_with(':') => None,
        None => (method != Method::CONNECT).then_some(80),
    };
    let plain = method == Method::CONNECT || uri.scheme() == Some(&Scheme::HTTP);
    plain.then(|| Place::new(authority.host(), port?)).flatten()
}

/// Sends a request on to where it was judged to go, with that host in its head and nothing that is
/// between the server and this proxy.
async fn passed_on(mut request: Request<Incoming>, far: TcpStream) -> Response<Body> {
    let gone = |why: hyper::Error| said(StatusCode::BAD_GATEWAY, &why.to_string());
    let (mut sender, sending) = match hyper::client::conn::http1::handshake(TokioIo::new(far)).await
    {
        Ok(hands) => hands,
        Err(why) => return gone(why),
    };
    let host = request.uri().authority().map(|all| HeaderValue::from_str(all.as_str()));
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).parse();
    let (Some(Ok(host)), Ok(path)) = (host, path) else {
        return said(StatusCode::BAD_REQUEST, "that is no address");
    };
    without_hops(request.headers_mut());
    request.headers_mut().insert(HOST, host);
    *request.uri_mut() = path;
    // It ends with the last byte of the answer, or when the server does not want it any more.
    tokio::spawn(sending);
    match sender.send_request(request).await {
        Ok(mut answer) => {
            without_hops(answer.headers_mut());
            answer.map(Either::Left)
        }
        Err(why) => gone(why),
    }
}

fn without_hops(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|all| all.to_str().ok())
        .flat_map(|all| all.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let proxy: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with("proxy-")).cloned().collect();
    let more = HeaderName::from_static("keep-alive");
    for name in named.into_iter().chain(proxy).chain(HOP).chain([more]) {
        headers.remove(name);
    }
}

fn said(status: StatusCode, why: &str) -> Response<Body> {
    let mut answer = Response::new(Either::Right(Full::from(format!("flightdeck: {why}\n"))));
    *answer.status_mut() = status;
    answer
}
