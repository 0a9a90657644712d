//! Streams of each vendor: whole, cut in the middle, failed in the middle, silent.

use std::time::Duration;

use journal::{AnswerShape, Code, ToolCall};

use super::anthropic::{anthropic, tool};
use super::fake::{End, Fake, Reply};
use super::permit::{ask, permit};
use super::{At, KEY, PRICE, answer, open_ai, set_up, spec};
use crate::{Callable, Called, Place};

const ANTHROPIC: &str = include_str!("fixtures/anthropic-stream.txt");
const ANTHROPIC_OVERLOADED: &str = include_str!("fixtures/anthropic-stream-overloaded.txt");
const OPENAI: &str = include_str!("fixtures/openai-stream.txt");
const OPENAI_HALF: &str = include_str!("fixtures/openai-stream-half.txt");
const OPENAI_ERROR: &str = include_str!("fixtures/openai-stream-error.txt");
const OLLAMA: &str = include_str!("fixtures/ollama-stream.txt");
const GEMINI: &str = include_str!("fixtures/gemini-stream.txt");

const MOMENT: Duration = Duration::from_millis(500);
/// Shorter than the time-out of the test's calls, and longer than a busy machine takes.
const PATIENT: Duration = Duration::from_secs(15);

fn models(place: Place, idle: Duration) -> Callable {
    set_up(crate::ModelSpec { idle, ..spec(place, PRICE) }).unwrap()
}

async fn call(
    place: impl Fn(&Fake) -> Place,
    text: &'static str,
    end: End,
    idle: Duration,
) -> (Called, Fake) {
    let fake = Fake::start(vec![Reply::Events(text, end)]).await;
    let mut asked = ask("Pay this.", AnswerShape::Text);
    asked.tools = vec![tool()].into();
    let called = models(place(&fake), idle).call(permit(asked)).await;
    (called, fake)
}

#[tokio::test]
async fn a_stream_says_how_sure_each_part_is() {
    let fixture = include_str!("fixtures/openai-stream-logprobs.txt");
    let (called, _) = call(open_ai, fixture, End::Whole, PATIENT).await;
    let told = answer(&called);
    assert_eq!((told.text.as_str(), told.least), ("yes, it is", Some(500_000)));
}

#[tokio::test]
async fn a_whole_stream_is_an_answer() {
    let rows: [(&str, At, &str, &str, u64); 4] = [
        (ANTHROPIC, anthropic, "I look it up: é.", "toolu_01", 18 * 10 + 20 * 12 + 12 * 3),
        (OPENAI, open_ai, "I look it up: é.", "call_9", 38 * 10 + 12 * 3),
        (OLLAMA, open_ai, "", "call_x1", 50 * 10),
        (GEMINI, open_ai, "I look ", "call_0", 50 * 10),
    ];
    for (fixture, place, text, id, cost) in rows {
        // A server that said its last word may leave its side open, or fall over.
        for end in [End::Whole, End::Cut, End::Silent] {
            let (called, fake) = call(place, fixture, end, PATIENT).await;
            let told = answer(&called);
            assert_eq!(told.text, text, "{fixture}");
            let [ToolCall { id: told, tool, args }] = told.calls.as_slice() else {
                panic!("{fixture}: {:?}", told.calls);
            };
            assert_eq!((told.as_str(), tool.as_str()), (id, "erp.find"), "{fixture}");
            assert_eq!(args.replace(' ', ""), "{\"name\":\"Acme\"}", "{fixture}");
            let usage = called.outcome.usage;
            assert_eq!((usage.input_tokens, usage.output_tokens), (50, 7), "{fixture}");
            assert_eq!(usage.cost_nanos, cost + 7 * 100, "{fixture}");
            assert!(called.outcome.reported.is_some() && called.certain, "{fixture}");
            assert_eq!(fake.asked()[0].body["stream"], true);
        }
    }
}

/// Wherever a stream is cut, what came is no answer.
#[tokio::test]
async fn a_half_is_never_a_whole() {
    let rows: [(&'static str, At, &str); 2] = [
        (ANTHROPIC, anthropic, "event: message_stop"),
        (OPENAI, open_ai, "\"finish_reason\":\"tool"),
    ];
    for (fixture, place, last) in rows {
        let events: Vec<usize> = fixture.match_indices("\n\n").map(|(at, _)| at + 2).collect();
        let end = fixture.find(last).unwrap();
        for at in events.into_iter().filter(|at| *at <= end) {
            let half = fixture.get(..at).unwrap();
            // One that ends well as HTTP has it, and one that does not.
            for end in [End::Whole, End::Cut] {
                let (called, _) = call(place, half, end, PATIENT).await;
                let failure = called.outcome.result.unwrap_err();
                assert!(!called.certain, "{half}: {failure:?}");
                assert_eq!(called.outcome.usage.cost_nanos, 0, "{half}");
                let known = matches!(failure.code, Code::Unavailable | Code::BadAnswer);
                assert!(known && !failure.text.contains(KEY), "{half}: {failure:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_stream_that_fails_or_falls_silent_is_a_failed_call() {
    let silent = "the answer was silent for 0.5 seconds";
    let rows: [(&'static str, At, End, Code, &str); 7] = [
        (ANTHROPIC_OVERLOADED, anthropic, End::Whole, Code::Unavailable, "529: Overloaded"),
        (OPENAI_ERROR, open_ai, End::Whole, Code::Unavailable, "502: The server had an error"),
        (OPENAI_HALF, open_ai, End::Whole, Code::Unavailable, "broke off in the middle"),
        (OPENAI_HALF, open_ai, End::Cut, Code::Unavailable, "broke off"),
        (OPENAI_HALF, open_ai, End::Silent, Code::TimedOut, silent),
        ("event: message_start\n", anthropic, End::Silent, Code::TimedOut, silent),
        ("data: {\"choices\": 3}\n\n", open_ai, End::Whole, Code::BadAnswer, "no chat completion"),
    ];
    for (text, place, end, code, words) in rows {
        let idle = if end == End::Silent { MOMENT } else { PATIENT };
        let (called, fake) = call(place, text, end, idle).await;
        let failure = called.outcome.result.unwrap_err();
        assert_eq!(failure.code, code, "{text}: {failure:?}");
        assert!(failure.text.contains(words), "{text}: {failure:?}");
        assert!(!called.certain, "{text}");
        assert_eq!(fake.asked().len(), 1, "{text}: one permit is one request");
    }
}

#[tokio::test]
async fn a_call_that_is_shorter_than_the_silence_is_not_streamed() {
    let fake = Fake::start(vec![super::ok(super::said_so("fine", "stop"))]).await;
    let models = models(open_ai(&fake), MOMENT);
    for (time_out_ms, streamed) in [(500, None), (20_000, Some(true))] {
        let asked = journal::ModelAsk { time_out_ms, ..ask("x", AnswerShape::Text) };
        assert_eq!(answer(&models.call(permit(asked)).await).text, "fine");
        let body = &fake.asked().pop().unwrap().body;
        assert_eq!(body.get("stream").and_then(serde_json::Value::as_bool), streamed);
        assert_eq!(body.get("stream_options").is_some(), streamed.is_some());
    }
}
