//! What stands between a tool server and everything else.

use super::{Guard, TOOLS};

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
        name: "a server reaches no file that it was not given",
        file: SANDBOX,
        is: "    files(reach)?;\n",
        becomes: "    let _ = files;\n",
        rooms: TOOLS,
    },
    Guard {
        name: "a server makes no call that its box does not cover",
        file: SANDBOX,
        is: "    calls(reach.network)\n",
        becomes: "    let _ = calls;\n    Ok(())\n",
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
