//! What the system gives: the private room, the wire, the kernel's own word on its sockets, and programs held
//! at their calls. Effects without opinions.

pub mod access;
#[cfg(target_os = "linux")]
pub mod capability;
pub mod capture;
#[cfg(feature = "wire")]
pub mod capture_thread;
#[cfg(target_os = "linux")]
pub mod mtu;
#[cfg(all(feature = "wire", target_os = "linux"))]
pub mod packet_filter;
#[cfg(target_os = "linux")]
pub mod pid_namespace;
#[cfg(feature = "wire")]
pub mod privilege;
#[cfg(target_os = "linux")]
pub mod quickack;
pub mod room;
pub mod room_command;
pub mod sock_diag;
#[cfg(target_os = "linux")]
pub mod sysctl;
#[cfg(all(target_os = "linux", target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub mod tracee;
#[cfg(all(test, target_os = "linux"))]
pub mod trial;
