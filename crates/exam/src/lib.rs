//! Exams: banks of questions, forms drawn by a blueprint, sittings as records, results, figures of
//! the questions, and the review of portfolios. It is pure: time and randomness are handed in, and
//! what follows from an order is an entry that somebody else writes. Before a sitting is over no
//! shape that leaves this room has a place for what is right.

mod bank;
mod blueprint;
mod board;
mod chance;
mod clock;
pub mod form;
mod no;
mod order;
mod outcome;
mod paper;
mod portfolio;
mod rubric;
mod statistics;

pub use bank::{Bank, Banks, Item, Status, Unread};
pub use blueprint::{Blueprint, Elsewhere, Preparing, Unfit, domain};
pub use board::{Assessment, Board, Portfolio, Sitting, State};
pub use clock::{Clock, Moment};
pub use no::{CODES, No};
pub use order::{Around, Next, Order, Rights, TEXT_MAX, Told, next};
pub use outcome::{Outcome, Pass, Reasons, Score};
pub use paper::{Mine, Offer, Paper, Question, Stands};
pub use portfolio::{Level, Review, Said};
pub use rubric::{Dimension, LEVEL_MAX, Rubric};
pub use statistics::{ANSWERS_MIN, Figures, Statistics};

#[cfg(test)]
mod tests;
