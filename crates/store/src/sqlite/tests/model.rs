//! Random bursts of commits against the journal in memory: both must answer the same and hold the
//! same, however the bursts fall into groups, and after the folder was opened again.

use std::sync::Arc;

use journal::{Account, Draft, Draw, Hash, Millis, RunQuery, Seq, Status, StopScope, Store};
use plan::ids::ToolName;
use proptest::prelude::*;

use super::fixture::*;
use crate::sqlite::writer::Op;
use crate::{MemoryStore, SqliteStore};

const RUNS: u8 = 4;

#[derive(Debug, Clone)]
enum Step {
    Frame(Frame),
    Claim(u8),
    Post(u8, u8),
}

#[derive(Debug, Clone)]
struct Frame {
    run: u8,
    /// How far the epoch is from the current one.
    stale: u32,
    skips: bool,
    acts: bool,
    bodies: usize,
    draws: Vec<(u8, u8, u64)>,
    consumes: Option<u8>,
    posts: Option<(u8, u8)>,
    line: Option<(usize, Option<u64>)>,
}

/// What happens between two bursts.
#[derive(Debug, Clone)]
enum Between {
    Nothing,
    Open,
    Stop(u8, bool),
    Erase(u8),
}

fn frame() -> impl Strategy<Value = Frame> {
    (
        (0..RUNS, prop_oneof![9 => Just(0_u32), 1 => Just(1)], prop::bool::weighted(0.1)),
        (any::<bool>(), 0..3_usize),
        prop::collection::vec((0..4_u8, 0..2_u8, 0..6_u64), 0..3),
        prop::option::weighted(0.3, 0..6_u8),
        prop::option::weighted(0.3, (0..6_u8, 0..RUNS)),
        prop::option::weighted(0.6, (0..10_usize, prop::option::of(0..9_u64))),
    )
        .prop_map(|((run, stale, skips), (acts, bodies), draws, consumes, posts, line)| {
            Frame { run, stale, skips, acts, bodies, draws, consumes, posts, line }
        })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => frame().prop_map(Step::Frame),
        1 => (0..RUNS).prop_map(Step::Claim),
        1 => (0..6_u8, 0..RUNS).prop_map(|(n, run)| Step::Post(n, run)),
    ]
}

fn between() -> impl Strategy<Value = Between> {
    prop_oneof![
        3 => Just(Between::Nothing),
        1 => Just(Between::Open),
        2 => (0..3_u8, any::<bool>()).prop_map(|(scope, set)| Between::Stop(scope, set)),
        1 => (0..RUNS).prop_map(Between::Erase),
    ]
}

fn account(n: u8) -> Account {
    Account(Arc::from(format!("account {n}")))
}

fn draw((kind, which, amount): (u8, u8, u64)) -> Draw {
    let claim = Hash([which; 32]);
    match kind {
        0 => Draw::Claim { claim },
        1 => Draw::Unclaim { claim },
        2 => Draw::Give { account: account(which), amount },
        _ => Draw::Take { account: account(which), amount, limit: 9 },
    }
}

fn written(model: &MemoryStore, epochs: &[u32], frame: &Frame) -> Draft {
    let id = run(frame.run);
    let mut draft = draft(model, id, epochs[usize::from(frame.run)] - frame.stale);
    if frame.skips {
        draft.seq.0 += 1;
    }
    draft.bodies = (0..frame.bodies).map(|n| body(&"x".repeat(n * 3000))).collect();
    if frame.acts {
        act(&mut draft);
    }
    draft.draws = frame.draws.iter().copied().map(draw).collect();
    draft.consumes = frame.consumes.iter().map(|n| command(*n, id).id).collect();
    draft.posts = frame.posts.iter().map(|(n, to)| command(*n, run(*to))).collect();
    draft.standing = frame.line.map(|(n, wake)| standing(Status::ALL[n], wake));
    draft
}

/// Everything a store answers, as one text.
fn view(store: &dyn Store) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    let mut line = |value: &dyn std::fmt::Debug| writeln!(text, "{value:?}").unwrap();
    for n in 0..RUNS {
        let frames = store.frames(run(n), Seq(0), 999).unwrap();
        for frame in frames {
            line(&(frame.bytes, frame.bodies, frame.entropy.map(|e| e.0)));
        }
        line(&store.tip(run(n)).unwrap());
        line(&store.inbox(run(n)).unwrap());
    }
    for now in [0, 4, 9] {
        line(&store.due(Millis(now), 2).unwrap());
        line(&store.due(Millis(now), 99).unwrap());
    }
    line(&store.next_wake().unwrap());
    line(&store.stops().unwrap());
    line(&[0, 1].map(|n| store.account(&account(n)).unwrap()));
    for status in [vec![], vec![Status::Running], vec![Status::Done, Status::Waiting]] {
        for limit in [2, 99] {
            let query = RunQuery { status: status.clone(), limit, ..RunQuery::default() };
            line(&store.runs(&query).unwrap());
        }
    }
    text
}

/// Sends a burst while the writer is held, so that it falls into one group; then compares.
fn burst(model: &MemoryStore, store: &SqliteStore, epochs: &mut [u32], steps: &[Step]) {
    let gate = hold(store);
    let mut answers = Vec::new();
    let mut claims = Vec::new();
    for step in steps {
        match step {
            Step::Frame(frame) => {
                let (one, two) = (written(model, epochs, frame), written(model, epochs, frame));
                let expected = put(model, one).map(|c| (c.hash, c.permits.len()));
                answers.push((expected, send(store, two)));
            }
            Step::Claim(n) => {
                if model.tip(run(*n)).unwrap().is_none() {
                    continue;
                }
                let epoch = model.claim(run(*n)).unwrap();
                epochs[usize::from(*n)] = epoch.0;
                let (to, from) = std::sync::mpsc::sync_channel(1);
                let op = Op::Claim { run: run(*n), to };
                store.queue.send(op).ok().unwrap();
                claims.push((epoch, from));
            }
            Step::Post(n, to) => {
                let command = command(*n, run(*to));
                let (to, _) = std::sync::mpsc::sync_channel(1);
                let _ = model.post(&command);
                let command = Box::new(command);
                store.queue.send(Op::Post { command, to }).ok().unwrap();
            }
        }
    }
    gate.send(()).unwrap();
    for (expected, answer) in answers {
        let answer = answer.recv().unwrap();
        assert_eq!(answer.map(|c| (c.hash, c.permits.len())), expected);
    }
    for (expected, answer) in claims {
        assert_eq!(answer.recv().unwrap().unwrap(), expected);
    }
    // The last op may be a post, which nobody waits for.
    store.alone(|_| Ok(())).unwrap();
    assert_eq!(view(store), view(model));
}

fn scope(n: u8) -> StopScope {
    match n {
        0 => StopScope::Everything,
        1 => StopScope::Run(run(1)),
        _ => StopScope::Tool(ToolName::new("erp.pay").unwrap()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn both_journals_answer_and_hold_the_same(
        bursts in prop::collection::vec((prop::collection::vec(step(), 0..12), between()), 1..6)
    ) {
        let folder = folder();
        let mut store = open(folder.path());
        let model = MemoryStore::new();
        let mut epochs = [1; RUNS as usize];
        for (steps, between) in &bursts {
            burst(&model, &store, &mut epochs, steps);
            match between {
                Between::Nothing => {}
                Between::Open => {
                    drop(store);
                    store = open(folder.path());
                }
                Between::Stop(n, set) => {
                    let stops = [stop(&model, scope(*n), *set), stop(&store, scope(*n), *set)];
                    let [one, two] = stops;
                    put(&model, one).unwrap();
                    put(&store, two).unwrap();
                }
                Between::Erase(n) => {
                    let [one, two] = [erasure(&model, &[run(*n)]), erasure(&store, &[run(*n)])];
                    let hash = |answer: Answer| answer.map(|committed| committed.hash);
                    prop_assert_eq!(hash(put(&model, one)), hash(put(&store, two)));
                }
            }
        }
        drop(store);
        let store = open(folder.path());
        prop_assert_eq!(view(&store), view(&model));
        for n in 0..RUNS {
            let frames = store.tip(run(n)).unwrap().map_or(0, |(next, _)| next.0);
            prop_assert_eq!(store.reader().verify(run(n)).unwrap(), frames);
        }
        prop_assert_eq!(store.reader().check(), Ok(()));
    }
}

#[test]
fn a_closed_journal_still_answers_everyone() {
    let folder = folder();
    let store = open(folder.path());
    let answers: Vec<_> =
        (0..50).map(|n| send(&store, next(run(n), 1, Seq(0), Hash::default()))).collect();
    drop(store);
    for answer in answers {
        assert!(answer.recv().unwrap().is_ok());
    }
    assert_eq!(open(folder.path()).reader().check(), Ok(()));
}
