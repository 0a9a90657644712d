//! A plan as a Mermaid flow chart.

use std::fmt::Write as _;

use crate::release::Plan;
use crate::workflow::{Does, Late, LateEnd, Next, Recover, Step};

/// The flow as Mermaid text. A decision is a diamond, a review a person's shape, an act stands
/// out; failure paths are dotted.
#[must_use]
pub fn mermaid(plan: &Plan) -> String {
    let workflow = plan.workflow();
    let mut text = String::from("flowchart TD\n");
    let _ = writeln!(text, "  start_([case]) --> s_{}", workflow.first);
    for step in &workflow.steps {
        let id = &step.id;
        let _ = match &step.does {
            Does::Decide(_) => writeln!(text, "  s_{id}{{{{\"{id}?\"}}}}"),
            Does::Review(review) => writeln!(text, "  s_{id}[/\"{id}: {} decides\"/]", review.by),
            Does::Tool(call) => {
                writeln!(text, "  s_{id}[[\"{id}: {}\"]]", plain(call.tool.as_str()))
            }
            Does::Agent(agent) => writeln!(text, "  s_{id}(\"{id}: {}\")", agent.agent),
            Does::End(_) => writeln!(text, "  s_{id}([\"{id}\"])"),
            _ => writeln!(text, "  s_{id}[\"{id}\"]"),
        };
        edges(&mut text, step);
    }
    for exception in &workflow.exceptions {
        let what = plain(&exception.what);
        let _ = writeln!(text, "  any_([any step]) -. \"{what}\" .-> s_{}", exception.go);
    }
    text
}

/// Quotes and angle brackets would end a label or be read as HTML.
fn plain(text: &str) -> String {
    let text = text.replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;");
    text.replace(['\n', '\r'], " ")
}

fn edges(text: &mut String, step: &Step) {
    let id = &step.id;
    let to = |next: &Next| match next {
        Next::Step(next) => format!("s_{next}"),
        Next::End => "end_([end])".to_owned(),
    };
    let mut edge = |label: &str, target: &str| {
        let _ = writeln!(text, "  s_{id} -- \"{}\" --> {target}", plain(label));
    };
    match &step.does {
        Does::Decide(decide) => {
            for case in &decide.first {
                edge(&case.when.sentence(), &to(&case.go));
            }
            edge("otherwise, and in doubt", &to(&decide.otherwise));
        }
        Does::Review(review) => {
            edge("approved", &to(&step.next));
            if review.sample.is_some() {
                edge("not in the sample", &to(&step.next));
            }
            let stop = |end: &LateEnd| match end {
                LateEnd::Go(step) => format!("s_{step}"),
                LateEnd::Stop => "stop_([stop])".to_owned(),
            };
            edge("rejected", &stop(&review.if_rejected.then));
            let late = match &review.late {
                Late::Stop => "stop_([stop])".to_owned(),
                Late::Go(step) => format!("s_{step}"),
                Late::Ask { then, .. } => stop(then),
            };
            edge("no answer", &late);
        }
        Does::Parallel(parallel) => {
            for (name, branch) in &parallel.branches {
                edge(name.as_str(), &format!("s_{}", branch.first));
            }
            edge("all done", &to(&step.next));
        }
        Does::End(_) => {}
        // The end of a branch leads to where its parallel step goes on.
        _ if step.inside.is_some() && step.next == Next::End => {}
        _ => {
            let _ = writeln!(text, "  s_{id} --> {}", to(&step.next));
        }
    }
    if let Recover::Go(target) = &step.on_failure {
        let _ = writeln!(text, "  s_{id} -. failed .-> s_{target}");
    }
}
