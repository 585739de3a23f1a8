//! What a lesson's function gets: one side of the conversation, with the things around its calls.

use std::io::{self, BufRead, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::case;
use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::event::Who;
use crate::kernel::Inquiry;
use crate::socket::Socket;
use crate::venue::Venue;

/// The longest pause of a client whose server does not read.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The pause where the kernel does not tell whether the server has read.
const BLIND_PAUSE: Duration = Duration::from_millis(200);

/// What a side knows before it begins.
#[derive(Clone, Debug)]
pub struct Script {
    /// Where the server is.
    pub server: SocketAddr,
    /// The sentence; none lets a person type it.
    pub sentence: Option<String>,
    /// The mode; none lets the sentence decide, or a person.
    pub mode: Option<String>,
    /// Whether the prompts go to the standard error, because the standard output is for programs.
    pub quiet: bool,
}

/// One side of a lesson.
pub struct Side {
    who: Who,
    venue: Arc<dyn Venue>,
    script: Script,
}

impl Side {
    /// A side whose calls are made at a venue.
    pub fn new(who: Who, venue: Arc<dyn Venue>, script: Script) -> Side {
        Side { who, venue, script }
    }

    /// Makes an endpoint for TCP over IPv4: `socket(2)`.
    ///
    /// # Errors
    /// As for [`Socket::new`].
    pub fn socket(&self) -> Result<Socket> {
        Socket::new(&self.venue, self.who)
    }

    /// The server's address.
    pub fn server(&self) -> SocketAddr {
        self.script.server
    }

    /// The sentence to be converted. It is asked for as the tutorial does, unless it was given.
    ///
    /// # Errors
    /// [`Error::EmptySentence`], [`Error::EndOfInput`], or [`Error::Input`] if it is not UTF-8.
    pub fn sentence(&self) -> Result<String> {
        let sentence = match &self.script.sentence {
            Some(sentence) => sentence.clone(),
            None => self.ask("Input sentence : ")?,
        };
        if sentence.is_empty() { Err(Error::EmptySentence) } else { Ok(sentence) }
    }

    /// The mode for a sentence: `1` for upper case, `2` for lower. A person is asked where the
    /// sentence has both cases or none.
    ///
    /// # Errors
    /// [`Error::EmptyMode`], or as for [`Side::sentence`].
    pub fn mode(&self, sentence: &str) -> Result<String> {
        let mode = match (&self.script.mode, case::mode_of(sentence)) {
            (Some(mode), _) => mode.clone(),
            (None, Some(mode)) => mode.to_owned(),
            (None, None) => self.ask("1. To upper case\n2. To Lower case\nInput number : ")?,
        };
        if mode.is_empty() { Err(Error::EmptyMode) } else { Ok(mode) }
    }

    /// Stands still until the other side has read what was sent, so that the next bytes come to it
    /// by themselves.
    ///
    /// # Errors
    /// [`Error::Curtain`] when the play is over.
    pub fn pause(&self) -> Result<()> {
        self.venue.pause(self.who, &|client| wait_until_read(self.script.server, client))
    }

    /// Prints a line.
    ///
    /// # Errors
    /// [`Error::Curtain`] when the play is over.
    pub fn print(&self, line: impl AsRef<[u8]>) -> Result<()> {
        self.venue.print(self.who, line.as_ref().to_vec())
    }

    /// Prints the server's answer.
    ///
    /// # Errors
    /// [`Error::NotText`] if it is not UTF-8; it is printed all the same.
    pub fn print_answer(&self, answer: &[u8]) -> Result<()> {
        self.print([b"From Server: ", answer].concat())?;
        str::from_utf8(answer).map(drop).map_err(|_| Error::NotText)
    }

    /// Serves one client. Whatever goes wrong with it is said, and the server can go on.
    ///
    /// # Errors
    /// What is no client's fault: [`Error::Curtain`], [`Error::Output`].
    pub fn serve(&self, connection: &Socket, conversation: impl FnOnce() -> Result<()>) -> Result<()> {
        let (op, error) = match conversation() {
            Err(Error::Call { op, source, .. }) => (op, Errno::of(&source)),
            Err(Error::Silence { op, .. }) => (op, Errno::Again),
            other => return other,
        };
        match connection.close() {
            // It may have been closed before; the next client is to be served all the same.
            Ok(()) | Err(Error::Call { .. }) => {}
            other => return other,
        }
        match connection.peer() {
            Some(peer) => self.venue.give_up(self.who, peer, op, error),
            None => Ok(()),
        }
    }

    /// Asks a person.
    fn ask(&self, prompt: &str) -> Result<String> {
        let mut out: Box<dyn Write> =
            if self.script.quiet { Box::new(io::stderr()) } else { Box::new(io::stdout()) };
        let mut show =
            |text: &str| out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Error::Output);
        show(prompt)?;
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line).map_err(Error::Input)? == 0 {
            show("\n")?;
            return Err(Error::EndOfInput);
        }
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }
}

/// Waits until nothing that this client sent lies unread at a server on this machine. The kernel
/// tells it; where it does not, a moment has to do.
fn wait_until_read(server: SocketAddr, client: Option<SocketAddr>) {
    let begun = Instant::now();
    // Where no client is known, nobody need be asked.
    let inquiry = client.and_then(|client| Some((client, Inquiry::open().ok()?)));
    loop {
        let Some(Ok(end)) = inquiry.as_ref().map(|(client, inquiry)| inquiry.end(server, *client)) else {
            return std::thread::sleep(BLIND_PAUSE);
        };
        let unread = end.is_some_and(|end| end.unread > 0);
        // The kernel may still be inside the server's recv, which would take more along if it came
        // now: a moment more lets it return.
        std::thread::sleep(Duration::from_millis(if unread { 1 } else { 10 }));
        if !unread || begun.elapsed() > LONGEST_PAUSE {
            return;
        }
    }
}
