//! Conversations on a line that is cut: what is lost changes nothing at the other end.

use super::*;
use crate::tcp::anomaly::Oddity;
use crate::tcp::severed::Severed;

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// The conversation of which the client's bytes and FIN are lost, and are sent again when the line is
/// whole.
#[test]
fn what_is_lost_arrives_when_it_is_sent_again() {
    let (c, s) = (100, 500);
    let mut flows = Flows::new(&[SERVER]).of_a_play();
    let see = |flows: &mut Flows, segment: Segment| flows.observe(&segment, 0);
    for segment in [
        segment(Who::Client, SYN, c, 0, b""),
        segment(Who::Server, SYN_ACK, s, c + 1, b""),
        segment(Who::Client, ACK, c + 1, s + 1, b""),
    ] {
        see(&mut flows, segment);
    }
    flows.sever(Some(Severed { to: address(SERVER), from: Some(address(CLIENT)) }));
    let one = see(&mut flows, segment(Who::Client, PSH_ACK, c + 1, s + 1, b"!"));
    assert!(one.odd.has(Oddity::Lost));
    let again = see(&mut flows, segment(Who::Client, PSH_ACK, c + 1, s + 1, b"!"));
    assert!(again.odd.has(Oddity::Retransmission) && !again.odd.has(Oddity::KeepAlive), "{again:?}");
    let fin = see(&mut flows, segment(Who::Client, FIN_ACK, c + 2, s + 1, b""));
    assert_eq!(fin.states, [(Who::Client, State::FinWait1)], "the server does not know");
    assert_eq!((flows.bytes(), flows.lost()), ([1, 0], [1, 0]));
    // The other direction is not cut.
    let other = see(&mut flows, segment(Who::Server, PSH_ACK, s + 1, c + 1, b"?"));
    assert!(!other.odd.has(Oddity::Lost));

    flows.sever(None);
    let late = see(&mut flows, segment(Who::Client, FIN_ACK, c + 1, s + 1, b"!"));
    assert_eq!((late.role, &late.states[..]), (Role::Again, &[(Who::Server, State::CloseWait)][..]));
    let acked = see(&mut flows, segment(Who::Server, ACK, s + 2, c + 3, b""));
    assert_eq!(acked.states, [(Who::Client, State::FinWait2)]);
    assert_eq!((flows.bytes(), flows.lost()), ([1, 1], [0, 0]));
}

#[test]
fn no_syn_reaches_a_listener_and_its_connections_go_on() {
    let mut flows = Flows::new(&[SERVER]).of_a_play();
    for segment in &conversation()[..3] {
        flows.observe(segment, 0);
    }
    let anywhere = SocketAddr::from(([0, 0, 0, 0], SERVER));
    flows.sever(Some(Severed { to: anywhere, from: None }));
    assert!(!flows.observe(&conversation()[3], 0).odd.has(Oddity::Lost));
    let mut other = segment(Who::Client, SYN, 7, 0, b"");
    other.source = address(CLIENT + 1);
    let syn = flows.observe(&other, 0);
    assert!(syn.odd.has(Oddity::Lost));
    assert_eq!(syn.states, [(Who::Client, State::SynSent)]);
}
