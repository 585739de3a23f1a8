//! The constants of the socket calls by their names, as `strace` and the man pages have them.

use std::borrow::Cow;

use super::memory;
use super::ptrace::Tid;
use crate::event::{Arg, Nanos, span};

fn word(name: &'static str) -> Arg {
    Arg::Word(Cow::Borrowed(name))
}

/// Flags joined by `|`; what has no name stays a number.
fn joined(base: Option<&'static str>, mut value: i32, names: &[(i32, &'static str)]) -> String {
    let mut found: Vec<Cow<'static, str>> = base.map(Cow::Borrowed).into_iter().collect();
    for &(flag, name) in names {
        if value & flag == flag {
            value &= !flag;
            found.push(Cow::Borrowed(name));
        }
    }
    if value != 0 {
        found.push(Cow::Owned(format!("{value:#x}")));
    }
    found.join("|")
}

/// The first argument of socket(2).
pub fn domain(domain: i32) -> Arg {
    word(if domain == libc::AF_INET { "AF_INET" } else { "AF_INET6" })
}

/// The second argument of socket(2), for a stream.
pub fn socket_type(kind: i32) -> Arg {
    let flags = [(libc::SOCK_CLOEXEC, "SOCK_CLOEXEC"), (libc::SOCK_NONBLOCK, "SOCK_NONBLOCK")];
    Arg::Word(Cow::Owned(joined(Some("SOCK_STREAM"), kind & !libc::SOCK_STREAM, &flags)))
}

/// The third argument of socket(2).
pub fn protocol(protocol: i32) -> Arg {
    match protocol {
        0 => word("IPPROTO_IP"),
        libc::IPPROTO_TCP => word("IPPROTO_TCP"),
        libc::IPPROTO_MPTCP => word("IPPROTO_MPTCP"),
        other => Arg::Number(other as u64),
    }
}

/// The flags of accept4(2), if there are any.
pub fn accept_flags(flags: i32) -> Option<Arg> {
    let names = [(libc::SOCK_CLOEXEC, "SOCK_CLOEXEC"), (libc::SOCK_NONBLOCK, "SOCK_NONBLOCK")];
    (flags != 0).then(|| Arg::Word(Cow::Owned(joined(None, flags, &names))))
}

/// The flags of send(2) and recv(2), if there are any.
pub fn message_flags(flags: i32) -> Option<Arg> {
    let names = [
        (libc::MSG_DONTWAIT, "MSG_DONTWAIT"),
        (libc::MSG_NOSIGNAL, "MSG_NOSIGNAL"),
        (libc::MSG_PEEK, "MSG_PEEK"),
        (libc::MSG_WAITALL, "MSG_WAITALL"),
        (libc::MSG_MORE, "MSG_MORE"),
        (libc::MSG_OOB, "MSG_OOB"),
        (libc::MSG_TRUNC, "MSG_TRUNC"),
        (libc::MSG_CMSG_CLOEXEC, "MSG_CMSG_CLOEXEC"),
        (libc::MSG_ZEROCOPY, "MSG_ZEROCOPY"),
        (libc::MSG_FASTOPEN, "MSG_FASTOPEN"),
        (libc::MSG_ERRQUEUE, "MSG_ERRQUEUE"),
    ];
    (flags != 0).then(|| Arg::Word(Cow::Owned(joined(None, flags, &names))))
}

/// The second argument of shutdown(2).
pub fn how(how: i32) -> Arg {
    match how {
        libc::SHUT_RD => word("SHUT_RD"),
        libc::SHUT_WR => word("SHUT_WR"),
        libc::SHUT_RDWR => word("SHUT_RDWR"),
        other => Arg::Number(other as u64),
    }
}

const SOCKET_OPTIONS: [(i32, &str); 17] = [
    (libc::SO_REUSEADDR, "SO_REUSEADDR"),
    (libc::SO_REUSEPORT, "SO_REUSEPORT"),
    (libc::SO_ERROR, "SO_ERROR"),
    (libc::SO_TYPE, "SO_TYPE"),
    (libc::SO_DOMAIN, "SO_DOMAIN"),
    (libc::SO_PROTOCOL, "SO_PROTOCOL"),
    (libc::SO_BROADCAST, "SO_BROADCAST"),
    (libc::SO_KEEPALIVE, "SO_KEEPALIVE"),
    (libc::SO_LINGER, "SO_LINGER"),
    (libc::SO_OOBINLINE, "SO_OOBINLINE"),
    (libc::SO_RCVBUF, "SO_RCVBUF"),
    (libc::SO_SNDBUF, "SO_SNDBUF"),
    (libc::SO_RCVTIMEO, "SO_RCVTIMEO"),
    (libc::SO_SNDTIMEO, "SO_SNDTIMEO"),
    (libc::SO_ACCEPTCONN, "SO_ACCEPTCONN"),
    (libc::SO_PRIORITY, "SO_PRIORITY"),
    (libc::SO_ZEROCOPY, "SO_ZEROCOPY"),
];

const TCP_OPTIONS: [(i32, &str); 13] = [
    (libc::TCP_NODELAY, "TCP_NODELAY"),
    (libc::TCP_MAXSEG, "TCP_MAXSEG"),
    (libc::TCP_CORK, "TCP_CORK"),
    (libc::TCP_KEEPIDLE, "TCP_KEEPIDLE"),
    (libc::TCP_KEEPINTVL, "TCP_KEEPINTVL"),
    (libc::TCP_KEEPCNT, "TCP_KEEPCNT"),
    (libc::TCP_SYNCNT, "TCP_SYNCNT"),
    (libc::TCP_LINGER2, "TCP_LINGER2"),
    (libc::TCP_DEFER_ACCEPT, "TCP_DEFER_ACCEPT"),
    (libc::TCP_INFO, "TCP_INFO"),
    (libc::TCP_QUICKACK, "TCP_QUICKACK"),
    (libc::TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT"),
    (libc::TCP_FASTOPEN, "TCP_FASTOPEN"),
];

/// An option of setsockopt(2) by its name.
pub fn option(level: i32, name: i32) -> Arg {
    let find = |table: &[(i32, &'static str)]| table.iter().find(|(number, _)| *number == name).copied();
    let found = match level {
        libc::SOL_SOCKET => find(&SOCKET_OPTIONS),
        libc::IPPROTO_TCP => find(&TCP_OPTIONS),
        libc::IPPROTO_IPV6 => find(&[(libc::IPV6_V6ONLY, "IPV6_V6ONLY")]),
        _ => None,
    };
    match found {
        Some((_, name)) => word(name),
        None => Arg::Word(Cow::Owned(format!("level {level}, option {name}"))),
    }
}

/// The option that is set, and its value where that is one number.
pub fn set_option(tid: Tid, args: &[u64; 6]) -> Vec<Arg> {
    let mut list = vec![option(args[1] as i32, args[2] as i32)];
    let limits = matches!(args[2] as i32, libc::SO_RCVTIMEO | libc::SO_SNDTIMEO);
    if args[1] as i32 == libc::SOL_SOCKET
        && limits
        && let Some(limit) = memory::timeval(tid, args[3])
    {
        let (seconds, micros) = (limit.tv_sec.max(0) as Nanos, limit.tv_usec.max(0) as Nanos);
        let time = seconds.saturating_mul(1_000_000_000).saturating_add(micros.saturating_mul(1000));
        list.push(Arg::Word(span(time).into()));
    } else if args[4] == 4
        && let Some(value) = memory::number(tid, args[3])
    {
        list.push(signed(value));
    }
    list
}

/// A number that may be below 0.
pub fn signed(value: i32) -> Arg {
    match u64::try_from(value) {
        Ok(value) => Arg::Number(value),
        Err(_) => Arg::Word(Cow::Owned(value.to_string())),
    }
}

/// A signal by its name (signal(7)).
pub fn signal(number: i32) -> Cow<'static, str> {
    let names = [
        (libc::SIGHUP, "SIGHUP"),
        (libc::SIGINT, "SIGINT"),
        (libc::SIGQUIT, "SIGQUIT"),
        (libc::SIGILL, "SIGILL"),
        (libc::SIGTRAP, "SIGTRAP"),
        (libc::SIGABRT, "SIGABRT"),
        (libc::SIGBUS, "SIGBUS"),
        (libc::SIGFPE, "SIGFPE"),
        (libc::SIGKILL, "SIGKILL"),
        (libc::SIGUSR1, "SIGUSR1"),
        (libc::SIGSEGV, "SIGSEGV"),
        (libc::SIGUSR2, "SIGUSR2"),
        (libc::SIGPIPE, "SIGPIPE"),
        (libc::SIGALRM, "SIGALRM"),
        (libc::SIGTERM, "SIGTERM"),
        (libc::SIGCHLD, "SIGCHLD"),
        (libc::SIGCONT, "SIGCONT"),
        (libc::SIGSTOP, "SIGSTOP"),
        (libc::SIGTSTP, "SIGTSTP"),
        (libc::SIGTTIN, "SIGTTIN"),
        (libc::SIGTTOU, "SIGTTOU"),
        (libc::SIGURG, "SIGURG"),
        (libc::SIGVTALRM, "SIGVTALRM"),
        (libc::SIGPROF, "SIGPROF"),
        (libc::SIGXCPU, "SIGXCPU"),
        (libc::SIGSYS, "SIGSYS"),
    ];
    match names.iter().find(|(found, _)| *found == number) {
        Some((_, name)) => Cow::Borrowed(name),
        None => Cow::Owned(format!("signal {number}")),
    }
}

#[cfg(test)]
mod tests {
    use super::{accept_flags, message_flags, option, signal, socket_type};
    use crate::event::{Arg, has_flag};

    #[test]
    fn names_as_strace_has_them() {
        let shown = |arg: Arg| match arg {
            Arg::Word(word) => word.into_owned(),
            other => format!("{other:?}"),
        };
        let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC;
        assert_eq!(shown(socket_type(kind)), "SOCK_STREAM|SOCK_CLOEXEC");
        assert_eq!(accept_flags(0), None);
        let flags = message_flags(libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT | 0x40_0000).unwrap();
        assert!(has_flag(std::slice::from_ref(&flags), "MSG_DONTWAIT"));
        assert_eq!(shown(flags), "MSG_DONTWAIT|MSG_NOSIGNAL|0x400000");
        assert_eq!(shown(option(libc::IPPROTO_TCP, libc::TCP_NODELAY)), "TCP_NODELAY");
        assert_eq!(shown(option(libc::SOL_SOCKET, 9999)), "level 1, option 9999");
        assert_eq!((&*signal(libc::SIGSEGV), &*signal(64)), ("SIGSEGV", "signal 64"));
    }
}
