//! Which records are the desk's own. It must not say what any of them means.

use crate::record::Record;

impl Record {
    /// Whether it is a record of the desk, which no run has.
    #[must_use]
    pub fn is_the_desks(&self) -> bool {
        matches!(
            self,
            Self::StopSet { .. }
                | Self::StopLifted { .. }
                | Self::LimitReached { .. }
                | Self::GuardClosed { .. }
                | Self::GuardProven { .. }
                | Self::Erased { .. }
                | Self::Drilled { .. }
                | Self::Alerted(_)
                | Self::AlertFired(_)
                | Self::AlertEnded(_)
                | Self::Access(_)
                | Self::Assured(_)
                | Self::Exam(_)
                | Self::Credential(_)
                | Self::FileSaved { .. }
                | Self::StartWatched { .. }
                | Self::StartMissed { .. }
                | Self::StartHeld { .. }
                | Self::StartIdle { .. }
                | Self::Deployed { .. }
                | Self::Promoted { .. }
                | Self::RolledBack { .. }
                | Self::Proof(_)
        )
    }
}
