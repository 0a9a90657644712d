//! What a case can show of the controls. It must not look at a case.

use serde::{Deserialize, Serialize};

macro_rules! signals {
    ($($(#[$doc:meta])* $signal:ident,)*) => {
        /// Something that a case shows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Signal {
            $($(#[$doc])* $signal,)*
        }

        impl Signal {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$signal),*];
        }
    };
}

signals! {
    /// It is over.
    Over,
    /// It came in with declared fields.
    Formed,
    /// It holds something from outside.
    Outside,
    /// What somebody asked a model is on record, with what it answered and what that took.
    Answered,
    /// Calls of two or more models or tools are on its one record.
    Chained,
    /// A text of it was found to speak to the model.
    Suspected,
    /// An answer was held against its contract.
    Contracted,
    /// An answer broke its contract for good, and was not used.
    Broken,
    /// Every copied value stands in its source.
    Grounded,
    /// An answer was not sure enough, and a person was put in its place.
    Doubted,
    /// A rule refused an act.
    Refused,
    /// What it used was drawn from shared limits before it was used.
    Drawn,
    /// Something was done outside.
    Acted,
    /// Something was done outside after a person's yes.
    ActedOnYes,
    /// An effect was read back.
    Confirmed,
    /// An effect was taken back.
    Undone,
    /// A person answered a request.
    Judged,
    /// A person said no, or changed something.
    Changed,
    /// A person answered faster than anybody reads.
    Hasty,
    /// Nobody answered in time, and the request went on to others.
    Escalated,
    /// An exception of the map was raised.
    Exception,
    /// It failed by a name, and the step where it did is known.
    FailedNamed,
    /// It failed, and no record says of what.
    FailedUnnamed,
    /// A model of another vendor answered than the first one.
    FellBack,
    /// It holds what is tagged as personal.
    Personal,
    /// Its contents were erased.
    Erased,
    /// It belongs to a span of somebody else's trace.
    Traced,
    /// An effect was not what it should be, or could not be taken back.
    Harmed,
}
