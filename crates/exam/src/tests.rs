//! Exams as people meet them: orders one after the other, with a clock that the test moves.

mod banks;
mod forms;
mod guess;
mod portfolios;
mod sittings;

use std::collections::BTreeMap;

use journal::{BodyRef, Exam, Examined, Hash, Millis, Record, Seq, SittingId, Tick};
use plan::ids::PersonId;
use plan::{Exams, Track};

use crate::{Around, Banks, Board, Next, No, Order, Outcome, Paper, Review, Rights, Told, next};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// An installation with its records.
struct Rig {
    banks: Banks,
    exams: Exams,
    board: Board,
    written: Vec<(Exam, Option<String>)>,
    tick: Tick,
    orders: u64,
}

fn person(name: &str) -> PersonId {
    PersonId::new(name).unwrap()
}

impl Rig {
    fn new() -> Self {
        Self::of(Banks::embedded().unwrap())
    }

    fn of(banks: Banks) -> Self {
        let tick = Tick { wall: Millis(1_800_000_000_000), boot: 7, since: 5 * HOUR };
        let (board, written) = (Board::default(), Vec::new());
        Self { banks, exams: Exams::new(), board, written, tick, orders: 0 }
    }

    /// Lets time go by, on both clocks.
    fn later(&mut self, ms: u64) {
        self.tick.wall.0 += ms;
        self.tick.since += ms;
    }

    fn write(&mut self, did: Examined, text: Option<String>) {
        let body = BodyRef { seq: Seq(u32::try_from(self.written.len()).unwrap()), n: 0 };
        let exam = Exam { tick: self.tick, did, told: text.as_ref().map(|_| body) };
        self.board.read(&Record::Exam(Box::new(exam.clone())), |_| text.clone());
        self.written.push((exam, text));
    }

    fn told(&mut self, who: &str, rights: Rights, order: &Order) -> Result<Told, No> {
        self.orders += 1;
        let (who, id) = (person(who), self.orders.to_be_bytes());
        let (banks, exams) = (self.banks.clone(), self.exams.clone());
        let seed = Hash::of(&id);
        let around = Around { banks: &banks, exams: &exams, who: &who, rights, id, seed };
        for _ in 0..100 {
            match next(&self.board, order, &around, &self.tick)? {
                Next::Tell(told) => return Ok(told),
                Next::Write(did, text) => self.write(did, text),
            }
        }
        panic!("{order:?} never comes to an end")
    }

    fn candidate(&mut self, who: &str, order: &Order) -> Result<Told, No> {
        self.told(who, Rights::default(), order)
    }

    fn owner(&mut self, order: &Order) -> Result<Told, No> {
        self.told("olga", Rights { owns: true, assesses: true }, order)
    }

    fn assessor(&mut self, who: &str, order: &Order) -> Result<Told, No> {
        self.told(who, Rights { owns: false, assesses: true }, order)
    }

    fn paper(&mut self, who: &str, order: &Order) -> Paper {
        match self.candidate(who, order).unwrap() {
            Told::Paper(paper) => paper,
            other => panic!("{other:?}"),
        }
    }

    fn begin(&mut self, who: &str, track: Track) -> Paper {
        self.paper(who, &Order::Begin(track))
    }

    fn outcome(&mut self, who: &str, order: &Order) -> Outcome {
        match self.candidate(who, order).unwrap() {
            Told::Outcome(outcome) => *outcome,
            other => panic!("{other:?}"),
        }
    }

    fn answer(&mut self, who: &str, sitting: &SittingId, at: (u16, u8)) -> Result<Told, No> {
        let (question, option) = at;
        let sitting = sitting.clone();
        self.candidate(who, &Order::Answer { sitting, question, item: None, option })
    }

    /// The place of the right option of a question, as whoever keeps the bank knows it.
    fn right(&self, sitting: &SittingId, question: u16) -> u8 {
        let sitting = self.board.sitting(sitting).unwrap();
        let posed = &sitting.form[usize::from(question - 1)];
        let item = self.banks.get(sitting.track).unwrap().item(&posed.item).unwrap();
        let place = posed.order.iter().position(|n| usize::from(*n) == item.key).unwrap();
        u8::try_from(place + 1).unwrap()
    }

    /// Sits an exam with so many right answers, the others wrong.
    fn sit(&mut self, who: &str, track: Track, right: usize) -> Outcome {
        let paper = self.begin(who, track);
        for question in &paper.questions {
            let key = self.right(&paper.sitting, question.question);
            let wrong = key % 4 + 1;
            let option = if usize::from(question.question) <= right { key } else { wrong };
            self.answer(who, &paper.sitting, (question.question, option)).unwrap();
        }
        self.outcome(who, &Order::Submit(paper.sitting))
    }

    /// The same board, made of the records anew.
    fn folded(&self) -> Board {
        let mut board = Board::default();
        for (exam, text) in &self.written {
            let bytes = serde_json::to_vec(&Record::Exam(Box::new(exam.clone()))).unwrap();
            board.read(&serde_json::from_slice(&bytes).unwrap(), |_| text.clone());
        }
        board
    }

    fn reviews(&mut self, who: &str, rights: Rights, order: &Order) -> Vec<Review> {
        match self.told(who, rights, order).unwrap() {
            Told::Reviews { reviews } => reviews,
            other => panic!("{other:?}"),
        }
    }
}

/// A small bank of a track: so many items in each of its domains.
fn small(track: Track, domains: &[&str], each: usize) -> String {
    let mut items = Vec::new();
    for domain in domains {
        for n in 0..each {
            items.push(serde_json::json!({
                "id": format!("T-{domain}-{n}"), "domain": domain,
                "criterion": format!("{domain}.{}", n % 5 + 1), "difficulty": 2, "status": "live",
                "stem": format!("what is done about {domain} the {n}th time?"),
                "options": ["one", "two", "three", "four"], "key": n % 4,
                "rationale": "because it is so",
                "because": (0..4).map(|o| (o != n % 4).then_some("not so")).collect::<Vec<_>>(),
            }));
        }
    }
    serde_json::json!({ "track": track, "version": "1", "items": items }).to_string()
}

const PSF: [&str; 8] = ["PSF-1", "PSF-2", "PSF-3", "PSF-4", "PSF-5", "PSF-6", "PSF-7", "PSF-8"];

fn placed(levels: [u8; 6]) -> BTreeMap<plan::ids::FieldName, (u8, String)> {
    let rubric = crate::Rubric::embedded().unwrap();
    let each = rubric.dimensions.into_iter().zip(levels);
    each.map(|(one, level)| (one.id, (level, format!("the pack shows {level}")))).collect()
}
