//! Which numbers of a sequence were seen: exact for holes up to a fixed count, so that a trade told twice counts once and one told
//! late counts still.

use std::ops::Range;

const MAX_HOLES: usize = 32;

#[derive(Clone, Debug, Default)]
pub struct SeenSeqs {
    /// One past the highest seen.
    next: u64,
    /// Not seen, below `next`; ascending. The oldest is given up when there are too many.
    holes: Vec<Range<u64>>,
}

impl SeenSeqs {
    /// Notes `seq`; false when it had been noted before.
    pub fn insert(&mut self, seq: u64) -> bool {
        if seq >= self.next {
            if seq > self.next {
                self.add_hole(self.next..seq);
            }
            self.next = seq.saturating_add(1);
            return true;
        }
        let Some(at) = self.holes.iter().position(|hole| hole.contains(&seq)) else { return false };
        let hole = self.holes.remove(at);
        let parts = [seq + 1..hole.end, hole.start..seq];
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            self.holes.insert(at, part);
        }
        self.trim();
        true
    }

    fn add_hole(&mut self, hole: Range<u64>) {
        self.holes.push(hole);
        self.trim();
    }

    fn trim(&mut self) {
        if self.holes.len() > MAX_HOLES {
            self.holes.remove(0);
        }
    }
}
