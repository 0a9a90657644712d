//! Counts and times of all cases together, under the names of OpenTelemetry, and as the text that
//! Prometheus reads. It goes along with the journal frame by frame. Its words come from plans and
//! from this program alone, so there are only so many; nothing that a case says is among them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use journal::{ActNo, End, Finish, Frame, Mode, Record, RunId, Status, What};
use plan::ids::{ModelName, WorkflowName};
use plan::workflow::EndOutcome;

use crate::codes;
use crate::trace::provider;

/// Who answers for each model, and what they call it.
pub type Vendors = BTreeMap<ModelName, (String, String)>;

/// Name and value of each attribute.
pub type Labels = Vec<(&'static str, String)>;

/// Something that is counted or measured.
#[derive(Debug, PartialEq, Eq)]
pub struct Instrument {
    /// The name that OpenTelemetry has, or gives by its rules.
    pub name: &'static str,
    pub help: &'static str,
    /// The unit, as UCUM writes it.
    pub unit: &'static str,
    /// Values are held as whole numbers with so many decimal places.
    pub places: usize,
    pub shape: Shape,
}

/// How its values are kept.
#[derive(Debug, PartialEq, Eq)]
pub enum Shape {
    Count,
    Gauge,
    /// The upper ends of the groups, with the same decimal places.
    Spread(&'static [u64]),
}

const TOKENS: Instrument = Instrument {
    name: "gen_ai.client.token.usage",
    help: "Tokens that a call of a model took",
    unit: "{token}",
    places: 0,
    shape: Shape::Spread(&[
        1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
        67_108_864,
    ]),
};
const DURATION: Instrument = Instrument {
    name: "gen_ai.client.operation.duration",
    help: "How long a call of a model took",
    unit: "s",
    places: 3,
    shape: Shape::Spread(&[
        10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 5_120, 10_240, 20_480, 40_960, 81_920,
    ]),
};
const OPENED: Instrument = count("flightdeck.cases.opened", "Cases that were opened", "{case}");
const ENDED: Instrument =
    count("flightdeck.cases.ended", "Cases that are over, by their end", "{case}");
const ACTS: Instrument = count("flightdeck.acts", "Calls of tools, by what came of them", "{act}");
const REFUSALS: Instrument =
    count("flightdeck.refusals", "Acts that a rule did not let happen", "{act}");
const REQUESTS: Instrument =
    count("flightdeck.requests", "Requests that people were sent", "{request}");
const STOPS: Instrument = count("flightdeck.stops", "Stops that were set", "{stop}");
const ALERTS: Instrument = count("flightdeck.alerts", "Alerts that were told", "{alert}");
const COST: Instrument = Instrument {
    places: 9,
    ..count("flightdeck.cost", "What calls cost, in the currency of the workspace", "{currency}")
};
const STANDING: Instrument =
    gauge("flightdeck.cases.standing", "Cases that are open, by where they stand", "{case}", 0);
const WAITING: Instrument = gauge(
    "flightdeck.cases.waiting.age",
    "How long the case that waits longest for a person has had no entry",
    "s",
    3,
);
const FIRING: Instrument =
    gauge("flightdeck.alerts.firing", "Alerts that were told and are not over", "{alert}", 0);
const IN_FORCE: Instrument = gauge("flightdeck.stops.in_force", "Stops in force", "{stop}", 0);

const fn count(name: &'static str, help: &'static str, unit: &'static str) -> Instrument {
    Instrument { name, help, unit, places: 0, shape: Shape::Count }
}

const fn gauge(
    name: &'static str,
    help: &'static str,
    unit: &'static str,
    places: usize,
) -> Instrument {
    Instrument { name, help, unit, places, shape: Shape::Gauge }
}

/// Everything that is measured, in the order in which it is shown.
static ALL: [Instrument; 14] = [
    TOKENS, DURATION, OPENED, ENDED, STANDING, WAITING, REQUESTS, ACTS, REFUSALS, COST, STOPS,
    IN_FORCE, ALERTS, FIRING,
];

/// How values are spread over groups.
#[derive(Debug, Clone, Default)]
pub struct Spread {
    /// How many lie in each group; those beyond the last end are in none.
    pub groups: Vec<u64>,
    pub sum: u64,
    pub count: u64,
}

/// An act that is out: the model, or the tool.
#[derive(Debug)]
enum Out {
    Model(ModelName),
    Tool(String),
}

/// What was counted so far, from when on it went along with the journal.
#[derive(Debug, Default)]
pub struct Meters {
    vendors: Vendors,
    /// Open cases that are not only practised.
    open: BTreeMap<RunId, WorkflowName>,
    out: BTreeMap<(RunId, ActNo), Out>,
    counts: BTreeMap<(&'static str, Labels), u64>,
    spreads: BTreeMap<(&'static str, Labels), Spread>,
}

/// What holds now, from the index of cases.
#[derive(Debug, Default)]
pub struct Now {
    pub standing: BTreeMap<(WorkflowName, Status), u64>,
    pub waiting_ms: u64,
    pub stops: u64,
    pub firing: u64,
}

impl Meters {
    /// Nothing is counted yet; these cases are open.
    #[must_use]
    pub fn new(vendors: Vendors, open: impl IntoIterator<Item = (RunId, WorkflowName)>) -> Self {
        Self { vendors, open: open.into_iter().collect(), ..Self::default() }
    }

    /// Goes along with one frame.
    pub fn frame(&mut self, frame: &Frame) {
        let run = frame.run;
        for record in &frame.records {
            if let Record::Opened { workflow, mode, .. } = record
                && *mode != Mode::Rehearsal
            {
                self.open.insert(run, workflow.clone());
                self.count(&OPENED, vec![("flightdeck.workflow", workflow.to_string())], 1);
            } else if let Record::StopSet { .. } = record {
                self.count(&STOPS, Vec::new(), 1);
            } else if let Record::AlertFired(measured) = record {
                let name = ("flightdeck.alert", measured.rule.to_string());
                self.count(&ALERTS, vec![name], 1);
            } else if let Some(workflow) = self.open.get(&run) {
                let of = ("flightdeck.workflow", workflow.to_string());
                self.record(run, record, of);
            }
        }
    }

    fn record(&mut self, run: RunId, record: &Record, of: (&'static str, String)) {
        if let Record::Allowed { act, what, .. } = record {
            let out = match what {
                What::Model { model, .. } => Some(Out::Model(model.clone())),
                What::Tool { tool, .. } => Some(Out::Tool(tool.to_string())),
                What::Notify { .. } => None,
            };
            self.out.extend(out.map(|out| ((run, *act), out)));
        } else if let Record::Finished { act, outcome, usage } = record {
            if usage.cost_nanos > 0 {
                self.count(&COST, vec![of], usage.cost_nanos);
            }
            match self.out.remove(&(run, *act)) {
                Some(Out::Tool(tool)) => {
                    let tool = ("gen_ai.tool.name", tool);
                    self.count(&ACTS, vec![tool, ("flightdeck.outcome", came(outcome))], 1);
                }
                Some(Out::Model(model)) => self.call(&model, outcome, *usage),
                None => {}
            }
        } else if let Record::InDoubt { act } = record {
            if let Some(Out::Tool(tool)) = self.out.remove(&(run, *act)) {
                let outcome = ("flightdeck.outcome", "unknown".to_owned());
                self.count(&ACTS, vec![("gen_ai.tool.name", tool), outcome], 1);
            }
        } else if let Record::Refused { code, .. } = record {
            let code = ("flightdeck.code", codes::page(*code).id.to_owned());
            self.count(&REFUSALS, vec![of, code], 1);
        } else if let Record::ReviewOpened { by, .. } = record {
            self.count(&REQUESTS, vec![of, ("flightdeck.role", by.to_string())], 1);
        } else if let Record::Ended { end, .. } = record {
            self.count(&ENDED, vec![of, ("flightdeck.end", ended(end).to_owned())], 1);
            self.open.remove(&run);
        }
    }

    fn call(&mut self, model: &ModelName, outcome: &Finish, usage: journal::Usage) {
        let (vendor, named) = match self.vendors.get(model) {
            Some((vendor, named)) => (provider(vendor).to_owned(), named.clone()),
            None => ("unknown".to_owned(), model.to_string()),
        };
        let labels = vec![
            ("gen_ai.operation.name", "chat".to_owned()),
            ("gen_ai.provider.name", vendor),
            ("gen_ai.request.model", named),
        ];
        let with =
            |more: (&'static str, String)| labels.iter().cloned().chain([more]).collect::<Labels>();
        for (kind, tokens) in [("input", usage.input_tokens), ("output", usage.output_tokens)] {
            if tokens > 0 {
                self.spread(&TOKENS, with(("gen_ai.token.type", kind.to_owned())), tokens);
            }
        }
        let labels = match outcome {
            Finish::Ok { .. } | Finish::Asked { .. } => labels,
            Finish::Error { .. } | Finish::Unknown { .. } => with(("error.type", came(outcome))),
        };
        self.spread(&DURATION, labels, usage.active_ms);
    }

    fn count(&mut self, of: &Instrument, mut labels: Labels, by: u64) {
        labels.sort_unstable();
        let count = self.counts.entry((of.name, labels)).or_default();
        *count = count.saturating_add(by);
    }

    fn spread(&mut self, of: &Instrument, mut labels: Labels, value: u64) {
        let Shape::Spread(ends) = of.shape else { return };
        labels.sort_unstable();
        let spread = self.spreads.entry((of.name, labels)).or_default();
        spread.groups.resize(ends.len(), 0);
        if let Some(group) = spread.groups.get_mut(ends.partition_point(|end| *end < value)) {
            *group += 1;
        }
        spread.sum = spread.sum.saturating_add(value);
        spread.count += 1;
    }

    /// Everything that is measured, with what was read of each.
    #[must_use]
    pub fn readings(&self, now: &Now) -> Vec<Reading> {
        let mut gauges: BTreeMap<(&'static str, Labels), u64> = BTreeMap::from([
            ((WAITING.name, Vec::new()), now.waiting_ms),
            ((FIRING.name, Vec::new()), now.firing),
            ((IN_FORCE.name, Vec::new()), now.stops),
        ]);
        for ((workflow, status), n) in &now.standing {
            let status = ("flightdeck.status", status.as_str().to_owned());
            let labels = vec![status, ("flightdeck.workflow", workflow.to_string())];
            gauges.insert((STANDING.name, labels), *n);
        }
        let of = |instrument: &'static Instrument| {
            let values = if instrument.shape == Shape::Gauge { &gauges } else { &self.counts };
            let values = values
                .iter()
                .filter(|((name, _), _)| *name == instrument.name)
                .map(|((_, labels), value)| (labels.clone(), Value::Whole(*value)));
            let spreads = self
                .spreads
                .iter()
                .filter(|((name, _), _)| *name == instrument.name)
                .map(|((_, labels), spread)| (labels.clone(), Value::Spread(spread.clone())));
            Reading { instrument, values: values.chain(spreads).collect() }
        };
        ALL.iter().map(of).collect()
    }

    /// All of it in Prometheus' text format 0.0.4, named by OpenTelemetry's rules for it.
    #[must_use]
    pub fn prometheus(&self, now: &Now) -> String {
        let mut text = String::new();
        for Reading { instrument: of, values } in self.readings(now) {
            let name = named(of);
            let kind = match of.shape {
                Shape::Count => "counter",
                Shape::Gauge => "gauge",
                Shape::Spread(_) => "histogram",
            };
            // Writing to a text cannot fail.
            let _ = writeln!(text, "# HELP {name} {}\n# TYPE {name} {kind}", of.help);
            for (labels, value) in &values {
                match value {
                    Value::Whole(value) => {
                        let (labels, value) = (braced(labels, None), decimal(*value, of));
                        let _ = writeln!(text, "{name}{labels} {value}");
                    }
                    Value::Spread(spread) => spread.write(&mut text, of, &name, labels),
                }
            }
        }
        text
    }
}

/// One thing that is measured, and what was read of it.
#[derive(Debug)]
pub struct Reading {
    pub instrument: &'static Instrument,
    pub values: Vec<(Labels, Value)>,
}

/// What was read under some labels.
#[derive(Debug)]
pub enum Value {
    Whole(u64),
    Spread(Spread),
}

impl Spread {
    fn write(&self, text: &mut String, of: &Instrument, name: &str, labels: &Labels) {
        let Shape::Spread(ends) = of.shape else { return };
        let mut up_to = 0;
        for (end, group) in ends.iter().zip(&self.groups) {
            up_to += group;
            let labels = braced(labels, Some(&decimal(*end, of)));
            let _ = writeln!(text, "{name}_bucket{labels} {up_to}");
        }
        let _ = writeln!(text, "{name}_bucket{} {}", braced(labels, Some("+Inf")), self.count);
        let labels = braced(labels, None);
        let _ = writeln!(text, "{name}_sum{labels} {}", decimal(self.sum, of));
        let _ = writeln!(text, "{name}_count{labels} {}", self.count);
    }
}

/// The name with its unit, where that is no mere word of ours, and `_total` where it only grows.
fn named(of: &Instrument) -> String {
    let unit = if of.unit == "s" { "_seconds" } else { "" };
    let total = if of.shape == Shape::Count { "_total" } else { "" };
    format!("{}{unit}{total}", of.name.replace('.', "_"))
}

fn braced(labels: &Labels, end: Option<&str>) -> String {
    let escaped = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let own = labels.iter().map(|(name, value)| (name.replace('.', "_"), escaped(value)));
    let pairs = own.chain(end.map(|end| ("le".to_owned(), end.to_owned())));
    let all: Vec<String> = pairs.map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    if all.is_empty() { String::new() } else { format!("{{{}}}", all.join(",")) }
}

fn decimal(value: u64, of: &Instrument) -> String {
    if of.places == 0 {
        return value.to_string();
    }
    let digits = format!("{value:0>width$}", width = of.places + 1);
    let (whole, part) = digits.split_at(digits.len() - of.places);
    match part.trim_end_matches('0') {
        "" => whole.to_owned(),
        part => format!("{whole}.{part}"),
    }
}

fn came(outcome: &Finish) -> String {
    match outcome {
        Finish::Ok { .. } => "ok".to_owned(),
        Finish::Asked { .. } => "asked".to_owned(),
        Finish::Error { code, .. } => codes::page(*code).id.to_owned(),
        Finish::Unknown { .. } => "unknown".to_owned(),
    }
}

fn ended(end: &End) -> &'static str {
    match end {
        End::Reached(EndOutcome::Done) => "done",
        End::Reached(EndOutcome::Rejected) => "rejected",
        End::Reached(EndOutcome::Failed) | End::Failed(_) => "failed",
        End::Duplicate(_) => "duplicate",
        End::Cancelled => "cancelled",
    }
}

#[cfg(test)]
mod tests;
