//! The operator's folder on disk: found, read into named texts, and where its data lies. It must
//! not judge a text: that is `plan`'s.

use std::path::{Path, PathBuf};

use anyhow::Context;
use plan::{FILE_BYTES_MAX, Files, Places, Plan, Problems};

use crate::args::Global;
use crate::exit::Stop;

/// The file that makes a folder a workspace.
pub const SETTINGS: &str = "flightdeck.yaml";
/// Where runs are stored, below the workspace.
pub const DATA: &str = ".flightdeck";

/// Folders that are read whole, and the endings that count in them.
const FOLDERS: &[(&str, &[&str])] = &[
    ("workflows", &[".md"]),
    ("agents", &[".md"]),
    ("tables", &[".csv"]),
    ("schemas", &[".json"]),
    ("lists", &[".txt"]),
    ("policies", &[".cedar"]),
    ("governance", &[".md"]),
    ("seeds", &[".json"]),
];

/// Files at the top that are read where they exist.
const TOP: &[&str] = &[SETTINGS, "AGENTS.md", "CLAUDE.md", ".mcp.json", "mcp.lock"];

/// A workspace on disk.
#[derive(Debug)]
pub struct Workspace {
    pub root: PathBuf,
    pub data: PathBuf,
    pub files: Files,
}

impl Workspace {
    /// Finds the workspace and reads its files.
    pub fn open(global: &Global) -> Result<Self, Stop> {
        let root = find(global)?;
        let data = data(global, &root);
        Self::at(root, data)
    }

    /// Reads the files of a workspace that was found before.
    pub fn at(root: PathBuf, data: PathBuf) -> Result<Self, Stop> {
        let files = read(&root)?;
        Ok(Self { root, data, files })
    }

    /// What it is called where there are several: as its folder, in letters fit for an address.
    pub fn name(&self) -> String {
        let folder = self.root.file_name().map(|name| name.to_string_lossy().to_lowercase());
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let name: String = folder.unwrap_or_default().chars().map(plain).collect();
        let name = name.trim_matches('-');
        if name.is_empty() { "workspace".to_owned() } else { name.to_owned() }
    }

    /// The plan of one workflow, or its problems.
    pub fn plan(&self, workflow: &str) -> Result<Plan, Problems> {
        plan::check(&self.files, workflow)
    }

    /// Where servers and models are.
    pub fn places(&self) -> Result<Places, Problems> {
        plan::places(&self.files)
    }
}

/// The folder of stored runs, without reading the workspace.
pub fn data_folder(global: &Global) -> Result<PathBuf, Stop> {
    if let Some(data) = &global.data {
        return Ok(data.clone());
    }
    Ok(data(global, &find(global)?))
}

fn data(global: &Global, root: &Path) -> PathBuf {
    global.data.clone().unwrap_or_else(|| root.join(DATA))
}

/// The workspace that was named, or the nearest one from here upwards.
pub fn find(global: &Global) -> Result<PathBuf, Stop> {
    let help = "make one with `flightdeck new FOLDER`, or name one with `--workspace FOLDER`";
    if let Some(root) = &global.workspace {
        if root.join(SETTINGS).is_file() {
            return std::path::absolute(root).map_err(Stop::from);
        }
        let what = format!("`{}` is no workspace: it has no `{SETTINGS}`", root.display());
        return Err(Stop::usage(what).help(help));
    }
    let here = std::env::current_dir()?;
    let found = here.ancestors().find(|folder| folder.join(SETTINGS).is_file());
    found.map(Path::to_path_buf).ok_or_else(|| {
        Stop::usage(format!("no workspace here: no `{SETTINGS}` in this folder or above it"))
            .help(help)
    })
}

fn read(root: &Path) -> Result<Files, Stop> {
    let mut files = Files::new();
    for name in TOP {
        let path = root.join(name);
        if path.is_file() {
            files.insert(name, &text(&path)?);
        }
    }
    for (folder, endings) in FOLDERS {
        walk(root, folder, endings, &mut files)?;
    }
    imports(root, &mut files)?;
    Ok(files)
}

/// Reads a folder and what is below it. Links are followed; a depth ends a circle of them.
fn walk(root: &Path, folder: &str, endings: &[&str], files: &mut Files) -> Result<(), Stop> {
    if folder.split('/').count() > 8 || !root.join(folder).is_dir() {
        return Ok(());
    }
    let listing = std::fs::read_dir(root.join(folder))
        .with_context(|| format!("`{folder}` cannot be read"))?;
    for entry in listing {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let relative = format!("{folder}/{name}");
        let path = entry.path();
        if path.is_dir() {
            walk(root, &relative, endings, files)?;
        } else if endings.iter().any(|end| name.ends_with(end)) || name == "AGENTS.md" {
            files.insert(&relative, &text(&path)?);
        }
    }
    Ok(())
}

/// Texts that standing instructions import with `@path`, so that `plan` can resolve them.
fn imports(root: &Path, files: &mut Files) -> Result<(), Stop> {
    for _ in 0..8 {
        let mut found = Vec::new();
        for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".md")) {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            for word in text.split_whitespace().filter_map(|word| word.strip_prefix('@')) {
                let word = word.trim_end_matches(['.', ',', ';', ')']);
                for name in [word.to_owned(), format!("{folder}/{word}")] {
                    let name = name.trim_start_matches(['.', '/']).to_owned();
                    let plain = !name.is_empty() && !name.split('/').any(|part| part == "..");
                    if plain && files.get(&name).is_none() && root.join(&name).is_file() {
                        found.push(name);
                    }
                }
            }
        }
        if found.is_empty() {
            return Ok(());
        }
        for name in found {
            files.insert(&name, &text(&root.join(&name))?);
        }
    }
    Ok(())
}

/// A file's text. One that is too large is cut just beyond the limit: `check` says so. One that is
/// in another encoding is refused: a rule in other letters than the operator's is another rule.
fn text(path: &Path) -> Result<String, Stop> {
    use std::io::Read;
    let named = || format!("`{}` cannot be read", path.display());
    let file = std::fs::File::open(path).with_context(named)?;
    let mut bytes = Vec::new();
    let most = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    file.take(most).read_to_end(&mut bytes).with_context(named)?;
    let cut = bytes.len() > FILE_BYTES_MAX;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) if cut => Ok(String::from_utf8_lossy(error.as_bytes()).into_owned()),
        Err(error) => {
            let at = error.utf8_error().valid_up_to() + 1;
            let what = format!("`{}` is no text in UTF-8 from byte {at} on", path.display());
            Err(Stop::usage(what).help("save it with the encoding UTF-8"))
        }
    }
}
