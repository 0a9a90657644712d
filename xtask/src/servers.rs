//! `cargo xtask servers`: a real browser behind approved tools. A page that only exists once its
//! script has run is opened by Microsoft's Playwright server in Debian's Chromium, in a workflow
//! of a new workspace. A command of its own, because a browser is large. It must not leave this
//! machine once everything is installed.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::say::say;
use crate::studio::{self, CHROMIUM};
use crate::{product, shell};

const PACKAGE: &str = "@playwright/mcp@0.0.83";

const PAGE: &str = "<title>Stock</title><h1>Stock</h1>\
    <script>document.querySelector('h1').after(`${6 * 7} boxes of apples`)</script>";
/// What the page says, and its source does not.
const SEEN: &str = "42 boxes of apples";

const WORKFLOW: &str = "---
workflow: stock
purpose: Note what a page of the warehouse says. It changes nothing there.
accountable: owner@example.com
override: lead
risk: low
autonomy: act
case: { one: file in inbox/, from: outside, fields: { name: text } }
limits:
  case: { cost: 0.10 EUR, active: 10 minutes, days: 10 }
  day: { cost: 5 EUR, cases: 200 }
baseline: { minutes: 6, cases_per_week: 40 }
on_failure: { ask: clerk }
steps:
  - step: open
    tool: browser.browser_navigate
    with: { url: { literal: 'PLACE' } }
    gives: { text: text }
  - step: look
    tool: browser.browser_snapshot
    gives: { text: text }
  - step: note
    tool: outbox.write_file
    with: { path: { literal: stock.txt }, content: look.text }
    then: end
  - step: see
    review:
      by: lead
      never_by: [ starter ]
      question: The page says nothing. What is in stock?
      show: [ look ]
      within: 8 working hours
      late: { then: stop }
      if_rejected: { tell: clerk, then: stop }
    then: end
exceptions:
  - { what: an empty page, when: \"look.text == ''\", go: see }
---

# Stock

## open

The page of the warehouse.

## look

What a person would see there.

## note

The day's stock, for the lead.

## see

Somebody asks the warehouse.
";

/// A server of the page that ends with the command.
struct Site(Child);

impl Drop for Site {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn run(root: &Path) -> Result<(), String> {
    let home = product::target(root).join("browser");
    let fault = |e: std::io::Error| format!("`{}`: {e}", home.display());
    fs::create_dir_all(home.join("site")).map_err(fault)?;
    fs::write(home.join("site/index.html"), PAGE).map_err(fault)?;
    let server = home.join("node_modules/.bin/playwright-mcp");
    if !server.exists() {
        let quiet = ["install", "--no-audit", "--no-fund", "--silent", "--prefix", ".", PACKAGE];
        shell::run(&home, "npm", &quiet)?;
    }
    studio::chromium(root)?;
    product::build(root)?;
    let (_site, place) = site(&home.join("site"))?;

    let desk = home.join("desk");
    if desk.exists() {
        fs::remove_dir_all(&desk).map_err(fault)?;
    }
    let flightdeck = product::binary(root, "flightdeck");
    shell::run(&home, &flightdeck, &["new", "desk"])?;
    fs::write(desk.join("workflows/stock.md"), WORKFLOW.replace("PLACE", &place)).map_err(fault)?;
    let server = server.to_string_lossy().into_owned();
    let why = "a browser starts programs in groups of their own";
    let add = ["mcp", "add", "browser", "--no-box", why, "--", &server, "--headless", "--isolated"];
    // Its own sandbox needs namespaces, which containers do not give; the page is ours.
    let chromium = ["--no-sandbox", "--executable-path", CHROMIUM, "--allowed-origins", &place];
    shell::run(&desk, &flightdeck, &[&add[..], &chromium].concat())?;
    for (tool, effect) in [("browser_navigate", "read"), ("browser_snapshot", "read")] {
        let tool = format!("browser.{tool}");
        let pin = ["mcp", "pin", &tool, "--effect", effect, "--as", "lead@example.com"];
        shell::run(&desk, &flightdeck, &pin)?;
    }
    let case = ["run", "stock", "001-ada.txt", "--as", "owner@example.com"];
    shell::run(&desk, &flightdeck, &case)?;
    let noted = fs::read_to_string(desk.join("outbox/stock.txt")).map_err(fault)?;
    say(&noted);
    if !noted.contains(SEEN) {
        return Err(format!("the browser did not see `{SEEN}`"));
    }
    say(&format!(r#"{{"server":"{PACKAGE}","tools":2,"seen":"{SEEN}"}}"#));
    Ok(())
}

/// A site on a port of its own, and its address.
fn site(folder: &Path) -> Result<(Site, String), String> {
    let serve = ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory"];
    let failed = |e: std::io::Error| format!("`python3` cannot be run: {e}");
    let mut command = Command::new("python3");
    command.args(serve).arg(folder).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut site = Site(command.spawn().map_err(failed)?);
    let mut line = String::new();
    if let Some(out) = site.0.stdout.take() {
        BufReader::new(out).read_line(&mut line).map_err(failed)?;
    }
    // It says `Serving HTTP on 127.0.0.1 port 40123 (...) ...`.
    let port = line.split("port ").nth(1).and_then(|rest| rest.split(' ').next());
    let port = port.ok_or_else(|| format!("the page is not served: {line}"))?;
    let place = format!("http://127.0.0.1:{port}");
    Ok((site, place))
}
