//! What may happen around a request, and when a driver dies within it.

/// What somebody does, or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    Approve,
    Reject,
    Edit,
    /// A value that may not be given.
    BadEdit,
    Escalate,
    /// Another holder of the role.
    MateApproves,
    SecondApproves,
    /// Whoever may never answer this one, though they hold the role.
    BarredApproves,
    StrangerApproves,
    /// Somebody without the role, for the first one, who is away.
    DeputyApproves,
    /// Whoever may never answer this one, for the first one.
    BarredStandsIn,
    Claim,
    MateClaims,
    Release,
    /// A claim lapses.
    Idle,
    /// A request that was never opened.
    OtherNumber,
    /// The last order, delivered once more.
    Again,
    /// Nobody answers until it is due.
    Late,
    Cancel,
}

pub(super) const MOVES: [Move; 19] = [
    Move::Approve,
    Move::Reject,
    Move::Edit,
    Move::BadEdit,
    Move::Escalate,
    Move::MateApproves,
    Move::SecondApproves,
    Move::BarredApproves,
    Move::StrangerApproves,
    Move::DeputyApproves,
    Move::BarredStandsIn,
    Move::Claim,
    Move::MateClaims,
    Move::Release,
    Move::Idle,
    Move::OtherNumber,
    Move::Again,
    Move::Late,
    Move::Cancel,
];

/// When the driver dies within a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Death {
    /// The answer is in the inbox, and nobody has looked.
    BeforeLook,
    /// What it allows is stored, and not begun.
    BeforeAct,
    AfterAll,
}

pub(super) const DEATHS: [Death; 3] = [Death::BeforeLook, Death::BeforeAct, Death::AfterAll];
