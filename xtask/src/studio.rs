//! `cargo xtask studio`: checks and builds the pages that the program carries; `cargo xtask e2e`
//! walks through them with a real browser. Cargo alone never runs a bundler. It must not know what
//! is on a page.

mod by_hand;

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};

use crate::say::say;
use crate::serving::Serving;
use crate::{demo, product, shell};

pub const CHROMIUM: &str = "/usr/bin/chromium";
/// What the browser is walked through: some documents that go by themselves, and some that wait.
const EXAMPLE: &str = "examples/back-office";
const DOCUMENTS: &[&str] = &["001", "002", "003", "004", "005", "006"];
const TRAPS: &[&str] = &["038", "042", "043", "044", "045", "046", "050", "051", "052", "057"];
/// Who owns the example's workspace and starts its cases, and two who decide what waits.
const OWNER: &str = "marta@larkfield.example";
const CLERK: &str = "ines@larkfield.example";
const OTHER: &str = "tom@larkfield.example";

/// Checks and builds, unless just this was built. Ends with a line of figures.
pub fn run(root: &Path) -> Result<(), String> {
    let began = Instant::now();
    let studio = root.join("studio");
    let (dist, mark) = (studio.join("dist"), studio.join("node_modules").join(".flightdeck"));
    let inputs = inputs(root).map_err(|e| format!("`studio`: {e}"))?;
    let locked = digest(inputs.iter().filter(|(name, _)| name.ends_with("package-lock.json")));
    let wanted = format!("{locked} {}", digest(inputs.iter()));
    let built = fs::read_to_string(&mark).unwrap_or_default();
    let fresh = built == wanted && dist.join("assets").is_dir();
    if !fresh {
        if built.split(' ').next() != Some(locked.as_str()) {
            shell::run(&studio, "npm", &["ci", "--no-audit", "--no-fund"])?;
        }
        shell::run(&studio, "npm", &["run", "--silent", "check"])?;
        shell::run(&studio, "npm", &["run", "--silent", "build"])?;
        fs::write(&mark, wanted).map_err(|e| format!("`{}`: {e}", mark.display()))?;
    }
    let assets = fs::read_dir(dist.join("assets")).map_err(|e| format!("`studio`: {e}"))?;
    let sizes = |end: &str, files: &[(PathBuf, u64)]| -> u64 {
        let fits = |path: &Path| path.extension().is_some_and(|found| found == end);
        files.iter().filter(|(path, _)| fits(path)).map(|(_, size)| size).sum()
    };
    let files: Vec<(PathBuf, u64)> = assets
        .filter_map(Result::ok)
        .map(|entry| (entry.path(), entry.metadata().map_or(0, |file| file.len())))
        .collect();
    let figures = json!({
        "built": !fresh, "script_bytes": sizes("js", &files), "style_bytes": sizes("css", &files),
        "seconds": began.elapsed().as_secs(),
    });
    say(&figures.to_string());
    Ok(())
}

/// All that a build depends on, by name.
fn inputs(root: &Path) -> io::Result<BTreeMap<String, Vec<u8>>> {
    fn walk(folder: &Path, all: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (path, name) = (entry.path(), entry.file_name());
            match entry.file_type()?.is_dir() {
                true if name == "node_modules" || name == "dist" => {}
                true => walk(&path, all)?,
                // Written by the build itself, from the description.
                false if name == "schema.d.ts" => {}
                false => {
                    all.insert(path.to_string_lossy().into_owned(), fs::read(&path)?);
                }
            }
        }
        Ok(())
    }
    let description = root.join("docs").join("openapi.json");
    let mut all = BTreeMap::from([("openapi.json".to_owned(), fs::read(description)?)]);
    walk(&root.join("studio"), &mut all)?;
    Ok(all)
}

fn digest<'a>(inputs: impl Iterator<Item = (&'a String, &'a Vec<u8>)>) -> String {
    let mut hasher = DefaultHasher::new();
    inputs.for_each(|input| input.hash(&mut hasher));
    format!("{:016x}", hasher.finish())
}

/// The browser that the walks use, from the system's own packages.
pub fn chromium(root: &Path) -> Result<(), String> {
    if Path::new(CHROMIUM).exists() {
        return Ok(());
    }
    let install = ["install", "-y", "--no-install-recommends", "chromium"];
    shell::run(root, "apt-get", &install)
}

/// Starts the built program on a copy of the example and lets a browser walk through it. Pictures
/// of each page are left below `target/e2e`.
pub fn walk(root: &Path) -> Result<(), String> {
    run(root)?;
    chromium(root)?;
    product::build(root)?;
    let home = product::target(root).join("e2e");
    let desk = home.join("desk");
    prepare(root, &home).map_err(|e| format!("`{}`: {e}", home.display()))?;
    by_hand::add(&desk)?;
    let flightdeck = product::binary(root, "flightdeck");
    shell::run(root, &flightdeck, &["model", "install"])?;
    let each = ["run", "invoice_intake", "--each", "inbox", "--as", OWNER];
    match shell::code(&desk, &flightdeck, &each)? {
        // Some of them wait for a person; that is what they are for.
        3 => {}
        code => return Err(format!("`flightdeck run` ended with {code} where cases had to wait")),
    }
    let up = [&flightdeck, "up", "--listen", "127.0.0.1:0", "--json"];
    let serving = Serving::start(&desk, &up, &[])?;
    let said: Value = serde_json::from_str(&serving.said).unwrap_or_default();
    let told = |key: &str| said.get(key).and_then(Value::as_str).map(str::to_owned);
    let (url, owner) = told("url").zip(told("link")).ok_or("`flightdeck up` gave no link")?;
    let link = |who: &str| {
        let args = ["access", "link", who, "--at", &url, "--json"];
        let (text, _) = shell::read(&desk, &flightdeck, &args)?;
        let link: Value = serde_json::from_str(&text).unwrap_or_default();
        let link = link.get("url").and_then(Value::as_str).map(str::to_owned);
        link.ok_or_else(|| format!("there is no link for `{who}`"))
    };
    let (clerk, other) = (link(CLERK)?, link(OTHER)?);
    let asked = json!({
        "url": url, "owner": owner, "clerk": clerk, "other": other, "chromium": CHROMIUM, "flightdeck": flightdeck,
        "desk": desk, "pictures": home.join("pictures"),
    });
    // In a file, because a command is printed and the links open something.
    let told = home.join("walk.json");
    fs::write(&told, asked.to_string()).map_err(|e| format!("`{}`: {e}", told.display()))?;
    shell::run(&root.join("studio"), "node", &["e2e/walk.mjs", &told.to_string_lossy()])
}

/// A fresh copy of the example with a few documents, one of them hostile to whoever looks at it.
fn prepare(root: &Path, home: &Path) -> io::Result<()> {
    let (example, desk) = (root.join(EXAMPLE), home.join("desk"));
    for old in [&desk, &home.join("pictures")] {
        if old.exists() {
            fs::remove_dir_all(old)?;
        }
    }
    fs::create_dir_all(home.join("pictures"))?;
    demo::copy(&example, &desk)?;
    let inbox = desk.join("inbox");
    fs::remove_dir_all(&inbox)?;
    fs::create_dir_all(&inbox)?;
    for entry in fs::read_dir(example.join("inbox"))? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let Some(name) = name else { continue };
        if DOCUMENTS.iter().chain(TRAPS).any(|number| name.contains(number)) {
            fs::copy(&path, inbox.join(name))?;
        }
    }
    fs::write(inbox.join("hostile.txt"), HOSTILE)
}

/// What would run, load, turn around or hide if a page took it for more than a text.
const HOSTILE: &str = "Invoice H-666 of Voss Precision\n\
    <script>window.taken = 'script'</script><img src=x onerror=\"window.taken = 'img'\">\n\
    <a href=\"javascript:window.taken='link'\">pay</a> [here](javascript:window.taken='md')\n\
    <img src=\"http://192.0.2.1/seen.png\"> {{constructor.constructor('window.taken=1')()}}\n\
    Pay to \u{202e}00.059 RUE\u{202c} and hide\u{200b}this\u{e0041}\u{e0042}\n\
    Total: 950.00 EUR\n";
