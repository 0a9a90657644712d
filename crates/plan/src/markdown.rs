//! A markdown file: settings between two `---` lines, then text whose second-level headings
//! belong to steps. It must not know what the settings mean.

use std::ops::Range;
use std::sync::Arc;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::files::Spot;

#[cfg(test)]
mod tests;

/// The two parts of a file, as byte ranges of its text.
pub(crate) struct Parts {
    pub(crate) settings: Option<Range<usize>>,
    pub(crate) body: Range<usize>,
}

/// Splits the settings from the text. The first line must be `---`.
pub(crate) fn split(text: &str) -> Parts {
    let mut lines = lines(text);
    let whole = Parts { settings: None, body: 0..text.len() };
    let Some(first) = lines.next() else { return whole };
    if text.get(first.clone()).map(str::trim_end) != Some("---") {
        return whole;
    }
    for line in lines {
        if text.get(line.clone()).map(str::trim_end) == Some("---") {
            return Parts { settings: Some(first.end..line.start), body: line.end..text.len() };
        }
    }
    whole
}

fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let range = at..at + line.len();
        at = range.end;
        range
    })
}

/// A second-level heading and the text up to the next one.
pub(crate) struct Section {
    pub(crate) title: String,
    pub(crate) at: Spot,
    pub(crate) text: String,
}

/// The sections of a body that starts at byte `base` of the file.
pub(crate) fn sections(file: &Arc<str>, body: &str, base: usize) -> Vec<Section> {
    let mut sections: Vec<(String, Range<usize>)> = Vec::new();
    let mut tops = Vec::new();
    let mut open: Option<(String, Range<usize>)> = None;
    for (event, range) in Parser::new_ext(body, Options::empty()).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H2, .. }) => {
                open = Some((String::new(), range));
            }
            Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) => tops.push(range.start),
            Event::Text(text) | Event::Code(text) => {
                if let Some((title, _)) = &mut open {
                    title.push_str(&text);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some((title, _)) = &mut open {
                    title.push(' ');
                }
            }
            Event::End(TagEnd::Heading(HeadingLevel::H2)) => sections.extend(open.take()),
            _ => {}
        }
    }
    let mut starts: Vec<usize> = tops;
    starts.extend(sections.iter().map(|(_, range)| range.start));
    starts.sort_unstable();
    sections
        .into_iter()
        .map(|(title, range)| {
            let next = starts.get(starts.partition_point(|at| *at <= range.start)).copied();
            let text = body.get(range.end..next.unwrap_or(body.len())).unwrap_or_default();
            Section {
                title: title.trim().to_owned(),
                at: Spot::new(file, base + range.start..base + range.end),
                text: tidy(text),
            }
        })
        .collect()
}

/// A text with plain line ends and no blank lines around it, so that a release does not depend
/// on the editor that wrote the file.
pub(crate) fn tidy(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}
