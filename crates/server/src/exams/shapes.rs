//! The shapes of exams as they are described and sent. They are made of what `exam` tells, and hold
//! nothing that it does not.

use exam::{Figures, Offer, Outcome, Paper, Pass, Reasons, Score, Statistics};
use serde::Serialize;
use utoipa::ToSchema;

use crate::shapes::time;

/// Every exam.
#[derive(Debug, Serialize, ToSchema)]
pub struct Exams {
    exams: Vec<ExamLine>,
}

/// An exam, and where you stand with it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExamLine {
    track: &'static str,
    title: String,
    about: String,
    /// None where a portfolio is reviewed.
    questions: u32,
    minutes: u32,
    /// The share that passes, in parts of a million.
    pass: u32,
    wait_hours: u64,
    valid_days: u32,
    /// Why it cannot be sat as the settings are.
    problem: Option<String>,
    prepares_for: Vec<ElsewhereLine>,
    /// Who issues what it prepares for. It is never issued here.
    issued_by: String,
    mine: Vec<Attempt>,
    /// When the next sitting can begin, where that is later than now.
    #[schema(format = DateTime)]
    again: Option<String>,
}

/// A credential of somebody else.
#[derive(Debug, Serialize, ToSchema)]
pub struct ElsewhereLine {
    code: String,
    name: String,
    fit: String,
}

/// One of your attempts.
#[derive(Debug, Serialize, ToSchema)]
pub struct Attempt {
    sitting: String,
    /// In words: `open`, `passed`, `not passed`, `does not count`.
    stands: &'static str,
    #[schema(format = DateTime)]
    since: String,
}

/// An open sitting.
#[derive(Debug, Serialize, ToSchema)]
pub struct SittingShown {
    sitting: String,
    track: &'static str,
    questions: Vec<QuestionShown>,
    answered: usize,
    seconds_left: u64,
    #[schema(format = DateTime)]
    until: String,
}

/// One question. It and its options are counted from 1.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuestionShown {
    question: u16,
    item: String,
    stem: String,
    options: Vec<String>,
    chosen: Option<u8>,
}

/// What came of a sitting that is over.
#[derive(Debug, Serialize, ToSchema)]
pub struct SittingResult {
    sitting: String,
    holder: String,
    track: &'static str,
    /// In words: `passed`, `not passed`, `does not count`.
    stands: &'static str,
    /// Whether its time was over before it was handed in.
    timed_out: bool,
    #[schema(format = DateTime)]
    ended: String,
    right: usize,
    of: usize,
    needed: usize,
    domains: Vec<ScoreLine>,
    criteria: Vec<ScoreLine>,
    /// Criteria with an answer that was not right; each has a page of its name.
    weak: Vec<String>,
    #[schema(format = DateTime)]
    again: Option<String>,
    passed: Option<ExamPassed>,
    questions: Vec<QuestionReasons>,
    /// Why it does not count, where a person said so.
    reason: Option<String>,
}

/// How many answers were right, of so many questions.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScoreLine {
    of: String,
    name: String,
    right: usize,
    questions: usize,
}

/// What a credential is made of.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExamPassed {
    holder: String,
    track: &'static str,
    sitting: String,
    domains: Vec<ScoreLine>,
    #[schema(format = DateTime)]
    passed_at: String,
    #[schema(format = DateTime)]
    valid_until: String,
    /// The evidence pack, where a portfolio was reviewed.
    pack: Option<String>,
}

/// A question with what is right and why.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuestionReasons {
    question: u16,
    item: String,
    criterion: String,
    stem: String,
    options: Vec<String>,
    chosen: Option<u8>,
    key: u8,
    right: bool,
    rationale: String,
    /// Why what was chosen is wrong.
    because: Option<String>,
}

/// How the questions of an exam did.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemFigures {
    track: &'static str,
    version: String,
    /// Sittings that count, and how many of them were passed.
    sittings: u32,
    passed: u32,
    /// Fewer answers say nothing of a question.
    answers_min: u32,
    items: Vec<ItemLine>,
}

/// One question.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemLine {
    item: String,
    domain: String,
    criterion: String,
    /// Whether it is drawn.
    drawn: bool,
    shown: u32,
    #[schema(format = DateTime)]
    first_shown: Option<String>,
    #[schema(format = DateTime)]
    last_shown: Option<String>,
    answers: u32,
    right: u32,
    /// The share that got it right, in thousandths.
    difficulty: Option<u32>,
    /// How being right here goes with being right in the rest of the form, in thousandths.
    discrimination: Option<i32>,
    /// Why a person should look at it.
    retire: Option<String>,
}

impl From<Vec<Offer>> for Exams {
    fn from(all: Vec<Offer>) -> Self {
        Self { exams: all.into_iter().map(ExamLine::from).collect() }
    }
}

impl From<Offer> for ExamLine {
    fn from(one: Offer) -> Self {
        let others = one.prepares_for.into_iter().map(|other| ElsewhereLine {
            code: other.code,
            name: other.name,
            fit: other.fit,
        });
        let mine = one.mine.into_iter().map(|mine| Attempt {
            sitting: mine.sitting.to_string(),
            stands: mine.stands.words(),
            since: time(mine.since),
        });
        Self {
            track: one.track.as_str(),
            title: one.title,
            about: one.about,
            questions: one.questions,
            minutes: one.minutes,
            pass: one.pass,
            wait_hours: one.wait_hours,
            valid_days: one.valid_days,
            problem: one.problem,
            prepares_for: others.collect(),
            issued_by: one.issued_by,
            mine: mine.collect(),
            again: one.again.map(time),
        }
    }
}

impl From<Paper> for SittingShown {
    fn from(paper: Paper) -> Self {
        let questions = paper.questions.into_iter().map(|one| QuestionShown {
            question: one.question,
            item: one.item.to_string(),
            stem: one.stem,
            options: one.options,
            chosen: one.chosen,
        });
        Self {
            sitting: paper.sitting.to_string(),
            track: paper.track.as_str(),
            questions: questions.collect(),
            answered: paper.answered,
            seconds_left: paper.seconds_left,
            until: time(paper.until),
        }
    }
}

impl From<Score> for ScoreLine {
    fn from(score: Score) -> Self {
        let (right, questions) = (score.right, score.questions);
        Self { of: score.of.to_string(), name: score.name, right, questions }
    }
}

impl From<Pass> for ExamPassed {
    fn from(pass: Pass) -> Self {
        Self {
            holder: pass.holder.to_string(),
            track: pass.track.as_str(),
            sitting: pass.sitting.to_string(),
            domains: pass.domains.into_iter().map(ScoreLine::from).collect(),
            passed_at: time(pass.passed_at),
            valid_until: time(pass.valid_until),
            pack: pass.pack.map(|pack| pack.to_string()),
        }
    }
}

impl From<Reasons> for QuestionReasons {
    fn from(one: Reasons) -> Self {
        Self {
            question: one.question,
            item: one.item.to_string(),
            criterion: one.criterion.to_string(),
            stem: one.stem,
            options: one.options,
            chosen: one.chosen,
            key: one.key,
            right: one.right,
            rationale: one.rationale,
            because: one.because,
        }
    }
}

impl From<Outcome> for SittingResult {
    fn from(outcome: Outcome) -> Self {
        Self {
            sitting: outcome.sitting.to_string(),
            holder: outcome.holder.to_string(),
            track: outcome.track.as_str(),
            stands: outcome.stands.words(),
            timed_out: outcome.over == Some(journal::Over::Time),
            ended: time(outcome.ended),
            right: outcome.right,
            of: outcome.of,
            needed: outcome.needed,
            domains: outcome.domains.into_iter().map(ScoreLine::from).collect(),
            criteria: outcome.criteria.into_iter().map(ScoreLine::from).collect(),
            weak: outcome.weak.iter().map(ToString::to_string).collect(),
            again: outcome.again.map(time),
            passed: outcome.pass.map(ExamPassed::from),
            questions: outcome.questions.into_iter().map(QuestionReasons::from).collect(),
            reason: outcome.reason,
        }
    }
}

impl From<Figures> for ItemLine {
    fn from(one: Figures) -> Self {
        Self {
            item: one.item.to_string(),
            domain: one.domain.to_string(),
            criterion: one.criterion.to_string(),
            drawn: one.drawn,
            shown: one.shown,
            first_shown: one.first_shown.map(time),
            last_shown: one.last_shown.map(time),
            answers: one.answers,
            right: one.right,
            difficulty: one.difficulty,
            discrimination: one.discrimination,
            retire: one.retire,
        }
    }
}

impl From<Statistics> for ItemFigures {
    fn from(all: Statistics) -> Self {
        Self {
            track: all.track.as_str(),
            version: all.version,
            sittings: all.sittings,
            passed: all.passed,
            answers_min: all.answers_min,
            items: all.items.into_iter().map(ItemLine::from).collect(),
        }
    }
}
