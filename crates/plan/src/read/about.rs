//! What stands at the top of a workflow: who answers for it, how far it may go, what a case is
//! and what it may use up.

use std::collections::BTreeMap;

use crate::codes;
use crate::expr::Path;
use crate::ids::{FieldName, ModelName, PersonId, RoleId, ToolName, WorkflowName};
use crate::keys;
use crate::problem::{Cx, Found};
use crate::types;
use crate::value::Currency;
use crate::workflow::{
    Autonomy, Baseline, Can, CaseLimits, CaseSpec, DayLimits, From, HourLimits, Limits, Risk,
    Seeds, Start, Suspicion, Type, WorkingHours,
};
use crate::yaml::{Kind, Node};

use super::scalars::Fields;
use super::seeds;
use super::settings;
use super::starts;
use super::workspace::Workspace;

pub(super) struct About {
    pub(super) name: Option<WorkflowName>,
    pub(super) purpose: String,
    pub(super) accountable: PersonId,
    pub(super) override_by: RoleId,
    pub(super) risk: Risk,
    pub(super) autonomy: Autonomy,
    pub(super) suspicion: Suspicion,
    pub(super) judge: Option<ModelName>,
    pub(super) case: CaseSpec,
    pub(super) starts: Vec<Start>,
    pub(super) seeds: Option<Seeds>,
    pub(super) limits: Limits,
    pub(super) baseline: Option<Baseline>,
}

/// Reads all of it. What is missing was reported, and something stands in for it, so that the
/// rest can still be checked; with a problem there is no plan.
pub(super) fn read(cx: &Cx<'_>, ws: &Workspace, fields: Fields<'_>) -> Option<About> {
    let people = &ws.settings.people;
    let name = fields.get("workflow").and_then(|n| cx.name(n, WorkflowName::new));
    let purpose = fields.get("purpose").and_then(|n| cx.text(n));
    let accountable = fields.get("accountable").and_then(|n| people.person(cx, n));
    let override_by = fields.get("override").and_then(|n| people.role(cx, n));
    let risk = fields.get("risk").and_then(|n| cx.choice(n, keys::RISKS)).map(risk);
    let autonomy =
        fields.get("autonomy").and_then(|n| cx.choice(n, keys::AUTONOMIES)).map(autonomy);
    let case = fields.get("case").and_then(|n| case(cx, n));
    let limits = fields.get("limits");
    let limits = limits.and_then(|n| self::limits(cx, n, ws.settings.currency, case.as_ref()));
    let baseline = fields.get("baseline").and_then(|n| baseline(cx, n));
    let starts = starts::read(cx, fields, people.hours.as_ref());
    let (suspicion, judge) =
        fields.get("suspicion").map(|n| suspicion(cx, ws, n)).unwrap_or_default();
    Some(About {
        name,
        purpose: purpose.unwrap_or_default(),
        accountable: accountable.or_else(|| PersonId::new("nobody").ok())?,
        override_by: override_by.or_else(|| RoleId::new("nobody").ok())?,
        risk: risk.unwrap_or(Risk::Low),
        autonomy: autonomy.unwrap_or(Autonomy::Act),
        suspicion,
        judge,
        seeds: match (fields.get("seeds"), &case) {
            (Some(node), Some(case)) => seeds::read(cx, node, case),
            _ => None,
        },
        case: case?,
        starts,
        limits: limits.or_else(|| unlimited(ws.settings.currency))?,
        baseline,
    })
}

/// Stands in while the rest is checked; the missing limits were reported.
fn unlimited(currency: Option<Currency>) -> Option<Limits> {
    let case = CaseLimits { cost_nanos: 0, tokens: 0, active_ms: 0, days: 0, acts: 0 };
    let day = DayLimits { cost_nanos: 0, cases: 0, amount: None };
    let currency = currency.or_else(|| Currency::new("XXX").ok())?;
    Some(Limits { currency, case, day, hour: HourLimits::default(), waiting: None })
}

pub(super) fn no_hours() -> WorkingHours {
    WorkingHours {
        days: Vec::new(),
        from_minute: 0,
        to_minute: 0,
        zone: String::new(),
        holidays: Vec::new(),
    }
}

fn risk(word: &str) -> Risk {
    match word {
        "low" => Risk::Low,
        "medium" => Risk::Medium,
        "high" => Risk::High,
        _ => Risk::Critical,
    }
}

pub(super) fn autonomy(word: &str) -> Autonomy {
    match word {
        "suggest" => Autonomy::Suggest,
        "approve" => Autonomy::Approve,
        "act_with_undo" => Autonomy::ActWithUndo,
        _ => Autonomy::Act,
    }
}

/// One word, or what follows and who looks.
fn suspicion(cx: &Cx<'_>, ws: &Workspace, node: &Node) -> (Suspicion, Option<ModelName>) {
    let word = |node| match cx.choice(node, keys::SUSPICIONS) {
        Some("note") => Suspicion::Note,
        _ => Suspicion::Ask,
    };
    if matches!(node.kind, Kind::Text { .. }) {
        return (word(node), None);
    }
    let Some(fields) = cx.fields(node, &keys::SUSPICION) else { return Default::default() };
    let judge = fields.get("judge").and_then(|node| {
        let name = settings::model(cx, node, &ws.settings)?;
        let model = ws.settings.models.get(&name)?;
        if !model.can.contains(&Can::Choose) {
            let what = format!("this needs `choose`, and the model `{name}` cannot");
            return cx.add(Found::new(&codes::MODEL_CANNOT, &node.at, what));
        }
        Some(name)
    });
    (fields.get("then").map(word).unwrap_or_default(), judge)
}

fn case(cx: &Cx<'_>, node: &Node) -> Option<CaseSpec> {
    let fields = cx.fields(node, &keys::CASE)?;
    let one = fields.get("one").and_then(|n| cx.text(n));
    let from = fields.get("from").and_then(|n| cx.choice(n, keys::SOURCES));
    let kinds = match fields.get("fields") {
        Some(node) => cx.kinds(node),
        // A case is a text with a name unless the file says more.
        None => ["name", "text"]
            .into_iter()
            .map(|name| Some((FieldName::new(name).ok()?, Type::Text)))
            .collect(),
    };
    let tags = fields.get("tags").map(|n| cx.names(n)).unwrap_or_default();
    let from = if from? == "inside" { From::Inside } else { From::Outside };
    let kinds = kinds?;
    let sender = match fields.get("sender") {
        Some(node) => Some(sender(cx, node, &kinds)?),
        None => None,
    };
    Some(CaseSpec { one: one?, from, fields: kinds, tags, sender })
}

/// The path to a field of the case that is a text.
fn sender(cx: &Cx<'_>, node: &Node, kinds: &BTreeMap<FieldName, Type>) -> Option<Path> {
    let path = cx.path(node)?;
    let case = kinds.iter().map(|(name, kind)| (name.to_string(), kind.clone()));
    let case = Type::Record(case.collect());
    let kind = (path.root() == "case").then(|| types::at(&case, path.fields())).flatten();
    let is_text = match &kind {
        Some(Type::Optional(inner)) => **inner == Type::Text,
        kind => *kind == Some(Type::Text),
    };
    if is_text {
        return Some(path);
    }
    let what = format!("`{path}` is no text of the case");
    let known: Vec<String> = kinds.keys().map(|name| format!("case.{name}")).collect();
    let known = known.iter().map(String::as_str);
    cx.add(Found::new(&codes::SENDER, &node.at, what).near(path.as_str(), known))
}

fn hour(cx: &Cx<'_>, node: &Node, case: Option<&CaseSpec>) -> Option<HourLimits> {
    let fields = cx.fields(node, &keys::HOUR_LIMITS)?;
    let cases = match fields.get("cases") {
        Some(node) => Some(cx.whole(node, 1, 1_000_000_000)?),
        None => None,
    };
    let mut calls = BTreeMap::new();
    for entry in fields.get("calls").and_then(|n| cx.map(n)).unwrap_or_default() {
        let tool = cx.key(entry, ToolName::new)?;
        calls.insert(tool, cx.whole(&entry.value, 1, 1_000_000_000)?);
    }
    let each_sender = match fields.get("each_sender") {
        // What is wrong with the case was reported there.
        Some(node) if case.is_some_and(|case| case.sender.is_none()) => {
            let what = "a limit for each sender, and `case` has no `sender`";
            return cx.add(Found::new(&codes::SENDER, &node.at, what));
        }
        Some(node) => Some(cx.whole(node, 1, 1_000_000_000)?),
        None => None,
    };
    Some(HourLimits { cases, each_sender, calls })
}

fn limits(
    cx: &Cx<'_>,
    node: &Node,
    of: Option<Currency>,
    case: Option<&CaseSpec>,
) -> Option<Limits> {
    let fields = cx.fields(node, &keys::LIMITS)?;
    let of_case = fields.get("case").and_then(|n| cx.fields(n, &keys::CASE_LIMITS));
    let day = fields.get("day").and_then(|n| cx.fields(n, &keys::DAY_LIMITS));
    let nanos = |fields: Option<Fields<'_>>, key: &str| {
        fields.and_then(|f| f.get(key)).and_then(|n| cx.nanos(n, of, 9))
    };
    let whole = |fields: Option<Fields<'_>>, key: &str, most: u64, or: Option<u64>| match fields
        .and_then(|f| f.get(key))
    {
        Some(node) => cx.whole(node, 1, most),
        None => or,
    };
    let case_cost = nanos(of_case, "cost");
    let tokens = whole(of_case, "tokens", 1_000_000_000, Some(200_000));
    let days = whole(of_case, "days", 3_650, Some(30)).and_then(|n| u32::try_from(n).ok());
    let acts = whole(of_case, "acts", 1_000_000, Some(200)).and_then(|n| u32::try_from(n).ok());
    let active_ms = match of_case.and_then(|f| f.get("active")) {
        Some(node) => cx.duration(node),
        None => Some(15 * 60_000),
    };
    let day_cost = nanos(day, "cost");
    let hour = match fields.get("hour") {
        Some(node) => hour(cx, node, case)?,
        None => HourLimits::default(),
    };
    let waiting = match fields.get("waiting") {
        Some(node) => Some(cx.whole_u32(node, 1, 1_000_000)?),
        None => None,
    };
    let cases = whole(day, "cases", 1_000_000_000, None);
    let amount = match day.and_then(|f| f.get("amount")) {
        Some(node) => Some(cx.money(node)?),
        None => None,
    };
    Some(Limits {
        currency: of?,
        waiting,
        hour,
        case: CaseLimits {
            cost_nanos: case_cost?,
            tokens: tokens?,
            active_ms: active_ms?,
            days: days?,
            acts: acts?,
        },
        day: DayLimits { cost_nanos: day_cost?, cases: cases?, amount },
    })
}

fn baseline(cx: &Cx<'_>, node: &Node) -> Option<Baseline> {
    let fields = cx.fields(node, &keys::BASELINE)?;
    let minutes = fields.get("minutes").and_then(|n| cx.whole_u32(n, 1, 100_000));
    let cases = fields.get("cases_per_week").and_then(|n| cx.whole_u32(n, 1, 100_000_000));
    let money = |key: &str| fields.get(key).and_then(|n| cx.money(n));
    let (hourly_rate, error_cost) = (money("hourly_rate"), money("error_cost"));
    let errors_per_million = fields.get("error_rate").and_then(|n| percent(cx, n));
    Some(Baseline {
        minutes: minutes?,
        cases_per_week: cases?,
        hourly_rate,
        errors_per_million,
        error_cost,
    })
}

/// `2 %` or `0.5 %`, as parts of a million.
pub(super) fn percent(cx: &Cx<'_>, node: &Node) -> Option<u32> {
    let text = cx.word(node, "a share such as `2 %`")?;
    let number = text.strip_suffix('%').map(str::trim_end);
    let parts = number.and_then(|n| crate::value::scaled(n, 4).ok());
    match parts.and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= 1_000_000) {
        Some(parts) => Some(parts),
        None => {
            let what = format!("`{text}` is no share");
            cx.add(Found::new(&codes::RANGE, &node.at, what).fix("write it like `2 %`"))
        }
    }
}
