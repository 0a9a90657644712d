//! The keys of what a workflow describes and no run reads.

use super::Form::{Name, Number, Percent, Some, Text};
use super::{Shape, may, must};

pub(crate) static TODAY: Shape = Shape {
    said: "a step of `today`",
    keys: &[
        must("does", Text, "What people do."),
        may("who", Text, "Who does it."),
        may("minutes", Number, "Minutes of work, once: `4` or `0.5`."),
        may("share", Percent, "In how many cases it is done; in all if not said."),
        may("why", Text, "Why it is done."),
        may("becomes", Some(&Name), "Steps that take its place, or `nothing`."),
    ],
};

pub(crate) static OPEN: Shape = Shape {
    said: "an open question",
    keys: &[
        must("what", Text, "What is not settled yet."),
        may("who", Text, "Who can settle it."),
        may("about", Text, "The question of `flightdeck interview` whose answer takes it out."),
    ],
};
