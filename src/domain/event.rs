//! What venues say, normalised. A session turns bytes into batches of these; `core` applies them in order.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::book::Level;
use super::instrument::{Instrument, InstrumentId};
use super::number::{Money, Price, Qty, Side};
use super::order::{Fill, Label, OrderId, OrderReport};
use super::past::{Bars, IndexInfo, Settlements};
use crate::base::time::{Instant, Utc};

/// One of a venue's two connections. They fail, reconnect and report separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Link {
    Market,
    Orders,
}

/// How far a connection has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// Waiting to dial: `attempt` counts from 1, `retry_in` is the back-off that was drawn.
    Waiting {
        attempt: u32,
        retry_in: Duration,
        why: Arc<str>,
    },
    Connecting {
        attempt: u32,
    },
    /// Socket open; logging in, loading instruments, reconciling.
    Syncing,
    /// Everything asked for is running.
    Up,
    /// Will not be tried again by itself: bad credentials, refused origin.
    Failed {
        why: Arc<str>,
    },
}

/// A level set to a quantity; zero deletes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelChange {
    pub side: Side,
    pub price: Price,
    pub qty: Qty,
}

/// Why a book cannot be believed until its next snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BookLoss {
    /// `prev_change_id` did not follow.
    Gap { expected: u64, got: u64 },
    /// Best bid at or above best ask.
    Crossed,
    /// A deleted level was not there, a snapshot was unsorted, a quantity was off the lot.
    Inconsistent,
    /// The venue's own change id, asked for as a check, is ahead of ours and the changes never came.
    Behind,
    /// The connection ended.
    Disconnected,
    /// Subscribed, no snapshot yet.
    Awaiting,
}

/// A trade on the tape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trade {
    pub instrument: InstrumentId,
    pub trade_id: Arc<str>,
    pub seq: u64,
    pub utc: Utc,
    pub price: Price,
    pub qty: Qty,
    /// Side of the taker.
    pub aggressor: Side,
    /// A leg of a spread trade: moves positions, never last, high, low or volume at price.
    pub is_spread_leg: bool,
}

/// The venue's summary of one instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticker {
    pub instrument: InstrumentId,
    pub utc: Utc,
    pub best_bid: Option<Price>,
    pub best_ask: Option<Price>,
    pub best_bid_qty: Qty,
    pub best_ask_qty: Qty,
    pub last: Option<Price>,
    pub mark: Option<Price>,
    pub index: Option<Price>,
    pub settlement: Option<Price>,
    pub high: Option<Price>,
    pub low: Option<Price>,
    /// Contracts since the last settlement.
    pub volume: Qty,
    pub open_interest: Qty,
    pub min_price: Option<Price>,
    pub max_price: Option<Price>,
    /// By [`Side`]: what the venue matches a side with from other books, to be had with one order here.
    pub implied: [Option<Level>; 2],
}

/// A position as the venue keeps it: what ours is checked against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenuePosition {
    pub instrument: InstrumentId,
    /// Signed contracts.
    pub net: Qty,
    pub average_price: Option<Price>,
    pub mark: Option<Price>,
    pub floating: Money,
    pub realised: Money,
    pub initial_margin: Option<Money>,
}

/// The account as the venue keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenueAccount {
    pub currency: Arc<str>,
    pub equity: Money,
    pub balance: Money,
    pub available: Money,
    pub initial_margin: Money,
    pub maintenance_margin: Money,
    /// Realised and floating since the account's session began.
    pub total_pl: Money,
}

/// One settled or fixed price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixing {
    pub index_name: Arc<str>,
    pub utc: Utc,
    pub price: Price,
}

/// Why the venue refused something, in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: i64,
    pub message: Arc<str>,
}

impl Refusal {
    /// Whether the order is no longer open: not found, already filled or closed. Deribit's numbers; other codecs map theirs to them.
    pub const fn is_not_open(&self) -> bool {
        matches!(self.code, 10_004 | 10_010 | 11_008 | 11_044)
    }
}

/// One thing that happened. Order matters; none may be dropped between session and core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VenueEvent {
    LinkChanged {
        link: Link,
        state: LinkState,
    },
    /// The venue says what it is; decided by its own flag, not by its address.
    Identified {
        testnet: bool,
        version: Arc<str>,
    },
    /// The complete list, at first and after every reconnect.
    Instruments(Vec<Instrument>),
    /// Replaces the book. `levels` index [`Batch::levels`].
    BookSnapshot {
        instrument: InstrumentId,
        change_id: u64,
        utc: Utc,
        levels: Range<u32>,
    },
    /// Follows `prev_change_id`; the session has checked it.
    BookChange {
        instrument: InstrumentId,
        prev_change_id: u64,
        change_id: u64,
        utc: Utc,
        levels: Range<u32>,
    },
    BookLost {
        instrument: InstrumentId,
        why: BookLoss,
    },
    /// The venue was asked and its change id is ours.
    BookConfirmed {
        instrument: InstrumentId,
        change_id: u64,
    },
    Ticker(Box<Ticker>),
    Trade(Trade),
    /// Trades that were missed and could not be fetched: the tape has a hole after this time.
    TradesLost {
        instrument: InstrumentId,
        since: Utc,
    },
    IndexPrice {
        index_name: Arc<str>,
        utc: Utc,
        price: Price,
    },
    Fixings(Vec<Fixing>),
    /// Settlements of one contract, old and new.
    Settlements(Box<Settlements>),
    /// Bars of one contract, asked for.
    Bars(Box<Bars>),
    /// The indices of what is listed, and those beside them.
    Indices(Vec<IndexInfo>),
    /// The venue's clock, asked at `sent` and answered at `received` of ours.
    VenueTime {
        venue: Utc,
        sent: Instant,
        received: Instant,
    },

    /// A placed, replaced or cancelled order was answered or moved by itself.
    Order(Box<OrderReport>),
    /// A request about our order was refused; the order itself is as before (a refused new order does not exist).
    OrderRefused {
        id: OrderId,
        request: OrderRequest,
        refusal: Refusal,
    },
    /// An answer to [`SessionCommand::FindOrder`](super::command::SessionCommand::FindOrder): the venue has no such order.
    OrderNotFound {
        label: Label,
    },
    Fill(Box<Fill>),
    /// All open orders of the account, and all positions, as one answer each after a (re)connect or a reconcile.
    OpenOrders(Vec<OrderReport>),
    Positions(Vec<VenuePosition>),
    Account(Box<VenueAccount>),
    /// A request was handed to the socket: the start of its round trip.
    Sent {
        id: OrderId,
        request: OrderRequest,
        at: Instant,
    },
    /// The venue will cancel this connection's orders when it ends.
    CancelOnDisconnect {
        enabled: bool,
    },

    Anomaly(Anomaly),
}

/// Which request an answer or refusal belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderRequest {
    Place,
    Replace,
    Cancel,
}

/// Something on the wire that should not have been: counted and shown, never a panic, never silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anomaly {
    pub link: Link,
    pub what: AnomalyKind,
    /// A short excerpt for the log; never a secret.
    pub detail: Arc<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnomalyKind {
    NotJson,
    UnknownMessage,
    UnknownInstrument,
    BadNumber,
    MissingField,
    UnexpectedAnswer,
    SequenceBroken,
    SubscriptionRefused,
    Duplicate,
}

/// A run of events from one connection, received together. Levels of all book events lie in one buffer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    pub events: Vec<VenueEvent>,
    pub levels: Vec<LevelChange>,
    /// When the last frame of this batch left the socket.
    pub received: Instant,
    /// Frames in this batch, control frames included.
    pub frames: u32,
}

impl Batch {
    pub fn clear(&mut self) {
        self.events.clear();
        self.levels.clear();
        self.frames = 0;
    }

    /// The levels of one book event.
    pub fn levels(&self, range: &Range<u32>) -> &[LevelChange] {
        self.levels.get(range.start as usize..range.end as usize).unwrap_or_default()
    }
}
