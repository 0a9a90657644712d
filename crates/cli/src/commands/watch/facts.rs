//! What the pages show, read from the stored runs and the files. What takes long to read is kept
//! for a while, and only what the open page shows is read. It must not write.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use evidence::{Notice, words};
use journal::{Account, Millis, RunId, RunLine, RunQuery, StopScope};
use plan::Plan;
use plan::ids::WorkflowName;
use tui::{Case, Facts, Fleet, Model, Page, Request, Row, Scope, Workflow};

use super::tail::Tail;
use crate::args::Global;
use crate::commands::review::{self, Open};
use crate::commands::why;
use crate::exit::Stop;
use crate::held;
use crate::screen::Screen;
use crate::stored::{Runs, now};
use crate::workspace::Workspace;

/// How many runs are listed, and how many requests.
const LISTED: usize = 200;
const WAITING: usize = 100;
/// Of so many runs the requests are compared to find the most urgent one.
const COMPARED: usize = 20;
/// How long what the files say is kept.
const KEPT: Duration = Duration::from_secs(10);

/// What the files say, and what holds work back.
#[derive(Default)]
struct Slow {
    plans: BTreeMap<WorkflowName, Plan>,
    servers: BTreeSet<String>,
    tools: Vec<plan::ids::ToolName>,
    held: Vec<String>,
}

/// Reads what is shown.
pub struct Reader {
    global: Global,
    who: Option<String>,
    runs: Option<Runs>,
    tail: Tail,
    slow: Option<(Instant, Slow)>,
    /// The requests of a run, as long as no entry was added to it.
    requests: HashMap<RunId, (u32, Vec<Request>)>,
}

impl Reader {
    pub fn new(global: &Global, who: Option<String>) -> Self {
        let (runs, slow, requests) = (None, None, HashMap::new());
        Self { global: global.clone(), who, runs, tail: Tail::default(), slow, requests }
    }

    /// Whether something was stored since it was last read.
    pub fn moved(&self) -> bool {
        self.runs.as_ref().is_some_and(|runs| self.tail.moved(runs.reader()))
    }

    /// Lets the next reading look at the files anew.
    pub fn forget(&mut self) {
        self.slow = None;
    }

    /// Everything that the open page shows.
    pub fn read(&mut self, model: &Model) -> Result<Facts, Stop> {
        let now = now();
        if self.runs.is_none() {
            self.runs = Runs::open(&self.global)?;
        }
        if self.slow.as_ref().is_none_or(|(at, _)| at.elapsed() > KEPT) {
            self.slow = Some((Instant::now(), slow(&self.global, self.runs.as_ref(), now)?));
        }
        let Some((_, slow)) = &self.slow else { return Ok(Facts::default()) };
        let who = self.who.clone();
        let Some(runs) = &self.runs else {
            let held = slow.held.clone();
            let fleet = Fleet { held, ..Fleet::default() };
            let scopes = can_be_stopped(slow, BTreeSet::new());
            return Ok(Facts { who, fleet, scopes, ..Facts::default() });
        };
        self.tail.follow(runs.reader(), now)?;
        let zone = slow.plans.values().next().map(|plan| plan.workflow().hours.zone.clone());
        let zone = zone.as_deref();
        let mut facts = Facts { who, ..Facts::default() };
        facts.fleet = fleet(runs, slow, &self.tail, now, zone)?;
        match model.page {
            Page::Fleet => {}
            Page::Runs => facts.runs = rows(runs, model, zone)?,
            Page::Case => {
                let run = model.run.map(|run| one(&self.global, runs, run, zone));
                facts.case = run.transpose()?;
            }
            Page::Requests | Page::Request => {
                facts.requests = requests(runs, &mut self.requests, now)?;
            }
            Page::Log => facts.log = self.tail.log(zone),
            Page::Stop => facts.scopes = scopes(runs, slow, zone)?,
        }
        Ok(facts)
    }
}

fn slow(global: &Global, runs: Option<&Runs>, now: Millis) -> Result<Slow, Stop> {
    let workspace = Workspace::open(global).ok();
    let mut slow = Slow::default();
    if let Some(workspace) = &workspace {
        slow.plans = plan::check_all(&workspace.files).plans;
        if let Ok(places) = workspace.places() {
            slow.servers = places.servers.keys().cloned().collect();
            slow.tools = places.lock.tools.keys().cloned().collect();
        }
    }
    let told = |notice: &Notice| format!("{} ({})", notice.headline, notice.code);
    slow.held = held::ground(global, runs).iter().map(told).collect();
    if let Some(runs) = runs {
        slow.held.extend(held::back(runs, global, now)?.iter().map(told));
    }
    Ok(slow)
}

fn fleet(
    runs: &Runs,
    slow: &Slow,
    tail: &Tail,
    now: Millis,
    zone: Option<&str>,
) -> Result<Fleet, Stop> {
    let reader = runs.reader();
    let mut workflows: BTreeMap<WorkflowName, Workflow> = BTreeMap::new();
    let mut waiting = 0;
    for (name, status, n) in reader.tally()? {
        waiting += if status == journal::Status::Waiting { n } else { 0 };
        let fresh = || Workflow { name: name.to_string(), counts: Vec::new() };
        workflows.entry(name.clone()).or_insert_with(fresh).counts.push((status, n));
    }
    let mut due: Option<Millis> = None;
    for line in reader.waiting(COMPARED)? {
        // A case that is damaged is told of where it is looked at.
        let Ok(view) = runs.view(line.run) else { continue };
        let first = view.open_reviews().map(|review| review.due).min();
        due = due.into_iter().chain(first).min();
    }
    let desk = runs.desk()?;
    let stopped = reader.stops()?;
    let stopped = stopped.iter().map(|stop| {
        let by = desk.stops.get(stop).map_or(String::new(), |set| format!(" {}", set.told(zone)));
        format!("{}{by}", words::stopped(stop))
    });
    let hours = slow.plans.values().next().map(|plan| &plan.workflow().hours);
    let beginning = hours.map(|hours| format!("day/{}/", engine::hours::day(hours, now)));
    let accounts = match &beginning {
        Some(beginning) => reader.accounts(beginning)?,
        None => Vec::new(),
    };
    let sum = |end: &str| -> Result<u64, Stop> {
        let of = accounts.iter().filter(|Account(name)| name.ends_with(end));
        of.map(|account| Ok(reader.account(account)?)).sum()
    };
    let currency = slow.plans.values().next().map(|plan| plan.workflow().limits.currency);
    let currency = currency.map_or(String::new(), |currency| format!(" {currency}"));
    let (done_minute, done_hour, tokens_hour) = tail.counts(now);
    Ok(Fleet {
        workflows: workflows.into_values().collect(),
        working: store::holder(&runs.data),
        done_minute,
        done_hour,
        tokens_hour,
        since: tail.since(now).map(|at| words::when(at, zone)),
        cost_today: format!("{}{currency}", words::cost(sum("/cost")?)),
        opened_today: sum("/cases")?,
        alone: Some(tail.alone()).filter(|(_, all)| *all > 0),
        waiting,
        due: due.map(|due| (words::when(due, zone), due < now)),
        next_wake: reader.next_wake()?.map(|at| words::when(at, zone)),
        held: stopped.chain(slow.held.iter().cloned()).collect(),
    })
}

fn rows(runs: &Runs, model: &Model, zone: Option<&str>) -> Result<Vec<Row>, Stop> {
    let workflow = model.filter.workflow.as_ref();
    let query = RunQuery {
        workflow: workflow.and_then(|name| WorkflowName::new(name).ok()),
        status: model.filter.status.into_iter().collect(),
        prefix: None,
        after: None,
        limit: LISTED,
    };
    let row = |RunLine { run, workflow, status, opened, .. }| Row {
        run,
        workflow: WorkflowName::to_string(&workflow),
        status,
        opened: words::when(opened, zone),
    };
    Ok(runs.lines(&query)?.into_iter().map(row).collect())
}

fn one(global: &Global, runs: &Runs, run: RunId, zone: Option<&str>) -> Result<Case, Stop> {
    let explanation = why::explained(global, runs, run)?;
    let cause = explanation.cause.iter().flat_map(why::lines).collect();
    let story = runs.view(run)?.timeline;
    let story = story.into_iter().filter(|line| !line.detail);
    Ok(Case {
        run,
        headline: explanation.headline,
        cause,
        next: explanation.next.into_iter().map(|n| (n.command, n.does.to_owned())).collect(),
        story: story.map(|line| (words::when(line.at, zone), line.text)).collect(),
    })
}

/// The open requests of the runs whose time is over first.
fn requests(
    runs: &Runs,
    known: &mut HashMap<RunId, (u32, Vec<Request>)>,
    now: Millis,
) -> Result<Vec<Request>, Stop> {
    let lines = runs.reader().waiting(WAITING)?;
    let listed: BTreeSet<RunId> = lines.iter().map(|line| line.run).collect();
    known.retain(|run, _| listed.contains(run));
    let mut all = Vec::new();
    for line in lines {
        let fits = known.get(&line.run).is_some_and(|(frames, _)| *frames == line.frames);
        if !fits {
            let Ok(view) = runs.view(line.run) else { continue };
            let zone = runs.zone(&view);
            let open = view.open_reviews().map(|review| Open {
                run: line.run,
                view: view.clone(),
                review: review.clone(),
                zone: zone.clone(),
            });
            known.insert(line.run, (line.frames, open.map(|open| request(&open)).collect()));
        }
        if let Some((_, requests)) = known.get(&line.run) {
            all.extend(requests.iter().cloned());
        }
    }
    for request in &mut all {
        request.late = request.due_at < now;
    }
    all.sort_by_key(|request| request.due_at);
    Ok(all)
}

fn request(open: &Open) -> Request {
    let plain = Screen { json: false, colour: false, colour_err: false, interactive: false };
    let Open { run, review, zone, .. } = open;
    Request {
        run: *run,
        no: review.no,
        by: review.by.to_string(),
        due: words::when(review.due, zone.as_deref()),
        due_at: review.due,
        late: false,
        question: review.question.clone(),
        doubt: review.kind == evidence::ReviewKind::InDoubt,
        failed: review.kind == evidence::ReviewKind::Failure,
        taken_by: review.claim.as_ref().map(|claim| claim.who.to_string()),
        shown: review::told(&plain, open),
    }
}

/// What is stopped, then what can be.
fn scopes(runs: &Runs, slow: &Slow, zone: Option<&str>) -> Result<Vec<Scope>, Stop> {
    let desk = runs.desk()?;
    let stops = runs.reader().stops()?;
    let stopped = stops.iter().map(|scope| {
        let told = desk.stops.get(scope).map_or(String::new(), |set| set.told(zone));
        Scope { scope: scope.clone(), stopped: true, told }
    });
    let known = runs.reader().tally()?.into_iter().map(|(name, ..)| name);
    let can = can_be_stopped(slow, known.collect());
    Ok(stopped.chain(can.into_iter().filter(|can| !stops.contains(&can.scope))).collect())
}

/// Everything, each workflow, vendor and server, and each approved tool.
fn can_be_stopped(slow: &Slow, mut names: BTreeSet<WorkflowName>) -> Vec<Scope> {
    names.extend(slow.plans.keys().cloned());
    let models = slow.plans.values().flat_map(|plan| plan.workflow().models.values());
    let vendors: BTreeSet<String> = models.map(|model| model.vendor.clone()).collect();
    std::iter::once(StopScope::Everything)
        .chain(names.into_iter().map(StopScope::Workflow))
        .chain(vendors.into_iter().map(StopScope::Vendor))
        .chain(slow.servers.iter().cloned().map(StopScope::Server))
        .chain(slow.tools.iter().cloned().map(StopScope::Tool))
        .map(|scope| Scope { scope, stopped: false, told: String::new() })
        .collect()
}
