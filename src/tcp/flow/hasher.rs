//! The hash of a connection's addresses. It is looked up for every segment, and the library's own
//! costs as much as all the rest of following a connection.

use std::hash::{BuildHasher, Hasher, RandomState};

/// The fraction of pi in 64 bits: an odd number without a pattern.
const PI: u64 = 0x243f_6a88_85a3_08d3;

/// Makes the hashes of one table. Each has a seed that nobody knows beforehand: whoever writes a
/// capture cannot choose addresses that all fall into one place.
#[derive(Clone, Debug)]
pub struct Seeded(u64);

impl Default for Seeded {
    fn default() -> Seeded {
        Seeded(RandomState::new().hash_one(PI))
    }
}

impl BuildHasher for Seeded {
    type Hasher = Folding;

    fn build_hasher(&self) -> Folding {
        Folding { state: self.0, seed: self.0 }
    }
}

/// A hash under way: what comes is multiplied in, and the halves of the product are laid over each
/// other, so that every bit reaches every other.
pub struct Folding {
    state: u64,
    seed: u64,
}

impl Folding {
    fn fold(&mut self, number: u64) {
        let product = u128::from(self.state ^ number) * u128::from(self.seed ^ PI | 1);
        self.state = product as u64 ^ (product >> 64) as u64;
    }
}

impl Hasher for Folding {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let number = chunk.iter().fold(1, |number, &byte| number << 8 | u64::from(byte));
            self.fold(number);
        }
    }

    fn write_u16(&mut self, number: u16) {
        self.fold(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.fold(number.into());
    }

    // Which kind of address it is, and how long: they differ where the addresses do.
    fn write_isize(&mut self, number: isize) {
        self.state = self.state.rotate_left(1) ^ number as u64;
    }

    fn write_usize(&mut self, number: usize) {
        self.state = self.state.rotate_left(1) ^ number as u64;
    }

    fn finish(&self) -> u64 {
        self.state
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::BuildHasher;
    use std::net::SocketAddr;

    use super::Seeded;

    #[test]
    fn neighbours_fall_into_different_places() {
        let (seeded, mut hashes, mut places) = (Seeded::default(), HashSet::new(), HashSet::new());
        for (host, port) in (0..64).flat_map(|host| (0..1024).map(move |port| (host, port))) {
            let address = |host, port| SocketAddr::from(([10, 0, 0, host], port));
            let hash = seeded.hash_one((address(host, port), address(9, 12000)));
            hashes.insert(hash);
            places.insert(hash >> 48);
        }
        assert_eq!(hashes.len(), 64 * 1024);
        // Thrown at random, they would fill 63 % of as many places.
        assert!(places.len() > 40_000, "{}", places.len());
    }
}
