//! Why something is not done in an exam, each with its code. It must not tell whether somebody
//! else's sitting exists, nor anything of an answer.

use journal::{Millis, Named};
use plan::codes::Code;

use crate::bank::Unread;
use crate::blueprint::Unfit;

/// Why something is not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum No {
    #[error("you have no sitting or portfolio of this id")]
    NoSitting,
    #[error("the sitting is over")]
    Over,
    #[error("the sitting is still open")]
    Open,
    #[error("the form has questions 1 to {0}")]
    NoQuestion(usize),
    #[error("question {question} of this sitting is not the item `{item}`")]
    OtherItem { question: u16, item: Named },
    #[error("the question has options 1 to {0}")]
    NoOption(usize),
    #[error("the next sitting can begin in {}", in_words(*left))]
    Wait { left: u64, until: Millis },
    #[error(transparent)]
    Unfit(#[from] Unfit),
    #[error(transparent)]
    Unread(#[from] Unread),
    #[error("{0}")]
    NotPermitted(&'static str),
    #[error("there is no item `{0}` in this track")]
    NoItem(Named),
    #[error("more time is a share from 0 to 300 percent")]
    Percent,
    #[error("a reason is needed, of 1 to {} characters", crate::order::TEXT_MAX)]
    Reason,
    #[error("{0}")]
    Pack(&'static str),
    #[error("{0}")]
    Assessment(String),
}

/// A time that is left, in words.
fn in_words(ms: u64) -> String {
    let minutes = ms.div_ceil(60_000);
    match minutes {
        0 | 1 => "a minute".to_owned(),
        2..=119 => format!("{minutes} minutes"),
        _ => format!("{} hours", minutes.div_ceil(60)),
    }
}

macro_rules! codes {
    ($($name:ident = $id:literal: $title:literal, $why:literal, $fix:literal;)*) => {
        $(static $name: Code = Code { id: $id, title: $title, why: $why, fix: $fix };)*
        /// Every code of exams, each with its page.
        pub static CODES: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    SITTING = "FD-X101": "no such sitting",
        "a sitting belongs to one person, and whether another's exists is nobody else's business",
        "`flightdeck exam list` shows yours";
    OVER = "FD-X102": "a sitting that is over",
        "what comes after the end was not answered in the time that everybody has",
        "`flightdeck exam result` shows what counts";
    OPEN = "FD-X103": "a sitting that is still open",
        "what is right is told once nothing can be answered any more",
        "hand it in with `flightdeck exam submit`, or wait until its time is over";
    QUESTION = "FD-X104": "an answer to what was not put",
        "an answer counts for the question that it was given to, in the form that it was given in",
        "open the sitting again, and answer what it shows";
    OPTION = "FD-X105": "an option that there is not",
        "an answer names one of the options that are shown",
        "answer with the number of an option";
    WAIT = "FD-X106": "too soon after the last sitting",
        "whoever could sit again at once would learn the questions and not the work",
        "use the time for the pages of the criteria that were weak";
    UNFIT = "FD-X107": "an exam that cannot be set",
        "a form that is shorter or shared out otherwise would be another exam",
        "correct `exams` in `flightdeck.yaml`, or add questions";
    PERMIT = "FD-X108": "not permitted in exams",
        "who sits, who assesses and who keeps the questions are different people",
        "`flightdeck access` says who may do what";
    ITEM = "FD-X109": "an item that there is not",
        "only what can be drawn can be retired",
        "`flightdeck exam stats` lists the items";
    REASON = "FD-X110": "an order that lacks its reason",
        "whoever looks at it later has to know why",
        "say why, in a sentence";
    PACK = "FD-X111": "a pack that cannot be reviewed",
        "assessors judge what is proven, and each pack once",
        "hand in a pack that `flightdeck verify` accepts";
    ASSESSMENT = "FD-X112": "an assessment that does not count",
        "two people judge on their own, by the same rubric, each with reasons",
        "`flightdeck exam review show` shows the rubric and how it stands";
}

impl No {
    /// Its code.
    #[must_use]
    pub fn code(&self) -> &'static Code {
        match self {
            Self::NoSitting => &SITTING,
            Self::Over => &OVER,
            Self::Open => &OPEN,
            Self::NoQuestion(_) | Self::OtherItem { .. } => &QUESTION,
            Self::NoOption(_) => &OPTION,
            Self::Wait { .. } => &WAIT,
            Self::Unfit(_) | Self::Unread(_) => &UNFIT,
            Self::NotPermitted(_) => &PERMIT,
            Self::NoItem(_) => &ITEM,
            Self::Percent | Self::Reason => &REASON,
            Self::Pack(_) => &PACK,
            Self::Assessment(_) => &ASSESSMENT,
        }
    }
}
