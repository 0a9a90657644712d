//! Text files of one folder: read, listed, and written where that is allowed. It must not open a
//! path by itself: what is beneath the folder is for [`Folder`] to say.

use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, RenameFlags, fstat, renameat_with, statat};
use serde_json::json;

use super::folder::{Folder, why_not, write_whole};
use super::{Answer, BuiltIn, Reply, ServeError, reads, text, tool};

/// The largest text that is read or written.
const TEXT_MAX: u64 = 4 << 20;
/// The most entries of a folder that are listed.
const ENTRIES_MAX: usize = 10_000;

pub(super) struct Files {
    folder: Folder,
    write: bool,
    /// Numbers the names of files that are being written.
    written: AtomicU64,
}

impl Files {
    pub(super) fn open(folder: &Path, write: bool) -> Result<Self, ServeError> {
        Ok(Self { folder: Folder::open(folder)?, write, written: AtomicU64::new(0) })
    }

    fn read_text(&self, path: &str) -> Result<String, String> {
        let file = self.folder.file(path)?;
        let mut bytes = Vec::new();
        file.take(TEXT_MAX + 1)
            .read_to_end(&mut bytes)
            .map_err(|why| format!("`{path}`: {why}"))?;
        if bytes.len() as u64 > TEXT_MAX {
            return Err(format!("`{path}` is larger than {TEXT_MAX} bytes"));
        }
        String::from_utf8(bytes).map_err(|_| format!("`{path}` is no text in UTF-8"))
    }

    fn list(&self, path: &str) -> Result<String, String> {
        let folder =
            self.folder.open_at(path, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())?;
        let mut lines = Vec::new();
        for entry in Dir::read_from(&folder).map_err(|why| why_not(path, why))? {
            let entry = entry.map_err(|why| why_not(path, why))?;
            let name = entry.file_name().to_string_lossy();
            if name == "." || name == ".." {
                continue;
            }
            let kind = match entry.file_type() {
                FileType::Directory => "[DIR]",
                _ => "[FILE]",
            };
            lines.push(format!("{kind} {name}"));
            if lines.len() > ENTRIES_MAX {
                return Err(format!("`{path}` holds more than {ENTRIES_MAX} files"));
            }
        }
        lines.sort();
        Ok(lines.join("\n"))
    }

    fn info(&self, path: &str) -> Result<String, String> {
        let file = self.folder.open_at(path, OFlags::PATH, Mode::empty())?;
        let stat = fstat(&file).map_err(|why| why_not(path, why))?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        let when = |seconds: i64| {
            Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |t| t.to_string())
        };
        Ok(format!(
            "size: {}\nmodified: {}\naccessed: {}\nisDirectory: {}\nisFile: {}\npermissions: {:o}",
            stat.st_size,
            when(stat.st_mtime),
            when(stat.st_atime),
            kind == FileType::Directory,
            kind == FileType::RegularFile,
            stat.st_mode & 0o777,
        ))
    }

    fn write_text(&self, path: &str, content: &str) -> Result<String, String> {
        if content.len() as u64 > TEXT_MAX {
            return Err(format!("the content is larger than {TEXT_MAX} bytes"));
        }
        let (folder, name) = self.place(path)?;
        if let Ok(stat) = statat(&folder, &name, AtFlags::SYMLINK_NOFOLLOW)
            && FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile
        {
            return Err(format!("`{path}` is no file"));
        }
        let n = self.written.fetch_add(1, Ordering::Relaxed);
        let part = format!(".{name}.{}.{n}.part", std::process::id());
        write_whole((&folder, &part), (&folder, &name), content.as_bytes(), RenameFlags::empty())
            .map_err(|why| format!("`{path}`: {why}"))?;
        Ok(format!("Successfully wrote to {path}"))
    }

    fn rename(&self, source: &str, destination: &str) -> Result<String, String> {
        let (from, old) = self.place(source)?;
        let (to, new) = self.place(destination)?;
        renameat_with(&from, &old, &to, &new, RenameFlags::NOREPLACE)
            .map_err(|why| format!("{source} to {destination}: {why}"))?;
        for folder in [from, to] {
            rustix::fs::fsync(folder.as_fd()).map_err(|why| why_not(destination, why))?;
        }
        Ok(format!("Successfully moved {source} to {destination}"))
    }

    /// The folder that holds a path's last part, opened beneath our own, and that last part.
    fn place(&self, path: &str) -> Result<(OwnedFd, String), String> {
        let inner = self.folder.beneath(path)?;
        let name = match inner.components().next_back() {
            Some(Component::Normal(name)) => name.to_str().map(str::to_owned),
            _ => None,
        };
        let name = name.ok_or_else(|| format!("`{path}` names no file"))?;
        let parent = inner.parent().filter(|p| !p.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let folder =
            self.folder.open_inner(parent, flags, Mode::empty()).map_err(|w| why_not(path, w))?;
        Ok((folder, name))
    }
}

impl BuiltIn for Files {
    const NAME: &'static str = "flightdeck-files";

    fn tools(&self) -> Vec<Tool> {
        let path = ("path", "the file, from the open folder on");
        let folder = ("path", "the folder, from the open folder on");
        let mut tools = vec![
            reads(tool("read_text_file", "Reads a text file (UTF-8).", &[path])),
            reads(tool("list_directory", "Lists the files and folders in a folder.", &[folder])),
            reads(tool("get_file_info", "Says how large a file is and when it changed.", &[path])),
        ];
        if self.write {
            let acts = |idempotent| {
                ToolAnnotations::new()
                    .read_only(false)
                    .destructive(true)
                    .idempotent(idempotent)
                    .open_world(false)
            };
            let content = ("content", "the whole text of the file");
            let write = tool(
                "write_file",
                "Creates a file, or replaces all that is in it.",
                &[path, content],
            );
            tools.push(write.with_annotations(acts(true)));
            let to = ("destination", "its new place; nothing may be there");
            let from = ("source", "the file or folder");
            let rename = tool("move_file", "Moves or renames a file or folder.", &[from, to]);
            tools.push(rename.with_annotations(acts(false)));
        }
        let mut schema = JsonObject::new();
        schema.insert("type".to_owned(), json!("object"));
        schema.insert("properties".to_owned(), json!({ "content": { "type": "string" } }));
        schema.insert("required".to_owned(), json!(["content"]));
        let schema = Arc::new(schema);
        tools.into_iter().map(|tool| tool.with_raw_output_schema(Arc::clone(&schema))).collect()
    }

    fn answer(&self, tool: &str, args: &JsonObject) -> Answer {
        let answer = match tool {
            "read_text_file" => self.read_text(text(args, "path")?),
            "list_directory" => self.list(text(args, "path")?),
            "get_file_info" => self.info(text(args, "path")?),
            "write_file" if self.write => {
                self.write_text(text(args, "path")?, text(args, "content")?)
            }
            "move_file" if self.write => {
                self.rename(text(args, "source")?, text(args, "destination")?)
            }
            other => Err(format!("there is no tool `{other}`")),
        };
        answer.map(Reply::Content)
    }
}
