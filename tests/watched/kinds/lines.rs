//! Wants three bytes, and gets as many as somebody sends.
use std::io::{Read, Write};

fn main() {
    let mut peer = std::net::TcpListener::bind("127.0.0.1:12000").unwrap().accept().unwrap().0;
    let mut record = [0; 3];
    peer.read_exact(&mut record).unwrap();
    peer.write_all(&record).unwrap();
}
