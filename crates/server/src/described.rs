//! What a map describes beside its steps: the process as people do it now, and what is not settled.

use plan::show;
use serde::Serialize;
use utoipa::ToSchema;

/// One step of the process as people do it now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Now {
    does: String,
    /// Who does it, in the operator's words.
    who: String,
    /// Minutes of work, once, where that is said.
    minutes: Option<f64>,
    /// In how many cases of a hundred.
    share: f64,
    why: String,
    /// Steps of the map that take its place: none where it falls away, and nothing where that was
    /// not said.
    becomes: Option<Vec<String>>,
    /// The line of the file on which it begins, from 1.
    line: usize,
}

impl From<show::Now> for Now {
    fn from(now: show::Now) -> Self {
        let show::Now { does, who, minutes, share, why, becomes, line } = now;
        Self { does, who, minutes, share, why, becomes, line }
    }
}

/// A question that is not settled yet.
#[derive(Debug, Serialize, ToSchema)]
pub struct Open {
    what: String,
    /// Who can settle it, in the operator's words.
    who: String,
    /// The question of the interview whose answer takes it out.
    about: String,
    /// The line of the file on which it begins, from 1.
    line: usize,
}

impl From<show::Open> for Open {
    fn from(open: show::Open) -> Self {
        let show::Open { what, who, about, line } = open;
        Self { what, who, about, line }
    }
}
