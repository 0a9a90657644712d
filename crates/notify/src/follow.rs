//! One task for each target: look what is new, keep it, send what may be sent now. What does not
//! arrive is tried again, less and less often.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use evidence::notices::{Kind, Notice};
use plan::ids::RoleId;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::channel::{Channel, Letter};
use crate::state::State;

/// How often the journal is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// The longest pause after a failure; it doubles up to this.
const PAUSE_MAX: Duration = Duration::from_secs(600);
/// How long the last messages may take while the program leaves.
const LEAVE: Duration = Duration::from_secs(5);
const HOUR_MS: u64 = 3_600_000;
/// More than this at once is one message.
const TOGETHER: usize = 5;
/// How many of them it names.
const SHOWN: usize = 10;

/// What is stored, as this room needs it.
pub trait Journal: Send + Sync + 'static {
    /// What is worth telling of the frames after a place, and the place that was read up to.
    fn notices(&self, after: u64) -> Result<(u64, Vec<Notice>), String>;

    /// The place of the last frame.
    fn last(&self) -> Result<u64, String>;

    /// Minutes of the day at which a time is, where the people are.
    fn minute(&self, ms: u64) -> u16;

    /// Milliseconds since 1970.
    fn now(&self) -> u64;
}

/// Who is told what, and how.
#[derive(Debug, Clone)]
pub struct Target {
    pub name: String,
    pub channel: Channel,
    /// Only these kinds.
    pub kinds: Vec<Kind>,
    /// Of what is asked of somebody, only what is asked of these; all if empty.
    pub roles: Vec<RoleId>,
    /// Minutes of the day between which only what is urgent is sent.
    pub quiet: Option<(u16, u16)>,
    /// The most messages in an hour; what is beyond is held and sent together.
    pub an_hour: Option<u32>,
}

impl Target {
    pub(crate) fn wants(&self, notice: &Notice) -> bool {
        let role = notice.role.as_ref();
        self.kinds.contains(&notice.kind)
            && role.is_none_or(|role| self.roles.is_empty() || self.roles.contains(role))
    }

    pub(crate) fn is_quiet(&self, minute: u16) -> bool {
        match self.quiet {
            Some((from, to)) if from <= to => (from..to).contains(&minute),
            // Over midnight.
            Some((from, to)) => minute >= from || minute < to,
            None => false,
        }
    }
}

/// Messages on their way.
#[derive(Debug)]
pub struct Following {
    tasks: Vec<JoinHandle<()>>,
    end: watch::Sender<bool>,
}

impl Following {
    /// Looks once more and ends. What does not arrive by then is sent by whoever comes next.
    pub async fn close(mut self) {
        let _ = self.end.send(true);
        let all = async {
            for task in &mut self.tasks {
                let _ = task.await;
            }
        };
        if tokio::time::timeout(LEAVE, all).await.is_err() {
            self.tasks.iter().for_each(JoinHandle::abort);
        }
    }
}

/// Tells every target what is stored from now on, or from where it was left. `say` is told, once
/// for each silence, that somebody cannot be reached.
pub fn follow(
    targets: Vec<Target>,
    organisation: &str,
    journal: Arc<dyn Journal>,
    folder: &Path,
    say: impl Fn(String) + Clone + Send + 'static,
) -> Result<Following, String> {
    // The first provider stays; a second installation is no failure.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|_| "no connection can be made".to_owned())?;
    let (end, ending) = watch::channel(false);
    let mut tasks = Vec::new();
    for target in targets {
        let post = Post {
            target,
            organisation: organisation.to_owned(),
            journal: Arc::clone(&journal),
            folder: folder.to_owned(),
            http: http.clone(),
        };
        tasks.push(tokio::spawn(post.run(ending.clone(), say.clone())));
    }
    Ok(Following { tasks, end })
}

/// One target at work.
pub(crate) struct Post {
    pub target: Target,
    pub organisation: String,
    pub journal: Arc<dyn Journal>,
    pub folder: PathBuf,
    pub http: reqwest::Client,
}

impl Post {
    async fn run(self, mut ending: watch::Receiver<bool>, say: impl Fn(String)) {
        let mut pause = LOOK;
        loop {
            let last = *ending.borrow();
            match self.round().await {
                Ok(true) => continue,
                Ok(false) => pause = LOOK,
                Err(why) => {
                    if pause == LOOK {
                        say(format!(
                            "`{}` cannot be told, and is tried again: {why}",
                            self.target.name
                        ));
                    }
                    pause = (pause * 2).min(PAUSE_MAX);
                }
            }
            if last {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = ending.changed() => {}
            }
        }
    }

    /// Looks once and sends one message. Gives whether there may be more.
    pub(crate) async fn round(&self) -> Result<bool, String> {
        let (journal, target) = (Arc::clone(&self.journal), self.target.clone());
        let (folder, name) = (self.folder.clone(), self.target.name.clone());
        let look = move || -> Result<(State, bool, u64, u16), String> {
            let now = journal.now();
            let text = |error: crate::StateError| error.to_string();
            let Some(mut state) = State::read(&folder, &name).map_err(text)? else {
                // Nobody is told what was before they asked to be told.
                let state = State { place: journal.last()?, ..State::default() };
                state.write(&folder, &name).map_err(text)?;
                return Ok((state, false, now, journal.minute(now)));
            };
            let (place, notices) = journal.notices(state.place)?;
            let new = place != state.place;
            if new {
                let wanted = notices.into_iter().filter(|notice| target.wants(notice)).collect();
                state.found(wanted, place);
                state.write(&folder, &name).map_err(text)?;
            }
            Ok((state, new, now, journal.minute(now)))
        };
        let looked = tokio::task::spawn_blocking(look).await.map_err(|why| why.to_string())?;
        let (mut state, new, now, minute) = looked?;
        let Some((letter, which)) = self.next(&state, now, minute) else { return Ok(new) };
        match self.target.channel.send(&self.http, &letter).await {
            Ok(()) => {
                state.sent.retain(|at| at.saturating_add(HOUR_MS) > now);
                state.sent.push(now);
                state.failing = None;
            }
            Err(failure) => {
                let why = failure.to_string();
                let since = state.failing.as_ref().map_or(now, |(since, _)| *since);
                state.failing = Some((since, why.clone()));
                self.keep(&state)?;
                return Err(why);
            }
        }
        match which {
            Which::One(n) => drop(state.held.remove(n)),
            Which::All => {
                state.held.clear();
                state.dropped = 0;
            }
        }
        self.keep(&state)?;
        Ok(true)
    }

    fn keep(&self, state: &State) -> Result<(), String> {
        state.write(&self.folder, &self.target.name).map_err(|error| error.to_string())
    }

    /// What is to be sent now: what is urgent first, then one, or many together.
    pub(crate) fn next(&self, state: &State, now: u64, minute: u16) -> Option<(Letter, Which)> {
        let one = |n: usize| {
            let notice = state.held.get(n)?;
            Some((Letter::one(&self.organisation, notice), Which::One(n)))
        };
        if let Some(n) = state.held.iter().position(|notice| notice.urgent) {
            return one(n);
        }
        if state.held.is_empty() || self.target.is_quiet(minute) {
            return None;
        }
        let lately = state.sent.iter().filter(|at| at.saturating_add(HOUR_MS) > now).count();
        let most = self.target.an_hour.map(|most| usize::try_from(most).unwrap_or(usize::MAX));
        if most.is_some_and(|most| lately >= most) {
            return None;
        }
        let is_last = most.is_some_and(|most| lately + 1 >= most);
        if state.held.len() > TOGETHER || state.dropped > 0 || (is_last && state.held.len() > 1) {
            let letter = Letter::many(&self.organisation, &state.held, SHOWN)?;
            return Some((letter, Which::All));
        }
        one(0)
    }
}

/// What a message told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    One(usize),
    All,
}
