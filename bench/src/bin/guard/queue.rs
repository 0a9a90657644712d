//! A queue of requests and the people who answer them, simulated: how much of what is wrong they
//! catch at a given load, with the measures of attention and without. It is a model of tired people
//! and says nothing about any real ones: whoever looks long enough catches nine in ten, the longer
//! the queue the shorter the look, and each answer of a day makes the next one a little worse.

use serde_json::{Value, json};

use crate::Failure;

/// How much of it is wrong.
const WRONG: f64 = 0.05;
/// How long a request takes that is read, in minutes.
const READ: f64 = 3.0;
/// What is caught by somebody who reads, and by somebody who only clicks.
const CAUGHT: (f64, f64) = (0.9, 0.1);
/// Minutes of a working day, people, and days.
const DAY: f64 = 480.0;
const PEOPLE: usize = 4;
const DAYS: usize = 60;
/// From this many that wait for each person on, they hurry.
const CALM: f64 = 5.0;
/// How many answers a day make the eyes half as good.
const TIRES: f64 = 120.0;

/// What the workspace says of attention.
#[derive(Clone, Copy)]
struct Measures {
    /// The most that wait at one time; what comes after waits outside.
    waiting: Option<usize>,
    /// The most answers of one person a day.
    a_day: Option<usize>,
}

/// What came of it.
#[derive(Default)]
struct Came {
    wrong: u32,
    caught: u32,
    answered: u32,
    /// What waited outside for at least a day.
    held: u32,
}

/// The caught share at several loads: requests that come for each that can be read.
pub fn measure() -> Result<Value, Failure> {
    let none = Measures { waiting: None, a_day: None };
    let capped = Measures { waiting: Some(PEOPLE * 5), a_day: Some(120) };
    let mut rows = Vec::new();
    for load in [0.5, 0.9, 1.2, 2.0] {
        let (without, with) = (simulated(load, none), simulated(load, capped));
        if without.wrong == 0 || with.wrong == 0 {
            return Err("nothing wrong came by".into());
        }
        let share = |came: &Came| f64::from(came.caught) / f64::from(came.wrong);
        rows.push(json!({
            "load": load,
            "without": { "caught": share(&without), "answered": without.answered },
            "with": { "caught": share(&with), "answered": with.answered, "held_outside": with.held },
        }));
    }
    Ok(json!(rows))
}

fn simulated(load: f64, measures: Measures) -> Came {
    let mut dice = Dice(7);
    let mut came = Came::default();
    let a_day = load * PEOPLE as f64 * DAY / READ;
    // Inside are requests, each of which is wrong or not; outside is what nobody opened yet.
    let (mut inside, mut outside): (Vec<bool>, Vec<bool>) = (Vec::new(), Vec::new());
    for _ in 0..DAYS {
        let mut answered = [0_usize; PEOPLE];
        let mut free = [0.0_f64; PEOPLE];
        let step = DAY / a_day;
        let mut next = 0.0;
        let mut now = 0.0;
        while now < DAY {
            while next <= now {
                outside.push(dice.share() < WRONG);
                next += step;
            }
            while !outside.is_empty() && measures.waiting.is_none_or(|most| inside.len() < most) {
                inside.push(outside.remove(0));
            }
            for (free, answered) in free.iter_mut().zip(&mut answered) {
                let enough = measures.a_day.is_some_and(|most| *answered >= most);
                if *free > now || inside.is_empty() || enough {
                    continue;
                }
                let each = inside.len() as f64 / PEOPLE as f64;
                let look = READ * (CALM / each.max(CALM));
                let awake = 0.5_f64.powf(*answered as f64 / TIRES);
                let read = look / READ * awake;
                let catches = CAUGHT.1 + (CAUGHT.0 - CAUGHT.1) * read;
                let is_wrong = inside.remove(0);
                came.answered += 1;
                came.wrong += u32::from(is_wrong);
                came.caught += u32::from(is_wrong && dice.share() < catches);
                *answered += 1;
                *free = now + look;
            }
            now += 0.05;
        }
        came.held = u32::try_from(outside.len()).unwrap_or(u32::MAX);
    }
    came
}

/// The same numbers at every run.
struct Dice(u64);

impl Dice {
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}
