//! Order numbers that are persisted as used up and may now be used, each once.

use std::collections::VecDeque;
use std::ops::Range;

use crate::domain::order::OrderId;

/// Below this many, more are asked for.
const FEW: u64 = 256;

#[derive(Debug, Default)]
pub struct Labels {
    ranges: VecDeque<Range<u64>>,
    left: u64,
    /// Highest number handed out or held: a range that repeats is not taken.
    end: u64,
    is_asked: bool,
}

impl Labels {
    pub fn add(&mut self, range: Range<u64>) {
        self.is_asked = false;
        let fresh = range.start.max(self.end)..range.end;
        if !fresh.is_empty() {
            self.left += fresh.end - fresh.start;
            self.end = fresh.end;
            self.ranges.push_back(fresh);
        }
    }

    /// The next number, if there is one; it is used up by [`take`](Self::take) alone.
    pub fn peek(&self) -> Option<OrderId> {
        self.ranges.front().map(|range| OrderId(range.start))
    }

    pub fn take(&mut self) {
        let Some(range) = self.ranges.front_mut() else { return };
        range.start += 1;
        self.left -= 1;
        if range.is_empty() {
            self.ranges.pop_front();
        }
    }

    /// True when more must be asked for; once until they come.
    pub fn asks(&mut self) -> bool {
        self.left < FEW && !std::mem::replace(&mut self.is_asked, true)
    }
}
