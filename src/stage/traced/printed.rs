//! What programs print.

use super::scheduler::Scheduler;
use super::thread::What;
use crate::event::Event;
use crate::event::error::Result;

/// How many lines may be printed before that is not something that happens any more.
const MANY_LINES: u32 = 1000;

impl Scheduler {
    /// A thread has printed.
    pub fn printed(&mut self, index: usize, bytes: &[u8], more: u64) -> Result<()> {
        let thread = &self.tracer.processes.threads[index];
        let program = thread.program;
        if let Some(vain) = self.vain.get_mut(&thread.key) {
            vain.waits = 0;
        }
        let mut lines = self.tracer.processes.programs[program].screen.print(bytes);
        if more > 0 {
            lines.push(format!("[… {more} bytes more]").into_bytes());
        }
        if self.still.lines < MANY_LINES && !lines.is_empty() {
            // Whoever looks in vain and says so each time still looks in vain.
            let printed = self.still.lines + lines.len() as u32;
            let vain = std::mem::take(&mut self.vain);
            self.news();
            (self.vain, self.still.lines) = (vain, printed);
        }
        self.show(program, lines)
    }

    /// Shows what a program has printed.
    pub(super) fn show(&mut self, program: usize, lines: Vec<Vec<u8>>) -> Result<()> {
        let Some(speaker) = self.tracer.processes.programs.get(program) else { return Ok(()) };
        let (who, number) = (speaker.who, speaker.number);
        let several = self.cast.has_several(who);
        lines.into_iter().try_for_each(|line| {
            self.trace.tell(|at| Event::Output { at, who, program: several.then_some(number), line })
        })
    }

    /// The questions that programs have asked without ending the line: they are about to wait.
    pub(super) fn show_unfinished_lines(&mut self) -> Result<()> {
        for program in 0..self.tracer.processes.programs.len() {
            let writes = self.tracer.processes.threads.iter().any(|thread| {
                thread.program == program
                    && thread.held().is_some_and(|call| matches!(call.what, What::Print(_)))
            });
            if !writes && let Some(line) = self.tracer.processes.programs[program].screen.rest() {
                self.show(program, vec![line])?;
            }
        }
        Ok(())
    }
}
