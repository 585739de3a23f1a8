//! The play's own time. It stands still while the programs run, and jumps to the next deadline when
//! nobody can go on without it; or else it is the machine's.

use std::time::Instant;

use crate::event::Nanos;
use crate::linux::tracee::vdso::Times;
use crate::linux::tracee::waits::{self, Limit};
use crate::stage::trace;

/// What the time of day is when a play begins: 1 December 2026, 09:00 in Seoul.
const DAY: Nanos = 1_796_083_200 * 1_000_000_000;

/// What the clock that is never set says when a play begins.
const UPTIME: Nanos = 1_000 * 1_000_000_000;

/// The clock.
#[derive(Clone, Debug)]
pub enum Clock {
    /// It stands still unless it is moved; this much has passed.
    Held(Nanos),
    /// It is the machine's, since then.
    Real(Instant),
}

impl Clock {
    /// How much time has passed since the play began.
    pub fn now(&self) -> Nanos {
        match self {
            Clock::Held(now) => *now,
            Clock::Real(start) => Nanos::try_from(start.elapsed().as_nanos()).unwrap_or(Nanos::MAX),
        }
    }

    /// What the time of day is when the play begins, in nanoseconds since 1970.
    pub fn begins(&self) -> Nanos {
        match self {
            Clock::Held(_) => DAY,
            Clock::Real(_) => trace::since_epoch(),
        }
    }

    /// Whether it is the play's own.
    pub fn is_held(&self) -> bool {
        matches!(self, Clock::Held(_))
    }

    /// Moves it on to a time, if that has not come yet. The machine's clock moves by itself.
    pub fn advance(&mut self, to: Nanos) {
        if let Clock::Held(now) = self {
            *now = (*now).max(to);
        }
    }

    /// What the programs' clocks say.
    pub fn times(&self) -> Times {
        let now = self.now();
        Times { monotonic: UPTIME.saturating_add(now), wall: DAY.saturating_add(now) }
    }

    /// When a call's limit is over, in the play's time; none if that is never.
    pub fn deadline(&self, limit: Limit) -> Option<Nanos> {
        match limit {
            Limit::Never => None,
            Limit::In(time) => Some(self.now().saturating_add(time)),
            Limit::At(clock, time) => {
                let begin = match clock {
                    waits::Clock::Wall => DAY,
                    waits::Clock::Monotonic => UPTIME,
                };
                Some(time.saturating_sub(begin))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, DAY, UPTIME};
    use crate::linux::tracee::vdso::Times;
    use crate::linux::tracee::waits::{self, Limit};

    #[test]
    fn it_stands_still_and_is_moved_but_never_back() {
        let mut clock = Clock::Held(0);
        clock.advance(5);
        clock.advance(3);
        assert_eq!(clock.now(), 5);
        assert_eq!(clock.times(), Times { monotonic: UPTIME + 5, wall: DAY + 5 });
    }

    #[test]
    fn deadlines_in_the_plays_time() {
        let clock = Clock::Held(10);
        assert_eq!(clock.deadline(Limit::Never), None);
        assert_eq!(clock.deadline(Limit::In(7)), Some(17));
        assert_eq!(clock.deadline(Limit::In(u64::MAX)), Some(u64::MAX));
        assert_eq!(clock.deadline(Limit::At(waits::Clock::Wall, DAY + 30)), Some(30));
        assert_eq!(clock.deadline(Limit::At(waits::Clock::Monotonic, UPTIME + 40)), Some(40));
        // A time that is over already.
        assert_eq!(clock.deadline(Limit::At(waits::Clock::Monotonic, 1)), Some(0));
    }
}
