//! `cargo xtask evidence`: packs that were changed in every way there is a code for, a thousand
//! flipped bits, the checker in Python that was written from the description, and the page in a
//! real browser. The last line is the page's figures.

use std::path::Path;

use serde_json::{Value, json};

use crate::{product, shell, studio};

const OWNER: [&str; 2] = ["--as", "owner@example.com"];
/// How many packs with one bit changed the browser looks at.
const FLIPS: usize = 40;

pub fn run(root: &Path) -> Result<(), String> {
    shell::run(root, &shell::cargo(), &["test", "--quiet", "-p", "proof"])?;
    let it = ["test", "--quiet", "-p", "flightdeck", "--test", "it", "evidence::"];
    shell::run(root, &shell::cargo(), &it)?;
    studio::run(root)?;
    studio::chromium(root)?;
    product::build(root)?;
    let home = product::target(root).join("evidence");
    let place = |e: std::io::Error| format!("`{}`: {e}", home.display());
    if home.exists() {
        std::fs::remove_dir_all(&home).map_err(place)?;
    }
    std::fs::create_dir_all(&home).map_err(place)?;
    let (flightdeck, desk) = (product::binary(root, "flightdeck"), home.join("desk"));
    shell::run(&home, &flightdeck, &["new", "desk"])?;
    let made = ["evidence", "key", "new", "--json"];
    let (text, _) = shell::read(&desk, &flightdeck, &[&made[..], &OWNER].concat())?;
    let made: Value = serde_json::from_str(&text).unwrap_or_default();
    let key = made.get("verifier").and_then(Value::as_str).ok_or("no key was made")?;
    let seal = ["evidence", "seal", "--full", "--out", "all.fdpack"];
    shell::run(&desk, &flightdeck, &[&seal[..], &OWNER].concat())?;
    shell::run(&desk, &flightdeck, &["evidence", "page", "verify.html"])?;
    let asked = json!({ "chromium": studio::CHROMIUM, "page": desk.join("verify.html"),
        "pack": desk.join("all.fdpack"), "key": key, "flips": FLIPS });
    let told = home.join("page.json");
    std::fs::write(&told, asked.to_string()).map_err(place)?;
    shell::run(&root.join("studio"), "node", &["e2e/pack.mjs", &told.to_string_lossy()])
}
