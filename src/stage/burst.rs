//! Segments that came in one moment by themselves, in an order that is no chance: which of two of the
//! kernel's timers runs out a little earlier is.

use std::cmp::Reverse;
use std::net::SocketAddr;

use crate::tcp::segment::Segment;

/// The two addresses of a connection, the lower one first.
fn pair(segment: &Segment) -> (SocketAddr, SocketAddr) {
    (segment.source.min(segment.destination), segment.source.max(segment.destination))
}

/// Puts them in order: what is sent `again`, which a timer has brought about, connection by connection,
/// that of the end with the higher port first. What else there is stays behind what it may answer.
pub fn put_in_order(segments: Vec<Segment>, again: impl Fn(&Segment) -> bool) -> Vec<Segment> {
    let mut first = Vec::new();
    let mut groups: Vec<Vec<Segment>> = Vec::new();
    for segment in segments {
        let answers = |group: &Vec<Segment>| {
            segment.space() == 0 && pair(&group[0]) == pair(&segment) && group[0].source != segment.source
        };
        if again(&segment) {
            groups.push(vec![segment]);
        } else if let Some(index) = groups.iter().rposition(answers) {
            groups[index].push(segment);
        } else {
            groups.last_mut().unwrap_or(&mut first).push(segment);
        }
    }
    groups.sort_by_key(|group| (pair(&group[0]), Reverse(group[0].source.port())));
    first.into_iter().chain(groups.into_iter().flatten()).collect()
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::put_in_order;
    use crate::tcp::frame::Frame;
    use crate::tcp::segment::{Checksum, Flags, Options, Segment};

    /// A segment between the client's port 2 and the server's port 1, named by its number.
    fn segment(source: u16, seq: u32, length: usize) -> Segment {
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Segment {
            source: address(source),
            destination: address(3 - source),
            seq,
            ack: 0,
            flags: Flags(0x10),
            window: 1,
            options: Options::default(),
            identification: None,
            checksum: 0,
            verdict: Checksum::Unknown,
            unmeasured: false,
            length,
            body: 0..0,
            frame: Frame::default(),
        }
    }

    fn ordered(segments: &[(u16, u32, usize)], again: &[u32]) -> Vec<u32> {
        let segments = segments.iter().map(|&(source, seq, length)| segment(source, seq, length)).collect();
        let ordered = put_in_order(segments, |segment| again.contains(&segment.seq));
        ordered.iter().map(|segment| segment.seq).collect()
    }

    #[test]
    fn whichever_timer_ran_out_first_the_clients_comes_first() {
        let (client, server, answer_to_client, answer_to_server) =
            ((2, 10, 1), (1, 20, 1), (1, 30, 0), (2, 40, 0));
        let expected = [10, 30, 20, 40];
        for came in [
            [client, answer_to_client, server, answer_to_server],
            [server, answer_to_server, client, answer_to_client],
            [server, client, answer_to_server, answer_to_client],
            [client, server, answer_to_client, answer_to_server],
        ] {
            assert_eq!(ordered(&came, &[10, 20]), expected, "{came:?}");
        }
    }

    #[test]
    fn what_an_ack_has_released_stays_behind_it() {
        assert_eq!(ordered(&[(1, 20, 0), (2, 10, 8), (1, 30, 0)], &[]), [20, 10, 30]);
        assert_eq!(ordered(&[(2, 10, 2), (1, 20, 0), (2, 12, 1), (1, 30, 0)], &[10]), [10, 20, 12, 30]);
    }
}
