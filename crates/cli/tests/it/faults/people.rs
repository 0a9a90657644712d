//! What waits for people, what they decided, and what they hold back.

use super::Night;
use super::ground::{CLERK, Ground, LEAD, LOOK, call, map, map_with, until};
use super::models::{model, sort};
use crate::vendor::{Vendor, said};

const DRILL: [&str; 2] = ["--reason", "a drill"];

pub fn all(night: &mut Night) {
    let fine = Vendor::new(|_| said("{\"topic\":\"billing\"}"));
    let put = format!("{LOOK}{}", call("desk.put", "yes"));
    let maps = [
        map("waits", LOOK),
        map_with("late", LOOK, "within: 8 working hours", "within: 1 seconds"),
        map_with("nobody_may", LOOK, "by: clerk", "by: sole"),
        map("stop_of_a_workflow", &put),
        map("stop_of_a_tool", &put),
        map("stop_of_a_vendor", &format!("{LOOK}{}", sort("fine"))),
        map("less_leave", &call("desk.put", "yes")),
        map("erased", "  - step: kept\n    end: done\n"),
    ];
    let ground = Ground::new(&maps);
    model(&ground, "fine", "acme", &fine.url(), "");
    ground.change("flightdeck.yaml", "roles:", "roles:\n  sole: [ owner@example.com ]");
    let run = ground.run("late");
    let order = |args: &[&str], who| ground.told(args, who);
    for (fault, args, who) in [
        ("rejected", &["review", "reject"][..], CLERK),
        ("cancelled", &["cancel"], LEAD),
        ("paused", &["pause"], LEAD),
    ] {
        let run = ground.run("waits");
        let reason = match fault {
            "rejected" => &["--reason", "not ours at all"][..],
            "cancelled" => &["--reason", "sent by mistake"],
            _ => &[],
        };
        order(&[args, &[&run], reason].concat(), who);
        night.saw(fault, ground.why(&run));
    }
    until("the end of a request's time", || {
        order(&["run", "--open"], LEAD);
        ground.say(&["why", &run]).out.contains("failed").then_some(())
    });
    night.saw("late", ground.why(&run));
    let run = ground.run("waits");
    night.saw("waits", ground.why(&run));
    let run = ground.run("nobody_may");
    night.saw("nobody_may", ground.why(&run));

    let held = |fault: &'static str, scope: &[&str], reason: &str| {
        let run = ground.run(fault);
        order(&[&["stop"], scope, &["--reason", reason]].concat(), LEAD);
        order(&["review", "approve", &run], CLERK);
        let seen = ground.why(&run);
        order(&[&["resume"], scope, &DRILL].concat(), LEAD);
        seen
    };
    let by_workflow = ["--workflow", "stop_of_a_workflow"];
    night.saw("stop_of_a_workflow", held("stop_of_a_workflow", &by_workflow, "a look first"));
    let by_tool = ["--tool", "desk.put"];
    night.saw("stop_of_a_tool", held("stop_of_a_tool", &by_tool, "it books twice"));
    let by_vendor = ["--vendor", "acme"];
    night.saw("stop_of_a_vendor", held("stop_of_a_vendor", &by_vendor, "new terms"));

    let beyond = ["--beyond", "less_leave=approve"];
    order(&[&["stop"], &beyond[..], &DRILL].concat(), LEAD);
    let run = ground.run("less_leave");
    night.saw("less_leave", ground.why(&run));

    let run = ground.run("erased");
    let owner = ["--as", "owner@example.com"];
    let erase = ["erase", "--run", &run, "--reason", "she asked for it", "--yes"];
    order(&erase, owner);
    night.saw("erased", ground.why(&run));

    order(&[&["stop"][..], &DRILL].concat(), LEAD);
    night.saw("stop_of_everything", ground.why_at_all());
}
