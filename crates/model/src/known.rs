//! What is published of well-known models: context, prices, retirement. It must not be used to
//! price a call: what a call costs is what the operator's own file says.

use jiff::civil::Date;

const TABLE: &str = include_str!("known/models.csv");

/// The day on which the table was made.
pub const DATE: &str = "2026-11-27";

/// One well-known model. Prices are US dollars for a million tokens, as they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub vendor: &'static str,
    pub model: &'static str,
    /// How many tokens it reads at these prices.
    pub context: u32,
    pub answer: u32,
    pub input: &'static str,
    pub cached: &'static str,
    pub written: Option<&'static str>,
    pub output: &'static str,
    pub retires: Option<Date>,
}

/// All of them.
pub fn all() -> impl Iterator<Item = Known> {
    TABLE.lines().filter(|line| !line.starts_with('#')).skip(1).filter_map(read)
}

/// A vendor's model by its exact name: a newer one may cost something else.
#[must_use]
pub fn find(vendor: &str, model: &str) -> Option<Known> {
    all().find(|known| known.vendor == vendor && known.model == model)
}

fn read(line: &'static str) -> Option<Known> {
    let columns: Vec<&str> = line.split(',').collect();
    let [vendor, model, context, answer, input, cached, written, output, retires] =
        *columns.as_slice()
    else {
        return None;
    };
    let retires = if retires.is_empty() { None } else { Some(retires.parse().ok()?) };
    Some(Known {
        vendor,
        model,
        context: context.parse().ok()?,
        answer: answer.parse().ok()?,
        input,
        cached,
        written: Some(written).filter(|written| !written.is_empty()),
        output,
        retires,
    })
}

#[cfg(test)]
mod tests;
