//! A queue of fixed capacity: pushing onto a full ring drops the oldest. Allocates once.

use std::collections::VecDeque;

#[derive(Clone, Debug)]
pub struct Ring<T> {
    items: VecDeque<T>,
    capacity: usize,
}

impl<T> Ring<T> {
    /// A capacity of zero is taken as one.
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        Self { items: VecDeque::with_capacity(capacity), capacity }
    }

    /// Appends; returns the item that had to go.
    pub fn push(&mut self, item: T) -> Option<T> {
        let dropped = if self.items.len() == self.capacity { self.items.pop_front() } else { None };
        self.items.push_back(item);
        dropped
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.items.iter()
    }

    pub fn last(&self) -> Option<&T> {
        self.items.back()
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub fn clear(&mut self) {
        self.items.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_newest() {
        let mut ring = Ring::new(3);
        let dropped: Vec<_> = (0..7).filter_map(|n| ring.push(n)).collect();
        assert_eq!(dropped, [0, 1, 2, 3]);
        assert_eq!(ring.iter().copied().collect::<Vec<_>>(), [4, 5, 6]);
        assert_eq!((ring.len(), ring.last()), (3, Some(&6)));
        ring.clear();
        assert!(ring.is_empty());
        let mut least = Ring::new(0);
        assert_eq!((least.push(1), least.push(2), least.len()), (None, Some(1), 1));
    }
}
