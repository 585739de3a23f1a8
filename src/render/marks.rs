//! The marks by which several of a kind are told apart: a side's programs, a program's threads, and
//! the connections.

use super::Scene;
use crate::event::{Caller, FlowId, Intent, Reading, Who};

/// Which marks are needed.
#[derive(Default)]
pub struct Marks {
    /// Whether a side has several programs.
    programs: [bool; 2],
    /// Whether connections are marked: from the second on.
    connections: bool,
}

impl Marks {
    /// The marks that a scene needs from the beginning.
    pub fn of(scene: &Scene) -> Marks {
        let several = |who| scene.cast.iter().filter(|&&side| side == who).count() > 1;
        let programs = Who::BOTH.map(several);
        Marks { programs, connections: programs.contains(&true) }
    }

    /// The mark of a call, with a space behind it, or nothing: `[2]` for the second program, `[/3]`
    /// for the third thread, `#2` for the second connection.
    pub fn call(&mut self, intent: &Intent) -> String {
        let connection = intent.caller.and_then(|caller| caller.connection);
        let who = self.caller(intent.who, intent.caller);
        who + &connection.map_or(String::new(), |connection| self.connection(connection))
    }

    /// The mark of a program and thread, with a space behind it, or nothing.
    pub fn caller(&self, who: Who, caller: Option<Caller>) -> String {
        let Some(caller) = caller else { return String::new() };
        let program = self.programs[who as usize].then_some(caller.program);
        let thread = (caller.thread > 1).then_some(caller.thread);
        match (program, thread) {
            (None, None) => String::new(),
            (Some(program), None) => format!("[{program}] "),
            (None, Some(thread)) => format!("[/{thread}] "),
            (Some(program), Some(thread)) => format!("[{program}/{thread}] "),
        }
    }

    /// The mark of a segment on the stage, with a space behind it, or nothing.
    pub fn segment(&mut self, reading: &Reading) -> String {
        self.connection(reading.flow)
    }

    /// The mark of what a program prints, with a space behind it, or nothing.
    pub fn program(&self, program: Option<u16>) -> String {
        program.map_or(String::new(), |program| format!("[{program}] "))
    }

    fn connection(&mut self, connection: FlowId) -> String {
        self.connections |= connection > 1;
        if self.connections { format!("#{connection} ") } else { String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::Marks;
    use crate::event::{Caller, Intent, Op, Who};

    #[test]
    fn marks_come_when_they_are_needed() {
        let mut marks = Marks::default();
        let mut mark = |program, thread, connection| {
            let caller = Some(Caller { program, thread, descriptor: None, connection });
            marks.call(&Intent { who: Who::Server, caller, op: Op::Recv, args: Vec::new() })
        };
        assert_eq!(mark(1, 1, Some(1)), "");
        assert_eq!(mark(1, 3, None), "[/3] ");
        assert_eq!(mark(1, 1, Some(2)), "#2 ");
        assert_eq!(mark(1, 1, Some(1)), "#1 ");
    }
}
