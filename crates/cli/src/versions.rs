//! Who changed files of the workspace last, where it is kept under `git`. The repository is
//! somebody else's: nothing that its settings name is run, nothing is fetched, nothing is written.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use jiff::Timestamp;
use journal::Millis;
use tokio::io::AsyncReadExt;
use tokio::process::Command;

/// How long it may take.
const TIME: Duration = Duration::from_secs(5);
/// How much of its answer is read, and of how many changes.
const BYTES_MAX: u64 = 1 << 20;
const CHANGES_MAX: &str = "--max-count=500";
/// What no author or file is called: it stands between changes, and between their parts.
const CHANGE: char = '\u{1e}';
const PART: char = '\u{1f}';

/// Settings that would have a repository run a program, each turned off.
const NO_PROGRAMS: &[&str] = &[
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.sshCommand=false",
    "credential.helper=",
    "gpg.program=false",
    "log.showSignature=false",
    "protocol.allow=never",
];

/// A change of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub who: String,
    pub at: Millis,
    pub about: String,
}

/// The changes of files by their path from the workspace, the last one first; or why nothing is
/// known of them.
pub async fn changes(root: &Path, paths: &[&str]) -> Result<BTreeMap<String, Vec<Change>>, String> {
    let mut command = Command::new("git");
    command.args(["--no-optional-locks", "--no-pager", "--literal-pathspecs"]);
    command.args(NO_PROGRAMS.iter().flat_map(|setting| ["-c", setting]));
    command.arg("-C").arg(root);
    command.args(["log", "--no-ext-diff", "--no-textconv", "--no-show-signature", "--no-mailmap"]);
    command.args(["--no-renames", "--relative", "--name-only", "-z", CHANGES_MAX]);
    command.arg("--format=%x1e%an%x1f%aI%x1f%s%x1f").arg("--").args(paths);
    command.env_clear();
    for name in ["PATH", "HOME"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    command.envs([("GIT_TERMINAL_PROMPT", "0"), ("GIT_NO_LAZY_FETCH", "1"), ("LC_ALL", "C")]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let read = async {
        let mut child = command.spawn()?;
        let mut bytes = Vec::new();
        if let Some(out) = child.stdout.take() {
            out.take(BYTES_MAX).read_to_end(&mut bytes).await?;
        }
        // Whoever says more than is read waits for a reader that is not there.
        if bytes.len() as u64 >= BYTES_MAX {
            child.kill().await?;
            return Ok((true, bytes));
        }
        Ok::<_, std::io::Error>((child.wait().await?.success(), bytes))
    };
    match tokio::time::timeout(TIME, read).await {
        Ok(Ok((true, bytes))) => Ok(parsed(&String::from_utf8_lossy(&bytes))),
        Ok(Ok((false, _))) => Err("the workspace is not kept under `git`".to_owned()),
        Ok(Err(_)) => Err("`git` cannot be started here".to_owned()),
        Err(_) => Err("`git` gave no answer in time".to_owned()),
    }
}

fn parsed(text: &str) -> BTreeMap<String, Vec<Change>> {
    let mut all: BTreeMap<String, Vec<Change>> = BTreeMap::new();
    for one in text.split(CHANGE) {
        let mut parts = one.splitn(4, PART);
        let (Some(who), Some(at), Some(about), Some(files)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let Ok(at) = at.parse::<Timestamp>() else { continue };
        let at = Millis(u64::try_from(at.as_millisecond()).unwrap_or_default());
        let change = Change { who: who.to_owned(), at, about: about.to_owned() };
        for file in files.split(['\0', '\n']).filter(|file| !file.is_empty()) {
            all.entry(file.to_owned()).or_default().push(change.clone());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    use std::os::unix::fs::PermissionsExt;
    use std::process::Command as Program;

    use super::*;

    fn git(root: &Path, args: &[&str]) {
        let identity = ["-c", "user.name=Mara", "-c", "user.email=mara@acme.example"];
        let done = Program::new("git").arg("-C").arg(root).args(identity).args(args).output();
        let done = done.unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    #[tokio::test]
    async fn changes_are_those_of_the_files_below_the_workspace() {
        let repository = tempfile::tempdir().unwrap();
        let root = repository.path().join("desk");
        std::fs::create_dir_all(root.join("agents")).unwrap();
        git(repository.path(), &["init", "--quiet"]);
        for (text, about) in [("one", "first\tsaid"), ("two", "second")] {
            std::fs::write(root.join("agents/a b.md"), text).unwrap();
            std::fs::write(repository.path().join("other.md"), text).unwrap();
            git(repository.path(), &["add", "."]);
            git(repository.path(), &["commit", "--quiet", "-m", about]);
        }
        let found = changes(&root, &["agents", "AGENTS.md"]).await.unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), ["agents/a b.md"]);
        let told: Vec<_> = found["agents/a b.md"].iter().map(|c| (&*c.who, &*c.about)).collect();
        assert_eq!(told, [("Mara", "second"), ("Mara", "first\tsaid")]);
        let nowhere = tempfile::tempdir().unwrap();
        assert!(changes(nowhere.path(), &["."]).await.is_err());
    }

    /// A repository names programs in its settings: none of them is run by looking at it.
    #[tokio::test]
    async fn nothing_that_a_repository_names_is_run() {
        let repository = tempfile::tempdir().unwrap();
        let root = repository.path();
        git(root, &["init", "--quiet"]);
        std::fs::write(root.join("AGENTS.md"), "one").unwrap();
        git(root, &["add", "."]);
        git(root, &["commit", "--quiet", "-m", "first"]);
        let (trap, mark) = (root.join("trap"), root.join("taken"));
        std::fs::write(&trap, format!("#!/bin/sh\ntouch '{}'\n", mark.display())).unwrap();
        std::fs::set_permissions(&trap, std::fs::Permissions::from_mode(0o755)).unwrap();
        let trap = trap.to_string_lossy();
        let settings = [
            "core.fsmonitor",
            "core.pager",
            "pager.log",
            "gpg.program",
            "diff.external",
            "core.sshCommand",
        ];
        for setting in settings {
            git(root, &["config", setting, &trap]);
        }
        git(root, &["config", "log.showSignature", "true"]);
        std::fs::write(root.join("AGENTS.md"), "two").unwrap();
        let found = changes(root, &["AGENTS.md"]).await.unwrap();
        assert_eq!(found["AGENTS.md"].len(), 1);
        assert!(!mark.exists(), "a program of the repository was run");
    }
}
