//! A plan as a Mermaid flow chart.

use std::fmt::Write as _;

use super::map::{Way, WayKind, ways};
use crate::release::Plan;
use crate::workflow::Does;

/// The flow as Mermaid text. A decision is a diamond, a review a person's shape, an act stands
/// out; failure paths are dotted.
#[must_use]
pub fn mermaid(plan: &Plan) -> String {
    let workflow = plan.workflow();
    let mut text = String::from("flowchart TD\n");
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
    }
    ways(plan).iter().for_each(|way| arrow(&mut text, way));
    text
}

/// Quotes and angle brackets would end a label or be read as HTML.
fn plain(text: &str) -> String {
    let text = text.replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;");
    text.replace(['\n', '\r'], " ")
}

fn arrow(text: &mut String, way: &Way) {
    let step = |name: &Option<String>, none: &str| {
        name.as_ref().map_or(none.to_owned(), |name| format!("s_{name}"))
    };
    let end = if way.kind == WayKind::Stop { "stop_([stop])" } else { "end_([end])" };
    let (from, to, when) = (step(&way.from, ""), step(&way.to, end), plain(&way.when));
    let _ = match way.kind {
        WayKind::Start => writeln!(text, "  start_([case]) --> {to}"),
        WayKind::Exception => writeln!(text, "  any_([any step]) -. \"{when}\" .-> {to}"),
        WayKind::Failure => writeln!(text, "  {from} -. failed .-> {to}"),
        _ if when.is_empty() => writeln!(text, "  {from} --> {to}"),
        _ => writeln!(text, "  {from} -- \"{when}\" --> {to}"),
    };
}
