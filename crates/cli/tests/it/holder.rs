//! A data folder held by a driver of the test's own, so that its guard can break down and its people
//! can be others than the asking command believes. Whoever asks is the real binary or its socket.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use journal::{
    At, Code, Command, CommandId, Failure, Mode, Order, Outcome, Permit, RunId, RunQuery, Starter,
    Status, StopScope, Store, Usage,
};
use plan::Plan;
use plan::ids::{PersonId, ReleaseId, StepId, WorkflowName};
use runtime::socket::{self, Client, Request, Response};
use runtime::{Answered, Fault, Kind, NewRun, On, People, Runtime, World};
use sha2::{Digest, Sha256};
use store::SqliteStore;

use crate::office::{Office, WORKFLOW};
use crate::vendor::Vendor;

const DESK: &str = "00000000000000000000000000";
const STARTER: &str = "marta@larkfield.example";
const CLERK: &str = "ines@larkfield.example";
const LEAD: &str = "ada@larkfield.example";

/// A driver that holds the data folder of an office.
struct Holder {
    tokio: tokio::runtime::Runtime,
    runtime: Runtime,
    store: Arc<SqliteStore>,
    plan: Arc<Plan>,
}

/// An outside world in which nothing can be reached.
struct Nothing;

impl World for Nothing {
    fn act(&self, _: On, permit: Permit) -> Pin<Box<dyn Future<Output = Answered> + Send + '_>> {
        drop(permit.consume());
        let failure =
            Failure { code: Code::Refused, text: "nothing".to_owned(), retry_after_ms: None };
        let outcome = Outcome { result: Err(failure), usage: Usage::default(), reported: None };
        Box::pin(std::future::ready(Answered { outcome, certain: true }))
    }
}

/// The people as a release names them.
struct Of(Arc<Plan>);

impl People for Of {
    fn knows(&self, who: &PersonId) -> bool {
        [STARTER, CLERK, LEAD].contains(&who.as_str())
    }

    fn plans(&self) -> BTreeMap<WorkflowName, Plan> {
        let plan = Plan::open(self.0.release(), self.0.canonical()).unwrap();
        BTreeMap::from([(plan.workflow().name.clone(), plan)])
    }
}

fn data(office: &Office) -> PathBuf {
    office.root().join(".flightdeck")
}

/// An office with one case that waits for a person, and its data folder held.
fn held() -> (Office, Holder) {
    let office = Office::new(&Vendor::plain(), &["044"]);
    assert_eq!(office.run_all().code, 3);
    let store = Arc::new(SqliteStore::open(&data(&office)).unwrap());
    let line = store.runs(&RunQuery { limit: 1, ..RunQuery::default() }).unwrap().remove(0);
    let canonical = store.release(line.release).unwrap().unwrap();
    let plan = Arc::new(Plan::open(line.release, &canonical).unwrap());
    let tokio = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let journal: Arc<dyn Store> = store.clone();
    let runtime = Runtime::new(journal, Arc::new(Nothing), [7; 32]);
    runtime.trust(Arc::new(Of(Arc::clone(&plan))));
    tokio.block_on(async { socket::serve(runtime.clone(), &data(&office)) }).unwrap();
    (office, Holder { tokio, runtime, store, plan })
}

fn person(name: &str) -> PersonId {
    PersonId::new(name).unwrap()
}

impl Holder {
    fn new_run(&self, plan: &Arc<Plan>) -> NewRun {
        let case = br#"{"name":"044-x.txt"}"#.to_vec();
        let (plan, starter) = (Arc::clone(plan), Starter::Person(person(STARTER)));
        NewRun { plan, case, labels: None, called: None, starter, mode: Mode::Live }
    }

    fn open(&self, plan: &Arc<Plan>) -> Result<RunId, Fault> {
        self.tokio.block_on(self.runtime.open(self.new_run(plan)))
    }

    fn ask(&self, office: &Office, request: &Request) -> Response {
        self.tokio.block_on(async {
            let mut client = Client::connect(&data(office)).await.unwrap();
            client.ask(request, Duration::from_secs(10)).await.unwrap()
        })
    }

    /// Gives the folder back.
    fn leave(self) {
        let Self { tokio, runtime, store, .. } = self;
        tokio.shutdown_timeout(Duration::from_secs(10));
        drop((runtime, store));
    }
}

/// An office whose guard broke down while a case ran, was found by the next proof, and is closed.
#[cfg(debug_assertions)]
pub fn with_a_closed_guard() -> Office {
    let (office, holder) = held();
    let engine = holder.runtime.releases().add(&holder.plan).unwrap();
    engine.guard().break_down();
    let run = holder.open(&holder.plan).unwrap();
    holder.tokio.block_on(holder.runtime.settled(run)).unwrap();
    holder.runtime.releases().prove();
    drop(engine);
    holder.leave();
    office
}

#[test]
#[cfg(debug_assertions)]
fn t2_a_guard_that_panics_lets_nothing_through_and_why_says_so() {
    let (office, holder) = held();
    let engine = holder.runtime.releases().add(&holder.plan).unwrap();
    engine.guard().break_down();
    let run = holder.open(&holder.plan).unwrap();
    let standing = holder.tokio.block_on(holder.runtime.settled(run)).unwrap();
    assert_eq!(standing.status, Status::Failed);
    // The next proof finds it, closes it for good and says so once.
    holder.runtime.releases().prove();
    holder.runtime.releases().prove();
    assert!(matches!(holder.open(&holder.plan), Err(Fault::Unproven(_))));
    let said = office.run_all();
    assert_eq!(said.code, 9, "{}{}", said.out, said.err);
    assert!(said.err.contains("guard_unproven"), "{}", said.err);
    let told = office.say(&["why"]).out;
    for words in ["nothing of `invoice_intake` happens", "guard broke down", "flightdeck check"] {
        assert!(told.contains(words), "no `{words}` in {told}");
    }
    let status = office.say(&["status", "--json"]).json().remove(0);
    assert_eq!(status["held_back"][0]["code"], "guard_unproven", "{status}");
    drop(engine);
    holder.leave();

    let run = run.to_string();
    let why = office.why(&run);
    assert_eq!(why["cause"]["code"], "defect", "{why}");
    let logs = office.say(&["logs", &run]).out;
    assert!(logs.contains("was caught and nothing was allowed by it"), "{logs}");
    assert_eq!(office.say(&["logs", &run, "--verify"]).code, 0);
    assert!(office.drafts().is_empty());
    let desk = || office.say(&["logs", DESK]).out;
    assert_eq!(desk().matches("is not proven and refuses everything").count(), 1, "{}", desk());

    // Another process makes its own guard, which is whole; the case is the one that waits already.
    assert_eq!(office.run_all().code, 0);
    assert!(desk().contains("is proven again"), "{}", desk());
    assert!(!office.say(&["why"]).out.contains("guard"));
}

#[test]
fn t2_a_release_without_a_guard_starts_nothing() {
    let (office, holder) = held();
    let text = String::from_utf8(holder.plan.canonical().to_vec()).unwrap();
    let text = text.replace("when { context.args.amount.minor", "wehn { context.args.amount.minor");
    let release = ReleaseId(Sha256::digest(text.as_bytes()).into());
    assert_ne!(release, holder.plan.release());
    let broken = Arc::new(Plan::open(release, text.as_bytes()).unwrap());
    for _ in 0..2 {
        assert!(matches!(holder.open(&broken), Err(Fault::Unproven(_))));
    }
    let request = Request::Open {
        release,
        canonical: text,
        case: "{}".to_owned(),
        starter: Starter::Person(person(STARTER)),
        mode: Mode::Live,
        file: None,
    };
    let response = holder.ask(&office, &request);
    assert!(matches!(response, Response::Refused { kind: Kind::Unproven, .. }), "{response:?}");
    holder.leave();
    let desk = office.say(&["logs", DESK]).out;
    assert_eq!(desk.matches("is not proven and refuses everything").count(), 1, "{desk}");
    // The workspace's own release is another one, and no case runs on this one.
    assert!(!office.say(&["why"]).out.contains("not proven"));
    office.change(WORKFLOW, "risk: high", "risk: hihg");
    let told = office.say(&["why"]).out;
    assert!(told.contains("is not proven") && told.contains("no_draft_above_25000_eur"), "{told}");
}

#[test]
fn whoever_holds_the_folder_decides_who_may() {
    let (office, holder) = held();
    assert_eq!(office.say(&["stop", "--reason", "drill", "--as", CLERK]).code, 0);
    let refused = |request: &Request| {
        let response = holder.ask(&office, request);
        let no = matches!(response, Response::Refused { kind: Kind::NotPermitted, .. });
        assert!(no, "{request:?}: {response:?}");
    };
    let lift = |who: &str| Request::Lift {
        scope: StopScope::Everything,
        who: person(who),
        reason: "over".to_owned(),
    };
    refused(&lift(CLERK));
    refused(&lift("stranger@larkfield.example"));
    let at = At { step: StepId::new("draft").unwrap(), visit: 1 };
    let run = RunId::DESK;
    for starter in [
        Starter::Person(person("stranger@larkfield.example")),
        Starter::Parent {
            run,
            at,
            item: 0,
            root: run,
            above: Vec::new(),
            suspected: false,
            by: None,
            trigger: false,
        },
        Starter::Trigger { start: 0, by: journal::Trigger::Due(runtime::now()) },
    ] {
        refused(&Request::Open {
            release: holder.plan.release(),
            canonical: String::from_utf8(holder.plan.canonical().to_vec()).unwrap(),
            case: "{}".to_owned(),
            starter,
            mode: Mode::Live,
            file: None,
        });
    }
    // Only people of the workspace order anything, and nobody says for themselves whom they
    // stand in for.
    let (at, stands_for) = (runtime::now(), vec![person(CLERK)]);
    for order in [Order::ParentEnded, Order::Pause { who: person("stranger@larkfield.example") }] {
        let (id, stands_for) = (CommandId([1; 16]), stands_for.clone());
        // What somebody says of themselves is thrown away.
        let on_call = vec![plan::ids::RoleId::new("finance_clerk").unwrap()];
        refused(&Request::Command(Command { id, run, at, order, stands_for, on_call }));
    }

    // The files that the asking command reads may say what they like.
    office.change("flightdeck.yaml", "  finance_lead: [", &format!("  finance_lead: [ {CLERK},"));
    assert_eq!(office.say(&["check"]).code, 0);
    let resume = |who| office.say(&["resume", "--reason", "over", "--as", who]);
    let said = resume(CLERK);
    assert_eq!(said.code, 4, "{}{}", said.out, said.err);
    assert!(said.err.contains("may not lift this stop") && said.err.contains(LEAD), "{}", said.err);
    assert_eq!(holder.store.stops().unwrap(), [StopScope::Everything]);
    let said = resume(LEAD);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(holder.store.stops().unwrap().is_empty());
    holder.leave();
}
