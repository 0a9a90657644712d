//! Grounded fields: every value is a span of the source that two differently worded questions
//! agree on. Finding the spans and settling the answers is guard's; this file only asks.

use std::borrow::Cow;

use guard::ground::{self, Candidate, Settled};
use journal::{AnswerShape, At, Code, Label, Labels, Message, Role, Source};
use plan::expr::Path;
use plan::workflow::{AgentStep, CopyField, Step, Type, Work as Task};
use serde_json::{Map, Value, json};

use crate::control::{Line, Slot};
use crate::drive::Progress;
use crate::sql;
use crate::work::{Stuck, Work};

impl Work<'_> {
    pub(crate) fn drive_copy(
        &mut self,
        at: &At,
        step: &Step,
        agent: &AgentStep,
    ) -> Result<Progress, Stuck> {
        let Task::Copy { from, fields } = &agent.work else {
            return Err(Stuck::defect("a copying step without fields"));
        };
        let missing = || Stuck::new(Code::Expression, format!("`{from}` holds no text"));
        let text = self.at_path(from).and_then(Value::as_str).ok_or_else(missing)?.to_owned();
        if self.visit(at)?.lines.is_empty() {
            let label = self.label_of(from);
            self.say_document(at, &text, label)?;
        }
        if !self.judged(at, step, agent)? {
            return Ok(Progress::Wait);
        }
        let body = self.root_ref(from.root()).ok_or_else(missing)?;
        let find = || fields.iter().map(|f| ground::candidates(&text, f)).collect();
        let found = self.loaded(body)?.found(&step.id, find);
        let Some(known) = self.known(at, step, fields, &found, from)? else {
            return Ok(Progress::Wait);
        };
        let found: Vec<(&CopyField, &[Candidate])> =
            fields.iter().zip(known.iter().map(AsRef::as_ref)).collect();
        let mut open = false;
        for (n, (field, candidates)) in (0_u16..).zip(found.iter().copied()) {
            if !ground::worth_asking(field, candidates) {
                continue;
            }
            for wording in 0_u8..2 {
                let slot = Slot::Question(n, wording);
                if self.visit(at)?.answers.contains_key(&(n, wording)) {
                    continue;
                }
                open = true;
                if self.control.acts.values().any(|a| a.at == *at && a.slot == slot) {
                    continue;
                }
                let choice = ground::questions(field, candidates, wording);
                // A refusal by a limit ends the step; everything else waits.
                self.call_model(at, step, agent, slot, Some(AnswerShape::Choice(choice)))?;
            }
        }
        if open {
            return Ok(Progress::Wait);
        }
        self.settle_copy(at, step, agent, &text, &found)
    }

    /// The candidates in the light of the tables that know a field's values; nothing while a table
    /// is still asked. It is asked first: what it settles needs no model.
    fn known<'f>(
        &mut self,
        at: &At,
        step: &Step,
        fields: &[CopyField],
        found: &'f [Vec<Candidate>],
        from: &Path,
    ) -> Result<Option<Vec<Cow<'f, [Candidate]>>>, Stuck> {
        let mut open = false;
        let mut all: Vec<Cow<'_, [Candidate]>> = Vec::with_capacity(found.len());
        for (n, (field, candidates)) in (0_u16..).zip(fields.iter().zip(found)) {
            all.push(Cow::Borrowed(candidates));
            let Some(known) = field.known_in.as_ref() else { continue };
            if !ground::worth_knowing(field, candidates) {
                continue;
            }
            let values: Vec<Value> = candidates.iter().map(|c| c.value.clone()).collect();
            let column = known.column.as_str();
            let Some(body) = self.visit(at)?.results.get(&Slot::Lookup(n)).copied() else {
                open = true;
                let query = self.query(&known.table, |t| sql::known(t, column, &values))?;
                let label = self.label_of(from);
                self.look_up(at, step, n, query, label)?;
                continue;
            };
            let table = self.plan.workflow().tables.get(&known.table);
            let rows = sql::rows(self.value(body)?, table)
                .map_err(|text| Stuck::new(Code::BadAnswer, text))?;
            let kind = table.and_then(|table| table.columns.get(column)).unwrap_or(&Type::Text);
            let held = sql::held(&rows, column, kind, &values);
            if let Some(last) = all.last_mut() {
                *last = Cow::Owned(ground::known(field, candidates.clone(), &held));
            }
        }
        Ok((!open).then_some(all))
    }

    fn say_document(&mut self, at: &At, text: &str, label: Label) -> Result<(), Stuck> {
        let said = self.visit(at)?.lines.iter().any(|l| matches!(l, Line::Said(_)));
        if said { Ok(()) } else { self.say(at, Role::User, text, None, label) }
    }

    fn settle_copy(
        &mut self,
        at: &At,
        step: &Step,
        agent: &AgentStep,
        text: &str,
        found: &[(&CopyField, &[Candidate])],
    ) -> Result<Progress, Stuck> {
        let mut label = self.conversation_label(at)?;
        // The value is a span of the source: the model only chose which.
        label.influences = label.influences.join(journal::Sources::of(Source::Model));
        if found.iter().any(|(field, _)| field.known_in.is_some()) {
            label.influences = label.influences.join(journal::Sources::of(Source::Table));
        }
        let mut output = Map::new();
        let mut grounds = Map::new();
        let mut doubts: Vec<String> = Vec::new();
        for (n, (field, candidates)) in (0_u16..).zip(found.iter().copied()) {
            let mut answers = [None, None];
            for (wording, answer) in (0_u8..).zip(answers.iter_mut()) {
                *answer = self.chosen(at, (n, wording))?;
            }
            match ground::settle(field, candidates, answers) {
                Settled::Value(value, span) => {
                    output.insert(field.name.as_str().to_owned(), value);
                    let finder = candidates.iter().find(|c| c.span == span).map(|c| c.finder);
                    let ground = json!({ "span": [span.start, span.end], "finder": finder });
                    grounds.insert(field.name.as_str().to_owned(), ground);
                }
                Settled::None if field.optional => {
                    output.insert(field.name.as_str().to_owned(), Value::Null);
                }
                Settled::None => {
                    output.insert(field.name.as_str().to_owned(), Value::Null);
                    doubts.push(format!("`{}` was not found", field.name));
                }
                Settled::Doubt(reason) => {
                    output.insert(field.name.as_str().to_owned(), Value::Null);
                    doubts.push(format!("`{}`: {reason}", field.name));
                }
            }
        }
        let source = hex::encode(journal::Hash::of_parts(&[text.as_bytes()]).0);
        let version = ground::FINDER_VERSION;
        grounds.insert("$source".into(), json!({ "sha256": source, "finders": version }));
        output.insert("$grounds".into(), Value::Object(grounds));
        let value = Value::Object(output);
        if doubts.is_empty() {
            match self.hold(step, agent, &value) {
                Ok(()) => return Ok(Progress::Output(value, Labels::all(label))),
                Err(stuck) if stuck.code == Code::Doubt => doubts.push(stuck.text),
                Err(stuck) => return Err(stuck),
            }
        }
        // What was found so far is bound, so that a person sees it and completes it.
        let body = self.add_value(&value, Labels::all(label));
        self.note(journal::Record::Bound { at: at.clone(), body });
        Err(Stuck::new(Code::Doubt, doubts.join("; ")))
    }

    fn chosen(&self, at: &At, question: (u16, u8)) -> Result<Option<usize>, Stuck> {
        let body = self.visit(at)?.answers.get(&question).copied();
        Ok(body.and_then(|body| self.chosen_in(body)))
    }

    /// The option that an answer chose.
    pub(crate) fn chosen_in(&self, body: journal::BodyRef) -> Option<usize> {
        let message: Message = serde_json::from_slice(self.loaded(body).ok()?.bytes()).ok()?;
        let answer: Value = serde_json::from_str(&message.text).ok()?;
        answer.get("choice").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok())
    }
}
