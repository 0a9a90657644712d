//! Frames as they are counted, and the text that comes of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use journal::{
    ActNo, At, BodyRef, Cause, Code, ENGINE, End, Epoch, FRAME_VERSION, Finish, Frame, Hash,
    Millis, Mode, Part, Record, RunId, Seq, Starter, Status, Usage, What,
};
use plan::ids::{ModelName, PersonId, ReleaseId, StepId, ToolName, WorkflowName};
use plan::workflow::EndOutcome;

use super::{COST, Meters, Now, decimal};

fn frame(run: RunId, records: Vec<Record>) -> Frame {
    Frame {
        v: FRAME_VERSION,
        run,
        seq: Seq(0),
        prev: Hash::default(),
        epoch: Epoch(1),
        engine: Arc::from(ENGINE),
        at: Millis(1),
        cause: vec![Cause::Open],
        bodies: Vec::new(),
        draws: Vec::new(),
        records,
    }
}

fn opened(mode: Mode) -> Record {
    Record::Opened {
        release: ReleaseId([0; 32]),
        workflow: WorkflowName::new("intake").unwrap(),
        case: BodyRef { seq: Seq(0), n: 0 },
        starter: Starter::Person(PersonId::new("mara").unwrap()),
        mode,
        called: None,
    }
}

fn act(no: u32, what: What, outcome: Finish, usage: Usage) -> [Record; 2] {
    let at = At { step: StepId::new("read").unwrap(), visit: 1 };
    let (act, key) = (ActNo(no), Hash::default());
    let (rules, reserve) = (Vec::new(), Usage::default());
    let allowed = Record::Allowed { act, at, attempt: 1, what, key, rules, reserve };
    [allowed, Record::Finished { act, outcome, usage }]
}

#[test]
fn what_is_counted_is_what_the_frames_say() {
    let model = ModelName::new("small").unwrap();
    let vendors = BTreeMap::from([(model.clone(), ("azure".to_owned(), "gpt\"9".to_owned()))]);
    let mut meters = Meters::new(vendors, []);
    let body = BodyRef { seq: Seq(0), n: 0 };
    let run = RunId::new(Millis(1), [1; 10]);
    let used = Usage {
        input_tokens: 17,
        output_tokens: 4,
        cost_nanos: 1_500_000,
        active_ms: 90,
        ..Usage::default()
    };
    let call = What::Model { model, messages: 1, question: None };
    let tool = ToolName::new("erp.create_draft").unwrap();
    let tool = What::Tool { tool, args: body, part: Part::Main };
    let failed = Finish::Error { code: Code::ToolError, detail: body, retry_after_ms: None };
    let end = End::Reached(EndOutcome::Done);
    meters.frame(&frame(run, vec![opened(Mode::Live)]));
    meters.frame(&frame(run, act(1, call, Finish::Ok { body }, used).to_vec()));
    meters.frame(&frame(run, act(2, tool, failed, Usage::default()).to_vec()));
    let over = Record::Ended { end, output: None, usage: used };
    meters.frame(&frame(run, vec![over.clone()]));
    // What is only practised counts for nothing.
    let other = RunId::new(Millis(1), [2; 10]);
    meters.frame(&frame(other, vec![opened(Mode::Rehearsal), over]));
    let standing = (WorkflowName::new("intake").unwrap(), Status::Waiting);
    let now =
        Now { standing: BTreeMap::from([(standing, 3)]), waiting_ms: 61_500, ..Now::default() };
    let text = meters.prometheus(&now);
    let call = "gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"azure.ai.openai\",\
                gen_ai_request_model=\"gpt\\\"9\"";
    for line in [
        "# TYPE flightdeck_cases_opened_total counter",
        "flightdeck_cases_opened_total{flightdeck_workflow=\"intake\"} 1",
        "flightdeck_cases_ended_total{flightdeck_end=\"done\",flightdeck_workflow=\"intake\"} 1",
        "flightdeck_acts_total{flightdeck_outcome=\"tool_error\",gen_ai_tool_name=\"erp.create_draft\"} 1",
        "flightdeck_cost_total{flightdeck_workflow=\"intake\"} 0.0015",
        "flightdeck_cases_standing{flightdeck_status=\"waiting\",flightdeck_workflow=\"intake\"} 3",
        "flightdeck_cases_waiting_age_seconds 61.5",
        "# TYPE gen_ai_client_operation_duration_seconds histogram",
        &format!("gen_ai_client_operation_duration_seconds_bucket{{{call},le=\"0.08\"}} 0"),
        &format!("gen_ai_client_operation_duration_seconds_bucket{{{call},le=\"0.16\"}} 1"),
        &format!("gen_ai_client_operation_duration_seconds_sum{{{call}}} 0.09"),
        &format!(
            "gen_ai_client_token_usage_bucket{{{call},gen_ai_token_type=\"output\",le=\"4\"}} 1"
        ),
        &format!("gen_ai_client_token_usage_sum{{{call},gen_ai_token_type=\"input\"}} 17"),
    ] {
        assert!(text.lines().any(|one| one == line), "no `{line}` in\n{text}");
    }
}

#[test]
fn whole_numbers_become_decimals() {
    let cases = [(0, "0"), (1, "0.000000001"), (1_000_000_000, "1"), (12_500_000_000, "12.5")];
    for (value, text) in cases {
        assert_eq!(decimal(value, &COST), text);
    }
}
