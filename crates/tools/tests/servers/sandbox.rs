//! A program in a box tries to get out. What it did not do is looked at from outside.

use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::process::{Command, Stdio};

/// Every attempt says its name and whether it came through.
const HOSTILE: &str = r#"
import os, socket, subprocess, sys
home, tcp, udp, name, victim = sys.argv[1:]
def attempt(what, act):
    try:
        act()
        print(what, "came through")
    except OSError as why:
        print(what, "refused")
def abstract():
    socket.socket(socket.AF_UNIX).connect("\0" + name)
attempt("read", lambda: open(home + "/.ssh/id_test").read())
attempt("write", lambda: open(home + "/outside", "w").write("x"))
attempt("tcp", lambda: socket.create_connection(("127.0.0.1", int(tcp)), 2))
attempt("udp", lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", int(udp))))
attempt("abstract", abstract)
attempt("signal", lambda: os.kill(int(victim), 9))
def leave():
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
        except OSError:
            os._exit(0)
        os._exit(1)
    if os.waitpid(child, 0)[1] == 0:
        raise OSError
attempt("leave", leave)
attempt("own", lambda: open(home + "/own/file", "w").write("x"))
"#;

#[test]
fn a_program_in_a_box_reaches_nothing_outside_it() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".ssh")).unwrap();
    std::fs::create_dir(home.path().join("own")).unwrap();
    std::fs::write(home.path().join(".ssh/id_test"), "key").unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let name = format!("box-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let unix = UnixListener::bind_addr(&address).unwrap();
    for silent in [tcp.set_nonblocking(true), udp.set_nonblocking(true)] {
        silent.unwrap();
    }
    unix.set_nonblocking(true).unwrap();
    let mut victim = Command::new("sleep").arg("60").spawn().unwrap();

    let tools::Launcher::Through(line) = super::launcher() else { panic!("no launcher") };
    let output = Command::new(&line[0])
        .args(&line[1..])
        .args(["--parent", &std::process::id().to_string(), "--network", "off", "--write"])
        .arg(home.path().join("own"))
        .args(["--", "/usr/bin/python3", "-c", HOSTILE])
        .arg(home.path())
        .arg(tcp.local_addr().unwrap().port().to_string())
        .arg(udp.local_addr().unwrap().port().to_string())
        .args([&name, &victim.id().to_string()])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let alive = victim.try_wait().unwrap().is_none();
    victim.kill().unwrap();
    victim.wait().unwrap();

    let said = String::from_utf8_lossy(&output.stdout);
    let begin = said.find("read ").unwrap_or_else(|| panic!("{output:?}"));
    let (_, said) = said.split_at(begin);
    assert_eq!(
        said,
        "read refused\nwrite refused\ntcp refused\nudp refused\nabstract refused\n\
         signal refused\nleave refused\nown came through\n"
    );
    assert!(alive, "the process outside was killed");
    assert!(!home.path().join("outside").exists());
    assert!(home.path().join("own/file").exists());
    assert!(tcp.accept().is_err() && unix.accept().is_err());
    assert!(udp.recv(&mut [0; 8]).is_err());
}
