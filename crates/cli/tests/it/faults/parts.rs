//! Where the map itself leads: times, ends, parts, the same case again, and starts.

use super::Night;
use super::ground::{Ground, call, map, map_with, until};
use crate::driving::Driving;

/// The desk's own journal among the runs.
const DESK: &str = "00000000000000000000000000";

pub fn all(night: &mut Night) {
    let end = "  - step: ended\n    end: failed\n";
    let wait = "  - step: rest\n    wait: { for: 2 hours }\n";
    let part =
        "  - step: part\n    workflow: map_ends_it\n    with: { id: case.id, text: case.text }\n";
    let lacks = call("desk.ask", "yes").replace("{ literal: yes }", "case.more");
    let maps = [
        map("sleeps", wait),
        map_with("value_missing", &lacks, "text: text } }", "text: text, more: text? } }"),
        map("map_ends_it", end),
        map("part_failed", part),
        map_with("duplicate", wait, "limits:", "once_per: [ case.id ]\nlimits:"),
    ];
    let ground = Ground::new(&maps);
    for name in ["sleeps", "value_missing", "map_ends_it"] {
        let run = ground.run(name);
        night.saw(name, ground.why(&run));
    }
    let run = ground.run("part_failed");
    let lines = ground.say(&["runs", "--workflow", "map_ends_it", "--limit", "1", "--json"]).json();
    let child = lines[0]["run"].as_str().unwrap();
    night.saw("part_failed", ground.why(&run).with("PART", child));
    let first = ground.run("duplicate");
    let run = ground.run("duplicate");
    assert_ne!(first, run);
    night.saw("duplicate", ground.why(&run).with("FIRST", &first));

    let (name, starting) = map_with(
        "start_folder_gone",
        end,
        "limits:",
        "starts: [ { folder: no_such_folder } ]\nlimits:",
    );
    // A folder gives a name and nothing else.
    let starting =
        starting.replace("id: text, text: text", "name: text").replace("e.text", "e.name");
    let ground = Ground::new(&[(name, starting)]);
    let untried = ["deploy", name, "--untried", "--reason", "a test", "--as", "owner@example.com"];
    let deployed = ground.say(&untried);
    assert_eq!(deployed.code, 0, "{}{}", deployed.out, deployed.err);
    let driving = Driving::start(&ground);
    until("a start that is held back", || {
        ground.say(&["logs", DESK]).out.contains("begins no cases").then_some(())
    });
    let seen = ground.why_at_all();
    drop(driving);
    night.saw("start_folder_gone", seen);
}
