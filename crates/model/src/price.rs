//! What a call cost, exactly. It must not round.

use journal::Usage;
use plan::workflow::Price;

use crate::provider::Tokens;

/// The usage of a call at a price. What came from the vendor's cache and what was put into it are
/// parts of the input and cost their own prices.
pub(crate) fn usage(tokens: Tokens, price: Price, active_ms: u64) -> Usage {
    let cached = tokens.cached.min(tokens.input);
    let written = tokens.written.min(tokens.input - cached);
    let fresh = tokens.input - cached - written;
    let cost = [
        fresh.saturating_mul(price.input_nanos),
        cached.saturating_mul(price.cached_nanos),
        written.saturating_mul(price.written_nanos.unwrap_or(price.input_nanos)),
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
