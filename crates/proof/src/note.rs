//! Signed notes, checkpoints and cosignatures as C2SP has them (signed-note, tlog-checkpoint,
//! tlog-cosignature), so that other people's witnesses and verifiers can read ours. Only Ed25519.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use journal::Hash;
use sha2::{Digest, Sha256};

/// The longest note that is read.
const NOTE_MAX: usize = 64 << 10;
/// The most signatures of one note.
const SIGNATURES_MAX: usize = 64;

/// How a key signs a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The text itself.
    Plain = 1,
    /// The text with the time at which a witness saw it.
    Cosigned = 4,
}

impl Way {
    fn byte(self) -> u8 {
        match self {
            Self::Plain => 1,
            Self::Cosigned => 4,
        }
    }
}

/// The public half of a key with its name, written as `NAME+ID+BASE64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    pub name: String,
    pub way: Way,
    pub key: [u8; 32],
}

/// Why a text is no note, checkpoint or key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    #[error("it is longer than any note")]
    Long,
    #[error("it is not text, or holds characters that no note may")]
    Text,
    #[error("no blank line stands between text and signatures")]
    Shape,
    #[error("a signature line is not one")]
    Line,
    #[error("it is no checkpoint: a name, a number and a root on three lines")]
    Checkpoint,
    #[error("a key is written `NAME+ID+BASE64`, and the middle follows from the rest")]
    Key,
}

/// Whether a name may stand on a signature line.
#[must_use]
pub fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 200
        && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

impl VerifierKey {
    /// The id that stands before each signature: the first bytes of a hash.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let digest = Sha256::new()
            .chain_update(self.name.as_bytes())
            .chain_update([b'\n', self.way.byte()])
            .chain_update(self.key)
            .finalize();
        let mut id = [0; 4];
        id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        id
    }

    /// Whether a signature is this key's on these bytes.
    #[must_use]
    pub fn signed(&self, bytes: &[u8], signature: &[u8]) -> bool {
        let key = VerifyingKey::from_bytes(&self.key);
        let signature = Signature::from_slice(signature);
        matches!((key, signature), (Ok(key), Ok(signature))
            if key.verify_strict(bytes, &signature).is_ok())
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: Vec<u8> = std::iter::once(self.way.byte()).chain(self.key).collect();
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id()), STANDARD.encode(bytes))
    }
}

impl FromStr for VerifierKey {
    type Err = NoteError;
    fn from_str(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key);
        };
        let bytes = STANDARD.decode(rest).map_err(|_| NoteError::Key)?;
        let (way, key) = bytes.split_first().ok_or(NoteError::Key)?;
        let way = match way {
            1 => Way::Plain,
            4 => Way::Cosigned,
            _ => return Err(NoteError::Key),
        };
        let key = <[u8; 32]>::try_from(key).map_err(|_| NoteError::Key)?;
        let read = Self { name: name.to_owned(), way, key };
        let fits = is_name(name) && hex::encode(read.id()) == id;
        if fits { Ok(read) } else { Err(NoteError::Key) }
    }
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub name: String,
    pub id: [u8; 4],
    pub signature: Vec<u8>,
}

/// A text and who signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// It ends in a line break.
    pub text: String,
    pub lines: Vec<Line>,
}

impl Note {
    /// Reads a note. Nobody's signature is checked yet.
    pub fn read(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_MAX {
            return Err(NoteError::Long);
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| NoteError::Text)?;
        if whole.chars().any(|c| c < ' ' && c != '\n') {
            return Err(NoteError::Text);
        }
        let (text, signatures) = whole.rsplit_once("\n\n").ok_or(NoteError::Shape)?;
        let signatures = signatures.strip_suffix('\n').ok_or(NoteError::Shape)?;
        let lines: Vec<&str> = signatures.split('\n').collect();
        if lines.len() > SIGNATURES_MAX {
            return Err(NoteError::Long);
        }
        let lines = lines.into_iter().map(Line::read).collect::<Option<_>>();
        Ok(Self { text: format!("{text}\n"), lines: lines.ok_or(NoteError::Line)? })
    }

    /// The signatures of a key: none where it did not sign.
    pub fn by<'a>(&'a self, key: &'a VerifierKey) -> impl Iterator<Item = &'a Line> {
        let id = key.id();
        self.lines.iter().filter(move |line| line.name == key.name && line.id == id)
    }

    /// When a witness saw it, in seconds; `None` where it did not sign it, and an error where its
    /// signature is wrong.
    pub fn seen_by(&self, witness: &VerifierKey) -> Result<Option<u64>, NoteError> {
        let mut seen = None;
        for line in self.by(witness) {
            let (time, signature) =
                line.signature.split_first_chunk::<8>().ok_or(NoteError::Line)?;
            let time = u64::from_be_bytes(*time);
            let message = format!("cosignature/v1\ntime {time}\n{}", self.text);
            if !witness.signed(message.as_bytes(), signature) {
                return Err(NoteError::Line);
            }
            seen = Some(time);
        }
        Ok(seen)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for line in &self.lines {
            let bytes: Vec<u8> = line.id.iter().chain(&line.signature).copied().collect();
            writeln!(f, "\u{2014} {} {}", line.name, STANDARD.encode(bytes))?;
        }
        Ok(())
    }
}

impl Line {
    fn read(line: &str) -> Option<Self> {
        let (name, rest) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        let bytes = STANDARD.decode(rest).ok()?;
        let (id, signature) = bytes.split_first_chunk::<4>()?;
        let whole = is_name(name) && !signature.is_empty();
        whole.then(|| Self { name: name.to_owned(), id: *id, signature: signature.to_vec() })
    }
}

/// The root of a log of some size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    pub origin: String,
    pub size: u64,
    pub root: Hash,
}

impl Checkpoint {
    /// Reads the text of a note. Lines beyond the three of every checkpoint are refused: nobody
    /// says what they mean.
    pub fn read(text: &str) -> Result<Self, NoteError> {
        let mut lines = text.split('\n');
        let mut next = || lines.next().ok_or(NoteError::Checkpoint);
        let (origin, size, root, end) = (next()?, next()?, next()?, next()?);
        let number: u64 = size.parse().map_err(|_| NoteError::Checkpoint)?;
        let root = STANDARD.decode(root).map_err(|_| NoteError::Checkpoint)?;
        let root = <[u8; 32]>::try_from(root.as_slice()).map_err(|_| NoteError::Checkpoint)?;
        let whole = end.is_empty() && lines.next().is_none() && is_name(origin);
        if !whole || number.to_string() != size {
            return Err(NoteError::Checkpoint);
        }
        Ok(Self { origin: origin.to_owned(), size: number, root: Hash(root) })
    }

    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.0))
    }

    /// The note of it with one signature.
    #[must_use]
    pub fn note(&self, key: &VerifierKey, signature: &[u8]) -> Note {
        let line = Line { name: key.name.clone(), id: key.id(), signature: signature.to_vec() };
        Note { text: self.text(), lines: vec![line] }
    }
}
