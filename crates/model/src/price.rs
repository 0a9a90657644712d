//! What a call cost, exactly. It must not round.

use journal::Usage;
use plan::workflow::Price;

use crate::provider::Tokens;

/// The usage of a call at a price. Cached tokens are a part of the input and cost their own price.
pub(crate) fn usage(tokens: Tokens, price: Price, active_ms: u64) -> Usage {
    let cached = tokens.cached.min(tokens.input);
    let fresh = tokens.input - cached;
    let cost = [
        fresh.saturating_mul(price.input_nanos),
        cached.saturating_mul(price.cached_nanos),
        tokens.output.saturating_mul(price.output_nanos),
    ];
    Usage {
        input_tokens: tokens.input,
        cached_tokens: cached,
        output_tokens: tokens.output,
        cost_nanos: cost.into_iter().fold(0, u64::saturating_add),
        active_ms,
    }
}
