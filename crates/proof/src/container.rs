//! The container of a pack: a ZIP file in the one form that the same files always have. Nothing is
//! compressed, no time is kept, and names are in order, so that every byte of it says something and
//! none can be changed unseen. Any unzip program reads it; only this form is taken back.

use std::collections::BTreeMap;

use crate::codes::{FILE_CHANGED, PACK_BROKEN, PACK_PATH, PACK_TOO_LARGE, PACK_TWICE, Refusal};

/// The largest pack.
pub const PACK_MAX: usize = 2 << 30;
/// The most files of one pack.
pub const FILES_MAX: usize = 4_096;
/// The longest name of a file.
const NAME_MAX: usize = 200;

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";

/// One file of a pack that was read.
#[derive(Debug, Clone, Copy)]
pub struct Held<'b> {
    pub name: &'b str,
    pub bytes: &'b [u8],
    crc: u32,
}

impl Held<'_> {
    /// That the checksum of the container fits too.
    pub fn checked(&self) -> Result<(), Refusal> {
        if crc32(self.bytes) == self.crc {
            return Ok(());
        }
        Err(Refusal::new(&FILE_CHANGED, self.name, "it does not fit its checksum"))
    }
}

/// Whether a file may be called so.
#[must_use]
pub fn is_path(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/');
    let part = |part: &str| !part.is_empty() && !part.starts_with('.');
    name.len() <= NAME_MAX && name.bytes().all(allowed) && name.split('/').all(part)
}

/// Writes files as a pack.
pub fn write(files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, Refusal> {
    let total: usize = files.iter().map(|(name, bytes)| bytes.len() + 2 * name.len() + 96).sum();
    if total > PACK_MAX || files.len() > FILES_MAX {
        return Err(Refusal::new(&PACK_TOO_LARGE, "the pack", "it would be larger than 2 GiB"));
    }
    let (mut out, mut central) = (Vec::with_capacity(total), Vec::new());
    for (name, bytes) in files {
        if !is_path(name) {
            return Err(Refusal::new(&PACK_PATH, name, "no file of a pack may be called so"));
        }
        let (crc, at) = (crc32(bytes), number(out.len()));
        out.extend(local(name, crc, bytes.len()));
        out.extend_from_slice(bytes);
        central.extend(entry(name, crc, bytes.len(), at));
    }
    let end = end(files.len(), central.len(), out.len());
    out.extend(central);
    out.extend(end);
    Ok(out)
}

/// Reads a pack. What its files say is not checked here.
pub fn read(bytes: &[u8]) -> Result<Vec<Held<'_>>, Refusal> {
    if bytes.len() > PACK_MAX {
        return Err(Refusal::new(&PACK_TOO_LARGE, "the pack", "it is larger than 2 GiB"));
    }
    let (mut rest, mut files, mut central) = (bytes, Vec::<Held<'_>>::new(), Vec::new());
    while rest.starts_with(&LOCAL) {
        let at = bytes.len() - rest.len();
        let (held, after) = one(rest).ok_or_else(|| broken(at))?;
        if !is_path(held.name) {
            return Err(Refusal::new(&PACK_PATH, "the pack", "a file is called what none may be")
                .at(format!("byte {at}")));
        }
        if files.last().is_some_and(|last| last.name >= held.name) {
            return Err(Refusal::new(&PACK_TWICE, held.name, "it is there twice or out of order"));
        }
        if files.len() >= FILES_MAX {
            return Err(Refusal::new(&PACK_TOO_LARGE, "the pack", "it has more than 4096 files"));
        }
        central.extend(entry(held.name, held.crc, held.bytes.len(), number(at)));
        files.push(held);
        rest = after;
    }
    let at = bytes.len() - rest.len();
    let (length, count) = (central.len(), files.len());
    central.extend(end(count, length, at));
    let same = rest.iter().zip(&central).take_while(|(a, b)| a == b).count();
    if same < central.len() || rest.len() != central.len() {
        return Err(broken(at + same));
    }
    Ok(files)
}

fn broken(at: usize) -> Refusal {
    Refusal::new(&PACK_BROKEN, "the pack", "it ends or goes on as no pack does")
        .at(format!("byte {at}"))
}

/// The file that begins here, and what comes after it.
fn one(bytes: &[u8]) -> Option<(Held<'_>, &[u8])> {
    let (head, rest) = bytes.split_at_checked(30)?;
    let u32_at = |at: usize| {
        let field = head.get(at..at + 4)?;
        Some(u32::from_le_bytes(field.try_into().ok()?))
    };
    let (crc, size) = (u32_at(14)?, usize::try_from(u32_at(18)?).ok()?);
    let length = head.get(26..28)?;
    let length = usize::from(u16::from_le_bytes(length.try_into().ok()?));
    let (name, rest) = rest.split_at_checked(length)?;
    let name = std::str::from_utf8(name).ok()?;
    let (body, rest) = rest.split_at_checked(size)?;
    let same = local(name, crc, size).get(..30)? == head;
    same.then_some((Held { name, bytes: body, crc }, rest))
}

/// What stands before a file.
fn local(name: &str, crc: u32, size: usize) -> Vec<u8> {
    let mut out = LOCAL.to_vec();
    out.extend(shared(name, crc, size));
    out.extend([0, 0]);
    out.extend_from_slice(name.as_bytes());
    out
}

/// What stands of a file at the end.
fn entry(name: &str, crc: u32, size: usize, at: u32) -> Vec<u8> {
    let mut out = CENTRAL.to_vec();
    out.extend(20_u16.to_le_bytes());
    out.extend(shared(name, crc, size));
    out.extend([0; 12]);
    out.extend(at.to_le_bytes());
    out.extend_from_slice(name.as_bytes());
    out
}

/// What is said of a file in both places: version 1.0, names in UTF-8, stored, 1980-01-01.
fn shared(name: &str, crc: u32, size: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(24);
    for field in [10_u16, 0x0800, 0, 0, 0x0021] {
        out.extend(field.to_le_bytes());
    }
    for field in [crc, number(size), number(size)] {
        out.extend(field.to_le_bytes());
    }
    out.extend(u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes());
    out
}

fn end(count: usize, length: usize, at: usize) -> Vec<u8> {
    let count = u16::try_from(count).unwrap_or(u16::MAX);
    let mut out = END.to_vec();
    out.extend([0; 4]);
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(number(length).to_le_bytes());
    out.extend(number(at).to_le_bytes());
    out.extend([0, 0]);
    out
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The checksum of every ZIP file.
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    let step = |crc: u32, byte: &u8| {
        let [low, ..] = (crc ^ u32::from(*byte)).to_le_bytes();
        (crc >> 8) ^ TABLE.get(usize::from(low)).copied().unwrap_or_default()
    };
    !bytes.iter().fold(u32::MAX, step)
}

#[allow(
    clippy::indexing_slicing,
    reason = "it is computed while this is compiled; an index that is wrong does not compile"
)]
const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let (mut n, mut value) = (0_usize, 0_u32);
    while n < 256 {
        let (mut crc, mut bit) = (value, 0);
        while bit < 8 {
            crc = if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 };
            bit += 1;
        }
        table[n] = crc;
        n += 1;
        value += 1;
    }
    table
}
