//! A published book and the one definition of LIVE.

use std::time::Duration;

use super::session::LinkView;
use crate::base::time::{Instant, Now, Utc};
use crate::domain::book::Level;
use crate::domain::event::{BookLoss, LinkState};
use crate::domain::number::{Price, Qty, Side};

/// A socket that has said nothing for this long carries no live book.
pub const LINK_SILENCE: Duration = Duration::from_secs(3);
/// A book that nothing has confirmed for this long is stale.
pub const BOOK_UNCONFIRMED: Duration = Duration::from_secs(30);

/// Worst wins, in this order from worst to best; a panel shows the worst of what it draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BookState {
    /// Expired or taken off the list: nothing of it trades any more.
    Ended,
    /// The venue or core has stopped; orders may only be cancelled.
    Halted,
    /// A sequence hole: the snapshot is asked for.
    Gap,
    /// Best bid at or above best ask.
    Crossed,
    /// Was live; nothing has confirmed it for too long.
    Stale,
    /// No snapshot since the connection began.
    Connecting,
    /// Snapshot applied, sequence unbroken, uncrossed, socket alive.
    Live,
}

impl BookState {
    /// As the state chip spells it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ended => "ENDED",
            Self::Halted => "HALTED",
            Self::Gap => "GAP",
            Self::Crossed => "CROSSED",
            Self::Stale => "STALE",
            Self::Connecting => "CONNECTING",
            Self::Live => "LIVE",
        }
    }

    pub const fn is_live(self) -> bool {
        matches!(self, Self::Live)
    }
}

/// Both sides of one book, best first, as core last knew them.
#[derive(Clone, Debug, Default)]
pub struct BookView {
    pub bids: Vec<Level>,
    pub asks: Vec<Level>,
    /// The venue's sequence number of this content.
    pub change_id: u64,
    /// [`Book::digest`](crate::domain::book::Book::digest) of the whole book.
    pub digest: u64,
    /// The venue's time of the last change.
    pub utc: Option<Utc>,
    /// When the last change reached us.
    pub received: Instant,
    /// When anything last showed that this is still the venue's book: a change, an agreeing ticker, a change-id check.
    pub confirmed: Instant,
    /// Why the content must not be believed; `None` while the sequence is whole. Starts as [`BookLoss::Awaiting`].
    pub loss: Option<BookLoss>,
    pub is_halted: bool,
    /// Not listed any more.
    pub is_ended: bool,
}

impl BookView {
    pub fn levels(&self, side: Side) -> &[Level] {
        match side {
            Side::Bid => &self.bids,
            Side::Ask => &self.asks,
        }
    }

    pub fn best(&self, side: Side) -> Option<Level> {
        self.levels(side).first().copied()
    }

    /// Halfway between the bests, in 10⁻⁹; may lie between ticks.
    pub fn mid(&self) -> Option<Price> {
        let (bid, ask) = (self.best(Side::Bid)?, self.best(Side::Ask)?);
        Some(Price((bid.price.0 + ask.price.0).div_euclid(2)))
    }

    pub fn qty_at(&self, side: Side, price: Price) -> Qty {
        let levels = self.levels(side);
        let at = match side {
            Side::Bid => levels.binary_search_by(|level| price.cmp(&level.price)),
            Side::Ask => levels.binary_search_by(|level| level.price.cmp(&price)),
        };
        at.map_or(Qty::ZERO, |at| levels[at].qty)
    }

    /// See [`View::book_state`](super::View::book_state).
    pub fn state_at(&self, link: &LinkView, now: Now) -> BookState {
        let is_empty = self.bids.is_empty() && self.asks.is_empty();
        let (is_halted, is_ended) = (self.is_halted, self.is_ended);
        Belief { loss: self.loss, is_halted, is_ended, is_empty, confirmed: self.confirmed }.state_at(link, now)
    }

    /// Time since the last change reached us.
    pub fn age(&self, now: Now) -> Duration {
        now.mono.since(self.received)
    }
}

/// What is believed of a book's content: all that decides whether it is live.
#[derive(Clone, Copy, Debug)]
pub struct Belief {
    pub loss: Option<BookLoss>,
    pub is_halted: bool,
    pub is_ended: bool,
    pub is_empty: bool,
    /// When anything last showed that this is still the venue's book.
    pub confirmed: Instant,
}

impl Belief {
    /// The one definition of LIVE.
    pub fn state_at(self, link: &LinkView, now: Now) -> BookState {
        if self.is_ended {
            return BookState::Ended;
        }
        if self.is_halted {
            return BookState::Halted;
        }
        match self.loss {
            Some(BookLoss::Crossed) => return BookState::Crossed,
            Some(BookLoss::Awaiting | BookLoss::Disconnected) if self.is_empty => return BookState::Connecting,
            Some(BookLoss::Awaiting | BookLoss::Disconnected) => return BookState::Stale,
            Some(BookLoss::Gap { .. } | BookLoss::Inconsistent | BookLoss::Behind) => return BookState::Gap,
            None => {}
        }
        let link_alive = link.state == LinkState::Up && now.mono.since(link.last_frame) <= LINK_SILENCE;
        let confirmed = now.mono.since(self.confirmed) <= BOOK_UNCONFIRMED;
        if link_alive && confirmed { BookState::Live } else { BookState::Stale }
    }
}
