//! How fast a capture file is read, as ratios against tcpdump and tshark on the same file in the
//! same run, and how much memory it takes: `cargo bench --bench sniff`.
//!
//! Each figure is the median over rounds in which both programs run in turn, so that a machine whose
//! speed drifts cheats neither. The time is what the processor spent on a whole process, in it and in
//! the kernel for it; the output is thrown away. `TZ` is set: without it tcpdump looks for the
//! machine's time zone at every packet, and takes 1.7 times as long.

#![allow(clippy::print_stdout, reason = "a bench reports by printing")]

mod captures;

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use captures::{conversations, opened};

/// Packets in the file that programs race on.
const PACKETS: usize = 400_000;

/// Packets in the files whose memory is compared.
const FEW: usize = 10_000;
const MANY: usize = 10_000_000;

/// Connections that are open at once: as many as are followed, and more.
const OPEN: [usize; 3] = [65_536, 100_000, 1_000_000];

const ROUNDS: usize = 5;

fn main() -> io::Result<()> {
    let folder = std::env::temp_dir().join(format!("socklab-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let result = bench(&folder);
    std::fs::remove_dir_all(&folder)?;
    result
}

fn bench(folder: &Path) -> io::Result<()> {
    let file = conversations(&folder.join("race.pcap"), PACKETS)?;
    let saved = folder.join("saved.pcapng");
    let ours = |arguments: &[&str]| sniff(&file, arguments);
    let rival = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).arg("-r").arg(&file).env("TZ", "UTC0");
        command
    };
    let tcpdump = || rival("tcpdump", &["-nn"]);
    race("--format lines against tcpdump -nn", || ours(&["--format", "lines"]), tcpdump);
    race("--format ladder against tcpdump -nn", || ours(&["--format", "ladder"]), tcpdump);
    let saving = || {
        let mut command = ours(&["--format", "lines", "--save"]);
        command.arg(&saved);
        command
    };
    race("--format lines --save x.pcapng against tcpdump -nn", saving, tcpdump);
    race("--follow against tcpdump -nn", || ours(&["--follow"]), tcpdump);
    let json = || ours(&["--format", "json"]);
    race("--format json against tshark -T json", json, || rival("tshark", &["-n", "-T", "json"]));
    race("--format lines against tshark", || ours(&["--format", "lines"]), || rival("tshark", &["-n"]));

    let small = conversations(&folder.join("small.pcap"), 12)?;
    let start = median((0..20).map(|_| {
        let begun = Instant::now();
        run(&mut sniff(&small, &[]));
        begun.elapsed()
    }));
    println!("a file of 12 packets, from start to end: {:.1} ms", start.as_secs_f64() * 1e3);

    let few = memory(&conversations(&folder.join("few.pcap"), FEW)?)?;
    let many = memory(&conversations(&folder.join("many.pcap"), MANY)?)?;
    println!(
        "memory: {few} KiB for {FEW} packets, {many} KiB for {MANY}: {:.2} times",
        many as f64 / few as f64
    );
    std::fs::remove_file(folder.join("many.pcap"))?;

    let mut bound = 0;
    for count in OPEN {
        let most = memory(&opened(&folder.join("open.pcap"), count)?)?;
        if count == OPEN[0] {
            bound = most;
            println!(
                "{count} connections open at once: {most} KiB, {} bytes each",
                most * 1024 / count as u64
            );
        } else {
            let more = most.saturating_sub(bound) as f64 * 1024.0 / (count - OPEN[0]) as f64;
            println!("{count} connections open at once: {most} KiB, {more:.0} bytes for each beyond");
        }
    }
    Ok(())
}

fn sniff(file: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_socklab"));
    command.args(["sniff", "--read"]).arg(file).args(arguments).env("TZ", "UTC0");
    command
}

/// Runs both in turn, and prints how long ours took for each second of the rival's.
fn race(title: &str, ours: impl Fn() -> Command, theirs: impl Fn() -> Command) {
    if theirs().stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        println!("{title}: skipped, the rival is not installed");
        return;
    }
    run(&mut ours());
    let rounds: Vec<_> = (0..ROUNDS).map(|_| (run(&mut theirs()), run(&mut ours()))).collect();
    let mut ratios: Vec<f64> = rounds.iter().map(|(b, a)| a.as_secs_f64() / b.as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    let (b, a) = (median(rounds.iter().map(|round| round.0)), median(rounds.iter().map(|round| round.1)));
    println!(
        "{title}: {:.3} of its time ({:.3} to {:.3}), {:.1} times as fast; {:.3} s against {:.3} s",
        ratios[ROUNDS / 2],
        ratios[0],
        ratios[ROUNDS - 1],
        1.0 / ratios[ROUNDS / 2],
        a.as_secs_f64(),
        b.as_secs_f64()
    );
}

/// Runs a command to its end, and says how long the processor worked for it.
fn run(command: &mut Command) -> Duration {
    let before = spent();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.expect("it can be run").success(), "{command:?}");
    spent() - before
}

/// How long the processor has worked so far for the children that have ended (getrusage(2)).
fn spent() -> Duration {
    // SAFETY: a rusage is numbers, for which zeros are valid.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: it writes one rusage, which is live.
    let answer = unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage) };
    assert_eq!(answer, 0, "{}", io::Error::last_os_error());
    let time = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
    time(usage.ru_utime) + time(usage.ru_stime)
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
