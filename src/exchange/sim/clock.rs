//! The virtual clock: a queue of what is due, in a total order of (due time, order of scheduling). Nothing is skipped or merged;
//! how fast the queue is emptied is somebody else's business.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::base::time::Utc;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry<T> {
    due: Utc,
    seq: u64,
    what: T,
}

#[derive(Clone, Debug)]
pub struct Schedule<T> {
    queue: BinaryHeap<Reverse<Entry<T>>>,
    next_seq: u64,
}

impl<T: Ord + Copy> Default for Schedule<T> {
    fn default() -> Self {
        Self { queue: BinaryHeap::new(), next_seq: 0 }
    }
}

impl<T: Ord + Copy> Schedule<T> {
    /// Later than everything that is already queued for the same instant.
    pub fn add(&mut self, due: Utc, what: T) {
        self.queue.push(Reverse(Entry { due, seq: self.next_seq, what }));
        self.next_seq += 1;
    }

    pub fn next_due(&self) -> Option<Utc> {
        self.queue.peek().map(|Reverse(entry)| entry.due)
    }

    /// The earliest entry, if it is due by `until`.
    pub fn pop_due(&mut self, until: Utc) -> Option<(Utc, T)> {
        if self.next_due()? > until {
            return None;
        }
        self.queue.pop().map(|Reverse(entry)| (entry.due, entry.what))
    }

    /// Forgets every entry that `keep` refuses; the order of the others stays.
    pub fn retain(&mut self, mut keep: impl FnMut(T) -> bool) {
        self.queue.retain(|Reverse(entry)| keep(entry.what));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_in_order_of_time_then_of_scheduling() {
        let mut schedule = Schedule::default();
        for (at, what) in [(30, 'c'), (10, 'z'), (10, 'a'), (20, 'b'), (10, 'm')] {
            schedule.add(Utc(at), what);
        }
        assert_eq!(schedule.next_due(), Some(Utc(10)));
        let mut seen = String::new();
        while let Some((_, what)) = schedule.pop_due(Utc(20)) {
            seen.push(what);
        }
        assert_eq!(seen, "zamb");
        schedule.add(Utc(30), 'd');
        schedule.retain(|what| what != 'c');
        assert_eq!(schedule.pop_due(Utc(30)), Some((Utc(30), 'd')));
        assert_eq!(schedule.next_due(), None);
    }
}
