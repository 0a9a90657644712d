//! The keys of exams. It must not read values.

use super::Form::{Duration, Map, Percent, Whole};
use super::{Shape, may};

pub(crate) static EXAM: Shape = Shape {
    said: "an exam",
    keys: &[
        may("questions", Whole, "How many questions a form has."),
        may("minutes", Whole, "How long a sitting lasts."),
        may("pass", Percent, "The share of right answers, or of points, that passes."),
        may("wait", Duration, "How long nobody sits again afterwards; 72 hours if not said."),
        may("valid", Whole, "How many days a pass counts; 730 if not said."),
        may("weights", Map(&Whole), "How many parts of a form are of each domain."),
        may("apart", Whole, "How many levels two assessors may differ; 1 if not said."),
    ],
};
