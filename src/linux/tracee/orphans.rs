//! Connections that no program has any more, and for which the kernel still sends: asked of the tables
//! of the network that this process is in (`/proc/net/tcp`, proc(5)).

use std::fs;

/// Whether the kernel will send something again for one of them, because nobody has acknowledged it.
pub fn have_something_to_send() -> bool {
    ["/proc/self/net/tcp", "/proc/self/net/tcp6"]
        .into_iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .any(|table| table.lines().skip(1).any(sends_again))
}

/// Whether a line is that of a socket without an inode whose retransmission timer runs.
fn sends_again(line: &str) -> bool {
    let mut fields = line.split_whitespace().skip(5);
    let timer = fields.next().is_some_and(|timer| timer.starts_with("01:"));
    let inode = fields.nth(3);
    timer && inode == Some("0")
}

#[cfg(test)]
mod tests {
    use super::sends_again;

    #[test]
    fn one_that_waits_for_an_acknowledgment_and_belongs_to_nobody() {
        let line = |timer: &str, inode: &str| {
            let ends = "   1: 0100007F:9C41 0100007F:2EE0 04 00000003:00000000";
            format!(
                "{ends} {timer}:00000014 00000000     0        0 {inode} 1 0000000000000000 20 4 28 10 -1"
            )
        };
        assert!(sends_again(&line("01", "0")));
        assert!(!sends_again(&line("01", "4711")), "a program has it");
        assert!(!sends_again(&line("03", "0")), "it is in TIME_WAIT");
        assert!(!sends_again(&line("00", "0")));
        assert!(!sends_again(""));
    }
}
