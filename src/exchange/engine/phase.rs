//! The words that sessions and standings are spoken of in.

use std::time::Duration;

use crate::base::time::Utc;
use crate::domain::calendar::Calendar;
use crate::exchange::catalogue::{ListingId, ProductId, Ratio};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Continuous trading.
    #[default]
    Open,
    /// Orders gather for an auction.
    PreOpen,
    /// Cancelling only, for a while.
    Halted,
    /// Cancelling only, outside the hours or after expiry.
    Closed,
}

/// Trading hours of a business day, as times of day in UTC; days in between are closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    pub pre_open: Duration,
    pub open: Duration,
    pub close: Duration,
}

impl Hours {
    /// `None` unless one follows the other within a day.
    pub fn new(pre_open: Duration, open: Duration, close: Duration) -> Option<Self> {
        let day = Duration::from_secs(86_400);
        (pre_open <= open && open < close && close <= day).then_some(Self { pre_open, open, close })
    }

    /// The phase at an instant, and until when.
    pub(super) fn at(self, calendar: &Calendar, now: Utc) -> (Phase, Utc) {
        let date = now.date();
        if calendar.is_business_day(date) {
            let [pre_open, open, close] = [self.pre_open, self.open, self.close].map(|time| Utc::at(date, time));
            if (open..close).contains(&now) {
                return (Phase::Open, close);
            }
            if (pre_open..open).contains(&now) {
                return (Phase::PreOpen, open);
            }
        }
        (Phase::Closed, calendar.next_at(now, self.pre_open))
    }
}

/// When a listing halts by itself, and how it comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Velocity {
    /// Of the reference price, to either side.
    pub band: Ratio,
    /// The reference is the price that was the last one this long ago.
    pub window: Duration,
    pub pause: Duration,
    /// The call after the pause.
    pub auction: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Listing(ListingId),
    Product(ProductId),
}

/// What the venue's own people may order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionOrder {
    /// `None`: around the clock.
    Hours(ProductId, Option<Hours>),
    Velocity(ProductId, Option<Velocity>),
    /// For a time, or until resumed.
    Halt(Scope, Option<Duration>),
    /// Ends a halt with an auction.
    Resume(Scope),
}

/// How a client's equity stands to his maintenance margin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    #[default]
    Sound,
    /// Told that little is left.
    Called,
    Liquidated,
}
