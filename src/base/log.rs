//! An append-only, sequence-numbered list whose snapshot is a pointer copy: events travel to the screen in it, none skipped.

use std::sync::Arc;

const CHUNK: usize = 64;

/// Keeps at least the newest `capacity` items, dropping the oldest a chunk at a time. Sequence numbers start at 0 and never repeat.
#[derive(Clone, Debug)]
pub struct Log<T> {
    full: Arc<Vec<Arc<Vec<T>>>>,
    tail: Arc<Vec<T>>,
    first_seq: u64,
    capacity: usize,
}

impl<T: Clone> Log<T> {
    pub fn new(capacity: usize) -> Self {
        Self { full: Arc::default(), tail: Arc::default(), first_seq: 0, capacity }
    }

    /// Appends and returns the item's sequence number.
    pub fn push(&mut self, item: T) -> u64 {
        let seq = self.next_seq();
        let tail = Arc::make_mut(&mut self.tail);
        tail.push(item);
        if tail.len() == CHUNK {
            let chunk = std::mem::take(&mut self.tail);
            let full = Arc::make_mut(&mut self.full);
            full.push(chunk);
            if full.len() > self.capacity.div_ceil(CHUNK) {
                full.remove(0);
                self.first_seq += CHUNK as u64;
            }
        }
        seq
    }
}

impl<T> Log<T> {
    pub fn first_seq(&self) -> u64 {
        self.first_seq
    }

    /// The sequence number that the next item will get.
    pub fn next_seq(&self) -> u64 {
        self.first_seq + self.len() as u64
    }

    pub fn len(&self) -> usize {
        self.full.len() * CHUNK + self.tail.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Oldest first; walk it backwards for the newest.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.full.iter().flat_map(|chunk| chunk.iter()).chain(self.tail.iter())
    }

    /// Items with a sequence number of at least `seq`, oldest first.
    pub fn since(&self, seq: u64) -> impl Iterator<Item = &T> {
        let skip = usize::try_from(seq.saturating_sub(self.first_seq)).unwrap_or(usize::MAX);
        let whole = (skip / CHUNK).min(self.full.len());
        self.full[whole..]
            .iter()
            .flat_map(|chunk| chunk.iter())
            .chain(self.tail.iter())
            .skip(skip.saturating_sub(whole * CHUNK))
    }

    pub fn last(&self) -> Option<&T> {
        self.tail.last().or_else(|| self.full.last().and_then(|chunk| chunk.last()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_newest_and_numbers_all() {
        let mut log = Log::new(128);
        let early = log.clone();
        for n in 0..1_000_u64 {
            assert_eq!(log.push(n), n);
        }
        assert!(early.is_empty(), "a snapshot does not change");
        assert!(log.len() >= 128 && log.len() < 128 + 2 * CHUNK);
        assert_eq!(log.next_seq(), 1_000);
        assert_eq!(log.iter().next(), Some(&log.first_seq()));
        for seq in [log.first_seq(), 930, 999, 1_000, 5_000] {
            let got: Vec<u64> = log.since(seq).copied().collect();
            let want: Vec<u64> = (seq..1_000).collect();
            assert_eq!(got, want);
        }
    }
}
