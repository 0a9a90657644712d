//! Tool steps: bind the arguments, ask, read back. Look-ups in trusted tables are tool calls whose
//! query the engine writes itself.

use std::collections::BTreeMap;

use guard::{ArgFact, BackingFact};
use journal::{At, BodyRef, Code, Label, Labels, Part, Record, Source, stain};
use plan::expr::Path;
use plan::ids::{FieldName, StepId, TableName, ToolName};
use plan::value::{Currency, Money};
use plan::workflow::{
    Arg, ArgRole, Does, Effect, LookupStep, RowFind, Step, Table, Tool, ToolStep, Type,
};
use serde_json::{Map, Value, json};

use crate::asks::Asked;
use crate::call::{Facts, ToolCallOf};
use crate::control::{Endorsed, Slot};
use crate::drive::Progress;
use crate::sql;
use crate::work::{Stuck, WithResult, Work};

impl Work<'_> {
    pub(crate) fn drive_tool(
        &mut self,
        at: &At,
        step: &Step,
        tool: &ToolStep,
    ) -> Result<Progress, Stuck> {
        if self.acts_out(at) > 0 {
            return Ok(Progress::Wait);
        }
        let Some(result) = self.visit(at)?.results.get(&Slot::Main).copied() else {
            return self.call_main(at, step, tool);
        };
        if self.control.bound.get(&at.step) != Some(&result) {
            // The output is bound before the read-back, which may name it.
            self.note(Record::Bound { at: at.clone(), body: result });
        }
        self.confirm(at, step, tool)
    }

    fn call_main(&mut self, at: &At, step: &Step, tool: &ToolStep) -> Result<Progress, Stuck> {
        if self.tool_held_back(&tool.tool) {
            return Ok(Progress::Wait);
        }
        let (args, labels) = self.bind(&tool.tool, &tool.with)?;
        let (body, same) = self.args_body(at, Slot::Main, &args, labels)?;
        let call = ToolCallOf {
            at,
            step,
            tool: &tool.tool,
            part: Part::Main,
            slot: Slot::Main,
            body,
            same,
            facts: Facts::Plan(tool),
        };
        progress(self.call_tool(call)?)
    }

    fn confirm(&mut self, at: &At, step: &Step, tool: &ToolStep) -> Result<Progress, Stuck> {
        let Some(confirm) = &tool.confirm else { return Ok(Progress::Done) };
        if let Some(read) = self.visit(at)?.results.get(&Slot::Confirm).copied() {
            let scope = WithResult { work: self, name: "result", value: self.value(read)? };
            return match confirm.holds.holds(&scope) {
                Ok(true) => Ok(Progress::Done),
                Ok(false) => {
                    let text = format!("`{}` does not hold", confirm.holds.source());
                    Err(Stuck::new(Code::NotConfirmed, text))
                }
                Err(error) => {
                    let text = format!("`{}` cannot be read: {error}", confirm.holds.source());
                    Err(Stuck::new(Code::NotConfirmed, text))
                }
            };
        }
        if self.tool_held_back(&confirm.tool) {
            return Ok(Progress::Wait);
        }
        let (args, labels) = self.bind(&confirm.tool, &confirm.with)?;
        let (body, same) = self.args_body(at, Slot::Confirm, &args, labels)?;
        let call = ToolCallOf {
            at,
            step,
            tool: &confirm.tool,
            part: Part::Confirm,
            slot: Slot::Confirm,
            body,
            same,
            facts: Facts::Confirm(&confirm.with),
        };
        progress(self.call_tool(call)?)
    }

    /// The arguments of a call, with the label of each.
    pub(crate) fn bind(
        &self,
        tool: &plan::ids::ToolName,
        with: &BTreeMap<String, Arg>,
    ) -> Result<(Value, Labels), Stuck> {
        let spec = self.plan.workflow().tools.get(tool);
        let mut args = Map::new();
        let mut labels = Labels::all(Label::from(Source::Plan));
        for (name, arg) in with {
            let value = match arg {
                Arg::Literal(value) => value.clone(),
                Arg::Path(path) => {
                    labels.leaves.insert(format!("/{name}"), self.label_of(path));
                    let value = self.at_path(path).filter(|v| !v.is_null()).ok_or_else(|| {
                        Stuck::new(Code::Expression, format!("`{path}` has no value"))
                    })?;
                    let kind = spec.and_then(|t| arg_kind(t, name));
                    fit(value, kind).ok_or_else(|| {
                        let text = format!("`{path}` does not fit the argument `{name}`");
                        Stuck::new(Code::Expression, text)
                    })?
                }
            };
            args.insert(name.clone(), value);
        }
        Ok((Value::Object(args), labels))
    }

    /// What guard is told of one argument.
    pub(crate) fn fact<'v>(
        &'v self,
        name: &'v str,
        value: &'v Value,
        call: &'v ToolCallOf<'_>,
    ) -> ArgFact<'v> {
        let with = match &call.facts {
            Facts::Plan(tool) => tool.with.get(name),
            Facts::Confirm(with) => with.get(name),
            Facts::Agent(_) | Facts::Engine => None,
        };
        let backing = match &call.facts {
            Facts::Plan(tool) => tool.backed_by.get(name),
            Facts::Confirm(_) | Facts::Agent(_) | Facts::Engine => None,
        };
        let path = match with {
            Some(Arg::Path(path)) => Some(path),
            Some(Arg::Literal(_)) | None => None,
        };
        let label = match &call.facts {
            Facts::Agent(label) => label.clone(),
            Facts::Plan(_) | Facts::Confirm(_) | Facts::Engine => {
                let loaded = self.loaded(call.body);
                loaded.map(|l| l.labels().at(&format!("/{name}"))).unwrap_or_default()
            }
        };
        ArgFact {
            name,
            value,
            label,
            path,
            literal: matches!(with, Some(Arg::Literal(_))),
            endorsed: path.and_then(|p| self.endorsement(p)),
            backing: backing.map(|b| BackingFact {
                value: self.at_path(&b.fact),
                label: self.label_of(&b.fact),
                within_minor: b.within_minor,
                path: &b.fact,
                when: b.when.as_ref().map(|w| w.holds(self)),
            }),
            money: path.and_then(|p| self.money_at(p)),
        }
    }

    fn money_at(&self, path: &Path) -> Option<Money> {
        let value = self.at_path(path)?;
        serde_json::from_value(value.clone()).ok()
    }

    /// The approval that showed exactly the body which this path's root is bound to now.
    fn endorsement(&self, path: &Path) -> Option<journal::ReviewNo> {
        let body = self.root_ref(path.root())?;
        let commit = self.loaded(body).ok()?.commit();
        let fits = |e: &&Endorsed| {
            e.shown.step.as_str() == path.root()
                && e.shown.commit == commit
                && self.was_shown(&e.by, path)
        };
        self.control.endorsed.iter().rev().find(fits).map(|e| e.review)
    }

    /// Whether a review step shows this value, or the whole that holds it. A step that is no review
    /// failed, and a person was shown all of its output.
    fn was_shown(&self, review: &StepId, path: &Path) -> bool {
        let step = match self.plan.step(review).map(|s| &s.does) {
            Some(Does::Review(step)) => step,
            Some(_) => return path.root() == review.as_str(),
            None => return false,
        };
        step.show.iter().any(|shown| {
            let rest = path.as_str().strip_prefix(shown.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    pub(crate) fn drive_lookup(
        &mut self,
        at: &At,
        step: &Step,
        lookup: &LookupStep,
    ) -> Result<Progress, Stuck> {
        let mut open = false;
        for (n, find) in (0_u16..).zip(lookup.finds.values()) {
            let slot = Slot::Lookup(n);
            if self.visit(at)?.results.contains_key(&slot) || !self.has_keys(find) {
                continue;
            }
            open = true;
            let query = |table: &Table| sql::select(table, &self.keys(find, Some(table)));
            let label = self.label_of_all(find.by.values());
            let query = self.query(&find.table, query)?;
            self.look_up(at, step, n, query, label)?;
        }
        if open { Ok(Progress::Wait) } else { self.found(at, lookup) }
    }

    /// The tool and the words of a question to a table.
    pub(crate) fn query(
        &self,
        table: &TableName,
        words: impl FnOnce(&Table) -> Result<String, String>,
    ) -> Result<(ToolName, String), Stuck> {
        let spec = self.plan.workflow().tables.get(table);
        let spec = spec.ok_or_else(|| Stuck::defect(format!("table `{table}` is unknown")))?;
        let query = words(spec).map_err(|text| Stuck::new(Code::Expression, text))?;
        Ok((spec.tool.clone(), query))
    }

    /// Asks a table once, unless the question is out already.
    pub(crate) fn look_up(
        &mut self,
        at: &At,
        step: &Step,
        n: u16,
        (tool, query): (ToolName, String),
        mut label: Label,
    ) -> Result<(), Stuck> {
        let slot = Slot::Lookup(n);
        let out = self.control.acts.values().any(|a| a.at == *at && a.slot == slot);
        if out || self.tool_held_back(&tool) {
            return Ok(());
        }
        label.join(&Label::from(Source::Plan));
        let args = json!({ "query": query });
        let (body, same) = self.args_body(at, slot, &args, Labels::all(label))?;
        let (part, facts) = (Part::Lookup(n), Facts::Engine);
        progress(self.call_tool(ToolCallOf {
            at,
            step,
            tool: &tool,
            part,
            slot,
            body,
            same,
            facts,
        })?)?;
        Ok(())
    }

    /// A look-up with a missing key finds nothing; it asks nobody.
    fn has_keys(&self, find: &RowFind) -> bool {
        find.by.values().all(|path| self.at_path(path).is_some_and(|v| !v.is_null()))
    }

    /// What a row must equal, column by column.
    fn keys<'f>(&self, find: &'f RowFind, table: Option<&Table>) -> Vec<sql::Key<'f>> {
        let kind = |column: &str| table.and_then(|table| table.columns.get(column)).cloned();
        let key = |(column, path): (&'f FieldName, &Path)| {
            let value = self.at_path(path).cloned().unwrap_or(Value::Null);
            (column.as_str(), kind(column.as_str()).unwrap_or(Type::Text), value)
        };
        find.by.iter().map(key).collect()
    }

    /// What of a table's answer strangers may have put into its server. The tool's own trust is not
    /// asked for: the table is declared to be trusted, as long as nobody else writes into it.
    fn strangers(&self, rows: BodyRef) -> Label {
        let Ok(rows) = self.loaded(rows) else { return stain::unknown() };
        let given = &rows.labels().base;
        let outside = given.origins.has(Source::Outside);
        let label = if outside { stain::unknown() } else { Label::default() };
        Label { tags: given.tags.clone(), ..label }
    }

    fn found(&mut self, at: &At, lookup: &LookupStep) -> Result<Progress, Stuck> {
        let mut output = Map::new();
        let mut labels = Labels::all(Label::from(Source::Table));
        for (n, (name, find)) in (0_u16..).zip(&lookup.finds) {
            let mut label = Label::from(Source::Table);
            let table = self.plan.workflow().tables.get(&find.table);
            label.tags.extend(table.into_iter().flat_map(|t| t.tags.iter().cloned()));
            label.influenced(&self.label_of_all(find.by.values()));
            let row = match self.visit(at)?.results.get(&Slot::Lookup(n)) {
                None => Value::Null,
                Some(body) => {
                    label.join(&self.strangers(*body));
                    let rows = sql::rows(self.value(*body)?, table)
                        .map_err(|text| Stuck::new(Code::BadAnswer, text))?;
                    sql::one(rows, &self.keys(find, table))
                }
            };
            labels.leaves.insert(format!("/{name}"), label);
            output.insert(name.as_str().to_owned(), row);
        }
        Ok(Progress::Output(Value::Object(output), labels))
    }
}

fn progress(asked: Asked) -> Result<Progress, Stuck> {
    match asked {
        Asked::Started | Asked::Halted | Asked::Held => Ok(Progress::Wait),
        Asked::Refused(code) => Err(Stuck::new(code, "the call was refused by a rule")),
    }
}

/// The JSON type that a tool's schema wants for an argument.
fn arg_kind<'t>(tool: &'t Tool, name: &str) -> Option<&'t str> {
    tool.input.get("properties")?.get(name)?.get("type")?.as_str()
}

/// A value in the form a tool takes: money as its number, as text or as a number.
fn fit(value: &Value, kind: Option<&str>) -> Option<Value> {
    let money: Option<Money> = serde_json::from_value(value.clone()).ok();
    match (money, kind) {
        (Some(money), Some("string") | None) => Some(Value::from(money.number())),
        (Some(money), Some("number")) => serde_json::from_str(&money.number()).ok(),
        (Some(_), Some("object")) => Some(value.clone()),
        (Some(_), Some(_)) => None,
        (None, Some("string")) if value.is_number() || value.is_boolean() => {
            Some(Value::from(value.to_string()))
        }
        (None, _) => Some(value.clone()),
    }
}

/// What a call moves, as it counts against the day's limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moves {
    Nothing,
    Amount(Money),
    /// It moves an amount that cannot be read.
    Unreadable,
}

/// The amount that a call moves: the money it was bound from, or what its argument says in the
/// currency beside it, or else in that of the limit.
pub(crate) fn moves(tool: &Tool, facts: &[ArgFact<'_>], limit: Option<Currency>) -> Moves {
    if tool.effect == Effect::Read {
        return Moves::Nothing;
    }
    let Some((name, _)) = tool.args.iter().find(|(_, role)| **role == ArgRole::Amount) else {
        return Moves::Nothing;
    };
    let fact = |name: &str| facts.iter().find(|fact| fact.name == name);
    let Some(amount) = fact(name) else { return Moves::Unreadable };
    if let Some(money) = amount.money {
        return Moves::Amount(money);
    }
    let currency = match fact("currency").map(|fact| fact.value) {
        Some(value) => value.as_str().unwrap_or_default().to_owned(),
        None => limit.map(|currency| currency.to_string()).unwrap_or_default(),
    };
    let money = match amount.value {
        Value::String(text) => {
            Money::parse(text).or_else(|_| Money::parse(&format!("{text} {currency}"))).ok()
        }
        Value::Number(number) => Money::parse(&format!("{number} {currency}")).ok(),
        other => serde_json::from_value(other.clone()).ok(),
    };
    money.map_or(Moves::Unreadable, Moves::Amount)
}
