//! The clock of exams. Between two moments of one start of the machine it goes by the time since
//! that start, which nobody sets; across a restart by the wall clock, and never backwards. So
//! setting the wall clock back wins no time, and setting it forward loses none.

use journal::{Millis, Tick};

/// What the clock shows, by the moments that were recorded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Clock {
    last: Option<Tick>,
    now: u64,
}

/// A moment that was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// By the clock of exams.
    pub exam: u64,
    /// By the wall clock, to be shown.
    pub wall: Millis,
}

impl Clock {
    /// What it shows at a moment.
    #[must_use]
    pub fn at(&self, tick: &Tick) -> Moment {
        let exam = match self.last {
            None => tick.wall.0,
            Some(last) if last.boot == tick.boot => {
                self.now.saturating_add(tick.since.saturating_sub(last.since))
            }
            Some(last) => self.now.saturating_add(tick.wall.0.saturating_sub(last.wall.0)),
        };
        Moment { exam, wall: tick.wall }
    }

    /// Goes on to a moment that was recorded.
    pub fn read(&mut self, tick: &Tick) -> Moment {
        let moment = self.at(tick);
        let behind = |last: &Tick| last.boot == tick.boot && last.since > tick.since;
        // Two who write at once may come a little out of order; the later moment stands.
        if !self.last.as_ref().is_some_and(behind) {
            (self.last, self.now) = (Some(*tick), moment.exam);
        }
        moment
    }
}
