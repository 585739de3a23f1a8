use std::io::{Read, Write, pipe};
use std::os::fd::AsRawFd;
use std::time::Instant;

use super::{FAREWELL, PidNamespace};
use crate::linux::trial::{child, in_room};

fn enter() -> PidNamespace {
    PidNamespace::enter().expect("a room has the capability")
}

#[test]
fn children_count_from_two() {
    in_room("pid_namespace::children_count_from_two", || {
        let namespace = enter();
        for number in 2..5 {
            // SAFETY: getpid(2) has no preconditions.
            assert_eq!(child(|| unsafe { libc::getpid() }), number);
        }
        let inside = || {
            namespace.furnish().expect("it can be joined");
            let own = std::fs::read_link("/proc/self").expect("there is a /proc");
            own.to_str().and_then(|number| number.parse().ok()).unwrap_or(0)
        };
        if namespace.has_proc() {
            assert_eq!(child(inside), 5);
        }
        // SAFETY: kill(2) takes numbers; 0 asks whether there is such a process.
        assert_eq!(unsafe { libc::kill(namespace.first(), 0) }, 0);
    });
}

#[test]
fn a_child_keeps_its_directory() {
    in_room("pid_namespace::a_child_keeps_its_directory", || {
        let namespace = enter();
        let place = std::env::current_dir().expect("there is one");
        let stays = || {
            namespace.furnish().expect("it can be joined");
            i32::from(std::env::current_dir().is_ok_and(|now| now == place))
        };
        assert_eq!(child(stays), 1);
    });
}

#[test]
fn whoever_is_left_goes_with_it() {
    in_room("pid_namespace::whoever_is_left_goes_with_it", || {
        let namespace = enter();
        // SAFETY: the child has one thread, and does nothing but wait for a signal.
        let sleeper = unsafe {
            match libc::fork() {
                0 => loop {
                    libc::pause();
                },
                pid => pid,
            }
        };
        let first = namespace.first();
        drop(namespace);
        for pid in [sleeper, first] {
            // SAFETY: kill(2) takes numbers.
            assert_eq!(unsafe { libc::kill(pid, 0) }, -1, "{pid} is still there");
        }
    });
}

#[test]
fn somebody_elses_zombie_is_not_waited_for() {
    in_room("pid_namespace::somebody_elses_zombie_is_not_waited_for", || {
        let ((mut asked, mut ask), (mut told, tell)) =
            (pipe().expect("there is one"), pipe().expect("there is one"));
        // SAFETY: the child has one thread. It makes a child in the namespace, and lets it be.
        let stranger = unsafe {
            match libc::fork() {
                0 => {
                    let mut first = [0; 4];
                    asked.read_exact(&mut first).expect("it is told");
                    let path = format!("/proc/{}/ns/pid", i32::from_ne_bytes(first));
                    let numbers = super::open(path).expect("there is one");
                    assert_eq!(libc::setns(numbers.as_raw_fd(), libc::CLONE_NEWPID), 0);
                    libc::fork();
                    drop(tell);
                    loop {
                        libc::pause();
                    }
                }
                pid => pid,
            }
        };
        let namespace = enter();
        drop(tell);
        ask.write_all(&namespace.first().to_ne_bytes()).expect("it listens");
        told.read_to_end(&mut Vec::new()).expect("both have closed it");
        let begun = Instant::now();
        drop(namespace);
        // SAFETY: kill(2) takes numbers.
        unsafe { libc::kill(stranger, libc::SIGKILL) };
        assert!((FAREWELL..20 * FAREWELL).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    });
}

#[test]
fn a_copy_of_the_process_ends_nobody() {
    in_room("pid_namespace::a_copy_of_the_process_ends_nobody", || {
        let namespace = std::mem::ManuallyDrop::new(enter());
        let drops = || {
            let (first, mounts) = (namespace.first, None);
            drop(PidNamespace { first, mounts });
            1
        };
        assert_eq!(child(drops), 1);
        assert_eq!(child(|| 7), 7);
        drop(std::mem::ManuallyDrop::into_inner(namespace));
    });
}
