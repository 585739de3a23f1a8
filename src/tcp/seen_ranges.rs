//! Which sequence numbers of one direction have been seen, in numbers that wrap around.

/// How many islands beyond a gap are told apart.
const MOST: usize = 64;

/// The numbers seen so far: an unbroken run, and islands behind gaps.
#[derive(Debug, Default)]
pub struct Extent {
    /// The number after the unbroken run.
    end: u32,
    /// First number and the number after the last, in order, none touching another.
    islands: Vec<(u32, u32)>,
}

impl Extent {
    /// Nothing seen yet; the next number is this one.
    pub fn starting_at(first: u32) -> Extent {
        Extent { end: first, islands: Vec::new() }
    }

    /// The number after the unbroken run.
    pub fn end(&self) -> u32 {
        self.end
    }

    /// Takes numbers in, and says how many of them had not been seen before.
    pub fn see(&mut self, first: u32, count: u32) -> u32 {
        let after = first.wrapping_add(count);
        if self.islands.is_empty() && !is_after(first, self.end) {
            // The usual case: the next bytes in their order, or old ones.
            let new = if is_after(after, self.end) { after.wrapping_sub(self.end) } else { 0 };
            self.end = self.end.wrapping_add(new);
            return new;
        }
        let (mut low, mut high) = (later(first, self.end), after);
        if !is_after(high, low) {
            return 0;
        }
        let known = |&(start, stop): &(u32, u32)| {
            let (start, stop) = (later(start, low), earlier(stop, high));
            if is_after(stop, start) { stop.wrapping_sub(start) } else { 0 }
        };
        // Numbers further apart than half of all there are have no order; what they add up to is
        // nobody's count.
        let known = self.islands.iter().map(known).fold(0, u32::saturating_add);
        let new = high.wrapping_sub(low).saturating_sub(known);
        // Every island that it touches becomes one with it.
        self.islands.retain(|&(start, stop)| {
            let apart = is_after(low, stop) || is_after(start, high);
            if !apart {
                (low, high) = (earlier(low, start), later(high, stop));
            }
            apart
        });
        let place = self.islands.iter().position(|&(start, _)| is_after(start, low));
        self.islands.insert(place.unwrap_or(self.islands.len()), (low, high));
        self.join();
        if self.islands.len() > MOST {
            // More gaps than anybody can follow: the first one counts as filled.
            self.end = self.islands[0].0;
            self.join();
        }
        new
    }

    /// The peer has acknowledged everything before this number. Says how many numbers before it
    /// have never been seen; from now on they count as seen.
    pub fn acknowledge(&mut self, ack: u32) -> u32 {
        if !is_after(ack, self.end) {
            return 0;
        }
        let mut unseen = ack.wrapping_sub(self.end);
        for &(start, stop) in self.islands.iter().take_while(|&&(start, _)| is_after(ack, start)) {
            unseen = unseen.saturating_sub(earlier(stop, ack).wrapping_sub(start));
        }
        self.end = ack;
        self.join();
        unseen
    }

    /// Takes the islands that the unbroken run has reached into it.
    fn join(&mut self) {
        while let Some(&(start, stop)) = self.islands.first() {
            if is_after(start, self.end) {
                return;
            }
            self.end = later(self.end, stop);
            self.islands.remove(0);
        }
    }
}

/// Whether sequence number `a` comes after `b`, in numbers that wrap around (RFC 9293, section 3.4).
pub fn is_after(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) > 0
}

fn later(a: u32, b: u32) -> u32 {
    if is_after(a, b) { a } else { b }
}

fn earlier(a: u32, b: u32) -> u32 {
    if is_after(a, b) { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::{Extent, MOST, is_after};

    #[test]
    fn numbers_wrap_around() {
        assert!(is_after(1, u32::MAX));
        assert!(!is_after(u32::MAX, 1));
        assert!(!is_after(7, 7));
    }

    #[test]
    fn in_order_again_and_overlapping() {
        let mut extent = Extent::starting_at(u32::MAX - 1);
        assert_eq!(extent.see(u32::MAX - 1, 4), 4);
        assert_eq!(extent.end(), 2);
        assert_eq!(extent.see(u32::MAX - 1, 4), 0);
        assert_eq!(extent.see(0, 5), 3);
        assert_eq!(extent.end(), 5);
    }

    #[test]
    fn a_gap_that_is_filled() {
        let mut extent = Extent::starting_at(0);
        assert_eq!(extent.see(10, 5), 5);
        assert_eq!(extent.see(20, 5), 5);
        assert_eq!(extent.end(), 0);
        assert_eq!(extent.see(8, 14), 2 + 5);
        assert_eq!(extent.see(0, 8), 8);
        assert_eq!(extent.end(), 25);
        assert_eq!(extent.acknowledge(25), 0);
    }

    #[test]
    fn what_was_acknowledged_and_never_seen() {
        let mut extent = Extent::starting_at(0);
        extent.see(10, 5);
        assert_eq!(extent.acknowledge(12), 10);
        assert_eq!(extent.end(), 15);
        assert_eq!(extent.acknowledge(20), 5);
        assert_eq!(extent.acknowledge(20), 0);
    }

    #[test]
    fn every_number_counts_once_in_whatever_order() {
        // Against a plain list of numbers, with pieces drawn by a fixed rule.
        let (mut extent, mut seen) = (Extent::starting_at(0), [false; 4096]);
        let mut draw = 1u32;
        for _ in 0..2000 {
            draw = draw.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (first, count) = (draw >> 21, draw >> 8 & 31);
            let new = (first..first + count).filter(|&n| !std::mem::replace(&mut seen[n as usize], true));
            assert_eq!(extent.see(first, count), new.count() as u32);
            if extent.islands.len() == MOST {
                break;
            }
        }
        assert_eq!(extent.end() as usize, seen.iter().position(|&seen| !seen).unwrap());
    }

    #[test]
    fn gaps_without_end_are_bounded() {
        let mut extent = Extent::starting_at(0);
        for n in 1..10_000 {
            extent.see(n * 3, 1);
        }
        assert!(extent.islands.len() <= MOST);
    }
}
