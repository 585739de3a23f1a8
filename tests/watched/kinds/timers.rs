//! Waits for as long as it is told, and says how long that was.
use std::io::Read;
use std::time::{Duration, Instant, SystemTime};

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let seconds = Duration::from_secs(words[2].parse().unwrap());
    let mut peer = std::net::TcpStream::connect("127.0.0.1:12000").unwrap();
    let (begun, wall) = (Instant::now(), SystemTime::now());
    match words[1].as_str() {
        "sleep" => std::thread::sleep(seconds),
        "channel" => {
            let (_sender, receiver) = std::sync::mpsc::channel::<u8>();
            let _ = receiver.recv_timeout(seconds);
        }
        _ => {
            peer.set_read_timeout(Some(seconds)).unwrap();
            let _ = peer.read(&mut [0]);
        }
    }
    println!("{:.1}\n{:.1}", begun.elapsed().as_secs_f64(), wall.elapsed().unwrap().as_secs_f64());
}
