use journal::*;
use plan::ids::*;
use std::sync::Arc;
use std::sync::mpsc::channel;
use store::SqliteStore;
fn cpu() -> f64 {
    let s = std::fs::read_to_string("/proc/self/stat").unwrap();
    let f: Vec<&str> = s.rsplit(')').next().unwrap().split_whitespace().collect();
    (f[11].parse::<f64>().unwrap() + f[12].parse::<f64>().unwrap()) / 100.0
}
fn draft(run: RunId, seq: Seq, prev: Hash) -> Draft {
    let at = At { step: StepId::new("read").unwrap(), visit: 1 };
    let tool = ToolName::new("erp.pay").unwrap();
    let place = BodyRef { seq, n: 0 };
    let body = |n: usize| Body { bytes: Arc::from(vec![b'x'; n]), labels: Labels::default() };
    Draft {
        run,
        seq,
        prev,
        epoch: Epoch(1),
        at: Millis(1),
        cause: vec![Cause::Act(ActNo(1))],
        records: vec![
            Record::Finished {
                act: ActNo(seq.0),
                outcome: Finish::Ok { body: place },
                usage: Usage::default(),
            },
            Record::Bound { at: at.clone(), body: place },
            Record::Entered { at: at.clone(), influences: Label::default() },
            Record::Allowed {
                act: ActNo(seq.0 + 1),
                at,
                attempt: 1,
                what: What::Tool { tool: tool.clone(), args: place, part: Part::Main },
                key: Hash([1; 32]),
                rules: vec![],
                reserve: Usage::default(),
            },
        ],
        bodies: vec![body(400), body(300)],
        entropy: Entropy([7; 32]),
        draws: vec![Draw::Take {
            account: Account(Arc::from("day/cost")),
            amount: 1,
            limit: u64::MAX,
        }],
        consumes: vec![],
        posts: vec![],
        payloads: vec![(
            ActNo(seq.0 + 1),
            Payload::Tool(ToolAsk {
                tool,
                digest: Arc::from("d"),
                args: Arc::from(&b"{}"[..]),
                key: Hash::default(),
                time_out_ms: 1,
                bytes_max: 1,
            }),
        )],
        vendors: vec![],
        workflow: WorkflowName::new("invoice").unwrap(),
        release: ReleaseId([3; 32]),
        standing: (seq.0 == 0 || seq.0 == 4).then(|| Standing {
            status: if seq.0 == 4 { Status::Done } else { Status::Running },
            wake_at: None,
        }),
    }
}
fn main() {
    let dir = std::env::args().nth(1).unwrap();
    let window: usize = std::env::args().nth(2).unwrap().parse().unwrap();
    let runs: u32 = 20_000;
    // cost of building alone
    let start = cpu();
    let mem = store::MemoryStore::new();
    for n in 0..runs {
        let run = RunId::new(Millis(n.into()), [9; 10]);
        let mut prev = Hash::default();
        for s in 0..5 {
            let (tx, rx) = channel();
            commit(&mem, draft(run, Seq(s), prev), move |r| tx.send(r.unwrap().hash).unwrap());
            prev = rx.recv().unwrap();
        }
    }
    println!("memory: {:.2} us cpu per frame", (cpu() - start) * 1e6 / f64::from(runs * 5));
    drop(mem);
    let store = SqliteStore::open(std::path::Path::new(&dir)).unwrap();
    let (start, wall) = (cpu(), std::time::Instant::now());
    let (tx, rx) = channel::<(u32, u32, Hash)>();
    let mut opened = 0;
    let mut live = 0;
    let mut done = 0_u64;
    let send = |n: u32, s: u32, prev: Hash| {
        let tx = tx.clone();
        commit(&store, draft(RunId::new(Millis(n.into()), [9; 10]), Seq(s), prev), move |r| {
            tx.send((n, s, r.unwrap().hash)).unwrap()
        });
    };
    while done < u64::from(runs) * 5 {
        while live < window && opened < runs {
            send(opened, 0, Hash::default());
            opened += 1;
            live += 1;
        }
        let (n, s, h) = rx.recv().unwrap();
        done += 1;
        if s == 4 { live -= 1 } else { send(n, s + 1, h) }
    }
    let w = wall.elapsed().as_secs_f64();
    println!(
        "sqlite window {window}: {:.2} us cpu per frame, {:.0} frames/s wall",
        (cpu() - start) * 1e6 / done as f64,
        done as f64 / w
    );
    drop(store);
    println!("size {}", std::fs::metadata(format!("{dir}/journal.db")).unwrap().len());
}
