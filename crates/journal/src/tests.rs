//! Tests of the vocabulary: what is written reads back, what was changed does not link, labels
//! only join, and a permit comes from a stored `Allowed` alone.

use std::sync::Arc;
use std::sync::mpsc::channel;

use plan::ids::{FieldName, ModelName, PersonId, ReleaseId, StepId, ToolName, WorkflowName};
use plan::workflow::Autonomy;
use proptest::prelude::*;

use crate::*;

fn at(step: &str, visit: u32) -> At {
    At { step: StepId::new(step).unwrap(), visit }
}

#[test]
fn one_fold_says_which_release_is_live_and_which_is_tried() {
    let workflow = WorkflowName::new("sort").unwrap();
    let release = |n: u8| ReleaseId([n; 32]);
    let rules = Canary {
        share: 100_000,
        cases: 50,
        days: 7,
        worse: Worse { quality: 1, cost: 2, requests: 3 },
        itself: false,
    };
    let deployed = |n: u8, canary: Option<Canary>| Record::Deployed {
        workflow: workflow.clone(),
        release: release(n),
        was: None,
        who: PersonId::new("ann@acme.example").unwrap(),
        canary,
        tried: None,
        reason: None,
    };
    let because = Decider::Itself(Because::TimeOver { cases: 3 });
    let back = |from: u8, to: u8| Record::RolledBack {
        workflow: workflow.clone(),
        from: release(from),
        to: release(to),
        by: because.clone(),
        reason: None,
    };
    let promoted = Record::Promoted {
        workflow: workflow.clone(),
        release: release(3),
        was: release(2),
        by: because.clone(),
        reason: None,
    };
    let mut all = Rollouts::default();
    let mut at = 0;
    let mut read = |record: &Record| {
        // What is written down reads back as it was.
        let json = serde_json::to_string(record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&json).unwrap(), *record);
        at += 1;
        all.read(record, Millis(at));
        let rollout = all.get(&workflow).unwrap();
        let canary = rollout.canary.map(|canary| canary.release.0[0]);
        let before: Vec<u8> = rollout.before.iter().map(|release| release.0[0]).collect();
        (rollout.live.0[0], canary, before, rollout.since.0)
    };
    // The first one is live even where it was meant to be tried: there is nothing beside it.
    assert_eq!(read(&deployed(1, Some(rules))), (1, None, vec![], 1));
    assert_eq!(read(&deployed(2, None)), (2, None, vec![1], 2));
    assert_eq!(read(&deployed(3, Some(rules))), (2, Some(3), vec![1], 2));
    assert_eq!(read(&back(3, 2)), (2, None, vec![1], 2));
    assert_eq!(read(&deployed(3, Some(rules))), (2, Some(3), vec![1], 2));
    assert_eq!(read(&promoted), (3, None, vec![1, 2], 6));
    assert_eq!(read(&deployed(4, Some(rules))), (3, Some(4), vec![1, 2], 6));
    // Further back, the canary goes too, and what was left is none of those before.
    assert_eq!(read(&back(3, 1)), (1, None, vec![], 8));
}

#[test]
fn run_ids_read_back_and_nothing_else_does() {
    let check = |text: &str, expected: Option<RunId>| assert_eq!(text.parse().ok(), expected);
    let zeros = "0".repeat(26);
    check(&zeros, Some(RunId::DESK));
    check(&format!("7{}", "z".repeat(25)), Some(RunId::from_bytes([0xff; 16])));
    check(&format!("8{}", "0".repeat(25)), None);
    check("", None);
    check(zeros.strip_prefix('0').unwrap(), None);
    check(&format!("{zeros}0"), None);
    check(&zeros.replacen('0', "I", 1), None);
    check(&"é".repeat(13), None);
    // A child's id is always the same, keeps its parent's time, and is no sibling's.
    let parent = RunId::new(Millis(1_700_000_000_000), [5; 10]);
    let child = parent.child(&at("pay", 1), 3, 0);
    assert_eq!(child, parent.child(&at("pay", 1), 3, 0));
    let time = |id: RunId| id.to_string().chars().take(9).collect::<String>();
    assert_eq!(time(child), time(parent));
    let others = [
        parent,
        parent.child(&at("pay", 1), 4, 0),
        parent.child(&at("pay", 1), 3, 1),
        parent.child(&at("pay", 2), 3, 0),
        parent.child(&at("pai", 1), 3, 0),
        child.child(&at("pay", 1), 3, 0),
    ];
    assert!(!others.contains(&child));
}

proptest! {
    #[test]
    fn ids_sort_by_age_and_read_back(
        (early, late) in (0..1_u64 << 48, 0..1_u64 << 48),
        (one, two) in (any::<[u8; 10]>(), any::<[u8; 10]>()),
        bytes in any::<[u8; 32]>(),
    ) {
        let (a, b) = (RunId::new(Millis(early), one), RunId::new(Millis(late), two));
        if early != late {
            prop_assert_eq!(a < b, early < late);
            prop_assert_eq!(a.to_string() < b.to_string(), early < late);
        }
        prop_assert_eq!(RunId::from_bytes(a.to_bytes()), a);
        prop_assert_eq!(a.to_string().parse(), Ok(a));
        let json = serde_json::to_string(&(a, Hash(bytes), CommandId(a.to_bytes()))).unwrap();
        let back: (RunId, Hash, CommandId) = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(back, (a, Hash(bytes), CommandId(a.to_bytes())));
    }
}

#[test]
fn parts_of_a_hash_do_not_run_into_each_other() {
    let of = |parts: &[&str]| {
        let parts: Vec<_> = parts.iter().map(|p| p.as_bytes()).collect();
        Hash::of_parts(&parts)
    };
    let lists = [of(&["ab", "c"]), of(&["a", "bc"]), of(&["abc"]), of(&["abc", ""]), of(&[])];
    for (n, hash) in lists.iter().enumerate() {
        assert!(!lists[n + 1..].contains(hash));
    }
    // RFC 6962: the leaf hash of the empty entry.
    assert_eq!(
        Hash::leaf(b"").to_string(),
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    );
}

#[test]
fn a_commitment_needs_its_place_and_its_entropy() {
    let one = Entropy([1; 32]);
    let made = one.commitment(0, b"text");
    assert_eq!(made, commitment(&one.salt(0), b"text"));
    assert_ne!(made, one.commitment(1, b"text"));
    assert_ne!(made, Entropy([2; 32]).commitment(0, b"text"));
    assert_ne!(made, one.commitment(0, b"texT"));
    assert_eq!(format!("{one:?}"), "Entropy");
}

fn source() -> impl Strategy<Value = Source> {
    prop::sample::select(vec![
        Source::Plan,
        Source::Person,
        Source::Table,
        Source::Tool,
        Source::OutsideTool,
        Source::Inside,
        Source::Outside,
        Source::Model,
    ])
}

prop_compose! {
    fn label()(
        origins in prop::collection::vec(source(), 0..3),
        influences in prop::collection::vec(source(), 0..3),
        tags in prop::collection::btree_set(prop::sample::select(vec!["personal", "secret"]), 0..3),
    ) -> Label {
        let set = |list: Vec<Source>| {
            list.into_iter().fold(Sources::NONE, |set, s| set.join(Sources::of(s)))
        };
        Label {
            origins: set(origins),
            influences: set(influences),
            tags: tags.into_iter().map(|t| FieldName::new(t).unwrap()).collect(),
        }
    }
}

fn joined(a: &Label, b: &Label) -> Label {
    let mut out = a.clone();
    out.join(b);
    out
}

proptest! {
    #[test]
    fn labels_only_grow(a in label(), b in label(), c in label()) {
        prop_assert_eq!(joined(&a, &b), joined(&b, &a));
        prop_assert_eq!(joined(&joined(&a, &b), &c), joined(&a, &joined(&b, &c)));
        prop_assert_eq!(&joined(&a, &a), &a);
        prop_assert_eq!(&joined(&a, &Label::default()), &a);
        prop_assert_eq!(joined(&a, &b).untrusted(), a.untrusted() || b.untrusted());
        let mut influenced = a.clone();
        influenced.influenced(&b);
        prop_assert_eq!(influenced.untrusted(), a.untrusted() || b.untrusted());
        prop_assert_eq!(influenced.origins, a.origins);
        // Nothing that was in there is lost.
        prop_assert_eq!(&joined(&influenced, &a), &influenced);
        let json = serde_json::to_string(&a).unwrap();
        prop_assert_eq!(serde_json::from_str::<Label>(&json).unwrap(), a);
    }
}

#[test]
fn a_leaf_has_the_nearest_label_and_a_whole_has_all_below_it() {
    let mut labels = Labels::all(Label::from(Source::Table));
    for (pointer, source) in
        [("/a", Source::Tool), ("/a/b", Source::Model), ("/ab", Source::Outside)]
    {
        labels.leaves.insert(pointer.into(), Label::from(source));
    }
    let check = |pointer: &str, expected: &[Source]| {
        let found: Vec<_> = labels.at(pointer).origins.iter().collect();
        assert_eq!(found, expected, "{pointer}");
    };
    check("", &[Source::Table, Source::Tool, Source::Outside, Source::Model]);
    check("/a", &[Source::Tool, Source::Model]);
    check("/a/b", &[Source::Model]);
    check("/a/b/0", &[Source::Model]);
    check("/a/c", &[Source::Tool]);
    check("/ab", &[Source::Outside]);
    check("/abc", &[Source::Table]);
}

/// A store that keeps nothing but what it was given, or refuses.
struct Shelf {
    frames: std::sync::Mutex<Vec<Vec<u8>>>,
    /// The stops that would forbid the last frame.
    scopes: std::sync::Mutex<Vec<StopScope>>,
    refuse: bool,
}

impl Shelf {
    fn new(refuse: bool) -> Self {
        Self { frames: Default::default(), scopes: Default::default(), refuse }
    }
}

fn unused<T>() -> Result<T, StoreError> {
    Err(StoreError::Fault("not part of this test".into()))
}

impl Store for Shelf {
    fn submit(&self, batch: Batch, done: Done) {
        if self.refuse {
            let scope = batch.scopes().first().cloned();
            return done(Err(CommitError::Stopped(scope.unwrap())));
        }
        self.frames.lock().unwrap().push(batch.bytes().to_vec());
        *self.scopes.lock().unwrap() = batch.scopes().to_vec();
        done(Ok(batch.stored()));
    }
    fn claim(&self, _: RunId) -> Result<Epoch, StoreError> {
        unused()
    }
    fn frames(&self, _: RunId, _: Seq, _: usize) -> Result<Vec<Stored>, StoreError> {
        unused()
    }
    fn post(&self, _: &Command) -> Result<(), StoreError> {
        unused()
    }
    fn inbox(&self, _: RunId) -> Result<Vec<Command>, StoreError> {
        unused()
    }
    fn tip(&self, _: RunId) -> Result<Option<(Seq, Hash)>, StoreError> {
        unused()
    }
    fn stops(&self) -> Result<Vec<StopScope>, StoreError> {
        unused()
    }
    fn due(&self, _: Millis, _: usize) -> Result<Vec<RunId>, StoreError> {
        unused()
    }
    fn next_wake(&self) -> Result<Option<Millis>, StoreError> {
        unused()
    }
    fn runs(&self, _: &RunQuery) -> Result<Vec<RunLine>, StoreError> {
        unused()
    }
    fn account(&self, _: &Account) -> Result<u64, StoreError> {
        unused()
    }
    fn accounts(&self, _: &str) -> Result<Vec<Account>, StoreError> {
        unused()
    }
    fn scrub(&self) -> Result<(), StoreError> {
        unused()
    }
    fn put_release(&self, _: ReleaseId, _: &[u8]) -> Result<(), StoreError> {
        unused()
    }
    fn release(&self, _: ReleaseId) -> Result<Option<Vec<u8>>, StoreError> {
        unused()
    }
}

const RUN: RunId = RunId::DESK;

fn draft(seq: u32, prev: Hash) -> Draft {
    let text = format!("text {seq}");
    Draft {
        run: RUN,
        seq: Seq(seq),
        prev,
        epoch: Epoch(4),
        at: Millis(9),
        cause: vec![Cause::Open],
        records: Vec::new(),
        bodies: vec![Body { bytes: Arc::from(text.as_bytes()), labels: Labels::default() }],
        entropy: Entropy([1; 32]),
        draws: Vec::new(),
        consumes: Vec::new(),
        posts: Vec::new(),
        payloads: Vec::new(),
        vendors: Vec::new(),
        freedoms: (0..100).map(|n| (ActNo(n), Autonomy::Suggest)).collect(),
        above: Vec::new(),
        workflow: WorkflowName::new("invoice").unwrap(),
        release: ReleaseId([3; 32]),
        standing: None,
    }
}

fn tool() -> ToolName {
    ToolName::new("erp.pay").unwrap()
}

fn place() -> BodyRef {
    BodyRef { seq: Seq(0), n: 0 }
}

fn allowed(act: u32, what: What) -> Record {
    Record::Allowed {
        act: ActNo(act),
        at: at("draft", 1),
        attempt: 1,
        what,
        key: Hash::default(),
        rules: vec![Rule(Arc::from("declared"))],
        reserve: Usage::default(),
    }
}

fn call() -> What {
    What::Tool { tool: tool(), args: place(), part: Part::Main }
}

fn payload(act: u32) -> (ActNo, Payload) {
    let ask = ToolAsk {
        answers: Vec::new(),
        tool: tool(),
        digest: Arc::from("d"),
        args: Arc::from(&b"{}"[..]),
        key: Hash::default(),
        time_out_ms: 1,
        bytes_max: 1,
    };
    (ActNo(act), Payload::Tool(ask))
}

fn put(store: &Shelf, draft: Draft) -> Result<Committed, CommitError> {
    let (to, from) = channel();
    commit(store, draft, move |answer| to.send(answer).unwrap());
    from.recv().unwrap()
}

#[test]
fn permits_come_from_stored_allows_and_from_nothing_else() {
    let check = |refuse: bool, change: &dyn Fn(&mut Draft)| {
        let mut draft = draft(0, Hash::default());
        change(&mut draft);
        let stored = put(&Shelf::new(refuse), draft)?;
        let acts: Vec<_> = stored.permits.iter().map(|p| (p.act().0, p.epoch().0)).collect();
        Ok(acts)
    };
    let both = |draft: &mut Draft| {
        draft.records = vec![allowed(1, call()), allowed(2, call())];
        draft.payloads = vec![payload(2), payload(1)];
    };
    assert_eq!(check(false, &both), Ok(vec![(2, 4), (1, 4)]));
    let stopped = Err(CommitError::Stopped(StopScope::Everything));
    assert_eq!(check(true, &both), stopped);
    // A content without an allowed act is left over from nothing: it permits nothing.
    assert_eq!(check(false, &|d| d.payloads = vec![payload(1)]), Ok(vec![]));
    let refused = Record::Refused {
        at: at("draft", 1),
        what: call(),
        rule: Rule(Arc::from("budget")),
        code: Code::Budget,
    };
    let only_refused = |d: &mut Draft| {
        d.records = vec![refused.clone(), Record::InDoubt { act: ActNo(1) }];
        d.payloads = vec![payload(1)];
    };
    assert_eq!(check(false, &only_refused), Ok(vec![]));
    let invalid = |text| Err(CommitError::Invalid(text));
    let empty = |d: &mut Draft| d.records = vec![allowed(1, call())];
    assert_eq!(check(false, &empty), invalid("an allowed act has no content"));
    let twice = |d: &mut Draft| d.payloads = vec![payload(1), payload(1)];
    assert_eq!(check(false, &twice), invalid("an act has two contents"));
    let vendorless = |d: &mut Draft| {
        d.payloads = vec![payload(1)];
        d.records = vec![allowed(
            1,
            What::Model { model: ModelName::new("small").unwrap(), messages: 1, question: None },
        )];
    };
    assert_eq!(check(false, &vendorless), invalid("an allowed model call has no vendor"));
    let named = |d: &mut Draft| {
        vendorless(d);
        d.vendors = vec![(ModelName::new("small").unwrap(), "acme".into())];
    };
    assert_eq!(check(false, &named), Ok(vec![(1, 4)]));
}

#[test]
fn the_stops_of_runs_above_cover_a_run_too() {
    let id = |n: u8| RunId::from_bytes([n; 16]);
    let workflow = |name: &str| WorkflowName::new(name).unwrap();
    let above = vec![(id(1), workflow("outer")), (id(2), workflow("middle"))];
    let parent = |above| Starter::Parent {
        run: id(2),
        at: at("go", 1),
        item: 0,
        root: id(1),
        above,
        suspected: false,
        by: None,
        trigger: false,
    };
    let run = |n| StopScope::Run(id(n));
    let named = |name| StopScope::Workflow(workflow(name));
    let all = vec![named("middle"), named("outer"), run(1), run(2)];
    assert_eq!(parent(above).stops(), all);
    // A run that was opened before the workflows above were written down.
    let old = r#"{"parent":{"run":"ID2","at":{"step":"go","visit":1},"item":0,"root":"ID1"}}"#;
    let old = old.replace("ID1", &id(1).to_string()).replace("ID2", &id(2).to_string());
    let read: Starter = serde_json::from_str(&old).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), old);
    assert_eq!(read.stops(), [run(1), run(2)]);
    assert_eq!(Starter::Person(PersonId::new("a@b.c").unwrap()).stops(), []);
    // They are looked at for every act but messages to people.
    let mut act = draft(0, Hash::default());
    act.records = vec![allowed(1, call())];
    act.payloads = vec![payload(1)];
    act.above = all.clone();
    let shelf = Shelf::new(false);
    put(&shelf, act).unwrap();
    let seen = shelf.scopes.lock().unwrap().clone();
    assert!(all.iter().all(|scope| seen.contains(scope)), "{seen:?}");
}

#[test]
fn a_call_says_how_far_it_goes_and_lower_rungs_cover_it() {
    let shelf = Shelf::new(false);
    let with = |freedoms: Vec<(ActNo, Autonomy)>| {
        let mut act = draft(0, Hash::default());
        act.records = vec![allowed(1, call())];
        act.payloads = vec![payload(1)];
        act.above = vec![StopScope::Workflow(WorkflowName::new("outer").unwrap())];
        act.freedoms = freedoms;
        act
    };
    let why = put(&shelf, with(Vec::new())).map(drop).unwrap_err();
    assert_eq!(why, CommitError::Invalid("an allowed call does not say how far it goes"));
    put(&shelf, with(vec![(ActNo(1), Autonomy::ActWithUndo)])).unwrap();
    let seen = shelf.scopes.lock().unwrap().clone();
    let workflow = draft(0, Hash::default()).workflow;
    let step = at("go", 1).step;
    let covered = |name: &str, step: Option<&str>, level: Autonomy| {
        let workflow = WorkflowName::new(name).unwrap();
        let step = step.map(|step| StepId::new(step).unwrap());
        seen.contains(&StopScope::Beyond { workflow, step, level })
    };
    let own = workflow.as_str();
    let own_step = seen.iter().find_map(|scope| match scope {
        StopScope::Beyond { step: Some(step), .. } => Some(step.to_string()),
        _ => None,
    });
    let own_step = own_step.unwrap_or_else(|| step.to_string());
    for (level, expected) in
        [(Autonomy::Suggest, true), (Autonomy::Approve, true), (Autonomy::ActWithUndo, false)]
    {
        assert_eq!(covered(own, None, level), expected, "{level:?}");
        assert_eq!(covered(own, Some(&own_step), level), expected, "{level:?}");
        assert_eq!(covered("outer", None, level), expected, "{level:?}");
    }
    assert!(!covered("outer", Some(&own_step), Autonomy::Approve));
    for (text, fits) in [
        ("intake=approve", true),
        ("intake.draft=suggest", true),
        ("intake=act", false),
        ("intake", false),
        ("intake.=approve", false),
        ("=approve", false),
        ("intake=much", false),
    ] {
        let read = StopScope::beyond(text);
        assert_eq!(read.is_some(), fits, "{text}");
        assert!(read.is_none_or(|scope| !scope.holds_back()));
    }
}

#[test]
fn every_change_of_a_stored_frame_breaks_the_chain() {
    let shelf = Shelf::new(false);
    let mut prev = Hash::default();
    for seq in 0..3 {
        let stored = put(&shelf, draft(seq, prev)).unwrap();
        assert_eq!(
            stored.frame.bodies[0].commit,
            Entropy([1; 32]).commitment(0, &stored.bodies[0].bytes)
        );
        prev = stored.hash;
    }
    let frames = shelf.frames.lock().unwrap().clone();
    let read = |run: RunId, frames: &[Vec<u8>]| {
        let mut chain = Chain::new(run);
        let read: Result<Vec<_>, _> = frames.iter().map(|bytes| chain.read(bytes)).collect();
        read.map(|_| (chain.next(), chain.last()))
    };
    assert_eq!(read(RUN, &frames), Ok((Seq(3), prev)));
    let change = |n: usize, from: &str, to: &str| {
        let mut frames = frames.clone();
        let text = String::from_utf8(frames[n].clone()).unwrap();
        assert!(text.contains(from));
        frames[n] = text.replace(from, to).into_bytes();
        read(RUN, &frames).unwrap_err()
    };
    assert_eq!(change(1, "\"at\":9", "\"at\":8"), ChainError::Link(Seq(2)));
    assert_eq!(change(1, "\"seq\":1", "\"seq\":2"), ChainError::Order(Seq(1)));
    assert_eq!(change(1, "\"v\":1", "\"v\":2"), ChainError::Newer(Seq(1), 2));
    assert_eq!(change(1, "\"v\":1", "\"v\":2,\"new\":0"), ChainError::Newer(Seq(1), 2));
    assert!(matches!(change(1, "\"at\":9", "\"at\":9,\"x\":0"), ChainError::Read(Seq(1), _)));
    assert!(matches!(change(1, "\"v\":1", "\"v\":0.5"), ChainError::Read(Seq(1), _)));
    let other = RunId::from_bytes([1; 16]);
    assert_eq!(read(other, &frames), Err(ChainError::Run(Seq(0))));
    assert_eq!(read(RUN, &frames[1..]), Err(ChainError::Order(Seq(0))));
    let gap = [frames[0].clone(), frames[2].clone()];
    assert_eq!(read(RUN, &gap), Err(ChainError::Order(Seq(1))));
}

proptest! {
    /// Any single changed byte is noticed, at the latest by the frame that follows.
    #[test]
    fn a_flipped_byte_is_noticed(place in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let shelf = Shelf::new(false);
        let first = put(&shelf, draft(0, Hash::default())).unwrap();
        put(&shelf, draft(1, first.hash)).unwrap();
        let mut frames = shelf.frames.lock().unwrap().clone();
        let place = place.index(frames[0].len());
        frames[0][place] ^= flip;
        let mut chain = Chain::new(RUN);
        let read = chain.read(&frames[0]).and_then(|_| chain.read(&frames[1]));
        prop_assert!(read.is_err());
    }
}

#[test]
fn usage_adds_without_wrapping() {
    let most = Usage { input_tokens: u64::MAX, output_tokens: 2, ..Usage::default() };
    assert_eq!(most.plus(most).input_tokens, u64::MAX);
    assert_eq!(most.plus(most).output_tokens, 4);
    assert_eq!(most.tokens(), u64::MAX);
}
