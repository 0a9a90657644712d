//! Reads folders of text files, which the crate itself must not do.

use std::fs;
use std::path::Path;

use plan::Files;

/// Adds every text file below a folder, with paths relative to it.
pub fn add(files: &mut Files, folder: &Path) {
    add_below(files, folder, "");
}

/// The text files below a folder.
pub fn read(folder: &Path) -> Files {
    let mut files = Files::new();
    add(&mut files, folder);
    files
}

fn add_below(files: &mut Files, folder: &Path, prefix: &str) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap())
        .collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            add_below(files, &entry.path(), &format!("{name}/"));
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            files.insert(&name, &text);
        }
    }
}
