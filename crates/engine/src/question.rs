//! What a tool asks of a person before it goes on with a call: who is asked, what is an answer, and
//! what of it the same call is given. It must not know how a server asks.

use journal::{
    About, Answer, Answered, At, BodyRef, Decline, Label, Labels, Question, Record, ReviewNo,
    Shown, Source, What,
};
use plan::ids::{PersonId, RoleId};
use plan::workflow::Recover;
use serde_json::{Map, Value};

use crate::control::{Act, Review, Slot};
use crate::work::{Stuck, Work};

/// The name under which a person gives the fields of an answer: `answer.colour`.
pub const ANSWER: &str = "answer";

/// A call that asks more often than this asks without end.
const ROUNDS_MAX: usize = 8;

impl Work<'_> {
    /// What people answered to a call so far, for the call to go on with. Where an answer is
    /// missing a person is asked for it, and there is nothing yet.
    pub(crate) fn answers(
        &mut self,
        at: &At,
        slot: Slot,
        what: &What,
    ) -> Result<Option<Vec<Answered>>, Stuck> {
        let visit = self.visit(at)?;
        let (asked, open) = (visit.asked.get(&slot).cloned(), visit.review.is_some());
        let mut answers = Vec::new();
        for asking in asked.unwrap_or_default() {
            let question = self.question(asking.question)?;
            let answer = match asking.answer {
                Some(body) => self.value(body)?.as_object().cloned().unwrap_or_default(),
                None if question.forms.is_empty() => Map::new(),
                None => {
                    if !open {
                        let (what, question) = (what.clone(), asking.question);
                        let role = self.helper(at);
                        self.ask_person(at, role, About::Question { what, question });
                    }
                    return Ok(None);
                }
            };
            answers.push(Answered { question, answer });
        }
        Ok(Some(answers))
    }

    /// Whether a call may ask what it asks: it can be repeated with the answer, it has not asked
    /// without end, and it is one that a person follows.
    pub(crate) fn may_ask(&self, act: &Act) -> bool {
        let rounds = self.control.live.get(&act.at).and_then(|visit| visit.asked.get(&act.slot));
        let followed =
            matches!(act.slot, Slot::Main | Slot::Confirm | Slot::Lookup(_) | Slot::Turn(..));
        followed && rounds.is_none_or(|rounds| rounds.len() < ROUNDS_MAX)
    }

    fn question(&self, body: BodyRef) -> Result<Question, Stuck> {
        let broken = || Stuck::defect("a question of a tool cannot be read");
        serde_json::from_value(self.value(body)?.clone()).map_err(|_| broken())
    }

    /// Who is asked when a step cannot go on by itself.
    pub(crate) fn helper(&self, at: &At) -> RoleId {
        match self.plan.step(&at.step).map(|step| &step.on_failure) {
            Some(Recover::Ask(role)) => role.clone(),
            Some(Recover::Go(_) | Recover::Stop) | None => self.plan.workflow().override_by.clone(),
        }
    }

    /// A person answers: the fields given, and for the others what the tool proposed.
    pub(crate) fn answered(
        &mut self,
        who: &PersonId,
        no: ReviewNo,
        review: &Review,
        values: &[(String, String)],
    ) -> Result<(), Decline> {
        let About::Question { question, .. } = review.about else { return Err(Decline::BadEdit) };
        let question = self.question(question).map_err(|_| Decline::NotNow)?;
        let mut answer = Map::new();
        for (name, field) in question.fields() {
            if let Some(proposed) = field.get("default") {
                answer.insert(name.clone(), proposed.clone());
            }
        }
        for (path, json) in values {
            let name = path.strip_prefix(ANSWER).and_then(|rest| rest.strip_prefix('.'));
            let name = name.filter(|name| question.fields().any(|(field, _)| field == name));
            let name = name.ok_or(Decline::BadEdit)?;
            let value = serde_json::from_str(json).map_err(|_| Decline::BadEdit)?;
            answer.insert(name.to_owned(), value);
        }
        for form in &question.forms {
            let part = Value::Object(form.part(&answer));
            self.guard.form(&form.wants, &part).map_err(|_| Decline::BadEdit)?;
        }
        // Whoever leaves a proposal as it is says it too.
        let body = self.add_value(&Value::Object(answer), Labels::all(Label::from(Source::Person)));
        let commit = self.loaded(body).map_err(|_| Decline::NotNow)?.commit();
        let edits = vec![Shown { step: review.at.step.clone(), body, commit }];
        let answer = Answer::Edited { edits };
        self.note(Record::ReviewAnswered { review: no, who: who.clone(), answer });
        Ok(())
    }
}
