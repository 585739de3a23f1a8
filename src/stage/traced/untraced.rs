//! A play where nobody may be traced: the programs run as they like, and the wire alone is shown.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::cast::Cast;
use crate::event::Who;
use crate::event::error::{Error, Result};
use crate::linux::capture::Capture;
use crate::linux::capture_thread::Tap;
use crate::linux::pid_namespace::PidNamespace;
use crate::linux::tracee::ptrace::{self, Tid};
use crate::linux::tracee::spawn;
use crate::sniff::sniffer::Sniffer;
use crate::sniff::stdout::Outlets;
use crate::text::lang::Text;

/// How long the server may take until it listens, before the clients are let in all the same.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often it is looked for.
const TICK: Duration = Duration::from_millis(5);

/// Where the kernel's switch for ptrace is (the kernel's `Documentation/admin-guide/LSM/Yama.rst`).
const SWITCH: &str = "/proc/sys/kernel/yama/ptrace_scope";

/// Why nobody is traced, and what would help.
pub fn remarks(error: &std::io::Error) -> Vec<Text> {
    let scope = fs::read_to_string(SWITCH).unwrap_or_default();
    let (ko, en) = match scope.trim() {
        "2" => ("sudo sysctl -w kernel.yama.ptrace_scope=1", "sudo sysctl -w kernel.yama.ptrace_scope=1"),
        "3" => (
            "kernel.yama.ptrace_scope=1 로 두고 다시 부팅한다 (3은 켜진 채로는 바꿀 수 없다)",
            "set kernel.yama.ptrace_scope=1 and reboot (3 cannot be changed while it runs)",
        ),
        _ => (
            "디버거나 strace 밖에서 실행한다. 컨테이너라면 --cap-add=SYS_PTRACE",
            "run it outside a debugger or strace; in a container, --cap-add=SYS_PTRACE",
        ),
    };
    vec![
        Text::made(
            format!("ptrace: {error}. 시스템 호출은 볼 수 없고, 와이어만 보인다."),
            format!("ptrace: {error}. System calls cannot be seen; the wire alone is shown."),
        ),
        Text::made(format!("도움이 될 것: {ko}"), format!("what would help: {en}")),
    ]
}

/// Plays to the end: until the clients have gone, the time is over, or somebody presses Ctrl-C.
///
/// # Errors
/// [`Error::Start`] when a program cannot be started; as for [`Sniffer::follow`].
pub fn play(
    cast: &mut Cast,
    capture: Option<Capture>,
    sniffer: Sniffer,
    outlets: &Outlets,
    interrupted: &AtomicBool,
    until: Option<Instant>,
) -> Result<()> {
    // Whoever the programs leave behind is a child of this process then, and ends with the play.
    ptrace::take_in_orphans();
    thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        let (end, ended) = mpsc::channel();
        // A process that counts its children anew can have no more threads, and the capture needs one:
        // so a thread of its own starts them. They are children of that thread, which must outlive them
        // (PR_SET_PDEATHSIG, prctl(2)). Nobody else does anything while it starts them.
        scope.spawn(move || {
            // Where they have no numbers of their own, the first process of each ends with this one.
            let numbers = PidNamespace::enter().ok();
            let _ = tell.send(start(cast, numbers.as_ref()));
            let _: Result<(), _> = ended.recv();
            drop(numbers);
            spawn::end_all();
        });
        let started = told.recv().unwrap_or_else(|_| Ok(Vec::new()));
        let clients = started.as_ref().map_or_else(|_| Vec::new(), Clone::clone);
        let shown = show(clients, capture, sniffer, outlets, interrupted, until);
        drop::<mpsc::Sender<()>>(end);
        started.and(shown)
    })
}

/// Shows the wire until the clients have ended.
fn show(
    mut clients: Vec<Tid>,
    capture: Option<Capture>,
    mut sniffer: Sniffer,
    outlets: &Outlets,
    interrupted: &AtomicBool,
    until: Option<Instant>,
) -> Result<()> {
    let mut ended = || {
        clients.retain(|&client| !spawn::has_ended(client));
        clients.is_empty()
            || interrupted.load(Ordering::Relaxed)
            || until.is_some_and(|until| Instant::now() >= until)
    };
    match capture {
        Some(capture) => sniffer.follow(Tap::open(capture), outlets, ended),
        None => {
            while !ended() {
                std::thread::sleep(TICK);
            }
            sniffer.end().and_then(|()| outlets.release().map_err(Error::Output))
        }
    }
}

/// Starts the server, and once it listens the clients. Their numbers.
fn start(cast: &mut Cast, numbers: Option<&PidNamespace>) -> Result<Vec<Tid>> {
    let failed = |source| Error::Start { program: "sh".to_owned(), source };
    let before = listeners();
    cast.start_untraced(Who::Server, numbers).transpose().map_err(failed)?;
    let begun = Instant::now();
    while listeners() <= before && begun.elapsed() < PATIENCE {
        std::thread::sleep(TICK);
    }
    let mut clients = Vec::new();
    while let Some(client) = cast.start_untraced(Who::Client, numbers).transpose().map_err(failed)? {
        clients.push(client);
    }
    Ok(clients)
}

/// How many sockets listen in this network (`/proc/net/tcp`, proc(5)): state 0A.
fn listeners() -> usize {
    let tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"].map(fs::read_to_string);
    let rows = tables.iter().flatten().flat_map(|table| table.lines());
    rows.filter(|row| row.split_ascii_whitespace().nth(3) == Some("0A")).count()
}
