//! A network of its own for a server that may reach listed hosts: nothing is in it but one socket,
//! on which its proxy listens. Landlock knows the port of a connection and not whose it is, so that
//! without this a server could reach that one port of any machine. Where a system does not let us,
//! [`apart`] says so; it must not leave a network half made.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recv, recvmsg, send, sendmsg,
    socket_with,
};
use rustix::thread::UnshareFlags;

/// The first device of every network is the one that leads back to itself.
const LOOPBACK: i32 = 1;
/// `RTM_NEWLINK`, and that it is a request that wants an answer.
const CHANGE: (u16, u16) = (16, 1 | 4);
/// `IFF_UP`.
const UP: u32 = 1;
/// `NLMSG_ERROR`: an answer, which may be that all is well.
const ANSWER: u16 = 2;

/// Puts this process into a network of its own, in which `port` leads to whoever listens at the
/// other end of `handoff`.
pub(crate) fn apart(port: u16, handoff: &Path) -> std::io::Result<()> {
    let proxy = UnixStream::connect(handoff)?;
    alone()?;
    up()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let listeners = [listener.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut beside = SendAncillaryBuffer::new(&mut space);
    beside.push(SendAncillaryMessage::ScmRights(&listeners));
    sendmsg(&proxy, &[IoSlice::new(b"1")], &mut beside, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// The socket that the other end of a hand-over sent.
pub(crate) fn handed_over(from: impl AsFd) -> std::io::Result<TcpListener> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut beside = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT;
    recvmsg(from, &mut [IoSliceMut::new(&mut byte)], &mut beside, flags)?;
    let sent = beside.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut all) => all.next(),
        _ => None,
    });
    let listener = TcpListener::from(sent.ok_or(std::io::ErrorKind::UnexpectedEof)?);
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Whether this process may leave the network of this machine, which it does to find out.
pub(crate) fn tried() -> std::io::Result<()> {
    alone()?;
    up()
}

/// Leaves the network of this machine. Whoever may not do so as themselves may in a namespace of
/// users, where they are who they were.
fn alone() -> std::io::Result<()> {
    if leave(UnshareFlags::NEWNET).is_ok() {
        return Ok(());
    }
    let (user, group) = (rustix::process::getuid(), rustix::process::getgid());
    leave(UnshareFlags::NEWUSER | UnshareFlags::NEWNET)?;
    std::fs::write("/proc/thread-self/setgroups", "deny")?;
    let same = |id: u32| format!("{id} {id} 1");
    std::fs::write("/proc/thread-self/uid_map", same(user.as_raw()))?;
    std::fs::write("/proc/thread-self/gid_map", same(group.as_raw()))
}

fn leave(what: UnshareFlags) -> std::io::Result<()> {
    #[expect(
        deprecated,
        reason = "only a table of files of its own would be unsound, and only \
                                   namespaces are asked for; the other function needs `unsafe`"
    )]
    rustix::thread::unshare(what)?;
    Ok(())
}

/// Switches the device on that leads back to this machine.
fn up() -> std::io::Result<()> {
    let (family, kind) = (AddressFamily::NETLINK, SocketType::RAW);
    // Without a word about it, it speaks of devices and routes.
    let kernel = socket_with(family, kind, SocketFlags::CLOEXEC, None)?;
    let mut message = Vec::with_capacity(32);
    // The header: its length, what is asked, a number of ours and nobody's.
    message.extend(32_u32.to_ne_bytes());
    message.extend(CHANGE.0.to_ne_bytes());
    message.extend(CHANGE.1.to_ne_bytes());
    message.extend([0; 8]);
    // The device, its flags, and which of them are meant.
    message.extend([0; 4]);
    message.extend(LOOPBACK.to_ne_bytes());
    message.extend(UP.to_ne_bytes());
    message.extend(UP.to_ne_bytes());
    send(&kernel, &message, SendFlags::empty())?;
    answered(&kernel)
}

fn answered(kernel: &OwnedFd) -> std::io::Result<()> {
    let mut answer = [0; 64];
    recv(kernel, &mut answer, RecvFlags::empty())?;
    let [_, _, _, _, a, b, _, _, _, _, _, _, _, _, _, _, c, d, e, f, ..] = answer;
    match (u16::from_ne_bytes([a, b]), i32::from_ne_bytes([c, d, e, f])) {
        (ANSWER, 0) => Ok(()),
        (ANSWER, error) => Err(std::io::Error::from_raw_os_error(error.saturating_neg())),
        _ => Err(std::io::Error::other("the kernel gave another answer")),
    }
}
