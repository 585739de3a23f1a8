//! The way to the wire on this machine, best first: a private room; the host's own loopback, where
//! this user may capture; or none, with the reason and what would help.

use std::io;

use crate::event::truth::Wire;
use crate::linux::capture::Capture;
use crate::linux::room::{self, Refusal};
use crate::text::lang::Text;

/// What was found.
pub struct Access {
    /// Where the packets come from.
    pub wire: Wire,
    /// The open capture.
    pub capture: Option<Capture>,
    /// Why it is not better than that, and what would help.
    pub remarks: Vec<Text>,
}

impl Access {
    /// No wire, for no other reason than that nobody wants one.
    pub fn none() -> Access {
        Access { wire: Wire::Off, capture: None, remarks: Vec::new() }
    }

    /// A room, or what comes next. The process must have no other thread yet.
    pub fn private(ports: &[u16]) -> Access {
        match room::enter() {
            Ok(()) => match Capture::open("lo", ports) {
                Ok(capture) => Access { wire: Wire::Room, capture: Some(capture), remarks: Vec::new() },
                Err(error) => Access { wire: Wire::Off, capture: None, remarks: vec![no_capture(&error)] },
            },
            Err(refusal) => {
                let mut access = Access::host(ports);
                access.remarks.insert(0, no_room(&refusal));
                access.remarks.extend(remedy(&refusal));
                access
            }
        }
    }

    /// The host's own loopback, or nothing.
    pub fn host(ports: &[u16]) -> Access {
        match Capture::open("lo", ports) {
            Ok(capture) => Access { wire: Wire::Host, capture: Some(capture), remarks: Vec::new() },
            Err(error) => {
                let denied = error.kind() == io::ErrorKind::PermissionDenied;
                let remarks = [Some(no_capture(&error)), permit().filter(|_| denied)].into_iter().flatten();
                Access { wire: Wire::Off, capture: None, remarks: remarks.collect() }
            }
        }
    }
}

/// Why there is no room here, and what would help.
pub fn why_no_room(refusal: &Refusal) -> Vec<Text> {
    [Some(no_room(refusal)), remedy(refusal)].into_iter().flatten().collect()
}

/// Why there is no room.
fn no_room(refusal: &Refusal) -> Text {
    match refusal {
        Refusal::NotLinux => Text::fixed(
            "방이 없다: 네트워크 네임스페이스는 리눅스에만 있다.",
            "no room: network namespaces are Linux's alone.",
        ),
        Refusal::Namespaces(error) => Text::made(
            format!("방이 없다: unshare: {error}. 여기서는 네임스페이스를 만들 수 없다."),
            format!("no room: unshare: {error}. Namespaces cannot be made here."),
        ),
        Refusal::Furnishing(step, error) => Text::made(
            format!(
                "방이 없다: {step}: {error}. 만들다 만 방이라 네트워크가 없다. --wire off로 다시 해 보라."
            ),
            format!(
                "no room: {step}: {error}. It is half made and has no network; try again with --wire off."
            ),
        ),
    }
}

/// Why there is no capture.
fn no_capture(error: &io::Error) -> Text {
    match error.kind() {
        io::ErrorKind::PermissionDenied => Text::fixed(
            "와이어가 없다: socket(AF_PACKET): CAP_NET_RAW 권한이 없다.",
            "no wire: socket(AF_PACKET): this user has no CAP_NET_RAW.",
        ),
        io::ErrorKind::Unsupported => Text::fixed(
            "와이어가 없다: 여기서는 캡처가 되지 않는다(리눅스에서, wire 기능을 켜고 빌드할 때만).",
            "no wire: there is no capture here (on Linux alone, built with the feature `wire`).",
        ),
        _ => Text::made(
            format!("와이어가 없다: socket(AF_PACKET): {error}."),
            format!("no wire: socket(AF_PACKET): {error}."),
        ),
    }
}

/// The exact command that would give this machine rooms, where one is known.
fn remedy(refusal: &Refusal) -> Option<Text> {
    let Refusal::Namespaces(_) = refusal else { return None };
    let command = [
        (
            "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        ("/proc/sys/kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"),
        ("/proc/sys/user/max_user_namespaces", "0", "user.max_user_namespaces=15000"),
        ("/proc/sys/user/max_net_namespaces", "0", "user.max_net_namespaces=15000"),
    ]
    .into_iter()
    .find(|(file, bad, _)| std::fs::read_to_string(file).is_ok_and(|value| value.trim() == *bad))
    .map(|(_, _, setting)| format!("sudo sysctl -w {setting}"));
    Some(helps(&command?))
}

/// The exact command that would let this program capture on the host.
fn permit() -> Option<Text> {
    let program = std::env::current_exe().ok()?;
    Some(helps(&format!("sudo setcap cap_net_raw+ep {}", program.display())))
}

fn helps(command: &str) -> Text {
    Text::made(format!("도움이 될 명령: {command}"), format!("what would help: {command}"))
}
