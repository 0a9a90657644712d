//! Text that a person does not see but a model reads: control, direction, tag and zero-width
//! characters. It finds and reveals them; what to do about them is the caller's to decide.

use std::fmt::Write;

/// A character that does not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hidden {
    /// The byte where it stands.
    pub offset: usize,
    pub char: char,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A control character other than tab and line end.
    Control,
    /// Changes the direction of what follows, so that it reads otherwise than it stands.
    Direction,
    /// Unicode tags and the rarer variation selectors, which can carry a whole hidden text.
    Tag,
    /// Takes no room.
    ZeroWidth,
}

impl Kind {
    /// The kind in plain words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Control => "a control character",
            Self::Direction => "a character that turns the direction of the text",
            Self::Tag => "a character that carries hidden text",
            Self::ZeroWidth => "a character without width",
        }
    }
}

/// The first hidden character.
#[must_use]
pub fn find(text: &str) -> Option<Hidden> {
    all(text).next()
}

/// Every hidden character, in order.
pub fn all(text: &str) -> impl Iterator<Item = Hidden> {
    // Most texts are plain ASCII: then a byte comparison settles it.
    let plain = text.bytes().all(|b| matches!(b, b'\t' | b'\n' | b'\r' | 0x20..=0x7e));
    let text = if plain { "" } else { text };
    text.char_indices().filter_map(move |(offset, char)| {
        let kind = kind(char)?;
        let joins = matches!(char, '\u{200c}' | '\u{200d}') && joiner_in_script(text, offset, char);
        let order_mark = char == '\u{feff}' && offset == 0;
        (!joins && !order_mark).then_some(Hidden { offset, char, kind })
    })
}

/// The text with every hidden character written out, to be shown to a person.
#[must_use]
pub fn reveal(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut from = 0;
    for hidden in all(text) {
        shown.push_str(text.get(from..hidden.offset).unwrap_or_default());
        let _ = write!(shown, "[U+{:04X}]", u32::from(hidden.char));
        from = hidden.offset + hidden.char.len_utf8();
    }
    shown.push_str(text.get(from..).unwrap_or_default());
    shown
}

fn kind(char: char) -> Option<Kind> {
    Some(match char {
        '\t' | '\n' | '\r' => return None,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Kind::Control,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Kind::Direction
        }
        '\u{e0000}'..='\u{e0fff}' => Kind::Tag,
        '\u{ad}'
        | '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180e}'
        | '\u{200b}'..='\u{200d}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0e}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}' => Kind::ZeroWidth,
        _ => return None,
    })
}

/// Joiners belong to some scripts and to composed signs; between plain letters they hide.
fn joiner_in_script(text: &str, offset: usize, char: char) -> bool {
    let before = text.get(..offset).and_then(|text| text.chars().next_back());
    let after = text.get(offset + char.len_utf8()..).and_then(|text| text.chars().next());
    let joined = |c: Option<char>| c.is_some_and(|c| c >= '\u{590}' && kind(c).is_none());
    joined(before) && joined(after)
}
