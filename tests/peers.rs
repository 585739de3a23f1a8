//! Peers that speak the tutorial's protocol rudely, against our server and our client.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::runs::{command, free_port, has_tool, run, stderr, stdout};

/// A program that is ended with the test.
pub struct Ended(pub Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Our server on a port, once it is ready.
pub fn serve(port: &str) -> Ended {
    serve_lesson("05_close", port)
}

/// The server of a lesson on a port, once it is ready.
pub fn serve_lesson(lesson: &str, port: &str) -> Ended {
    let mut child = command(lesson, &["server", "--port", port])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("The server is ready to receive")));
    // What it prints from now on is read, so that it has nobody to wait for.
    std::thread::spawn(move || lines.for_each(drop));
    Ended(child)
}

fn connect(port: &str) -> TcpStream {
    let stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Sends pieces one by one and returns the answer.
fn ask(port: &str, pieces: &[&[u8]]) -> Vec<u8> {
    let mut stream = connect(port);
    stream.set_nodelay(true).unwrap();
    for piece in pieces {
        stream.write_all(piece).unwrap();
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

#[test]
fn however_the_bytes_come_the_answer_is_the_same() {
    let port = free_port().to_string();
    let _server = serve(&port);
    for _ in 0..5 {
        assert_eq!(ask(&port, &[b"hi", b"1"]), b"HI");
        assert_eq!(ask(&port, &[b"hi1"]), b"HI");
        assert_eq!(ask(&port, &[b"h", b"i", b"1"]), b"HI");
        assert_eq!(ask(&port, &["안녕 Hello".as_bytes(), b"2"]), "안녕 hello".as_bytes());
    }
    let bytes = "안녕 Hello World2".as_bytes().chunks(1).collect::<Vec<_>>();
    assert_eq!(ask(&port, &bytes), "안녕 hello world".as_bytes());
    let long = "a".repeat(5000);
    assert_eq!(ask(&port, &[long.as_bytes(), b"1"]), "A".repeat(5000).as_bytes());
    assert_eq!(ask(&port, &[b"1"]), b"", "an empty sentence");
    assert_eq!(ask(&port, &[b"hi", b"9"]), b"Error");
}

/// The tutorial's client in a few lines of Python: two sends with nothing between them.
const CLIENT: &str = "
import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=20)
s.send(b'hi'); s.send(b'1')
print(s.recv(1024).decode())
";

#[test]
fn a_python_client_is_answered_every_time() {
    if !has_tool("python3", "a_python_client_is_answered_every_time") {
        return;
    }
    let port = free_port().to_string();
    let _server = serve(&port);
    for _ in 0..20 {
        let output = Command::new("python3").args(["-c", CLIENT, &port]).output().unwrap();
        assert_eq!(stdout(&output), "HI\n", "{}", stderr(&output));
    }
}

#[test]
fn one_bad_client_does_not_stop_the_next() {
    let port = free_port().to_string();
    let _server = serve(&port);
    let next = || assert_eq!(ask(&port, &[b"hi", b"1"]), b"HI");

    let silent = connect(&port);
    next();
    drop(silent);

    drop(connect(&port)); // leaves at once
    next();

    let mut leaver = connect(&port);
    leaver.write_all(b"hi").unwrap();
    drop(leaver);
    next();

    let resetter = socket2::SockRef::from(&connect(&port)).set_linger(Some(Duration::ZERO));
    assert!(resetter.is_ok());
    next();

    assert_eq!(ask(&port, &[b"\xff\xfe\x00\x1b[31m"]), b"Error");
    next();

    let mut megabyte = connect(&port);
    // The server may hang up in the middle of it, and that is all right.
    let _ = megabyte.write_all(&vec![b'x'; 2 << 20]);
    next();
    drop(megabyte);

    let mut half = connect(&port);
    half.write_all(b"hi1").unwrap();
    half.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    half.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "HI");
}

#[test]
#[cfg(unix)]
fn ctrl_c_ends_the_server_cleanly() {
    interrupt(&[], "accept()");
    interrupt(&["--pace", "30s"], "server");
}

/// Interrupts a server as soon as it has printed something.
#[cfg(unix)]
fn interrupt(options: &[&str], sign: &str) {
    let port = free_port().to_string();
    let arguments = [&["server", "--port", &port], options].concat();
    let mut child = command("05_close", &arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains(sign) {
        line.clear();
        assert!(output.read_line(&mut line).unwrap() > 0);
    }
    // SAFETY: the process is our own child, and has not been waited for.
    assert_eq!(unsafe { libc::kill(child.id() as libc::pid_t, libc::SIGINT) }, 0);
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(rest.contains("complete") || rest.contains("no wire"), "{rest}");
}

/// A server that does something once, in place of ours.
fn impostor(part: impl FnOnce(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    std::thread::spawn(move || part(listener.accept().unwrap().0));
    port
}

#[test]
fn our_client_stands_any_server() {
    // Hangs up without a word, with what was sent unread: RST.
    let port = impostor(|stream| {
        let mut byte = [0];
        stream.peek(&mut byte).unwrap();
    });
    let output = run("05_close", &["client", "--port", &port, "--sentence", "hi"]);
    assert_eq!(output.status.code(), Some(1));
    let message = stderr(&output);
    assert!(
        ["recv: ECONNRESET", "send: EPIPE", "send: ECONNRESET"]
            .iter()
            .any(|start| message.starts_with(start)),
        "{message}"
    );

    // Answers with what would take a terminal over.
    let port = impostor(|mut stream| {
        let mut buffer = [0; 64];
        while stream.read(&mut buffer).unwrap() > 0 && !buffer.contains(&b'1') {}
        stream.write_all("\x1b[31m\u{202e}\u{9b}A\x07\x7f".as_bytes()).unwrap();
    });
    let output = run("05_close", &["client", "--port", &port, "--sentence", "hi"]);
    let shown = stdout(&output);
    assert!(shown.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{shown:?}");
    assert!(shown.contains("From Server: \\x1b[31m\\u{202e}\\u{9b}A\\x07\\x7f"), "{shown}");

    // Answers with what is no text at all.
    let port = impostor(|mut stream| {
        let mut buffer = [0; 64];
        while stream.read(&mut buffer).unwrap() > 0 && !buffer.contains(&b'1') {}
        stream.write_all(b"H\xff").unwrap();
    });
    let output = run("05_close", &["client", "--port", &port, "--sentence", "hi"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("From Server: H\\xff") && stderr(&output).starts_with("recv: "));
}

#[test]
fn a_silent_client_gives_way_in_time() {
    let port = free_port().to_string();
    let _server = serve(&port);
    let _silent = connect(&port);
    let begun = Instant::now();
    assert_eq!(ask(&port, &[b"hi", b"1"]), b"HI");
    // Far below what a client would wait for; how fast exactly is the machine's affair.
    assert!(begun.elapsed() < Duration::from_secs(15));
}
