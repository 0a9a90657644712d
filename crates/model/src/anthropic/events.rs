//! A streamed answer of Anthropic's format put together again. It must not take a part for the
//! whole: an answer is complete when `message_stop` came.

use serde_json::Value;

use super::wire::{Delta, Event, Piece, Reply};

/// What the events of an answer come to.
pub(super) fn reply(events: &[String]) -> Result<Reply, String> {
    let mut whole = Reply::default();
    // Blocks by their index, with the arguments of a call as the text they come in.
    let mut pieces: Vec<(usize, Piece, String)> = Vec::new();
    let (mut stopped, mut ending) = (false, None);
    for event in events {
        match serde_json::from_str(event).map_err(|error| error.to_string())? {
            Event::MessageStart { message } => {
                whole.model = message.model;
                whole.usage = message.usage;
                whole.content = Some(Vec::new());
            }
            Event::ContentBlockStart { index, content_block } => {
                pieces.push((index, content_block, String::new()));
            }
            Event::ContentBlockDelta { index, delta } => {
                let Some((_, piece, args)) = pieces.iter_mut().find(|(at, ..)| *at == index) else {
                    return Err(format!("block {index} goes on without a beginning"));
                };
                match (piece, delta) {
                    (Piece::Text { text }, Delta::Text { text: more }) => text.push_str(&more),
                    (Piece::ToolUse { .. }, Delta::InputJson { partial_json }) => {
                        args.push_str(&partial_json);
                    }
                    (Piece::Text { .. } | Piece::ToolUse { .. } | Piece::Other, _) => {}
                }
            }
            Event::MessageDelta { delta, usage } => {
                ending = delta.stop_reason.or(ending);
                whole.stop_details = delta.stop_details.or(whole.stop_details);
                if let Some(later) = usage {
                    // The counts are sums so far; what the later event leaves out stands.
                    let used = whole.usage.get_or_insert_default();
                    used.input_tokens = later.input_tokens.or(used.input_tokens);
                    used.output_tokens = later.output_tokens.or(used.output_tokens);
                    used.cache_creation_input_tokens =
                        later.cache_creation_input_tokens.or(used.cache_creation_input_tokens);
                    used.cache_read_input_tokens =
                        later.cache_read_input_tokens.or(used.cache_read_input_tokens);
                }
            }
            Event::MessageStop => stopped = true,
            Event::Error { error } => whole.error = Some(error),
            Event::Other => {}
        }
    }
    whole.stop_reason = ending.filter(|_| stopped);
    if let Some(content) = &mut whole.content {
        content.extend(pieces.into_iter().map(|(_, piece, args)| finished(piece, args)));
    }
    Ok(whole)
}

fn finished(piece: Piece, args: String) -> Piece {
    match piece {
        Piece::ToolUse { id, name, .. } if !args.is_empty() => {
            let input = serde_json::from_str(&args).unwrap_or(Value::String(args));
            Piece::ToolUse { id, name, input }
        }
        piece => piece,
    }
}
