//! What stands between a tool server and everything else.

use super::{Guard, TOOLS};

const EGRESS: &str = "crates/tools/src/egress.rs";
const LAUNCH: &str = "crates/tools/src/launch.rs";
const POOL: &str = "crates/tools/src/pool.rs";
const PROCESS: &str = "crates/tools/src/process.rs";
const SANDBOX: &str = "crates/tools/src/sandbox.rs";

pub const ALL: &[Guard] = &[
    Guard {
        name: "a tool that is not what was approved is not called",
        file: POOL,
        is: r"            Err(Unfit::Changed(why)) => {",
        becomes: r"            Err(Unfit::Changed(_)) if true => {}
            Err(Unfit::Changed(why)) => {",
        rooms: TOOLS,
    },
    Guard {
        name: "a server gets none of our environment",
        file: PROCESS,
        is: "command.args(&spec.args).env_clear();",
        becomes: "command.args(&spec.args);",
        rooms: TOOLS,
    },
    Guard {
        name: "a call that may have been looked at is not made again",
        file: POOL,
        is: "let stale = lane.spec.lookup.is_some() && live.turned_away() && called.unsent();",
        becomes: "let stale = lane.spec.lookup.is_some();",
        rooms: TOOLS,
    },
    Guard {
        name: "a server reaches no file that it was not given",
        file: SANDBOX,
        is: "    files(reach, proxy)?;\n",
        becomes: "    let _ = files;\n",
        rooms: TOOLS,
    },
    Guard {
        name: "a server makes no call that its box does not cover",
        file: SANDBOX,
        is: "    calls(&reach.network, proxy)\n",
        becomes: "    let _ = calls;\n    Ok(())\n",
        rooms: TOOLS,
    },
    Guard {
        name: "a server with a list reaches no host that is not on it",
        file: EGRESS,
        is: "let Some(reach) = place.opened(&self.hosts) else {",
        becomes: "let open = Some(crate::reach::Reach::Private);
        let Some(reach) = place.opened(&self.hosts).or(open) else {",
        rooms: TOOLS,
    },
    Guard {
        name: "nobody uses the proxy of a server without its password",
        file: EGRESS,
        is: "scheme.eq_ignore_ascii_case(\"basic\") && shown == self.knows",
        becomes: "scheme.eq_ignore_ascii_case(\"basic\") || shown == self.knows",
        rooms: TOOLS,
    },
    Guard {
        name: "a server with a list connects to its proxy alone",
        file: SANDBOX,
        is: "NetPort::new(proxy.port, AccessNet::ConnectTcp)",
        becomes: "NetPort::new(proxy.port.saturating_add(1), AccessNet::ConnectTcp)",
        rooms: TOOLS,
    },
    Guard {
        name: "a server with a list has a network of its own",
        file: SANDBOX,
        is: "let apart = crate::apart::apart(proxy.port, &proxy.handoff);",
        becomes: "let _ = crate::apart::apart;
        let apart: std::io::Result<()> = Ok(());",
        rooms: TOOLS,
    },
    Guard {
        name: "a server with a list sends no datagrams",
        file: SANDBOX,
        is: "(0..=KIND).filter(|kind| *kind != libc::SOCK_STREAM)",
        becomes: "(0..=KIND).filter(|kind| *kind > libc::SOCK_DGRAM)",
        rooms: TOOLS,
    },
    Guard {
        name: "a server with a list speaks no protocol that nobody judges",
        file: SANDBOX,
        is: ", none(2, &[0, libc::IPPROTO_TCP])?];",
        becomes: "];",
        rooms: TOOLS,
    },
    Guard {
        name: "a server with a list sends nothing while it connects",
        file: SANDBOX,
        is: "(libc::SYS_sendto, vec![fast(3)?]),",
        becomes: "",
        rooms: TOOLS,
    },
    Guard {
        name: "a server may use so much memory and no more",
        file: LAUNCH,
        is: r#"Some("--memory") => limit("memory", Resource::Data, value)?,"#,
        becomes: r#"Some("--memory") => {}"#,
        rooms: TOOLS,
    },
    Guard {
        name: "a server may write so large a file and no larger",
        file: LAUNCH,
        is: r#"Some("--file-bytes") => limit("file size", Resource::Fsize, value)?,"#,
        becomes: r#"Some("--file-bytes") => {}"#,
        rooms: TOOLS,
    },
];
