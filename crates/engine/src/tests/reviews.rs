//! Every way a request can go: all orders of answers, people, repeats and times up to a length,
//! with the driver dying before, amid and after any one of them. Beside the engine runs a model of
//! the request, written as plainly as possible; after each move both must say the same, and no act
//! may happen without the answer that allows it.

use journal::{
    ActNo, Answer, Code, End, Failure, Label, Order, Outcome, Record, Reply, ReviewNo, RunId,
    Status, Usage,
};
use plan::ids::{PersonId, RoleId};
use plan::workflow::EndOutcome;
use serde_json::{Value, json};

use super::{case, questions};
use crate::Event;
use crate::rig::Rig;

mod kinds;
mod moves;

use kinds::{About, Kind, SECOND, kinds};
use moves::{DEATHS, Death, MOVES, Move};

const HOUR: u64 = 3_600_000;

/// Those who may be the ones that answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    First,
    Mate,
    Deputy,
    Second,
}

/// The state of a request, as the model has it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stand {
    Open {
        second: bool,
        claim: Option<Who>,
        agreed: Vec<Who>,
        changed: bool,
    },
    /// Answered with yes; the value that was approved.
    Approved(&'static str),
    /// The case ends, and still asks whether its act happened, under another number.
    Ending,
    Over,
}

/// One play: the run, and the model beside it.
struct Play<'k> {
    kind: &'k Kind,
    rig: Rig,
    run: RunId,
    stand: Stand,
    /// The last order, and whose move it was.
    last: Option<(Move, Order, Vec<PersonId>)>,
    idled: bool,
}

impl<'k> Play<'k> {
    fn new(kind: &'k Kind) -> Self {
        let mut rig = Rig::new(7);
        let call = ("erp.send".into(), json!({ "to": "a@b.c", "text": "hello" }));
        rig.world.script = vec![vec![call]];
        let run = rig.open(&kind.engine, &case());
        match kind.about {
            About::Step | About::Act => {}
            About::Question => questions::ask(&mut rig, run, &questions::question(), true),
            About::Failure => {
                let act = rig.permits.remove(0).act();
                rig.truth.perform(run, act);
                trouble(&mut rig, run, act, Code::VendorRefused, true);
            }
            About::InDoubt => {
                // It happened, and the answer was lost.
                let permit = rig.permits.remove(0);
                let act = permit.act();
                rig.perform(permit);
                trouble(&mut rig, run, act, Code::TimedOut, false);
            }
        }
        rig.settle();
        assert_eq!(rig.status(run), Status::Waiting, "{}", kind.name);
        let stand = Stand::Open { second: false, claim: None, agreed: vec![], changed: false };
        Self { kind, rig, run, stand, last: None, idled: false }
    }

    /// The answer that lets the effect happen.
    fn yes(&self) -> Reply {
        let set = |path: &str, json: &str| Reply::Edit { values: vec![(path.into(), json.into())] };
        match self.kind.about {
            About::Step | About::Act => Reply::Approve,
            About::Question => set("answer.colour", "\"red\""),
            About::Failure => set("ask.text", "\"by hand\""),
            About::InDoubt => Reply::Happened { yes: true },
        }
    }

    /// The order of a move, and those for whom whoever gives it stands in.
    fn order(&self, step: Move) -> Option<(Order, Vec<PersonId>)> {
        let person = |who: &str| PersonId::new(who).unwrap();
        let review = ReviewNo(if step == Move::OtherNumber { 9 } else { 1 });
        let says = |who: &str, reply: Reply| {
            (Order::Review { who: person(who), review, reply }, Vec::new())
        };
        let edit = |path: &str| Reply::Edit { values: vec![(path.into(), "\"B2\"".into())] };
        let Kind { first, barred, mate, .. } = *self.kind;
        let mate = mate.unwrap_or("nobody@x.example");
        Some(match step {
            Move::Approve | Move::OtherNumber => says(first, self.yes()),
            Move::Reject => says(first, Reply::Reject { reason: "no".into() }),
            Move::Edit => says(first, edit("case.code")),
            Move::BadEdit => says(first, edit("case.name")),
            Move::Escalate => {
                let to = RoleId::new("boss").unwrap();
                says(first, Reply::Escalate { to, reason: "not mine".into() })
            }
            Move::MateApproves => says(mate, self.yes()),
            Move::SecondApproves => says(SECOND, self.yes()),
            Move::BarredApproves => says(barred, self.yes()),
            Move::StrangerApproves => says("nobody@x.example", self.yes()),
            Move::DeputyApproves => (says("dee@x.example", self.yes()).0, vec![person(first)]),
            Move::BarredStandsIn if barred == "nobody@x.example" => says(barred, self.yes()),
            Move::BarredStandsIn => (says(barred, self.yes()).0, vec![person(first)]),
            Move::Claim => says(first, Reply::Claim),
            Move::MateClaims => says(mate, Reply::Claim),
            Move::Release => says(first, Reply::Release),
            Move::Again => {
                let (_, order, stands_for) = self.last.clone()?;
                (order, stands_for)
            }
            Move::Cancel => {
                let who = person("olga@x.example");
                (Order::Cancel { who, reason: "enough".into() }, Vec::new())
            }
            Move::Late | Move::Idle => return None,
        })
    }

    /// The model's next state.
    fn next(&self, step: Move) -> Stand {
        let kind = self.kind;
        let Stand::Open { second, claim, agreed, changed } = self.stand.clone() else {
            return self.stand.clone();
        };
        let stays = self.stand.clone();
        let ends = if kind.about == About::InDoubt { Stand::Ending } else { Stand::Over };
        let passed = Stand::Open { second: true, claim: None, agreed: vec![], changed: false };
        let claimed = |claim| Stand::Open { second, claim, agreed: agreed.clone(), changed };
        // Whether somebody may answer at all, and nobody else has taken it up.
        let may = |who: Who| {
            let asked = match who {
                Who::Second => second,
                Who::Mate => !second && kind.mate.is_some(),
                Who::First | Who::Deputy => !second,
            };
            asked && claim.is_none_or(|holder| holder == who)
        };
        let agrees = |who: Who, edits: bool| {
            let mut agreed = if edits { vec![] } else { agreed.clone() };
            if !may(who) || agreed.contains(&who) {
                return stays.clone();
            }
            let changed = changed || edits;
            agreed.push(who);
            if agreed.len() < kind.needs {
                return Stand::Open { second, claim: None, agreed, changed };
            }
            Stand::Approved(kind.values[usize::from(changed)])
        };
        match step {
            Move::Approve => agrees(Who::First, false),
            Move::MateApproves => agrees(Who::Mate, false),
            Move::DeputyApproves => agrees(Who::Deputy, false),
            Move::SecondApproves => agrees(Who::Second, false),
            Move::Edit if kind.about == About::Step => agrees(Who::First, true),
            Move::Reject if may(Who::First) && kind.about != About::InDoubt => Stand::Over,
            Move::Escalate if may(Who::First) && kind.passes => passed,
            Move::Late if kind.passes && !second => passed,
            Move::Cancel | Move::Late => ends,
            Move::Claim if may(Who::First) => claimed(Some(Who::First)),
            Move::MateClaims if may(Who::Mate) => claimed(Some(Who::Mate)),
            Move::Release if kind.steers || claim == Some(Who::First) => claimed(None),
            Move::Idle if !self.idled => claimed(None),
            Move::Again => match &self.last {
                Some((last, ..)) => self.next(*last),
                None => stays,
            },
            _ => stays,
        }
    }

    fn step(&mut self, step: Move, death: Option<Death>) {
        self.stand = self.next(step);
        match self.order(step) {
            Some((order, stands_for)) => {
                self.rig.stands_for.clone_from(&stands_for);
                self.rig.post(self.run, order.clone());
                let step = match (step, &self.last) {
                    (Move::Again, Some((last, ..))) => *last,
                    (other, _) => other,
                };
                self.last = Some((step, order, stands_for));
                self.die_if(death == Some(Death::BeforeLook));
                self.rig.wake(self.run, Vec::new());
            }
            None if step == Move::Late || (step == Move::Idle && !self.idled) => {
                // Once only: the second role has two hours.
                self.idled |= step == Move::Idle;
                self.die_if(death == Some(Death::BeforeLook));
                self.rig.skip(if step == Move::Late { 48 * HOUR } else { HOUR * 31 / 60 });
            }
            None => {}
        }
        self.die_if(death == Some(Death::BeforeAct));
        self.rig.settle();
        self.die_if(death == Some(Death::AfterAll));
        self.rig.settle();
    }

    fn die_if(&mut self, dies: bool) {
        if dies {
            self.rig.crash();
            self.rig.recover();
        }
    }

    /// Where the run stands; one that is over is taken up by no new driver.
    fn status(&self) -> Status {
        if self.rig.runs.contains_key(&self.run) {
            return self.rig.status(self.run);
        }
        let records = self.rig.records(self.run);
        let ends = |record: &&Record| matches!(record, Record::Ended { .. });
        match records.iter().rfind(ends).expect("nobody has the run, so it is over") {
            Record::Ended { end: End::Reached(EndOutcome::Done), .. } => Status::Done,
            _ => Status::Failed,
        }
    }

    /// Both say the same, and the act has its answer.
    fn check(&self, told: &str) {
        let done: Vec<&Value> = self
            .rig
            .world
            .effects
            .iter()
            .filter(|e| e.tool == self.kind.effect)
            .map(|e| &e.args)
            .collect();
        match &self.stand {
            Stand::Approved(value) => {
                assert_eq!(
                    done.len(),
                    1,
                    "{told}: approved, and it happened {} times: {:#?}",
                    done.len(),
                    self.rig.records(self.run)
                );
                assert_eq!(done[0][self.kind.argument], *value, "{told}");
                assert_eq!(self.status(), Status::Done, "{told}");
            }
            Stand::Open { .. } | Stand::Ending | Stand::Over => {
                // One in doubt happened before anybody was asked, and not once more.
                let before = usize::from(self.kind.about == About::InDoubt);
                assert_eq!(done.len(), before, "{told}: an act without its answer");
                let waits = self.stand != Stand::Over;
                let stands = self.status();
                assert_eq!(
                    stands == Status::Waiting,
                    waits,
                    "{told}: {stands:?}, {:?}",
                    self.stand
                );
            }
        }
        let mut yes: Vec<PersonId> = Vec::new();
        let mut agreed: Vec<PersonId> = Vec::new();
        for record in self.rig.records(self.run) {
            match record {
                Record::ReviewAgreed { who, edits, .. } => {
                    if !edits.is_empty() {
                        agreed.clear();
                    }
                    agreed.push(who);
                }
                Record::ReviewAnswered {
                    who,
                    answer: Answer::Approved | Answer::Edited { .. },
                    ..
                } => yes.push(who),
                Record::ReviewAnswered { answer: Answer::Escalated { .. }, .. }
                | Record::ReviewLate { .. } => agreed.clear(),
                _ => {}
            }
        }
        let is_yes = matches!(self.stand, Stand::Approved(_));
        assert_eq!(yes.len(), usize::from(is_yes), "{told}");
        let barred = |who: &PersonId| who.as_str() == self.kind.barred;
        assert!(!yes.iter().chain(&agreed).any(barred), "{told}");
        if let Some(last) = yes.first() {
            agreed.push(last.clone());
            let mut people = agreed.clone();
            people.sort();
            people.dedup();
            assert!(people.len() >= self.kind.needs, "{told}: {agreed:?}");
        }
    }
}

/// A step's call comes back with trouble: it certainly failed, or nobody knows.
fn trouble(rig: &mut Rig, run: RunId, act: ActNo, code: Code, certain: bool) {
    let failure = Failure { code, text: "no".into(), retry_after_ms: None };
    let outcome = Outcome { result: Err(failure), usage: Usage::default(), reported: None };
    rig.wake(run, vec![Event::Act { act, outcome, certain, held: Label::default() }]);
}

/// Plays every sequence of a length, without a death and, if wanted, with one at every place. Gives
/// how many were played.
fn every(kind: &Kind, length: usize, dies: bool) -> usize {
    let mut played = 0;
    for n in 0..MOVES.len().pow(length as u32) {
        let at = |place: usize| MOVES[n / MOVES.len().pow(place as u32) % MOVES.len()];
        let moves: Vec<Move> = (0..length).map(at).collect();
        let places = if dies { length } else { 0 };
        let each = (0..places).flat_map(|place| DEATHS.map(|death| Some((place, death))));
        for death in each.chain([None]) {
            let mut play = Play::new(kind);
            for (place, step) in moves.iter().enumerate() {
                let dies = death.filter(|(at, _)| *at == place).map(|(_, death)| death);
                play.step(*step, dies);
                play.check(&format!("{}: {moves:?}, dies {death:?}, at {place}", kind.name));
            }
            play.rig.audit(play.run);
            played += 1;
        }
    }
    played
}

/// Plays at random, longer and with several deaths. The seed is in the message of a failure.
fn some(kind: &Kind, plays: u64) {
    for seed in 0..plays {
        let mut dice = Rig::new(seed);
        let mut throw = |sides: usize| (dice.random() % sides as u64) as usize;
        let mut play = Play::new(kind);
        for place in 0..3 + throw(6) {
            let step = MOVES[throw(MOVES.len())];
            let death = DEATHS.get(throw(6)).copied();
            play.step(step, death);
            play.check(&format!("{}: seed {seed}, at {place}: {step:?} {death:?}", kind.name));
        }
        play.rig.audit(play.run);
    }
}

/// Without a wish: one move and a few plays of each kind. `FLIGHTDECK_REVIEWS` names a number of
/// plays at random for each kind, and wants all sequences of two moves with every death and of
/// three without.
#[test]
fn every_way_a_request_can_go_is_as_the_model_says() {
    let wish = std::env::var("FLIGHTDECK_REVIEWS").ok();
    let plays = wish.as_ref().map_or(60, |plays| plays.parse().unwrap());
    let count = kinds().len();
    // Each kind builds its own workflow, since a rig stays in its thread.
    let threads: Vec<_> = (0..count)
        .map(|n| {
            let whole = wish.is_some();
            std::thread::spawn(move || {
                let kind = &kinds()[n];
                let mut played = every(kind, 1, true);
                if whole {
                    played += every(kind, 2, true) + every(kind, 3, false);
                }
                some(kind, plays);
                played
            })
        })
        .collect();
    let played: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    let (one, moves) = (DEATHS.len(), MOVES.len());
    let two = moves * moves * (2 * one + 1) + moves * moves * moves;
    assert_eq!(played, count * (moves * (one + 1) + if wish.is_some() { two } else { 0 }));
    println!(
        "{}",
        json!({ "kinds": count, "moves": moves, "sequences": played,
            "at_random": plays * count as u64, "acts_without_an_answer": 0,
            "answers_used_twice": 0 })
    );
}
