//! Weeks of a simulated clock: schedules over a change of the clocks, files, and events, with
//! drivers that die at any moment, some by `kill -9`, clocks that jump, stops, full queues, limits
//! that are used up, and a journal that takes nothing for a while. The store and the starts are the
//! real ones. Afterwards each time that was due, each file and each event has exactly one case, or
//! an entry says why it has none.

mod events;
mod judge;
mod life;
mod maps;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use journal::{
    Command, CommandId, Hash, Millis, Order, Reply, ReviewNo, RunQuery, Status, StopScope,
};
use plan::Plan;
use plan::ids::{PersonId, WorkflowName};
use plan::workflow::Start;
use runtime::start_key;
use sha2::{Digest, Sha256};

use crate::desk::Desk;
use crate::world::Broken;
use events::Sent;
use judge::Told;
use life::Life;
use maps::{LIMITED, plans};

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
    /// Workflows of which an event was refused because their cases are used up.
    used_up: BTreeSet<&'static str>,
    stopped: bool,
    count: u64,
}

impl Week {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let desk = Desk::new();
        let limited = LIMITED.map(|(name, _)| name);
        for folder in ["drops", "queue", "box"].iter().chain(&limited) {
            fs::create_dir(desk.root().join(folder)).unwrap();
        }
        let begins = BEGINNINGS[usize::try_from(dice.of(4)).unwrap()];
        let begins: jiff::Timestamp = begins.parse().unwrap();
        let now = u64::try_from(begins.as_millisecond()).unwrap();
        Self {
            data: desk.root().join(".flightdeck"),
            plans: plans(&desk.root()),
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
            used_up: BTreeSet::new(),
            stopped: false,
            count: 0,
        }
    }

    fn begin(&mut self) {
        self.life = Some(Life::begin(&self.desk.root(), &self.plans, &self.broken));
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
        self.finish_writing();
        match self.dice.of(16) {
            14 => self.drop_file(LIMITED[0].0),
            15 => self.drop_file(LIMITED[1].0),
            0..3 => self.drop_file("drops"),
            3 => self.drop_file("queue"),
            4..7 => self.send_new("week", "shop"),
            7 => match self.dice.of(3) {
                0 => self.send_new("queue", "desk"),
                1 => self.send_new(LIMITED[0].0, "few"),
                _ => self.send_new(LIMITED[1].0, "few"),
            },
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
            // It dies within a look, wherever it is: a process that is killed, or a driver that is
            // dropped where it stands.
            1 if !self.broken.is_set() && self.dice.of(2) == 0 => {
                self.latest = self.latest.max(self.now);
                // The other process looks more than once, and a file is whole that two looks find
                // the same.
                self.finish_writing();
                self.die();
                let wait = Duration::from_micros(self.dice.of(20_000));
                life::killed_after(wait, &self.desk.root(), self.now);
                self.begin();
            }
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

    /// Whoever is writing a file comes to its end.
    fn finish_writing(&mut self) {
        if let Some(half) = self.half.take() {
            let text = format!("{}, whole", fs::read_to_string(&half).unwrap());
            self.put(&half, &text);
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
        let workflow = watching(&below);
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
                .filter(|(_, s)| s.run.is_none() && !is_limited(s.workflow))
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
}

/// The workflow whose folder a file lies in.
fn watching(below: &str) -> &str {
    match below.split_once('/') {
        Some(("drops", _)) | None => "week",
        Some((folder, _)) => folder,
    }
}

fn is_limited(workflow: &str) -> bool {
    LIMITED.iter().any(|(name, _)| *name == workflow)
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
