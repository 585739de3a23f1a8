//! Calls that repeat themselves and come to nothing: told once, and then counted.

use std::collections::BTreeMap;

use super::choice::ThreadKey;
use super::vain::is_same;
use crate::event::op::Kind;
use crate::event::{Intent, Outcome};

/// The longest row of calls that is known again.
const LONGEST: usize = 4;

/// How many looks in a row are told: a runtime that looks now and then, before it waits, says nothing.
const MANY_LOOKS: u64 = 8;

/// What was told, as it is compared.
type Told = (Intent, Outcome);

/// The rows of all threads.
#[derive(Debug, Default)]
pub struct Folds(BTreeMap<ThreadKey, Fold>);

/// What one thread has told since something came of it.
#[derive(Debug, Default)]
struct Fold {
    told: Vec<Told>,
    /// The length of the row that repeats itself, and where in it the thread is; none while nothing
    /// does.
    row: Option<(usize, usize)>,
    times: u64,
    /// A look, which is told when there are many of them, or something else came to nothing as well.
    untold: Option<Told>,
    /// Whether it has looked after something else that came to nothing.
    looked: bool,
}

/// What is left to tell of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded {
    /// A call that was not told yet.
    pub untold: Option<Told>,
    /// How many calls it has.
    pub calls: usize,
    /// How often it was made again, in whole.
    pub times: u64,
    /// The calls after that.
    pub rest: Vec<Told>,
}

impl Folds {
    /// A call has come to nothing. Whether it is only counted.
    pub fn is_repeated(&mut self, key: ThreadKey, intent: &Intent, outcome: &Outcome) -> bool {
        let fold = self.0.entry(key).or_default();
        let same = |told: &Told| is_same((&told.0, &told.1), (intent, outcome));
        let length = fold.told.len();
        let row = match fold.row {
            Some((row, at)) if same(&fold.told[length - row + at]) => Some((row, at)),
            Some(_) => None,
            None => (1..=LONGEST.min(length)).find(|row| same(&fold.told[length - row])).map(|row| (row, 0)),
        };
        match row {
            Some((row, at)) => {
                let at = (at + 1) % row;
                fold.times += u64::from(at == 0);
                fold.row = Some((row, at));
                true
            }
            // Another call than the row has next: that row is over, and was told of before.
            None => {
                fold.told.push((intent.clone(), outcome.clone()));
                if fold.told.len() > 2 * LONGEST {
                    fold.told.remove(0);
                }
                false
            }
        }
    }

    /// A thread has looked, without waiting, and found nothing ready. Whether that is kept for later.
    pub fn is_look(&mut self, key: ThreadKey, intent: &Intent, outcome: &Outcome) -> bool {
        let fold = self.0.entry(key).or_default();
        let asks = |told: &Told| told.0.op.kind() == Kind::Asks;
        if fold.row.is_some() || !fold.told.iter().all(asks) {
            // One look after something else says as little.
            return fold.row.is_none() && !std::mem::replace(&mut fold.looked, true);
        }
        fold.told.push((intent.clone(), outcome.clone()));
        fold.untold = Some((intent.clone(), outcome.clone()));
        true
    }

    /// Something else comes to nothing: a single look before it says nothing, and is left out.
    pub fn leave_look(&mut self, key: ThreadKey, intent: &Intent, outcome: &Outcome) {
        let Some(fold) = self.0.get_mut(&key).filter(|_| intent.op.kind() != Kind::Asks) else { return };
        let other = |told: &mut Told| !is_same((&told.0, &told.1), (intent, outcome));
        if fold.row.is_none() && fold.untold.take_if(other).is_some() {
            fold.told.clear();
        }
    }

    /// Whether the next call of a thread would end a row.
    pub fn ends_row(&self, key: ThreadKey, intent: &Intent, outcome: &Outcome) -> bool {
        self.0.get(&key).is_some_and(|fold| match fold.row {
            Some((row, at)) => {
                let next = &fold.told[fold.told.len() - row + at];
                !is_same((&next.0, &next.1), (intent, outcome))
            }
            None => false,
        })
    }

    /// A thread's row is over: what is left to tell of it.
    pub fn end(&mut self, key: ThreadKey) -> Option<Folded> {
        let fold = self.0.remove(&key)?;
        let (row, at) = fold.row?;
        if fold.untold.is_some() && fold.times < MANY_LOOKS {
            return None;
        }
        let from = fold.told.len() - row;
        let rest = fold.told[from..from + at].to_vec();
        Some(Folded { untold: fold.untold, calls: row, times: fold.times, rest })
    }

    /// All threads that have something left to tell.
    pub fn keys(&self) -> Vec<ThreadKey> {
        self.0.keys().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Folded, Folds};
    use crate::event::errno::Errno;
    use crate::event::{Intent, Op, Outcome, Who};
    use crate::stage::traced::choice::ThreadKey;

    const KEY: ThreadKey = ThreadKey { who: Who::Client, program: 1, birth: 0 };

    fn call(op: Op, outcome: Outcome) -> (Intent, Outcome) {
        (Intent { who: Who::Client, caller: None, op, args: Vec::new() }, outcome)
    }

    /// Which of these calls are told, and what is left at the end.
    fn told(calls: &[(Intent, Outcome)]) -> (Vec<Op>, Option<Folded>) {
        let mut folds = Folds::default();
        let shown = calls.iter().filter(|(intent, outcome)| !folds.is_repeated(KEY, intent, outcome));
        let shown = shown.map(|(intent, _)| intent.op).collect();
        (shown, folds.end(KEY))
    }

    #[test]
    fn the_same_call_again_and_again() {
        let again = call(Op::Recv, Outcome::Failed(Errno::Again));
        let folded = Folded { untold: None, calls: 1, times: 4, rest: Vec::new() };
        assert_eq!(told(&vec![again; 5]), (vec![Op::Recv], Some(folded)));
    }

    #[test]
    fn two_calls_in_turn_and_one_left_over() {
        let (one, other) = (call(Op::Poll, Outcome::Done(0)), call(Op::Recv, Outcome::Failed(Errno::Again)));
        let calls = [&one, &other, &one, &other, &one].map(Clone::clone);
        let folded = Folded { untold: None, calls: 2, times: 1, rest: vec![one.clone()] };
        assert_eq!(told(&calls), (vec![Op::Poll, Op::Recv], Some(folded)));
    }

    #[test]
    fn a_look_now_and_then_is_not_told_and_many_are() {
        let (look, outcome) = call(Op::Poll, Outcome::Done(0));
        let looks = |count: usize| {
            let mut folds = Folds::default();
            assert!(folds.is_look(KEY, &look, &outcome));
            assert!((1..count).all(|_| folds.is_repeated(KEY, &look, &outcome)));
            folds.end(KEY)
        };
        assert_eq!((looks(1), looks(8)), (None, None));
        let told = Some((look.clone(), outcome.clone()));
        assert_eq!(looks(9), Some(Folded { untold: told, calls: 1, times: 8, rest: Vec::new() }));
        // Before another call that comes to nothing it is left out; the next one is told.
        let mut folds = Folds::default();
        folds.is_look(KEY, &look, &outcome);
        let (other, again) = call(Op::Recv, Outcome::Failed(Errno::Again));
        folds.leave_look(KEY, &other, &again);
        assert!(!folds.is_repeated(KEY, &other, &again));
        assert!(folds.is_look(KEY, &look, &outcome));
        assert!(!folds.is_look(KEY, &look, &outcome) && !folds.is_repeated(KEY, &look, &outcome));
        assert!(folds.is_repeated(KEY, &other, &again) && folds.is_repeated(KEY, &look, &outcome));
    }

    #[test]
    fn different_calls_are_all_told() {
        let calls = [Op::Poll, Op::Recv, Op::Select].map(|op| call(op, Outcome::Done(0)));
        assert_eq!(told(&calls), (vec![Op::Poll, Op::Recv, Op::Select], None));
        assert_eq!(told(&[]), (vec![], None));
    }
}
