//! One seed: a case or two, a schedule of what happens around them, and the end that every run
//! must come to once the faults are over.

use std::rc::Rc;

use journal::{Order, Record, RunId, Status, StopScope, Why};
use plan::ids::{PersonId, ToolName};
use plan::workflow::Autonomy;
use serde_json::{Value, json};

use super::matrix::{CRASHES, Crash, FAULTS, Fault, Matrix, possible};
use super::plans::Dice;
use super::{crowd, faults};
use crate::rig::Rig;
use crate::{Engine, Event};

/// Things that happen while faults do.
const MOVES: u32 = 400;
/// Things that may happen until everything is at rest afterwards.
const MOVES_MAX: u32 = 6_000;

fn case(dice: &mut Dice) -> Value {
    let names = [("Acme", "A1"), ("Bolt", "B2"), ("Twin", "T1"), ("Nobody", "N0")];
    let usual = dice.chance(500);
    let (name, code) = names[if usual { 0 } else { dice.below(4) }];
    let name = if dice.chance(20) { "Strange" } else { name };
    let items: Vec<Value> = (0..dice.below(5))
        .map(|n| json!({ "name": names[n].0, "code": names[n].1, "text": format!("item {n}") }))
        .collect();
    let order = ["O1", "O2", "O9"][if usual { 0 } else { dice.below(3) }];
    let day = ["2026-11-24", "2026-11-20", "never"][dice.below(3)];
    let minor = [10_000, 10_001, 20_000][if usual { 0 } else { dice.below(3) }];
    json!({
        "name": name, "code": code, "order": order, "day": day,
        "amount": { "currency": "EUR", "minor": minor },
        "text": "Invoice number: INV-7001\nfoo 55.00 EUR\nTotal: 100.00 EUR\nbar 44.00 EUR\n",
        "items": items,
    })
}

struct Sim<'a> {
    rig: Rig,
    dice: Dice,
    matrix: &'a mut Matrix,
    /// Answers on their way: run, event, and how many moves they still take.
    out: Vec<(RunId, Event, u32)>,
    stops: Vec<StopScope>,
    /// The pair of fault and death that this seed tries most.
    focus: u64,
}

pub(crate) fn run(seed: u64, engine: &Rc<Engine>, matrix: &mut Matrix) {
    let mut dice = Dice(seed ^ 0x5EED);
    let mut rig = Rig::new(seed.wrapping_mul(3));
    rig.world.script = vec![
        vec![
            ("web.query".into(), json!({ "q": "x" })),
            ("erp.note".into(), json!({ "text": "n" })),
        ],
        vec![
            ("erp.note".into(), json!({ "text": "before" })),
            ("erp.send".into(), json!({ "to": "a@b.c", "text": "hello" })),
            ("erp.note".into(), json!({ "text": "after" })),
        ],
    ];
    if dice.chance(500) {
        rig.world.script.truncate(1);
    }
    rig.share(engine);
    let first = case(&mut dice);
    rig.open(engine, &first);
    if dice.chance(300) {
        let second = if dice.chance(500) { first } else { case(&mut dice) };
        rig.open(engine, &second);
    }
    let mut sim = Sim { rig, dice, matrix, out: Vec::new(), stops: Vec::new(), focus: focus(seed) };
    sim.faulty();
    sim.calm(seed);
    sim.finish();
}

/// Every possible pair in turn.
fn focus(seed: u64) -> u64 {
    let faults = FAULTS.len();
    let pairs: Vec<u64> = (0..(faults * CRASHES.len()) as u64)
        .filter(|n| {
            let (fault, crash) = (FAULTS[*n as usize % faults], CRASHES[*n as usize / faults]);
            possible("put", fault, crash) && (fault, crash) != (Fault::None, Crash::Never)
        })
        .collect();
    pairs[seed as usize % pairs.len()]
}

/// Takes runs that are under way to their end, without any further fault.
pub(crate) fn to_the_end(rig: Rig) -> Rig {
    let mut matrix = Matrix::default();
    let (dice, matrix) = (Dice(1), &mut matrix);
    let mut sim = Sim { rig, dice, matrix, out: Vec::new(), stops: Vec::new(), focus: 0 };
    sim.calm(0);
    sim.rig
}

impl Sim<'_> {
    fn live(&mut self) -> Option<RunId> {
        let live: Vec<RunId> = self
            .rig
            .runs
            .iter()
            .filter(|(_, held)| held.control.ended().is_none())
            .map(|(run, _)| *run)
            .collect();
        (!live.is_empty()).then(|| live[self.dice.below(live.len())])
    }

    /// Counts what happens now under every kind of step that is being worked on.
    fn count(&mut self, run: RunId, order: &'static str) {
        let held = &self.rig.runs[&run];
        let steps: Vec<&str> = held.control.live.keys().map(|at| at.step.as_str()).collect();
        for step in steps {
            self.matrix.order(faults::kind_of(step), order);
        }
    }

    fn deliver(&mut self) -> bool {
        for (_, _, left) in &mut self.out {
            *left = left.saturating_sub(1);
        }
        let Some(n) = self.out.iter().position(|(_, _, left)| *left == 0) else { return false };
        let (run, event, _) = self.out.remove(n);
        // A run that is not in memory is loaded first, as a driver does.
        self.rig.wake(run, vec![event]);
        true
    }

    fn inbox(&mut self) -> bool {
        let all: Vec<RunId> = self.rig.runs.keys().copied().collect();
        for run in all {
            if self.rig.has_mail(run) {
                self.rig.wake(run, Vec::new());
                return true;
            }
        }
        false
    }

    fn faulty(&mut self) {
        for _ in 0..MOVES {
            if self.rig.runs.is_empty() || self.dice.chance(250) {
                self.rig.recover();
            }
            let before = self.rig.permits.len();
            match self.dice.below(100) {
                0..=44 if !self.rig.permits.is_empty() => {
                    let (rig, dice) = (&mut self.rig, &mut self.dice);
                    faults::act(rig, dice, self.matrix, &mut self.out, true, self.focus);
                }
                45..=79 => {
                    if !self.deliver() && !self.inbox() && self.rig.permits.is_empty() {
                        self.idle();
                    }
                }
                80..=86 => {
                    self.inbox();
                }
                87..=93 => {
                    crowd::answer(&mut self.rig, &mut self.dice, self.matrix, false);
                }
                94 => {
                    let long = self.dice.chance(60);
                    self.time(long);
                }
                95..=98 => self.trouble(),
                _ => self.rare(),
            }
            let more = self.rig.permits.len() > before;
            if more && self.dice.chance(40) {
                let new: Vec<&'static str> = self.rig.permits[before..]
                    .iter()
                    .map(|permit| faults::act_kind(&self.rig, permit))
                    .collect();
                for kind in new {
                    self.matrix.act(kind, Fault::None, Crash::AfterCommit);
                }
                for step in std::mem::take(&mut self.rig.entered) {
                    self.matrix.order(faults::kind_of(step.as_str()), "crash");
                }
                self.rig.crash();
            }
            if self.over() {
                return;
            }
        }
    }

    /// Nothing is under way: people answer, most of the time, or time passes.
    fn idle(&mut self) {
        let paused =
            self.rig.runs.iter().find(|(_, held)| held.control.paused).map(|(run, _)| *run);
        if !self.stops.is_empty() && self.dice.chance(400) {
            self.lift();
        } else if let Some(run) = paused.filter(|_| self.dice.chance(300)) {
            let who = PersonId::new("olga@x.example").unwrap();
            self.rig.post(run, Order::Resume { who });
        } else if self.dice.chance(60)
            || !crowd::answer(&mut self.rig, &mut self.dice, self.matrix, false)
        {
            let due = self.rig.next_wake().unwrap_or(self.rig.now);
            let soon = due.0 < self.rig.now.0 + 4 * 86_400_000;
            if soon || self.dice.chance(10) {
                self.time(false);
            }
        }
    }

    fn over(&self) -> bool {
        self.rig.truth.open_runs().is_empty()
    }

    /// Time passes: to the next thing that is due, or far beyond it.
    fn time(&mut self, long: bool) {
        let next = self.rig.next_wake();
        let ms = match next {
            Some(at) if !long => at.0.saturating_sub(self.rig.now.0),
            _ => [5_000, 3_600_000, 9 * 3_600_000, 3 * 86_400_000][self.dice.below(4)],
        };
        if ms > 3_600_000 && self.rig.runs.values().any(|h| !h.control.reviews.is_empty()) {
            self.matrix.reply("absent");
        }
        self.rig.skip(ms.min(9 * 86_400_000));
    }

    fn trouble(&mut self) {
        let Some(run) = self.live() else { return };
        match self.dice.below(8) {
            0 | 1 => {
                let scope = match self.dice.below(7) {
                    0 => StopScope::Everything,
                    1 => StopScope::Run(run),
                    2 => StopScope::Workflow(
                        self.rig.runs[&run].engine.plan().workflow().name.clone(),
                    ),
                    3 => StopScope::Tool(ToolName::new("erp.create").unwrap()),
                    4 => StopScope::Server("erp".into()),
                    5 => StopScope::Beyond {
                        workflow: self.rig.runs[&run].engine.plan().workflow().name.clone(),
                        step: None,
                        level: [Autonomy::Suggest, Autonomy::Approve][self.dice.below(2)],
                    },
                    _ => StopScope::Vendor("acme".into()),
                };
                if !self.stops.contains(&scope) {
                    self.count(run, "stop");
                    self.rig.stop(scope.clone(), true);
                    self.stops.push(scope);
                }
            }
            2 | 3 => self.lift(),
            4 => {
                self.count(run, "pause");
                self.order(run, |who| Order::Pause { who });
            }
            5 | 6 => self.order(run, |who| Order::Resume { who }),
            _ => {
                self.count(run, "crash");
                self.rig.crash();
            }
        }
    }

    fn lift(&mut self) {
        if !self.stops.is_empty() {
            let scope = self.stops.remove(self.dice.below(self.stops.len()));
            self.rig.stop(scope, false);
        }
    }

    fn rare(&mut self) {
        let Some(run) = self.live() else { return };
        match self.dice.below(30) {
            0 => {
                self.count(run, "cancel");
                self.order(run, |who| Order::Cancel { who, reason: "enough".into() });
            }
            1..=15 => {
                self.count(run, "taken_over");
                self.rig.take_over(run);
            }
            _ => {
                self.count(run, "full");
                self.rig.store.set_full(true);
                self.deliver();
                self.rig.wake(run, vec![Event::Timer]);
                self.rig.store.set_full(false);
            }
        }
    }

    fn order(&mut self, run: RunId, order: impl Fn(PersonId) -> Order) {
        let who = ["olga@x.example", "lea@x.example", "bo@x.example"][self.dice.below(3)];
        self.rig.post(run, order(PersonId::new(who).unwrap()));
    }

    /// Nothing goes wrong any more, and everybody does what they should: every run comes to an
    /// end within a bounded number of moves.
    fn calm(&mut self, seed: u64) {
        while !self.stops.is_empty() {
            self.lift();
        }
        // A driver that was superseded unawares is no longer there.
        self.rig.crash();
        for _ in 0..MOVES_MAX {
            if self.over() {
                return;
            }
            self.rig.recover();
            for run in self.rig.truth.open_runs() {
                if self.rig.status(run) == Status::Paused {
                    let who = PersonId::new("olga@x.example").unwrap();
                    self.rig.post(run, Order::Resume { who });
                }
            }
            if !self.rig.permits.is_empty() {
                let (rig, dice) = (&mut self.rig, &mut self.dice);
                faults::act(rig, dice, self.matrix, &mut self.out, false, self.focus);
                continue;
            }
            if !self.out.is_empty() {
                self.deliver();
                continue;
            }
            if self.inbox() || crowd::answer(&mut self.rig, &mut self.dice, self.matrix, true) {
                continue;
            }
            self.time(false);
        }
        let open = self.rig.truth.open_runs();
        let status = self.rig.status(open[0]);
        let records = self.rig.records(open[0]);
        let tail: Vec<String> = records
            .iter()
            .filter(|r| !matches!(r, journal::Record::Declined { .. }))
            .map(|r| format!("{r:?}"))
            .collect();
        let tail = tail[tail.len().saturating_sub(30)..].join("\n");
        panic!("seed {seed}: {} does not end, it is {status:?}:\n{tail}", open[0]);
    }

    fn finish(&mut self) {
        self.rig.check_folds();
        self.rig.truth.all_over();
        self.rig.check_accounts();
        for run in self.rig.truth.all_runs() {
            self.rig.audit(run);
            for record in self.rig.records(run) {
                if let Record::Moved { why: Why::Exception(1), .. } = record {
                    self.matrix.reply("raised");
                }
            }
            let status = self.rig.load(run).0.ended().map(|end| format!("{end:?}"));
            let end = status.unwrap_or_default();
            let end = end.split("01").next().unwrap_or_default().to_owned();
            *self.matrix.ends.entry(end).or_default() += 1;
        }
        self.matrix.frames += self.rig.frames as u64;
        self.matrix.effects += self.rig.world.effects.len() as u64;
    }
}
