//! Colour by role. The only door to `colored`.

use colored::{Color, Colorize, control};

use crate::event::{Role, Who};

/// What a piece of text is, and so how it is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Something of the client's or of the server's.
    Side(Who),
    /// Part of the handshake.
    Handshake,
    /// Bytes of the stream.
    Data,
    /// The end of a connection.
    Teardown,
    /// What is odd, or went wrong.
    Odd,
    /// A note, or anything that should stand back.
    Note,
    /// A heading.
    Heading,
}

impl From<Role> for Part {
    fn from(role: Role) -> Part {
        match role {
            Role::Syn | Role::SynAck | Role::HandshakeAck => Part::Handshake,
            Role::Data => Part::Data,
            Role::Fin | Role::FinAck => Part::Teardown,
            Role::Reset | Role::Again => Part::Odd,
            Role::Ack | Role::Window | Role::Other => Part::Note,
        }
    }
}

/// Whether there is colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// None.
    Plain,
    /// The sixteen colours that every terminal's theme defines, so that light and dark both work.
    Colour,
}

impl Paint {
    /// Adds the text in its role's colour to a line.
    pub fn push(self, line: &mut String, part: Part, text: &str) {
        match self {
            Paint::Plain => line.push_str(text),
            Paint::Colour => line.push_str(&self.text(part, text)),
        }
    }

    /// The text in its role's colour.
    pub fn text(self, part: Part, text: &str) -> String {
        if self == Paint::Plain || text.is_empty() {
            return text.to_owned();
        }
        // colored asks the environment by itself; here that was decided long before.
        control::set_override(true);
        let styled = match part {
            Part::Side(Who::Client) => text.color(Color::Cyan),
            Part::Side(Who::Server) => text.color(Color::Magenta),
            Part::Handshake => text.color(Color::Yellow),
            Part::Data => text.color(Color::Green),
            Part::Teardown => text.color(Color::Blue),
            Part::Odd => text.color(Color::Red).bold(),
            Part::Note => text.dimmed(),
            Part::Heading => text.bold(),
        };
        styled.to_string()
    }
}
