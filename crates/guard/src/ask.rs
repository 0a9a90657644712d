//! What guard is asked, and what it answers. The engine fills an [`Ask`] from a run's records and
//! bodies; guard reads it and nothing else. It must not hold anything that outlives one question.

use journal::{At, Code, Label, ReviewNo, Rule, Usage};
use plan::expr::{EvalError, Path};
use plan::ids::{ModelName, RoleId, ToolName};
use plan::value::Money;
use plan::workflow::Autonomy;
use serde_json::Value;

/// One act that a run wants.
#[derive(Debug)]
pub struct Ask<'a> {
    pub at: &'a At,
    pub act: Act<'a>,
    pub purse: Purse,
    /// Tool calls of this step's visit so far, oldest first: tool and hash of the arguments.
    pub earlier: &'a [(ToolName, journal::Hash)],
    /// What had a hand in reaching this step.
    pub influences: &'a Label,
    /// The day it is asked on, `YYYY-MM-DD` in the workspace's time zone.
    pub today: &'a str,
    /// A person approved exactly this act (tool, arguments, release) in this review.
    pub approved: Option<ReviewNo>,
    /// How far effects may go by themselves now, where somebody holds them lower than the plan.
    pub held_at: Option<Autonomy>,
    /// A text of the case speaks to the model: a person sees what is done.
    pub suspected: bool,
    /// The case is known to be wrong: nothing of it is carried out.
    pub seeded: bool,
}

/// The kinds of act.
#[derive(Debug)]
pub enum Act<'a> {
    Model {
        model: &'a ModelName,
        /// The joined label of the whole conversation.
        label: &'a Label,
        /// Every text that would be sent, for the secret scan.
        texts: &'a [&'a str],
        /// The worst case of this call.
        reserve: Usage,
    },
    Tool {
        tool: &'a ToolName,
        part: &'a journal::Part,
        args: &'a [ArgFact<'a>],
        /// Hash of the arguments as they would be sent.
        hash: journal::Hash,
        /// Worst-case time of this call.
        reserve: Usage,
    },
    Notify {
        to: &'a RoleId,
        text: &'a str,
    },
}

/// One top-level argument of a tool call.
#[derive(Debug)]
pub struct ArgFact<'a> {
    pub name: &'a str,
    pub value: &'a Value,
    pub label: Label,
    /// The path the plan binds it to; `None` for a literal of the plan or an agent's own call.
    pub path: Option<&'a Path>,
    /// A literal of the plan.
    pub literal: bool,
    /// The review that showed exactly the value this path is bound to now, and was approved.
    pub endorsed: Option<ReviewNo>,
    /// The fact that backs it, where the plan names one.
    pub backing: Option<BackingFact<'a>>,
    /// The amount in money, where the argument was bound from a money value.
    pub money: Option<Money>,
}

/// The value and label of a backing fact, as the run has them.
#[derive(Debug)]
pub struct BackingFact<'a> {
    pub value: Option<&'a Value>,
    pub label: Label,
    pub within_minor: i64,
    pub path: &'a Path,
    /// The further condition, evaluated; `None` where the plan has none.
    pub when: Option<Result<bool, EvalError>>,
}

/// What the run has used and may use.
#[derive(Debug, Clone, Copy, Default)]
pub struct Purse {
    /// Finished acts, settled, and open acts at their full reservation.
    pub used: Usage,
    /// Acts started so far.
    pub acts: u32,
}

/// Guard's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Only guard builds one.
    Allow(Allow),
    /// A person of the role decides on exactly this act.
    AskPerson {
        role: RoleId,
        rule: Rule,
    },
    Refuse {
        rule: Rule,
        code: Code,
    },
}

/// An allowance, with the rules that were looked at. Its field is private to this crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    pub(crate) rules: Vec<Rule>,
    pub(crate) freedom: Autonomy,
}

impl Allow {
    /// The rules that allowed it.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// How far the act goes by itself. What takes no leave goes no way.
    #[must_use]
    pub fn freedom(&self) -> Autonomy {
        self.freedom
    }

    /// The rules, for the record.
    #[must_use]
    pub fn into_rules(self) -> Vec<Rule> {
        self.rules
    }
}
