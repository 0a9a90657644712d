//! Orders about exams, followed: everything that stands in the desk's journal is read, `exam` says
//! what follows, and what is to be written is written as the very next entry, or all is read again.
//! It must not judge anything itself.

use std::sync::{LazyLock, Mutex, PoisonError};

use ::exam::{Around, Banks, Board, Next, No, Order, Rights, Told};
use journal::{Chain, Exam, Hash, Millis, RunId, Seq, Tick};
use plan::ids::PersonId;
use plan::{AccessRole, Exams};
use rustix::time::{ClockId, clock_gettime};

use crate::exit::{Exit, Stop};
use crate::stored::{Runs, now};

/// Entries read in one go.
const PAGE: usize = 500;
/// How often it is read again where others write at the same time, or much is due.
const TRIES: usize = 1_000;
/// Which start of the machine it is.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";

static BANKS: LazyLock<Result<Banks, No>> = LazyLock::new(|| Banks::embedded().map_err(No::from));

/// Somebody's order, with what does not change until it is answered.
pub struct Wish {
    pub who: PersonId,
    pub order: Order,
    pub exams: Exams,
    pub rights: Rights,
    id: [u8; 8],
    seed: Hash,
}

impl Wish {
    pub fn new(
        who: PersonId,
        order: Order,
        exams: Exams,
        roles: &std::collections::BTreeSet<AccessRole>,
    ) -> Result<Self, Stop> {
        let (mut id, mut seed) = ([0; 8], [0; 32]);
        let none = |error| Stop::failed(format!("the system gives no randomness: {error}"));
        getrandom::fill(&mut id).map_err(none)?;
        getrandom::fill(&mut seed).map_err(none)?;
        let owns = roles.contains(&AccessRole::Owner);
        let rights = Rights { owns, assesses: owns || roles.contains(&AccessRole::Auditor) };
        Ok(Self { who, order, exams, rights, id, seed: Hash(seed) })
    }
}

/// Why an order is not followed.
pub enum Declined {
    No(No),
    Stop(Stop),
}

impl From<Stop> for Declined {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

impl From<Declined> for Stop {
    fn from(declined: Declined) -> Self {
        let no = match declined {
            Declined::Stop(stop) => return stop,
            Declined::No(no) => no,
        };
        let exit = match &no {
            No::NotPermitted(_) => Exit::NotPermitted,
            No::Over | No::Open | No::Wait { .. } | No::Pack(_) | No::Assessment(_) => {
                Exit::Refused
            }
            _ => Exit::Usage,
        };
        let code = no.code();
        Self { exit, code: Some(code.id), ..Self::usage(no) }.help(code.fix)
    }
}

/// What follows from an order.
pub enum Step {
    /// To be written as this entry of the desk's journal; then the order comes again.
    Write(Seq, Exam, Option<String>),
    Tell(Told),
}

/// What was read of the desk's journal so far.
pub struct Shelf(Mutex<Read>);

struct Read {
    chain: Chain,
    board: Board,
}

impl Default for Shelf {
    fn default() -> Self {
        Self(Mutex::new(Read { chain: Chain::new(RunId::DESK), board: Board::default() }))
    }
}

impl Shelf {
    /// What follows from an order, by all that is stored now. Without `runs` nothing is.
    pub fn step(&self, runs: Option<&Runs>, wish: &Wish) -> Result<Step, Declined> {
        let mut read = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runs) = runs {
            read.go_on(runs)?;
        }
        let banks = BANKS.as_ref().map_err(|no| Declined::No(no.clone()))?;
        let (tick, Wish { who, order, exams, rights, id, seed }) = (tick()?, wish);
        let around = Around { banks, exams, who, rights: *rights, id: *id, seed: *seed };
        match ::exam::next(&read.board, order, &around, &tick).map_err(Declined::No)? {
            Next::Tell(told) => Ok(Step::Tell(told)),
            Next::Write(did, text) => {
                let exam = Exam { tick, did, told: None };
                Ok(Step::Write(read.chain.next(), exam, text))
            }
        }
    }
}

impl Read {
    fn go_on(&mut self, runs: &Runs) -> Result<(), Stop> {
        loop {
            let page = runs.reader().frames(RunId::DESK, self.chain.next(), PAGE)?;
            for stored in &page {
                let frame = self.chain.read(&stored.bytes).map_err(|error| {
                    let what = format!("the desk's entries are damaged: {error}");
                    Stop::refused(runtime::Kind::Damaged, what)
                })?;
                let text = |body: journal::BodyRef| {
                    let bytes = stored.bodies.as_ref()?.get(usize::from(body.n))?;
                    serde_json::from_slice::<String>(bytes).ok()
                };
                for record in &frame.records {
                    self.board.read(record, text);
                }
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }
}

/// Takes an order to its end. `step` says what follows, `write` writes it.
pub async fn follow<D: From<Stop>, S, W>(
    mut step: impl FnMut() -> S,
    mut write: impl FnMut(Seq, Exam, Option<String>) -> W,
) -> Result<Told, D>
where
    S: Future<Output = Result<Step, D>>,
    W: Future<Output = Result<bool, D>>,
{
    for _ in 0..TRIES {
        match step().await? {
            Step::Tell(told) => return Ok(told),
            // Whether it is written or something came first, it is read again.
            Step::Write(next, exam, text) => {
                write(next, exam, text).await?;
            }
        }
    }
    Err(D::from(Stop::failed("the desk's journal is busy")))
}

/// This moment, by the wall clock and by the time since the machine was started.
fn tick() -> Result<Tick, Stop> {
    let unread = |error: String| Stop::failed(format!("`{BOOT}` cannot be read: {error}"));
    let boot = std::fs::read_to_string(BOOT).map_err(|error| unread(error.to_string()))?;
    let digits: String = boot.chars().take(8).collect();
    let boot = u32::from_str_radix(&digits, 16).map_err(|error| unread(error.to_string()))?;
    let since = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(since.tv_sec).unwrap_or_default();
    let part = u64::try_from(since.tv_nsec).unwrap_or_default() / 1_000_000;
    let Millis(wall) = now();
    Ok(Tick { wall: Millis(wall), boot, since: seconds.saturating_mul(1_000) + part })
}
