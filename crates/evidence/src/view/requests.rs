//! Following the requests to people: what each is about, who took it up, who agreed and what came
//! of it. Like the rest of the view it repeats what the records say.

use journal::{About, Answer, At, BodyRef, Millis, Question, Record, ReviewNo, Shown, What};
use plan::ids::{PersonId, RoleId};
use plan::workflow::Does;
use serde_json::Value;

use super::follow::Walk;
use super::question;
use super::{ClaimView, ReviewKind, ReviewState, ReviewView, ShownValue};
use crate::{codes, rules, words};

impl ReviewView {
    /// How many people still have to agree.
    #[must_use]
    pub fn missing(&self) -> usize {
        usize::from(self.approvals).saturating_sub(self.agreed.len())
    }

    fn pass_to(&mut self, role: &RoleId, due: Millis) {
        (self.by, self.due) = (role.clone(), due);
        self.claim = None;
        self.agreed.clear();
        self.proposed.clear();
    }
}

impl Walk<'_> {
    pub(super) fn review_opened(
        &mut self,
        no: ReviewNo,
        at: &At,
        about: &About,
        by: &RoleId,
        due: Millis,
    ) {
        let mut may_edit = Vec::new();
        let (mut form, mut approvals) = (None, 1);
        let (kind, question, shows) = match about {
            About::Step { shown } => {
                let shows = shown
                    .iter()
                    .map(|s| ShownValue {
                        name: s.step.to_string(),
                        value: self.history.json(s.body),
                        from: self.history.labels(s.body).map(|all| rules::way(&all.at(""))),
                    })
                    .collect();
                let mut question = format!("may the case pass `{at}`?");
                if let Some(Does::Review(review)) = self.does(&at.step) {
                    if !review.question.trim().is_empty() {
                        question.clone_from(&review.question);
                    }
                    approvals = review.approvals;
                    may_edit = review.may_edit.iter().map(ToString::to_string).collect();
                }
                (ReviewKind::Checkpoint, question, shows)
            }
            About::Failure { code, .. } => {
                let page = codes::page(*code);
                may_edit.push(at.step.to_string());
                let question = format!("`{at}` failed: {} ({})", page.title, page.id);
                (ReviewKind::Failure, question, self.so_far())
            }
            About::Act { what, rule } => {
                let value = match what {
                    What::Tool { args, .. } => self.history.json(*args),
                    What::Notify { text, .. } => self.history.json(*text),
                    What::Model { .. } => None,
                };
                let why = self.in_the_way(what, &rule.0);
                let ways = self.ways(what);
                let what = words::deed(what);
                let rule = &rule.0;
                let question = format!("the rule `{rule}` wants a person's yes to {what}{why}");
                let mut shows = vec![ShownValue { name: what, value, from: None }];
                shows.extend(ways);
                (ReviewKind::Act, question, shows)
            }
            About::InDoubt { act } => {
                let what = self.view.acts.iter().find(|a| a.no == *act);
                let name = what.map_or_else(|| "an act".to_owned(), |act| act.what.clone());
                let value = what.and_then(|act| act.args.clone());
                let question = format!("did it happen? {name} was begun and no answer came");
                (ReviewKind::InDoubt, question, vec![ShownValue { name, value, from: None }])
            }
            About::Question { what, question } => {
                let asked = question::read(self.history, *question);
                if let Some(asked) = &asked {
                    may_edit.extend(asked.fields().map(|(name, _)| format!("answer.{name}")));
                    form = Some(question::form(asked));
                }
                let (question, shows) = self.question(what, asked.as_ref());
                (ReviewKind::Question, question, shows)
            }
        };
        self.main(
            Some(&at.step),
            format!("{by} was called on: {} (due {})", words::plain(&question), self.when(due)),
        );
        self.view.reviews.push(ReviewView {
            no,
            at: at.clone(),
            kind,
            question,
            by: by.clone(),
            opened: self.now,
            due,
            state: ReviewState::Open,
            claim: None,
            approvals,
            agreed: Vec::new(),
            proposed: Vec::new(),
            shows,
            may_edit,
            form,
            rule: rule_of(about),
            call: self.call_of(about),
        });
    }

    /// The call that a request is about.
    fn call_of(&self, about: &About) -> Option<(String, Option<Value>)> {
        let what = match about {
            About::Act { what, .. } | About::Question { what, .. } => what,
            About::InDoubt { act } => {
                let act = self.view.acts.iter().find(|one| one.no == *act)?;
                return Some((act.tool.clone()?, act.args.clone()));
            }
            About::Step { .. } | About::Failure { .. } => return None,
        };
        match what {
            What::Tool { tool, args, .. } => Some((tool.to_string(), self.history.json(*args))),
            What::Model { .. } | What::Notify { .. } => None,
        }
    }

    /// Where each argument of a call came from, for whoever is to say yes to it.
    fn ways(&self, what: &What) -> Vec<ShownValue> {
        let What::Tool { args, .. } = what else { return Vec::new() };
        let Some(labels) = self.history.labels(*args) else { return Vec::new() };
        let args = self.history.json(*args);
        let names = args.iter().filter_map(Value::as_object).flat_map(|args| args.keys());
        names
            .map(|name| ShownValue {
                name: format!("where `{}` comes from", words::plain(name)),
                value: Some(Value::from(rules::way(&labels.at(&format!("/{name}"))))),
                from: None,
            })
            .collect()
    }

    /// What a call wants to know, with the call and each field of the answer.
    fn question(&self, what: &What, asked: Option<&Question>) -> (String, Vec<ShownValue>) {
        let value = match what {
            What::Tool { args, .. } => self.history.json(*args),
            What::Model { .. } | What::Notify { .. } => None,
        };
        let name = words::deed(what);
        let said = asked.map_or_else(String::new, Question::words);
        // A stranger's words stand between marks, and as a whole where they are shown as such.
        let text = format!("{name} has a question before it goes on: “{}”", words::plain(&said));
        let mut shows = vec![ShownValue { name, value, from: None }];
        shows.push(ShownValue {
            name: "its words".to_owned(),
            value: Some(Value::String(said)),
            from: None,
        });
        shows.extend(asked.into_iter().flat_map(question::fields));
        (text, shows)
    }

    /// Everything the case has produced so far: what a person needs who has to step in.
    fn so_far(&self) -> Vec<ShownValue> {
        let case =
            ShownValue { name: "case".to_owned(), value: self.view.case.clone(), from: None };
        let outputs = self.view.outputs().into_iter().map(|(step, value)| ShownValue {
            name: step.to_string(),
            value: Some(value.clone()),
            from: None,
        });
        std::iter::once(case).chain(outputs).collect()
    }

    pub(super) fn answer(&mut self, record: &Record) {
        let now = self.now;
        if let Record::ReviewAnswered { review, who, answer } = record {
            self.answered(*review, who, answer);
        } else if let Record::ReviewAgreed { review, who, edits } = record {
            self.agreed(*review, who, edits);
        } else if let Record::ReviewClaimed { review, who, until } = record {
            let claim = ClaimView { who: who.clone(), until: *until };
            let until = self.when(*until);
            self.taken(*review, Some(claim), format!("{who} took it up, until {until}"));
        } else if let Record::ReviewReleased { review, who } = record {
            self.taken(*review, None, format!("{who} gave it back"));
        } else if let Record::ReviewLate { review, to, due } = record {
            let due_text = self.when(*due);
            let Some(open) = self.view.reviews.iter_mut().rev().find(|r| r.no == *review) else {
                return;
            };
            let step = open.at.step.clone();
            let text = match to {
                Some(role) => {
                    let text = format!("{} did not answer in time; {role} was called on", open.by);
                    open.pass_to(role, *due);
                    format!("{text} (due {due_text})")
                }
                None => {
                    open.state = ReviewState::Late { at: now };
                    format!("{} did not answer in time", open.by)
                }
            };
            self.main(Some(&step), text);
        }
    }

    fn taken(&mut self, no: ReviewNo, claim: Option<ClaimView>, text: String) {
        let found = self.view.reviews.iter_mut().rev().find(|review| review.no == no);
        let Some(open) = found else { return };
        open.claim = claim;
        let step = open.at.step.clone();
        self.main(Some(&step), text);
    }

    /// One of several people who must agree did.
    fn agreed(&mut self, no: ReviewNo, who: &PersonId, edits: &[Shown]) {
        let proposed: Vec<ShownValue> = edits
            .iter()
            .map(|e| ShownValue {
                name: e.step.to_string(),
                value: self.history.json(e.body),
                from: None,
            })
            .collect();
        let found = self.view.reviews.iter_mut().rev().find(|review| review.no == no);
        let Some(open) = found else { return };
        let changed = !proposed.is_empty();
        if changed {
            open.proposed = proposed;
            open.agreed.clear();
        }
        open.agreed.push(who.clone());
        open.claim = None;
        let (step, more) = (open.at.step.clone(), open.missing());
        let did = if changed { "changed values and agreed" } else { "agreed" };
        let others = if more == 1 { "one more person".to_owned() } else { format!("{more} more") };
        self.main(Some(&step), format!("{who} {did}; {others} must agree"));
    }

    fn answered(&mut self, no: ReviewNo, who: &PersonId, answer: &Answer) {
        let at = self.now;
        let who = who.clone();
        let reason = |body: &BodyRef| self.history.text(*body).map(|text| words::plain(&text));
        let review = self.view.reviews.iter().rev().find(|review| review.no == no);
        let asked = review.is_some_and(|review| review.kind == ReviewKind::Question);
        let proposed = review.is_some_and(|review| !review.agreed.is_empty());
        let (state, text) = match answer {
            Answer::Approved => {
                (ReviewState::Approved { who: who.clone(), at }, format!("{who} approved"))
            }
            Answer::Edited { edits } => {
                let steps: Vec<_> = edits.iter().map(|e| e.step.clone()).collect();
                let names: Vec<String> = steps.iter().map(|s| format!("`{s}`")).collect();
                let text = match asked {
                    true => format!("{who} answered"),
                    false if proposed => format!("{who} approved {} as changed", names.join(", ")),
                    false => format!("{who} changed {} and approved", names.join(", ")),
                };
                (ReviewState::Edited { who: who.clone(), at, steps }, text)
            }
            Answer::Rejected { reason: body } => {
                let reason = reason(body);
                let said = reason.as_ref().map_or(String::new(), |text| format!(": {text}"));
                let text = format!("{who} rejected{said}");
                (ReviewState::Rejected { who: who.clone(), at, reason }, text)
            }
            Answer::Escalated { to, reason: body, due } => {
                let said = reason(body).map_or(String::new(), |text| format!(": {text}"));
                let text = format!("{who} passed it on to {to}{said}");
                if let Some(open) = self.view.reviews.iter_mut().rev().find(|r| r.no == no) {
                    open.pass_to(to, *due);
                }
                (ReviewState::Open, text)
            }
        };
        if let (Answer::Edited { edits }, false) = (answer, asked) {
            for Shown { step, body, .. } in edits {
                let output = self.history.json(*body);
                let labels = self.history.labels(*body).cloned();
                if let Some(view) = self.view.steps.iter_mut().rev().find(|s| s.at.step == *step) {
                    view.output = output;
                    view.labels = labels;
                }
            }
        }
        let open = self.view.reviews.iter_mut().rev().find(|review| review.no == no);
        let step = open.map(|open| {
            open.state = state;
            open.at.step.clone()
        });
        self.main(step.as_ref(), text);
    }
}

/// The rule that wants a person's yes.
fn rule_of(about: &About) -> Option<String> {
    if let About::Act { rule, .. } = about { Some(rule.0.to_string()) } else { None }
}
