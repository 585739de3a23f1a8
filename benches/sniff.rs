//! How fast a capture file is read, as ratios against tcpdump and tshark on the same file in the
//! same run, and how much memory it takes: `cargo bench --bench sniff`.
//!
//! Each figure is the median over rounds in which both programs run in turn, so that a machine whose
//! speed drifts cheats neither. The time is a whole process's, its output thrown away.

#![allow(clippy::print_stdout, reason = "a bench reports by printing")]

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Packets in the file that programs race on.
const PACKETS: usize = 400_000;

/// Packets in the files whose memory is compared.
const FEW: usize = 10_000;
const MANY: usize = 10_000_000;

/// Packets of one conversation: handshake, four requests and answers, two FINs.
const CONVERSATION: usize = 3 + 4 * 4 + 3;

const ROUNDS: usize = 5;

fn main() -> io::Result<()> {
    let folder = std::env::temp_dir().join(format!("socklab-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let result = bench(&folder);
    std::fs::remove_dir_all(&folder)?;
    result
}

fn bench(folder: &Path) -> io::Result<()> {
    let file = generate(&folder.join("race.pcap"), PACKETS)?;
    let ours = |format: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_socklab"));
        command.args(["sniff", "--format", format, "--read"]).arg(&file);
        command
    };
    let rival = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).arg("-r").arg(&file);
        command
    };
    race("--format lines against tcpdump -nn -r", || ours("lines"), || rival("tcpdump", &["-nn"]));
    race(
        "--format json against tshark -T json -r",
        || ours("json"),
        || rival("tshark", &["-n", "-T", "json"]),
    );
    race("--format lines against tshark -r", || ours("lines"), || rival("tshark", &["-n"]));

    let small = generate(&folder.join("small.pcap"), 12)?;
    let start =
        median((0..20).map(|_| {
            time(Command::new(env!("CARGO_BIN_EXE_socklab")).args(["sniff", "--read"]).arg(&small))
        }));
    println!("a file of 12 packets, from start to end: {:.1} ms", start.as_secs_f64() * 1e3);

    let few = memory(&generate(&folder.join("few.pcap"), FEW)?)?;
    let many = memory(&generate(&folder.join("many.pcap"), MANY)?)?;
    println!(
        "memory: {few} KiB for {FEW} packets, {many} KiB for {MANY}: {:.2} times",
        many as f64 / few as f64
    );
    Ok(())
}

/// Runs both in turn, and prints how long ours took for each second of the rival's.
fn race(title: &str, ours: impl Fn() -> Command, theirs: impl Fn() -> Command) {
    if theirs().stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        println!("{title}: skipped, the rival is not installed");
        return;
    }
    time(&mut ours());
    let rounds: Vec<_> = (0..ROUNDS).map(|_| (time(&mut ours()), time(&mut theirs()))).collect();
    let mut ratios: Vec<f64> = rounds.iter().map(|(a, b)| a.as_secs_f64() / b.as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    let (a, b) = (median(rounds.iter().map(|round| round.0)), median(rounds.iter().map(|round| round.1)));
    println!(
        "{title}: {:.3} of its time ({:.3} to {:.3}); {:.2} s against {:.2} s",
        ratios[ROUNDS / 2],
        ratios[0],
        ratios[ROUNDS - 1],
        a.as_secs_f64(),
        b.as_secs_f64()
    );
}

fn time(command: &mut Command) -> Duration {
    let begun = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.expect("it can be run").success(), "{command:?}");
    begun.elapsed()
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<_> = times.collect();
    times.sort();
    times[times.len() / 2]
}

/// The most memory that a reader of the file had, in KiB, as the kernel counts it (`VmHWM`, proc(5)).
fn memory(file: &Path) -> io::Result<u64> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_socklab"))
        .args(["sniff", "--format", "lines", "--read"])
        .arg(file)
        .stdout(Stdio::null())
        .spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait()?.is_none() {
        let found = std::fs::read_to_string(&status).unwrap_or_default();
        let line = found.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        most = most.max(kib.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(most)
}

/// Writes a capture of loopback: conversations one after the other, each with its own client port.
fn generate(path: &Path, packets: usize) -> io::Result<PathBuf> {
    let mut out = BufWriter::new(File::create(path)?);
    for field in [0xa1b2_3c4du32, 4 << 16 | 2, 0, 0, 262_144, 1] {
        out.write_all(&field.to_le_bytes())?;
    }
    let mut at = 1_700_000_000_000_000_000u64;
    for number in 0..packets {
        let (talk, step) = ((number / CONVERSATION) as u32, number % CONVERSATION);
        let port = 20_000 + (talk % 40_000) as u16;
        let [mut c, mut s] = [talk.wrapping_mul(2_654_435_761), talk.wrapping_mul(40_503)];
        let exchange = (step.saturating_sub(3) / 4) as u32;
        (c, s) = (c.wrapping_add(1 + exchange * 64), s.wrapping_add(1 + exchange * 256));
        let request = [b'q'; 64];
        let answer = [b'a'; 256];
        let (from_client, flags, seq, ack, payload): (bool, u8, u32, u32, &[u8]) = match step {
            0 => (true, 0x02, c.wrapping_sub(1), 0, &[]),
            1 => (false, 0x12, s.wrapping_sub(1), c, &[]),
            2 => (true, 0x10, c, s, &[]),
            19 => (true, 0x11, c, s, &[]),
            20 => (false, 0x11, s, c.wrapping_add(1), &[]),
            21 => (true, 0x10, c.wrapping_add(1), s.wrapping_add(1), &[]),
            _ => match (step - 3) % 4 {
                0 => (true, 0x18, c, s, &request),
                1 => (false, 0x10, s, c.wrapping_add(64), &[]),
                2 => (false, 0x18, s, c.wrapping_add(64), &answer),
                _ => (true, 0x10, c.wrapping_add(64), s.wrapping_add(256), &[]),
            },
        };
        at += 10_000;
        let (source, destination) = if from_client { (port, 12_000) } else { (12_000, port) };
        let total = 40 + payload.len();
        let mut frame = vec![0; 12];
        frame.extend([0x08, 0x00, 0x45, 0]);
        frame.extend((total as u16).to_be_bytes());
        frame.extend((number as u16).to_be_bytes());
        frame.extend([0x40, 0, 64, 6, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1]);
        frame.extend(source.to_be_bytes());
        frame.extend(u16::to_be_bytes(destination));
        frame.extend(seq.to_be_bytes());
        frame.extend(ack.to_be_bytes());
        frame.extend([0x50, flags, 0xff, 0xff]);
        // The sum of the pseudo header, as loopback leaves it.
        frame.extend((0xfe08 + total as u32 - 20).to_be_bytes()[2..].iter());
        frame.extend([0, 0]);
        frame.extend(payload);
        for field in [(at / 1_000_000_000) as u32, (at % 1_000_000_000) as u32] {
            out.write_all(&field.to_le_bytes())?;
        }
        for _ in 0..2 {
            out.write_all(&(frame.len() as u32).to_le_bytes())?;
        }
        out.write_all(&frame)?;
    }
    out.flush()?;
    Ok(path.to_owned())
}
