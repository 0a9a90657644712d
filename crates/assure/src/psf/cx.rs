//! What every rule may look up: places in files, what cases showed, drills, statements. It must not
//! know any criterion.

use std::collections::{BTreeMap, BTreeSet};

use journal::{Drill, Millis};
use plan::statements::Statement;
use plan::workflow::{AgentStep, Does, Effect, From, Model, Step, Tool, Trust, Workflow};
use plan::{Edit, edit};
use serde_json::Value;

use super::{
    Advice, CASES_MIN, Column, DAYS_MIN, DRILL_DAYS, Given, Judged, SELDOM_DAYS, Says, WINDOW_DAYS,
};
use crate::cite::Cite;
use crate::seen::{Mark, Signal, day};

/// Fewer different words than this say nothing.
const WORDS_MIN: usize = 25;

pub(crate) struct Cx<'a> {
    pub given: &'a Given<'a>,
    pub w: &'a Workflow,
    /// `YYYY-MM-DD`.
    pub today: String,
    day: u32,
}

/// How often something was seen in cases under a control.
pub(crate) struct Sight {
    pub cases: u64,
    pub days: usize,
    pub last: Option<Mark>,
}

impl<'a> Cx<'a> {
    pub fn new(given: &'a Given<'a>) -> Self {
        Self { given, w: given.workflow, today: date(given.now), day: day(given.now) }
    }

    /// The workflow and those that it calls.
    pub fn all(&self) -> Vec<&'a Workflow> {
        let mut all = vec![self.w];
        let mut at = 0;
        while let Some(one) = all.get(at).copied() {
            all.extend(one.children.values());
            at += 1;
        }
        all
    }

    /// Steps in which an agent works, with their workflow.
    pub fn agents(&self) -> Vec<(&'a Workflow, &'a Step, &'a AgentStep)> {
        let all = self.all();
        let of = |w: &'a Workflow| {
            w.steps.iter().filter_map(move |step| match &step.does {
                Does::Agent(agent) => Some((w, step, agent)),
                _ => None,
            })
        };
        all.into_iter().flat_map(of).collect()
    }

    /// Models that agents of it may have answer.
    pub fn models(&self) -> BTreeMap<&'a str, &'a Model> {
        let mut all = BTreeMap::new();
        for (w, _, agent) in self.agents() {
            for name in w.answering(agent).iter().chain(w.looking(agent)) {
                all.extend(w.models.get(name).map(|model| (name.as_str(), model)));
            }
        }
        all
    }

    /// Models to which anything goes that leaves this machine.
    pub fn outside_models(&self) -> BTreeMap<&'a str, &'a Model> {
        self.models().into_iter().filter(|(_, model)| !model.here).collect()
    }

    /// Tools with an effect that a step may call.
    pub fn effects(&self) -> BTreeMap<&'a str, &'a Tool> {
        let tools = self.all().into_iter().flat_map(|w| &w.tools);
        let acts = tools.filter(|(_, tool)| tool.effect != Effect::Read);
        acts.map(|(name, tool)| (name.as_str(), tool)).collect()
    }

    /// Servers whose tools a step may call, as they are declared.
    pub fn servers(&self) -> Vec<(&'a str, &'a plan::Server)> {
        let tools = self.all().into_iter().flat_map(|w| w.tools.keys());
        let used: BTreeSet<&str> =
            tools.filter_map(|tool| tool.as_str().split_once('.').map(|(name, _)| name)).collect();
        let all = self.given.places.servers.iter().map(|(name, server)| (name.as_str(), server));
        all.filter(|(name, _)| used.contains(name)).collect()
    }

    /// Whether anything that it works on may come from anybody.
    pub fn is_open_to_outside(&self) -> bool {
        let all = self.all();
        all.iter().any(|w| w.case.from == From::Outside)
            || all.iter().flat_map(|w| w.tools.values()).any(|tool| tool.trust == Trust::Untrusted)
    }

    /// The place of a key of the map.
    pub fn cite(&self, at: &[&str]) -> Cite {
        self.cite_in(self.given.file, at)
    }

    /// The place of a key of a file; its first line where the key is not there.
    pub fn cite_in(&self, file: &str, at: &[&str]) -> Cite {
        let line = plan::line_of(self.given.files, file, at).unwrap_or(1);
        Cite::File { file: file.to_owned(), line }
    }

    pub fn cite_settings(&self, at: &[&str]) -> Cite {
        self.cite_in("flightdeck.yaml", at)
    }

    pub fn cite_step(&self, step: &Step) -> Cite {
        self.cite(&["steps", step.id.as_str()])
    }

    pub fn cite_statement(&self, statement: &Statement) -> Cite {
        Cite::File { file: statement.file.clone(), line: statement.line }
    }

    /// What people state of a criterion: what holds longest, first.
    pub fn statement(&self, id: &str) -> Option<&'a Statement> {
        let of = self
            .given
            .statements
            .iter()
            .filter(|one| one.speaks_of(id) && one.is_for(&self.w.name));
        of.max_by_key(|one| (one.until.as_str(), std::cmp::Reverse(one.file.as_str())))
    }

    /// What a person states, where that is wanted.
    pub fn attested(&self, id: &str) -> Column {
        let Some(one) = self.statement(id).filter(|one| one.not_applicable.is_none()) else {
            return Column::new(Says::No, "nobody states it in `governance/`");
        };
        let at = [self.cite_statement(one)];
        if !one.holds(&self.today) {
            let said = format!("the statement of {} ended on {}", one.owner, one.until);
            return Column::new(Says::Failed, said).at(at);
        }
        if let Some(why) = is_filler(one) {
            return Column::new(Says::No, format!("the statement says nothing: {why}")).at(at);
        }
        let said = format!("{} states it until {}", one.owner, one.until);
        Column::new(Says::Yes, said).at(at)
    }

    /// What a person states beside what is wanted: it is shown, and takes nothing away.
    pub fn besides(&self, id: &str) -> Column {
        let column = self.attested(id);
        match column.says {
            Says::Yes => column,
            _ => Column { says: Says::Open, ..column },
        }
    }

    /// Whether those who have to have acknowledged the very text that is there now.
    pub fn acknowledged(&self, id: &str) -> Column {
        let Some(one) = self.statement(id) else {
            return Column::new(Says::No, "there is nothing to have read");
        };
        let read = self.given.desk.read.get(&one.digest);
        let who: Vec<_> =
            read.into_iter().flatten().filter(|(who, _)| **who != one.owner).collect();
        let holders = one.read_by.iter().flat_map(|role| self.given.places.roles.get(role));
        let missing: Vec<&str> = holders
            .flatten()
            .filter(|person| !who.iter().any(|(read, _)| read == person) && **person != one.owner)
            .map(plan::ids::PersonId::as_str)
            .collect();
        if !missing.is_empty() {
            let said = format!("not acknowledged by {}", missing.join(", "));
            return Column::new(Says::No, said);
        }
        match who.iter().max_by_key(|(_, at)| **at) {
            Some((_, at)) => {
                let said = format!("acknowledged as it stands by {} besides its owner", who.len());
                Column::new(Says::Yes, said)
                    .at([Cite::Desk { at: **at, what: "an acknowledgement" }])
            }
            None => {
                Column::new(Says::No, "nobody besides its owner has acknowledged it as it stands")
            }
        }
    }

    /// How often something was seen, in cases of releases for which the control was declared.
    pub fn sight(&self, signal: Signal, holds: &dyn Fn(&Workflow) -> bool) -> Sight {
        let mut days: BTreeMap<u32, u64> = BTreeMap::new();
        let mut last: Option<Mark> = None;
        for (release, shown) in self.given.seen.of(&self.w.name) {
            let under = match *release == self.given.release {
                true => holds(self.w),
                false => {
                    self.given.releases.get(release).is_some_and(|plan| holds(plan.workflow()))
                }
            };
            let Some(count) = shown.signals.get(&signal).filter(|_| under) else { continue };
            for (on, n) in &count.days {
                if *on + WINDOW_DAYS > self.day && *on <= self.day {
                    *days.entry(*on).or_default() += n;
                    let newer = last.is_none_or(|mark| mark.at < count.last.at);
                    last = if newer { Some(count.last) } else { last };
                }
            }
        }
        Sight { cases: days.values().sum(), days: days.len(), last }
    }

    /// Whether something was seen often enough.
    pub fn often(&self, signal: Signal, what: &str, holds: &dyn Fn(&Workflow) -> bool) -> Column {
        let sight = self.sight(signal, holds);
        let days = if sight.days == 1 { "day" } else { "days" };
        let said = format!("{what}: {} live cases on {} {days}", sight.cases, sight.days);
        let enough = sight.cases >= CASES_MIN && sight.days >= DAYS_MIN;
        let column = match (enough, sight.cases) {
            (true, _) => Column::new(Says::Yes, said),
            (false, 0) => Column::new(Says::No, format!("{what}: in no live case yet")),
            (false, _) => {
                let wanted = format!("{CASES_MIN} cases on {DAYS_MIN} days are wanted");
                Column::new(Says::Partly, format!("{said}; {wanted}"))
            }
        };
        column.at(sight.last.map(|mark| Cite::Case { run: mark.run, entry: mark.entry }))
    }

    /// The same of any release, whatever it declares.
    pub fn often_at_all(&self, signal: Signal, what: &str) -> Column {
        self.often(signal, what, &|_| true)
    }

    /// Whether something that happens seldom happened at all within a year.
    pub fn once(&self, times: &[Millis], what: &'static str, never: &str) -> Column {
        let last = times.iter().copied().filter(|at| self.within(*at, SELDOM_DAYS)).max();
        match last {
            Some(at) => {
                let said = format!("{what}: {}", evidence::words::when(at, None));
                Column::new(Says::Yes, said).at([Cite::Desk { at, what }])
            }
            None => Column::new(Says::No, never),
        }
    }

    /// Whether a drill passed lately.
    pub fn drilled(&self, drill: Drill) -> Column {
        let name = drill.as_str();
        match self.given.desk.drill(drill) {
            Some((at, true)) if self.within(at, DRILL_DAYS) => {
                let said = format!("`drill {name}` passed");
                Column::new(Says::Yes, said).at([Cite::Desk { at, what: "a drill" }])
            }
            Some((at, true)) => {
                let said = format!("`drill {name}` last passed more than {DRILL_DAYS} days ago");
                Column::new(Says::No, said).at([Cite::Desk { at, what: "a drill" }])
            }
            Some((at, false)) => {
                let said = format!("the last `drill {name}` failed");
                Column::new(Says::Failed, said).at([Cite::Desk { at, what: "a drill" }])
            }
            None => Column::new(Says::No, format!("`flightdeck drill {name}` was never run")),
        }
    }

    /// Whether the guard of the release is proven: without that nothing of it runs.
    pub fn guarded(&self) -> Column {
        if let Some(at) = self.given.desk.closed.get(&self.given.release) {
            let said = "the guard of this release could not be proven, and refuses everything";
            return Column::new(Says::Failed, said).at([Cite::Desk { at: *at, what: "a guard" }]);
        }
        match self.given.live {
            Some(at) => {
                let said = "the guard of the live release is proven each time it starts";
                Column::new(Says::Yes, said).at([Cite::Desk { at, what: "the release" }])
            }
            None => Column::new(Says::No, "no release is live, so no guard is in force"),
        }
    }

    pub fn within(&self, at: Millis, days: u32) -> bool {
        self.given.now.0.saturating_sub(at.0) <= u64::from(days) * 86_400_000
    }

    /// How many days ago a day was; nothing where it is none.
    pub fn days_since(&self, date: &str) -> Option<i64> {
        let then: jiff::civil::Date = date.parse().ok()?;
        let today: jiff::civil::Date = self.today.parse().ok()?;
        today.since(then).ok().map(|span| i64::from(span.get_days()))
    }

    /// A change of the map.
    pub fn advise(&self, text: &str, at: &[&str], to: Value) -> Advice {
        self.advise_in(self.given.file, text, at, to)
    }

    /// A change of a file: only what can be made is offered.
    pub fn advise_in(&self, file: &str, text: &str, at: &[&str], to: Value) -> Advice {
        let at = at.iter().map(|part| (*part).to_owned()).collect();
        let edits = vec![Edit::Set { at, to }];
        match edit(self.given.files, file, &edits) {
            Ok(_) => Advice { text: text.to_owned(), file: Some(file.to_owned()), edits },
            Err(_) => tell(text),
        }
    }
}

/// Something to do that is no change of a file.
pub(super) fn tell(text: impl Into<String>) -> Advice {
    Advice { text: text.into(), file: None, edits: Vec::new() }
}

/// A day of UTC, `YYYY-MM-DD`.
pub(crate) fn date(at: Millis) -> String {
    let ms = i64::try_from(at.0).unwrap_or(i64::MAX);
    let stamp = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    stamp.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

/// Why a statement says nothing; nothing where it says something.
pub(crate) fn is_filler(statement: &Statement) -> Option<&'static str> {
    const EMPTY: [&str; 8] =
        ["lorem", "tbd", "todo", "to be defined", "to be done", "n/a", "placeholder", "xxx"];
    let text = statement.text.to_lowercase();
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    if EMPTY
        .iter()
        .any(|empty| words.windows(empty.split(' ').count()).any(|w| w.join(" ") == *empty))
    {
        return Some("it holds the place of a text");
    }
    let different: BTreeSet<&str> = words.iter().copied().collect();
    if different.len() < WORDS_MIN {
        return Some("it has hardly any words");
    }
    if different.len() * 4 < words.len() {
        return Some("it says the same again and again");
    }
    None
}

/// The columns of a criterion of the usual kind.
pub(super) fn judged(declared: Column, enforced: Column, observed: Column) -> Judged {
    Judged { declared, enforced, observed, ..Judged::default() }
}
