//! Numbers that look like chance and are the same in every play.
//!
//! SplitMix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014;
//! the constants are those of Sebastiano Vigna's splitmix64.c (<https://prng.di.unimi.it/splitmix64.c>).
//! It is no cryptography: whoever knows one number knows all that come.

/// The distance of two states that follow each other: 2^64 divided by the golden ratio, odd.
const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// A sequence of numbers that its seed determines; it comes round after 2^64 of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The sequence of a seed; any will do.
    pub fn new(seed: u64) -> Random {
        Random { state: seed }
    }

    /// One of many sequences of a seed, told apart by a label: one for each process. What one of
    /// them yields does not hang on how much was taken from another.
    pub fn stream(seed: u64, label: u64) -> Random {
        // Both pass the mixer, so that near labels do not begin at near states.
        let start = Random::new(seed).next();
        Random::new(Random::new(start ^ label).next())
    }

    /// The next number; all 2^64 are equally likely.
    #[expect(clippy::should_implement_trait, reason = "it never ends: an Option would say nothing")]
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GAMMA);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Fills memory with the bytes of the next numbers, least significant first, the same on every
    /// machine. What is left of the last number is not used again.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for piece in bytes.chunks_mut(8) {
            piece.copy_from_slice(&self.next().to_le_bytes()[..piece.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Random;

    /// What splitmix64.c prints.
    #[test]
    fn the_numbers_are_those_of_the_reference() {
        let mut random = Random::new(1_234_567);
        let numbers: Vec<u64> = (0..5).map(|_| random.next()).collect();
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(numbers, expected);
        assert_eq!(Random::new(0).next(), 0xE220_A839_7B1D_CDAF);
    }

    #[test]
    fn bytes_are_numbers_from_their_small_end() {
        let mut bytes = [0; 11];
        Random::new(0).fill(&mut bytes);
        assert_eq!(bytes[..8], 0xE220_A839_7B1D_CDAF_u64.to_le_bytes());
        let mut numbers = Random::new(0);
        numbers.next();
        assert_eq!(bytes[8..], numbers.next().to_le_bytes()[..3]);
        Random::new(0).fill(&mut []);
    }

    #[test]
    fn streams_differ_by_seed_and_by_label() {
        let pairs = (0..100).flat_map(|seed| (0..100).map(move |label| (seed, label)));
        let firsts: BTreeSet<u64> = pairs.map(|(seed, label)| Random::stream(seed, label).next()).collect();
        assert_eq!(firsts.len(), 10_000);
        assert_eq!(Random::stream(7, 2), Random::stream(7, 2));
    }
}
