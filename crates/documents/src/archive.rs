//! Archives: which kind of office file one is, its entries under the limits of unpacking, and the
//! documents of one that is no office file. It must not trust the sizes that an archive states.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::draft::Draft;
use crate::{Fault, Kind};

/// The most entries of an archive that are looked at.
const ENTRIES_MAX: usize = 2_000;

pub(crate) type Zip<'b> = ZipArchive<Cursor<&'b [u8]>>;

/// What an archive is.
pub(crate) fn kind(bytes: &[u8]) -> Kind {
    let zip = ZipArchive::new(Cursor::new(bytes));
    let has = |name: &str| zip.as_ref().is_ok_and(|zip| zip.index_for_name(name).is_some());
    match () {
        () if has("word/document.xml") => Kind::Word,
        () if has("xl/workbook.xml") => Kind::Excel,
        () => Kind::Archive,
    }
}

/// Opens an archive and checks that all of it may be unpacked, whatever sizes it states.
pub(crate) fn open<'b>(bytes: &'b [u8], draft: &mut Draft<'_>) -> Result<Zip<'b>, Fault> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Fault::Broken)?;
    if zip.len() > ENTRIES_MAX {
        return Err(Fault::TooLarge);
    }
    for n in 0..zip.len() {
        let entry = zip.by_index(n).map_err(fault)?;
        let most = draft.may_unpack().saturating_add(1);
        let size = std::io::copy(&mut entry.take(most), &mut std::io::sink());
        draft.unpacked(size.map_err(|_| Fault::Broken)?)?;
    }
    Ok(zip)
}

fn fault(why: ZipError) -> Fault {
    match why {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            Fault::Encrypted
        }
        _ => Fault::Broken,
    }
}

/// One entry of an archive that [`open`] has checked.
pub(crate) fn entry(zip: &mut Zip<'_>, name: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    zip.by_name(name).ok()?.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Reads every document of an archive in the order of its entries.
pub(crate) fn read(bytes: &[u8], draft: &mut Draft<'_>) -> Result<(), Fault> {
    let mut zip = open(bytes, draft)?;
    let before = draft.text().len();
    for n in 0..zip.len() {
        let mut entry = zip.by_index(n).map_err(fault)?;
        if !entry.is_file() {
            continue;
        }
        let name = entry.name().map_err(fault)?.into_owned();
        let mut inner = Vec::new();
        entry.read_to_end(&mut inner).map_err(|_| Fault::Broken)?;
        drop(entry);
        draft.inner("file", &name, &inner)?;
    }
    if draft.text().len() > before {
        return Ok(());
    }
    Err(draft.missed.unwrap_or(Fault::UnknownKind))
}
