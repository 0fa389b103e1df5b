//! What the hand that clicked had before its eyes: which published pictures showed which books live, and since when each picture has
//! been out of date.

use std::time::Duration;

use crate::base::ring::Ring;
use crate::base::time::Instant;
use crate::domain::instrument::InstrumentId;
use crate::orders::gate::Seen;

/// A picture may be out of date for this long when its click arrives: a slow frame and a slow hand, no more.
const TOO_OLD: Duration = Duration::from_secs(2);
/// Publishes remembered: more than [`TOO_OLD`] at the fastest regular pace.
const REMEMBERED: usize = 1_024;

#[derive(Debug)]
pub struct Sights {
    /// When each of the newest pictures went out, oldest first.
    published: Ring<(u64, Instant)>,
    /// By instrument: the newest picture in which it was not live.
    not_live: Vec<u64>,
}

impl Sights {
    pub fn new() -> Self {
        Self { published: Ring::new(REMEMBERED), not_live: Vec::new() }
    }

    pub fn published(&mut self, version: u64, now: Instant) {
        self.published.push((version, now));
    }

    /// The book of `id` was not live in picture `version`.
    pub fn not_live(&mut self, id: InstrumentId, version: u64) {
        if self.not_live.len() <= id.index() {
            self.not_live.resize(id.index() + 1, 0);
        }
        self.not_live[id.index()] = version;
    }

    /// What picture `version` showed of `id`.
    pub fn seen(&self, version: u64, id: InstrumentId, now: Instant) -> Seen {
        let Some(&(newest, _)) = self.published.last() else { return Seen::Never };
        if version == 0 || version > newest {
            return Seen::Never;
        }
        if self.not_live.get(id.index()).is_some_and(|&broken| version <= broken) {
            return Seen::Broken;
        }
        // The picture went out of date when its successor came.
        let successor = self.published.iter().rev().take_while(|(v, _)| *v > version).last();
        let age = successor.map_or(Duration::ZERO, |&(_, at)| now.since(at));
        if age > TOO_OLD { Seen::TooOld(age) } else { Seen::Live }
    }
}
