//! The workspace's files as others may read and change them from outside: which they are, what they
//! say, and saving one whole or not at all, over the version that was read. It must not judge a
//! text.

use std::io::Write;
use std::path::{Path, PathBuf};

use journal::Hash;
use plan::FILE_BYTES_MAX;
use plan::ids::FilePath;

/// What can be read and changed from outside, by folder and ending. Who people are, which programs
/// are servers, which tools were approved and which cases are known to be wrong is changed on the
/// machine alone.
const FOLDERS: &[(&str, &str)] = &[
    ("workflows/", ".md"),
    ("agents/", ".md"),
    ("tables/", ".csv"),
    ("schemas/", ".json"),
    ("lists/", ".txt"),
    ("policies/", ".cedar"),
];

/// Files of instructions, which may lie in folders of their own.
const INSTRUCTIONS: &[&str] = &["AGENTS.md", "CLAUDE.md"];

/// Whether a file can be read and changed from outside.
#[must_use]
pub fn is_open(path: &str) -> bool {
    let folder = FOLDERS.iter().any(|(folder, end)| {
        path.strip_prefix(folder).is_some_and(|name| name.len() > end.len() && name.ends_with(end))
    });
    let in_folder = |name: &str| path.strip_suffix(name).is_some_and(|at| at.ends_with('/'));
    folder
        || INSTRUCTIONS.iter().any(|name| {
            path == *name || in_folder(name) && FOLDERS.iter().any(|(f, _)| path.starts_with(f))
        })
}

/// Why a file was not read or saved.
#[derive(Debug, thiserror::Error)]
pub enum NotSaved {
    #[error("`{0}` is changed where the workspace lies, not from here")]
    Closed(FilePath),
    #[error("there is no file `{0}`")]
    Missing(FilePath),
    #[error("`{0}` was changed by somebody else since it was read")]
    Changed(FilePath),
    #[error("there is a file `{0}` already")]
    There(FilePath),
    #[error("`{0}` leads out of the workspace")]
    Outside(FilePath),
    #[error("`{0}` is no text in UTF-8")]
    NoText(FilePath),
    #[error("`{0}` has more than {FILE_BYTES_MAX} bytes")]
    Long(FilePath),
    #[error("`{0}` cannot be written")]
    Unwritten(FilePath, #[source] std::io::Error),
}

/// The bytes of an open file as it lies on the disk.
pub fn bytes(root: &Path, path: &FilePath) -> Result<Vec<u8>, NotSaved> {
    open(path)?;
    stored(root, path)
}

fn open(path: &FilePath) -> Result<(), NotSaved> {
    if is_open(path.as_str()) { Ok(()) } else { Err(NotSaved::Closed(path.clone())) }
}

/// The bytes of any file as it lies on the disk.
pub fn stored(root: &Path, path: &FilePath) -> Result<Vec<u8>, NotSaved> {
    let place = place(root, path)?;
    match std::fs::metadata(&place) {
        Ok(about) if about.len() > FILE_BYTES_MAX as u64 => {
            return Err(NotSaved::Long(path.clone()));
        }
        Ok(about) if about.is_file() => {}
        _ => return Err(NotSaved::Missing(path.clone())),
    }
    std::fs::read(&place).map_err(|error| NotSaved::Unwritten(path.clone(), error))
}

/// The text of a file and the digest of its bytes.
pub fn text(root: &Path, path: &FilePath) -> Result<(String, Hash), NotSaved> {
    let bytes = bytes(root, path)?;
    let version = Hash::of(&bytes);
    let text = String::from_utf8(bytes).map_err(|_| NotSaved::NoText(path.clone()))?;
    Ok((plain(&text), version))
}

/// A text as it is read: without a byte order mark, with `\n` at the end of lines.
fn plain(text: &str) -> String {
    text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n")
}

/// Where a file lies, wherever links lead, if that is within the workspace.
fn place(root: &Path, path: &FilePath) -> Result<PathBuf, NotSaved> {
    let outside = || NotSaved::Outside(path.clone());
    let root = root.canonicalize().map_err(|_| outside())?;
    let named = root.join(path.as_str());
    // The nearest that is there; below it there are no links to follow.
    let there = named.ancestors().find(|place| place.symlink_metadata().is_ok());
    let there = there.ok_or_else(outside)?;
    let real = there.canonicalize().map_err(|_| outside())?;
    let rest = named.strip_prefix(there).map_err(|_| outside())?;
    match real.starts_with(&root) {
        true if rest.as_os_str().is_empty() => Ok(real),
        true => Ok(real.join(rest)),
        false => Err(outside()),
    }
}

/// A change that is ready to take a file's place.
pub struct Ready {
    path: FilePath,
    place: PathBuf,
    new: tempfile::NamedTempFile,
    pub from: Option<Hash>,
    pub to: Hash,
}

/// Writes a text beside the open file whose place it is to take, which must still be at the version
/// that was read; without one there must be none. Line ends and a byte order mark stay as they are.
pub fn prepare(
    root: &Path,
    path: &FilePath,
    text: &str,
    from: Option<Hash>,
) -> Result<Ready, NotSaved> {
    open(path)?;
    prepare_any(root, path, text, from)
}

/// The same of a file that nobody changes from outside as a text: what it is to say was made here.
pub fn prepare_any(
    root: &Path,
    path: &FilePath,
    text: &str,
    from: Option<Hash>,
) -> Result<Ready, NotSaved> {
    let place = place(root, path)?;
    let old = match stored(root, path) {
        Ok(old) => Some(old),
        Err(NotSaved::Missing(_)) => None,
        Err(error) => return Err(error),
    };
    stands(path, old.as_deref(), from)?;
    let new = as_written(text, old.as_deref());
    if new.len() > FILE_BYTES_MAX {
        return Err(NotSaved::Long(path.clone()));
    }
    let unwritten = |error| NotSaved::Unwritten(path.clone(), error);
    let file = beside(&place, &new).map_err(unwritten)?;
    Ok(Ready { path: path.clone(), place, new: file, from, to: Hash::of(&new) })
}

fn stands(path: &FilePath, old: Option<&[u8]>, from: Option<Hash>) -> Result<(), NotSaved> {
    match (old, from) {
        (None, None) => Ok(()),
        (Some(old), Some(from)) if Hash::of(old) == from => Ok(()),
        (Some(_), None) => Err(NotSaved::There(path.clone())),
        (_, Some(_)) => Err(NotSaved::Changed(path.clone())),
    }
}

/// The bytes of a text as the file it replaces is written.
fn as_written(text: &str, old: Option<&[u8]>) -> Vec<u8> {
    let old = old.unwrap_or_default();
    let mark = if old.starts_with("\u{feff}".as_bytes()) { "\u{feff}" } else { "" };
    let first = old.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let text = plain(text);
    match first.ends_with(b"\r") && first.len() < old.len() {
        true => format!("{mark}{}", text.replace('\n', "\r\n")).into_bytes(),
        false => format!("{mark}{text}").into_bytes(),
    }
}

fn beside(place: &Path, new: &[u8]) -> std::io::Result<tempfile::NamedTempFile> {
    let folder = place.parent().unwrap_or(place);
    std::fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".saving-");
    // What others may do with the file stays; a new one is as any program makes it.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    if let Ok(about) = std::fs::metadata(place) {
        file.as_file().set_permissions(about.permissions())?;
    }
    file.write_all(new)?;
    file.as_file().sync_all()?;
    Ok(file)
}

impl Ready {
    /// Takes the file's place, unless it was changed meanwhile.
    pub fn take_place(self, root: &Path) -> Result<(), NotSaved> {
        let Self { path, place, new, from, .. } = self;
        let old = match stored(root, &path) {
            Ok(old) => Some(old),
            Err(NotSaved::Missing(_)) => None,
            Err(error) => return Err(error),
        };
        stands(&path, old.as_deref(), from)?;
        let taken = match from {
            Some(_) => new.persist(&place),
            None => new.persist_noclobber(&place),
        };
        taken.map_err(|error| match error.error.kind() {
            std::io::ErrorKind::AlreadyExists => NotSaved::There(path.clone()),
            _ => NotSaved::Unwritten(path.clone(), error.error),
        })?;
        // The name is on the disk only when its folder is.
        let folder = place.parent().unwrap_or(&place);
        let kept = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
        kept.map_err(|error| NotSaved::Unwritten(path, error))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    use super::*;

    fn named(path: &str) -> FilePath {
        FilePath::new(path).unwrap()
    }

    fn saved(root: &Path, path: &str, text: &str, from: Option<Hash>) -> Result<Hash, NotSaved> {
        let ready = prepare(root, &named(path), text, from)?;
        let to = ready.to;
        ready.take_place(root)?;
        Ok(to)
    }

    #[test]
    fn a_file_is_saved_only_over_what_was_read() {
        let root = tempfile::tempdir().unwrap();
        let path = "workflows/a.md";
        let first = saved(root.path(), path, "one\n", None).unwrap();
        assert!(matches!(saved(root.path(), path, "x", None), Err(NotSaved::There(_))));
        let second = saved(root.path(), path, "two\n", Some(first)).unwrap();
        assert!(matches!(saved(root.path(), path, "x", Some(first)), Err(NotSaved::Changed(_))));
        assert_eq!(text(root.path(), &named(path)).unwrap(), ("two\n".to_owned(), second));
        let late = prepare(root.path(), &named(path), "three\n", Some(second)).unwrap();
        std::fs::write(root.path().join(path), "theirs\n").unwrap();
        assert!(matches!(late.take_place(root.path()), Err(NotSaved::Changed(_))));
        assert_eq!(text(root.path(), &named(path)).unwrap().0, "theirs\n");
        let left = std::fs::read_dir(root.path().join("workflows")).unwrap().count();
        assert_eq!(left, 1, "nothing half-written stays");
    }

    #[test]
    fn line_ends_and_marks_stay() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("tables")).unwrap();
        let place = root.path().join("tables/a.csv");
        std::fs::write(&place, "\u{feff}a,b\r\n1,2\r\n").unwrap();
        let (read, version) = text(root.path(), &named("tables/a.csv")).unwrap();
        assert_eq!(read, "a,b\n1,2\n");
        saved(root.path(), "tables/a.csv", "a,b\n1,3\n", Some(version)).unwrap();
        assert_eq!(std::fs::read_to_string(&place).unwrap(), "\u{feff}a,b\r\n1,3\r\n");
    }

    #[test]
    fn what_is_not_open_stays_closed() {
        let root = tempfile::tempdir().unwrap();
        for closed in [
            "flightdeck.yaml",
            "mcp.lock",
            "seeds/a.json",
            "workflows/a.txt",
            "workflows/.md",
            "other/AGENTS.md",
            "notes.md",
        ] {
            let refused = FilePath::new(closed).map(|path| bytes(root.path(), &path));
            assert!(matches!(refused, Err(_) | Ok(Err(NotSaved::Closed(_)))), "{closed}");
            let refused =
                FilePath::new(closed).map(|path| prepare(root.path(), &path, "x", None).err());
            assert!(matches!(refused, Err(_) | Ok(Some(NotSaved::Closed(_)))), "{closed}");
        }
        for none in
            ["../a.md", "/workflows/a.md", "workflows//a.md", ".mcp.json", "workflows/a\n.md"]
        {
            assert!(FilePath::new(none).is_err(), "{none}");
        }
        assert!(is_open("AGENTS.md") && is_open("agents/sub/AGENTS.md") && is_open("CLAUDE.md"));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_within_the_workspace_alone() {
        let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::create_dir(root.path().join("workflows")).unwrap();
        std::fs::write(other.path().join("a.md"), "theirs").unwrap();
        let link = root.path().join("workflows/a.md");
        std::os::unix::fs::symlink(other.path().join("a.md"), &link).unwrap();
        let refused = text(root.path(), &named("workflows/a.md"));
        assert!(matches!(refused, Err(NotSaved::Outside(_))), "{refused:?}");
        std::os::unix::fs::symlink(other.path(), root.path().join("tables")).unwrap();
        let refused = prepare(root.path(), &named("tables/new.csv"), "x", None);
        assert!(matches!(refused, Err(NotSaved::Outside(_))));
        // A link whose end is not there leads nowhere that could be looked at.
        std::os::unix::fs::symlink(other.path().join("no.md"), root.path().join("workflows/b.md"))
            .unwrap();
        let refused = prepare(root.path(), &named("workflows/b.md"), "x", None);
        assert!(matches!(refused, Err(NotSaved::Outside(_))));
        std::os::unix::fs::symlink(root.path().join("workflows"), root.path().join("agents"))
            .unwrap();
        saved(root.path(), "agents/c.md", "ours", None).unwrap();
        assert_eq!(std::fs::read_to_string(root.path().join("workflows/c.md")).unwrap(), "ours");
    }
}
