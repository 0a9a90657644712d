//! The box of a server: what is declared for it, what its command line names, and what our own
//! servers need. It must not open our records to anybody.

use std::path::{Path, PathBuf};

use tools::{Host, Network, Program, Reach, Sandbox};

use super::Ground;
use crate::canary;
use crate::exit::Stop;

/// What a program may reach: what is declared, and to read what its command line names.
pub(super) fn sandbox(
    ground: &Ground,
    name: &str,
    program: &Program,
    declared: &plan::Sandbox,
) -> Result<Sandbox, Stop> {
    let own = std::env::current_exe()?;
    if let Some(why) = &declared.off {
        if why.trim().is_empty() {
            let what = format!("the server `{name}` runs without a box and does not say why");
            return Err(Stop::usage(what).help("write the reason after `off`"));
        }
        return Ok(Sandbox::Off);
    }
    let from_here = |path: &String| ground.root.join(path);
    let mut reach = Reach {
        read: declared.read.iter().map(from_here).collect(),
        write: declared.write.iter().map(from_here).collect(),
        network: network(name, declared.network.as_ref())?,
        strict: declared.strict,
    };
    if Path::new(&program.command) == own {
        ours(ground, name, &program.args, &mut reach)?;
    }
    if let Some(missing) = reach.read.iter().chain(&reach.write).find(|path| !path.exists()) {
        let what = format!("the box of `{name}` names `{}`, which is not there", missing.display());
        return Err(Stop::usage(what).help("make it, or correct `sandbox` in `.mcp.json`"));
    }
    if let Some(ours) =
        reach.read.iter().chain(&reach.write).find(|path| opens_records(path, ground))
    {
        let what = format!("the box of `{name}` would open our records: `{}`", ours.display());
        let help = "give the server a folder of its own, apart from ours";
        return Err(Stop::usage(what).help(help));
    }
    // What drills call writes into a folder of its own among our records, and nowhere else.
    let drills = canary::folder(&ground.data);
    let is_canary = Path::new(&program.command) == own
        && program.args.get(1).is_some_and(|arg| arg == "canary");
    if is_canary && program.args.iter().any(|arg| Path::new(arg) == drills) {
        reach.write.push(drills);
    }
    // A folder that holds somebody's home is opened by declaration only, and our records never.
    let home = std::env::var_os("HOME").and_then(|home| PathBuf::from(home).canonicalize().ok());
    let named = program.args.iter().filter_map(|arg| from_here(arg).canonicalize().ok());
    reach.read.extend(named.filter(|path| {
        !opens_records(path, ground) && !home.iter().any(|home| home.starts_with(path))
    }));
    Ok(Sandbox::Closed(reach))
}

/// Which connections a program may open, by what is declared.
fn network(name: &str, declared: Option<&plan::Network>) -> Result<Network, Stop> {
    let listed = match declared {
        None => return Ok(Network::Off),
        Some(plan::Network::All) => return Ok(Network::All),
        Some(plan::Network::Hosts(listed)) => listed,
    };
    let read = |entry: &String| {
        Host::new(entry).map_err(|why| {
            let what = format!("the box of `{name}` opens `{entry}` of its `network`: {why}");
            let help = "write `api.example.com`, `*.example.org` for what is below a name, a port \
                        behind it where it is neither 443 nor 80, and `private:` before it where \
                        it leads into a private network";
            Stop::usage(what).help(help)
        })
    };
    listed.iter().map(read).collect::<Result<_, _>>().map(Network::Hosts)
}

/// What our own servers need beyond reading what they are given: the folder that one writes to, and
/// the network for those that are made to go there.
fn ours(ground: &Ground, name: &str, args: &[String], reach: &mut Reach) -> Result<(), Stop> {
    let after = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        args.get(at + 1).map(|path| ground.root.join(path))
    };
    let has = |name: &str| args.iter().any(|arg| arg == name);
    let written = match args.get(1).map(String::as_str) {
        Some("files") if has("--write") => after("--root"),
        Some("mail") => after("--drafts"),
        Some("http" | "web") => {
            if let Network::Hosts(_) = reach.network {
                let what = format!("`{name}` goes only where its own command says");
                return Err(Stop::usage(what).help("leave its `network` out"));
            }
            reach.network = Network::All;
            None
        }
        _ => None,
    };
    if let Some(folder) = written {
        // Only what is there can be opened to a server.
        std::fs::create_dir_all(&folder)?;
        reach.write.push(folder);
    }
    Ok(())
}

/// Whether a path holds our records, or is a part of them. Before the first case there is no folder
/// of them yet: then it counts where it will be made.
fn opens_records(path: &Path, ground: &Ground) -> bool {
    let Ok(path) = path.canonicalize() else { return true };
    let data = &ground.data;
    let there = data.ancestors().find_map(|above| {
        let rest = data.strip_prefix(above).ok()?;
        Some(above.canonicalize().ok()?.join(rest))
    });
    there.is_none_or(|data| data.starts_with(&path) || path.starts_with(&data))
}
