//! What servers say of how far a call has come. It goes to whoever follows that one call and is
//! gone: it must not be recorded, decide anything, or give a call more time.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rmcp::RoleClient;
use rmcp::model::{
    ClientRequest, GetMeta, JsonRpcMessage, ProgressNotificationParam, ProgressToken,
    ServerNotification,
};
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use tokio::sync::mpsc;

use crate::spec::ServerSpec;

/// What names a call to its server, beside its arguments.
pub(crate) const KEY: &str = "flightdeck/idempotency-key";

/// As much of a server's words is passed on.
const WORDS_CHARS: usize = 500;

/// What is passed on of a call at once; after that one more with each [`PAUSE`].
const BURST: u32 = 20;
const PAUSE: Duration = Duration::from_millis(100);

/// How far a call has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    pub done: f64,
    pub total: Option<f64>,
    /// The words of a server that is trusted. Those of another one must not reach an agent other
    /// than in a result, which is recorded with where it came from.
    pub words: Option<String>,
}

/// Where the progress of one call goes. Nobody waits for it: what finds no room is lost.
pub type Follower = mpsc::Sender<Progress>;

/// Room for what was not read yet.
pub(crate) const ROOM: usize = 64;

/// What stands between a server and whoever follows a call.
pub(crate) struct Telling {
    pub(crate) spec: Arc<ServerSpec>,
    pub(crate) trusted: bool,
    pub(crate) to: Follower,
}

impl Telling {
    fn tell(&self, said: ProgressNotificationParam) {
        let words = said.message.filter(|_| self.trusted).map(|words| {
            // Before it is cut: what is left of a secret would not be known as one.
            self.spec.redact(words).chars().take(WORDS_CHARS).collect()
        });
        let progress = Progress { done: said.progress, total: said.total, words };
        // A follower that left, or does not keep up, hears nothing.
        let _ = self.to.try_send(progress);
    }
}

/// The calls of a connection that somebody follows.
#[derive(Clone, Default)]
pub(crate) struct Followed(Arc<Mutex<Vec<Call>>>);

struct Call {
    key: String,
    /// Under which it was sent, once it was.
    token: Option<ProgressToken>,
    pace: Pace,
    telling: Telling,
}

impl Followed {
    /// Follows the call that is about to be sent with this key, until the guard is dropped.
    pub(crate) fn follow(&self, key: &str, telling: Telling) -> Following {
        let (key, pace) = (key.to_owned(), Pace::new(Instant::now()));
        self.calls().push(Call { key: key.clone(), token: None, pace, telling });
        Following { followed: self.clone(), key }
    }

    fn calls(&self) -> MutexGuard<'_, Vec<Call>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The SDK gives each request a token of its own and tells nobody, so it is read off the
    /// request on its way out.
    fn sent(&self, message: &TxJsonRpcMessage<RoleClient>) {
        let JsonRpcMessage::Request(request) = message else { return };
        let token = request.request.get_meta().get_progress_token();
        let ClientRequest::CallToolRequest(call) = &request.request else { return };
        let key = call.params.meta.as_ref().and_then(|meta| meta.get(KEY)?.as_str());
        let mut calls = self.calls();
        if let Some(call) = calls.iter_mut().find(|call| Some(call.key.as_str()) == key) {
            call.token = token;
        }
    }

    fn heard(&self, message: &RxJsonRpcMessage<RoleClient>) {
        let JsonRpcMessage::Notification(notice) = message else { return };
        let ServerNotification::ProgressNotification(said) = &notice.notification else { return };
        let mut calls = self.calls();
        let token = Some(&said.params.progress_token);
        if let Some(call) = calls.iter_mut().find(|call| call.token.as_ref() == token)
            && call.pace.allows(Instant::now())
        {
            call.telling.tell(said.params.clone());
        }
    }
}

/// While it lives, a call is followed.
pub(crate) struct Following {
    followed: Followed,
    key: String,
}

impl Drop for Following {
    fn drop(&mut self) {
        self.followed.calls().retain(|call| call.key != self.key);
    }
}

/// How much of what a server says is passed on. A server that floods floods nobody.
struct Pace {
    left: u32,
    since: Instant,
}

impl Pace {
    fn new(now: Instant) -> Self {
        Self { left: BURST, since: now }
    }

    fn allows(&mut self, now: Instant) -> bool {
        let pauses = now.saturating_duration_since(self.since).as_millis() / PAUSE.as_millis();
        if let Ok(pauses @ 1..) = u32::try_from(pauses) {
            self.left = self.left.saturating_add(pauses).min(BURST);
            self.since = now;
        }
        let allowed = self.left > 0;
        self.left = self.left.saturating_sub(1);
        allowed
    }
}

/// A connection that is listened to. The SDK hands notices on side by side, so that one overtakes
/// another and the answer all of them; here they are heard in the order in which they came.
pub(crate) struct Overheard<T> {
    inner: T,
    followed: Followed,
}

impl<T> Overheard<T> {
    pub(crate) fn new(inner: T, followed: Followed) -> Self {
        Self { inner, followed }
    }
}

impl<T: Transport<RoleClient>> Transport<RoleClient> for Overheard<T> {
    type Error = T::Error;

    fn name() -> Cow<'static, str> {
        T::name()
    }

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        self.followed.sent(&message);
        self.inner.send(message)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        let message = self.inner.receive().await?;
        self.followed.heard(&message);
        Some(message)
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.inner.close().await
    }
}

#[cfg(test)]
mod tests;
