//! How the other tests run programs.

use std::io::Write;
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// The program of a lesson, or the command.
pub fn program(name: &str) -> &'static str {
    match name {
        "01_socket" => env!("CARGO_BIN_EXE_01_socket"),
        "02_connect" => env!("CARGO_BIN_EXE_02_connect"),
        "03_send" => env!("CARGO_BIN_EXE_03_send"),
        "04_recv" => env!("CARGO_BIN_EXE_04_recv"),
        "05_close" => env!("CARGO_BIN_EXE_05_close"),
        "socklab" => env!("CARGO_BIN_EXE_socklab"),
        other => panic!("no program {other}"),
    }
}

/// A command whose output depends on its arguments alone: no locale, no colour from the
/// environment, no descriptor inherited but the first three, so that sockets get their usual
/// numbers. English, unless the arguments say otherwise.
pub fn command(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    let close = (3..10).map(|descriptor| format!("{descriptor}>&-")).collect::<Vec<_>>().join(" ");
    command.args(["-c", &format!("exec {close}; exec \"$0\" \"$@\""), program(name)]).args(arguments);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).stdin(Stdio::null());
    command
}

/// Runs a program to its end.
pub fn run(name: &str, arguments: &[&str]) -> Output {
    command(name, arguments).output().expect("the program can be started")
}

/// Runs a program with something to read.
pub fn run_with(name: &str, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = command(name, arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program can be started");
    // A program that ends before it has read all is no failure of this helper.
    let _ = child.stdin.take().expect("it is piped").write_all(input);
    child.wait_with_output().expect("it can be waited for")
}

/// What a program printed, as text.
pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("what is printed is UTF-8")
}

/// What a program complained, as text.
pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("what is printed is UTF-8")
}

/// A port of loopback that nobody has.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("loopback works")
        .port()
}

/// Whether lessons play in a room here. Where they do not, a test that needs one says that it is
/// skipped; with `SOCKLAB_REQUIRE_WIRE=1` it fails instead.
pub fn has_room(test: &str) -> bool {
    static ROOM: OnceLock<bool> = OnceLock::new();
    let room =
        *ROOM.get_or_init(|| stdout(&run("05_close", &["--format", "json"])).contains("\"wire\":\"room\""));
    let required = std::env::var_os("SOCKLAB_REQUIRE_WIRE").is_some_and(|value| value == "1");
    assert!(room || !required, "SOCKLAB_REQUIRE_WIRE=1, but no room can be made here: see `socklab doctor`");
    if !room {
        say(&format!("skipped: {test}: no room can be made here; `socklab doctor` says why"));
    }
    room
}

/// Whether a tool is installed; says so where a test is skipped for want of it.
pub fn has_tool(tool: &str, test: &str) -> bool {
    let found = Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        say(&format!("skipped: {test}: {tool} is not installed"));
    }
    found
}

/// Says something past the test runner's own capture of output.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
