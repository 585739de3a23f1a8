//! Time that passes by itself: for the kernel's timers, which are real, or for a person.

use std::time::{Duration, Instant};

use super::input;
use super::scheduler::{LATE, Scheduler};
use crate::event::Nanos;
use crate::event::error::Result;

/// How far the play's time goes along at a time, and up to when: about as coarse as the kernel's own
/// timers, which are late by an eighth at most, so that what is sent after 44 ms, 208 ms or 3.3 s is
/// sent after 40 ms, 200 ms and 3.2 s in every play.
const STEPS: [(Nanos, Nanos); 6] = [
    (100_000_000, 40_000_000),
    (3_000_000_000, 200_000_000),
    (12_400_000_000, 800_000_000),
    (24_800_000_000, 1_600_000_000),
    (49_600_000_000, 3_200_000_000),
    (Nanos::MAX, 6_400_000_000),
];

/// How early the play's time is, where its steps allow that.
const EARLY: Nanos = 100_000_000;

/// How far apart at most two things happen at the same time, at first.
const MOMENT: Duration = Duration::from_millis(20);

/// Since when time passes by itself.
#[derive(Clone, Copy, Debug)]
pub struct Passing {
    /// On the machine's clock.
    since: Instant,
    /// What the play's time was then.
    from: Nanos,
    /// What it does not pass by.
    limit: Option<Nanos>,
}

/// How far the play's time has gone when so much has passed.
fn coarse(elapsed: Nanos) -> Nanos {
    let step = STEPS.iter().find(|(below, _)| elapsed < *below).map_or(1, |(_, step)| *step);
    // It is early by part of a step, so that a limit of the play's own is over before the kernel's timer
    // that is meant to run out at the same time.
    let early = (step / 4).max(EARLY).min(step / 2);
    (elapsed + early) / step * step
}

impl Scheduler {
    /// Time passes, up to the next limit: nobody can go on.
    ///
    /// # Errors
    /// [`Error::Output`](crate::Error::Output) when a picture cannot go on.
    pub fn passes(&mut self, most: Option<Duration>, limit: Option<Nanos>) -> Result<()> {
        let from = self.tracer.clock.now();
        // The kernel's timer began with what was sent last.
        let began = self.trace.latest().filter(|_| self.in_flight).unwrap_or_else(Instant::now);
        self.passing.get_or_insert(Passing { since: began, from, limit }).limit = limit;
        self.asked = None;
        self.tracer.processes.drain_terminals();
        self.release()?;
        input::sleep(most.map_or(input::TICK, |most| most.min(input::TICK)));
        self.waited = self.tracer.clock.is_held();
        self.comes()
    }

    /// Takes the clock along, and shows what has come by itself.
    ///
    /// # Errors
    /// [`Error::Output`](crate::Error::Output) when a picture cannot go on.
    pub fn comes(&mut self) -> Result<()> {
        let Some(Passing { since, from, limit }) = self.passing else { return Ok(()) };
        let held = self.tracer.clock.is_held();
        // Two timers of the same length run out at the same time, however long the kernel takes for that.
        let moment = if held { MOMENT + since.elapsed() / 8 } else { Duration::ZERO };
        let come = self.trace.gather(moment);
        let at = come.as_ref().map_or_else(Instant::now, |come| come.first);
        let elapsed = Nanos::try_from(at.saturating_duration_since(since).as_nanos()).unwrap_or(Nanos::MAX);
        let to = from.saturating_add(coarse(elapsed));
        // A limit of the programs' own is over when it says so.
        let to = limit.filter(|limit| to >= *limit).map_or(to, |limit| limit.saturating_add(LATE));
        if held && to > self.tracer.clock.now() {
            self.tracer.advance(to);
            self.trace.set_time(Some(to));
        }
        let anything = come.is_some();
        // What comes from here on is looked for next time, with a time of its own.
        self.trace.show_come(come)?;
        if anything {
            // What comes by itself is something that happens.
            self.passing = Some(Passing { since: at, from: self.tracer.clock.now(), limit });
            self.still.real = Instant::now();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::coarse;

    #[test]
    fn what_the_kernel_sends_a_little_late_comes_when_it_is_meant_to() {
        for (meant, soonest, latest) in [
            // A delayed ACK; retransmissions, each twice as late; SYNs.
            (40, 25, 59),
            (200, 100, 299),
            (400, 300, 499),
            (800, 700, 899),
            (1600, 1500, 1699),
            (3200, 3000, 3799),
            (6400, 6200, 6999),
            (12_800, 12_400, 13_999),
            (25_600, 24_800, 27_999),
            (1000, 900, 1099),
            (2000, 1900, 2099),
            (4000, 3800, 4599),
            (8000, 7800, 8599),
            (16_000, 15_600, 17_199),
        ] {
            for milliseconds in [soonest, meant, latest] {
                assert_eq!(coarse(milliseconds * 1_000_000), meant * 1_000_000, "{milliseconds} ms");
            }
        }
    }

    #[test]
    fn time_never_goes_back() {
        let times: Vec<_> = (0..70_000).map(|milliseconds| coarse(milliseconds * 1_000_000)).collect();
        assert!(times.is_sorted());
    }
}
