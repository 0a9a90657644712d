//! Tests of the embedded journal. What every store must answer is checked against the journal in
//! memory; what only a disk can do wrong is provoked here.

mod crash;
mod erasing;
mod fixture;
mod model;
mod rules;
mod trouble;
