//! A program of somebody else's, held at its socket calls: the second source of events.
//!
//! It is a child of this process, traced by ptrace(2). A filter of system calls stops it at those
//! that the stage has to know about, and at no others.

pub mod auxv;
pub mod call;
pub mod constants;
pub mod descriptor;
pub mod descriptors;
pub mod filter;
pub mod info;
pub mod limits;
pub mod memory;
pub mod orphans;
pub mod outcome;
pub mod proc;
pub mod processor;
pub mod ptrace;
pub mod regs;
pub mod spawn;
pub mod terminal;
pub mod timers;
pub mod vdso;
pub mod waits;
