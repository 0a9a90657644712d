//! The arguments of the screen that stays open.

use clap::{Args, ValueEnum};

/// Where to begin.
#[derive(Debug, Args)]
pub struct Watch {
    /// A run to begin with, or the beginning of its id
    pub run: Option<String>,
    /// The page to begin with
    #[arg(long, value_enum, default_value_t = First::Fleet, conflicts_with = "run")]
    pub page: First,
    /// Print one screen as text, and end
    #[arg(long)]
    pub once: bool,
    /// How large that one screen is, in columns and rows
    #[arg(long, value_name = "COLUMNSxROWS", default_value = "80x24", requires = "once")]
    #[arg(value_parser = size)]
    pub size: (u16, u16),
}

/// A page to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum First {
    Fleet,
    Runs,
    Requests,
    Log,
    Stop,
}

/// More cells than any screen has would only fill memory.
const SIZE_MAX: u16 = 1_000;

fn size(text: &str) -> Result<(u16, u16), String> {
    let parts = text.split_once('x').and_then(|(columns, rows)| {
        let side = |text: &str| text.parse().ok().filter(|n| (1..=SIZE_MAX).contains(n));
        Some((side(columns)?, side(rows)?))
    });
    parts.ok_or_else(|| format!("write it like `80x24`, up to {SIZE_MAX} each"))
}
