//! A side that is a program of its own: its calls are made at once and as they are, and what it
//! prints goes to the standard output. Whoever watches the program sees the rest.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::event::{Op, Outcome, Who};
use crate::lang::Lang;
use crate::narrate;
use crate::poll::{Interest, poll};
use crate::venue::{Need, Request, Venue};

/// The longest single wait for room in the send buffer; another follows.
const LONG: Duration = Duration::from_secs(3600);

/// The venue of a side that is a program of its own.
pub struct Solo {
    lang: Lang,
    /// The socket that has a limit to its waiting, and what the limit is.
    limited: Mutex<Option<(usize, Duration)>>,
}

impl Solo {
    /// A venue whose few sentences are in this language.
    pub fn new(lang: Lang) -> Solo {
        Solo { lang, limited: Mutex::new(None) }
    }

    /// Limits the waiting of a socket as its side asks (`SO_RCVTIMEO`, socket(7)), where it is not
    /// limited so already.
    fn limit(&self, need: &Need) -> io::Result<()> {
        let socket = Arc::as_ptr(&need.socket).addr();
        let mut limited = self.limited.lock().unwrap_or_else(PoisonError::into_inner);
        let now = limited.filter(|&(of, _)| of == socket).map(|(_, limit)| limit);
        if now != need.patience {
            need.socket.set_read_timeout(need.patience)?;
            *limited = need.patience.map(|limit| (socket, limit));
        }
        Ok(())
    }
}

impl Venue for Solo {
    fn perform(&self, request: Request<'_>) -> Result<Outcome> {
        let Request { intent, need, make, .. } = request;
        let op = intent.op;
        let failed = |source| Error::Call { op, address: None, source };
        if let Some(need) = need.as_ref().filter(|need| need.interest == Interest::Read) {
            self.limit(need).map_err(failed)?;
        }
        loop {
            match (make(), &need) {
                (Ok(Some(outcome)), _) => return Ok(outcome),
                (Ok(None), Some(need)) => {
                    poll(&[(&need.socket, need.interest)], LONG).map_err(failed)?;
                }
                (Ok(None), None) => {}
                (Err(error), Some(Need { patience: Some(_), .. }))
                    if error.kind() == io::ErrorKind::WouldBlock =>
                {
                    return Ok(Outcome::Silence);
                }
                (Err(source), _) => return Err(failed(source)),
            }
        }
    }

    fn keep(&self, _: Who, socket: Arc<socket2::Socket>) {
        // It stays open until the program ends, so that no FIN is seen that nobody called for.
        std::mem::forget(socket);
    }

    fn print(&self, _: Who, line: Vec<u8>) -> Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(&line)
            .and_then(|()| out.write_all(b"\n"))
            .and_then(|()| out.flush())
            .map_err(Error::Output)
    }

    fn pause(&self, _: Who, until_read: &dyn Fn(Option<SocketAddr>)) -> Result<()> {
        until_read(None);
        Ok(())
    }

    fn give_up(&self, _: Who, peer: SocketAddr, op: Op, error: Errno) -> Result<()> {
        let text = narrate::given_up(peer, op, error);
        writeln!(io::stderr(), "{}", text.get(self.lang)).map_err(Error::Output)
    }
}
