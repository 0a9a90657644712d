//! Eight servers that the protocol's own people keep, called directly by a plain client and by the
//! same client through `mcp gateway`: what comes back has to be the same, byte for byte. A call
//! that was not declared, and one after the case's end, has to be refused. It must not know what
//! any of the servers answers.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};

use crate::say::say;
use crate::serving::{self, Desk, Serving, Tools, at, text_at};
use crate::shell;

const NPM: &[&str] = &[
    "@modelcontextprotocol/server-everything@2026.8.31",
    "@modelcontextprotocol/server-filesystem@2026.8.31",
    "@modelcontextprotocol/server-memory@2026.8.31",
    "@modelcontextprotocol/server-sequential-thinking@2026.8.31",
    "node@22",
];
/// Two environments: the last one knows only the first generation of its SDK.
const PYPI: &[(&str, &[&str])] = &[
    (
        "python",
        &[
            "mcp-server-git==2026.10.19",
            "mcp-server-time==2026.10.19",
            "mcp-server-fetch==2026.10.24",
        ],
    ),
    ("sqlite", &["mcp-server-sqlite==2025.4.25", "mcp<2"]),
];

/// One server: how it is started, and what it is asked. A tool stands in the list of writers or of
/// readers as a person would approve it.
struct Server {
    name: &'static str,
    line: Vec<String>,
    env: Value,
    writes: &'static [&'static str],
    calls: Vec<(&'static str, Value)>,
}

pub fn run(root: &Path) -> Result<(), String> {
    let home = serving::home(root)?.join("official");
    std::fs::create_dir_all(&home).map_err(|e| format!("`{}`: {e}", home.display()))?;
    install(&home)?;
    let (product, fixture) = serving::build(root)?;
    let site = site()?;
    let work = home.join("work");
    let servers = servers(&home, &work, &site);
    let mut declared = Map::new();
    for Server { name, line, env, .. } in &servers {
        // What they are asked is what they could do outside of a box too.
        let entry = json!({
            "command": line.first(), "args": line.get(1..), "env": env,
            "sandbox": { "off": "what they answer is compared with what they answer without us" },
        });
        declared.insert((*name).to_owned(), entry);
    }
    fresh(&work)?;
    let tools: Vec<Tools<'_>> = servers.iter().map(Server::tools).collect();
    let declared = json!({ "mcpServers": declared });
    let desk = Desk::new(&product, home.join("desk"), &declared, &tools, &[])?;

    fresh(&work)?;
    let direct = servers.iter().map(|server| {
        let asked = json!({
            "command": server.line, "env": server.env, "cwd": desk.root,
            "calls": server.asked(""),
        });
        serving::told(&fixture, &[], &asked)
    });
    let direct: Vec<Value> = direct.collect::<Result<_, _>>()?;

    fresh(&work)?;
    let (mut gateway, url, token) = desk.gateway(&[])?;
    let mut same = Vec::new();
    let mut differ = Vec::new();
    for (server, direct) in servers.iter().zip(&direct) {
        let prefix = format!("{}__", server.name);
        let asked = json!({ "url": url, "token": token, "calls": server.asked(&prefix) });
        let through = serving::told(&fixture, &[], &asked)?;
        let found = differences(server, direct, &through);
        let count = server.calls.len();
        match found.is_empty() {
            true => same.push(count),
            false => differ.push(server.name),
        }
        let word = if found.is_empty() { "the same" } else { "not the same" };
        say(&format!("{:<20} {count} calls, {word} directly and through the gateway", server.name));
        found.iter().for_each(|line| say(&format!("  {line}")));
    }
    let refused = refused(&desk, &fixture, &mut gateway, &url, &token)?;
    let calls: usize = same.iter().sum();
    let figures = json!({ "servers": servers.len(), "same": same.len(), "calls": calls,
        "differ": differ, "refused": refused });
    say(&figures.to_string());
    match differ.is_empty() {
        true => Ok(()),
        false => Err(format!("through the gateway these answer otherwise: {}", differ.join(", "))),
    }
}

/// A tool that the server has and the workflow does not declare, and any tool after the end.
fn refused(
    desk: &Desk,
    fixture: &str,
    gateway: &mut Serving,
    url: &str,
    token: &str,
) -> Result<Value, String> {
    let hidden = json!({ "name": "filesystem__move_file", "arguments": {
        "source": "a.txt", "destination": "b.txt" } });
    let end = json!({ "name": "answer", "arguments": { "note": "done" } });
    let asked = json!({ "url": url, "token": token, "calls": [hidden, end] });
    let said = serving::told(fixture, &[], &asked)?;
    let (first, text) = (at(&said, "/results/0"), text_at(&said, "/results/0/content/0/text"));
    if at(first, "/isError") != true || !text.starts_with("refused") {
        return Err(format!("a call that was not declared was not refused: {first}"));
    }
    if !desk.records()?.contains("move_file") {
        return Err("the refused call is not in the records".to_owned());
    }
    let late = json!({ "url": url, "token": token, "calls": [] });
    if !gateway.ends() || !serving::told(fixture, &[], &late)?.is_null() {
        return Err("the gateway outlives its case".to_owned());
    }
    say("a call that was not declared is refused and recorded; after the end nobody answers");
    Ok(json!({ "not_declared": true, "after_the_end": true }))
}

/// How the answers through the gateway differ.
fn differences(server: &Server, direct: &Value, through: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (n, (tool, _)) in server.calls.iter().enumerate() {
        let known = at(direct, &format!("/tools/{tool}"));
        let offered = at(through, &format!("/tools/{}__{tool}", server.name));
        if known.is_null() || known != offered {
            found.push(format!("{tool} is offered as {offered}, not as {known}"));
        }
        let result = format!("/results/{n}");
        let (direct, through) = (at(direct, &result), at(through, &result));
        if direct.is_null() || direct != through {
            found.push(format!("{tool}: {through}, not {direct}"));
        }
    }
    found
}

impl Server {
    fn tools(&self) -> Tools<'_> {
        let mut reads: Vec<&str> = self.calls.iter().map(|(tool, _)| *tool).collect();
        reads.retain(|tool| !self.writes.contains(tool));
        reads.sort_unstable();
        reads.dedup();
        Tools { server: self.name, reads, writes: self.writes.to_vec() }
    }

    /// Its calls, with a word before each tool's name.
    fn asked(&self, prefix: &str) -> Vec<Value> {
        let call = |(tool, args): &(&str, Value)| {
            let name = format!("{prefix}{tool}");
            json!({ "name": name, "arguments": args })
        };
        self.calls.iter().map(call).collect()
    }
}

/// Where things are, and how a server is started from there.
struct Places<'a> {
    home: &'a Path,
    work: &'a Path,
}

impl Places<'_> {
    fn at(&self, name: &str) -> String {
        self.work.join(name).to_string_lossy().into_owned()
    }

    fn npm(&self, name: &str, args: &[&str]) -> Vec<String> {
        let bin = self.home.join("node_modules/.bin");
        let programs = [bin.join("node"), bin.join(name)].map(|p| p.to_string_lossy().into_owned());
        programs.into_iter().chain(args.iter().map(|arg| (*arg).to_owned())).collect()
    }

    fn python(&self, env: &str, name: &str, args: &[&str]) -> Vec<String> {
        let program = self.home.join(env).join("bin").join(name).to_string_lossy().into_owned();
        [program].into_iter().chain(args.iter().map(|arg| (*arg).to_owned())).collect()
    }
}

fn servers(home: &Path, work: &Path, site: &str) -> Vec<Server> {
    let places = Places { home, work };
    let mut all = of_npm(&places);
    all.extend(of_pypi(&places, site));
    all
}

fn of_npm(places: &Places<'_>) -> Vec<Server> {
    let files = places.at("files");
    let entity = json!([{ "name": "Ada", "entityType": "person", "observations": ["counts"] }]);
    vec![
        Server {
            name: "everything",
            line: places.npm("mcp-server-everything", &[]),
            env: json!({}),
            writes: &[],
            calls: vec![
                ("echo", json!({ "message": "a text, \"quoted\" – and a dash" })),
                ("get-sum", json!({ "a": 2, "b": 40 })),
                ("get-tiny-image", json!({})),
                ("get-structured-content", json!({ "location": "Chicago" })),
                ("get-annotated-message", json!({ "messageType": "error", "includeImage": true })),
                ("get-resource-links", json!({ "count": 2 })),
            ],
        },
        Server {
            name: "filesystem",
            line: places.npm("mcp-server-filesystem", &[&files]),
            env: json!({}),
            writes: &["write_file"],
            calls: vec![
                ("write_file", json!({ "path": format!("{files}/b.txt"), "content": "b\n" })),
                ("read_text_file", json!({ "path": format!("{files}/a.txt") })),
                ("read_media_file", json!({ "path": format!("{files}/point.png") })),
                ("list_directory", json!({ "path": files })),
                ("read_text_file", json!({ "path": "/etc/hostname" })),
            ],
        },
        Server {
            name: "memory",
            line: places.npm("mcp-server-memory", &[]),
            env: json!({ "MEMORY_FILE_PATH": places.at("memory.jsonl") }),
            writes: &["create_entities"],
            calls: vec![
                ("create_entities", json!({ "entities": entity })),
                ("read_graph", json!({})),
                ("search_nodes", json!({ "query": "Ada" })),
            ],
        },
        Server {
            name: "sequential-thinking",
            line: places.npm("mcp-server-sequential-thinking", &[]),
            env: json!({}),
            writes: &[],
            calls: vec![(
                "sequentialthinking",
                json!({ "thought": "first", "nextThoughtNeeded": true, "thoughtNumber": 1,
                    "totalThoughts": 2 }),
            )],
        },
    ]
}

fn of_pypi(places: &Places<'_>, site: &str) -> Vec<Server> {
    let repo = places.at("repo");
    let time = |zone: &str| {
        let (time, there) = ("07:30", "Asia/Tokyo");
        json!({ "source_timezone": zone, "time": time, "target_timezone": there })
    };
    vec![
        Server {
            name: "git",
            line: places.python("python", "mcp-server-git", &["--repository", &repo]),
            env: json!({}),
            writes: &[],
            calls: vec![
                ("git_status", json!({ "repo_path": repo })),
                ("git_log", json!({ "repo_path": repo, "max_count": 3 })),
                ("git_show", json!({ "repo_path": repo, "revision": "nowhere" })),
            ],
        },
        Server {
            name: "time",
            line: places.python(
                "python",
                "mcp-server-time",
                &["--local-timezone", "Europe/London"],
            ),
            env: json!({}),
            writes: &[],
            calls: vec![
                ("convert_time", time("Europe/London")),
                ("convert_time", time("Nowhere/At_All")),
            ],
        },
        Server {
            name: "fetch",
            line: places.python("python", "mcp-server-fetch", &["--ignore-robots-txt"]),
            env: json!({}),
            writes: &[],
            calls: vec![("fetch", json!({ "url": site, "raw": true }))],
        },
        Server {
            name: "sqlite",
            line: places.python(
                "sqlite",
                "mcp-server-sqlite",
                &["--db-path", &places.at("data.db")],
            ),
            env: json!({}),
            writes: &["create_table", "write_query"],
            calls: vec![
                ("create_table", json!({ "query": "create table t (n integer, word text)" })),
                ("write_query", json!({ "query": "insert into t values (1, 'one')" })),
                ("read_query", json!({ "query": "select * from t" })),
                ("list_tables", json!({})),
                ("read_query", json!({ "query": "select * from nowhere" })),
            ],
        },
    ]
}

fn install(home: &Path) -> Result<(), String> {
    if !home.join("node_modules/.bin/mcp-server-everything").exists() {
        let quiet = ["install", "--no-audit", "--no-fund", "--silent", "--prefix", "."];
        shell::run(home, "npm", &[&quiet[..], NPM].concat())?;
    }
    for (env, packages) in PYPI {
        let (python, whole) = (home.join(env), home.join(env).join("whole"));
        if whole.exists() {
            continue;
        }
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        shell::run(home, "python3", &["-m", "venv", &text(python.clone())])?;
        let quiet = ["install", "--quiet", "--disable-pip-version-check"];
        shell::run(home, &text(python.join("bin/pip")), &[&quiet[..], packages].concat())?;
        std::fs::write(whole, packages.join("\n")).map_err(|e| format!("`{env}`: {e}"))?;
    }
    Ok(())
}

/// The same files, the same repository and no memory, before each round of calls.
fn fresh(work: &Path) -> Result<(), String> {
    let failed = |e: std::io::Error| format!("`{}`: {e}", work.display());
    if work.exists() {
        std::fs::remove_dir_all(work).map_err(failed)?;
    }
    let (files, repo) = (work.join("files"), work.join("repo"));
    std::fs::create_dir_all(&files).map_err(failed)?;
    std::fs::create_dir_all(&repo).map_err(failed)?;
    std::fs::write(files.join("a.txt"), "a file\nof two lines\n").map_err(failed)?;
    std::fs::write(files.join("point.png"), POINT).map_err(failed)?;
    std::fs::write(repo.join("read.me"), "a file\n").map_err(failed)?;
    for args in [&["init", "-q", "-b", "main"][..], &["add", "."], &["commit", "-qm", "one file"]] {
        let mut git = Command::new("git");
        git.args(args).current_dir(&repo).env("HOME", work).env("GIT_CONFIG_NOSYSTEM", "1");
        for role in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{role}_NAME"), "Ada");
            git.env(format!("GIT_{role}_EMAIL"), "ada@example.com");
            git.env(format!("GIT_{role}_DATE"), "2026-01-02T03:04:05Z");
        }
        let done = git.status().map_err(|e| format!("`git` cannot be run: {e}"))?;
        if !done.success() {
            return Err(format!("`git {}` failed", args.join(" ")));
        }
    }
    Ok(())
}

/// The first bytes of a picture; nobody here looks at it.
const POINT: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A page that says the same to everybody, until this program ends.
fn site() -> Result<String, String> {
    let failed = |e: std::io::Error| format!("no page can be served: {e}");
    let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let mut request = [0; 4096];
            let page = "<html><body><h1>A page</h1><p>It says this.</p></body></html>";
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close";
            // Whoever hangs up before the end has read enough.
            let _ = stream.read(&mut request);
            let length = page.len();
            let _ = write!(stream, "{head}\r\nContent-Length: {length}\r\n\r\n{page}");
        }
    });
    Ok(format!("http://{address}/page"))
}
