//! The screen that stays open, in a terminal of its own: what is drawn there, what its keys bring
//! about in the stored cases, and how it leaves the terminal.

use std::process::Command;

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::office::Office;
use crate::vendor::Vendor;

/// A terminal that a script sits at. It knows what moves the cursor and what erases; everything else
/// that the program writes stands in its cells as it came.
const TERMINAL: &str = r#"
import fcntl, json, os, pty, re, select, signal, struct, sys, termios, time
steps, argv = json.loads(sys.argv[1]), sys.argv[2:]
ROWS, COLUMNS = 24, 80
cells, at, alternate, shown, rest = {}, [0, 0], False, True, ""
pid, master = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    # Whoever comes after finds the terminal as it was.
    before = termios.tcgetattr(0)
    child = os.fork()
    if child == 0:
        os.execvp(argv[0], argv)
    print("PID %d." % child, flush=True)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    same = termios.tcgetattr(0) == before
    print("END %s." % json.dumps({"code": code, "same": same}), flush=True)
    time.sleep(0.2)
    os._exit(0)
CSI = re.compile(r"\x1b\[([?>]?)([0-9;]*)([A-Za-z])")
def take(text):
    global rest, alternate, shown
    text = rest + text
    rest = ""
    while text:
        if text[0] == "\x1b":
            found = CSI.match(text)
            if not found:
                rest = text
                return
            private, numbers, end = found.groups()
            if private and numbers == "1049":
                alternate = end == "h"
                cells.clear()
            if private and numbers == "25":
                shown = end == "h"
            if end == "H":
                row, _, column = (numbers or "1;1").partition(";")
                at[:] = [int(row or 1) - 1, int(column or 1) - 1]
            if end == "J":
                cells.clear()
            text = text[found.end():]
            continue
        if text[0] == "\r":
            at[1] = 0
        elif text[0] == "\n":
            at[0] += 1
        else:
            cells[tuple(at)] = text[0]
            at[1] += 1
        text = text[1:]
def screen():
    rows = [[cells.get((y, x), " ") for x in range(COLUMNS)] for y in range(ROWS)]
    return "\n".join("".join(row).rstrip() for row in rows)
raw, until = "", time.time() + 90
def more():
    global raw
    if time.time() > until:
        print(json.dumps({"stuck": screen(), "raw": raw[-300:]}))
        sys.exit(1)
    if not select.select([master], [], [], 0.05)[0]:
        return
    try:
        text = os.read(master, 65536).decode("utf-8", "replace")
    except OSError:
        return
    raw += text
    take(text)
screens, bytes_idle = [], None
child = lambda: int(re.search(r"PID (\d+)\.", raw).group(1))
for what, given in steps:
    if what == "see":
        while given not in screen():
            more()
        screens.append(screen())
    elif what == "keys":
        os.write(master, given.encode())
    elif what == "still":
        # Nothing is written while nothing changes.
        settled = time.time() + 1.5
        while time.time() < settled:
            more()
        before, settled = len(raw), time.time() + given
        while time.time() < settled:
            more()
        bytes_idle = len(raw) - before
    elif what == "size":
        COLUMNS, ROWS = given
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.kill(child(), signal.SIGWINCH)
    elif what == "end":
        os.kill(child(), signal.SIGTERM)
while "END " not in raw or not re.search(r"END (\{.*?\})\.", raw):
    more()
ended = json.loads(re.search(r"END (\{.*?\})\.", raw).group(1))
print(json.dumps({"screens": screens, "alternate": alternate, "shown": shown, "idle": bytes_idle,
    "colours": bool(re.search(r"\x1b\[[0-9;]*(3|4)[0-7](;|m)|38;5|38;2", raw)), **ended}))
"#;

/// Sits at a terminal in which `watch` runs.
fn at_a_terminal(desk: &Desk, args: &[&str], colour: bool, steps: &Value) -> Value {
    let mut command = Command::new("/usr/bin/python3");
    let binary = desk.command();
    command
        .args(["-c", TERMINAL, &steps.to_string()])
        .arg(binary.get_program())
        .args(["watch"])
        .args(args)
        .current_dir(desk.root())
        .env_clear()
        .envs(binary.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env_remove("FLIGHTDECK_PERSON")
        .env("TERM", "xterm-256color");
    if !colour {
        command.env("NO_COLOR", "1");
    }
    let said = command.output().unwrap();
    let out = String::from_utf8(said.stdout).unwrap();
    let told = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.status.success(), "{out}{told}");
    serde_json::from_str(&out).unwrap()
}

/// That the terminal is as it was.
fn left(seen: &Value) {
    let as_it_was = [&seen["same"], &seen["shown"], &seen["alternate"]];
    assert_eq!(as_it_was, [&json!(true), &json!(true), &json!(false)], "{seen:#}");
}

#[test]
fn a_request_is_answered_and_everything_is_stopped_by_keys() {
    let office = Office::new(&Vendor::plain(), &["044"]);
    let (run, status) = office.only(&office.run_all());
    assert_eq!(status, "waiting");
    let steps = json!([
        ["see", "1 case waits for people"],
        ["still", 3],
        ["keys", "3"],
        ["see", "finance_clerk"],
        ["keys", "\r"],
        ["see", "a approve  r reject  u take up  Enter run"],
        ["size", [60, 15]],
        ["see", "as ines@larkf…"],
        ["size", [80, 24]],
        ["see", "as ines@larkfield.example"],
        ["keys", "a"],
        ["see", "approve request 1? y does it"],
        ["keys", "n"],
        ["see", "nothing was done"],
        ["keys", "ay"],
        ["see", "done: the case is now done"],
        ["keys", "5\rover for today\rstop\r"],
        ["see", "STOPPED  everything, by ines@larkfield.example"],
        ["keys", "2\r"],
        ["see", "the case is done"],
        ["keys", "q"],
    ]);
    let seen = at_a_terminal(&office, &["--as", "ines@larkfield.example"], false, &steps);
    left(&seen);
    assert_eq!((&seen["code"], &seen["colours"]), (&json!(0), &json!(false)), "{seen:#}");
    assert_eq!(seen["idle"], 0, "nothing changed, and nothing is sent");
    if let Some(folder) = std::env::var_os("FLIGHTDECK_SCREENS") {
        for (n, screen) in seen["screens"].as_array().unwrap().iter().enumerate() {
            let path = std::path::Path::new(&folder).join(format!("{n:02}.txt"));
            std::fs::write(path, screen.as_str().unwrap()).unwrap();
        }
    }
    assert_eq!(office.drafts().len(), 1, "it was approved, and it was drafted");
    let logs = office.say(&["logs", &run]).out;
    assert!(logs.contains("ines@larkfield.example approved"), "{logs}");
    let why = office.say(&["why"]).out;
    assert!(why.contains("everything is stopped by ines@larkfield.example"), "{why}");
    assert!(why.contains("over for today"), "{why}");
}

#[test]
fn whoever_is_not_named_only_looks_and_a_signal_gives_the_terminal_back() {
    let office = Office::new(&Vendor::plain(), &["044"]);
    let (run, _) = office.only(&office.run_all());
    let steps = json!([
        ["see", "looking only"],
        ["see", "the case waits for finance_clerk"],
        ["keys", "3\r"],
        ["see", "a approve"],
        ["keys", "ay"],
        ["see", "start it with `--as PERSON`"],
        ["end", 0],
    ]);
    let seen = at_a_terminal(&office, &[&run], true, &steps);
    left(&seen);
    assert_eq!((&seen["code"], &seen["colours"]), (&json!(0), &json!(true)), "{seen:#}");
    let status = office.say(&["runs", "--json"]).json();
    assert_eq!(status[0]["status"], "waiting");
    let stranger = office.say(&["watch", "--once", "--as", "stranger@larkfield.example"]);
    assert_eq!(stranger.code, 4, "{}", stranger.err);
}

#[test]
fn one_screen_is_printed_and_without_a_terminal_none_stays_open() {
    let desk = Desk::new();
    let said = desk.say(&["watch"]);
    assert!(said.code == 2 && said.err.contains("watch --once"), "{}{}", said.out, said.err);
    let once = desk.say(&["watch", "--once"]);
    assert_eq!(once.code, 0, "{}", once.err);
    assert!(once.out.contains("nothing waits for a person"), "{}", once.out);
    assert_eq!(once.out.lines().count(), 24);
    for page in ["fleet", "runs", "requests", "log", "stop"] {
        let said = desk.say(&["watch", "--once", "--page", page, "--size", "60x15", "--json"]);
        let told = said.json().remove(0);
        assert_eq!((&told["page"], told["lines"].as_array().unwrap().len()), (&json!(page), 15));
    }
    assert_eq!(desk.say(&["watch", "--once", "--size", "0x9"]).code, 2);
}
