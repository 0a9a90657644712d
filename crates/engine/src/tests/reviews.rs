//! Every way a request can go: all orders of answers, people, repeats and times up to a length,
//! with the driver dying before, amid and after any one of them. Beside the engine runs a model of
//! the request, written as plainly as possible; after each move both must say the same, and no act
//! may happen without the answer that allows it.

use std::rc::Rc;

use journal::{Answer, End, Order, Record, Reply, ReviewNo, RunId, Status};
use plan::ids::{PersonId, RoleId};
use plan::workflow::EndOutcome;
use serde_json::{Value, json};

use super::{case, engine, tampered};
use crate::Engine;
use crate::rig::Rig;

const HOUR: u64 = 3_600_000;

/// What somebody does, or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Move {
    Approve,
    Reject,
    Edit,
    /// A value that may not be given.
    BadEdit,
    Escalate,
    SecondApproves,
    /// Whoever may never answer this one, though they hold the role.
    BarredApproves,
    StrangerApproves,
    /// A request that was never opened.
    OtherNumber,
    /// The last answer, delivered once more.
    Again,
    /// Nobody answers until it is due.
    Late,
    Cancel,
}

const MOVES: [Move; 12] = [
    Move::Approve,
    Move::Reject,
    Move::Edit,
    Move::BadEdit,
    Move::Escalate,
    Move::SecondApproves,
    Move::BarredApproves,
    Move::StrangerApproves,
    Move::OtherNumber,
    Move::Again,
    Move::Late,
    Move::Cancel,
];

/// When the driver dies within a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    /// The answer is in the inbox, and nobody has looked.
    BeforeLook,
    /// What it allows is stored, and not begun.
    BeforeAct,
    AfterAll,
}

const DEATHS: [Death; 3] = [Death::BeforeLook, Death::BeforeAct, Death::AfterAll];

/// The state of a request, as the model has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    First,
    Second,
    /// Answered with yes; the value that was approved.
    Approved(&'static str),
    Over,
}

/// A workflow whose one effect waits for one request.
struct Kind {
    name: &'static str,
    engine: Rc<Engine>,
    /// Who may answer first, second and never.
    first: &'static str,
    second: &'static str,
    barred: &'static str,
    /// Who is asked when the request is passed on, and whether lateness passes it on too.
    passes_to: Option<&'static str>,
    late_passes: bool,
    /// Whether another value may be given.
    edits: bool,
    effect: &'static str,
    /// The argument that is looked at, as it is asked about and as it is edited to.
    argument: &'static str,
    values: [&'static str; 2],
}

fn kinds() -> [Kind; 3] {
    let step = engine(
        "",
        "  - step: look
    review:
      by: lead
      never_by: [ starter, owner ]
      question: Right?
      show: [ case ]
      may_edit: [ case.code ]
      within: 8 working hours
      late: { ask: boss, within: 2 working hours, then: stop }
      if_rejected: { then: stop }
  - step: pay
    tool: erp.create
    with: { supplier: case.code, amount: case.amount, currency: { literal: EUR } }
",
    );
    let act = engine(
        "",
        "  - step: match
    lookup:
      supplier: { in: suppliers, where: { name: case.name, code: case.code } }
      order: { in: orders, where: { order: case.order } }
  - step: pay
    tool: erp.create
    with: { supplier: match.supplier.payee, amount: match.order.amount, currency: { literal: EUR } }
",
    );
    let agent = engine(
        "",
        "  - step: work
    agent: clerk
    given: [ case.text ]
    answer: { note: text }
    tools: [ web.query, erp.send ]
    turns: 6
",
    );
    // Where it is in doubt it is sent again under its key, so that nobody is asked about that.
    let agent =
        tampered(&agent, |workflow| workflow["tools"]["erp.send"]["repeatable"] = json!(true));
    [
        Kind {
            name: "a step of the map",
            engine: step,
            first: "lea@x.example",
            second: "bo@x.example",
            barred: "olga@x.example",
            passes_to: Some("boss"),
            late_passes: true,
            edits: true,
            effect: "erp.create",
            argument: "supplier",
            values: ["A1", "B2"],
        },
        Kind {
            name: "an act that guard holds back",
            engine: act,
            first: "cem@x.example",
            second: "bo@x.example",
            barred: "cia@x.example",
            passes_to: None,
            late_passes: false,
            edits: false,
            effect: "erp.create",
            argument: "supplier",
            values: ["S1", ""],
        },
        Kind {
            name: "one call of an agent",
            engine: agent,
            first: "cem@x.example",
            second: "bo@x.example",
            barred: "cia@x.example",
            passes_to: None,
            late_passes: false,
            edits: false,
            effect: "erp.send",
            argument: "to",
            values: ["a@b.c", ""],
        },
    ]
}

/// One play: the run, and the model beside it.
struct Play<'k> {
    kind: &'k Kind,
    rig: Rig,
    run: RunId,
    stand: Stand,
    last: Option<Order>,
}

impl<'k> Play<'k> {
    fn new(kind: &'k Kind) -> Self {
        let mut rig = Rig::new(7);
        let call = ("erp.send".into(), json!({ "to": "a@b.c", "text": "hello" }));
        rig.world.script = vec![vec![call]];
        let run = rig.open(&kind.engine, &case());
        rig.settle();
        assert_eq!(rig.status(run), Status::Waiting, "{}", kind.name);
        Self { kind, rig, run, stand: Stand::First, last: None }
    }

    fn order(&self, step: Move) -> Option<Order> {
        let answer = |who: &str, reply: Reply| Order::Review {
            who: PersonId::new(who).unwrap(),
            review: ReviewNo(if step == Move::OtherNumber { 9 } else { 1 }),
            reply,
        };
        let edit = |path: &str| Reply::Edit { values: vec![(path.into(), "\"B2\"".into())] };
        let Kind { first, second, barred, .. } = *self.kind;
        Some(match step {
            Move::Approve | Move::OtherNumber => answer(first, Reply::Approve),
            Move::Reject => answer(first, Reply::Reject { reason: "no".into() }),
            Move::Edit => answer(first, edit("case.code")),
            Move::BadEdit => answer(first, edit("case.name")),
            Move::Escalate => {
                let to = RoleId::new("boss").unwrap();
                answer(first, Reply::Escalate { to, reason: "not mine".into() })
            }
            Move::SecondApproves => answer(second, Reply::Approve),
            Move::BarredApproves => answer(barred, Reply::Approve),
            Move::StrangerApproves => answer("nobody@x.example", Reply::Approve),
            Move::Again => return self.last.clone(),
            Move::Cancel => {
                let who = PersonId::new("olga@x.example").unwrap();
                Order::Cancel { who, reason: "enough".into() }
            }
            Move::Late => return None,
        })
    }

    /// The model's next state.
    fn next(&self, step: Move) -> Stand {
        let kind = self.kind;
        let asked_first = self.stand == Stand::First;
        match (self.stand, step) {
            (Stand::Approved(_) | Stand::Over, _) => self.stand,
            (_, Move::Cancel) => Stand::Over,
            (Stand::First, Move::Approve) => Stand::Approved(kind.values[0]),
            (Stand::First, Move::Reject) => Stand::Over,
            (Stand::First, Move::Edit) if kind.edits => Stand::Approved(kind.values[1]),
            (Stand::First, Move::Escalate) if kind.passes_to.is_some() => Stand::Second,
            (Stand::First, Move::Late) if kind.late_passes => Stand::Second,
            (_, Move::Late) => Stand::Over,
            (Stand::Second, Move::SecondApproves) => Stand::Approved(kind.values[0]),
            // The same words again do what they did: nothing new, unless somebody else is asked.
            (_, Move::Again) => match self.last.clone() {
                Some(Order::Review { who, reply: Reply::Approve, review })
                    if review == ReviewNo(1) && !asked_first && who.as_str() == kind.second =>
                {
                    Stand::Approved(kind.values[0])
                }
                _ => self.stand,
            },
            (stand, _) => stand,
        }
    }

    fn step(&mut self, step: Move, death: Option<Death>) {
        self.stand = self.next(step);
        match self.order(step) {
            Some(order) => {
                self.rig.post(self.run, order.clone());
                self.last = Some(order);
                self.die_if(death == Some(Death::BeforeLook));
                self.rig.wake(self.run, Vec::new());
            }
            None if step == Move::Late => {
                self.die_if(death == Some(Death::BeforeLook));
                self.rig.skip(48 * HOUR);
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
        match self.stand {
            Stand::Approved(value) => {
                assert_eq!(
                    done.len(),
                    1,
                    "{told}: approved, and it happened {} times: {:#?}",
                    done.len(),
                    self.rig.records(self.run)
                );
                assert_eq!(done[0][self.kind.argument], value, "{told}");
                assert_eq!(self.status(), Status::Done, "{told}");
            }
            Stand::First | Stand::Second | Stand::Over => {
                assert!(done.is_empty(), "{told}: an act without its answer");
                let waits = self.stand != Stand::Over;
                assert_eq!(self.status() == Status::Waiting, waits, "{told}");
            }
        }
        let answers = self.rig.records(self.run).into_iter().filter_map(|record| match record {
            Record::ReviewAnswered { answer, who, .. } => Some((answer, who)),
            _ => None,
        });
        let yes = |(answer, _): &(Answer, PersonId)| {
            matches!(answer, Answer::Approved | Answer::Edited { .. })
        };
        let yes: Vec<_> = answers.filter(yes).collect();
        assert!(yes.len() <= 1, "{told}: answered twice: {yes:?}");
        assert_eq!(yes.is_empty(), done.is_empty(), "{told}");
        let barred = |(_, who): &(Answer, PersonId)| who.as_str() == self.kind.barred;
        assert!(!yes.iter().any(barred), "{told}");
    }
}

/// Plays every sequence of a length, with one death at every place. Gives how many were played.
fn every(kind: &Kind, length: usize) -> usize {
    let mut played = 0;
    for n in 0..MOVES.len().pow(length as u32) {
        let at = |place: usize| MOVES[n / MOVES.len().pow(place as u32) % MOVES.len()];
        let moves: Vec<Move> = (0..length).map(at).collect();
        let each = (0..length).flat_map(|place| DEATHS.map(|death| Some((place, death))));
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

/// Without a wish: two moves and a few plays. `FLIGHTDECK_REVIEWS` names a number of plays at
/// random for each kind, and wants all sequences of three moves as well.
#[test]
fn every_way_a_request_can_go_is_as_the_model_says() {
    let wish = std::env::var("FLIGHTDECK_REVIEWS").ok();
    let plays = wish.as_ref().map_or(100, |plays| plays.parse().unwrap());
    let (mut played, kinds) = (0, kinds());
    for kind in &kinds {
        played += every(kind, 1) + every(kind, 2);
        if wish.is_some() {
            played += every(kind, 3);
        }
        some(kind, plays);
    }
    assert_eq!(played, kinds.len() * if wish.is_some() { 18_336 } else { 1_056 });
    println!(
        "{}",
        json!({ "kinds": kinds.len(), "moves": MOVES.len(), "sequences": played,
            "at_random": plays * kinds.len() as u64, "acts_without_an_answer": 0,
            "answers_used_twice": 0 })
    );
}
