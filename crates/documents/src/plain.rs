//! Plain text in the alphabets that turn up in inboxes. It must not take bytes that are no text
//! for some.

use std::borrow::Cow;

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::draft::Draft;
use crate::{About, Fault};

/// The text that bytes are, and whether the alphabet was guessed. `cut`: the bytes may end in the
/// middle of a character.
pub(crate) fn decode(bytes: &[u8], cut: bool) -> Option<(Cow<'_, str>, bool)> {
    for (mark, encoding) in [(&b"\xff\xfe"[..], UTF_16LE), (b"\xfe\xff", UTF_16BE)] {
        if let Some(rest) = bytes.strip_prefix(mark) {
            let (text, broken) = encoding.decode_without_bom_handling(rest);
            return (cut || !broken).then_some((text, false));
        }
    }
    let control = |b: &u8| *b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
    if bytes.iter().any(control) {
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some((Cow::Borrowed(text), false)),
        Err(why) if cut && why.error_len().is_none() => {
            let whole = bytes.get(..why.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(whole).ok().map(|text| (Cow::Borrowed(text), false))
        }
        // Old text files of Europe and America; every byte means something in it.
        Err(_) => Some((WINDOWS_1252.decode_without_bom_handling(bytes).0, true)),
    }
}

pub(crate) fn read(bytes: &[u8], draft: &mut Draft<'_>) -> Result<(), Fault> {
    let (text, guessed) = decode(bytes, false).ok_or(Fault::UnknownKind)?;
    if guessed {
        draft.remark(About::Alphabet, "read as Windows-1252, the likeliest alphabet".to_owned());
    }
    // As it stands: whether characters hide in it is judged where its values are looked for.
    draft.raw(text.strip_prefix('\u{feff}').unwrap_or(&text))
}
