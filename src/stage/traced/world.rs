//! What the programs find in the world that chance decides elsewhere: random numbers and the ports
//! that the kernel picks. Held by a seed, or left as it is.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Arg, Op};
use crate::linux::pid_namespace::PidNamespace;
use crate::linux::sysctl::PortRange;
use crate::linux::tracee::filter::Held;
use crate::linux::tracee::spawn::Setting;
use crate::stage::random::Random;

/// The first port that is given out; the next ones follow.
const FIRST_PORT: u16 = 40_001;

/// The world.
#[derive(Debug, Default)]
pub struct World {
    /// Where random numbers begin, where they are held.
    seed: Option<u64>,
    /// Those of every process, which are its own: whoever draws before it makes no difference.
    random: BTreeMap<u64, Random>,
    /// The ports, where they are held.
    ports: Option<PortRange>,
    /// The next port.
    next: u16,
    /// Ports that programs have named.
    taken: BTreeSet<u16>,
    /// Whether a port was chosen for a call that is under way.
    chosen: bool,
    /// The processes' own numbers.
    numbers: Option<PidNamespace>,
}

impl World {
    /// A world without chance, as far as that can be had here.
    pub fn held(seed: u64, ports: Option<PortRange>, numbers: Option<PidNamespace>) -> World {
        World { seed: Some(seed), ports, next: FIRST_PORT, numbers, ..World::default() }
    }

    /// What a program that begins has to be given.
    pub fn setting(&self, time: bool) -> Setting<'_> {
        let chance = self.seed.is_some();
        Setting { held: Held { time, chance }, numbers: self.numbers.as_ref() }
    }

    /// The random numbers of a process, by its birth, where they are held.
    pub fn random(&mut self, birth: u64) -> Option<&mut Random> {
        let seed = self.seed?;
        Some(self.random.entry(birth).or_insert_with(|| Random::stream(seed, birth)))
    }

    /// The random bytes that the kernel gives a program as it begins (`AT_RANDOM`, getauxval(3)).
    pub fn first_random(&mut self, birth: u64) -> Option<[u8; 16]> {
        let mut bytes = [0; 16];
        self.random(birth)?.fill(&mut bytes);
        Some(bytes)
    }

    /// Process 1 of the programs, which is no program.
    pub fn first_process(&self) -> Option<libc::pid_t> {
        self.numbers.as_ref().map(PidNamespace::first)
    }

    /// Before a call that may have the kernel pick a port: it will be the next one.
    pub fn choose_port(&mut self, op: Op, args: &[Arg]) {
        let named = args.iter().find_map(|arg| match arg {
            Arg::Address(address) => Some(address.port()),
            _ => None,
        });
        // A port that a program names is not given to another.
        self.taken.extend(named.filter(|&port| port >= FIRST_PORT));
        let picks = match op {
            Op::Connect => true,
            Op::Bind => named == Some(0),
            _ => false,
        };
        let Some(ports) = self.ports.as_ref().filter(|_| picks) else { return };
        while self.taken.contains(&self.next) {
            self.next = self.next.checked_add(1).unwrap_or(FIRST_PORT);
        }
        if ports.only(self.next).is_ok() {
            self.chosen = true;
            self.next = self.next.checked_add(1).unwrap_or(FIRST_PORT);
        }
    }

    /// After it, when everybody stands still: sockets that the stage does not know of get any port.
    pub fn release_port(&mut self) {
        if std::mem::take(&mut self.chosen)
            && let Some(ports) = &self.ports
        {
            let _ = ports.usual();
        }
    }
}
