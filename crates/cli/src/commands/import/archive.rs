//! The file of a map, whichever of its three forms it has. An archive is looked through within
//! bounds and never unpacked to disk: only the map and what says who made it are read. It must not
//! know what a map means.

use std::io::{Cursor, Read};
use std::path::Path;

use anyhow::Context;
use evidence::words::plain;
use plan::codes::Code;
use plan::import::{MAP_BYTES_MAX, Source, codes};
use serde_json::Value;
use zip::ZipArchive;

use crate::exit::Stop;

/// The most bytes of an archive, and the most files in it.
const ARCHIVE_BYTES_MAX: usize = 16 << 20;
const ENTRIES_MAX: usize = 2_000;
/// The most bytes of what says who made a bundle.
const MANIFEST_BYTES_MAX: usize = 64 << 10;
/// Where the map stands in a bundle, and in a deployment package.
const MAPS: &[&str] =
    &["workflow.json", "workflow-package/workflow/graph.json", "workflow/graph.json"];
const MANIFEST: &str = "manifest.json";

/// Reads a map's file.
pub fn read(path: &Path) -> Result<Source, Stop> {
    let named = || format!("`{}` cannot be read", plain(&path.to_string_lossy()));
    let file = std::fs::File::open(path).with_context(named)?;
    let bytes = within(file, ARCHIVE_BYTES_MAX).with_context(named)?;
    let Some(bytes) = bytes else {
        let what = format!("the file has more than {ARCHIVE_BYTES_MAX} bytes");
        return Err(refused(&codes::BOUNDS, what));
    };
    if bytes.starts_with(b"PK") {
        return archive(&bytes);
    }
    if bytes.len() > MAP_BYTES_MAX {
        let what = format!("the map has {} bytes; at most {MAP_BYTES_MAX} are read", bytes.len());
        return Err(refused(&codes::BOUNDS, what));
    }
    Ok(Source { map: parsed(&bytes, "the file")?, ..Source::default() })
}

fn archive(bytes: &[u8]) -> Result<Source, Stop> {
    let damaged = |error: &dyn std::fmt::Display| {
        refused(
            &codes::ARCHIVE,
            format!("the archive cannot be read: {}", plain(&error.to_string())),
        )
    };
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    if zip.len() > ENTRIES_MAX {
        let what = format!("the archive holds {} files; at most {ENTRIES_MAX}", zip.len());
        return Err(refused(&codes::ARCHIVE, what));
    }
    let mut names = Vec::new();
    for at in 0..zip.len() {
        let entry = zip.by_index_raw(at).map_err(|error| damaged(&error))?;
        let name = entry.name().map_err(|error| damaged(&error))?.into_owned();
        let leads_out = entry.enclosed_name().is_none()
            || name.starts_with('/')
            || name.contains(['\\', '\0', ':'])
            || name.split('/').any(|part| part == "..");
        if leads_out || entry.is_symlink() {
            let what = format!("`{}` leads out of the archive", plain(&name));
            return Err(refused(&codes::ARCHIVE, what));
        }
        if !entry.is_dir() {
            names.push(name);
        }
    }
    let maps: Vec<&String> = names.iter().filter(|name| MAPS.contains(&name.as_str())).collect();
    let [name] = maps.as_slice() else {
        let what = match maps.len() {
            0 => format!("the archive holds no map: none of `{}`", MAPS.join("`, `")),
            _ => "the archive holds two maps, and nothing says which is meant".to_owned(),
        };
        return Err(refused(&codes::NO_MAP, what));
    };
    let name = (*name).clone();
    let map = parsed(&unpacked(&mut zip, &name, MAP_BYTES_MAX)?, &name)?;
    let manifest = match names.iter().any(|name| name == MANIFEST) {
        true => Some(parsed(&unpacked(&mut zip, MANIFEST, MANIFEST_BYTES_MAX)?, MANIFEST)?),
        false => None,
    };
    let format = manifest.as_ref().and_then(|manifest| manifest.get("formatVersion"));
    if let Some(other) = format.filter(|format| *format != "1") {
        let what = format!("the bundle is of format {}, and 1 is known", plain(&other.to_string()));
        return Err(refused(&codes::NO_MAP, what));
    }
    names.retain(|other| *other != name && other != MANIFEST);
    Ok(Source { map, manifest, others: names })
}

/// One file of an archive. However small it is packed, no more than this comes out of it.
fn unpacked(zip: &mut ZipArchive<Cursor<&[u8]>>, name: &str, most: usize) -> Result<Vec<u8>, Stop> {
    let damaged = |error: &dyn std::fmt::Display| {
        let what = format!("`{name}` cannot be unpacked: {}", plain(&error.to_string()));
        refused(&codes::ARCHIVE, what)
    };
    let entry = zip.by_name(name).map_err(|error| damaged(&error))?;
    let bytes = within(entry, most).map_err(|error| damaged(&error))?;
    bytes.ok_or_else(|| {
        refused(&codes::ARCHIVE, format!("`{name}` unpacks to more than {most} bytes"))
    })
}

/// All that comes, or nothing where it is more.
fn within(from: impl Read, most: usize) -> std::io::Result<Option<Vec<u8>>> {
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    from.take(limit).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= most).then_some(bytes))
}

/// JSON, which this reader takes to a depth of 128 and no deeper.
fn parsed(bytes: &[u8], name: &str) -> Result<Value, Stop> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|error| {
        // The error says where, and repeats nothing of the file.
        let (line, column) = (error.line(), error.column());
        let what = match error.classify() {
            serde_json::error::Category::Eof => "it ends too early",
            _ => "it is no JSON, or nested too deep",
        };
        refused(&codes::NO_MAP, format!("{name}:{line}:{column}: {what}"))
    })
}

fn refused(code: &'static Code, what: impl std::fmt::Display) -> Stop {
    Stop { code: Some(code.id), ..Stop::usage(what) }.help(code.fix)
}
