//! What the kernel hands to a capture and what it keeps to itself: a classic BPF program (the
//! kernel's `Documentation/networking/filter.rst`).

use libc::sock_filter;
use libc::{BPF_ABS, BPF_B, BPF_H, BPF_IND, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_LDX, BPF_MSH, BPF_RET};

/// How many ports a program can name: its jumps are bytes, and the longest goes past all of them.
pub const MOST_PORTS: usize = 60;

/// Where a comparison goes on.
#[derive(Clone, Copy)]
enum To {
    Next,
    /// To the question whether it is IPv4.
    Ipv4,
    Keep,
    Drop,
}

/// An instruction whose jumps are still names.
struct Step {
    code: u32,
    value: u32,
    then: To,
    otherwise: To,
}

fn load(size: u32, mode: u32, at: u32) -> Step {
    Step { code: BPF_LD | size | mode, value: at, then: To::Next, otherwise: To::Next }
}

fn equal(value: u32, then: To, otherwise: To) -> Step {
    Step { code: BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise }
}

fn finish(value: u32) -> Step {
    Step { code: BPF_RET, value, then: To::Next, otherwise: To::Next }
}

/// A filter on Ethernet frames that lets through TCP segments of IPv4 and IPv6, whole: those to or
/// from one of the ports (the first [`MOST_PORTS`] count), or all of them if none is named.
pub fn tcp(ports: &[u16]) -> Vec<sock_filter> {
    let ports = &ports[..ports.len().min(MOST_PORTS)];
    // Source and destination port stand in the first two fields of the segment.
    let search = |mode: u32, source: u32| {
        let fields = [load(BPF_H, mode, source), load(BPF_H, mode, source + 2)];
        let mut steps = Vec::new();
        for field in fields {
            steps.push(field);
            steps.extend(ports.iter().map(|&port| equal(port.into(), To::Keep, To::Next)));
        }
        let last = if ports.is_empty() { To::Keep } else { To::Drop };
        // Whatever was loaded, it goes on at one place.
        steps.push(equal(0, last, last));
        steps
    };
    let mut steps = vec![
        load(BPF_H, BPF_ABS, 12), // the EtherType
        equal(0x86dd, To::Next, To::Ipv4),
        load(BPF_B, BPF_ABS, 20), // IPv6's next header
        equal(6, To::Next, To::Drop),
    ];
    steps.extend(search(BPF_ABS, 54));
    let ipv4 = steps.len();
    steps.extend([
        equal(0x0800, To::Next, To::Drop),
        load(BPF_B, BPF_ABS, 23), // IPv4's protocol
        equal(6, To::Next, To::Drop),
        // The length of its header is X from here on.
        Step { code: BPF_LDX | BPF_B | BPF_MSH, value: 14, then: To::Next, otherwise: To::Next },
    ]);
    steps.extend(search(BPF_IND, 14));
    let keep = steps.len();
    steps.extend([finish(u32::MAX), finish(0)]);

    let jump = |from: usize, to: To| match to {
        To::Next => 0,
        To::Ipv4 => ipv4 - from - 1,
        To::Keep => keep - from - 1,
        To::Drop => keep - from,
    };
    let resolved = steps.iter().enumerate().map(|(index, step)| sock_filter {
        code: step.code as u16,
        jt: jump(index, step.then) as u8,
        jf: jump(index, step.otherwise) as u8,
        k: step.value,
    });
    resolved.collect()
}

#[cfg(test)]
mod tests {
    use libc::sock_filter;

    use super::{MOST_PORTS, tcp};

    /// Runs a program as the kernel would: how many bytes of the frame it keeps.
    fn run(program: &[sock_filter], frame: &[u8]) -> u32 {
        let byte = |at: u32| frame.get(at as usize).copied().map(u32::from);
        let half = |at: u32| Some(byte(at)? << 8 | byte(at + 1)?);
        let (mut a, mut x, mut at) = (0, 0, 0);
        loop {
            let step = program[at];
            at += 1;
            let loaded = match u32::from(step.code) {
                0x28 => half(step.k),
                0x30 => byte(step.k),
                0x48 => half(step.k + x),
                0xb1 => {
                    x = (byte(step.k).unwrap_or(0) & 15) * 4;
                    continue;
                }
                0x15 => {
                    at += usize::from(if a == step.k { step.jt } else { step.jf });
                    continue;
                }
                0x06 => return step.k,
                other => panic!("{other:#x}"),
            };
            // A load past the end drops the frame.
            let Some(value) = loaded else { return 0 };
            a = value;
        }
    }

    fn frame(version: u8, protocol: u8, ports: [u16; 2], ip_header: usize) -> Vec<u8> {
        let mut frame = vec![0; 12];
        if version == 4 {
            frame.extend([8, 0]);
            let mut packet = vec![0; ip_header];
            (packet[0], packet[9]) = (0x40 | (ip_header / 4) as u8, protocol);
            frame.extend(packet);
        } else {
            frame.extend([0x86, 0xdd]);
            let mut packet = vec![0; 40];
            packet[6] = protocol;
            frame.extend(packet);
        }
        frame.extend(ports.map(u16::to_be_bytes).concat());
        frame.extend([0; 16]);
        frame
    }

    #[test]
    fn keeps_the_ports_that_were_named_and_no_other() {
        let many: Vec<u16> = (1000..1000 + MOST_PORTS as u16).collect();
        for ports in [&[12000][..], &[7, 12000, 65535], &many] {
            let program = tcp(ports);
            for version in [4, 6] {
                for &port in ports {
                    assert_eq!(run(&program, &frame(version, 6, [port, 40000], 24)), u32::MAX);
                    assert_eq!(run(&program, &frame(version, 6, [40000, port], 20)), u32::MAX);
                }
                assert_eq!(run(&program, &frame(version, 6, [40000, 80], 20)), 0);
                assert_eq!(run(&program, &frame(version, 17, [ports[0], 80], 20)), 0);
            }
        }
    }

    #[test]
    fn keeps_all_of_tcp_if_none_is_named() {
        let program = tcp(&[]);
        for version in [4, 6] {
            assert_eq!(run(&program, &frame(version, 6, [1, 2], 20)), u32::MAX);
            assert_eq!(run(&program, &frame(version, 17, [1, 2], 20)), 0);
        }
        assert_eq!(run(&program, &[0; 60]), 0, "no IP at all");
    }
}
