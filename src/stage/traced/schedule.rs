//! Whose turn it is: a function of what is seen, and of nothing else.
//!
//! One thread goes on at a time, and only when all others stand still or sleep. Whoever can go on
//! goes first; then those who would look in vain; then those whose time limit is over; and those who
//! are about to end go last. When nobody can, time passes: the kernel's own where something is in
//! flight, else the play's, which jumps to the next deadline. When that helps nobody either, it is
//! over.

#[cfg(test)]
mod tests;

use super::choice::{Choices, Point, ThreadKey};
use crate::event::{Nanos, Who};

/// How many times in a row somebody may look in vain when nobody else can go on.
pub const FIRST_LOOKS: u32 = 1000;

/// How many times after that, each time that time has passed.
pub const LATER_LOOKS: u32 = 5;

/// How many times somebody looks in vain for clients when there are none any more.
const ENOUGH: u32 = 2;

/// How many times somebody whose time limit is over looks in vain before time passes: it waits for the
/// clock to say so too.
const FEW_LOOKS: u32 = 20;

/// How far time goes on for somebody who does nothing but look: hardly at all at first, and then
/// always four times as far, up to this.
const FIRST_STEP: Nanos = 1_000;
const LONG_STEP: Nanos = 1_000_000_000;

/// When nothing has happened for so long, in the play's time, and so many have woken up in vain
/// meanwhile, nothing will.
const MINUTES: Nanos = 600_000_000_000;
const MANY: u32 = 200;

/// What a thread is able to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ability {
    /// It can go on.
    Ready,
    /// It can go on, and nothing would come of it: it would look, and find nothing.
    Looks,
    /// It is about to end.
    Exits,
    /// It cannot go on.
    Waits,
    /// It will wake up by itself, and nobody knows when.
    Sleeps,
    /// It waits for what a person types.
    Person,
}

/// Whether a thread waits for clients to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaits {
    /// It does not.
    No,
    /// It would be told of one, and has not asked whether one is there: perhaps it waits for a clock.
    Perhaps,
    /// It does.
    Yes,
}

/// A thread as it is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Which.
    pub key: ThreadKey,
    /// What it is able to do.
    pub ability: Ability,
    /// When its own time limit is over.
    pub deadline: Option<Nanos>,
    /// Whether it is about to connect.
    pub connects: bool,
    /// Whether it waits for clients to connect.
    pub awaits_clients: Awaits,
    /// How many times it has looked in vain, since something happened.
    pub looks: u32,
    /// Whether it has looked in vain as often as it may at first.
    pub spins: bool,
    /// How many times time has passed for it since.
    pub steps: u32,
    /// Whether a time limit of its own has been over, since something happened.
    pub lapsed: bool,
}

impl Seen {
    /// Whether it looks in vain, and may do so again before time passes.
    fn may_look(&self, clients: Clients) -> bool {
        let most = match self.spins {
            // One that looks for clients waits for them, and there are none.
            _ if self.awaits_clients == Awaits::Yes && clients == Clients::Gone => ENOUGH,
            true => LATER_LOOKS,
            false if self.lapsed => FEW_LOOKS,
            false => FIRST_LOOKS,
        };
        self.ability == Ability::Looks && self.looks < most
    }
}

/// Whether something is on its way that can still change what somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flight {
    /// Nothing is.
    No,
    /// A SYN or a byte is not acknowledged, and the kernel will send it again.
    Yes,
    /// The kernel could not be asked.
    Unknown,
}

/// Which clients there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clients {
    /// None has begun.
    ToCome,
    /// Some have begun, and others have not.
    MoreToCome,
    /// All have begun.
    Here,
    /// All have ended, or there were none.
    Gone,
}

/// All that is seen.
#[derive(Clone, Debug)]
pub struct View {
    /// The play's time.
    pub now: Nanos,
    /// Since when nothing has happened.
    pub still_since: Nanos,
    /// How many have woken up in vain since.
    pub lapses: u32,
    /// The threads, beginning with whoever had the last turn.
    pub threads: Vec<Seen>,
    /// When the next timer expires that sends a signal or makes a descriptor ready.
    pub timer: Option<Nanos>,
    /// What is on its way; none while nobody has asked.
    pub flight: Option<Flight>,
    /// Whether those who are waited for are elsewhere: what they will do is not known.
    pub alone: bool,
    /// The clients.
    pub clients: Clients,
    /// Whether a socket of the server listens.
    pub listens: bool,
    /// Whether a program has come to a bad end.
    pub failed: bool,
    /// Whether all has been still for longer, on the machine's clock, than anything takes that comes
    /// by itself.
    pub patience_over: bool,
}

/// How a thread goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Go {
    /// With what it is held before.
    On,
    /// Its time limit is over.
    Lapse,
}

/// What is to happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A thread goes on.
    Let(ThreadKey, Go),
    /// The next program begins.
    Enter,
    /// It has to be known what is on its way.
    Ask,
    /// The play's time jumps to this.
    Jump(Nanos),
    /// Time passes as it does: for the kernel, a person, or whoever wakes up by itself.
    Wait,
    /// Nothing more will happen.
    Over(End),
}

/// Why nothing more will happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nobody is left.
    Gone,
    /// The server waits for clients, and there are none.
    Rest,
    /// Somebody looks again and again, and will never find anything.
    Spins,
    /// Time has passed for long, and nothing came of it.
    Still,
    /// Everybody waits, and nothing is on its way: a deadlock, as a rule.
    Stuck,
    /// Nobody can go on, and whether something is on its way is not known.
    Unknown,
}

/// What is to happen next.
pub fn decide(view: &View, choices: &mut dyn Choices) -> Decision {
    use Ability::{Exits, Looks, Person, Ready, Sleeps, Waits};
    let all = |ability: Ability| view.threads.iter().filter(move |seen| seen.ability == ability);
    if view.clients == Clients::MoreToCome {
        // The clients begin one after another, so that they are always the same ones.
        return Decision::Enter;
    }
    // Whoever is there already is served before somebody else comes: or else a short queue of
    // connections would be full, and the order in which SYNs are sent again is chance.
    if all(Ready).next().is_some_and(|seen| seen.connects)
        && let Some(key) = pick(all(Ready).filter(|seen| seen.key.who == Who::Server), choices)
    {
        return Decision::Let(key, Go::On);
    }
    if let Some(key) = pick(all(Ready), choices) {
        return Decision::Let(key, Go::On);
    }
    if view.clients == Clients::ToCome && view.listens {
        return Decision::Enter;
    }
    if let Some(key) = pick(view.threads.iter().filter(|seen| seen.may_look(view.clients)), choices) {
        return Decision::Let(key, Go::On);
    }
    let due = all(Waits).filter(|seen| seen.deadline.is_some_and(|deadline| deadline <= view.now));
    if let Some(seen) = due.min_by_key(|seen| seen.deadline) {
        return Decision::Let(seen.key, Go::Lapse);
    }
    if let Some(key) = pick(all(Exits), choices) {
        return Decision::Let(key, Go::On);
    }
    if view.threads.is_empty() && view.clients != Clients::ToCome {
        return Decision::Over(End::Gone);
    }
    if view.alone && !view.threads.is_empty() {
        return next_deadline(view).map_or(Decision::Wait, Decision::Jump);
    }
    let flight = match view.flight {
        None => return Decision::Ask,
        Some(Flight::Yes) => return Decision::Wait,
        Some(flight) => flight,
    };
    if all(Person).next().is_some() {
        return Decision::Wait;
    }
    // A server that waits for clients rests. One of which that is not certain goes on first, as long as
    // it can by its own clock: it may be about to end.
    let awaits = view.threads.iter().map(|seen| seen.awaits_clients);
    let awaits = if view.clients == Clients::Gone { awaits.collect() } else { Vec::new() };
    if awaits.contains(&Awaits::Yes) {
        return Decision::Over(End::Rest);
    }
    if let Some(next) = next_deadline(view)
        && !is_still(view)
    {
        return Decision::Jump(next);
    }
    if view.clients == Clients::ToCome && !view.failed {
        // A server that waits for anything but clients, or is done already: they begin, and will see.
        return Decision::Enter;
    }
    if (all(Sleeps).next().is_some() || flight == Flight::Unknown) && !view.patience_over {
        return Decision::Wait;
    }
    Decision::Over(if view.threads.is_empty() {
        End::Gone
    } else if awaits.contains(&Awaits::Perhaps) {
        End::Rest
    } else if all(Looks).next().is_some() {
        End::Spins
    } else if next_deadline(view).is_some() {
        End::Still
    } else if flight == Flight::Unknown {
        End::Unknown
    } else {
        End::Stuck
    })
}

/// One of those who can go on; the choice is only asked for where there is one.
fn pick<'a>(able: impl Iterator<Item = &'a Seen>, choices: &mut dyn Choices) -> Option<ThreadKey> {
    let keys: Vec<_> = able.map(|seen| seen.key).collect();
    let point = Point::Next(&keys);
    // One alternative is no choice.
    let choice = if keys.len() > 1 { choices.choose(&point) } else { 0 };
    point.thread(choice)
}

/// The next time at which somebody could go on who cannot now.
fn next_deadline(view: &View) -> Option<Nanos> {
    let step = |seen: &Seen| FIRST_STEP.saturating_mul(4u64.saturating_pow(seen.steps)).min(LONG_STEP);
    // Whoever has woken up in vain again and again may be woken late, as on a busy machine.
    let late = if view.lapses >= MANY { view.now.saturating_add(LONG_STEP) } else { 0 };
    let of = |seen: &Seen| match seen.ability {
        Ability::Looks => Some(view.now.saturating_add(step(seen))),
        _ if seen.lapsed => seen.deadline.map(|deadline| deadline.max(late)),
        _ => seen.deadline,
    };
    view.threads.iter().filter_map(of).chain(view.timer).min()
}

/// When the next limit is over that somebody has set, or the next timer expires: time that passes by
/// itself does not pass by it.
pub fn next_limit(view: &View) -> Option<Nanos> {
    let limited = view.threads.iter().filter(|seen| seen.ability != Ability::Looks);
    limited.filter_map(|seen| seen.deadline).chain(view.timer).min()
}

/// Whether time has passed for long enough, for everybody who set a limit to it, and nothing came of
/// that.
fn is_still(view: &View) -> bool {
    let time = view.now.saturating_sub(view.still_since);
    let long = time >= MINUTES && view.lapses >= MANY;
    // A look has no limit that could be over.
    let limited = |seen: &&Seen| seen.deadline.is_some() && seen.ability != Ability::Looks;
    long && view.threads.iter().filter(limited).all(|seen| seen.lapsed)
}
