//! What a call would use and how long it would take, where nobody has called. It must not pretend
//! to more than it counts.

use journal::{AnswerShape, ModelAsk, Usage};
use plan::workflow::Model;

/// How all figures of a rehearsal come about, for whoever reads them.
pub const HOW: &str = "tokens are estimated as one for each four characters of what is really \
                       sent and of the answer that was chosen, and priced by `flightdeck.yaml`; a \
                       call of a model takes 1 second and 20 ms for each token of its answer, a \
                       tool half a second, a person 5 working minutes for a decision";

/// What a decision takes of a person's time.
pub const PERSON_MS: u64 = 5 * 60_000;
pub(super) const TOOL_MS: u64 = 500;
const MODEL_MS: u64 = 1_000;
const TOKEN_MS: u64 = 20;
const TOKEN_BYTES: usize = 4;

/// What a call of a model uses if it answers this text.
pub(super) fn of_model(ask: &ModelAsk, model: Option<&Model>, answer: &str) -> Usage {
    let said: usize = ask.messages.iter().map(|message| message.text.len()).sum();
    let tool = |t: &journal::ToolDef| t.description.len() + t.input.to_string().len();
    let tools: usize = ask.tools.iter().map(tool).sum();
    let shape = match &ask.answer {
        AnswerShape::Text => 0,
        AnswerShape::Json(schema) => schema.to_string().len(),
        AnswerShape::Choice(choice) => {
            choice.question.len() + choice.options.iter().map(String::len).sum::<usize>()
        }
    };
    let input = tokens(said + ask.instructions.len() + tools + shape);
    let output = tokens(answer.len()).min(u64::from(ask.tokens_max)).max(1);
    let (dear, out) = model.map_or((0, 0), |m| (m.price.input_nanos, m.price.output_nanos));
    Usage {
        input_tokens: input,
        cached_tokens: 0,
        output_tokens: output,
        cost_nanos: input.saturating_mul(dear).saturating_add(output.saturating_mul(out)),
        active_ms: MODEL_MS + output.saturating_mul(TOKEN_MS),
    }
}

fn tokens(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(TOKEN_BYTES)).unwrap_or(u64::MAX)
}
