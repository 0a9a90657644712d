//! A case that is gone through once more: what was said from outside the first time, and where two
//! ways of it part. It must not judge which of them is right.

use std::collections::{BTreeMap, VecDeque};

use journal::{
    About, ActNo, Answer, Aside, At, BodyRef, Code, Finish, Message, Part, Record, ReviewNo, Shown,
    What,
};
use plan::Plan;
use plan::ids::{PersonId, RoleId, StepId, ToolName};
use plan::workflow::{Does, Work};
use serde_json::Value;

use crate::history::History;

mod apart;

pub use apart::{Apart, PartedBy, apart};

/// What was asked of the world, as the same step asks it again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    /// Which value of a document a field is, in the first wording.
    Field(String),
    Model(Option<(u16, u8)>),
    /// A call by its part of the step. Calls of an agent are told apart by their tool alone.
    Tool(ToolName, Option<u16>),
    Person,
}

/// What came, in the words of whoever said it.
#[derive(Debug, Clone, PartialEq)]
pub enum Word {
    /// A model's text.
    Said(String),
    /// A model calls a tool, by the name it knows it by, with these arguments.
    Called(String, Value),
    /// A tool's answer.
    Gave(Value),
    Failed(Code),
    /// A tool asked a person something first.
    Question,
    /// Nobody knows whether it was done.
    Lost,
    /// Nobody answered in time.
    Late,
    Person(PersonId, Said),
}

/// What a person said or ordered.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    Approved,
    /// The new value of each step that was changed.
    Edited(Vec<(StepId, Value)>),
    Rejected(String),
    Escalated(RoleId, String),
    Happened(bool),
    Retry,
    Skip(String),
}

/// All that was said from outside, in the order in which it was asked for.
#[derive(Debug, Default)]
pub struct Heard {
    words: BTreeMap<(At, Asked), VecDeque<Word>>,
}

impl Heard {
    /// What the records of a run hold of it. The plan is the run's release.
    #[must_use]
    pub fn of(history: &History, plan: Option<&Plan>) -> Self {
        let mut listening = Listening { history, plan, ..Listening::new(history) };
        for record in history.frames().iter().flat_map(|frame| &frame.records) {
            listening.record(record);
        }
        let mut words: BTreeMap<_, VecDeque<Word>> = BTreeMap::new();
        for (key, came) in listening.came {
            words.entry(key).or_default().extend(came);
        }
        Self { words }
    }

    /// What was said next to a person's question, to a call or to a model's question of a step.
    pub fn next(&mut self, at: &At, what: Option<&What>) -> Option<Word> {
        let asked = match what {
            None => Asked::Person,
            Some(What::Model { question, .. }) => Asked::Model(*question),
            Some(What::Tool { tool, part, .. }) => Asked::Tool(tool.clone(), place(part)),
            Some(What::Notify { .. }) => return None,
        };
        self.words.get_mut(&(at.clone(), asked))?.pop_front()
    }

    /// The same of a field that a model is asked about.
    pub fn next_field(&mut self, at: &At, field: &str) -> Option<Word> {
        self.words.get_mut(&(at.clone(), Asked::Field(field.to_owned())))?.pop_front()
    }
}

/// Which part of its step a call is, as far as it is the same each time.
fn place(part: &Part) -> Option<u16> {
    match part {
        Part::Main => Some(0),
        Part::Confirm => Some(1),
        Part::Undo => Some(2),
        Part::ReadBack => Some(3),
        Part::Lookup(n) => Some(n.saturating_add(4)),
        Part::Turn(_) => None,
    }
}

struct Listening<'h> {
    history: &'h History,
    plan: Option<&'h Plan>,
    /// In the order in which it was asked for; an act has its words once it is over.
    came: Vec<((At, Asked), Vec<Word>)>,
    acts: BTreeMap<ActNo, usize>,
    reviews: BTreeMap<ReviewNo, (At, bool)>,
    /// Who answered whether something happened; what they answered stands in the next record.
    settling: Option<PersonId>,
}

impl<'h> Listening<'h> {
    fn new(history: &'h History) -> Self {
        Self {
            history,
            plan: None,
            came: Vec::new(),
            acts: BTreeMap::new(),
            reviews: BTreeMap::new(),
            settling: None,
        }
    }

    fn record(&mut self, record: &Record) {
        if let Record::Allowed { act, at, what, .. } = record {
            if let Some(asked) = self.asked(at, what) {
                self.acts.insert(*act, self.came.len());
                self.came.push(((at.clone(), asked), Vec::new()));
            }
        } else if let Record::Finished { act, outcome, .. } = record {
            let words = self.finished(*act, outcome);
            self.put(*act, words);
        } else if let Record::InDoubt { act } = record {
            self.put(*act, vec![Word::Lost]);
        } else if let Record::ReviewOpened { review, at, about, .. } = record {
            let doubt = matches!(about, About::InDoubt { .. });
            self.reviews.insert(*review, (at.clone(), doubt));
        } else if let Record::ReviewAnswered { review, who, answer } = record {
            self.answered(*review, who, answer);
        } else if let Record::ReviewAgreed { review, who, edits } = record {
            let said = if edits.is_empty() { Said::Approved } else { self.edited(edits) };
            self.person(*review, Word::Person(who.clone(), said));
        } else if let Record::ReviewLate { review, .. } = record {
            self.person(*review, Word::Late);
        } else if let Record::Settled { at, happened, .. } = record {
            if let Some(who) = self.settling.take() {
                let said = Said::Happened(happened.is_some());
                self.came.push(((at.clone(), Asked::Person), vec![Word::Person(who, said)]));
            }
        } else if let Record::Retried { at, who, .. } = record {
            let word = Word::Person(who.clone(), Said::Retry);
            self.came.push(((at.clone(), Asked::Person), vec![word]));
        } else if let Record::Skipped { at, who, reason } = record {
            let word = Word::Person(who.clone(), Said::Skip(self.text(*reason)));
            self.came.push(((at.clone(), Asked::Person), vec![word]));
        }
    }

    fn asked(&self, at: &At, what: &What) -> Option<Asked> {
        match what {
            What::Model { question: Some((n, wording)), .. } if Aside::of(*wording).is_none() => {
                // The second wording of a field is the first one's proof.
                if *wording > 0 {
                    return None;
                }
                let Does::Agent(agent) = &self.plan?.step(&at.step)?.does else { return None };
                let Work::Copy { fields, .. } = &agent.work else { return None };
                fields.get(usize::from(*n)).map(|field| Asked::Field(field.name.to_string()))
            }
            What::Model { question, .. } => Some(Asked::Model(*question)),
            What::Tool { tool, part, .. } => Some(Asked::Tool(tool.clone(), place(part))),
            What::Notify { .. } => None,
        }
    }

    fn put(&mut self, act: ActNo, words: Vec<Word>) {
        let place = self.acts.get(&act).copied();
        if let Some((_, came)) = place.and_then(|place| self.came.get_mut(place)) {
            *came = words;
        }
    }

    fn finished(&self, act: ActNo, outcome: &Finish) -> Vec<Word> {
        let asked = self.acts.get(&act).and_then(|place| self.came.get(*place));
        let tool = matches!(asked, Some(((_, Asked::Tool(..)), _)));
        match outcome {
            Finish::Ok { body } if tool => {
                self.history.json(*body).map(Word::Gave).into_iter().collect()
            }
            Finish::Ok { body } => self.spoken(*body),
            Finish::Error { code, .. } => vec![Word::Failed(*code)],
            Finish::Asked { .. } => vec![Word::Question],
            Finish::Unknown { .. } => vec![Word::Lost],
        }
    }

    /// An answer of a model. Of several calls in one turn each is a word of its own.
    fn spoken(&self, body: BodyRef) -> Vec<Word> {
        let message: Option<Message> =
            self.history.body(body).and_then(|bytes| serde_json::from_slice(bytes).ok());
        let Some(message) = message else { return Vec::new() };
        if message.calls.is_empty() {
            return vec![Word::Said(message.text)];
        }
        let called = message.calls.into_iter().map(|call| {
            let args = serde_json::from_str(&call.args).unwrap_or(Value::Null);
            Word::Called(call.tool, args)
        });
        called.collect()
    }

    fn answered(&mut self, review: ReviewNo, who: &PersonId, answer: &Answer) {
        if self.reviews.get(&review).is_some_and(|(_, doubt)| *doubt)
            && matches!(answer, Answer::Approved)
        {
            self.settling = Some(who.clone());
            return;
        }
        let said = match answer {
            Answer::Approved => Said::Approved,
            Answer::Edited { edits } => self.edited(edits),
            Answer::Rejected { reason } => Said::Rejected(self.text(*reason)),
            Answer::Escalated { to, reason, .. } => Said::Escalated(to.clone(), self.text(*reason)),
        };
        self.person(review, Word::Person(who.clone(), said));
    }

    fn edited(&self, edits: &[Shown]) -> Said {
        let one = |edit: &Shown| Some((edit.step.clone(), self.history.json(edit.body)?));
        Said::Edited(edits.iter().filter_map(one).collect())
    }

    fn text(&self, body: BodyRef) -> String {
        self.history.text(body).unwrap_or_default()
    }

    fn person(&mut self, review: ReviewNo, word: Word) {
        if let Some((at, _)) = self.reviews.get(&review) {
            self.came.push(((at.clone(), Asked::Person), vec![word]));
        }
    }
}
