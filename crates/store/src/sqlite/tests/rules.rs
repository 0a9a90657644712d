//! The rules of storing, one after another, on every store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use journal::{
    Account, CommitError, Draw, Epoch, Hash, Millis, RunId, RunQuery, Seq, Status, StopScope,
    Store, StoreError,
};
use plan::ids::{ReleaseId, ToolName, WorkflowName};

use super::fixture::*;
use crate::MemoryStore;
use crate::sqlite::read::{DUE, NEXT_WAKE, lines_of_workflow, lines_sql, waiting_sql};

/// Runs the same test on each kind of store.
fn each(test: impl Fn(&dyn Store)) {
    test(&MemoryStore::new());
    let folder = folder();
    test(&open(folder.path()));
}

fn account() -> Account {
    Account(Arc::from("day/2026-11-23/invoice/cost"))
}

fn take(amount: u64, limit: u64) -> Draw {
    Draw::Take { account: account(), amount, limit }
}

#[test]
fn frames_come_back_as_they_were_stored() {
    each(|store| {
        assert_eq!(store.tip(run(1)).unwrap(), None);
        let mut first = draft(store, run(1), 1);
        first.bodies.push(body(""));
        first.bodies.push(body("third"));
        let first = put(store, first).unwrap();
        let mut bare = draft(store, run(1), 1);
        bare.bodies.clear();
        put(store, bare).unwrap();
        let frames = store.frames(run(1), Seq(0), 9).unwrap();
        let bodies: Vec<_> = first.bodies.iter().map(|b| b.bytes.clone()).collect();
        assert_eq!(frames[0].bodies.as_ref().unwrap(), &bodies);
        assert_eq!(Hash::leaf(&frames[0].bytes), first.hash);
        assert_eq!(frames[1].bodies.as_ref().unwrap().len(), 0);
        assert_eq!(frames.len(), 2);
        assert_eq!(store.frames(run(1), Seq(1), 9).unwrap().len(), 1);
        assert_eq!(store.frames(run(1), Seq(0), 1).unwrap().len(), 1);
        assert_eq!(store.frames(run(2), Seq(0), 9).unwrap().len(), 0);
        let tip = (Seq(2), Hash::leaf(&frames[1].bytes));
        assert_eq!(store.tip(run(1)).unwrap(), Some(tip));
    });
}

#[test]
fn only_the_current_epoch_goes_on_from_the_tip() {
    each(|store| {
        // Claimed before its first frame: the earlier claimant may not open it any more.
        assert_eq!(store.claim(run(1)).unwrap(), Epoch(1));
        assert_eq!(store.claim(run(1)).unwrap(), Epoch(2));
        let check = |epoch, seq: Option<u32>, prev: Option<Hash>| {
            let mut draft = draft(store, run(1), epoch);
            draft.seq = seq.map_or(draft.seq, Seq);
            draft.prev = prev.unwrap_or(draft.prev);
            put(store, draft).map(|_| ())
        };
        let late = Err(CommitError::Superseded);
        assert_eq!(check(1, None, None), late);
        assert_eq!(check(2, Some(1), None), late);
        assert_eq!(check(2, None, Some(Hash([1; 32]))), late);
        assert_eq!(check(2, None, None), Ok(()));
        assert_eq!(check(2, Some(0), Some(Hash::default())), late);
        assert_eq!(check(2, None, Some(Hash([1; 32]))), late);
        assert_eq!(check(2, None, None), Ok(()));
        assert_eq!(store.claim(run(1)).unwrap(), Epoch(3));
        assert_eq!(check(2, None, None), late);
        assert_eq!(check(4, None, None), late);
        assert_eq!(check(3, None, None), Ok(()));
    });
}

#[test]
fn a_refused_draw_stores_nothing_of_its_frame() {
    each(|store| {
        put(store, draft(store, run(2), 1)).unwrap();
        let check = |n: u8, draws: Vec<Draw>| {
            let mut draft = draft(store, run(n), 1);
            draft.draws = draws;
            draft.posts = vec![command(n, run(2))];
            put(store, draft).map(|_| ())
        };
        let claim = Draw::Claim { claim: Hash([9; 32]) };
        let unclaim = Draw::Unclaim { claim: Hash([9; 32]) };
        let give = Draw::Give { account: account(), amount: 4 };
        assert_eq!(check(1, vec![take(7, 10), claim.clone()]), Ok(()));
        let full = Err(CommitError::Limit(account()));
        assert_eq!(check(3, vec![take(3, 10), take(1, 10)]), full);
        let taken = Err(CommitError::Claimed(run(1)));
        assert_eq!(check(3, vec![take(1, 10), claim.clone()]), taken);
        // Nobody ends another run's claim.
        assert_eq!(check(4, vec![unclaim.clone()]), Ok(()));
        assert_eq!(check(3, vec![claim.clone()]), taken);
        assert_eq!(store.account(&account()).unwrap(), 7);
        assert_eq!(store.tip(run(3)).unwrap(), None);
        let posted: Vec<_> = store.inbox(run(2)).unwrap().iter().map(|c| c.id).collect();
        assert_eq!(posted, [command(1, run(2)).id, command(4, run(2)).id]);
        // Draws of one frame see each other.
        assert_eq!(check(1, vec![give, take(7, 10)]), Ok(()));
        assert_eq!(check(1, vec![unclaim.clone(), claim.clone(), unclaim]), Ok(()));
        assert_eq!(check(3, vec![claim]), Ok(()));
        assert_eq!(check(5, vec![take(u64::MAX, u64::MAX)]), full);
        assert_eq!(store.account(&account()).unwrap(), 10);
    });
}

#[test]
fn a_stop_forbids_acts_in_its_scope_and_nothing_else() {
    each(|store| {
        let check = |n: u8, change: fn(&mut journal::Draft)| {
            let mut draft = draft(store, run(n), 1);
            change(&mut draft);
            put(store, draft).map(|c| c.permits.len())
        };
        let scopes = [
            StopScope::Tool(ToolName::new("erp.pay").unwrap()),
            StopScope::Server("erp".into()),
            StopScope::Run(run(1)),
            StopScope::Everything,
        ];
        for scope in scopes {
            assert_eq!(check(1, act), Ok(1));
            put(store, stop(store, scope.clone(), true)).unwrap();
            assert_eq!(store.stops().unwrap(), std::slice::from_ref(&scope));
            assert_eq!(check(1, act), Err(CommitError::Stopped(scope.clone())));
            assert_eq!(check(1, message), Ok(1));
            assert_eq!(check(1, finished), Ok(0));
            let other = check(2, act);
            assert_eq!(other.is_ok(), scope == StopScope::Run(run(1)));
            put(store, stop(store, scope, false)).unwrap();
        }
        put(store, stop(store, StopScope::Vendor("acme".into()), true)).unwrap();
        assert_eq!(check(1, act), Ok(1));
    });
}

#[test]
fn the_inbox_takes_a_command_once_and_keeps_it_until_a_frame_answers() {
    each(|store| {
        let unknown = store.post(&command(1, run(1)));
        assert_eq!(unknown, Err(StoreError::Unknown(format!("run {}", run(1)))));
        put(store, draft(store, run(1), 1)).unwrap();
        for n in [2, 1, 2, 3] {
            store.post(&command(n, run(1))).unwrap();
        }
        let open = |ids: &[u8]| {
            let commands: Vec<_> = ids.iter().map(|n| command(*n, run(1))).collect();
            assert_eq!(store.inbox(run(1)).unwrap(), commands);
        };
        open(&[2, 1, 3]);
        let mut answer = draft(store, run(1), 1);
        answer.consumes = vec![command(2, run(1)).id];
        put(store, answer).unwrap();
        open(&[1, 3]);
        // Answered is answered: the same command again is not a new one.
        store.post(&command(2, run(1))).unwrap();
        open(&[1, 3]);
    });
}

#[test]
fn the_index_says_who_can_go_on() {
    each(|store| {
        let check = |n: u8, line: Option<(Status, Option<u64>)>| {
            let mut draft = draft(store, run(n), 1);
            draft.standing = line.map(|(status, wake)| standing(status, wake));
            put(store, draft).unwrap();
        };
        check(1, None);
        check(2, Some((Status::Sleeping, Some(50))));
        check(3, Some((Status::Waiting, None)));
        check(4, Some((Status::Done, Some(10))));
        check(5, Some((Status::Waiting, Some(70))));
        put(store, stop(store, StopScope::Everything, true)).unwrap();
        let due = |now, runs: &[u8]| {
            let runs: Vec<_> = runs.iter().map(|n| run(*n)).collect();
            assert_eq!(store.due(Millis(now), 9).unwrap(), runs);
        };
        due(0, &[1]);
        due(50, &[1, 2]);
        due(70, &[1, 2, 5]);
        assert_eq!(store.next_wake().unwrap(), Some(Millis(50)));
        store.post(&command(1, run(3))).unwrap();
        store.post(&command(2, run(4))).unwrap();
        due(0, &[1, 3]);
        assert_eq!(store.due(Millis(99), 2).unwrap(), [run(1), run(2)]);
        check(1, Some((Status::Failed, Some(5))));
        due(50, &[2, 3]);
        let listed = |query: RunQuery| -> Vec<RunId> {
            let lines = store.runs(&query).unwrap();
            lines.iter().map(|line| line.run).collect()
        };
        let all = RunQuery { limit: 4, ..RunQuery::default() };
        assert_eq!(listed(all.clone()), [run(5), run(4), run(3), run(2)]);
        let waiting = RunQuery { status: vec![Status::Waiting, Status::Failed], ..all.clone() };
        assert_eq!(listed(waiting), [run(5), run(3), run(1)]);
        for (prefix, runs) in [
            (run(3).to_string(), vec![run(3)]),
            (run(3).to_string().chars().take(9).collect(), vec![run(5), run(4), run(3), run(2)]),
            ("zz".into(), vec![]),
            ("not an id".into(), vec![]),
            ("0".repeat(27), vec![]),
        ] {
            let prefix = Some(prefix);
            assert_eq!(listed(RunQuery { prefix, ..all.clone() }), runs);
        }
        let line = &store.runs(&all).unwrap()[3];
        assert_eq!((line.frames, line.wake_at), (1, Some(Millis(50))));
    });
}

#[test]
fn an_erased_run_keeps_its_frames_and_loses_its_texts() {
    each(|store| {
        let refused = |answer: Answer| matches!(answer, Err(CommitError::Fault(_)));
        assert!(refused(put(store, erasure(store, &[run(1)]))), "there is no such run");
        put(store, draft(store, run(1), 1)).unwrap();
        put(store, last(store, run(2))).unwrap();
        put(store, last(store, run(3))).unwrap();
        // One that is open keeps them all: half an order is none.
        assert!(refused(put(store, erasure(store, &[run(2), run(1)]))));
        assert!(store.frames(run(2), Seq(0), 9).unwrap()[0].bodies.is_some());
        put(store, last(store, run(1))).unwrap();
        store.post(&command(1, run(1))).unwrap();
        let bytes = store.frames(run(1), Seq(0), 9).unwrap().remove(0).bytes;
        for _ in 0..2 {
            put(store, erasure(store, &[run(2), run(1)])).unwrap();
            store.scrub().unwrap();
        }
        let frames = store.frames(run(1), Seq(0), 9).unwrap();
        assert_eq!((frames[0].bytes.clone(), frames.len()), (bytes, 2));
        assert!(frames.iter().all(|f| f.bodies.is_none() && f.entropy.is_none()));
        assert_eq!(store.inbox(run(1)).unwrap(), []);
        assert!(refused(put(store, draft(store, run(1), 1))), "its key is gone");
        assert!(store.frames(run(3), Seq(0), 9).unwrap()[0].bodies.is_some());
        // Only the desk orders it: the same record in a run's own frame does nothing.
        let mut own = draft(store, run(4), 1);
        own.records = erasure(store, &[run(3)]).records;
        put(store, own).unwrap();
        assert!(store.frames(run(3), Seq(0), 9).unwrap()[0].bodies.is_some());
    });
}

#[test]
fn a_release_is_stored_once() {
    each(|store| {
        let id = ReleaseId([4; 32]);
        assert_eq!(store.release(id).unwrap(), None);
        store.put_release(id, b"plan").unwrap();
        store.put_release(id, b"plan").unwrap();
        assert!(matches!(store.put_release(id, b"other"), Err(StoreError::Fault(_))));
        assert_eq!(store.release(id).unwrap().as_deref(), Some(&b"plan"[..]));
    });
}

/// What is asked all the time must not walk through the runs that are over.
#[test]
fn who_is_due_is_found_by_index() {
    let folder = folder();
    let store = open(folder.path());
    let plan = |sql: &str, given: usize| {
        let read = |conn: &rusqlite::Connection| {
            let mut query = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let given = vec![rusqlite::types::Value::Integer(1); given];
            let rows = query
                .query_map(rusqlite::params_from_iter(given), |row| row.get::<_, String>(3))
                .unwrap();
            Ok(rows.map(Result::unwrap).collect::<Vec<_>>().join("\n"))
        };
        store.reader().with(read).unwrap()
    };
    for (sql, given) in [
        (DUE, 3),
        (NEXT_WAKE, 0),
        (&lines_sql(false, true), 7),
        (&lines_of_workflow(), 7),
        (&waiting_sql(), 1),
    ] {
        let plan = plan(sql, given);
        assert!(!plan.contains("SCAN run\n") && !plan.ends_with("SCAN run"), "{plan}");
        assert!(!plan.contains("SCAN frame"), "{plan}");
    }
    assert!(plan(DUE, 3).contains("USING COVERING INDEX inbox_open"));
    assert!(plan(NEXT_WAKE, 0).contains("USING COVERING INDEX run_wake"));
    assert!(!plan(&lines_sql(false, true), 7).contains("TEMP B-TREE"));
    assert!(!plan(&lines_sql(false, false), 7).contains("TEMP B-TREE"));
    for (sql, given, index) in
        [(lines_of_workflow(), 7, "run_place"), (waiting_sql(), 1, "run_due")]
    {
        let plan = plan(&sql, given);
        assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{plan}");
    }
}

#[test]
fn the_counts_are_what_counting_gives_whatever_happens_to_runs() {
    let folder = folder();
    let store = open(folder.path());
    let counted = || {
        let read = |conn: &rusqlite::Connection| {
            let sql = "SELECT workflow || ' ' || status || ' ' || count(*) FROM run
                       WHERE id <> zeroblob(16) GROUP BY workflow, status ORDER BY 1";
            let mut query = conn.prepare(sql).unwrap();
            let rows = query.query_map([], |row| row.get::<_, String>(0)).unwrap();
            Ok(rows.map(Result::unwrap).collect::<Vec<_>>())
        };
        store.reader().with(read).unwrap()
    };
    let tally = || {
        let all = store.reader().tally().unwrap();
        let mut all: Vec<_> =
            all.iter().map(|(name, status, n)| format!("{name} {} {n}", status.as_str())).collect();
        all.sort();
        all
    };
    let ways = [
        &[Status::Running, Status::Waiting, Status::Done][..],
        &[Status::Waiting, Status::Waiting, Status::Waiting],
        &[Status::Running, Status::Failed],
        &[Status::Running],
    ];
    for n in 0..40_u8 {
        for status in ways[usize::from(n) % ways.len()] {
            let mut draft = draft(&store, run(n), 1);
            draft.standing = Some(standing(*status, Some(u64::from(200 - n))));
            put(&store, draft).unwrap();
        }
    }
    assert_eq!(tally(), counted());
    assert_eq!(tally().len(), 4);
    let first = store.reader().waiting(3).unwrap();
    let wakes: Vec<_> = first.iter().map(|line| line.wake_at.unwrap().0).collect();
    assert_eq!(wakes, [163, 167, 171], "the one whose time is over first");
    let of = |workflow: &str| {
        let workflow = Some(WorkflowName::new(workflow).unwrap());
        let query = RunQuery { workflow, limit: 5, ..RunQuery::default() };
        store.runs(&query).unwrap().iter().map(|line| line.run).collect::<Vec<_>>()
    };
    assert_eq!(of("invoice"), [39, 38, 37, 36, 35].map(run), "newest first, however they stand");
    assert!(of("other").is_empty());
}

#[test]
fn many_runs_at_once_never_take_more_than_the_limit() {
    let folder = folder();
    let store = open(folder.path());
    let stored = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for thread in 0..8_u8 {
            let (store, stored) = (&store, &stored);
            scope.spawn(move || {
                for n in 0..25_u8 {
                    let mut draft = draft(store, run(thread * 25 + n), 1);
                    draft.draws = vec![take(3, 100)];
                    match put(store, draft) {
                        Ok(_) => stored.fetch_add(1, Ordering::Relaxed),
                        Err(e) => {
                            assert_eq!(e, CommitError::Limit(account()));
                            0
                        }
                    };
                }
            });
        }
    });
    assert_eq!(stored.into_inner(), 33);
    assert_eq!(store.account(&account()).unwrap(), 99);
    let query = RunQuery { limit: 999, ..RunQuery::default() };
    assert_eq!(store.runs(&query).unwrap().len(), 33);
}
