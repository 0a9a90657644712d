//! Weeks of a simulated clock: schedules over a change of the clocks, files, and events, with
//! drivers that die at any moment, clocks that jump, stops, full queues and a journal that takes
//! nothing for a while. The store and the starts are the real ones. Afterwards each time that was
//! due, each file and each event has exactly one case, or an entry says why it has none.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use journal::{
    Command, CommandId, Frame, Hash, Held, Millis, Order, Record, Reply, ReviewNo, RunId, RunQuery,
    Starter, Status, StopScope, Store, Trigger,
};
use plan::Plan;
use plan::ids::{PersonId, WorkflowName};
use plan::workflow::{Clock, Hook, Start};
use runtime::{Incoming, Runtime, Took, Triggers, start_key};
use sha2::{Digest, Sha256};
use store::{SqliteReader, SqliteStore};

use crate::desk::Desk;
use crate::world::{Broken, Nothing, Of};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const KEYING: [u8; 32] = [7; 32];
const LEAD: &str = "lead@example.com";
/// Where a week may begin: before changes of the clocks here and there, and in between.
const BEGINNINGS: [&str; 4] = [
    "2026-03-26T10:07:00Z",
    "2026-10-22T10:07:00Z",
    "2026-10-29T10:07:00Z",
    "2026-06-01T10:07:00Z",
];
/// How often things are looked at until all is settled.
const SETTLING: u32 = 120;

const WEEK: &str = r#"---
workflow: week
purpose: Note what comes in. It never pays.
accountable: owner@example.com
override: lead
risk: low
autonomy: act
case: { one: thing, from: inside, fields: { name: text?, due: text? } }
starts:
  - { folder: drops }
  - { at: "daily 01:30 Europe/London" }
  - { at: "daily 01:30 America/New_York" }
  - { at: "weekdays 09:00 Europe/Berlin", only_if: { folder: box } }
  - { webhook: shop, secret: SHOP_KEY }
limits:
  case: { cost: 0.10 EUR, days: 10 }
  day: { cost: 5 EUR, cases: 1000000 }
baseline: { minutes: 6, cases_per_week: 40 }
on_failure: { ask: clerk }
steps:
  - step: over
    end: done
exceptions:
  - { what: a thing that is nothing, when: "case.name == 'nothing'", go: over }
---
# Week
"#;

const QUEUE: &str = r#"---
workflow: queue
purpose: Let a person look at what comes in. It never pays.
accountable: owner@example.com
override: lead
risk: low
autonomy: act
case: { one: thing, from: inside, fields: { name: text } }
starts: [ { folder: queue }, { webhook: desk, secret: SHOP_KEY } ]
limits:
  case: { cost: 0.10 EUR, days: 10 }
  day: { cost: 5 EUR, cases: 1000000 }
  waiting: 3
baseline: { minutes: 6, cases_per_week: 40 }
on_failure: { ask: clerk }
steps:
  - step: look
    review:
      by: lead
      never_by: [ starter, owner ]
      show: [ case ]
      within: 8 working hours
      late: { then: stop }
      if_rejected: { then: stop }
  - step: over
    end: done
exceptions:
  - { what: a thing that is nothing, when: "case.name == 'nothing'", go: look }
---
# Queue
"#;

/// Numbers that are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn of(&mut self, sides: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut n = self.0;
        n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (n ^ (n >> 31)) % sides
    }
}

/// A driver, until it dies.
struct Life {
    tokio: tokio::runtime::Runtime,
    runtime: Runtime,
    triggers: Triggers,
}

/// What the journal says, read as it grows.
#[derive(Default)]
struct Told {
    place: u64,
    opened: BTreeMap<RunId, Trigger>,
    watched: BTreeMap<Hash, u64>,
    missed: Vec<(Hash, u64, u64, u64)>,
    idle: BTreeMap<Hash, BTreeSet<u64>>,
    held: BTreeSet<(Hash, Held)>,
}

/// An event that was sent, and its case once it is known.
struct Sent {
    workflow: &'static str,
    content: String,
    run: Option<RunId>,
}

struct Week {
    dice: Dice,
    desk: Desk,
    data: PathBuf,
    plans: BTreeMap<WorkflowName, Arc<Plan>>,
    broken: Broken,
    life: Option<Life>,
    now: u64,
    latest: u64,
    told: Told,
    /// Every whole file that ever lay in a folder, by what its case begins for.
    files: BTreeMap<Hash, String>,
    half: Option<PathBuf>,
    sent: BTreeMap<String, Sent>,
    altered: u32,
    full: u32,
    stopped: bool,
    count: u64,
}

fn plans(desk: &Desk) -> BTreeMap<WorkflowName, Arc<Plan>> {
    let mut files = plan::Files::default();
    let settings = fs::read_to_string(desk.root().join("flightdeck.yaml")).unwrap();
    files.insert("flightdeck.yaml", &settings);
    files.insert("workflows/week.md", WEEK);
    files.insert("workflows/queue.md", QUEUE);
    let checked = plan::check_all(&files);
    assert!(checked.problems.is_empty(), "{}", checked.problems.render(&files, false));
    checked.plans.into_iter().map(|(name, plan)| (name, Arc::new(plan))).collect()
}

impl Week {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let desk = Desk::new();
        for folder in ["drops", "queue", "box"] {
            fs::create_dir(desk.root().join(folder)).unwrap();
        }
        let begins = BEGINNINGS[usize::try_from(dice.of(4)).unwrap()];
        let begins: jiff::Timestamp = begins.parse().unwrap();
        let now = u64::try_from(begins.as_millisecond()).unwrap();
        Self {
            data: desk.root().join(".flightdeck"),
            plans: plans(&desk),
            dice,
            desk,
            broken: Broken::default(),
            life: None,
            now,
            latest: 0,
            told: Told::default(),
            files: BTreeMap::new(),
            half: None,
            sent: BTreeMap::new(),
            altered: 0,
            full: 0,
            stopped: false,
            count: 0,
        }
    }

    fn begin(&mut self) {
        let tokio = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&self.data).unwrap());
        let store = self.broken.before(store);
        let within = tokio.enter();
        let runtime = Runtime::new(store, Arc::new(Nothing), KEYING);
        runtime.trust(Arc::new(Of(self.plans.values().cloned().collect())));
        let triggers = Triggers::new(runtime.clone(), self.desk.root(), &self.plans);
        drop(within);
        self.life = Some(Life { tokio, runtime, triggers });
    }

    /// The driver dies: what it was at is dropped where it stands.
    fn die(&mut self) {
        if let Some(Life { tokio, runtime, triggers }) = self.life.take() {
            drop(triggers);
            tokio.shutdown_timeout(Duration::from_secs(30));
            drop(runtime);
        }
    }

    fn step(&mut self) {
        self.now += match self.dice.of(40) {
            0 => DAY + self.dice.of(2 * DAY),
            1..4 => HOUR + self.dice.of(12 * HOUR),
            _ => MINUTE + self.dice.of(HOUR),
        };
        if self.dice.of(60) == 0 {
            self.now -= self.dice.of(6 * HOUR);
        }
        if let Some(half) = self.half.take() {
            let text = format!("{}, whole", fs::read_to_string(&half).unwrap());
            self.put(&half, &text);
        }
        match self.dice.of(14) {
            0..3 => self.drop_file("drops"),
            3 => self.drop_file("queue"),
            4..7 => self.send_new("week", "shop"),
            7 => self.send_new("queue", "desk"),
            8..10 => self.send_old(),
            10 => self.fill_box(),
            11 if self.dice.of(3) == 0 => self.toggle_stop(),
            12 if self.dice.of(3) == 0 => self.broken.set(!self.broken.is_set()),
            _ => {}
        }
        if self.dice.of(4) == 0 {
            self.answer();
        }
        match self.dice.of(12) {
            // It dies between two looks, and it may be away for a while.
            0 => {
                self.die();
                self.now += self.dice.of(3) * HOUR;
                self.begin();
            }
            // It dies within a look, wherever it is.
            1 => {
                self.latest = self.latest.max(self.now);
                let (now, wait) = (Millis(self.now), Duration::from_micros(self.dice.of(6_000)));
                let life = self.life.as_mut().unwrap();
                let Life { tokio, triggers, .. } = life;
                let _ =
                    tokio.block_on(async { tokio::time::timeout(wait, triggers.look(now)).await });
                self.die();
                self.begin();
            }
            _ => self.look(),
        }
    }

    /// A whole look, and what it may not have done: what is begun if there is something is not
    /// begun while there is nothing, nor the other way round.
    fn look(&mut self) {
        self.latest = self.latest.max(self.now);
        self.told.read(&self.data);
        let probed = start_key(&self.name("week"), &self.start("week", 3));
        let before = (self.begun(3).len(), self.told.idle.get(&probed).map_or(0, BTreeSet::len));
        let now = Millis(self.now);
        let Life { tokio, triggers, .. } = self.life.as_mut().unwrap();
        tokio.block_on(triggers.look(now));
        self.told.read(&self.data);
        let after = (self.begun(3).len(), self.told.idle.get(&probed).map_or(0, BTreeSet::len));
        let holds = fs::read_dir(self.desk.root().join("box")).unwrap().next().is_some();
        assert!(
            if holds { before.1 == after.1 } else { before.0 == after.0 },
            "{before:?} {after:?}"
        );
    }

    /// The times for which a start of `week` has begun cases.
    fn begun(&self, no: usize) -> BTreeSet<u64> {
        let key = start_key(&self.name("week"), &self.start("week", no));
        let mut all = BTreeSet::new();
        for (run, by) in &self.told.opened {
            // The same time at two starts is told apart by the case's id alone.
            if let Trigger::Due(at) = by
                && *run == due_id(key, *at)
            {
                assert!(all.insert(at.0), "twice at {at:?}");
            }
        }
        all
    }

    fn name(&self, workflow: &str) -> WorkflowName {
        WorkflowName::new(workflow).unwrap()
    }

    fn start(&self, workflow: &str, no: usize) -> Start {
        self.plans[&self.name(workflow)].workflow().starts[no].clone()
    }

    /// A file is whole when it is seen under its name.
    fn put(&mut self, path: &Path, text: &str) {
        fs::write(path, text).unwrap();
        self.knows(path, text);
    }

    fn knows(&mut self, path: &Path, text: &str) {
        let below = path.strip_prefix(self.desk.root()).unwrap().to_str().unwrap().to_owned();
        let workflow = if below.starts_with("queue/") { "queue" } else { "week" };
        let content: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        let key = Hash::of_parts(&[
            b"flightdeck start by a file",
            &KEYING,
            workflow.as_bytes(),
            below.as_bytes(),
            &content,
        ]);
        self.files.insert(key, below);
    }

    fn drop_file(&mut self, folder: &str) {
        self.count += 1;
        let folder = self.desk.root().join(folder);
        let path = folder.join(format!("{}.txt", self.dice.of(12)));
        // No two texts are equally long, so that each change can be seen.
        let text = "x".repeat(usize::try_from(self.count).unwrap() + 40);
        match self.dice.of(6) {
            // Somebody is still writing it at the next look.
            0 if !path.exists() => {
                fs::write(&path, &text).unwrap();
                self.half = Some(path);
            }
            1 => {
                let part = folder.join(format!("{}.part", self.count));
                fs::write(&part, &text).unwrap();
                fs::rename(&part, &path).unwrap();
                self.knows(&path, &text);
            }
            // The same once more: written anew, or under another name.
            2 if path.exists() => {
                let same = fs::read_to_string(&path).unwrap();
                self.put(&path, &same);
            }
            3 if path.exists() => {
                let same = fs::read_to_string(&path).unwrap();
                let moved = folder.join(format!("moved-{}.txt", self.count));
                fs::rename(&path, &moved).unwrap();
                self.knows(&moved, &same);
            }
            _ => self.put(&path, &text),
        }
    }

    fn fill_box(&mut self) {
        let path = self.desk.root().join("box/note.txt");
        if path.exists() {
            fs::remove_file(path).unwrap();
        } else {
            fs::write(path, "a note").unwrap();
        }
    }

    fn send_new(&mut self, workflow: &'static str, hook: &str) {
        self.count += 1;
        let (id, content) = (format!("{hook}-{}", self.count), format!("event {}", self.count));
        self.sent.insert(id.clone(), Sent { workflow, content, run: None });
        self.send(&id, None);
    }

    /// One that was sent before, as it was or as another one.
    fn send_old(&mut self) {
        let nth = usize::try_from(self.dice.of(1_000)).unwrap();
        let Some(id) = self.sent.keys().cycle().nth(nth).cloned() else { return };
        let other = (self.dice.of(4) == 0).then_some("something else");
        self.send(&id, other);
    }

    fn send(&mut self, id: &str, other: Option<&str>) {
        let Sent { workflow, content, run } = &self.sent[id];
        let (workflow, known) = (*workflow, *run);
        if other.is_some() && known.is_none() {
            return;
        }
        let plan = Arc::clone(&self.plans[&self.name(workflow)]);
        let mut hooks = plan.workflow().starts.iter().filter_map(|start| match start {
            Start::Hook(hook) => Some(hook),
            _ => None,
        });
        let hook: &Hook = hooks.next_back().unwrap();
        let parts = ["webhook", id];
        let incoming = || Incoming {
            id: &parts,
            content: other.unwrap_or(content),
            case: serde_json::json!({ "name": id }),
        };
        let now = Millis(self.now);
        let twice = self.dice.of(3) == 0;
        let life = self.life.as_ref().unwrap();
        let (took, too) = life.tokio.block_on(async {
            let first = life.runtime.take(&plan, hook, incoming(), now);
            if twice {
                let (first, second) =
                    tokio::join!(first, life.runtime.take(&plan, hook, incoming(), now));
                (first, Some(second))
            } else {
                (first.await, None)
            }
        });
        for took in std::iter::once(took).chain(too) {
            match took {
                Ok(Took::Altered) => {
                    assert!(other.is_some(), "{id} is no other event");
                    // What the journal does not take now is said by the next one.
                    self.altered += u32::from(!self.broken.is_set());
                }
                Ok(Took::Began(run) | Took::Again(run)) => {
                    assert!(other.is_none(), "{id} was another event");
                    let sent = self.sent.get_mut(id).unwrap();
                    assert_eq!(*sent.run.get_or_insert(run), run, "{id} has two cases");
                }
                // Nothing is lost: whoever sent it sends it again.
                Err(runtime::Fault::Full(..)) => self.full += u32::from(!self.broken.is_set()),
                Err(_) => {}
            }
        }
    }

    fn toggle_stop(&mut self) {
        let (scope, lead) = (StopScope::Workflow(self.name("week")), PersonId::new(LEAD).unwrap());
        let life = self.life.as_ref().unwrap();
        let done = life.tokio.block_on(async {
            match self.stopped {
                true => life.runtime.lift(scope, &lead, "it was nothing").await,
                false => life.runtime.stop(scope, &lead, "a look first").await,
            }
        });
        // A journal that takes nothing takes no order either.
        if done.is_ok() {
            self.stopped = !self.stopped;
        }
    }

    /// A person gets through what waits.
    fn answer(&mut self) {
        let life = self.life.as_ref().unwrap();
        let query = RunQuery { status: vec![Status::Waiting], limit: 100, ..RunQuery::default() };
        for line in life.runtime.store().runs(&query).unwrap() {
            let mut id = [0; 16];
            id.copy_from_slice(&Hash::of_parts(&[line.run.to_string().as_bytes()]).0[..16]);
            let (who, review) = (PersonId::new(LEAD).unwrap(), ReviewNo(1));
            let command = Command {
                id: CommandId(id),
                run: line.run,
                at: runtime::now(),
                order: Order::Review { who, review, reply: Reply::Approve },
                stands_for: Vec::new(),
                on_call: Vec::new(),
            };
            // What is not taken now is answered another time.
            let _ = life.tokio.block_on(life.runtime.command(command));
        }
    }

    /// All is well again, and goes on until nothing is left to be begun.
    fn settle(&mut self) {
        self.broken.set(false);
        if self.stopped {
            self.toggle_stop();
        }
        self.now = self.now.max(self.latest);
        if let Some(half) = self.half.take() {
            let text = fs::read_to_string(&half).unwrap();
            self.put(&half, &text);
        }
        for _ in 0..SETTLING {
            self.now += MINUTE;
            self.answer();
            let left: Vec<String> = self
                .sent
                .iter()
                .filter(|(_, s)| s.run.is_none())
                .map(|(id, _)| id.clone())
                .collect();
            left.iter().for_each(|id| self.send(id, None));
            self.look();
            if left.is_empty() && self.lying().is_empty() {
                return;
            }
            self.answer();
        }
        panic!("not settled: {:?}", self.lying());
    }

    /// Files that lie there and have no case.
    fn lying(&self) -> Vec<&str> {
        let begun: BTreeSet<Hash> = self.told.opened.values().filter_map(of_file).collect();
        let without = self
            .files
            .iter()
            .filter(|(key, below)| !begun.contains(*key) && self.is_now(key, below));
        without.map(|(_, below)| below.as_str()).collect()
    }

    /// Whether a file is still as it was.
    fn is_now(&self, key: &Hash, below: &str) -> bool {
        let Ok(text) = fs::read(self.desk.root().join(below)) else { return false };
        let workflow = if below.starts_with("queue/") { "queue" } else { "week" };
        let content: [u8; 32] = Sha256::digest(&text).into();
        let parts: [&[u8]; 5] = [
            b"flightdeck start by a file",
            &KEYING,
            workflow.as_bytes(),
            below.as_bytes(),
            &content,
        ];
        Hash::of_parts(&parts) == *key
    }

    /// Holds all of it against what should have been.
    fn judge(&mut self) {
        self.told.read(&self.data);
        for no in 1..=3 {
            let Start::At(clock) = self.start("week", no) else { panic!() };
            let key = start_key(&self.name("week"), &Start::At(clock.clone()));
            let since = self.told.watched[&key];
            let dues = dues(&clock, since, self.latest);
            let (begun, idle) = (self.begun(no), self.told.idle.get(&key).cloned());
            let idle = idle.unwrap_or_default();
            assert!(begun.is_subset(&dues), "start {no} began at no time that was due");
            assert!(idle.is_subset(&dues) && idle.is_disjoint(&begun), "start {no}");
            let missed: Vec<_> = self.told.missed.iter().filter(|(of, ..)| *of == key).collect();
            let without: Vec<u64> = dues
                .iter()
                .filter(|at| !begun.contains(at) && !idle.contains(at))
                .copied()
                .collect();
            for at in &without {
                let is_told = missed.iter().any(|(_, from, until, _)| from <= at && at <= until);
                assert!(is_told, "start {no} passed over {at} without a word");
            }
            let told: u64 = missed.iter().map(|(.., times)| times).sum();
            assert_eq!(
                told,
                u64::try_from(without.len()).unwrap(),
                "start {no} says that it missed others"
            );
        }
        let files: Vec<Hash> = self.told.opened.values().filter_map(of_file).collect();
        let distinct: BTreeSet<Hash> = files.iter().copied().collect();
        assert_eq!(files.len(), distinct.len(), "a file has two cases");
        let half = distinct.iter().find(|key| !self.files.contains_key(*key));
        assert!(half.is_none(), "a file that was not whole has a case");
        let events = self.told.opened.values().filter(|by| matches!(by, Trigger::Hook(_))).count();
        let runs: BTreeSet<RunId> = self.sent.values().filter_map(|sent| sent.run).collect();
        assert_eq!((events, runs.len()), (self.sent.len(), self.sent.len()), "cases of events");
        let is_told = |because| self.told.held.iter().any(|(_, held)| *held == because);
        assert!(self.altered == 0 || is_told(Held::Altered));
        assert!(self.full == 0 || is_told(Held::Full));
    }
}

impl Told {
    fn read(&mut self, data: &Path) {
        let Ok(reader) = SqliteReader::open(data) else { return };
        loop {
            let page = reader.after(self.place, 1_000).unwrap();
            let Some((last, _)) = page.last() else { return };
            self.place = *last;
            for (_, bytes) in &page {
                let frame: Frame = serde_json::from_slice(bytes).unwrap();
                frame.records.into_iter().for_each(|record| self.note(frame.run, record));
            }
        }
    }

    fn note(&mut self, run: RunId, record: Record) {
        match record {
            Record::Opened { starter: Starter::Trigger { by, .. }, .. } => {
                assert!(self.opened.insert(run, by).is_none(), "{run} was opened twice");
            }
            Record::StartWatched { start, since, .. } => {
                assert!(self.watched.insert(start, since.0).is_none(), "it was watched already");
            }
            Record::StartMissed { start, from, until, times, .. } => {
                self.missed.push((start, from.0, until.0, u64::from(times)));
            }
            Record::StartHeld { start, because, .. } => {
                self.held.insert((start, because));
            }
            Record::StartIdle { start, at, .. } => {
                assert!(self.idle.entry(start).or_default().insert(at.0), "idle twice at {at:?}");
            }
            _ => {}
        }
    }
}

fn of_file(by: &Trigger) -> Option<Hash> {
    match by {
        Trigger::File(key) => Some(*key),
        _ => None,
    }
}

/// The id that the case of a time has, by what decision 0029 says.
fn due_id(key: Hash, at: Millis) -> RunId {
    let hash = Hash::of_parts(&[b"flightdeck due", &key.0, &at.0.to_be_bytes()]).0;
    let mut random = [0; 10];
    random.copy_from_slice(&hash[..10]);
    RunId::new(at, random)
}

/// Every time at which a clock is due, found by walking through the minutes: on each day of its
/// zone, the first minute at which its time has come.
fn dues(clock: &Clock, since: u64, until: u64) -> BTreeSet<u64> {
    let zone = jiff::tz::TimeZone::get(&clock.zone).unwrap();
    let mut days = BTreeMap::new();
    let mut at = (since / MINUTE - 2 * 1_440) * MINUTE;
    while at <= until {
        let instant = jiff::Timestamp::from_millisecond(i64::try_from(at).unwrap()).unwrap();
        let local = instant.to_zoned(zone.clone());
        let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
        let day = u8::try_from(local.weekday().to_monday_one_offset()).unwrap();
        if minute >= i32::from(clock.minute) && clock.days.contains(&day) {
            days.entry(local.date()).or_insert(at);
        }
        at += MINUTE;
    }
    days.into_values().filter(|at| *at > since && *at <= until).collect()
}

fn week(seed: u64) -> (usize, u64) {
    let mut week = Week::new(seed);
    week.begin();
    let over = week.now + 7 * DAY;
    while week.now < over {
        week.step();
    }
    week.settle();
    week.judge();
    week.die();
    let missed = week.told.missed.iter().map(|(.., times)| times).sum();
    (week.told.opened.len(), missed)
}

#[test]
fn each_due_case_begins_once_in_every_week_and_none_is_missed_without_a_word() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let weeks: u64 = number("FLIGHTDECK_WEEKS").unwrap_or(4);
    let first = number("FLIGHTDECK_SEED").unwrap_or(1);
    let (mut cases, mut missed) = (0, 0);
    for seed in first..first + weeks {
        let played = std::panic::catch_unwind(|| week(seed));
        let (began, passed) =
            played.unwrap_or_else(|_| panic!("the week of FLIGHTDECK_SEED={seed} does not hold"));
        cases += began;
        missed += passed;
    }
    println!(
        "{}",
        serde_json::json!({ "weeks": weeks, "cases": cases, "missed_and_told": missed })
    );
}
