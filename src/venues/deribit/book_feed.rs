//! The sequence of every book: what follows, what repeats, what is missing, and which book the venue should be asked about.
//!
//! A book is believed from its snapshot until the first change that does not follow; then it is lost at once, and changes are ignored
//! until the next snapshot. Changes that never came and that no later one reveals are found by asking for change ids in turn.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::codec::book::{BookKind, BookMessage, is_sorted_snapshot};
use super::codec::fault::Fault;
use crate::base::time::Instant;
use crate::domain::event::{AnomalyKind, Batch, BookLoss, Link, VenueEvent};
use crate::domain::instrument::InstrumentId;
use crate::venues::parts::sequence::{Standing, standing};

/// A snapshot that has not come after this long is asked for again.
const SNAPSHOT_PATIENCE: Duration = Duration::from_secs(5);
/// A book that nothing has vouched for in this long is asked about.
const QUIET: Duration = Duration::from_secs(5);
/// Not asked again within this long.
const ASK_AGAIN: Duration = Duration::from_secs(2);
/// Changes may still be on their way when the venue's answer overtakes them.
const CATCH_UP: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Off,
    Awaiting {
        since: Instant,
    },
    Following,
}

#[derive(Clone, Debug, Default)]
struct BookFeed {
    stage: Stage,
    last: u64,
    /// Last change, snapshot or confirming answer.
    vouched: Instant,
    asked: Instant,
    /// The venue says that it is at this change id; by then ours must be too.
    ahead: Option<(u64, Instant)>,
}

/// All books of one connection, by [`InstrumentId`].
#[derive(Clone, Debug, Default)]
pub struct BookFeeds {
    feeds: Vec<BookFeed>,
    channels: Vec<Arc<str>>,
    resync: BTreeSet<InstrumentId>,
    cursor: usize,
}

impl BookFeeds {
    /// Makes room for instruments up to `count`; `channel` names the channel of a new one.
    pub fn grow(&mut self, count: usize, mut channel: impl FnMut(InstrumentId) -> Arc<str>) {
        for at in self.feeds.len()..count {
            self.feeds.push(BookFeed::default());
            self.channels.push(channel(InstrumentId(at as u32)));
        }
    }

    /// Empty for an id that was never seen.
    pub fn channel(&self, id: InstrumentId) -> Arc<str> {
        self.channels.get(id.index()).cloned().unwrap_or_default()
    }

    /// Starts to await a first snapshot; false if that has been done.
    pub fn begin(&mut self, now: Instant, id: InstrumentId) -> bool {
        match self.feeds.get_mut(id.index()) {
            Some(feed) if feed.stage == Stage::Off => {
                feed.stage = Stage::Awaiting { since: now };
                true
            }
            _ => false,
        }
    }

    /// Lets go of a book that is not listed any more; false if it was not followed.
    pub fn end(&mut self, id: InstrumentId, batch: &mut Batch) -> bool {
        match self.feeds.get_mut(id.index()) {
            Some(feed) if feed.stage != Stage::Off => {
                *feed = BookFeed::default();
                self.resync.remove(&id);
                batch.events.push(VenueEvent::BookLost { instrument: id, why: BookLoss::Disconnected });
                true
            }
            _ => false,
        }
    }

    /// Checks a message whose levels are the newest of the batch, and passes it on or takes its levels back.
    pub fn apply(&mut self, now: Instant, message: &BookMessage, first_level: usize, batch: &mut Batch) {
        let id = message.terms.id;
        let Some(feed) = self.feeds.get_mut(id.index()) else { return batch.levels.truncate(first_level) };
        let levels = first_level as u32..batch.levels.len() as u32;
        let (change_id, utc) = (message.change_id, message.utc);
        let verdict = match (message.kind, feed.stage) {
            (_, Stage::Off) => Verdict::Ignore,
            (BookKind::Snapshot, Stage::Following) if change_id <= feed.last => Verdict::Repeat,
            (BookKind::Snapshot, _) if !is_sorted_snapshot(&batch.levels[first_level..]) => {
                Verdict::Lose(BookLoss::Inconsistent)
            }
            (BookKind::Snapshot, _) => {
                Verdict::Take(VenueEvent::BookSnapshot { instrument: id, change_id, utc, levels })
            }
            (BookKind::Change { .. }, Stage::Awaiting { .. }) => Verdict::Ignore,
            (BookKind::Change { prev_change_id }, Stage::Following) => {
                match standing(feed.last, prev_change_id, change_id) {
                    Standing::Follows => {
                        Verdict::Take(VenueEvent::BookChange { instrument: id, prev_change_id, change_id, utc, levels })
                    }
                    Standing::Duplicate => Verdict::Repeat,
                    Standing::Gap { expected, got } => Verdict::Lose(BookLoss::Gap { expected, got }),
                }
            }
        };
        match verdict {
            Verdict::Take(event) => {
                feed.stage = Stage::Following;
                feed.last = change_id;
                feed.vouched = now;
                batch.events.push(event);
            }
            Verdict::Ignore => batch.levels.truncate(first_level),
            Verdict::Repeat => {
                batch.levels.truncate(first_level);
                let detail = format!("change {change_id} after {}", feed.last);
                batch.events.push(VenueEvent::Anomaly(Fault::new(AnomalyKind::Duplicate, detail).on(Link::Market)));
            }
            Verdict::Lose(why) => {
                batch.levels.truncate(first_level);
                self.lose(now, id, why, batch);
            }
        }
    }

    /// A message of this book could not be read: what followed on it cannot be believed.
    pub fn unreadable(&mut self, now: Instant, id: InstrumentId, batch: &mut Batch) {
        if self.feeds.get(id.index()).is_some_and(|feed| feed.stage == Stage::Following) {
            self.lose(now, id, BookLoss::Inconsistent, batch);
        }
    }

    /// The book cannot be believed: says so and wants a new snapshot. While one is awaited already, it is asked for again only
    /// after its time: a venue that keeps sending nonsense is not to be stormed.
    fn lose(&mut self, now: Instant, id: InstrumentId, why: BookLoss, batch: &mut Batch) {
        let Some(feed) = self.feeds.get_mut(id.index()) else { return };
        if feed.stage == Stage::Following {
            feed.stage = Stage::Awaiting { since: now };
            feed.ahead = None;
            self.resync.insert(id);
        }
        batch.events.push(VenueEvent::BookLost { instrument: id, why });
    }

    /// The caller knows better than the sequence: take a new snapshot, unless one is on its way.
    pub fn want_snapshot(&mut self, now: Instant, id: InstrumentId) {
        if let Some(feed) = self.feeds.get_mut(id.index()).filter(|feed| feed.stage == Stage::Following) {
            feed.stage = Stage::Awaiting { since: now };
            feed.ahead = None;
            self.resync.insert(id);
        }
    }

    /// The connection ended: every book that was asked for is lost.
    pub fn disconnected(&mut self, batch: &mut Batch) {
        self.resync.clear();
        for (at, feed) in self.feeds.iter_mut().enumerate() {
            if feed.stage != Stage::Off {
                *feed = BookFeed::default();
                let instrument = InstrumentId(at as u32);
                batch.events.push(VenueEvent::BookLost { instrument, why: BookLoss::Disconnected });
            }
        }
    }

    pub fn wants_resync(&self) -> bool {
        !self.resync.is_empty()
    }

    /// Takes up to `count` books to subscribe to anew.
    pub fn take_resync(&mut self, now: Instant, count: usize) -> Vec<Arc<str>> {
        let mut channels = Vec::new();
        while channels.len() < count
            && let Some(id) = self.resync.pop_first()
        {
            if let Some(feed) = self.feeds.get_mut(id.index()) {
                feed.stage = Stage::Awaiting { since: now };
            }
            channels.push(self.channel(id));
        }
        channels
    }

    /// Looks for snapshots that never came and for books that stayed behind.
    pub fn tick(&mut self, now: Instant, batch: &mut Batch) {
        for at in 0..self.feeds.len() {
            let (id, feed) = (InstrumentId(at as u32), &mut self.feeds[at]);
            match feed.stage {
                Stage::Awaiting { since } if now.since(since) >= SNAPSHOT_PATIENCE => {
                    feed.stage = Stage::Awaiting { since: now };
                    self.resync.insert(id);
                }
                Stage::Following => match feed.ahead {
                    Some((change_id, _)) if feed.last >= change_id => feed.ahead = None,
                    Some((_, until)) if now >= until => self.lose(now, id, BookLoss::Behind, batch),
                    _ => {}
                },
                _ => {}
            }
        }
    }

    /// The next book in turn that has been quiet for long enough to be asked about.
    pub fn next_to_ask(&mut self, now: Instant) -> Option<InstrumentId> {
        let count = self.feeds.len();
        let at = (0..count).map(|step| (self.cursor + step) % count).find(|&at| {
            let feed = &self.feeds[at];
            feed.stage == Stage::Following
                && now.since(feed.vouched) >= QUIET
                && now.since(feed.asked) >= ASK_AGAIN
                && feed.ahead.is_none()
        })?;
        self.cursor = at + 1;
        self.feeds[at].asked = now;
        Some(InstrumentId(at as u32))
    }

    /// Whether to ask about a book that somebody else is unsure of.
    pub fn may_ask(&mut self, now: Instant, id: InstrumentId) -> bool {
        match self.feeds.get_mut(id.index()) {
            Some(feed) if feed.stage == Stage::Following && now.since(feed.asked) >= ASK_AGAIN => {
                feed.asked = now;
                true
            }
            _ => false,
        }
    }

    /// The venue's change id, asked for as a check. An older one was overtaken by changes and says nothing.
    pub fn told(&mut self, now: Instant, id: InstrumentId, change_id: u64, batch: &mut Batch) {
        let Some(feed) = self.feeds.get_mut(id.index()).filter(|feed| feed.stage == Stage::Following) else { return };
        if change_id == feed.last {
            feed.vouched = now;
            batch.events.push(VenueEvent::BookConfirmed { instrument: id, change_id });
        } else if change_id > feed.last && feed.ahead.is_none() {
            feed.ahead = Some((change_id, now + CATCH_UP));
        }
    }
}

/// What becomes of a book message.
enum Verdict {
    Take(VenueEvent),
    Ignore,
    Repeat,
    Lose(BookLoss),
}
