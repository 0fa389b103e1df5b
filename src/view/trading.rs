//! Our side of the market: orders, fills, positions, money, and whether anything may be sent.

use std::sync::Arc;
use std::time::Duration;

use crate::base::log::Log;
use crate::base::time::{Instant, Utc};
use crate::domain::command::RiskLimits;
use crate::domain::event::VenueAccount;
use crate::domain::instrument::InstrumentId;
use crate::domain::number::{Money, Price, Qty, Side};
use crate::domain::order::{Fill, Label, OrderId, OrderType, PostOnly, Reduce, TimeInForce, VenueOrderId};

/// Where an order is in its life, as we know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrderPhase {
    /// Handed to the connection, no answer yet.
    Sending,
    Working,
    PartFilled,
    /// A new price or size is on its way; the old one still stands.
    Replacing,
    /// A cancel is on its way; the order may still fill.
    Cancelling,
    /// No answer within a second, or the link broke: asked for by label.
    Unknown,
    Filled,
    Cancelled,
    Rejected,
}

impl OrderPhase {
    /// As the blotter spells it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sending => "Sending",
            Self::Working => "Working",
            Self::PartFilled => "Part filled",
            Self::Replacing => "Replacing",
            Self::Cancelling => "Cancelling",
            Self::Unknown => "Unknown",
            Self::Filled => "Filled",
            Self::Cancelled => "Cancelled",
            Self::Rejected => "Rejected",
        }
    }

    /// May still trade.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Filled | Self::Cancelled | Self::Rejected)
    }

    /// Waiting for an answer.
    pub const fn is_pending(self) -> bool {
        matches!(self, Self::Sending | Self::Replacing | Self::Cancelling | Self::Unknown)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderView {
    pub id: OrderId,
    pub label: Label,
    pub venue_order: Option<VenueOrderId>,
    pub instrument: InstrumentId,
    pub side: Side,
    pub kind: OrderType,
    pub time_in_force: TimeInForce,
    pub post_only: PostOnly,
    pub reduce: Reduce,
    pub price: Option<Price>,
    pub qty: Qty,
    pub filled: Qty,
    pub average_price: Option<Price>,
    pub phase: OrderPhase,
    /// The price and quantity asked for, until the venue has answered.
    pub wanted: Option<(Price, Qty)>,
    /// When the phase was entered: pending phases count from it.
    pub since: Instant,
    pub sent: Utc,
    pub updated: Utc,
    /// Why it was rejected or cancelled.
    pub reason: Option<Arc<str>>,
    /// Contracts ahead of us at our level, best and worst case; `None` when not known.
    pub queue: Option<(Qty, Qty)>,
    /// Made by this installation; others of the same account are shown but their tag is not ours.
    pub is_ours: bool,
}

impl OrderView {
    pub fn left(&self) -> Qty {
        self.qty - self.filled
    }

    /// Contracts that may still fill, a larger size on its way included.
    pub fn may_fill(&self) -> Qty {
        self.wanted.map_or(self.qty, |(_, wanted)| wanted.max(self.qty)) - self.filled
    }

    /// What it was sent from: the label's tag.
    pub fn tag(&self) -> &str {
        self.label.parts().map_or("", |(tag, _, _)| tag)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionView {
    pub instrument: InstrumentId,
    /// Signed contracts.
    pub net: Qty,
    /// What the open contracts cost: signed, price × contracts × size.
    pub cost: Money,
    /// `cost` over `net`, for the eye only.
    pub average: Option<Price>,
    pub mark: Option<Price>,
    /// At the mark; `None` without a mark.
    pub open_pl: Option<Money>,
    pub realised: Money,
    pub fees: Money,
    /// As the venue last said, its working orders included; `None` until it has.
    pub initial_margin: Option<Money>,
    /// Set while the venue's position differs from ours: its signed contracts.
    pub venue_disagrees: Option<Qty>,
}

/// Whether a click sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arming {
    #[default]
    Disarmed,
    Armed {
        until: Instant,
    },
}

#[derive(Clone, Debug)]
pub struct TradingView {
    pub arming: Arming,
    pub is_blocked: bool,
    pub limits: RiskLimits,
    /// Open ones first, newest first; then the newest finished.
    pub orders: Arc<Vec<OrderView>>,
    pub open_orders: u32,
    pub fills: Log<Arc<Fill>>,
    pub positions: Arc<Vec<PositionView>>,
    pub account: Option<Arc<VenueAccount>>,
    /// Sum over positions; `None` while a position has no mark.
    pub open_pl: Option<Money>,
    pub realised: Money,
    pub fees: Money,
    /// Session profit, net of fees, once a second, newest last, for the spark line.
    pub pl_history: Arc<Vec<Money>>,
}

impl TradingView {
    /// Open and realised, less fees.
    pub fn session_pl(&self) -> Option<Money> {
        Some(self.open_pl? + self.realised - self.fees)
    }

    pub fn is_armed(&self, now: Instant) -> bool {
        matches!(self.arming, Arming::Armed { until } if now < until)
    }

    /// Time until it disarms by itself.
    pub fn disarms_in(&self, now: Instant) -> Option<Duration> {
        match self.arming {
            Arming::Armed { until } if now < until => Some(until.since(now)),
            _ => None,
        }
    }
}

impl Default for RiskLimits {
    fn default() -> Self {
        Self { max_order: Qty::lots(50), max_position: Qty::lots(500), collar_ticks: 20, arm_secs: 300 }
    }
}

impl Default for TradingView {
    fn default() -> Self {
        Self {
            arming: Arming::Disarmed,
            is_blocked: false,
            limits: RiskLimits::default(),
            orders: Arc::default(),
            open_orders: 0,
            fills: Log::new(1_024),
            positions: Arc::default(),
            account: None,
            open_pl: Some(Money::ZERO),
            realised: Money::ZERO,
            fees: Money::ZERO,
            pl_history: Arc::default(),
        }
    }
}
