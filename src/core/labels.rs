//! Order numbers that are persisted as used up and may now be used, each once.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use crate::base::time::Instant;
use crate::domain::order::OrderId;

/// Below this many, more are asked for.
const FEW: u64 = 256;
/// A disk that has not answered may have failed: it is asked once more.
const ASK_AGAIN: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
pub struct Labels {
    ranges: VecDeque<Range<u64>>,
    left: u64,
    /// Highest number handed out or held: a range that repeats is not taken.
    end: u64,
    asked: Option<Instant>,
}

impl Labels {
    pub fn add(&mut self, range: Range<u64>) {
        self.asked = None;
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

    /// True when more must be asked for: at once, and now and then until they come.
    pub fn asks(&mut self, now: Instant) -> bool {
        let is_due = self.left < FEW && self.asked.is_none_or(|asked| now.since(asked) >= ASK_AGAIN);
        if is_due {
            self.asked = Some(now);
        }
        is_due
    }
}
