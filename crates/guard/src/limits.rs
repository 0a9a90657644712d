//! The limits of one case and the detection of loops. Limits that runs share are ledgers of the
//! journal; this judges what one run has used. It must not count anything itself.

use journal::{Code, Hash, Rule, Usage};
use plan::ids::ToolName;
use plan::workflow::CaseLimits;

use crate::ask::Purse;
use crate::marks::mark;

/// How often an agent may make the very same call in one visit of a step.
pub(crate) const SAME_MAX: usize = 3;

/// Whether the case can afford the worst case of one more act.
pub(crate) fn budget(limits: &CaseLimits, purse: Purse, reserve: Usage) -> Result<(), Rule> {
    let after = purse.used.plus(reserve);
    if purse.acts >= limits.acts {
        mark!("budget:acts");
        return Err(Rule("budget:acts".into()));
    }
    if after.cost_nanos > limits.cost_nanos {
        mark!("budget:cost");
        return Err(Rule("budget:cost".into()));
    }
    if after.tokens() > limits.tokens {
        mark!("budget:tokens");
        return Err(Rule("budget:tokens".into()));
    }
    if after.active_ms > limits.active_ms {
        mark!("budget:active");
        return Err(Rule("budget:active".into()));
    }
    Ok(())
}

/// Whether an agent goes round in circles: the same call too often, or two calls in turn.
pub(crate) fn looping(earlier: &[(ToolName, Hash)], tool: &ToolName, hash: Hash) -> Option<Rule> {
    let is_this = |(other, args): &(ToolName, Hash)| *other == *tool && *args == hash;
    if earlier.iter().filter(|call| is_this(call)).count() >= SAME_MAX {
        mark!("loop:same");
        return Some(Rule("loop:same".into()));
    }
    if let [.., a, b, c, d] = earlier
        && a == c
        && b == d
        && a != b
        && is_this(a)
    {
        mark!("loop:alternating");
        return Some(Rule("loop:alternating".into()));
    }
    None
}

/// The code a run fails with when a limit's rule refused.
pub(crate) const BUDGET: Code = Code::Budget;
