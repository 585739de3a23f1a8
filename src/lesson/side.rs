//! What a lesson's function gets: one side of the conversation, with what it asks and prints.

use std::ffi::OsString;
use std::io::{self, BufRead, Write};
use std::net::SocketAddr;

use crate::event::error::{Error, Result};
use crate::lesson::case;
use crate::lesson::report;
use crate::lesson::socket::Socket;
use crate::narrate;
use crate::text::lang::Lang;

/// What a side knows before it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Where the server is.
    pub server: SocketAddr,
    /// The sentence; none lets a person type it.
    pub sentence: Option<String>,
    /// The mode; none lets the sentence decide, or a person.
    pub mode: Option<String>,
    /// The language of what is said beside the conversation.
    pub lang: Lang,
}

impl Script {
    /// The script as words of a command line.
    pub fn words(&self) -> Vec<OsString> {
        let given = |name: &str, value: &Option<String>| {
            value.as_ref().map(|value| format!("--{name}={value}").into())
        };
        [
            Some(format!("--server={}", self.server).into()),
            Some(format!("--lang={}", self.lang.pick("ko", "en")).into()),
            given("sentence", &self.sentence),
            given("mode", &self.mode),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Reads the words again; none if they are not ours.
    pub fn read(words: &[OsString]) -> Option<Script> {
        let value = |name: &str| {
            let prefix = format!("--{name}=");
            words.iter().find_map(|word| Some(word.to_str()?.strip_prefix(&prefix)?.to_owned()))
        };
        Some(Script {
            server: value("server")?.parse().ok()?,
            sentence: value("sentence"),
            mode: value("mode"),
            lang: if value("lang")? == "ko" { Lang::Ko } else { Lang::En },
        })
    }
}

/// One side of a lesson.
#[derive(Debug)]
pub struct Side {
    script: Script,
}

impl Side {
    /// A side that knows this.
    pub fn new(script: Script) -> Side {
        Side { script }
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
            None => ask("Input sentence : ")?,
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
            (None, None) => ask("1. To upper case\n2. To Lower case\nInput number : ")?,
        };
        if mode.is_empty() { Err(Error::EmptyMode) } else { Ok(mode) }
    }

    /// Prints a line.
    ///
    /// # Errors
    /// [`Error::Output`] when it cannot be printed.
    pub fn print(&self, line: impl AsRef<[u8]>) -> Result<()> {
        report::print(line.as_ref()).map_err(Error::Output)
    }

    /// Prints the server's answer.
    ///
    /// # Errors
    /// [`Error::NotText`] if it is not UTF-8; it is printed all the same.
    pub fn print_answer(&self, answer: &[u8]) -> Result<()> {
        self.print([b"From Server: ", answer].concat())?;
        str::from_utf8(answer).map(drop).map_err(|_| Error::NotText)
    }

    /// Says that a client is given up, and why.
    ///
    /// # Errors
    /// [`Error::Output`] when it cannot be printed.
    pub fn give_up(&self, connection: &Socket, error: &Error) -> Result<()> {
        self.print(narrate::given_up(connection.peer(), error).get(self.script.lang))
    }
}

/// Asks a person.
fn ask(prompt: &str) -> Result<String> {
    let show = |text: &str| {
        let mut out = io::stdout();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Error::Output)
    };
    show(prompt)?;
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line).map_err(Error::Input)? == 0 {
        show("\n")?;
        return Err(Error::EndOfInput);
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Lang, Script};

    #[test]
    fn a_script_comes_through_a_command_line() {
        let script = Script {
            server: "127.0.0.1:12000".parse().unwrap(),
            sentence: Some("--mode=2 \n안녕".to_owned()),
            mode: None,
            lang: Lang::Ko,
        };
        assert_eq!(Script::read(&script.words()), Some(script));
        assert_eq!(Script::read(&["--server=nowhere".into(), "--lang=ko".into()]), None);
    }
}
