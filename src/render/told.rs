//! What needs to be explained once in a picture, and not for every connection.

use crate::tcp::anomaly::{Oddities, Oddity};
use crate::tcp::summary::Summary;

/// What was explained.
#[derive(Debug, Default)]
pub struct Told(Oddities);

impl Told {
    /// What is odd about a whole connection and was not explained before.
    pub fn news(&mut self, summary: &Summary) -> Vec<Oddity> {
        let ambient = summary.odd.iter().map(|&(oddity, _)| oddity).filter(|oddity| oddity.is_ambient());
        let news: Vec<_> = ambient.filter(|&oddity| !self.0.has(oddity)).collect();
        news.iter().for_each(|&oddity| self.0.add(oddity));
        news
    }
}
