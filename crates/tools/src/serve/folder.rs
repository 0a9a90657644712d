//! One folder that is open to a server. Every path is resolved by the kernel beneath the folder's
//! handle, so that neither `..` nor a symbolic link nor a folder that is swapped meanwhile leads
//! out of it. It must not know what the files are for.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, RenameFlags, ResolveFlags, fstat, openat, openat2,
    renameat_with, unlinkat,
};
use rustix::io::Errno;

use super::ServeError;

pub(super) struct Folder {
    /// The folder's own path, with symbolic links resolved, and as it was given.
    paths: [PathBuf; 2],
    root: OwnedFd,
}

impl Folder {
    pub(super) fn open(folder: &Path) -> Result<Self, ServeError> {
        let fault = |why: String| ServeError::Folder { folder: folder.display().to_string(), why };
        let real = folder.canonicalize().map_err(|why| fault(why.to_string()))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root =
            rustix::fs::open(&real, flags, Mode::empty()).map_err(|why| fault(why.to_string()))?;
        Ok(Self { paths: [real, folder.to_owned()], root })
    }

    /// The path beneath the folder. A relative path starts there, as in the well-known server.
    pub(super) fn beneath(&self, path: &str) -> Result<PathBuf, String> {
        let given = Path::new(path);
        let inner = if given.is_absolute() {
            let inner = self.paths.iter().find_map(|root| given.strip_prefix(root).ok());
            inner.ok_or_else(|| {
                format!("`{path}` is outside the folder that is open to this tool")
            })?
        } else {
            given
        };
        Ok(if inner.as_os_str().is_empty() { PathBuf::from(".") } else { inner.to_owned() })
    }

    pub(super) fn open_at(&self, path: &str, flags: OFlags, mode: Mode) -> Result<OwnedFd, String> {
        let inner = self.beneath(path)?;
        self.open_inner(&inner, flags, mode).map_err(|why| why_not(path, why))
    }

    /// Opens what [`Self::beneath`] gave.
    pub(super) fn open_inner(
        &self,
        inner: &Path,
        flags: OFlags,
        mode: Mode,
    ) -> Result<OwnedFd, Errno> {
        let how = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        openat2(&self.root, inner, flags | OFlags::CLOEXEC, mode, how)
    }

    /// A regular file, open for reading.
    pub(super) fn file(&self, path: &str) -> Result<File, String> {
        // Without waiting: a named pipe in the folder must not hang the server.
        let file = self.open_at(path, OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty())?;
        let stat = fstat(&file).map_err(|why| why_not(path, why))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(format!("`{path}` is no file"));
        }
        Ok(File::from(file))
    }
}

/// Writes a file under another name and renames it to its own, so that nobody reads half of it,
/// also after a crash. Both names are single parts of a path in folders that are open.
pub(super) fn write_whole(
    part: (&OwnedFd, &str),
    place: (&OwnedFd, &str),
    bytes: &[u8],
    how: RenameFlags,
) -> std::io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let mut file = File::from(openat(part.0, part.1, flags, Mode::from_raw_mode(0o644))?);
    let written = file
        .write_all(bytes)
        .and_then(|()| file.sync_all())
        .and_then(|()| Ok(renameat_with(part.0, part.1, place.0, place.1, how)?));
    if let Err(why) = written {
        // What is left is a file that nobody reads; the reason is more useful than that.
        let _ = unlinkat(part.0, part.1, AtFlags::empty());
        return Err(why);
    }
    Ok(rustix::fs::fsync(place.0)?)
}

pub(super) fn why_not(path: &str, why: Errno) -> String {
    match why {
        Errno::XDEV | Errno::LOOP => {
            format!("`{path}` is outside the folder that is open to this tool")
        }
        Errno::NOENT => format!("there is no `{path}`"),
        why => format!("`{path}`: {why}"),
    }
}
