//! Simulation: from a number a plan with every kind of step, a case, and a schedule of faults, and
//! an outside world that remembers every effect. What must always be true is asserted with every
//! stored frame and every act. A failure names its seed; `SEED=n` runs that one again, `SEEDS=n`
//! sets how many are run; `FLIGHTDECK_LONG=1` runs 10,000.

mod crowd;
mod faults;
mod matrix;
mod plans;
mod schedule;

pub(crate) use schedule::to_the_end;

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::Engine;
use matrix::Matrix;

/// Plans are costly to check and prove, so many schedules share one.
const SCHEDULES: u64 = 20;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn nothing_is_lost_repeated_or_done_without_leave() {
    if let Some(seed) = number("SEED") {
        schedule::run(seed, &plans::engine(seed / SCHEDULES), &mut Matrix::default());
        return;
    }
    let long = std::env::var_os("FLIGHTDECK_LONG").is_some_and(|set| set == "1");
    let seeds = number("SEEDS").unwrap_or(if long { 10_000 } else { 2_000 });
    let lanes = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let mut matrix = Matrix::default();
    std::thread::scope(|threads| {
        let started: Vec<_> =
            (0..lanes).map(|lane| threads.spawn(move || run_lane(lane, lanes, seeds))).collect();
        for lane in started {
            match lane.join() {
                Ok(reached) => matrix.add(reached),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    println!("{matrix}");
    // With few seeds some cells are empty by chance.
    if seeds >= 10_000 {
        let empty = matrix.empty();
        assert!(empty.is_empty(), "never reached: {empty:#?}");
    }
}

/// Every schedule of each plan whose turn it is in this lane.
fn run_lane(lane: u64, lanes: u64, seeds: u64) -> Matrix {
    let mut matrix = Matrix::default();
    let mut engines: BTreeMap<u64, Rc<Engine>> = BTreeMap::new();
    for seed in (0..seeds).filter(|seed| seed / SCHEDULES % lanes == lane) {
        let engine = plans::engine_cached(seed / SCHEDULES, &mut engines);
        let run = std::panic::AssertUnwindSafe(|| {
            schedule::run(seed, &engine, &mut matrix);
        });
        if let Err(panic) = std::panic::catch_unwind(run) {
            eprintln!("the simulation failed: run it again with SEED={seed}");
            std::panic::resume_unwind(panic);
        }
    }
    matrix
}
